"""Hand-over lists of papers: made and printed by who gives, confirmed by scanning or ticking by who receives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.documents import operations as documents
from motcua.dossiers import dockets
from motcua.dossiers.docketing import DOCKET_KINDS, DOCKET_STATES, MOST, DocketKind, DocketState
from motcua.dossiers.operations import docket as operations
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import WITHOUT_SIGHT, Actor
from motcua.kernel.errors import DomainError, Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows
from motcua.web.desk.dossier import inline
from motcua.web.desk.lists import scanned
from motcua.web.desk.signing import sign_url

URL: Final = "/can-bo/phieu-ban-giao/"
LIST: Final = Crumb("Phiếu bàn giao hồ sơ", URL)
LOOKS: Final[Mapping[DocketState, str]] = {
    DocketState.SENT: "wait",
    DocketState.RECEIVED: "done",
    DocketState.DIFFERENT: "late",
    DocketState.CANCELLED: "plain",
}


class HandsNeeded(NotFound):
    """The page is for those who have papers in hand: staff with a duty in a unit."""

    code = "docket_unit_needed"
    message = "Trang này dành cho cán bộ có nhiệm vụ tại một đơn vị giữ hồ sơ."


def own_units(actor: Actor) -> list[UnitRef]:
    """
    Return the units in force where the actor has a duty with dossiers, each once.

    :raises HandsNeeded: none.
    """
    nodes, on = organisation.tree().nodes, clock.today()
    found = {
        duty.unit_id: nodes[duty.unit_id].ref
        for duty in actor.duties
        if duty.role not in WITHOUT_SIGHT and duty.unit_id in nodes and nodes[duty.unit_id].in_force(on)
    }
    if not found:
        raise HandsNeeded
    return list(found.values())


def _codes(text: str) -> list[str]:
    return list(dict.fromkeys(scanned(line).upper() for line in text[:30_000].split()))[: MOST + 1]


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the lists of the officer's units, those to confirm first, and papers that wait for a list."""
    actor = actors.staff(request)
    units = own_units(actor)
    found = dockets.lists(actor)
    ordered = [one for one in found if one.mine_to_receive] + [
        one for one in found if not one.mine_to_receive
    ]
    waiting = [
        {
            "from": rows.unit_name(unit.id),
            "to": rows.unit_name(one.to_unit_id),
            "count": len(one.codes),
            "url": f"{URL}lap/?don-vi={unit.id}&den={one.to_unit_id}",
        }
        for unit in units
        for one in dockets.trips(actor, unit.id)
    ]
    context = {
        "lists": [_line(one) for one in ordered],
        "waiting": waiting,
        "to_confirm": sum(one.mine_to_receive for one in found),
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/dockets.html", context, section=URL)


def _line(one: dockets.ListRow) -> dict[str, Any]:
    return {
        "url": f"{URL}{one.number}/",
        "name": one.name,
        "from": rows.unit_name(one.from_unit_id),
        "to": one.to_name,
        "state": DOCKET_STATES[one.state],
        "look": LOOKS[one.state],
        "made_at": one.made_at,
        "dossiers": one.dossiers,
        "giver": one.giver,
        "to_confirm": one.mine_to_receive,
    }


@pages.officer
@require_http_methods(["GET", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """Show the form of a new list, filled with what waits for it; or make the list."""
    actor = actors.staff(request)
    units = own_units(actor)
    asked = request.POST if request.method == "POST" else request.GET
    unit = next((one for one in units if str(one.id) == asked.get("don-vi", "")), units[0])
    if request.method != "POST":
        return _form(request, actor, units, unit)
    kind = request.POST.get("kind", "")
    with refusals.Attempt() as attempt:
        if kind not in set(DocketKind):
            raise Invalid(errors={"kind": "Chọn bên nhận."})
        number = operations.make(
            codes=_codes(request.POST.get("ma", "")),
            from_unit_id=unit.id,
            kind=DocketKind(kind),
            to_unit_id=_unit_named(request.POST.get("to_unit", "")),
            to_name=request.POST.get("to_name", ""),
            remark=request.POST.get("remark", ""),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
        messages.success(
            request, "Đã lập phiếu. In hai bản, hai bên cùng ký; bên nhận xác nhận trên hệ thống."
        )
        return redirect(f"{URL}{number}/")
    return _form(request, actor, units, unit, attempt.refusal)


def _unit_named(text: str) -> int | None:
    number = inputs.number(text)
    return number if number in organisation.tree().nodes else None


def _receivers(unit: UnitRef) -> list[tuple[str, str]]:
    """Return the units papers go to: of the same agency first, then of the agencies above, below and beside it."""
    on, nodes = clock.today(), organisation.tree().nodes

    def above(agency_id: int) -> int | None:
        parent = organisation.parent_of(agency_id)
        return parent.agency_id if parent else None

    own, over = unit.agency_id, above(unit.agency_id)
    agencies = {node.ref.agency_id for node in nodes.values() if node.in_force(on)}
    near = {own, *(agency for agency in agencies if above(agency) in {own, over} or agency == over)}
    found = [
        node.ref
        for node in nodes.values()
        if node.in_force(on) and node.ref.id != unit.id and node.ref.agency_id in near
    ]
    found.sort(key=lambda ref: (ref.agency_id != own, ref.agency_id, ref.name))
    names = organisation.told_apart([ref.id for ref in found[:400]])
    return [(str(ref.id), names[ref.id]) for ref in found[:400]]


def _form(
    request: HttpRequest,
    actor: Actor,
    units: list[UnitRef],
    unit: UnitRef,
    refusal: DomainError | None = None,
) -> HttpResponse:
    typed = request.POST
    to = typed.get("to_unit", "") or request.GET.get("den", "")
    waiting = next((one.codes for one in dockets.trips(actor, unit.id) if str(one.to_unit_id) == to), ())
    errors = refusals.by_field(refusal)
    general = refusals.general(refusal, ("don-vi", "kind", "to_unit", "to_name", "ma", "remark"))
    receivers = _receivers(unit)
    if to and to not in {number for number, _ in receivers} and _unit_named(to) is not None:
        receivers.insert(0, (to, rows.unit_name(_unit_named(to))))
    shown = [
        FieldView(
            "don-vi", "Đơn vị giao", "select", value=str(unit.id), required=True, error=errors.get("don-vi", ""),
            options=tuple(Option(str(one.id), one.short_name or one.name) for one in units),
        ),
        FieldView(
            "kind", "Bên nhận", "radio", value=typed.get("kind", DocketKind.UNIT.value), required=True,
            error=errors.get("kind", ""),
            options=tuple(Option(kind.value, name) for kind, name in DOCKET_KINDS.items()),
        ),
        FieldView(
            "to_unit", "Đơn vị nhận", "select", value=to, error=errors.get("to_unit", ""), quiet=True,
            help="Khi giao cho phòng, đơn vị trong hệ thống.", blank="Chọn đơn vị",
            options=tuple(Option(number, name) for number, name in receivers),
        ),
        FieldView(
            "to_name", "Tên bưu điện, cơ quan nhận", "text", value=typed.get("to_name", ""), width="l",
            maxlength=300, error=errors.get("to_name", ""), quiet=True,
            help="Khi giao cho bưu điện hoặc cơ quan chưa dùng hệ thống này.",
        ),
        FieldView(
            "ma", "Mã hồ sơ", "textarea", required=True, error=errors.get("ma", ""),
            value=typed.get("ma", "") or "\n".join(waiting),
            help="Quét mã trên giấy hẹn hoặc gõ mã, mỗi mã một dòng.",
        ),
        FieldView(
            "remark", "Ghi chú trên phiếu", "text", value=typed.get("remark", ""), width="l", maxlength=300,
        ),
    ]  # fmt: skip
    context = {
        "fields": shown,
        "errors": components.summary(shown),
        "general": general,
        "crumbs": [pages.HOME, LIST, Crumb("Lập phiếu")],
    }
    return pages.show(request, "desk/docket_form.html", context, section=URL, status=refusals.status(refusal))


@pages.officer
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a list; a receiver who scans or ticks sees what is there before confirming it."""
    return _page(request, actors.staff(request), number)


def _page(
    request: HttpRequest, actor: Actor, number: int, refusal: DomainError | None = None
) -> HttpResponse:
    one, items = dockets.one_list(actor, number)
    posted = request.method == "POST"
    found = _found(request) if posted else set()
    errors = refusals.by_field(refusal)
    remarked = [name for name in errors if name.startswith("ghi-")]
    general = refusals.general(refusal, ("note", "receiver_name", *remarked))
    shown = [
        FieldView(
            "note", "Ghi chú của bên nhận", "text", value=request.POST.get("note", ""), maxlength=1000, width="l",
            error=errors.get("note", ""), help="Bắt buộc khi có hồ sơ ngoài phiếu.",
        )
    ]  # fmt: skip
    if one.to_unit_id is None:
        shown.insert(
            0,
            FieldView(
                "receiver_name", "Người đã ký nhận trên phiếu", "text", required=True, maxlength=200, width="m",
                value=request.POST.get("receiver_name", ""), error=errors.get("receiver_name", ""),
                autocomplete="off",
            ),
        )  # fmt: skip
    cancel = FieldView(
        "reason", "Lý do hủy phiếu", "text", required=True, maxlength=300, error=errors.get("reason", "")
    )
    context = {
        "one": one,
        "kind": DOCKET_KINDS[one.kind],
        "line": _line(one),
        "giver_unit": organisation.full_name(organisation.unit(one.from_unit_id)),
        "items": [
            {
                "row": item,
                "url": rows.dossier_url(item.code),
                "there": item.code in found if posted else False,
                "said": request.POST.get(f"ghi-{item.code}", ""),
                "wrong": errors.get(f"ghi-{item.code}", ""),
            }
            for item in items
        ],
        "beyond": sorted(found - {item.code for item in items}),
        "typed": request.POST.get("ma", ""),
        "looked": posted,
        "counted": len(found & {item.code for item in items}),
        "fields": shown,
        "cancel": cancel,
        "to_cancel": one.mine and one.state is DocketState.SENT,
        "errors": components.summary(shown),
        "general": general,
        "wrong": [errors[name] for name in remarked],
        "pdf_url": f"{URL}{number}/phieu.pdf",
        "sign_url": sign_url(one.document_id),
        "here": f"{URL}{number}/",
        "crumbs": [pages.HOME, LIST, Crumb(one.name)],
    }
    return pages.show(request, "desk/docket.html", context, section=URL, status=refusals.status(refusal))


def _found(request: HttpRequest) -> set[str]:
    return {*_codes(request.POST.get("ma", "")), *request.POST.getlist("co")[:MOST]}


@pages.officer
@require_POST
def receive(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm a list with what was scanned or ticked, and the remarks."""
    actor = actors.staff(request)
    _, items = dockets.one_list(actor, number)
    with refusals.Attempt() as attempt:
        state = operations.receive(
            docket=number,
            found=_found(request),
            remarks={item.code: request.POST.get(f"ghi-{item.code}", "") for item in items},
            note=request.POST.get("note", ""),
            receiver_name=request.POST.get("receiver_name", ""),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
        if state is DocketState.RECEIVED:
            messages.success(request, "Đã xác nhận nhận đủ.")
        else:
            messages.warning(
                request, "Đã xác nhận, có chênh lệch ghi ở từng hồ sơ. Bên giao thấy các ghi chú này."
            )
        return redirect(f"{URL}{number}/")
    return _page(request, actor, number, attempt.refusal)


@pages.officer
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Take a list back before it is confirmed."""
    actor = actors.staff(request)
    dockets.one_list(actor, number)
    with refusals.Attempt() as attempt:
        operations.cancel(
            docket=number,
            reason=request.POST.get("reason", ""),
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
        )
        messages.success(request, "Đã hủy phiếu.")
        return redirect(f"{URL}{number}/")
    return _page(request, actor, number, attempt.refusal)


@pages.officer
@require_safe
def pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Send the list as PDF."""
    actor = actors.staff(request)
    one, _ = dockets.one_list(actor, number)
    with making_paper():
        printed = documents.printed(actor=actor, document_id=one.document_id, at=clock.now())
    return inline(printed.pdf, "application/pdf", printed.name)
