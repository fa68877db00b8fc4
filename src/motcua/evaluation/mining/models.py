"""Ways of ended dossiers, made from tasks and ledger; all of it can be thrown away and made again."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Trace(models.Model):
    """
    The way of one ended dossier: its stays at steps, side by side in arrays of one length (working minutes).

    A dossier that is reopened loses its row and gets another when it ends again. `ended_on` is a local date.
    """

    subject = models.BigIntegerField(primary_key=True)
    process_id = models.BigIntegerField()
    agency_id = models.BigIntegerField()
    ended_on = models.DateField()
    late = models.BooleanField()
    path = models.TextField()
    nodes = ArrayField(models.TextField())
    waiting = ArrayField(models.IntegerField(null=True))
    working = ArrayField(models.IntegerField())
    planned = ArrayField(models.IntegerField())
    again = ArrayField(models.BooleanField())
    asked = ArrayField(models.BooleanField())
    spent = models.IntegerField(help_text="all stays but those outside the office")
    waited = models.IntegerField(help_text="of it before somebody took the step")
    outside = models.IntegerField()
    reworks = models.PositiveSmallIntegerField()
    supplements = models.PositiveSmallIntegerField()

    class Meta:
        indexes = (
            models.Index(fields=("process_id", "ended_on"), name="evaluation_trace_process"),
            models.Index(fields=("process_id", "agency_id", "ended_on"), name="evaluation_trace_agency"),
            models.Index(
                fields=("ended_on",),
                include=("process_id", "agency_id", "late", "spent", "waited", "outside", "reworks", "supplements"),
                name="evaluation_trace_day",
            ),
        )  # fmt: skip


class TraceReading(models.Model):
    """How far the traces have read the ledger: every entry up to (`xid`, `entry_id`)."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    xid = models.BigIntegerField(default=0)
    entry_id = models.BigIntegerField(default=0)
