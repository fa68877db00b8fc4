"""The procedure catalogue: procedures and their versions, papers, results, fees, dated policies."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from motcua.territory.rules import Certainty

CERTAINTIES = [(str(item), str(item)) for item in Certainty]


class Field(models.Model):
    """Field (lĩnh vực) of procedures."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    ministry = models.CharField(max_length=20)

    class Meta:
        db_table = "catalogue_field"


class Term(models.Model):
    """
    An entry of a small shared list: channels, online levels, outcomes, roles, receiving places, databases …
    """

    scheme = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()
    extra = models.JSONField(default=dict)

    class Meta:
        db_table = "catalogue_term"
        constraints = (models.UniqueConstraint(fields=["scheme", "code"], name="term_once"),)


class PaperType(models.Model):
    """Kind of paper a dossier may contain; `database` says what makes the paper needless."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300)
    group = models.CharField(max_length=10)
    issuer_kind = models.CharField(max_length=40)
    validity_rule = models.CharField(max_length=20)
    validity_months = models.PositiveSmallIntegerField(null=True)
    validity_note = models.CharField(max_length=300, blank=True)
    identity_fields = ArrayField(models.CharField(max_length=60))
    database = models.JSONField(null=True)
    national_code = models.CharField(max_length=40, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_papertype"


class ResultType(models.Model):
    """Kind of result; `paper_type` is the paper that it becomes for later dossiers."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=300)
    issuer_kind = models.CharField(max_length=40)
    validity_rule = models.CharField(max_length=20)
    validity_months = models.PositiveSmallIntegerField(null=True)
    validity_note = models.CharField(max_length=300, blank=True)
    paper_type = models.ForeignKey(PaperType, null=True, on_delete=models.PROTECT, related_name="+")
    electronic_format = models.CharField(max_length=30)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_resulttype"


class FeeItem(models.Model):
    """A fee (phí) or charge (lệ phí) with amounts in đồng by channel; null: by formula."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=300)
    kind = models.CharField(max_length=10)
    unit = models.CharField(max_length=60)
    amounts = models.JSONField()
    legal_basis = models.CharField(max_length=300)
    scope = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_feeitem"


class FeeExemptionGroup(models.Model):
    """Whom fees are waived or reduced for, and which database proves it."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=300)
    proof = models.CharField(max_length=100, blank=True)

    class Meta:
        db_table = "catalogue_feeexemptiongroup"


