"""Work that waits where nobody may do it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Unmanned(models.Model):
    """
    An episode in which a unit has open tasks of a role (and field) that nobody holds there, or soon nobody will.

    `empty_from` is the first local day without a holder; what was foreseen and comes true stays the same episode.
    `headless`: nobody shares out the work of the unit either. It ends when somebody holds the role, or no task is left.
    """

    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=40)
    field = models.CharField(max_length=60, blank=True)
    empty_from = models.DateField()
    headless = models.BooleanField()
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("unit", "role", "field"), condition=Q(ended_at__isnull=True), name="unmanned_once"
            ),
        )
