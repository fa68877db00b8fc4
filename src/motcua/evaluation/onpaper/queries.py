"""Reading of signs of handling on paper, and the counting over tallies that finds them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet

from motcua.dossiers.pauserecords import looks_into
from motcua.evaluation.onpaper.models import Finding
from motcua.evaluation.onpaper.rules import Conclusion, FindingNotFound, FindingState, Sign, Window
from motcua.kernel.actor import WITHOUT_SIGHT, Actor, ActorKind
from motcua.kernel.errors import Forbidden
from motcua.platform import access


class NotAnOverseer(Forbidden):
    """The list is for who controls procedures and for heads."""

    code = "paper_signs_not_yours"
    message = "Trang này dành cho cán bộ kiểm soát thủ tục và lãnh đạo cơ quan."


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is narrowed to."""

    sign: Sign | None = None
    state: FindingState | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """
    A sign as pages show it. `overseer`: the actor may ask and conclude; `unit_side`: the actor may answer for the unit.
    """

    subject: int
    sign: Sign
    state: FindingState
    unit_id: int
    officer_id: int | None
    field: str
    procedure_code: str
    since: date
    until: date
    figures: dict[str, Any]
    text: str
    found_at: datetime
    seen_on: date
    gone_on: date | None
    asked_by_id: int | None
    asked_at: datetime | None
    question: str
    answer_by: datetime | None
    answered_by_id: int | None
    answered_at: datetime | None
    answer: str
    closed_by_id: int | None
    closed_at: datetime | None
    conclusion: Conclusion | None
    words: str
    overseer: bool
    unit_side: bool

    @property
    def open(self) -> bool:
        """Tell whether it waits for a conclusion."""
        return self.state is not FindingState.CLOSED


def listing(
    actor: Actor, filters: Filters, *, before: tuple[datetime, int] | None = None, size: int = 50
) -> list[FindingRow]:
    """
    Return the signs the actor oversees, newest first, at most `size + 1`, before a key.

    :raises NotAnOverseer: the actor oversees nothing.
    """
    found = _narrowed(_overseen(actor), filters)
    if before is not None:
        found = found.filter(Q(found_at__lt=before[0]) | Q(found_at=before[0], subject__lt=before[1]))
    return [_row(actor, row) for row in found.order_by("-found_at", "-subject")[: size + 1]]


def counts(actor: Actor, filters: Filters) -> dict[FindingState, int]:
    """
    Return how many signs stand in each state; the state asked for does not narrow.

    :raises NotAnOverseer: the actor oversees nothing.
    """
    rows = _narrowed(_overseen(actor), Filters(sign=filters.sign, unit_id=filters.unit_id))
    known = dict(rows.values_list("state").annotate(Count("subject")))
    return {state: known.get(state.value, 0) for state in FindingState}


def units(actor: Actor) -> list[int]:
    """Return the units with signs that the actor oversees. :raises NotAnOverseer:"""
    return sorted(set(_overseen(actor).values_list("unit_id", flat=True)))


def one(actor: Actor, number: int) -> FindingRow:
    """
    Return a sign to who oversees the unit, and, once asked about, to the people of the unit.

    :raises FindingNotFound: it is not there, or not for the actor.
    """
    row = Finding.objects.filter(pk=number).first() if actor.kind is ActorKind.STAFF else None
    found = _row(actor, row) if row is not None else None
    if found is None or not (found.overseer or found.unit_side):
        raise FindingNotFound
    return found


def asked(actor: Actor, limit: int = 50) -> list[FindingRow]:
    """Return the signs the actor's units are asked about and have not answered, the most urgent first."""
    if actor.kind is not ActorKind.STAFF or not _own_units(actor):
        return []
    rows = Finding.objects.filter(state=FindingState.ASKED, unit_id__in=_own_units(actor))
    return [_row(actor, row) for row in rows.order_by("answer_by", "subject")[:limit]]


