"""Reading of hand-overs: whoever gives, receives or proposed one sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from motcua.dossiers.models import HandOver
from motcua.dossiers.rules import HandOverKind, HandOverNotFound, HandOverState
from motcua.kernel.actor import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Proposal:
    """A hand-over; `mine_to_answer` where the actor is to take or decline it."""

    number: int
    from_staff_id: int
    giver: str
    to_staff_id: int
    taker: str
    kind: HandOverKind
    reason: str
    state: HandOverState
    proposed_at: datetime
    answered_at: datetime | None
    answer: str
    run: int | None
    tasks: int
    mine_to_answer: bool
    mine_to_cancel: bool


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a hand-over; `minutes_left` are working minutes to its planned end when it was proposed."""

    no: int
    code: str
    task_id: int
    step: str
    due_at: datetime
    minutes_left: int


def _of(actor: Actor) -> QuerySet[HandOver]:
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return HandOver.objects.none()
    own = Q(from_staff_id=actor.staff_id) | Q(to_staff_id=actor.staff_id) | Q(proposed_by_id=actor.account_id)
    return (
        HandOver.objects.filter(own).select_related("from_staff", "to_staff").annotate(tasks=Count("items"))
    )


def _proposal(actor: Actor, row: HandOver) -> Proposal:
    open_ = row.state == HandOverState.PROPOSED
    return Proposal(
        number=row.subject,
        from_staff_id=row.from_staff_id,
        giver=row.from_staff.full_name,
        to_staff_id=row.to_staff_id,
        taker=row.to_staff.full_name,
        kind=HandOverKind(row.kind),
        reason=row.reason,
        state=HandOverState(row.state),
        proposed_at=row.proposed_at,
        answered_at=row.answered_at,
        answer=row.answer,
        run=row.run_id,
        tasks=int(getattr(row, "tasks", 0)),
        mine_to_answer=open_ and row.to_staff_id == actor.staff_id,
        mine_to_cancel=open_
        and (row.from_staff_id == actor.staff_id or row.proposed_by_id == actor.account_id),
    )


def of(actor: Actor, limit: int = 50) -> list[Proposal]:
    """Return the newest hand-overs that concern the actor."""
    return [_proposal(actor, row) for row in _of(actor).order_by("-subject")[:limit]]


def waiting(actor: Actor) -> int:
    """Return how many hand-overs wait for the actor's answer."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return 0
    return HandOver.objects.filter(to_staff_id=actor.staff_id, state=HandOverState.PROPOSED.value).count()


def one(actor: Actor, number: int) -> tuple[Proposal, list[Task]]:
    """
    Return a hand-over with its tasks.

    :raises HandOverNotFound: it is not there, or none of the actor's concern.
    """
    row = _of(actor).filter(subject=number).first()
    if row is None:
        raise HandOverNotFound
    tasks = [
        Task(item.no, item.code, item.task_id, item.step, item.due_at, item.minutes_left)
        for item in row.items.order_by("no")
    ]
    return _proposal(actor, row), tasks
