"""What moving running dossiers to another version of their process would change: read before it is begun."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from motcua.dossiers import clockwork, definitions
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import OPEN
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.process import Graph
from motcua.kernel.process.move import Choice, MoveRefused, anchor, choices, moved, name_of
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.workflow import queries as workflow
from motcua.workflow.queries import Definition, TaskRow

_RUNNING = ", ".join(repr(str(state)) for state in sorted(OPEN))


@dataclass(frozen=True, slots=True)
class Step:
    """An open step before and after: its names, and its planned ends."""

    before: str
    after: str
    due_before: datetime | None
    due_after: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What becomes of one dossier: its open steps, or why it cannot be moved as things stand.

    `due_at` is the dossier's own, which stays.
    """

    code: str
    seq: int
    owner_name: str
    state: str
    due_at: datetime | None
    steps: tuple[Step, ...]
    refusal: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A step of the old process without a place in the new: for how many dossiers, and where they may be led."""

    anchor: str
    name: str
    count: int
    choices: tuple[Choice, ...]


def running(actor: Actor, versions: Collection[int]) -> dict[int, int]:
    """Return how many open dossiers the actor may see run by each of some versions (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.process_version_id, count(*) FROM dossiers_dossier d"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE d.state IN ({_RUNNING}) AND d.process_version_id = ANY(%s)"
            f" AND {access.visible('d.subject')} GROUP BY d.process_version_id",
            [sorted(versions), *access.parameters(actor)],
        )
        return dict(cursor.fetchall())


def previews(
    actor: Actor, old: Definition, new: Definition, mapping: Mapping[str, str], at: datetime, limit: int
) -> tuple[list[Preview], list[Lost]]:
    """
    Return what changes for each open dossier that runs by `old`, those due first, and the steps that have no place.

    Pure but for two reads: nothing is written.
    """
    columns = tuple(field.attname for field in Dossier._meta.concrete_fields)
    rows = list(
        Dossier.objects.extra(  # noqa: S610  (a fixed text; values go as parameters)
            where=[access.visible("dossiers_dossier.subject")], params=access.parameters(actor)
        )
        .filter(process_version_id=old.id, state__in=sorted(OPEN))
        .only(*columns)
        .order_by("due_at", "subject")[:limit]
    )
    live = workflow.live_of_subjects(SYSTEM, [row.subject for row in rows])
    lost: dict[str, int] = {}
    found = [_preview(row, live.get(row.subject, []), old, new, mapping, at, lost) for row in rows]
    return found, [
        Lost(one, name_of(old.graph, one), count, choices(old.graph, new.graph, one))
        for one, count in lost.items()
    ]


def _preview(
    dossier: Dossier,
    tasks: Sequence[TaskRow],
    old: Definition,
    new: Definition,
    mapping: Mapping[str, str],
    at: datetime,
    lost: dict[str, int],
) -> Preview:
    refusal, places = "", dict[int, str]()
    try:
        places = {
            token.no: token.place for token in moved(old.graph, new.graph, workflow.marking(tasks), mapping)
        }
    except MoveRefused as refused:
        refusal = refused.message
    for here in _without_place(old.graph, new.graph, tasks):
        lost[here] = lost.get(here, 0) + 1
    plan = _plan(dossier, new)
    steps = []
    for task in tasks:
        place = places.get(task.token, "")
        here = anchor(new.graph, place) if place else ""
        node = new.graph.by_id.get(place)
        due = (plan.get(place) or (dossier.due_at if node else None)) if task.is_open else task.due_at
        name = f"{task.name} (xong, chờ các nhánh khác)" if task.state == "joined" else task.name
        steps.append(Step(name, name_of(new.graph, here) if here else "", task.due_at, due))
    return Preview(
        dossier.code, dossier.seq, dossier.owner_name, dossier.state, dossier.due_at, tuple(steps), refusal
    )


def _without_place(old: Graph, new: Graph, tasks: Sequence[TaskRow]) -> set[str]:
    """Return the anchors of a dossier that the new process has nothing of the same id for."""
    try:
        moved(old, new, workflow.marking(tasks))
    except MoveRefused as refused:
        return {place.anchor for place in refused.places}
    return set()


def _plan(dossier: Dossier, new: Definition) -> Mapping[str, datetime]:
    """Return the planned ends by the new steps; before acceptance the answer's own time stands."""
    graph = new.graph
    if not dossier.clock:
        by = dossier.answer_by
        return {graph.reception.id: by} if graph.reception and by else {}
    bundle = definitions.bundle(dossier.procedure_version_id, dossier.form_version_id, new.id)
    calendar = organisation.calendar(organisation.root_of_agency(dossier.agency_id).id)
    return clockwork.replanned(Clock.from_json(dossier.clock), bundle.steps, calendar).plan
