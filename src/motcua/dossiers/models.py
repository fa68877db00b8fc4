"""The dossier, its papers, requests for supplement, and intakes parked at a counter."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from motcua.dossiers.models_items import ItemOfMany
from motcua.dossiers.rules import (
    LIVE,
    OPEN,
    BulkAct,
    BulkState,
    Cause,
    Channel,
    ComponentState,
    Decision,
    HandOverKind,
    HandOverState,
    ItemState,
    ReturnChannel,
    State,
)
from motcua.dossiers.timing import Timer as TimerKind


def _among(field: str, values: type) -> Q:
    return Q(**{f"{field}__in": [str(value) for value in values]})  # type: ignore[attr-defined]


class CodeCounter(models.Model):
    """The last dossier number of a series (prefix and day); rolls back with its act, so there is no gap."""

    series = models.CharField(max_length=80, primary_key=True)
    last = models.PositiveIntegerField()


class Dossier(models.Model):
    """
    One dossier. `subject` is its number in the ledger, `seq` and `head` the end of its chain.

    `seq` is also the optimistic guard of pages. Names and numbers of the owner stay as they were when it was filed.
    """

    subject = models.BigIntegerField(primary_key=True)
    code = models.CharField(max_length=60, unique=True)
    code_tail = models.CharField(max_length=20)
    check_value = models.CharField(max_length=8)
    seq = models.IntegerField()
    head = models.BinaryField()

    procedure_version = models.ForeignKey(
        "catalogue.ProcedureVersion", models.PROTECT, related_name="+", db_index=False
    )
    form_version = models.ForeignKey("forms.FormVersion", models.PROTECT, related_name="+", db_index=False)
    process_version = models.ForeignKey(
        "workflow.ProcessVersion", models.PROTECT, related_name="+", db_index=False
    )
    procedure_code = models.CharField(max_length=20)
    field_code = models.CharField(max_length=40)

    receiving_unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+", db_index=False)
    place_unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False
    )
    competent_unit = models.ForeignKey(
        "organisation.Unit",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="unit of the agency that decides, where another agency's unit received",
    )
    agency = models.ForeignKey("organisation.Agency", models.PROTECT, related_name="+", db_index=False)
    registered_unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="who received and numbered it, where a successor has it now",
    )  # fmt: skip
    registered_agency = models.ForeignKey(
        "organisation.Agency", models.PROTECT, null=True, related_name="+", db_index=False,
        help_text="who was competent when it was received, where a successor is now",
    )  # fmt: skip
    channel = models.CharField(max_length=10)
    terms_as = models.CharField(
        max_length=10, blank=True, default="", db_default="",
        help_text="channel whose limits and fees it runs by, where that is not its own (kiosk)",
    )  # fmt: skip
    slip_on_request = models.BooleanField(
        default=False,
        db_default=False,
        help_text="accepted without a slip, which is made when it is asked for",
    )
    return_channel = models.CharField(max_length=10)
    return_address = models.CharField(max_length=300, blank=True)
    sets = models.PositiveSmallIntegerField(default=1)

    owner = models.ForeignKey("parties.Party", models.PROTECT, related_name="+", db_index=False)
    submitter = models.ForeignKey("parties.Party", models.PROTECT, related_name="+", db_index=False)
    owner_name = models.CharField(max_length=300)
    owner_folded = models.CharField(max_length=300)
    owner_number = models.CharField(max_length=14, blank=True)
    owner_phone = models.CharField(max_length=20, blank=True)
    submitter_name = models.CharField(max_length=300, blank=True)

    state = models.CharField(max_length=24)
    decision = models.CharField(max_length=10, blank=True)
    step_name = models.CharField(max_length=300, blank=True)
    holder_unit = models.ForeignKey(
        "organisation.Unit", models.PROTECT, null=True, related_name="+", db_index=False
    )
    holder = models.ForeignKey(
        "organisation.Staff", models.PROTECT, null=True, related_name="+", db_index=False
    )

    holder_name = models.CharField(max_length=200, blank=True)

    filed_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    non_territorial = models.BooleanField(
        default=False, db_default=False, help_text="received for another agency, which confirms its receipt"
    )
    pass_by = models.DateTimeField(null=True, help_text="until when it is to be forwarded, then confirmed")
    forwarded_at = models.DateTimeField(null=True, help_text="to the competent agency")
    confirmed_at = models.DateTimeField(null=True, help_text="by the competent agency")
    clock_started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    expected_due_at = models.DateTimeField(
        null=True, help_text="told to the applicant while the competent agency has not confirmed"
    )
    original_due_at = models.DateTimeField(null=True)
    processed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    handed_back_at = models.DateTimeField(null=True)
    supplement_count = models.PositiveSmallIntegerField(default=0)
    supplements_allowed = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="how often one may be asked for during handling"
    )
    supplement_due_at = models.DateTimeField(null=True)
    correcting = models.BooleanField(
        default=False, db_default=False, help_text="a new result is being made: the old one is not handed out"
    )
    reminded_at = models.DateTimeField(null=True, help_text="last told that the result waits")
    reminders = models.PositiveSmallIntegerField(default=0, db_default=0)
    archived_at = models.DateTimeField(
        null=True, help_text="nobody came for the result: it lies in the archive"
    )
    clock = models.JSONField(
        default=dict, help_text="limit, policy, calendar, pauses and planned ends by node"
    )
    register_no = models.PositiveIntegerField(null=True)
    refiled_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="group this is a part of",
    )
    part = models.CharField(max_length=40, blank=True, db_default="", default="")
    mirrored = models.CharField(
        max_length=120, blank=True, db_default="", default="", help_text="central system that decides it"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(condition=_among("state", State), name="dossier_state"),
            models.CheckConstraint(condition=_among("channel", Channel), name="dossier_channel"),
            models.CheckConstraint(
                condition=_among("return_channel", ReturnChannel), name="dossier_return_channel"
            ),
            models.CheckConstraint(condition=_among("decision", Decision), name="dossier_decision"),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "not_accepted", "withdrawn"])
                | Q(due_at__isnull=False)
                | Q(non_territorial=True, confirmed_at__isnull=True),
                name="dossier_due_when_accepted",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(accepted_at__gte=F("filed_at")),
                name="dossier_accepted_after_filed",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True, part="", mirrored="")
                | (Q(parent__isnull=False) & ~Q(part="")),
                name="dossier_part_of_group",
            ),
            models.CheckConstraint(
                condition=Q(non_territorial=False) | Q(competent_unit__isnull=False),
                name="dossier_non_territorial_has_competent",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True)
                | Q(non_territorial=True, forwarded_at__isnull=False, confirmed_at__gte=F("forwarded_at")),
                name="dossier_confirmed_after_forwarded",
            ),
        )
        indexes = (
            # what is searched for, newest first: merged with what a unit may see, index by index
            models.Index(fields=("code_tail", "subject"), name="dossier_code_tail"),
            models.Index(fields=("owner_folded", "subject"), name="dossier_owner_folded"),
            models.Index(
                fields=("due_at", "subject"),
                condition=Q(state__in=sorted(str(state) for state in OPEN)),
                name="dossier_open_due",
            ),
            # what is still alive, by the unit it concerns: these stay small whatever a unit has done in years
            models.Index(
                fields=("receiving_unit", "due_at", "subject"),
                include=("state", "supplement_due_at"),
                condition=Q(state__in=sorted(str(state) for state in LIVE)),
                name="dossier_live_receiving",
            ),
            models.Index(
                fields=("holder_unit", "due_at", "subject"),
                include=("state", "supplement_due_at", "receiving_unit"),
                condition=Q(state__in=sorted(str(state) for state in LIVE), holder_unit__isnull=False),
                name="dossier_live_holder",
            ),
            models.Index(
                fields=("agency", "due_at", "subject"),
                condition=Q(state__in=sorted(str(state) for state in OPEN)),
                name="dossier_open_agency",
            ),
            # what waits for a signature, by the agency that decides
            models.Index(
                fields=("agency", "subject"),
                condition=Q(state__in=sorted(str(state) for state in LIVE)),
                name="dossier_live_agency",
            ),
            # forwarded and not confirmed yet: always few
            models.Index(
                fields=("receiving_unit",),
                include=("holder_unit",),
                condition=Q(state="accepted", forwarded_at__isnull=False),
                name="dossier_on_the_way",
            ),
            # received elsewhere for a unit: few rows beside all others
            models.Index(
                fields=("competent_unit", "subject"),
                condition=Q(competent_unit__isnull=False),
                name="dossier_competent",
            ),
            # the register and the closing of a day
            models.Index(fields=("receiving_unit", "accepted_at", "subject"), name="dossier_register"),
            models.Index(
                fields=("registered_unit", "accepted_at", "subject"),
                condition=Q(registered_unit__isnull=False),
                name="dossier_registered",
            ),
            models.Index(
                fields=("receiving_unit", "returned_at"),
                condition=Q(returned_at__isnull=False),
                name="dossier_handed_over",
            ),
            models.Index(
                fields=("receiving_unit", "ended_at"),
                condition=Q(ended_at__isnull=False),
                name="dossier_ended",
            ),
            models.Index(fields=("agency", "subject"), name="dossier_agency"),
            models.Index(fields=("owner", "subject"), name="dossier_owner"),
            models.Index(fields=("submitter", "subject"), name="dossier_submitter"),
            models.Index(fields=("owner_number", "subject"), name="dossier_owner_number"),
            models.Index(fields=("owner_phone", "subject"), name="dossier_owner_phone"),
            # what ended late: to be explained
            models.Index(
                fields=("subject",), condition=Q(ended_at__gt=F("due_at")), name="dossier_ended_late"
            ),
        )

    @property
    def terms(self) -> str:
        """Return the channel whose limits and fees the dossier runs by."""
        return self.terms_as or self.channel


class Answers(models.Model):
    """The form's answers as filed; a correction writes the next revision, the ledger keeps both."""

    subject = models.BigIntegerField(primary_key=True)
    answers = models.JSONField()
    revision = models.PositiveSmallIntegerField(default=1)


