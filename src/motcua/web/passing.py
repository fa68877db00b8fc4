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
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import Invalid
from motcua.platform import clock
from motcua.web import components, refusals
from motcua.web.components import FieldView, Option

HELP: Final[Mapping[PassKind, str]] = {
    PassKind.SUPPLEMENT: "Gửi giấy tờ, thông tin mà hệ thống đó yêu cầu.",
    PassKind.WITHDRAWAL: "Hồ sơ chỉ dừng khi hệ thống đó báo đã rút.",
    PassKind.CORRECTION: "Kết quả ghi sai: nêu chỗ sai và nội dung đúng.",
}

PLACED: Final = frozenset({"kind", "reason", "paper", "files", "file"})
"""What a refusal says of these stands at its field."""


def context(request: HttpRequest, actor: Actor, d: Dossier, attempt: refusals.Attempt) -> dict[str, Any]:
    """Return what `components/passing.html` draws: the requests made, and the form for another one."""
    now, typed = clock.now(), request.POST
    declining = "request" in typed
    errors: Mapping[str, str] = {} if declining else attempt.errors
    passed = [_line(one, now) for one in passings.of_dossier(actor, d)]
    for line in passed:
        may = line["open"] and actor.kind is ActorKind.STAFF
        line["decline"] = _decline_fields(line["no"], typed, attempt.errors) if may else []
    declined = [field for line in passed for field in line["decline"]]
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
    shown = declined if declining else fields
    return {
        "d": d,
        "passed": passed,
        "decline_no": typed.get("request", ""),
        "decline_file_error": attempt.errors.get("file", ""),
        "fields": fields if kinds else [],
        "files_error": errors.get("files", ""),
        "errors": components.summary(shown),
        "general": refusals.general(attempt.refusal, PLACED),
        "key": keys.new(),
        "seen": d.seq,
    }


def _decline_fields(no: int, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[FieldView]:
    """Return the form that notes that request `no` was not accepted; what was typed and is wrong only with that one."""
    wrong = errors if typed.get("request") == str(no) else {}
    return [
        FieldView(
            f"why-{no}", "Lý do bộ, ngành không chấp nhận", "textarea", required=True, maxlength=2000,
            value=typed.get(f"why-{no}", ""), error=wrong.get("reason", ""),
            help="Ít nhất 10 ký tự. Người nộp đọc được lý do này.",
        ),
        FieldView(
            f"paper-{no}", "Văn bản hoặc tin trả lời", required=True, maxlength=200,
            value=typed.get(f"paper-{no}", ""), error=wrong.get("paper", ""), autocomplete="off",
            help="Số, ngày, cơ quan gửi.",
        ),
    ]  # fmt: skip


def _line(one: passings.PassedRow, now: datetime) -> dict[str, Any]:
    if one.refusal and one.settled_at is not None:
        state, look, at = "Không được chấp nhận", "late", one.settled_at
    elif one.settled_at is not None:
        state, look, at = "Đã có trả lời", "done", one.settled_at
    elif one.unanswered(now) and one.answered_by is not None:
        state, look, at = "Chậm trả lời", "late", one.answered_by
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
        "label": "lúc" if one.settled_at is not None or at == one.acknowledged_at else "hạn",
        "no": one.no,
        "open": one.settled_at is None,
        "refusal": one.refusal,
        "paper": one.refusal_paper,
        "paper_file": one.refusal_file,
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


def decline(request: HttpRequest, actor: Actor, d: Dossier) -> None:
    """
    Note that a request was not accepted there, as typed, with the file of the paper.

    :raises DomainError: as `operations.system_refused`.
    """
    number = request.POST.get("request", "")
    files = _files(request, actor, "file")
    operations.system_refused(
        code=d.code,
        request=int(number) if number.isdecimal() and len(number) < 6 else 0,
        reason=request.POST.get(f"why-{number}", ""),
        paper=request.POST.get(f"paper-{number}", ""),
        file_id=files[0] if files else None,
        actor=actor,
        key=keys.key(request),
        at=clock.now(),
        seen=keys.seen(request),
    )


def _files(request: HttpRequest, actor: Actor, name: str = "files") -> list[int]:
    kept = []
    for upload in request.FILES.getlist(name):
        try:
            kept.append(
                documents.store_upload(
                    actor=actor, name=upload.name or "", data=upload.read(), at=clock.now()
                ).pk
            )
        except UploadRefused as refusal:
            raise Invalid(errors={name: f"{upload.name}: {refusal.message}"}) from refusal
    return kept
