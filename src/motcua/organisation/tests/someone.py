"""Somebody somewhere: a unit, an account, a party, an officer with a duty; for tests of every room above."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.organisation.models import Agency, Unit
from motcua.parties.models import Account, Party, Person

_count = itertools.count(1)


def unit() -> Unit:
    """Return a new agency's root unit."""
    no = next(_count)
    common: dict[str, Any] = {
        "code": f"T.{no}",
        "name": f"Ủy ban nhân dân phường số {no}",
        "short_name": f"UBND phường số {no}",
        "folded": f"uy ban nhan dan phuong so {no}",
        "kind": "test",
        "tier": "commune",
        "valid_from": date(2021, 1, 1),
        "certainty": "high",
    }
    agency = Agency.objects.create(**common, id_code_certainty="high", area_class="urban")
    return Unit.objects.create(**common, agency=agency, is_root=True)


def account(kind: str = "staff") -> Account:
    """Return a new account."""
    return Account.objects.create(username=f"account-{next(_count)}", kind=kind)


def party() -> Party:
    """Return a new person as party."""
    no = next(_count)
    person = Person.objects.create(
        personal_id=f"{990000000000 + no}", full_name="Vũ Đức Đại", folded="vu duc dai"
    )
    return Party.objects.create(
        kind="person",
        person=person,
        display_name=person.full_name,
        folded=person.folded,
        id_number=person.personal_id or "",
    )


def officer(at: Unit, role: Role = Role.ONE_STOP_OFFICER) -> Actor:
    """Return an officer with one duty at the unit."""
    login = account()
    return Actor(
        kind=ActorKind.STAFF,
        account_id=login.pk,
        name="Phạm Thị Hồng Thắm",
        duties=(DutyRef(id=1, unit_id=at.pk, agency_id=at.agency_id, role=role),),
        unit_ids=frozenset({at.pk}),
    )


def citizen(of: Party | None = None) -> Actor:
    """Return a citizen, signed in for their own party."""
    return Actor(kind=ActorKind.CITIZEN, account_id=account("citizen").pk, party_id=of.pk if of else None)


#: Staff whose duties have all ended.
IDLE = Actor(kind=ActorKind.STAFF, account_id=-1)
