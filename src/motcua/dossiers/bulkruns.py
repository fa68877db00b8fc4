"""Reading of acts on many dossiers: a person sees their own, and what has become of each dossier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from motcua.dossiers import itemcounts
from motcua.dossiers.models import BulkItem, BulkRun
from motcua.dossiers.rules import BulkAct, BulkNotFound, BulkState, ItemState
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run is; the counts add up to `total`."""

    number: int
    act: BulkAct
    state: BulkState
    started_at: datetime
    ended_at: datetime | None
    total: int
    done: int
    refused: int
    skipped: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Item:
    """What has become of one dossier; `message` is why it was refused."""

    no: int
    code: str
    state: ItemState
    reason: str
    message: str
    state_after: str
    done_at: datetime | None


def _run(row: BulkRun) -> Run:
    counts = {name: int(getattr(row, name)) for name in itemcounts.COUNTS}
    return Run(row.subject, BulkAct(row.act), BulkState(row.state), row.started_at, row.ended_at, **counts)


def run(actor: Actor, number: int) -> Run:
    """
    Return one of the actor's runs with its counts (one statement).

    :raises BulkNotFound: it is not there, or somebody else's.
    """
    found = None
    if actor.kind is ActorKind.STAFF:
        found = (
            BulkRun.objects.filter(subject=number, account_id=actor.account_id)
            .annotate(**itemcounts.COUNTS)
            .first()
        )
    if found is None:
        raise BulkNotFound
    return _run(found)


def recent(actor: Actor, limit: int = 20) -> list[Run]:
    """Return the actor's newest runs."""
    if actor.kind is not ActorKind.STAFF:
        return []
    rows = BulkRun.objects.filter(account_id=actor.account_id).annotate(**itemcounts.COUNTS)
    return [_run(row) for row in rows.order_by("-subject")[:limit]]


def items(actor: Actor, number: int, states: Iterable[ItemState] = ()) -> list[Item]:
    """
    Return the dossiers of one of the actor's runs in their order, all or those in the states.

    :raises BulkNotFound:
    """
    run(actor, number)
    rows = BulkItem.objects.filter(run_id=number)
    wanted = [state.value for state in states]
    if wanted:
        rows = rows.filter(state__in=wanted)
    return [
        Item(row.no, row.code, ItemState(row.state), row.reason, row.message, row.state_after, row.done_at)
        for row in rows.order_by("no")
    ]


class Chosen(NamedTuple):
    """A dossier the actor may see, as ticked."""

    subject: int
    seq: int
    owner_name: str
    procedure_version_id: int


def chosen(actor: Actor, codes: Iterable[str]) -> dict[str, Chosen]:
    """Return by code what the actor may see of the dossiers named (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.code, d.subject, d.seq, d.owner_name, d.procedure_version_id FROM dossiers_dossier d"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE d.code = ANY(%s) AND {access.visible('d.subject')}",
            [sorted(set(codes)), *access.parameters(actor)],
        )
        return {code: Chosen(*rest) for code, *rest in cursor.fetchall()}
