"""Reading of what members of staff are told; each sees what is theirs or their role's, on dossiers they may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.telling import TellKind
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access
from motcua.workflow.queries import acting_units


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing told, with the dossier it is about; told in several ways (by name and by role) it is still one."""

    ids: tuple[int, ...]
    kind: TellKind
    text: str
    at: datetime
    code: str
    owner_name: str
    procedure_version_id: int


def _mine(actor: Actor) -> tuple[str, list[Any]]:
    held = {
        (unit_id, str(duty.role))
        for duty in actor.duties
        for unit_id in acting_units(duty.unit_id)
    }  # fmt: skip
    keys = sorted(held)
    return (
        "(t.staff_id = %s OR (t.unit_id, t.role) IN (SELECT * FROM unnest(%s::bigint[], %s::text[])))",
        [actor.staff_id, [unit for unit, _ in keys], [role for _, role in keys]],
    )


def _read(actor: Actor, more: str, values: list[Any], limit: int) -> list[Telling]:
    if actor.kind is not ActorKind.STAFF:
        return []
    mine, held = _mine(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(t.id), t.kind, min(t.text), t.at, d.code, d.owner_name, d.procedure_version_id"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_told t JOIN dossiers_dossier d ON d.subject = t.dossier_id"
            f" WHERE t.seen_at IS NULL AND {mine} AND {access.visible('d.subject')} AND {more}"
            " GROUP BY d.subject, t.kind, t.at ORDER BY max(t.id) DESC LIMIT %s",
            [*held, *access.parameters(actor), *values, limit],
        )
        return [Telling(tuple(sorted(row[0])), TellKind(row[1]), *row[2:]) for row in cursor.fetchall()]


def unseen(actor: Actor, limit: int = 200) -> list[Telling]:
    """Return what the actor was told and nobody has seen yet, newest first (one statement)."""
    return _read(actor, "TRUE", [], limit)


def one(actor: Actor, told_id: int) -> Telling | None:
    """Return one thing told to the actor and not seen yet, or None."""
    same = "(t.dossier_id, t.kind, t.at) = (SELECT o.dossier_id, o.kind, o.at FROM dossiers_told o WHERE o.id = %s)"
    found = next(iter(_read(actor, same, [told_id], 1)), None)
    return found if found is not None and told_id in found.ids else None
