"""
Steps the system does by itself, on the desk: what stands on a dossier in words, what failed, and doing it by hand.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import automatics, facts, lookups, operations, queries
from motcua.dossiers.automatics import Standing
from motcua.dossiers.awaiting import AUTOMATIC, KIND_NAMES, AwaitedKind, AwaitedState
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations import automatic
from motcua.dossiers.rules import RESUMERS, RUNNING, STATE_NAMES, State
from motcua.edge import actors, keys, paging
from motcua.kernel.actor import Actor
from motcua.kernel.errors import DomainError, NotFound
from motcua.kernel.process import Graph, NodeKind
from motcua.kernel.wording import minutes_vi, moment_vi
from motcua.platform import clock
from motcua.web import refusals
from motcua.web.components import Crumb
from motcua.web.desk import pages, rows
from motcua.workflow import operations as moves
from motcua.workflow import queries as workflow

PAGE: Final = 50
URL: Final = "/can-bo/buoc-tu-dong/"
LIST: Final = Crumb("Bước tự động chưa chạy được", URL)
DOES: Final = {
    AwaitedKind.LOOKUP: "tra cứu {source}",
    AwaitedKind.NOTIFY: "báo cho người nộp",
    AwaitedKind.DOCUMENT: "lập văn bản",
    AwaitedKind.SEND: "gửi thông điệp “{ref}”",
}


def source_name(code: str) -> str:
    """Return what a source of data is called."""
    return lookups.NAMES.get(code, code)


def panel(actor: Actor, dossier: Dossier, graph: Graph, *, full: bool) -> list[dict[str, Any]]:
    """
    Return what the dossier's process waits for and has done by itself, newest first; nothing for most processes.

    What a source answered holds personal values: it is shown with the numbers in full only, which leaves its trace.
    """
    if not graph.awaits:
        return []
    running = State(dossier.state) in RUNNING
    open_ones = {row.id: row for row in workflow.of_subject(actor, dossier.subject)} if running else {}
    names = {fact.name: fact.label for fact in facts.known(dossier.procedure_version_id).values()}
    return [
        {
            **_line(one, graph, may=running, person=_persons(actor, one, graph, open_ones)),
            "record": [(names.get(key, key), str(value)) for key, value in one.answer.items()]
            if full
            else [],
        }
        for one in reversed(automatics.of_dossier(actor, dossier.subject))
    ]


def _persons(actor: Actor, one: Standing, graph: Graph, tasks: dict[int, workflow.TaskRow]) -> bool:
    """Tell whether the actor may do the step by hand, or say that its message has come."""
    if one.state is not AwaitedState.WAITING:
        return False
    if one.kind is AwaitedKind.MESSAGE:
        return actor.duty(*RESUMERS) is not None
    task = tasks.get(one.task_id or 0)
    node = graph.by_id.get(one.node)
    if task is None or node is None or node.kind is NodeKind.USER_TASK or one.kind not in AUTOMATIC:
        return False
    return moves.acting_as(actor, task) is not None


def _line(one: Standing, graph: Graph, *, may: bool, person: bool) -> dict[str, Any]:
    does = DOES.get(one.kind, "").format(source=source_name(one.ref), ref=one.ref)
    waits = one.state is AwaitedState.WAITING
    return {
        "id": one.id,
        "name": one.name or KIND_NAMES[one.kind],
        "text": _sentence(one, does, graph),
        "look": _LOOKS[one.state] if not (waits and one.attempts) else "late",
        "state": _STATES[one.state] if not (waits and one.attempts) else "Lỗi",
        "digest": one.digest[:16],
        "reference": one.reference,
        "retry_url": f"{URL}{one.id}/chay-lai/" if waits and one.attempts and may else "",
        "hand_url": f"{URL}{one.id}/lam-thay/"
        if person and may and one.kind is not AwaitedKind.MESSAGE
        else "",
        "message_url": f"{URL}{one.id}/thong-diep/"
        if person and may and one.kind is AwaitedKind.MESSAGE
        else "",
    }


_LOOKS: Final = {
    AwaitedState.WAITING: "wait",
    AwaitedState.DONE: "done",
    AwaitedState.LEFT: "plain",
    AwaitedState.DROPPED: "closed",
}
_STATES: Final = {
    AwaitedState.WAITING: "Đang chờ",
    AwaitedState.DONE: "Xong",
    AwaitedState.LEFT: "Chuyển người xử lý",
    AwaitedState.DROPPED: "Không cần nữa",
}


def _soon(at: datetime | None) -> str:
    """Return how long until a moment of real time; the clock on the pages may be another."""
    left = timedelta() if at is None else at - clock.real_now()
    return "ngay" if left <= timedelta() else f"sau {minutes_vi(int(left.total_seconds() // 60) + 1)}"


def _sentence(one: Standing, does: str, graph: Graph) -> str:
    if one.kind is AwaitedKind.TIMER:
        when = moment_vi(one.due_at) if one.due_at else ""
        if one.state is AwaitedState.WAITING:
            return f"Hẹn lúc {when}."
        return (
            f"Đã đến giờ hẹn {when}." if one.state is AwaitedState.DONE else f"Hẹn lúc {when} không còn cần."
        )
    if one.kind is AwaitedKind.MESSAGE:
        if one.state is AwaitedState.WAITING:
            return f"Chờ thông điệp “{one.ref}” từ {moment_vi(one.since)}."
        if one.state is AwaitedState.DONE and one.answered_at:
            return f"Đã nhận thông điệp “{one.ref}” số {one.reference}."
        return f"Không chờ thông điệp “{one.ref}” nữa."
    ended = moment_vi(one.ended_at) if one.ended_at else ""
    match one.state:
        case AwaitedState.DONE if one.confirmed is None and one.kind is AwaitedKind.LOOKUP:
            return f"Hệ thống không {does} được; người xử lý đã làm thay lúc {ended}."
        case AwaitedState.DONE:
            said = {True: ": thông tin khớp", False: ": thông tin không khớp", None: ""}[one.confirmed]
            return f"Hệ thống tự {does}, xong lúc {ended}{said}."
        case AwaitedState.LEFT:
            return f"Hệ thống tự {does} lúc {ended}: thông tin không khớp, người xử lý kiểm tra."
        case AwaitedState.DROPPED:
            return f"Hệ thống chưa phải {does}: bước đã kết thúc cách khác."
    if not one.attempts:
        return f"Hệ thống tự {does}, đang chờ kết quả."
    again = "Hệ thống không tự thử lại" if one.given_up else f"Hệ thống thử lại {_soon(one.next_at)}"
    return f"Hệ thống tự {does}, lỗi {one.attempts} lần: {one.error}. {again}."


@pages.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show what the system could not do on dossiers one may see, with its reason, oldest first."""
    actor = actors.staff(request)
    kind, source = request.GET.get("loai", ""), request.GET.get("nguon", "")[:120]
    stopped = request.GET.get("dung") == "1"
    kind = kind if kind in set(AwaitedKind) else ""
    key = paging.key_of(request.GET.get("sau", ""), 1)
    after = key[0] if key and isinstance(key[0], int) and 0 < key[0] < 2**63 else 0
    found = automatics.failed_steps(actor, kind=kind, source=source, given_up=stopped, after=after, size=PAGE)
    page = paging.page(found, PAGE, lambda one: [one.id])
    kept = {name: value for name, value in (("loai", kind), ("nguon", source)) if value}
    if stopped:
        kept["dung"] = "1"
    context = {
        "rows": [
            {
                "id": one.id,
                "name": one.name or KIND_NAMES[AwaitedKind(one.kind)],
                "kind": KIND_NAMES[AwaitedKind(one.kind)],
                "source": source_name(one.ref) if one.kind == AwaitedKind.LOOKUP else "",
                "code": one.code,
                "url": f"{rows.dossier_url(one.code)}#tu-dong",
                "procedure": catalogue.definition(one.procedure_version_id).name,
                "since": one.since,
                "attempts": one.attempts,
                "again": _soon(one.next_at),
                "given_up": one.given_up,
                "error": one.error,
            }
            for one in page.rows
        ],
        "kind": kind,
        "source": source,
        "stopped": stopped,
        "filtered": bool(kept),
        "kinds": [(item.value, KIND_NAMES[item]) for item in AwaitedKind if item is not AwaitedKind.MESSAGE],
        "sources": sorted(lookups.NAMES.items(), key=lambda pair: pair[1]),
        "shown": len(page.rows),
        "first_url": f"{URL}?{urlencode(kept)}" if after else "",
        "next_url": f"{URL}?{urlencode({**kept, 'sau': page.next})}" if page.next else "",
        "crumbs": [pages.HOME, Crumb("Bước tự động chưa chạy được")],
    }
    return pages.show(request, "desk/automatic.html", context, section=URL)


