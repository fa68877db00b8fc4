"""What requests and answers look like. Requests are strict: unknown fields and wrong kinds are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=1, lt=2**63)]
Seen = Annotated[int, Field(ge=0, lt=2**31)]
Short = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(max_length=10_000)]
Code = Annotated[str, Field(max_length=80)]


class In(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """An answer."""


# Requests


class SignIn(In):
    """User name and password; citizens may give their personal number as user name."""

    audience: Literal["staff", "citizen"]
    username: Annotated[str, Field(min_length=1, max_length=150)]
    password: Annotated[str, Field(max_length=200)]


class Paper(In):
    """One paper of a filing. Citizens hand in stored files; at the counter papers may lie on the desk."""

    file_id: Id | None = None
    handed_in: bool = False
    reused: bool = False
    borrowed_original: bool = False


class NewDossier(In):
    """
    A dossier to be filed. Parties by number, units by code.

    Without `owner_id` the owner is the submitter; a citizen is always the submitter and files for themselves or for an
    organisation they represent by law. `competent_unit` is the unit of the agency that decides, where another one
    receives.
    """

    procedure: Code
    receiving_unit: Code
    channel: Literal["direct", "online", "post", "kiosk"]
    owner_id: Id | None = None
    submitter_id: Id | None = None
    answers: dict[str, Any] = {}
    papers: dict[str, Paper] = {}
    return_channel: Literal["account", "direct", "post"] = "account"
    return_address: Short = ""
    sets: Annotated[int, Field(ge=1, le=99)] = 1
    place_unit: Code | None = None
    competent_unit: Code | None = None


class Fees(In):
    """What the counter settles about fees: units owed by fee code, paid now in cash or not, exemptions seen."""

    due: dict[str, Annotated[int, Field(ge=0, le=10_000)]] = {}
    paid: bool = False
    exemptions: list[Code] = []


class Late(In):
    """When the paper was really taken, the declared outage, or why it could not be entered at once (R-053)."""

    received_at: Annotated[AwareDatetime, Field(strict=False)]
    outage_id: Id | None = None
    reason: Long = ""


class TakeIn(NewDossier):
    """
    A dossier filed and accepted at the counter in one go; `late` where its paper was taken during an outage. Without
    `slip` an immediate dossier gets its slip only when asked for.
    """

    fees: Fees | None = None
    late: Late | None = None
    slip: bool | None = None


class OnDossier(In):
    """Every act on a dossier may carry `seen`: its `seq` when it was looked at; it refuses when that has passed."""

    seen: Seen | None = None


class Accept(OnDossier):
    fees: Fees | None = None
    slip: bool | None = None


class Refuse(OnDossier):
    reason: Long
    guidance: Long = ""


class Item(In):
    """A paper or piece of information that is asked for, and what is wrong with it."""

    name: Annotated[str, Field(min_length=1, max_length=300)]
    what: Annotated[str, Field(max_length=1000)] = ""


class RequestSupplement(OnDossier):
    """`task_id` is the open step at appraisal; before acceptance it is left out."""

    items: Annotated[list[Item], Field(max_length=100)]
    reason: Long
    ground: Short = ""
    restart: bool = True
    task_id: Id | None = None


class Supplement(OnDossier):
    """Papers by code: a stored file, or null for paper handed over at the counter; `answers` replace the form."""

    papers: dict[str, Id | None] = {}
    answers: dict[str, Any] | None = None


class Forward(OnDossier):
    """
    `paper`: papers go along by hand; the forward then counts as one on paper. `competent_unit` names another unit that
    decides, of a dossier received for another agency and sent back.
    """

    what: Annotated[str, Field(max_length=1000)] = ""
    paper: bool = False
    competent_unit: Code | None = None


class SendBack(OnDossier):
    """Back to the unit that received: not competent, or not complete."""

    why: Literal["not_competent", "incomplete"]
    reason: Long


class Assign(OnDossier):
    """Without `staff_id` one takes the task oneself."""

    task_id: Id
    staff_id: Id | None = None
    note: Long = ""


class CompleteStep(OnDossier):
    """`outcome` is one of the task's; a signature that grants or refuses is one of them."""

    task_id: Id
    outcome: Code
    note: Long = ""


