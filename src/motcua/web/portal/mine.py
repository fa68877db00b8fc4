"""What the signed-in citizen has: drafts, dossiers, their course, papers, supplement and withdrawal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.rules import DocumentState
from motcua.dossiers import (
    corrections,
    definitions,
    linked,
    operations,
    paymentnotices,
    queries,
    refundings,
    verifications,
)
from motcua.dossiers.clockwork import Clock, explained
from motcua.dossiers.dues import DueState
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import (
    COMPONENT_NAMES,
    FROM,
    OPEN,
    PAUSED,
    RUNNING,
    Act,
    ComponentState,
    DossierNotFound,
    State,
    asked_beside,
)
from motcua.edge import actors, keys, paging
from motcua.edge.readonly import making_paper
from motcua.forms import queries as forms
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.errors import Conflict, Forbidden, Invalid
from motcua.kernel.text import fold
from motcua.notifications import queries as notifications
from motcua.organisation import queries as organisation
from motcua.payments import queries as payments
from motcua.payments.rules import REFUND_NAMES
from motcua.platform import access, blobs, clock, history
from motcua.web import components, eform
from motcua.web.components import Crumb, DeadlineView, ErrorItem, FileItem, TimelineItem
from motcua.web.portal import correcting, course, shelf
from motcua.web.portal.filing import STEPS, left_at, resumed
from motcua.web.portal.forms import WithdrawForm
from motcua.web.portal.sending import sent
from motcua.web.portal.views import HOME, MINE
from motcua.workflow import queries as workflow

PAGE: Final = 20
GROUPS: Final[Mapping[str, tuple[str, queries.Filters]]] = {
    "": ("Tất cả", queries.Filters()),
    "can-ban-lam": ("Cần bạn làm", queries.Filters(waits=True)),
    "dang-giai-quyet": (
        "Đang giải quyết",
        queries.Filters(
            states=tuple(str(state) for state in (OPEN - PAUSED) | {State.SUSPENDED}), waits=False
        ),
    ),
    "co-ket-qua": (
        "Có kết quả",
        queries.Filters(states=(str(State.PROCESSED), str(State.RETURNED))),
    ),
    "da-dung": (
        "Đã dừng, đã rút",
        queries.Filters(
            states=(str(State.STOPPED), str(State.WITHDRAWN), str(State.NOT_ACCEPTED), str(State.VOID))
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A dossier in one's list."""

    code: str
    procedure: str
    owner: str
    unit: str
    filed_at: datetime
    due_at: datetime | None
    state: str
    late: bool
    action: str
    awaited: datetime | None


@require_GET
def dossiers(request: HttpRequest) -> HttpResponse:
    """Show drafts and dossiers of the person, the last filed first, paged by key."""
    actor = actors.citizen(request)
    group = request.GET.get("nhom", "")
    if group not in GROUPS:
        group = ""
    before = paging.moment_of(request.GET.get("sau", ""))
    found = queries.own(actor, GROUPS[group][1], before=before, size=PAGE)
    page = paging.page(found, PAGE, lambda row: [row.filed_at.isoformat(), row.subject])
    url, now = reverse("portal:my_dossiers"), clock.now()
    kept = {"nhom": group} if group else {}
    context = {
        "drafts": [] if before else [_draft(row) for row in forms.drafts(actor)],
        "shelves": shelf.shelves(actor),
        "rows": [_row(row, actor, now) for row in page.rows],
        "tab_items": [(name, f"{url}?nhom={code}" if code else url) for code, (name, _) in GROUPS.items()],
        "current": f"{url}?nhom={group}" if group else url,
        "first_url": (f"{url}?{urlencode(kept)}" if kept else url) if before else "",
        "next_url": f"{url}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "section": "mine",
        "crumbs": [HOME, Crumb("Hồ sơ của tôi")],
    }
    return render(request, "portal/my_dossiers.html", context)


def _draft(row: forms.DraftRow) -> dict[str, Any]:
    return {
        "name": row.procedure_name,
        "url": resumed(row.procedure_code, row.id, row.choices),
        "step": STEPS[left_at(row.choices)],
        "discard_url": reverse("portal:discard_draft", args=[row.id]),
        "updated_at": row.updated_at,
    }


