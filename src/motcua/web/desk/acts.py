"""
The form of each act and its sending: one address per act, one operation per form.

Whatever refuses (somebody acted first, a reason too short, no duty any more) shows the form again with the words
of the refusal and with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.documents.rules import UploadRefused
from motcua.dossiers import (
    competent,
    definitions,
    nonterritorial,
    operations,
    published,
    refunding,
    refundings,
    rules,
)
from motcua.dossiers.clockwork import times_asked
from motcua.dossiers.dues import DueState, NoticeInput
from motcua.dossiers.offers import Offer
from motcua.dossiers.operations import Done, FeesTaken
from motcua.dossiers.refunding import Ended, Proposal
from motcua.dossiers.rules import (
    ACT_NAMES,
    STATE_NAMES,
    SUSPEND_GROUNDS,
    Act,
    ApprovalNeeded,
    ComponentState,
    State,
)
from motcua.edge import actors
from motcua.edge.errors import status_of
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict, DomainError, Forbidden, Invalid, Stale
from motcua.organisation import queries as organisation
from motcua.payments.rules import RefundDecision
from motcua.platform import clock, history
from motcua.web import components, eform, inputs, refusals
from motcua.web.components import Crumb, ErrorItem
from motcua.web.desk import atstep, dossier, forms, pages, rows
from motcua.web.desk.dossier import LIST, SLUGS, Shown
from motcua.web.templatetags.motcua import money
from motcua.workflow import hands

MOST_BYTES: Final = 20 * 1024 * 1024
PRESET: Final = "_mau"


@dataclass(slots=True)
class Doing:
    """One request for an act."""

    request: HttpRequest
    actor: Actor
    shown: Shown
    offer: Offer
    slug: str
    form: django_forms.Form
    files: dict[str, int | None] = field(default_factory=dict)

    @property
    def common(self) -> dict[str, Any]:
        """Return what every act takes."""
        return pages.sent(self.request, self.actor, self.shown.dossier.code)

    @property
    def values(self) -> dict[str, Any]:
        """Return what the form took."""
        return self.form.cleaned_data


def _accept(doing: Doing) -> Done:
    return operations.accept(**doing.common, fees=FeesTaken(paid=doing.values["paid"]))


def _supplement_request(doing: Doing) -> Done:
    form = doing.form
    assert isinstance(form, forms.SupplementRequestForm)  # noqa: S101  (for the type checker)
    return operations.request_supplement(
        **doing.common,
        items=form.items(),
        reason=doing.values["reason"],
        ground=doing.values["ground"],
        restart=doing.values.get("restart") != "0",
        task_id=doing.offer.task_id,
    )


def _assign(doing: Doing) -> Done:
    if doing.offer.outcome == "take":
        return operations.assign(**doing.common, task_id=doing.offer.task_id or 0)
    return operations.assign(
        **doing.common,
        task_id=doing.offer.task_id or 0,
        staff_id=int(doing.values["staff"]),
        note=doing.values.get("note", ""),
    )


def _complete(doing: Doing) -> Done:
    return operations.complete_step(
        **doing.common,
        task_id=doing.offer.task_id or 0,
        outcome=doing.offer.outcome,
        note=doing.values["note"],
    )


def _papers(doing: Doing, *, tick: bool) -> dict[str, int | None]:
    """Store the files that came with the form; papers ticked without a file were handed in on paper."""
    found: dict[str, int | None] = {}
    errors: dict[str, str] = {}
    beside = dossier.asked_beside(doing.shown) if tick else {}
    for code in (*(item.paper for item in doing.shown.view.components), *beside):
        name = f"tep-{code}"
        upload = doing.request.FILES.get(name)
        if upload is not None:
            if upload.size is not None and upload.size > MOST_BYTES:
                errors[name] = "Tệp lớn hơn 20 MB. Quét lại ở 200-300 dpi hoặc tách tệp."
                continue
            try:
                stored = documents.store_upload(
                    actor=doing.actor, name=upload.name or "", data=upload.read(), at=clock.now(),
                    subject=doing.shown.dossier.subject if tick else None,
                )  # fmt: skip
            except UploadRefused as refusal:
                errors[name] = refusal.message
                continue
            found[code] = stored.pk
        elif tick and code in doing.request.POST.getlist("giay"):
            found[code] = None
    if errors:
        raise Invalid(errors=errors)
    return found


def _forward(doing: Doing) -> Done:
    named = doing.values.get("competent") or ""
    same = named in ("", str(doing.shown.dossier.competent_unit_id))
    return operations.forward(
        **doing.common,
        what=doing.values["what"],
        paper=doing.values["paper"],
        competent_unit_id=None if same else int(named),
    )


def _letter(doing: Doing) -> dict[str, Any]:
    return {name: doing.values[name] for name in ("cause", "reason", "new_due_on")}


def _supplement(doing: Doing) -> Done:
    form, before = doing.shown.bundle.form, doing.shown.view.answers
    answers = eform.read(form, doing.request.POST, before)
    changed = form_rules.differ(form, before, answers, clock.today())
    return operations.supplement(
        **doing.common, papers_added=_papers(doing, tick=True), answers=answers if changed else None
    )


def _digitise(doing: Doing) -> Done:
    files = {paper: file for paper, file in _papers(doing, tick=False).items() if file is not None}
    return operations.digitise(**doing.common, files=files)


def _withdraw(doing: Doing) -> Done:
    chosen = doing.values.get("parts", [])
    every = {member.key for member in doing.shown.family.withdrawable} if doing.shown.family else set()
    return operations.withdraw(
        **doing.common,
        reason=doing.values["reason"],
        keys=() if set(chosen) == every else chosen,
        refund=_refund(doing),
    )


def _refund(doing: Doing) -> RefundDecision | None:
    """Return what is given back, None where nothing was paid or it is left to be decided."""
    amount = doing.values.get("refund")
    return None if amount is None else RefundDecision(amount, doing.values["refund_ground"])


def _mirror(doing: Doing) -> Done:
    upload, file_id = doing.values["result"], None
    if upload is not None:
        if upload.size > MOST_BYTES:
            raise Invalid(errors={"result": "Tệp lớn hơn 20 MB. Quét lại ở 200-300 dpi hoặc tách tệp."})
        try:
            file_id = documents.store_upload(
                actor=doing.actor, name=upload.name, data=upload.read(), at=clock.now()
            ).pk
        except UploadRefused as refusal:
            raise Invalid(errors={"result": refusal.message}) from refusal
    given = ("state", "said_at", "message_id", "number", "evidence", "verifying")
    return operations.mirror(**doing.common, **{name: doing.values[name] for name in given}, file_id=file_id)


PERFORM: Final[Mapping[str, Callable[[Doing], Done]]] = {
    "tiep-nhan": _accept,
    "yeu-cau-bo-sung": _supplement_request,
    "tu-choi": lambda doing: operations.refuse(
        **doing.common, reason=doing.values["reason"], guidance=doing.values["guidance"]
    ),
    "bo-sung": _supplement,
    "chuyen": _forward,
    "xac-nhan-tiep-nhan": lambda doing: operations.confirm_receipt(**doing.common),
    "chuyen-tra": lambda doing: operations.send_back(
        **doing.common, why=doing.values["why"], reason=doing.values["reason"]
    ),
    "giao-viec": _assign,
    "tra-viec": lambda doing: operations.release(
        **doing.common, task_id=doing.offer.task_id or 0, reason=doing.values["reason"]
    ),
    "hoan-thanh": _complete,
    "tra-lai-buoc": lambda doing: operations.return_step(
        **doing.common,
        task_id=doing.offer.task_id or 0,
        node=doing.values["node"],
        reason=doing.values["reason"],
    ),
    "cho-bo-sung-them": lambda doing: operations.allow_supplement(
        **doing.common, reason=doing.values["reason"]
    ),
    "tam-dung": lambda doing: operations.suspend(
        **doing.common,
        ground=doing.values["ground"],
        reason=doing.values["reason"],
        reference=doing.values["reference"],
    ),
    "tiep-tuc": lambda doing: operations.resume(**doing.common, proof=doing.values["proof"]),
    "tra-ket-qua": lambda doing: operations.return_result(
        **doing.common,
        how=doing.values["how"],
        collector=doing.values["collector"],
        proof=doing.values["proof"],
    ),
    "tra-giay-to": lambda doing: operations.hand_back(**doing.common, collector=doing.values["collector"]),
    "rut": _withdraw,
    "hoan-phi": lambda doing: operations.decide_refund(
        **doing.common, amount=doing.values["refund"] or 0, ground=doing.values["refund_ground"]
    ),
    "da-hoan-phi": lambda doing: operations.pay_refund(**doing.common, reference=doing.values["reference"]),
    "ghi-nhan": _mirror,
    "du-thao-xin-loi": lambda doing: operations.propose_extension(**doing.common, **_letter(doing)),
    "gia-han": lambda doing: operations.extend(**doing.common, **_letter(doing)),
    "dung": lambda doing: operations.stop(
        **doing.common,
        reason=doing.values["reason"],
        asked_by=doing.values["asked_by"],
        ground=doing.values["ground"],
        refund=_refund(doing),
    ),
    "so-hoa": _digitise,
    "lap-giay-tiep-nhan": lambda doing: operations.issue_slip(**doing.common),
    "chot-phieu-kiem-soat": lambda doing: operations.close_control_slip(**doing.common),
    "nghia-vu-tai-chinh": lambda doing: operations.request_payment(
        **doing.common, notices=[NoticeInput(**doing.values)]
    ),
    "xac-nhan-nop": lambda doing: operations.confirm_payment(
        **doing.common,
        notice_ids=doing.values["notices"],
        method="" if doing.values["method"] == forms.BY_VOUCHER else doing.values["method"],
        evidence=doing.values["evidence"],
    ),
    "huy-thong-bao": lambda doing: operations.cancel_payment(
        **doing.common, notice_ids=doing.values["notices"], reason=doing.values["reason"]
    ),
    "giai-trinh": lambda doing: operations.explain(
        **doing.common,
        cause=doing.values["cause"],
        reason=doing.values["reason"],
        remedy=doing.values["remedy"],
    ),
    "nhan-giai-trinh": lambda doing: operations.accept_explanation(**doing.common, note=doing.values["note"]),
    "tra-giai-trinh": lambda doing: operations.return_explanation(
        **doing.common, reason=doing.values["reason"]
    ),
}

ACTS: Final[Mapping[str, Act]] = {slug: one for one, slug in reversed(list(SLUGS.items()))}
DONE: Final[Mapping[str, str]] = {
    "tiep-nhan": "Đã tiếp nhận hồ sơ.",
    "yeu-cau-bo-sung": "Đã gửi yêu cầu bổ sung.",
    "tu-choi": "Đã từ chối tiếp nhận hồ sơ.",
    "bo-sung": "Đã nhận giấy tờ bổ sung.",
    "chuyen": "Đã chuyển hồ sơ.",
    "xac-nhan-tiep-nhan": "Đã xác nhận tiếp nhận; thời hạn tính từ lúc này, người nộp được báo ngày hẹn.",
    "chuyen-tra": "Đã chuyển trả nơi tiếp nhận.",
    "giao-viec": "Đã giao việc.",
    "tra-viec": "Đã trả việc về danh sách chung.",
    "hoan-thanh": "Đã ghi nhận.",
    "tra-lai-buoc": "Đã trả lại bước trước.",
    "cho-bo-sung-them": "Đã cho phép yêu cầu bổ sung thêm một lần.",
    "tam-dung": "Đã tạm dừng; người nộp được báo.",
    "tiep-tuc": "Hồ sơ tiếp tục được giải quyết.",
    "tra-ket-qua": "Đã trả kết quả.",
    "tra-giay-to": "Đã trả lại giấy tờ.",
    "rut": "Đã ghi nhận việc rút hồ sơ.",
    "hoan-phi": "Đã xác định việc hoàn trả; người nộp được báo.",
    "da-hoan-phi": "Đã ghi nhận hoàn trả tiền.",
    "du-thao-xin-loi": "Đã lưu dự thảo; lãnh đạo cơ quan xem và ký.",
    "gia-han": "Đã ký văn bản xin lỗi; ngày hẹn mới được gửi cho người nộp.",
    "dung": "Đã dừng giải quyết; thông báo dừng được gửi cho người nộp.",
    "so-hoa": "Đã lưu bản quét.",
    "lap-giay-tiep-nhan": "Đã lập giấy tiếp nhận và hẹn trả kết quả.",
    "chot-phieu-kiem-soat": "Đã chốt phiếu kiểm soát; phiếu nằm trong các giấy tờ đã ban hành và ký số được.",
    "nghia-vu-tai-chinh": "Đã thông báo khoản phải nộp; người nộp được báo.",
    "xac-nhan-nop": "Đã ghi nhận nộp tiền.",
    "huy-thong-bao": "Đã hủy thông báo.",
    "giai-trinh": "Đã gửi giải trình đến người đứng đầu cơ quan.",
    "nhan-giai-trinh": "Đã chấp nhận giải trình.",
    "tra-giai-trinh": "Đã trả lại giải trình để viết lại.",
    "ghi-nhan": "Đã ghi nhận thông tin của hệ thống bộ, ngành.",
}
CONSEQUENCES: Final[Mapping[str, str]] = {
    "tiep-nhan": "Thời hạn giải quyết tính từ lúc bấm nút; giấy tiếp nhận và hẹn trả kết quả được cấp ngay.",
    "yeu-cau-bo-sung": "Chỉ yêu cầu một lần, nêu đủ mọi nội dung. Phiếu yêu cầu bổ sung được gửi ngay cho người nộp.",
    "chuyen-tra": "Hồ sơ trở về nơi tiếp nhận; người nộp không bị tính là có lỗi và chưa phải làm gì.",
    "xac-nhan-tiep-nhan": "Thời hạn giải quyết tính từ lúc bấm nút; giấy hẹn với ngày chính thức được cấp ngay.",
    "tu-choi": "Hồ sơ kết thúc. Phiếu từ chối ghi đúng những gì bạn viết ở đây.",
    "rut": "Hồ sơ kết thúc theo đề nghị của người nộp. Chỉ thực hiện khi người nộp yêu cầu.",
    "du-thao-xin-loi": "Lãnh đạo cơ quan xem và ký. Chỉ được hẹn lại một lần; lý do bạn viết in trong văn bản.",
    "gia-han": "Chỉ hẹn lại một lần. Ngày hẹn ban đầu vẫn lưu; văn bản xin lỗi in đúng lý do này và được gửi ngay.",
    "cho-bo-sung-them": "Quy định là một lần. Cho phép thêm thì hồ sơ bị tính quá hạn theo Bộ chỉ số 766.",
    "tam-dung": "Đồng hồ dừng từ lúc này. Mọi lần tạm dừng được liệt kê để kiểm tra; hết căn cứ thì tiếp tục ngay.",
    "dung": "Hồ sơ kết thúc mà không có kết quả. Thông báo dừng giải quyết ghi đúng những gì bạn viết ở đây.",
    "nghia-vu-tai-chinh": "Hồ sơ chờ người nộp, thời hạn dừng tính từ lúc này. Còn khoản khác thì thông báo thêm.",
    "xac-nhan-nop": "Nộp đủ mọi thông báo thì hồ sơ tự tiếp tục và thời hạn chạy lại.",
    "huy-thong-bao": "Thông báo bị hủy không phải nộp nữa. Không còn thông báo nào chưa nộp thì hồ sơ tự tiếp tục.",
    "giai-trinh": "Người đứng đầu cơ quan đọc đúng những gì bạn viết ở đây, chấp nhận hoặc trả lại.",
    "nhan-giai-trinh": "Hồ sơ rời danh sách còn phải giải trình; giải trình vẫn lưu trong hồ sơ.",
    "tra-giai-trinh": "Người viết phải giải trình lại; hồ sơ còn trong danh sách cho đến khi bạn chấp nhận.",
    "ghi-nhan": "Phần này do hệ thống của bộ, ngành giải quyết; ở đây chỉ ghi lại, không quyết định thay.",
    "tra-giay-to": "Mọi giấy tờ và bản gốc đã nộp được trả lại cho người nộp.",
    "tra-viec": "Việc trở lại danh sách “Chưa ai nhận” của đơn vị; hạn của bước không đổi.",
    "tra-lai-buoc": "Các bước đã làm sau bước được chọn phải làm lại; thời hạn giải quyết không đổi.",
}


def _form(
    doing_slug: str, shown: Shown, offer: Offer, actor: Actor, data: Any, files: Any = None
) -> django_forms.Form:
    """Return the form of an act, filled with what was sent."""
    d = shown.dossier
    match doing_slug:
        case "tiep-nhan":
            return forms.AcceptForm(data)
        case "yeu-cau-bo-sung":
            record = published.names(shown.bundle.procedure.body)
            had = [item.name for item in shown.view.components]
            names = [(name, name) for name in dict.fromkeys([*had, *record])]
            return forms.SupplementRequestForm(data, names=names, at_appraisal=offer.task_id is not None)
        case "tu-choi":
            return forms.RefuseForm(data)
        case "chuyen":
            return forms.ForwardForm(data, competent=_competent(shown))
        case "chuyen-tra":
            return forms.SendBackForm(data)
        case "giao-viec" if offer.outcome != "take":
            people = hands.candidates(actor, offer.task_id or 0, clock.today())
            held = next((task.assignee_id for task in shown.tasks if task.id == offer.task_id), None)
            choices = [(str(one.staff_id), one.full_name) for one in people if one.staff_id != held]
            return forms.AssignForm(data, people=list(dict.fromkeys(choices)), passing=held is not None)
        case "hoan-thanh":
            form = forms.NoteForm(data)
            if not offer.plain:
                note = form.fields["note"]
                note.label, note.help_text, note.required = "Lý do", forms.REASON_HELP, True
                note.error_messages["required"] = "Cần ghi lý do."
            return form
        case "tra-lai-buoc":
            return forms.ReturnStepForm(data, steps=offer.target)
        case "tam-dung":
            allowed = definitions.settings(shown.bundle, clock.today())["suspend_grounds"]
            return forms.SuspendForm(data, grounds=[one for one in SUSPEND_GROUNDS if one in allowed])
        case "tiep-tuc":
            return forms.ResumeForm(data)
        case "tra-ket-qua":
            return forms.ReturnResultForm(
                data,
                initial={"how": d.return_channel if d.return_channel != "account" else "direct"}
                | ({"collector": d.submitter_name or d.owner_name} if d.return_channel != "post" else {}),
            )
        case "tra-giay-to":
            return forms.HandBackForm(data, initial={"collector": d.submitter_name or d.owner_name})
        case "nghia-vu-tai-chinh":
            return forms.PaymentRequestForm(data)
        case "xac-nhan-nop" | "huy-thong-bao":
            due = [one for one in shown.notices if one.state is DueState.DUE]
            choices = [(str(one.id), f"{one.label}, {money(one.amount)} ({one.number})") for one in due]
            return forms.PaymentForm(data, notices=choices, cancelling=doing_slug == "huy-thong-bao")
        case "giai-trinh":
            told = shown.explanation
            before = {name: getattr(told, name) for name in ("cause", "reason", "remedy")} if told else {}
            return forms.ExplanationForm(data, initial=before)
        case "nhan-giai-trinh":
            return forms.RemarkForm(data)
        case "rut":
            left = shown.family.withdrawable if shown.family and not d.part else ()
            return forms.WithdrawForm(
                data,
                parts=[(one.key, f"{one.name} ({one.agency})") for one in left],
                proposal=_proposed(shown, actor, Ended.WITHDRAWN),
            )
        case "hoan-phi":
            return forms.RefundForm(data, proposal=_proposed(shown, actor, Ended.WITHDRAWN))
        case "da-hoan-phi":
            return forms.RefundPaidForm(data)
        case "ghi-nhan":
            return forms.MirrorForm(data, files or None)
        case "tra-viec" | "cho-bo-sung-them" | "tra-giai-trinh":
            return forms.ReasonForm(data)
        case "dung":
            return forms.StopForm(data, proposal=_proposed(shown, actor, Ended.STOPPED))
        case "du-thao-xin-loi" | "gia-han":
            return forms.ExtensionForm(data, initial=_drafted(shown))
    return django_forms.Form(data)


def _proposed(shown: Shown, actor: Actor, ending: Ended) -> Proposal:
    """Return what the rules give back if a dossier ends so, or of one that ended; of a group nothing: its parts do."""
    d = shown.dossier
    if shown.family is not None and not d.part:
        return Proposal(())
    ended, handled = ending, refunding.begun(State(d.state))
    if shown.refund is not None:
        ended, handled = Ended(shown.refund.ended or ending), shown.refund.handled
    return refundings.proposed(actor, d, ended, handled=handled, on=clock.today())


def _competent(shown: Shown) -> list[tuple[str, str]]:
    """Return the units that may be competent, the one thought so first; none of an ordinary dossier."""
    d = shown.dossier
    if not nonterritorial.underway(d) or d.competent_unit_id is None:
        return []
    procedure, on = shown.bundle.procedure, clock.today()
    now = organisation.unit(d.competent_unit_id)
    found = competent.of_unit(procedure, organisation.unit(d.receiving_unit_id), on).others
    units = [now, *(unit for unit in found if unit.id != now.id)]
    return [(str(unit.id), organisation.full_name(unit)) for unit in units]


def _drafted(shown: Shown) -> dict[str, Any]:
    """Return what the draft of the letter says, to start from."""
    draft = shown.view.draft
    if draft is None:
        return {}
    on = draft.new_due_at.astimezone(LOCAL).date()
    return {"cause": draft.cause, "reason": draft.reason, "new_due_on": on}


@pages.officer
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, code: str, slug: str) -> HttpResponse:
    """Show the form of an act, or do it."""
    if slug not in PERFORM:
        raise Http404
    actor = actors.staff(request)
    shown = dossier.load(actor, code)
    asked = request.POST if request.method == "POST" else request.GET
    task_text = request.GET.get("viec", "") or asked.get("viec", "")
    task_id = inputs.number(task_text)
    outcome = asked.get("cach", "")[:60]
    offered = shown.offered(slug, task_id, outcome)
    if offered is None and request.method != "POST":
        return _not_offered(request, actor, shown, slug, task_id)
    # A form sent twice finds its act done: the operation knows the key and says so; anything else it refuses.
    # Whether a step that is done needed a reason, the operation knows: the second click is not asked for one.
    offer = offered or Offer(ACTS[slug], "", task_id, outcome, plain=_gone(shown, task_id))
    data = request.POST if request.method == "POST" else None
    form = _form(slug, shown, offer, actor, data, request.FILES)
    if data is None or (offered is not None and {"_add", "_remove", "_reload"} & data.keys()):
        return _show(request, shown, offer, slug, form)
    if PRESET in request.POST and offered is not None:
        return _show(
            request, shown, offer, slug, _form(slug, shown, offer, actor, _with_preset(request.POST, offer))
        )
    doing = Doing(request, actor, shown, offer, slug, form)
    if not form.is_valid():
        if offered is None:
            return _not_offered(request, actor, shown, slug, task_id)
        return _show(request, shown, offer, slug, form, status=422)
    with refusals.Attempt() as attempt:
        done = PERFORM[slug](doing)
        messages.success(request, _told(slug, offer, done))
        return redirect(_next(request, slug, done))
    fresh = dossier.load(actor, code)
    again = fresh.offered(slug, task_id, outcome)
    if again is None:
        return _not_offered(request, actor, fresh, slug, task_id, attempt.refusal)
    return _show(request, fresh, again, slug, form, refusal=attempt.refusal, actor=actor)


def _presets(offer: Offer) -> list[dict[str, str]]:
    """Return the usual reasons of an act that needs one: what the button says and what it writes."""
    if offer.plain:
        return []
    asked = Act.RETURN_STEP if offer.act is Act.COMPLETE_STEP else offer.act
    return [
        {"code": one.code, "label": str(one.extra.get("label", one.name)), "text": one.name}
        for one in catalogue.terms("preset_reasons")
        if one.extra.get("act") == asked.value
    ]


def _with_preset(typed: QueryDict, offer: Offer) -> QueryDict:
    """Return the form with a usual reason written behind what was typed, to be edited before it is sent."""
    text = next((one["text"] for one in _presets(offer) if one["code"] == typed[PRESET]), "")
    filled = typed.copy()
    name = "note" if "note" in typed and "reason" not in typed else "reason"
    filled[name] = f"{typed.get(name, '').rstrip()} {text}".strip()
    return filled


def _told(slug: str, offer: Offer, done: Done) -> str:
    text = DONE[slug]
    if slug == "hoan-thanh" and offer.label:
        text = f"{offer.step}: {offer.label[0].lower()}{offer.label[1:]}."
    state = STATE_NAMES[State(done.state)]
    return f"{text} Hồ sơ {done.code}: {state[0].lower()}{state[1:]}."


def _next(request: HttpRequest, slug: str, done: Done) -> str:
    if slug in ("tiep-nhan", "lap-giay-tiep-nhan"):
        return f"/can-bo/tiep-nhan/xong/{done.code}/"
    made = ",".join(str(number) for number in done.printed.values())
    return f"{rows.dossier_url(done.code)}{f'?in={made}' if made else ''}"


def _show(
    request: HttpRequest,
    shown: Shown,
    offer: Offer,
    slug: str,
    form: django_forms.Form,
    *,
    refusal: DomainError | None = None,
    actor: Actor | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the form of an act; after a refusal with its words, what was typed, and the newest state of the dossier."""
    d = shown.dossier
    file_errors: dict[str, str] = {}
    form_errors: dict[str, str] = {}
    if refusal is not None:
        status = refusals.status(refusal)
        keys_of_form = {item["key"] for item in shown.bundle.form["fields"]}
        for name, text in refusals.by_field(refusal).items():
            if name in form.fields:
                form.add_error(name, text)
            elif name.startswith("tep-"):
                file_errors[name] = text
            elif name.split(".")[0] in keys_of_form:
                form_errors[name] = text
    general = refusals.general(refusal, {*form.fields, *file_errors, *form_errors})
    drafting = PRESET in request.POST  # nothing was sent yet: what is still missing is no fault
    views = [components.from_bound(form[name], **({"error": ""} if drafting else {})) for name in form.fields]
    parts = _parts(shown, request, form_errors) if slug == "bo-sung" else []
    title = offer.label if slug == "hoan-thanh" else (offer.label or ACT_NAMES[offer.act])
    context = {
        "d": d,
        "procedure": shown.bundle.procedure.name,
        "state_name": STATE_NAMES[State(d.state)],
        "title": title,
        "step": offer.step,
        "offer": offer,
        "slug": slug,
        "consequence": _consequence(slug, shown),
        "fields": views,
        "presets": _presets(offer),
        "preset_for": "note" if "note" in form.fields else "reason",
        "errors": [
            *components.summary([*views, *(item for part in parts for item in part.fields)]),
            *(ErrorItem(f"f-{name}", text) for name, text in file_errors.items()),
        ],
        "general": general,
        "parts": parts,
        "parts_open": bool(form_errors),
        "shown_keys": eform.shown_keys(parts),
        "papers": _paper_inputs(shown, slug, request, file_errors),
        "fees": _fees(shown) if slug == "tiep-nhan" else [],
        "checks": _checks(shown, offer) if slug == "hoan-thanh" else [],
        "seen": d.seq,
        "task": offer.task_id or "",
        "outcome": offer.outcome,
        "moved": _moved(actor, shown) if isinstance(refusal, Stale) and actor is not None else None,
        "crumbs": [pages.HOME, LIST, Crumb(d.code, rows.dossier_url(d.code)), Crumb(title)],
    }
    return pages.show(request, "desk/act.html", context, section="/can-bo/ho-so/", status=status)


