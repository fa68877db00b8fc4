"""Reminders, cases, and what was done with each. Confidential: rights stand in the queries, never in access rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.steering.discipline.rules import CaseState, Ground, ReminderKind, ReminderState


class Reminder(models.Model):
    """
    A word of the head to an officer of a unit, or to the unit (`staff` None), on figures of a period frozen with it.

    `subject` is its number in the ledger; the printed paper hangs on it.
    """

    subject = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=8)
    staff = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    issued_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    issued_at = models.DateTimeField()
    first = models.DateField()
    last = models.DateField()
    figures = models.JSONField()
    text = models.TextField()
    number = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    seen_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=[str(one) for one in ReminderKind]), name="reminder_kind"
            ),
            models.CheckConstraint(
                condition=Q(state=ReminderState.ISSUED.value, seen_at__isnull=True)
                | Q(state=ReminderState.SEEN.value, seen_at__isnull=False, answered_at__isnull=True)
                | Q(state=ReminderState.ANSWERED.value, seen_at__isnull=False, answered_at__isnull=False),
                name="reminder_state",
            ),
        )
        indexes = (
            models.Index(fields=("staff", "-subject"), name="reminder_staff"),
            models.Index(fields=("unit", "-subject"), name="reminder_unit"),
        )


class Case(models.Model):
    """
    A case about an officer: proposed with a paper, decided by the head, followed to a day, closed.

    `reminders` are the subjects of the reminders it rests on, `figures` what was counted when it was opened.
    """

    subject = models.BigIntegerField(primary_key=True)
    ground = models.CharField(max_length=13)
    state = models.CharField(max_length=8)
    staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    opened_by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField()
    what = models.TextField()
    proposal = models.TextField()
    figures = models.JSONField()
    reminders = models.JSONField(default=list)
    number = models.CharField(max_length=60)
    document_id = models.BigIntegerField()
    decided_by = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    follow_up_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(ground__in=[str(one) for one in Ground]), name="case_ground"),
            models.CheckConstraint(
                condition=Q(state=CaseState.PROPOSED.value, decided_at__isnull=True)
                | Q(state=CaseState.DECIDED.value, decided_at__isnull=False, follow_up_on__isnull=False)
                | Q(state=CaseState.CLOSED.value, decided_at__isnull=False, closed_at__isnull=False),
                name="case_state",
            ),
            models.UniqueConstraint(
                fields=("staff", "ground"), condition=~Q(state=CaseState.CLOSED.value), name="case_one_open"
            ),
        )
        indexes = (
            models.Index(fields=("unit", "-subject"), name="case_unit"),
            models.Index(fields=("staff", "-subject"), name="case_staff"),
        )


class LookedAt(models.Model):
    """
    A suggestion of a case that somebody looked into and left, with the reason; `subject` is its number in the ledger.

    `figures` are those it rested on: the same does not suggest a case again, what comes on top may.
    """

    subject = models.BigIntegerField(primary_key=True)
    ground = models.CharField(max_length=13)
    staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    figures = models.JSONField()
    reminders = models.PositiveIntegerField(default=0)
    reason = models.TextField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ground__in=[str(one) for one in Ground]), name="lookedat_ground"
            ),
        )
        indexes = (models.Index(fields=("at", "subject"), name="lookedat_at"),)


class DisciplineTurn(models.Model):
    """One thing done with a reminder or case, in its words."""

    subject = models.BigIntegerField()
    turn = models.CharField(max_length=20)
    staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    words = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=("subject", "id"), name="disciplineturn_subject"),)