class Component(models.Model):
    """One paper of a dossier."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="components", db_constraint=True)
    no = models.PositiveSmallIntegerField()
    paper = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    state = models.CharField(max_length=12)
    originals = models.PositiveSmallIntegerField(default=0)
    copies = models.PositiveSmallIntegerField(default=0)
    required = models.BooleanField(default=True)
    present_only = models.BooleanField(default=False)
    borrowed_original = models.BooleanField(default=False)
    handed_back_at = models.DateTimeField(null=True)
    digitise = models.BooleanField(default=True)
    file = models.ForeignKey("documents.File", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("dossier", "no"), name="component_no_once"),
            models.CheckConstraint(condition=_among("state", ComponentState), name="component_state"),
        )
        indexes = (
            models.Index(
                fields=("dossier", "no"),
                condition=Q(borrowed_original=True, handed_back_at__isnull=True),
                name="component_kept_original",
            ),
        )


class SupplementRequest(models.Model):
    """What the applicant was asked to add or correct, once for all (form 02)."""

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="supplement_requests")
    stage = models.CharField(max_length=10, choices=[("receipt", "receipt"), ("appraisal", "appraisal")])
    items = models.JSONField()
    reason = models.TextField()
    ground = models.CharField(max_length=300, blank=True)
    clock_effect = models.CharField(
        max_length=8, choices=[("none", "none"), ("pause", "pause"), ("restart", "restart")]
    )
    requested_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    document_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("dossier",), condition=Q(answered_at__isnull=True), name="supplement_one_open"
            ),
        )


class Extension(models.Model):
    """
    A letter of apology with a new due date (form 04): drafted by the holder or the system, signed by the head.

    `late` tells that it was signed after its last day; one draft at a time, one signed letter per dossier.
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="extensions")
    due_at = models.DateTimeField()
    new_due_at = models.DateTimeField()
    cause = models.CharField(max_length=20)
    reason = models.TextField()
    step = models.CharField(max_length=300, blank=True)
    holder = models.ForeignKey("organisation.Staff", models.PROTECT, null=True, related_name="+")
    drafted_by = models.ForeignKey("organisation.Staff", models.PROTECT, null=True, related_name="+")
    drafted_at = models.DateTimeField()
    signed_by = models.ForeignKey("organisation.Staff", models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)
    document_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("dossier",), condition=Q(signed_at__isnull=True), name="extension_one_draft"
            ),
            models.UniqueConstraint(
                fields=("dossier",), condition=Q(signed_at__isnull=False), name="extension_once"
            ),
            models.CheckConstraint(condition=_among("cause", Cause), name="extension_cause"),
            models.CheckConstraint(condition=Q(new_due_at__gt=F("due_at")), name="extension_later"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(document_id__isnull=False),
                name="extension_signed_has_letter",
            ),
        )


