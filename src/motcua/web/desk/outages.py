"""Outages of the system: declared by who runs it; what was taken on paper meanwhile, counted apart (R-053)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import outages
from motcua.dossiers.operations import declare_outage, end_outage
from motcua.dossiers.outages import EntryRow
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.wording import length_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import csvfile, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows
from motcua.web.desk.pauses import QUARTER, day_of

URL: Final = "/can-bo/su-co/"
ENTRIES: Final = "/can-bo/nhap-sau-su-co/"
TYPED: Final = ("su_co", "bat_dau", "ket_thuc", "co_quan")
TARGETS: Final = {"what": "o-su_co", "began_at": "o-bat_dau", "ended_at": "o-ket_thuc", "agency": "o-co_quan"}
HEAD: Final = (
    "Mã hồ sơ", "Thủ tục", "Đơn vị", "Nhận giấy tờ lúc", "Nhập vào hệ thống lúc", "Chậm (phút làm việc)", "Sự cố",
    "Lý do", "Người nhập",
)  # fmt: skip


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the declared outages; who runs the system declares one, or that it is over."""
    actor, now = actors.staff(request), clock.now()
    runs = actor.duty(Role.ADMIN) is not None
    attempt = refusals.Attempt()
    what = request.POST.get("viec", "")
    if request.method == "POST" and what in DO:
        with attempt:
            messages.success(request, DO[what](request, actor))
            return redirect(URL)
    found = outages.listing(actor)
    names = organisation.staff_names({who for _, who in found})
    about = request.POST.get("so", "")

    def target(name: str) -> str:
        return f"o-het{about}" if what == "het" else TARGETS.get(name, "")

    context: dict[str, Any] = {
        "rows": [
            {
                "id": one.id,
                "what": one.what,
                "began_at": one.began_at,
                "ended_at": one.ended_at,
                "length": _length(one.began_at, one.ended_at or now),
                "scope": organisation.root_of_agency(one.agency_id).name if one.agency_id else "Toàn tỉnh",
                "who": names.get(who, ""),
            }
            for one, who in found
        ],
        "runs": runs,
        "agencies": _agencies() if runs else [],
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "errors": refusals.placed(attempt.refusal, target),
        "key": keys.new(),
        "entries_url": ENTRIES,
        "crumbs": [pages.HOME, Crumb("Sự cố hệ thống")],
    }
    return pages.show(request, "desk/outages.html", context, section=URL, status=attempt.status)