def _row(row: queries.ListRow, actor: Actor, now: datetime) -> Row:
    waiting = {
        State.SUPPLEMENT_REQUESTED: "Bổ sung ngay",
        State.PAYMENT_REQUESTED: "Xem khoản phải nộp",
        State.PROCESSED: "Xem kết quả",
    }
    awaited = awaited_until(row.state, row.supplement_due_at)
    return Row(
        code=row.code,
        procedure=catalogue.definition(row.procedure_version_id).name,
        owner=row.owner_name if row.owner_name != actor.name else "",
        unit=organisation.full_name(organisation.unit(row.receiving_unit_id)),
        filed_at=row.filed_at,
        due_at=row.due_at,
        state=row.state,
        late=_late(row.state, row.due_at, now),
        action=waiting.get(State(row.state), "Bổ sung ngay" if awaited else ""),
        awaited=awaited,
    )


def awaited_until(state: str, supplement_due_at: datetime | None) -> datetime | None:
    """Return until when a supplement is awaited from the applicant, at receipt or later; None while none is."""
    return supplement_due_at if state in (State.SUBMITTED, State.SUPPLEMENT_REQUESTED) else None


def _late(state: str, due_at: datetime | None, now: datetime) -> bool:
    return state in RUNNING and due_at is not None and due_at < now


# One dossier -----------------------------------------------------------------------------------------


@require_GET
def dossier(request: HttpRequest, code: str) -> HttpResponse:
    """Show where a dossier is, when it is due and why, what was issued and what was filed."""
    actor, now = actors.citizen(request), clock.now()
    view = queries.one(actor, code)
    d = view.dossier
    access.note(actor, d.subject, "xem hồ sơ của mình", now)
    lent = any(item.state in (ComponentState.REUSED, ComponentState.SHARED) for item in view.components)
    outdated = corrections.outdated(actor, d) if lent else {}
    definition = catalogue.definition(d.procedure_version_id)
    form = forms.form(d.procedure_version_id).definition
    entries, tasks = history.entries(actor, d.subject), workflow.of_subject(actor, d.subject)
    names = organisation.staff_names(course.people(entries, tasks))
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    visits = verifications.of_dossier(actor, d.subject) if course.has_visits(entries) else []
    told = course.Course(view, entries, tasks, names, bundle, now, visits)
    unit = organisation.full_name(organisation.unit(d.receiving_unit_id))
    look, title, text = course.advice(d, unit, told.replacement)
    visible = {item["key"] for item in form_rules.visible(form, view.answers)}
    holder = organisation.unit(d.holder_unit_id) if d.holder_unit_id and d.state in OPEN else None
    family = linked.family(actor, d)
    context = {
        "family": family,
        "parts": [part_item(one, now) for one in family.members] if family is not None else [],
        "later_parts": [one for one in family.members if one.due_after(d.due_at)]
        if family is not None
        else [],
        "d": d,
        "late": _late(d.state, d.due_at, now),
        "awaited": awaited_until(d.state, d.supplement_due_at),
        "procedure_name": definition.name,
        "unit_name": unit,
        "agency_name": organisation.root_of_agency(d.agency_id).name,
        "advice": {"kind": look, "title": title, "text": text} if title else None,
        "invitation": told.invitation,
        "replacement": told.replacement,
        "can_refile": d.state in REFILED and definition.online_level != "thong_tin",
        "fees": payments.of_subject(actor, d.subject),
        "refund": _refund(actor, d),
        "dues": [
            one
            for one in (paymentnotices.of_subject(actor, d.subject) if State(d.state) in OPEN else [])
            if one.state is not DueState.CANCELLED
        ],
        "holder": organisation.full_name(holder) if holder else "",
        "request_open": _open_request(view),
        "deadline": deadline_of(d, now, organisation.calendar(d.receiving_unit_id)),
        "documents": [
            FileItem(
                f"{row.title} {row.number}".strip()
                + (" (đã ký số)" if row.state is DocumentState.SIGNED else "")
                + (" (đã được thay thế)" if row.superseded else ""),
                url=reverse("portal:document", args=[d.code, row.id]),
                note=row.created_at.astimezone(LOCAL).strftime("ngày %d/%m/%Y"),
            )
            for row in papers.documents_of(actor, d.subject)
        ],
        "items": told.items(),
        "components": [
            {
                "name": item.name,
                "state": COMPONENT_NAMES[ComponentState(item.state)],
                "missing": item.state == ComponentState.MISSING,
                "outdated": outdated.get(item.paper, ""),
                "url": reverse("portal:component", args=[d.code, item.id]) if item.file_id else "",
            }
            for item in view.components
        ],
        "sections": eform.written(form, view.answers, visible),
        "notices": [
            {"at": notice.at, "text": notice.text}
            for notice in reversed(notifications.of_subject(actor, d.subject))
            if notice.channel == "portal"
        ][:10],
        "can_withdraw": State(d.state) in FROM[Act.WITHDRAW] and not d.decision and not d.mirrored,
        "passing_url": reverse("portal:passing", args=[d.code]) if d.mirrored else "",
        "correction": correcting.told(
            d, corrections.of_dossier(actor, d.subject) if correcting.askable(d, None) else []
        ),
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb(d.code)],
    }
    return render(request, "portal/my_dossier.html", context)


