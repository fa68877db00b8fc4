"""A head's view of the work of others: load and lateness per officer, and the tasks behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.organisation.passing import reaches
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
    tree = organisation.tree()
    acting: dict[int, int] = {}
    for unit_id in {one.unit_id for one in hands}:
        successor = tree.successor(unit_id, on)
        acting[unit_id] = successor.ref.id if successor else unit_id
    held: dict[tuple[int, int, str], list[frozenset[str]]] = {}
    for post in successions.posts(actor, set(acting.values()), on):
        held.setdefault((post.staff_id, post.unit_id, post.role), []).append(post.fields)
    return [
        one
        for one in hands
        if not any(
            not one.field or reaches(fields, frozenset({one.field}))
            for fields in held.get((one.staff_id, acting[one.unit_id], one.role), ())
        )
    ]
