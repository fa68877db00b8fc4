"""What the dossier room tells upwards. Names are versioned; fields carry no personal value but party ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierEvent:
    """What every event of a dossier tells: which, when, whose, where, in what state; `group` of which it is a part."""

    NAME: ClassVar[str] = "dossiers.changed.v1"
    code: str
    subject: int
    at: datetime
    procedure_version_id: int
    owner_party_id: int
    submitter_party_id: int
    receiving_unit_id: int
    agency_id: int
    channel: str
    state: str
    due_at: datetime | None
    unit_ids: tuple[int, ...] = ()
    group: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed(DossierEvent):
    NAME: ClassVar[str] = "dossiers.filed.v1"
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(DossierEvent):
    NAME: ClassVar[str] = "dossiers.accepted.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipIssued(DossierEvent):
    """The slip of an immediate dossier, asked for after acceptance."""

    NAME: ClassVar[str] = "dossiers.slip_issued.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenForAnother(DossierEvent):
    """Accepted by a unit that does not decide; the limit runs from the competent agency's receipt."""

    NAME: ClassVar[str] = "dossiers.taken_for_another.v1"
    document_id: int | None = None
    expected_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptConfirmed(DossierEvent):
    """The competent agency has received: its clock runs, the date is the promised one."""

    NAME: ClassVar[str] = "dossiers.receipt_confirmed.v1"
    document_id: int | None = None
    expected_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBack(DossierEvent):
    """Back at the receiving unit, by no fault of the applicant; `why` is one of `nonterritorial.Why`."""

    NAME: ClassVar[str] = "dossiers.sent_back.v1"
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRequested(DossierEvent):
    NAME: ClassVar[str] = "dossiers.supplement_requested.v1"
    document_id: int | None = None
    answer_by: datetime | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementAllowed(DossierEvent):
    """Another request for supplement was approved, beyond the one the law knows."""

    NAME: ClassVar[str] = "dossiers.supplement_allowed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplemented(DossierEvent):
    NAME: ClassVar[str] = "dossiers.supplemented.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(DossierEvent):
    NAME: ClassVar[str] = "dossiers.refused.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAfterAppraisal(DossierEvent):
    NAME: ClassVar[str] = "dossiers.refused_after_appraisal.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMoved(DossierEvent):
    """Assigned, handed over, completed or sent back; `act` says which."""

    NAME: ClassVar[str] = "dossiers.step_completed.v1"
    act: str
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced(DossierEvent):
    """The process tells the applicant something at a step of its own; `text` is a sentence of the process."""

    NAME: ClassVar[str] = "dossiers.announced.v1"
    text: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent(DossierEvent):
    """The process sends a message to whoever listens; `message_id` is its number, the same however often told."""

    NAME: ClassVar[str] = "dossiers.message_sent.v1"
    name: str = ""
    message_id: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(DossierEvent):
    NAME: ClassVar[str] = "dossiers.decided.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed(DossierEvent):
    """The result exists and waits to be handed over."""

    NAME: ClassVar[str] = "dossiers.processed.v1"
    document_id: int | None = None
    negative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(DossierEvent):
    NAME: ClassVar[str] = "dossiers.returned.v1"
    how: str = ""
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(DossierEvent):
    """Withdrawn at the applicant's request; `text` tells what of the money paid is given back, where it was decided."""

    NAME: ClassVar[str] = "dossiers.withdrawn.v1"
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDecided(DossierEvent):
    """It was decided what of the money paid is given back: `refund` in đồng, 0 for nothing; `text` tells it."""

    NAME: ClassVar[str] = "dossiers.refund_decided.v1"
    refund: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPaid(RefundDecided):
    """The money was given back."""

    NAME: ClassVar[str] = "dossiers.refund_paid.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(DossierEvent):
    """Handling was stopped; `asked_by` is one of `rules.StopAsked`."""

    NAME: ClassVar[str] = "dossiers.stopped.v1"
    document_id: int | None = None
    asked_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended(DossierEvent):
    """The clock is held on a ground of the closed list."""

    NAME: ClassVar[str] = "dossiers.suspended.v1"
    ground: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(DossierEvent):
    """A held clock runs again; the due date may have moved."""

    NAME: ClassVar[str] = "dossiers.resumed.v1"
    ground: str = ""
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionProposed(DossierEvent):
    """A letter of apology with a new date was drafted for the competent person to sign."""

    NAME: ClassVar[str] = "dossiers.extension_proposed.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(DossierEvent):
    """The new date was promised; `late`: the apology came after its last day, or after the due date itself."""

    NAME: ClassVar[str] = "dossiers.extended.v1"
    document_id: int | None = None
    due_before: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected(DossierEvent):
    NAME: ClassVar[str] = "dossiers.corrected.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided(DossierEvent):
    NAME: ClassVar[str] = "dossiers.voided.v1"
    refiled_as: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digitised(DossierEvent):
    """Scans of papers handed in at the counter were added."""

    NAME: ClassVar[str] = "dossiers.digitised.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequested(DossierEvent):
    """Financial obligations were notified: `amount` in đồng, of `notices` notices."""

    NAME: ClassVar[str] = "dossiers.payment_requested.v1"
    amount: int = 0
    notices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettled(DossierEvent):
    """Notices were paid or cancelled, and `left` are still due."""

    NAME: ClassVar[str] = "dossiers.payment_settled.v1"
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained(DossierEvent):
    """The explanation of a late dossier was written, accepted or returned; `standing` says which."""

    NAME: ClassVar[str] = "dossiers.explained.v1"
    standing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMoved(DossierEvent):
    """The dossier runs by another version of its process from now on."""

    NAME: ClassVar[str] = "dossiers.version_moved.v1"
    process_version_id: int = 0
    before_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred(DossierEvent):
    """A successor goes on with it, since the unit or agency it was with has ended."""

    NAME: ClassVar[str] = "dossiers.transferred.v1"
    from_unit_id: int
    from_agency_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecomputed(DossierEvent):
    """The due date moved because the working calendar was changed; None where only an inner time limit did."""

    NAME: ClassVar[str] = "dossiers.due_recomputed.v1"
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOpened(DossierEvent):
    """A part of an interlinked group was handed to its agency, which is to acknowledge it by `answer_by`."""

    NAME: ClassVar[str] = "dossiers.part_opened.v1"
    part: str
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsMoved(DossierEvent):
    """A group followed its parts: those handed on, by key, and those that came to an end without their result."""

    NAME: ClassVar[str] = "dossiers.parts_moved.v1"
    opened: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartImpossible(PartsMoved):
    """A part of the group can no longer be done: the applicant must know."""

    NAME: ClassVar[str] = "dossiers.part_impossible.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored(DossierEvent):
    """What a central system said of a part was noted; `applied`: it changed the part's state."""

    NAME: ClassVar[str] = "dossiers.mirrored.v1"
    applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredCorrected(Mirrored):
    """A central system gave a corrected result of a part: the one before does not count any more."""

    NAME: ClassVar[str] = "dossiers.mirrored_result_corrected.v1"
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAsked(DossierEvent):
    """
    Something was asked of the central system that decides a part, as request number `request`; `text` says what.

    It is to say by `answer_by` that it has the request.
    """

    NAME: ClassVar[str] = "dossiers.system_asked.v1"
    request: int
    asks: str
    answer_by: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRefused(DossierEvent):
    """The central system that decides a part does not accept request number `request`; why is with the dossier."""

    NAME: ClassVar[str] = "dossiers.system_refused.v1"
    request: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionAsked(DossierEvent):
    """One or several units were asked for their opinion until `answer_by`."""

    NAME: ClassVar[str] = "dossiers.opinion_asked.v1"
    document_id: int | None = None
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionGiven(DossierEvent):
    """A unit that was asked has answered."""

    NAME: ClassVar[str] = "dossiers.opinion_given.v1"
    stance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRecalled(DossierEvent):
    """A unit need not answer any more."""

    NAME: ClassVar[str] = "dossiers.opinion_recalled.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionLate(DossierEvent):
    """The time of an opinion ran out unanswered; `unit_ids` are those who owe it."""

    NAME: ClassVar[str] = "dossiers.opinion_late.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionAsked(DossierEvent):
    """The applicant, or the counter for them, says that the result is wrong."""

    NAME: ClassVar[str] = "dossiers.correction_asked.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRefused(DossierEvent):
    """The result stays as it is; the reason is with the dossier."""

    NAME: ClassVar[str] = "dossiers.correction_refused.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionOrdered(DossierEvent):
    """
    A new result is being made, due at `answer_by`.

    `text` has the apology where the agency was at fault, and that a refusal stays one.
    """

    NAME: ClassVar[str] = "dossiers.correction_ordered.v1"
    document_id: int
    answer_by: datetime
    fault: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionDrafted(DossierEvent):
    """The new result waits for its signature."""

    NAME: ClassVar[str] = "dossiers.correction_drafted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCorrected(DossierEvent):
    """The new result is issued; the one before does not count any more. `text` says that a refusal stays one."""

    NAME: ClassVar[str] = "dossiers.result_corrected.v1"
    document_id: int
    replaces_id: int
    fault: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionReminded(DossierEvent):
    """The result waits at the counter; its people are told again."""

    NAME: ClassVar[str] = "dossiers.collection_reminded.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSigned(DossierEvent):
    """An issued paper got a digital signature; `field` says whose: the signatory's or the agency's."""

    NAME: ClassVar[str] = "dossiers.paper_signed.v1"
    document_id: int
    field: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSlipClosed(DossierEvent):
    """The course of an ended dossier was frozen as its control slip."""

    NAME: ClassVar[str] = "dossiers.control_slip_closed.v1"
    document_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultArchived(DossierEvent):
    """Nobody came for the result: it lies in the archive and is handed over on demand."""

    NAME: ClassVar[str] = "dossiers.result_archived.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionReturned(DossierEvent):
    """The new result is with its owner; `old_original` tells what became of the old paper."""

    NAME: ClassVar[str] = "dossiers.correction_returned.v1"
    how: str
    old_original: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationPlanned(DossierEvent):
    """A visit on site was planned; `applicant`: they have to be there, and are told (the place is in the dossier)."""

    NAME: ClassVar[str] = "dossiers.verification_planned.v1"
    planned_at: datetime
    applicant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMoved(VerificationPlanned):
    """A planned visit has another time or place."""

    NAME: ClassVar[str] = "dossiers.verification_moved.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationCalledOff(VerificationPlanned):
    """A planned visit is not made."""

    NAME: ClassVar[str] = "dossiers.verification_called_off.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedOnSite(DossierEvent):
    """The minutes of a verification on site were recorded."""

    NAME: ClassVar[str] = "dossiers.verified_on_site.v1"
    document_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEvent:
    """What every event of an act on many dossiers tells."""

    NAME: ClassVar[str] = "dossiers.bulk_started.v1"
    run: int
    at: datetime
    act: str
    account_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkStarted(BulkEvent):
    """Begun, or taken up again after a refusal or a stop: `waiting` dossiers are still to be done."""

    NAME: ClassVar[str] = "dossiers.bulk_started.v1"
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkEnded(BulkEvent):
    """Through, or stopped by the person who began it."""

    NAME: ClassVar[str] = "dossiers.bulk_ended.v1"
    state: str
    done: int
    refused: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMoved:
    """A change began to be tried on past dossiers, or the trial came to its end; `state` says which."""

    NAME: ClassVar[str] = "dossiers.trial.v1"
    trial: int
    at: datetime
    account_id: int
    state: str
    looked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guided:
    """Somebody was told at the counter what is lacking before anything was filed; `trip` is which visit it was."""

    NAME: ClassVar[str] = "dossiers.guided.v1"
    guidance: int
    at: datetime
    party_id: int
    procedure_code: str
    unit_id: int
    trip: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlistedDemanded:
    """An officer asked for a paper beside the published record; the act was refused."""

    NAME: ClassVar[str] = "dossiers.unlisted_demanded.v1"
    demand: int
    at: datetime
    act: str
    procedure_code: str
    unit_id: int
    officer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocketMoved:
    """Papers of dossiers were put on a hand-over list, or the list was confirmed or taken back."""

    NAME: ClassVar[str] = "dossiers.docket.v1"
    docket: int
    at: datetime
    state: str
    from_unit: int
    to_unit: int | None
    dossiers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMoved:
    """A book of a unit was closed for a period, or the list of a day taken over; `act` says which."""

    NAME: ClassVar[str] = "dossiers.book.v1"
    closing: int
    at: datetime
    act: str
    book: str
    unit: int
    document_id: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterPaperSigned:
    """A paper that belongs to no dossier got a digital signature; `number` is the matter's in the ledger."""

    NAME: ClassVar[str] = "dossiers.matter_paper_signed.v1"
    number: int
    at: datetime
    document_id: int
    kind: str
    unit: int
    field: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageMoved:
    """An outage of the system was declared, or its end; `agency` None: the whole province's."""

    NAME: ClassVar[str] = "dossiers.outage.v1"
    outage: int
    at: datetime
    began_at: datetime
    ended_at: datetime | None
    agency: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverMoved:
    """Tasks were proposed to be handed over, or the proposal was answered; `state` says which."""

    NAME: ClassVar[str] = "dossiers.handover.v1"
    handover: int
    at: datetime
    state: str
    from_staff: int
    to_staff: int
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMoved:
    """
    A campaign over many dossiers of the province began, was stopped or is through; `state` says which.

    `waiting` dossiers are still to be done.
    """

    NAME: ClassVar[str] = "dossiers.campaign.v1"
    campaign: int
    at: datetime
    kind: str
    state: str
    waiting: int
