"""Reading of processes and tasks. Definitions are public; a task is seen by its unit, or with its subject."""

from __future__ import annotations

import threading
import time as real_time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import F, Q

from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Graph, Marking, Silence, Token, from_json
from motcua.organisation import queries as organisation
from motcua.platform import access, reading
from motcua.workflow.models import ProcessVersion
from motcua.workflow.rules import LIVE, TaskState, sees

# Definitions


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """A published process, compiled. `levels` are the tiers that work by it; `field` its procedure's."""

    id: int
    procedure_version_id: int
    variant: str
    levels: tuple[str, ...]
    field: str
    graph: Graph
    digest: str


_definitions: dict[int, Definition] = {}
_current: dict[tuple[int, str, date | None], tuple[float, int]] = {}
_lock: Final = threading.Lock()
CHECK_SECONDS: Final = 30.0
"""How long a process may trust which version of a variant is the newest."""


def definition(process_version_id: int) -> Definition:
    """
    Return a published process; rows never change, so it is kept in the process for ever.

    :raises NotFound:
    """
    held = _definitions.get(process_version_id)
    if held is None:
        row = ProcessVersion.objects.filter(pk=process_version_id).first()
        if row is None:
            raise NotFound("Không tìm thấy quy trình.", process=process_version_id)
        held = _definitions.setdefault(
            row.pk,
            Definition(
                id=row.pk,
                procedure_version_id=row.procedure_version_id,
                variant=row.variant,
                levels=tuple(row.levels),
                field=row.field,
                graph=from_json(row.graph),
                digest=row.digest,
            ),
        )
    return held


def process_of(procedure_version_id: int, variant: str, on: date | None = None) -> Definition:
    """
    Return the process of a variant of a procedure version by which dossiers received on a local day run.

    The version approved last for that day wins over those before it and over that of the data. Without a day
    the newest, whether in force yet or not.

    :raises NotFound: none is published.
    """
    key = procedure_version_id, variant, on
    held, now = _current.get(key), real_time.monotonic()
    if held is None or now - held[0] > CHECK_SECONDS:
        rows = ProcessVersion.objects.filter(procedure_version_id=procedure_version_id, variant=variant)
        if on is not None:
            rows = rows.filter(Q(effective_on__isnull=True) | Q(effective_on__lte=on))
        newest = (
            rows.order_by(F("effective_on").desc(nulls_last=True), "-id").values_list("id", flat=True).first()
        )
        if newest is None:
            raise NotFound("Thủ tục này chưa có quy trình điện tử.", procedure_version=procedure_version_id)
        with _lock:
            if len(_current) > 10_000:
                _current.clear()
            held = _current[key] = now, newest
    return definition(held[1])


def processes_of(procedure_version_id: int) -> list[Definition]:
    """Return the newest process of every variant of a procedure version, in the order of publication."""
    newest: dict[str, int] = {}
    for row_id, variant in (
        ProcessVersion.objects.filter(procedure_version_id=procedure_version_id)
        .order_by("id")
        .values_list("id", "variant")
    ):
        newest[variant] = row_id
    return [definition(row_id) for row_id in newest.values()]


def forget() -> None:
    """Let the next look-up of a newest version ask the database (after publishing, and in tests)."""
    with _lock:
        _current.clear()


# Tasks


class TaskRow(NamedTuple):
    """One row of a task; `hours` are working hours of the plan."""

    id: int
    subject: int
    process_id: int
    seq: int
    node: str
    place: str
    token: int
    name: str
    about: str
    field: str
    unit_id: int
    role: str
    assignee_id: int | None
    state: str
    hours: Decimal
    opened_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    done_by_id: int | None
    outcome: str
    note: str

    @property
    def is_live(self) -> bool:
        """Tell whether the row is part of the marking."""
        return self.state in LIVE

    @property
    def is_open(self) -> bool:
        """Tell whether the row is somebody's work."""
        return self.state == TaskState.OPEN

    def is_late(self, at: datetime) -> bool:
        """Tell whether the step took, or takes, longer than planned."""
        return self.due_at is not None and (self.done_at or at) > self.due_at


