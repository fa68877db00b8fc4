"""
What each paper says: one frozen dataclass per template, typed values only, worded by the templates.

`to_json` and `from_json` carry a paper through the `context` column and back unchanged. Field lists:
TT 01/2018/TT-VPCP and TT 03/2025/TT-VPCP (forms 01-07), NĐ 30/2020/NĐ-CP (letters and results).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Any, ClassVar, Final

from motcua.documents.rules import DocumentKind


class PaperForm(StrEnum):
    """In what form a component was handed in; `label` is what the paper prints."""

    ORIGINAL = "original"
    CERTIFIED_COPY = "certified_copy"
    COPY = "copy"
    ELECTRONIC = "electronic"
    REUSED = "reused"
    DATABASE = "database"

    @property
    def label(self) -> str:
        """Return the Vietnamese word of the form."""
        return _PAPER_FORMS[self]


_PAPER_FORMS: Final = {
    PaperForm.ORIGINAL: "Bản chính",
    PaperForm.CERTIFIED_COPY: "Bản sao chứng thực",
    PaperForm.COPY: "Bản sao",
    PaperForm.ELECTRONIC: "Bản điện tử",
    PaperForm.REUSED: "Dùng lại từ kho",
    PaperForm.DATABASE: "Đối chiếu cơ sở dữ liệu",
}


class Stage(StrEnum):
    """When a supplement is asked for: at receipt (no clock yet) or at appraisal."""

    RECEIPT = "receipt"
    APPRAISAL = "appraisal"


class ClockEffect(StrEnum):
    """What a supplement request does to the clock."""

    NOT_STARTED = "not_started"
    PAUSE = "pause"
    RESTART = "restart"


class StepResult(StrEnum):
    """How a hand-over stands to the step's limit; `label` is what the control slip prints."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"

    @property
    def label(self) -> str:
        """Return the Vietnamese word of the result."""
        return {"early": "Trước hạn", "on_time": "Đúng hạn", "late": "Quá hạn"}[self.value]


@dataclass(frozen=True, slots=True)
class Office:
    """Who issues a slip: the agency above, the receiving unit, how to reach it; `place` is the địa danh."""

    agency: str
    unit: str
    place: str
    address: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A person or organisation as papers name it. `id_label` says which number `id_number` is."""

    name: str
    id_label: str = "Số định danh cá nhân"
    id_number: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """
    The block under a paper: authority prefixes in order, position, full name.

    Stacked authority such as ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH") with position "PHÓ CHỦ TỊCH".
    """

    position: str
    name: str
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A component on a slip; `borrowed` marks an original lent to the agency, to be handed back."""

    name: str
    form: PaperForm
    quantity: int = 1
    note: str = ""
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee or charge in đồng."""

    label: str
    amount: int
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """
    Form 01, appointment slip (giấy tiếp nhận hồ sơ và hẹn trả kết quả).

    `received_at` is where the clock starts (NĐ 309/2026 Art 8). `through_other` masks personal numbers:
    the slip reaches the owner through another person or the post. `electronic` puts the unit's digital
    signature in the place of the receiver's. `replaces_number` names the slip this one corrects.
    `expected_due_at` stands where no due date is promised yet: the agency that decides has not received.
    """

    KIND: ClassVar = DocumentKind.SLIP
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    papers: tuple[PaperLine, ...]
    limit_text: str
    received_at: datetime
    due_at: datetime | None
    return_place: str
    receiver_name: str
    submitter: Party | None = None
    content: str = ""
    sets: int = 1
    fees: tuple[FeeLine, ...] = ()
    return_channel: str = ""
    register_volume: str = ""
    register_no: str = ""
    lookup_url: str = ""
    lookup_code: str = ""
    notes: tuple[str, ...] = ()
    electronic: bool = False
    through_other: bool = False
    replaces_number: str = ""
    expected_due_at: datetime | None = None

    @property
    def has_notes(self) -> bool:
        """Tell whether any paper has a remark, so that the column of remarks is printed."""
        return any(paper.note or paper.borrowed for paper in self.papers)


@dataclass(frozen=True, slots=True)
class SupplementItem:
    """One thing to add or correct; `form` None where no particular form is asked."""

    name: str
    what: str = ""
    form: PaperForm | None = None
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class SupplementRequest:
    """Form 02, supplement request, at receipt or at appraisal (`stage`); `answer_by` where a limit exists."""

    KIND: ClassVar = DocumentKind.SUPPLEMENT_REQUEST
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    stage: Stage
    clock: ClockEffect
    items: tuple[SupplementItem, ...]
    reasons: tuple[str, ...]
    guide_name: str
    made_at: datetime
    grounds: tuple[str, ...] = ()
    answer_by: datetime | None = None
    contact_name: str = ""
    submitter: Party | None = None
    content: str = ""
    electronic: bool = False
    through_other: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Form 03, refusal to receive: specific grounds in words, and in `guidance` where to go instead."""

    KIND: ClassVar = DocumentKind.REFUSAL
    office: Office
    owner: Party
    procedure: str
    reasons: tuple[str, ...]
    receiver_name: str
    made_at: datetime
    dossier_code: str = ""
    grounds: tuple[str, ...] = ()
    guidance: str = ""
    submitter: Party | None = None
    content: str = ""
    electronic: bool = False
    through_other: bool = False


