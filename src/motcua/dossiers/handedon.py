"""Lists of dossiers received for another agency: what a unit has to forward, to confirm, and follows (R-074)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum

from django.db import connection

from motcua.dossiers.rules import LIVE, Act
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.platform import access, history


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
            f"SELECT {_COLUMNS} FROM dossiers_dossier d WHERE d.non_territorial AND {_WHICH[which]}"  # noqa: S608  (texts of ours; values are parameters)
            f" AND d.subject > %(after)s AND {access.visible_by_name('d.subject')} ORDER BY d.subject LIMIT %(size)s",
            {
                "units": sorted(actor.unit_ids),
                "after": after,
                "size": size + 1,
                **access.named_parameters(actor),
            },
        )
        return [HandedOn(*row) for row in cursor.fetchall()]


def counts(actor: Actor) -> dict[Pile, int]:
    """Return how many dossiers lie in each pile of the actor's units (one statement)."""
    columns = ", ".join(f"count(*) FILTER (WHERE {_WHICH[which]})" for which in Pile)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM dossiers_dossier d WHERE d.non_territorial AND d.state IN ({_LIVE})"  # noqa: S608  (texts of ours; values are parameters)
            f" AND d.competent_unit_id IS NOT NULL AND {access.visible_by_name('d.subject')}",
            {"units": sorted(actor.unit_ids), **access.named_parameters(actor)},
        )
        return dict(zip(Pile, cursor.fetchone(), strict=True))


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What came of a procedure received for other agencies in a period, for one tier of the deciding agency.

    `late_forwarded`, `late_confirmed`: handed on after their time; `collected`: fetched where it was handed in.
    `by_day` has received and collected by the local day of receipt, whose parameters count.
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
    by_day: Mapping[date, tuple[int, int]] = field(default_factory=dict)


def measured(actor: Actor, first: date, last: date, procedure_code: str = "") -> list[Measured]:
    """
    Return what came of dossiers received for other agencies on local days, both counted, by procedure and tier.

    Void ones left out; for actors who see the whole province, or of what they see. In time: the result was there by the
    due moment, nothing of the applicant's ends (withdrawn) counted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.procedure_code, d.competent_unit_id, timezone(%s, d.accepted_at)::date,"  # noqa: S608  (texts of ours; values are parameters)
            " count(*), count(d.confirmed_at), count(d.processed_at),"
            " count(*) FILTER (WHERE d.processed_at <= d.due_at),"
            " count(*) FILTER (WHERE d.returned_at IS NOT NULL), array_agg(d.subject)"
            " FROM dossiers_dossier d"
            " WHERE d.non_territorial AND d.competent_unit_id IS NOT NULL AND d.state <> 'void'"
            " AND timezone(%s, d.accepted_at)::date BETWEEN %s AND %s AND (%s = '' OR d.procedure_code = %s)"
            f" AND {access.visible('d.subject')} GROUP BY 1, 2, 3",
            [LOCAL.key, LOCAL.key, first, last, procedure_code, procedure_code, *access.parameters(actor)],
        )
        rows = cursor.fetchall()
    how_often = history.how_often(
        [subject for row in rows for subject in row[-1]],
        [Act.SEND_BACK.value, Act.FORWARD.value, Act.CONFIRM_RECEIPT.value],
    )
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    days: dict[tuple[str, str], dict[date, tuple[int, int]]] = defaultdict(dict)
    for code, unit_id, on, received, confirmed, handled, in_time, collected, subjects in rows:
        place = code, organisation.unit(unit_id).tier
        told, so_far = sums[place], days[place].get(on, (0, 0))
        days[place][on] = so_far[0] + received, so_far[1] + collected
        told.update(
            received=received, confirmed=confirmed, handled=handled, in_time=in_time, collected=collected
        )
        for subject in subjects:
            told["sent_back"] += sum(
                how_often.get((subject, Act.SEND_BACK.value, late), 0) for late in (True, False)
            )
            told["late_forwarded"] += how_often.get((subject, Act.FORWARD.value, True), 0)
            told["late_confirmed"] += how_often.get((subject, Act.CONFIRM_RECEIPT.value, True), 0)
    names = [one.name for one in fields(Measured)][2:-1]
    return [
        Measured(code, tier, **{name: told[name] for name in names}, by_day=days[code, tier])
        for (code, tier), told in sorted(sums.items())
    ]