class Timer(models.Model):
    """
    A moment of the law a dossier waits for: who fires it marks it, or does the act it stands for and drops it.

    Rows are written with the act that makes them needed and go with the act that ends the need. `fired_at` is the
    act's clock; `next_at` is real time: a timer that failed is tried again then, and shown until it has succeeded.
    """

    subject = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("subject", "kind", "due_at"), name="timer_once"),
            models.CheckConstraint(condition=_among("kind", TimerKind), name="timer_kind"),
            models.CheckConstraint(
                condition=Q(fired_at__isnull=True) | Q(fired_at__gte=F("due_at")),
                name="timer_not_early",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), condition=Q(fired_at__isnull=True), name="timer_waiting"),
            models.Index(fields=("fired_at", "id"), condition=Q(fired_at__isnull=False), name="timer_fired"),
            models.Index(fields=("next_at", "id"), condition=Q(attempts__gt=0), name="timer_failed"),
        )


class ParkedIntake(models.Model):
    """An intake begun at the counter and set aside: nothing typed is lost."""

    account_id = models.BigIntegerField()
    unit = models.ForeignKey("organisation.Unit", models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    values = models.JSONField()
    parked_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("account_id", "parked_at"), name="parked_by_account"),)


class BulkRun(models.Model):
    """
    One act on many dossiers at a person's word. `subject` is its number in the ledger.

    `values` are what every dossier's act is told; `account_id` is who said so, under whose duties of the moment each
    act is done.
    """

    subject = models.BigIntegerField(primary_key=True)
    account_id = models.BigIntegerField()
    act = models.CharField(max_length=16)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=10)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=_among("state", BulkState), name="bulkrun_state"),
            models.CheckConstraint(condition=_among("act", BulkAct), name="bulkrun_act"),
            models.CheckConstraint(
                condition=Q(state=BulkState.RUNNING.value, ended_at__isnull=True)
                | (~Q(state=BulkState.RUNNING.value) & Q(ended_at__isnull=False)),
                name="bulkrun_ended",
            ),
        )
        indexes = (models.Index(fields=("account_id", "-subject"), name="bulkrun_by_account"),)


