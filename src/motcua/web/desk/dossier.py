"""The page of one dossier: everything about it in one place, and only the acts this person may do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.catalogue import rules as catalogue_rules
from motcua.catalogue.nonterritorial.queries import savings
from motcua.catalogue.nonterritorial.rules import Saved, saved
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.queries import DocumentRow, FileRow
from motcua.documents.rules import SIGNATURE_FIELDS, DocumentState, SignatureField
from motcua.dossiers import (
    corrections,
    definitions,
    duedates,
    explanations,
    lateness,
    linked,
    nonterritorial,
    paymentnotices,
    queries,
    refundings,
    rules,
)
from motcua.dossiers.clockwork import Clock, explained, times_asked
from motcua.dossiers.correcting import CORRECTION_NAMES, issued_kind
from motcua.dossiers.dues import DUE_STATES, DueState
from motcua.dossiers.lateness import EXPLANATION_NAMES, ExplanationState
from motcua.dossiers.models import Dossier
from motcua.dossiers.nonterritorial import WHY_NAMES, Handing, Why
from motcua.dossiers.offers import Offer, Standing, offers
from motcua.dossiers.queries import DossierView
from motcua.dossiers.rules import (
    ACT_NAMES,
    CAUSE_NAMES,
    CHANNEL_NAMES,
    COMPONENT_NAMES,
    FROM,
    OPEN,
    PAUSED,
    RUNNING,
    STATE_NAMES,
    Act,
    Cause,
    ComponentState,
    State,
)
from motcua.edge import actors, keys
from motcua.edge.readonly import making_paper
from motcua.exchange import queries as exchange
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground, Limit
from motcua.kernel.deadline import limit_vi, remaining
from motcua.kernel.errors import NotFound
from motcua.kernel.wording import length_vi
from motcua.notifications import queries as notifications
from motcua.organisation import queries as organisation
from motcua.parties.rules import mask, mask_phone
from motcua.payments import queries as payments
from motcua.payments.queries import RefundRow
from motcua.payments.rules import REFUND_NAMES, ObligationState, RefundState
from motcua.platform import access, blobs, clock, history
from motcua.platform.history import Happened
from motcua.web import eform, words
from motcua.web.components import Crumb, DeadlineView
from motcua.web.desk import atstep, automatic, fields, pages, rows
from motcua.web.templatetags.motcua import vn_short
from motcua.workflow import hands
from motcua.workflow import queries as workflow
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import TaskState

LIST: Final = Crumb("Hồ sơ", "/can-bo/ho-so/")
EXPLANATION_LOOKS: Final[Mapping[ExplanationState, str]] = {
    ExplanationState.OWED: "late",
    ExplanationState.RETURNED: "late",
    ExplanationState.WRITTEN: "wait",
    ExplanationState.ACCEPTED: "done",
}
SLUGS: Final[Mapping[Act, str]] = {
    Act.ACCEPT: "tiep-nhan",
    Act.REQUEST_SUPPLEMENT: "yeu-cau-bo-sung",
    Act.ALLOW_SUPPLEMENT: "cho-bo-sung-them",
    Act.REFUSE: "tu-choi",
    Act.SUPPLEMENT: "bo-sung",
    Act.FORWARD: "chuyen",
    Act.ASSIGN: "giao-viec",
    Act.RELEASE: "tra-viec",
    Act.COMPLETE_STEP: "hoan-thanh",
    Act.DECIDE: "hoan-thanh",
    Act.REFUSE_REQUEST: "hoan-thanh",
    Act.RETURN_STEP: "tra-lai-buoc",
    Act.SUSPEND: "tam-dung",
    Act.RESUME: "tiep-tuc",
    Act.RETURN_RESULT: "tra-ket-qua",
    Act.HAND_BACK: "tra-giay-to",
    Act.WITHDRAW: "rut",
    Act.STOP: "dung",
    Act.PROPOSE_EXTENSION: "du-thao-xin-loi",
    Act.EXTEND: "gia-han",
    Act.CORRECT_INTAKE: "dinh-chinh",
    Act.VOID: "nhap-lai",
    Act.DIGITISE: "so-hoa",
    Act.ISSUE_SLIP: "lap-giay-tiep-nhan",
    Act.CLOSE_CONTROL_SLIP: "chot-phieu-kiem-soat",
    Act.REQUEST_PAYMENT: "nghia-vu-tai-chinh",
    Act.CONFIRM_PAYMENT: "xac-nhan-nop",
    Act.CANCEL_PAYMENT: "huy-thong-bao",
    Act.EXPLAIN: "giai-trinh",
    Act.ACCEPT_EXPLANATION: "nhan-giai-trinh",
    Act.RETURN_EXPLANATION: "tra-giai-trinh",
    Act.MIRROR: "ghi-nhan",
    Act.CONFIRM_RECEIPT: "xac-nhan-tiep-nhan",
    Act.SEND_BACK: "chuyen-tra",
    Act.DECIDE_REFUND: "hoan-phi",
    Act.PAY_REFUND: "da-hoan-phi",
}
RESTATED: Final[Mapping[str, str]] = {
    "paper": "Giấy tờ chuyển tay theo phiếu bàn giao lập sau; lần chuyển được tính là kèm giấy",
    "electronic": "Phiếu bàn giao đã hủy; lần chuyển được tính là bằng điện tử",
}
PERSONAL_WORDS: Final[Mapping[str, str]] = {
    "reason": "Lý do",
    "note": "Ghi chú",
    "guidance": "Hướng dẫn",
    "what": "Nội dung bàn giao",
    "proof": "Căn cứ",
    "collector": "Người nhận",
    "remedy": "Cách khắc phục",
    "content": "Nội dung hỏi",
    "text": "Ý kiến",
    "place": "Nơi xác minh",
    "purpose": "Nội dung xác minh",
    "visitors": "Người đi xác minh",
    "findings": "Kết quả xác minh",
    "conclusion": "Kết luận",
    "ground": "Căn cứ, lý do hoàn trả",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A dossier with its tasks and the acts offered: what the page and the forms of its acts start from."""

    view: DossierView
    tasks: Sequence[TaskRow]
    bundle: definitions.Bundle
    offers: Sequence[Offer]
    barred: Mapping[int, str] = field(default_factory=dict)
    explanation: explanations.Explained | None = None
    notices: Sequence[paymentnotices.Notice] = ()
    refund: RefundRow | None = None
    family: linked.Family | None = None

    @property
    def dossier(self) -> Dossier:
        """Return the row."""
        return self.view.dossier

    def checks(self, sections: Sequence[eform.SectionView]) -> list[atstep.Check]:
        """Return what is to be checked on the form at the tasks this person may work now."""
        mine = {offer.task_id for offer in self.offers}
        return atstep.checks(self.bundle, (task for task in self.tasks if task.id in mine), sections)

    def offered(self, slug: str, task_id: int | None = None, outcome: str = "") -> Offer | None:
        """Return the offer behind an act's address, None where it is not offered now."""
        for offer in self.offers:
            same = SLUGS[offer.act] == slug and (task_id is None or offer.task_id == task_id)
            if same and (not outcome or offer.outcome == outcome):
                return offer
        return None


