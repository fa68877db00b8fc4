"""
Who a delay is owed to: working time each step used beyond what it had, from the tasks of a dossier (R-183).

Pure. A step had the time between its opening and its planned end, and never less than the hours its process gives it:
who got the work late answers for their own time only. Time in which the clock was held counts for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from motcua.dossiers.rules import COMPETENT
from motcua.kernel.actor import Actor, DutyRef, Role
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.errors import Conflict, Forbidden


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of the work at a step: who had it, from when until when, by when it was planned to be done."""

    node: str
    step: str
    unit_id: int
    staff_id: int | None
    opened_at: datetime
    done_at: datetime | None
    due_at: datetime | None
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """What of a delay is owed to a step: working minutes; `over` is what it used beyond its own time."""

    node: str
    step: str
    unit_id: int
    staff_id: int | None
    minutes: int
    over: int

    def to_json(self) -> dict[str, Any]:
        """Return the share as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Share:
        """Read what `to_json` wrote."""
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Delay:
    """How late a dossier is, or was: from its due moment to `until`, in working days and minutes, with the shares."""

    due_at: datetime
    until: datetime
    days: int
    minutes: int
    shares: tuple[Share, ...]

    @property
    def main(self) -> Share | None:
        """Return the share that weighs most."""
        return self.shares[0] if self.shares else None


def open_pause(clock: Mapping[str, Any]) -> datetime | None:
    """Return since when the clock of a dossier's row is held, None where it runs."""
    pauses = clock["deadline"]["pauses"] if clock else []
    if pauses and pauses[-1]["ended_at"] is None:
        return datetime.fromisoformat(pauses[-1]["started_at"])
    return None


def until(
    due_at: datetime | None, ended_at: datetime | None, held_at: datetime | None, now: datetime
) -> datetime | None:
    """
    Return the moment up to which a dossier is late, None where it is not.

    What waits is measured when the wait began, what is over when it ended (facts-lifecycle 2.8), the others now.
    """
    if due_at is None:
        return None
    end = held_at or ended_at or now
    return end if end > due_at else None


def delay(
    due_at: datetime,
    end: datetime,
    stays: Iterable[Stay],
    *,
    since: datetime,
    pauses: Sequence[tuple[datetime, datetime]],
    calendar: WorkingCalendar,
) -> Delay:
    """
    Return the delay of a dossier due at `due_at` and late until `end`, shared out among its steps.

    `since` is the moment from which the limit was counted last; `pauses` are stretches in which the clock was held.
    The shares add up to the whole. Where no step used more than it had, the one in hand at the due moment answers.
    """
    minutes = calendar.minutes_between(due_at, end)
    first, last = due_at.astimezone(LOCAL).date(), end.astimezone(LOCAL).date()
    days = calendar.working_days_between(first, last)
    here = [stay for stay in stays if stay.opened_at < end and (stay.done_at is None or stay.done_at > since)]
    over = [_over(stay, since, end, pauses, calendar) for stay in here]
    if any(over):
        shares = _shared(minutes, [(stay, more) for stay, more in zip(here, over, strict=True) if more])
    else:
        at_due = [s for s in here if s.opened_at <= due_at and (s.done_at is None or s.done_at > due_at)]
        answering = at_due or here[-1:]
        shares = _shared(minutes, [(stay, 1) for stay in answering], over=0)
    return Delay(due_at, end, days, minutes, shares)


def _over(
    stay: Stay,
    since: datetime,
    end: datetime,
    pauses: Sequence[tuple[datetime, datetime]],
    calendar: WorkingCalendar,
) -> int:
    """Return the working minutes a step used beyond the time it had."""
    begun, done = max(stay.opened_at, since), min(stay.done_at or end, end)
    if done <= begun:
        return 0
    used = calendar.minutes_between(begun, done)
    for started, ended in pauses:
        first, last = max(started, begun), min(ended, done)
        if last > first:
            used -= calendar.minutes_between(first, last)
    own = int(stay.hours * 60)
    if stay.due_at is not None and stay.due_at > stay.opened_at:
        own = max(own, calendar.minutes_between(stay.opened_at, stay.due_at))
    return max(0, used - own)


def _shared(minutes: int, weights: Sequence[tuple[Stay, int]], over: int | None = None) -> tuple[Share, ...]:
    """Share minutes out by weight, whole and adding up (largest remainder), the heaviest share first."""
    total = sum(weight for _, weight in weights)
    if not total:
        return ()
    parts = [divmod(minutes * weight, total) for _, weight in weights]
    left = minutes - sum(whole for whole, _ in parts)
    order = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    given = [whole + (place in order[:left]) for place, (whole, _) in enumerate(parts)]
    shares = [
        Share(stay.node, stay.step, stay.unit_id, stay.staff_id, part, weight if over is None else over)
        for (stay, weight), part in zip(weights, given, strict=True)
    ]
    return tuple(sorted(shares, key=lambda share: (-share.minutes, -share.over)))


# The written explanation to the head of the agency (R-184) -----------------------------------------------


class ExplanationState(StrEnum):
    """
    Where the explanation of a late dossier stands.

    owed      found late; nobody has explained it yet
    written   waits for the head of the agency
    returned  the head wants it written better
    accepted  closed
    """

    OWED = "owed"
    WRITTEN = "written"
    RETURNED = "returned"
    ACCEPTED = "accepted"


EXPLANATION_NAMES: Mapping[ExplanationState, str] = {
    ExplanationState.OWED: "Chưa giải trình",
    ExplanationState.WRITTEN: "Chờ người đứng đầu xem",
    ExplanationState.RETURNED: "Phải giải trình lại",
    ExplanationState.ACCEPTED: "Đã chấp nhận",
}
TO_WRITE = frozenset({ExplanationState.OWED, ExplanationState.RETURNED})


class NotLate(Conflict):
    """The dossier is not late."""

    code = "not_late"
    message = "Hồ sơ này không quá hạn nên không phải giải trình."


class NotExplained(Conflict):
    """There is no explanation that waits for an answer."""

    code = "not_explained"
    message = "Chưa có giải trình nào của hồ sơ này chờ xem xét."


class AlreadyExplained(Conflict):
    """The explanation waits for the head, or was accepted."""

    code = "already_explained"
    message = "Giải trình của hồ sơ này đã gửi người đứng đầu cơ quan hoặc đã được chấp nhận."


class NotToExplain(Forbidden):
    """The delay is not owed to the actor, nor to somebody whose work they lead."""

    code = "not_to_explain"
    message = "Giải trình do người làm chậm, người đang giữ hồ sơ hoặc lãnh đạo trực tiếp viết."


class OwnExplanation(Forbidden):
    """Nobody answers what they wrote themselves."""

    code = "own_explanation"
    message = "Người viết giải trình không tự chấp nhận hoặc trả lại giải trình của mình."


def may_answer(actor: Actor, agency_id: int, field_code: str, written_by: int | None, by_head: bool) -> bool:
    """
    Tell whether the actor answers an explanation: the competent person of the agency, for the head's own a leader
    of the province, and never who wrote it.
    """
    if written_by is not None and written_by == actor.staff_id:
        return False
    return any(answering(duty, agency_id, field_code, by_head) for duty in actor.duties)


def answering(duty: DutyRef, agency_id: int, field_code: str, by_head: bool) -> bool:
    """Tell whether a duty is that of who answers explanations of an agency."""
    if by_head and duty.role is Role.PROVINCE_LEADER:
        return True
    return duty.role in COMPETENT and duty.agency_id == agency_id and duty.covers(field_code)
