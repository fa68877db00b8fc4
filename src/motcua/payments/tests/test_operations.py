"""Owing, paying, waiving and giving back on a real server, also at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from motcua.organisation.models import Unit
from motcua.organisation.tests import someone
from motcua.payments import operations, queries
from motcua.payments.models import Obligation, Receipt
from motcua.payments.operations import NotPayable, Paid, ReasonMissing
from motcua.payments.rules import FeeKind, Line, Method, ObligationState, Totals
from motcua.platform import access, subjects

AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)
DAY = date(2023, 10, 2)
CHARGE = Line("LP-HT-KS", FeeKind.CHARGE, "Lệ phí đăng ký khai sinh", 5_000, "direct")
COPIES = Line("P-HT-TL", FeeKind.FEE, "Bản sao trích lục", 24_000, "direct", quantity=3)
FREE = Line("LP-HT-KS", FeeKind.CHARGE, "Lệ phí", 0, "online", exemption="Đăng ký đúng hạn")


@pytest.fixture
def unit() -> Unit:
    return someone.unit()


@pytest.fixture
def officer(unit: Unit) -> Actor:
    return someone.officer(unit)


def owing(unit: Unit, *lines: Line) -> tuple[int, list[int]]:
    """Return a new subject that the unit may see, and its obligations."""
    subject = subjects.new()
    access.grant(subject, units=[unit.pk], scope="handling")
    rows = operations.open_obligations(
        subject=subject, unit_id=unit.pk, lines=lines or (CHARGE, COPIES), at=AT
    )
    return subject, [row.pk for row in rows]


def pay(unit: Unit, officer: Actor, subject: int, ids: list[int], *, at: datetime = AT) -> Paid:
    """Take the money in cash."""
    return operations.record_payment(
        subject=subject,
        obligation_ids=ids,
        unit_id=unit.pk,
        actor=officer,
        method=Method.CASH,
        payer_name="Trần Đình Khuê",
        at=at,
    )


@pytest.mark.django_db
class TestPaying:
    def test_two_obligations_one_receipt_one_statement(self, unit: Unit, officer: Actor) -> None:
        subject, ids = owing(unit)
        assert queries.outstanding(officer, subject) == 29_000
        with CaptureQueriesContext(connection) as statements:
            paid = pay(unit, officer, subject, ids)
        assert len(statements) == 1
        assert (paid.number, paid.total) == ("0000001/2023", 29_000)
        receipt = Receipt.objects.get()
        assert (receipt.number, receipt.total, receipt.received_by_id) == (
            paid.number,
            29_000,
            officer.account_id,
        )
        rows = queries.of_subject(officer, subject)
        assert [(row.state, row.receipt_number) for row in rows] == [(ObligationState.PAID, paid.number)] * 2
        assert queries.outstanding(officer, subject) == 0

    def test_opening_is_one_statement_and_nothing_owed_none(self, unit: Unit) -> None:
        with CaptureQueriesContext(connection) as statements:
            operations.open_obligations(subject=1, unit_id=unit.pk, lines=(CHARGE, COPIES), at=AT)
            assert operations.open_obligations(subject=1, unit_id=unit.pk, lines=(), at=AT) == []
        assert len(statements) == 1

    def test_what_costs_nothing_is_settled_with_its_ground(self, unit: Unit, officer: Actor) -> None:
        subject, _ = owing(unit, FREE)
        (row,) = queries.of_subject(officer, subject)
        assert (row.state, row.reason, row.amount) == (ObligationState.WAIVED, "Đăng ký đúng hạn", 0)

    def test_nothing_is_paid_twice_or_for_another(self, unit: Unit, officer: Actor) -> None:
        subject, ids = owing(unit)
        other, _ = owing(unit)
        with pytest.raises(NotPayable):
            pay(unit, officer, other, ids)
        with pytest.raises(NotPayable):
            pay(unit, officer, subject, [])
        pay(unit, officer, subject, ids[:1])
        with pytest.raises(NotPayable):
            pay(unit, officer, subject, ids)
        assert Receipt.objects.count() == 1
        assert pay(unit, officer, subject, ids[1:]).number == "0000002/2023"

    def test_the_series_starts_anew_with_the_vietnamese_year(self, unit: Unit, officer: Actor) -> None:
        subject, ids = owing(unit)
        pay(unit, officer, subject, ids[:1])
        paid = pay(unit, officer, subject, ids[1:], at=datetime(2023, 12, 31, 17, 0, tzinfo=UTC))
        assert paid.number == "0000001/2024"

    def test_waiving_and_giving_back_need_a_ground(self, unit: Unit, officer: Actor) -> None:
        subject, (charge, copies) = owing(unit)
        for write in (operations.waive, operations.refund):
            with pytest.raises(ReasonMissing):
                write(subject=subject, obligation_ids=[charge], reason=" ", at=AT)
        with pytest.raises(NotPayable):
            operations.refund(subject=subject, obligation_ids=[charge], reason="Rút hồ sơ", at=AT)
        operations.waive(subject=subject, obligation_ids=[charge], reason="Hộ nghèo", at=AT)
        with pytest.raises(NotPayable):
            operations.waive(subject=subject, obligation_ids=[charge], reason="Hộ nghèo", at=AT)
        pay(unit, officer, subject, [copies])
        operations.refund(subject=subject, obligation_ids=[copies], reason="Rút hồ sơ", at=AT)
        assert [row.state for row in queries.of_subject(officer, subject)] == [
            ObligationState.WAIVED,
            ObligationState.REFUNDED,
        ]


@pytest.mark.django_db
class TestRights:
    def test_the_days_money_is_for_the_unit(self, unit: Unit, officer: Actor) -> None:
        subject, ids = owing(unit)
        pay(unit, officer, subject, ids)
        late, more = owing(unit, COPIES)
        pay(unit, officer, late, more, at=datetime(2023, 10, 2, 17, 0, tzinfo=UTC))  # 00:00 on the 3rd
        assert [row.amount for row in queries.taken_on(officer, unit.pk, DAY)] == [5_000, 24_000]
        for actor in (officer, SYSTEM, Actor(kind=ActorKind.STAFF, account_id=7, province_wide=True)):
            assert queries.totals_on(actor, unit.pk, DAY) == Totals(fees=24_000, charges=5_000)
        with CaptureQueriesContext(connection) as statements:
            queries.taken_on(officer, unit.pk, DAY)
        assert len(statements) == 1

    def test_others_see_nothing(self, unit: Unit, officer: Actor) -> None:
        subject, ids = owing(unit)
        pay(unit, officer, subject, ids[:1])
        party = someone.party()
        access.grant(subject, parties=[party.pk], scope="owner")
        owner = someone.citizen(party)
        assert len(queries.of_subject(owner, subject)) == 2
        assert queries.outstanding(owner, subject) == 24_000
        assert queries.taken_on(owner, unit.pk, DAY) == []
        strangers = (someone.officer(someone.unit()), someone.citizen(), someone.IDLE, ANONYMOUS)
        for actor in strangers:
            assert queries.of_subject(actor, subject) == []
            assert queries.outstanding(actor, subject) == 0
            assert queries.taken_on(actor, unit.pk, DAY) == []
            assert queries.totals_on(actor, unit.pk, DAY) == Totals()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_receipts_are_gap_free_and_nothing_is_taken_twice(self, unit: Unit, officer: Actor) -> None:
        owed = [owing(unit) for _ in range(20)]
        start = threading.Barrier(6)

        class Undone(Exception):
            pass

        def work(index: int) -> int:
            start.wait()
            refused = 0
            try:
                for round_, (subject, ids) in enumerate(owed):
                    try:
                        with transaction.atomic():
                            pay(unit, officer, subject, ids)
                            if (index + round_) % 4 == 0:
                                raise Undone
                    except NotPayable:
                        refused += 1
                    except Undone:
                        pass
            finally:
                connections.close_all()
            return refused

        with ThreadPoolExecutor(6) as pool:
            refused = sum(pool.map(work, range(6)))
        assert refused
        numbers = sorted(Receipt.objects.values_list("no", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        paid = Obligation.objects.filter(state=ObligationState.PAID)
        assert paid.count() == 2 * len(numbers)
        assert sum(Receipt.objects.values_list("total", flat=True)) == sum(
            paid.values_list("amount", flat=True)
        )