def _refund(actor: Actor, d: Dossier) -> dict[str, Any] | None:
    """Return what becomes of the fees paid for a dossier that ended without a result."""
    row = payments.refund_of(actor, d.subject) if refundings.may_stand(d) else None
    return (
        {"state": REFUND_NAMES[row.state], "amount": row.amount, "ground": row.ground}
        if row is not None
        else None
    )


def part_item(one: linked.Member, now: datetime) -> dict[str, Any]:
    """Return a part as the citizen's page lists it: who does it, how it stands, until when, what it gave."""
    if one.due_at is not None:
        until, label = one.due_at, "Hẹn trả"
    elif one.state is State.SUBMITTED and one.answer_by is not None:
        until, label = one.answer_by, "Cơ quan tiếp nhận trước"
    else:
        until, label = one.planned_at, "Dự kiến"
    return {
        "part": one,
        "until": until,
        "until_label": label,
        "late": one.late(now) or one.unacknowledged(now),
        "url": reverse("portal:my_dossier", args=[one.code]) if one.visible else "",
        "supplement_url": _supplement_url(one),
        "papers": [
            FileItem(
                f"{paper.title} {paper.number}".strip(),
                url=reverse("portal:document", args=[one.code, paper.document_id])
                if paper.document_id
                else reverse("portal:part_file", args=[one.code, paper.file_id]),
            )
            for paper in one.papers
        ],
    }


def _supplement_url(one: linked.Member) -> str:
    """Return where a part that asks for a supplement takes it: here, or to be passed on to its central system."""
    if not one.asks:
        return ""
    return reverse("portal:passing" if one.mirrored else "portal:supplement", args=[one.code])


