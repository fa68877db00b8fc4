"""The end of a counter's day: what is left to do, what was taken, what came and went; the list of it on paper."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.dossiers import bookpapers, closings
from motcua.dossiers.bookpapers import KINDS, METHODS
from motcua.dossiers.closing import Book, Closed, Span
from motcua.edge import actors
from motcua.kernel.actor import Actor
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.payments import queries as payments
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, prints, rows

END: Final = "/can-bo/cuoi-ngay/"


def _unit_and_day(request: HttpRequest, actor: Actor) -> tuple[UnitRef, date]:
    unit = pages.counter(actor, request.GET.get("don-vi", ""))
    return unit, inputs.day(request.GET.get("ngay", "")) or clock.today()


def choices(actor: Actor, unit: UnitRef) -> FieldView | None:
    """Return the choice of a counter, None where the actor has one only."""
    units = pages.counters(actor)
    if len(units) < 2:
        return None
    return FieldView(
        "don-vi", "Quầy", "select", value=str(unit.id), required=True, quiet=True,
        options=tuple(Option(str(one.id), one.name) for one in units),
    )  # fmt: skip


@pages.officer
@require_safe
def end_of_day(request: HttpRequest) -> HttpResponse:
    """Show what a counter has to close: not digitised, not forwarded, originals kept, fees taken."""
    actor, now = actors.staff(request), clock.now()
    unit, on = _unit_and_day(request, actor)
    found = bookpapers.counter_day(actor, unit.id, on)
    kept_query = urlencode({"don-vi": unit.id, "ngay": on.isoformat()})
    context: dict[str, Any] = {
        "unit": unit.name,
        "on": on,
        "day_text": inputs.shown_date(on.isoformat()),
        "unit_field": choices(actor, unit),
        "counts": found.counts,
        "undigitised": [
            {"url": rows.dossier_url(row.code), "code": row.code, "owner": row.owner_name, "count": row.missing_scans}
            for row in found.undigitised
        ],
        "waiting": rows.lines(found.waiting, now),
        "kept": [
            {
                "url": rows.dossier_url(row.code),
                "code": row.code,
                "owner": row.owner_name,
                "paper": row.paper,
                "since": row.accepted_at,
            }
            for row in found.kept
        ],
        "fees": [
            {
                "receipt": row.receipt_number,
                "code": found.codes.get(row.subject, ""),
                "payer": row.payer_name,
                "label": row.label,
                "kind": KINDS.get(row.kind, ""),
                "method": METHODS.get(row.method, row.method),
                "amount": row.amount,
                "at": row.paid_at,
            }
            for row in found.taken
        ],
        "total": sum(row.amount for row in found.taken),
        "settled": [
            {
                "taken_by": organisation.full_name(organisation.unit(row.taken_by_id)),
                "belongs_to": organisation.full_name(organisation.unit(row.belongs_to_id)),
                "owing": row.taken_by_id == unit.id,
                "receipts": row.receipts,
                "amount": row.amount,
            }
            for row in payments.taken_for_another(actor, unit.id, on)
        ],
        "pdf_url": f"{END}bang-tong-hop.pdf?{kept_query}",
        "close_url": f"/can-bo/so-da-chot/chot/?so={Book.END_OF_DAY}&ky={Span.DAY}&{kept_query}",
        "closed": closings.current(actor, Book.END_OF_DAY, unit.id, Closed.of(Span.DAY, on)),
        "crumbs": [pages.HOME, Crumb("Cuối ngày")],
    }  # fmt: skip
    return pages.show(request, "desk/end_of_day.html", context, section=END)


@pages.officer
@require_safe
def end_of_day_pdf(request: HttpRequest) -> HttpResponse:
    """Send the summary of a counter's day as it stands at the moment."""
    actor, now = actors.staff(request), clock.now()
    unit, on = _unit_and_day(request, actor)
    found = bookpapers.counter_day(actor, unit.id, on)
    paper = bookpapers.end_of_day(unit, on, found, now, officer_name=actor.name)
    return prints.pdf(paper, f"Cuối ngày {on:%d-%m-%Y} {unit.code}.pdf", now)
