"""Lists of dossiers with filters, the search box, forwarding several at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import operations, queries
from motcua.dossiers.queries import Filters
from motcua.dossiers.rules import CHANNEL_NAMES, STATE_NAMES, Channel, State
from motcua.edge import actors, keys, paging
from motcua.kernel.errors import DomainError, NotFound
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows
from motcua.workflow import saved

PAGE: Final = 50
URL: Final = "/can-bo/ho-so/"
MOST_FORWARDED: Final = 50
NAMES: Final = ("don-vi", "trang-thai", "linh-vuc", "thu-tuc", "kenh", "tu", "den", "qua-han", "xep")

# What the leader's figures stand for; the figure's name comes as `state`, its day as `day`.
OPEN_STATES: Final = ("accepted", "in_process", "supplement_requested", "payment_requested", "suspended")
FIGURES: Final[Mapping[str, str]] = {
    "received": "Tiếp nhận trong ngày",
    "handled": "Giải quyết trong ngày",
    "early": "Giải quyết trước hạn trong ngày",
    "on_time": "Giải quyết đúng hạn trong ngày",
    "late": "Giải quyết trễ hạn trong ngày",
    "open": "Đang giải quyết",
    "overdue": "Quá hạn",
    "waiting": "Chờ bổ sung",
    "taken_for_another": "Tiếp nhận trong ngày cho cơ quan khác (phi địa giới)",
}
AT_RECEIPT: Final = ("received", "taken_for_another")


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show dossiers, newest first or by due date, paged by key; also what a leader's figure stands for."""
    actor, now = actors.staff(request), clock.now()
    asked = fields.asked(request, NAMES)
    drill = fields.asked(request, ("unit", "agency", "state", "day"))
    units = fields.own_units(actor)
    filters = _filters(asked, drill, units, now)
    by_due = asked["xep"] == "han"
    if by_due:
        found = queries.by_due(actor, filters, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE)
        page = paging.page(found, PAGE, lambda row: [row.due_at, row.subject])
    else:
        before = paging.number_of(request.GET.get("sau", ""))
        found = queries.listing(actor, filters, before=before, size=PAGE)
        page = paging.page(found, PAGE, lambda row: [row.subject])
    kept = {name: value for name, value in {**asked, **drill}.items() if value}
    paged = bool(request.GET.get("sau"))
    context: dict[str, Any] = {
        "filters": _inputs(asked, units, now),
        "drill": _drill_text(drill),
        "narrowed": bool(kept),
        "rows": rows.lines(page.rows, now),
        "sightless": not actor.unit_ids and not actor.province_wide,
        "shown": len(page.rows),
        "first_url": _url(kept) if paged else "",
        "next_url": _url({**kept, "sau": page.next}) if page.next else "",
        "clear_url": URL,
        "listing": "ho-so",
        "query": urlencode(kept),
        "saved": saved.of(actor, "ho-so"),
        "sorts": [
            ("Mới nhất trước", _url({**kept, "xep": ""})),
            ("Theo ngày hẹn", _url({**kept, "xep": "han"})),
        ],
        "sort": _url({**kept, "xep": asked["xep"] if by_due else ""}),
        "crumbs": [pages.HOME, Crumb("Hồ sơ")],
    }
    return pages.show(request, "desk/dossiers.html", context, section=URL)


def _url(values: Mapping[str, str]) -> str:
    text = urlencode({name: value for name, value in values.items() if value})
    return f"{URL}?{text}" if text else URL


def _filters(asked: Mapping[str, str], drill: Mapping[str, str], units: list[Any], now: datetime) -> Filters:
    """Return what the list is narrowed to; what is not understood narrows nothing."""
    states: tuple[str, ...] = (asked["trang-thai"],) if asked["trang-thai"] in set(State) else ()
    unit_id = fields.unit_of(asked["don-vi"], units)
    agency_id = None
    more: dict[str, Any] = {}
    if drill["unit"]:
        unit_id = _unit(drill["unit"])
    if drill["agency"]:
        found = _unit(drill["agency"])
        agency_id = organisation.unit(found).agency_id if found else None
    figure, on = drill["state"], inputs.day(drill["day"]) or clock.today()
    if figure in set(State):
        states = (figure,)
    elif figure in AT_RECEIPT:
        more = {"non_territorial": True} if figure == "taken_for_another" else {}
        more |= {"accepted_from": fields.start_of(on), "accepted_to": fields.end_of(on)}
    elif figure in ("handled", "early", "on_time", "late"):
        more = {"ended_from": fields.start_of(on), "ended_to": fields.end_of(on)}
        more["punctuality"] = "" if figure == "handled" else figure
    elif figure == "open":
        states = OPEN_STATES
    elif figure == "waiting":
        states = ("supplement_requested", "payment_requested", "suspended")
    overdue = asked["qua-han"] == "1" or figure == "overdue"
    at_receipt = not drill["unit"] or figure in AT_RECEIPT or figure not in FIGURES
    return Filters(
        states=states,
        # received counts where it was received, all else where it is handled
        unit_id=unit_id if at_receipt else None,
        handling_unit_id=None if at_receipt else unit_id,
        agency_id=agency_id,
        procedure_code=asked["thu-tuc"].split(" ")[0],
        field_code=asked["linh-vuc"],
        channel=asked["kenh"] if asked["kenh"] in set(Channel) else "",
        filed_from=fields.start_of(inputs.day(asked["tu"])),
        filed_to=fields.end_of(inputs.day(asked["den"])),
        overdue_at=now if overdue else None,
        **more,
    )