@require_GET
def part_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Send the result a central system gave for a part."""
    actor = actors.citizen(request)
    family = linked.family(actor, queries.one(actor, code).dossier)
    known = {paper.file_id for one in (family.members if family else ()) for paper in one.papers}
    if number not in known:
        raise DossierNotFound("Không tìm thấy giấy tờ này.")
    file = papers.file(actor, number)
    return sent(blobs.read(file.sha256), file.name, file.mime)


REFILED: Final = frozenset({State.NOT_ACCEPTED, State.WITHDRAWN, State.STOPPED})


def _open_request(view: queries.DossierView) -> queries.RequestRow | None:
    if State(view.dossier.state) not in FROM[Act.SUPPLEMENT]:
        return None  # what was asked for is no longer waited for
    return next((row for row in view.requests if row.answered_at is None), None)


def deadline_of(d: Dossier, now: datetime, calendar: WorkingCalendar) -> DeadlineView | None:
    """Return the due date with its explanation; None before acceptance."""
    if d.due_at is None or d.accepted_at is None:
        return None
    lines = explained(Clock.from_json(d.clock)) if d.clock else []
    state, left = "running", ""
    if d.state not in OPEN:
        state = "ended"
        ended = d.processed_at or d.ended_at
        if ended is not None and d.decision:
            left = "Đã giải quyết đúng hạn." if ended <= d.due_at else "Đã giải quyết sau ngày hẹn."
    elif State(d.state) in PAUSED:
        whose = "tạm dừng" if State(d.state) is State.SUSPENDED else "chờ bạn bổ sung hoặc nộp tiền"
        state, left = "paused", f"Thời gian {whose} không tính vào thời hạn."
    elif d.due_at < now:
        state = "late"
        over = remaining(calendar, d.due_at, now)
        left = f"Đã quá {over}. Cơ quan phải có văn bản xin lỗi và hẹn lại ngày trả."
    else:
        left = f"Còn {remaining(calendar, now, d.due_at)}."
    return DeadlineView(d.due_at, lines, state, left, d.original_due_at)


def remaining(calendar: WorkingCalendar, start: datetime, end: datetime) -> str:
    """Return working time between two moments in words: '3 giờ 20 phút làm việc', '4 ngày làm việc'."""
    minutes = calendar.minutes_between(start, end)
    days = calendar.working_days_between(start.astimezone(LOCAL).date(), end.astimezone(LOCAL).date())
    if days >= 2:
        return f"{days} ngày làm việc"
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} giờ" if hours else "", f"{rest} phút" if rest or not hours else ""]
    return " ".join(part for part in parts if part) + " làm việc"


@require_GET
def filed(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm a filing: code, check value and what comes next."""
    actor = actors.citizen(request)
    view = queries.one(actor, code)
    d = view.dossier
    unit = organisation.full_name(organisation.unit(d.receiving_unit_id))
    context = {
        "dossier": d,
        "procedure_name": catalogue.definition(d.procedure_version_id).name,
        "unit_name": unit,
        "next_items": [
            TimelineItem("Hệ thống đã ghi nhận hồ sơ", d.filed_at, "done"),
            TimelineItem(
                "Cơ quan kiểm tra và trả lời",
                d.answer_by,
                "now",
                unit,
                "Nếu đủ, bạn nhận giấy hẹn. Nếu thiếu, cơ quan báo một lần tất cả những gì cần bổ sung.",
                tag="chậm nhất",
            ),
            TimelineItem("Giải quyết", None, "next", more="Theo dõi từng bước trong mục “Hồ sơ của tôi”."),
            TimelineItem("Nhận kết quả", None, "next", more="Bản điện tử luôn vào tài khoản của chủ hồ sơ."),
        ],
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb("Đã nộp")],
    }
    return render(request, "portal/filed.html", context)


@require_GET
def download(request: HttpRequest, code: str, document: int) -> HttpResponse:
    """Send an issued paper as PDF; the first opening makes it."""
    actor = actors.citizen(request)
    view = queries.one(actor, code)
    if all(row.id != document for row in papers.documents_of(actor, view.dossier.subject)):
        raise DossierNotFound("Không tìm thấy giấy tờ này.")
    with making_paper():
        paper = documents.printed(actor=actor, document_id=document, at=clock.now())
    return sent(paper.pdf, paper.name, "application/pdf")


