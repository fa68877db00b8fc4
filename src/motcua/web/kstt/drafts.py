"""Drawing a process: the editor, its checks as one draws, the table view, the dry run and the approval."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import drafting, facts, lookups
from motcua.dossiers import queries as dossiers
from motcua.edge import keys
from motcua.kernel.errors import DomainError, Invalid, NotFound
from motcua.kernel.process import AutoKind, Graph, IllegalStep, Node, NodeKind, flatten
from motcua.kernel.process.bpmn import MAX_BYTES, BpmnInvalid, read, write
from motcua.kernel.process.condition import to_text
from motcua.kernel.process.path import dry_run as walk
from motcua.kernel.wording import number_vi
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import inputs, words
from motcua.web.components import Crumb
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages, tables
from motcua.web.kstt.process import file_of
from motcua.workflow import queries as workflow
from motcua.workflow.versions import operations, queries, rules
from motcua.workflow.versions.queries import DraftRow

STATES = {
    rules.DraftState.DRAFT: ("Đang soạn", "plain"),
    rules.DraftState.CHECKED: ("Đã kiểm tra, chờ phê duyệt", "run"),
    rules.DraftState.APPROVED: ("Đã phê duyệt", "done"),
    rules.DraftState.DISCARDED: ("Đã bỏ", "closed"),
}


def _url(draft_id: int, part: str = "") -> str:
    return f"{pages.URL}du-thao/{draft_id}/{part}"


def _context(row: DraftRow) -> dict[str, Any]:
    procedure = catalogue.definition(row.procedure_version_id)
    here = f"{pages.URL}{row.procedure_version_id}/{row.variant}/"
    return {
        "procedure": procedure,
        "draft": row,
        "open": row.state in rules.OPEN,
        "checked": row.state is rules.DraftState.CHECKED,
        "state": STATES[row.state][0],
        "look": STATES[row.state][1],
        "process_url": here,
        "tabs": [
            ("Sơ đồ", _url(row.id)),
            ("Bảng", _url(row.id, "bang/")),
            ("Chạy thử", _url(row.id, "chay-thu/")),
            ("Thử trên hồ sơ đã qua", f"/can-bo/thu-truoc/?quy-trinh={row.id}&thu=1"),
            ("Phê duyệt", _url(row.id, "duyet/")),
        ],
        "crumbs": [desk.HOME, pages.HOME, Crumb(procedure.name, here)],
    }


def _problems(row: DraftRow, graph: Graph) -> list[Any]:
    body = catalogue.definition(row.procedure_version_id).body
    resolve, own = operations.called_from(row.procedure_version_id, row.variant, clock.today())
    return operations.problems(
        graph,
        limit_hours=rules.limit_hours(body),
        may=pages.nameable(row.procedure_version_id),
        worst=pages.tightest(row.procedure_version_id),
        known=pages.known(row.procedure_version_id),
        resolve=resolve,
        own=own,
    )


@desk.officer
@require_POST
def begin(request: HttpRequest, version_id: int, variant: str) -> HttpResponse:
    """Start a draft from the process in force."""
    actor = pages.kstt(request)
    procedure = catalogue.definition(version_id)
    levels = next(
        (tuple(item.get("levels", ())) for item in procedure.body["process"] if item["variant"] == variant),
        None,
    )
    if levels is None:
        raise NotFound("Thủ tục này không có quy trình với mã đã nêu.")
    draft = operations.start(
        procedure_version_id=version_id, variant=variant, actor=actor, key=keys.key(request), at=clock.now(),
        levels=levels,
    )  # fmt: skip
    return redirect(_url(draft))


@desk.officer
@require_safe
def editor(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show the drawing with the panel of properties and what is wrong with the process."""
    actor = pages.kstt(request)
    row = queries.draft(actor, draft_id)
    known, may = pages.known(row.procedure_version_id), pages.nameable(row.procedure_version_id)
    elements = dict(read(row.drawing.encode()).elements)
    context = {
        **_context(row),
        "tab": _url(row.id),
        "findings": pages.findings(_problems(row, row.graph), elements),
        "key": keys.new(),
        "lists": {
            "units": list(organisation.unit_kinds().items()),
            "roles": list(words.ROLES.items()),
            "outcomes": [(one.code, one.name) for one in catalogue.terms("outcomes")],
            "facts": [(fact.name, fact.label) for fact in known.values()],
            "sources": sorted(lookups.NAMES.items(), key=lambda pair: pair[1]),
            "templates": _templates(row.procedure_version_id),
            "processes": pages.callable_processes(actor, row.procedure_version_id),
            "parts": list(may.parts.items()),
            "papers": list(may.papers.items()),
        },
        "facts": list(known.values()),
    }
    return pages.show(request, "kstt/editor.html", context)


