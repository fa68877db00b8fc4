"""Reading of declared outages, and of the dossiers entered after one: counted apart, with their delay (R-053)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.afteroutage import Declared, OutageNotFound
from motcua.dossiers.models import Outage
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access


def declared(number: int) -> Declared:
    """
    Return one outage.

    :raises OutageNotFound:
    """
    row = Outage.objects.filter(subject=number).first()
    if row is None:
        raise OutageNotFound
    return _declared(row)


def _declared(row: Outage) -> Declared:
    return Declared(row.subject, row.what, row.began_at, row.ended_at, row.agency_id)


def listing(actor: Actor, limit: int = 100) -> list[tuple[Declared, int]]:
    """Return the outages, the newest first, each with who declared it (a member of staff); for staff only."""
    if actor.kind is not ActorKind.STAFF:
        return []
    rows = Outage.objects.order_by("-began_at", "-subject")[:limit]
    return [(_declared(row), row.declared_by_id) for row in rows]


def of_agency(actor: Actor, agency_id: int, since: datetime) -> list[Declared]:
    """Return the outages an agency had that were not over before a moment, the newest first (one statement)."""
    found = (one for one, _ in listing(actor))
    return [
        one
        for one in found
        if one.agency_id in (None, agency_id) and (one.ended_at is None or one.ended_at >= since)
    ]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A dossier entered after an outage; `delay_minutes` are working minutes."""

    subject: int
    code: str
    procedure_version_id: int
    owner_name: str
    unit_id: int
    outage_id: int | None
    what: str
    reason: str
    received_at: datetime
    entered_at: datetime
    delay_minutes: int
    entered_by_id: int


@dataclass(frozen=True, slots=True)
class UnitCount:
    """How many dossiers a unit entered afterwards, and the mean and longest delay in working minutes."""

    unit_id: int
    entries: int
    mean_minutes: int
    most_minutes: int


_FROM = (
    " FROM dossiers_lateentry e JOIN dossiers_dossier d ON d.subject = e.dossier_id"
    " LEFT JOIN dossiers_outage o ON o.subject = e.outage_id"
    " WHERE e.received_at >= %s AND e.received_at <= %s"
)


def counts(actor: Actor, since: datetime, until: datetime) -> list[UnitCount]:
    """Return by unit what was received between two moments and entered afterwards, most first (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.unit_id, count(*), round(avg(e.delay_minutes))::int, max(e.delay_minutes)"
            f"{_FROM} AND {access.visible('d.subject')} GROUP BY e.unit_id ORDER BY count(*) DESC, e.unit_id",
            [since, until, *access.parameters(actor)],
        )
        return [UnitCount(*row) for row in cursor.fetchall()]


def entries(
    actor: Actor, since: datetime, until: datetime, *, unit_id: int | None = None, limit: int | None = 500
) -> list[EntryRow]:
    """Return the dossiers received between two moments and entered afterwards, the newest first (one statement)."""
    narrowed, values = "", list[Any]()
    if unit_id is not None:
        narrowed, values = " AND e.unit_id = %s", [unit_id]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.subject, d.code, d.procedure_version_id, d.owner_name, e.unit_id, e.outage_id,"
            " coalesce(o.what, ''), e.reason, e.received_at, e.entered_at, e.delay_minutes, e.entered_by_id"
            f"{_FROM}{narrowed} AND {access.visible('d.subject')} ORDER BY e.received_at DESC, d.subject DESC LIMIT %s",
            [since, until, *values, *access.parameters(actor), limit],
        )
        return [EntryRow(*row) for row in cursor.fetchall()]
