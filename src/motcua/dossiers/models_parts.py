"""The parts of interlinked groups, and what central systems said of those they decide."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from motcua.dossiers.parts import PartState
from motcua.dossiers.rules import State


class Part(models.Model):
    """
    A part of an interlinked group, in the order of the data; `plan` is its rule as of the acceptance of the group.

    `agency` is who was to do it then, `planned_at` until when; what became of it is told by `child`, its own dossier.
    """

    group = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="parts")
    no = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    procedure_code = models.CharField(max_length=20)
    plan = models.JSONField()
    agency = models.ForeignKey("organisation.Agency", models.PROTECT, related_name="+", db_index=False)
    planned_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    reason = models.TextField(blank=True, default="")
    child = models.OneToOneField("dossiers.Dossier", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("group", "key"), name="part_once"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in PartState]), name="part_state"
            ),
            models.CheckConstraint(
                condition=Q(state=PartState.OPENED.value, child__isnull=False)
                | (~Q(state=PartState.OPENED.value) & Q(child__isnull=True)),
                name="part_opened_has_dossier",
            ),
        )


class MirrorMessage(models.Model):
    """
    What a central system said of a mirrored part; `message_id` is the system's own, so each counts once.

    `applied` is false for one that came after a later one, or after the end: it is kept, and changed nothing. One that
    brings a corrected result `replaces` the one whose result does not count any more.
    """

    dossier = models.ForeignKey("dossiers.Dossier", models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=120)
    state = models.CharField(max_length=24)
    said_at = models.DateTimeField(help_text="when the central system says it happened")
    number = models.CharField(max_length=120, blank=True, default="")
    evidence = models.CharField(max_length=500)
    file = models.ForeignKey("documents.File", models.PROTECT, null=True, related_name="+")
    applied = models.BooleanField()
    verifying = models.BooleanField(
        default=False, db_default=False, help_text="the central system verifies on site"
    )
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "message_id"), name="mirror_message_once"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in State]), name="mirror_message_state"
            ),
        )
