"""
The outbox: what leaves a room upwards is an event written in the act's own transaction.

`drain` reads events in commit order (only transactions that are over for everybody), hands each to the consumer in
a transaction that also moves the consumer's cursor, and parks what fails: later events of the same subject wait
behind it, others go on. Acts neither NOTIFY nor defer; the dispatcher does.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import structlog
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from motcua.platform import canonical, clock

log = structlog.get_logger(__name__)

INSERT = (
    "INSERT INTO platform_outboxevent (message_id, topic, subject, seq, payload, created_at)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)
RETRY = (1, 5, 30, 120, 600, 3600)
_LOCK = 7002


class Event(Protocol):
    """A frozen dataclass with a versioned name, such as `dossiers.accepted.v1`."""

    NAME: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Message:
    """An event as a consumer gets it. `message_id` is what makes a receiver take it once."""

    event_id: int
    message_id: uuid.UUID
    topic: str
    subject: int
    seq: int
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who listens. `topics` empty means every topic; `handle` runs inside a transaction, or takes a batch."""

    name: str
    topics: frozenset[str]
    handle: Callable[[Message], None]
    after_batch: Callable[[Sequence[Message]], None] | None = None


CONSUMERS: dict[str, Consumer] = {}


def consumer(
    name: str,
    *,
    topics: set[str] | frozenset[str] = frozenset(),
    handle: Callable[[Message], None],
    after_batch: Callable[[Sequence[Message]], None] | None = None,
) -> None:
    """Register a consumer (called in AppConfig.ready of the room that listens)."""
    CONSUMERS[name] = Consumer(name, frozenset(topics), handle, after_batch)


def parameters(
    event: Event, subject: int, seq: int, message_id: uuid.UUID, created_at: datetime
) -> list[Any]:
    """Return the values of INSERT for an event."""
    return [message_id, event.NAME, subject, seq, Jsonb(asdict(event), canonical.dumps), created_at]


def publish(event: Event, *, subject: int, seq: int = 0) -> None:
    """Write an event in the present transaction; acts hand theirs to `ledger.append` instead."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, parameters(event, subject, seq, uuid.uuid4(), clock.real_now()))


def drain(name: str, limit: int = 200) -> int:
    """
    Hand the next events to the consumer, at most `limit`; return how many were read or retried.

    Only one process drains a consumer at a time; another one that tries returns 0.
    """
    listener = CONSUMERS[name]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, name])
            if not cursor.fetchone()[0]:
                return 0
            cursor.execute(
                "INSERT INTO platform_outboxcursor (consumer, xid, event_id) VALUES (%s, '0', 0)"
                " ON CONFLICT (consumer) DO NOTHING",
                [name],
            )
            cursor.execute(
                "SELECT xid::text, event_id FROM platform_outboxcursor WHERE consumer = %s FOR UPDATE", [name]
            )
            xid, event_id = cursor.fetchone()
        retried = _retry(listener, limit)
        batch, end = _next(xid, event_id, limit)
        if not batch:
            return retried
        blocked = _blocked(name)
        taken = []
        for message in batch:
            if listener.topics and message.topic not in listener.topics:
                continue
            if message.subject in blocked:
                _park(name, message, "waits for an earlier event of its subject", 0)
                continue
            error = _attempt(listener, message)
            if error is None:
                taken.append(message)
            else:
                blocked.add(message.subject)
                _park(name, message, error, 1)
        if listener.after_batch and taken:
            listener.after_batch(taken)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE platform_outboxcursor SET xid = %s::text::xid8, event_id = %s, handled = handled + %s"
                " WHERE consumer = %s",
                [*end, len(taken), name],
            )
    return len(batch) + retried


def resend(name: str, event_id: int) -> bool:
    """Hand one event to the consumer again at its next turn; False when there is no such event."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_outboxfailure"
            " (consumer, event_id, message_id, topic, subject, attempts, next_at, error)"
            " SELECT %s, event_id, message_id, topic, subject, 0, %s, 'sent again by hand'"
            " FROM platform_outboxevent WHERE event_id = %s"
            " ON CONFLICT (consumer, event_id) DO UPDATE SET next_at = excluded.next_at",
            [name, clock.real_now(), event_id],
        )
        return bool(cursor.rowcount)


