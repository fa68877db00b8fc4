"""Reception anywhere: assess procedures, keep the approved and the pilot list, see what came of it (R-071 to R-079)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.catalogue.nonterritorial import operations, queries
from motcua.catalogue.nonterritorial.rules import (
    LIST_KINDS,
    OUTCOMES,
    VERDICTS,
    Criterion,
    Listed,
    ListKind,
    Outcome,
    Saved,
    Verdict,
    saved,
)
from motcua.dossiers import handedon
from motcua.edge import keys
from motcua.evaluation.rules import share
from motcua.kernel.errors import NotFound
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, inputs, refusals, words
from motcua.web.components import Crumb
from motcua.web.desk import pages as desk
from motcua.web.desk.pauses import QUARTER
from motcua.web.kstt import formfields, pages
from motcua.workflow import queries as workflow

URL: Final = "/can-bo/quy-trinh/phi-dia-gioi/"
HOME: Final = Crumb("Phi địa giới hành chính", URL)
TABS: Final = [
    ("Danh mục", URL),
    ("Đánh giá thủ tục", f"{URL}danh-gia/"),
    ("Kết quả thực hiện", f"{URL}ket-qua/"),
]
YES_NO: Final = [("co", "Có"), ("khong", "Không")]


class AssessForm(forms.Form):
    """Yes or no to each criterion."""

    def __init__(self, *args: Any, criteria: list[Criterion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in criteria:
            self.fields[one.code] = forms.ChoiceField(
                label=one.text,
                choices=YES_NO,
                widget=forms.RadioSelect,
                help_text="Trả lời “Có” thì thủ tục không được đưa vào danh mục." if one.excludes else "",
                error_messages={"required": "Chọn Có hoặc Không."},
            )
        self.fields["note"] = formfields.text("Căn cứ đánh giá", required=False)


class EnterForm(forms.Form):
    """What a decision says."""

    kind = forms.ChoiceField(
        label="Loại danh mục",
        choices=[(kind.value, name) for kind, name in LIST_KINDS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn loại danh mục."},
    )
    decision_no = formfields.line("Số, ký hiệu quyết định")
    decision_on = formfields.Date("Ngày ký")
    issuer = formfields.line("Người, cơ quan ký", longest=200)
    valid_from = formfields.Date("Áp dụng từ ngày")
    valid_to = formfields.Date(
        "Đến hết ngày", required=False, help_text="Thí điểm phải có; danh mục chính thức để trống."
    )
    unit_kinds = forms.MultipleChoiceField(
        label="Loại nơi được tiếp nhận",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Không chọn loại nào và không ghi đơn vị nào: mọi nơi tiếp nhận trong tỉnh.",
    )
    units = formfields.line(
        "Đơn vị cụ thể", required=False, longest=2000, help_text="Mã đơn vị, cách nhau bằng dấu phẩy."
    )
    note = formfields.text("Ghi chú", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["unit_kinds"]
        assert isinstance(kinds, forms.MultipleChoiceField)  # noqa: S101  (for the type checker)
        kinds.choices = [(code, pages.unit(code)) for code in queries.one_stop_kinds()]


class EndForm(forms.Form):
    """When and by which decision an entry ends."""

    last_day = formfields.Date("Ngày cuối cùng còn tiếp nhận")
    decision_no = formfields.line("Số, ký hiệu quyết định")
    reason = formfields.text("Lý do", help_text="Ít nhất 10 ký tự.")


class ConcludeForm(forms.Form):
    """What was decided about a pilot."""

    outcome = forms.ChoiceField(
        label="Kết luận",
        choices=[(one.value, OUTCOMES[one]) for one in (Outcome.CONTINUED, Outcome.STOPPED)],
        widget=forms.RadioSelect,
        error_messages={"required": "Chọn tiếp tục hoặc dừng."},
    )
    decision_no = formfields.line("Số, ký hiệu quyết định")
    until = formfields.Date("Tiếp tục đến hết ngày", required=False, help_text="Để trống: không thời hạn.")
    note = formfields.text("Kết quả thí điểm làm căn cứ", help_text="Ít nhất 10 ký tự.")


# The list ---------------------------------------------------------------------------------------------


@desk.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what is listed: in force, to come, over; each with its decision and who may receive."""
    pages.kstt(request)
    today = clock.today()
    asked = fold(request.GET.get("q", "")[:100])
    names = catalogue.names(today)
    rows = [
        _row(one, names, today)
        for one in queries.entries()
        if not asked or asked in fold(names.get(one.procedure_code, "")) or asked in one.procedure_code
    ]
    rows.sort(key=lambda row: (row["order"], row["name"]))
    context = {
        "rows": rows,
        "q": request.GET.get("q", "")[:100],
        "count": sum(row["order"] == 0 for row in rows),
        "pilots": sum(row["order"] == 0 and row["pilot"] for row in rows),
        "tabs": TABS,
        "tab": URL,
        "crumbs": [desk.HOME, HOME],
    }
    return pages.show(request, "kstt/non_territorial.html", context, section=URL)


