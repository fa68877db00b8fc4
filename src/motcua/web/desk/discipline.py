"""Reminders and cases: the figures of officers, reminding, answering, proposing, deciding, following (R-189, R-190)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.documents import operations as documents
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.steering.discipline import operations, queries, rules
from motcua.steering.discipline.models import Case, Reminder
from motcua.steering.discipline.queries import HEADS
from motcua.steering.discipline.rules import (
    CASE_STATES,
    GROUNDS,
    HINTS,
    PERIODS,
    REMINDER_KINDS,
    REMINDER_STATES,
    CaseState,
    Ground,
    PeriodKind,
    ReminderKind,
    ReminderState,
)
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option, TimelineItem
from motcua.web.desk import fields, follow, pages, rows
from motcua.web.desk.dossier import inline
from motcua.web.desk.follow import ActForm, Refused
from motcua.web.desk.signing import sign_url

URL: Final = "/can-bo/ky-cuong/"
HOME: Final = Crumb("Nhắc nhở, vụ việc", URL)
REMINDERS: Final = f"{URL}nhac-nho/"
CASES: Final = f"{URL}vu-viec/"
TURNS: Final[Mapping[str, str]] = {
    "issued": "Ban hành",
    "seen": "Người được nhắc đã xem",
    "answered": "Người được nhắc trả lời",
    "proposed": "Mở vụ việc, đề nghị xử lý",
    "decided": "Quyết định xử lý",
    "followed": "Kiểm tra thực hiện",
    "closed": "Kết thúc",
}
LOOKS: Final[Mapping[str, str]] = {
    ReminderState.ISSUED: "wait",
    ReminderState.SEEN: "new",
    ReminderState.ANSWERED: "done",
    CaseState.PROPOSED: "wait",
    CaseState.DECIDED: "run",
    CaseState.CLOSED: "closed",
}


def _kind(text: str) -> PeriodKind:
    return PeriodKind(text) if text in set(PeriodKind) else PeriodKind.LAST_WEEK


@pages.officer
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show the figures of officers in a week or month, the cases that are suggested, and what was done lately."""
    actor, now = actors.staff(request), clock.now()
    kind = _kind(request.GET.get("ky", ""))
    days = rules.period(kind, clock.today())
    lines = queries.conduct_of_officers(actor, days, now)
    hints = queries.suggestions(actor, now)
    given, opened = queries.reminders(actor, 20), queries.cases(actor, 20)
    names = _names(
        [one.officer_id for one in lines], [one.officer_id for one in hints], [one.staff_id for one in given],
        [one.staff_id for one in opened],
    )  # fmt: skip
    head = actor.duty(*HEADS) is not None
    units = fields.own_units(actor)
    context = {
        "tabs": [(label, f"{URL}?ky={one.value}") for one, label in PERIODS.items()],
        "current": f"{URL}?ky={kind.value}",
        "days": days,
        "rows": [
            {
                "name": names.get(one.officer_id, ""),
                "unit": rows.unit_name(one.unit_id),
                "figures": one.figures,
                "remind_url": _form_url("nhac-nho", one.unit_id, one.officer_id, kind) if head else "",
                "case_url": _form_url("vu-viec", one.unit_id, one.officer_id, kind),
            }
            for one in lines
        ],
        "hints": [
            {
                "name": names.get(one.officer_id, ""),
                "unit": rows.unit_name(one.unit_id),
                "ground": HINTS[one.ground],
                "why": one.why,
                "url": f"{URL}goi-y/?"
                + urlencode({"don-vi": one.unit_id, "nguoi": one.officer_id, "noi-dung": one.ground.value}),
            }
            for one in hints
        ],
        "reminders": [_reminder_line(one, names) for one in given],
        "cases": [_case_line(one, names) for one in opened],
        "choice": replace(fields.unit_field(units, str(units[0].id)), blank="", width="l") if units else None,
        "head": head,
        "crumbs": [pages.HOME, Crumb(HOME.label)],
    }
    return pages.show(request, "desk/discipline.html", context, section=URL)


