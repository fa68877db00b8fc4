"""One act on many dossiers: ticked in a list, said once, done by a worker, with a result for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import bulkruns, queries
from motcua.dossiers.operations import bulk as operations
from motcua.dossiers.operations.bulk import Target
from motcua.dossiers.rules import (
    AGAIN,
    BULK_NAMES,
    MOST_AT_ONCE,
    STATE_NAMES,
    BulkAct,
    BulkState,
    ItemState,
    State,
)
from motcua.edge import actors, keys
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Conflict, DomainError, Invalid
from motcua.kernel.process import Flow, WaitKind
from motcua.platform import clock
from motcua.web import components, inputs, refusals
from motcua.web.components import Crumb, FieldView, Option
from motcua.web.desk import fields, pages, rows, work
from motcua.workflow import queries as workflow
from motcua.workflow.queries import TaskRow

URL: Final = "/can-bo/hang-loat/"
ACTS: Final[Mapping[str, BulkAct]] = {
    "nhan": BulkAct.TAKE,
    "giao": BulkAct.ASSIGN,
    "hoan-thanh": BulkAct.COMPLETE,
}
SHOWN: Final = 500
STATES: Final[Mapping[BulkState, tuple[str, str]]] = {
    BulkState.RUNNING: ("Đang thực hiện", "run"),
    BulkState.STOPPED: ("Đã dừng", "wait"),
    BulkState.FINISHED: ("Đã xong", "done"),
}
RESULTS: Final[Mapping[ItemState, tuple[str, str]]] = {
    ItemState.WAITING: ("Chờ", "plain"),
    ItemState.DONE: ("Đã làm", "done"),
    ItemState.REFUSED: ("Không làm được", "late"),
    ItemState.FAILED: ("Lỗi hệ thống", "late"),
    ItemState.SKIPPED: ("Chưa làm, đã dừng", "wait"),
}
LIST: Final = Crumb("Thực hiện hàng loạt", URL)


@dataclass(frozen=True, slots=True)
class Way:
    """A result that every chosen step can have; `reason`: it must be said why."""

    outcome: str
    name: str
    reason: bool


def targets_of(marks: Sequence[str]) -> list[Target]:
    """Return what was ticked: "code|seq|task" each; what is no mark is left out."""
    found: dict[tuple[str, int | None], Target] = {}
    for mark in marks[: MOST_AT_ONCE + 1]:
        code, *numbers = mark.split("|")
        if not code or len(numbers) != 2 or any(inputs.number(one) is None for one in numbers if one):
            continue
        seen, task = (inputs.number(one) for one in numbers)
        found[code[:60], task] = Target(code[:60], task, seen)
    return list(found.values())


def _whole_list(actor: Actor, query: str) -> list[Target]:
    """Return the work list that the query of its page stands for, at most 500 rows."""
    given = dict(parse_qsl(query[:1000]))
    asked = {name: given.get(name, "").strip()[:100] for name in work.NAMES}
    wanted = work.narrowed(actor, asked, fields.own_units(actor), clock.now())[2]
    found = workflow.open_tasks(actor, wanted, limit=MOST_AT_ONCE)
    dossiers = queries.by_subjects(actor, [row.subject for row in found]) if found else {}
    return [
        Target(dossiers[row.subject].code, row.id, dossiers[row.subject].seq)
        for row in found
        if row.subject in dossiers
    ]


@pages.officer
@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    """Show what was ticked and ask once for what the act needs; nothing is written here."""
    actor = actors.staff(request)
    act = ACTS.get(request.POST.get("viec", ""), BulkAct.TAKE)
    if request.POST.get("tat-ca") == "1":
        targets = _whole_list(actor, request.POST.get("query", ""))
    else:
        targets = targets_of(request.POST.getlist("chon"))
    if not targets:
        messages.warning(request, "Chưa chọn việc nào. Đánh dấu ô ở đầu dòng rồi bấm lại.")
        return redirect(_back(request))
    return _form(request, actor, act, targets)


def _back(request: HttpRequest) -> str:
    query = request.POST.get("query", "")[:1000]
    return f"{work.URL}?{query}" if query else work.URL


def _form(
    request: HttpRequest,
    actor: Actor,
    act: BulkAct,
    targets: Sequence[Target],
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Draw the form of an act on the ticked dossiers."""
    seen = bulkruns.chosen(actor, [target.code for target in targets])
    tasks = _tasks(actor, targets, seen)
    errors = refusals.by_field(refusal)
    if refusal is not None and not errors:
        errors = {"": refusal.message}
    inputs = _inputs(request, act, tasks, errors)
    lines = [
        {
            "mark": f"{target.code}|{target.seen if target.seen is not None else ''}|{target.task_id or ''}",
            "code": target.code,
            "url": rows.dossier_url(target.code),
            "owner": seen[target.code].owner_name if target.code in seen else "",
            "procedure": catalogue.definition(seen[target.code].procedure_version_id).name
            if target.code in seen
            else "",
            "step": tasks[target.task_id].name if target.task_id in tasks else "",
        }
        for target in targets
    ]
    general = [text for name, text in errors.items() if name not in {one.name for one in inputs}]
    known = {one.name for one in inputs}
    hopeless = (act is BulkAct.COMPLETE and "outcome" not in known) or (
        act is BulkAct.ASSIGN and "staff_id" not in known
    )
    context = {
        "title": BULK_NAMES[act],
        "act": act.value,
        "lines": lines,
        "fields": inputs,
        "errors": components.summary(inputs),
        "general": general,
        "hopeless": hopeless,
        "completing": act is BulkAct.COMPLETE,
        "back": _back(request),
        "crumbs": [pages.HOME, Crumb("Việc của tôi", work.URL), Crumb(f"{BULK_NAMES[act]} hàng loạt")],
    }
    return pages.show(
        request, "desk/bulk_prepare.html", context, section=work.URL, status=refusals.status(refusal)
    )


