"""Parties and actors for tests of this room and the rooms above."""

from __future__ import annotations

from datetime import date

from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.text import fold
from motcua.parties.models import Party, Person
from motcua.parties.rules import PartyKind

CLERK = Actor(
    ActorKind.STAFF,
    11,
    "Cán bộ Một cửa",
    staff_id=7,
    duties=(DutyRef(1, 2, 3, Role.ONE_STOP_OFFICER),),
    unit_ids=frozenset({2}),
)
IDLE = Actor(ActorKind.STAFF, 12, "Không có nhiệm vụ", staff_id=8)


def person(
    full_name: str,
    number: str | None = None,
    *,
    birth_date: date | None = date(1990, 5, 1),
    phone: str = "",
    email: str = "",
) -> Party:
    """Make a person with their party."""
    row = Person.objects.create(
        personal_id=number, full_name=full_name, folded=fold(full_name), birth_date=birth_date
    )
    return Party.objects.create(
        kind=PartyKind.PERSON,
        person=row,
        display_name=full_name,
        folded=row.folded,
        id_number=number or "",
        birth_date=birth_date,
        phone=phone,
        email=email,
    )
