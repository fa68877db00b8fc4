"""What may have cost an applicant a way too many: noted where it happens, judged by nobody but people."""

from __future__ import annotations

from django.db import models

from motcua.dossiers.hardship import HardshipKind


class HardshipSign(models.Model):
    """
    Something an officer of a unit did that is worth a look (R-189); `subject` is the dossier's, or the guidance's.

    No fault: written by the act itself, read by who stands over the unit.
    """

    subject = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    officer = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=60, blank=True)
    procedure_code = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=[str(kind) for kind in HardshipKind]), name="hardshipsign_kind"
            ),
        )
        indexes = (models.Index(fields=("at", "id"), name="hardshipsign_at"),)
