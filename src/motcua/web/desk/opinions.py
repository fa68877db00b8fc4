"""Opinions of other units: what one's units owe, and the answers of one dossier side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents.rules import UploadRefused
from motcua.dossiers import opinions, queries
from motcua.dossiers.consulting import STANCES, OpinionState, Stance
from motcua.dossiers.operations import ask_opinion, give_opinion, recall_opinion
from motcua.dossiers.opinions import OpinionRow
from motcua.dossiers.rules import RUNNING, State
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import clock
from motcua.web import inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows
from motcua.web.desk.holding import holds

URL: Final = "/can-bo/y-kien/"
FOUND: Final = 20
MOST_BYTES: Final = 20 * 1024 * 1024


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what one's units are asked, and what one has asked."""
    actor, now = actors.staff(request), clock.now()
    mine = request.GET.get("xem") == "da-hoi"
    found = opinions.asked(actor) if mine else opinions.owed(actor)
    context = {
        "rows": [_line(actor, one, now, {}) for one in found],
        "mine": mine,
        "tabs": [("Chờ đơn vị cho ý kiến", URL), ("Tôi đã hỏi", f"{URL}?xem=da-hoi")],
        "current": f"{URL}?xem=da-hoi" if mine else URL,
        "crumbs": [pages.HOME, Crumb("Cho ý kiến")],
    }
    return pages.show(request, "desk/opinions.html", context, section=URL)


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show the opinions of a dossier side by side; ask, answer or recall."""
    actor, now = actors.staff(request), clock.now()
    d = queries.one(actor, code).dossier
    attempt = refusals.Attempt()
    if request.method == "POST" and request.POST.get("viec") in DO:
        with attempt:
            messages.success(request, DO[request.POST["viec"]](request, actor, code))
            return redirect(f"{rows.dossier_url(code)}y-kien/")
    found = opinions.of_dossier(actor, d.subject)
    people = {one.answered_by_id for one in found} | {one.asked_by_id for one in found}
    names = organisation.staff_names({one for one in people if one is not None})
    may_ask = State(d.state) in RUNNING and holds(actor, d.subject)
    typed = request.POST
    chosen = [number for one in typed.getlist("don_vi") if (number := inputs.number(one)) is not None]
    context: dict[str, Any] = {
        "d": d,
        "procedure": catalogue.definition(d.procedure_version_id).name,
        "questions": _questions(actor, found, now, names),
        "may_ask": may_ask,
        "may_recall": may_ask,
        "units": [(unit.id, organisation.full_name(unit), True) for unit in _units(chosen)]
        + [
            (unit.id, organisation.full_name(unit), False)
            for unit in _search(typed.get("tim", ""))
            if unit.id not in chosen
        ],
        "searched": bool(typed.get("tim", "").strip()),
        "typed": {
            name: typed.get(name, "") for name in ("noi_dung", "han", "tim", "y_kien", "lap_truong", "ly_do")
        },
        "answering": inputs.number(typed.get("y_kien_so", "")),
        "stances": [(stance.value, name) for stance, name in STANCES.items()],
        "errors": refusals.placed(attempt.refusal, lambda name: TARGETS.get(name, "")),
        "here": f"{rows.dossier_url(code)}y-kien/",
        "seen": d.seq,
        "key": keys.new(),
        "crumbs": [
            pages.HOME,
            Crumb("Cho ý kiến", URL),
            Crumb(d.code, rows.dossier_url(code)),
            Crumb("Ý kiến"),
        ],
    }
    return pages.show(request, "desk/opinions_of.html", context, section=URL, status=attempt.status)


TARGETS: Final = {
    "content": "o-noi-dung", "due_at": "o-han", "units": "o-tim", "stance": "o-lap-truong", "text": "o-y-kien",
    "file": "o-tep", "reason": "o-ly-do",
}  # fmt: skip


def _ask(request: HttpRequest, actor: Actor, code: str) -> str:
    numbers = [number for one in request.POST.getlist("don_vi") if (number := inputs.number(one)) is not None]
    ask_opinion(
        code=code, units=numbers, content=request.POST.get("noi_dung", ""),
        due_at=inputs.moment(request.POST.get("han", "")), actor=actor, key=keys.key(request), at=clock.now(),
        seen=keys.seen(request),
    )  # fmt: skip
    return "Đã gửi phiếu lấy ý kiến đến các đơn vị."


def _answer(request: HttpRequest, actor: Actor, code: str) -> str:
    upload, file_id = request.FILES.get("tep"), None
    if upload is not None:
        if upload.size is not None and upload.size > MOST_BYTES:
            raise Invalid(errors={"file": "Tệp lớn hơn 20 MB."})
        try:
            stored = documents.store_upload(
                actor=actor, name=upload.name or "", data=upload.read(), at=clock.now(),
                subject=queries.one(actor, code).dossier.subject,
            )  # fmt: skip
        except UploadRefused as refusal:
            raise Invalid(errors={"file": refusal.message}) from refusal
        file_id = stored.pk
    give_opinion(
        code=code, opinion_id=inputs.number(request.POST.get("y_kien_so", "")) or 0,
        stance=request.POST.get("lap_truong", ""), text=request.POST.get("y_kien", ""), file_id=file_id,
        actor=actor, key=keys.key(request), at=clock.now(),
    )  # fmt: skip
    return "Đã gửi ý kiến của đơn vị."


def _recall(request: HttpRequest, actor: Actor, code: str) -> str:
    recall_opinion(
        code=code, opinion_id=inputs.number(request.POST.get("y_kien_so", "")) or 0,
        reason=request.POST.get("ly_do", ""), actor=actor, key=keys.key(request), at=clock.now(),
    )  # fmt: skip
    return "Đã rút lại việc hỏi ý kiến."


DO: Final = {"hoi": _ask, "tra-loi": _answer, "rut": _recall}


def _units(numbers: Sequence[int]) -> list[UnitRef]:
    nodes = organisation.tree().nodes
    return [nodes[number].ref for number in dict.fromkeys(numbers) if number in nodes]


def _search(text: str) -> list[UnitRef]:
    """Return units in force today whose full name has every word, the shortest names first."""
    words = fold(text[:100]).split()
    if not words:
        return []
    on = clock.today()
    found = [
        node.ref
        for node in organisation.tree().nodes.values()
        if node.valid_from <= on <= node.valid_to
        and all(word in fold(organisation.full_name(node.ref)) for word in words)
    ]
    return sorted(found, key=lambda unit: (len(organisation.full_name(unit)), unit.id))[:FOUND]


def _questions(
    actor: Actor, found: Sequence[OpinionRow], now: datetime, names: dict[int, str]
) -> list[dict[str, Any]]:
    """Return each question with its answers side by side."""
    made: dict[int, dict[str, Any]] = {}
    for one in found:
        question = made.setdefault(
            one.request_id,
            {
                "content": one.content,
                "due_at": one.due_at,
                "asked_at": one.asked_at,
                "by": names.get(one.asked_by_id, ""),
                "lead": organisation.full_name(organisation.unit(one.lead_unit_id)),
                "paper": f"{rows.dossier_url(one.code)}giay/{one.document_id}/",
                "answers": [],
            },
        )
        question["answers"].append(_line(actor, one, now, names))
    return list(made.values())


def _line(actor: Actor, one: OpinionRow, now: datetime, names: dict[int, str]) -> dict[str, Any]:
    late = one.late or (one.is_open and one.due_at < now)
    state = {OpinionState.OPEN: "Chưa trả lời", OpinionState.RECALLED: "Đã rút lại"}.get(
        OpinionState(one.state), "Đã trả lời"
    )
    return {
        "id": one.id,
        "unit": rows.unit_name(one.unit_id),
        "state": state if one.is_open or one.state != OpinionState.OPEN else "Hồ sơ đã kết thúc",
        "open": one.is_open,
        "late": late,
        "stance": STANCES[Stance(one.stance)] if one.stance else "",
        "against": one.stance == Stance.DISAGREE,
        "text": one.text,
        "file": f"{rows.dossier_url(one.code)}tep/{one.file_id}/" if one.file_id else "",
        "who": names.get(one.answered_by_id or 0, ""),
        "answered_at": one.answered_at,
        "mine": one.is_open and one.unit_id in opinions.answering_units(actor),
        "content": one.content,
        "due_at": one.due_at,
        "lead": organisation.full_name(organisation.unit(one.lead_unit_id)),
        "code": one.code,
        "owner": one.owner_name,
        "procedure": catalogue.definition(one.procedure_version_id).name,
        "url": f"{rows.dossier_url(one.code)}y-kien/",
    }