class Release(OnDossier):
    task_id: Id
    reason: Long


class MessageIn(OnDossier):
    """
    A message that the process waits for: its name in the process, the sender's own number, what it says.

    The number is the idempotency key: the same message again changes nothing, another one under it is refused.
    """

    name: Code
    message_id: Annotated[str, Field(min_length=1, max_length=100)]
    content: dict[str, Any] = Field(default_factory=dict, max_length=100)


class TakeOver(OnDossier):
    """`awaited_id` is the automatic step that could not be done; `outcome` where it has several ways out."""

    awaited_id: Id
    outcome: Code = ""
    reason: Long


class ReturnStep(OnDossier):
    task_id: Id
    node: Code
    reason: Long


class PaymentNotice(In):
    """A financial obligation; `amount` in đồng. `at_counter`: the receiving unit takes the money."""

    kind: Literal["tax", "fee", "charge"]
    label: Short
    amount: Annotated[int, Field(gt=0, le=10**13)]
    number: Short
    payee: Annotated[str, Field(max_length=300)] = ""
    basis: Annotated[str, Field(max_length=500)] = ""
    at_counter: bool = False


class RequestPayment(OnDossier):
    notices: Annotated[list[PaymentNotice], Field(min_length=1, max_length=20)]


class ConfirmPayment(OnDossier):
    """`method` takes the money at the counter; without it `evidence` names what shows the payment."""

    notice_ids: Annotated[list[Id], Field(min_length=1, max_length=20)]
    method: Literal["", "cash", "card", "transfer"] = ""
    evidence: Annotated[str, Field(max_length=300)] = ""


class CancelPayment(OnDossier):
    notice_ids: Annotated[list[Id], Field(min_length=1, max_length=20)]
    reason: Long


class Explain(OnDossier):
    """Why a dossier is late; `remedy` is what is done so that it does not happen again."""

    cause: Code
    reason: Long
    remedy: Long = ""


class AcceptExplanation(OnDossier):
    note: Long = ""


class ReturnExplanation(OnDossier):
    reason: Long


class AllowSupplement(OnDossier):
    reason: Long


class Suspend(OnDossier):
    """`reference` is the number of the document that shows the ground."""

    ground: Literal["applicant_confirmation", "system_outage", "external_appraisal"]
    reason: Long
    reference: Short


class AskOpinion(OnDossier):
    """`units` are codes of units; `due_at` with its offset."""

    units: Annotated[list[Code], Field(max_length=20)]
    content: Long
    due_at: Annotated[AwareDatetime, Field(strict=False)]


class GiveOpinion(OnDossier):
    opinion_id: Id
    stance: Literal["agree", "disagree", "not_concerned"]
    text: Long = ""
    file_id: Id | None = None


class RecallOpinion(OnDossier):
    opinion_id: Id
    reason: Long


class AskCorrection(OnDossier):
    """`what` is what is wrong with the result, and what would be right."""

    what: Long


class RefuseCorrection(OnDossier):
    reason: Long


class OrderCorrection(OnDossier):
    """`ground` is one of the settings' list; `staff_id` prepares the new result."""

    ground: Code
    reason: Long
    staff_id: Id


class RefusalWording(In):
    """Words of a refusal that were written wrongly; those left out stay as they are."""

    owner_name: Annotated[str, Field(max_length=300)] | None = None
    owner_number: Annotated[str, Field(max_length=30)] | None = None
    owner_address: Annotated[str, Field(max_length=500)] | None = None
    reason: Annotated[str, Field(max_length=4000)] | None = None
    grounds: Annotated[str, Field(max_length=4000)] | None = None


