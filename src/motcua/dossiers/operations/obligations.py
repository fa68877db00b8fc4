"""
Financial obligations notified during handling: notified, shown to be paid, cancelled (status 6; facts-lifecycle 2.4).

The clock stands from the first notice; when none is due any more, the dossier goes on by itself in the same act.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from motcua.dossiers import clockwork, dues, events, rules
from motcua.dossiers.dues import DueKind, DueState, NoSuchNotice, NoticeInput
from motcua.dossiers.models import PaymentNotice
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.operations.steps import went_on
from motcua.dossiers.rules import Act, NoDuty, State
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.counting import Ground, Pause
from motcua.kernel.errors import Invalid
from motcua.kernel.process import WaitKind
from motcua.payments import operations as payments
from motcua.payments.rules import CollectedWhen, FeeKind, Line, Method
from motcua.workflow import operations as workflow
from motcua.workflow.queries import TaskRow

NOTIFIERS = (Role.PROCESSING_OFFICER, Role.DIVISION_HEAD, Role.ONE_STOP_OFFICER)


@once
def request_payment(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    notices: Sequence[NoticeInput],
    seen: int | None = None,
) -> Done:
    """
    Notify financial obligations, as who holds the dossier: it waits for the applicant, its clock stands.

    A step whose process leads to the wait is done by it; from any other step the work stays open meanwhile. More may
    be notified while it waits.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, Invalid:
    """
    body = {"notices": [asdict(notice) for notice in notices]}
    work = begin(act=Act.REQUEST_PAYMENT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is not ActorKind.STAFF:
        raise NoDuty
    wanted = dues.checked(notices)
    dossier, held = work.dossier, tasks.in_hand(work)
    if work.state is State.PAYMENT_REQUESTED:
        duty = _notifying_duty(work, held)
    else:
        duty = tasks.holding_duty(work, held)
        _wait(work, held)
    owed = payments.open_obligations(
        subject=dossier.subject,
        unit_id=dossier.receiving_unit_id,
        lines=[_line(work, notice) for notice in wanted if notice.at_counter],
        at=at,
    )
    taken = iter(owed)
    PaymentNotice.objects.bulk_create(
        PaymentNotice(
            dossier_id=dossier.subject,
            kind=notice.kind,
            label=notice.label.strip()[:300],
            amount=notice.amount,
            number=notice.number.strip()[:100],
            payee=notice.payee.strip()[:300],
            basis=notice.basis.strip()[:500],
            unit_id=duty.unit_id,
            issued_by_id=actor.staff_id,
            issued_at=at,
            state=DueState.DUE.value,
            obligation_id=next(taken).pk if notice.at_counter else None,
        )
        for notice in wanted
    )
    return finish(
        work,
        Act.REQUEST_PAYMENT,
        duty=duty,
        payload={
            "notices": [{"number": one.number, "amount": one.amount, "kind": one.kind} for one in wanted],
            "form": "; ".join(one.number for one in wanted)[:200],
            **clockwork.last_ground(dossier.clock),
        },
        event=told(
            work, events.PaymentRequested, amount=sum(one.amount for one in wanted), notices=len(wanted)
        ),
    )


@once
def confirm_payment(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    notice_ids: Collection[int],
    evidence: str = "",
    method: str = "",
    seen: int | None = None,
) -> Done:
    """
    Enter that notices are paid: taken at the counter now (`method`), or shown by `evidence` (number of the voucher).

    When none is due any more, the dossier goes on and its clock runs again.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, Invalid:
    :raises NoSuchNotice: one of them is paid or cancelled already, or not of this dossier.
    """
    body = {"notices": sorted(set(notice_ids)), "evidence": evidence, "method": method}
    work = begin(act=Act.CONFIRM_PAYMENT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = work.duty(*rules.RESUMERS)
    rows = list(PaymentNotice.objects.filter(dossier_id=work.dossier.subject).order_by("id"))
    chosen = _chosen(rows, notice_ids)
    shown = evidence.strip()[:300]
    if method:
        shown = _take(work, chosen, method)
    elif len(shown) < SHORTEST:
        raise Invalid(errors={"evidence": "Ghi số, ngày của chứng từ nộp tiền (ít nhất 5 ký tự)."})
    elif any(row.obligation_id for row in chosen):
        raise Invalid(errors={"method": "Khoản thu tại Bộ phận Một cửa: chọn cách thu để cấp biên lai."})
    for row in chosen:
        row.state, row.settled_at, row.evidence = DueState.PAID.value, at, shown
    PaymentNotice.objects.bulk_update(chosen, ["state", "settled_at", "evidence"])
    return _settled(work, Act.CONFIRM_PAYMENT, duty, rows, chosen, {"proof": shown})


SHORTEST = 5


@once
def cancel_payment(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    notice_ids: Collection[int],
    reason: str,
    seen: int | None = None,
) -> Done:
    """
    Cancel notices that were wrong or are not owed any more, as who notified them, with the reason.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, NoSuchNotice:
    """
    body = {"notices": sorted(set(notice_ids)), "reason": reason}
    work = begin(act=Act.CANCEL_PAYMENT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is not ActorKind.STAFF:
        raise NoDuty
    rows = list(PaymentNotice.objects.filter(dossier_id=work.dossier.subject).order_by("id"))
    duty = _notifying_duty(work, tasks.in_hand(work), rows)
    chosen, words = _chosen(rows, notice_ids), rules.reason(reason)
    owed = [row.obligation_id for row in chosen if row.obligation_id]
    if owed:
        payments.waive(subject=work.dossier.subject, obligation_ids=owed, reason=words, at=at)
    for row in chosen:
        row.state, row.settled_at, row.evidence = DueState.CANCELLED.value, at, words[:300]
    PaymentNotice.objects.bulk_update(chosen, ["state", "settled_at", "evidence"])
    return _settled(work, Act.CANCEL_PAYMENT, duty, rows, chosen, {"reason": words})


def _settled(
    work: Work,
    act: Act,
    duty: DutyRef | None,
    rows: Sequence[PaymentNotice],
    chosen: Sequence[PaymentNotice],
    personal: dict[str, str],
) -> Done:
    """Let the dossier go on where nothing is owed any more, and write the act."""
    dossier = work.dossier
    ground = clockwork.last_ground(dossier.clock)
    left = sum(row.state == DueState.DUE for row in rows)
    opened: list[str] = []
    event = told(work, events.PaymentSettled, left=left)
    if dues.over(row.state for row in rows):
        clock = clockwork.resume(work.clock, work.at, work.bundle.steps, work.calendar)
        dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
        dossier.state = State.IN_PROCESS.value
        if tasks.in_hand(work):
            tasks.reschedule(work)
        else:
            moved = tasks.resume(work)
            went_on(work, moved)
            opened = [task.node for task in moved.opened]
        event = told(work, events.Resumed, due_before=work.before["due_at"], **ground)
        if dossier.processed_at == work.at:  # the wait stood before the hand-over
            event = told(work, events.Processed, document_id=None)
    return finish(
        work,
        act,
        duty=duty,
        payload={
            "notices": [row.number for row in chosen],
            "amount": sum(row.amount for row in chosen),
            "left": left,
            "opened": opened,
            **(ground if not left else {}),
        },
        personal=personal,
        event=event,
    )


def _wait(work: Work, held: Sequence[TaskRow]) -> None:
    """Let the dossier wait: through the step's own way out to the wait where it has one, else where it stands."""
    graph, dossier = work.bundle.graph, work.dossier
    for task in held:
        way = next(
            (e.outcome for e in graph.outcomes(task.node) if graph.by_id[e.target].wait is WaitKind.PAYMENT),
            None,
        )
        if way is not None and workflow.acting_as(work.actor, task) is not None:
            tasks.show(work, tasks.complete(work, task.id, way))
            break
    pause = Pause(work.at, None, Ground.FINANCIAL_OBLIGATION)
    dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
    dossier.state = State.PAYMENT_REQUESTED.value


