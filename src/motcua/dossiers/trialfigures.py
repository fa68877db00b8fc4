"""
The figures of a trial: added up dossier by dossier, so that a trial of any size fits in little memory.

Pure. A tally can be put away as JSON values between two batches and gone on with (`Tally.kept`, `Tally.of`): the
figures come out the same as in one go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any, Final

from motcua.dossiers.replay import Calendars, Case, Change, Outcome, course, in_hand, measured_end, try_on
from motcua.dossiers.retiming import (
    Assumed,
    Basis,
    Foreseen,
    Retimed,
    Ways,
    ahead,
    assumed,
    retimed,
    then,
    usually,
    with_hours,
)
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.process import Graph, IllegalStep

MOST_WAYS: Final = 5_000
"""Ways through processes that are kept for the dossiers to come."""


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
class Share:
    """
    The dossiers that have ended, or those still open: how many are late before and after, by how much, where.

    `moved` end at another time than they did, or would. Of open ones late is who is foreseen to be.
    """

    dossiers: int = 0
    moved: int = 0
    late_before: int = 0
    late_after: int = 0
    newly_late: int = 0
    no_longer_late: int = 0
    spread_before: Spread = field(default_factory=Spread)
    spread_after: Spread = field(default_factory=Spread)
    where: tuple[tuple[str, int | None, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the share as JSON values; minutes of working time."""
        return {
            "dossiers": self.dossiers,
            "moved": self.moved,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "newly_late": self.newly_late,
            "no_longer_late": self.no_longer_late,
            "late_working_minutes": {
                "before": asdict(self.spread_before),
                "after": asdict(self.spread_after),
            },
            "where": [
                {"step": step, "unit_id": unit_id, "late": count} for step, unit_id, count in self.where
            ],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """
    What the trial says of the dossiers that have `ended` and of those still `open`.

    `unfit` found no way through a process and stayed as they were; `unknown` are steps with tried hours that no
    process has.
    """

    ended: Share
    open: Share
    by_procedure: tuple[tuple[str, int, int, int], ...]
    steps: tuple[StepOutcome, ...]
    added: tuple[StepChange, ...] = ()
    removed: tuple[StepChange, ...] = ()
    unfit: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def dossiers(self) -> int:
        """Return how many were tried."""
        return self.ended.dossiers + self.open.dossiers

    @property
    def late_before(self) -> int:
        """Return how many are late, or foreseen to be, as things are."""
        return self.ended.late_before + self.open.late_before

    @property
    def late_after(self) -> int:
        """Return how many would be by the change."""
        return self.ended.late_after + self.open.late_after

    @property
    def newly_late(self) -> int:
        """Return how many would be and are not."""
        return self.ended.newly_late + self.open.newly_late

    @property
    def no_longer_late(self) -> int:
        """Return how many are and would not be."""
        return self.ended.no_longer_late + self.open.no_longer_late

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values; minutes of working time."""
        return {
            "dossiers": self.dossiers,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "newly_late": self.newly_late,
            "no_longer_late": self.no_longer_late,
            "ended": self.ended.to_json(),
            "open": self.open.to_json(),
            "process": {
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
        }


def told(one: Outcome) -> dict[str, Any]:
    """Return one dossier of a trial as JSON values; moments with offset, minutes of working time."""
    return {
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


class _Sum:
    """A share in the making: counts, lengths of lateness by how many have them, places."""

    def __init__(self, kept: Mapping[str, Any] | None = None) -> None:
        kept = kept or {}
        self.counts: Counter[str] = Counter(kept.get("counts", {}))
        self.before, self.after = (
            Counter({int(minutes): count for minutes, count in kept.get(name, ())})
            for name in ("before", "after")
        )
        self.where = Counter({(step, unit): count for step, unit, count in kept.get("where", ())})

    def add(self, one: Outcome) -> None:
        self.counts.update(
            dossiers=1,
            moved=int(one.shift != 0),
            late_before=int(one.late_before),
            late_after=int(one.late_after),
            newly_late=int(one.late_after and not one.late_before),
            no_longer_late=int(one.late_before and not one.late_after),
        )
        if one.late_before:
            self.before[one.minutes_before] += 1
        if one.late_after:
            self.after[one.late_minutes] += 1
            self.where[one.step, one.unit_id] += 1

    def kept(self) -> dict[str, Any]:
        return {
            "counts": dict(self.counts),
            "before": sorted(self.before.items()),
            "after": sorted(self.after.items()),
            "where": [[step, unit, count] for (step, unit), count in self.where.items()],
        }

    def share(self) -> Share:
        return Share(
            **self.counts,
            spread_before=spread(self.before),
            spread_after=spread(self.after),
            where=tuple(
                (step, unit_id, count)
                for (step, unit_id), count in sorted(
                    self.where.items(), key=lambda item: (-item[1], str(item[0]))
                )
            ),
        )


def spread(minutes: Mapping[int, int]) -> Spread:
    """Return by how much dossiers are late, given how many are by how many minutes; of none, nothing."""
    total = sum(minutes.values())
    if not total:
        return Spread()
    ordered = sorted(minutes.items())

    def under(share: float) -> int:
        left = ceil(share * total)
        for length, count in ordered:
            left -= count
            if left <= 0:
                return length
        return ordered[-1][0]

    return Spread(under(0.5), under(0.75), under(0.9), ordered[-1][0])


class Tally:
    """
    A trial in the making. Dossiers are added one by one; `report` says how it stands.

    What is not in the figures (processes with the tried hours, ways led once) is only for speed and not kept.
    """

    def __init__(self, change: Change) -> None:
        self.change = change
        self.ended, self.open = _Sum(), _Sum()
        self.procedures: dict[str, list[int]] = {}
        self.steps: dict[str, dict[str, Any]] = {}
        self.added: Counter[str] = Counter()
        self.removed: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.lasting: dict[str, Assumed] = {}
        self.unfit = 0
        self.unknown: set[str] | None = None
        self._graphs: dict[int, _Pair] = {}
        self._ways: Ways = {}

    def add(self, case: Case, calendar: WorkingCalendar, at: datetime) -> Outcome:
        """
        Try the change on a dossier, by the calendar of its agency after the change, and count it.

        :raises OutOfCalendar: a moment lies outside it.
        """
        one = try_on(case, self.change, calendar, at, self._moved(case, calendar, at))
        (self.open if one.open else self.ended).add(one)
        counts = self.procedures.setdefault(one.procedure_code, [0, 0, 0])
        for place, more in enumerate((1, one.late_before, one.late_after)):
            counts[place] += more
        self._spent(case, calendar)
        return one

    def _spent(self, case: Case, calendar: WorkingCalendar) -> None:
        """Hold the stays that are done against the tried hours of their steps."""
        for stay in case.stays:
            hours = self.change.hours.get(stay.node)
            if hours is None or stay.done_at is None:
                continue
            minutes = calendar.minutes_between(stay.opened_at, stay.done_at)
            step = self.steps.setdefault(stay.node, {"done": 0, "late_before": 0, "late_after": 0})
            step |= {"name": stay.name, "hours_before": str(stay.hours), "hours_after": str(hours)}
            step["done"] += 1
            step["late_before"] += minutes > stay.hours * 60
            step["late_after"] += minutes > hours * 60

    def _moved(self, case: Case, calendar: WorkingCalendar, at: datetime) -> Retimed | Foreseen | None:
        """Return the dossier by the tried process; None where there is nothing to lead it through, or no way."""
        if case.graph is None or (case.ended_at is not None and not self.change.moves_ends):
            return None
        pair = self._pair(case.graph, case.usual)
        if len(self._ways) > MOST_WAYS:
            self._ways.clear()
        did = course(case, pair.own, calendar)
        try:
            if case.ended_at is not None:
                found: Retimed | Foreseen = retimed(did, pair.tried, pair.lasting, self._ways)
            else:
                spent = in_hand(case, calendar, measured_end(case, at))
                found = ahead(did, spent, pair.tried, pair.before, pair.after, self._ways)
        except IllegalStep:
            self.unfit += 1
            return None
        by = found.by if isinstance(found, Foreseen) else found
        self.added.update(by.added)
        self.removed.update(by.removed)
        self.lasting |= {node: pair.lasting[node] for node in by.added}
        self.names |= {node: pair.names[node] for node in (*by.added, *by.removed)}
        return found

    def _pair(self, own: Graph, usual: Mapping[str, int]) -> _Pair:
        held = self._graphs.get(id(own))
        if held is None:
            held = self._graphs[id(own)] = _Pair.of(own, self.change, usual)
            if self.unknown is None:
                self.unknown = set(self.change.hours)
            self.unknown -= held.names.keys()
        return held

    def kept(self) -> dict[str, Any]:
        """Return what was counted so far as JSON values."""
        return {
            "ended": self.ended.kept(),
            "open": self.open.kept(),
            "procedures": self.procedures,
            "steps": self.steps,
            "added": dict(self.added),
            "removed": dict(self.removed),
            "names": self.names,
            "lasting": {node: [one.minutes, one.basis.value] for node, one in self.lasting.items()},
            "unfit": self.unfit,
            "unknown": None if self.unknown is None else sorted(self.unknown),
        }

    @classmethod
    def of(cls, change: Change, kept: Mapping[str, Any]) -> Tally:
        """Return the tally that was kept; an empty one goes on from nothing."""
        tally = cls(change)
        if not kept:
            return tally
        tally.ended, tally.open = _Sum(kept["ended"]), _Sum(kept["open"])
        tally.procedures = {code: list(counts) for code, counts in kept["procedures"].items()}
        tally.steps = {node: dict(step) for node, step in kept["steps"].items()}
        tally.added, tally.removed = Counter(kept["added"]), Counter(kept["removed"])
        tally.names = dict(kept["names"])
        tally.lasting = {
            node: Assumed(minutes, Basis(basis)) for node, (minutes, basis) in kept["lasting"].items()
        }
        tally.unfit = kept["unfit"]
        tally.unknown = None if kept["unknown"] is None else set(kept["unknown"])
        return tally

    def report(self) -> Report:
        """Return the figures as they stand."""
        return Report(
            ended=self.ended.share(),
            open=self.open.share(),
            by_procedure=tuple(
                (code, *counts)  # type: ignore[misc]
                for code, counts in sorted(self.procedures.items(), key=lambda item: (-item[1][2], item[0]))
            ),
            steps=tuple(
                StepOutcome(
                    node=node,
                    name=step["name"],
                    hours_before=Decimal(step["hours_before"]),
                    hours_after=Decimal(step["hours_after"]),
                    done=step["done"],
                    late_before=step["late_before"],
                    late_after=step["late_after"],
                )
                for node, step in sorted(self.steps.items())
            ),
            added=self._changes(self.added),
            removed=self._changes(self.removed),
            unfit=self.unfit,
            unknown=tuple(sorted(self.unknown or ())),
        )

    def _changes(self, found: Counter[str]) -> tuple[StepChange, ...]:
        """Return steps that came or went, the commonest first."""
        return tuple(
            StepChange(node, self.names[node], count, self.lasting.get(node))
            for node, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
        )


@dataclass(frozen=True, slots=True)
class _Pair:
    """A process and what is tried in its place, with what their steps last."""

    own: Graph
    tried: Graph
    lasting: Mapping[str, Assumed]
    before: Mapping[str, int]
    after: Mapping[str, int]
    names: Mapping[str, str]

    @classmethod
    def of(cls, own: Graph, change: Change, usual: Mapping[str, int]) -> _Pair:
        tried = with_hours(change.process or own, change.hours)
        lasting = assumed(own, tried, usual)
        names = {node.id: node.name or node.id for graph in (tried, own) for node in graph.net_nodes}
        return cls(own, tried, lasting, usually(own, usual), then(own, tried, usual, lasting), names)


def replay(cases: Iterable[Case], change: Change, calendar: Calendars, at: datetime) -> Report:
    """Return what the change would make of the dossiers; `calendar` gives the calendars after it."""
    tally = Tally(change)
    for case in cases:
        tally.add(case, calendar(case.agency_id), at)
    return tally.report()