def _row(one: Listed, names: Any, today: date) -> dict[str, Any]:
    order = 0 if one.in_force(today) else 1 if one.valid_from > today else 2
    return {
        "url": f"{URL}{one.id}/",
        "code": one.procedure_code,
        "name": names.get(one.procedure_code, one.procedure_code),
        "kind": LIST_KINDS[one.kind],
        "pilot": one.kind is ListKind.PILOT,
        "decision": one.decision_no,
        "decision_on": one.decision_on,
        "issuer": one.issuer,
        "who": who(one),
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "order": order,
        "state": ("Đang áp dụng", "Chưa đến ngày", "Đã kết thúc")[order],
        "certainty": one.certainty,
        "outcome": OUTCOMES[one.outcome] if one.kind is ListKind.PILOT else "",
        "note": one.note,
    }


def who(one: Listed) -> str:
    """Return who may receive, in words."""
    if not one.unit_kinds and not one.units:
        return "Mọi nơi tiếp nhận trong tỉnh"
    parts = [pages.unit(kind) for kind in one.unit_kinds]
    for code in one.units:
        try:
            parts.append(organisation.full_name(organisation.unit_by_code(code)))
        except NotFound:
            parts.append(code)
    return "; ".join(parts)


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Show an entry with what came of it; end it, or draw the conclusion on a pilot."""
    actor, at, today = pages.kstt(request), clock.now(), clock.today()
    one = queries.entry(entry_id)
    pilot = one.kind is ListKind.PILOT and one.outcome is Outcome.OPEN
    what = request.POST.get("viec", "")
    ending = EndForm(request.POST if what == "ket-thuc" else None, prefix="kt")
    concluding = ConcludeForm(request.POST if what == "ket-luan" else None, prefix="kl")
    form: forms.Form | None = {"ket-thuc": ending, "ket-luan": concluding}.get(what)
    attempt = refusals.Attempt(form, sent=request.method == "POST")
    if form is not None and attempt.ready:
        act = operations.end if form is ending else operations.conclude_pilot
        with attempt:
            act(entry_id=one.id, **form.cleaned_data, actor=actor, key=keys.key(request), at=at)
            messages.success(request, "Đã ghi quyết định.")
            return redirect(f"{URL}{one.id}/")
    over = one.valid_to is not None and one.valid_to < today
    names = catalogue.names(today)
    first, last = one.valid_from, min(one.valid_to or today, today)
    context = {
        "one": _row(one, names, today),
        "listed": one,
        "results": _results(actor, first, last, one.procedure_code) if first <= last else [],
        "ending": None if over or pilot else formfields.views(ending),
        "concluding": formfields.views(concluding) if pilot else None,
        "errors": components.summary(formfields.views(form)) if form is not None and form.is_bound else [],
        "general": attempt.general,
        "key": keys.new(),
        "crumbs": [desk.HOME, HOME, Crumb(one.procedure_code)],
    }
    return pages.show(request, "kstt/non_territorial_entry.html", context, attempt.status, section=URL)


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, code: str) -> HttpResponse:
    """Put an assessed procedure on a list, by a decision."""
    actor, at, today = pages.kstt(request), clock.now(), clock.today()
    of = catalogue.current(code, today)
    form = EnterForm(
        request.POST if request.method == "POST" else None,
        initial={
            "kind": "approved",
            "valid_from": f"{today:%d/%m/%Y}",
            "unit_kinds": queries.one_stop_kinds(),
        },
    )
    attempt = refusals.Attempt(form)
    if attempt.ready:
        values = form.cleaned_data
        units = [part.strip() for part in values.pop("units").replace(";", ",").split(",") if part.strip()]
        with attempt:
            made = operations.enter(
                procedure_code=of.code, units=units, actor=actor, key=keys.key(request), at=at, **values
            )
            messages.success(request, "Đã đưa thủ tục vào danh mục.")
            return redirect(f"{URL}{made}/")
    fields = formfields.views(form)
    found = queries.assessments().get(of.code)
    context = {
        "of": of,
        "fields": fields,
        "suitable": found is not None and found.verdict == Verdict.SUITABLE,
        "assess_url": f"{URL}danh-gia/{of.code}/",
        "errors": components.summary(fields) if form.is_bound else [],
        "general": attempt.general,
        "key": keys.new(),
        "crumbs": [desk.HOME, HOME, Crumb("Đưa vào danh mục")],
    }
    return pages.show(request, "kstt/non_territorial_enter.html", context, attempt.status, section=URL)


# Assessment -------------------------------------------------------------------------------------------


@desk.officer
@require_safe
def assessments(request: HttpRequest) -> HttpResponse:
    """Show every procedure in force with its newest assessment."""
    pages.kstt(request)
    today = clock.today()
    asked, only = fold(request.GET.get("q", "")[:100]), request.GET.get("loc", "")
    found = queries.assessments()
    listed = {one.procedure_code: one for one in queries.entries() if one.in_force(today)}
    rows = []
    for of in catalogue.definitions(today):
        one = found.get(of.code)
        state = one.verdict if one else "none"
        if (only and only != state) or (asked and asked not in fold(of.name) and asked not in of.code):
            continue
        rows.append(
            {
                "code": of.code,
                "name": of.name,
                "verdict": VERDICTS[Verdict(one.verdict)] if one else "Chưa đánh giá",
                "suitable": one is not None and one.verdict == Verdict.SUITABLE,
                "on": one.assessed_on if one else None,
                "by": one.assessed_by_name if one else "",
                "note": one.note if one else "",
                "listed": of.code in listed,
                "url": f"{URL}danh-gia/{of.code}/",
                "enter_url": f"{URL}them/{of.code}/",
            }
        )
    base = f"{URL}danh-gia/"
    context = {
        "rows": rows,
        "q": request.GET.get("q", "")[:100],
        "only": only,
        "filters": [
            ("Tất cả", base),
            ("Đủ điều kiện", f"{base}?loc=suitable"),
            ("Chưa đủ điều kiện", f"{base}?loc=unsuitable"),
            ("Chưa đánh giá", f"{base}?loc=none"),
        ],
        "filter": f"{base}?loc={only}" if only else base,
        "tabs": TABS,
        "tab": base,
        "crumbs": [desk.HOME, HOME, Crumb("Đánh giá thủ tục")],
    }
    return pages.show(request, "kstt/non_territorial_assessments.html", context, section=URL)


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def assess(request: HttpRequest, code: str) -> HttpResponse:
    """Hold a procedure against the criteria; earlier assessments stay readable."""
    actor, at, today = pages.kstt(request), clock.now(), clock.today()
    of = catalogue.current(code, today)
    criteria = queries.criteria()
    before = queries.assessments_of(of.code)
    initial = {name: "co" if yes else "khong" for name, yes in (before[0].answers.items() if before else ())}
    form = AssessForm(request.POST if request.method == "POST" else None, criteria=criteria, initial=initial)
    attempt = refusals.Attempt(form)
    if attempt.ready:
        values = form.cleaned_data
        with attempt:
            verdict = operations.assess(
                procedure_code=of.code,
                answers={one.code: values[one.code] == "co" for one in criteria},
                note=values["note"],
                actor=actor,
                key=keys.key(request),
                at=at,
                on_site=_on_site(of),
            )
            messages.success(
                request, f"Đã lưu đánh giá: {VERDICTS[verdict][0].lower()}{VERDICTS[verdict][1:]}."
            )
            return redirect(f"{URL}danh-gia/{of.code}/")
    fields = formfields.views(form)
    texts = {one.code: one.text for one in criteria}
    context = {
        "of": of,
        "fields": fields,
        "facts": _facts(of),
        "on_site": _on_site(of),
        "before": [
            {
                "verdict": VERDICTS[Verdict(one.verdict)],
                "suitable": one.verdict == Verdict.SUITABLE,
                "on": one.assessed_on,
                "by": one.assessed_by_name or "Dữ liệu nạp ban đầu",
                "note": one.note,
                "answers": [
                    (texts.get(name, name), "Có" if yes else "Không") for name, yes in one.answers.items()
                ],
            }
            for one in before
        ],
        "suitable": bool(before) and before[0].verdict == Verdict.SUITABLE,
        "enter_url": f"{URL}them/{of.code}/",
        "errors": components.summary(fields) if form.is_bound else [],
        "general": attempt.general,
        "key": keys.new(),
        "crumbs": [desk.HOME, HOME, Crumb("Đánh giá thủ tục", f"{URL}danh-gia/"), Crumb(of.code)],
    }
    return pages.show(request, "kstt/non_territorial_assess.html", context, attempt.status, section=URL)


def _facts(of: catalogue.Definition) -> list[tuple[str, str]]:
    """Return what the record itself says that bears on the criteria."""
    papers = [item for case in of.body["required_papers"] for item in case["papers"]]
    known = sum(bool(item.get("source_db")) for item in papers)
    given_up = sum(bool(item.get("surrender_original")) for item in papers)
    return [
        ("Bước xác minh thực địa trong quy trình", "; ".join(_on_site(of)) or "Không có"),
        ("Giấy tờ có trong cơ sở dữ liệu", f"{known} trên {len(papers)}"),
        ("Giấy tờ phải nộp bản gốc để thu hồi", str(given_up)),
        ("Mức dịch vụ công trực tuyến", words.ONLINE_LEVELS.get(of.online_level, of.online_level)),
    ]


def _on_site(of: catalogue.Definition) -> list[str]:
    """Return the steps of a procedure's processes that are verifications on site: they speak against it (X-20)."""
    steps = (node for one in workflow.processes_of(of.id) for node in one.graph.nodes if node.on_site)
    return list(dict.fromkeys(node.name for node in steps))


