"""What people type, made into values: dates as they write them, money with points, numbers with a comma."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Final

from motcua.kernel.calendar import LOCAL

_DATE: Final = re.compile(r"^\s*(\d{1,2})[\s./-]+(\d{1,2})[\s./-]+(\d{4})\s*$")
_HOUR: Final = re.compile(r"^(\d{1,2})\s*(?::|h|giờ)\s*(\d{1,2})?\s*(?:phút)?$", re.IGNORECASE)
_DIGITS: Final = re.compile(r"^\s*(\d{2})(\d{2})(\d{4})\s*$")


def iso_date(text: str) -> str:
    """Return '2023-10-02' for '2/10/2023', '02-10-2023' or '02102023'; any other text unchanged."""
    match = _DATE.match(text) or _DIGITS.match(text)
    if not match:
        return text.strip()
    day, month, year = (int(part) for part in match.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return text.strip()


def day(text: str) -> date | None:
    """Return the day that was typed, None where it is none."""
    try:
        return date.fromisoformat(iso_date(text)) if text else None
    except ValueError:
        return None


def iso_datetime(text: str) -> str:
    """Return '2023-10-02T08:30' for '2/10/2023 8:30' or '02102023 8h30'; any other text unchanged."""
    day, _, hour = " ".join(text.split()).partition(" ")
    match = _HOUR.match(hour)
    try:
        moment = datetime.combine(date.fromisoformat(iso_date(day)), time())
        if match is None:
            return text.strip()
        return moment.replace(hour=int(match[1]), minute=int(match[2] or 0)).isoformat(timespec="minutes")
    except ValueError:
        return text.strip()


def moment(text: str) -> datetime | None:
    """Return the moment that was typed, of Vietnam where it names no other offset; None where it is none."""
    try:
        found = datetime.fromisoformat(iso_datetime(text))
    except ValueError:
        return None
    return found.replace(tzinfo=LOCAL) if found.tzinfo is None else found


def whole(text: str) -> str:
    """Return the digits of an amount typed with points, blanks or 'đồng'; any other text unchanged."""
    bare = re.sub(r"(?:đồng|đ|vnđ|vnd)\s*$", "", text.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"[\s.\u00a0]", "", bare)
    return bare if re.fullmatch(r"-?\d+", bare) else text.strip()


def number(text: str, digits: int = 17) -> int | None:
    """Return the number of a record, or another small count, as a form sends it; None for anything else."""
    return int(text) if text.isdecimal() and len(text) <= digits else None


def decimal(text: str) -> str:
    """
    Return a number typed the Vietnamese way ('1.250,5') with a point for the decimals.

    A single point followed by anything but three digits is taken as a decimal point already.
    """
    bare = re.sub(r"[\s\u00a0]", "", text)
    if "," in bare:
        bare = bare.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(\.\d{3})+", bare):
        bare = bare.replace(".", "")
    return bare if re.fullmatch(r"-?\d+(\.\d+)?", bare) else text.strip()


def shown_date(value: str) -> str:
    """Return '02/10/2023' for an ISO date; a text that is none is shown as it was typed."""
    try:
        return date.fromisoformat(value[:10]).strftime("%d/%m/%Y") if value else ""
    except ValueError:
        return value


def shown_datetime(value: str) -> str:
    """Return '02/10/2023 08:30' for an ISO moment; a text that is none is shown as it was typed."""
    try:
        return datetime.fromisoformat(value).strftime("%d/%m/%Y %H:%M") if value else ""
    except ValueError:
        return value
