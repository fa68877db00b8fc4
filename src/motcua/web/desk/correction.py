"""Correcting the intake: the form as it stands, what is changed in it, and why; the due date stays as promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.dossiers import operations
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import STATE_NAMES, ReturnChannel, State
from motcua.edge import actors, keys
from motcua.forms import rules as form_rules
from motcua.kernel.errors import Forbidden
from motcua.platform import access, clock
from motcua.web import components, eform, refusals, words
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import dossier, pages, rows
from motcua.web.desk.dossier import LIST, Shown

HEAD: Final = ("owner_name", "owner_phone", "return_channel", "return_address", "sets")


@pages.officer
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, code: str) -> HttpResponse:
    """Show the intake to be corrected; correct it."""
    actor = actors.staff(request)
    shown = dossier.load(actor, code)
    d = shown.dossier
    if request.method != "POST":
        if shown.offered("dinh-chinh") is None:
            raise Forbidden("Nhiệm vụ của bạn không gồm việc đính chính hồ sơ này lúc này.")
        access.note(actor, d.subject, "đính chính thông tin tiếp nhận", clock.now())
        return _draw(request, shown, QueryDict(), dict(shown.view.answers), {}, [])
    typed = request.POST
    answers = eform.read(shown.bundle.form, typed, shown.view.answers)
    if "_reload" in typed or typed.get("_add") or typed.get("_remove"):
        return _draw(request, shown, typed, answers, {}, [])
    head, errors = _head(d, typed)
    changed = {
        key: value
        for key, value in answers.items()
        if value != shown.view.answers.get(key) and _told(value, shown, key)
    }
    general: list[str] = []
    status = 422
    if not errors:
        with refusals.Attempt() as attempt:
            done = operations.correct_intake(
                code=code, actor=actor, key=keys.key(request), at=clock.now(), seen=keys.seen(request),
                reason=typed.get("reason", ""), head=head, answers=changed,
            )  # fmt: skip
            messages.success(
                request, f"Đã đính chính hồ sơ {done.code}. Giấy tiếp nhận thay thế đã sẵn sàng để in."
            )
            return redirect(rows.dossier_url(code))
        errors, status = attempt.errors, attempt.status
        general = [errors.pop("head")] if "head" in errors else [] if errors else attempt.general
        shown = dossier.load(actor, code)
    return _draw(request, shown, typed, answers, errors, general, status=status)


def _told(value: Any, shown: Shown, key: str) -> bool:
    """Tell whether an answer says something, or empties what was said."""
    return value not in (None, "", [], False) or key in shown.view.answers


def _head(d: Dossier, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what of the head differs from what stands, and what cannot be taken."""
    head: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name in HEAD:
        text = typed.get(name, "").strip()
        if name == "sets":
            if not text.isdecimal() or len(text) > 2:
                errors["sets"] = "Số bộ hồ sơ từ 1 đến 99."
            elif int(text) != d.sets:
                head["sets"] = int(text)
        elif text != str(getattr(d, name)):
            head[name] = text
    return head, errors


def _draw(
    request: HttpRequest,
    shown: Shown,
    typed: Mapping[str, str],
    answers: Mapping[str, Any],
    errors: Mapping[str, str],
    general: list[str],
    *,
    status: int = 200,
) -> HttpResponse:
    d, form = shown.dossier, shown.bundle.form
    sent = bool(typed)

    def head(name: str, label: str, kind: str = "text", **more: Any) -> FieldView:
        stands = str(getattr(d, name))
        value = typed.get(name, "") if sent else stands
        word = more.pop("word", stands) or "để trống"
        note = f"Đang ghi: {word}." if value != stands else ""
        return FieldView(
            name, label, kind, value=value, help=note, error=errors.get(name, ""), quiet=True, **more
        )

    heads = [
        head("owner_name", "Họ tên, tên chủ hồ sơ", width="l", maxlength=300),
        head("owner_phone", "Điện thoại", "phone", width="m", maxlength=20),
        head(
            "return_channel", "Nhận kết quả", "radio", word=words.RETURN_CHANNELS.get(d.return_channel, ""),
            options=tuple(Option(str(one), words.RETURN_CHANNELS[one]) for one in ReturnChannel),
        ),
        head("return_address", "Địa chỉ nhận", "address", width="l", maxlength=300),
        head("sets", "Số bộ hồ sơ", "number", width="xs", maxlength=2),
    ]  # fmt: skip
    visible = {item["key"] for item in form_rules.visible(form, answers)}
    parts = eform.sections(form, answers, shown=visible, errors=errors, reload=eform.controls(form))
    reason = FieldView(
        "reason", "Lý do đính chính", "textarea", value=typed.get("reason", ""), required=True,
        help="Ít nhất 10 ký tự, ví dụ: cán bộ gõ nhầm ngày sinh so với giấy chứng sinh.",
        error=errors.get("reason", ""), maxlength=2000,
    )  # fmt: skip
    views = [reason, *heads, *(view for part in parts for view in part.fields)]
    context = {
        "d": d,
        "procedure": shown.bundle.procedure.name,
        "state_name": STATE_NAMES[State(d.state)],
        "reason": reason,
        "heads": heads,
        "parts": parts,
        "shown_keys": eform.shown_keys(parts),
        "errors": components.summary(views),
        "general": general,
        "seen": d.seq,
        "crumbs": [pages.HOME, LIST, Crumb(d.code, rows.dossier_url(d.code)), Crumb("Đính chính")],
    }
    return pages.show(request, "desk/correct.html", context, section="/can-bo/ho-so/", status=status)