class BulkItem(ItemOfMany):
    """
    One dossier of a run. `seen` is the `seq` the list showed; `state_after` the dossier's state when the act was done.
    """

    run = models.ForeignKey(BulkRun, models.PROTECT, related_name="items")
    no = models.PositiveSmallIntegerField()
    task_id = models.BigIntegerField(null=True)
    seen = models.IntegerField(null=True)
    state_after = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run", "no"), name="bulkitem_no_once"),
            models.CheckConstraint(condition=_among("state", ItemState), name="bulkitem_state"),
        )


class HandOver(models.Model):
    """
    Tasks one person hands over to another, on leave or transfer. `subject` is its number in the ledger.

    While it is `proposed` the old holder holds everything; `run` is the run that moved the tasks when it was taken.
    """

    subject = models.BigIntegerField(primary_key=True)
    from_staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    to_staff = models.ForeignKey("organisation.Staff", models.PROTECT, related_name="+", db_index=False)
    proposed_by_id = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    reason = models.TextField()
    state = models.CharField(max_length=10)
    proposed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    run = models.ForeignKey(BulkRun, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=_among("state", HandOverState), name="handover_state"),
            models.CheckConstraint(condition=_among("kind", HandOverKind), name="handover_kind"),
            models.CheckConstraint(condition=~Q(from_staff=F("to_staff")), name="handover_to_another"),
            models.CheckConstraint(
                condition=Q(state="proposed", answered_at__isnull=True)
                | (~Q(state="proposed") & Q(answered_at__isnull=False)),
                name="handover_answered",
            ),
        )
        indexes = (
            models.Index(fields=("to_staff", "-subject"), name="handover_to"),
            models.Index(fields=("from_staff", "-subject"), name="handover_from"),
        )