def _form_url(what: str, unit_id: int, officer_id: int | None, kind: PeriodKind) -> str:
    return f"{URL}{what}/moi/?{urlencode({'don-vi': unit_id, 'nguoi': officer_id, 'ky': kind.value})}"


def _names(*groups: list[Any]) -> dict[int, str]:
    return organisation.staff_names({one for group in groups for one in group if one is not None})


def _reminder_line(one: Reminder, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "url": f"{REMINDERS}{one.subject}/",
        "what": f"{REMINDER_KINDS[ReminderKind(one.kind)]} số {one.number}",
        "whom": names.get(one.staff_id or 0, "") or "Cả đơn vị",
        "unit": rows.unit_name(one.unit_id),
        "at": one.issued_at,
        "state": REMINDER_STATES[ReminderState(one.state)],
        "look": LOOKS[one.state],
    }


def _case_line(one: Case, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "url": f"{CASES}{one.subject}/",
        "what": GROUNDS[Ground(one.ground)],
        "whom": names.get(one.staff_id, ""),
        "unit": rows.unit_name(one.unit_id),
        "at": one.opened_at,
        "state": CASE_STATES[CaseState(one.state)],
        "look": LOOKS[one.state],
        "follow_up_on": one.follow_up_on if one.state == CaseState.DECIDED else None,
        "overdue": one.state == CaseState.DECIDED
        and one.follow_up_on is not None
        and one.follow_up_on < clock.today(),
    }


def _asked(request: HttpRequest) -> tuple[int, int | None, PeriodKind]:
    """Return unit, officer (None: the unit) and period that a form is about."""
    values = request.POST if request.method == "POST" else request.GET
    unit_id = inputs.number(values.get("don-vi", "")) or 0
    if unit_id not in organisation.tree().nodes:
        raise rules.NotToBeSeen
    return unit_id, inputs.number(values.get("nguoi", "")), _kind(values.get("ky", ""))


def _about(actor: Actor, unit_id: int, staff_id: int | None, kind: PeriodKind) -> dict[str, Any]:
    days, now = rules.period(kind, clock.today()), clock.now()
    figures = queries.figures_of_officer(actor, unit_id, staff_id, days, now)
    return {
        "unit": organisation.full_name(organisation.unit(unit_id)),
        "days": days,
        "figures": figures,
        "figure_words": rules.figure_words(figures),
        "hidden": [("don-vi", unit_id), ("ky", kind.value)],
    }


def _people(actor: Actor, unit_id: int, chosen: int | None, error: str, *, whole: bool) -> FieldView:
    people = queries.officers(actor, unit_id, clock.today())
    return FieldView(
        "nguoi", "Người", "select", value=str(chosen or ""), required=not whole, error=error,
        blank="Cả đơn vị" if whole else "", options=tuple(Option(str(one), name) for one, name in people),
    )  # fmt: skip


