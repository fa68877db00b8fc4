"""Signs that dossiers are handled outside the software: the list, each sign with its figures, asking and concluding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.edge import actors, keys, paging
from motcua.evaluation.onpaper import operations, queries
from motcua.evaluation.onpaper.queries import Filters, FindingRow
from motcua.evaluation.onpaper.rules import (
    CONCLUSIONS,
    FINDING_STATES,
    SIGN_NAMES,
    Conclusion,
    FindingState,
    Sign,
)
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option, TimelineItem
from motcua.web.desk import fields, follow, pages, rows
from motcua.web.desk.follow import ActForm, Refused

PAGE: Final = 50
URL: Final = "/can-bo/ngoai-phan-mem/"
LIST: Final = Crumb("Hồ sơ ngoài phần mềm", URL)
LOOKS: Final[Mapping[FindingState, str]] = {
    FindingState.OPEN: "late",
    FindingState.ASKED: "wait",
    FindingState.ANSWERED: "new",
    FindingState.CLOSED: "closed",
}


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the signs of the units one looks into, newest first, by what they are and how far they were followed."""
    actor, now = actors.staff(request), clock.now()
    asked = fields.asked(request, ("loai", "tinh-trang", "don-vi"))
    known = queries.units(actor)
    wanted = Filters(
        sign=Sign(asked["loai"]) if asked["loai"] in set(Sign) else None,
        state=FindingState(asked["tinh-trang"]) if asked["tinh-trang"] in set(FindingState) else None,
        unit_id=next((one for one in known if str(one) == asked["don-vi"]), None),
    )
    found = queries.listing(actor, wanted, before=paging.moment_of(request.GET.get("sau", "")), size=PAGE)
    page = paging.page(found, PAGE, lambda one: [one.found_at, one.subject])
    counts = queries.counts(actor, wanted)
    kept = {name: value for name, value in asked.items() if value}

    def url(**more: str) -> str:
        values = {name: value for name, value in {**kept, **more}.items() if value}
        return f"{URL}?{urlencode(values)}" if values else URL

    names = organisation.told_apart(known)
    context = {
        "rows": [line(one, now) for one in page.rows],
        "tabs": [
            (f"Tất cả ({sum(counts.values())})", url(**{"tinh-trang": ""})),
            *(
                (f"{FINDING_STATES[state]} ({count})", url(**{"tinh-trang": state.value}))
                for state, count in counts.items()
            ),
        ],
        "current": url(),
        "fields": [
            FieldView(
                "loai", "Dấu hiệu", "select", value=asked["loai"], quiet=True, blank="Mọi dấu hiệu", width="m",
                options=tuple(Option(sign.value, name) for sign, name in SIGN_NAMES.items()),
            ),
            FieldView(
                "don-vi", "Đơn vị", "select", value=asked["don-vi"], quiet=True, blank="Mọi đơn vị", width="l",
                options=tuple(sorted((Option(str(one), names[one]) for one in known), key=lambda o: o.label)),
            ),
        ],
        "state": asked["tinh-trang"],
        "shown": len(page.rows),
        "first_url": url() if request.GET.get("sau") else "",
        "next_url": url(sau=page.next) if page.next else "",
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }  # fmt: skip
    return pages.show(request, "desk/paper_signs.html", context, section=URL)


def line(one: FindingRow, now: datetime) -> dict[str, Any]:
    """Return a sign as a list shows it."""
    return {
        "url": f"{URL}{one.subject}/",
        "sign": SIGN_NAMES[one.sign],
        "text": one.text,
        "unit": rows.unit_name(one.unit_id),
        "state": FINDING_STATES[one.state],
        "look": LOOKS[one.state],
        "since": one.since,
        "until": one.until,
        "found_at": one.found_at,
        "gone_on": one.gone_on,
        "answer_by": one.answer_by if one.state is FindingState.ASKED else None,
        "overdue": one.state is FindingState.ASKED and one.answer_by is not None and one.answer_by < now,
        "conclusion": CONCLUSIONS[one.conclusion] if one.conclusion else "",
    }


