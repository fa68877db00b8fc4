"""Obligations, receipts and the receipt counters of units."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from motcua.payments.rules import CollectedWhen, FeeKind, Method, ObligationState, RefundState


class ReceiptSeries(models.Model):
    """The last receipt number of a unit in a year; gap-free because it rolls back with its act."""

    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("unit", "year"), name="payments_receiptseries_once"),)


class Receipt(models.Model):
    """Money taken once, for one or more obligations of a subject. `total` is in đồng."""

    subject = models.BigIntegerField()
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    no = models.PositiveIntegerField()
    number = models.CharField(max_length=40)
    method = models.CharField(max_length=10, choices=[(m.value, m.value) for m in Method])
    reference = models.CharField(max_length=80, blank=True)
    total = models.BigIntegerField()
    payer_name = models.CharField(max_length=200)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    paid_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("unit", "year", "no"), name="payments_receipt_number_once"),
            models.CheckConstraint(condition=models.Q(total__gte=0), name="payments_receipt_total"),
            models.CheckConstraint(
                condition=models.Q(method__in=[m.value for m in Method]), name="payments_receipt_method"
            ),
        )
        indexes = (
            models.Index(fields=("unit", "paid_at"), name="payments_receipt_unit_day"),
            models.Index(fields=("subject",), name="payments_receipt_subject"),
        )


class Obligation(models.Model):
    """One fee or charge owed for a subject. `amount` is in đồng, `unit` the unit that collects it."""

    subject = models.BigIntegerField()
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    fee_code = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in FeeKind])
    label = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField(default=1)
    amount = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    collected_when = models.CharField(max_length=15, choices=[(c.value, c.value) for c in CollectedWhen])
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in ObligationState])
    reason = models.CharField(max_length=300, blank=True)
    receipt = models.ForeignKey(Receipt, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="payments_obligation_amount"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="payments_obligation_quantity"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[k.value for k in FeeKind]), name="payments_obligation_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state=ObligationState.DUE.value, receipt__isnull=True, settled_at__isnull=True
                )
                | models.Q(state=ObligationState.WAIVED.value, receipt__isnull=True, settled_at__isnull=False)
                | models.Q(
                    state__in=[ObligationState.PAID.value, ObligationState.REFUNDED.value],
                    receipt__isnull=False,
                    settled_at__isnull=False,
                ),
                name="payments_obligation_settled",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    state__in=[ObligationState.WAIVED.value, ObligationState.REFUNDED.value], reason=""
                ),
                name="payments_obligation_reason",
            ),
        )
        indexes = (
            models.Index(fields=("subject", "id"), name="payments_obligation_subject"),
            models.Index(
                fields=("unit", "opened_at"),
                condition=models.Q(state=ObligationState.DUE.value),
                name="payments_obligation_unpaid",
            ),
        )


class Refund(models.Model):
    """
    What becomes of the money paid for a subject that ended without a result; sums in đồng.

    `ended` tells how, in the words of the room above, `handled` whether it was being handled; `paid` is all that was
    paid, `unit` who took it last and gives it back; `ground` the rule, or why nothing is due; `reference` the voucher
    by which it was given back.
    """

    subject = models.BigIntegerField(primary_key=True)
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+", db_index=False)
    ended = models.CharField(max_length=20, blank=True, default="")
    handled = models.BooleanField(default=False)
    paid = models.BigIntegerField()
    amount = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10)
    ground = models.CharField(max_length=500, blank=True, default="")
    reference = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state=RefundState.OPEN.value, amount__isnull=True, decided_at__isnull=True)
                | (
                    models.Q(state=RefundState.NONE.value, amount=0, decided_at__isnull=False)
                    & ~models.Q(ground="")
                )
                | (
                    models.Q(state=RefundState.DUE.value, amount__gt=0, decided_at__isnull=False)
                    & ~models.Q(ground="")
                )
                | (
                    models.Q(state=RefundState.DONE.value, amount__gt=0, done_at__isnull=False)
                    & ~models.Q(reference="")
                ),
                name="payments_refund_state",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__lte=models.F("paid")),
                name="payments_refund_of_what_was_paid",
            ),
        )
        indexes = (
            models.Index(
                fields=("unit", "opened_at"),
                condition=models.Q(state__in=[RefundState.OPEN.value, RefundState.DUE.value]),
                name="payments_refund_waiting",
            ),
        )
