"""
The statutory clock of a dossier as kept on its row: the deadline with its rows, and the steps' planned ends.

Pure: values in, values out. Sources: facts-lifecycle.md 2.4 and 2.5; worked-cases.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from motcua.kernel import deadline
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.deadline import Deadline, Limit, Pause, PauseKind, Policy


@dataclass(frozen=True, slots=True)
class Clock:
    """`deadline` explains itself without a calendar; `plan` maps a node of the process to its planned end."""

    deadline: Deadline
    plan: Mapping[str, datetime]

    def to_json(self) -> dict[str, Any]:
        """Return the form kept on the dossier's row."""
        return {
            "deadline": self.deadline.to_json(),
            "plan": {node: moment.isoformat() for node, moment in self.plan.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clock:
        """Read what `to_json` wrote."""
        return cls(
            Deadline.from_json(data["deadline"]),
            {node: datetime.fromisoformat(moment) for node, moment in data["plan"].items()},
        )


def start(
    at: datetime,
    limit: Limit,
    policy: Policy,
    calendar: WorkingCalendar,
    steps: Sequence[tuple[str, Decimal]],
) -> Clock:
    """
    Start the clock of a dossier fully received at `at`.

    `steps` are the nodes of the main path after receipt with their working hours: their planned ends are scaled so that
    the last one falls on the due moment, however the limit counts (worked case 7).
    """
    return _planned(deadline.due(at, limit, policy, calendar), steps, calendar)


def _planned(found: Deadline, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar) -> Clock:
    ends = deadline.scale_steps(found.counted_from, found.at, [hours for _, hours in steps], calendar)
    return Clock(found, {node: end for (node, _), end in zip(steps, ends, strict=True)})


def _again(
    clock: Clock, pauses: Iterable[Pause], steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar
) -> Clock:
    kept = clock.deadline
    return _planned(
        deadline.due(kept.start, kept.limit, kept.policy, calendar, tuple(pauses)), steps, calendar
    )


def pause(
    clock: Clock,
    pause: Pause,
    steps: Sequence[tuple[str, Decimal]],
    calendar: WorkingCalendar,
) -> Clock:
    """Return the clock with one more pause begun; its due moment moves when the pause ends."""
    return _again(clock, (*clock.deadline.pauses, pause), steps, calendar)


def resume(
    clock: Clock, at: datetime, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar
) -> Clock:
    """
    Return the clock with its open pause ended at `at`.

    :raises ValueError: no pause is open.
    """
    pauses = list(clock.deadline.pauses)
    if not pauses or pauses[-1].ended_at is not None:
        raise ValueError("no pause is open")
    pauses[-1] = replace(pauses[-1], ended_at=at)
    return _again(clock, pauses, steps, calendar)


def restarted(clock: Clock) -> bool:
    """Tell whether the last pause was a return at appraisal, which counts again from zero."""
    return bool(clock.deadline.pauses) and clock.deadline.pauses[-1].kind is PauseKind.RESTART
