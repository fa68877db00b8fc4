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

    The central system is to say by `answer_by` that it has it (`acknowledged_at`), and to answer by `answered_by`;
    `settled_at` is when a message of it answered the request, one way or the other, or when an officer noted that it
    was refused: with `refusal` (why), the paper that says so and its file. Moments are those of acts.
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
    answered_by = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True, default="", db_default="")
    refusal_paper = models.CharField(max_length=200, blank=True, default="", db_default="")
    refusal_file = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "no"), name="passedon_no_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in PassKind]), name="passedon_kind"
            ),
            models.CheckConstraint(
                condition=Q(asked_by__in=[str(one) for one in Asker]), name="passedon_asker"
            ),
            models.CheckConstraint(
                condition=Q(refusal="", refusal_paper="")
                | (~Q(refusal="") & ~Q(refusal_paper="") & Q(settled_at__isnull=False)),
                name="passedon_refused_with_paper",
            ),
            models.UniqueConstraint(
                fields=("dossier", "kind"),
                condition=Q(settled_at__isnull=True) & ~Q(kind=PassKind.SUPPLEMENT.value),
                name="passedon_one_unanswered",
            ),
        )
