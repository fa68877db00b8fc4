"""Dossiers that are over, for those who look back on many: by which process, when, when the clock stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.rules import ENDED, State
from motcua.kernel.actor import Actor
from motcua.platform import access, reading


@dataclass(frozen=True, slots=True)
class Ended:
    """A dossier that was accepted and is over; `pauses` are the times its clock stood, the last perhaps still."""

    subject: int
    process_version_id: int
    agency_id: int
    receiving_unit_id: int
    ended_at: datetime
    due_at: datetime | None
    pauses: tuple[tuple[datetime, datetime | None], ...]


_COLUMNS = (
    "d.subject, d.process_version_id, d.agency_id, d.receiving_unit_id, d.ended_at, d.due_at,"
    " d.clock #> '{deadline,pauses}'"
)

_STATES = sorted(str(state) for state in ENDED - {State.VOID})


def of(actor: Actor, subjects: Sequence[int]) -> list[Ended]:
    """Return those of the subjects that are over and that the actor may see (one statement)."""
    return _read(actor, "d.subject = ANY(%s::bigint[])", [list(subjects)], "")


def after(actor: Actor, subject: int, limit: int) -> list[Ended]:
    """Return the next dossiers that are over, by subject (one statement)."""
    return _read(actor, "d.subject > %s", [subject], f"ORDER BY d.subject LIMIT {int(limit)}")


def _read(actor: Actor, where: str, values: list[Any], rest: str) -> list[Ended]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dossiers_dossier d WHERE {where} AND d.ended_at IS NOT NULL"  # noqa: S608  (texts of ours; values are parameters)
            f" AND d.accepted_at IS NOT NULL AND d.state = ANY(%s) AND {access.visible('d.subject')} {rest}",
            [*values, _STATES, *access.parameters(actor)],
        )
        return [
            Ended(subject, process, agency, unit, ended_at, due_at, _pauses(kept))
            for subject, process, agency, unit, ended_at, due_at, kept in cursor.fetchall()
        ]


def _pauses(kept: Any) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple(
        (
            datetime.fromisoformat(one["started_at"]),
            datetime.fromisoformat(one["ended_at"]) if one["ended_at"] else None,
        )
        for one in reading.loaded(kept) or ()
    )