@desk.officer
@require_safe
def drawing(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Hand out the draft as a BPMN file."""
    row = queries.draft(pages.kstt(request), draft_id)
    return file_of(row.drawing.encode(), f"du-thao-{draft_id}.bpmn")


def _sent(request: HttpRequest) -> bytes:
    """Return the BPMN file of a request: as its body, as a field, or uploaded."""
    if request.content_type == "application/xml":
        return request.body
    file = request.FILES.get("tep")
    if file is not None:
        content: bytes = file.read(MAX_BYTES + 1)
        return content
    return request.POST.get("xml", "").encode()


@desk.officer
@require_POST
def try_out(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Tell as JSON what is wrong with a drawing that is not saved; nothing is written."""
    row = queries.draft(pages.kstt(request), draft_id)
    try:
        drawn = read(_sent(request))
    except BpmnInvalid as refusal:
        found = [
            pages.Finding(
                fault.reason[:1].upper() + fault.reason[1:], (fault.element,) if fault.element else (), False
            )
            for fault in refusal.faults
        ]
    else:
        found = pages.findings(_problems(row, drawn.graph), dict(drawn.elements))
    return JsonResponse({"findings": [asdict(one) for one in found]})


@desk.officer
@require_POST
def save(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Save the drawing and check it; a script gets the findings as JSON, a form the page again."""
    actor, at = pages.kstt(request), clock.now()
    script = request.content_type == "application/xml"
    told = request.headers.get("X-Revision", "") if script else request.POST.get("revision", "")
    revision = inputs.number(told, 8) or 0
    try:
        saved = operations.save(
            draft_id=draft_id,
            revision=revision,
            drawing=_sent(request),
            actor=actor,
            key=keys.key(request),
            at=at,
        )
    except DomainError as refusal:
        if script:
            faults = getattr(refusal, "faults", ())
            found = [
                {"message": fault.reason, "elements": [fault.element], "warning": False} for fault in faults
            ]
            return JsonResponse({"error": refusal.message, "findings": found}, status=422 if faults else 409)
        messages.error(request, refusal.message)
        return redirect(_url(draft_id))
    row = queries.draft(actor, draft_id)
    if script:
        found_now = pages.findings(_problems(row, row.graph), dict(read(row.drawing.encode()).elements))
        answer = {"revision": saved, "key": keys.new(), "findings": [asdict(one) for one in found_now]}
        return JsonResponse(answer)
    messages.success(request, "Đã lưu bản dự thảo.")
    return redirect(_url(draft_id))


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def table(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show and change the same process as a table, for people who do not draw."""
    actor = pages.kstt(request)
    row = queries.draft(actor, draft_id)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            graph = tables.edited(row.graph, request.POST.dict())
            told = request.POST.get("revision", "")
            operations.save(
                draft_id=draft_id,
                revision=inputs.number(told, 8) or 0,
                drawing=write(graph, row.drawing.encode()),
                actor=actor,
                key=keys.key(request),
                at=clock.now(),
            )
        except BpmnInvalid as refusal:
            errors, status = {f"_{place}": fault.reason for place, fault in enumerate(refusal.faults)}, 422
        except Invalid as refusal:
            errors, status = dict(refusal.errors) or {"": refusal.message}, 422
        else:
            messages.success(request, "Đã lưu bảng quy trình.")
            return redirect(_url(draft_id, "bang/"))
    given = request.POST if request.method == "POST" else {}
    graph, may = row.graph, pages.nameable(row.procedure_version_id)
    names = [
        (node.id, node.name or pages.KINDS[node.kind])
        for node in graph.nodes
        if node.kind is not NodeKind.START
    ]
    context = {
        **_context(row),
        "tab": _url(row.id, "bang/"),
        "rows": [
            _table_row(graph, node, given, may) for node in graph.nodes if node.kind is not NodeKind.START
        ],
        "targets": names,
        "units": list(organisation.unit_kinds().items()),
        "roles": list(words.ROLES.items()),
        "outcomes": [(one.code, one.name) for one in catalogue.terms("outcomes")],
        "sources": sorted(lookups.NAMES.items(), key=lambda pair: pair[1]),
        "templates": _templates(row.procedure_version_id),
        "processes": pages.callable_processes(actor, row.procedure_version_id),
        "facts": [(fact.name, fact.label) for fact in pages.known(row.procedure_version_id).values()],
        "errors": [
            {"message": message, "target": f"o-{name}" if name and name[0] != "_" else ""}
            for name, message in errors.items()
        ],
        "findings": pages.findings(_problems(row, graph)),
        "given": given,
        "key": keys.new(),
    }
    return pages.show(request, "kstt/table.html", context, status)


def _templates(procedure_version_id: int) -> list[tuple[str, str]]:
    """Return the templates of drafts in force today for a procedure: code and title."""
    found = catalogue.parameters(catalogue.definition(procedure_version_id), clock.today())
    return [(one.code, one.title) for one in drafting.templates(found.get("draft_templates", ())).values()]


_MESSAGES = (NodeKind.SEND_TASK, NodeKind.RECEIVE_TASK, NodeKind.BOUNDARY_MESSAGE)


def _table_row(graph: Graph, node: Node, given: Any, may: rules.Nameable) -> dict[str, Any]:
    def value(name: str, stored: str) -> str:
        return str(given.get(f"{name}.{node.id}", stored))

    def ticks(name: str, choices: Iterable[tuple[str, str]], stored: Collection[str]) -> list[dict[str, Any]]:
        return [
            {
                "name": (box := f"{name}.{node.id}|{code}"),
                "label": label,
                "on": bool(given.get(box)) if given else code in stored,
            }
            for code, label in choices
        ]

    ways = [edge for edge in graph.edges if edge.source == node.id]
    gateway = node.kind in (NodeKind.EXCLUSIVE, NodeKind.INCLUSIVE)
    task = node.kind is NodeKind.USER_TASK
    return {
        "id": node.id,
        "kind": pages.KINDS[node.kind],
        "name": value("ten", node.name),
        "shown": node.name or pages.KINDS[node.kind],
        "task": task and not node.asked,
        "asked": [pages.unit(item.unit_kind) for item in node.asked],
        "unit": value("don_vi", node.unit_kind),
        "role": value("vai_tro", node.role),
        "timed": task or node.kind in (NodeKind.TIMER, NodeKind.BOUNDARY_TIMER),
        "hours": value("gio", number_vi(node.hours)),
        "person": task,
        "apart": ticks(
            "khong",
            [
                (other.id, other.name or other.id)
                for other in graph.nodes
                if task
                and other.kind is NodeKind.USER_TASK
                and other.id != node.id
                and node.id in graph.reach_any[other.id]
            ],
            node.not_by,
        ),
        "parts": ticks("phan", may.parts.items() if task else (), node.form_parts),
        "prints": ticks("in", may.papers.items() if node.kind in rules.PRINTING else (), node.prints),
        "named": pages.named(node, may),
        "apart_count": len(node.not_by),
        "on_site": bool(given.get(f"thuc_dia.{node.id}")) if given else node.on_site,
        "signers": value("ky", tables.signers_text(node.signers)),
        "gateway": gateway,
        "end": node.kind is NodeKind.END,
        "service": node.kind is NodeKind.SERVICE_TASK,
        "may_be_replaced": task and not node.asked,
        "auto": value("tu_dong", node.auto or ""),
        "looks_up": value("tu_dong", node.auto or "") == AutoKind.LOOKUP,
        "drafts": value("tu_dong", node.auto or "") == AutoKind.DOCUMENT,
        "source": value("nguon", node.ref),
        "template": value("mau", node.ref),
        "asks": value("hoi", ", ".join(node.asks)),
        "answer": value("khop", node.answer),
        "otherwise": value("khong_khop", node.otherwise),
        "about": value("noi_dung", node.about),
        "message": node.kind in _MESSAGES or (node.kind is NodeKind.MESSAGE and node.wait is None),
        "message_name": value("thong_diep", node.ref),
        "calls": node.kind is NodeKind.CALL_ACTIVITY,
        "called": value("goi", node.ref),
        "timer": node.kind in (NodeKind.TIMER, NodeKind.BOUNDARY_TIMER),
        "days": value("so_ngay", str(node.days or "")),
        "on": value("ngay", node.on),
        "ways": [
            {
                "id": edge.id,
                "name": given.get(f"nhan.{edge.id}", edge.name),
                "outcome": given.get(f"ket_cuc.{edge.id}", edge.outcome),
                "target": given.get(f"den.{edge.id}", edge.target),
                "default": edge.default,
                "condition": given.get(f"dk.{edge.id}", to_text(edge.condition) if edge.condition else ""),
            }
            for edge in ways
        ],
    }


@desk.officer
@require_safe
def dry_run(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show which way a past dossier would take by the draft, and when each step would have been due."""
    actor = pages.kstt(request)
    row = queries.draft(actor, draft_id)
    code = request.GET.get("ho_so", "").strip()[:60]
    context = {**_context(row), "tab": _url(row.id, "chay-thu/"), "code": code, "steps": [], "error": ""}
    if code:
        try:
            context |= _tried(actor, row, code)
        except (NotFound, IllegalStep) as refusal:
            context["error"] = refusal.message
    return pages.show(request, "kstt/dry_run.html", context)


def _tried(actor: Any, row: DraftRow, code: str) -> dict[str, Any]:
    found = dossiers.one(actor, code)
    dossier = found.dossier
    if dossier.procedure_code != catalogue.definition(row.procedure_version_id).code:
        raise NotFound("Hồ sơ này thuộc thủ tục khác.")
    history: dict[str, list[str]] = {}
    for task in workflow.of_subject(actor, dossier.subject):
        if task.outcome:
            history.setdefault(task.node, []).append(task.outcome)
    graph = row.graph
    resolve, own = operations.called_from(row.procedure_version_id, row.variant, clock.today())
    graph, _ = flatten(graph, resolve, own)
    taken = walk(graph, facts.of(dossier, graph, found.answers), history)
    calendar = organisation.calendar(organisation.root_of_agency(dossier.agency_id).id)
    begins = dossier.accepted_at or dossier.filed_at
    ends: list[datetime] = []
    lines = []
    names = {(edge.source, edge.outcome): edge.name for edge in graph.net_edges}
    may = pages.nameable(row.procedure_version_id)
    for step in taken:
        node = graph.by_id[step.node]
        start = max((ends[place] for place in step.after), default=begins)
        minutes = 0 if graph.reception is not None and node.id == graph.reception.id else int(node.hours * 60)
        ends.append(calendar.add_minutes(start, minutes) if minutes else start)
        lines.append(
            {
                "name": node.name or pages.KINDS[node.kind],
                "who": f"{pages.role(node.role)}, {pages.unit(node.unit_kind)}" if node.unit_kind else "",
                "hours": node.hours,
                **pages.named(node, may),
                "outcome": names.get((step.node, step.outcome)) or step.outcome,
                "known": step.known,
                "ends": ends[-1],
                "late": dossier.due_at is not None and ends[-1] > dossier.due_at + timedelta(minutes=1),
            }
        )
    return {"steps": lines, "dossier": dossier, "finish": ends[-1] if ends else None}


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Check the draft as it stands, then take number and dates of the decision that approves it."""
    actor, at = pages.kstt(request), clock.now()
    row = queries.draft(actor, draft_id)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        told = request.POST.get("revision", "")
        revision = inputs.number(told, 8) or 0
        if request.POST.get("viec") == "kiem-tra":
            operations.mark_checked(
                draft_id=draft_id, revision=revision, actor=actor, key=keys.key(request), at=at,
                worst=pages.tightest(row.procedure_version_id), known=pages.known(row.procedure_version_id),
            )  # fmt: skip
            return redirect(_url(draft_id, "duyet/"))
        try:
            operations.approve(
                draft_id=draft_id, revision=revision, decision_no=request.POST.get("decision_no", ""),
                decided_on=inputs.day(request.POST.get("decided_on", "")),
                effective_on=inputs.day(request.POST.get("effective_on", "")),
                actor=actor, key=keys.key(request), at=at,
            )  # fmt: skip
        except rules.ApprovalInvalid as refusal:
            errors, status = dict(refusal.errors), 422
        else:
            messages.success(request, "Đã phê duyệt quy trình. Hồ sơ đã nhận vẫn theo bản cũ.")
            return redirect(f"{pages.URL}{row.procedure_version_id}/{row.variant}/")
    context = {
        **_context(row),
        "tab": _url(row.id, "duyet/"),
        "findings": pages.findings(_problems(row, row.graph)),
        "fields": [
            {
                "name": name,
                "label": label,
                "kind": kind,
                "value": request.POST.get(name, ""),
                "error": errors.get(name, ""),
            }
            for name, label, kind in (
                ("decision_no", "Số, ký hiệu quyết định", "text"),
                ("decided_on", "Ngày ký", "date"),
                ("effective_on", "Áp dụng cho hồ sơ nhận từ ngày", "date"),
            )
        ],
        "errors": [{"message": message, "target": f"o-{name}"} for name, message in errors.items()],
        "key": keys.new(),
    }
    return pages.show(request, "kstt/approve.html", context, status)


@desk.officer
@require_POST
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Give the draft up."""
    actor = pages.kstt(request)
    row = queries.draft(actor, draft_id)
    told = request.POST.get("revision", "")
    operations.discard(
        draft_id=draft_id,
        revision=inputs.number(told, 8) or 0,
        actor=actor,
        key=keys.key(request),
        at=clock.now(),
    )
    messages.success(request, "Đã bỏ bản dự thảo.")
    return redirect(f"{pages.URL}{row.procedure_version_id}/{row.variant}/")
