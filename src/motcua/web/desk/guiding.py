"""Guidance at the counter before anything is filed: what is lacking and where to go, with its slip."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.dossiers import definitions, guidances, published
from motcua.dossiers.guidances import Told
from motcua.dossiers.hardship import TRIPS
from motcua.dossiers.operations import guidance
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows
from motcua.web.desk.dossier import inline
from motcua.web.desk.forms import GuidanceForm
from motcua.web.desk.signing import sign_url

URL: Final = "/can-bo/huong-dan/"


@pages.officer
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the guidance of the day; for a person and a procedure the form, what was said before, or give it."""
    actor = actors.staff(request)
    asked = request.POST if request.method == "POST" else request.GET
    unit = pages.counter(actor, asked.get("don-vi", "")[:20])
    party_id, code = inputs.number(asked.get("nguoi", "")), asked.get("thu-tuc", "")[:20]
    if party_id is None or not code:
        return _today(request, actor, unit)
    person = parties.party(actor, party_id)
    bundle = definitions.current(code, unit.id, clock.today())
    names = list(dict.fromkeys(published.names(bundle.procedure.body)))
    form = GuidanceForm(request.POST if request.method == "POST" else None, names=[(n, n) for n in names])
    attempt = refusals.Attempt(form)
    if attempt.ready:
        with attempt:
            guidance.guide(
                party_id=person.id, procedure_code=code, unit_id=unit.id, items=form.items(),
                where=form.cleaned_data["where"], actor=actor, key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            messages.success(request, "Đã ghi hướng dẫn. In phiếu và đưa cho người đến.")
            return redirect(f"{URL}?{urlencode({'nguoi': person.id, 'thu-tuc': code})}")
    before = guidances.of_person(actor, person.id, code)
    views = [components.from_bound(form[name]) for name in form.fields]
    context: dict[str, Any] = {
        "person": {"id": person.id, "name": person.display_name, "number": person.masked_number},
        "procedure": bundle.procedure.name,
        "code": code,
        "unit": unit,
        "before": told(before),
        "trip": before[0].trip + 1 if before else 1,
        "again": bool(before) and before[0].at.astimezone(LOCAL).date() == clock.today(),
        "most": TRIPS,
        "fields": views,
        "errors": components.summary(views),
        "general": attempt.general,
        "intake_url": f"/can-bo/tiep-nhan/?{urlencode({'nguoi-nop': person.id})}",
        "crumbs": [pages.HOME, Crumb("Hướng dẫn", URL), Crumb(person.display_name)],
    }
    return pages.show(request, "desk/guiding.html", context, section=URL, status=attempt.status)


def _today(request: HttpRequest, actor: Actor, unit: UnitRef) -> HttpResponse:
    found = guidances.of_day(actor, unit.id, clock.today())
    people = parties.rows(actor, [one.party_id for one in found]) if found else {}
    context = {
        "unit": unit,
        "rows": [
            {**line, "person": people[one.party_id].display_name if one.party_id in people else ""}
            for one, line in zip(found, told(found), strict=True)
        ],
        "too_many": sum(one.too_many for one in found),
        "crumbs": [pages.HOME, Crumb("Hướng dẫn")],
    }
    return pages.show(request, "desk/guidance_day.html", context, section=URL)


def told(found: list[Told]) -> list[dict[str, Any]]:
    """Return guidance as pages list it."""
    names = organisation.staff_names({one.officer_id for one in found if one.officer_id is not None})
    return [
        {
            "trip": one.trip,
            "too_many": one.too_many,
            "items": one.items,
            "where": one.where,
            "at": one.at,
            "who": names.get(one.officer_id or 0, ""),
            "unit": rows.unit_name(one.unit_id),
            "procedure": _name(one),
            "slip_url": f"{URL}{one.subject}/phieu.pdf",
            "sign_url": sign_url(one.document_id) if one.document_id is not None else "",
            "url": f"{URL}?{urlencode({'nguoi': one.party_id, 'thu-tuc': one.procedure_code})}",
        }
        for one in found
    ]


def _name(one: Told) -> str:
    try:
        return catalogue.current(one.procedure_code, one.at.astimezone(LOCAL).date()).name
    except NotFound:
        return one.procedure_code


@pages.officer
@require_safe
def slip(request: HttpRequest, number: int) -> HttpResponse:
    """Send the slip of a guidance as PDF, made on first opening."""
    actor = actors.staff(request)
    kept = guidances.one(actor, number)
    if kept.document_id is None or papers.document(actor, kept.document_id).subject != number:
        raise NotFound
    with making_paper():
        printed = documents.printed(actor=actor, document_id=kept.document_id, at=clock.now())
    return inline(printed.pdf, "application/pdf", printed.name)