def _tasks(
    actor: Actor, targets: Sequence[Target], seen: Mapping[str, bulkruns.Chosen]
) -> dict[int | None, TaskRow]:
    """Return the open tasks that were ticked, by number (one statement)."""
    wanted = {target.task_id for target in targets}
    found = workflow.open_of_subjects(actor, sorted({one.subject for one in seen.values()}))
    return {task.id: task for held in found.values() for task in held if task.id in wanted}


def ways(tasks: Sequence[TaskRow]) -> list[Way]:
    """Return the results that every one of these steps can have, in the order of the first; none where they differ."""
    common: dict[str, Way] | None = None
    for task in {(task.process_id, task.node): task for task in tasks}.values():
        graph = workflow.definition(task.process_id).graph
        here: dict[str, Way] = {}
        if task.node not in {node.id for node in (graph.reception, graph.handover) if node is not None}:
            for edge in graph.outcomes(task.node):
                waits = graph.by_id[edge.target].wait is WaitKind.APPLICANT
                if edge.outcome and edge.flow is not Flow.EXTEND and not waits:
                    why = edge.flow in (Flow.BACK, Flow.NEGATIVE)
                    here[edge.outcome] = Way(edge.outcome, edge.name or edge.outcome, why)
        if common is None:
            common = here
        else:
            common = {
                outcome: Way(outcome, way.name, way.reason or here[outcome].reason)
                for outcome, way in common.items()
                if outcome in here and here[outcome].name == way.name
            }
    return list((common or {}).values())


def people(tasks: Sequence[TaskRow]) -> list[tuple[int, str]]:
    """Return who may be given every one of these tasks, by name."""
    on = clock.today()
    common: dict[int, str] | None = None
    for unit_id, role, field in {(task.unit_id, task.role, task.field) for task in tasks}:
        held = {one.staff_id: one.full_name for one in workflow.holders(unit_id, role, field, on)}
        common = held if common is None else {key: common[key] for key in common if key in held}
    return sorted((common or {}).items(), key=lambda one: one[1])


def _inputs(
    request: HttpRequest, act: BulkAct, tasks: Mapping[int | None, TaskRow], errors: Mapping[str, str]
) -> list[FieldView]:
    """Return what the act must be told; a choice nobody has is left out."""
    typed, held = request.POST, list(tasks.values())

    def note(label: str, hint: str = "") -> FieldView:
        return FieldView(
            "note", label, "textarea", value=typed.get("note", ""), maxlength=2000,
            error=errors.get("note", ""), help=hint,
        )  # fmt: skip

    if act is BulkAct.ASSIGN:
        choices = tuple(Option(str(number), name) for number, name in people(held))
        if not choices:
            return []
        return [
            FieldView(
                "staff_id", "Người nhận việc", "select", value=typed.get("staff_id", ""), required=True,
                options=choices, error=errors.get("staff_id", ""),
            ),
            note("Lý do", "Bắt buộc với việc đang có người giữ; ghi vào diễn biến của từng hồ sơ."),
        ]  # fmt: skip
    if act is BulkAct.COMPLETE:
        found = ways(held)
        if not found:
            return []
        options = tuple(
            Option(way.outcome, way.name, "Phải ghi lý do, ít nhất 10 ký tự." if way.reason else "")
            for way in found
        )
        return [
            FieldView(
                "outcome", "Kết quả của bước", "radio", value=typed.get("outcome", ""), required=True,
                options=options, error=errors.get("outcome", ""),
            ),
            note("Ghi chú"),
        ]  # fmt: skip
    return []


