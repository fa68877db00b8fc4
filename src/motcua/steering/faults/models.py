"""Reports of faults and what was done with each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.steering.faults.rules import FaultState, Seriousness, System, Turn


class Fault(models.Model):
    """
    A fault or shortcoming that a member of staff reported. `subject` is its number in the ledger; files hang on it.

    `where` is the address of the page, `due_at` the end of the time for the answer, counted anew when it is taken up
    again; `answered_at` is the last answer.
    """

    subject = models.BigIntegerField(primary_key=True)
    system = models.CharField(max_length=10)
    seriousness = models.CharField(max_length=8)
    state = models.CharField(max_length=8)
    where = models.CharField(max_length=300, blank=True)
    what = models.TextField()
    reporter = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    reported_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(system__in=[str(one) for one in System]), name="fault_system"),
            models.CheckConstraint(
                condition=Q(seriousness__in=[str(one) for one in Seriousness]), name="fault_seriousness"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in FaultState]), name="fault_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=FaultState.ANSWERED.value) | Q(answered_at__isnull=False),
                name="fault_answered",
            ),
        )
        indexes = (
            models.Index(fields=("reporter", "-subject"), name="fault_reporter"),
            models.Index(fields=("owner", "state", "due_at"), name="fault_owner"),
            models.Index(fields=("state", "due_at", "subject"), name="fault_state_due"),
            models.Index(fields=("reported_at", "subject"), name="fault_reported"),
        )


class FaultTurn(models.Model):
    """One thing done with a report, in its words."""

    fault = models.ForeignKey(Fault, models.PROTECT, related_name="turns")
    turn = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Turn])
    staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    words = models.TextField(blank=True)