class Procedure(models.Model):
    """A procedure; the columns are those of its newest published version, for search and lists."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=500)
    folded = models.CharField(max_length=500)
    field = models.ForeignKey(Field, on_delete=models.PROTECT, related_name="procedures")
    levels = ArrayField(models.CharField(max_length=10))
    deciding_agency_kind = models.CharField(max_length=40)
    online_level = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    non_territorial = models.BooleanField(default=False)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)

    class Meta:
        db_table = "catalogue_procedure"
        indexes = (GinIndex(fields=["folded"], opclasses=["gin_trgm_ops"], name="procedure_folded_trgm"),)


class ProcedureCode(models.Model):
    """A code the procedure had in some period; null dates are not known or open."""

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=20, db_index=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)

    class Meta:
        db_table = "catalogue_procedurecode"


class ProcedureVersion(models.Model):
    """One version of a procedure, immutable once published; dossiers keep the one they were filed under."""

    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="versions")
    no = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    decision = models.CharField(max_length=200, blank=True, help_text="publication decision")
    published_on = models.DateField(null=True)
    withdrawn_on = models.DateField(null=True)

    class Meta:
        db_table = "catalogue_procedureversion"
        constraints = (
            models.UniqueConstraint(fields=["procedure", "no"], name="procedure_version_no"),
            models.CheckConstraint(
                name="procedure_version_period",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
        )


class DeadlinePolicy(models.Model):
    """
    How time is counted, dated, by scope: nation, territory (place code), field or procedure (code).

    `params`: count_first_day, due_time, roll_rest_day, cutoff ("HH:MM" or null), pause_unit; a narrower
    scope states only what differs (facts-lifecycle.md 2.4, 2.5).
    """

    scope = models.CharField(max_length=12)
    key = models.CharField(max_length=40, blank=True)
    params = models.JSONField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    legal_basis = models.CharField(max_length=300, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_deadlinepolicy"
        constraints = (
            models.UniqueConstraint(fields=["scope", "key", "valid_from"], name="deadline_policy_once"),
        )


class CodePolicy(models.Model):
    """Pattern of dossier codes in a period (facts-codes.md 4.4)."""

    code = models.CharField(max_length=40, unique=True)
    pattern = models.CharField(max_length=100)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    legal_basis = models.CharField(max_length=300, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_codepolicy"


class StatusMap(models.Model):
    """Local state of a dossier told to a partner: the national portal knows 1 to 10."""

    partner = models.CharField(max_length=40)
    state = models.CharField(max_length=40)
    status = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)

    class Meta:
        db_table = "catalogue_statusmap"
        constraints = (
            models.UniqueConstraint(fields=["partner", "state", "valid_from"], name="status_map_once"),
        )


class PrintTemplate(models.Model):
    """A printed form by regime and period; `source` (HTML) wins over the shipped file at `path`."""

    code = models.CharField(max_length=40)
    regime = models.CharField(max_length=20)
    form_no = models.CharField(max_length=10, blank=True)
    title = models.CharField(max_length=300)
    path = models.CharField(max_length=200)
    source = models.TextField(blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    legal_basis = models.CharField(max_length=300, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)

    class Meta:
        db_table = "catalogue_printtemplate"
        constraints = (models.UniqueConstraint(fields=["code", "regime"], name="print_template_once"),)


class InterlinkedGroup(models.Model):
    """
    How a group of interlinked procedures runs in a period: its parts, by the law of that period.

    `body`: `variant` (the process dossiers of the group run by), `limit` (None: the longest way through the parts),
    `applies_when` (condition on the answers, None: always), `parts` in their order. A dossier of the group keeps the
    parts as they were when it was accepted.
    """

    procedure_code = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    body = models.JSONField()
    legal_basis = models.CharField(max_length=300, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_interlinkedgroup"
        constraints = (
            models.UniqueConstraint(fields=["procedure_code", "valid_from"], name="interlinked_group_once"),
            models.CheckConstraint(
                name="interlinked_group_period",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
            ),
        )


class NonTerritorialAssessment(models.Model):
    """
    A procedure held against the criteria for reception anywhere (R-071); the newest counts, none is ever changed.

    `answers` maps codes of criteria to yes or no; `assessed_by_id` is a member of staff, None for loaded data.
    """

    procedure_code = models.CharField(max_length=20)
    answers = models.JSONField()
    verdict = models.CharField(max_length=12)
    assessed_on = models.DateField()
    assessed_by_id = models.BigIntegerField(null=True)
    assessed_by_name = models.CharField(max_length=200, blank=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_nonterritorialassessment"
        constraints = (
            models.CheckConstraint(
                condition=Q(verdict__in=["suitable", "unsuitable"]), name="nonterritorial_verdict"
            ),
        )
        indexes = (models.Index(fields=["procedure_code", "-id"], name="nonterritorial_assessed"),)


class NonTerritorialEntry(models.Model):
    """
    A procedure that units named here may receive for the competent agency, from a day to a day (R-072, R-077).

    `unit_kinds` and `units` (codes) say who; both empty: every one-stop unit. `outcome` is the conclusion on a pilot.
    """

    procedure_code = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)
    decision_no = models.CharField(max_length=60)
    decision_on = models.DateField(null=True)
    issuer = models.CharField(max_length=200, blank=True)
    unit_kinds = ArrayField(models.CharField(max_length=40), default=list)
    units = ArrayField(models.CharField(max_length=50), default=list)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certainty = models.CharField(max_length=10, choices=CERTAINTIES)
    note = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, blank=True, default="")
    outcome_decision = models.CharField(max_length=60, blank=True, default="")
    outcome_note = models.TextField(blank=True, default="")
    end_decision = models.CharField(max_length=60, blank=True, default="")
    end_reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "catalogue_nonterritorialentry"
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=["approved", "pilot"]), name="nonterritorial_kind"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "continued", "stopped"]), name="nonterritorial_outcome"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="nonterritorial_period"
            ),
            models.CheckConstraint(
                condition=~Q(kind="pilot") | ~Q(outcome="") | Q(valid_to__isnull=False),
                name="nonterritorial_pilot_ends",
            ),
            models.UniqueConstraint(
                fields=["procedure_code", "valid_from"], name="nonterritorial_entry_once"
            ),
        )
