"""The ledger entries of one subject as people read them, with the personal part while it has not been erased."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access, clock, reading


@dataclass(frozen=True, slots=True)
class Happened:
    """One act. `personal` is None for whoever may not read it, and after its erasure by law."""

    seq: int
    act: str
    actor_kind: str
    officer_id: int | None
    unit_id: int | None
    duty_id: int | None
    state_before: str | None
    state_after: str | None
    due_before: datetime | None
    due_after: datetime | None
    occurred_at: datetime
    at: datetime
    payload: Mapping[str, Any]
    personal: Mapping[str, Any] | None

    @property
    def moved_due(self) -> bool:
        """Tell whether the act changed a due date that stood before."""
        return self.due_before is not None and self.due_before != self.due_after


AHEAD: Final = timedelta(days=1)
"""Nothing is recorded later than now; what clocks of two machines may differ by."""

_ENTRIES: Final = (
    "SELECT e.seq, e.act, e.actor_kind, e.officer_id, e.unit_id, e.duty_id, e.state_before, e.state_after,"  # noqa: S608  (texts of ours; values are parameters)
    " e.due_before, e.due_after, e.occurred_at, e.at, e.payload, CASE WHEN %s THEN p.values END"
    " FROM platform_ledgerentry e LEFT JOIN platform_ledgerpersonal p ON p.subject = e.subject AND p.seq = e.seq"
    f" WHERE e.subject = %s AND e.recorded_at < %s AND {access.visible('e.subject')} ORDER BY e.seq"
)
_TRACE: Final = (
    "WITH trace AS (INSERT INTO platform_accessnote (subject, actor_kind, account_id, purpose, at)"
    " VALUES (%s, %s, %s, %s, %s)) "
)


def entries(actor: Actor, subject: int) -> list[Happened]:
    """
    Return what happened to a subject, in order (one statement); nothing when the actor may not see it.

    Personal values go to staff and to the system only; the caller leaves the trace of reading. Months that have
    not come yet are left out, so that the server does not open their partitions.
    """
    return _read(_ENTRIES, _asked(actor, subject))


def read(actor: Actor, subject: int, purpose: str, at: datetime) -> list[Happened]:
    """Return what `entries` returns and leave the trace that the actor read it: both in one statement."""
    trace = [subject, actor.kind.value, actor.account_id, purpose, at]
    return _read(_TRACE + _ENTRIES, [*trace, *_asked(actor, subject)])


def _asked(actor: Actor, subject: int) -> list[Any]:
    allowed = actor.kind in (ActorKind.STAFF, ActorKind.SYSTEM)
    return [allowed, subject, clock.real_now() + AHEAD, *access.parameters(actor)]


def _read(sql: str, values: list[Any]) -> list[Happened]:
    with reading.prepared() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return [_happened(*row) for row in rows]


def _happened(*values: Any) -> Happened:
    payload, personal = reading.loaded(values[12]) or {}, reading.loaded(values[13])
    return Happened(*(*values[:12], payload, personal))


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest of some acts of a subject."""

    act: str
    occurred_at: datetime
    officer_id: int | None
    payload: Mapping[str, Any]


def latest(subjects: Sequence[int], acts: Sequence[str], told: Mapping[str, int]) -> dict[int, Latest]:
    """Return the newest entry of the acts by subject that tells this, of those that have one (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (e.subject) e.subject, e.act, e.occurred_at, e.officer_id, e.payload"
            " FROM platform_ledgerentry e WHERE e.subject = ANY(%s::bigint[]) AND e.act = ANY(%s)"
            " AND e.payload @> %s::jsonb ORDER BY e.subject, e.seq DESC",
            [list(subjects), list(acts), json.dumps(told)],
        )
        return {
            subject: Latest(act, occurred_at, officer_id, reading.loaded(payload))
            for subject, act, occurred_at, officer_id, payload in cursor.fetchall()
        }


def how_often(subjects: Sequence[int], acts: Sequence[str]) -> dict[tuple[int, str, bool], int]:
    """Return how often each subject saw each of the acts, apart by whether the act said it was late (one statement)."""
    if not subjects:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.subject, e.act, coalesce((e.payload->>'late')::boolean, false), count(*)"
            " FROM platform_ledgerentry e WHERE e.subject = ANY(%s::bigint[]) AND e.act = ANY(%s) GROUP BY 1, 2, 3",
            [list(subjects), list(acts)],
        )
        return {(subject, act, late): int(count) for subject, act, late, count in cursor.fetchall()}
