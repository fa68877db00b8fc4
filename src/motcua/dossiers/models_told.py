"""What members of staff are told of a dossier."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.telling import TellKind


class Told(models.Model):
    """
    Something one member of staff, or who holds a role in a unit, is told of a dossier.

    It is seen when one of them says so; with the dossier's end it stays.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False)
    role = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=500)
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in TellKind]), name="told_kind"),
            models.CheckConstraint(
                condition=Q(staff__isnull=False, unit__isnull=True, role="")
                | (Q(staff__isnull=True, unit__isnull=False) & ~Q(role="")),
                name="told_somebody",
            ),
        )
        indexes = (
            models.Index(fields=("staff", "-id"), condition=Q(seen_at__isnull=True), name="told_staff"),
            models.Index(fields=("unit", "-id"), condition=Q(seen_at__isnull=True), name="told_unit"),
        )
