"""Withdrawn with fees paid: what is given back is stated, listed until done, and told (facts-lifecycle 2.10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import DeadlinePolicy
from motcua.documents.models import Document
from motcua.dossiers import operations, refunding, refundings
from motcua.dossiers.operations import FeesTaken
from motcua.dossiers.refunding import Ended, PaidFee, Proposal, RefundRule
from motcua.dossiers.rules import NoDuty
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MARITAL_STATUS, RECOGNITION, WORDS, Case, citizen, counter
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid
from motcua.payments import queries as payments
from motcua.payments import rules
from motcua.payments.models import Obligation, Refund
from motcua.payments.rules import FeeKind, NoRefund, RefundDecision, RefundState
from motcua.territory.rules import Certainty

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
        case.act(operations.stop, actor=case.head(), reason=WORDS, refund=RefundDecision(total + 1, GROUND))
    assert traces.everything() == before
    case.act(operations.stop, actor=case.head(), reason=WORDS, refund=RefundDecision(total, GROUND))
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


HALF = {
    "ended": ["refused", "lapsed"], "fees": ["LP-HT-XNHN"], "percent": 50,
    "words": "Hoàn trả một nửa theo nghị quyết của tỉnh.", "certainty": "high",
}  # fmt: skip


@pytest.fixture
def half() -> Iterator[None]:
    """The province's own rule for one procedure, from the first of October 2023 on."""
    catalogue.forget()
    DeadlinePolicy.objects.create(
        scope="procedure", key=MARITAL_STATUS, params={"refund_rules": [HALF]}, valid_from=date(2023, 10, 1),
        certainty="high",
    )  # fmt: skip
    yield
    catalogue.forget()


def by_rules(case: Case, ended: Ended) -> Proposal:
    on = case.at.date()
    return refundings.proposed(case.counter(), case.dossier, ended, handled=True, on=on)


def test_the_rules_propose_and_what_they_say_needs_no_other_ground() -> None:
    case, total = paid()
    case.act(operations.withdraw, reason=WORDS, refund=RefundDecision(total, ""))
    (row,) = payments.refunds(case.counter(), RefundState.DUE)
    assert (row.amount, row.ended, row.handled) == (total, "withdrawn", False)
    assert row.ground == "Hồ sơ chưa được giải quyết nên hoàn trả phí, lệ phí đã nộp."


def test_a_sum_that_is_not_the_rules_needs_words_of_its_own() -> None:
    case, total = paid()
    case.forward()
    found = by_rules(case, Ended.WITHDRAWN)
    assert (found.paid, found.amount, found.unsure) == (total, 0, True)
    before = traces.everything()
    for ground in ("", found.ground):
        with pytest.raises(Invalid):
            case.act(operations.withdraw, reason=WORDS, refund=RefundDecision(total, ground))
        assert traces.everything() == before
    case.act(operations.withdraw, reason=WORDS)
    (row,) = payments.refunds(case.counter(), RefundState.OPEN)
    assert (row.ended, row.handled) == ("withdrawn", True)
    case.act(operations.decide_refund, amount=total, ground="Cơ quan tiếp nhận nhầm nên hoàn trả đủ.")
    entry = traces.last(case.subject)
    assert (entry.payload["refund"], entry.payload["by_rules"]) == (total, 0)


def test_a_stop_without_a_word_on_money_is_to_be_decided_on() -> None:
    case, total = paid()
    case.forward()
    done = case.act(operations.stop, actor=case.head(), reason=WORDS)
    (row,) = payments.refunds(case.counter(), RefundState.OPEN)
    assert (row.subject, row.paid, row.amount, row.ended) == (case.subject, total, None, "stopped")
    notice = Document.objects.get(pk=done.papers["stop_notice"])
    assert (notice.context["refund"], notice.context["refund_later"]) == (0, True)
    assert "refund" not in traces.last(case.subject).payload
    case.act(operations.decide_refund, amount=0, ground="")
    assert payments.refunds(case.counter(), RefundState.NONE)[0].ground.startswith("Công việc thu phí")


