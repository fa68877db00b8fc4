"""
The statutory clock of a dossier as kept on its row: the deadline with its rows, and the steps' planned ends.

Pure: values in, values out. Sources: facts-lifecycle.md 2.4 and 2.5; worked-cases.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from motcua.kernel import deadline
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.deadline import Deadline, Ground, Limit, Pause, PauseKind, Policy
from motcua.kernel.wording import moment_vi


@dataclass(frozen=True, slots=True)
class Promise:
    """A due moment promised anew (form 04): when that was done, and until when."""

    made_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """
    `deadline` explains itself without a calendar; `plan` maps a node of the process to its planned end.

    `due_at` is the deadline's moment, or the later one that an extension promised, pushed on by later pauses.
    """

    deadline: Deadline
    plan: Mapping[str, datetime]
    promise: Promise | None = None
    due_at: datetime = field(init=False)
    pushed: datetime | None = None

    def __post_init__(self) -> None:
        moments = [self.deadline.at, self.pushed or (self.promise.until if self.promise else None)]
        object.__setattr__(self, "due_at", max(moment for moment in moments if moment is not None))

    def to_json(self) -> dict[str, Any]:
        """Return the form kept on the dossier's row."""
        return {
            "deadline": self.deadline.to_json(),
            "plan": {node: moment.isoformat() for node, moment in self.plan.items()},
            **(
                {
                    "promise": {
                        "made_at": self.promise.made_at.isoformat(),
                        "until": self.promise.until.isoformat(),
                        "pushed": self.due_at.isoformat(),
                    }
                }
                if self.promise
                else {}
            ),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Clock:
        """Read what `to_json` wrote."""
        promise = data.get("promise")
        return cls(
            Deadline.from_json(data["deadline"]),
            {node: datetime.fromisoformat(moment) for node, moment in data["plan"].items()},
            Promise(datetime.fromisoformat(promise["made_at"]), datetime.fromisoformat(promise["until"]))
            if promise
            else None,
            pushed=datetime.fromisoformat(promise["pushed"]) if promise else None,
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


def _planned(
    found: Deadline,
    steps: Sequence[tuple[str, Decimal]],
    calendar: WorkingCalendar,
    promise: Promise | None = None,
) -> Clock:
    pushed = _pushed(promise, found, calendar) if promise else None
    clock = Clock(found, {}, promise, pushed=pushed)
    ends = deadline.scale_steps(found.counted_from, clock.due_at, [hours for _, hours in steps], calendar)
    return replace(clock, plan={node: end for (node, _), end in zip(steps, ends, strict=True)})


def _pushed(promise: Promise, found: Deadline, calendar: WorkingCalendar) -> datetime:
    """Return the promised moment with the pauses that began after the promise and before it ran out added."""
    until = promise.until
    for one in sorted(found.pauses, key=lambda pause: pause.started_at):
        if one.ended_at is not None and promise.made_at <= one.started_at < until:
            until = deadline.postponed(until, one, found.policy, calendar)
    return until


def _again(
    clock: Clock, pauses: Iterable[Pause], steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar
) -> Clock:
    kept = clock.deadline
    found = deadline.due(kept.start, kept.limit, kept.policy, calendar, tuple(pauses))
    return _planned(found, steps, calendar, clock.promise)


def extend(
    clock: Clock, promise: Promise, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar
) -> Clock:
    """Return the clock with a due moment promised anew; how the first one was counted stays as it was told."""
    return _planned(clock.deadline, steps, calendar, promise)


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


def replanned(clock: Clock, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar) -> Clock:
    """Return the clock with the planned ends of another version's steps; the due moment stays as it was."""
    return _planned(clock.deadline, steps, calendar, clock.promise)


def recount(clock: Clock, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar) -> Clock:
    """Return the clock as another calendar counts it: same receipt, limit, settings, pauses and promise."""
    return _again(clock, clock.deadline.pauses, steps, calendar)


def relimit(
    clock: Clock, limit: Limit, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar
) -> Clock:
    """Return the clock counted from the same receipt with another limit; pauses and promise stay."""
    kept = clock.deadline
    found = deadline.due(kept.start, limit, kept.policy, calendar, kept.pauses)
    return _planned(found, steps, calendar, clock.promise)


def times_asked(kept: Mapping[str, Any]) -> int:
    """Return how often a supplement was asked for during handling, by the pauses of a stored clock."""
    pauses = kept["deadline"]["pauses"] if kept else []
    return sum(pause["ground"] in (Ground.SUPPLEMENT, Ground.RETURNED_AT_APPRAISAL) for pause in pauses)


def last_ground(kept: Mapping[str, Any]) -> dict[str, str]:
    """Return the ground of the pause that is open on a stored clock, for the ledger; nothing where none is."""
    pauses = kept["deadline"]["pauses"] if kept else []
    return {"ground": pauses[-1]["ground"]} if pauses and pauses[-1]["ended_at"] is None else {}


def explained(clock: Clock) -> list[str]:
    """Return how the due moment came about, sentence by sentence: the deadline, then what was promised anew."""
    lines = deadline.explain(clock.deadline)
    if clock.promise is not None:
        made, until = moment_vi(clock.promise.made_at), moment_vi(clock.promise.until)
        lines.append(f"Được gia hạn một lần, có văn bản xin lỗi lúc {made}; hẹn trả mới: {until}.")
        if clock.due_at != clock.promise.until:
            lines.append(f"Có tạm dừng sau khi gia hạn nên hẹn trả là {moment_vi(clock.due_at)}.")
    return lines


def restarted(clock: Clock) -> bool:
    """Tell whether the last pause was a return at appraisal, which counts again from zero."""
    return bool(clock.deadline.pauses) and clock.deadline.pauses[-1].kind is PauseKind.RESTART
