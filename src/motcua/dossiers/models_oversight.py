"""What is kept about how dossiers were handled: explanations of delays."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.lateness import ExplanationState
from motcua.dossiers.rules import Cause


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
