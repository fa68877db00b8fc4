"""Tags and filters of every page: Vietnamese dates, money, masks, tags of states, inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from motcua.kernel.calendar import LOCAL
from motcua.parties.rules import mask, mask_phone
from motcua.web import components, words

register = template.Library()
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def _day(value: date | datetime | str | None) -> date | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).date() if value.tzinfo else value.date()
    return value


def _moment(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value.astimezone(LOCAL) if value is not None and value.tzinfo else value


@register.filter
def vn_date(value: date | datetime | str | None) -> str:
    """Return '02/10/2023'."""
    day = _day(value)
    return day.strftime("%d/%m/%Y") if day else ""


@register.filter
def vn_day(value: date | datetime | str | None) -> str:
    """Return 'thứ Hai 02/10/2023'."""
    day = _day(value)
    return f"{WEEKDAYS[day.weekday()]} {day.strftime('%d/%m/%Y')}" if day else ""


@register.filter
def vn_datetime(value: datetime | str | None) -> str:
    """Return '08 giờ 00, thứ Hai 02/10/2023' in Vietnam's time."""
    moment = _moment(value)
    return f"{moment:%H} giờ {moment:%M}, {vn_day(moment.date())}" if moment else ""


@register.filter
def vn_short(value: datetime | str | None) -> str:
    """Return '08:00 02/10/2023', for tables."""
    moment = _moment(value)
    return moment.strftime("%H:%M %d/%m/%Y") if moment else ""


@register.filter
def vn_time(value: datetime | str | None) -> str:
    """Return '08:00'."""
    moment = _moment(value)
    return moment.strftime("%H:%M") if moment else ""


@register.filter
def number(value: int | float | Decimal | str | None) -> str:
    """Return a number the Vietnamese way: '1.250,5'; no trailing zeros."""
    if value is None or value == "":
        return ""
    amount = Decimal(str(value))
    text = f"{amount:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


@register.filter
def money(value: int | Decimal | str | None) -> str:
    """Return '5.000 đồng' for an amount in đồng; nothing for None."""
    return f"{number(value)} đồng" if value is not None and value != "" else ""


@register.filter
def fee(value: int | None) -> str:
    """Return an amount of a fee in words: 'Không thu' for zero, 'Theo cách tính' where a formula decides."""
    if value is None:
        return "Theo cách tính của văn bản quy định"
    return "Không thu" if value == 0 else money(value)


@register.filter
def size(value: int | None) -> str:
    """Return a file size: '1,2 MB', '340 KB'."""
    if value is None:
        return ""
    if value >= 1024 * 1024:
        return f"{number(round(value / 1024 / 1024, 1))} MB"
    return f"{number(max(1, round(value / 1024)))} KB"


@register.filter
def hours(value: Decimal | float | int | None) -> str:
    """Return working hours in words: '4 giờ', '2 ngày làm việc', '1 ngày 4 giờ' (8 hours a day)."""
    if value is None:
        return ""
    amount = Decimal(str(value))
    if amount == 0:
        return "không tính vào thời hạn"
    days, rest = divmod(amount, 8)
    if days and rest:
        return f"{number(days)} ngày {number(rest)} giờ"
    return f"{number(days)} ngày làm việc" if days else f"{number(rest)} giờ làm việc"


@register.filter
def word(value: str | None, table: str) -> str:
    """Return the word of a code: `{{ code|word:"levels" }}`; a code without a word shows itself."""
    known: Mapping[str, str] = getattr(words, table.upper())
    return known.get(str(value), str(value or ""))


@register.filter
def at_key(value: Mapping[str, Any] | None, key: str) -> Any:
    """Return the value under a key that is a variable."""
    return value.get(key) if value else None


@register.filter
def mask_number(value: str | None) -> str:
    """Return a personal number or tax code with its middle hidden."""
    return mask(value or "")


@register.filter
def mask_tel(value: str | None) -> str:
    """Return a phone number with all but its end hidden."""
    return mask_phone(value or "")


@register.filter
def spaced_code(value: str | None) -> str:
    """Return a check value in groups that the ear can follow: 'K7P2' -> 'K7 P2'."""
    return " ".join(re.findall(r".{1,2}", value or ""))


@register.inclusion_tag("components/status_tag.html")
def status_tag(
    state: str, late: bool = False, name: str = "", awaited: datetime | None = None
) -> dict[str, str]:
    """
    Draw a dossier's state, with 'quá hạn' beside it when late. `name` wins over the word list.

    `awaited` is until when the applicant is to bring a supplement: it is said in place of a state that does not.
    """
    label, look = words.state(str(state))
    if awaited is not None:
        label, look = f"Chờ bạn bổ sung đến {vn_date(awaited)}", "wait"
    return {"label": name or label, "look": look, "late": "1" if late else ""}


@register.inclusion_tag("components/certainty.html")
def certainty(level: str | None) -> dict[str, str]:
    """Draw the discreet mark of a figure that must be compared with its source."""
    return {"level": level or "", "text": words.CERTAINTY.get(level or "", "")}


@register.inclusion_tag("components/masked.html")
def masked(value: str | None, kind: str = "number", reveal: str = "", label: str = "") -> dict[str, str]:
    """Draw a masked number; `reveal` is the address that shows it in full and leaves a trace (desk)."""
    text = mask_phone(value or "") if kind == "phone" else mask(value or "")
    return {"text": text, "reveal": reveal, "label": label}


@register.inclusion_tag("components/field.html")
def field(source: BoundField | components.FieldView, **changes: Any) -> dict[str, Any]:
    """Draw an input with label, help and error; takes a Django form field or a FieldView."""
    if isinstance(source, BoundField):
        return {"f": components.from_bound(source, **changes)}
    return {"f": source}


@register.inclusion_tag("components/error_summary.html")
def error_summary(source: Any, general: Sequence[str] = ()) -> dict[str, Any]:
    """Draw the list of errors with links to the inputs; takes a Django form or a list of ErrorItem."""
    if hasattr(source, "non_field_errors"):
        views = [components.from_bound(bound) for bound in source]
        return {"items": components.summary(views, [*general, *map(str, source.non_field_errors())])}
    return {"items": [*(components.ErrorItem("", text) for text in general), *(source or [])]}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[tuple[str, str]], current: str, label: str = "Các phần của trang") -> dict[str, Any]:
    """Draw tabs from (label, address) pairs; the current one by its address."""
    return {"items": items, "current": current, "label": label}


@register.inclusion_tag("components/empty.html")
def empty_state(title: str, advice: str = "", url: str = "", action: str = "") -> dict[str, str]:
    """Draw an empty state: what is not here, and what one can do."""
    return {"title": title, "advice": advice, "url": url, "action": action}


@register.simple_tag
def choices(options: Sequence[components.Option], chosen: str) -> SafeString:
    """Draw the choices of a list; long lists cost a page more than anything else when a template loops over them."""
    return mark_safe(  # noqa: S308  (escaped here)
        "".join(
            f'<option value="{escape(one.value)}"{" selected" if one.value == chosen else ""}>'
            f"{escape(one.label)}</option>"
            for one in options
        )
    )
