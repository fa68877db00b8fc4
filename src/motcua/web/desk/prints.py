"""Papers made from what stands at the moment: control slip, receipt for originals, register, end of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import papers, press, wording
from motcua.documents.papers import Paper
from motcua.dossiers import definitions, queries
from motcua.dossiers import papers as papers_of_dossiers
from motcua.dossiers.daybook import RegisterEntry
from motcua.dossiers.rules import CHANNEL_NAMES, STATE_NAMES, State
from motcua.edge import actors
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.parties.queries import PartyRow
from motcua.platform import access, clock
from motcua.web import words
from motcua.web.desk import pages
from motcua.workflow import queries as workflow


def office(unit: UnitRef) -> papers.Office:
    """Return the head of a paper of a unit."""
    return papers.Office(
        agency=organisation.root_of(unit.id).name, unit=unit.name, place=organisation.place_name(unit.id)
    )


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
    """Send the receipt for the originals that the unit keeps."""
    actor, now = actors.staff(request), clock.now()
    view = queries.one(actor, code)
    d = view.dossier
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


def register(
    actor: Actor,
    unit: UnitRef,
    found: Sequence[RegisterEntry],
    first_day: date,
    last_day: date,
    scope: str,
    at: datetime,
    verify_url: str = "",
) -> papers.Register:
    """Return the register of a unit for a period as a paper."""
    people = parties.rows(actor, {row.owner_id for row in found}) if found else {}
    return papers.Register(
        office=office(unit),
        scope=scope,
        year=first_day.year,
        volume="01",
        first_day=first_day,
        last_day=last_day,
        rows=tuple(_register_row(row, people[row.owner_id]) for row in found),
        made_at=at.astimezone(LOCAL),
        keeper_name=actor.name,
        verify_url=verify_url,
    )


def _register_row(row: RegisterEntry, owner: PartyRow) -> papers.RegisterRow:
    return papers.RegisterRow(
        dossier_code=row.code,
        procedure=catalogue.definition(row.procedure_version_id).name,
        owner=papers.Party(
            name=row.owner_name,
            id_number=row.owner_number,
            address=owner.address,
            phone=row.owner_phone,
        ),
        authority=organisation.root_of_agency(row.agency_id).name,
        received_at=row.accepted_at.astimezone(LOCAL),
        due_at=row.due_at.astimezone(LOCAL) if row.due_at else None,
        sets=row.sets,
        ready_at=row.processed_at.astimezone(LOCAL) if row.processed_at else None,
        returned_at=row.returned_at.astimezone(LOCAL) if row.returned_at else None,
        channel=words.RETURN_CHANNELS.get(row.return_channel, ""),
        note=register_note(row),
        no=row.register_no or 0,
    )


def register_note(row: RegisterEntry) -> str:
    """Return the remark of a line: how it came, supplement, withdrawal, stop, the successor that has it."""
    parts = [CHANNEL_NAMES.get(row.channel, "")] if row.channel != "direct" else []
    if row.supplement_count:
        parts.append("có yêu cầu bổ sung")
    if row.state in ("withdrawn", "stopped", "void"):
        parts.append(STATE_NAMES[State(row.state)].lower())
    if row.registered_unit_id is not None:
        parts.append(f"chuyển giao cho {organisation.full_name(organisation.unit(row.receiving_unit_id))}")
    text = ", ".join(part for part in parts if part)
    return text[:1].upper() + text[1:]