class PageKey(NamedTuple):
    """Where a page of a work list ends; hand it back to get the next."""

    due_at: datetime
    id: int


class Range(StrEnum):
    """
    Which tasks a work list shows.

    todo      what the actor can do now: assigned to them, or in the pool of one of their duties
    assigned  assigned to the actor
    pool      in the pool of one of the actor's duties, taken by nobody
    unit      everything in the units the actor may see
    """

    TODO = "todo"
    ASSIGNED = "assigned"
    POOL = "pool"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """What narrows a work list; None leaves a question open. `due_from` included, `due_before` not."""

    range: Range = Range.TODO
    unit_id: int | None = None
    role: Role | None = None
    field: str | None = None
    assignee_id: int | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """Counts of a work list; each stops at `limit`."""

    total: int
    overdue: int
    due_today: int


MANY_UNITS: Final = 32
"""From this many units on, one walk along all open tasks is cheaper than one along each unit's."""

COLUMNS: Final = ", ".join(f"t.{name}" for name in TaskRow._fields)


def open_tasks(
    actor: Actor, wanted: TaskFilter | None = None, *, after: PageKey | None = None, limit: int = 50
) -> list[TaskRow]:
    """
    Return open tasks by due time, one page: one statement whose cost does not grow with other units' work.

    Each duty, unit or assignee is read from the beginning of its own index range and the ranges are merged.
    """
    with reading.prepared() as cursor:
        built = _work_list(actor, wanted or TaskFilter(), after, limit)
        if built is None:
            return []
        sql, values = built
        cursor.execute(f"SELECT {COLUMNS} FROM ({sql}) t ORDER BY t.due_at, t.id LIMIT %s", [*values, limit])  # noqa: S608  (texts of ours; values are parameters)
        return [TaskRow(*row) for row in cursor.fetchall()]


def workload(
    actor: Actor,
    *,
    at: datetime,
    end_of_day: datetime,
    wanted: TaskFilter | None = None,
    limit: int = 1000,
) -> Workload:
    """Return how much stands in a work list, overdue at `at`, and due until the end of the day."""
    built = _work_list(actor, wanted or TaskFilter(), None, limit, "t.id, t.due_at")
    if built is None:
        return Workload(0, 0, 0)
    sql, values = built
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE t.due_at < %s),"  # noqa: S608  (texts of ours; values are parameters)
            " count(*) FILTER (WHERE t.due_at >= %s AND t.due_at <= %s)"
            f" FROM (SELECT * FROM ({sql}) u ORDER BY u.due_at, u.id LIMIT %s) t",
            [at, at, end_of_day, *values, limit],
        )
        return Workload(*cursor.fetchone())


def _work_list(
    actor: Actor, wanted: TaskFilter, after: PageKey | None, limit: int, columns: str = "t.*"
) -> tuple[str, list[Any]] | None:
    """Return SQL for at least the first `limit` rows of the list, and its parameters; None: nothing."""
    if actor.kind is not ActorKind.STAFF:
        return None
    tests, values = ["t.state = 'open'"], list[Any]()
    for test, value in (
        ("t.field = %s", wanted.field),
        ("t.assignee_id = %s", wanted.assignee_id),
        ("t.due_at >= %s", wanted.due_from),
        ("t.due_at < %s", wanted.due_before),
    ):
        if value is not None:
            tests.append(test)
            values.append(value)
    if after is not None:
        tests.append("(t.due_at, t.id) > (%s, %s)")
        values += [after.due_at, after.id]
    if wanted.range is Range.UNIT:
        return _by_unit(actor, wanted, tests, values, limit, columns)
    if wanted.range is Range.ASSIGNED:
        if actor.staff_id is None:
            return None
        return _simple([*tests, "t.assignee_id = %s"], [*values, actor.staff_id], wanted, limit, columns)
    return _by_duty(actor, wanted, tests, values, limit, columns)


