"""Reading of guidance given at counters: what a person was told before, and how much a unit gave on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from motcua.documents.queries import DocumentRow
from motcua.dossiers.hardship import TRIPS
from motcua.dossiers.homes import Home
from motcua.dossiers.models import Guidance
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.errors import NotFound
from motcua.parties import queries as parties
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Told:
    """A guidance: what was lacking, where to go, on which trip, by whom."""

    subject: int
    party_id: int
    procedure_code: str
    unit_id: int
    officer_id: int | None
    trip: int
    items: list[dict[str, Any]]
    where: str
    at: datetime
    document_id: int | None

    @property
    def too_many(self) -> bool:
        """Tell whether it was a trip more than the law knows."""
        return self.trip > TRIPS


def of_person(actor: Actor, party_id: int, procedure_code: str = "") -> list[Told]:
    """
    Return what a person was told at any counter, newest first, about one procedure or all: for who receives people.

    Nothing for whoever may not look people up.
    """
    if actor.kind is not ActorKind.STAFF or not parties.may_look_up(actor):
        return []
    found = Guidance.objects.filter(party_id=party_id)
    if procedure_code:
        found = found.filter(procedure_code=procedure_code)
    return [Told(*row) for row in found.order_by("-at").values_list(*Told.__slots__)[:20]]


def of_day(actor: Actor, unit_id: int, on: date) -> list[Told]:
    """Return the guidance a unit gave on a local day, newest first: for who may see the unit."""
    if not access.sees_everything(actor) and unit_id not in actor.unit_ids:
        return []
    found = Guidance.objects.filter(unit_id=unit_id, on=on).order_by("-at")
    return [Told(*row) for row in found.values_list(*Told.__slots__)[:200]]


def one(actor: Actor, subject: int) -> Told:
    """
    Return a guidance by its number.

    :raises NotFound: there is none, or the actor may not see it.
    """
    row = Guidance.objects.filter(subject=subject).values_list(*Told.__slots__).first()
    if row is None or not access.sees(actor, subject):
        raise NotFound
    return Told(*row)


def home(actor: Actor, row: DocumentRow) -> Home:
    """
    Return the guidance a slip belongs to, with the officer who signs it.

    :raises NotFound: it is the slip of none, or the actor may not see it.
    """
    told = one(actor, row.subject or 0) if actor.kind is ActorKind.STAFF else None
    if told is None or told.document_id != row.id:
        raise NotFound
    return Home(told.subject, told.officer_id)