def _unit(code: str) -> int | None:
    try:
        return organisation.unit_by_code(code).id
    except NotFound:
        return int(code) if code.isdecimal() and int(code) in organisation.tree().nodes else -1


def _drill_text(drill: Mapping[str, str]) -> str:
    parts = [FIGURES.get(drill["state"], "")]
    for name in ("unit", "agency"):
        found = _unit(drill[name]) if drill[name] else None
        if found and found > 0:
            parts.append(organisation.unit(found).name)
    if drill["day"] and (on := inputs.day(drill["day"])):
        parts.append(f"ngày {on:%d/%m/%Y}")
    return ", ".join(part for part in parts if part)


def _inputs(asked: Mapping[str, str], units: list[Any], now: datetime) -> list[FieldView]:
    names = catalogue.names(clock.today())
    code = asked["thu-tuc"].split(" ")[0]
    return [
        FieldView(
            "trang-thai", "Trạng thái", "select", value=asked["trang-thai"], quiet=True, blank="Tất cả",
            options=tuple(Option(state.value, name) for state, name in STATE_NAMES.items()),
        ),
        fields.unit_field(units, asked["don-vi"]),
        fields.procedure_field_field(asked["linh-vuc"]),
        FieldView(
            "thu-tuc", "Thủ tục", "select", value=code if code in names else "", quiet=True, blank="Tất cả",
            options=tuple(
                Option(number, f"{number} {name[:80]}")
                for number, name in sorted(names.items(), key=lambda one: one[1])
            ),
        ),
        FieldView(
            "kenh", "Cách nộp", "select", value=asked["kenh"], quiet=True, blank="Tất cả",
            options=tuple(Option(channel.value, CHANNEL_NAMES[channel]) for channel in Channel),
        ),
        fields.day_field("tu", "Nộp từ ngày", asked["tu"]),
        fields.day_field("den", "Đến ngày", asked["den"]),
        FieldView(
            "qua-han", "Hạn", "select", value=asked["qua-han"], quiet=True, blank="Tất cả",
            options=(Option("1", "Chỉ hồ sơ quá hạn"),),
        ),
    ]  # fmt: skip


@pages.officer
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Find dossiers and people by whatever is at hand; one exact dossier opens at once."""
    actor, now = actors.staff(request), clock.now()
    text = request.GET.get("q", "").strip()[:300]
    asked = scanned(text)
    found = queries.search(actor, asked) if asked else []
    people = parties.search(actor, asked, limit=10) if asked and not _is_code(asked) else []
    if len(found) == 1 and (found[0].code == asked.upper() or not people):
        return redirect(rows.dossier_url(found[0].code))
    context = {
        "text": text,
        "search_value": text,
        "rows": rows.lines(found[:20], now),
        "more": len(found) > 20,
        "people": [
            {
                "url": f"/can-bo/nguoi/{row.id}/",
                "name": row.display_name,
                "number": row.masked_number,
                "phone": row.masked_phone,
                "birth_date": row.birth_date,
                "address": row.address,
            }
            for row in people
        ],
        "crumbs": [pages.HOME, Crumb("Tìm kiếm")],
    }
    return pages.show(request, "desk/search.html", context, section=URL)


def scanned(text: str) -> str:
    """Return what to look for: the number of a chip card, the code of a slip's QR, else the text itself."""
    if "|" in text:
        return text.split("|")[0].strip()
    if text.startswith(("http://", "https://")):
        return text.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    return text


def _is_code(text: str) -> bool:
    return "-" in text and any(character.isalpha() for character in text)


@pages.officer
@require_POST
def forward(request: HttpRequest) -> HttpResponse:
    """Forward the dossiers ticked in a list; each is an act of its own and stands or falls alone."""
    actor, key, now = actors.staff(request), keys.key(request), clock.now()
    chosen = list(dict.fromkeys(request.POST.getlist("chon")))[:MOST_FORWARDED]
    done, refused = 0, []
    for number, mark in enumerate(chosen):
        code, _, seen = mark.rpartition("|")
        try:
            operations.forward(
                code=code,
                actor=actor,
                key=f"{key}:{number}" if key else "",
                at=now,
                paper="kem-giay" in request.POST,
                seen=inputs.number(seen, 9),
            )
            done += 1
        except DomainError as refusal:
            refused.append(f"{code}: {refusal.message}")
    if not chosen:
        messages.warning(request, "Chưa chọn hồ sơ nào để chuyển.")
    if done:
        messages.success(request, f"Đã chuyển {done} hồ sơ.")
    for text in refused[:10]:
        messages.error(request, text)
    return redirect("/can-bo/cho/chua-chuyen/")
