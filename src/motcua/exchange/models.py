"""Partners with their service accounts, the tokens they hold, and the log of every message in both directions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from motcua.exchange.models_portal import Counterpart as Counterpart
from motcua.exchange.models_portal import FirstSync as FirstSync
from motcua.exchange.models_portal import InterfaceUse as InterfaceUse
from motcua.exchange.models_portal import WireForm as WireForm
from motcua.exchange.rules import Direction, Kind, MessageState, Scope


class Partner(models.Model):
    """
    A system of others that data pass to and from, as the province keeps it; a subject of the ledger.

    `name` is the one the dated rules of interlinked groups give the central system that decides a part. `account`
    holds client id and hashed secret. `statuses` names the list of state numbers it speaks. No address: nothing is
    sent to it.
    """

    subject = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=31, unique=True)
    name = models.CharField(max_length=200, unique=True)
    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=20))
    statuses = models.CharField(max_length=40)
    address = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, help_text="the last day")
    secret_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(scopes__contained_by=[str(scope) for scope in Scope]),
                name="exchange_partner_scopes",
            ),
        )


class Token(models.Model):
    """A bearer token a partner holds, as a digest; worth nothing after `expires_at` or once its partner is off."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20))
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)


class Message(models.Model):
    """
    One message, theirs or ours, with its content and what became of it.

    `message_id` is the sender's: theirs as told, ours the event it came from. `at` is the clock of acts, the other
    moments are real. `times` counts how often the same message came. `retried_at` is when it was sent again by hand:
    its attempts count from there, its delay from `created_at`. `wire` is what was said and answered at the last try,
    where its partner has an interface of its own. From `cleared_at` on its personal values are masked.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(max_length=3)
    kind = models.CharField(max_length=12)
    message_id = models.CharField(max_length=120)
    subject = models.BigIntegerField(null=True)
    dossier_code = models.CharField(max_length=250, blank=True)
    content = models.JSONField()
    wire = models.JSONField(null=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    code = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=120, blank=True)
    retried_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("partner", "direction", "message_id"),
                condition=~Q(state=MessageState.REFUSED.value),
                name="exchange_message_once",
            ),
            models.CheckConstraint(
                condition=Q(direction__in=[str(one) for one in Direction]), name="exchange_message_direction"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in Kind]), name="exchange_message_kind"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in MessageState]), name="exchange_message_state"
            ),
        )
        indexes = (
            models.Index(fields=("partner", "-id"), name="exchange_message_partner"),
            models.Index(fields=("subject", "id"), name="exchange_message_subject"),
            models.Index(
                fields=("next_attempt_at", "id"),
                condition=Q(state=MessageState.QUEUED.value),
                name="exchange_message_due",
            ),
            models.Index(
                fields=("partner", "created_at"),
                condition=Q(state__in=(MessageState.QUEUED.value, MessageState.FAILED.value)),
                name="exchange_message_held",
            ),
            models.Index(
                fields=("partner", "created_at"),
                condition=Q(state=MessageState.SENT.value),
                name="exchange_message_sent",
            ),
            models.Index(fields=("id",), condition=Q(cleared_at__isnull=True), name="exchange_message_whole"),
        )


class MessageCount(models.Model):
    """How many messages of a local day were cleared from the log, by kind and by what became of them."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    direction = models.CharField(max_length=3)
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("partner", "day", "direction", "kind", "state"), name="exchange_messagecount_once"
            ),
        )
