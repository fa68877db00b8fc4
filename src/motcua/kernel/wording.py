"""Days, hours and lengths of time in plain Vietnamese, as slips and pages say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from motcua.kernel.calendar import DAY, local

WEEKDAYS: Final = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def clock_vi(moment: datetime) -> str:
    """Return the hour of a moment: "15 giờ 40 phút", "17 giờ 00". :raises ValueError: a naive datetime."""
    here = local(moment)
    return f"{here.hour:02d} giờ {here.minute:02d} phút" if here.minute else f"{here.hour:02d} giờ 00"


def day_vi(day: date, *, year: bool = False) -> str:
    """Return a day with its weekday: "thứ Bảy 30/09", "thứ Bảy 30/09/2023"."""
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}" if year else f"{WEEKDAYS[day.weekday()]} {day:%d/%m}"


def moment_vi(moment: datetime) -> str:
    """Return hour and day: "15 giờ 40 phút, thứ Năm 28/09/2023". :raises ValueError: a naive datetime."""
    here = local(moment)
    return f"{clock_vi(here)}, {day_vi(here.date(), year=True)}"


def minutes_vi(minutes: int) -> str:
    """Return a length in hours and minutes: "34 giờ 30 phút", "45 phút", "2 giờ"."""
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return f"{hours} giờ {rest} phút"
    return f"{hours} giờ" if hours else f"{rest} phút"


def length_vi(minutes: int, day_minutes: int = DAY) -> str:
    """
    Return a length in days of `day_minutes` each, and hours: "2 ngày 3 giờ", "1 ngày", "45 phút".

    Minutes are told only below one day: nobody plans two days ahead to the minute.
    """
    days, rest = divmod(minutes, day_minutes)
    if not days:
        return minutes_vi(rest)
    return f"{days} ngày {rest // 60} giờ" if rest >= 60 else f"{days} ngày"


def number_vi(value: int | Decimal, places: int | None = None) -> str:
    """Return a number with a decimal comma: "2,5", "8"; rounded to `places`, without zeros that say nothing."""
    exact = Decimal(value) if places is None else Decimal(value).quantize(Decimal(1).scaleb(-places))
    return format(exact.normalize(), "f").replace(".", ",")


def list_vi(parts: Sequence[str]) -> str:
    """Join parts as a sentence does: "a, b và c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} và {parts[-1]}" if parts else ""


def capital(text: str) -> str:
    """Return the text with its first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]