def _simple(
    tests: list[str], values: list[Any], wanted: TaskFilter, limit: int, columns: str
) -> tuple[str, list[Any]] | None:
    if wanted.unit_id is not None:
        tests, values = [*tests, "t.unit_id = %s"], [*values, wanted.unit_id]
    if wanted.role is not None:
        tests, values = [*tests, "t.role = %s"], [*values, str(wanted.role)]
    where = " AND ".join(tests)
    return (
        f"SELECT {columns} FROM workflow_task t WHERE {where} ORDER BY t.due_at, t.id LIMIT %s",  # noqa: S608  (texts of ours; values are parameters)
        [*values, limit],
    )


def _by_unit(
    actor: Actor, wanted: TaskFilter, tests: list[str], values: list[Any], limit: int, columns: str
) -> tuple[str, list[Any]] | None:
    if actor.province_wide:
        return _simple(tests, values, wanted, limit, columns)
    units = actor.unit_ids if wanted.unit_id is None else actor.unit_ids & {wanted.unit_id}
    if not units:
        return None
    if len(units) >= MANY_UNITS:
        everywhere = [*tests, "t.unit_id = ANY(%s::bigint[])"]
        return _simple(everywhere, [*values, sorted(units)], wanted, limit, columns)
    if wanted.role is not None:
        tests, values = [*tests, "t.role = %s"], [*values, str(wanted.role)]
    where = " AND ".join(tests)
    return (
        "SELECT page.* FROM unnest(%s::bigint[]) AS mine(unit_id) CROSS JOIN LATERAL"  # noqa: S608  (texts of ours; values are parameters)
        f" (SELECT {columns} FROM workflow_task t WHERE t.unit_id = mine.unit_id AND {where}"
        " ORDER BY t.due_at, t.id LIMIT %s) page",
        [sorted(units), *values, limit],
    )


def _by_duty(
    actor: Actor, wanted: TaskFilter, tests: list[str], values: list[Any], limit: int, columns: str
) -> tuple[str, list[Any]] | None:
    held: dict[tuple[int, str], frozenset[str]] = {}
    for duty in actor.duties:
        if wanted.role is not None and duty.role is not wanted.role:
            continue
        for unit_id in acting_units(duty.unit_id):
            if wanted.unit_id is None or wanted.unit_id == unit_id:
                key = unit_id, str(duty.role)
                # Two duties of one role: together they reach what either reaches; no field means every field.
                known = held.get(key)
                both = known | duty.fields if known and duty.fields else frozenset[str]()
                held[key] = duty.fields if known is None else both
    if not held:
        return None
    keys = sorted(held)
    who = "t.assignee_id IS NULL"
    mine: list[Any] = []
    if wanted.range is Range.TODO:
        # also what is assigned to those whose duties the actor holds in their absence
        held_by = {actor.staff_id, *(duty.for_staff_id for duty in actor.duties)} - {None}
        who, mine = "(t.assignee_id IS NULL OR t.assignee_id = ANY(%s))", [sorted(held_by)]
    where = " AND ".join(tests)
    return (
        "SELECT page.* FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS mine(unit_id, role, fields)"  # noqa: S608  (texts of ours; values are parameters)
        f" CROSS JOIN LATERAL (SELECT {columns} FROM workflow_task t WHERE t.unit_id = mine.unit_id"
        f" AND t.role = mine.role AND {where} AND {who} AND (mine.fields = '' OR t.field = ''"
        " OR t.field = ANY(string_to_array(mine.fields, ',')))"
        " ORDER BY t.due_at, t.id LIMIT %s) page",
        [
            [unit for unit, _ in keys],
            [role for _, role in keys],
            [",".join(sorted(held[key])) for key in keys],
            *values,
            *mine,
            limit,
        ],
    )


def acting_units(unit_id: int) -> frozenset[int]:
    """Return the unit and the units whose work it took over in a reorganisation."""
    tree = organisation.tree()
    return tree.reach(unit_id, False) if unit_id in tree.nodes else frozenset((unit_id,))


