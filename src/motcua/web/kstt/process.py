"""One process: its steps and drawing, its versions, and two versions side by side."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.dossiers import moves
from motcua.edge import keys
from motcua.kernel.process import Graph
from motcua.kernel.process.diff import differences
from motcua.platform import clock
from motcua.web.components import Crumb
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages
from motcua.workflow.versions import queries
from motcua.workflow.versions.queries import Standing

STANDINGS = {
    Standing.COMING: ("Sắp áp dụng", "new"),
    Standing.IN_FORCE: ("Đang áp dụng", "done"),
    Standing.SUPERSEDED: ("Đã thay thế", "closed"),
}


@desk.officer
@require_safe
def page(request: HttpRequest, version_id: int, variant: str) -> HttpResponse:
    """Show the process in force with every version before and after it."""
    actor, today = pages.kstt(request), clock.today()
    procedure = catalogue.definition(version_id)
    versions = queries.versions(version_id, variant, today)
    current = next((row for row in versions if row.standing is Standing.IN_FORCE), None)
    counts = moves.running(actor, [row.id for row in versions])
    approved = [row for row in versions if row.decision_no and row.standing is not Standing.COMING]
    context = {
        "movable": sum(count for number, count in counts.items() if number != approved[0].id)
        if approved
        else 0,
        "procedure": procedure,
        "variant": variant,
        "steps": pages.steps(queries.authored(current.id), pages.nameable(version_id)) if current else [],
        "drawing": f"{pages.URL}ban/{current.id}.bpmn" if current else "",
        "versions": [
            {
                "row": row,
                "state": STANDINGS[row.standing][0],
                "look": STANDINGS[row.standing][1],
                "running": counts.get(row.id, 0),
            }
            for row in versions
        ],
        "draft": queries.open_draft(actor, version_id, variant),
        "here": f"{pages.URL}{version_id}/{variant}/",
        "key": keys.new(),
        "crumbs": [desk.HOME, pages.HOME],
    }
    return pages.show(request, "kstt/process.html", context)


@desk.officer
@require_safe
def compare(request: HttpRequest, version_id: int, variant: str) -> HttpResponse:
    """Show two versions, or a version and the draft, side by side with the differences in words."""
    actor, today = pages.kstt(request), clock.today()
    versions = queries.versions(version_id, variant, today)
    draft = queries.open_draft(actor, version_id, variant)
    choices = [(str(row.id), row.decision_no or f"Bản theo dữ liệu số {row.id}") for row in versions]
    graphs: dict[str, Graph] = {str(row.id): queries.authored(row.id) for row in versions[:20]}
    if draft is not None:
        choices.insert(0, ("du-thao", "Bản dự thảo"))
        graphs["du-thao"] = queries.draft(actor, draft).graph
    offered = [value for value, _ in choices if value in graphs]
    new = request.GET.get("moi", "") if request.GET.get("moi", "") in graphs else next(iter(offered), "")
    others = [value for value in offered if value != new]
    old = request.GET.get("cu", "") if request.GET.get("cu", "") in graphs else next(iter(others), new)
    found, may = [], pages.nameable(version_id)
    if old and new:
        found = differences(
            graphs[old],
            graphs[new],
            unit=pages.unit,
            role=pages.role,
            part=lambda code: may.parts.get(code, code),
            paper=lambda code: may.papers.get(code, code),
        )
    names = dict(choices)
    context = {
        "choices": [choice for choice in choices if choice[0] in graphs],
        "old": old,
        "new": new,
        "found": [item.text for item in found],
        "sides": [
            {"title": names[value], "steps": pages.steps(graphs[value], may)} for value in (old, new) if value
        ],
        "crumbs": [
            desk.HOME,
            pages.HOME,
            Crumb(catalogue.definition(version_id).name, f"{pages.URL}{version_id}/{variant}/"),
        ],
    }
    return pages.show(request, "kstt/compare.html", context)


@desk.officer
@require_safe
def drawing(request: HttpRequest, process_id: int) -> HttpResponse:
    """Hand out the BPMN file of a version."""
    pages.kstt(request)
    return file_of(queries.drawing(process_id), f"quy-trinh-{process_id}.bpmn")


def file_of(content: bytes, name: str) -> HttpResponse:
    """Return a BPMN file to read by a script or to keep."""
    response = HttpResponse(content, content_type="application/xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
