"""Reading of what processes wait for outside: what is due, what failed, what stands on one dossier, what was saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from motcua.dossiers.awaiting import AUTOMATIC, AwaitedKind, AwaitedState
from motcua.dossiers.models import Awaited, Dossier, Evidence
from motcua.dossiers.rules import RUNNING
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.platform import access

LEASE: Final = timedelta(minutes=2)
"""How long a worker has for a step before it is handed out again."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something the system is to do now: which, on which dossier."""

    id: int
    subject: int
    code: str
    kind: AwaitedKind
    node: str
    ref: str
    answered: bool


_DUE = (
    "SELECT a.id, a.subject, d.code, a.kind, a.node, a.ref,"
    " EXISTS (SELECT 1 FROM dossiers_evidence e WHERE e.awaited_id = a.id)"
    " FROM dossiers_awaited a JOIN dossiers_dossier d ON d.subject = a.subject"
    " WHERE a.state = 'waiting' AND d.state = ANY(%s)"
)


def _due(condition: str, *values: Any) -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_DUE} AND {condition}", [sorted(RUNNING), *values])
        return [
            Due(number, subject, code, AwaitedKind(kind), node, ref, answered)
            for number, subject, code, kind, node, ref, answered in cursor.fetchall()
        ]


def due_step(awaited_id: int) -> Due | None:
    """Return an automatic step that still is to be done on a dossier that is handled."""
    return next(iter(_due("a.id = %s AND a.kind = ANY(%s)", awaited_id, sorted(AUTOMATIC))), None)


def due_moments(at: datetime, real: datetime, limit: int) -> list[Due]:
    """Return moments of processes that have come (`at`), first come first; what failed waits for its time (`real`)."""
    return _due(
        "a.kind = 'timer' AND a.due_at <= %s AND (a.next_at IS NULL OR a.next_at <= %s)"
        " ORDER BY a.due_at, a.id LIMIT %s",
        at,
        real,
        limit,
    )


@dataclass(frozen=True, slots=True)
class Failed:
    """An automatic step or moment that could not be done; tried again at `next_at` unless given up."""

    id: int
    code: str
    subject: int
    seq: int
    procedure_code: str
    procedure_version_id: int
    process_version_id: int
    agency_id: int
    kind: str
    node: str
    name: str
    ref: str
    since: datetime
    attempts: int
    next_at: datetime | None
    given_up: bool
    error: str


_FAILED = (
    "SELECT a.id, d.code, a.subject, d.seq, d.procedure_code, d.procedure_version_id, d.process_version_id,"
    " d.agency_id, a.kind, a.node, a.name, a.ref, a.since, a.attempts, a.next_at, a.given_up, a.error"
    " FROM dossiers_awaited a JOIN dossiers_dossier d ON d.subject = a.subject"
    " WHERE a.state = 'waiting' AND a.attempts > 0"
)


def failed_steps(
    actor: Actor, *, kind: str = "", source: str = "", given_up: bool = False, after: int = 0, size: int = 50
) -> list[Failed]:
    """Return what failed on dossiers the actor may see, oldest first, at most `size + 1`, after an id."""
    tests, values = ["a.id > %s"], list[Any]([after])
    for test, value in (("a.kind = %s", kind), ("a.ref = %s", source)):
        if value:
            tests.append(test)
            values.append(value)
    if given_up:
        tests.append("a.given_up")
    where = " AND ".join(tests)
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_FAILED} AND {where} AND {access.visible('a.subject')} ORDER BY a.id LIMIT %s",
            [*values, *access.parameters(actor), size + 1],
        )
        return [Failed(*row) for row in cursor.fetchall()]


def failed_one(actor: Actor, awaited_id: int) -> Failed | None:
    """Return one of them, if the actor may see it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_FAILED} AND a.id = %s AND {access.visible('a.subject')}",
            [awaited_id, *access.parameters(actor)],
        )
        row = cursor.fetchone()
    return Failed(*row) if row else None


def failed_count(actor: Actor) -> int:
    """Return how many steps wait to be tried again or done by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dossiers_awaited a WHERE a.state = 'waiting' AND a.attempts > 0"  # noqa: S608  (texts of ours; values are parameters)
            f" AND {access.visible('a.subject')}",
            access.parameters(actor),
        )
        return int(cursor.fetchone()[0])


