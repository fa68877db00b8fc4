"""
A group of interlinked procedures as people see it: every part with its agency, state, dates and result, in one view.

Whoever may see the group or one of its parts learns how all of them stand; what else a part holds stays with those
who may see that part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef

from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import definitions
from motcua.dossiers.models import Dossier, MirrorMessage
from motcua.dossiers.parts import PART_STATE_NAMES, SAID_NAMES, PartState
from motcua.dossiers.rules import ENDED, STATE_NAMES, State
from motcua.kernel.actor import Actor, ActorKind
from motcua.organisation import queries as organisation
from motcua.platform import access

_RESULTS = (DocumentKind.RESULT, DocumentKind.REFUSAL_DECISION)


@dataclass(frozen=True, slots=True)
class Paper:
    """A result of a part to be opened: a document of ours, or the file a central system gave."""

    title: str
    number: str
    document_id: int | None = None
    file_id: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """
    One part. `code` is that of its dossier, empty until it is opened; `visible`: the actor may open it.

    `planned_at` is until when it was planned, `due_at` its own due date once its agency has taken it in, `answer_by`
    until when the agency is to acknowledge it. `asks` tells that a supplement is waited for, `given_up` that its
    central system was asked to withdraw it.
    """

    key: str
    no: int
    name: str
    procedure_code: str
    agency: str
    part_state: PartState
    reason: str
    planned_at: datetime
    code: str = ""
    subject: int = 0
    visible: bool = False
    state: State | None = None
    decision: str = ""
    step: str = ""
    mirrored: str = ""
    filed_at: datetime | None = None
    answer_by: datetime | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    supplement_due_at: datetime | None = None
    given_up: bool = False
    papers: tuple[Paper, ...] = ()

    @property
    def state_name(self) -> str:
        """Return how it stands, in words."""
        if self.state is None:
            return PART_STATE_NAMES[self.part_state]
        if self.state is State.SUBMITTED:
            return "Chờ cơ quan tiếp nhận"
        return STATE_NAMES[self.state]

    @property
    def ended(self) -> bool:
        """Tell whether nothing more is to be expected of it."""
        return self.state in ENDED if self.state else self.part_state is not PartState.WAITING

    @property
    def asks(self) -> bool:
        """Tell whether the applicant is to bring a supplement."""
        return self.state is State.SUPPLEMENT_REQUESTED or (
            self.state is State.SUBMITTED and self.supplement_due_at is not None
        )

    @property
    def withdrawable(self) -> bool:
        """Tell whether it can still be taken back; of a mirrored one its central system is asked to."""
        return not self.ended and not self.decision and not self.given_up

    def unacknowledged(self, now: datetime) -> bool:
        """Tell whether its agency is past the time in which it should have taken the part in."""
        waits = self.state is State.SUBMITTED and self.supplement_due_at is None
        return waits and self.answer_by is not None and now > self.answer_by

    def late(self, now: datetime) -> bool:
        """Tell whether it was done after its due date, or is past it."""
        return self.due_at is not None and (self.ended_at or now) > self.due_at

    def due_after(self, group_due_at: datetime | None) -> bool:
        """Tell whether it is still awaited, and promised for after the group's date: it was extended."""
        if self.ended or self.due_at is None or group_due_at is None:
            return False
        return self.due_at > group_due_at


@dataclass(frozen=True, slots=True)
class Family:
    """A group with its parts; `own` is the key of the part that was asked about, empty for the group itself."""

    code: str
    visible: bool
    state: State
    due_at: datetime | None
    members: tuple[Member, ...]
    own: str = ""

    @property
    def withdrawable(self) -> tuple[Member, ...]:
        """Return the parts that can still be taken back."""
        return tuple(member for member in self.members if member.withdrawable)

    def late(self, now: datetime) -> list[Member]:
        """Return whose parts are late, in order: which agency kept the group waiting (facts-lifecycle 2.6)."""
        return [member for member in self.members if member.late(now) or member.unacknowledged(now)]


