"""A head's view of the work of others: load and lateness per officer, and the tasks behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.organisation.passing import Post, reaches
from motcua.platform import access
from motcua.workflow import queries, rules
from motcua.workflow.queries import COLUMNS, TaskRow


@dataclass(frozen=True, slots=True)
class Load:
    """
    Open tasks of one officer in a unit; without `staff_id` those nobody has taken.

    `hours` are the working hours the process plans for them; `oldest_due_at` the planned end furthest back.
    """

    unit_id: int
    staff_id: int | None
    open: int
    overdue: int
    due_today: int
    hours: Decimal
    oldest_due_at: datetime


def led(actor: Actor) -> frozenset[int]:
    """Return the units whose work the actor shares out, of those the actor sees."""
    if actor.kind is not ActorKind.STAFF:
        return frozenset()
    return frozenset(
        unit_id
        for unit_id in _seen(actor)
        if rules.leading_duty(actor, unit_id, organisation.unit(unit_id).agency_id, queries.acting_units)
    )


def _seen(actor: Actor) -> Iterable[int]:
    nodes = organisation.tree().nodes
    return nodes if actor.province_wide else (unit_id for unit_id in actor.unit_ids if unit_id in nodes)


def loads(actor: Actor, unit_id: int, at: datetime, end_of_day: datetime) -> list[Load]:
    """Return the load of each officer in a unit the actor leads, most overdue first (one statement)."""
    if unit_id not in led(actor):
        return []
    units = sorted(queries.acting_units(unit_id))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.assignee_id, count(*), count(*) FILTER (WHERE t.due_at < %s),"
            " count(*) FILTER (WHERE t.due_at >= %s AND t.due_at <= %s), sum(t.hours), min(t.due_at)"
            " FROM workflow_task t WHERE t.unit_id = ANY(%s) AND t.state = 'open' GROUP BY t.assignee_id"
            " ORDER BY 3 DESC, 5 DESC, 1",
            [at, at, end_of_day, units],
        )
        return [Load(unit_id, *row) for row in cursor.fetchall()]


def tasks(
    actor: Actor, unit_id: int, staff_id: int | None, *, pool: bool = False, limit: int = 200
) -> list[TaskRow]:
    """
    Return open tasks of a unit the actor leads by planned end: of one officer, of nobody (`pool`), or all.

    Officers see their own without leading.
    """
    if unit_id not in led(actor) and (staff_id is None or staff_id != actor.staff_id):
        return []
    test = "AND t.assignee_id IS NULL" if pool else "AND (%s::bigint IS NULL OR t.assignee_id = %s)"
    values = [] if pool else [staff_id, staff_id]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.unit_id = ANY(%s) AND t.state = 'open' {test}"  # noqa: S608  (texts of ours; values are parameters)
            " ORDER BY t.due_at, t.id LIMIT %s",
            [sorted(queries.acting_units(unit_id)), *values, limit],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def held(actor: Actor, staff_id: int, *, limit: int = 500) -> list[TaskRow]:
    """Return the open tasks a person holds: one's own, or those in units the actor leads, by planned end."""
    units = None if staff_id == actor.staff_id else sorted(led(actor))
    if actor.kind is not ActorKind.STAFF:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.assignee_id = %s AND t.state = 'open'"  # noqa: S608  (texts of ours; values are parameters)
            " AND (%s::bigint[] IS NULL OR t.unit_id = ANY(%s)) ORDER BY t.due_at, t.id LIMIT %s",
            [staff_id, units, units, limit],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def history(actor: Actor, subjects: Sequence[int], *, taken_back: bool = False) -> list[TaskRow]:
    """Return the work of several subjects that the actor may see, in order; what was taken back if asked."""
    if not subjects:
        return []
    done = "" if taken_back else " AND t.state <> 'cancelled'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.subject = ANY(%s::bigint[])"  # noqa: S608  (texts of ours; values are parameters)
            f"{done} AND {access.visible('t.subject')} ORDER BY t.subject, t.seq",
            [list(subjects), *access.parameters(actor)],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def live(actor: Actor, subjects: Sequence[int]) -> list[TaskRow]:
    """Return the live tasks (open, waiting, joined) of subjects that the actor may see, each in its order."""
    if not subjects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.subject = ANY(%s::bigint[])"  # noqa: S608  (texts of ours; values are parameters)
            f" AND t.state IN ('open', 'waiting', 'joined') AND {access.visible('t.subject')}"
            " ORDER BY t.subject, t.seq",
            [list(subjects), *access.parameters(actor)],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def at_units(actor: Actor, unit_ids: Iterable[int]) -> frozenset[int]:
    """Return the subjects with a live task at one of the units, of those the actor may see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT t.subject FROM workflow_task t WHERE t.unit_id = ANY(%s)"  # noqa: S608  (texts of ours; values are parameters)
            f" AND t.state IN ('open', 'waiting', 'joined') AND {access.visible('t.subject')}",
            [sorted(set(unit_ids)), *access.parameters(actor)],
        )
        return frozenset(subject for (subject,) in cursor.fetchall())


def unheld(actor: Actor, on: date) -> list[TaskRow]:
    """
    Return open tasks whose holder has no duty to do them on a day: it ended, or it was lent and the days are over.

    Nobody could do them but for a head who notices. For the system, who puts them back; others get nothing.
    """
    if actor.kind is not ActorKind.SYSTEM:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.assignee_id, t.unit_id, t.role, t.field FROM workflow_task t"
            " WHERE t.state = 'open' AND t.assignee_id IS NOT NULL GROUP BY 1, 2, 3, 4"
        )
        hands = [Hands(*row) for row in cursor.fetchall()]
        empty = _without_duty(actor, hands, on)
        if not empty:
            return []
        cursor.execute(
            f"SELECT {COLUMNS} FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])"  # noqa: S608  (texts of ours; values are parameters)
            " AS h(staff_id, unit_id, role, field) JOIN workflow_task t ON t.assignee_id = h.staff_id"
            " AND t.unit_id = h.unit_id AND t.role = h.role AND t.field = h.field AND t.state = 'open'"
            " ORDER BY t.due_at, t.id",
            [*map(list, zip(*empty, strict=True))],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


class Hands(NamedTuple):
    """Who holds tasks of a role in a unit, for a field."""

    staff_id: int
    unit_id: int
    role: str
    field: str


def _without_duty(actor: Actor, hands: Sequence[Hands], on: date) -> list[Hands]:
    held = _posts(actor, {one.unit_id for one in hands}, on)
    return [
        one
        for one in hands
        if not any(
            one.staff_id == post.staff_id and _does(post, one.role, one.field) for post in held[one.unit_id]
        )
    ]


def _posts(actor: Actor, unit_ids: Collection[int], on: date) -> dict[int, list[Post]]:
    """Return the duties by which the tasks of units are done on a day; of a unit that ended, its successor's."""
    tree = organisation.tree()
    acting: dict[int, int] = {}
    for unit_id in unit_ids:
        successor = tree.successor(unit_id, on)
        acting[unit_id] = successor.ref.id if successor else unit_id
    there: dict[int, list[Post]] = defaultdict(list)
    for post in successions.posts(actor, set(acting.values()), on, active=True):
        there[post.unit_id].append(post)
    return {unit_id: there[acting[unit_id]] for unit_id in unit_ids}


