"""One row for each restructuring of a procedure."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.evaluation.restructuring.rules import OPEN, Stage


class Restructuring(models.Model):
    """
    A restructuring. `subject` is its number in the ledger.

    `before` and `after` are the five measures as text of decimals: what is, what is aimed at. `effect` is what was
    measured on dossiers when it was judged.
    """

    subject = models.BigIntegerField(primary_key=True)
    procedure_code = models.CharField(max_length=20)
    field = models.CharField(max_length=40)
    what = models.TextField()
    legal_changes = models.TextField(blank=True)
    before = models.JSONField()
    after = models.JSONField()
    stage = models.CharField(max_length=10, default=Stage.PROPOSED.value)
    proposed_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    decision_no = models.CharField(max_length=60, blank=True)
    decided_on = models.DateField(null=True)
    live_on = models.DateField(null=True)
    effect = models.JSONField(default=dict)
    words = models.TextField(blank=True, help_text="the conclusion, or why it was dropped")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("procedure_code",),
                condition=Q(stage__in=sorted(stage.value for stage in OPEN)),
                name="restructuring_one_open",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[stage.value for stage in Stage]), name="restructuring_stage"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[Stage.PROPOSED.value, Stage.DROPPED.value])
                | (~Q(decision_no="") & Q(decided_on__isnull=False)),
                name="restructuring_decision",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.LIVE.value, Stage.CONCLUDED.value]) | Q(live_on__isnull=False),
                name="restructuring_live",
            ),
        )
        indexes = (models.Index(fields=("stage", "-subject"), name="restructuring_newest"),)
