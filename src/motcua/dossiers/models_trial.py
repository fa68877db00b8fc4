"""A change tried on past and open dossiers, with what came out, kept for some time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.trialling import TrialState


class Trial(models.Model):
    """
    One trial at a person's word. `subject` is its number in the ledger.

    `wanted` is what is tried on which dossiers, `title` the same in words, `folded` what it is found by. `tally` holds
    what was counted up to the dossier `after` (`late_before`, `late_after` of it for lists); `looked` of `total` have
    been looked at. `unit_id` is that of the duty under which it was begun.
    """

    subject = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    begun_by = models.CharField(max_length=200)
    title = models.CharField(max_length=1000)
    folded = models.TextField()
    wanted = models.JSONField()
    state = models.CharField(max_length=10)
    message = models.TextField(blank=True)
    tally = models.JSONField(default=dict)
    late_before = models.IntegerField(default=0)
    late_after = models.IntegerField(default=0)
    after = models.BigIntegerField(default=0)
    looked = models.IntegerField(default=0)
    total = models.IntegerField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in TrialState]), name="trial_state"
            ),
            models.CheckConstraint(
                condition=Q(state=TrialState.RUNNING.value, ended_at__isnull=True)
                | (~Q(state=TrialState.RUNNING.value) & Q(ended_at__isnull=False)),
                name="trial_ended",
            ),
        )
        indexes = (
            models.Index(fields=("account_id", "-subject"), name="trial_by_account"),
            models.Index(fields=("unit_id", "-subject"), name="trial_by_unit"),
        )


class TrialLine(models.Model):
    """One dossier of a trial that is late, or foreseen to be, before or after; working minutes past its due moment."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="lines", db_index=False)
    dossier = models.BigIntegerField()
    code = models.CharField(max_length=60)
    procedure_code = models.CharField(max_length=20)
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()
    end = models.DateTimeField()
    open = models.BooleanField()
    late_before = models.BooleanField()
    late_after = models.BooleanField()
    minutes_before = models.IntegerField()
    late_minutes = models.IntegerField()
    shift = models.IntegerField()
    step = models.CharField(max_length=300, blank=True)
    unit_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("trial", "dossier"), name="trialline_dossier_once"),)
        indexes = (models.Index(fields=("trial", "-late_minutes", "dossier"), name="trialline_latest"),)