@dataclass(frozen=True, slots=True)
class Apology:
    """Form 04, apology and extension: signed by the competent person, sent before the due date, once."""

    KIND: ClassVar = DocumentKind.APOLOGY
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    received_at: datetime
    due_at: datetime
    new_due_at: datetime
    reason: str
    signer: Signer
    made_at: datetime
    recipients: tuple[str, ...] = ()
    through_other: bool = False


@dataclass(frozen=True, slots=True)
class StopNotice:
    """Form 05 of 2025, stop notice: asked by the applicant or by the agency; money and papers given back."""

    KIND: ClassVar = DocumentKind.STOP_NOTICE
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    received_at: datetime | None
    stage: str
    asked_by: str
    reason: str
    decision_taken: bool
    signer: Signer
    made_at: datetime
    refund: int = 0
    refund_later: bool = False
    papers_returned: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    through_other: bool = False


@dataclass(frozen=True, slots=True)
class HandOver:
    """One row of the control slip: from whom, to whom, when, how it stands to the limit."""

    giver_unit: str
    giver_name: str
    receiver_unit: str
    receiver_name: str
    at: datetime
    result: StepResult | None = None
    step: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of several on the way to a result: its level from 1, the step, who signed and when."""

    level: int
    step: str
    position: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ControlSlip:
    """
    Form 05 of 2018, form 06 of 2025: process control slip, made from the step log and never edited.

    `maker_name` is who froze it, when the dossier had ended.
    """

    KIND: ClassVar = DocumentKind.CONTROL_SLIP
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    received_at: datetime
    due_at: datetime | None
    hand_overs: tuple[HandOver, ...]
    made_at: datetime
    signatures: tuple[Signature, ...] = ()
    maker_name: str = ""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One dossier of the register."""

    dossier_code: str
    procedure: str
    owner: Party
    authority: str
    received_at: datetime
    due_at: datetime | None
    sets: int = 1
    ready_at: datetime | None = None
    returned_at: datetime | None = None
    channel: str = ""
    collector: str = ""
    note: str = ""
    no: int = 0


