"""What a counter looks back on: the numbers of a day, originals it keeps, the register (form 07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class DayCounts:
    """How many dossiers a unit accepted (of them online) and handed over in a period."""

    received: int
    online: int
    returned: int


@dataclass(frozen=True, slots=True)
class Undigitised:
    """A dossier accepted in the period whose papers are not all scanned."""

    code: str
    owner_name: str
    missing_scans: int


@dataclass(frozen=True, slots=True)
class KeptOriginal:
    """A borrowed original that has not been handed back."""

    code: str
    owner_name: str
    procedure_version_id: int
    accepted_at: datetime
    paper: str


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """
    A line of the dossier register; moments are aware. `register_no` is its number in the unit's book of the year.

    `registered_unit_id` is there where a successor (`receiving_unit_id`) has the dossier since a reorganisation.
    """

    subject: int
    code: str
    procedure_version_id: int
    sets: int
    owner_id: int
    owner_name: str
    owner_number: str
    owner_phone: str
    agency_id: int
    channel: str
    return_channel: str
    state: str
    accepted_at: datetime
    due_at: datetime | None
    processed_at: datetime | None
    returned_at: datetime | None
    supplement_count: int
    register_no: int | None
    receiving_unit_id: int
    registered_unit_id: int | None


def day_counts(actor: Actor, unit_id: int, since: datetime, until: datetime) -> DayCounts:
    """Count what a unit accepted and handed over in a period, of what the actor may see (one statement)."""
    seen, held = access.visible("d.subject"), access.parameters(actor)
    given = [unit_id, since, until, *held]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT accepted.*, handed_over.* FROM ("  # noqa: S608  (texts of ours; values are parameters)
            "SELECT count(*), count(*) FILTER (WHERE d.channel = 'online') FROM dossiers_dossier d"
            f" WHERE {_REGISTERED} AND d.accepted_at >= %s AND d.accepted_at < %s AND {seen}) accepted, ("
            "SELECT count(*) FROM dossiers_dossier d"
            f" WHERE d.receiving_unit_id = %s AND d.returned_at >= %s AND d.returned_at < %s AND {seen}) handed_over",
            [unit_id, *given, *given],
        )
        return DayCounts(*cursor.fetchone())


def not_digitised(actor: Actor, unit_id: int, since: datetime, until: datetime) -> list[Undigitised]:
    """Return the dossiers a unit accepted in a period that still lack scans, by code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.code, d.owner_name, count(*) FROM dossiers_dossier d"  # noqa: S608  (texts of ours; values are parameters)
            " JOIN dossiers_component c ON c.dossier_id = d.subject AND c.digitise AND c.file_id IS NULL"
            " AND c.state = 'handed_in'"
            " WHERE d.receiving_unit_id = %s AND d.accepted_at >= %s AND d.accepted_at < %s"
            f" AND {access.visible('d.subject')} GROUP BY d.code, d.owner_name ORDER BY d.code",
            [unit_id, since, until, *access.parameters(actor)],
        )
        return [Undigitised(*row) for row in cursor.fetchall()]


def kept_originals(actor: Actor, unit_id: int, *, limit: int = 200) -> list[KeptOriginal]:
    """Return the borrowed originals a unit still keeps, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.code, d.owner_name, d.procedure_version_id, d.accepted_at, c.name"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_component c JOIN dossiers_dossier d ON d.subject = c.dossier_id"
            " WHERE c.borrowed_original AND c.handed_back_at IS NULL AND d.returned_at IS NULL"
            " AND d.accepted_at IS NOT NULL AND d.receiving_unit_id = %s"
            f" AND {access.visible('d.subject')} ORDER BY d.subject, c.no LIMIT %s",
            [unit_id, *access.parameters(actor), limit],
        )
        return [KeptOriginal(*row) for row in cursor.fetchall()]


# How a line stands: its condition, and how often the present moment is asked for.
STANDINGS = {
    "open": ("d.ended_at IS NULL", 0),
    "waiting": ("d.processed_at IS NOT NULL AND d.returned_at IS NULL", 0),
    "returned": ("d.returned_at IS NOT NULL", 0),
    "late": ("d.due_at < coalesce(d.ended_at, %s)", 1),
    "ended": ("d.state IN ('withdrawn', 'stopped', 'void')", 0),
}
# A dossier stands in the book of the unit that numbered it, whoever has it now; two parameters: the unit, twice.
_REGISTERED = "(d.registered_unit_id = %s OR (d.receiving_unit_id = %s AND d.registered_unit_id IS NULL))"
_ENTRY = ", ".join(f"d.{name}" for name in RegisterEntry.__slots__)


def register(
    actor: Actor,
    unit_id: int,
    since: datetime,
    until: datetime,
    *,
    field_code: str = "",
    which: str = "",
    now: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    size: int = 50,
) -> list[RegisterEntry]:
    """
    Return the register of a unit for a period by time of acceptance, at most `size + 1`, after a key.

    `which` narrows it to a key of `STANDINGS`, as of `now`.
    """
    where = f"{_REGISTERED} AND d.accepted_at >= %s AND d.accepted_at < %s"
    values: list[Any] = [unit_id, unit_id, since, until]
    if field_code:
        where, values = f"{where} AND d.field_code = %s", [*values, field_code]
    if which in STANDINGS:
        test, moments = STANDINGS[which]
        where, values = f"{where} AND {test}", [*values, *[now] * moments]
    if after is not None:
        where, values = f"{where} AND (d.accepted_at, d.subject) > (%s, %s)", [*values, *after]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_ENTRY} FROM dossiers_dossier d WHERE {where}"  # noqa: S608  (texts of ours; values are parameters)
            f" AND {access.visible('d.subject')} ORDER BY d.accepted_at, d.subject LIMIT %s",
            [*values, *access.parameters(actor), size + 1],
        )
        return [RegisterEntry(*row) for row in cursor.fetchall()]
