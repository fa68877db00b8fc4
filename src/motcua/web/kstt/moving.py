"""Moving running dossiers to a new version: what changes for each, then one run with a result for each."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from motcua.catalogue import queries as catalogue
from motcua.dossiers import moves
from motcua.dossiers.operations import moverun
from motcua.dossiers.operations.bulk import Target
from motcua.dossiers.rules import MOST_AT_ONCE, STATE_NAMES, State
from motcua.edge import keys
from motcua.kernel.errors import NotFound
from motcua.platform import clock
from motcua.web import inputs, refusals
from motcua.web.components import Crumb
from motcua.web.desk import bulk, rows
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages
from motcua.workflow import queries as workflow
from motcua.workflow.versions import queries
from motcua.workflow.versions.queries import Standing, VersionRow

STEP: Final = "buoc."


@desk.officer
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, version_id: int, variant: str) -> HttpResponse:
    """Show what a move would change for each dossier; begin it where that is asked."""
    actor, now = pages.kstt(request), clock.now()
    procedure = catalogue.definition(version_id)
    known = queries.versions(version_id, variant, clock.today())
    if not known:
        raise NotFound("Thủ tục này chưa có quy trình.")
    counts = moves.running(actor, [row.id for row in known])
    asked: dict[str, Any] = (request.POST if request.method == "POST" else request.GET).dict()
    targets = [row for row in known if row.decision_no and row.standing is not Standing.COMING]
    new = _chosen(asked.get("den", ""), targets)
    sources = [row for row in known if counts.get(row.id) and (new is None or row.id != new.id)]
    old = _chosen(asked.get("tu", ""), sources)
    mapping = {
        name.removeprefix(STEP): value for name, value in asked.items() if name.startswith(STEP) and value
    }
    context: dict[str, Any] = {
        "procedure": procedure,
        "targets": [(row.id, name_of(row)) for row in targets],
        "sources": [(row.id, f"{name_of(row)}: {counts[row.id]} hồ sơ") for row in sources],
        "new": new.id if new else None,
        "old": old.id if old else None,
        "here": f"{pages.URL}{version_id}/{variant}/chuyen/",
        "reason": request.POST.get("ly_do", ""),
        "lines": [],
        "lost": [],
        "errors": [],
        "most": MOST_AT_ONCE,
        "key": keys.new(),
        "crumbs": [desk.HOME, pages.HOME, Crumb(procedure.name, f"{pages.URL}{version_id}/{variant}/")],
    }
    status = 200
    if old is None or new is None:
        return pages.show(request, "kstt/moving.html", context)
    if request.method == "POST" and request.POST.get("viec") == "chuyen":
        attempt = refusals.Attempt()
        with attempt:
            number = moverun.start(
                version_id=new.id, targets=_ticked(request.POST.getlist("chon")), mapping=mapping,
                reason=request.POST.get("ly_do", ""), actor=actor, key=keys.key(request), at=now,
            )  # fmt: skip
            return redirect(f"{bulk.URL}{number}/")
        target = {"reason": "o-ly_do", "dossiers": "o-danh-sach"}
        context["errors"] = refusals.placed(attempt.refusal, lambda name: target.get(name, ""))
        status = attempt.status
    before, after = workflow.definition(old.id), workflow.definition(new.id)
    found, lost = moves.previews(actor, before, after, mapping, now, MOST_AT_ONCE)
    first = request.method != "POST" or request.POST.get("viec") == "xem"
    ticked = {target.code for target in _ticked(request.POST.getlist("chon"))}
    context |= {
        "lines": [_line(one, first or one.code in ticked) for one in found],
        "able": sum(not one.refusal for one in found),
        "unable": sum(bool(one.refusal) for one in found),
        "more": max(counts[old.id] - len(found), 0),
        "lost": [
            {
                "name": f"{STEP}{one.anchor}",
                "step": one.name,
                "count": one.count,
                "choices": [(choice.id, choice.name) for choice in one.choices],
                "value": mapping.get(one.anchor, ""),
            }
            for one in lost
        ],
    }
    return pages.show(request, "kstt/moving.html", context, status)


def _chosen(text: str, among: list[VersionRow]) -> VersionRow | None:
    asked = inputs.number(text)
    return next((row for row in among if row.id == asked), next(iter(among), None))


def name_of(row: VersionRow) -> str:
    """Return what a version is called: its decision with the day, else that it came with the data."""
    if not row.decision_no:
        return f"Bản theo dữ liệu số {row.id}"
    since = f", áp dụng từ {row.effective_on:%d/%m/%Y}" if row.effective_on else ""
    return f"Quyết định {row.decision_no}{since}"


def _ticked(marks: list[str]) -> list[Target]:
    """Return what was ticked, "code|seq" each; what is no mark is left out."""
    found = []
    for mark in marks[: MOST_AT_ONCE + 1]:
        code, _, seen = mark.partition("|")
        if code and inputs.number(seen) is not None:
            found.append(Target(code[:60], None, inputs.number(seen)))
    return found


def _line(one: moves.Preview, ticked: bool) -> dict[str, Any]:
    return {
        "mark": f"{one.code}|{one.seq}",
        "code": one.code,
        "url": rows.dossier_url(one.code),
        "owner": one.owner_name,
        "state": STATE_NAMES[State(one.state)],
        "due_at": one.due_at,
        "refusal": one.refusal,
        "ticked": ticked and not one.refusal,
        "steps": [
            {
                "before": step.before,
                "after": step.after,
                "due_before": step.due_before,
                "due_after": step.due_after,
                "moved": step.due_before != step.due_after,
            }
            for step in one.steps
        ],
    }