def asked_beside(shown: Shown) -> dict[str, str]:
    """Return what the open request names that is no paper of the dossier yet: name by code."""
    asked = next((row for row in shown.view.requests if row.answered_at is None), None)
    have = {item.paper: item.name for item in shown.view.components}
    record = catalogue_rules.paper_names(shown.bundle.procedure.body)
    return rules.asked_beside(asked.items if asked else (), have, record, shown.dossier.supplement_count)


def load(actor: Actor, code: str) -> Shown:
    """
    Return a dossier with its tasks and what the actor may do (two statements).

    :raises DossierNotFound: not there, or not for this actor.
    """
    view = queries.one(actor, code)
    d = view.dossier
    tasks = workflow.of_subject(actor, d.subject)
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    barred = hands.barred(actor, tasks, clock.today())
    nameable = hands.nameable(actor, tasks)
    standing = Standing(
        state=State(d.state),
        field_code=d.field_code,
        receiving_unit_id=d.receiving_unit_id,
        agency_id=d.agency_id,
        decided=bool(d.decision),
        extended=view.extended,
        exhausted=times_asked(d.clock) >= d.supplements_allowed,
        suspendable=bool(definitions.settings(bundle, clock.today())["suspend_grounds"]),
        asked=any(request.answered_at is None for request in view.requests),
        handed_back=d.handed_back_at is not None,
        mirrored=d.mirrored,
        is_part=d.parent_id is not None,
        awaits_parts=bundle.awaits_parts and State(d.state) in rules.RUNNING | rules.PAUSED,
        barred=barred,
        nameable=nameable,
        unscanned=any(
            c.digitise and c.file_id is None and c.state == ComponentState.HANDED_IN for c in view.components
        ),
        without_slip=d.slip_on_request,
        handing=nonterritorial.handing(d),
        accepted=d.accepted_at is not None,
        competent_unit_id=d.competent_unit_id or 0,
    )
    notices = paymentnotices.of_subject(actor, d.subject) if _was_to_pay(d) else []
    standing = replace(standing, owes=frozenset(one.unit_id for one in notices if one.state is DueState.DUE))
    refund = payments.refund_of(actor, d.subject) if refundings.may_stand(d) else None
    late = late_until(d, clock.now()) is not None
    standing = replace(standing, refund=refund.state if refund else "")
    standing = replace(standing, late=late, explanation=explanations.of(actor, d.subject) if late else None)
    agencies = {task.unit_id: organisation.unit(task.unit_id).agency_id for task in tasks if task.is_open}
    found = offers(actor, standing, tasks, bundle.graph, covers=workflow.acting_units, agency_of=agencies)
    return Shown(
        view, tasks, bundle, found, barred, standing.explanation, notices, refund, linked.family(actor, d)
    )