class DraftCorrection(OnDossier):
    """
    What the new result states: answers that differ, by key, and the owner's name where that was wrong.

    Of a refusal only its `wording` can be changed.
    """

    answers: dict[Annotated[str, Field(max_length=80)], Any] = Field(default={}, max_length=400)
    owner_name: Annotated[str, Field(max_length=300)] = ""
    wording: RefusalWording | None = None


class SignCorrection(OnDossier):
    pass


class PlanVerification(OnDossier):
    """A visit on site; `planned_at` with its offset."""

    planned_at: Annotated[AwareDatetime, Field(strict=False)]
    place: Short
    purpose: Long
    visitors: Annotated[str, Field(max_length=500)]
    applicant_needed: bool = False


class MoveVerification(OnDossier):
    verification_id: Id
    planned_at: Annotated[AwareDatetime, Field(strict=False)]
    place: Short
    visitors: Annotated[str, Field(max_length=500)]
    applicant_needed: bool = False
    reason: Long


class CallOffVerification(OnDossier):
    verification_id: Id
    reason: Long


class SiteParticipant(In):
    name: Short
    role: Short


class RecordVerification(OnDossier):
    """Minutes of a visit; `verification_id` where it was planned, `file_ids` uploads of photos and scans."""

    verification_id: Id | None = None
    began_at: Annotated[AwareDatetime, Field(strict=False)]
    ended_at: Annotated[AwareDatetime, Field(strict=False)]
    place: Short
    participants: Annotated[list[SiteParticipant], Field(min_length=1, max_length=40)]
    findings: Long
    conclusion: Long
    file_ids: Annotated[list[Id], Field(max_length=20)] = []


class MoveVersion(OnDossier):
    """`mapping` leads steps of the old version to steps of the new, where their ids differ."""

    version_id: int = Field(ge=1, lt=2**31)
    reason: Long
    mapping: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=64)]] = Field(
        default={}, max_length=200
    )


class Resume(OnDossier):
    proof: Long


class ReturnResult(OnDossier):
    how: Literal["account", "direct", "post"] = "direct"
    collector: Short = ""
    proof: Short = ""


class ReturnCorrection(ReturnResult):
    old_original: Literal["taken_back", "lost", "none"]


class SignPaper(OnDossier):
    """`file` is an upload of one's own (`POST /files`): the paper with one signature more in one of its fields."""

    file: Id


class SignedFile(In):
    """`file` is an upload of one's own (`POST /files`): the paper with one signature more in one of its fields."""

    file: Id


class SignatureOut(Out):
    """
    A digital signature on a paper, as it was checked when it came in (`checked_at`, real time).

    `at` is when it was signed, by a time-stamp authority (`certain`) or the clock of the signing computer; `unrevoked`:
    the signature brought an answer along that its certificate was not revoked (else that was not checked); `intact`:
    the stored file is the one that was checked.
    """

    field: str
    field_name: str
    signer: str
    issuer: str
    serial: str
    at: datetime
    certain: bool
    unrevoked: bool
    intact: bool
    complete: bool
    checked_at: datetime


class RemindCollection(OnDossier):
    pass


class ArchiveResult(OnDossier):
    """`place` is where the result lies from now on."""

    place: Short


class HandBack(OnDossier):
    collector: Short


class Refund(In):
    """What of the money paid is given back, in đồng (0: nothing); no `ground` where it is what the rules say."""

    amount: Annotated[int, Field(ge=0, le=1_000_000_000_000)]
    ground: Long = ""


class DecideRefund(OnDossier, Refund):
    pass


class PayRefund(OnDossier):
    """`reference` is the voucher by which the money was given back."""

    reference: Short


