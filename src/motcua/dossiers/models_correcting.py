"""Corrections of results that were issued with a mistake, beside the dossier whose first completion stays as it is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.correcting import AT_WORK, OPEN, Asker, CorrectionState, Fault, OldOriginal

_OPEN = sorted(str(state) for state in OPEN)
_AT_WORK = sorted(str(state) for state in AT_WORK)


class ResultCorrection(models.Model):
    """
    One correction of a dossier's result: asked, ordered with ground and limit, drafted, signed, handed over.

    `what` is what is wrong as it was told, `draft` what the new result states ({"answers", "owner_name"}). `ground` and
    `label` are those of the settings on the day of the order; `due_at` is the correction's own limit.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="corrections")
    no = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10)
    asked_by = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    what = models.TextField()
    old_document_id = models.BigIntegerField()
    ground = models.CharField(max_length=40, blank=True)
    label = models.CharField(max_length=300, blank=True)
    fault = models.CharField(max_length=10, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    notice_id = models.BigIntegerField(null=True)
    officer = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    due_at = models.DateTimeField(null=True)
    draft = models.JSONField(default=dict)
    drafted_at = models.DateTimeField(null=True)
    new_document_id = models.BigIntegerField(null=True)
    signed_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    signed_at = models.DateTimeField(null=True)
    old_original = models.CharField(max_length=10, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "no"), name="correction_no_once"),
            models.UniqueConstraint(
                fields=("dossier",), condition=Q(state__in=_OPEN), name="correction_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in CorrectionState]), name="correction_state"
            ),
            models.CheckConstraint(
                condition=Q(asked_by__in=[str(one) for one in Asker]), name="correction_asker"
            ),
            models.CheckConstraint(
                condition=Q(fault="") | Q(fault__in=[str(one) for one in Fault]), name="correction_fault"
            ),
            models.CheckConstraint(
                condition=Q(old_original="") | Q(old_original__in=[str(one) for one in OldOriginal]),
                name="correction_old_original",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "refused"])
                | Q(due_at__gt=F("decided_at"), officer__isnull=False, notice_id__isnull=False),
                name="correction_ordered",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signed", "done"])
                | Q(signed_at__isnull=False, new_document_id__isnull=False),
                name="correction_signed",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(state__in=_AT_WORK), name="correction_due"),
            models.Index(
                fields=("officer", "due_at"), condition=Q(state="ordered"), name="correction_officer"
            ),
            models.Index(fields=("state", "id"), condition=Q(state__in=_OPEN), name="correction_open"),
        )