def test_a_supplement_that_did_not_come_opens_the_same(half: None) -> None:
    case, total = paid()
    case.ask()
    until = case.dossier.supplement_due_at
    case.act(operations.lapse, actor=SYSTEM, at=until)
    (row,) = payments.refunds(case.counter(), RefundState.OPEN)
    assert (row.ended, row.handled, row.paid) == ("lapsed", True, total)
    case.act(operations.decide_refund, amount=total // 2, ground="")
    assert payments.refunds(case.counter(), RefundState.DUE)[0].ground == HALF["words"]


def test_nothing_paid_opens_nothing_also_at_a_stop() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.act(operations.stop, actor=case.head(), reason=WORDS)
    assert not Refund.objects.exists()


def test_a_refusal_is_to_be_decided_on_only_where_a_rule_gives_something_back(half: None) -> None:
    case, total = paid()
    case.refuse_request()
    (row,) = payments.refunds(case.counter(), RefundState.OPEN)
    assert (row.ended, row.paid, case.dossier.state) == ("refused", total, "stopped")
    case.hand_over()
    assert case.dossier.state == "returned"
    case.act(operations.decide_refund, amount=total // 2, ground="")
    case.act(operations.pay_refund, reference="Phiếu chi 20")
    assert payments.refunds(case.counter(), RefundState.DONE)[0].amount == total // 2


def test_a_refusal_without_such_a_rule_and_a_result_open_nothing() -> None:
    case, _ = paid()
    case.refuse_request()
    assert not Refund.objects.exists()
    other, _ = paid(citizen(1))
    other.process()
    other.hand_over()
    assert not refundings.may_stand(other.dossier)
    with pytest.raises(NoRefund):
        other.act(operations.decide_refund, amount=0, ground=GROUND)


def test_the_law_of_the_day_decides(half: None) -> None:
    """The province's rule is in force since the first of October: a day before, the nation's says nothing back."""
    case, total = paid()
    case.forward()
    counted = [
        refundings.proposed(SYSTEM, case.dossier, Ended.REFUSED, handled=True, on=on).amount
        for on in (date(2023, 9, 30), date(2023, 10, 1))
    ]
    assert counted == [0, total // 2]


fees = st.builds(
    PaidFee, fee_code=st.sampled_from(["A", "B"]), kind=st.sampled_from(list(FeeKind)), label=st.just("Phí"),
    amount=st.integers(1, 10_000_000),
)  # fmt: skip
given_rules = st.lists(
    st.builds(
        RefundRule,
        ended=st.sets(st.sampled_from(list(Ended)), min_size=1).map(frozenset),
        percent=st.integers(0, 100), words=st.sampled_from(["một", "hai"]), certainty=st.sampled_from(list(Certainty)),
        fees=st.sets(st.sampled_from(["A", "B"])).map(frozenset), kinds=st.just(frozenset()),
        handled=st.sampled_from([None, True, False]), basis=st.just(""),
    )
)  # fmt: skip


@given(known=given_rules, owed=st.lists(fees), ended=st.sampled_from(list(Ended)), handled=st.booleans())
def test_rules_never_give_back_more_and_the_first_that_fits_counts(
    known: list[RefundRule], owed: list[PaidFee], ended: Ended, handled: bool
) -> None:
    found = refunding.proposal(known, owed, ended, handled=handled)
    assert found.paid == sum(fee.amount for fee in owed)
    assert found.amount is None or 0 <= found.amount <= found.paid
    for line in found.lines:
        fits = [rule for rule in known if rule.fits(line.fee.fee_code, line.fee.kind, ended, handled=handled)]
        assert line.rule == (fits[0] if fits else None)
    of = refunding.given_back(known, ended)
    if any(line.amount for line in found.lines):
        assert of is not None
        assert of == ([], []) or any(fee.fee_code in of[0] for fee in owed)
