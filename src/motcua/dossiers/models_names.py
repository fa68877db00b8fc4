"""The names dossiers were filed under, each once: what a search for part of a name reads."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models


class OwnerName(models.Model):
    """
    A folded name that owners of dossiers bear, written by a trigger of `dossiers_dossier`.

    Two filings at one moment may both write a new name: nobody waits for the other, and the search does not mind. A
    name that was corrected everywhere stays; it leads to no dossier then.
    """

    folded = models.CharField(max_length=300)

    class Meta:
        indexes = (
            models.Index(fields=("folded",), name="ownername_folded"),
            GinIndex(fields=("folded",), opclasses=("gin_trgm_ops",), name="ownername_trgm"),
        )
