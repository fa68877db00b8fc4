"""What is kept of the national portal's interfaces: which form is spoken when, and what the portal has of a dossier."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from motcua.exchange.rules import FirstSyncState
from motcua.exchange.wire import Generation


def _generation(field: str) -> Q:
    return Q(**{f"{field}__in": [str(one) for one in Generation if one is not Generation.NEUTRAL]})


class WireForm(models.Model):
    """The fields, codes and paths of one interface in a period, as the data state them (`wire.form_of`)."""

    interface = models.CharField(max_length=10)
    body = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("interface", "valid_from"), name="exchange_wireform_once"),
            models.CheckConstraint(condition=_generation("interface"), name="exchange_wireform_interface"),
        )


class InterfaceUse(models.Model):
    """
    Which interface a partner (by code) is spoken to in, in a period; without one it gets our neutral messages.

    `unit` is our code there, `target` the system the messages are meant for. `own_codes`: dossiers keep our codes
    there, else the portal gives each one of its own.
    """

    partner = models.CharField(max_length=31)
    interface = models.CharField(max_length=10)
    unit = models.CharField(max_length=60)
    target = models.CharField(max_length=120, blank=True)
    own_codes = models.BooleanField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10)
    note = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("partner", "valid_from"), name="exchange_interfaceuse_once"),
            models.CheckConstraint(
                condition=_generation("interface"), name="exchange_interfaceuse_interface"
            ),
        )


class Counterpart(models.Model):
    """
    What a portal has of one of our dossiers.

    `remote_code`, `remote_id` are its names for it; `uploads` its names for our files (by our file's number). What was
    last read there: `has_status`, at `checked_at`, and `differences`, each {what, ours, theirs}. `steps` are the
    entries of the ledger it was told as steps. `check_at` (real time) is when it is looked at
    next, None when there is nothing more to look for.
    """

    partner = models.ForeignKey(
        "exchange.Partner", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    subject = models.BigIntegerField()
    dossier_code = models.CharField(max_length=60)
    agency = models.CharField(max_length=60)
    remote_code = models.CharField(max_length=120, blank=True)
    remote_id = models.CharField(max_length=120, blank=True)
    uploads = models.JSONField(default=dict)
    steps = ArrayField(models.IntegerField(), default=list)
    told_at = models.DateTimeField(null=True)
    has_status = models.PositiveSmallIntegerField(null=True)
    checked_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    differences = models.JSONField(default=list)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("partner", "subject"), name="exchange_counterpart_once"),
        )
        indexes = (
            models.Index(
                fields=("check_at", "id"),
                condition=Q(check_at__isnull=False),
                name="exchange_counterpart_due",
            ),
            models.Index(
                fields=("partner", "id"), condition=~Q(differences=[]), name="exchange_counterpart_differs"
            ),
        )


class FirstSync(models.Model):
    """
    The first synchronisation with a portal: open dossiers, and those that ended from `since` to `until`.

    `after` is the subject told last: a run that was killed goes on behind it. Moments are those of acts.
    """

    partner = models.ForeignKey("exchange.Partner", on_delete=models.PROTECT, related_name="+")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    started_by = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    after = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("partner",),
                condition=Q(state=FirstSyncState.RUNNING.value),
                name="exchange_firstsync_one_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in FirstSyncState]), name="exchange_firstsync_state"
            ),
        )
