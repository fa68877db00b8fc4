"""Verifications on site: planned visits and the minutes that are kept with the dossier."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.verifying import VerificationState


class Verification(models.Model):
    """
    One verification on site (NĐ 61/2018 Art. 19.3): planned, moved or called off with a reason, recorded.

    `node` is the step it was done at, `unit` the unit of who planned or recorded it; one that was not planned has no
    `planned_at`. `participants` are {"name", "role"}; `document_id` the numbered minutes.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="verifications")
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    node = models.CharField(max_length=200)
    state = models.CharField(max_length=10)
    planned_at = models.DateTimeField(null=True)
    place = models.CharField(max_length=300)
    purpose = models.TextField(blank=True)
    visitors = models.CharField(max_length=500, blank=True)
    applicant_needed = models.BooleanField(default=False)
    made_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    moved = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True, help_text="why it was moved last, or called off")
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    participants = models.JSONField(default=list)
    findings = models.TextField(blank=True)
    conclusion = models.TextField(blank=True)
    recorded_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    recorded_at = models.DateTimeField(null=True)
    document_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in VerificationState]), name="verification_state"
            ),
            models.CheckConstraint(
                condition=Q(
                    state="recorded",
                    began_at__isnull=False,
                    ended_at__gte=F("began_at"),
                    recorded_by__isnull=False,
                    recorded_at__gte=F("ended_at"),
                    document_id__isnull=False,
                )
                | (Q(planned_at__isnull=False, recorded_at__isnull=True) & ~Q(state="recorded")),
                name="verification_recorded",
            ),
            models.CheckConstraint(
                condition=~Q(state="called_off") | ~Q(reason=""), name="verification_called_off_with_reason"
            ),
        )
        indexes = (
            models.Index(
                fields=("unit", "planned_at"), condition=Q(state="planned"), name="verification_planned"
            ),
        )


class VerificationFile(models.Model):
    """A photo or a scan of the signed minutes."""

    verification = models.ForeignKey(Verification, models.PROTECT, related_name="files")
    no = models.PositiveSmallIntegerField()
    file = models.ForeignKey("documents.File", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("verification", "no"), name="verificationfile_no_once"),
        )