class HandOverItem(models.Model):
    """A task of a hand-over; `minutes_left` are working minutes to its planned end, below zero when it was late."""

    handover = models.ForeignKey(HandOver, models.PROTECT, related_name="items")
    no = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    task_id = models.BigIntegerField()
    step = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    minutes_left = models.IntegerField()
    pending = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("handover", "no"), name="handoveritem_no_once"),
            models.UniqueConstraint(
                fields=("task_id",), condition=Q(pending=True), name="handoveritem_one_pending"
            ),
        )


from motcua.dossiers.models_awaited import Awaited as Awaited  # noqa: E402
from motcua.dossiers.models_awaited import Evidence as Evidence  # noqa: E402
from motcua.dossiers.models_campaign import Campaign as Campaign  # noqa: E402
from motcua.dossiers.models_campaign import CampaignItem as CampaignItem  # noqa: E402
from motcua.dossiers.models_closing import Closing as Closing  # noqa: E402
from motcua.dossiers.models_consulting import Opinion as Opinion  # noqa: E402
from motcua.dossiers.models_consulting import OpinionRequest as OpinionRequest  # noqa: E402
from motcua.dossiers.models_correcting import ResultCorrection as ResultCorrection  # noqa: E402
from motcua.dossiers.models_docket import Docket as Docket  # noqa: E402
from motcua.dossiers.models_docket import DocketItem as DocketItem  # noqa: E402
from motcua.dossiers.models_docket import PaperTrip as PaperTrip  # noqa: E402
from motcua.dossiers.models_names import OwnerName as OwnerName  # noqa: E402
from motcua.dossiers.models_outage import LateEntry as LateEntry  # noqa: E402
from motcua.dossiers.models_outage import Outage as Outage  # noqa: E402
from motcua.dossiers.models_oversight import Explanation as Explanation  # noqa: E402  (they name the dossier)
from motcua.dossiers.models_oversight import Guidance as Guidance  # noqa: E402
from motcua.dossiers.models_oversight import Outlook as Outlook  # noqa: E402
from motcua.dossiers.models_oversight import PauseRecord as PauseRecord  # noqa: E402
from motcua.dossiers.models_oversight import PaymentNotice as PaymentNotice  # noqa: E402
from motcua.dossiers.models_oversight import UnlistedDemand as UnlistedDemand  # noqa: E402
from motcua.dossiers.models_parts import MirrorMessage as MirrorMessage  # noqa: E402
from motcua.dossiers.models_parts import Part as Part  # noqa: E402
from motcua.dossiers.models_passing import PassedOn as PassedOn  # noqa: E402
from motcua.dossiers.models_signs import HardshipSign as HardshipSign  # noqa: E402
from motcua.dossiers.models_told import Told as Told  # noqa: E402  (a matter of its own, in a module of its own)
from motcua.dossiers.models_trial import Trial as Trial  # noqa: E402
from motcua.dossiers.models_trial import TrialLine as TrialLine  # noqa: E402
from motcua.dossiers.models_unmanned import Unmanned as Unmanned  # noqa: E402
from motcua.dossiers.models_verification import Verification as Verification  # noqa: E402
from motcua.dossiers.models_verification import VerificationFile as VerificationFile  # noqa: E402