@dataclass(frozen=True, slots=True)
class Register:
    """
    Form 06 of 2018, form 07 of 2025: dossier register of a unit. `public` masks the people in it.

    A line without a number of its own is counted from `first_no`; `verify_url` is where the same lines stand on line.
    `closed`: these lines are final, whatever becomes of the dossiers; `replaces` says which closing they replace, why.
    """

    KIND: ClassVar = DocumentKind.REGISTER
    office: Office
    scope: str
    year: int
    volume: str
    first_day: date
    last_day: date
    rows: tuple[RegisterRow, ...]
    made_at: datetime
    first_no: int = 1
    keeper_name: str = ""
    public: bool = False
    verify_url: str = ""
    closed: bool = False
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Cells 2 and 4 of an official document: body above (may be empty), issuing body, địa danh."""

    agency: str
    place: str
    parent: str = ""
    address: str = ""
    phone: str = ""
    website: str = ""


@dataclass(frozen=True, slots=True)
class RefusalDecision:
    """
    Official notice that a request is refused after appraisal, with reasons (NĐ 61/2018 Art 19.8).

    `replaces` says which notice, issued with a slip of the pen, this one takes the place of.
    """

    KIND: ClassVar = DocumentKind.REFUSAL_DECISION
    head: Letterhead
    dossier_code: str
    owner: Party
    procedure: str
    received_at: datetime
    issued_on: date
    reasons: tuple[str, ...]
    signer: Signer
    grounds: tuple[str, ...] = ()
    findings: str = ""
    guidance: str = ""
    appeal: str = ""
    recipients: tuple[str, ...] = ()
    verify_url: str = ""
    electronic: bool = True
    through_other: bool = False
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionNotice:
    """
    Official notice that an issued result is corrected, in the form of NĐ 30/2020: what is wrong, why, until when.

    `old` names the result that is wrong (title, number, day of issue); `apology`: the agency was at fault; `refusal`:
    what was issued refuses the request, and goes on doing so.
    """

    KIND: ClassVar = DocumentKind.CORRECTION_NOTICE
    head: Letterhead
    dossier_code: str
    owner: Party
    procedure: str
    old_title: str
    old_number: str
    old_issued_on: date
    ground: str
    reason: str
    due_at: datetime
    issued_on: date
    signer: Signer
    apology: bool = False
    basis: str = ""
    on_paper: bool = True
    recipients: tuple[str, ...] = ()
    verify_url: str = ""
    through_other: bool = False
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class DraftPaper:
    """
    Draft the system makes from a template of the data: no number, no signature, marked as a draft.

    `groups` are the form's answers, where the template asks for them.
    """

    KIND: ClassVar = DocumentKind.DRAFT
    head: Letterhead
    dossier_code: str
    title: str
    abstract: str
    paragraphs: tuple[str, ...]
    made_at: datetime
    issued_on: date
    groups: tuple[EntryGroup, ...] = ()
    verify_url: str = ""


@dataclass(frozen=True, slots=True)
class OpinionRequest:
    """
    Letter that asks one or several agencies for their opinion, in the form of NĐ 30/2020 (NĐ 61/2018 Art 19.5, 19.6).

    `lead` is who leads the handling, `asked` everybody asked at once, `answer_by` until when.
    """

    KIND: ClassVar = DocumentKind.OPINION_REQUEST
    head: Letterhead
    dossier_code: str
    procedure: str
    owner: Party
    received_at: datetime
    lead: str
    asked: tuple[str, ...]
    content: str
    answer_by: datetime
    signer: Signer
    issued_on: date
    recipients: tuple[str, ...] = ()
    verify_url: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a result: label and value as the form's answers give them."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class EntryGroup:
    """Lines of a result under one heading; no heading when `title` is empty."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ResultDocument:
    """
    A result in the form of NĐ 30/2020: head, number, type name and abstract, grounds, body, signer.

    `enacting` is the line between grounds and body of a decision ("QUYẾT ĐỊNH:"), empty for certificates;
    `authority` who decides ("Chủ tịch Ủy ban nhân dân …"), printed above the grounds, by default the body.
    `signatures` are those of the levels before the one whose block stands under the paper.
    """

    KIND: ClassVar = DocumentKind.RESULT
    head: Letterhead
    dossier_code: str
    type_name: str
    abstract: str
    issued_on: date
    groups: tuple[EntryGroup, ...]
    signer: Signer
    grounds: tuple[str, ...] = ()
    authority: str = ""
    enacting: str = ""
    opening: str = ""
    paragraphs: tuple[str, ...] = ()
    closing: str = ""
    valid_to: date | None = None
    recipients: tuple[str, ...] = ()
    verify_url: str = ""
    electronic: bool = True
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """An original lent to the agency."""

    name: str
    number: str = ""
    issuer: str = ""
    issued_on: date | None = None
    sheets: int = 1
    condition: str = ""


@dataclass(frozen=True, slots=True)
class BorrowedOriginals:
    """
    Receipt for originals that the agency keeps for a while; the lower part is signed on their return.

    `returned_at`, to whom and by whom: the receipt as it is frozen anew when they were given back.
    """

    KIND: ClassVar = DocumentKind.BORROWED_ORIGINALS
    office: Office
    dossier_code: str
    owner: Party
    procedure: str
    items: tuple[Original, ...]
    purpose: str
    borrowed_at: datetime
    return_by: datetime | None
    receiver_name: str
    submitter: Party | None = None
    through_other: bool = False
    returned_at: datetime | None = None
    returned_to: str = ""
    returned_by: str = ""


@dataclass(frozen=True, slots=True)
class OpenDossier:
    """A dossier that still needs something today."""

    dossier_code: str
    procedure: str
    owner_name: str
    received_at: datetime
    what: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class FeeTaken:
    """One receipt of the day, in đồng; `kind_label` is "Phí" or "Lệ phí"."""

    receipt_number: str
    dossier_code: str
    payer_name: str
    label: str
    kind_label: str
    method: str
    amount: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class EndOfDay:
    """
    What a counter hands over at closing time: counts, what is left to do, fees taken.

    `receiver_name` is who takes it over, and signs for it; `replaces` says which list of the day it replaces, and why.
    """

    KIND: ClassVar = DocumentKind.END_OF_DAY
    office: Office
    day: date
    officer_name: str
    made_at: datetime
    received: int
    received_online: int
    returned: int
    not_digitised: tuple[OpenDossier, ...] = ()
    not_forwarded: tuple[OpenDossier, ...] = ()
    originals_kept: tuple[OpenDossier, ...] = ()
    fees: tuple[FeeTaken, ...] = ()
    receiver_name: str = ""
    replaces: str = ""

    @property
    def total(self) -> int:
        """Return the sum of the fees in đồng."""
        return sum(fee.amount for fee in self.fees)


