"""Signs of handling on paper: one row each, from the look that found it to the conclusion of a person."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.evaluation.onpaper.rules import Conclusion, FindingState, Sign


class Finding(models.Model):
    """
    A sign that dossiers of a unit are not in the software. `subject` is its number in the ledger.

    `officer`, `field` and `procedure_code` narrow it where it is not about the whole unit; `series` names the series
    of a gap. `since` … `until` are the local days looked at when it was found, `figures` what was counted then,
    `text` what it says. `seen_on` is the last day a look still found it, `gone_on` the first day one no longer did
    (missing numbers stay so): the sign stays until somebody closes it.
    """

    subject = models.BigIntegerField(primary_key=True)
    sign = models.CharField(max_length=12)
    state = models.CharField(max_length=8, default=FindingState.OPEN.value)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    field = models.CharField(max_length=40, blank=True)
    procedure_code = models.CharField(max_length=20, blank=True)
    series = models.CharField(max_length=100, blank=True)
    since = models.DateField()
    until = models.DateField()
    figures = models.JSONField(default=dict)
    text = models.TextField()
    found_at = models.DateTimeField()
    seen_on = models.DateField()
    gone_on = models.DateField(null=True)
    asked_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField(null=True)
    question = models.TextField(blank=True)
    answer_by = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    closed_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True)
    conclusion = models.CharField(max_length=10, blank=True)
    words = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("sign", "unit", "officer", "field", "procedure_code", "series"),
                condition=~Q(state=FindingState.CLOSED.value),
                name="finding_one_open",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(sign__in=[str(sign) for sign in Sign]), name="finding_sign"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in FindingState]), name="finding_state"
            ),
            models.CheckConstraint(
                condition=Q(state=FindingState.CLOSED.value, closed_at__isnull=False)
                & Q(conclusion__in=[str(one) for one in Conclusion])
                | (~Q(state=FindingState.CLOSED.value) & Q(closed_at__isnull=True, conclusion="")),
                name="finding_closed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[FindingState.OPEN.value, FindingState.CLOSED.value])
                | Q(asked_at__isnull=False, answer_by__isnull=False),
                name="finding_asked",
            ),
        )
        indexes = (
            models.Index(fields=("state", "-found_at", "-subject"), name="finding_state_newest"),
            models.Index(fields=("unit", "-found_at", "-subject"), name="finding_unit_newest"),
        )


class Look(models.Model):
    """A day whose look for signs has been done."""

    on = models.DateField(primary_key=True)
    done_at = models.DateTimeField()
    found = models.PositiveIntegerField()
