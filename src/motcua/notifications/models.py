"""Templates of notices, who signs them, and the messages that went out, with their delivery state (R-015)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from motcua.notifications.rules import CHANNEL_NAMES, SMS_LENGTH, STATE_NAMES, Channel, State


def _values(names: type[Channel] | type[State]) -> list[str]:
    return [item.value for item in names]


class Sender(models.Model):
    """
    What every notice of a period says about its sender: hotline, site, mail address; and what it never names.
    """

    name = models.TextField()
    hotline = models.TextField()
    site = models.TextField()
    link = models.TextField()
    email = models.TextField()
    sms_name = models.TextField()
    hidden_fields = models.JSONField(default=list)
    hidden_words = models.JSONField(default=list)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("valid_from",), name="notifications_sender_once"),)


class Template(models.Model):
    """
    The words for one event topic on one channel, with a validity; fields in braces (see rules.TEXT_FIELDS).
    """

    topic = models.TextField()
    channel = models.TextField(choices=[(c.value, n) for c, n in CHANNEL_NAMES.items()])
    title = models.TextField(blank=True)
    body = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("topic", "channel", "valid_from"), name="notifications_template_once"
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=_values(Channel)), name="notifications_template_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="notifications_template_period",
            ),
        )


class Message(models.Model):
    """
    One notice to one party on one channel. `event_id` is the outbox message it came from: with party and
    channel it makes a repeated delivery of the event one message. `at` is the act's clock; queue and delivery
    use real time.
    """

    event_id = models.UUIDField()
    subject = models.BigIntegerField()
    dossier_code = models.TextField()
    unit_id = models.BigIntegerField(null=True)
    party_id = models.BigIntegerField()
    channel = models.TextField(choices=[(c.value, n) for c, n in CHANNEL_NAMES.items()])
    topic = models.TextField()
    title = models.TextField(blank=True)
    text = models.TextField()
    address = models.TextField(blank=True)
    state = models.TextField(choices=[(s.value, n) for s, n in STATE_NAMES.items()])
    at = models.DateTimeField()
    queued_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    provider_id = models.TextField(blank=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    phoned_by = models.BigIntegerField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("event_id", "party_id", "channel"), name="notifications_message_once"
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=_values(Channel)), name="notifications_message_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=_values(State)), name="notifications_message_state"
            ),
            models.CheckConstraint(
                condition=~models.Q(channel=Channel.SMS.value)
                | models.Q(LessThanOrEqual(Length("text"), SMS_LENGTH)),
                name="notifications_message_sms_length",
            ),
        )
        indexes = (
            models.Index(fields=("subject", "id"), name="notifications_msg_subject"),
            models.Index(fields=("party_id", "-id"), name="notifications_msg_party"),
            models.Index(
                fields=("next_attempt_at", "id"),
                condition=models.Q(state=State.QUEUED.value),
                name="notifications_msg_due",
            ),
            models.Index(
                fields=("unit_id", "-id"),
                condition=models.Q(state=State.FAILED.value),
                name="notifications_msg_failed",
            ),
            models.Index(
                fields=("provider_id",),
                condition=models.Q(state=State.SENT.value),
                name="notifications_msg_provider",
            ),
        )
