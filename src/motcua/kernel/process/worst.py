"""
The worst calendar: the receipt of a year after which the working hours of a legal limit are fewest.

Ten days leave fifty-six working hours in an ordinary month and almost none around Tết. A process is measured
against that receipt too, so that the holidays do not make it late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from motcua.kernel.calendar import LOCAL, OutOfCalendar, WorkingCalendar
from motcua.kernel.counting import Limit, Policy, TimeUnit, due_at

_WITHIN_THE_DAY = frozenset((TimeUnit.SAME_DAY, TimeUnit.ELAPSED_HOURS))


@dataclass(frozen=True, slots=True)
class Worst:
    """The receipt with the fewest working hours until it is due, and why nobody works in between."""

    received_on: date
    due_at: datetime
    hours: Decimal
    reasons: tuple[str, ...] = ()


def worst(limit: Limit, policy: Policy, calendar: WorkingCalendar, year: int) -> Worst | None:
    """
    Return the worst working day of a year to receive a dossier; None where the calendar does not reach.

    Measured from the closing of the day of receipt, where the limit begins to count; a limit within the day
    from its opening. Of equal days the first.
    """
    found: Worst | None = None
    day = date(year, 1, 1)
    while day.year == year:
        try:
            if calendar.is_working(day):
                opened = limit.unit in _WITHIN_THE_DAY
                start = calendar.start_of_day(day) if opened else calendar.end_of_day(day)
                due = due_at(start, limit, policy, calendar)
                hours = Decimal(calendar.minutes_between(start, due)) / 60
                if found is None or hours < found.hours:
                    found = Worst(day, due, hours)
        except OutOfCalendar:
            break
        day += timedelta(days=1)
    if found is None:
        return None
    return Worst(found.received_on, found.due_at, found.hours, _reasons(calendar, found))


def _reasons(calendar: WorkingCalendar, found: Worst) -> tuple[str, ...]:
    """Return the names of the holidays between receipt and due moment, each once."""
    names: list[str] = []
    last = found.due_at.astimezone(LOCAL).date()
    day = found.received_on
    while day < last:
        day += timedelta(days=1)
        mark = calendar.mark(day)
        if mark is not None and not calendar.is_working(day) and mark.name not in names:
            names.append(mark.name)
    return tuple(names)