class Withdraw(OnDossier):
    """
    `parts` of a group of interlinked procedures by key; none named: all that have not ended.

    An officer may say in `refund` what of the fees paid is given back; else it is to be decided afterwards.
    """

    reason: Long
    refund: Refund | None = None
    parts: Annotated[list[Code], Field(max_length=50)] = []


class Mirror(OnDossier):
    """What a central system said of a part: its state since `said_at`, told as message `message_id`."""

    state: Short
    message_id: Annotated[str, Field(min_length=1, max_length=120)]
    said_at: Annotated[datetime, Field(strict=False)]
    evidence: Annotated[str, Field(max_length=500)]
    number: Annotated[str, Field(max_length=120)] = ""
    file_id: Id | None = None
    verifying: bool = False


class AskSystem(OnDossier):
    """What is asked of the central system that decides a part, with uploads that belong to it."""

    kind: Literal["supplement", "withdrawal", "correction"]
    words: Long
    file_ids: Annotated[list[Id], Field(max_length=20)] = []


class SystemRefused(OnDossier):
    """That a central system does not accept request `request`: why, by which paper, with its file if there is one."""

    request: Annotated[int, Field(ge=1, le=32767)]
    reason: Long
    paper: Annotated[str, Field(max_length=200)]
    file_id: Id | None = None


class ResultIn(In):
    """The result's metadata; `file_id` and `sha256` as the upload of the signed file was answered."""

    number: Annotated[str, Field(max_length=120)] = ""
    file_id: Id | None = None
    sha256: Annotated[str, Field(max_length=64)] = ""
    signed_by: Annotated[str, Field(max_length=200)] = ""
    signed_at: Annotated[AwareDatetime | None, Field(strict=False)] = None


class ReportIn(In):
    """What a partner's system says of a part it decides, as message `message_id`, since `said_at`."""

    message_id: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^\S+$")]
    dossier: Code
    status: Annotated[int, Field(ge=1, le=99)]
    said_at: Annotated[AwareDatetime, Field(strict=False)]
    note: Annotated[str, Field(max_length=300)] = ""
    verifying: bool = False
    result: ResultIn | None = None


class Stop(OnDossier):
    """`refund` says what of the fees paid is given back; else it is to be decided afterwards."""

    reason: Long
    asked_by: Literal["applicant", "agency"] = "agency"
    ground: Short = ""
    refund: Refund | None = None


class Letter(OnDossier):
    """A letter of apology: a cause of the closed list, the reason it prints, the new due day (a working day)."""

    cause: Literal["workload", "complex", "opinion", "officer", "system", "force_majeure", "other"]
    reason: Long
    new_due_on: Annotated[date, Field(strict=False)]


class Head(In):
    """What may be corrected about the head of a dossier."""

    owner_name: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    owner_phone: Annotated[str, Field(max_length=20)] | None = None
    return_channel: Literal["account", "direct", "post"] | None = None
    return_address: Short | None = None
    sets: Annotated[int, Field(ge=1, le=99)] | None = None


class CorrectIntake(OnDossier):
    reason: Long
    head: Head = Head()
    answers: dict[str, Any] = {}


class VoidAndRefile(OnDossier):
    reason: Long
    filing: NewDossier
    fees: Fees | None = None


# Answers


class Problem(Out):
    """A refusal: a stable code, a Vietnamese sentence, and errors by field where fields are wrong."""

    code: str
    message: str
    errors: dict[str, str] | None = None


class DutyOut(Out):
    role: str
    unit: str
    unit_name: str
    scope: str
    fields: list[str]


class Me(Out):
    """Who is signed in, and the CSRF token that writes send in the header X-CSRFToken."""

    kind: str
    name: str
    party_id: int | None
    staff_id: int | None
    province_wide: bool
    duties: list[DutyOut]
    csrf_token: str
    at: datetime


class ProcedureRow(Out):
    code: str
    name: str
    field: str
    field_name: str
    levels: list[str]
    online_level: str
    status: str


class Procedures(Out):
    rows: list[ProcedureRow]
    next: str