_ROWS = f"""
SELECT p.key, p.no, p.name, p.procedure_code, p.agency_id, p.state, p.reason, p.planned_at, c.code, c.subject,
       {access.visible("c.subject")}, c.state, c.decision, c.step_name, c.mirrored, c.filed_at, c.answer_by,
       c.accepted_at, c.due_at, c.ended_at, c.supplement_due_at, c.agency_id,
       g.code, {access.visible("g.subject")}, g.state, g.due_at,
       EXISTS (SELECT 1 FROM dossiers_passedon a WHERE a.dossier_id = c.subject AND a.kind = 'withdrawal'
               AND a.settled_at IS NULL)
FROM dossiers_part p
JOIN dossiers_dossier g ON g.subject = p.group_id
LEFT JOIN dossiers_dossier c ON c.subject = p.child_id
WHERE p.group_id = %s ORDER BY p.no
"""  # noqa: S608  (texts of ours; values are parameters)


def family(actor: Actor, dossier: Dossier) -> Family | None:
    """
    Return the group of a dossier the actor may see, with all its parts; None for one that is handled in one piece.

    At most three statements, none where the process knows no parts; `dossier` comes from a query that knew the actor.
    """
    group = dossier.parent_id or dossier.subject
    versions = dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    if dossier.parent_id is None and not definitions.bundle(*versions).awaits_parts:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [*access.parameters(actor), *access.parameters(actor), group])
        rows = cursor.fetchall()
    if not rows:
        return None
    shown = [row[9] for row in rows if row[9] and (row[10] or row[9] == dossier.subject)]
    papers = _papers(actor, shown)
    members = tuple(
        Member(
            key=row[0],
            no=row[1],
            name=row[2],
            procedure_code=row[3],
            agency=organisation.root_of_agency(row[21] or row[4]).name,
            part_state=PartState(row[5]),
            reason=row[6],
            planned_at=row[7],
            **(
                {
                    "code": row[8],
                    "subject": row[9],
                    "visible": bool(row[10]),
                    "state": State(row[11]),
                    "decision": row[12],
                    "step": row[13],
                    "mirrored": row[14],
                    "filed_at": row[15],
                    "answer_by": row[16],
                    "accepted_at": row[17],
                    "due_at": row[18],
                    "ended_at": row[19],
                    "supplement_due_at": row[20],
                    "given_up": bool(row[26]),
                    "papers": tuple(papers.get(row[9], ())),
                }
                if row[9]
                else {}
            ),
        )
        for row in rows
    )
    return Family(rows[0][22], bool(rows[0][23]), State(rows[0][24]), rows[0][25], members, dossier.part)


def _papers(actor: Actor, subjects: Sequence[int]) -> dict[int, list[Paper]]:
    """Return the results of parts the actor may open, by subject (two statements)."""
    found: dict[int, list[Paper]] = {}
    if not subjects:
        return found
    issued = documents.visible_documents(actor).filter(
        subject__in=subjects, kind__in=_RESULTS, copy_no=1, withheld=False
    )
    for row in issued.order_by("id"):
        paper = documents.document_row(row)
        if not paper.superseded and row.subject is not None:
            found.setdefault(row.subject, []).append(Paper(row.title, row.number, document_id=row.pk))
    told = MirrorMessage.objects.filter(dossier_id__in=subjects, applied=True, file__isnull=False)
    later = MirrorMessage.objects.filter(replaces=OuterRef("pk"))
    rows = told.annotate(replaced=Exists(later)).order_by("said_at", "id")
    for subject, number, file_id, replaced in rows.values_list("dossier_id", "number", "file_id", "replaced"):
        title = "Kết quả từ hệ thống của bộ, ngành" + (" (đã được thay thế)" if replaced else "")
        found.setdefault(subject, []).append(Paper(title, number, file_id=file_id))
    return found


@dataclass(frozen=True, slots=True)
class Message:
    """What a central system said of a mirrored part, as noted."""

    message_id: str
    state: State
    said_at: datetime
    number: str
    evidence: str
    applied: bool
    noted_at: datetime

    @property
    def state_name(self) -> str:
        """Return what was said, in words."""
        return SAID_NAMES[self.state]


def messages(actor: Actor, dossier: Dossier) -> list[Message]:
    """Return what was noted of a mirrored part the actor may see, in the order of the central system's moments."""
    if not dossier.mirrored or actor.kind is ActorKind.ANONYMOUS:
        return []
    rows = MirrorMessage.objects.filter(dossier_id=dossier.subject).order_by("said_at", "id")
    return [
        Message(
            row.message_id, State(row.state), row.said_at, row.number, row.evidence, row.applied, row.noted_at
        )
        for row in rows
    ]
