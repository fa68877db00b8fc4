"""Reading of explanations of late dossiers: the head's open list, an officer's own, and one dossier's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.lateness import ExplanationState, Share
from motcua.dossiers.models import Explanation
from motcua.dossiers.queries import COLUMNS, ListRow
from motcua.dossiers.rules import LEADING
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access
from motcua.workflow import team


@dataclass(frozen=True, slots=True)
class Explained:
    """
    A late dossier with what is owed to the head; `until` is None while the delay grows.

    `shares` tell to which steps and persons the delay is owed, the heaviest first.
    """

    subject: int
    state: ExplanationState
    unit_id: int | None
    holder_id: int | None
    step: str
    shares: tuple[Share, ...]
    due_at: datetime
    until: datetime | None
    answer_by: datetime
    cause: str
    reason: str
    remedy: str
    written_by_id: int | None
    by_head: bool
    written_at: datetime | None
    answered_by_id: int | None
    answered_at: datetime | None
    answer: str


_FIELDS = (
    "state", "unit_id", "holder_id", "step", "shares", "due_at", "until", "answer_by", "cause", "reason", "remedy",
    "written_by_id", "by_head", "written_at", "answered_by_id", "answered_at", "answer",
)  # fmt: skip


def _made(subject: int, values: dict[str, Any]) -> Explained:
    shares = tuple(Share.from_json(one) for one in values["shares"])
    return Explained(
        subject=subject, **{**values, "state": ExplanationState(values["state"]), "shares": shares}
    )


def of(actor: Actor, subject: int) -> Explained | None:
    """Return the explanation of a dossier, None where none is owed or the actor may not see it."""
    if actor.kind is not ActorKind.STAFF:
        return None
    columns = ", ".join(f"e.{name}" for name in _FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, e.dossier_id FROM dossiers_explanation e"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE e.dossier_id = %s AND {access.visible('e.dossier_id')}",
            [subject, *access.parameters(actor)],
        )
        row = cursor.fetchone()
    return _row(row) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to; `mine`: owed by the actor, `late`: not written in its time (as of the moment)."""

    states: Sequence[ExplanationState] = ()
    agency_id: int | None = None
    mine: bool = False
    late_at: datetime | None = None


def listing(
    actor: Actor, filters: Filters, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[tuple[Explained, ListRow]]:
    """Return late dossiers with their explanations, due longest ago first, at most `size + 1`, after a key."""
    where, values = _where(actor, filters)
    page = "TRUE" if after is None else "(e.due_at, e.dossier_id) > (%s, %s)"
    columns = ", ".join(f"e.{name}" for name in _FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {COLUMNS} FROM dossiers_explanation e"  # noqa: S608  (texts of ours; values are parameters)
            f" JOIN dossiers_dossier d ON d.subject = e.dossier_id WHERE {where} AND {page}"
            " ORDER BY e.due_at, e.dossier_id LIMIT %s",
            [*values, *(after or ()), size + 1],
        )
        found = cursor.fetchall()
    return [(_row(row), ListRow(*row[len(_FIELDS) :])) for row in found]


def _row(row: Sequence[Any]) -> Explained:
    values = dict(zip(_FIELDS, row, strict=False))
    if isinstance(values["shares"], str):
        values["shares"] = json.loads(values["shares"])
    return _made(row[len(_FIELDS)], values)


def counts(actor: Actor, filters: Filters) -> dict[ExplanationState, int]:
    """Return how many explanations stand in each state; the states asked for do not narrow."""
    where, values = _where(actor, Filters(agency_id=filters.agency_id, mine=filters.mine))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.state, count(*) FROM dossiers_explanation e"  # noqa: S608  (texts of ours; values are parameters)
            f" JOIN dossiers_dossier d ON d.subject = e.dossier_id WHERE {where} GROUP BY e.state",
            values,
        )
        known = dict(cursor.fetchall())
    return {state: known.get(state.value, 0) for state in ExplanationState}


def to_write(actor: Actor) -> int:
    """Return how many explanations the actor owes."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return 0
    return Explanation.objects.filter(holder_id=actor.staff_id, state__in=("owed", "returned")).count()


def agencies(actor: Actor) -> list[int]:
    """Return the agencies whose late dossiers the actor sees listed."""
    where, values = _where(actor, Filters())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.agency_id FROM dossiers_explanation e"  # noqa: S608  (texts of ours; values are parameters)
            f" JOIN dossiers_dossier d ON d.subject = e.dossier_id WHERE {where} ORDER BY 1",
            values,
        )
        return [agency_id for (agency_id,) in cursor.fetchall()]


def _where(actor: Actor, filters: Filters) -> tuple[str, list[Any]]:
    parts, values = _scope(actor)
    if filters.mine:
        parts, values = [*parts, "e.holder_id = %s"], [*values, actor.staff_id]
    if filters.states:
        parts, values = [*parts, "e.state = ANY(%s)"], [*values, _texts(filters.states)]
    if filters.agency_id is not None:
        parts, values = [*parts, "e.agency_id = %s"], [*values, filters.agency_id]
    if filters.late_at is not None:
        parts, values = [*parts, "e.state = ANY(%s) AND e.answer_by < %s"], [
            *values, ["owed", "returned"], filters.late_at,
        ]  # fmt: skip
    return " AND ".join(parts), values


def _texts(states: Iterable[ExplanationState]) -> list[str]:
    return [state.value for state in states]


def _scope(actor: Actor) -> tuple[list[str], list[Any]]:
    """Return whose explanations an actor sees: one's own, those of units one leads, of agencies one heads."""
    if access.sees_everything(actor):
        return ["TRUE"], []
    if actor.kind is not ActorKind.STAFF:
        return ["FALSE"], []
    led = sorted({duty.agency_id for duty in actor.duties if duty.role in LEADING})
    return (
        ["(e.holder_id = %s OR e.unit_id = ANY(%s) OR e.agency_id = ANY(%s))", access.visible("d.subject")],
        [actor.staff_id, sorted(team.led(actor)), led, *access.parameters(actor)],
    )
