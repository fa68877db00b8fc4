"""What a dossier is in an act on many, whoever began it: its turn, and what became of it."""

from __future__ import annotations

from django.db import models


class ItemOfMany(models.Model):
    """
    One dossier of many. `no` is its turn, `message` why it was refused.

    `attempt` is part of the key of its act: a new one only after an answer that was no.
    """

    code = models.CharField(max_length=60)
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
