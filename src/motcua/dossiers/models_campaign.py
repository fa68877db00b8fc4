"""A decision that reaches many dossiers, and what it does to each: previewed and worked off in the same rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.campaigning import Effect, Kind, Stage
from motcua.dossiers.models_items import ItemOfMany
from motcua.dossiers.rules import ItemState


def _among(field: str, values: type) -> Q:
    return Q(**{f"{field}__in": [str(value) for value in values]})  # type: ignore[attr-defined]


class Campaign(models.Model):
    """
    One decision carried out on many dossiers. `subject` is its number in the ledger.

    `on` is the day it takes effect; `values` what it is about: for a reorganisation the successors chosen by hand, for
    a calendar its layer and days. The dossiers are listed while it is a draft (`prepared_at`) and once more when it
    begins.
    """

    subject = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=12)
    on = models.DateField()
    decision_no = models.CharField(max_length=60)
    decided_on = models.DateField()
    title = models.CharField(max_length=300)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=10)
    account_id = models.BigIntegerField(
        help_text="who drafted it, and under whose duty it is done; 0: the system"
    )
    drafted_at = models.DateTimeField()
    prepared_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=_among("kind", Kind), name="campaign_kind"),
            models.CheckConstraint(condition=_among("state", Stage), name="campaign_state"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"], started_at__isnull=True)
                | Q(state__in=["running", "stopped", "finished"], started_at__isnull=False),
                name="campaign_started",
            ),
            models.UniqueConstraint(
                fields=("kind",), condition=Q(state="running"), name="campaign_one_running"
            ),
        )


class CampaignItem(ItemOfMany):
    """
    One dossier of a campaign. Units and agencies say from where to where, `due_before` and `due_after` what moves;
    `message` may also be why nothing can be done yet.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="items")
    no = models.PositiveIntegerField()
    dossier = models.BigIntegerField()
    effect = models.CharField(max_length=10)
    uncollected = models.BooleanField(default=False)
    agency_id = models.BigIntegerField()
    from_unit_id = models.BigIntegerField()
    to_unit_id = models.BigIntegerField(null=True)
    to_agency_id = models.BigIntegerField(null=True)
    tasks = models.PositiveSmallIntegerField(default=0)
    pooled = models.PositiveSmallIntegerField(default=0)
    unmanned = models.CharField(max_length=300, blank=True)
    due_before = models.DateTimeField(null=True)
    due_after = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("campaign", "no"), name="campaignitem_no_once"),
            models.UniqueConstraint(fields=("campaign", "dossier"), name="campaignitem_dossier_once"),
            models.CheckConstraint(condition=_among("state", ItemState), name="campaignitem_state"),
            models.CheckConstraint(condition=_among("effect", Effect), name="campaignitem_effect"),
        )
        indexes = (
            models.Index(
                fields=("campaign", "no"), condition=Q(state="waiting"), name="campaignitem_waiting"
            ),
            models.Index(fields=("campaign", "effect", "no"), name="campaignitem_effect_no"),
        )