def _was_to_pay(d: Dossier) -> bool:
    """Tell whether the dossier waits, or ever waited, for a financial obligation."""
    pauses = d.clock["deadline"]["pauses"] if d.clock else []
    return any(pause["ground"] == Ground.FINANCIAL_OBLIGATION for pause in pauses)


def late_until(d: Dossier, now: datetime) -> datetime | None:
    """Return the moment up to which a dossier is late, None where it is in time or was never accepted."""
    if State(d.state) not in FROM[Act.EXPLAIN]:
        return None
    return lateness.until(d.due_at, d.ended_at, lateness.open_pause(d.clock), now)


def act_url(code: str, offer: Offer) -> str:
    """Return the address of an act's form; taking in anew is the counter's page."""
    if offer.act is Act.VOID:
        return f"/can-bo/tiep-nhan/?{urlencode({'thay': code})}"
    values = {"viec": offer.task_id, "cach": offer.outcome}
    kept = urlencode({name: value for name, value in values.items() if value})
    return f"{rows.dossier_url(code)}{SLUGS[offer.act]}/{'?' + kept if kept else ''}"


@pages.officer
@require_safe
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a dossier; reading it leaves a trace."""
    actor = actors.staff(request)
    return draw(request, actor, load(actor, code), purpose="xem hồ sơ")


@pages.officer
@require_POST
def reveal(request: HttpRequest, code: str) -> HttpResponse:
    """Show the numbers in full; the purpose stays in the trace of reading."""
    actor = actors.staff(request)
    purpose = request.POST.get("purpose", "").strip()[:200] or "đối chiếu giấy tờ của người nộp"
    return draw(request, actor, load(actor, code), purpose=f"xem số đầy đủ: {purpose}", full=True)


def draw(
    request: HttpRequest, actor: Actor, shown: Shown, *, purpose: str, full: bool = False
) -> HttpResponse:
    """Draw the page (four statements beside those of `load`, session and actor)."""
    d, now = shown.dossier, clock.now()
    happened = history.read(actor, d.subject, purpose, now)
    printed, stored = papers.everything_of(actor, d.subject)
    files = {row.id: row for row in stored}
    staff = {task.assignee_id for task in shown.tasks} | {task.done_by_id for task in shown.tasks}
    staff |= {entry.officer_id for entry in happened}
    if shown.explanation is not None:
        staff |= {share.staff_id for share in shown.explanation.shares}
        staff |= {shown.explanation.written_by_id, shown.explanation.answered_by_id}
    names = organisation.staff_names({one for one in staff if one is not None})
    behalf = organisation.on_behalf({entry.duty_id for entry in happened if entry.duty_id is not None})
    owed = payments.of_subject(actor, d.subject)
    sent = notifications.of_subject(actor, d.subject)
    form = sections(shown, full=full)
    checks = shown.checks(form)
    context = {
        "d": d,
        "procedure": shown.bundle.procedure.name,
        "state_name": STATE_NAMES[State(d.state)],
        "late": State(d.state) in RUNNING and d.due_at is not None and d.due_at < now,
        "unit": _unit(d.receiving_unit_id),
        "agency": organisation.root_of_agency(d.agency_id).name,
        "people": _people(d, full=full),
        "full": full,
        "deadline": deadline(d, now),
        "clocks": shown.view.clocks(shown.tasks, now),
        "answer": _answer(d, now),
        "handed": handed(d, happened, now),
        "request_row": next((row for row in shown.view.requests if row.answered_at is None), None)
        if State(d.state) in FROM[Act.SUPPLEMENT]
        else None,
        "cards": cards(shown, names),
        "components": _components(shown, files, _outdated(actor, shown)),
        "extra_files": _extra(shown, files),
        "checks": checks,
        "sections": atstep.unnamed(form, checks),
        "just_made": [issued(d.code, row) for row in atstep.just_made(request.GET.get("in", ""), printed)],
        "unfolded": State(d.state) is State.SUBMITTED,  # to be checked before it is accepted
        "steps": _steps(shown, names, now),
        "automatic": automatic.panel(actor, d, shown.bundle.graph, full=full),
        "due_dates": _due_dates(happened, names),
        "extension": _extension(shown),
        "foreseen": shown.view.foreseen(now),
        "dues": [(one, DUE_STATES[one.state]) for one in shown.notices],
        "explanation": _explanation(shown, names, now),
        "ledger": [_entry(d.code, entry, names, behalf, full=full) for entry in happened],
        "documents": [issued(d.code, row) for row in printed],
        "correction": _correction(actor, d, now),
        "family": family_view(shown.family, now) if shown.family else None,
        "told": linked.messages(actor, d),
        "contact": exchange.contact(actor, d, now),
        "control_url": f"{rows.dossier_url(d.code)}phieu-kiem-soat.pdf",
        "borrowed_url": f"{rows.dossier_url(d.code)}bien-nhan-ban-goc.pdf"
        if any(c.borrowed_original for c in shown.view.components)
        else "",
        "refund": refund_view(shown.refund),
        "owed": owed,
        "owed_sum": sum(row.amount for row in owed if row.state == ObligationState.DUE),
        "notices": list(reversed(sent)),
        "seen": d.seq,
        "keys": [keys.new() for _ in range(4)],
        "search_value": "",
        "crumbs": [pages.HOME, LIST, Crumb(d.code)],
    }
    return pages.show(request, "desk/dossier.html", context, section="/can-bo/ho-so/")


def refund_view(refund: RefundRow | None) -> dict[str, Any] | None:
    """Return what becomes of the money paid for a withdrawn dossier, as pages say it."""
    if refund is None:
        return None
    return {
        "state": REFUND_NAMES[refund.state],
        "paid": refund.paid,
        "amount": refund.amount,
        "ground": refund.ground,
        "reference": refund.reference,
        "done_at": refund.done_at,
        "waits": refund.state in (RefundState.OPEN, RefundState.DUE),
    }


def family_view(family: linked.Family, now: datetime) -> dict[str, Any]:
    """Return the parts of a group as the page lists them, and whose parts keep the group waiting."""
    return {
        "code": family.code,
        "own": family.own,
        "group_url": rows.dossier_url(family.code) if family.own and family.visible else "",
        "state": STATE_NAMES[family.state],
        "due_at": family.due_at,
        "parts": [
            {
                "member": one,
                "url": rows.dossier_url(one.code) if one.visible and one.key != family.own else "",
                "own": one.key == family.own,
                "late": one.late(now),
                "unacknowledged": one.unacknowledged(now),
            }
            for one in family.members
        ],
        "late": [
            f"{one.name} – {one.agency}: "
            + (
                "chưa tiếp nhận phần được chuyển đến."
                if one.unacknowledged(now)
                else "xong sau hạn."
                if one.ended
                else f"đang quá hạn{f', ở bước {one.step}' if one.step else ''}."
            )
            for one in family.late(now)
        ],
    }


def _people(d: Dossier, *, full: bool) -> list[tuple[str, str]]:
    """Return the applicant and the submitter, numbers masked until they are needed."""
    number = d.owner_number if full else mask(d.owner_number)
    phone = d.owner_phone if full else mask_phone(d.owner_phone)
    pairs = [("Chủ hồ sơ", d.owner_name), ("Số định danh, mã số thuế", number), ("Điện thoại", phone)]
    if d.submitter_name:
        pairs.append(("Người nộp", d.submitter_name))
    pairs += [
        ("Cách nộp", CHANNEL_NAMES.get(d.channel, d.channel)),
        ("Nhận kết quả", words.RETURN_CHANNELS.get(d.return_channel, d.return_channel)),
    ]
    if d.return_address:
        pairs.append(("Địa chỉ nhận", d.return_address))
    if d.sets > 1:
        pairs.append(("Số bộ", str(d.sets)))
    return pairs


def deadline(d: Dossier, now: datetime) -> DeadlineView | None:
    """Return the due date with how it was counted; None before acceptance."""
    if d.due_at is None or not d.clock:
        return None
    lines = explained(Clock.from_json(d.clock))
    calendar = organisation.calendar(d.receiving_unit_id)
    state, left = "running", str(remaining(now, d.due_at, calendar)).capitalize() + "."
    if State(d.state) in PAUSED:
        whose = "tạm dừng" if State(d.state) is State.SUSPENDED else "chờ người nộp"
        state, left = "paused", f"Thời gian {whose} không tính vào thời hạn."
    elif State(d.state) not in OPEN:
        ended = d.processed_at or d.ended_at
        state = "ended"
        left = (
            ""
            if ended is None
            else "Đã giải quyết trong hạn."
            if ended <= d.due_at
            else "Đã giải quyết sau hạn."
        )
    elif d.due_at < now:
        state = "late"
    return DeadlineView(d.due_at, lines, state, left, d.original_due_at)


def _answer(d: Dossier, now: datetime) -> dict[str, Any] | None:
    """Return until when an online filing must be answered."""
    if State(d.state) is not State.SUBMITTED or d.answer_by is None:
        return None
    left = remaining(now, d.answer_by, organisation.calendar(d.receiving_unit_id))
    return {"by": d.answer_by, "left": str(left).capitalize(), "late": left.overdue}


def handed(d: Dossier, happened: Sequence[Happened], now: datetime) -> dict[str, Any] | None:
    """Return where a dossier received for another agency is on its way; None for all others."""
    where = nonterritorial.handing(d)
    if where is Handing.OWN or d.competent_unit_id is None:
        return None
    waits = nonterritorial.underway(d) and State(d.state) in OPEN
    return {
        "words": nonterritorial.HANDING_NAMES[where] + ".",
        "sent_back": _sent_back(happened) if where is Handing.RECEIVED and waits else "",
        "waits": waits,
        "expected": d.expected_due_at,
        "by": d.pass_by if waits else None,
        "by_label": "Phải chuyển trước" if where is Handing.RECEIVED else "Phải xác nhận trước",
        "late": d.pass_by is not None and d.pass_by < now,
        "here": organisation.full_name(organisation.unit(d.receiving_unit_id)),
        "there": organisation.full_name(organisation.unit(d.competent_unit_id)),
        "spared": _spared(d),
    }


def _spared(d: Dossier) -> Saved | None:
    """Return what its applicant is spared by the parameters of its day of receipt (R-079); None where none hold."""
    if d.accepted_at is None or d.competent_unit_id is None:
        return None
    on = d.accepted_at.astimezone(LOCAL).date()
    tier = organisation.unit(d.competent_unit_id).tier
    found = saved(savings(), tier, on, dossiers=1, collected=int(d.returned_at is not None))
    return found if found.trips else None


def _sent_back(happened: Sequence[Happened]) -> str:
    """Return why the dossier was sent back last, in words; nothing where it never was."""
    last = next((entry for entry in reversed(happened) if entry.act == Act.SEND_BACK), None)
    if last is None:
        return ""
    why = WHY_NAMES[Why(last.payload["why"])]
    return f"{why}. {(last.personal or {}).get('reason', '')}".strip()


# What may be done --------------------------------------------------------------------------------------


# Acts on the dossier as a whole, of who holds it or decides on it; the others beside tasks are the counter's.
OF_THE_DOSSIER: Final = frozenset(
    {
        Act.EXTEND,
        Act.PROPOSE_EXTENSION,
        Act.SUSPEND,
        Act.RESUME,
        Act.STOP,
        Act.ALLOW_SUPPLEMENT,
        Act.EXPLAIN,
        Act.ACCEPT_EXPLANATION,
        Act.RETURN_EXPLANATION,
        Act.REQUEST_PAYMENT,
        Act.CONFIRM_PAYMENT,
        Act.CANCEL_PAYMENT,
    }
)


def cards(shown: Shown, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return the acts in groups: a card per task in hand, the counter's acts, those on the dossier as a whole."""
    d = shown.dossier
    made: list[dict[str, Any]] = []
    by_task: dict[int, list[Offer]] = {}
    others: list[Offer] = []
    for offer in shown.offers:
        if offer.task_id is not None:
            by_task.setdefault(offer.task_id, []).append(offer)
        else:
            others.append(offer)
    for task_id in shown.barred:
        by_task.setdefault(task_id, [])
    for task_id, found in by_task.items():
        task = next(row for row in shown.tasks if row.id == task_id)
        outcomes = [offer for offer in found if SLUGS[offer.act] == "hoan-thanh"]
        made.append(
            {
                "title": task.name,
                "about": task.about,
                "barred": shown.barred.get(task_id, ""),
                "who": names.get(task.assignee_id or 0, "") or "Chưa ai nhận",
                "due_at": task.due_at,
                "task": task_id,
                "done_url": f"{rows.dossier_url(d.code)}hoan-thanh/?viec={task_id}",
                "outcomes": outcomes,
                "needs_reason": any(not offer.plain for offer in outcomes),
                "take": next((o for o in found if o.act is Act.ASSIGN and o.outcome == "take"), None),
                "links": _links(d.code, [offer for offer in found if offer not in outcomes]),
                "checks": atstep.named(shown.bundle, task.node) if found else [],
                "prints": atstep.prints(shown.bundle, task.node),
                "key": keys.new(),
            }
        )
    groups = {
        "Tại quầy": [offer for offer in others if offer.act not in OF_THE_DOSSIER],
        "Đối với hồ sơ": [offer for offer in others if offer.act in OF_THE_DOSSIER],
    }
    for name, found in groups.items():
        if not found:
            continue
        made.append(
            {
                "title": "",
                "group": name,
                "about": "",
                "who": "",
                "due_at": None,
                "task": None,
                "outcomes": [],
                "checks": [],
                "prints": [],
                "take": None,
                "plain": [
                    {"label": offer.label, "url": act_url(d.code, offer), "key": keys.new()}
                    for offer in found
                    if offer.plain
                ],
                "links": _links(d.code, [offer for offer in found if not offer.plain]),
            }
        )
    return made


