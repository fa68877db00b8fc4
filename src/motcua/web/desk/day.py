"""The end of a counter's day, and the register: what is left to do, what was taken, what came and went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import papers
from motcua.dossiers import daybook, queries
from motcua.dossiers.queries import Filters
from motcua.dossiers.rules import STATE_NAMES, State
from motcua.edge import actors, paging
from motcua.edge.paging import BadPage
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties.rules import mask
from motcua.payments import queries as payments
from motcua.payments.rules import FeeKind, Method
from motcua.platform import access, clock
from motcua.web import inputs, words
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
    return unit, fields.day(request.GET.get("ngay", "")) or clock.today()


def _choices(actor: Actor, unit: UnitRef) -> FieldView | None:
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
    since, until = _span(on)
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
        "unit_field": _choices(actor, unit),
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
        "pdf_url": f"{END}bang-tong-hop.pdf?{kept_query}",
        "crumbs": [pages.HOME, Crumb("Cuối ngày")],
    }  # fmt: skip
    return pages.show(request, "desk/end_of_day.html", context, section=END)


def _span(on: date) -> tuple[datetime, datetime]:
    since, until = fields.start_of(on), fields.end_of(on)
    assert since is not None and until is not None  # noqa: S101  (a day has both)
    return since, until


@pages.officer
@require_safe
def end_of_day_pdf(request: HttpRequest) -> HttpResponse:
    """Send the summary of a counter's day."""
    actor, now = actors.staff(request), clock.now()
    unit, on = _unit_and_day(request, actor)
    since, until = _span(on)
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


# The register ----------------------------------------------------------------------------------------


def _asked(request: HttpRequest, actor: Actor) -> tuple[UnitRef, date, date, str]:
    unit = pages.counter(actor, request.GET.get("don-vi", ""))
    today = clock.today()
    first = fields.day(request.GET.get("tu", "")) or today.replace(day=1)
    last = fields.day(request.GET.get("den", "")) or today
    return unit, first, max(first, last), request.GET.get("linh-vuc", "")[:40]


@pages.officer
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Show the register of a unit for a period, paged by key."""
    actor, now = actors.staff(request), clock.now()
    unit, first, last, field_code = _asked(request, actor)
    since, until = _span(first)[0], _span(last)[1]
    after = _key(request.GET.get("sau", ""))
    found = daybook.register(actor, unit.id, since, until, field_code=field_code, after=after, size=PAGE)
    page = paging.page(found, PAGE, lambda row: [row.accepted_at, row.subject])
    kept = {"don-vi": str(unit.id), "tu": first.isoformat(), "den": last.isoformat(), "linh-vuc": field_code}
    query = urlencode({name: value for name, value in kept.items() if value})
    context: dict[str, Any] = {
        "unit": unit.name,
        "first": first,
        "last": last,
        "filters": [
            *([choice] if (choice := _choices(actor, unit)) else []),
            fields.day_field("tu", "Tiếp nhận từ ngày", first.isoformat()),
            fields.day_field("den", "Đến ngày", last.isoformat()),
            fields.procedure_field_field(field_code),
        ],
        "rows": _lines(page.rows, now),
        "shown": len(page.rows),
        "first_url": f"{REGISTER}?{query}" if after else "",
        "next_url": f"{REGISTER}?{query}&{urlencode({'sau': page.next})}" if page.next else "",
        "pdf_url": f"{REGISTER}so.pdf?{query}",
        "crumbs": [pages.HOME, Crumb("Sổ theo dõi hồ sơ")],
    }
    return pages.show(request, "desk/register.html", context, section=REGISTER)


def _lines(found: Sequence[daybook.RegisterEntry], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "code": row.code,
            "url": rows.dossier_url(row.code),
            "procedure": catalogue.definition(row.procedure_version_id).name,
            "sets": row.sets,
            "owner": row.owner_name,
            "number": mask(row.owner_number),
            "authority": rows.unit_name(organisation.root_of_agency(row.agency_id).id),
            "received_at": row.accepted_at,
            "due_at": row.due_at,
            "ready_at": row.processed_at,
            "returned_at": row.returned_at,
            "channel": words.RETURN_CHANNELS.get(row.return_channel, ""),
            "state": STATE_NAMES[State(row.state)],
            "note": prints.register_note(row),
        }
        for row in found
    ]


def _key(text: str) -> tuple[datetime, int] | None:
    key = paging.key_of(text, 2)
    if key is None:
        return None
    try:
        moment = datetime.fromisoformat(str(key[0]))
        if moment.tzinfo is None:
            raise BadPage
        return moment, int(key[1])
    except (ValueError, TypeError) as error:
        raise BadPage from error


@pages.officer
@require_safe
def register_pdf(request: HttpRequest) -> HttpResponse:
    """Send the register of a period as a paper; long periods are printed in parts."""
    actor, now = actors.staff(request), clock.now()
    unit, first, last, field_code = _asked(request, actor)
    found = daybook.register(
        actor, unit.id, _span(first)[0], _span(last)[1], field_code=field_code, size=MOST_PRINTED
    )
    if len(found) > MOST_PRINTED:
        raise NotFound(f"Kỳ này có hơn {MOST_PRINTED} hồ sơ. Chọn kỳ ngắn hơn để in từng phần.")
    access.note(actor, 0, f"in sổ theo dõi {unit.code} {first:%d/%m/%Y}-{last:%d/%m/%Y}", now)
    scope = next(
        (item.name for item in catalogue.field_choices() if item.code == field_code), "Tất cả lĩnh vực"
    )
    paper = prints.register(actor, unit, found, first, last, scope, now)
    return prints.pdf(paper, f"Sổ theo dõi {unit.code} {first:%d-%m-%Y}.pdf", now)
