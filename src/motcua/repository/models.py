"""Each owner's papers and results, and the log of their reuse."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from motcua.repository.rules import Certainty, HoldingKind, HoldingState


class Holding(models.Model):
    """
    A paper or result in its owner's e-repository (Kho quản lý dữ liệu điện tử của tổ chức, cá nhân).

    `type_code` is the result or paper type it was stored as, `paper_type` the paper type it can be handed
    in as (a result is a paper from then on); `source_subject` the subject it came from.
    """

    owner = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in HoldingKind])
    type_code = models.CharField(max_length=40)
    paper_type = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=160)
    title = models.CharField(max_length=300)
    number = models.CharField(max_length=80, blank=True)
    issuer = models.CharField(max_length=300, blank=True)
    issued_on = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    data = models.JSONField(default=dict)
    document = models.ForeignKey("documents.Document", null=True, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey("documents.File", null=True, on_delete=models.PROTECT, related_name="+")
    source_subject = models.BigIntegerField(null=True)
    certainty = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Certainty])
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in HoldingState])
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state=HoldingState.ACTIVE.value, ended_at__isnull=True)
                | (~models.Q(state=HoldingState.ACTIVE.value) & models.Q(ended_at__isnull=False)),
                name="repository_holding_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="repository_holding_period",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=[k.value for k in HoldingKind]), name="repository_holding_kind"
            ),
            models.UniqueConstraint(
                fields=("owner", "source_subject", "document"),
                condition=models.Q(document__isnull=False),
                name="repository_holding_result_once",
            ),
            models.UniqueConstraint(
                fields=("owner", "source_subject", "type_code", "file"),
                condition=models.Q(file__isnull=False, document__isnull=True),
                name="repository_holding_paper_once",
            ),
        )
        indexes = (
            models.Index(fields=("owner", "paper_type", "id"), name="repository_holding_match"),
            models.Index(fields=("source_subject",), name="repository_holding_source"),
        )


class HoldingUse(models.Model):
    """One reuse of a holding for a subject: who, when, in place of which paper type."""

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="+")
    subject = models.BigIntegerField()
    paper_type = models.CharField(max_length=40)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    used_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("holding", "subject", "paper_type"), name="repository_holdinguse_once"
            ),
        )
        indexes = (models.Index(fields=("subject",), name="repository_holdinguse_subject"),)