def _links(code: str, found: Sequence[Offer]) -> list[dict[str, Any]]:
    return [
        {"label": offer.label, "url": act_url(code, offer), "main": offer.main, "grave": offer.grave}
        for offer in found
        if not (offer.act is Act.ASSIGN and offer.outcome == "take")
    ]


# Parts of the page --------------------------------------------------------------------------------------


def _correction(actor: Actor, d: Dossier, now: datetime) -> dict[str, Any] | None:
    """Return where the correction of an issued result stands; None where there is no result to correct."""
    if issued_kind(State(d.state), d.decision, mirrored=d.mirrored) is None:
        return None
    last = next(iter(corrections.of_dossier(actor, d.subject)), None)
    return {
        "url": f"{rows.dossier_url(d.code)}dinh-chinh-ket-qua/",
        "state": CORRECTION_NAMES[last.state] if last else "",
        "open": last is not None and last.is_open,
        "due_at": last.due_at if last is not None and last.is_open else None,
        "late": last is not None and last.is_open and last.late(now),
    }


def _outdated(actor: Actor, shown: Shown) -> Mapping[str, str]:
    """Return which papers came from a result that was replaced since."""
    lent = (ComponentState.REUSED, ComponentState.SHARED)
    if not any(item.state in lent for item in shown.view.components):
        return {}
    return corrections.outdated(actor, shown.dossier)


