"""Requests to the central system that decides a part, as officers and citizens see and make them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from motcua.documents import operations as documents
from motcua.documents.rules import UploadRefused
from motcua.dossiers import operations, passings
from motcua.dossiers.correcting import ASKER_NAMES, Asker
from motcua.dossiers.models import Dossier
from motcua.dossiers.passing import PASS_NAMES, PassKind, passable
from motcua.dossiers.rules import State
from motcua.edge import keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.platform import clock
from motcua.web import components, refusals
from motcua.web.components import FieldView, Option

HELP: Final[Mapping[PassKind, str]] = {
    PassKind.SUPPLEMENT: "Gửi giấy tờ, thông tin mà hệ thống đó yêu cầu.",
    PassKind.WITHDRAWAL: "Hồ sơ chỉ dừng khi hệ thống đó báo đã rút.",
    PassKind.CORRECTION: "Kết quả ghi sai: nêu chỗ sai và nội dung đúng.",
}


def context(request: HttpRequest, actor: Actor, d: Dossier, attempt: refusals.Attempt) -> dict[str, Any]:
    """Return what `components/passing.html` draws: the requests made, and the form for another one."""
    now, errors, typed = clock.now(), attempt.errors, request.POST
    kinds = passable(State(d.state), d.decision)
    chosen = typed.get("kind", kinds[0].value if len(kinds) == 1 else "")
    fields = [
        FieldView(
            "kind", "Đề nghị", "radio", required=True, value=chosen, error=errors.get("kind", ""),
            options=tuple(Option(one.value, PASS_NAMES[one], HELP[one]) for one in kinds),
        ),
        FieldView(
            "reason", "Nội dung đề nghị", "textarea", required=True, maxlength=2000, value=typed.get("reason", ""),
            error=errors.get("reason", ""), help="Ít nhất 10 ký tự. Cơ quan giải quyết đọc đúng những gì bạn viết.",
        ),
    ]  # fmt: skip
    names = {item.name for item in fields} | {"files"}
    return {
        "d": d,
        "passed": [_line(one, now) for one in passings.of_dossier(actor, d)],
        "fields": fields if kinds else [],
        "files_error": errors.get("files", ""),
        "errors": components.summary(fields),
        "general": refusals.general(attempt.refusal, names),
        "key": keys.new(),
        "seen": d.seq,
    }


def _line(one: passings.PassedRow, now: datetime) -> dict[str, Any]:
    if one.settled_at is not None:
        state, look, at = "Đã có trả lời", "done", one.settled_at
    elif one.acknowledged_at is not None:
        state, look, at = "Hệ thống đó đã nhận", "wait", one.acknowledged_at
    elif one.unacknowledged(now):
        state, look, at = "Chậm được nhận", "late", one.answer_by
    else:
        state, look, at = "Đang chuyển", "wait", one.answer_by
    return {
        "name": one.name,
        "words": one.words,
        "who": ASKER_NAMES[Asker(one.asked_by)],
        "asked_at": one.asked_at,
        "files": [file.name for file in one.files],
        "state": state,
        "look": look,
        "at": at,
        "label": "hạn" if one.acknowledged_at is None and one.settled_at is None else "lúc",
    }


def done(request: HttpRequest, actor: Actor, d: Dossier) -> None:
    """
    Pass on what was typed, with its files.

    :raises DomainError: as `operations.ask_system`.
    """
    operations.ask_system(
        code=d.code,
        kind=request.POST.get("kind", ""),
        words=request.POST.get("reason", ""),
        file_ids=_files(request, actor),
        actor=actor,
        key=keys.key(request),
        at=clock.now(),
        seen=keys.seen(request),
    )


def _files(request: HttpRequest, actor: Actor) -> list[int]:
    kept = []
    for upload in request.FILES.getlist("files"):
        try:
            kept.append(
                documents.store_upload(
                    actor=actor, name=upload.name or "", data=upload.read(), at=clock.now()
                ).pk
            )
        except UploadRefused as refusal:
            raise Invalid(errors={"files": f"{upload.name}: {refusal.message}"}) from refusal
    return kept