def _parts(shown: Shown, request: HttpRequest, errors: Mapping[str, str]) -> list[eform.SectionView]:
    """Return the form as it stands, to be changed where a supplement changes it."""
    form = shown.bundle.form
    before = shown.view.answers
    answers = eform.read(form, request.POST, before) if request.method == "POST" else before
    visible = {item["key"] for item in form_rules.visible(form, answers) if item["type"] != "file"}
    return eform.sections(form, answers, shown=visible, errors=errors)


def _checks(shown: Shown, offer: Offer) -> list[atstep.Check]:
    """Return the parts of the form to check at the step that is about to be done."""
    found = shown.checks(dossier.sections(shown, full=False))
    return [one for one in found if one.task_id == offer.task_id]


def _consequence(slug: str, shown: Shown) -> str:
    """Say what follows from the act; another request for supplement has a price of its own."""
    asked = times_asked(shown.dossier.clock)
    if slug == "yeu-cau-bo-sung" and asked >= shown.dossier.supplements_allowed:
        return ApprovalNeeded(asked).message
    if slug == "yeu-cau-bo-sung" and asked:
        return f"Đây là lần yêu cầu thứ {asked + 1}: hồ sơ bị tính là quá hạn theo Bộ chỉ số 766. {CONSEQUENCES[slug]}"
    return CONSEQUENCES.get(slug, "")


