"""
Tasks handed over on leave or transfer: proposed by the holder or their head, taken by the receiver (R-057, R-070).

Nothing moves until the receiver has confirmed; then each task goes over in an act of its own, from the one hand
straight into the other, so that at no moment a dossier is without its holder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from motcua.dossiers import events, queries, rules
from motcua.dossiers.models import HandOver, HandOverItem
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import (
    AlreadyHandedOver,
    BulkAct,
    HandOverAnswered,
    HandOverKind,
    HandOverNotFound,
    HandOverState,
    NotHolding,
)
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import constraints, idempotency, ledger, subjects
from motcua.platform.ledger import Facts
from motcua.workflow import queries as workflow_queries
from motcua.workflow import team
from motcua.workflow.operations import NotACandidate, NotYourStaff
from motcua.workflow.queries import TaskRow

__all__ = [
    "AlreadyHandedOver",
    "HandOverAnswered",
    "HandOverNotFound",
    "NotHolding",
    "accept",
    "cancel",
    "decline",
    "propose",
]


def propose(
    *,
    from_staff_id: int,
    to_staff_id: int,
    task_ids: Sequence[int],
    kind: HandOverKind,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Propose to hand tasks over, one's own or those of an officer one leads; return its number.

    :raises NotYourStaff: the tasks are neither the actor's nor those of officers the actor leads.
    :raises NotACandidate: the receiver may not do one of the tasks; the message names its step.
    :raises NotHolding: one of the tasks is done, or somebody else's meanwhile.
    :raises AlreadyHandedOver: one of the tasks waits in another hand-over.
    :raises Invalid: no task, more than 500, or to the same person.
    :raises ReasonMissing, Replayed, MissingKey:
    """
    wanted = list(dict.fromkeys(task_ids))
    body = [from_staff_id, to_staff_id, wanted, kind.value, reason]
    try:
        with (
            constraints.kept("handoveritem_one_pending", AlreadyHandedOver),
            transaction.atomic(durable=True),
        ):
            number = idempotency.take(actor, key, "dossiers.handover", body, at=at)
            words = rules.reason(reason)
            if from_staff_id == to_staff_id:
                raise Invalid(errors={"to": "Chọn người nhận khác người bàn giao."})
            if not 0 < len(wanted) <= rules.MOST_AT_ONCE:
                raise Invalid(
                    errors={"tasks": f"Chọn ít nhất một việc, nhiều nhất {rules.MOST_AT_ONCE} việc."}
                )
            rows = _held(actor, from_staff_id, wanted)
            _check_candidate(rows, to_staff_id, at)
            known = queries.by_subjects(actor, [row.subject for row in rows])
            if any(row.subject not in known for row in rows):
                raise NotHolding
            found = HandOver.objects.create(
                subject=number, from_staff_id=from_staff_id, to_staff_id=to_staff_id,
                proposed_by_id=actor.account_id, kind=kind.value, reason=words,
                state=HandOverState.PROPOSED.value, proposed_at=at,
            )  # fmt: skip
            HandOverItem.objects.bulk_create(
                HandOverItem(
                    handover=found, no=no, code=known[row.subject].code, task_id=row.id, step=row.name,
                    due_at=row.due_at or at, minutes_left=_left(row, at),
                )
                for no, row in enumerate(rows, start=1)
            )  # fmt: skip
            _note(found, actor, at, len(rows))
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def _held(actor: Actor, staff_id: int, wanted: Sequence[int]) -> list[TaskRow]:
    if actor.kind is not ActorKind.STAFF or (staff_id != actor.staff_id and not team.led(actor)):
        raise NotYourStaff
    rows = {row.id: row for row in team.held(actor, staff_id)}
    if any(number not in rows for number in wanted):
        raise NotHolding
    return [rows[number] for number in wanted]


