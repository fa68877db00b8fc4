"""Depositing, matching, reusing and ending holdings on a real server."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from motcua.documents import operations as documents
from motcua.documents.tests.test_rules import PDF
from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from motcua.kernel.errors import NotFound
from motcua.organisation.models import Unit
from motcua.organisation.tests import someone
from motcua.parties.models import Party
from motcua.platform import access, subjects
from motcua.repository import operations, queries
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.operations import NotReusable
from motcua.repository.rules import Certainty, Handed, HoldingState, Result

AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)
DAY = date(2023, 10, 2)
MARITAL = Result(
    type_code="KQ-HT-05",
    paper_type="GT-HT-06",
    title="Giấy xác nhận tình trạng hôn nhân",
    number="15/XN-UBND",
    issuer="Ủy ban nhân dân phường Tân Dân",
    issued_on=date(2023, 9, 1),
    valid_to=date(2024, 3, 1),
)


@pytest.fixture
def unit() -> Unit:
    return someone.unit()


@pytest.fixture
def officer(unit: Unit) -> Actor:
    return someone.officer(unit)


@pytest.fixture
def owner() -> Party:
    return someone.party()


def deposited(owner: Party, unit: Unit, result: Result = MARITAL) -> Holding:
    """Return a result in the owner's repository, from a subject that the unit may see."""
    subject = subjects.new()
    access.grant(subject, units=[unit.pk], scope="handling")
    (holding,) = operations.deposit_result(
        owners={owner.pk: owner.id_number}, result=result, document_id=None, source_subject=subject, at=AT
    )
    return holding


@pytest.mark.django_db
class TestDeposit:
    def test_a_result_for_both_spouses_is_one_statement(self, unit: Unit, owner: Party) -> None:
        other = someone.party()
        with CaptureQueriesContext(connection) as statements:
            made = operations.deposit_result(
                owners={owner.pk: owner.id_number, other.pk: other.id_number},
                result=MARITAL,
                document_id=None,
                source_subject=1,
                at=AT,
            )
        assert len(statements) == 1
        assert {row.owner_id for row in made} == {owner.pk, other.pk}
        assert made[0].code == f"{owner.id_number}.KQ-HT-05.15/XN-UBND"
        assert made[0].valid_from == date(2023, 9, 1)

    def test_a_paper_is_entered_once_per_subject(self, officer: Actor, owner: Party) -> None:
        file = documents.store_upload(actor=officer, name="a.pdf", data=PDF, at=AT)
        paper = Handed("GT-HT-02", "Giấy chứng sinh", file.pk)
        for attempt in range(2):
            try:
                operations.deposit_papers(
                    owner_id=owner.pk,
                    owner_number=owner.id_number,
                    papers=[paper],
                    source_subject=1,
                    at=AT,
                )
            except IntegrityError:
                assert attempt == 1
                return
        pytest.fail("entered twice")


