"""Opinions asked of other units while a dossier is handled."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.consulting import OpinionState, Stance


def _among(field: str, values: type) -> Q:
    return Q(**{f"{field}__in": [str(value) for value in values]})  # type: ignore[attr-defined]


class OpinionRequest(models.Model):
    """
    A question put to one or several units at once: what is asked, until when, who leads (NĐ 61/2018 Art. 19.5, 19.6).

    `document_id` is the numbered letter.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="opinion_requests")
    content = models.TextField()
    due_at = models.DateTimeField()
    lead_unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    asked_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField()
    document_id = models.BigIntegerField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="opinionrequest_due_later"),
        )
        indexes = (models.Index(fields=("asked_by", "-id"), name="opinionrequest_asked_by"),)


class Opinion(models.Model):
    """What one unit is asked and answers. `late`: its time ran out before it answered; that stays."""

    request = models.ForeignKey(OpinionRequest, models.PROTECT, related_name="opinions")
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=10, default=OpinionState.OPEN.value)
    late = models.BooleanField(default=False)
    stance = models.CharField(max_length=14, blank=True)
    text = models.TextField(blank=True)
    file = models.ForeignKey("documents.File", models.PROTECT, null=True, related_name="+", db_index=False)
    answered_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("request", "unit"), name="opinion_unit_once"),
            models.CheckConstraint(condition=_among("state", OpinionState), name="opinion_state"),
            models.CheckConstraint(condition=Q(stance="") | _among("stance", Stance), name="opinion_stance"),
            models.CheckConstraint(
                condition=Q(state="given", answered_at__isnull=False, answered_by__isnull=False)
                | (~Q(state="given") & Q(answered_at__isnull=True, stance="")),
                name="opinion_answered",
            ),
        )
        indexes = (models.Index(fields=("unit", "request"), condition=Q(state="open"), name="opinion_open"),)
