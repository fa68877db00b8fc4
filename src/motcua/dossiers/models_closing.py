"""Books and lists of units that were closed for a period: what they said is a frozen paper, the row says of what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.closing import Book, Span


class Closing(models.Model):
    """
    A closing of a unit's book for a period. `subject` is its number in the ledger; the paper hangs on it.

    A later closing of the same period `replaces` it and is `current` from then on; both stay. `receiver` is to whom a
    list of the day is handed over, `received_at` when that person said so.
    """

    subject = models.BigIntegerField(primary_key=True)
    book = models.CharField(max_length=20)
    span = models.CharField(max_length=10)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    first = models.DateField()
    last = models.DateField()
    lines = models.PositiveIntegerField()
    number = models.CharField(max_length=60)
    document = models.ForeignKey("documents.Document", models.PROTECT, related_name="+", db_index=False)
    closed_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    closed_at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    current = models.BooleanField(default=True)
    receiver = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    received_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(book__in=[str(one) for one in Book]), name="closing_book"),
            models.CheckConstraint(condition=Q(span__in=[str(one) for one in Span]), name="closing_span"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="closing_period"),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(receiver__isnull=False), name="closing_received"
            ),
            models.UniqueConstraint(
                fields=("unit", "book", "first", "last"),
                condition=Q(current=True),
                name="closing_one_current",
            ),
        )
        indexes = (models.Index(fields=("unit", "-subject"), name="closing_unit"),)