class UnitOut(Out):
    """A unit; `code` is what requests name it by."""

    code: str
    name: str
    kind: str
    tier: str


class Units(Out):
    rows: list[UnitOut]
    next: str


class ProcedureOut(Out):
    """A procedure as in force today; `record` is the whole normalised record of the catalogue."""

    code: str
    version: int
    name: str
    field: str
    field_name: str
    valid_from: date
    valid_to: date | None
    record: dict[str, Any]


class PartyOut(Out):
    id: int
    kind: str
    name: str
    number: str
    birth_date: date | None
    phone: str


class Parties(Out):
    rows: list[PartyOut]


class Known(Out):
    """What the databases know of a party, by '<database>.<field>', for filling in a form beforehand."""

    values: dict[str, Any]


class TokenOut(Out):
    access_token: str
    token_type: str
    expires_in: int
    scope: str


class ReportDone(Out):
    """What became of a message: `applied`, or `kept` without a change; `again`: it had been taken before."""

    message_id: str
    outcome: str
    dossier: str
    state: str
    again: bool


class PartTold(Out):
    """A part as its deciding system is told it; `papers` name files to be fetched."""

    dossier: str
    group: str
    part: str
    procedure: dict[str, str]
    channel: str
    filed_at: datetime
    answer_by: datetime | None
    owner: dict[str, str]
    submitter: dict[str, str]
    answers: dict[str, Any]
    papers: list[dict[str, Any]]
    state: str


class FileOut(Out):
    id: int
    name: str
    mime: str
    size: int
    sha256: str


class Opened(Out):
    """A task that an act opened, in whose unit and for which role; `main` is the outcome of the main way."""

    task_id: int
    node: str
    name: str
    unit: str
    role: str
    assignee_id: int | None
    due_at: datetime | None
    handover: bool
    main: str


class Done(Out):
    """
    What an act left behind, and the tasks it opened.

    `again` tells that the same key had done it before; papers and tasks are then not told again.
    """

    code: str
    subject: int
    state: str
    state_name: str
    seq: int
    due_at: datetime | None
    papers: dict[str, int]
    opened: list[Opened]
    again: bool


class DossierRow(Out):
    """A line of a list; personal number and phone are masked."""

    code: str
    procedure: str
    procedure_name: str
    owner_name: str
    owner_number: str
    owner_phone: str
    submitter_name: str
    channel: str
    state: str
    state_name: str
    decision: str
    step: str
    holder_unit: str | None
    holder_name: str
    receiving_unit: str
    filed_at: datetime
    answer_by: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    seq: int


class Dossiers(Out):
    """A page of dossiers; `next` goes into `after` for the page after it, empty at the end."""

    rows: list[DossierRow]
    next: str


class TaskLine(Out):
    """A line of a work list: the step and its dossier."""

    task_id: int
    step: str
    about: str
    unit: str
    role: str
    assignee_id: int | None
    opened_at: datetime
    step_due_at: datetime | None
    dossier: DossierRow


class WorkList(Out):
    rows: list[TaskLine]
    next: str


class OutcomeOut(Out):
    """A way to complete a step; `main` is the one that leads to a granted result."""

    outcome: str
    name: str
    main: bool


class StepOut(Out):
    """
    A step, past or open; an open one tells its outcomes.

    `form_parts` are the sections of the form to check there, `prints` the codes of the papers made when it is done.
    """

    task_id: int
    node: str
    name: str
    unit: str
    unit_name: str
    role: str
    assignee_id: int | None
    state: str
    opened_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    outcome: str
    handover: bool
    on_site: bool
    form_parts: list[str]
    prints: list[str]
    outcomes: list[OutcomeOut]


class ComponentOut(Out):
    paper: str
    name: str
    state: str
    required: bool
    originals: int
    copies: int
    file_id: int | None