@require_GET
def component(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Send back a paper of the dossier as it was handed in."""
    actor = actors.citizen(request)
    view = queries.one(actor, code)
    found = next((item for item in view.components if item.id == number and item.file_id), None)
    if found is None or found.file_id is None:
        raise DossierNotFound("Không tìm thấy giấy tờ này.")
    file = papers.file(actor, found.file_id)
    return sent(blobs.read(file.sha256), file.name, file.mime)


# Supplement and withdrawal ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A paper that can be sent again."""

    code: str
    name: str
    note: str
    asked: bool
    error: str = ""
    beside: bool = False  # named by the request, not a paper of the dossier so far
    needed: bool = False  # called for by answers that were changed

    @property
    def anchor(self) -> str:
        """Return the id of its place on the page."""
        return f"giay-{self.code.lower()}"

    @property
    def input(self) -> str:
        """Return the name and id of its file input."""
        return f"tep-{self.code}"


@require_http_methods(["GET", "POST"])
def supplement(request: HttpRequest, code: str) -> HttpResponse:
    """Show what was asked for and take it: papers again, answers mended."""
    actor = actors.citizen(request)
    view = queries.one(actor, code)
    asked = _open_request(view)
    if asked is None:
        messages.info(request, "Hồ sơ này không có yêu cầu bổ sung nào đang chờ.")
        return redirect("portal:my_dossier", code)
    form = forms.form(view.dossier.procedure_version_id).definition
    record = catalogue.definition(view.dossier.procedure_version_id).body
    wanted, answers = _wanted(view, asked, record), dict(view.answers)
    errors: dict[str, str] = {}
    general: list[str] = []
    if request.method == "POST":
        answers = eform.read(form, request.POST, view.answers)
        if "_reload" in request.POST or request.POST.get("_add") or request.POST.get("_remove"):
            return _drawn(request, view, asked, wanted, answers)
        changed = form_rules.differ(form, view.answers, answers, clock.today())
        clean, errors = form_rules.validate(form, answers, clock.today()) if changed else (view.answers, {})
        wanted += _called_for(view, wanted, record, clean)
        taken, refused = _taken(request, actor, wanted)
        refused |= {
            paper.code: "Nội dung bạn vừa sửa cần thêm giấy tờ này. Hãy chọn tệp."
            for paper in wanted
            if paper.needed and paper.code not in taken and paper.code not in refused
        }
        wanted = [replace(paper, error=refused.get(paper.code, "")) for paper in wanted]
        if not errors and not refused and not taken and not changed:
            general.append("Hãy chọn tệp cho giấy tờ được yêu cầu, hoặc sửa nội dung tờ khai, rồi gửi.")
        elif not errors and not refused:
            try:
                operations.supplement(
                    code=code,
                    actor=actor,
                    key=keys.key(request),
                    at=clock.now(),
                    papers_added=taken,
                    answers=clean if changed else None,
                    seen=keys.seen(request),
                )
            except (Invalid, Conflict, Forbidden) as refusal:
                general.append(refusal.message)
            else:
                messages.success(request, "Đã gửi bổ sung. Cơ quan tiếp tục giải quyết hồ sơ.")
                return redirect("portal:my_dossier", code)
    return _drawn(request, view, asked, wanted, answers, errors, general)


def _drawn(
    request: HttpRequest,
    view: queries.DossierView,
    asked: queries.RequestRow,
    wanted: Sequence[Wanted],
    answers: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    general: Sequence[str] = (),
) -> HttpResponse:
    """Draw the page of a supplement: what was asked, papers to send, the form to mend."""
    form = forms.form(view.dossier.procedure_version_id).definition
    code = view.dossier.code
    visible = {item["key"] for item in form_rules.visible(form, answers) if item["type"] != "file"}
    parts = eform.sections(form, answers, shown=visible, errors=errors, reload=eform.controls(form))
    context = {
        "d": view.dossier,
        "procedure_name": catalogue.definition(view.dossier.procedure_version_id).name,
        "request_open": asked,
        "papers": [paper for paper in wanted if paper.asked],
        "others": [paper for paper in wanted if not paper.asked],
        "sections": parts,
        "shown": eform.shown_keys(parts),
        "errors": [
            *(ErrorItem(paper.input, f"{paper.name}: {paper.error}") for paper in wanted if paper.error),
            *components.summary([item for part in parts for item in part.fields]),
        ],
        "form_open": bool(errors) or answers != view.answers or _about_the_form(asked),
        "general": general,
        "key": keys.new(),
        "max_mb": documents.upload_limits().max_bytes // (1024 * 1024),
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb(code, reverse("portal:my_dossier", args=[code])), Crumb("Bổ sung")],
    }
    wrong = bool(general) or any(paper.error for paper in wanted) or bool(errors)
    return render(request, "portal/supplement.html", context, status=422 if wrong else 200)