@dataclass(frozen=True, slots=True)
class HandOverListRow:
    """A dossier on a hand-over list; `papers` are the sheets or sets that go along."""

    dossier_code: str
    procedure: str
    owner_name: str
    papers: int


@dataclass(frozen=True, slots=True)
class HandOverList:
    """
    Papers of dossiers handed from a unit to another, an agency or the post; signed by both.

    `receiver_signs`: the receiver works in the system, and signs there too.
    """

    KIND: ClassVar = DocumentKind.HAND_OVER_LIST
    office: Office
    receiver: str
    rows: tuple[HandOverListRow, ...]
    giver_name: str
    made_at: datetime
    remark: str = ""
    verify_url: str = ""
    receiver_signs: bool = False


@dataclass(frozen=True, slots=True)
class SiteParticipant:
    """Somebody who took part in a verification on site, and as what."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class SiteMinutes:
    """
    Minutes of a verification on site: time, place, people, content (NĐ 61/2018 Art 19.3); signed by all.

    `files` are the photos and scans kept with the dossier; `purpose` is empty where the visit was not planned.
    """

    KIND: ClassVar = DocumentKind.SITE_MINUTES
    head: Letterhead
    dossier_code: str
    procedure: str
    owner: Party
    began_at: datetime
    ended_at: datetime
    place: str
    participants: tuple[SiteParticipant, ...]
    findings: str
    conclusion: str
    signer: Signer
    issued_on: date
    purpose: str = ""
    files: int = 0
    verify_url: str = ""


@dataclass(frozen=True, slots=True)
class InternalLetter:
    """
    A letter inside the administration in the form of NĐ 30/2020: to whom, about what, in paragraphs; `figures` are the
    lines it rests on. It is confidential and carries no address to check it at.
    """

    head: Letterhead
    abstract: str
    to: tuple[str, ...]
    paragraphs: tuple[str, ...]
    signer: Signer
    issued_on: date
    figures: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    electronic: bool = False


@dataclass(frozen=True, slots=True)
class Reminder(InternalLetter):
    """A reminder or criticism of an officer or unit by the head, with the figures it rests on (R-190)."""

    KIND: ClassVar = DocumentKind.REMINDER


@dataclass(frozen=True, slots=True)
class CaseProposal(InternalLetter):
    """A proposal how a case of misconduct is to be handled, to the head who decides (R-189)."""

    KIND: ClassVar = DocumentKind.CASE_PROPOSAL


Paper = (
    Slip
    | SupplementRequest
    | Refusal
    | Apology
    | StopNotice
    | ControlSlip
    | Register
    | RefusalDecision
    | ResultDocument
    | BorrowedOriginals
    | EndOfDay
    | OpinionRequest
    | SiteMinutes
    | HandOverList
    | Reminder
    | CaseProposal
    | CorrectionNotice
    | DraftPaper
)

PAPERS: Final[Mapping[DocumentKind, type[Any]]] = {paper.KIND: paper for paper in typing.get_args(Paper)}


def to_json(paper: Paper) -> dict[str, Any]:
    """
    Return the JSON form of a paper; moments keep their offset.

    :raises ValueError: a datetime is naive.
    """
    packed = _pack(paper)
    assert isinstance(packed, dict)  # noqa: S101 (a dataclass always packs into a dict)
    return packed


def from_json(kind: DocumentKind, data: Mapping[str, Any]) -> Paper:
    """
    Return the paper frozen as `data`; fields added since then take their defaults.

    :raises TypeError: a required field is missing. :raises ValueError: a value does not parse.
    """
    paper: Paper = _unpack(PAPERS[kind], data)
    return paper


def _pack(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: _pack(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a moment on a paper needs a time zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_pack(item) for item in value]
    return value


@cache
def _hints(cls: type[Any]) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _unpack(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
        return _unpack(hint, value)
    if origin is tuple:
        return tuple(_unpack(typing.get_args(hint)[0], item) for item in value)
    if is_dataclass(hint):
        cls: Any = hint
        hints = _hints(cls)
        known = {item.name for item in fields(cls)}
        return cls(**{name: _unpack(hints[name], item) for name, item in value.items() if name in known})
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    return value
