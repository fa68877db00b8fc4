"""Lists of dossiers received for another agency: what a unit has to forward, to confirm, and follows (R-074)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection

from motcua.dossiers.rules import LIVE
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.platform import access


class Pile(StrEnum):
    """
    to_forward  received here for another agency, lies here
    on_the_way  forwarded from here, not confirmed yet
    to_confirm  forwarded to a unit of the actor's, not confirmed yet
    there       received here, handled there now, or waiting here to be handed out
    """

    TO_FORWARD = "to_forward"
    ON_THE_WAY = "on_the_way"
    TO_CONFIRM = "to_confirm"
    THERE = "there"


_LIVE = ", ".join(repr(str(state)) for state in sorted(LIVE))
_WHICH = {
    Pile.TO_FORWARD: "d.state IN ('accepted', 'supplement_requested') AND d.forwarded_at IS NULL"
    " AND d.confirmed_at IS NULL AND d.receiving_unit_id = ANY(%(units)s)",
    Pile.ON_THE_WAY: "d.state = 'accepted' AND d.forwarded_at IS NOT NULL AND d.confirmed_at IS NULL"
    " AND d.receiving_unit_id = ANY(%(units)s)",
    Pile.TO_CONFIRM: "d.state = 'accepted' AND d.forwarded_at IS NOT NULL AND d.confirmed_at IS NULL"
    " AND d.competent_unit_id = ANY(%(units)s)",
    Pile.THERE: f"d.state IN ({_LIVE}) AND d.confirmed_at IS NOT NULL"
    " AND d.receiving_unit_id = ANY(%(units)s)",
}


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A dossier of a pile; `by` is until when it is to be forwarded or confirmed."""

    subject: int
    code: str
    procedure_version_id: int
    owner_name: str
    receiving_unit_id: int
    competent_unit_id: int
    state: str
    accepted_at: datetime
    forwarded_at: datetime | None
    confirmed_at: datetime | None
    by: datetime | None
    expected_due_at: datetime | None
    due_at: datetime | None
    step_name: str
    seq: int


_COLUMNS = (
    "d.subject, d.code, d.procedure_version_id, d.owner_name, d.receiving_unit_id, d.competent_unit_id, d.state,"
    " d.accepted_at, d.forwarded_at, d.confirmed_at, d.pass_by, d.expected_due_at, d.due_at, d.step_name, d.seq"
)


def pile(actor: Actor, which: Pile, *, after: int = 0, size: int = 50) -> list[HandedOn]:
    """Return the dossiers of a pile of the actor's units, the oldest first, at most `size + 1`, after a subject."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dossiers_dossier d WHERE d.non_territorial AND {_WHICH[which]}"  # noqa: S608
            f" AND d.subject > %(after)s AND {_seen()} ORDER BY d.subject LIMIT %(size)s",
            {"units": sorted(actor.unit_ids), "after": after, "size": size + 1, **_sight(actor)},
        )
        return [HandedOn(*row) for row in cursor.fetchall()]


def counts(actor: Actor) -> dict[Pile, int]:
    """Return how many dossiers lie in each pile of the actor's units (one statement)."""
    columns = ", ".join(f"count(*) FILTER (WHERE {_WHICH[which]})" for which in Pile)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM dossiers_dossier d WHERE d.non_territorial AND d.state IN ({_LIVE})"  # noqa: S608
            f" AND d.competent_unit_id IS NOT NULL AND {_seen()}",
            {"units": sorted(actor.unit_ids), **_sight(actor)},
        )
        return dict(zip(Pile, cursor.fetchone(), strict=True))


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What came of a procedure received for other agencies in a period, for one tier of the deciding agency.

    `late_forwarded`, `late_confirmed`: handed on after their time; `collected`: fetched where it was handed in.
    """

    procedure_code: str
    tier: str
    received: int
    confirmed: int
    handled: int
    in_time: int
    sent_back: int
    late_forwarded: int
    late_confirmed: int
    collected: int


def measured(actor: Actor, first: date, last: date, procedure_code: str = "") -> list[Measured]:
    """
    Return what came of dossiers received for other agencies on local days, both counted, by procedure and tier.

    Void ones left out; for actors who see the whole province, or of what they see. In time: the result was there by the
    due moment, nothing of the applicant's ends (withdrawn) counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.procedure_code, u.tier, count(*), count(d.confirmed_at), count(d.processed_at),"  # noqa: S608
            " count(*) FILTER (WHERE d.processed_at <= d.due_at),"
            " sum(l.sent_back)::bigint, sum(l.late_forwarded)::bigint, sum(l.late_confirmed)::bigint,"
            " count(*) FILTER (WHERE d.returned_at IS NOT NULL)"
            " FROM dossiers_dossier d JOIN organisation_unit u ON u.id = d.competent_unit_id"
            " CROSS JOIN LATERAL (SELECT"
            "  count(*) FILTER (WHERE e.act = 'send_back') AS sent_back,"
            "  count(*) FILTER (WHERE e.act = 'forward' AND (e.payload->>'late')::boolean) AS late_forwarded,"
            "  count(*) FILTER (WHERE e.act = 'confirm_receipt' AND (e.payload->>'late')::boolean) AS late_confirmed"
            "  FROM platform_ledgerentry e WHERE e.subject = d.subject"
            "  AND e.act IN ('send_back', 'forward', 'confirm_receipt')) l"
            " WHERE d.non_territorial AND d.competent_unit_id IS NOT NULL AND d.state <> 'void'"
            " AND timezone(%(zone)s, d.accepted_at)::date BETWEEN %(first)s AND %(last)s"
            " AND (%(procedure)s = '' OR d.procedure_code = %(procedure)s)"
            f" AND {_seen()} GROUP BY 1, 2 ORDER BY 1, 2",
            {
                "zone": LOCAL.key,
                "first": first,
                "last": last,
                "procedure": procedure_code,
                **_sight(actor),
            },
        )
        return [Measured(*row) for row in cursor.fetchall()]


def _seen() -> str:
    return (
        "(%(all)s OR EXISTS (SELECT 1 FROM platform_access seen WHERE seen.subject = d.subject"
        " AND (seen.unit_id = ANY(%(mine)s) OR seen.party_id = %(party)s)))"
    )


def _sight(actor: Actor) -> dict[str, Any]:
    everything, units, party = access.parameters(actor)
    return {"all": everything, "mine": units, "party": party}