def _wanted(view: queries.DossierView, asked: queries.RequestRow, record: Mapping[str, Any]) -> list[Wanted]:
    """Return the papers that can be sent: those asked for beside the dossier's first, then the dossier's."""
    named = {str(item["name"]).strip().casefold(): str(item.get("what", "")) for item in asked.items}
    have = {item.paper: item.name for item in view.components}
    beside = asked_beside(
        asked.items, have, catalogue_rules.paper_names(record), view.dossier.supplement_count
    )
    return [
        *(Wanted(code, name, named[name.casefold()], True, beside=True) for code, name in beside.items()),
        *(
            Wanted(item.paper, item.name, named.get(item.name.casefold(), ""), item.name.casefold() in named)
            for item in view.components
        ),
    ]


def _about_the_form(asked: queries.RequestRow) -> bool:
    """Tell whether the request speaks of what was declared, so that the form stands open to be mended."""
    said = fold(" ".join([asked.reason, *(f"{item['name']} {item.get('what', '')}" for item in asked.items)]))
    return any(word in said for word in ("to khai", "noi dung khai", "khai sai", "da khai", "thong tin khai"))


def _called_for(
    view: queries.DossierView, wanted: Sequence[Wanted], record: Mapping[str, Any], answers: Mapping[str, Any]
) -> list[Wanted]:
    """Return the papers that changed answers call for and the dossier has not."""
    if answers == view.answers:
        return []
    have = {paper.code for paper in wanted}
    return [
        Wanted(need.paper, need.name, need.note, True, needed=True)
        for need in catalogue_rules.papers_for(record, answers)
        if need.paper not in have and not (need.waived_if_in_db or need.present_only or need.form_file)
    ]


def _taken(
    request: HttpRequest, actor: Actor, wanted: Sequence[Wanted]
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Store the files that came, joined where one paper came as several; return them and the refusals by paper."""
    taken: dict[str, int | None] = {}
    refused: dict[str, str] = {}
    for paper in wanted:
        uploads = request.FILES.getlist(paper.input)
        if not uploads:
            continue
        try:
            files = [
                documents.store_upload(
                    actor=actor, name=upload.name or "", data=upload.read(), at=clock.now()
                ).pk
                for upload in uploads
            ]
            taken[paper.code] = documents.join_uploads(
                actor=actor, file_ids=files, name=paper.name, at=clock.now()
            ).pk
        except Invalid as refusal:
            refused[paper.code] = refusal.message
    return taken, refused


ASKED_ELSEWHERE: Final = (
    "Đã ghi nhận. Phần do hệ thống của bộ, ngành giải quyết chỉ rút xong khi hệ thống đó trả lời."
)


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Ask once more, take the reason, withdraw."""
    actor = actors.citizen(request)
    d = queries.one(actor, code).dossier
    family = linked.family(actor, d) if d.parent_id is None else None
    left = family.withdrawable if family is not None and State(d.state) is not State.SUBMITTED else ()
    form = WithdrawForm(request.POST or None, parts=[(one.key, f"{one.name} ({one.agency})") for one in left])
    general: list[ErrorItem | str] = []
    if request.method == "POST" and form.is_valid():
        try:
            operations.withdraw(
                code=code,
                actor=actor,
                key=keys.key(request),
                at=clock.now(),
                reason=form.cleaned_data["reason"],
                keys=form.chosen(),
                seen=keys.seen(request),
            )
        except (Invalid, Conflict, Forbidden) as refusal:
            general.append(refusal.message)
        else:
            elsewhere = any(one.mirrored for one in left if not form.chosen() or one.key in form.chosen())
            said = "Đã rút các phần bạn chọn." if form.chosen() else "Đã rút hồ sơ."
            messages.success(request, ASKED_ELSEWHERE if elsewhere else said)
            return redirect("portal:my_dossier", code)
    context = {
        "d": d,
        "form": form,
        "general": general,
        "procedure_name": catalogue.definition(d.procedure_version_id).name,
        "key": keys.new(),
        "section": "mine",
        "crumbs": [HOME, MINE, Crumb(code, reverse("portal:my_dossier", args=[code])), Crumb("Rút hồ sơ")],
    }
    return render(request, "portal/withdraw.html", context, status=422 if form.errors or general else 200)