def _check_candidate(rows: Sequence[TaskRow], staff_id: int, at: datetime) -> None:
    on = at.astimezone(LOCAL).date()
    kinds = {(row.unit_id, row.role, row.field): row for row in rows}
    for (unit_id, role, field), row in kinds.items():
        if all(one.staff_id != staff_id for one in workflow_queries.holders(unit_id, role, field, on)):
            raise NotACandidate(
                f"Người nhận không có nhiệm vụ làm bước “{row.name}” tại {organisation.unit(unit_id).name}."
            )


def _left(row: TaskRow, at: datetime) -> int:
    """Return the working minutes from now to the planned end, below zero when it has passed."""
    calendar = organisation.calendar(row.unit_id)
    due_at = row.due_at or at
    return calendar.minutes_between(at, due_at) if due_at >= at else -calendar.minutes_between(due_at, at)


def accept(*, handover: int, actor: Actor, key: str, at: datetime) -> int:
    """
    Take what was handed over, as its receiver; return the number of the run that moves the tasks.

    :raises HandOverNotFound: it is not there, or not for the actor.
    :raises HandOverAnswered, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(
                actor, key, "dossiers.handover_accept", {"of": handover}, at=at, subject=handover
            )
            found = _lock(handover)
            if actor.staff_id is None or found.to_staff_id != actor.staff_id:
                raise HandOverNotFound
            items = list(found.items.order_by("no"))
            run = bulk.begin(
                number=subjects.new(),
                act=BulkAct.RECEIVE,
                targets=[bulk.Target(item.code, item.task_id) for item in items],
                values={"handover": handover},
                actor=actor,
                at=at,
            )
            found.run = run
            _answer(found, HandOverState.ACCEPTED, actor, at, "")
            return run.subject
    except idempotency.AlreadyDone:
        return HandOver.objects.values_list("run_id", flat=True).get(subject=handover) or 0


def decline(*, handover: int, reason: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Refuse what was handed over, as its receiver, with the reason: everything stays with its holder.

    :raises HandOverNotFound, HandOverAnswered, ReasonMissing, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = {"of": handover, "reason": reason}
            idempotency.take(actor, key, "dossiers.handover_decline", body, at=at, subject=handover)
            found = _lock(handover)
            if actor.staff_id is None or found.to_staff_id != actor.staff_id:
                raise HandOverNotFound
            _answer(found, HandOverState.DECLINED, actor, at, rules.reason(reason))
    except idempotency.AlreadyDone:
        return


def cancel(*, handover: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Take a proposal back, as who made it or whose tasks they are.

    :raises HandOverNotFound, HandOverAnswered, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(
                actor, key, "dossiers.handover_cancel", {"of": handover}, at=at, subject=handover
            )
            found = _lock(handover)
            theirs = actor.staff_id is not None and found.from_staff_id == actor.staff_id
            if not theirs and found.proposed_by_id != actor.account_id:
                raise HandOverNotFound
            _answer(found, HandOverState.CANCELLED, actor, at, "")
    except idempotency.AlreadyDone:
        return


def _lock(number: int) -> HandOver:
    found = HandOver.objects.select_for_update(no_key=True).filter(subject=number).first()
    if found is None:
        raise HandOverNotFound
    return found


def _answer(found: HandOver, state: HandOverState, actor: Actor, at: datetime, words: str) -> None:
    if found.state != HandOverState.PROPOSED:
        raise HandOverAnswered
    found.state, found.answered_at, found.answer = state.value, at, words
    found.save(update_fields=["state", "answered_at", "answer", "run"])
    count = found.items.update(pending=False)
    _note(found, actor, at, count)


def _note(found: HandOver, actor: Actor, at: datetime, count: int) -> None:
    duty = next(iter(actor.duties), None)
    words = found.answer or found.reason
    ledger.append_unheaded(
        found.subject,
        act=f"handover_{found.state}",
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={
            "from": found.from_staff_id,
            "to": found.to_staff_id,
            "kind": found.kind,
            "tasks": count,
            "run": found.run_id,
        },
        personal={"reason": words},
        event=events.HandOverMoved(
            handover=found.subject,
            at=at,
            state=found.state,
            from_staff=found.from_staff_id,
            to_staff=found.to_staff_id,
            tasks=count,
        ),
    )
