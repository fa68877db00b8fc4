"""What people asked of parts that a central system decides; it goes there through the room above, or by hand."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from motcua.dossiers.correcting import Asker
from motcua.dossiers.passing import PassKind


class PassedOn(models.Model):
    """
    One request about a mirrored part, numbered within it: `words` of who asks, `files` they add.

    The central system is to say by `answer_by` that it has it (`acknowledged_at`); `settled_at` is when a message of
    it answered the request, one way or the other. Moments are those of acts.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="+", db_index=False)
    no = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    words = models.TextField()
    files = ArrayField(models.BigIntegerField(), default=list)
    asked_by = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "no"), name="passedon_no_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in PassKind]), name="passedon_kind"
            ),
            models.CheckConstraint(
                condition=Q(asked_by__in=[str(one) for one in Asker]), name="passedon_asker"
            ),
            models.UniqueConstraint(
                fields=("dossier", "kind"),
                condition=Q(settled_at__isnull=True) & ~Q(kind=PassKind.SUPPLEMENT.value),
                name="passedon_one_unanswered",
            ),
        )
