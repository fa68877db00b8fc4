"""The dossiers of past months for a trial: clocks as kept, steps as they were done, of what the actor may see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from motcua.catalogue import queries as catalogue
from motcua.dossiers import facts
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.models import Answers, Dossier
from motcua.dossiers.replay import Case, Change, Report, Stay, replay
from motcua.dossiers.usual import usual
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.process import Graph, bpmn, flatten
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.workflow import queries as workflow
from motcua.workflow import team
from motcua.workflow.versions import operations as drafts

MOST: Final = 20_000
BATCH: Final = 1000


class VariantNeeded(Invalid):
    """The procedure has several variants of its process, and it was not said which one is tried."""

    code = "replay_variant_needed"

    def __init__(self, variants: str) -> None:
        super().__init__(f"Thủ tục này có nhiều phương án quy trình ({variants}). Chọn một phương án.")


class TooMany(Invalid):
    """The period holds more dossiers than one trial looks at."""

    code = "replay_too_many"
    message = f"Kỳ này có hơn {MOST} hồ sơ. Chọn một thủ tục hoặc kỳ ngắn hơn."


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is tried, calls put in place, and the variant of the procedure it would be."""

    graph: Graph
    variant: str


def processes(procedure_code: str, on: date) -> dict[str, Graph]:
    """
    Return the processes by which dossiers of a procedure run that are received on a day, by variant.

    :raises NotFound: there is no such procedure.
    """
    version = catalogue.current(procedure_code, on).id
    return {
        found.variant: workflow.process_of(version, found.variant, on).graph
        for found in workflow.processes_of(version)
    }


def drawn(content: bytes | Graph, procedure_code: str, variant: str, on: date) -> Process:
    """
    Return a process drawn in a file, or a draft's, as it would run for a procedure; nothing is kept.

    Without a variant, that of the procedure if it has only one.

    :raises Invalid: it cannot be read, a call of it leads nowhere, or the procedure has several variants.
    :raises NotFound: there is no such procedure or variant.
    """
    variants = processes(procedure_code, on)
    if not variant and len(variants) > 1:
        raise VariantNeeded(", ".join(variants))
    chosen = variant or next(iter(variants), "")
    if chosen not in variants:
        raise NotFound(f"Thủ tục {procedure_code} không có phương án quy trình “{chosen}”.")
    graph = content if isinstance(content, Graph) else bpmn.read(content).graph
    resolve, own = drafts.called_from(catalogue.current(procedure_code, on).id, chosen, on)
    flat, problems = flatten(graph, resolve, own)
    if problems:
        raise Invalid(problems[0].message)
    return Process(flat, chosen)


def cases(
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    procedure_code: str = "",
    process: Process | None = None,
    with_graphs: bool = False,
) -> Iterator[Case]:
    """
    Yield the dossiers accepted in a period, void ones left out, a thousand at a time.

    Of a tried process only those that ran its variant. `with_graphs`: with their processes, and what gateways read.

    :raises TooMany: more than 20,000.
    """
    after, count = 0, 0
    usually: dict[int, Mapping[str, int]] = {}
    while True:
        found = _page(actor, since, until, procedure_code, after)
        count += len(found)
        if count > MOST:
            raise TooMany
        mine = [row for row in found if process is None or _variant(row[6]) == process.variant]
        stays: dict[int, list[Stay]] = {}
        for task in team.history(actor, [row[0] for row in mine]):
            stays.setdefault(task.subject, []).append(
                Stay(
                    task.node, task.name, task.unit_id, task.hours, task.opened_at, task.done_at, task.outcome
                )
            )
        graphs = {row[6]: workflow.definition(row[6]).graph for row in mine} if with_graphs else {}
        for version in graphs.keys() - usually.keys():
            usually[version] = usual(version, until.astimezone(LOCAL).date())
        known = _facts([(row[0], row[6]) for row in mine], graphs, process)
        for subject, code, procedure, agency_id, clock, ended_at, version in mine:
            kept = Clock.from_json(json.loads(clock) if isinstance(clock, str) else clock)
            yield Case(
                code,
                procedure,
                agency_id,
                kept.deadline,
                ended_at,
                tuple(stays.get(subject, ())),
                graphs.get(version),
                known.get(subject, {}),
                usually.get(version, {}),
            )
        if len(found) < BATCH:
            return
        after = found[-1][0]


def _variant(process_version_id: int) -> str:
    return workflow.definition(process_version_id).variant


def _facts(
    rows: Sequence[tuple[int, int]], graphs: Mapping[int, Graph], process: Process | None
) -> dict[int, dict[str, Any]]:
    """Return what gateways read, by subject, of dossiers given with their processes (two statements at most)."""
    read = {version: facts.wanted(graph) for version, graph in graphs.items()}
    more = facts.wanted(process.graph) if process else frozenset()
    wanted = {subject: read[version] | more for subject, version in rows if graphs and read[version] | more}
    if not wanted:
        return {}
    answers = dict(Answers.objects.filter(subject__in=wanted).values_list("subject", "answers"))
    return {
        dossier.subject: facts.some(dossier, wanted[dossier.subject], answers.get(dossier.subject))
        for dossier in Dossier.objects.filter(subject__in=wanted)
    }


def _page(
    actor: Actor, since: datetime, until: datetime, procedure_code: str, after: int
) -> Sequence[tuple[Any, ...]]:
    where, values = "", list[Any]()
    if procedure_code:
        where, values = " AND d.procedure_code = %s", [procedure_code]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.subject, d.code, d.procedure_code, d.agency_id, d.clock, d.ended_at, d.process_version_id"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_dossier d WHERE d.accepted_at >= %s AND d.accepted_at < %s AND d.subject > %s"
            f" AND d.state <> 'void' AND d.clock ? 'deadline'{where} AND {access.visible('d.subject')}"
            " ORDER BY d.subject LIMIT %s",
            [since, until, after, *values, *access.parameters(actor), BATCH],
        )
        return list(cursor.fetchall())


def tried(
    actor: Actor,
    since: datetime,
    until: datetime,
    change: Change,
    at: datetime,
    *,
    procedure_code: str = "",
    process: Process | None = None,
) -> Report:
    """
    Return what a change would have made of the dossiers accepted in a period.

    :raises TooMany:
    """
    kept: dict[int, Any] = {}

    def calendar(agency_id: int) -> Any:
        if agency_id not in kept:
            unit = organisation.root_of_agency(agency_id).id
            kept[agency_id] = _calendar(unit, change)
        return kept[agency_id]

    found = cases(
        actor, since, until, procedure_code=procedure_code, process=process, with_graphs=change.moves_ends
    )
    return replay(found, change, calendar, at)


def _calendar(unit_id: int, change: Change) -> Any:
    if not change.days_off and not change.days_on:
        return organisation.calendar(unit_id)
    return organisation.calendar_with(unit_id, change.days_off, change.days_on)