def _components(
    shown: Shown, files: Mapping[int, FileRow], outdated: Mapping[str, str]
) -> list[dict[str, Any]]:
    made = []
    for item in shown.view.components:
        marks = []
        if item.present_only:
            marks.append("chỉ xuất trình")
        if item.borrowed_original:
            marks.append("đang giữ bản gốc" if item.handed_back_at is None else "đã trả bản gốc")
        elif item.handed_back_at is not None:
            marks.append("đã trả lại")
        if item.digitise and item.file_id is None and item.state == ComponentState.HANDED_IN:
            marks.append("chưa có bản quét")
        file = files.get(item.file_id or 0)
        made.append(
            {
                "name": item.name,
                "state": COMPONENT_NAMES[ComponentState(item.state)],
                "missing": item.state == ComponentState.MISSING,
                "count": _count(item.originals, item.copies),
                "marks": ", ".join(marks),
                "outdated": outdated.get(item.paper, ""),
                "file": _file(shown.dossier.code, file) if file else None,
            }
        )
    return made


def _count(originals: int, copies: int) -> str:
    parts = [f"{originals} bản chính" if originals else "", f"{copies} bản sao" if copies else ""]
    return ", ".join(part for part in parts if part)


def _file(code: str, row: FileRow) -> dict[str, Any]:
    return {
        "url": f"{rows.dossier_url(code)}tep/{row.id}/",
        "name": row.name,
        "size": row.size,
        "at": row.created_at,
    }


