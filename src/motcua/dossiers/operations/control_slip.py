"""The control slip of an ended dossier, frozen with its whole course (form 05 of 2018, 06 of 2025)."""

from __future__ import annotations

from datetime import datetime

from motcua.documents import operations as documents
from motcua.documents import papers as paper_kinds
from motcua.documents import queries as document_queries
from motcua.documents.rules import DocumentKind
from motcua.dossiers import closing, events, papers
from motcua.dossiers.closing import NothingNew
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.receipt import reception_duty
from motcua.dossiers.rules import Act, NotAllowedNow
from motcua.kernel.actor import SYSTEM, Actor
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.workflow import queries as workflow


@once
def close_control_slip(*, code: str, actor: Actor, key: str, at: datetime, seen: int | None = None) -> Done:
    """
    Freeze the course of an ended dossier as its control slip, as the one-stop officer of the receiving unit.

    One frozen before, of a step or by this act, gives way where the course went on since.

    :raises DossierNotFound, Stale, Replayed, NoDuty:
    :raises NotAllowedNow: it has not ended, or never was accepted. :raises NothingNew: the same was frozen before.
    """
    work = begin(act=Act.CLOSE_CONTROL_SLIP, code=code, actor=actor, key=key, at=at, seen=seen, body={})
    duty, dossier = reception_duty(work), work.dossier
    if dossier.accepted_at is None:
        raise NotAllowedNow("Hồ sơ chưa được tiếp nhận nên không có phiếu kiểm soát.")
    tasks = workflow.of_subject(SYSTEM, dossier.subject)
    paper = papers.control_slip(
        dossier,
        work.bundle,
        parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id],
        tasks,
        organisation.appointed(papers.doers(tasks)),
        at,
        maker_name=actor.name,
    )
    before = document_queries.latest_content(SYSTEM, dossier.subject, DocumentKind.CONTROL_SLIP)
    number, old = (before[0].id, before[1]) if before else (None, None)
    if old is not None and closing.same(paper_kinds.to_json(old), paper_kinds.to_json(paper)):
        raise NothingNew
    document = documents.freeze(
        subject=dossier.subject,
        paper=paper,
        unit_id=dossier.receiving_unit_id,
        at=at,
        replaces_id=number,
        signatory_id=actor.staff_id,
    )
    work.papers[DocumentKind.CONTROL_SLIP.value] = document.pk
    return finish(
        work,
        Act.CLOSE_CONTROL_SLIP,
        duty=duty,
        payload={"document": document.pk, "steps": len(paper.hand_overs)},
        event=told(work, events.ControlSlipClosed, document_id=document.pk),
    )
