"""Reports of faults: made by anybody on the staff, given to somebody, answered, closed or taken up again (R-069)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, Invalid
from motcua.kernel.text import said
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.steering.faults import events, queries, rules
from motcua.steering.faults.models import Fault, FaultTurn
from motcua.steering.faults.rules import (
    MOST_FILES,
    FaultElsewhere,
    FaultNotFound,
    FaultState,
    NoKeeper,
    NotAKeeper,
    Seriousness,
    System,
    Turn,
)


class NoLimits(Conflict):
    """The data of the day has no limits for answers."""

    code = "fault_limits_missing"
    message = "Chưa có quy định thời hạn trả lời báo lỗi vào ngày này."


def report(
    *,
    system: System,
    seriousness: Seriousness,
    where: str,
    what: str,
    file_ids: Collection[int],
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Report a fault; it is owned at once by who has the fewest open ones of those who look after the systems.

    :raises Invalid: not said what is wrong, or too many files.
    :raises NoKeeper: nobody looks after the systems.
    :raises NoLimits, NotFound, Replayed, MissingKey:
    """
    body = [system.value, seriousness.value, where, what, sorted(file_ids)]
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "steering.report_fault", body, at=at)
            if actor.kind is not ActorKind.STAFF or actor.staff_id is None or not actor.duties:
                raise NotAKeeper("Chỉ cán bộ đang có nhiệm vụ mới báo lỗi ở đây.")
            words = said(what, "what")
            if len(file_ids) > MOST_FILES:
                raise Invalid(errors={"tep": f"Kèm nhiều nhất {MOST_FILES} tệp."})
            duty = actor.duties[0]
            row = Fault.objects.create(
                subject=number, system=system.value, seriousness=seriousness.value, state=FaultState.OPEN.value,
                where=where.strip()[:300], what=words, reporter_id=actor.staff_id, unit_id=duty.unit_id,
                owner_id=_least_busy(at), reported_at=at, due_at=_due(seriousness, at),
            )  # fmt: skip
            documents.attach(actor=actor, file_ids=file_ids, subject=number)
            _note(row, Turn.REPORTED, actor, duty, at, words)
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def reassign(*, fault: int, to_staff_id: int, note: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Give an open report to another of those who look after the systems.

    :raises FaultNotFound, NotAKeeper, FaultElsewhere, Invalid, Replayed, MissingKey:
    """
    body = [fault, to_staff_id, note]
    try:
        with transaction.atomic(durable=True):
            row, duty = _kept(fault, body, "steering.reassign_fault", actor, key, at, FaultState.OPEN)
            names = dict(organisation.role_holders(Role.ADMIN, at))
            if to_staff_id not in names or to_staff_id == row.owner_id:
                raise Invalid(errors={"ai": "Chọn người khác trong những người quản trị hệ thống."})
            row.owner_id = to_staff_id
            row.save(update_fields=["owner"])
            told = f"{names[to_staff_id]}. {note.strip()[:500]}".strip()
            _note(row, Turn.REASSIGNED, actor, duty, at, told)
    except idempotency.AlreadyDone:
        return


def answer(*, fault: int, text: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Answer an open report; the reporter finds it among what waits for them and says whether it is over.

    :raises FaultNotFound, NotAKeeper, FaultElsewhere, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row, duty = _kept(fault, [fault, text], "steering.answer_fault", actor, key, at, FaultState.OPEN)
            words = said(text)
            row.state, row.answered_at = FaultState.ANSWERED.value, at
            row.save(update_fields=["state", "answered_at"])
            _note(row, Turn.ANSWERED, actor, duty, at, words)
    except idempotency.AlreadyDone:
        return


def close(*, fault: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Say as the reporter that an answered fault is over.

    :raises FaultNotFound, NotAKeeper, FaultElsewhere, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row = _own(fault, [fault], "steering.close_fault", actor, key, at, {FaultState.ANSWERED})
            row.state = FaultState.CLOSED.value
            row.save(update_fields=["state"])
            _note(row, Turn.CLOSED, actor, actor.duty(*Role), at, "")
    except idempotency.AlreadyDone:
        return


def reopen(*, fault: int, why: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Say as the reporter that a fault is still there; the time for the answer is counted anew.

    :raises FaultNotFound, NotAKeeper, FaultElsewhere, Invalid, NoLimits, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            over = {FaultState.ANSWERED, FaultState.CLOSED}
            row = _own(fault, [fault, why], "steering.reopen_fault", actor, key, at, over)
            words = said(why)
            row.state, row.answered_at = FaultState.OPEN.value, None
            row.due_at = _due(Seriousness(row.seriousness), at)
            row.save(update_fields=["state", "answered_at", "due_at"])
            _note(row, Turn.REOPENED, actor, actor.duty(*Role), at, words)
    except idempotency.AlreadyDone:
        return


def _due(seriousness: Seriousness, at: datetime) -> datetime:
    setting = catalogue.setting("fault_limits", at.astimezone(LOCAL).date())
    if setting is None:
        raise NoLimits
    return rules.due_at(setting, seriousness, at, organisation.calendar(0))


def _least_busy(at: datetime) -> int:
    held = [staff_id for staff_id, _ in organisation.role_holders(Role.ADMIN, at)]
    if not held:
        raise NoKeeper
    busy = dict(
        Fault.objects.filter(owner_id__in=held, state=FaultState.OPEN)
        .values_list("owner_id")
        .annotate(Count("subject"))
    )
    return min(held, key=lambda one: (busy.get(one, 0), one))


def _lock(
    fault: int,
    body: Any,
    operation: str,
    actor: Actor,
    key: str,
    at: datetime,
    states: Collection[FaultState],
) -> Fault:
    idempotency.take(actor, key, operation, body, at=at, subject=fault)
    queries.fault(actor, fault)
    row = Fault.objects.select_for_update(no_key=True).filter(pk=fault).first()
    if row is None:
        raise FaultNotFound
    if row.state not in states:
        raise FaultElsewhere
    return row


def _kept(
    fault: int, body: Any, operation: str, actor: Actor, key: str, at: datetime, state: FaultState
) -> tuple[Fault, DutyRef]:
    row = _lock(fault, body, operation, actor, key, at, {state})
    duty = actor.duty(Role.ADMIN)
    if duty is None:
        raise NotAKeeper
    return row, duty


def _own(
    fault: int,
    body: Any,
    operation: str,
    actor: Actor,
    key: str,
    at: datetime,
    states: Collection[FaultState],
) -> Fault:
    row = _lock(fault, body, operation, actor, key, at, states)
    if row.reporter_id != actor.staff_id:
        raise NotAKeeper
    return row


def _note(row: Fault, turn: Turn, actor: Actor, duty: DutyRef | None, at: datetime, words: str) -> None:
    FaultTurn.objects.create(fault=row, turn=turn.value, staff_id=actor.staff_id or 0, at=at, words=words)
    ledger.append_unheaded(
        row.subject,
        act=f"fault_{turn.value}",
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={
            "system": row.system, "seriousness": row.seriousness, "state": row.state, "owner": row.owner_id,
            "due_at": row.due_at.isoformat(),
        },
        personal={"words": words} if words else None,
        event=events.FaultMoved(fault=row.subject, at=at, turn=turn.value, state=row.state, owner_id=row.owner_id),
    )  # fmt: skip
