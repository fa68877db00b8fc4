"""Reading of corrections: of one dossier, those that wait for somebody, papers a replaced result lives on in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from motcua.documents.models import Document
from motcua.documents.rules import DocumentKind
from motcua.dossiers.correcting import OPEN, CorrectionState
from motcua.dossiers.models import Component, Dossier, MirrorMessage
from motcua.dossiers.rules import COMPETENT, ComponentState
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.organisation import queries as organisation
from motcua.platform import access, reading
from motcua.repository import queries as repository
from motcua.workflow import queries as workflow
from motcua.workflow.rules import TaskState


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One correction with its dossier."""

    id: int
    no: int
    state: CorrectionState
    asked_by: str
    asked_at: datetime
    what: str
    ground: str
    label: str
    fault: str
    reason: str
    decided_by_id: int | None
    decided_at: datetime | None
    notice_id: int | None
    officer_id: int | None
    due_at: datetime | None
    draft: Mapping[str, Any]
    drafted_at: datetime | None
    old_document_id: int
    new_document_id: int | None
    signed_by_id: int | None
    signed_at: datetime | None
    old_original: str
    done_at: datetime | None
    code: str
    subject: int
    owner_name: str
    procedure_version_id: int
    agency_id: int
    receiving_unit_id: int
    dossier_state: str
    seq: int

    @property
    def is_open(self) -> bool:
        """Tell whether somebody has still to do something."""
        return self.state in OPEN

    def late(self, now: datetime) -> bool:
        """Tell whether the new result came, or comes, after the correction's own limit."""
        return self.due_at is not None and (self.signed_at or now) > self.due_at


_OWN = (
    "id", "no", "state", "asked_by", "asked_at", "what", "ground", "label", "fault", "reason", "decided_by_id",
    "decided_at", "notice_id", "officer_id", "due_at", "draft", "drafted_at", "old_document_id",
    "new_document_id", "signed_by_id", "signed_at", "old_original", "done_at",
)  # fmt: skip
_OF_DOSSIER = (
    "code", "subject", "owner_name", "procedure_version_id", "agency_id", "receiving_unit_id", "state", "seq",
)  # fmt: skip
_EARLIEST: Final = "c.due_at NULLS LAST, c.id"
HANDING: Final = (Role.ONE_STOP_OFFICER, Role.RETURN_OFFICER)
"""Who hands the new result over and takes the old one back."""
_DECIDED_ON = [str(CorrectionState.ASKED), str(CorrectionState.DRAFTED)]
_SELECT = ", ".join((*(f"c.{name}" for name in _OWN), *(f"d.{name}" for name in _OF_DOSSIER)))


def _read(actor: Actor, where: str, values: Sequence[Any], order: str, limit: int) -> list[CorrectionRow]:
    """Return corrections of dossiers the actor may see (one statement)."""
    with reading.prepared() as cursor:
        cursor.execute(
            f"SELECT {_SELECT} FROM dossiers_resultcorrection c JOIN dossiers_dossier d ON d.subject = c.dossier_id"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE ({where}) AND {access.visible('d.subject')} ORDER BY {order} LIMIT %s",
            [*values, *access.parameters(actor), limit],
        )
        return [_row(cells) for cells in cursor.fetchall()]


def _row(cells: Sequence[Any]) -> CorrectionRow:
    made = CorrectionRow(*cells)
    return replace(made, state=CorrectionState(made.state), draft=reading.loaded(made.draft))


def of_dossier(actor: Actor, subject: int) -> list[CorrectionRow]:
    """Return the corrections of a dossier's result, the last one first (one statement)."""
    return _read(actor, "c.dossier_id = %s", [subject], "c.no DESC", 100)


def waiting(actor: Actor, limit: int = 200) -> list[CorrectionRow]:
    """Return corrections that wait for somebody in the actor's sight, the earliest limit first (one statement)."""
    if actor.kind is not ActorKind.STAFF:
        return []
    return _read(actor, "c.state = ANY(%s)", [[str(state) for state in OPEN]], _EARLIEST, limit)


def in_hand(actor: Actor, limit: int = 50) -> list[CorrectionRow]:
    """
    Return corrections this person has to do something about now, the earliest limit first (one statement).

    Asked for or to be signed: the competent person's; ordered: the officer's who was named; signed: the counter's.
    """
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return []
    agencies = [organisation.unit(duty.unit_id).agency_id for duty in actor.duties if duty.role in COMPETENT]
    counters = [duty.unit_id for duty in actor.duties if duty.role in HANDING]
    return _read(
        actor,
        "c.state = %s AND c.officer_id = %s OR c.state = ANY(%s) AND d.agency_id = ANY(%s)"
        " OR c.state = %s AND d.receiving_unit_id = ANY(%s)",
        [
            CorrectionState.ORDERED.value, actor.staff_id,
            _DECIDED_ON, agencies,
            CorrectionState.SIGNED.value, counters,
        ],
        _EARLIEST,
        limit,
    )  # fmt: skip


def candidates(actor: Actor, dossier: Dossier, on: date) -> dict[int, str]:
    """
    Return who may be named to prepare a new result: names of those who hold the roles of the dossier's steps.

    Who signs is among them only where nobody else did anything.
    """
    steps = {
        (row.unit_id, row.role, row.field)
        for row in workflow.of_subject(actor, dossier.subject)
        if row.state == TaskState.DONE and row.role and row.role not in HANDING
    }
    steps = {step for step in steps if step[1] not in COMPETENT} or steps
    return {
        holder.staff_id: holder.full_name
        for unit_id, role, field in sorted(steps)
        for holder in workflow.holders(unit_id, role, field, on)
    }


def outdated(actor: Actor, dossier: Dossier) -> dict[str, str]:
    """
    Return which papers of a dossier came from a result that was replaced since: why, by the code of the paper.

    Reused from a repository, or passed on from another part of the same interlinked group: such a paper has the bytes
    of the result, ours or a central system's (six statements at most).
    """
    found = repository.ended_uses(actor, dossier.subject)
    group = dossier.parent_id or dossier.subject
    family = [group, *Dossier.objects.filter(parent_id=group).values_list("subject", flat=True)]
    replaced = dict(
        Document.objects.filter(
            replaces__subject__in=family, replaces__kind=DocumentKind.RESULT.value
        ).values_list("replaces__file__sha256", "number")
    )
    told = MirrorMessage.objects.filter(dossier_id__in=family, replaces__file__isnull=False)
    replaced |= dict(told.values_list("replaces__file__sha256", "number"))
    if replaced:
        lent = Component.objects.filter(
            dossier_id=dossier.subject, state=ComponentState.SHARED.value, file__sha256__in=replaced
        )
        for paper, sha256 in lent.values_list("paper", "file__sha256"):
            found[paper] = f"Kết quả này đã được đính chính, thay bằng văn bản số {replaced[sha256]}."
    return found
