"""Published processes, and the tasks that are the marking of every running subject."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from motcua.catalogue.models import ProcedureVersion
from motcua.organisation.models import Staff, Unit
from motcua.workflow.rules import LIVE, TaskState
from motcua.workflow.versions.rules import OPEN, DraftState

_STATES = [(str(state), str(state)) for state in TaskState]
_LIVE = [str(state) for state in LIVE]
# Plain strings, so that migrations import nothing of ours.
_OPEN, _WAITING, _JOINED = str(TaskState.OPEN), str(TaskState.WAITING), str(TaskState.JOINED)
_DONE, _CANCELLED = str(TaskState.DONE), str(TaskState.CANCELLED)


class ProcessVersion(models.Model):
    """
    One compiled process of one procedure version; never changed once written (a trigger keeps it).

    `graph` is `kernel.process.to_json`; `levels` are the tiers of administration that work by this variant;
    `digest` is the SHA-256 of the canonical graph, so that publishing the same process twice gives one row.
    """

    procedure_version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="+")
    variant = models.CharField(max_length=60)
    levels = models.JSONField(default=list)
    field = models.CharField(max_length=60, blank=True, default="")
    graph = models.JSONField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    decision_no = models.CharField(max_length=60, blank=True, default="")
    decided_on = models.DateField(null=True)
    effective_on = models.DateField(null=True)
    approved_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", null=True, db_index=False)
    drawing = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["procedure_version", "variant", "digest"], name="workflow_process_once"
            ),
            models.CheckConstraint(
                condition=Q(decision_no="", effective_on__isnull=True, decided_on__isnull=True)
                | (~Q(decision_no="") & Q(effective_on__gte=F("decided_on"), approved_by__isnull=False)),
                name="workflow_process_decision",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="workflow_process_digest"
            ),
        )


class ProcessDraft(models.Model):
    """
    A process being drawn for a variant of a procedure version; approved, it becomes a `ProcessVersion`.

    `drawing` is the BPMN file as last saved and `graph` what it means (`kernel.process.to_json`); `revision`
    grows with every save. One open draft per variant.
    """

    subject = models.BigIntegerField(unique=True)
    procedure_version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="+")
    variant = models.CharField(max_length=60)
    base = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+", null=True, db_index=False)
    graph = models.JSONField()
    drawing = models.TextField()
    state = models.CharField(max_length=10, choices=[(str(state), str(state)) for state in DraftState])
    revision = models.PositiveIntegerField(default=1)
    drafted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    drafted_at = models.DateTimeField()
    changed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    changed_at = models.DateTimeField()
    version = models.OneToOneField(ProcessVersion, models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["procedure_version", "variant"],
                condition=Q(state__in=[str(state) for state in OPEN]),
                name="workflow_draft_one_open",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in DraftState]), name="workflow_draft_state"
            ),
            models.CheckConstraint(
                condition=Q(state=str(DraftState.APPROVED), version__isnull=False)
                | (~Q(state=str(DraftState.APPROVED)) & Q(version__isnull=True)),
                name="workflow_draft_version",
            ),
        )


class Task(models.Model):
    """
    One stay of one token at one step of a subject's process.

    The live rows (open, waiting, joined) of a subject are its marking; the others are its history, in the
    order of `seq`. `place` is where the token stands now: the node itself, or the edge before a join. `hours`
    are the working hours the process allows; `due_at` is that plan scaled to the subject's own due moment.
    """

    subject = models.BigIntegerField()
    process = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    node = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    token = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    about = models.CharField(max_length=500, blank=True, default="")
    field = models.CharField(max_length=60, blank=True, default="")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=40)
    assignee = models.ForeignKey(Staff, models.PROTECT, related_name="+", null=True, db_index=False)
    done_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", null=True, db_index=False)
    state = models.CharField(max_length=10, choices=_STATES)
    hours = models.DecimalField(max_digits=7, decimal_places=2)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "seq"], name="workflow_task_seq"),
            models.UniqueConstraint(
                fields=["subject", "token"], condition=Q(state__in=_LIVE), name="workflow_task_one_per_token"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[value for value, _ in _STATES]), name="workflow_task_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=_OPEN) | Q(due_at__isnull=False), name="workflow_task_open_due"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[_OPEN, _WAITING], done_at__isnull=True)
                | Q(state__in=[_JOINED, _DONE, _CANCELLED], done_at__isnull=False),
                name="workflow_task_done_at",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(done_at__gte=F("opened_at")),
                name="workflow_task_done_after_opened",
            ),
            models.CheckConstraint(condition=Q(hours__gte=0), name="workflow_task_hours"),
        )
        indexes = (
            models.Index(
                fields=["unit", "due_at", "id"],
                include=["role", "assignee", "field"],
                condition=Q(state=_OPEN),
                name="workflow_task_unit_open",
            ),
            models.Index(
                fields=["assignee", "due_at", "id"],
                condition=Q(state=_OPEN, assignee__isnull=False),
                name="workflow_task_assignee_open",
            ),
            models.Index(fields=["due_at", "id"], condition=Q(state=_OPEN), name="workflow_task_all_open"),
            models.Index(fields=["due_at", "id"], condition=Q(state=_WAITING), name="workflow_task_waiting"),
        )


class SavedFilter(models.Model):
    """A narrowed list that a member of staff keeps under a name: `listing` says which, `query` how."""

    account_id = models.BigIntegerField()
    listing = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account_id", "listing", "name"], name="workflow_savedfilter_once"
            ),
        )