@pytest.mark.django_db
class TestMatch:
    def test_the_surest_and_newest_paper_comes_first(self, unit: Unit, officer: Actor, owner: Party) -> None:
        file = documents.store_upload(actor=officer, name="a.pdf", data=PDF, at=AT)
        for certainty, issued in (
            (Certainty.HANDED_IN, date(2023, 9, 9)),
            (Certainty.CHECKED, date(2022, 1, 1)),
            (Certainty.CHECKED, date(2023, 1, 1)),
        ):
            operations.deposit_papers(
                owner_id=owner.pk,
                owner_number=owner.id_number,
                papers=[Handed("GT-HT-06", "Giấy", file.pk, issued_on=issued, certainty=certainty)],
                source_subject=subjects.new(),
                at=AT,
            )
        result = deposited(owner, unit)
        with CaptureQueriesContext(connection) as statements:
            found = queries.match(officer, owner.pk, ["GT-HT-06", "GT-ND-01", ""], DAY)
        assert len(statements) == 1
        assert list(found) == ["GT-HT-06"]
        assert found["GT-HT-06"][0].id == result.pk
        assert [row.issued_on for row in found["GT-HT-06"][1:]] == [
            date(2023, 1, 1),
            date(2022, 1, 1),
            date(2023, 9, 9),
        ]

    @pytest.mark.parametrize(
        ("on", "found"),
        [
            (date(2023, 8, 31), False),
            (date(2023, 9, 1), True),
            (date(2024, 3, 1), True),
            (date(2024, 3, 2), False),
        ],
    )
    def test_only_what_is_valid_on_the_day(
        self, unit: Unit, officer: Actor, owner: Party, on: date, found: bool
    ) -> None:
        deposited(owner, unit)
        assert bool(queries.match(officer, owner.pk, ["GT-HT-06"], on)) is found

    def test_what_has_ended_is_not_found(self, unit: Unit, officer: Actor, owner: Party) -> None:
        holding = deposited(owner, unit)
        operations.revoke(holding_id=holding.pk, reason="Cải chính", at=AT, superseded=True)
        assert queries.match(officer, owner.pk, ["GT-HT-06"], DAY) == {}
        assert queries.holding(officer, holding.pk).state is HoldingState.SUPERSEDED
        with pytest.raises(NotFound):
            operations.revoke(holding_id=holding.pk, reason="Cải chính", at=AT)

    def test_papers_of_a_merged_record_count(self, unit: Unit, officer: Actor, owner: Party) -> None:
        kept = someone.party()
        holding = deposited(owner, unit)
        Party.objects.filter(pk=owner.pk).update(merged_into=kept)
        assert queries.match(officer, kept.pk, ["GT-HT-06"], DAY)["GT-HT-06"][0].id == holding.pk
        assert [row.id for row in queries.of_owner(someone.citizen(kept), kept.pk)] == [holding.pk]


@pytest.mark.django_db
class TestReuse:
    def test_a_reuse_is_logged(self, unit: Unit, officer: Actor, owner: Party) -> None:
        holding = deposited(owner, unit)
        operations.record_use(
            actor=officer,
            holding_id=holding.pk,
            party_id=owner.pk,
            paper_type="GT-HT-06",
            subject=77,
            at=AT,
        )
        (use,) = queries.uses_of(someone.citizen(owner), holding.pk)
        assert (use.subject, use.paper_type, use.used_by_id) == (77, "GT-HT-06", officer.account_id)

    def test_no_reuse_of_anothers_ended_or_other_paper(
        self, unit: Unit, officer: Actor, owner: Party
    ) -> None:
        holding = deposited(owner, unit)
        other = someone.party()
        late = datetime(2024, 3, 2, 1, 0, tzinfo=UTC)
        for actor, party, paper, at in (
            (officer, other.pk, "GT-HT-06", AT),
            (officer, owner.pk, "GT-ND-01", AT),
            (officer, owner.pk, "GT-HT-06", late),
            (someone.citizen(other), owner.pk, "GT-HT-06", AT),
            (someone.IDLE, owner.pk, "GT-HT-06", AT),
        ):
            with pytest.raises(NotReusable):
                operations.record_use(
                    actor=actor,
                    holding_id=holding.pk,
                    party_id=party,
                    paper_type=paper,
                    subject=77,
                    at=at,
                )
        assert not HoldingUse.objects.exists()


@pytest.mark.django_db
def test_who_sees_a_holding(unit: Unit, officer: Actor, owner: Party) -> None:
    holding = deposited(owner, unit)
    elsewhere = someone.officer(someone.unit())
    for actor, listed, matched in (
        (officer, True, True),
        (SYSTEM, True, True),
        (someone.citizen(owner), True, True),
        (elsewhere, False, True),
        (someone.officer(someone.unit(), Role.CLERK), False, False),
        (someone.citizen(someone.party()), False, False),
        (someone.citizen(), False, False),
        (someone.IDLE, False, False),
        (ANONYMOUS, False, False),
    ):
        assert [row.id for row in queries.of_owner(actor, owner.pk)] == [holding.pk] * listed, actor
        assert bool(queries.match(actor, owner.pk, ["GT-HT-06"], DAY)) is matched, actor
        assert queries.uses_of(actor, holding.pk) == []
        if not listed:
            with pytest.raises(NotFound):
                queries.holding(actor, holding.pk)