def _length(began: datetime, ended: datetime) -> str:
    """Return how long something lasted by the clock, in hours and minutes."""
    minutes = int((ended - began).total_seconds() // 60)
    return f"{minutes // 60} giờ {minutes % 60} phút" if minutes >= 60 else f"{minutes} phút"


def _agencies() -> list[tuple[int, str]]:
    """Return the agencies in force that have a counter, by name."""
    on, held = clock.today(), organisation.tree()
    found = {
        node.ref.agency_id
        for node in held.nodes.values()
        if node.in_force(on) and node.ref.kind.startswith("one_stop")
    }
    return sorted(((one, organisation.root_of_agency(one).name) for one in found), key=lambda pair: pair[1])


def _declare(request: HttpRequest, actor: Actor) -> str:
    ended = request.POST.get("ket_thuc", "").strip()
    ended_at = inputs.moment(ended)
    if ended and ended_at is None:
        raise Invalid(errors={"ended_at": "Ghi ngày và giờ, như 05/10/2026 08:30, hoặc để trống."})
    declare_outage(
        what=request.POST.get("su_co", ""), began_at=inputs.moment(request.POST.get("bat_dau", "")),
        ended_at=ended_at, agency_id=inputs.number(request.POST.get("co_quan", "")), actor=actor,
        key=keys.key(request), at=clock.now(),
    )  # fmt: skip
    return "Đã ghi nhận sự cố."


def _end(request: HttpRequest, actor: Actor) -> str:
    end_outage(
        outage_id=inputs.number(request.POST.get("so", "")) or 0,
        ended_at=inputs.moment(request.POST.get("ket_thuc", "")), actor=actor, key=keys.key(request), at=clock.now(),
    )  # fmt: skip
    return "Đã ghi sự cố kết thúc."


DO: Final = {"ghi": _declare, "het": _end}


# What was entered afterwards ----------------------------------------------------------------------------


@pages.officer
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Show by unit how many dossiers were entered after an outage and how late, then each of them."""
    actor = actors.staff(request)
    first, last, unit, kept = _asked(request)
    since, until = _bounds(first, last)
    counted = outages.counts(actor, since, until)
    found = outages.entries(actor, since, until, unit_id=unit)
    names = organisation.staff_names({one.entered_by_id for one in found})
    context: dict[str, Any] = {
        "counts": [
            {
                "unit": rows.unit_name(one.unit_id),
                "entries": one.entries,
                "mean": _worked(one.unit_id, one.mean_minutes),
                "most": _worked(one.unit_id, one.most_minutes),
                "url": f"{ENTRIES}?{urlencode({**kept, 'don-vi': one.unit_id})}",
            }
            for one in counted
        ],
        "total": sum(one.entries for one in counted),
        "rows": [
            {
                "code": one.code,
                "url": rows.dossier_url(one.code),
                "procedure": catalogue.definition(one.procedure_version_id).name,
                "owner": one.owner_name,
                "unit": rows.unit_name(one.unit_id),
                "received_at": one.received_at,
                "entered_at": one.entered_at,
                "delay": _worked(one.unit_id, one.delay_minutes),
                "what": one.what or "Không có thông báo sự cố",
                "reason": one.reason,
                "who": names.get(one.entered_by_id, ""),
            }
            for one in found
        ],
        "narrowed": rows.unit_name(unit) if unit else "",
        "fields": [
            FieldView("tu", "Nhận từ ngày", "date", value=f"{first:%d/%m/%Y}", quiet=True, width="s"),
            FieldView("den", "Đến ngày", "date", value=f"{last:%d/%m/%Y}", quiet=True, width="s"),
            FieldView(
                "don-vi", "Đơn vị", "select", value=str(unit or ""), quiet=True, blank="Tất cả",
                options=tuple(Option(str(one.unit_id), rows.unit_name(one.unit_id)) for one in counted),
            ),
        ],
        "csv_url": f"{ENTRIES}danh-sach.csv?{urlencode(kept)}",
        "enters": bool(pages.counters(actor)),
        "outages_url": URL,
        "crumbs": [pages.HOME, Crumb("Nhập sau sự cố")],
    }  # fmt: skip
    return pages.show(request, "desk/late_entries.html", context, section=ENTRIES)


@pages.officer
@require_safe
def csv_file(request: HttpRequest) -> HttpResponse:
    """Send the list as a table for spreadsheets."""
    actor = actors.staff(request)
    first, last, unit, _ = _asked(request)
    since, until = _bounds(first, last)
    found = outages.entries(actor, since, until, unit_id=unit, limit=None)
    return csvfile.answer(f"Hồ sơ nhập sau sự cố {first:%d-%m-%Y}.csv", HEAD, _table(found))


def _table(found: list[EntryRow]) -> Iterator[tuple[Any, ...]]:
    names = organisation.staff_names({one.entered_by_id for one in found})
    for one in found:
        moments = (
            f"{moment.astimezone(LOCAL):%d/%m/%Y %H:%M}" for moment in (one.received_at, one.entered_at)
        )
        yield (
            one.code, catalogue.definition(one.procedure_version_id).name, rows.unit_name(one.unit_id), *moments,
            one.delay_minutes, one.what, one.reason, names.get(one.entered_by_id, ""),
        )  # fmt: skip


def _asked(request: HttpRequest) -> tuple[date, date, int | None, dict[str, str]]:
    """Return the days, the unit and what of the address to keep."""
    asked = fields.asked(request, ("tu", "den", "don-vi"))
    first = day_of(asked["tu"], clock.today() - QUARTER)
    last = day_of(asked["den"], clock.today())
    unit = inputs.number(asked["don-vi"])
    if unit is not None and unit not in organisation.tree().nodes:
        unit = None
    return first, last, unit, {name: value for name, value in asked.items() if value}


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    return datetime.combine(first, time.min, tzinfo=LOCAL), datetime.combine(last, time.max, tzinfo=LOCAL)


def _worked(unit_id: int, minutes: int) -> str:
    """Return working time in words, by the unit's day."""
    return length_vi(minutes, organisation.calendar(unit_id).day_minutes)