@pages.officer
@require_POST
def retry(request: HttpRequest, awaited_id: int) -> HttpResponse:
    """Let one be tried again at once."""
    actor = actors.staff(request)
    if automatics.code_of(actor, awaited_id) is None:
        raise NotFound("Không tìm thấy bước này.")
    try:
        automatic.retry(awaited_id=awaited_id, actor=actor, real=clock.real_now())
    except NotFound as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Hệ thống đang làm lại bước này.")
    back = request.POST.get("ve", "")
    return redirect(back if back.startswith("/can-bo/ho-so/") else URL)


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: HttpRequest, awaited_id: int) -> HttpResponse:
    """Show and take the form by which a person does in its place what the system could not."""
    actor = actors.staff(request)
    view, one, graph = _found(actor, awaited_id)
    node = graph.by_id[one.node]
    ways = [(edge.outcome, edge.name or edge.outcome or "Đã làm xong") for edge in graph.outgoing[one.node]]
    reason, outcome = request.POST.get("reason", ""), request.POST.get("outcome", "")
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            operations.take_over_step(
                code=view.code, awaited_id=awaited_id, actor=actor, key=keys.key(request), at=clock.now(),
                reason=reason, outcome=outcome if len(ways) > 1 else ways[0][0], seen=keys.seen(request),
            )  # fmt: skip
            messages.success(request, f"Đã làm thay bước “{one.name}”.")
            return redirect(rows.dossier_url(view.code))
    context = {
        "d": view,
        "title": "Làm thay bước tự động",
        "step": one.name or node.name,
        "line": _line(one, graph, may=True, person=True),
        "ways": ways if len(ways) > 1 else [],
        "outcome": outcome,
        "reason": reason,
        "action": f"{URL}{awaited_id}/lam-thay/",
        **_form(attempt.refusal, view),
    }
    return pages.show(request, "desk/automatic_form.html", context, section=URL, status=attempt.status)


