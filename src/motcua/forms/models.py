"""Versions of e-forms, and what citizens have begun to fill in."""

from __future__ import annotations

from django.db import models

from motcua.catalogue.models import ProcedureVersion
from motcua.parties.models import Account


class FormVersion(models.Model):
    """The e-form of a procedure version, immutable."""

    procedure_version = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, related_name="+")
    form_code = models.CharField(max_length=40)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "forms_formversion"
        constraints = (
            models.UniqueConstraint(fields=["procedure_version", "form_code"], name="form_version_once"),
        )


class Draft(models.Model):
    """An e-form begun and not filed: saved as the person types, theirs alone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    procedure_version = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    uploads = models.JSONField(default=list, help_text="references to stored files")
    choices = models.JSONField(default=dict, help_text="receiving unit, return channel, page reached")
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "forms_draft"
        indexes = (models.Index(fields=["account", "-updated_at"], name="draft_of_account"),)
