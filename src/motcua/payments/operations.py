"""Writes of obligations and receipts; none opens a transaction: they belong to an act above."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import clean
from motcua.payments import rules
from motcua.payments.models import Obligation, Refund
from motcua.payments.rules import Line, Method, ObligationState, RefundDecision, RefundState
from motcua.payments.rules import NoRefund as NoRefund
from motcua.payments.rules import NotPayable as NotPayable
from motcua.payments.rules import ReasonMissing as ReasonMissing


@dataclass(frozen=True, slots=True)
class Paid:
    """A receipt just given: its row id, printed number, sum in đồng."""

    receipt_id: int
    number: str
    total: int


def open_obligations(*, subject: int, unit_id: int, lines: Sequence[Line], at: datetime) -> list[Obligation]:
    """
    Enter what is owed for a subject (one statement, none without lines), collected by the unit.

    A line of 0 đồng is settled at once: it is waived on the ground of its exemption, or free of charge.
    """
    return Obligation.objects.bulk_create(
        Obligation(
            subject=subject,
            unit_id=unit_id,
            fee_code=line.fee_code,
            kind=line.kind,
            label=line.label,
            quantity=line.quantity,
            amount=line.amount,
            channel=line.channel,
            collected_when=line.collected_when,
            state=ObligationState.DUE if line.amount else ObligationState.WAIVED,
            reason="" if line.amount else line.exemption or "Không thu",
            opened_at=at,
            settled_at=None if line.amount else at,
        )
        for line in lines
    )


def belongs_to(*, subject: int, unit_id: int) -> None:
    """Let what is owed for a subject, paid or not, belong to another unit (one statement): it was not competent."""
    Obligation.objects.filter(subject=subject).update(unit_id=unit_id)


def record_payment(
    *,
    subject: int,
    obligation_ids: Collection[int],
    unit_id: int,
    actor: Actor,
    method: Method,
    payer_name: str,
    at: datetime,
    reference: str = "",
) -> Paid:
    """
    Take the money for obligations of a subject and give one receipt (one statement).

    The number is the next of the unit's yearly series, gap-free: it goes back when the act rolls back.
    `reference` is the payment order of a card, transfer or online payment.

    :raises NotPayable: one of them is not due any more, or not of this subject.
    """
    wanted = sorted(set(obligation_ids))
    if not wanted:
        raise NotPayable(subject=subject)
    year = at.astimezone(LOCAL).year
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH owed AS (
              SELECT id, amount FROM payments_obligation
              WHERE id = ANY(%(ids)s) AND subject = %(subject)s AND state = 'due'
              FOR NO KEY UPDATE
            ), number AS (
              INSERT INTO payments_receiptseries AS series (unit_id, year, last)
              SELECT %(unit)s, %(year)s, 1 WHERE (SELECT count(*) FROM owed) = %(count)s
              ON CONFLICT (unit_id, year) DO UPDATE SET last = series.last + 1
              RETURNING last
            ), receipt AS (
              INSERT INTO payments_receipt
                (subject, unit_id, year, no, number, method, reference, total, payer_name, received_by_id,
                 paid_at)
              SELECT %(subject)s, %(unit)s, %(year)s, last, lpad(last::text, 7, '0') || '/' || %(year)s::text,
                %(method)s, %(reference)s, (SELECT sum(amount) FROM owed), %(payer)s, %(account)s, %(at)s
              FROM number
              RETURNING id, no, total
            ), settled AS (
              UPDATE payments_obligation
              SET state = 'paid', settled_at = %(at)s, receipt_id = receipt.id
              FROM receipt, owed
              WHERE payments_obligation.id = owed.id
            )
            SELECT id, no, total FROM receipt
            """,
            {
                "ids": wanted,
                "count": len(wanted),
                "subject": subject,
                "unit": unit_id,
                "year": year,
                "method": Method(method).value,
                "reference": reference,
                "payer": payer_name,
                "account": actor.account_id or None,
                "at": at,
            },
        )
        row = cursor.fetchone()
    if row is None:
        raise NotPayable(subject=subject)
    receipt_id, no, total = row
    return Paid(int(receipt_id), rules.receipt_number(int(no), year), int(total))


def hand_on(*, subject: int, unit_id: int) -> int:
    """Let another unit collect what is still due of a subject (one statement); return how many obligations moved."""
    return (
        Obligation.objects.filter(subject=subject, state=ObligationState.DUE.value)
        .exclude(unit_id=unit_id)
        .update(unit_id=unit_id)
    )


def waive(*, subject: int, obligation_ids: Collection[int], reason: str, at: datetime) -> None:
    """
    Settle due obligations without money, on a written ground (one statement).

    :raises ReasonMissing: no ground is given. :raises NotPayable: one of them is not due any more.
    """
    _settle(subject, obligation_ids, ObligationState.DUE, ObligationState.WAIVED, reason, at)