def _extra(shown: Shown, files: Mapping[int, FileRow]) -> list[dict[str, Any]]:
    """Return the files that no paper names now (replaced scans, attachments of the form); no print of ours."""
    used = {item.file_id for item in shown.view.components}
    return [
        _file(shown.dossier.code, row)
        for row in files.values()
        if row.id not in used and row.kind == "component"
    ]


def sections(shown: Shown, *, full: bool) -> list[eform.SectionView]:
    """Return the form's answers in words; numbers of people are masked until they are asked for."""
    form, answers = shown.bundle.form, dict(shown.view.answers)
    visible = {item["key"] for item in form_rules.visible(form, answers)}
    if not full:
        answers = fields.hidden_numbers(form, answers)
    return eform.written(form, answers, visible)


_TASK_STATES: Final[Mapping[str, str]] = {
    TaskState.OPEN: "Đang làm",
    TaskState.WAITING: "Đang chờ",
    TaskState.JOINED: "Xong, chờ bước song song",
    TaskState.DONE: "Xong",
    TaskState.CANCELLED: "Thu hồi",
}


def _steps(shown: Shown, names: Mapping[int, str], now: datetime) -> list[dict[str, Any]]:
    """Return the course of the work, planned and actual, with the words of the outcomes."""
    graph = shown.bundle.graph
    made = []
    for task in shown.tasks:
        edge = graph.by_outcome.get((task.node, task.outcome)) if task.outcome else None
        who = names.get(task.done_by_id or task.assignee_id or 0, "")
        made.append(
            {
                "name": task.name,
                "about": task.about,
                "unit": rows.unit_name(task.unit_id),
                "who": who,
                "opened_at": task.opened_at,
                "due_at": task.due_at,
                "done_at": task.done_at,
                "state": _TASK_STATES.get(task.state, task.state),
                "open": task.is_open,
                "outcome": (edge.name or task.outcome) if edge else "",
                "note": task.note,
                "late": task.state != TaskState.CANCELLED and task.is_late(now),
            }
        )
    return made


