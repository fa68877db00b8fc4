"""What acts leave in the database, as one value: equal before and after a refusal."""

from __future__ import annotations

from typing import Any

from django.db import connection

from motcua.platform.models import LedgerEntry, LedgerPersonal, OutboxEvent

ROOMS = ("dossiers_", "workflow_", "documents_", "payments_", "repository_", "platform_")
STILL = ("workflow_processversion", "platform_clock")


def tables() -> list[str]:
    """Name the tables an act may write."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return sorted(
        name
        for name in names
        if name.startswith(ROOMS) and name not in STILL and not name[-4:].isdigit() and "_p20" not in name
    )


def everything() -> dict[str, tuple[int, str]]:
    """By table: how many rows, and a digest of what they say."""
    names = tables()
    parts = ", ".join(
        f"(SELECT ROW(count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))) FROM {name} t)::text"
        for name in names
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts}")
        row = cursor.fetchone()
    return {name: tuple(value.strip("()").split(",")) for name, value in zip(names, row, strict=True)}


def entries(subject: int) -> list[LedgerEntry]:
    """Return the ledger of a subject in order."""
    return list(LedgerEntry.objects.filter(subject=subject).order_by("seq"))


def last(subject: int) -> LedgerEntry:
    """Return the newest ledger entry of a subject."""
    return entries(subject)[-1]


def personal(subject: int, seq: int) -> dict[str, Any]:
    """Return the personal values of an entry, nothing where there are none."""
    found = LedgerPersonal.objects.filter(subject=subject, seq=seq).first()
    return dict(found.values) if found else {}


def events(subject: int) -> list[OutboxEvent]:
    """Return the events of a subject in order."""
    return list(OutboxEvent.objects.filter(subject=subject).order_by("event_id"))


def seen_by(subject: int) -> set[tuple[str, int]]:
    """Return who may see a subject, as ("unit" or "party", id)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unit_id, party_id FROM platform_access WHERE subject = %s", [subject])
        return {("unit", unit) if unit else ("party", party) for unit, party in cursor.fetchall()}
