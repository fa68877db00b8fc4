"""Papers made from what stands at the moment, as PDF: control slip, receipt for originals."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents import press, wording
from motcua.documents import queries as issued
from motcua.documents.papers import Paper
from motcua.documents.rules import DocumentKind
from motcua.dossiers import definitions, queries
from motcua.dossiers import papers as papers_of_dossiers
from motcua.edge import actors
from motcua.edge.readonly import making_paper
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.platform import access, clock
from motcua.web.desk import pages
from motcua.web.desk.dossier import inline
from motcua.workflow import queries as workflow


def pdf(paper: Paper, name: str, at: datetime) -> HttpResponse:
    """Return a paper as PDF by the template in force; nothing is kept of it."""
    frame = press.Frame.of(catalogue.template(paper.KIND, wording.local_day(at)))
    response = HttpResponse(press.pdf(frame, paper), content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    return response


@pages.officer
@require_safe
def control_slip(request: HttpRequest, code: str) -> HttpResponse:
    """Send the process control slip, made from the steps as they were done."""
    actor, now = actors.staff(request), clock.now()
    d = queries.one(actor, code).dossier
    if d.accepted_at is None:
        raise NotFound("Hồ sơ chưa được tiếp nhận nên chưa có phiếu kiểm soát.")
    access.note(actor, d.subject, "in phiếu kiểm soát", now)
    tasks = workflow.of_subject(actor, d.subject)
    paper = papers_of_dossiers.control_slip(
        d,
        definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id),
        parties.rows(actor, [d.owner_id])[d.owner_id],
        tasks,
        organisation.appointed(papers_of_dossiers.doers(tasks)),
        now,
    )
    return pdf(paper, f"Phiếu kiểm soát {d.code}.pdf", now)


@pages.officer
@require_safe
def borrowed(request: HttpRequest, code: str) -> HttpResponse:
    """Send the receipt for the originals that the unit keeps: the one frozen when they were taken, if it was."""
    actor, now = actors.staff(request), clock.now()
    view = queries.one(actor, code)
    d = view.dossier
    frozen = issued.latest(actor, d.subject, DocumentKind.BORROWED_ORIGINALS)
    if frozen is not None:
        with making_paper():
            printed = documents.printed(actor=actor, document_id=frozen.id, at=now)
        return inline(printed.pdf, "application/pdf", printed.name)
    kept = [item for item in view.components if item.borrowed_original]
    if not kept or d.accepted_at is None:
        raise NotFound("Hồ sơ này không giữ bản gốc nào.")
    access.note(actor, d.subject, "in biên nhận bản gốc", now)
    people = parties.rows(actor, {d.owner_id, d.submitter_id})
    paper = papers_of_dossiers.borrowed_originals(
        d,
        definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id),
        people[d.owner_id],
        people[d.submitter_id],
        [(item.name, item.originals) for item in kept],
        actor,
    )
    return pdf(paper, f"Biên nhận bản gốc {d.code}.pdf", now)
