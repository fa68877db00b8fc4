"""Searching, entering, merging and taking back."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from motcua.kernel.actor import ANONYMOUS, Actor, ActorKind
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.parties import operations, queries
from motcua.parties.models import Account, Merge, Party
from motcua.parties.rules import AccountKind
from motcua.parties.tests.factories import CLERK, IDLE, person

pytestmark = pytest.mark.django_db
AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)


def entries(subject: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT act FROM platform_ledgerentry WHERE subject = %s ORDER BY seq", [subject])
        return [act for (act,) in cursor.fetchall()]


def test_search_by_name_number_and_phone() -> None:
    hoa = person("Đỗ Thị Hoà", "030190000001", phone="0900000001")
    person("Trần Văn Bình", "030090000002")
    for text in ("do thi hoa", "Hòa Đỗ", "030190000001", "0301900", "0900 000 001"):
        assert [row.id for row in queries.search(CLERK, text)] == [hoa.pk], text
    assert queries.search(CLERK, "03") == []
    assert queries.search(CLERK, "%") == []
    found = queries.by_number(CLERK, "030190000001")
    assert found is not None and found.masked_number == "030•••••0001"


def test_names_that_begin_with_the_text_come_first() -> None:
    for number, name in enumerate(("Bùi Thị An", "An Thị Bình", "Trần Văn Thanh", "Lý An")):
        person(name, f"03019000000{number}")
    assert [row.display_name for row in queries.search(CLERK, "an")] == ["An Thị Bình", "Bùi Thị An", "Lý An"]
    assert [row.display_name for row in queries.search(CLERK, "thi bi")] == ["An Thị Bình"]
    assert queries.search(CLERK, "anh") == []


@pytest.mark.parametrize("actor", [ANONYMOUS, IDLE, Actor(ActorKind.CITIZEN, 5, party_id=0)])
def test_without_duty_nobody_is_found(actor: Actor) -> None:
    one = person("Đỗ Thị Hoà", "030190000001")
    assert queries.search(actor, "hoa") == []
    assert queries.by_number(actor, "030190000001") is None
    assert queries.candidates(actor, id_number="030190000001") == []
    assert queries.groups(actor, one.pk) == []
    for read in (queries.party, queries.known):
        with pytest.raises(NotFound):
            read(actor, one.pk)


def test_citizens_see_themselves() -> None:
    one = person("Đỗ Thị Hoà", "030190000001", phone="0900000001")
    self = Actor(ActorKind.CITIZEN, 5, party_id=one.pk)
    assert queries.party(self, one.pk).display_name == "Đỗ Thị Hoà"
    known = queries.known(self, one.pk)
    assert known["population.personal_id"] == "030190000001"
    assert known["population.birth_date"] == "1990-05-01"
    assert known["one_stop.phone"] == "0900000001"


def test_parents_of_a_child_are_the_person_and_their_spouse() -> None:
    mother, father = person("Đỗ Thị Hoà", "030190000001"), person("Lê Văn An", "030090000002")
    assert mother.person is not None and father.person is not None
    for row, gender, spouse in ((mother.person, "nu", father.person), (father.person, "nam", mother.person)):
        row.gender, row.spouse = gender, spouse
        row.save()
    expected = {"mother": "Đỗ Thị Hoà", "father": "Lê Văn An"}
    for one in (mother, father):
        known = queries.known(CLERK, one.pk)
        assert {role: known[f"population.child_{role}_name"] for role in expected} == expected
    father.person.gender, father.person.spouse = "", None
    father.person.save()
    assert not [name for name in queries.known(CLERK, father.pk) if "child_" in name]


def test_candidates_tell_why() -> None:
    one = person("Đỗ Thị Hoà", "030190000001")
    two = person("Đỗ Thị Hòa")
    found = queries.candidates(
        CLERK, id_number="030190000001", name="do thi hoa", birth_date=date(1990, 5, 1)
    )
    assert [(item.party.id, item.likeness.sure) for item in found] == [(one.pk, True), (two.pk, False)]


def test_merge_and_undo() -> None:
    keep, drop = person("Đỗ Thị Hoà", "030190000001"), person("Đỗ Thị Hòa", phone="0900000001")
    merged = operations.merge(actor=CLERK, keep=keep.pk, drop=drop.pk, at=AT, reason="Cùng một người")
    keep.refresh_from_db()
    assert keep.phone == "0900000001"
    assert [row.id for row in queries.search(CLERK, "hoa")] == [keep.pk]
    assert queries.party(CLERK, drop.pk).id == keep.pk
    assert queries.same_as(keep.pk) == {keep.pk, drop.pk}
    assert entries(merged.subject) == ["parties.merge"]
    operations.undo_merge(actor=CLERK, merge_id=merged.pk, at=AT)
    keep.refresh_from_db()
    assert keep.phone == ""
    assert {row.id for row in queries.search(CLERK, "hoa")} == {keep.pk, drop.pk}
    assert entries(merged.subject) == ["parties.merge", "parties.undo_merge"]
    with pytest.raises(operations.NotMergeable):
        operations.undo_merge(actor=CLERK, merge_id=merged.pk, at=AT)


def test_what_cannot_be_merged_leaves_no_trace() -> None:
    one, other = person("Đỗ Thị Hoà", "030190000001"), person("Đỗ Thị Hòa", "030190000002")
    with pytest.raises(operations.NotMergeable):
        operations.merge(actor=CLERK, keep=one.pk, drop=other.pk, at=AT)
    with pytest.raises(NotFound):
        operations.merge(actor=CLERK, keep=one.pk, drop=one.pk, at=AT)
    with pytest.raises(Forbidden):
        operations.merge(actor=IDLE, keep=one.pk, drop=other.pk, at=AT)
    assert not Merge.objects.exists()
    assert not Party.objects.exclude(merged_into=None).exists()


def test_entering_a_person() -> None:
    party = operations.register_person(
        actor=CLERK, full_name=" Đỗ  Thị Hoà ", personal_id="030190000001", phone="+84 900 000 001"
    )
    assert (party.display_name, party.phone) == ("Đỗ Thị Hoà", "0900000001")
    with pytest.raises(Invalid) as again:
        operations.register_person(actor=CLERK, full_name="Ai đó", personal_id="030190000001")
    assert "personal_id" in again.value.errors
    with pytest.raises(Invalid) as bad:
        operations.register_person(actor=CLERK, full_name="", personal_id="12", phone="x")
    assert set(bad.value.errors) == {"full_name", "personal_id", "phone"}
    with pytest.raises(Forbidden):
        operations.register_person(actor=IDLE, full_name="Ai đó")


def test_entering_an_organisation() -> None:
    party = operations.register_organisation(actor=CLERK, name="Công ty Thử", tax_code="0100109106")
    assert party.id_number == "0100109106"
    with pytest.raises(Invalid):
        operations.register_organisation(actor=CLERK, name="Công ty Khác", tax_code="0100109106")


def test_contact_is_changed_by_its_owner_only() -> None:
    one = person("Đỗ Thị Hoà", "030190000001")
    owner, stranger = (
        Actor(ActorKind.CITIZEN, 5, party_id=one.pk),
        Actor(ActorKind.CITIZEN, 6, party_id=one.pk + 1),
    )
    assert (
        operations.set_contact(actor=owner, party_id=one.pk, phone="0900000009", email="").phone
        == "0900000009"
    )
    with pytest.raises(NotFound):
        operations.set_contact(actor=stranger, party_id=one.pk, phone="", email="")


def test_citizens_sign_in_by_name_or_number() -> None:
    one = person("Đỗ Thị Hoà", "030190000001")
    account = Account.objects.create(username="P1", kind=AccountKind.CITIZEN, party=one)
    for name in ("P1", "030190000001", " 0301 9000 0001 "):
        found = queries.account_for_sign_in(name, AccountKind.CITIZEN)
        assert found is not None and found.pk == account.pk
    assert queries.account_for_sign_in("P1", AccountKind.STAFF) is None
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert queries.account_for_sign_in("P1", AccountKind.CITIZEN) is None
