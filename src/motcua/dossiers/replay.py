"""
Past dossiers against a changed limit, calendar or process: how many would be late, where, by how much.

Pure: what happened stays as it was (when steps were opened and done, pauses, the end). A limit or a calendar moves the
due moment; a process moves the end of the dossiers that have ended, and what the open ones still have before them
(`retiming` has the model). An open one is looked ahead with and without the change; without a process at hand it is
held against its due moment as it stands now. That officers would have worked otherwise, it cannot know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from motcua.dossiers.retiming import Course, Foreseen, Retimed
from motcua.kernel import process
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import Limit, Pause, due_at
from motcua.kernel.deadline import Deadline
from motcua.kernel.process import Graph

Calendars = Callable[[int], WorkingCalendar]
"""From an agency's number to its calendar."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay at a step; `hours` are the working hours its process plans."""

    node: str
    name: str
    unit_id: int
    hours: Decimal
    opened_at: datetime
    done_at: datetime | None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """
    A dossier that was accepted: its clock, its end (None: still open), its stays in order.

    `graph` is the process it ran and `usual` the working minutes its steps usually take; without a graph no process
    is tried on it. `facts` are what gateways read of it.
    """

    subject: int
    code: str
    procedure_code: str
    agency_id: int
    deadline: Deadline
    ended_at: datetime | None
    stays: tuple[Stay, ...] = ()
    graph: Graph | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """
    What is tried: a limit, a process (steps added and removed), working hours by step.

    Days off and days worked besides are here for the report's head: the calendars hold them.
    """

    limit: Limit | None = None
    hours: Mapping[str, Decimal] = field(default_factory=dict)
    days_off: tuple[date, ...] = ()
    days_on: tuple[date, ...] = ()
    process: Graph | None = None

    @property
    def moves_ends(self) -> bool:
        """Tell whether dossiers would have ended at another time."""
        return self.process is not None or bool(self.hours)

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON values."""
        return {
            "limit": self.limit.to_json() if self.limit else None,
            "hours": {node: str(number) for node, number in self.hours.items()},
            "days_off": [day.isoformat() for day in self.days_off],
            "days_on": [day.isoformat() for day in self.days_on],
            "process": process.to_json(self.process) if self.process else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """Return the change kept as JSON values."""
        return cls(
            limit=Limit.from_json(data["limit"]) if data["limit"] else None,
            hours={node: Decimal(number) for node, number in data["hours"].items()},
            days_off=tuple(map(date.fromisoformat, data["days_off"])),
            days_on=tuple(map(date.fromisoformat, data["days_on"])),
            process=process.from_json(data["process"]) if data["process"] else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    One dossier before and after; `minutes_before` and `late_minutes` are working minutes past the due moment, or 0.

    `end` is the end by the change, `shift` how many working minutes that is from the real one. Of an open dossier both
    ends are foreseen, and late is who will be.
    """

    subject: int
    code: str
    procedure_code: str
    due_before: datetime
    due_after: datetime
    end: datetime
    open: bool
    late_before: bool
    late_after: bool
    minutes_before: int
    late_minutes: int
    step: str
    unit_id: int | None
    shift: int = 0


def measured_end(case: Case, at: datetime) -> datetime:
    """Return when the dossier ended for the clock: at the start of a pause still open, else its end, else now."""
    waiting = [pause.started_at for pause in case.deadline.pauses if pause.ended_at is None]
    end = case.ended_at or at
    return min([end, *waiting])


def try_on(
    case: Case,
    change: Change,
    calendar: WorkingCalendar,
    at: datetime,
    moved: Retimed | Foreseen | None = None,
) -> Outcome:
    """
    Return one dossier against the change, by the calendar of its agency after the change.

    `moved` is the dossier by the tried process, where one is tried and it has ended, or an open one looked ahead.

    :raises OutOfCalendar: the new due moment or end lies outside it.
    """
    clock = case.deadline
    after = due_at(
        clock.start, change.limit or clock.limit, clock.policy, calendar, clock.pauses, clock.as_of
    )
    real = end = measured_end(case, at)
    shift, by = 0, moved.by if isinstance(moved, Foreseen) else moved
    if isinstance(moved, Foreseen):
        real = calendar.add_minutes(end, moved.left) if moved.left else end
        end = calendar.add_minutes(end, moved.by.end) if moved.by.end else end
        shift = moved.by.shift
    elif moved is not None and moved.shift:
        end, shift = calendar.add_minutes(real, moved.shift), moved.shift
    late = end > after
    minutes = calendar.minutes_between(after, end) if late else 0
    step, unit_id = "", None
    if late:
        step, unit_id = (_place(case, change, by, minutes) if by else None) or _stood(case, after)
    return Outcome(
        subject=case.subject,
        code=case.code,
        procedure_code=case.procedure_code,
        due_before=clock.at,
        due_after=after,
        end=end,
        open=case.ended_at is None,
        late_before=real > clock.at,
        late_after=late,
        minutes_before=calendar.minutes_between(clock.at, real) if real > clock.at else 0,
        late_minutes=minutes,
        step=step,
        unit_id=unit_id,
        shift=shift,
    )


def _stood(case: Case, moment: datetime) -> tuple[str, int | None]:
    """Return the step where a dossier stood at a moment, and its unit."""
    for stay in case.stays:
        if stay.opened_at <= moment and (stay.done_at is None or stay.done_at > moment):
            return stay.name, stay.unit_id
    return "", None


def _place(case: Case, change: Change, moved: Retimed, minutes: int) -> tuple[str, int | None] | None:
    """Return the step where a dossier would stand so many minutes before its end, and the unit, where known."""
    visit = moved.at(minutes)
    if visit is None or case.graph is None:
        return None
    node, no = visit
    stays = [stay for stay in case.stays if stay.node == node and (stay.done_at or case.ended_at is None)]
    if no < len(stays):
        return stays[no].name, stays[no].unit_id
    kinds = {key: found.unit_kind for key, found in case.graph.by_id.items()}
    added = (change.process or case.graph).by_id[node]
    like = (stay.unit_id for stay in case.stays if kinds.get(stay.node) == added.unit_kind != "")
    return added.name or node, next(like, None)


def course(case: Case, graph: Graph, calendar: WorkingCalendar) -> Course:
    """Return what a dossier did as the model of processes takes it; times by the calendar given, without its pauses."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    minutes: dict[str, list[int]] = defaultdict(list)
    for stay in case.stays:
        if stay.done_at is not None:
            outcomes[stay.node].append(stay.outcome)
            minutes[stay.node].append(_worked(stay.opened_at, stay.done_at, case.deadline.pauses, calendar))
    issue = graph.issue
    issued = issue is not None and any(
        node in graph.by_id and graph.home(node) == issue.id for node in minutes
    )
    return Course(graph, case.facts, outcomes, minutes, issued)


def in_hand(case: Case, calendar: WorkingCalendar, at: datetime) -> dict[str, int]:
    """Return the steps an open dossier stands at, with the working minutes spent there up to a moment."""
    pauses = case.deadline.pauses
    return {
        stay.node: _worked(stay.opened_at, max(at, stay.opened_at), pauses, calendar)
        for stay in case.stays
        if stay.done_at is None
    }


def _worked(start: datetime, end: datetime, pauses: Iterable[Pause], calendar: WorkingCalendar) -> int:
    total = calendar.minutes_between(start, end)
    for pause in pauses:
        first, last = max(pause.started_at, start), min(pause.ended_at or end, end)
        if first < last:
            total -= calendar.minutes_between(first, last)
    return max(0, total)
