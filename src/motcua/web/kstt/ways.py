"""Real ways through a process: paths taken, waiting, work and rework per step, and the dossiers behind (R-049)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from motcua.catalogue import queries as catalogue
from motcua.catalogue.queries import Definition
from motcua.dossiers import queries as dossiers
from motcua.edge import actors
from motcua.evaluation.mining import operations, queries
from motcua.evaluation.mining.queries import Span, StepFigures
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Graph
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web import csvfile, inputs, words
from motcua.web.components import Crumb
from motcua.web.desk import fields, rows
from motcua.web.desk import pages as desk
from motcua.web.kstt import pages
from motcua.web.kstt.process import file_of
from motcua.workflow import queries as workflow
from motcua.workflow.versions import queries as versions

URL: Final = "/can-bo/quy-trinh/thuc-te/"
HOME: Final = Crumb("Quy trình thực tế", URL)
CIRCULATION: Final = "/can-bo/quy-trinh/luan-chuyen/"
DAYS: Final = 90
ELECTRONIC_TARGET: Final = 80  # per cent of forwards (R-058, plan of the province)
SHOWN: Final = 60
REASONS: Final = {
    "": "đi qua",
    "lam-lai": "phải làm lại",
    "bo-sung": "có yêu cầu bổ sung",
    "qua-gio": "lâu hơn giờ kế hoạch",
    "tre-han": "kết thúc trễ hạn",
}
HEAD: Final = (
    "Bước", "Số lượt", "Số hồ sơ", "Lượt có ghi lúc nhận", "Chờ nhận, giữa (phút)", "Chờ nhận, 9 trên 10 (phút)",
    "Làm, giữa (phút)", "Làm, 9 trên 10 (phút)", "Kế hoạch (phút)", "Lượt lâu hơn kế hoạch", "Lượt làm lại",
    "Lượt yêu cầu bổ sung", "Phần của tổng thời gian (%)",
)  # fmt: skip


def time(minutes: int | None) -> str:
    """Return working minutes as people say them, short."""
    if minutes is None:
        return "—"
    whole, rest = divmod(minutes, 60)
    if whole >= 10:  # minutes no longer matter
        return f"{whole + (rest >= 30)} giờ"
    return " ".join(
        part
        for part in (f"{whole} giờ" if whole else "", f"{rest} phút" if rest or not whole else "")
        if part
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """The period and agency of a page."""

    span: Span

    def query(self, **more: str) -> str:
        """Return the end of an address with the same period, and more."""
        kept = {"tu": self.span.first.isoformat(), "den": self.span.last.isoformat()}
        if self.span.agency_id is not None:
            kept["co-quan"] = str(self.span.agency_id)
        return urlencode({**kept, **{name: value for name, value in more.items() if value}})


def _asked(request: HttpRequest) -> Asked:
    today = clock.today()
    last = _day(request, "den") or today
    first = _day(request, "tu") or last - timedelta(days=DAYS)
    agency = request.GET.get("co-quan", "")
    return Asked(
        Span(first, max(first, last), int(agency) if agency.isdecimal() and len(agency) < 18 else None)
    )


def _day(request: HttpRequest, name: str) -> date | None:
    return inputs.day(request.GET.get(name, ""))


def _miner(request: HttpRequest) -> Actor:
    actor = actors.staff(request)
    queries.reach(actor)
    return actor


def _agency(agency_id: int | None) -> str:
    if agency_id is None:
        return ""
    try:
        return organisation.root_of_agency(agency_id).name
    except NotFound as missing:
        raise Http404 from missing


def _definition(process_id: int) -> tuple[workflow.Definition, Definition]:
    process = workflow.definition(process_id)
    return process, catalogue.definition(process.procedure_version_id)


@desk.officer
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Show the processes dossiers ran by in a period, with what they came to."""
    actor, asked = _miner(request), _asked(request)
    text = request.GET.get("q", "")[:100]
    lines = []
    found = queries.overview(actor, asked.span)
    for row in found:
        process, procedure = _definition(row.process_id)
        if text and fold(text) not in fold(procedure.name) and text not in procedure.code:
            continue
        lines.append(
            {
                "row": row,
                "code": procedure.code,
                "name": procedure.name,
                "levels": ", ".join(words.LEVELS.get(level, level) for level in process.levels)
                or process.variant,
                "url": f"{URL}{row.process_id}/?{asked.query()}",
                "spent": time(row.spent),
                "waited": round(row.waited_share * 100),
                "late": 100 * row.late // row.dossiers,
                "reworked": 100 * row.reworked // row.dossiers,
                "supplemented": 100 * row.supplemented // row.dossiers,
            }
        )
    return _show(
        request,
        "kstt/ways.html",
        {
            "rows": lines[:SHOWN],
            "more": max(0, len(lines) - SHOWN),
            "total": sum(row.dossiers for row in found),
            "filters": _filters(asked),
            "agency": _agency(asked.span.agency_id),
            "agency_id": asked.span.agency_id,
            "all_url": f"{URL}?{Asked(replace(asked.span, agency_id=None)).query()}",
            "q": text,
            "crumbs": [desk.HOME],
        },
    )