def code_of(actor: Actor, awaited_id: int) -> str | None:
    """Return the code of the dossier that waits for something, if the actor may see it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.code FROM dossiers_awaited a JOIN dossiers_dossier d ON d.subject = a.subject"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE a.id = %s AND {access.visible('a.subject')}",
            [awaited_id, *access.parameters(actor)],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of what a dossier's process waits for or has done by itself, with the evidence where there is any."""

    id: int
    task_id: int | None
    node: str
    kind: AwaitedKind
    name: str
    ref: str
    state: AwaitedState
    since: datetime
    due_at: datetime | None
    ended_at: datetime | None
    attempts: int
    next_at: datetime | None
    given_up: bool
    error: str
    source: str
    reference: str
    confirmed: bool | None
    answer: Mapping[str, Any]
    digest: str
    answered_at: datetime | None


def of_dossier(actor: Actor, subject: int) -> list[Standing]:
    """Return what a dossier's process waits for and what has come, in order; nothing when the actor may not see it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.task_id, a.node, a.kind, a.name, a.ref, a.state, a.since, a.due_at, a.ended_at, a.attempts,"  # noqa: S608  (texts of ours; values are parameters)
            " a.next_at, a.given_up, a.error, coalesce(e.source, ''), coalesce(e.reference, ''), e.confirmed, e.answer,"
            " coalesce(e.digest, ''), e.at FROM dossiers_awaited a LEFT JOIN dossiers_evidence e ON e.awaited_id = a.id"
            f" WHERE a.subject = %s AND {access.visible('a.subject')} ORDER BY a.id",
            [subject, *access.parameters(actor)],
        )
        rows = cursor.fetchall()
    found = []
    for row in rows:
        values = list(row)
        values[3], values[6], values[17] = AwaitedKind(row[3]), AwaitedState(row[6]), _loaded(row[17])
        found.append(Standing(*values))
    return found


def _loaded(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else json.loads(value) if value else {}


@dataclass(frozen=True, slots=True)
class Saved:
    """What data did in the place of people and papers, by procedure: steps done, left to people, papers not asked."""

    procedure_code: str
    confirmed: int
    left: int
    papers: int


def saved(actor: Actor, since: datetime, until: datetime) -> list[Saved]:
    """
    Return what was saved on dossiers filed in a span, most first (R-045, R-046); for who keeps procedures.

    Steps count where a look-up confirmed in the place of a person; papers where they came from a database, the store
    of results or the form, so that nobody handed them in.
    """
    if actor.duty(Role.KSTT, Role.PROVINCE_LEADER) is None and actor is not SYSTEM:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.procedure_code, count(*) FILTER (WHERE kind = 'step'), count(*) FILTER (WHERE kind = 'left'),"
            " count(*) FILTER (WHERE kind = 'paper') FROM ("
            " SELECT a.subject, CASE WHEN e.confirmed THEN 'step' ELSE 'left' END AS kind FROM dossiers_awaited a"
            " JOIN dossiers_evidence e ON e.awaited_id = a.id"
            " WHERE a.kind = 'lookup' AND a.state IN ('done', 'left')"
            " UNION ALL SELECT c.dossier_id, 'paper' FROM dossiers_component c"
            " WHERE c.state IN ('fetched', 'satisfied', 'reused')) what"
            " JOIN dossiers_dossier d ON d.subject = what.subject WHERE d.filed_at >= %s AND d.filed_at < %s"
            " GROUP BY d.procedure_code ORDER BY 2 DESC, 4 DESC, 1 LIMIT 300",
            [since, until],
        )
        return [Saved(*row) for row in cursor.fetchall()]


def asked(awaited_id: int) -> tuple[Dossier, Awaited] | None:
    """Return a look-up and its dossier, for the system that asks."""
    row = Awaited.objects.filter(pk=awaited_id).first()
    if row is None:
        return None
    return Dossier.objects.get(subject=row.subject), row


def answer_of(awaited_id: int) -> Evidence | None:
    """Return what is stored for a look-up, for the system."""
    return Evidence.objects.filter(awaited_id=awaited_id).first()