def oversees(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor looks into how a unit works."""
    return looks_into(actor) and (access.sees_everything(actor) or unit_id in actor.unit_ids)


def of_unit(actor: Actor, unit_id: int) -> bool:
    """Tell whether the actor works in a unit with dossiers, and so may answer for it."""
    return unit_id in _own_units(actor)


def _own_units(actor: Actor) -> list[int]:
    return sorted({duty.unit_id for duty in actor.duties if duty.role not in WITHOUT_SIGHT})


def _overseen(actor: Actor) -> QuerySet[Finding]:
    if not looks_into(actor):
        raise NotAnOverseer
    found = Finding.objects.all()
    return found if access.sees_everything(actor) else found.filter(unit_id__in=sorted(actor.unit_ids))


def _narrowed(found: QuerySet[Finding], filters: Filters) -> QuerySet[Finding]:
    given = {"sign": filters.sign, "state": filters.state, "unit_id": filters.unit_id}
    return found.filter(**{name: value for name, value in given.items() if value is not None})


_SAME = tuple(
    name
    for name in FindingRow.__slots__
    if name not in ("sign", "state", "conclusion", "overseer", "unit_side")
)


def _row(actor: Actor, row: Finding) -> FindingRow:
    return FindingRow(
        **{name: getattr(row, name) for name in _SAME},
        sign=Sign(row.sign),
        state=FindingState(row.state),
        conclusion=Conclusion(row.conclusion) if row.conclusion else None,
        overseer=oversees(actor, row.unit_id),
        unit_side=row.asked_at is not None and of_unit(actor, row.unit_id),
    )


# -- the counting: tallies, by day of receipt, whenever it was entered ---------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """Dossiers taken in by an officer of a unit for a procedure in a window."""

    unit_id: int
    officer_id: int
    procedure_code: str
    window: int
    value: int


_RECEIVED = """
SELECT t.unit_id, t.officer_id, t.procedure_code, w.no, sum(t.value)
FROM evaluation_reading r
CROSS JOIN unnest(%(nos)s::int[], %(firsts)s::date[], %(lasts)s::date[]) AS w(no, first, last)
JOIN evaluation_tally t ON t.generation = r.generation AND t.day BETWEEN w.first AND w.last
WHERE r.live AND t.measure = 'received' AND t.unit_id = ANY(%(units)s)
GROUP BY 1, 2, 3, 4
"""
_WEEKDAYS = """
SELECT extract(isodow FROM t.day)::int, sum(t.value)
FROM evaluation_reading r
JOIN evaluation_tally t ON t.generation = r.generation AND t.day BETWEEN %(first)s AND %(last)s
WHERE r.live AND t.measure = 'received' AND t.unit_id = ANY(%(units)s)
GROUP BY 1
"""
_ONLINE = """
SELECT t.unit_id, t.procedure_code, sum(t.value), coalesce(sum(t.value) FILTER (WHERE t.channel = 'online'), 0)
FROM evaluation_reading r
JOIN evaluation_tally t ON t.generation = r.generation AND t.day BETWEEN %(first)s AND %(last)s
WHERE r.live AND t.measure = 'received'
GROUP BY 1, 2
"""


def received(unit_ids: Collection[int], windows: Sequence[Window]) -> list[Received]:
    """
    Return what units took in by officer, procedure and window (one statement over the days' part of the tallies).

    A dossier counts on the day it was handed in: what was entered after an outage fills the days of the outage.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _RECEIVED,
            {
                "nos": [one.no for one in windows],
                "firsts": [one.first for one in windows],
                "lasts": [one.last for one in windows],
                "units": sorted(unit_ids),
            },
        )
        return [Received(*row) for row in cursor.fetchall()]


def by_weekday(unit_ids: Collection[int], first: date, last: date) -> dict[int, int]:
    """Return what units took in from `first` to `last` by ISO weekday (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_WEEKDAYS, {"first": first, "last": last, "units": sorted(unit_ids)})
        return {int(weekday): int(value) for weekday, value in cursor.fetchall()}


def online(first: date, last: date) -> list[tuple[int, str, int, int]]:
    """Return by unit and procedure what was taken in from `first` to `last`, and how much of it online."""
    with connection.cursor() as cursor:
        cursor.execute(_ONLINE, {"first": first, "last": last})
        return [(unit, code, int(value), int(own)) for unit, code, value, own in cursor.fetchall()]
