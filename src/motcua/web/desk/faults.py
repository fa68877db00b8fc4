"""Faults and shortcomings of the systems: reported from any page, followed, answered, counted (R-069)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.documents import operations as documents
from motcua.edge import actors, keys, paging
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import blobs, clock
from motcua.steering.faults import operations, queries, rules
from motcua.steering.faults.queries import FaultFilters, FaultRow, FaultTotal
from motcua.steering.faults.rules import (
    FAULT_STATES,
    MOST_FILES,
    SERIOUSNESS,
    SYSTEMS,
    TURNS,
    FaultState,
    Seriousness,
    System,
)
from motcua.web import components, csvfile, inputs, refusals
from motcua.web.components import Crumb, FieldView, FileItem, Option, TimelineItem
from motcua.web.desk import fields, follow, pages, rows
from motcua.web.desk.dossier import inline
from motcua.web.desk.follow import ActForm, Refused
from motcua.web.desk.pauses import QUARTER

PAGE: Final = 50
URL: Final = "/can-bo/bao-loi/"
LIST: Final = Crumb("Báo lỗi, góp ý", URL)
LOOKS: Final[Mapping[FaultState, str]] = {
    FaultState.OPEN: "wait",
    FaultState.ANSWERED: "new",
    FaultState.CLOSED: "done",
}
HEAD: Final = ("", "Báo lỗi", "Đang xử lý", "Trả lời đúng hạn", "Quá hạn", "Tỷ lệ đúng hạn (%)")


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show one's own reports; who watches over the systems sees all, the most urgent first."""
    actor, now = actors.staff(request), clock.now()
    asked = fields.asked(request, ("xem", "tinh-trang", "he-thong", "ai"))
    watching = queries.watches(actor)
    every = watching and asked["xem"] != "toi"
    kept = {name: value for name, value in asked.items() if value}

    def url(**more: str) -> str:
        values = {name: value for name, value in {**kept, **more}.items() if value}
        return f"{URL}?{urlencode(values)}" if values else URL

    context: dict[str, Any] = {
        "every": every,
        "tabs": [("Tất cả báo lỗi", URL), ("Của tôi", f"{URL}?xem=toi")] if watching else [],
        "current": URL if every else f"{URL}?xem=toi",
        "fields": [],
        "shown": 0,
        "first_url": "",
        "next_url": "",
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    if every:
        holders = queries.keepers(actor, now)
        late = asked["tinh-trang"] == "qua-han"
        wanted = FaultFilters(
            state=FaultState(asked["tinh-trang"]) if asked["tinh-trang"] in set(FaultState) else None,
            system=System(asked["he-thong"]) if asked["he-thong"] in set(System) else None,
            owner_id=next((one for one, _ in holders if str(one) == asked["ai"]), None),
            late_at=now if late else None,
        )
        found = queries.all_faults(
            actor, wanted, after=paging.moment_of(request.GET.get("sau", "")), size=PAGE
        )
        page = paging.page(found, PAGE, lambda one: [one.due_at, one.subject])
        counts = queries.fault_counts(actor, wanted)
        context |= {
            "rows": _lines(list(page.rows)),
            "shown": len(page.rows),
            "first_url": url() if request.GET.get("sau") else "",
            "next_url": url(sau=page.next) if page.next else "",
            "fields": [
                FieldView(
                    "tinh-trang", "Tình trạng", "select", value=asked["tinh-trang"], quiet=True, blank="Mọi tình trạng",
                    options=(
                        Option("qua-han", "Quá hạn trả lời"),
                        *(Option(state.value, f"{FAULT_STATES[state]} ({count})") for state, count in counts.items()),
                    ),
                ),
                FieldView(
                    "he-thong", "Hệ thống", "select", value=asked["he-thong"], quiet=True, blank="Mọi hệ thống",
                    options=tuple(Option(one.value, name) for one, name in SYSTEMS.items()),
                ),
                FieldView(
                    "ai", "Người xử lý", "select", value=asked["ai"], quiet=True, blank="Mọi người",
                    options=tuple(Option(str(one), name) for one, name in holders),
                ),
            ],
        }  # fmt: skip
    else:
        context["rows"] = _lines(queries.own_faults(actor))
    return pages.show(request, "desk/faults.html", context, section=URL)


def _lines(found: list[FaultRow]) -> list[dict[str, Any]]:
    now = clock.now()
    names = organisation.staff_names({one.owner_id for one in found} | {one.reporter_id for one in found})
    return [_line(one, names, now) for one in found]


def _line(one: FaultRow, names: Mapping[int, str], now: Any) -> dict[str, Any]:
    return {
        "url": f"{URL}{one.subject}/",
        "system": SYSTEMS[one.system],
        "seriousness": SERIOUSNESS[one.seriousness],
        "what": one.what,
        "where": one.where,
        "state": FAULT_STATES[one.state],
        "look": LOOKS[one.state],
        "reporter": names.get(one.reporter_id, ""),
        "unit": rows.unit_name(one.unit_id),
        "owner": names.get(one.owner_id, ""),
        "reported_at": one.reported_at,
        "due_at": one.due_at,
        "open": one.state is FaultState.OPEN,
        "late": rules.in_time(one.due_at, one.answered_at, now) is False,
    }


@pages.officer
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form, with the page one comes from filled in; or take the report."""
    actor = actors.staff(request)
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            number = _report(request, actor)
            messages.success(request, "Đã ghi nhận. Câu trả lời hiện ở đây và ở mục “Báo cho bạn”.")
            return redirect(f"{URL}{number}/")
    typed, errors = request.POST, attempt.errors
    shown = [
        FieldView(
            "system", "Hệ thống nào", "radio", required=True, value=typed.get("system", System.ONE_STOP.value),
            options=tuple(Option(one.value, name) for one, name in SYSTEMS.items()), error=errors.get("system", ""),
        ),
        FieldView(
            "what", "Lỗi hoặc góp ý", "textarea", required=True, value=typed.get("what", ""), maxlength=2000,
            error=errors.get("what", ""),
            help="Bạn đang làm gì, thấy gì, lẽ ra phải thế nào. Không ghi số định danh, số điện thoại của người dân.",
        ),
        FieldView(
            "where", "Ở trang nào, chỗ nào", "text", value=typed.get("where", request.GET.get("trang", ""))[:300],
            width="l", maxlength=300, error=errors.get("where", ""), autocomplete="off",
        ),
        FieldView(
            "seriousness", "Mức độ", "radio", required=True, value=typed.get("seriousness", Seriousness.SERIOUS.value),
            options=tuple(Option(one.value, name) for one, name in SERIOUSNESS.items()),
            error=errors.get("seriousness", ""),
        ),
        FieldView(
            "tep", "Ảnh chụp màn hình hoặc tệp", "file", accept=".png,.jpg,.jpeg,.pdf", error=errors.get("tep", ""),
            help=f"Nhiều nhất {MOST_FILES} tệp ảnh hoặc PDF.",
        ),
    ]  # fmt: skip
    context = {
        "fields": shown,
        "errors": components.summary(shown),
        "general": [] if errors else attempt.general,
        "crumbs": [pages.HOME, LIST, Crumb("Gửi")],
    }
    return pages.show(request, "desk/fault_form.html", context, section=URL, status=attempt.status)


def _report(request: HttpRequest, actor: Actor) -> int:
    system, seriousness = request.POST.get("system", ""), request.POST.get("seriousness", "")
    errors = {}
    if system not in set(System):
        errors["system"] = "Chọn hệ thống."
    if seriousness not in set(Seriousness):
        errors["seriousness"] = "Chọn mức độ."
    if errors:
        raise Invalid(errors=errors)
    file_ids = []
    for upload in request.FILES.getlist("tep")[: MOST_FILES + 1]:
        try:
            file_ids.append(
                documents.store_upload(
                    actor=actor, name=upload.name or "", data=upload.read(), at=clock.now()
                ).pk
            )
        except documents.UploadRefused as refusal:
            raise Invalid(errors={"tep": refusal.message}) from refusal
    return operations.report(
        system=System(system), seriousness=Seriousness(seriousness), where=request.POST.get("where", ""),
        what=request.POST.get("what", ""), file_ids=file_ids, actor=actor, key=keys.key(request), at=clock.now(),
    )  # fmt: skip


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a report with its course, files, and what may be done now."""
    return _page(request, actors.staff(request), number)


def _page(request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None) -> HttpResponse:
    one, turns, files = queries.fault(actor, number)
    names = organisation.staff_names({one.owner_id, one.reporter_id, *(turn.staff_id for turn in turns)})
    context = {
        "one": one,
        "line": _line(one, names, clock.now()),
        "files": [FileItem(row.name, row.size, f"{URL}{number}/tep/{row.id}/") for row in files],
        "course": [
            TimelineItem(TURNS[turn.turn], turn.at, who=names.get(turn.staff_id, ""), more=turn.words)
            for turn in turns
        ],
        "here": f"{URL}{number}/",
        "crumbs": [pages.HOME, LIST, Crumb(f"Số {number}")],
        **follow.context(_forms(actor, one), refused),
    }
    return pages.show(
        request, "desk/fault.html", context, section=URL, status=refused.status if refused else 200
    )


def _forms(actor: Actor, one: FaultRow) -> list[ActForm]:
    forms = []
    if one.mine and one.state is FaultState.ANSWERED:
        forms.append(ActForm("xong", "Đã hết lỗi", "Xác nhận đã xong", shown=True))
    if one.mine and one.state is not FaultState.OPEN:
        why = FieldView("reason", "Còn vướng gì", "textarea", required=True, maxlength=2000)
        forms.append(ActForm("mo-lai", "Vẫn còn lỗi", "Báo chưa xong", (why,)))
    if one.keeper and one.state is FaultState.OPEN:
        text = FieldView("reason", "Trả lời người báo", "textarea", required=True, maxlength=2000)
        forms.append(ActForm("tra-loi", "Trả lời", "Gửi trả lời", (text,), shown=True))
        others = [pair for pair in queries.keepers(actor, clock.now()) if pair[0] != one.owner_id]
        if others:
            to = (
                FieldView(
                    "ai", "Người xử lý", "select", required=True,
                    options=tuple(Option(str(staff), name) for staff, name in others),
                ),
                FieldView("note", "Ghi chú", "text", maxlength=500, width="l"),
            )  # fmt: skip
            forms.append(ActForm("giao", "Giao người khác", "Giao", to))
    return forms


def _act(
    request: HttpRequest, number: int, slug: str, said: str, act: Callable[..., object], **told: object
) -> HttpResponse:
    actor = actors.staff(request)
    return follow.done(
        request, lambda: act(fault=number, **told, actor=actor, key=keys.key(request), at=clock.now()),
        lambda refused: _page(request, actor, number, refused), slug=slug, said=said, url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a report."""
    text = request.POST.get("reason", "")
    return _act(request, number, "tra-loi", "Đã gửi trả lời.", operations.answer, text=text)


@pages.officer
@require_POST
def reassign(request: HttpRequest, number: int) -> HttpResponse:
    """Give a report to somebody else."""
    staff, note = inputs.number(request.POST.get("ai", "")) or 0, request.POST.get("note", "")
    return _act(request, number, "giao", "Đã giao.", operations.reassign, to_staff_id=staff, note=note)


@pages.officer
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a fault is over."""
    return _act(request, number, "xong", "Cảm ơn bạn đã xác nhận.", operations.close)


@pages.officer
@require_POST
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a fault is still there."""
    why = request.POST.get("reason", "")
    said = "Đã báo lại; thời hạn trả lời tính từ lúc này."
    return _act(request, number, "mo-lai", said, operations.reopen, why=why)


@pages.officer
@require_safe
def file(request: HttpRequest, number: int, file_id: int) -> HttpResponse:
    """Send a file of a report."""
    _, _, files = queries.fault(actors.staff(request), number)
    row = next((one for one in files if one.id == file_id), None)
    if row is None:
        raise rules.FaultNotFound
    return inline(blobs.read(row.sha256), row.mime, row.name)


@pages.officer
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the reports of a period by system and by unit, or send them as a table."""
    actor, now = actors.staff(request), clock.now()
    asked = fields.asked(request, ("tu", "den", "dang"))
    last = inputs.day(asked["den"]) or clock.today()
    first = inputs.day(asked["tu"]) or last - QUARTER
    since, until = fields.start_of(first), fields.end_of(last)
    assert since is not None and until is not None  # noqa: S101 (both days are there)
    by_system, by_unit = queries.fault_totals(actor, since, until, now)
    systems = [_total(one, SYSTEMS[System(one.key)]) for one in by_system]
    units = [_total(one, rows.unit_name(int(one.key))) for one in by_unit]
    if asked["dang"] == "csv":
        table = [("Theo hệ thống",), *map(_cells, systems), ("Theo đơn vị báo",), *map(_cells, units)]
        return csvfile.answer(f"Báo lỗi {first:%d-%m-%Y} {last:%d-%m-%Y}.csv", HEAD, table)
    period = urlencode({"tu": f"{first:%d/%m/%Y}", "den": f"{last:%d/%m/%Y}"})
    context = {
        "tables": [("Theo hệ thống", "Hệ thống", systems), ("Theo đơn vị báo", "Đơn vị", units)],
        "fields": [
            FieldView("tu", "Báo từ ngày", "date", value=f"{first:%d/%m/%Y}", quiet=True, width="s"),
            FieldView("den", "Đến ngày", "date", value=f"{last:%d/%m/%Y}", quiet=True, width="s"),
        ],
        "csv_url": f"{URL}thong-ke/?{period}&dang=csv",
        "crumbs": [pages.HOME, LIST, Crumb("Thống kê")],
    }
    return pages.show(request, "desk/fault_totals.html", context, section=URL)


def _total(one: FaultTotal, name: str) -> dict[str, Any]:
    settled = one.in_time + one.late
    return {"name": name, "row": one, "percent": 100 * one.in_time // settled if settled else None}


def _cells(line: Mapping[str, Any]) -> tuple[object, ...]:
    one = line["row"]
    return (line["name"], one.every, one.open, one.in_time, one.late, line["percent"])
