"""Withdrawn with fees paid: what is given back is stated, listed until done, and told (facts-lifecycle 2.10)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import operations
from motcua.dossiers.operations import FeesTaken
from motcua.dossiers.rules import NoDuty
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MARITAL_STATUS, RECOGNITION, WORDS, Case, citizen, counter
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.payments import queries as payments
from motcua.payments import rules
from motcua.payments.models import Obligation, Refund
from motcua.payments.rules import NoRefund, RefundDecision, RefundState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

GROUND = "Hồ sơ chưa thẩm định, hoàn trả theo quy định của khoản phí."


def paid(owner: Actor | None = None) -> tuple[Case, int]:
    """Return a dossier for which fees were paid at the counter, and how much."""
    who = owner or citizen()
    case = Case.taken_in(MARITAL_STATUS, fees=FeesTaken(paid=True), owner_id=who.party_id)
    total = sum(row.amount for row in payments.of_subject(case.counter(), case.subject) if row.receipt_number)
    assert total
    return case, total


def stated(case: Case, amount: int, ground: str = GROUND, **more: Any) -> Any:
    return case.act(operations.withdraw, reason=WORDS, refund=RefundDecision(amount, ground), **more)


def test_stated_at_withdrawal_it_is_listed_until_it_is_given_back() -> None:
    case, total = paid()
    stated(case, total)
    officer = case.counter()
    (row,) = payments.refunds(officer, RefundState.DUE)
    assert (row.subject, row.paid, row.amount, row.ground) == (case.subject, total, total, GROUND)
    for other in (counter("HD.KM.10675.MC"), citizen(3)):
        assert payments.refunds(other, RefundState.DUE) == []
        assert payments.refund_of(other, case.subject) is None
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["refund"]) == ("withdraw", total)
    assert "hoàn trả" in traces.events(case.subject)[-1].payload["text"]
    case.act(operations.pay_refund, reference="Phiếu chi 12 ngày 03/10/2023")
    row_done = payments.refund_of(officer, case.subject)
    assert row_done is not None
    assert (row_done.state, row_done.reference) == (RefundState.DONE, "Phiếu chi 12 ngày 03/10/2023")
    assert payments.refunds(officer, RefundState.DUE) == []
    assert set(Obligation.objects.filter(subject=case.subject).values_list("state", flat=True)) == {
        "refunded"
    }
    assert [event.topic for event in traces.events(case.subject)][-1] == "dossiers.refund_paid.v1"
    with pytest.raises(NoRefund):
        case.act(operations.pay_refund, reference="Phiếu chi 13")


def test_the_applicant_withdraws_and_the_counter_decides_afterwards() -> None:
    owner = citizen()
    case, total = paid(owner)
    case.act(operations.withdraw, actor=owner, reason=WORDS)
    officer = case.counter()
    (row,) = payments.refunds(officer, RefundState.OPEN)
    assert (row.paid, row.amount) == (total, None)
    case.act(operations.decide_refund, amount=0, ground="Công việc thu phí đã thực hiện xong.")
    assert payments.refunds(officer, RefundState.OPEN) == []
    (none,) = payments.refunds(officer, RefundState.NONE)
    assert (none.amount, none.ground) == (0, "Công việc thu phí đã thực hiện xong.")
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["refund"], entry.payload["paid"]) == ("decide_refund", 0, total)
    assert "không được hoàn trả" in traces.events(case.subject)[-1].payload["text"]
    with pytest.raises(NoRefund):
        case.act(operations.decide_refund, amount=0, ground=GROUND)


def test_a_part_of_the_money_leaves_its_obligations_paid() -> None:
    case, total = paid()
    stated(case, total - 1000)
    case.act(operations.pay_refund, reference="Phiếu chi 12")
    assert Refund.objects.get().amount == total - 1000
    assert "refunded" not in Obligation.objects.filter(subject=case.subject).values_list("state", flat=True)


def test_nothing_paid_nothing_to_decide() -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    with pytest.raises(NoRefund):
        stated(case, 1000)
    assert traces.everything() == before
    case.act(operations.withdraw, reason=WORDS)
    assert not Refund.objects.exists()
    with pytest.raises(NoRefund):
        case.act(operations.decide_refund, amount=0, ground=GROUND)


def test_what_does_not_fit_leaves_nothing_behind() -> None:
    owner = citizen()
    case, total = paid(owner)
    before = traces.everything()
    for amount, ground in ((total + 1, GROUND), (-1, GROUND), (total, "thôi")):
        with pytest.raises(Invalid):
            stated(case, amount, ground)
        assert traces.everything() == before
    with pytest.raises(NoDuty):
        stated(case, total, actor=owner)
    assert traces.everything() == before
    stated(case, total)
    kept = traces.everything()
    with pytest.raises(Invalid):
        case.act(operations.pay_refund, reference=" ")
    stranger = counter("HD.KM.10675.MC")
    with pytest.raises(Exception, match="Không tìm thấy"):
        case.act(operations.pay_refund, actor=stranger, reference="Phiếu chi 12")
    assert traces.everything() == kept


def test_what_a_stop_pays_back_stands_on_the_same_list() -> None:
    case, total = paid()
    case.forward()
    before = traces.everything()
    with pytest.raises(Invalid):
        case.act(operations.stop, actor=case.head(), reason=WORDS, refund=total + 1)
    assert traces.everything() == before
    case.act(operations.stop, actor=case.head(), reason=WORDS, refund=total)
    (row,) = payments.refunds(case.counter(), RefundState.DUE)
    assert row.amount == total


@given(amount=st.integers(-5, 200), paid=st.integers(0, 100), ground=st.text("abc ", max_size=15))
def test_never_more_than_was_paid_and_never_without_a_ground(amount: int, paid: int, ground: str) -> None:
    fits = 0 <= amount <= paid and len(ground.strip()) >= 10
    try:
        kept = rules.refund_decision(RefundDecision(amount, ground), paid)
    except Invalid:
        assert not fits
    else:
        assert fits and kept.amount == amount