@pages.officer
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin the run, or show the form again with what is missing."""
    actor = actors.staff(request)
    asked = request.POST.get("act", "")
    act = BulkAct(asked) if asked in set(BulkAct) else BulkAct.TAKE
    targets = targets_of(request.POST.getlist("chon"))
    staff, outcome, note = (request.POST.get(name, "") for name in ("staff_id", "outcome", "note"))
    try:
        if act is BulkAct.COMPLETE and len(note.strip()) < 10:
            seen = bulkruns.chosen(actor, [target.code for target in targets])
            chosen = [way for way in ways(list(_tasks(actor, targets, seen).values())) if way.reason]
            if any(way.outcome == outcome for way in chosen):
                raise Invalid(errors={"note": "Kết quả này phải ghi lý do, ít nhất 10 ký tự."})
        number = operations.start(
            act=act,
            targets=targets,
            actor=actor,
            key=keys.key(request),
            at=clock.now(),
            staff_id=inputs.number(staff),
            outcome=outcome[:60],
            note=note,
        )
    except (Invalid, Conflict) as refusal:
        return _form(request, actor, act, targets, refusal)
    return redirect(f"{URL}{number}/")


@pages.officer
@require_POST
def forward_all(request: HttpRequest) -> HttpResponse:
    """Forward every accepted dossier of the list, the oldest 500 at once."""
    actor, now = actors.staff(request), clock.now()
    end = pages.end_of_today(actor, now)
    found = queries.waiting(actor, "not_forwarded", now, end, size=MOST_AT_ONCE)[:MOST_AT_ONCE]
    try:
        number = operations.start(
            act=BulkAct.FORWARD,
            targets=[Target(row.code, None, row.seq) for row in found],
            actor=actor,
            key=keys.key(request),
            at=now,
        )
    except (Invalid, Conflict) as refusal:
        messages.error(request, refusal.message)
        return redirect("/can-bo/cho/chua-chuyen/")
    return redirect(f"{URL}{number}/")


@pages.officer
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """Show the officer's newest runs."""
    found = bulkruns.recent(actors.staff(request))
    context = {
        "runs": [_head(one) for one in found],
        "crumbs": [pages.HOME, Crumb(LIST.label)],
    }
    return pages.show(request, "desk/bulk_runs.html", context, section=work.URL)


def _head(run: bulkruns.Run) -> dict[str, Any]:
    name, look = STATES[run.state]
    settled = run.total - run.waiting
    return {
        "number": run.number,
        "url": f"{URL}{run.number}/",
        "title": BULK_NAMES[run.act],
        "state": name,
        "look": look,
        "running": run.state is BulkState.RUNNING,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "total": run.total,
        "settled": settled,
        "done": run.done,
        "refused": run.refused,
        "skipped": run.skipped,
        "waiting": run.waiting,
        "percent": settled * 100 // run.total if run.total else 100,
        "again": run.refused + run.skipped if run.state is not BulkState.RUNNING else 0,
    }


def _run(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far a run is, what failed and why; the page looks again by itself while it runs."""
    actor = actors.staff(request)
    head = _head(bulkruns.run(actor, number))
    only = request.GET.get("xem", "") == "loi"
    found = bulkruns.items(actor, number, AGAIN if only else ())
    order = (ItemState.FAILED, ItemState.REFUSED, ItemState.SKIPPED, ItemState.WAITING, ItemState.DONE)
    context = {
        "run": head,
        "items": [
            {
                "code": item.code,
                "url": rows.dossier_url(item.code),
                "result": RESULTS[item.state][0],
                "look": RESULTS[item.state][1],
                "message": item.message,
                "now": STATE_NAMES[State(item.state_after)] if item.state_after else "",
                "at": item.done_at,
            }
            for item in sorted(found, key=lambda item: (order.index(item.state), item.no))
        ],
        "only": only,
        "tab_items": [
            (f"Tất cả ({head['total']})", f"{URL}{number}/"),
            (f"Chưa làm được ({head['refused'] + head['skipped']})", f"{URL}{number}/?xem=loi"),
        ],
        "current": f"{URL}{number}/?xem=loi" if only else f"{URL}{number}/",
        "crumbs": [pages.HOME, LIST, Crumb(f"{head['title']}, lần {number}")],
    }
    return pages.show(request, "desk/bulk_run.html", context, section=work.URL)


run = pages.officer(require_safe(_run))
progress = pages.officer(require_safe(_run), counts=False)  # a page that looks again shows nobody being there


@pages.officer
@require_POST
def stop(request: HttpRequest, number: int) -> HttpResponse:
    """Stop a run."""
    try:
        operations.stop(run=number, actor=actors.staff(request), key=keys.key(request), at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đã dừng. Hồ sơ chưa đến lượt giữ nguyên như trước.")
    return redirect(f"{URL}{number}/")


@pages.officer
@require_POST
def repeat(request: HttpRequest, number: int) -> HttpResponse:
    """Take up again what was not done."""
    try:
        operations.repeat(run=number, actor=actors.staff(request), key=keys.key(request), at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "Đang làm lại các hồ sơ chưa làm được.")
    return redirect(f"{URL}{number}/")
