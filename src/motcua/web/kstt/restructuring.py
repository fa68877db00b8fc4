"""The register of process restructuring: proposed, approved, in use, judged by what dossiers came to (R-044)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.edge import actors, keys
from motcua.evaluation.mining.queries import NotAMiner, SpanFigures
from motcua.evaluation.restructuring import operations, queries, rules
from motcua.evaluation.restructuring.queries import View
from motcua.evaluation.restructuring.rules import MEASURES, OPEN, STAGES, Measure, Stage
from motcua.kernel.actor import Actor
from motcua.kernel.errors import NotFound
from motcua.kernel.wording import minutes_vi, number_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, csvfile, inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages as desk
from motcua.web.kstt import formfields, pages

URL: Final = "/can-bo/quy-trinh/tai-cau-truc/"
LIST: Final = Crumb("Tái cấu trúc quy trình", URL)
LOOKS: Final[Mapping[Stage, str]] = {
    Stage.PROPOSED: "wait",
    Stage.APPROVED: "wait",
    Stage.LIVE: "now",
    Stage.CONCLUDED: "done",
    Stage.DROPPED: "closed",
}
SPANS: Final = (30, 90, 180, 365)
SHOWN: Final = 50
MOST_LINES: Final = 5000


class ContentForm(forms.Form):
    """What is to change, with the measures now and then."""

    what = formfields.text(
        "Nội dung tái cấu trúc", help_text="Bỏ, gộp, làm song song bước nào; giấy tờ nào thay bằng dữ liệu."
    )
    legal_changes = formfields.text(
        "Quy định phải sửa đổi",
        required=False,
        help_text="Để trống nếu làm được ngay theo quy định hiện hành.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part, when in (("before", "hiện nay"), ("after", "sau tái cấu trúc")):
            for measure, name in MEASURES.items():
                self.fields[f"{part}_{measure.value}"] = formfields.Amount(f"{name}, {when}")

    def content(self) -> dict[str, Any]:
        """Return what the operations take."""
        values = self.cleaned_data
        return {
            "what": values["what"],
            "legal_changes": values["legal_changes"],
            **{
                part: {one.value: values[f"{part}_{one.value}"] for one in Measure}
                for part in ("before", "after")
            },
        }


class ApproveForm(forms.Form):
    """The decision that approves it."""

    decision_no = formfields.line("Số, ký hiệu quyết định")
    decided_on = formfields.Date("Ngày ký")


class LiveForm(forms.Form):
    """Since when it is done so."""

    on = formfields.Date(
        "Áp dụng từ ngày", help_text="Từ ngày này hồ sơ mới được giải quyết theo quy trình mới."
    )


class ConcludeForm(forms.Form):
    """The judgement."""

    words = formfields.text(
        "Đánh giá", help_text="Đạt hay chưa đạt mục tiêu, vì sao. Số đo ở trên được lưu cùng."
    )


class DropForm(forms.Form):
    """Why it is given up."""

    words = formfields.text("Lý do không thực hiện")


@desk.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the register, the newest first: of one stage, or all."""
    actor = _looking(request)
    asked = request.GET.get("tinh-trang", "")
    stages = {"": (), "dang-lam": tuple(OPEN)}.get(asked) if asked not in set(Stage) else (Stage(asked),)
    if stages is None:
        asked, stages = "", ()
    names = catalogue.names(clock.today())
    if request.GET.get("dang") == "csv":
        return _table(queries.restructurings(actor, stages, size=MOST_LINES)[:MOST_LINES], names)
    after = inputs.number(request.GET.get("sau", "")) or 0
    found = queries.restructurings(actor, stages, after=after, size=SHOWN)
    query = f"tinh-trang={asked}" if asked else ""
    context = {
        "rows": [_line(one, names) for one in found[:SHOWN]],
        "next": f"{URL}?{query}&sau={found[SHOWN - 1].number}" if len(found) > SHOWN else "",
        "tabs": [("Tất cả", URL), ("Đang làm", f"{URL}?tinh-trang=dang-lam")]
        + [(name, f"{URL}?tinh-trang={stage.value}") for stage, name in STAGES.items()],
        "tab": f"{URL}?{query}" if query else URL,
        "csv": f"{URL}?{query}&dang=csv",
        "may": any(True for _ in _keepable(actor)),
        "crumbs": [desk.HOME, pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "kstt/restructurings.html", context)


def _looking(request: HttpRequest) -> Actor:
    actor = actors.staff(request)
    if not queries.may_look(actor):
        raise NotAMiner
    return actor


def _keepable(actor: Actor) -> Any:
    return (one for one in catalogue.definitions(clock.today()) if queries.keeps(actor, one.field))


def _line(one: View, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": f"{URL}{one.number}/",
        "code": one.procedure_code,
        "name": names.get(one.procedure_code, one.procedure_code),
        "stage": STAGES[one.stage],
        "look": LOOKS[one.stage],
        "proposed_at": one.proposed_at,
        "decision": one.decision_no,
        "live_on": one.live_on,
        "savings": [
            _saving(measure, one) for measure in Measure if one.after[measure] != one.before[measure]
        ],
    }


def _saving(measure: Measure, one: View) -> str:
    name, _, unit = MEASURES[measure].rstrip(")").partition(" (")
    change = (
        f"{_amount(measure, one.before)}\N{NO-BREAK SPACE}→\N{NO-BREAK SPACE}{_amount(measure, one.after)}"
    )
    return f"{name}: {change} {unit}".strip()


def _amount(measure: Measure, of: Mapping[Measure, Decimal]) -> str:
    value = of[measure]
    return f"{value:,.0f}".replace(",", ".") if measure is Measure.COST else number_vi(value, 2)


def _table(rows: list[View], names: Mapping[str, str]) -> HttpResponse:
    heads = ["Mã thủ tục", "Tên thủ tục", "Tình trạng", "Quyết định", "Áp dụng từ", "Quy định phải sửa đổi"]
    heads += [f"{name}, {when}" for name in MEASURES.values() for when in ("trước", "sau")]
    return csvfile.answer(
        f"Tái cấu trúc quy trình {clock.today():%d-%m-%Y}.csv",
        heads,
        [
            (
                one.procedure_code, names.get(one.procedure_code, ""), STAGES[one.stage], one.decision_no,
                f"{one.live_on:%d/%m/%Y}" if one.live_on else "", one.legal_changes,
                *(number_vi(part[measure], 2) for measure in Measure for part in (one.before, one.after)),
            )
            for one in rows
        ],
    )  # fmt: skip


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Choose a procedure, then say what is to become of it; what the system knows of it is filled in."""
    actor, today = pages.kstt(request), clock.today()
    code = (request.POST if request.method == "POST" else request.GET).get("thu-tuc", "")[:20]
    choices = sorted((one.name, one.code) for one in _keepable(actor))
    known = {one for _, one in choices}
    if code and code not in known:
        raise NotFound("Không tìm thấy thủ tục này trong lĩnh vực được giao.")
    context: dict[str, Any] = {
        "choices": choices,
        "code": code,
        "crumbs": [desk.HOME, pages.HOME, LIST, Crumb("Đề xuất")],
    }
    if not code:
        return pages.show(request, "kstt/restructuring_form.html", context)
    initial = {
        f"before_{one.value}": number_vi(value, 2) for one, value in queries.known_today(code, today).items()
    }
    form = ContentForm(request.POST if request.method == "POST" else None, initial=initial)
    attempt = refusals.Attempt(form)
    if attempt.ready:
        with attempt:
            number = operations.propose(
                procedure_code=code, **form.content(), actor=actor, key=keys.key(request), at=clock.now()
            )
            messages.success(request, "Đã ghi đề xuất.")
            return redirect(f"{URL}{number}/")
    return _form(request, form, context | {"name": catalogue.current(code, today).name}, attempt)


def _form(
    request: HttpRequest, form: ContentForm, context: dict[str, Any], attempt: refusals.Attempt
) -> HttpResponse:
    views = formfields.views(form)
    by_name = {view.name: view for view in views}
    context |= {
        "fields": [by_name["what"], by_name["legal_changes"]],
        "pairs": [
            (MEASURES[one], by_name[f"before_{one.value}"], by_name[f"after_{one.value}"]) for one in Measure
        ],
        "errors": components.summary(views) if form.is_bound else [],
        "general": attempt.general,
        "key": keys.new(),
    }
    return pages.show(request, "kstt/restructuring_form.html", context, attempt.status)


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: HttpRequest, number: int) -> HttpResponse:
    """Change what is proposed."""
    actor = pages.kstt(request)
    view = queries.restructuring(actor, number)
    initial: dict[str, Any] = {"what": view.what, "legal_changes": view.legal_changes}
    for part, values in (("before", view.before), ("after", view.after)):
        initial |= {f"{part}_{one.value}": number_vi(value, 2) for one, value in values.items()}
    form = ContentForm(request.POST if request.method == "POST" else None, initial=initial)
    attempt = refusals.Attempt(form)
    if attempt.ready:
        with attempt:
            operations.amend(
                number=number, **form.content(), actor=actor, key=keys.key(request), at=clock.now()
            )
            messages.success(request, "Đã sửa đề xuất.")
            return redirect(f"{URL}{number}/")
    name = catalogue.names(clock.today()).get(view.procedure_code, view.procedure_code)
    context = {
        "name": name,
        "code": view.procedure_code,
        "amending": f"{URL}{number}/",
        "crumbs": [desk.HOME, pages.HOME, LIST, Crumb(name, f"{URL}{number}/"), Crumb("Sửa")],
    }
    return _form(request, form, context, attempt)


ACTS: Final[Mapping[str, tuple[type[forms.Form], Callable[..., None], str]]] = {
    "duyet": (ApproveForm, operations.approve, "Đã ghi quyết định phê duyệt."),
    "ap-dung": (LiveForm, operations.go_live, "Đã ghi ngày áp dụng. Kết quả được đo từ ngày đó."),
    "danh-gia": (ConcludeForm, operations.conclude, "Đã ghi đánh giá cùng số đo."),
    "bo": (DropForm, operations.drop, "Đã ghi lý do không thực hiện."),
}
OFFERED: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.PROPOSED: ("duyet", "bo"),
    Stage.APPROVED: ("ap-dung", "bo"),
    Stage.LIVE: ("danh-gia",),
}
TITLES: Final = {
    "duyet": ("Phê duyệt", "Ghi quyết định"),
    "ap-dung": ("Đưa vào áp dụng", "Ghi ngày áp dụng"),
    "danh-gia": ("Đánh giá kết quả", "Ghi đánh giá"),
    "bo": ("Không thực hiện", "Ghi lý do"),
}


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show a restructuring with its measures and what dossiers came to; do the act that is next."""
    actor = _looking(request)
    view = queries.restructuring(actor, number)
    what = request.POST.get("viec", "")
    bound = (
        ACTS[what][0](request.POST) if what in ACTS else None
    )  # one of the acts, nothing else, is sent here
    attempt = refusals.Attempt(bound, sent=request.method == "POST")
    days = inputs.number((request.POST if request.method == "POST" else request.GET).get("ky", "")) or 90
    days = days if days in SPANS else 90
    if bound is not None and attempt.ready:
        _, act, done = ACTS[what]
        more = {"days": days} if what == "danh-gia" else {}
        with attempt:
            act(
                number=number,
                **bound.cleaned_data,
                **more,
                actor=actor,
                key=keys.key(request),
                at=clock.now(),
            )
            messages.success(request, done)
            return redirect(f"{URL}{number}/")
        view = queries.restructuring(actor, number)
    names = catalogue.names(clock.today())
    may = queries.keeps(actor, view.field) is not None
    acts = []
    for name in OFFERED.get(view.stage, ()) if may else ():
        form = bound if bound is not None and name == what else ACTS[name][0]()
        acts.append(
            {
                "name": name,
                "title": TITLES[name][0],
                "button": TITLES[name][1],
                "fields": formfields.views(form),
            }
        )
    context = {
        "one": view,
        "line": _line(view, names),
        "proposed_by": organisation.staff_names([view.proposed_by_id]).get(view.proposed_by_id, "")
        if view.proposed_by_id
        else "",
        "measures": [
            {
                "name": name,
                "before": _amount(measure, view.before),
                "after": _amount(measure, view.after),
                "change": _change(view.before[measure], view.after[measure]),
            }
            for measure, name in MEASURES.items()
        ],
        "effect": _effect(actor, view, days),
        "days": days,
        "spans": SPANS if view.stage is Stage.LIVE else (),
        "acts": acts,
        "amend_url": f"{URL}{number}/sua/" if may and view.stage is Stage.PROPOSED else "",
        "errors": components.summary(formfields.views(bound)) if bound is not None else [],
        "general": attempt.general,
        "key": keys.new(),
        "here": f"{URL}{number}/",
        "crumbs": [desk.HOME, pages.HOME, LIST, Crumb(names.get(view.procedure_code, view.procedure_code))],
    }
    return pages.show(request, "kstt/restructuring.html", context, attempt.status)


def _change(before: Decimal, after: Decimal) -> str:
    percent = rules.change(before, after)
    if percent is None or before == after:
        return ""
    return f"{'giảm' if percent < 0 else 'tăng'} {number_vi(abs(percent), 0)}%"


def _effect(actor: Actor, view: View, days: int) -> dict[str, Any] | None:
    """Return the measured effect: as kept when it was judged, else as of now."""
    if view.effect:
        kept = view.effect
        spans = [[inputs.day(day) for day in kept[name]] for name in ("first", "then")]
        return {"spans": spans, "rows": _rows(kept["before"], kept["after"]), "kept": True}
    found = queries.measured(actor, view.live_on, view.procedure_code, clock.today(), days)
    if found is None:
        return None
    before, after = (asdict(one) if one else None for one in (found.before, found.after))
    return {"spans": [found.first, found.then], "rows": _rows(before, after), "kept": False}


def _rows(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    def told(of: Mapping[str, Any] | None, say: Callable[[SpanFigures], str]) -> str:
        return say(SpanFigures(**of)) if of else "–"

    said: list[tuple[str, Callable[[SpanFigures], str]]] = [
        ("Hồ sơ đã kết thúc", lambda one: f"{one.dossiers:,}".replace(",", ".")),
        ("Thời gian giải quyết, trung vị", lambda one: minutes_vi(one.spent)),
        ("Thời gian giải quyết, 9/10 hồ sơ không quá", lambda one: minutes_vi(one.spent_p90)),
        ("Tỷ lệ thời gian chờ", lambda one: f"{number_vi(Decimal(str(one.waited_share * 100)), 1)}%"),
        ("Hồ sơ phải bổ sung", lambda one: _part(one.supplemented, one.dossiers)),
        ("Hồ sơ phải làm lại bước", lambda one: _part(one.reworked, one.dossiers)),
        ("Hồ sơ trễ hạn", lambda one: _part(one.late, one.dossiers)),
    ]
    return [(name, told(before, say), told(after, say)) for name, say in said]


def _part(count: int, of: int) -> str:
    return f"{number_vi(Decimal(count * 100) / of, 1)}%"
