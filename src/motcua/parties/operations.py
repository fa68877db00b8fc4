"""Writing of persons, organisations, merges and accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.codes import normalise_phone, parse_personal_number, parse_tax_code
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.kernel.text import clean, fold
from motcua.parties import queries
from motcua.parties.models import Account, Household, Merge, Organisation, Party, Person
from motcua.parties.rules import NotMergeable as NotMergeable
from motcua.parties.rules import PartyKind
from motcua.platform import ledger, subjects
from motcua.platform.records import Counts, bring

Rows = Sequence[Mapping[str, Any]]
FILLED = ("id_number", "phone", "email", "birth_date")
"""What a merge takes over from the dropped record where the kept one has nothing."""


@transaction.atomic
def set_people(
    households: Rows, persons: Rows, organisations: Rows, contacts: Mapping[str, tuple[str, str]]
) -> dict[str, Counts]:
    """
    Bring households, persons (relatives and household by code), organisations (representative by code).

    `contacts` gives phone and e-mail by the code of a person or organisation.
    """
    counts = {"households": bring(Household, households)}
    homes = dict(Household.objects.values_list("code", "pk"))
    counts["persons"] = bring(
        Person,
        [
            {**row, "household_id": homes[row["household_id"]] if row["household_id"] else None}
            for row in persons
        ],
        own=("spouse_id", "father_id", "mother_id"),
    )
    people = dict(Person.objects.exclude(code=None).values_list("code", "pk"))
    counts["organisations"] = bring(
        Organisation,
        [
            {
                **row,
                "legal_representative_id": people[row["legal_representative_id"]]
                if row["legal_representative_id"]
                else None,
            }
            for row in organisations
        ],
    )
    firms = dict(Organisation.objects.exclude(code=None).values_list("code", "pk"))
    parties = [
        {
            "kind": PartyKind.PERSON.value,
            "person_id": people[row["code"]],
            "organisation_id": None,
            "display_name": row["full_name"],
            "folded": row["folded"],
            "id_number": row["personal_id"] or "",
            "birth_date": row["birth_date"],
            "phone": contacts[row["code"]][0],
            "email": contacts[row["code"]][1],
        }
        for row in persons
    ] + [
        {
            "kind": PartyKind.ORGANISATION.value,
            "person_id": None,
            "organisation_id": firms[row["code"]],
            "display_name": row["name"],
            "folded": row["folded"],
            "id_number": row["tax_code"] or "",
            "birth_date": None,
            "phone": contacts[row["code"]][0],
            "email": contacts[row["code"]][1],
        }
        for row in organisations
    ]
    counts["parties"] = bring(
        Party,
        parties,
        key=("person_id", "organisation_id"),
        once=("id_number", "birth_date", "phone", "email"),
    )
    return counts


@transaction.atomic
def set_accounts(accounts: Rows, password: str) -> dict[str, Counts]:
    """
    Bring accounts (party by personal number or tax code in `number`, or none); new ones get the encoded
    `password`.

    :raises KeyError: a number that belongs to no party; loaders check before.
    """
    numbers = [row["number"] for row in accounts if row["number"]]
    parties = dict(
        Party.objects.filter(id_number__in=numbers, merged_into=None).values_list("id_number", "pk")
    )
    counts = bring(
        Account,
        [
            {
                **{key: value for key, value in row.items() if key != "number"},
                "party_id": parties[row["number"]] if row["number"] else None,
            }
            for row in accounts
        ],
        key=("username",),
        once=("is_active",),
    )
    Account.objects.filter(username__in=[row["username"] for row in accounts], password="").update(
        password=password
    )
    return {"accounts": counts}


def _may_register(actor: Actor) -> None:
    if not queries.may_look_up(actor):
        raise Forbidden


@transaction.atomic
def register_person(
    *,
    actor: Actor,
    full_name: str,
    personal_id: str = "",
    birth_date: date | None = None,
    gender: str = "",
    phone: str = "",
    email: str = "",
    address: str = "",
    place_code: str = "",
) -> Party:
    """
    Enter a person at the counter who is not known yet; look at `queries.candidates` first.

    :raises Forbidden: the actor has no duty.
    :raises Invalid: a value cannot be taken, or the number is somebody's already.
    """
    _may_register(actor)
    errors: dict[str, str] = {}
    name = clean(full_name, field="full_name", single_line=True)
    if not name:
        errors["full_name"] = "Cần nhập họ tên."
    number = None
    if personal_id.strip():
        try:
            number = parse_personal_number(personal_id).number
        except Invalid as refusal:
            errors |= refusal.errors
    if phone.strip():
        try:
            phone = normalise_phone(phone)
        except Invalid as refusal:
            errors |= refusal.errors
    if errors:
        raise Invalid(errors=errors)
    if number and Person.objects.filter(personal_id=number).exists():
        raise Invalid(errors={"personal_id": "Số định danh này đã có trong hệ thống. Chọn người đó."})
    try:
        with transaction.atomic():
            person = Person.objects.create(
                personal_id=number,
                full_name=name,
                folded=fold(name),
                birth_date=birth_date,
                gender=gender,
                address=clean(address, field="address", single_line=True),
                place_code=place_code,
            )
    except IntegrityError as race:
        raise Invalid(errors={"personal_id": "Số định danh này vừa được nhập. Chọn người đó."}) from race
    return Party.objects.create(
        kind=PartyKind.PERSON,
        person=person,
        display_name=name,
        folded=person.folded,
        id_number=number or "",
        birth_date=birth_date,
        phone=phone.strip(),
        email=clean(email, field="email", single_line=True),
    )


@transaction.atomic
def register_organisation(
    *,
    actor: Actor,
    name: str,
    tax_code: str = "",
    phone: str = "",
    email: str = "",
    address: str = "",
    place_code: str = "",
) -> Party:
    """
    Enter an organisation at the counter that is not known yet.

    :raises Forbidden: the actor has no duty.
    :raises Invalid: no name, a malformed tax code, or one that is known already.
    """
    _may_register(actor)
    title = clean(name, field="name", single_line=True)
    if not title:
        raise Invalid(errors={"name": "Cần nhập tên tổ chức."})
    number = parse_tax_code(tax_code).code if tax_code.strip() else None
    if number and Organisation.objects.filter(tax_code=number).exists():
        raise Invalid(errors={"tax_code": "Mã số thuế này đã có trong hệ thống. Chọn tổ chức đó."})
    firm = Organisation.objects.create(
        tax_code=number,
        name=title,
        folded=fold(title),
        address=clean(address, field="address", single_line=True),
        place_code=place_code,
    )
    return Party.objects.create(
        kind=PartyKind.ORGANISATION,
        organisation=firm,
        display_name=title,
        folded=firm.folded,
        id_number=number or "",
        phone=normalise_phone(phone) if phone.strip() else "",
        email=clean(email, field="email", single_line=True),
    )


@transaction.atomic
def set_contact(*, actor: Actor, party_id: int, phone: str, email: str) -> Party:
    """
    Change phone and e-mail of a party; citizens their own only.

    :raises NotFound: not there, or not the actor's.
    :raises Invalid: a malformed phone.
    """
    if not queries.may_look_up(actor) and (actor.kind is not ActorKind.CITIZEN or actor.party_id != party_id):
        raise NotFound
    party = Party.objects.select_for_update(no_key=True).filter(pk=party_id).first()
    if party is None:
        raise NotFound
    party.phone = normalise_phone(phone) if phone.strip() else ""
    party.email = clean(email, field="email", single_line=True)
    party.save(update_fields=["phone", "email"])
    return party


@transaction.atomic
def merge(*, actor: Actor, keep: int, drop: int, at: datetime, reason: str = "") -> Merge:
    """
    Make two records of one party one: `drop` points to `keep` and vanishes from searches; can be undone.

    What the kept record lacks (number, birth date, phone, e-mail) it takes from the other. Dossiers keep
    the record
    they name; `queries.same_as` finds them all.

    :raises Forbidden: the actor has no duty.
    :raises NotFound: one of the records is not there.
    :raises NotMergeable: different kinds, both with numbers that differ, or one was merged already.
    """
    _may_register(actor)
    rows = {
        row.pk: row
        for row in Party.objects.select_for_update(no_key=True).filter(pk__in=(keep, drop)).order_by("pk")
    }
    if len(rows) != 2:
        raise NotFound
    kept, dropped = rows[keep], rows[drop]
    if kept.merged_into_id or dropped.merged_into_id:
        raise NotMergeable("Một trong hai bản ghi đã được gộp trước đó. Tải lại trang.")
    if Party.objects.filter(merged_into=dropped).exists():
        raise NotMergeable("Bản ghi bỏ đi đang giữ một bản ghi khác đã gộp. Gộp theo chiều ngược lại.")
    if kept.kind != dropped.kind:
        raise NotMergeable("Không gộp cá nhân với tổ chức.")
    if kept.id_number and dropped.id_number and kept.id_number != dropped.id_number:
        raise NotMergeable("Hai bản ghi có số định danh khác nhau nên không phải một người.")
    before = {name: _plain(getattr(kept, name)) for name in FILLED}
    filled = [name for name in FILLED if not getattr(kept, name) and getattr(dropped, name)]
    for name in filled:
        setattr(kept, name, getattr(dropped, name))
    if filled:
        kept.save(update_fields=filled)
    dropped.merged_into = kept
    dropped.save(update_fields=["merged_into"])
    subject = subjects.new()
    entry = ledger.append(
        subject=subject,
        seq=0,
        prev=ledger.START,
        act="parties.merge",
        actor=actor,
        duty=actor.duties[0] if actor.duties else None,
        at=at,
        facts=_facts(actor),
        payload={"kept": keep, "dropped": drop, "filled": filled},
        personal={"reason": reason} if reason else None,
    )
    return Merge.objects.create(
        kept=kept,
        dropped=dropped,
        reason=reason[:300],
        before={name: before[name] for name in filled},
        subject=subject,
        head_seq=entry.seq,
        head_hash=entry.hash,
        merged_at=at,
        merged_by=actor.account_id,
    )


@transaction.atomic
def undo_merge(*, actor: Actor, merge_id: int, at: datetime) -> Merge:
    """
    Take a merge back: the dropped record is searchable again, what it filled in is emptied if still the same.

    :raises Forbidden: the actor has no duty.
    :raises NotFound: no such merge.
    :raises NotMergeable: it was undone already.
    """
    _may_register(actor)
    found = Merge.objects.select_for_update(no_key=True).filter(pk=merge_id).first()
    if found is None:
        raise NotFound
    if found.undone_at is not None:
        raise NotMergeable("Việc gộp này đã được hoàn tác trước đó.")
    rows = {
        row.pk: row
        for row in Party.objects.select_for_update(no_key=True)
        .filter(pk__in=(found.kept_id, found.dropped_id))
        .order_by("pk")
    }
    kept, dropped = rows[found.kept_id], rows[found.dropped_id]
    emptied = [name for name in found.before if getattr(kept, name) == getattr(dropped, name)]
    for name in emptied:
        setattr(kept, name, found.before[name])
    if emptied:
        kept.save(update_fields=emptied)
    dropped.merged_into = None
    dropped.save(update_fields=["merged_into"])
    entry = ledger.append(
        subject=found.subject,
        seq=found.head_seq,
        prev=bytes(found.head_hash),
        act="parties.undo_merge",
        actor=actor,
        duty=actor.duties[0] if actor.duties else None,
        at=at,
        facts=_facts(actor),
        payload={"kept": found.kept_id, "dropped": found.dropped_id, "emptied": emptied},
    )
    found.head_seq, found.head_hash = entry.seq, entry.hash
    found.undone_at, found.undone_by = at, actor.account_id
    found.save(update_fields=["head_seq", "head_hash", "undone_at", "undone_by"])
    return found


def _facts(actor: Actor) -> ledger.Facts:
    duty = actor.duties[0] if actor.duties else None
    return ledger.Facts(
        agency_id=duty.agency_id if duty else None,
        unit_id=duty.unit_id if duty else None,
        officer_id=actor.staff_id,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@transaction.atomic
def name_owner(
    *,
    actor: Actor,
    kind: str,
    number: str,
    name: str,
    birth_date: date | None = None,
    phone: str = "",
) -> Party:
    """
    Return the party for whom a citizen files: the one with the number, if the name fits, else a new one.

    It tells nothing about the party beyond what the citizen typed: a number with another name is refused in
    words
    that do not say whose it is.

    :raises Forbidden: the actor is no citizen.
    :raises Invalid: number, name or phone cannot be taken; `errors` name number, name, phone.
    """
    if actor.kind is not ActorKind.CITIZEN:
        raise Forbidden
    errors: dict[str, str] = {}
    title = clean(name, field="name", single_line=True)
    if not title:
        errors["name"] = "Cần nhập tên chủ hồ sơ."
    wanted = ""
    try:
        is_person = kind == PartyKind.PERSON
        wanted = parse_personal_number(number).number if is_person else parse_tax_code(number).code
    except Invalid as refusal:
        errors["number"] = refusal.message
    try:
        phone = normalise_phone(phone) if phone.strip() else ""
    except Invalid as refusal:
        errors["phone"] = refusal.message
    if errors:
        raise Invalid(errors=errors)
    found = Party.objects.filter(id_number=wanted, kind=kind, merged_into=None).first()
    if found is not None:
        if found.folded != fold(title):
            raise Invalid(errors={"name": "Số và tên chủ hồ sơ không khớp nhau. Kiểm tra lại trên giấy tờ."})
        return found
    values: dict[str, Any] = {"kind": kind, "display_name": title, "folded": fold(title), "id_number": wanted}
    if is_person:
        person = Person.objects.create(
            personal_id=wanted, full_name=title, folded=fold(title), birth_date=birth_date
        )
        return Party.objects.create(**values, person=person, birth_date=birth_date, phone=phone)
    firm = Organisation.objects.create(tax_code=wanted, name=title, folded=fold(title))
    return Party.objects.create(**values, organisation=firm, phone=phone)