class RequestOut(Out):
    stage: str
    items: list[dict[str, Any]]
    reason: str
    requested_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None


class DocumentOut(Out):
    id: int
    kind: str
    number: str
    title: str
    created_at: datetime
    superseded: bool


class DueChangeOut(Out):
    """A due date the dossier has had: what it was before, why it moved, the number of the paper, who and when."""

    before: datetime | None
    after: datetime
    act: str
    ground: str
    form: str
    officer_id: int | None
    at: datetime
    late: bool


class DeadlineOut(Out):
    """
    The due moment and, sentence by sentence, how it came about.

    `history` are all due dates in order, the original one first; told together with the ledger.
    """

    due_at: datetime
    original_due_at: datetime | None
    explanation: list[str]
    history: list[DueChangeOut] | None


class ClockOut(Out):
    """One of the clocks (`statutory`, `measured` by QĐ 766, `step`): until when, how it stands, why, in sentences."""

    kind: str
    name: str
    due_at: datetime
    late: bool
    paused: bool
    left: str
    explanation: list[str]


class EntryOut(Out):
    """An entry of the dossier's ledger, without personal values."""

    seq: int
    act: str
    act_name: str
    at: datetime
    occurred_at: datetime
    actor_kind: str
    officer_id: int | None
    unit: str | None
    state_before: str | None
    state_after: str | None
    due_before: datetime | None
    due_after: datetime | None


class NoticeOut(Out):
    channel: str
    title: str
    text: str
    address: str
    state: str
    at: datetime


class PartPaper(Out):
    title: str
    number: str
    document_id: int | None
    file_id: int | None


class PartOut(Out):
    """A part of a group; `code` is empty until it is opened, `mirrored` names the central system that decides it."""

    key: str
    name: str
    procedure: str
    agency: str
    code: str
    visible: bool
    part_state: str
    state: str
    state_name: str
    decision: str
    reason: str
    mirrored: str
    planned_at: datetime
    answer_by: datetime | None
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    unacknowledged: bool
    late: bool
    papers: list[PartPaper]


class DossierOut(Out):
    """Everything about a dossier the caller may see; `ledger` and `notices` only where asked for."""

    code: str
    check_value: str
    subject: int
    seq: int
    procedure: str
    procedure_name: str
    state: str
    state_name: str
    decision: str
    channel: str
    return_channel: str
    return_address: str
    sets: int
    owner_id: int
    owner_name: str
    owner_number: str
    owner_phone: str
    submitter_id: int
    submitter_name: str
    receiving_unit: str
    receiving_unit_name: str
    competent_unit: str | None
    handing: str
    agency: str
    step: str
    holder_unit: str | None
    holder_name: str
    filed_at: datetime
    forwarded_at: datetime | None
    confirmed_at: datetime | None
    expected_due_at: datetime | None
    pass_by: datetime | None
    answer_by: datetime | None
    accepted_at: datetime | None
    processed_at: datetime | None
    ended_at: datetime | None
    returned_at: datetime | None
    supplement_due_at: datetime | None
    deadline: DeadlineOut | None
    clocks: list[ClockOut]
    group: str
    part: str
    mirrored: str
    parts: list[PartOut]
    answers: dict[str, Any]
    components: list[ComponentOut]
    requests: list[RequestOut]
    steps: list[StepOut]
    documents: list[DocumentOut]
    ledger: list[EntryOut] | None
    notices: list[NoticeOut] | None


class ProgressOut(Out):
    """How far a dossier is, for anybody who has code and check value."""

    code: str
    state: str
    state_name: str
    accepted_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None


class Login(Out):
    """An account of the demo that holds a duty."""

    username: str
    name: str
    staff_id: int | None
    party_id: int | None


class Logins(Out):
    rows: list[Login]


class Deliveries(Out):
    """What the dispatcher has still before it: events by consumer, ledger entries not counted, messages queued."""

    events: dict[str, int]
    entries: int
    messages: int
