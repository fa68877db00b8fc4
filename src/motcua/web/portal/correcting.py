"""A result that is wrong: what the citizen says of it, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import corrections, operations, queries
from motcua.dossiers.correcting import CorrectionState, doable, issued_kind
from motcua.dossiers.corrections import CorrectionRow
from motcua.dossiers.models import Dossier
from motcua.dossiers.rewording import UNCHANGED
from motcua.dossiers.rules import Act, Decision, State
from motcua.edge import actors, keys
from motcua.edge.errors import status_of
from motcua.kernel.errors import Conflict, Forbidden, Invalid
from motcua.platform import clock
from motcua.web import components, refusals
from motcua.web.components import Crumb, FieldView
from motcua.web.portal.views import HOME, MINE

SAID: Final[Mapping[CorrectionState, tuple[str, str, str]]] = {
    CorrectionState.ASKED: ("info", "Cơ quan đang xem xét đề nghị đính chính kết quả", ""),
    CorrectionState.REFUSED: ("warn", "Cơ quan không đính chính kết quả", ""),
    CorrectionState.ORDERED: (
        "warn", "Kết quả đang được đính chính", "Xin không dùng bản đã nhận cho đến khi có kết quả mới.",
    ),
    CorrectionState.DRAFTED: (
        "warn", "Kết quả đang được đính chính", "Xin không dùng bản đã nhận cho đến khi có kết quả mới.",
    ),
    CorrectionState.SIGNED: (
        "ok", "Đã có kết quả mới thay bản cũ",
        "Bản điện tử ở mục “Giấy tờ đã ban hành”. Mang bản giấy cũ đến nơi nhận hồ sơ để đổi bản mới.",
    ),
    CorrectionState.DONE: ("ok", "Kết quả đã được đính chính", "Bản cũ không còn giá trị sử dụng."),
}  # fmt: skip
UNDECIDED: Final = frozenset({CorrectionState.ASKED, CorrectionState.REFUSED})


def told(d: Dossier, found: list[CorrectionRow]) -> dict[str, Any] | None:
    """Return what the dossier's page says of corrections of its result; None where there is no result to correct."""
    if not askable(d, None):
        return None
    last = found[0] if found else None
    kind, title, text = SAID[last.state] if last else ("", "", "")
    if last and last.state not in UNDECIDED and d.decision == Decision.REFUSED:
        text = f"{text} {UNCHANGED}"
    return {
        "kind": kind,
        "title": title,
        "text": text,
        "asked": last.what if last and last.state in UNDECIDED else "",
        "reason": last.reason if last else "",
        "due_at": last.due_at if last and last.is_open and last.signed_at is None else None,
        "url": reverse("portal:correction", args=[d.code]) if last is None or not last.is_open else "",
    }


def askable(d: Dossier, open_row: CorrectionRow | None) -> bool:
    """Tell whether the people of a dossier may say now that its result is wrong."""
    at = open_row.state if open_row else None
    ours = issued_kind(State(d.state), d.decision, mirrored=d.mirrored) is not None
    found = doable(State(d.state), at, issued=ours, decides=False, prepares=False, serves=True)
    return Act.ASK_CORRECTION in found


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Take what is wrong with the result."""
    actor = actors.citizen(request)
    d = queries.one(actor, code).dossier
    found = corrections.of_dossier(actor, d.subject)
    if not askable(d, next((one for one in found if one.is_open), None)):
        messages.info(request, "Hồ sơ này hiện không có kết quả nào để đề nghị đính chính.")
        return redirect("portal:my_dossier", code)
    errors: Mapping[str, str] = {}
    general: list[str] = []
    status = 200
    if request.method == "POST":
        try:
            operations.ask_correction(
                code=code, what=request.POST.get("reason", ""), actor=actor, key=keys.key(request),
                at=clock.now(), seen=keys.seen(request),
            )  # fmt: skip
        except (Invalid, Conflict, Forbidden) as refusal:
            errors, general = refusals.by_field(refusal), refusals.general(refusal, {"reason"})
            status = status_of(refusal)
        else:
            messages.success(request, "Đã gửi đề nghị. Bạn được báo khi cơ quan quyết định.")
            return redirect("portal:my_dossier", code)
    what = FieldView(
        "reason", "Kết quả sai ở đâu, đúng là thế nào", "textarea", value=request.POST.get("reason", ""),
        required=True, maxlength=2000, error=errors.get("reason", ""),
        help="Ví dụ: Ngày sinh ghi 12/3/1990, đúng là 21/3/1990 như giấy khai sinh đã nộp.",
    )  # fmt: skip
    context = {
        "d": d,
        "procedure_name": catalogue.definition(d.procedure_version_id).name,
        "refusal": d.decision == Decision.REFUSED,
        "what": what,
        "errors": components.summary([what]),
        "general": general,
        "key": keys.new(),
        "section": "mine",
        "crumbs": [
            HOME,
            MINE,
            Crumb(code, reverse("portal:my_dossier", args=[code])),
            Crumb("Đính chính kết quả"),
        ],
    }
    return render(request, "portal/correction.html", context, status=status)