@pages.officer
@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a sign with what was counted, what was asked, answered and concluded, and what may be done now."""
    return _page(request, actors.staff(request), number)


def _page(request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None) -> HttpResponse:
    one, now = queries.one(actor, number), clock.now()
    names = organisation.staff_names(
        {staff for staff in (one.asked_by_id, one.answered_by_id, one.closed_by_id) if staff}
    )
    context = {
        "one": one,
        "line": line(one, now),
        "unit": organisation.full_name(organisation.unit(one.unit_id)),
        "windows": _windows(one),
        "numbers": one.figures.get("numbers", ()),
        "dossiers_url": _dossiers(one),
        "course": _course(one, names),
        "here": f"{URL}{number}/",
        "crumbs": [pages.HOME, LIST if one.overseer else Crumb(LIST.label), Crumb(SIGN_NAMES[one.sign])],
        **follow.context(_forms(actor, one), refused),
    }
    return pages.show(
        request, "desk/paper_sign.html", context, section=URL, status=refused.status if refused else 200
    )


def _windows(one: FindingRow) -> list[dict[str, Any]]:
    """Return the counts of the windows, the one looked at last; none where nothing was counted by window."""
    past = one.figures.get("past", ())
    if not past:
        return []
    most = max([*past, one.figures["now"], 1])
    named = [
        (f"{back} kỳ trước" if back > 1 else "Kỳ trước", value, False)
        for back, value in reversed(list(enumerate(past, 1)))
    ]
    named.append((f"Kỳ này ({one.since:%d/%m}–{one.until:%d/%m})", one.figures["now"], True))
    return [
        {"name": name, "value": value, "percent": 100 * value // most, "now": now}
        for name, value, now in named
    ]


def _dossiers(one: FindingRow) -> str:
    values = {
        "don-vi": str(one.unit_id), "tu": f"{one.since:%d/%m/%Y}", "den": f"{one.until:%d/%m/%Y}",
        "linh-vuc": one.field, "thu-tuc": one.procedure_code,
    }  # fmt: skip
    return f"/can-bo/ho-so/?{urlencode({name: value for name, value in values.items() if value})}"


def _course(one: FindingRow, names: Mapping[int, str]) -> list[TimelineItem]:
    items = [TimelineItem("Hệ thống phát hiện", one.found_at, more=one.text)]
    if one.asked_at:
        more = f"{one.question} Trả lời trước {inputs.shown_datetime(_local(one.answer_by))}."
        items.append(
            TimelineItem(
                "Yêu cầu giải trình", one.asked_at, who=names.get(one.asked_by_id or 0, ""), more=more
            )
        )
    if one.answered_at:
        who = names.get(one.answered_by_id or 0, "")
        items.append(TimelineItem("Đơn vị giải trình", one.answered_at, who=who, more=one.answer))
    if one.conclusion and one.closed_at:
        who = names.get(one.closed_by_id or 0, "")
        items.append(
            TimelineItem(f"Kết luận: {CONCLUSIONS[one.conclusion]}", one.closed_at, who=who, more=one.words)
        )
    return sorted(items, key=lambda item: item.at)


def _local(moment: datetime | None) -> str:
    return moment.astimezone(LOCAL).isoformat() if moment else ""


def _forms(actor: Actor, one: FindingRow) -> list[ActForm]:
    if not one.open:
        return []
    forms = []
    if one.unit_side and one.state is FindingState.ASKED and one.asked_by_id != actor.staff_id:
        answer = FieldView(
            "reason", "Nội dung giải trình", "textarea", required=True, maxlength=2000,
            help="Nói rõ đã nhận bao nhiêu hồ sơ, vì sao không có trên phần mềm, bao giờ nhập đủ.",
        )  # fmt: skip
        forms.append(ActForm("tra-loi", "Giải trình của đơn vị", "Gửi giải trình", (answer,), shown=True))
    if one.overseer:
        ask = (
            FieldView("reason", "Nội dung yêu cầu", "textarea", required=True, maxlength=2000),
            FieldView(
                "han",
                "Trả lời trước ngày",
                "date",
                required=True,
                width="s",
                help="Hết giờ làm việc của ngày này.",
            ),
        )
        title = "Yêu cầu giải trình" if one.state is FindingState.OPEN else "Yêu cầu giải trình lại"
        forms.append(
            ActForm(
                "hoi", title, "Gửi yêu cầu", ask, shown=one.state is FindingState.OPEN and not one.unit_side
            )
        )
        if one.answered_by_id != actor.staff_id or one.answered_by_id is None:
            close = (
                FieldView(
                    "ket-luan", "Kết luận", "radio", required=True,
                    options=tuple(Option(kind.value, name) for kind, name in CONCLUSIONS.items()),
                ),
                FieldView("reason", "Nhận xét", "textarea", required=True, maxlength=2000),
            )  # fmt: skip
            shown = one.state is FindingState.ANSWERED
            forms.append(ActForm("ket-luan", "Kết luận", "Ghi kết luận", close, shown=shown))
    return forms


@pages.officer
@require_POST
def ask(request: HttpRequest, number: int) -> HttpResponse:
    """Ask the unit by the end of a working day."""
    actor = actors.staff(request)

    def act() -> None:
        one, day = queries.one(actor, number), inputs.day(request.POST.get("han", ""))
        if day is None:
            raise Invalid(errors={"han": "Ghi ngày trả lời, ví dụ 05/10/2023."})
        calendar = organisation.calendar(one.unit_id)
        operations.ask(
            finding=number, question=request.POST.get("reason", ""), answer_by=calendar.end_of_day(day),
            actor=actor, key=keys.key(request), at=clock.now(),
        )  # fmt: skip

    return follow.done(
        request, act, lambda refused: _page(request, actor, number, refused), slug="hoi",
        said="Đã gửi yêu cầu. Đơn vị thấy yêu cầu ở mục “Báo cho bạn”.", url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer for the unit."""
    actor = actors.staff(request)
    return follow.done(
        request,
        lambda: operations.answer(
            finding=number, text=request.POST.get("reason", ""), actor=actor, key=keys.key(request), at=clock.now()
        ),
        lambda refused: _page(request, actor, number, refused),
        slug="tra-loi", said="Đã gửi giải trình.", url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a sign with a conclusion."""
    actor = actors.staff(request)

    def act() -> None:
        kind = request.POST.get("ket-luan", "")
        if kind not in set(Conclusion):
            raise Invalid(errors={"ket-luan": "Chọn một kết luận."})
        operations.close(
            finding=number, conclusion=Conclusion(kind), words=request.POST.get("reason", ""), actor=actor,
            key=keys.key(request), at=clock.now(),
        )  # fmt: skip

    return follow.done(
        request, act, lambda refused: _page(request, actor, number, refused), slug="ket-luan",
        said="Đã ghi kết luận.", url=f"{URL}{number}/",
    )  # fmt: skip


@pages.officer
@require_http_methods(["GET", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """Set the numbers of a clerk's book against the software."""
    actor = actors.staff(request)
    units = [unit for unit in fields.own_units(actor) if queries.oversees(actor, unit.id)]
    if not units:
        raise queries.NotAnOverseer
    unit_id = fields.unit_of(request.POST.get("don-vi", ""), units)
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            if unit_id is None:
                raise Invalid(errors={"don-vi": "Chọn đơn vị có sổ văn thư."})
            done = operations.compare_book(
                unit_id=unit_id, year=inputs.number(request.POST.get("nam", ""), 4) or 0,
                text=request.POST.get("so", "")[:60_000], actor=actor, key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            if done.finding is None:
                messages.success(request, f"Cả {done.known} số đều có trong phần mềm.")
                return redirect(f"{URL}doi-chieu/")
            messages.warning(
                request,
                f"{done.known} số có trong phần mềm, {len(done.missing)} số không thấy hồ sơ: đã ghi thành dấu hiệu.",
            )
            return redirect(f"{URL}{done.finding}/")
    errors = attempt.errors
    choice = fields.unit_field(units, request.POST.get("don-vi", ""))
    shown = [
        FieldView(
            "don-vi", "Cơ quan, đơn vị", "select", value=choice.value, required=True, options=choice.options,
            error=errors.get("don-vi", ""), width="l",
        ),
        FieldView(
            "nam", "Năm của sổ", "text", value=request.POST.get("nam", f"{clock.today():%Y}"), required=True,
            width="xs", inputmode="numeric", maxlength=4, error=errors.get("nam", ""),
        ),
        FieldView(
            "so", "Số văn bản trong sổ văn thư", "textarea", value=request.POST.get("so", ""), required=True,
            error=errors.get("so", ""),
            help="Chép từ sổ công văn đi, mỗi dòng một số, ví dụ: 125/GXN; Xác nhận hôn nhân. Nhiều nhất 1.000 dòng.",
        ),
    ]  # fmt: skip
    context = {
        "fields": shown,
        "errors": components.summary(shown),
        "general": [] if errors else attempt.general,
        "crumbs": [pages.HOME, LIST, Crumb("Đối chiếu sổ văn thư")],
    }
    return pages.show(request, "desk/paper_book.html", context, section=URL, status=attempt.status)
