"""Calendars for the tests, built from the province's own data, and short ways to write moments."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from motcua.kernel.calendar import LOCAL, Closure, DayKind, DayMark, Layer, SessionRule, WorkingCalendar

_DATA: Final = Path(__file__).parents[2] / "setup" / "province" / "fees_holidays.yaml"


@cache
def data() -> dict[str, Any]:
    """Return the holiday and office-hours file."""
    loaded: dict[str, Any] = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    return loaded


def hours(code: str, *, counts: bool = True) -> SessionRule:
    """Return one rule of the office-hours file."""
    return SessionRule.from_data(
        next(rule for rule in data()["office_hours"] if rule["code"] == code), counts=counts
    )


@cache
def nation() -> Layer:
    """Return the national layer: holidays that apply."""
    marks = (DayMark.from_data(record) for record in data()["holidays"] if record.get("apply", True))
    return Layer("nation", days=tuple(marks))


@cache
def office() -> WorkingCalendar:
    """Return the calendar of the worked cases: 07:30–12:00 and 13:30–17:00 on weekdays."""
    return WorkingCalendar.build([nation(), Layer("province", sessions=(hours("default"),))])


@cache
def one_stop() -> WorkingCalendar:
    """Return the calendar of a one-stop unit that also receives on Saturday morning."""
    unit = Layer("unit", sessions=(hours("one_stop_saturday", counts=False),))
    return WorkingCalendar.build([nation(), Layer("province", sessions=(hours("default"),)), unit])


@cache
def crooked() -> WorkingCalendar:
    """Return an awkward calendar: seasonal hours, a short Friday, a closed week, half a day in a storm."""
    province = Layer("province", sessions=(hours("default"), hours("summer"), hours("winter")))
    unit = Layer(
        "unit",
        sessions=(
            SessionRule(date(2023, 6, 1), None, frozenset({4}), ((time(8), time(11)),)),
            hours("one_stop_saturday", counts=False),
        ),
        days=(
            DayMark(date(2023, 10, 11), DayKind.CLOSURE, "nghỉ tránh bão", periods=((time(7, 30), time(9)),)),
        ),
        closures=(Closure(date(2023, 11, 6), date(2023, 11, 10), "chuyển trụ sở"),),
    )
    return WorkingCalendar.build([nation(), province, unit])


def at(text: str) -> datetime:
    """Return "28/09/2023 15:40" as a moment in Vietnam."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=LOCAL)


def on(text: str) -> date:
    """Return "28/09/2023" as a date."""
    return at(f"{text} 00:00").date()
