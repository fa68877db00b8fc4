"""
Past dossiers against a changed limit, calendar or process: how many would be late, where, by how much.

Pure: what happened stays as it was (when steps were opened and done, pauses, the end). A limit or a calendar moves the
due moment; a process moves the end of the dossiers that have ended (`retiming` has the model). One still open is held
against its due moment as it stands now. That officers would have worked otherwise, it cannot know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Any

from motcua.dossiers.retiming import Assumed, Course, Retimed, Ways, assumed, retimed, with_hours
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import Limit, Pause, due_at
from motcua.kernel.deadline import Deadline
from motcua.kernel.process import Graph, IllegalStep

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    One dossier before and after; `minutes_before` and `late_minutes` are working minutes past the due moment, or 0.

    `end` is the end by the change, `shift` how many working minutes that is from the real one.
    """

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


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step that dossiers pass now and did not before, or no longer: how many, and what an added one lasts."""

    node: str
    name: str
    dossiers: int
    lasting: Assumed | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """By how much dossiers are late, in working minutes: half of them at most, three quarters, nine tenths, all."""

    half: int = 0
    three_quarters: int = 0
    nine_tenths: int = 0
    most: int = 0


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
    """
    What the trial says; `outcomes` are those late before or after, the latest first.

    Of a tried process: `moved` ended at another time, `left` are still open and only held against their due moment,
    `unfit` found no way through it and stayed as they were; `unknown` are steps with tried hours that no process has.
    """

    dossiers: int
    late_before: int
    late_after: int
    newly_late: int
    no_longer_late: int
    spread_before: Spread
    spread_after: Spread
    by_procedure: tuple[tuple[str, int, int, int], ...]
    where: tuple[tuple[str, int | None, int], ...]
    steps: tuple[StepOutcome, ...]
    outcomes: tuple[Outcome, ...]
    added: tuple[StepChange, ...] = ()
    removed: tuple[StepChange, ...] = ()
    moved: int = 0
    left: int = 0
    unfit: int = 0
    unknown: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values; moments with offset, minutes of working time."""
        return {
            "dossiers": self.dossiers,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "newly_late": self.newly_late,
            "no_longer_late": self.no_longer_late,
            "late_working_minutes": {
                "median": self.spread_after.half,
                "most": self.spread_after.most,
                "before": asdict(self.spread_before),
                "after": asdict(self.spread_after),
            },
            "process": {
                "moved": self.moved,
                "open": self.left,
                "unfit": self.unfit,
                "unknown": list(self.unknown),
                "added": [
                    {
                        "node": step.node,
                        "name": step.name,
                        "dossiers": step.dossiers,
                        "working_minutes": step.lasting.minutes,
                        "basis": step.lasting.basis.value,
                    }
                    for step in self.added
                    if step.lasting
                ],
                "removed": [
                    {"node": step.node, "name": step.name, "dossiers": step.dossiers} for step in self.removed
                ],
            },
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
                    "late_working_minutes_before": one.minutes_before,
                    "late_working_minutes": one.late_minutes,
                    "shift_working_minutes": one.shift,
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


def try_on(
    case: Case, change: Change, calendar: WorkingCalendar, at: datetime, moved: Retimed | None = None
) -> Outcome:
    """
    Return one dossier against the change, by the calendar of its agency after the change.

    `moved` is the dossier by the tried process, where one is tried and it has ended.

    :raises OutOfCalendar: the new due moment lies outside it.
    """
    clock = case.deadline
    after = due_at(
        clock.start, change.limit or clock.limit, clock.policy, calendar, clock.pauses, clock.as_of
    )
    real = measured_end(case, at)
    end = calendar.add_minutes(real, moved.shift) if moved and moved.shift else real
    late = end > after
    minutes = calendar.minutes_between(after, end) if late else 0
    step, unit_id = "", None
    if late:
        step, unit_id = _place(case, change, moved, minutes) if moved else _stood(case, after)
    return Outcome(
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
        shift=moved.shift if moved else 0,
    )


def _stood(case: Case, moment: datetime) -> tuple[str, int | None]:
    """Return the step where a dossier stood at a moment, and its unit."""
    for stay in case.stays:
        if stay.opened_at <= moment and (stay.done_at is None or stay.done_at > moment):
            return stay.name, stay.unit_id
    return "", None


def _place(case: Case, change: Change, moved: Retimed, minutes: int) -> tuple[str, int | None]:
    """Return the step where a dossier would have stood so many minutes before its end, and the unit, where known."""
    visit = moved.at(minutes)
    if visit is None or case.graph is None:
        return "", None
    node, no = visit
    stays = [stay for stay in case.stays if stay.node == node and stay.done_at is not None]
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


def _worked(start: datetime, end: datetime, pauses: Iterable[Pause], calendar: WorkingCalendar) -> int:
    total = calendar.minutes_between(start, end)
    for pause in pauses:
        first, last = max(pause.started_at, start), min(pause.ended_at or end, end)
        if first < last:
            total -= calendar.minutes_between(first, last)
    return max(0, total)


class _Trial:
    """A tried process over many dossiers: which steps came and went, and who found no way through it."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.known: dict[int, tuple[Graph, Graph, dict[str, Assumed]]] = {}
        self.added: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()
        self.nodes: dict[str, str] = {}
        self.lasting: dict[str, Assumed] = {}
        self.ways: Ways = {}
        self.moved = self.left = self.unfit = 0

    def of(self, case: Case, calendar: WorkingCalendar) -> Retimed | None:
        """Return the dossier by the tried process; None where there is none to try, or it stays as it was."""
        if not self.change.moves_ends or case.graph is None:
            return None
        if case.ended_at is None:
            self.left += 1
            return None
        own, tried, lasting = self._graphs(case.graph, case.usual)
        try:
            found = retimed(course(case, own, calendar), tried, lasting, self.ways)
        except IllegalStep:
            self.unfit += 1
            return None
        self.added.update(found.added)
        self.removed.update(found.removed)
        self.lasting |= {node: lasting[node] for node in found.added}
        self.moved += found.shift != 0
        return found

    def _graphs(self, own: Graph, usual: Mapping[str, int]) -> tuple[Graph, Graph, dict[str, Assumed]]:
        held = self.known.get(id(own))
        if held is None:
            tried = with_hours(self.change.process or own, self.change.hours)
            held = self.known[id(own)] = own, tried, assumed(own, tried, usual)
            for graph in (own, tried):
                self.nodes |= {node.id: node.name or node.id for node in graph.net_nodes}
        return held

    def changes(self, found: Counter[str]) -> tuple[StepChange, ...]:
        """Return steps that came or went, the commonest first."""
        return tuple(
            StepChange(node, self.nodes[node], count, self.lasting.get(node))
            for node, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
        )


def replay(cases: Iterable[Case], change: Change, calendar: Calendars, at: datetime) -> Report:
    """Return what the change would have made of the dossiers; `calendar` gives the calendars after it."""
    outcomes: list[Outcome] = []
    trial = _Trial(change)
    spent: dict[str, list[tuple[Stay, int]]] = defaultdict(list)
    for case in cases:
        theirs = calendar(case.agency_id)
        outcomes.append(try_on(case, change, theirs, at, trial.of(case, theirs)))
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
        spread_before=spread([one.minutes_before for one in outcomes if one.late_before]),
        spread_after=spread([one.late_minutes for one in late]),
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
        added=trial.changes(trial.added),
        removed=trial.changes(trial.removed),
        moved=trial.moved,
        left=trial.left,
        unfit=trial.unfit,
        unknown=tuple(sorted(node for node in change.hours if trial.known and node not in trial.nodes)),
    )


def spread(minutes: Sequence[int]) -> Spread:
    """Return by how much so many dossiers are late; of none, nothing."""
    if not minutes:
        return Spread()
    ordered = sorted(minutes)

    def under(share: float) -> int:
        return ordered[ceil(share * len(ordered)) - 1]

    return Spread(under(0.5), under(0.75), under(0.9), ordered[-1])


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
