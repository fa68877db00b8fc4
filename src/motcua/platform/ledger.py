"""
The ledger: every act appends one entry, chained to the one before it on the same subject (R-291).

`append` writes entry, personal values and event in one statement, in the caller's transaction; the caller holds the
subject's row lock and keeps `seq` and `hash` as the subject's head. Figures, messages and live pages are made from it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from motcua.kernel.actor import Actor, DutyRef
from motcua.platform import canonical, clock, outbox

SCHEMA = 1
START = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The typed columns an entry carries besides who and when; what an act does not touch stays None."""

    agency_id: int | None = None
    unit_id: int | None = None
    officer_id: int | None = None
    procedure_code: str | None = None
    field_code: str | None = None
    channel: str | None = None
    state_before: str | None = None
    state_after: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    pauses_before: int | None = None
    pauses_after: int | None = None

    @classmethod
    def under(
        cls, duty: DutyRef | None, *, procedure_code: str | None = None, field_code: str | None = None
    ) -> Facts:
        """Return what an act says that concerns no dossier: agency and unit of the duty, and the procedure if any."""
        return cls(
            agency_id=duty.agency_id if duty else None,
            unit_id=duty.unit_id if duty else None,
            procedure_code=procedure_code,
            field_code=field_code,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What the subject keeps as its head."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """A subject's own word on how long its chain is; `name` is what people call it."""

    subject: int
    seq: int
    hash: bytes
    name: str


HEAD_SOURCES: dict[str, Callable[[], Iterator[Head]]] = {}


def heads_from(room: str, source: Callable[[], Iterator[Head]]) -> None:
    """Register a room's heads for verification (called in AppConfig.ready)."""
    HEAD_SOURCES[room] = source


HASHED = (
    "subject", "seq", "act", "schema", "actor_kind", "account_id", "duty_id", "agency_id", "unit_id", "officer_id",
    "procedure_code", "field_code", "channel", "state_before", "state_after", "due_before", "due_after",
    "pauses_before", "pauses_after", "occurred_at", "at", "recorded_at", "payload", "personal_digest",
)  # fmt: skip
COLUMNS = (*HASHED, "prev", "hash")


def chain_hash(prev: bytes, row: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry from its hashed columns and the hash before it."""
    return canonical.digest(prev, canonical.dumps({name: row[name] for name in HASHED}).encode())


def personal_digest(salt: bytes, values: Mapping[str, Any]) -> bytes:
    """Return the salted digest that stands in the ledger for personal values."""
    return canonical.digest(salt, canonical.dumps(values).encode())


_ENTRY = (
    f"INSERT INTO platform_ledgerentry ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608  (texts of ours; values are parameters)
)
_PERSONAL = "INSERT INTO platform_ledgerpersonal (subject, seq, salt, values) VALUES (%s, %s, %s, %s)"


def append(
    *,
    subject: int,
    seq: int,
    prev: bytes,
    act: str,
    actor: Actor,
    duty: DutyRef | None,
    at: datetime,
    facts: Facts,
    payload: Mapping[str, Any],
    occurred_at: datetime | None = None,
    personal: Mapping[str, Any] | None = None,
    event: outbox.Event | None = None,
    beside: Sequence[tuple[str, Sequence[Any]]] = (),
) -> Entry:
    """
    Append one act to the subject's chain, in one statement together with its event.

    `seq` and `prev` are the subject's present head; `at` is the act's clock, `occurred_at` when it happened where
    that differs (R-053); `payload` holds no personal value: those go into `personal`, of which the chain keeps a
    salted digest. `beside` are writes of the room above that go along in the same statement.
    """
    salt = os.urandom(16) if personal else b""
    row: dict[str, Any] = {
        **asdict(facts),
        "subject": subject,
        "seq": seq + 1,
        "act": act,
        "schema": SCHEMA,
        "actor_kind": actor.kind.value,
        "account_id": actor.account_id,
        "duty_id": duty.id if duty else None,
        "officer_id": facts.officer_id if facts.officer_id is not None else actor.staff_id,
        "occurred_at": occurred_at or at,
        "at": at,
        "recorded_at": clock.real_now(),
        "payload": dict(payload),
        "personal_digest": personal_digest(salt, personal) if personal else None,
    }
    row["prev"], row["hash"] = prev, chain_hash(prev, row)
    entry: list[Any] = [
        Jsonb(row[name], canonical.dumps) if name == "payload" else row[name] for name in COLUMNS
    ]
    writes: list[tuple[str, Sequence[Any]]] = [(_ENTRY, entry)]
    if personal:
        writes.append((_PERSONAL, [subject, row["seq"], salt, Jsonb(dict(personal), canonical.dumps)]))
    writes += beside
    if event is not None:
        told = outbox.parameters(event, subject, row["seq"], uuid.uuid4(), row["recorded_at"])
        writes.append((outbox.INSERT, told))
    *others, (last, _) = writes
    joined = ", ".join(f"write{number} AS ({sql})" for number, (sql, _) in enumerate(others))
    statement = f"WITH {joined} {last}" if others else last
    parameters = [value for _, values in writes for value in values]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return Entry(row["seq"], row["hash"])


def append_unheaded(subject: int, **entry: Any) -> Entry:
    """Append to a subject that keeps no head of its own: the chain is locked and its end looked up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [7001, subject % 2_147_483_647])
        cursor.execute(
            "SELECT seq, hash FROM platform_ledgerentry WHERE subject = %s ORDER BY seq DESC LIMIT 1",
            [subject],
        )
        last = cursor.fetchone()
    seq, prev = (last[0], bytes(last[1])) if last else (0, START)
    return append(subject=subject, seq=seq, prev=prev, **entry)
