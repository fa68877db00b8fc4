"""The end of a counter's day, and the register: what is left to do, what was taken, what came and went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import papers
from motcua.dossiers import daybook, queries
from motcua.dossiers.queries import Filters
from motcua.edge import actors
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.payments import queries as payments
from motcua.payments.rules import FeeKind, Method
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, prints, rows

END: Final = "/can-bo/cuoi-ngay/"
REGISTER: Final = "/can-bo/so-theo-doi/"
PAGE: Final = 50
MOST_PRINTED: Final = 2000
METHODS: Final = {
    Method.CASH: "Tiền mặt",
    Method.CARD: "Thẻ",
    Method.TRANSFER: "Chuyển khoản",
    Method.ONLINE: "Trực tuyến",
}
KINDS: Final = {FeeKind.FEE: "Phí", FeeKind.CHARGE: "Lệ phí"}


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
    since, until = span(on)
    counts = daybook.day_counts(actor, unit.id, since, until)
    undigitised = daybook.not_digitised(actor, unit.id, since, until)
    waiting = queries.listing(actor, Filters(states=("accepted",), unit_id=unit.id), size=100)
    kept = daybook.kept_originals(actor, unit.id)
    taken = payments.taken_on(actor, unit.id, on)
    codes = queries.by_subjects(actor, [row.subject for row in taken]) if taken else {}
    kept_query = urlencode({"don-vi": unit.id, "ngay": on.isoformat()})
    context: dict[str, Any] = {
        "unit": unit.name,
        "on": on,
        "day_text": inputs.shown_date(on.isoformat()),
        "unit_field": choices(actor, unit),
        "counts": counts,
        "undigitised": [
            {"url": rows.dossier_url(row.code), "code": row.code, "owner": row.owner_name, "count": row.missing_scans}
            for row in undigitised
        ],
        "waiting": rows.lines(waiting, now),
        "kept": [
            {
                "url": rows.dossier_url(row.code),
                "code": row.code,
                "owner": row.owner_name,
                "paper": row.paper,
                "since": row.accepted_at,
            }
            for row in kept
        ],
        "fees": [
            {
                "receipt": row.receipt_number,
                "code": codes[row.subject].code if row.subject in codes else "",
                "payer": row.payer_name,
                "label": row.label,
                "kind": KINDS.get(row.kind, ""),
                "method": METHODS.get(row.method, row.method),
                "amount": row.amount,
                "at": row.paid_at,
            }
            for row in taken
        ],
        "total": sum(row.amount for row in taken),
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
        "crumbs": [pages.HOME, Crumb("Cuối ngày")],
    }  # fmt: skip
    return pages.show(request, "desk/end_of_day.html", context, section=END)


def span(on: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day and the first after it."""
    since, until = fields.start_of(on), fields.end_of(on)
    assert since is not None and until is not None  # noqa: S101  (a day has both)
    return since, until


@pages.officer
@require_safe
def end_of_day_pdf(request: HttpRequest) -> HttpResponse:
    """Send the summary of a counter's day."""
    actor, now = actors.staff(request), clock.now()
    unit, on = _unit_and_day(request, actor)
    since, until = span(on)
    counts = daybook.day_counts(actor, unit.id, since, until)
    taken = payments.taken_on(actor, unit.id, on)
    undigitised = daybook.not_digitised(actor, unit.id, since, until)
    waiting = queries.listing(actor, Filters(states=("accepted",), unit_id=unit.id), size=100)
    found = queries.by_subjects(actor, [row.subject for row in taken]) if taken else {}
    kept = daybook.kept_originals(actor, unit.id)
    paper = papers.EndOfDay(
        office=prints.office(unit),
        day=on,
        officer_name=actor.name,
        made_at=now.astimezone(LOCAL),
        received=counts.received,
        received_online=counts.online,
        returned=counts.returned,
        not_digitised=tuple(
            papers.OpenDossier(
                dossier_code=row.code, procedure="", owner_name=row.owner_name,
                received_at=since, what=f"Thiếu bản quét của {row.missing_scans} giấy tờ",
            )
            for row in undigitised
        ),
        not_forwarded=tuple(
            papers.OpenDossier(
                dossier_code=row.code,
                procedure=catalogue.definition(row.procedure_version_id).name,
                owner_name=row.owner_name,
                received_at=(row.accepted_at or row.filed_at).astimezone(LOCAL),
                what="Chưa chuyển",
                holder=rows.unit_name(row.holder_unit_id),
            )
            for row in waiting
        ),
        originals_kept=tuple(
            papers.OpenDossier(
                dossier_code=row.code,
                procedure=catalogue.definition(row.procedure_version_id).name,
                owner_name=row.owner_name,
                received_at=row.accepted_at.astimezone(LOCAL),
                what=row.paper,
            )
            for row in kept
        ),
        fees=tuple(
            papers.FeeTaken(
                receipt_number=row.receipt_number,
                dossier_code=found[row.subject].code if row.subject in found else "",
                payer_name=row.payer_name,
                label=row.label,
                kind_label=KINDS.get(row.kind, ""),
                method=METHODS.get(row.method, str(row.method)),
                amount=row.amount,
                paid_at=row.paid_at.astimezone(LOCAL),
            )
            for row in taken
        ),
    )  # fmt: skip
    return prints.pdf(paper, f"Cuối ngày {on:%d-%m-%Y} {unit.code}.pdf", now)