def _does(post: Post, role: str, field: str) -> bool:
    return post.role == role and (not field or reaches(post.fields, frozenset({field})))


class Place(NamedTuple):
    """Where tasks wait: a unit, a role there, a field (empty: any)."""

    unit_id: int
    role: str
    field: str


class Pile(NamedTuple):
    """The open tasks of a place: how many, and the planned end furthest back."""

    place: Place
    tasks: int
    oldest_due_at: datetime | None


def places(actor: Actor) -> list[Place]:
    """Return every place that has open tasks of people. For the system; others get nothing."""
    if actor.kind is not ActorKind.SYSTEM:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.unit_id, t.role, t.field FROM workflow_task t WHERE t.state = 'open' AND t.role <> ''"
            " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )
        return [Place(*row) for row in cursor.fetchall()]


def unmanned(actor: Actor, wanted: Sequence[Place], on: date) -> frozenset[Place]:
    """Return the places where nobody may do the tasks on a day. For the system; others get nothing."""
    if actor.kind is not ActorKind.SYSTEM or not wanted:
        return frozenset()
    held = _posts(actor, {one.unit_id for one in wanted}, on)
    return frozenset(
        one for one in wanted if not any(_does(post, one.role, one.field) for post in held[one.unit_id])
    )


def headless(actor: Actor, unit_ids: Collection[int], on: date) -> frozenset[int]:
    """Return the units whose work nobody shares out on a day. For the system; others get nothing."""
    if actor.kind is not ActorKind.SYSTEM or not unit_ids:
        return frozenset()
    nodes = organisation.tree().nodes
    agencies = {unit_id: nodes[unit_id].ref.agency_id for unit_id in unit_ids}
    theirs = [unit_id for unit_id, node in nodes.items() if node.ref.agency_id in set(agencies.values())]
    held = _posts(actor, {*theirs, *unit_ids}, on)
    wide = {
        nodes[post.unit_id].ref.agency_id
        for posts in held.values()
        for post in posts
        if post.role in rules.AGENCY_WIDE
    }
    return frozenset(
        unit_id
        for unit_id in unit_ids
        if agencies[unit_id] not in wide and not any(post.role in rules.LEADERS for post in held[unit_id])
    )


def piles(wanted: Sequence[Place]) -> list[Pile]:
    """Return what waits at places, where something does (one statement): numbers only, no dossier is told of."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.unit_id, t.role, t.field, count(*), min(t.due_at)"
            " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w(unit_id, role, field)"
            " JOIN workflow_task t ON t.unit_id = w.unit_id AND t.role = w.role AND t.field = w.field"
            " WHERE t.state = 'open' GROUP BY 1, 2, 3",
            [*map(list, zip(*wanted, strict=True))],
        )
        return [Pile(Place(*row[:3]), *row[3:]) for row in cursor.fetchall()]
