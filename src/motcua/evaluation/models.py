"""
Tallies and ways made from the ledger, which can be thrown away and made again by `operations.rebuild`; and what people
follow by them, which cannot: signs of handling on paper, restructurings.
"""

from __future__ import annotations

from django.db import models

from motcua.evaluation.mining.models import Trace as Trace
from motcua.evaluation.mining.models import TraceReading as TraceReading
from motcua.evaluation.onpaper.models import Finding as Finding
from motcua.evaluation.onpaper.models import Look as Look
from motcua.evaluation.restructuring.models import Restructuring as Restructuring


class Reading(models.Model):
    """
    How far one generation of the figures has read the ledger: every entry up to (`xid`, `entry_id`) is
    counted.

    One generation is live; a rebuild fills the next beside it and then takes its place. `version` grows with
    each batch that changed something: it is the event id of the live page. `counted_by` names the rules of counting
    the generation was begun with; where they have changed since, it is made anew.
    """

    generation = models.PositiveIntegerField(primary_key=True)
    live = models.BooleanField()
    xid = models.BigIntegerField(default=0)
    entry_id = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    counted_by = models.CharField(max_length=64, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("live",), condition=models.Q(live=True), name="evaluation_reading_one_live"
            ),
        )


class Tally(models.Model):
    """
    An additive count. `day` is the local date on which it happened; who or what is not known is 0 or "".
    """

    pk = models.CompositePrimaryKey(
        "generation", "day", "unit_id", "measure", "agency_id", "officer_id", "procedure_code", "channel"
    )
    generation = models.PositiveIntegerField()
    day = models.DateField()
    unit_id = models.BigIntegerField()
    measure = models.TextField()
    agency_id = models.BigIntegerField()
    officer_id = models.BigIntegerField()
    procedure_code = models.TextField()
    channel = models.TextField()
    value = models.IntegerField()


class Stock(models.Model):
    """
    Open dossiers by the moment they are due. Falling overdue makes no entry: it is read from here by the
    clock.

    A count may pass through a negative value between two batches, because entries are read in order of
    commit.
    """

    generation = models.PositiveIntegerField()
    unit_id = models.BigIntegerField()
    stage = models.TextField()
    agency_id = models.BigIntegerField()
    procedure_code = models.TextField()
    due_at = models.DateTimeField(null=True)
    value = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("generation", "unit_id", "stage", "due_at", "agency_id", "procedure_code"),
                name="evaluation_stock_once",
                nulls_distinct=False,
            ),
        )
        indexes = (
            models.Index(
                fields=("generation",), condition=models.Q(value=0), name="evaluation_stock_nothing"
            ),
        )
