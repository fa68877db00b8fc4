"""Reading of persons, organisations and accounts. Staff need a duty in force; citizens see themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Collate

from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.codes import digits_of
from motcua.kernel.errors import NotFound
from motcua.kernel.text import fold, tokens
from motcua.parties.models import Account, Merge, Organisation, Party, Person
from motcua.parties.rules import AccountKind, Likeness, PartyKind, likeness, mask, mask_phone


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party in a list; numbers are whole here, pages show `masked_number` until the whole is needed."""

    id: int
    kind: str
    display_name: str
    id_number: str
    birth_date: date | None
    phone: str
    email: str
    address: str
    place_code: str

    @property
    def masked_number(self) -> str:
        """Return the number as lists show it: 030•••••5247."""
        return mask(self.id_number)

    @property
    def masked_phone(self) -> str:
        """Return the phone as lists show it."""
        return mask_phone(self.phone)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the same party, and why."""

    party: PartyRow
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that the demo's sign-in page lists."""

    id: int
    username: str
    display_name: str
    party_id: int | None


_COLUMNS = (
    "id", "kind", "display_name", "id_number", "birth_date", "phone", "email", "person__address",
    "person__place_code", "organisation__address", "organisation__place_code",
)  # fmt: skip


COMMON = 1000
"""So many parties are looked at for words that stand in the middle of a name; half a province is called Thị."""


def _row(values: Mapping[str, Any]) -> PartyRow:
    return PartyRow(
        id=values["id"],
        kind=values["kind"],
        display_name=values["display_name"],
        id_number=values["id_number"],
        birth_date=values["birth_date"],
        phone=values["phone"],
        email=values["email"],
        address=values["person__address"] or values["organisation__address"] or "",
        place_code=values["person__place_code"] or values["organisation__place_code"] or "",
    )


def may_look_up(actor: Actor) -> bool:
    """Tell whether the actor may look people up: staff with some duty in force, and the system itself."""
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and bool(actor.duties))


def search(actor: Actor, text: str, *, limit: int = 20) -> list[PartyRow]:
    """
    Return parties by personal number, tax code or phone (their beginning, from four digits) or by name.

    Names match with or without diacritics: those that begin with the text come first, then those in which each
    word begins a word (of very common words, some of them). An actor who may not look people up gets nothing.
    """
    digits = digits_of(text.strip())
    rows = Party.objects.filter(merged_into=None)
    if not may_look_up(actor):
        return []
    if digits.replace("-", "").isascii() and digits.replace("-", "").isdigit():
        if len(digits) < 4:
            return []
        rows = rows.filter(Q(id_number__startswith=digits) | Q(phone__startswith=digits))
        return [_row(values) for values in rows.order_by("folded", "id").values(*_COLUMNS)[:limit]]
    words = tokens(fold(text)[:100])
    if not words:
        return []
    # The index of names in byte order gives the first names of a common beginning at once; only what it leaves
    # open is looked for inside the names.
    rows = rows.alias(in_order=Collate("folded", "C")).order_by("in_order", "id")
    beginning = " ".join(words)
    found = list(rows.filter(in_order__startswith=beginning).values(*_COLUMNS)[:limit])
    if len(found) < limit:
        inside = Party.objects.filter(merged_into=None).exclude(folded__startswith=beginning)
        for word in words:
            inside = inside.filter(Q(folded__startswith=word) | Q(folded__contains=f" {word}"))
        some = rows.filter(pk__in=inside.values("pk")[:COMMON])
        found += some.values(*_COLUMNS)[: limit - len(found)]
    return [_row(values) for values in found]


def by_number(actor: Actor, number: str) -> PartyRow | None:
    """Return the party with exactly this personal number or tax code, or None (also for who may not look)."""
    wanted = digits_of(number.strip())
    if not wanted or not may_look_up(actor):
        return None
    values = Party.objects.filter(merged_into=None, id_number=wanted).values(*_COLUMNS).first()
    return _row(values) if values else None


def party(actor: Actor, party_id: int) -> PartyRow:
    """
    Return a party; a merged record gives the one it went into.

    :raises NotFound: it is not there, or the actor is neither the party nor staff with a duty.
    """
    if not may_look_up(actor) and actor.party_id != party_id:
        raise NotFound
    values = Party.objects.filter(pk=party_id).values(*_COLUMNS, "merged_into_id").first()
    if values is None:
        raise NotFound
    if values["merged_into_id"] is not None:
        values = Party.objects.filter(pk=values["merged_into_id"]).values(*_COLUMNS).get()
    return _row(values)


