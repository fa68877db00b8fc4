"""
The papers a step prints: made as documents of the dossier in the act that does the step, so each time once.

A paper whose form or template is no longer in force does not keep the step from being done: the entry says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from motcua.documents import operations as documents
from motcua.documents import queries as document_queries
from motcua.documents.models import Document
from motcua.documents.papers import Paper
from motcua.documents.rules import DocumentKind
from motcua.dossiers import drafting, papers, steppapers
from motcua.dossiers.definitions import Bundle
from motcua.dossiers.drafting import DraftTemplate, TemplateGone
from motcua.dossiers.models import Answers, Component, Dossier
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.workflow.operations import Moved
from motcua.workflow.queries import TaskRow


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step done: the dossier in the act's hands, who acts, when, and the tasks as the act leaves them."""

    dossier: Dossier
    bundle: Bundle
    actor: Actor
    at: datetime
    moves: Sequence[Moved]
    settings: Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper of a step by its code: the document; None where its form is no longer in force."""

    code: str
    title: str
    document_id: int | None

    @property
    def told(self) -> dict[str, Any]:
        """Return what the ledger keeps of it."""
        return {"code": self.code, "title": self.title, "document": self.document_id}


def of_steps(done: StepDone) -> list[Printed]:
    """
    Make the papers that the steps just done print (nothing is read where they print none).

    One that an act of its own made is handed out as it is; where there is none yet, there is nothing to print.
    """
    found = []
    for code in steppapers.due(done.bundle.graph, done.moves):
        try:
            printed = _printed(done, code)
        except (NotFound, TemplateGone):
            printed = Printed(code, code, None)
        if printed is not None:
            found.append(printed)
    return found


def _printed(done: StepDone, code: str) -> Printed | None:
    dossier = done.dossier
    if code in steppapers.GIVEN:
        row = document_queries.latest(SYSTEM, dossier.subject, DocumentKind(code))
        return Printed(code, row.title, row.id) if row is not None else None
    make = _MAKERS.get(code)
    if make is None:
        template = drafting.template(code, drafting.templates(done.settings().get("draft_templates", ())))
        document = draft(dossier, done.bundle, template, done.at)
    else:
        paper = make(done)
        if paper is None:
            return None
        document = _frozen(dossier, paper, dossier.receiving_unit_id, done.at)
    return Printed(code, document.title, document.pk)


def draft(dossier: Dossier, bundle: Bundle, template: DraftTemplate, at: datetime) -> Document:
    """Make the draft of a template for a dossier as it stands; an earlier one of the same template gives way."""
    answers = Answers.objects.values_list("answers", flat=True).get(subject=dossier.subject)
    unit = organisation.root_of_agency(dossier.agency_id)
    paper = papers.draft(dossier, bundle, answers, template, unit, at=at)
    return _frozen(dossier, paper, unit.id, at, title=f"Dự thảo: {template.title}")


def _frozen(dossier: Dossier, paper: Paper, unit_id: int, at: datetime, title: str = "") -> Document:
    before = document_queries.latest(SYSTEM, dossier.subject, paper.KIND, title=title)
    return documents.freeze(
        subject=dossier.subject,
        paper=paper,
        unit_id=unit_id,
        at=at,
        title=title,
        replaces_id=before.id if before else None,
    )


def _control_slip(done: StepDone) -> Paper | None:
    dossier = done.dossier
    if dossier.accepted_at is None:  # refused at receipt: there is no course to control
        return None
    rows: dict[int, TaskRow] = {}
    for moved in done.moves:
        rows |= {row.id: row for row in (*moved.before, *moved.cancelled, *moved.opened, *moved.waiting)}
        rows |= {moved.closed.id: moved.closed} if moved.closed else {}
    tasks = sorted(rows.values(), key=lambda row: row.seq)
    return papers.control_slip(
        dossier,
        done.bundle,
        parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id],
        tasks,
        organisation.appointed(papers.doers(tasks)),
        done.at,
    )


def _borrowed(done: StepDone) -> Paper | None:
    dossier = done.dossier
    kept = list(
        Component.objects.filter(
            dossier_id=dossier.subject, borrowed_original=True, handed_back_at=None
        ).values_list("name", "originals")
    )
    if not kept or dossier.accepted_at is None:
        return None
    people = parties.rows(SYSTEM, [dossier.owner_id, dossier.submitter_id])
    return papers.borrowed_originals(
        dossier, done.bundle, people[dossier.owner_id], people[dossier.submitter_id], kept, done.actor
    )


_MAKERS: Final[Mapping[str, Callable[[StepDone], Paper | None]]] = {
    DocumentKind.CONTROL_SLIP: _control_slip,
    DocumentKind.BORROWED_ORIGINALS: _borrowed,
}
