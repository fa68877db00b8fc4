"""
Who may see which subject: rows written by the rooms above in the act's transaction, joined by the queries below.

Reading a person's data leaves a trace: the one write a GET may make.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind

# True when the actor may see {subject}; the three parameters come from `parameters`.
VISIBLE = (
    "(%s OR EXISTS (SELECT 1 FROM platform_access seen WHERE seen.subject = {subject}"
    " AND (seen.unit_id = ANY(%s) OR seen.party_id = %s)))"
)


def visible(subject: str) -> str:
    """Return the SQL condition for the column `subject`; its parameters come from `parameters`."""
    return VISIBLE.format(subject=subject)


def visible_by_name(subject: str) -> str:
    """Return the same condition with parameters by name; they come from `named_parameters`."""
    return visible(subject) % ("%(sees_all)s", "%(sees_units)s", "%(sees_party)s")


def named_parameters(actor: Actor) -> dict[str, Any]:
    """Return the parameters of `visible_by_name` for this actor."""
    return dict(zip(("sees_all", "sees_units", "sees_party"), parameters(actor), strict=True))


def of_party(subject: str) -> str:
    """Return the SQL condition that a party may see `subject`, read from its own few rows; one parameter: the party."""
    return f"{subject} IN (SELECT seen.subject FROM platform_access seen WHERE seen.party_id = %s)"  # noqa: S608  (texts of ours; values are parameters)


def parameters(actor: Actor) -> list[Any]:
    """Return the parameters of the condition for this actor."""
    if actor.kind is ActorKind.SYSTEM:
        return [True, [], None]
    if actor.kind is ActorKind.STAFF:
        return [actor.province_wide, sorted(actor.unit_ids), None]
    return [False, [], actor.party_id]


def sees(actor: Actor, subject: int) -> bool:
    """Tell whether the actor may see the subject (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {visible('s')} FROM (SELECT %s::bigint AS s) t",  # noqa: S608  (a fixed text)
            [*parameters(actor), subject],
        )
        (seen,) = cursor.fetchone()
    return bool(seen)


def grant(subject: int, *, units: Iterable[int] = (), parties: Iterable[int] = (), scope: str) -> None:
    """Let units and parties see the subject from now on (one statement, nothing when known)."""
    unit_ids, party_ids = sorted(set(units)), sorted(set(parties))
    if not unit_ids and not party_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_access (subject, unit_id, party_id, scope)"
            " SELECT %s, unit_id, NULL, %s FROM unnest(%s::bigint[]) unit_id"
            " UNION ALL SELECT %s, NULL, party_id, %s FROM unnest(%s::bigint[]) party_id"
            " ON CONFLICT DO NOTHING",
            [subject, scope, unit_ids, subject, scope, party_ids],
        )


def revoke(subject: int, unit_id: int, *, scope: str) -> None:
    """Take back the sight a unit was given under a scope; what it has on another ground stays (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM platform_access WHERE subject = %s AND unit_id = %s AND scope = %s",
            [subject, unit_id, scope],
        )


def note(actor: Actor, subject: int, purpose: str, at: datetime) -> None:
    """Leave the trace that the actor read the subject's personal data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_accessnote (subject, actor_kind, account_id, purpose, at)"
            " VALUES (%s, %s, %s, %s, %s)",
            [subject, actor.kind.value, actor.account_id, purpose, at],
        )


def newest(actor: Actor, joined: str, where: str) -> str:
    """
    Return SQL for the newest subjects the actor may see, newest first, that also satisfy `where`.

    `joined` is a table of the room that asks, under the alias d, with a column `subject`. Each unit's rows are read
    from their index end and stop at the limit, so an ordinary officer pays as little as somebody who sees everything.
    Parameters, in order: those of `holders(actor)`, then those of `where`, then the limit twice (once where the
    actor sees everything).
    """
    if sees_everything(actor):
        return f"SELECT d.subject FROM {joined} d WHERE {where} ORDER BY d.subject DESC LIMIT %s"  # noqa: S608  (texts of ours; values are parameters)
    column = "unit_id" if actor.kind is ActorKind.STAFF else "party_id"
    return (
        "SELECT DISTINCT each.subject FROM unnest(%s::bigint[]) holder CROSS JOIN LATERAL ("  # noqa: S608  (texts of ours; values are parameters)
        f"SELECT d.subject FROM platform_access a JOIN {joined} d ON d.subject = a.subject"
        f" WHERE a.{column} = holder AND {where} ORDER BY a.subject DESC LIMIT %s) each"
        " ORDER BY each.subject DESC LIMIT %s"
    )


def sees_everything(actor: Actor) -> bool:
    """Tell whether the actor's sight has no limit inside the province."""
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and actor.province_wide)


def holders(actor: Actor) -> list[Any]:
    """Return the parameters of `newest` that stand for the actor."""
    if sees_everything(actor):
        return []
    if actor.kind is ActorKind.STAFF:
        return [sorted(actor.unit_ids)]
    return [[actor.party_id] if actor.party_id is not None else []]