@pages.officer
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, awaited_id: int) -> HttpResponse:
    """Show and take the form by which an officer says that a message has come, with its number and content."""
    actor = actors.staff(request)
    view, one, graph = _found(actor, awaited_id)
    number, content = request.POST.get("message_id", ""), request.POST.get("content", "")[:2000]
    attempt = refusals.Attempt()
    if request.method == "POST":
        with attempt:
            operations.receive_message(
                code=view.code, name=one.ref, message=number, actor=actor, at=clock.now(),
                content={"noi_dung": content.strip()}, seen=keys.seen(request),
            )  # fmt: skip
            messages.success(request, f"Đã ghi nhận thông điệp “{one.ref}”.")
            return redirect(rows.dossier_url(view.code))
    context = {
        "d": view,
        "title": "Ghi nhận thông điệp",
        "step": one.name,
        "line": _line(one, graph, may=True, person=True),
        "is_message": True,
        "message_id": number,
        "content": content,
        "action": f"{URL}{awaited_id}/thong-diep/",
        **_form(attempt.refusal, view),
    }
    return pages.show(request, "desk/automatic_form.html", context, section=URL, status=attempt.status)


def _found(actor: Actor, awaited_id: int) -> tuple[Dossier, Standing, Graph]:
    """
    Return what is waited for, with its dossier and process.

    :raises NotFound: not there, over, or not for this actor.
    """
    code = automatics.code_of(actor, awaited_id)
    if code is None:
        raise NotFound("Không tìm thấy bước này.")
    view = queries.one(actor, code).dossier
    one = next((row for row in automatics.of_dossier(actor, view.subject) if row.id == awaited_id), None)
    if one is None or one.state is not AwaitedState.WAITING:
        raise NotFound("Hồ sơ không chờ việc này nữa.")
    return view, one, workflow.definition(view.process_version_id).graph


def _form(refusal: DomainError | None, view: Dossier) -> dict[str, Any]:
    return {
        "errors": refusals.placed(refusal, lambda name: f"f-{name}"),
        "wrong": refusals.by_field(refusal),
        "key": keys.new(),
        "seen": view.seq,
        "state_name": STATE_NAMES[State(view.state)],
        "crumbs": [pages.HOME, LIST, Crumb(view.code, rows.dossier_url(view.code))],
    }
