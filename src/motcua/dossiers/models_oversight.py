"""What is kept about how dossiers are handled: who will be late, explanations of delays, pauses of clocks."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from motcua.dossiers.dues import DueKind
from motcua.dossiers.lateness import ExplanationState
from motcua.dossiers.rules import Cause
from motcua.kernel.counting import Ground


class Outlook(models.Model):
    """
    A running dossier that will probably be late: when it will be done by the usual times, and since when that is seen.

    Made by looking ahead over all dossiers, renewed as a whole; no row is ever the only copy of anything.
    """

    subject = models.BigIntegerField(primary_key=True)
    expected_at = models.DateTimeField()
    since = models.DateTimeField()


class Explanation(models.Model):
    """
    A late dossier that owes its explanation to the head of its agency (R-183, R-184).

    The row is opened by the system when the dossier is found late; `dossier_seq` is the entry up to which step,
    holder and `shares` (`lateness.Share`) were looked up, `until` the moment the delay ended (None: it grows).
    """

    dossier = models.OneToOneField(
        "dossiers.Dossier", models.PROTECT, primary_key=True, related_name="explanation"
    )
    dossier_seq = models.IntegerField()
    agency = models.ForeignKey("organisation.Agency", models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    holder = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    step = models.CharField(max_length=300, blank=True)
    shares = models.JSONField(default=list)
    due_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    found_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=10)
    cause = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    written_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    by_head = models.BooleanField(default=False)
    written_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in ExplanationState]), name="explanation_state"
            ),
            models.CheckConstraint(
                condition=Q(state="owed", written_at__isnull=True, cause="")
                | (
                    ~Q(state="owed")
                    & Q(written_at__isnull=False, cause__in=[str(cause) for cause in Cause])
                    & ~Q(reason="")
                ),
                name="explanation_written",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "accepted"]) | Q(answered_at__isnull=False),
                name="explanation_answered",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("due_at")), name="explanation_late"
            ),
        )
        indexes = (
            models.Index(fields=("agency", "state", "due_at", "dossier"), name="explanation_agency"),
            models.Index(fields=("holder", "state", "due_at", "dossier"), name="explanation_holder"),
            models.Index(fields=("unit", "state", "due_at", "dossier"), name="explanation_unit"),
            models.Index(fields=("state", "due_at", "dossier"), name="explanation_state_due"),
        )


class PauseRecord(models.Model):
    """
    One pause of a dossier's clock with who began it and what is striking about it (`pausecheck`; R-191).

    Derived from dossier and ledger, made again whenever an act touches the clock. `minutes` are working minutes, of
    a pause that goes on up to the last look; `findings` are {"kind", "text"}.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="pauses")
    no = models.PositiveSmallIntegerField()
    agency = models.ForeignKey("organisation.Agency", models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    officer = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    ground = models.CharField(max_length=30)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    minutes = models.PositiveIntegerField()
    findings = models.JSONField(default=list)
    kinds = ArrayField(models.CharField(max_length=12), default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "no"), name="pauserecord_once"),
            models.CheckConstraint(
                condition=Q(ground__in=[str(ground) for ground in Ground]), name="pauserecord_ground"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="pauserecord_ends"
            ),
        )
        indexes = (
            models.Index(fields=("started_at", "id"), name="pauserecord_begun"),
            models.Index(fields=("agency", "started_at", "id"), name="pauserecord_agency"),
            models.Index(fields=("started_at", "id"), condition=~Q(kinds=[]), name="pauserecord_striking"),
        )


class UnlistedDemand(models.Model):
    """
    An attempt to ask for a paper beside the published record: refused, and told to who controls procedures (R-066).

    `subject` is its number in the ledger, `dossier_subject` the dossier's where there was one. The same attempt of a
    person on a day is one.
    """

    subject = models.BigIntegerField(primary_key=True)
    dossier_subject = models.BigIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    act = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    procedure_code = models.CharField(max_length=20)
    agency_id = models.BigIntegerField(null=True)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    account_id = models.BigIntegerField()
    on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("account_id", "on", "dossier_subject", "procedure_code", "folded"),
                name="unlisteddemand_once",
                nulls_distinct=False,
            ),
        )
        indexes = (models.Index(fields=("at", "subject"), name="unlisteddemand_at"),)


class PaymentNotice(models.Model):
    """
    A financial obligation notified while a dossier is handled; `amount` in đồng (national status 6).

    `obligation_id` where the receiving unit takes the money (payments.Obligation), else `evidence` tells what showed
    that another agency has got it.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="payment_notices")
    kind = models.CharField(max_length=8)
    label = models.CharField(max_length=300)
    amount = models.BigIntegerField()
    number = models.CharField(max_length=100)
    payee = models.CharField(max_length=300, blank=True)
    basis = models.CharField(max_length=500, blank=True)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    issued_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    issued_at = models.DateTimeField()
    state = models.CharField(max_length=10)
    settled_at = models.DateTimeField(null=True)
    evidence = models.CharField(max_length=300, blank=True)
    obligation_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in DueKind]), name="paymentnotice_kind"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="paymentnotice_amount"),
            models.CheckConstraint(
                condition=Q(state="due", settled_at__isnull=True)
                | (Q(state__in=["paid", "cancelled"], settled_at__isnull=False) & ~Q(evidence="")),
                name="paymentnotice_settled",
            ),
        )


class Guidance(models.Model):
    """
    What somebody was told at the counter before anything was filed: lacking papers, where to go (NĐ 61/2018 Art. 15.3).

    `subject` is its number in the ledger and of its slip (form 02); `trip` counts the visits of the person for the
    procedure: the law knows two at most. One per person, procedure and day: guidance is given once and complete.
    """

    subject = models.BigIntegerField(primary_key=True)
    party = models.ForeignKey("parties.Party", models.PROTECT, related_name="+", db_index=False)
    procedure_code = models.CharField(max_length=20)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    trip = models.PositiveSmallIntegerField()
    items = models.JSONField(default=list)
    where = models.TextField(blank=True)
    on = models.DateField()
    at = models.DateTimeField()
    document_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("party", "procedure_code", "on"), name="guidance_once_a_day"),
            models.UniqueConstraint(fields=("party", "procedure_code", "trip"), name="guidance_trip"),
            models.CheckConstraint(condition=~Q(items=[]) | ~Q(where=""), name="guidance_says_something"),
        )
        indexes = (models.Index(fields=("unit", "on", "subject"), name="guidance_unit_day"),)