def waiting(name: str) -> int:
    """Return how many events the consumer has not handled: unread ones of its topics and parked ones."""
    listener = CONSUMERS[name]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM platform_outboxfailure WHERE consumer = %s) + (SELECT count(*)"
            " FROM platform_outboxevent e LEFT JOIN platform_outboxcursor c ON c.consumer = %s"
            " WHERE (c.consumer IS NULL OR (e.xid, e.event_id) > (c.xid, c.event_id))"
            " AND (%s::text[] = '{}' OR e.topic = ANY(%s::text[])))",
            [name, name, sorted(listener.topics), sorted(listener.topics)],
        )
        (count,) = cursor.fetchone()
    return int(count)


_FIELDS = "event_id, message_id, topic, subject, seq, payload, created_at"


def _next(xid: str, event_id: int, limit: int) -> tuple[list[Message], tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT xid::text, {_FIELDS} FROM platform_outboxevent"  # noqa: S608  (texts of ours; values are parameters)
            " WHERE (xid, event_id) > (%s::text::xid8, %s) AND xid < pg_snapshot_xmin(pg_current_snapshot())"
            " ORDER BY xid, event_id LIMIT %s",
            [xid, event_id, limit],
        )
        rows = cursor.fetchall()
    end = (rows[-1][0], rows[-1][1]) if rows else (xid, event_id)
    return [_message(row[1:]) for row in rows], end


def _message(row: Sequence[Any]) -> Message:
    payload = row[5] if isinstance(row[5], dict) else json.loads(row[5])
    return Message(row[0], row[1], row[2], row[3], row[4], payload, row[6])


def _blocked(name: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT subject FROM platform_outboxfailure WHERE consumer = %s", [name])
        return {row[0] for row in cursor.fetchall()}


def _attempt(listener: Consumer, message: Message) -> str | None:
    try:
        with transaction.atomic():
            listener.handle(message)
    except Exception as error:  # any failure of a consumer is parked, shown and retried
        log.exception(
            "outbox_event_failed", consumer=listener.name, event_id=message.event_id, topic=message.topic
        )
        return f"{type(error).__name__}: {error}"[:2000]
    return None


def _park(name: str, message: Message, error: str, attempts: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_outboxfailure"
            " (consumer, event_id, message_id, topic, subject, attempts, next_at, error)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (consumer, event_id) DO UPDATE"
            " SET attempts = platform_outboxfailure.attempts + 1, next_at = excluded.next_at, error = excluded.error",
            [
                name, message.event_id, message.message_id, message.topic, message.subject, attempts,
                clock.real_now() + timedelta(seconds=RETRY[min(attempts, len(RETRY) - 1)]), error,
            ],
        )  # fmt: skip


def _retry(listener: Consumer, limit: int) -> int:
    """Try the first parked event of every subject whose turn has come."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.attempts, e.event_id, e.message_id, e.topic, e.subject, e.seq, e.payload, e.created_at"
            " FROM (SELECT DISTINCT ON (subject) * FROM platform_outboxfailure WHERE consumer = %s"
            " ORDER BY subject, event_id) f JOIN platform_outboxevent e ON e.event_id = f.event_id"
            " WHERE f.next_at <= %s ORDER BY f.event_id LIMIT %s",
            [listener.name, clock.real_now(), limit],
        )
        rows = cursor.fetchall()
    for attempts, *fields in rows:
        message = _message(fields)
        error = _attempt(listener, message)
        if error is not None:
            _park(listener.name, message, error, attempts + 1)
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM platform_outboxfailure WHERE consumer = %s AND event_id = %s",
                [listener.name, message.event_id],
            )
            # whoever waited behind it is due at once
            cursor.execute(
                "UPDATE platform_outboxfailure SET next_at = %s WHERE consumer = %s AND subject = %s AND attempts = 0",
                [clock.real_now(), listener.name, message.subject],
            )
            cursor.execute(
                "UPDATE platform_outboxcursor SET handled = handled + 1 WHERE consumer = %s", [listener.name]
            )
    return len(rows)