def candidates(
    actor: Actor,
    *,
    id_number: str = "",
    name: str = "",
    birth_date: date | None = None,
    phone: str = "",
    but: int | None = None,
) -> list[Candidate]:
    """
    Return the records that may be the person described: same number, or same folded name and birth date.
    """
    if not may_look_up(actor):
        return []
    number, folded = digits_of(id_number.strip()), fold(name)
    like = Q(pk=None)
    if number:
        like |= Q(id_number=number)
    if folded and birth_date:
        like |= Q(folded=folded, birth_date=birth_date)
    found: list[Candidate] = []
    for values in (
        Party.objects.filter(like, merged_into=None)
        .exclude(pk=but or 0)
        .order_by("id")
        .values(*_COLUMNS, "folded")[:20]
    ):
        why = likeness(
            id_number=number,
            folded=folded,
            birth_date=birth_date,
            phone=phone,
            other_number=values["id_number"],
            other_folded=values["folded"],
            other_birth_date=values["birth_date"],
            other_phone=values["phone"],
        )
        if why is not None:
            found.append(Candidate(_row(values), why))
    return sorted(found, key=lambda one: (not one.likeness.sure, one.party.id))


def same_as(party_id: int) -> frozenset[int]:
    """Return the numbers of all records that are this party: itself and what was merged into it."""
    return frozenset({party_id, *Party.objects.filter(merged_into_id=party_id).values_list("pk", flat=True)})


def known(actor: Actor, party_id: int) -> dict[str, Any]:
    """
    Return what the databases know of a party, by '<database>.<field>', for filling in forms beforehand.

    For a person also the first organisation they represent. Two or three statements.

    :raises NotFound: no such party, or the actor is neither the party nor staff with a duty.
    """
    if not may_look_up(actor) and actor.party_id != party_id:
        raise NotFound
    found = (
        Party.objects.select_related(
            "person__father", "person__mother", "person__spouse", "person__household",
            "organisation__legal_representative",
        )
        .filter(pk=party_id)
        .first()
    )  # fmt: skip
    if found is None:
        raise NotFound
    values: dict[str, Any] = {"one_stop.phone": found.phone, "one_stop.email": found.email}
    firm = found.organisation
    if found.person is not None:
        values |= _known_person(found.person)
        firm = (
            Organisation.objects.select_related("legal_representative")
            .filter(legal_representative=found.person)
            .order_by("id")
            .first()
        )
    elif firm is not None and firm.legal_representative is not None:
        values |= _known_person(firm.legal_representative)
    if firm is not None:
        values |= _known_firm(firm)
    return {key: value for key, value in values.items() if value not in (None, "", [])}


def _known_person(person: Person) -> dict[str, Any]:
    values: dict[str, Any] = {
        "population.personal_id": person.personal_id,
        "population.full_name": person.full_name,
        "population.birth_date": person.birth_date.isoformat() if person.birth_date else None,
        "population.gender": person.gender,
        "population.ethnicity": person.ethnicity,
        "population.religion": person.religion,
        "population.nationality": person.nationality,
        "population.permanent_address": person.address,
        "population.current_address": person.address,
        "population.marital_status": person.marital_status,
        "population.relation_to_head": person.relation_to_head,
        "population.old_id_number": person.old_id_number,
        "one_stop.contact_address": person.address,
        "insurance.social_insurance_no": person.social_insurance_no,
        "tax.personal_tax_code": person.personal_id,
    }
    for name, relative in (("father", person.father), ("mother", person.mother), ("spouse", person.spouse)):
        if relative is not None:
            values[f"population.{name}_name"] = relative.full_name
            values[f"population.{name}_id"] = relative.personal_id
            values[f"population.{name}_birth_date"] = _day(relative.birth_date)
            values[f"population.{name}_address"] = relative.address
    values |= _parents_of_a_child(person)
    if person.household is not None:
        members = list(Person.objects.filter(household=person.household, deceased=False).order_by("id"))
        values["social_protection.poverty_status"] = person.household.poverty_status
        values["population.household_members"] = [
            {
                "name": member.full_name,
                "full_name": member.full_name,
                "birth_date": member.birth_date.isoformat() if member.birth_date else None,
                "personal_id": member.personal_id,
                "relation": member.relation_to_head,
            }
            for member in members
        ]
        heads = [member.full_name for member in members if member.relation_to_head == "chu_ho"]
        values["population.household_head"] = heads[0] if heads else None
    return values


