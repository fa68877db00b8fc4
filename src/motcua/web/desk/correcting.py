"""Corrections of issued results: those that wait, and the page of one dossier on which each act is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.documents.papers import RefusalDecision
from motcua.dossiers import corrections, definitions, operations, queries
from motcua.dossiers.correcting import (
    ASKER_NAMES,
    CORRECTION_NAMES,
    FAULT_NAMES,
    OLD_ORIGINAL_NAMES,
    Asker,
    CorrectionGround,
    Fault,
    OldOriginal,
    doable,
    grounds,
    issued_kind,
)
from motcua.dossiers.corrections import HANDING, CorrectionRow
from motcua.dossiers.models import Dossier
from motcua.dossiers.rewording import LONGEST, WORDING_NAMES, worded
from motcua.dossiers.rules import Act, Decision, ReturnChannel, State, changed, competent_duty
from motcua.edge import actors, keys
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Actor
from motcua.kernel.deadline import limit_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import components, eform, inputs, refusals, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import pages, rows

URL: Final = "/can-bo/dinh-chinh-ket-qua/"


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the corrections that wait for this person, or all that are open in their sight."""
    actor, now = actors.staff(request), clock.now()
    everything = request.GET.get("xem") == "tat-ca"
    context = {
        "rows": lines(actor, now, corrections.waiting(actor) if everything else None),
        "everything": everything,
        "tabs": [("Chờ bạn làm", URL), ("Tất cả đang đính chính", f"{URL}?xem=tat-ca")],
        "current": f"{URL}?xem=tat-ca" if everything else URL,
        "crumbs": [pages.HOME, Crumb("Đính chính kết quả")],
    }
    return pages.show(request, "desk/corrections.html", context, section=URL)


def lines(actor: Actor, now: datetime, found: Sequence[CorrectionRow] | None = None) -> list[dict[str, Any]]:
    """Return corrections as lists show them, by default those that are this person's to go on with."""
    chosen = corrections.in_hand(actor) if found is None else found
    names = organisation.staff_names({one.officer_id for one in chosen if one.officer_id is not None})
    return [line(one, now, names) for one in chosen]


def line(one: CorrectionRow, now: datetime, names: Mapping[int, str]) -> dict[str, Any]:
    """Return a correction as lists show it: what is to be done, by whom, until when."""
    return {
        "code": one.code,
        "url": f"{rows.dossier_url(one.code)}dinh-chinh-ket-qua/",
        "owner": one.owner_name,
        "procedure": catalogue.definition(one.procedure_version_id).name,
        "state": CORRECTION_NAMES[one.state],
        "what": one.reason or one.what,
        "fault": FAULT_NAMES[Fault(one.fault)] if one.fault else "",
        "who": names.get(one.officer_id or 0, ""),
        "asked_at": one.asked_at,
        "due_at": one.due_at,
        "late": one.is_open and one.late(now),
    }


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the corrections of a dossier's result; do the act that is this person's now."""
    actor, now = actors.staff(request), clock.now()
    attempt = refusals.Attempt()
    if request.method == "POST" and request.POST.get("viec") in DO and not _redrawn(request):
        with attempt:
            messages.success(request, DO[request.POST["viec"]](request, actor, code))
            return redirect(f"{rows.dossier_url(code)}dinh-chinh-ket-qua/")
    view = queries.one(actor, code)
    d = view.dossier
    found = corrections.of_dossier(actor, d.subject)
    open_row = next((one for one in found if one.is_open), None)
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    may = _may(actor, d, open_row)
    forms = _forms(request, actor, d, view.answers, bundle, open_row, may, attempt.errors)
    people = {one.decided_by_id for one in found} | {one.officer_id for one in found}
    people |= {one.signed_by_id for one in found}
    names = organisation.staff_names({one for one in people if one is not None})
    shown = [item for form in forms for item in form["fields"]]
    context: dict[str, Any] = {
        "d": d,
        "procedure": bundle.procedure.name,
        "corrections": [_told(one, d, now, names) for one in found],
        "changes": _changes(actor, bundle, d, view.answers, open_row) if Act.SIGN_CORRECTION in may else [],
        "refusal": _refuses(d),
        "forms": forms,
        "errors": components.summary(shown),
        "general": refusals.general(attempt.refusal, {item.name for item in shown}),
        "here": f"{rows.dossier_url(code)}dinh-chinh-ket-qua/",
        "seen": d.seq,
        "key": keys.new(),
        "crumbs": [
            pages.HOME,
            Crumb("Đính chính kết quả", URL),
            Crumb(d.code, rows.dossier_url(code)),
            Crumb("Đính chính"),
        ],
    }
    return pages.show(request, "desk/correction.html", context, section=URL, status=attempt.status)


def _redrawn(request: HttpRequest) -> bool:
    """Tell whether only the form is drawn anew: what it shows hangs on what was chosen."""
    return "_reload" in request.POST or bool(request.POST.get("_add") or request.POST.get("_remove"))


def _may(actor: Actor, d: Dossier, row: CorrectionRow | None) -> frozenset[Act]:
    """Return which acts are this person's now."""
    return doable(
        State(d.state),
        row.state if row else None,
        issued=issued_kind(State(d.state), d.decision, mirrored=d.mirrored) is not None,
        decides=competent_duty(actor, d.agency_id, d.field_code) is not None,
        prepares=row is not None and actor.staff_id == row.officer_id,
        serves=actor.duty(*HANDING, unit_id=d.receiving_unit_id) is not None,
    )


