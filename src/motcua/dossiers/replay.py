"""
Past dossiers against a changed limit, calendar or step: how many would be late, where, by how much.

Pure: what happened stays as it was (when steps were opened and done, pauses, the end); only the due moment, or the
hours of a step, is worked out anew. That officers would have worked otherwise under another limit, it cannot know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any

from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import Limit, due_at
from motcua.kernel.deadline import Deadline

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


@dataclass(frozen=True, slots=True)
class Case:
    """A dossier that was accepted: its clock, its end (None: still open), its stays in order."""

    code: str
    procedure_code: str
    agency_id: int
    deadline: Deadline
    ended_at: datetime | None
    stays: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried: a limit, working hours by step, days off (for the report's head; the calendars hold them)."""

    limit: Limit | None = None
    hours: Mapping[str, Decimal] = field(default_factory=dict)
    days_off: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One dossier before and after; `late_minutes` are working minutes past the new due moment, 0 in time."""

    code: str
    procedure_code: str
    due_before: datetime
    due_after: datetime
    end: datetime
    open: bool
    late_before: bool
    late_after: bool
    late_minutes: int
    step: str
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """Stays at one step that were done: how many took longer than planned, before and after."""

    node: str
    name: str
    hours_before: Decimal
    hours_after: Decimal
    done: int
    late_before: int
    late_after: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the trial says; `outcomes` are those late before or after, the latest first."""

    dossiers: int
    late_before: int
    late_after: int
    newly_late: int
    no_longer_late: int
    median_minutes: int
    most_minutes: int
    by_procedure: tuple[tuple[str, int, int, int], ...]
    where: tuple[tuple[str, int | None, int], ...]
    steps: tuple[StepOutcome, ...]
    outcomes: tuple[Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values; moments with offset, minutes of working time."""
        return {
            "dossiers": self.dossiers,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "newly_late": self.newly_late,
            "no_longer_late": self.no_longer_late,
            "late_working_minutes": {"median": self.median_minutes, "most": self.most_minutes},
            "by_procedure": [
                {"procedure": code, "dossiers": count, "late_before": before, "late_after": after}
                for code, count, before, after in self.by_procedure
            ],
            "where": [
                {"step": step, "unit_id": unit_id, "late": count} for step, unit_id, count in self.where
            ],
            "steps": [
                {
                    "node": step.node,
                    "name": step.name,
                    "hours_before": str(step.hours_before),
                    "hours_after": str(step.hours_after),
                    "done": step.done,
                    "late_before": step.late_before,
                    "late_after": step.late_after,
                }
                for step in self.steps
            ],
            "late": [
                {
                    "code": one.code,
                    "procedure": one.procedure_code,
                    "due_before": one.due_before.isoformat(),
                    "due_after": one.due_after.isoformat(),
                    "end": one.end.isoformat(),
                    "open": one.open,
                    "late_before": one.late_before,
                    "late_after": one.late_after,
                    "late_working_minutes": one.late_minutes,
                    "step": one.step,
                    "unit_id": one.unit_id,
                }
                for one in self.outcomes
            ],
        }


def measured_end(case: Case, at: datetime) -> datetime:
    """Return when the dossier ended for the clock: at the start of a pause still open, else its end, else now."""
    waiting = [pause.started_at for pause in case.deadline.pauses if pause.ended_at is None]
    end = case.ended_at or at
    return min([end, *waiting])


def try_on(case: Case, change: Change, calendar: WorkingCalendar, at: datetime) -> Outcome:
    """
    Return one dossier against the change, by the calendar of its agency after the change.

    :raises OutOfCalendar: the new due moment lies outside it.
    """
    clock = case.deadline
    after = due_at(
        clock.start, change.limit or clock.limit, clock.policy, calendar, clock.pauses, clock.as_of
    )
    end = measured_end(case, at)
    late = end > after
    stay = next(
        (
            stay
            for stay in case.stays
            if stay.opened_at <= after and (stay.done_at is None or stay.done_at > after)
        ),
        None,
    )
    return Outcome(
        code=case.code,
        procedure_code=case.procedure_code,
        due_before=clock.at,
        due_after=after,
        end=end,
        open=case.ended_at is None,
        late_before=end > clock.at,
        late_after=late,
        late_minutes=calendar.minutes_between(after, end) if late else 0,
        step=stay.name if stay and late else "",
        unit_id=stay.unit_id if stay and late else None,
    )


def replay(cases: Iterable[Case], change: Change, calendar: Calendars, at: datetime) -> Report:
    """Return what the change would have made of the dossiers; `calendar` gives the calendars after it."""
    outcomes: list[Outcome] = []
    spent: dict[str, list[tuple[Stay, int]]] = defaultdict(list)
    for case in cases:
        theirs = calendar(case.agency_id)
        outcomes.append(try_on(case, change, theirs, at))
        for stay in case.stays:
            if stay.node in change.hours and stay.done_at is not None:
                spent[stay.node].append((stay, theirs.minutes_between(stay.opened_at, stay.done_at)))
    late = [one for one in outcomes if one.late_after]
    where = Counter((one.step, one.unit_id) for one in late)
    procedures: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in outcomes:
        counts = procedures[one.procedure_code]
        counts[0] += 1
        counts[1] += one.late_before
        counts[2] += one.late_after
    return Report(
        dossiers=len(outcomes),
        late_before=sum(one.late_before for one in outcomes),
        late_after=len(late),
        newly_late=sum(not one.late_before for one in late),
        no_longer_late=sum(one.late_before and not one.late_after for one in outcomes),
        median_minutes=int(median(one.late_minutes for one in late)) if late else 0,
        most_minutes=max((one.late_minutes for one in late), default=0),
        by_procedure=tuple(
            (code, *counts)  # type: ignore[misc]
            for code, counts in sorted(procedures.items(), key=lambda item: (-item[1][2], item[0]))
        ),
        where=tuple(
            (step, unit_id, count)
            for (step, unit_id), count in sorted(where.items(), key=lambda item: (-item[1], str(item[0])))
        ),
        steps=tuple(_step(node, change.hours[node], found) for node, found in sorted(spent.items())),
        outcomes=tuple(
            sorted(
                (one for one in outcomes if one.late_after or one.late_before),
                key=lambda one: (-one.late_minutes, one.code),
            )
        ),
    )


def _step(node: str, hours: Decimal, found: list[tuple[Stay, int]]) -> StepOutcome:
    last = found[-1][0]
    return StepOutcome(
        node=node,
        name=last.name,
        hours_before=last.hours,
        hours_after=hours,
        done=len(found),
        late_before=sum(minutes > stay.hours * 60 for stay, minutes in found),
        late_after=sum(minutes > hours * 60 for _, minutes in found),
    )