def _paper_inputs(
    shown: Shown, slug: str, request: HttpRequest, errors: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the papers to tick or to scan."""
    if slug not in ("bo-sung", "so-hoa"):
        return []
    asked = next((row for row in shown.view.requests if row.answered_at is None), None)
    named = {item["name"] for item in asked.items} if asked else set()
    ticked = set(request.POST.getlist("giay"))
    made = []
    for item in shown.view.components:
        if slug == "so-hoa" and not (item.digitise and item.state == ComponentState.HANDED_IN):
            continue
        made.append(
            {
                "code": item.paper,
                "name": item.name,
                "named": item.name in named,
                "ticked": item.paper in ticked,
                "has": item.file_id is not None,
                "input": f"tep-{item.paper}",
                "error": errors.get(f"tep-{item.paper}", ""),
                "tickable": slug == "bo-sung",
            }
        )
    for code, name in (dossier.asked_beside(shown) if slug == "bo-sung" else {}).items():
        made.append(
            {
                "code": code, "name": name, "named": True, "ticked": code in ticked, "has": False,
                "input": f"tep-{code}", "error": errors.get(f"tep-{code}", ""), "tickable": True,
            }
        )  # fmt: skip
    return sorted(made, key=lambda one: not one["named"])


def _fees(shown: Shown) -> list[dict[str, Any]]:
    """Return the fees that accepting opens: those without a condition of the dossier's channel."""
    body, channel = shown.bundle.procedure.body, shown.dossier.terms
    return [
        {"name": fee.name, "amount": fee.amount}
        for fee in catalogue_rules.fees_for(body, channel, {}, ())
        if not fee.condition and fee.amount is not None
    ]


def _moved(actor: Actor, shown: Shown) -> dict[str, Any] | None:
    """Return what somebody else did meanwhile: the newest entry of the ledger."""
    found = history.entries(actor, shown.dossier.subject)
    if not found:
        return None
    last = found[-1]
    names = organisation.staff_names({last.officer_id} if last.officer_id else set())
    return {
        "act": ACT_NAMES[Act(last.act)] if last.act in set(Act) else last.act,
        "who": names.get(last.officer_id or 0, ""),
        "at": last.at,
    }


def _gone(shown: Shown, task_id: int | None) -> bool:
    """Tell whether a task was named that is not open any more."""
    return task_id is not None and not any(row.id == task_id and row.is_open for row in shown.tasks)


def _not_offered(
    request: HttpRequest,
    actor: Actor,
    shown: Shown,
    slug: str,
    task_id: int | None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Say why an act is not there any more; whatever was typed stays readable, to be copied."""
    d = shown.dossier
    reason: DomainError | None = refusal
    if reason is None:
        try:
            rules.check(ACTS[slug], State(d.state))
            reason = (
                Stale()
                if _gone(shown, task_id)
                else Forbidden("Nhiệm vụ của bạn không gồm việc này đối với hồ sơ này.")
            )
        except Conflict as refused:
            reason = refused
    typed = [
        value
        for name in ("note", "reason", "guidance", "what", "proof", "collector", "content", "other1")
        if (value := request.POST.get(name, "").strip())
    ]
    context = {
        "d": d,
        "procedure": shown.bundle.procedure.name,
        "state_name": STATE_NAMES[State(d.state)],
        "message": reason.message,
        "moved": _moved(actor, shown) if request.method == "POST" else None,
        "typed": typed,
        "crumbs": [pages.HOME, LIST, Crumb(d.code, rows.dossier_url(d.code)), Crumb("Không thực hiện được")],
    }
    return pages.show(
        request, "desk/not_offered.html", context, section="/can-bo/ho-so/", status=status_of(reason)
    )