def _refuses(d: Dossier) -> bool:
    """Tell whether what was issued refuses the request: then only its words are corrected."""
    return d.decision == Decision.REFUSED


def _refusal_words(actor: Actor, row: CorrectionRow | None) -> dict[str, str]:
    """Return the words of the refusal a correction is about, as it was issued."""
    paper = documents.content(actor, row.old_document_id) if row else None
    return worded(paper).to_json() if isinstance(paper, RefusalDecision) else {}


def _told(one: CorrectionRow, d: Dossier, now: datetime, names: Mapping[int, str]) -> dict[str, Any]:
    """Return one correction with everything that is known of it."""

    def paper(number: int | None) -> str:
        return f"{rows.dossier_url(d.code)}giay/{number}/" if number else ""

    return {
        **line(one, now, names),
        "no": one.no,
        "open": one.is_open,
        "asked": f"{ASKER_NAMES[Asker(one.asked_by)]}: {one.what}",
        "label": one.label,
        "reason": one.reason if one.decided_at else "",
        "decided": names.get(one.decided_by_id or 0, ""),
        "decided_at": one.decided_at,
        "signed": names.get(one.signed_by_id or 0, ""),
        "signed_at": one.signed_at,
        "late": one.late(now),
        "notice": paper(one.notice_id),
        "old": paper(one.old_document_id),
        "new": paper(one.new_document_id),
        "old_original": OLD_ORIGINAL_NAMES[OldOriginal(one.old_original)] if one.old_original else "",
        "done_at": one.done_at,
    }


def _changes(
    actor: Actor,
    bundle: definitions.Bundle,
    d: Dossier,
    answers: Mapping[str, Any],
    row: CorrectionRow | None,
) -> list[tuple[str, str, str]]:
    """Return what the draft changes, in words: label, as it stands, as it will be."""
    if row is None:
        return []
    if _refuses(d):
        return [
            (WORDING_NAMES[name], before or "để trống", after or "để trống")
            for name, (before, after) in changed(_refusal_words(actor, row), row.draft).items()
        ]
    drafted = row.draft.get("answers", {})
    by_key = {item["key"]: item for item in bundle.form["fields"]}
    made = [
        (by_key[name]["label_vi"], _worded(by_key[name], pair[0]), _worded(by_key[name], pair[1]))
        for name, pair in changed(answers, drafted).items()
        if name in by_key
    ]
    if row.draft.get("owner_name", d.owner_name) != d.owner_name:
        made.insert(0, ("Họ tên (hoặc tên tổ chức) của chủ hồ sơ", d.owner_name, row.draft["owner_name"]))
    return made


def _worded(item: Mapping[str, Any], value: Any) -> str:
    return form_rules.display(item, value) if value not in (None, "", []) else "để trống"


# Forms ------------------------------------------------------------------------------------------------------


