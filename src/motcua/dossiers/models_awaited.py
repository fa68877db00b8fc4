"""What live tasks wait for outside of people: moments, messages, and what the system does by itself."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.awaiting import AwaitedKind, AwaitedState, EvidenceKind

_WAITING = str(AwaitedState.WAITING)
_TIMED = str(AwaitedKind.TIMER)
_AUTOMATIC = sorted(str(kind) for kind in AwaitedKind if kind.automatic)


class Awaited(models.Model):
    """
    One thing a task waits for, or that may happen beside it; written with the act that opens the task.

    `task_id` is empty for an event that stands beside several tasks (what a call runs, a step of several units);
    `since` is when the stay began. `due_at` is the act's clock, `next_at` real time: an automatic step is tried then
    (empty: at once) and, when it failed, `attempts`, `error` and, where trying again cannot help, `given_up` say so.
    """

    subject = models.BigIntegerField()
    task_id = models.BigIntegerField(null=True)
    node = models.CharField(max_length=64)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=300)
    ref = models.CharField(max_length=120, blank=True, default="")
    since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    given_up = models.BooleanField(default=False)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("task_id", "node"), condition=Q(task_id__isnull=False), name="awaited_once_of_task"
            ),
            models.UniqueConstraint(
                fields=("subject", "node", "since"),
                condition=Q(task_id__isnull=True),
                name="awaited_once_of_stay",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in AwaitedKind]), name="awaited_kind"
            ),
            models.CheckConstraint(
                condition=Q(state=_WAITING, ended_at__isnull=True)
                | (
                    Q(state__in=[str(state) for state in AwaitedState if state != _WAITING])
                    & Q(ended_at__isnull=False)
                ),
                name="awaited_state",
            ),
            models.CheckConstraint(
                condition=Q(kind=_TIMED, due_at__isnull=False) | (~Q(kind=_TIMED) & Q(due_at__isnull=True)),
                name="awaited_due",
            ),
        )
        indexes = (
            models.Index(fields=("subject", "id"), name="awaited_of_subject"),
            models.Index(
                fields=("due_at", "id"), condition=Q(state=_WAITING, kind=_TIMED), name="awaited_timers"
            ),
            models.Index(
                F("next_at").asc(nulls_first=True),
                "id",
                condition=Q(state=_WAITING, kind__in=_AUTOMATIC, given_up=False),
                name="awaited_automatic",
            ),
            models.Index(fields=("id",), condition=Q(state=_WAITING, attempts__gt=0), name="awaited_failed"),
        )


class Evidence(models.Model):
    """
    What a source answered, or a message brought: kept for ever, its digest in the ledger (R-045).

    `asked` and `answer` may hold personal values and are shown to who handles the dossier. `digest` is the SHA-256
    of the canonical JSON of kind, source, reference, asked and answer.
    """

    subject = models.BigIntegerField()
    awaited = models.OneToOneField(Awaited, models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=10)
    source = models.CharField(max_length=120)
    reference = models.CharField(max_length=120)
    asked = models.JSONField(default=dict)
    answer = models.JSONField(default=dict)
    confirmed = models.BooleanField(null=True)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in EvidenceKind]), name="evidence_kind"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="evidence_digest"),
        )
        indexes = (models.Index(fields=("subject", "id"), name="evidence_of_subject"),)
