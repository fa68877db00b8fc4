"""Reading of pauses: how much of the time of dossiers did not count, by agency and ground, and what is striking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.pausecheck import Finding, Striking
from motcua.dossiers.queries import COLUMNS, ListRow
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.counting import Ground
from motcua.platform import access


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; moments are aware, `until` itself is left out."""

    since: datetime
    until: datetime
    agency_id: int | None = None
    officer_id: int | None = None
    kind: Striking | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause with what is striking about it; `minutes` are working minutes."""

    id: int
    no: int
    unit_id: int | None
    officer_id: int | None
    ground: Ground
    started_at: datetime
    ended_at: datetime | None
    minutes: int
    findings: tuple[Finding, ...]
    row: ListRow


@dataclass(frozen=True, slots=True)
class Total:
    """Pauses of an agency on one ground: how many, how many striking, working minutes."""

    agency_id: int
    ground: Ground
    pauses: int
    striking: int
    minutes: int


def striking(
    actor: Actor, filters: Filters, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Pause]:
    """Return the striking pauses the actor may look into, newest first, at most `size + 1`, before a key."""
    where, values = _where(actor, filters)
    page = "TRUE" if after is None else "(p.started_at, p.id) < (%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.no, p.unit_id, p.officer_id, p.ground, p.started_at, p.ended_at, p.minutes, p.findings,"  # noqa: S608  (texts of ours; values are parameters)
            f" {COLUMNS} FROM dossiers_pauserecord p JOIN dossiers_dossier d ON d.subject = p.dossier_id"
            f" WHERE {where} AND p.kinds <> '{{}}' AND {page} ORDER BY p.started_at DESC, p.id DESC LIMIT %s",
            [*values, *(after or ()), size + 1],
        )
        return [
            Pause(
                number,
                no,
                unit,
                officer,
                Ground(ground),
                begun,
                ended,
                minutes,
                _findings(told),
                ListRow(*row),
            )
            for number, no, unit, officer, ground, begun, ended, minutes, told, *row in cursor.fetchall()
        ]


def _findings(value: Any) -> tuple[Finding, ...]:
    rows = json.loads(value) if isinstance(value, str) else value
    return tuple(Finding(Striking(one["kind"]), one["text"]) for one in rows)


def totals(actor: Actor, filters: Filters) -> list[Total]:
    """Return the pauses of a period by agency and ground; the kind asked for does not narrow."""
    where, values = _where(
        actor, Filters(since=filters.since, until=filters.until, agency_id=filters.agency_id)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.agency_id, p.ground, count(*), count(*) FILTER (WHERE p.kinds <> '{}'), sum(p.minutes)"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_pauserecord p JOIN dossiers_dossier d ON d.subject = p.dossier_id"
            f" WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2",
            values,
        )
        return [Total(agency, Ground(ground), *more) for agency, ground, *more in cursor.fetchall()]


def officers(actor: Actor, filters: Filters) -> list[tuple[int, int]]:
    """Return the officers with striking pauses of the period and how many each began, most first."""
    where, values = _where(
        actor, Filters(since=filters.since, until=filters.until, agency_id=filters.agency_id)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.officer_id, count(*) FROM dossiers_pauserecord p"  # noqa: S608  (texts of ours; values are parameters)
            f" JOIN dossiers_dossier d ON d.subject = p.dossier_id WHERE {where} AND p.kinds <> '{{}}'"
            " AND p.officer_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200",
            values,
        )
        return [(officer, count) for officer, count in cursor.fetchall()]


def _where(actor: Actor, filters: Filters) -> tuple[str, list[Any]]:
    if not looks_into(actor):
        return "FALSE", []
    parts: Sequence[tuple[str, Any]] = (
        ("p.started_at >= %s", filters.since),
        ("p.started_at < %s", filters.until),
        ("p.agency_id = %s", filters.agency_id),
        ("p.officer_id = %s", filters.officer_id),
        ("%s = ANY(p.kinds)", filters.kind.value if filters.kind else None),
    )
    kept = [(sql, value) for sql, value in parts if value is not None]
    where = " AND ".join([*(sql for sql, _ in kept), access.visible("d.subject")])
    return where, [*(value for _, value in kept), *access.parameters(actor)]


def looks_into(actor: Actor) -> bool:
    """Tell whether the actor controls procedures, or leads an agency, and so looks into how work is done."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.duty(Role.KSTT, Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.PROVINCE_LEADER) is not None