def _notifying_duty(
    work: Work, held: Sequence[TaskRow], rows: Sequence[PaymentNotice] | None = None
) -> DutyRef:
    """
    Return the duty of who notifies for this dossier: of who holds it, or at the unit that notified before.

    :raises NoDuty:
    """
    if held:
        return tasks.holding_duty(work, held)
    known = rows if rows is not None else PaymentNotice.objects.filter(dossier_id=work.dossier.subject)
    units: set[int | None] = {row.unit_id for row in known}
    units = units or {work.dossier.holder_unit_id}
    for duty in work.actor.duties:
        if duty.role in NOTIFIERS and duty.unit_id in units and duty.covers(work.dossier.field_code):
            return duty
    raise NoDuty


def _chosen(rows: Sequence[PaymentNotice], wanted: Collection[int]) -> list[PaymentNotice]:
    chosen = [row for row in rows if row.pk in set(wanted)]
    if not chosen or len(chosen) != len(set(wanted)) or any(row.state != DueState.DUE for row in chosen):
        raise NoSuchNotice
    return chosen


def _take(work: Work, chosen: Sequence[PaymentNotice], method: str) -> str:
    """Take money at the counter and return the number of the receipt."""
    if method not in (Method.CASH, Method.CARD, Method.TRANSFER):
        raise Invalid(errors={"method": "Chọn cách thu trong danh sách."})
    owed = [row.obligation_id for row in chosen if row.obligation_id]
    if len(owed) != len(chosen):
        raise Invalid(
            errors={"method": "Có khoản nộp cho cơ quan khác: ghi chứng từ nộp tiền, không thu tại quầy."}
        )
    paid = payments.record_payment(
        subject=work.dossier.subject,
        obligation_ids=owed,
        unit_id=work.dossier.receiving_unit_id,
        actor=work.actor,
        method=Method(method),
        payer_name=work.dossier.submitter_name or work.dossier.owner_name,
        at=work.at,
    )
    return f"Biên lai số {paid.number}"


def _line(work: Work, notice: NoticeInput) -> Line:
    return Line(
        fee_code=notice.number.strip()[:40],
        kind=FeeKind.FEE if notice.kind == DueKind.FEE else FeeKind.CHARGE,
        label=notice.label.strip()[:300],
        amount=notice.amount,
        channel=work.dossier.channel,
        collected_when=CollectedWhen.AT_SUPPLEMENT,
    )
