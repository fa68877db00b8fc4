"""Financial obligations during handling: 4 → 6 with a standing clock, and 6 → 4 only when every notice is paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from motcua.dossiers import operations, paymentnotices
from motcua.dossiers.dues import DueState, NoSuchNotice, NoticeInput, StillOwed
from motcua.dossiers.models import PaymentNotice
from motcua.dossiers.rules import NoDuty, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    land_transfer,
    moment,
)
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import DomainError, Invalid
from motcua.payments import queries as payments
from motcua.payments.models import Obligation
from motcua.payments.rules import ObligationState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
TAX = NoticeInput("tax", "Thuế thu nhập cá nhân", 25_000_000, "TB 114/TB-CCT ngày 03/10/2023", "Chi cục Thuế")
FEE = NoticeInput("charge", "Lệ phí cấp giấy", 100_000, "TB 15/TB-VPĐK", "", at_counter=True)
PROOF = "Giấy nộp tiền 0012345 ngày 04/10/2023"


def notify(case: Case, *notices: NoticeInput, **more: Any) -> None:
    actor = more.pop("actor", None) or case.doer()
    case.act(operations.request_payment, actor=actor, notices=list(notices), **more)


def ids(case: Case) -> list[int]:
    return list(
        PaymentNotice.objects.filter(dossier_id=case.subject).order_by("id").values_list("id", flat=True)
    )


def test_the_clock_stands_until_every_notice_is_paid_and_the_dossier_goes_on_by_itself() -> None:
    case = at_state(State.IN_PROCESS)  # accepted on Monday, due on Thursday
    task, due = case.task, case.due
    notify(case, TAX, FEE, at=moment("2023-10-03", "09:00"))
    d = case.dossier
    assert (
        d.state == State.PAYMENT_REQUESTED
        and d.clock["deadline"]["pauses"][-1]["ground"] == "financial_obligation"
    )
    assert case.task.id == task.id  # the step has no way of its own to the wait: its work stays open
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.payload["form"]) == ("request_payment", f"{TAX.number}; {FEE.number}")
    assert (event.topic, event.payload["amount"], event.payload["notices"]) == (
        "dossiers.payment_requested.v1", 25_100_000, 2,
    )  # fmt: skip
    tax, fee = ids(case)
    before = traces.everything()
    with pytest.raises(StillOwed):
        case.act(operations.resume, proof=PROOF)
    with pytest.raises(Invalid):  # the tax office takes it, not the counter
        case.act(operations.confirm_payment, notice_ids=[tax, fee], method="cash")
    with pytest.raises(Invalid):  # what the counter takes gets a receipt
        case.act(operations.confirm_payment, notice_ids=[fee], evidence=PROOF)
    assert traces.everything() == before
    case.act(operations.confirm_payment, notice_ids=[fee], method="cash", at=moment("2023-10-04", "08:00"))
    assert case.dossier.state == State.PAYMENT_REQUESTED
    assert traces.events(case.subject)[-1].payload["left"] == 1
    (owed,) = [row for row in payments.of_subject(SYSTEM, case.subject) if row.label == FEE.label]
    assert owed.state is ObligationState.PAID and owed.receipt_number
    case.act(operations.confirm_payment, notice_ids=[tax], evidence=PROOF, at=moment("2023-10-05", "10:00"))
    d = case.dossier
    assert (d.state, d.due_at) == (State.IN_PROCESS, moment("2023-10-09", "17:00"))  # two days waited
    assert d.original_due_at == due and d.due_at is not None and d.due_at > due
    assert traces.events(case.subject)[-1].topic == "dossiers.resumed.v1"
    assert traces.last(case.subject).payload["ground"] == "financial_obligation"
    found = paymentnotices.of_subject(case.doer(), case.subject)
    assert [one.state for one in found] == [DueState.PAID, DueState.PAID] and found[0].evidence == PROOF
    assert paymentnotices.of_subject(counter(AN_LUU), case.subject) == []
    case.process()
    assert case.dossier.state == State.PROCESSED


def test_a_step_that_leads_to_the_wait_is_done_by_it_and_the_process_goes_on() -> None:
    case = land_transfer()
    wanted = "chuyen_nghia_vu_tai_chinh"
    while all(edge.outcome != wanted for edge in case.bundle.graph.outcomes(case.task.node)):
        case.step()
    officer, task = case.doer(), case.task
    notify(case, TAX)
    assert case.dossier.state == State.PAYMENT_REQUESTED and case.tasks == []
    notify(case, FEE, actor=officer)  # more while it waits: one pause
    assert len(case.dossier.clock["deadline"]["pauses"]) == 1
    tax, fee = ids(case)
    case.act(
        operations.cancel_payment, actor=officer, notice_ids=[fee], reason="Được miễn lệ phí theo quy định."
    )
    assert Obligation.objects.get(subject=case.subject, label=FEE.label).state == ObligationState.WAIVED
    case.act(operations.confirm_payment, notice_ids=[tax], evidence=PROOF)
    assert case.dossier.state == State.IN_PROCESS and case.task.id != task.id


def test_the_last_notice_cancelled_lets_it_go_on_too() -> None:
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    notify(case, TAX)
    case.act(
        operations.cancel_payment, actor=officer, notice_ids=ids(case), reason="Thông báo nhầm hồ sơ khác."
    )
    assert case.dossier.state == State.IN_PROCESS
    with pytest.raises(DomainError):
        case.act(operations.confirm_payment, notice_ids=ids(case), evidence=PROOF)


@pytest.mark.parametrize("end", ["withdraw", "stop"])
def test_when_the_dossier_ends_nobody_owes_what_was_not_paid(end: str) -> None:
    case = at_state(State.IN_PROCESS)
    notify(case, TAX, FEE)
    if end == "withdraw":
        case.act(operations.withdraw, reason="Người nộp đề nghị rút hồ sơ.")
    else:
        case.act(operations.stop, actor=case.head(), reason=WORDS)
    assert {row.state for row in PaymentNotice.objects.filter(dossier_id=case.subject)} == {"cancelled"}
    assert Obligation.objects.get(subject=case.subject, label=FEE.label).state == ObligationState.WAIVED


def test_who_may_not_and_what_is_wrong_leaves_nothing() -> None:
    case = at_state(State.IN_PROCESS)
    before = traces.everything()
    for who in (counter(AN_LUU), citizen(), SYSTEM, case.counter()):
        with pytest.raises(DomainError):
            notify(case, TAX, actor=who)
    for wrong in (
        [], [NoticeInput("bribe", "x", 1, "1", "x")], [NoticeInput("tax", " ", 1, "1", "x")],
        [NoticeInput("tax", "x", 0, "1", "x")], [NoticeInput("tax", "x", 1, " ", "x")],
        [NoticeInput("fee", "x", 1, "1", " ")], [NoticeInput("tax", "x", 1, "1", "x", at_counter=True)],
    ):  # fmt: skip
        with pytest.raises(Invalid):
            notify(case, *wrong)
    assert traces.everything() == before
    notify(case, TAX)
    before = traces.everything()
    with pytest.raises(NoSuchNotice):
        case.act(operations.confirm_payment, notice_ids=[10**9], evidence=PROOF)
    with pytest.raises(Invalid):
        case.act(operations.confirm_payment, notice_ids=ids(case), evidence="x")
    with pytest.raises(NoDuty):
        case.act(operations.cancel_payment, notice_ids=ids(case), reason=WORDS)  # the counter did not notify
    assert traces.everything() == before
    assert case.at - case.dossier.filed_at < timedelta(days=1)