def _forms(
    request: HttpRequest,
    actor: Actor,
    d: Dossier,
    answers: Mapping[str, Any],
    bundle: definitions.Bundle,
    row: CorrectionRow | None,
    may: frozenset[Act],
    errors: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the forms of the acts this person may do, the main one first."""
    typed: Mapping[str, str] = request.POST
    today = clock.today()
    made: list[dict[str, Any]] = []

    def reason(do: str, label: str, note: str, value: str = "") -> FieldView:
        sent = typed.get("viec") == do
        return FieldView(
            "reason", label, "textarea", value=typed.get("reason", "") if sent else value, required=True,
            help=note, error=errors.get("reason", "") if sent else "", maxlength=2000, id=f"f-ly-do-{do}",
        )  # fmt: skip

    if Act.SIGN_CORRECTION in may:
        made.append(
            {"do": "ky", "title": "Ký kết quả mới", "button": "Ký, phát hành kết quả mới", "fields": []}
        )
    if Act.ORDER_CORRECTION in may:
        allowed = grounds(definitions.settings(bundle, today).get("correction_grounds", ()))
        people = corrections.candidates(actor, d, today)
        made.append(
            {
                "do": "quyet-dinh",
                "title": "Quyết định đính chính",
                "button": "Ký thông báo, cho đính chính",
                "fields": [
                    FieldView(
                        "ground", "Căn cứ", "radio", value=typed.get("ground", ""), required=True,
                        options=tuple(_ground(one) for one in allowed.values()), error=errors.get("ground", ""),
                    ),
                    reason(
                        "quyet-dinh", "Nội dung sai, cần sửa thế nào",
                        "In trên thông báo gửi người nộp, ví dụ: Ngày sinh ghi 12/3/1990, đúng là 21/3/1990.",
                        row.what if row else "",
                    ),
                    FieldView(
                        "staff_id", "Người soạn kết quả mới", "select", value=typed.get("staff_id", ""),
                        required=True, blank="Chọn người", error=errors.get("staff_id", ""),
                        options=tuple(Option(str(number), name) for number, name in people.items()),
                    ),
                ],
            }
        )  # fmt: skip
    if Act.REFUSE_CORRECTION in may:
        made.append(
            {
                "do": "khong",
                "title": "Không đính chính",
                "button": "Không đính chính",
                "fold": True,
                "fields": [reason("khong", "Lý do", "Người nộp đọc lý do này.")],
            }
        )
    if Act.DRAFT_CORRECTION in may:
        fold = Act.SIGN_CORRECTION in may
        made.append(
            _wording_form(actor, typed, row, errors, fold=fold)
            if _refuses(d)
            else _draft_form(request, d, answers, bundle, row, errors, fold=fold)
        )
    if Act.RETURN_CORRECTION in may:
        made.append(_return_form(typed, errors))
    if Act.ASK_CORRECTION in may and Act.ORDER_CORRECTION not in may:
        made.append(
            {
                "do": "de-nghi",
                "title": "Ghi nhận đề nghị đính chính",
                "button": "Gửi đề nghị đến cơ quan giải quyết",
                "fields": [
                    reason(
                        "de-nghi", "Kết quả sai ở đâu", "Ghi đúng lời người nộp: chỗ sai và nội dung đúng."
                    )
                ],
            }
        )
    return made


def _ground(one: CorrectionGround) -> Option:
    apology = " Thông báo có lời xin lỗi." if one.fault is Fault.AGENCY else ""
    return Option(
        one.code, one.label, f"{FAULT_NAMES[one.fault]}. Kết quả mới trong {limit_vi(one.within)}.{apology}"
    )


def _draft_form(
    request: HttpRequest,
    d: Dossier,
    answers: Mapping[str, Any],
    bundle: definitions.Bundle,
    row: CorrectionRow | None,
    errors: Mapping[str, str],
    *,
    fold: bool,
) -> dict[str, Any]:
    """Return the form that says what the new result states: the answers it is made from, and the owner's name."""
    form = bundle.form
    sent = request.POST.get("viec") == "soan"
    drafted = row.draft if row else {}
    stands: Mapping[str, Any] = {**answers, **drafted.get("answers", {})}
    if sent:
        stands = eform.read(form, request.POST, stands)
    visible = {item["key"] for item in form_rules.visible(form, stands) if item["type"] != "file"}
    parts = eform.sections(form, stands, shown=visible, errors=errors, reload=eform.controls(form))
    name = FieldView(
        "owner_name", "Họ tên, tên chủ hồ sơ", "text", width="l", maxlength=300, quiet=True,
        value=request.POST.get("owner_name", "") if sent else drafted.get("owner_name", d.owner_name),
        error=errors.get("owner_name", ""),
    )  # fmt: skip
    return {
        "do": "soan",
        "title": "Soạn lại kết quả mới" if fold or (row and row.drafted_at) else "Soạn kết quả mới",
        "button": "Lưu, trình ký",
        "fold": fold,
        "note": "Sửa những chỗ kết quả cũ ghi sai. Chưa gì thay đổi cho đến khi kết quả mới được ký.",
        "fields": [name, *(item for part in parts for item in part.fields)],
        "head": name,
        "parts": parts,
        "shown": eform.shown_keys(parts),
    }


def _wording_form(
    actor: Actor,
    typed: Mapping[str, str],
    row: CorrectionRow | None,
    errors: Mapping[str, str],
    *,
    fold: bool,
) -> dict[str, Any]:
    """Return the form with the words of a refusal: those it was issued with, or those of the draft."""
    sent = typed.get("viec") == "soan"
    stands = {**_refusal_words(actor, row), **(row.draft if row else {})}
    long = {"reason", "grounds"}
    return {
        "do": "soan",
        "title": "Soạn lại văn bản từ chối" if row and row.drafted_at else "Soạn văn bản từ chối mới",
        "button": "Lưu, trình ký",
        "fold": fold,
        "note": "Chỉ sửa chỗ ghi sai: họ tên, số, ngày, câu chữ của lý do và căn cứ. Việc không giải quyết hồ sơ"
        " không thay đổi; muốn đổi quyết định thì người nộp khiếu nại hoặc nộp hồ sơ mới.",
        "fields": [
            FieldView(
                name, label, "textarea" if name in long else "text", width="l", quiet=True, maxlength=LONGEST[name],
                value=typed.get(name, "") if sent else stands.get(name, ""),
                error=errors.get(name) or (errors.get("wording", "") if name == "reason" else ""),
            )
            for name, label in WORDING_NAMES.items()
        ],
    }  # fmt: skip


def _return_form(typed: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "do": "tra",
        "title": "Trả kết quả mới",
        "button": "Ghi nhận đã trả",
        "fields": [
            FieldView(
                "old_original", "Bản giấy cũ", "radio", value=typed.get("old_original", ""), required=True,
                options=tuple(Option(str(one), name) for one, name in OLD_ORIGINAL_NAMES.items()),
                error=errors.get("old_original", ""),
            ),
            FieldView(
                "how", "Cách trả", "radio", value=typed.get("how", ReturnChannel.DIRECT.value), required=True,
                options=tuple(Option(str(one), words.RETURN_CHANNELS[one]) for one in ReturnChannel),
                error=errors.get("how", ""),
            ),
            FieldView(
                "collector", "Họ tên người nhận", "text", value=typed.get("collector", ""), width="m",
                maxlength=300, error=errors.get("collector", ""), autocomplete="off",
            ),
            FieldView(
                "proof", "Số hiệu bưu gửi", "text", value=typed.get("proof", ""), width="m", maxlength=100,
                error=errors.get("proof", ""), autocomplete="off",
            ),
        ],
    }  # fmt: skip


# Acts -------------------------------------------------------------------------------------------------------


def _ask(request: HttpRequest, actor: Actor, code: str) -> str:
    operations.ask_correction(**pages.sent(request, actor, code), what=request.POST.get("reason", ""))
    return "Đã gửi đề nghị đính chính đến cơ quan giải quyết."


def _order(request: HttpRequest, actor: Actor, code: str) -> str:
    operations.order_correction(
        **pages.sent(request, actor, code), ground=request.POST.get("ground", ""),
        reason=request.POST.get("reason", ""), staff_id=inputs.number(request.POST.get("staff_id", "")) or 0,
    )  # fmt: skip
    return "Đã quyết định đính chính; thông báo đã gửi người nộp."


def _refuse(request: HttpRequest, actor: Actor, code: str) -> str:
    operations.refuse_correction(**pages.sent(request, actor, code), reason=request.POST.get("reason", ""))
    return "Đã ghi lý do không đính chính; người nộp được báo."


def _draft(request: HttpRequest, actor: Actor, code: str) -> str:
    view = queries.one(actor, code)
    row = next((one for one in corrections.of_dossier(actor, view.dossier.subject) if one.is_open), None)
    d = view.dossier
    if _refuses(d):
        operations.draft_correction(
            **pages.sent(request, actor, code), answers={},
            wording={name: request.POST[name] for name in WORDING_NAMES if name in request.POST},
        )  # fmt: skip
        return "Đã soạn văn bản từ chối mới, chờ người có thẩm quyền ký."
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    stands = {**view.answers, **(row.draft.get("answers", {}) if row else {})}
    answers = eform.read(bundle.form, request.POST, stands)
    operations.draft_correction(
        **pages.sent(request, actor, code), owner_name=request.POST.get("owner_name", ""),
        answers={name: value for name, value in answers.items() if value != view.answers.get(name)},
    )  # fmt: skip
    return "Đã soạn kết quả mới, chờ người có thẩm quyền ký."


def _sign(request: HttpRequest, actor: Actor, code: str) -> str:
    operations.sign_correction(**pages.sent(request, actor, code))
    return "Đã ký, phát hành kết quả mới; bản cũ được đánh dấu đã thay thế."


def _return(request: HttpRequest, actor: Actor, code: str) -> str:
    typed = request.POST
    operations.return_correction(
        **pages.sent(request, actor, code), how=typed.get("how", ""), collector=typed.get("collector", ""),
        proof=typed.get("proof", ""), old_original=typed.get("old_original", ""),
    )  # fmt: skip
    return "Đã ghi nhận trả kết quả mới."


DO: Final[Mapping[str, Callable[[HttpRequest, Actor, str], str]]] = {
    "de-nghi": _ask, "quyet-dinh": _order, "khong": _refuse, "soan": _draft, "ky": _sign, "tra": _return,
}  # fmt: skip
