"""Reads of obligations and receipts. Every one takes the actor and cannot return what they may not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BooleanField, Count, F, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL

from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.payments import rules
from motcua.payments.models import Obligation, Refund
from motcua.payments.rules import CollectedWhen, FeeKind, Method, ObligationState, RefundState, Totals
from motcua.platform import access, reading


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One fee or charge of a subject; `amount` in đồng, `receipt_number` once paid."""

    id: int
    fee_code: str
    kind: FeeKind
    label: str
    quantity: int
    amount: int
    collected_when: CollectedWhen
    state: ObligationState
    reason: str
    receipt_number: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TakenRow:
    """One obligation paid at a unit; `amount` in đồng."""

    receipt_id: int
    receipt_number: str
    subject: int
    kind: FeeKind
    label: str
    method: Method
    payer_name: str
    amount: int
    paid_at: datetime
    received_by_id: int | None


_OWED = (
    "SELECT o.id, o.fee_code, o.kind, o.label, o.quantity, o.amount, o.collected_when, o.state, o.reason,"  # noqa: S608  (texts of ours; values are parameters)
    " coalesce(r.number, ''), o.settled_at"
    " FROM payments_obligation o LEFT JOIN payments_receipt r ON r.id = o.receipt_id"
    f" WHERE o.subject = %s AND {access.visible('o.subject')} ORDER BY o.id"
)


def of_subject(actor: Actor, subject: int) -> list[ObligationRow]:
    """Return what was and is owed for a subject, in the order of entry."""
    with reading.prepared() as cursor:
        cursor.execute(_OWED, [subject, *access.parameters(actor)])
        rows = cursor.fetchall()
    return [
        ObligationRow(
            row[0], row[1], FeeKind(row[2]), row[3], row[4], row[5], CollectedWhen(row[6]), ObligationState(row[7]),
            *row[8:],
        )
        for row in rows
    ]  # fmt: skip


def outstanding(actor: Actor, subject: int) -> int:
    """Return the sum still due for a subject, in đồng."""
    due = _visible(actor).filter(subject=subject, state=ObligationState.DUE)
    return due.aggregate(sum=Sum("amount"))["sum"] or 0


def taken_on(actor: Actor, unit_id: int, day: date) -> list[TakenRow]:
    """Return the money a unit took on a Vietnamese day, by receipt: for the unit's own people only."""
    start = datetime.combine(day, time(), tzinfo=LOCAL)
    rows = (
        _of_unit(actor, unit_id)
        .filter(
            receipt__unit=unit_id, receipt__paid_at__gte=start, receipt__paid_at__lt=start + timedelta(days=1)
        )
        .select_related("receipt")
        .order_by("receipt__no", "id")
    )
    taken = []
    for row in rows:
        receipt: Any = row.receipt
        taken.append(
            TakenRow(
                receipt_id=receipt.pk,
                receipt_number=receipt.number,
                subject=row.subject,
                kind=FeeKind(row.kind),
                label=row.label,
                method=Method(receipt.method),
                payer_name=receipt.payer_name,
                amount=row.amount,
                paid_at=receipt.paid_at,
                received_by_id=receipt.received_by_id,
            )
        )
    return taken


@dataclass(frozen=True, slots=True)
class RefundRow:
    """What becomes of the money paid for a subject that ended; sums in đồng, `amount` once decided."""

    subject: int
    state: RefundState
    unit_id: int
    ended: str
    handled: bool
    paid: int
    amount: int | None
    ground: str
    reference: str
    opened_at: datetime
    decided_at: datetime | None
    done_at: datetime | None


def refund_of(actor: Actor, subject: int) -> RefundRow | None:
    """Return what becomes of the money paid for a subject (one statement); None where nothing was to be decided."""
    row = _refunds(actor).filter(subject=subject).first()
    return _refund_row(row) if row is not None else None


def refunds(actor: Actor, state: RefundState, limit: int = 200) -> list[RefundRow]:
    """Return the refunds in a state of subjects one may see: the oldest first while they wait (one statement)."""
    waits = state in (RefundState.OPEN, RefundState.DUE)
    order = ("opened_at", "subject") if waits else ("-decided_at", "-subject")
    return [_refund_row(row) for row in _refunds(actor).filter(state=state.value).order_by(*order)[:limit]]


def _refunds(actor: Actor) -> QuerySet[Refund]:
    parameters: Any = access.parameters(actor)
    return Refund.objects.filter(
        RawSQL(access.visible("payments_refund.subject"), parameters, output_field=BooleanField())  # noqa: S611
    )


def _refund_row(row: Refund) -> RefundRow:
    return RefundRow(
        row.subject, RefundState(row.state), row.unit_id, row.ended, row.handled, row.paid, row.amount, row.ground,
        row.reference, row.opened_at, row.decided_at, row.done_at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ForAnother:
    """Money one unit took that belongs to another: how many receipts, how much in đồng."""

    taken_by_id: int
    belongs_to_id: int
    receipts: int
    amount: int


def taken_for_another(actor: Actor, unit_id: int, day: date) -> list[ForAnother]:
    """
    Return what a unit took for others on a Vietnamese day, and what others took for it: the day's settlement.

    For the unit's own people only; given-back money is left out.
    """
    start = datetime.combine(day, time(), tzinfo=LOCAL)
    rows = (
        _of_unit(actor, unit_id)
        .filter(
            receipt__paid_at__gte=start,
            receipt__paid_at__lt=start + timedelta(days=1),
            state=ObligationState.PAID,
        )
        .exclude(unit_id=F("receipt__unit_id"))
        .filter(Q(unit_id=unit_id) | Q(receipt__unit_id=unit_id))
        .values_list("receipt__unit_id", "unit_id")
        .annotate(receipts=Count("receipt_id", distinct=True), amount=Sum("amount"))
        .order_by("receipt__unit_id", "unit_id")
    )
    return [ForAnother(*row) for row in rows]


def totals_on(actor: Actor, unit_id: int, day: date) -> Totals:
    """Return the sums a unit took on a Vietnamese day, fees and charges apart."""
    return rules.totals((row.kind, row.amount) for row in taken_on(actor, unit_id, day))


def _visible(actor: Actor) -> QuerySet[Obligation]:
    parameters: Any = access.parameters(actor)
    column = access.visible("payments_obligation.subject")
    return Obligation.objects.filter(RawSQL(column, parameters, output_field=BooleanField()))  # noqa: S611


def _of_unit(actor: Actor, unit_id: int) -> QuerySet[Obligation]:
    at_home = actor.kind is ActorKind.STAFF and (actor.province_wide or unit_id in actor.unit_ids)
    if at_home or actor.kind is ActorKind.SYSTEM:
        return Obligation.objects.all()
    return Obligation.objects.none()