def _parents_of_a_child(person: Person) -> dict[str, Any]:
    """
    Return mother and father of a child whose parent this person is: they themselves and their spouse.

    A guess for whoever files for a child of their own; the form is read again before it is sent.
    """
    own, other = {"nu": ("mother", "father"), "nam": ("father", "mother")}.get(person.gender, ("", ""))
    values: dict[str, Any] = {}
    for role, parent in ((own, person), (other, person.spouse)):
        if role and parent is not None:
            values[f"population.child_{role}_name"] = parent.full_name
            values[f"population.child_{role}_id"] = parent.personal_id
            values[f"population.child_{role}_birth_date"] = _day(parent.birth_date)
            values[f"population.child_{role}_address"] = parent.address
    if own:
        values["population.child_relation"] = {"mother": "Mẹ", "father": "Cha"}[own]
    return values


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _known_firm(firm: Organisation) -> dict[str, Any]:
    head = firm.legal_representative
    return {
        "business.tax_code": firm.tax_code,
        "business.name": firm.name,
        "business.type": firm.kind,
        "business.address": firm.address,
        "business.charter_capital": firm.charter_capital,
        "business.established_date": firm.established_on.isoformat() if firm.established_on else None,
        "business.status": firm.status,
        "business.legal_rep_name": head.full_name if head else None,
        "business.legal_rep_id": head.personal_id if head else None,
    }


def groups(actor: Actor, party_id: int) -> list[str]:
    """
    Return the care and exemption groups of a person (poor household, disabled …), for fees; none if not
    allowed.
    """
    if not may_look_up(actor) and actor.party_id != party_id:
        return []
    found = Person.objects.filter(party__pk=party_id).values_list("groups", flat=True).first()
    return list(found or [])


def account(account_id: int) -> Account:
    """
    Return an account that may sign in.

    :raises NotFound: it is not there or is closed.
    """
    found = Account.objects.filter(pk=account_id, is_active=True).first()
    if found is None:
        raise NotFound("Tài khoản không tồn tại hoặc đã bị khóa.")
    return found


def account_for_sign_in(username: str, kind: AccountKind) -> Account | None:
    """
    Return the open account of a kind by user name, for checking a password; None if there is none.

    Citizens may give their personal number instead.
    """
    wanted = username.strip()
    open_ones = Account.objects.filter(kind=kind, is_active=True)
    found = open_ones.filter(username=wanted).first()
    number = digits_of(wanted)
    if found is None and kind is AccountKind.CITIZEN and len(number) == 12 and number.isdigit():
        found = open_ones.filter(party__id_number=number).order_by("id").first()
    return found


def demo_citizens(limit: int = 30) -> list[DemoAccount]:
    """Return citizen accounts for the demo's sign-in page."""
    return [
        DemoAccount(*row)
        for row in Account.objects.filter(demo=True, kind=AccountKind.CITIZEN, is_active=True)
        .order_by("id")
        .values_list("id", "username", "display_name", "party_id")[:limit]
    ]


def party_kind(party_id: int) -> PartyKind | None:
    """Return what a party is, or None when there is no such party; tells nothing about who it is."""
    found = Party.objects.filter(pk=party_id).values_list("kind", flat=True).first()
    return PartyKind(found) if found else None


def represented(actor: Actor) -> list[PartyRow]:
    """
    Return the organisations that a citizen stands for by law, for filing in their name; nobody else has
    any.
    """
    if actor.kind is not ActorKind.CITIZEN or actor.party_id is None:
        return []
    rows = Party.objects.filter(
        organisation__legal_representative__party__pk=actor.party_id, merged_into=None
    ).order_by("folded", "id")
    return [_row(values) for values in rows.values(*_COLUMNS)[:50]]


def rows(actor: Actor, party_ids: Collection[int]) -> dict[int, PartyRow]:
    """
    Return parties by id (one statement), for who may look people up, else only the actor's own.

    :raises NotFound: one of them is not there, or not for this actor.
    """
    wanted = set(party_ids)
    if not may_look_up(actor) and wanted != {actor.party_id}:
        raise NotFound
    found = {values["id"]: _row(values) for values in Party.objects.filter(pk__in=wanted).values(*_COLUMNS)}
    if set(found) != wanted:
        raise NotFound("Không tìm thấy người hoặc tổ chức này.")
    return found


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge of two records of one party; the kept one is the party asked about."""

    id: int
    dropped: PartyRow
    reason: str
    merged_at: datetime
    undone_at: datetime | None


def merges(actor: Actor, party_id: int) -> list[MergeRow]:
    """Return what was merged into a party, newest first, also merges taken back; none to who may not look."""
    if not may_look_up(actor):
        return []
    found = list(Merge.objects.filter(kept_id=party_id).order_by("-id")[:20])
    dropped = {
        values["id"]: _row(values)
        for values in Party.objects.filter(pk__in=[row.dropped_id for row in found]).values(*_COLUMNS)
    }
    return [
        MergeRow(row.pk, dropped[row.dropped_id], row.reason, row.merged_at, row.undone_at) for row in found
    ]