def _filters(asked: Asked) -> list[Any]:
    return [
        fields.day_field("tu", "Kết thúc từ ngày", asked.span.first.isoformat()),
        fields.day_field("den", "Đến ngày", asked.span.last.isoformat()),
    ]


@desk.officer
@require_safe
def page(request: HttpRequest, process_id: int) -> HttpResponse:
    """Show the ways dossiers took through one process, on its drawing and as tables."""
    actor, asked = _miner(request), _asked(request)
    process, procedure = _definition(process_id)
    paths, dossiers_total, ways = queries.paths(actor, process_id, asked.span)
    outside = operations.outside(process_id)
    steps = _ordered(process.graph, queries.steps(actor, process_id, asked.span, outside))
    names = _names(process.graph)
    base = f"{URL}{process_id}/"
    longest = max((step.share for step in steps), default=0.0)
    return _show(
        request,
        "kstt/way.html",
        {
            "procedure": procedure,
            "levels": ", ".join(words.LEVELS.get(level, level) for level in process.levels) or process.variant,
            "filters": _filters(asked),
            "agency": _agency(asked.span.agency_id),
            "agency_id": asked.span.agency_id,
            "all_url": f"{base}?{Asked(replace(asked.span, agency_id=None)).query()}",
            "csv_url": f"{base}bang.csv?{asked.query()}",
            "total": dossiers_total,
            "ways": ways,
            "paths": [
                {
                    "steps": [names.get(node, node) for node in one.nodes],
                    "row": one,
                    "share": 100 * one.dossiers / dossiers_total,
                    "late": 100 * one.late // one.dossiers,
                    "spent": time(one.spent),
                    "url": f"{base}ho-so/?{asked.query(duong=one.mark)}",
                }
                for one in paths
            ],
            "steps": [_line(step, names, base, asked, longest, outside) for step in steps],
            "marks": _marks(steps, longest),
            "agencies": [
                {
                    "name": _agency(row.agency_id),
                    "row": row,
                    "spent": time(row.spent),
                    "waited": round(row.waited_share * 100),
                    "url": f"{base}?{Asked(replace(asked.span, agency_id=row.agency_id)).query()}",
                }
                for row in queries.agencies(actor, process_id, asked.span)
            ]
            if asked.span.agency_id is None
            else [],
            "drawing": f"{URL}{process_id}.bpmn",
            "defined": f"{pages.URL}{process.procedure_version_id}/{process.variant}/"
            if actor.duty(Role.KSTT)
            else "",
            "crumbs": [desk.HOME, Crumb(HOME.label, f"{URL}?{asked.query()}")],
        },
    )  # fmt: skip


def _names(graph: Graph) -> dict[str, str]:
    return {node.id: node.name or pages.KINDS[node.kind] for node in graph.nodes}


def _ordered(graph: Graph, steps: list[StepFigures]) -> list[StepFigures]:
    """Return steps in the order of the process."""
    order = {node.id: place for place, node in enumerate(graph.nodes)}
    return sorted(steps, key=lambda step: order.get(step.node, len(order)))


def _line(
    step: StepFigures,
    names: dict[str, str],
    base: str,
    asked: Asked,
    longest: float,
    outside: frozenset[str],
) -> dict[str, Any]:
    def url(why: str = "") -> str:
        return f"{base}ho-so/?{asked.query(buoc=step.node, vi=why)}"

    return {
        "row": step,
        "name": names.get(step.node, step.node),
        "outside": step.node in outside,
        "waiting": time(step.waiting_median),
        "waiting_p90": time(step.waiting_p90),
        "working": time(step.working_median),
        "working_p90": time(step.working_p90),
        "planned": time(step.planned) if step.planned else "—",
        "share": round(step.share * 100),
        "bar": round(100 * step.share / longest) if longest else 0,
        "slow": step.planned > 0 and step.working_median + (step.waiting_median or 0) > step.planned,
        "recorded": 100 * step.waited // step.stays,
        "url": url(),
        "over_url": url("qua-gio"),
        "rework_url": url("lam-lai"),
        "asked_url": url("bo-sung"),
    }