def _with(actor: Actor, *first: Any) -> list[Any]:
    """Return parameters followed by those of the condition that the actor may see the subject."""
    return [*first, *access.parameters(actor)]


def of_subject(actor: Actor, subject: int) -> list[TaskRow]:
    """Return every task of a subject, past and live, in order; nothing when the actor may not see it."""
    with reading.prepared() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE t.subject = %s AND {access.visible('t.subject')} ORDER BY t.seq",
            _with(actor, subject),
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def open_of_subjects(actor: Actor, subjects: Sequence[int]) -> dict[int, list[TaskRow]]:
    """Return the open tasks of some subjects that the actor may see, by subject (one statement)."""
    found: dict[int, list[TaskRow]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.subject = ANY(%s::bigint[])"  # noqa: S608  (texts of ours; values are parameters)
            f" AND t.state = 'open' AND {access.visible('t.subject')} ORDER BY t.subject, t.seq",
            _with(actor, list(subjects)),
        )
        for row in cursor.fetchall():
            task = TaskRow(*row)
            found.setdefault(task.subject, []).append(task)
    return found


def live_of_subjects(actor: Actor, subjects: Sequence[int]) -> dict[int, list[TaskRow]]:
    """Return the rows that are the marking of some subjects the actor may see, by subject (one statement)."""
    found: dict[int, list[TaskRow]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.subject = ANY(%s::bigint[])"  # noqa: S608  (texts of ours; values are parameters)
            f" AND t.state IN ('open', 'waiting', 'joined') AND {access.visible('t.subject')}"
            " ORDER BY t.subject, t.seq",
            _with(actor, list(subjects)),
        )
        for row in cursor.fetchall():
            live = TaskRow(*row)
            found.setdefault(live.subject, []).append(live)
    return found


def task(actor: Actor, task_id: int) -> TaskRow:
    """
    Return one task.

    :raises NotFound: it is not there, or the actor sees neither its unit nor its subject.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS}, {access.visible('t.subject')} FROM workflow_task t WHERE t.id = %s",  # noqa: S608  (texts of ours; values are parameters)
            [*_with(actor), task_id],
        )
        row = cursor.fetchone()
    if row is not None:
        found = TaskRow(*row[:-1])
        if row[-1] or sees(actor, found.unit_id, found.assignee_id):
            return found
    raise NotFound("Không tìm thấy việc này.", task=task_id)


def holders(unit_id: int, role: str, field: str, on: date) -> list[organisation.Holder]:
    """Return who holds a role for a field in a unit on a day; in the successor, where the unit has ended."""
    unit = organisation.tree().successor(unit_id, on)
    return organisation.duty_holders(unit.ref.id if unit else unit_id, Role(role), on, field or None)


def silent_opinions(
    actor: Actor, at: datetime, *, after: PageKey | None = None, limit: int = 200
) -> list[TaskRow]:
    """
    Return opinions asked whose time is over and whose silence means consent, for the system to close.

    Others than the system get nothing. `after` is the key of the last row seen, kept or not.
    """
    if actor.kind is not ActorKind.SYSTEM:
        return []
    key, values = "", list[Any]()
    if after is not None:
        key, values = " AND (t.due_at, t.id) > (%s, %s)", [after.due_at, after.id]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM workflow_task t WHERE t.state = 'open' AND t.due_at <= %s"  # noqa: S608  (texts of ours; values are parameters)
            f" AND t.role = %s{key} ORDER BY t.due_at, t.id LIMIT %s",
            [at, str(Role.COORDINATOR), *values, limit],
        )
        rows = [TaskRow(*row) for row in cursor.fetchall()]
    return [
        row for row in rows if definition(row.process_id).graph.by_id[row.node].on_silence is Silence.AGREE
    ]


def marking(rows: Sequence[TaskRow]) -> Marking:
    """Return the marking that the live rows of a subject are."""
    return tuple(sorted(Token(row.place, row.token) for row in rows if row.is_live))
