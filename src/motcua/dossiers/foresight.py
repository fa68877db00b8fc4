"""
Whether a dossier will be late, seen before it is: from what its open steps and the steps after them still take.

Pure. Sources: R-062, R-185; a step in hand is given what is left of its time, never less than nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from motcua.kernel.calendar import WorkingCalendar, local


@dataclass(frozen=True, slots=True)
class InHand:
    """A step being worked on: its node and since when."""

    node: str
    opened_at: datetime


def minutes_left(
    in_hand: Iterable[InHand],
    steps: Sequence[tuple[str, Decimal]],
    now: datetime,
    calendar: WorkingCalendar,
    usual: Mapping[str, int] | None = None,
) -> int:
    """
    Return the working minutes a dossier still needs.

    `steps` are the nodes of the main path with their planned hours; `usual` tells, in minutes, how long a step has
    taken so far in practice, where that is known. Of parallel steps the one that leaves most to do counts; a step
    beside the main path counts by itself alone.
    """
    known = usual or {}
    lengths = {node: known.get(node, int(hours * 60)) for node, hours in steps}
    order = {node: number for number, (node, _) in enumerate(steps)}
    most = 0
    for step in in_hand:
        spent = max(0, calendar.minutes_between(step.opened_at, now))
        left = max(0, lengths.get(step.node, known.get(step.node, 0)) - spent)
        if step.node in order:
            left += sum(lengths[node] for node, _ in steps[order[step.node] + 1 :])
        most = max(most, left)
    return most


def expected(now: datetime, minutes: int, calendar: WorkingCalendar) -> datetime:
    """Return when a dossier will be done that still needs so many working minutes. :raises OutOfCalendar:"""
    return calendar.add_minutes(now, minutes)


def new_date(expected_at: datetime, due_at: datetime, now: datetime, calendar: WorkingCalendar) -> datetime:
    """
    Return the due moment to propose: the end of the day by which the work can be done, after due day and today.

    :raises OutOfCalendar:
    """
    past = max(local(due_at), local(now)).date()
    day = local(expected_at).date()
    if day <= past or not calendar.is_working(day):
        day = calendar.next_working_day(max(day, past))
    return calendar.end_of_day(day)