# Results ----------------------------------------------------------------------------------------------


@desk.officer
@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show what came of reception anywhere in a period: counts, in time, handed on late, travel and time saved."""
    actor, today = pages.kstt(request), clock.today()
    last = inputs.day(request.GET.get("den", "")) or today
    first = inputs.day(request.GET.get("tu", "")) or last - QUARTER
    first = min(first, last)
    rows = _results(actor, first, last)
    total = sum((row["saved"] for row in rows), Saved())
    context = {
        "rows": rows,
        "first": f"{first:%d/%m/%Y}",
        "last": f"{last:%d/%m/%Y}",
        "received": sum(row["received"] for row in rows),
        "handled": sum(row["handled"] for row in rows),
        "percent": share(sum(row["in_time"] for row in rows), sum(row["handled"] for row in rows)),
        "saved": total,
        "savings": [
            {
                "tier": words.LEVELS.get(one.tier, one.tier),
                "hours": one.hours,
                "kilometres": one.kilometres,
                "source": one.source,
                "certainty": one.certainty,
            }
            for one in queries.savings()
            if one.valid_from <= last and (one.valid_to is None or first <= one.valid_to)
        ],
        "tabs": TABS,
        "tab": f"{URL}ket-qua/",
        "crumbs": [desk.HOME, HOME, Crumb("Kết quả thực hiện")],
    }
    return pages.show(request, "kstt/non_territorial_results.html", context, section=URL)


def _results(actor: Any, first: date, last: date, procedure_code: str = "") -> list[dict[str, Any]]:
    names, savings = catalogue.names(last), queries.savings()
    return [
        {
            "code": one.procedure_code,
            "name": names.get(one.procedure_code, one.procedure_code),
            "tier": words.LEVELS.get(one.tier, one.tier),
            "received": one.received,
            "confirmed": one.confirmed,
            "handled": one.handled,
            "in_time": one.in_time,
            "percent": share(one.in_time, one.handled),
            "sent_back": one.sent_back,
            "late_forwarded": one.late_forwarded,
            "late_confirmed": one.late_confirmed,
            "saved": sum(
                (
                    saved(savings, one.tier, on, dossiers=received, collected=collected)
                    for on, (received, collected) in one.by_day.items()
                ),
                Saved(),
            ),
        }
        for one in handedon.measured(actor, first, last, procedure_code)
    ]
