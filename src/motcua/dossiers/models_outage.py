"""Declared outages of the system, and the dossiers taken on paper meanwhile and entered afterwards (R-053)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Outage(models.Model):
    """
    An outage as declared by who runs the system. `subject` is its number in the ledger.

    Without `ended_at` it goes on; without `agency` it was the whole province's.
    """

    subject = models.BigIntegerField(primary_key=True)
    what = models.CharField(max_length=300)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    agency = models.ForeignKey(
        "organisation.Agency", models.PROTECT, null=True, related_name="+", db_index=False
    )
    declared_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("began_at")), name="outage_in_order"
            ),
        )
        indexes = (models.Index(fields=("-began_at",), name="outage_newest"),)


class LateEntry(models.Model):
    """
    A dossier entered after an outage: when the paper was taken, when it was entered, why, by whom.

    `delay_minutes` are working minutes between, by the receiving unit's calendar; `outage` where it was declared.
    """

    dossier = models.OneToOneField("dossiers.Dossier", models.PROTECT, primary_key=True, related_name="+")
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    outage = models.ForeignKey(Outage, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.TextField(blank=True)
    received_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    delay_minutes = models.IntegerField()
    entered_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(entered_at__gt=F("received_at"), delay_minutes__gte=0),
                name="lateentry_afterwards",
            ),
            models.CheckConstraint(
                condition=Q(outage__isnull=False) | ~Q(reason=""), name="lateentry_says_why"
            ),
        )
        indexes = (models.Index(fields=("unit", "-received_at"), name="lateentry_unit"),)