def refund(*, subject: int, obligation_ids: Collection[int], reason: str, at: datetime) -> None:
    """
    Enter that paid obligations were given back, on a written ground (one statement); the receipt stays.

    :raises ReasonMissing: no ground is given. :raises NotPayable: one of them is not paid.
    """
    _settle(subject, obligation_ids, ObligationState.PAID, ObligationState.REFUNDED, reason, at)


_PAID = (
    "SELECT %s::bigint, max(r.unit_id), %s, %s::boolean, sum(o.amount)::bigint, %s::bigint, %s, %s, '',"
    " %s::timestamptz, %s::timestamptz FROM payments_obligation o JOIN payments_receipt r ON r.id = o.receipt_id"
    " WHERE o.subject = %s AND o.state = 'paid' AND o.amount > 0 HAVING count(*) > 0"
    " AND bool_or(%s OR o.fee_code = ANY(%s::text[]) OR o.kind = ANY(%s::text[]))"
)
_OPENED = (
    "INSERT INTO payments_refund"
    " (subject, unit_id, ended, handled, paid, amount, state, ground, reference, opened_at, decided_at) "
    + _PAID
)


def refund_check(
    *,
    subject: int,
    at: datetime,
    ended: str,
    handled: bool,
    decision: RefundDecision | None = None,
    paid: int | None = None,
    codes: Sequence[str] = (),
    kinds: Sequence[str] = (),
) -> tuple[str, list[Any]]:
    """
    Return the write that opens what becomes of the money paid for a subject, decided on at once or not; nothing is
    opened where nothing was paid. It goes along with another statement of the act.

    `paid` in đồng belongs to a decision; with `codes` or `kinds` it is opened only where such a fee was paid.

    :raises Invalid: more than was paid would be given back, or without a ground.
    :raises NoRefund: something was decided and nothing was paid.
    """
    amount, state, ground = None, RefundState.OPEN, ""
    if decision is not None:
        if not paid:
            raise NoRefund(
                "Người nộp chưa nộp khoản phí, lệ phí nào của hồ sơ này nên không có tiền để hoàn trả."
            )
        kept = rules.refund_decision(decision, paid)
        amount, ground = kept.amount, kept.ground
        state = RefundState.DUE if amount else RefundState.NONE
    decided_at = at if decision else None
    of_any = not codes and not kinds
    return _OPENED, [
        subject, ended, handled, amount, state.value, ground, at, decided_at, subject, of_any, list(codes), list(kinds),
    ]  # fmt: skip


def open_refund(*, subject: int) -> Refund:
    """
    Return, under its lock, what is to be decided of the money paid for a subject (one statement).

    :raises NoRefund: nothing waits for it.
    """
    return _refund(subject, RefundState.OPEN)


def decide_refund(row: Refund, *, decision: RefundDecision, at: datetime) -> Refund:
    """
    Decide what is given back (one statement); `row` is held by `open_refund`.

    :raises Invalid: more than was paid, or without a ground.
    """
    kept = rules.refund_decision(decision, row.paid)
    row.amount, row.ground, row.decided_at = kept.amount, kept.ground, at
    row.state = (RefundState.DUE if kept.amount else RefundState.NONE).value
    row.save(update_fields=["amount", "ground", "decided_at", "state"])
    return row


def pay_refund(*, subject: int, reference: str, at: datetime) -> Refund:
    """
    Enter that the money was given back, by its voucher; where it was all, its obligations are refunded.

    :raises NoRefund: nothing is due. :raises Invalid: no voucher.
    """
    row = _refund(subject, RefundState.DUE)
    voucher = clean(reference, field="reference", single_line=True)[:200]
    if len(voucher) < 3:
        raise Invalid(errors={"reference": "Ghi số, ngày chứng từ hoàn trả."})
    row.state, row.reference, row.done_at = RefundState.DONE.value, voucher, at
    row.save(update_fields=["state", "reference", "done_at"])
    if row.amount == row.paid:
        paid = Obligation.objects.filter(subject=subject, state=ObligationState.PAID)
        paid.update(state=ObligationState.REFUNDED, reason=row.ground[:300], settled_at=at)
    return row


def _refund(subject: int, state: RefundState) -> Refund:
    row = Refund.objects.select_for_update(no_key=True).filter(subject=subject, state=state.value).first()
    if row is None:
        raise NoRefund
    return row


def _settle(
    subject: int,
    obligation_ids: Collection[int],
    before: ObligationState,
    after: ObligationState,
    reason: str,
    at: datetime,
) -> None:
    wanted, ground = set(obligation_ids), reason.strip()
    if not ground:
        raise ReasonMissing
    changed = Obligation.objects.filter(pk__in=wanted, subject=subject, state=before).update(
        state=after, reason=ground[:300], settled_at=at
    )
    if changed != len(wanted):
        raise NotPayable(subject=subject)