@pages.officer
@require_http_methods(["GET", "POST"])
def remind(request: HttpRequest) -> HttpResponse:
    """Show the form of a reminder with its text written from the figures; or give it."""
    actor = actors.staff(request)
    unit_id, staff_id, period = _asked(request)
    if not queries.stands_over(actor, unit_id, HEADS):
        raise rules.NotTheHead
    about = _about(actor, unit_id, staff_id, period)
    kind = ReminderKind.REMIND
    if request.POST.get("kind", "") in set(ReminderKind):
        kind = ReminderKind(request.POST["kind"])
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            number = operations.remind(
                kind=kind, unit_id=unit_id, staff_id=staff_id, days=about["days"], text=request.POST.get("text", ""),
                actor=actor, key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            messages.success(request, "Đã ban hành. Người được nhắc thấy ở mục “Báo cho bạn”.")
            return redirect(f"{REMINDERS}{number}/")
    errors = attempt.errors
    name = _names([staff_id]).get(staff_id or 0, "")
    whom = f"ông/bà {name}" if name else about["unit"]
    shown = [
        _people(actor, unit_id, staff_id, errors.get("nguoi", ""), whole=True),
        FieldView(
            "kind", "Hình thức", "radio", value=kind.value, required=True,
            options=tuple(Option(one.value, label) for one, label in REMINDER_KINDS.items()),
        ),
        FieldView(
            "text", "Nội dung", "textarea", required=True, maxlength=2000, error=errors.get("text", ""),
            value=request.POST.get("text") or rules.draft(kind, whom, about["figures"], about["days"]),
            help="Hệ thống viết sẵn từ số liệu; sửa lại theo ý bạn trước khi ban hành.",
        ),
    ]  # fmt: skip
    context = {
        **about,
        "title": "Nhắc nhở, phê bình",
        "action": f"{URL}nhac-nho/moi/",
        "button": "Ban hành",
    }
    return _draw_form(request, context, shown, attempt)


@pages.officer
@require_http_methods(["GET", "POST"])
def open_case(request: HttpRequest) -> HttpResponse:
    """Show the form of a case with what the figures suggest; or open it."""
    actor = actors.staff(request)
    unit_id, staff_id, period = _asked(request)
    if not queries.stands_over(actor, unit_id):
        raise rules.NotTheHead
    about = _about(actor, unit_id, staff_id, period)
    typed = request.POST if request.method == "POST" else request.GET
    chosen = typed.get("noi-dung", "")
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            if chosen not in set(Ground) or staff_id is None:
                name = "nguoi" if staff_id is None else "noi-dung"
                raise Invalid(errors={name: "Chọn một mục."})
            number = operations.open_case(
                ground=Ground(chosen), unit_id=unit_id, staff_id=staff_id, days=about["days"],
                what=request.POST.get("what", ""), proposal=request.POST.get("proposal", ""), actor=actor,
                key=keys.key(request), at=clock.now(),
            )  # fmt: skip
            messages.success(request, "Đã mở vụ việc. Người đứng đầu có thẩm quyền xem và quyết định.")
            return redirect(f"{CASES}{number}/")
    errors = attempt.errors
    shown = [
        _people(actor, unit_id, staff_id, errors.get("nguoi", ""), whole=False),
        FieldView(
            "noi-dung", "Về việc", "radio", value=chosen, required=True, error=errors.get("noi-dung", ""),
            options=tuple(Option(one.value, label) for one, label in GROUNDS.items()),
        ),
        FieldView(
            "what", "Diễn biến, chứng cứ", "textarea", required=True, maxlength=2000, value=typed.get("what", ""),
            error=errors.get("what", ""),
        ),
        FieldView(
            "proposal", "Đề nghị xử lý", "textarea", required=True, maxlength=2000, value=typed.get("proposal", ""),
            error=errors.get("proposal", ""),
        ),
    ]  # fmt: skip
    context = {
        **about,
        "title": "Mở vụ việc",
        "action": f"{URL}vu-viec/moi/",
        "button": "Mở vụ việc",
    }
    return _draw_form(request, context, shown, attempt)


def _draw_form(
    request: HttpRequest, context: dict[str, Any], fields: list[FieldView], attempt: refusals.Attempt
) -> HttpResponse:
    """Draw the form of a reminder or a case beside the figures it is about."""
    context |= {
        "fields": fields,
        "errors": components.summary(fields),
        "general": [] if attempt.errors else attempt.general,
        "crumbs": [pages.HOME, HOME, Crumb(context["title"])],
    }
    return pages.show(request, "desk/discipline_form.html", context, section=URL, status=attempt.status)


@pages.officer
@require_safe
def reminder(request: HttpRequest, number: int) -> HttpResponse:
    """Show a reminder to who gave or stands over it, and to whom it concerns."""
    return _reminder(request, actors.staff(request), number)


def _reminder(
    request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None
) -> HttpResponse:
    one = queries.reminder(actor, number)
    concerned = queries.concerned(actor, one)
    names = _names([one.staff_id, one.issued_by_id])
    forms = []
    if concerned and one.state == ReminderState.ISSUED:
        forms.append(ActForm("da-xem", "Tôi đã xem", "Xác nhận đã xem", shown=True))
    if concerned and one.state != ReminderState.ANSWERED:
        text = FieldView("reason", "Ý kiến của bạn", "textarea", required=True, maxlength=2000)
        forms.append(ActForm("tra-loi", "Trả lời", "Gửi trả lời", (text,)))
    line = _reminder_line(one, names)
    opens = one.staff_id not in (None, actor.staff_id) and queries.stands_over(actor, one.unit_id)
    context = {
        "line": line,
        "over": line["what"],
        "case_url": _form_url("vu-viec", one.unit_id, one.staff_id, PeriodKind.LAST_MONTH) if opens else "",
        "title": REMINDER_KINDS[ReminderKind(one.kind)],
        "facts": [
            ("Gửi", f"{names.get(one.staff_id or 0, '') or 'Cả đơn vị'}, {rows.unit_name(one.unit_id)}"),
            ("Người ký", names.get(one.issued_by_id, "")),
            ("Số liệu", f"{rules.Period(one.first, one.last).words}: " + _figures(one.figures)),
            ("Nội dung", one.text),
        ],
        "pdf_url": f"{REMINDERS}{number}/van-ban.pdf",
        "sign_url": sign_url(one.document_id),
        "here": f"{REMINDERS}{number}/",
        **_course(actor, number),
        "crumbs": [pages.HOME, Crumb(HOME.label) if concerned else HOME, Crumb(f"Số {one.number}")],
        **follow.context(forms, refused),
    }
    return _show(request, context, refused)


def _show(request: HttpRequest, context: dict[str, Any], refused: Refused | None) -> HttpResponse:
    status = refused.status if refused else 200
    return pages.show(request, "desk/discipline_page.html", context, section=URL, status=status)


def _figures(stored: Mapping[str, int]) -> str:
    return "; ".join(rules.figure_words(rules.Figures(**stored))) or "không có hồ sơ nào phải nhắc"


def _course(actor: Actor, number: int) -> dict[str, Any]:
    done = queries.discipline_course(actor, number)
    names = _names([one.staff_id for one in done])
    return {
        "course": [
            TimelineItem(TURNS[one.turn], one.at, who=names.get(one.staff_id, ""), more=one.words)
            for one in done
        ]
    }


@pages.officer
@require_safe
def case(request: HttpRequest, number: int) -> HttpResponse:
    """Show a case to who stands over it."""
    return _case(request, actors.staff(request), number)


def _case(request: HttpRequest, actor: Actor, number: int, refused: Refused | None = None) -> HttpResponse:
    one = queries.case(actor, number)
    names = _names([one.staff_id, one.opened_by_id])
    again = FieldView("ngay", "Ngày kiểm tra lại", "date", required=True, width="s")
    head = queries.stands_over(actor, one.unit_id, HEADS)
    forms = []
    if one.state == CaseState.PROPOSED and head and one.opened_by_id != actor.staff_id:
        words = FieldView("reason", "Quyết định xử lý", "textarea", required=True, maxlength=2000)
        forms.append(ActForm("quyet-dinh", "Quyết định", "Quyết định", (words, again), shown=True))
    if one.state == CaseState.DECIDED:
        words = FieldView("reason", "Đã thực hiện thế nào", "textarea", required=True, maxlength=2000)
        forms.append(ActForm("theo-doi", "Ghi kết quả kiểm tra", "Ghi", (words, again), shown=True))
        if head:
            result = FieldView("reason", "Kết quả", "textarea", required=True, maxlength=2000)
            forms.append(ActForm("ket-thuc", "Kết thúc vụ việc", "Kết thúc", (result,)))
    facts = [
        ("Người có liên quan", f"{names.get(one.staff_id, '')}, {rows.unit_name(one.unit_id)}"),
        ("Người đề nghị", names.get(one.opened_by_id, "")),
        ("Số liệu khi mở", _figures(one.figures)),
        ("Diễn biến, chứng cứ", one.what),
        ("Đề nghị xử lý", one.proposal),
    ]
    if one.decision:
        facts.append(("Quyết định", one.decision))
    if one.follow_up_on and one.state == CaseState.DECIDED:
        facts.append(("Kiểm tra lại ngày", f"{one.follow_up_on:%d/%m/%Y}"))
    context = {
        "line": _case_line(one, names),
        "over": f"Vụ việc số {one.number}",
        "title": GROUNDS[Ground(one.ground)],
        "facts": facts,
        "pdf_url": f"{CASES}{number}/to-trinh.pdf",
        "sign_url": sign_url(one.document_id),
        "here": f"{CASES}{number}/",
        **_course(actor, number),
        "crumbs": [pages.HOME, HOME, Crumb(f"Số {one.number}")],
        **follow.context(forms, refused),
    }
    return _show(request, context, refused)


@pages.officer
@require_POST
def see(request: HttpRequest, number: int) -> HttpResponse:
    """Say that one has seen a reminder."""
    actor = actors.staff(request)
    return follow.done(
        request, lambda: operations.see(reminder=number, actor=actor, key=keys.key(request), at=clock.now()),
        lambda refused: _reminder(request, actor, number, refused), slug="da-xem", said="Đã ghi nhận.",
        url=f"{REMINDERS}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a reminder."""
    actor, text = actors.staff(request), request.POST.get("reason", "")
    return follow.done(
        request,
        lambda: operations.answer(reminder=number, text=text, actor=actor, key=keys.key(request), at=clock.now()),
        lambda refused: _reminder(request, actor, number, refused), slug="tra-loi", said="Đã gửi trả lời.",
        url=f"{REMINDERS}{number}/",
    )  # fmt: skip


def _day(request: HttpRequest) -> date:
    day = inputs.day(request.POST.get("ngay", ""))
    if day is None:
        raise Invalid(errors={"ngay": "Ghi ngày kiểm tra lại, ví dụ 05/10/2023."})
    return day


def _on_case(
    request: HttpRequest, number: int, slug: str, said: str, act: Callable[[str, dict[str, Any]], object]
) -> HttpResponse:
    """Do an act on a case: `act` takes the words that were sent, and what every act takes."""
    actor, text = actors.staff(request), request.POST.get("reason", "")
    common: dict[str, Any] = {"case": number, "actor": actor, "key": keys.key(request), "at": clock.now()}
    queries.case(actor, number)
    return follow.done(
        request, lambda: act(text, common), lambda refused: _case(request, actor, number, refused), slug=slug,
        said=said, url=f"{CASES}{number}/",
    )  # fmt: skip


@pages.officer
@require_POST
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Decide a case."""
    return _on_case(
        request, number, "quyet-dinh", "Đã ghi quyết định.",
        lambda text, common: operations.decide(decision=text, follow_up_on=_day(request), **common),
    )  # fmt: skip


@pages.officer
@require_POST
def follow_up(request: HttpRequest, number: int) -> HttpResponse:
    """Write down how a decision is carried out."""
    return _on_case(
        request, number, "theo-doi", "Đã ghi kết quả kiểm tra.",
        lambda text, common: operations.follow(found=text, follow_up_on=_day(request), **common),
    )  # fmt: skip


@pages.officer
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case."""
    return _on_case(
        request, number, "ket-thuc", "Vụ việc đã kết thúc.",
        lambda text, common: operations.close(outcome=text, **common),
    )  # fmt: skip


@pages.officer
@require_safe
def reminder_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Send the letter of a reminder as PDF."""
    return _pdf(queries.reminder(actors.staff(request), number).document_id)


@pages.officer
@require_safe
def case_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Send the proposal of a case as PDF."""
    return _pdf(queries.case(actors.staff(request), number).document_id)


def _pdf(document_id: int) -> HttpResponse:
    """Send a letter that its matter has let the reader see: letters have no access rows of their own."""
    with making_paper():
        printed = documents.printed(actor=SYSTEM, document_id=document_id, at=clock.now())
    return inline(printed.pdf, "application/pdf", printed.name)