_KINDS: Final[Mapping[str, str]] = {
    "citizen": "Người nộp",
    "system": "Hệ thống",
    "partner": "Hệ thống kết nối",
}


def _entry(
    code: str, entry: Happened, names: Mapping[int, str], behalf: Mapping[int, str], *, full: bool
) -> dict[str, Any]:
    """Return an act of the ledger in words."""
    act = ACT_NAMES[Act(entry.act)] if entry.act in set(Act) else entry.act
    step = entry.payload.get("step") or ""
    who = names.get(entry.officer_id or 0, "")
    if not who:
        who = _KINDS.get(entry.actor_kind, "Cán bộ")
    if entry.duty_id is not None and entry.duty_id in behalf:
        who = f"{who} (theo ủy quyền của {behalf[entry.duty_id]})"
    personal = dict(entry.personal or {})
    notes = [f"{label}: {personal[name]}" for name, label in PERSONAL_WORDS.items() if personal.get(name)]
    if entry.payload.get("why") in set(Why):
        notes.insert(0, WHY_NAMES[Why(entry.payload["why"])])
    if entry.payload.get("late") is True and entry.act in (Act.FORWARD, Act.CONFIRM_RECEIPT):
        notes.append("Chậm so với thời hạn chuyển, xác nhận.")
    if entry.act == Act.SIGN_PAPER:
        notes.append(SIGNATURE_FIELDS[SignatureField(entry.payload["field"])])
    if entry.act == Act.RESTATE_FORWARD:
        notes.append(RESTATED[entry.payload["by"]])
    if entry.payload.get("to_unit") and entry.payload.get("confirm_by"):
        notes.append(f"Chuyển đến {_unit(entry.payload['to_unit'])}")
    for number in ("slip", "form"):
        if entry.payload.get(number):
            notes.append(f"Số: {entry.payload[number]}")
    made, gone = atstep.made_by(code, entry)
    notes += [*_moved(entry), *gone]
    return {
        "seq": entry.seq,
        "act": f"{act}: {step}" if step else act,
        "who": who,
        "unit": rows.unit_name(entry.unit_id) if entry.actor_kind == ActorKind.STAFF else "",
        "at": entry.at,
        "state": STATE_NAMES[State(entry.state_after)]
        if entry.state_after in set(State) and entry.state_after != entry.state_before
        else "",
        "due": entry.due_after if entry.moved_due else None,
        "due_before": entry.due_before,
        "notes": notes,
        "papers": made,
        "changes": _changes(personal.get("before_after") or {}, full=full),
    }


def _unit(unit_id: int) -> str:
    """Return the name of a unit that no other shares."""
    return organisation.full_name(organisation.unit(unit_id))


def _moved(entry: Happened) -> list[str]:
    """Return from where to where a reorganisation moved a dossier, when a visit is planned, which limits moved."""
    payload = entry.payload
    notes = []
    if entry.act == Act.TRANSFER:
        pairs = {("Tiếp nhận, trả kết quả", payload["from_unit"], payload["to_unit"]): None}
        pairs |= {("Bước đang giải quyết", task["from"], task["to"]): None for task in payload["tasks"]}
        names = [(what, _unit(one), _unit(other)) for what, one, other in pairs]
        notes = [f"{what}: {one} → {other}" for what, one, other in names if one != other]
        notes.append(f"Căn cứ: {payload['decision']}")
    if late := payload.get("entered_late"):
        taken = vn_short(datetime.fromisoformat(late["received_at"]))
        notes.append(f"Nhận giấy tờ lúc {taken} khi hệ thống gặp sự cố; ngày hẹn và số liệu tính từ lúc đó")
    if payload.get("planned_at"):
        who = "mời người nộp có mặt" if payload["applicant"] else "người nộp không phải có mặt"
        notes.append(f"Lúc {vn_short(datetime.fromisoformat(payload['planned_at']))}; {who}")
    if payload.get("limit_before"):
        after, before = (limit_vi(Limit.from_json(payload[name])) for name in ("limit", "limit_before"))
        notes.append(f"Thời hạn {after} thay {before}, theo quy định về hồ sơ có xác minh")
    for name, limit in (("answer_by", "Hạn trả lời"), ("supplement_due_at", "Hạn bổ sung")):
        if entry.act == Act.RECOMPUTE_DUE and name in payload:
            before, after = (vn_short(datetime.fromisoformat(moment)) for moment in payload[name])
            notes.append(f"{limit}: {before} → {after}")
    return notes