def _marks(steps: list[StepFigures], longest: float) -> list[dict[str, Any]]:
    """Return what is written beside the steps of the drawing; `look` says how much of all time is spent there."""
    return [
        {
            "element": step.node,
            "text": f"{round(step.share * 100)}% thời gian",
            "more": f"{step.stays} lượt, làm lại {step.reworks}",
            "look": "hot" if step.share >= longest * 0.8 else "warm" if step.share >= longest * 0.4 else "",
        }
        for step in steps
    ]


@desk.officer
@require_safe
def behind(request: HttpRequest, process_id: int) -> HttpResponse:
    """Show the dossiers behind a figure, as far as the reader may see them, the longest first."""
    actor, asked, now = _miner(request), _asked(request), clock.now()
    process, procedure = _definition(process_id)
    node, path = request.GET.get("buoc", "")[:64], request.GET.get("duong", "")[:32]
    why = request.GET.get("vi", "")
    if why not in REASONS:
        raise Http404
    subjects = queries.dossiers_behind(actor, process_id, asked.span, path=path, node=node, why=why)
    seen = dossiers.by_subjects(actor, subjects)
    name = _names(process.graph).get(node, node)
    what = f"Bước “{name}”: hồ sơ {REASONS[why]}" if node else f"Hồ sơ {REASONS[why]}"
    if path:
        what = "Hồ sơ đi theo một đường"
    return _show(
        request,
        "kstt/way_dossiers.html",
        {
            "what": what,
            "procedure": procedure,
            "rows": rows.lines([seen[subject] for subject in subjects if subject in seen], now),
            "hidden": len(subjects) - len(seen),
            "cut": len(subjects) == 200,
            "crumbs": [
                desk.HOME,
                Crumb(HOME.label, f"{URL}?{asked.query()}"),
                Crumb(procedure.name, f"{URL}{process_id}/?{asked.query()}"),
            ],
        },
    )


@desk.officer
@require_safe
def table(request: HttpRequest, process_id: int) -> HttpResponse:
    """Send the figures of the steps as a table that spreadsheets open."""
    actor, asked = _miner(request), _asked(request)
    process, procedure = _definition(process_id)
    outside = operations.outside(process_id)
    steps = _ordered(process.graph, queries.steps(actor, process_id, asked.span, outside))
    names = _names(process.graph)

    def lines() -> Iterator[tuple[object, ...]]:
        for step in steps:
            yield (
                names.get(step.node, step.node), step.stays, step.dossiers, step.waited, step.waiting_median,
                step.waiting_p90, step.working_median, step.working_p90, step.planned, step.over, step.reworks,
                step.supplements, f"{step.share * 100:.1f}".replace(".", ","),
            )  # fmt: skip

    name = f"Quy trình thực tế {procedure.code} {asked.span.first:%d-%m-%Y} {asked.span.last:%d-%m-%Y}.csv"
    return csvfile.answer(name, HEAD, lines())


@desk.officer
@require_safe
def circulation(request: HttpRequest) -> HttpResponse:
    """Show how far dossiers were handed on electronically, by agency, against the target (R-058)."""
    actor, asked = _miner(request), _asked(request)
    found = queries.circulation(actor, asked.span)
    electronic = sum(one.electronic for one in found)
    total = electronic + sum(one.on_paper for one in found)
    lines = [
        {"row": one, "name": _agency(one.agency_id), "low": one.percent < ELECTRONIC_TARGET} for one in found
    ]
    if request.GET.get("dang") == "csv":
        name = f"Luân chuyển điện tử {asked.span.first:%d-%m-%Y} {asked.span.last:%d-%m-%Y}.csv"
        head = ("Cơ quan", "Chuyển bằng điện tử", "Chuyển kèm giấy", "Tỷ lệ điện tử (%)")
        cells = [(_agency(one.agency_id), one.electronic, one.on_paper, one.percent) for one in found]
        return csvfile.answer(name, head, cells)
    context = {
        "rows": lines,
        "filters": _filters(asked),
        "total": total,
        "percent": 100 * electronic // total if total else 0,
        "target": ELECTRONIC_TARGET,
        "csv_url": f"{CIRCULATION}?{asked.query(dang='csv')}",
        "crumbs": [desk.HOME],
    }
    return desk.show(request, "kstt/circulation.html", context, section=CIRCULATION)


@desk.officer
@require_safe
def drawing(request: HttpRequest, process_id: int) -> HttpResponse:
    """Hand out the drawing of a version to whoever may see its real ways."""
    _miner(request)
    return file_of(versions.drawing(process_id), f"quy-trinh-{process_id}.bpmn")


def _show(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return desk.show(request, template, context, section=URL)