def _due_dates(happened: Sequence[Happened], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return every due date the dossier has had, with what moved it; nothing while there was only one."""
    found = duedates.changes(happened)
    if len(found) < 2:
        return []
    return [
        {
            "before": one.before,
            "after": one.after,
            "ground": one.ground,
            "form": one.form,
            "who": names.get(one.officer_id or 0, "") or _KINDS.get(one.actor_kind, "Cán bộ"),
            "at": one.at,
            "late": one.late,
        }
        for one in found
    ]


def _extension(shown: Shown) -> dict[str, Any] | None:
    """Return the letter of apology that waits for its signature."""
    draft = shown.view.draft
    if draft is None or State(shown.dossier.state) not in RUNNING:
        return None
    return {
        "reason": draft.reason,
        "cause": CAUSE_NAMES[Cause(draft.cause)],
        "new_due_at": draft.new_due_at,
        "drafted_at": draft.drafted_at,
        "by_system": draft.drafted_by_id is None,
    }


def _explanation(shown: Shown, names: Mapping[int, str], now: datetime) -> dict[str, Any] | None:
    """Return how late the dossier is, to whom that is owed, and what was said about it."""
    told = shown.explanation
    if told is None:
        return None
    calendar = organisation.calendar(organisation.root_of_agency(shown.dossier.agency_id).id)
    end = told.until or now
    return {
        "state": EXPLANATION_NAMES[told.state],
        "look": EXPLANATION_LOOKS[told.state],
        "late": length_vi(calendar.minutes_between(told.due_at, end), calendar.day_minutes),
        "growing": told.until is None,
        "shares": [
            {
                "step": share.step,
                "unit": rows.unit_name(share.unit_id),
                "who": names.get(share.staff_id or 0, ""),
                "late": length_vi(share.minutes, calendar.day_minutes),
            }
            for share in told.shares
        ],
        "cause": CAUSE_NAMES[Cause(told.cause)] if told.cause else "",
        "reason": told.reason,
        "remedy": told.remedy,
        "who": names.get(told.written_by_id or 0, ""),
        "at": told.written_at,
        "by": told.answer_by,
        "overdue": told.state in lateness.TO_WRITE and told.answer_by < now,
        "answer": told.answer,
        "answered": names.get(told.answered_by_id or 0, ""),
        "answered_at": told.answered_at,
    }


def _changes(values: Mapping[str, Sequence[Any]], *, full: bool) -> list[tuple[str, str, str]]:
    if not full:
        return [(name, "…", "…") for name in values]
    return [(name, str(pair[0] or "—"), str(pair[1] or "—")) for name, pair in values.items()]


def issued(code: str, row: DocumentRow) -> dict[str, Any]:
    """Return an issued paper as pages list it."""
    return {
        "id": row.id,
        "url": f"{rows.dossier_url(code)}giay/{row.id}/",
        "title": row.title,
        "number": row.number,
        "copy_no": row.copy_no,
        "at": row.created_at,
        "superseded": row.superseded,
        "signed": row.state is DocumentState.SIGNED,
        "sign_url": f"{rows.dossier_url(code)}giay/{row.id}/ky-so/" if row.copy_no == 1 else "",
        "reprint_url": f"{rows.dossier_url(code)}giay/{row.id}/in-lai/" if row.copy_no == 1 else "",
        "key": keys.new(),
    }


# Files and papers ---------------------------------------------------------------------------------------


@pages.officer
@require_safe
def file(request: HttpRequest, code: str, file_id: int) -> HttpResponse:
    """Send a file of a dossier, to be looked at in the browser."""
    actor = actors.staff(request)
    d = queries.one(actor, code).dossier
    row = papers.file(actor, file_id)
    if row.subject != d.subject:
        raise NotFound
    access.note(actor, d.subject, f"mở tệp {row.id}", clock.now())
    return inline(blobs.read(row.sha256), row.mime, row.name)


@pages.officer
@require_safe
def document(request: HttpRequest, code: str, document_id: int) -> HttpResponse:
    """Send an issued paper as PDF, made on first opening."""
    actor = actors.staff(request)
    d = queries.one(actor, code).dossier
    if papers.document(actor, document_id).subject != d.subject:
        raise NotFound
    with making_paper():
        printed = documents.printed(actor=actor, document_id=document_id, at=clock.now())
    return inline(printed.pdf, "application/pdf", printed.name)


@pages.officer
@require_POST
def reprint(request: HttpRequest, code: str, document_id: int) -> HttpResponse:
    """Enter another copy of a paper and open it."""
    actor = actors.staff(request)
    d = queries.one(actor, code).dossier
    if papers.document(actor, document_id).subject != d.subject:
        raise NotFound
    copy = documents.reprint(actor=actor, document_id=document_id, at=clock.now())
    return redirect("desk:document", code, copy.pk)


def inline(data: bytes, mime: str, name: str) -> HttpResponse:
    """Return bytes to be shown in the browser under a name; nothing in them may run."""
    response = HttpResponse(data, content_type=mime)
    response["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    return response
