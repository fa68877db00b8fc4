"""Corrections of results, visits on site, refunds, hand-over lists at the same moment: one outcome, told clearly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from motcua.documents.models import Document
from motcua.dossiers import corrections, operations
from motcua.dossiers.correcting import CorrectionState
from motcua.dossiers.docketing import AlreadyOnDocket, DocketKind
from motcua.dossiers.models import Docket, ResultCorrection, Verification
from motcua.dossiers.operations import FeesTaken, docket
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    MARITAL_STATUS,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    at_state,
    counter,
    key,
    unit,
)
from motcua.dossiers.tests.test_concurrency import check_chain, done, together
from motcua.dossiers.verifying import Participant
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import DomainError, Replayed, Stale
from motcua.organisation import queries as organisation
from motcua.organisation.models import Staff
from motcua.payments.models import Refund

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]

Wish = Callable[..., Any]


def wish(case: Case, operation: Wish, actor: Actor, **more: Any) -> Wish:
    """Return an act on the dossier at its present moment, by its own key unless one is given."""
    given = {"key": key(), "at": case.at, **more}
    return partial(operation, code=case.code, actor=actor, **given)


def one_of(case: Case, wishes: Sequence[Wish]) -> str:
    """Do the acts at once: exactly one is done, the others are refused in words; return its name in the ledger."""
    before = len(traces.entries(case.subject))
    outcomes = together(wishes)
    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert (len(done(outcomes)), len(refused)) == (1, len(wishes) - 1)
    assert all(refusal.message.strip() for refusal in refused)
    check_chain(case.subject)
    made = traces.entries(case.subject)[before:]
    assert len(made) == 1
    return made[0].act


def replayed(case: Case, operation: Wish, actor: Actor, **more: Any) -> None:
    """Do the same act by one key three times at once: one entry, the others are answered with it."""
    before = len(traces.entries(case.subject))
    outcomes = together([wish(case, operation, actor, **{"key": key(), **more})] * 3)
    assert sorted(outcome.again for outcome in outcomes) == [False, True, True]
    check_chain(case.subject)
    assert len(traces.entries(case.subject)) == before + 1


def other_head(case: Case) -> Actor:
    """Return the competent person once more, as signed in on another device."""
    return case.head()


def preparer(case: Case) -> Actor:
    found = corrections.candidates(SYSTEM, case.dossier, case.at.date())
    return organisation.actor_of(Staff.objects.get(pk=next(iter(found))).account_id, case.at)


def ordered(case: Case, **more: Any) -> Wish:
    staff_id = preparer(case).staff_id
    return wish(
        case, operations.order_correction, case.head(), ground="agency_error", reason=WORDS, staff_id=staff_id, **more
    )  # fmt: skip


def test_asked_twice_at_once_one_correction_is_open() -> None:
    for _ in range(3):
        case = at_state(State.RETURNED)
        asks = [wish(case, operations.ask_correction, case.counter(), what=WORDS) for _ in range(2)]
        assert one_of(case, asks) == "ask_correction"
        assert ResultCorrection.objects.filter(dossier_id=case.subject).count() == 1


def test_ordered_and_refused_at_once_is_one_of_both() -> None:
    for _ in range(3):
        case = at_state(State.RETURNED)
        case.act(operations.ask_correction, what=WORDS)
        refuse = wish(case, operations.refuse_correction, other_head(case), reason=WORDS)
        act = one_of(case, [refuse, wish(case, operations.refuse_correction, case.head(), reason=WORDS)])
        assert act == "refuse_correction"
        case.act(operations.ask_correction, what=WORDS)
        refuse = wish(case, operations.refuse_correction, other_head(case), reason=WORDS)
        outcomes = together([ordered(case), refuse])
        refused = [one for one in outcomes if isinstance(one, DomainError)]
        # Who orders after the refusal orders of the agency's own accord: then both stand, in that order.
        rows = list(ResultCorrection.objects.filter(dossier_id=case.subject).order_by("no"))
        states = [row.state for row in rows[1:]]
        assert states in ([CorrectionState.ORDERED], [CorrectionState.REFUSED, CorrectionState.ORDERED])
        assert len(refused) == (states == [CorrectionState.ORDERED])
        notices = Document.objects.filter(subject=case.subject, kind="correction_notice").count()
        assert (notices, case.dossier.correcting) == (1, True)
        check_chain(case.subject)


def test_a_result_is_signed_anew_once_and_once_handed_over() -> None:
    case = at_state(State.RETURNED)
    together([ordered(case), ordered(case)])
    assert ResultCorrection.objects.filter(dossier_id=case.subject).count() == 1
    drafts = [
        wish(case, operations.draft_correction, preparer(case), answers={}, owner_name=name, seen=case.dossier.seq)
        for name in ("Nguyễn Văn Đúng", "Nguyễn Văn Khác")
    ]  # fmt: skip
    assert one_of(case, drafts) == "draft_correction"
    assert (
        one_of(case, [wish(case, operations.sign_correction, case.head()) for _ in range(4)])
        == "sign_correction"
    )
    results = Document.objects.filter(subject=case.subject, kind="result")
    assert results.count() == 2
    assert results.filter(replaces__isnull=False).count() == 1
    given = {"old_original": "taken_back", "collector": "Nguyễn Thị Lan"}
    hands = [wish(case, operations.return_correction, case.counter(), **given) for _ in range(2)]
    assert one_of(case, hands) == "return_correction"
    assert not case.dossier.correcting


def test_the_old_result_is_not_handed_over_while_its_correction_is_ordered() -> None:
    for _ in range(3):
        case = at_state(State.PROCESSED)
        hand = wish(case, operations.return_result, case.doer(), collector="Nguyễn Thị Lan")
        outcomes = together([hand, ordered(case)])
        row = case.dossier
        acts = [entry.act for entry in traces.entries(case.subject)]
        assert row.correcting
        # Handed over first it is corrected afterwards; ordered first it stays.
        handed = "return_result" in acts
        assert handed == (row.state == State.RETURNED)
        assert len(done(outcomes)) == 1 + handed
        assert not handed or acts.index("return_result") < acts.index("order_correction")
        check_chain(case.subject)


def test_a_replayed_correction_is_one_act() -> None:
    case = at_state(State.RETURNED)
    replayed(case, operations.ask_correction, case.counter(), what=WORDS)
    given = {"ground": "agency_error", "reason": WORDS, "staff_id": preparer(case).staff_id}
    replayed(case, operations.order_correction, case.head(), **given)
    replayed(case, operations.draft_correction, preparer(case), answers={}, owner_name="Nguyễn Văn Đúng")
    replayed(case, operations.sign_correction, case.head())
    taken = {"old_original": "none", "collector": "Lan"}
    replayed(case, operations.return_correction, case.counter(), **taken)
    assert Document.objects.filter(subject=case.subject, kind="result").count() == 2
    one = key()
    outcomes = together(
        [
            wish(case, operations.ask_correction, case.counter(), what=what, key=one)
            for what in (WORDS, WORDS + " Và sai năm sinh.")
        ]
    )
    assert [type(found) for found in outcomes if isinstance(found, DomainError)] == [Replayed]
    check_chain(case.subject)


def in_hand() -> Case:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    return case


def visit(case: Case) -> dict[str, Any]:
    return {
        "planned_at": case.at + timedelta(days=2), "place": "Nhà số 12", "purpose": "Nơi cư trú thực tế.",
        "visitors": "Công chức Tư pháp - Hộ tịch", "applicant_needed": True,
    }  # fmt: skip


def minutes(at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "began_at": at - timedelta(minutes=10), "ended_at": at - timedelta(minutes=5), "place": "Nhà số 12",
        "participants": [Participant("Đỗ Xuân Phong", "công chức Tư pháp - Hộ tịch")],
        "findings": "Gia đình sống tại địa chỉ nêu trên từ năm 2016.", "conclusion": "Khai phù hợp với thực tế.",
        **more,
    }  # fmt: skip


def test_two_visits_planned_from_the_same_page_are_one() -> None:
    for _ in range(3):
        case = in_hand()
        plans = [
            wish(case, operations.plan_verification, case.doer(), seen=case.dossier.seq, **visit(case))
            for _ in range(2)
        ]
        assert one_of(case, plans) == "plan_verification"
        assert Verification.objects.filter(dossier_id=case.subject).count() == 1


def test_a_visit_is_recorded_moved_or_called_off_by_one() -> None:
    for _ in range(3):
        case = in_hand()
        case.plan_visit()
        (row,) = Verification.objects.filter(dossier_id=case.subject)
        case.at += timedelta(days=3)
        seen = case.dossier.seq
        moved = {name: value for name, value in visit(case).items() if name != "purpose"}
        act = one_of(
            case,
            [
                wish(
                    case, operations.record_verification, case.doer(),
                    verification_id=row.pk, seen=seen, **minutes(case.at),
                ),
                wish(
                    case, operations.move_verification, case.doer(),
                    verification_id=row.pk, reason=WORDS, seen=seen, **moved,
                ),
                wish(
                    case, operations.call_off_verification, case.doer(),
                    verification_id=row.pk, reason=WORDS, seen=seen,
                ),
            ],
        )  # fmt: skip
        row.refresh_from_db()
        state = {"record_verification": "recorded", "move_verification": "planned"}.get(act, "called_off")
        assert row.state == state
        papers = Document.objects.filter(subject=case.subject, kind="site_minutes").count()
        assert papers == (act == "record_verification")


def test_minutes_are_recorded_once_also_without_a_page() -> None:
    case = in_hand()
    case.plan_visit()
    (row,) = Verification.objects.filter(dossier_id=case.subject)
    case.at += timedelta(days=3)
    wishes = [
        wish(
            case, operations.record_verification, case.doer(), verification_id=row.pk, **minutes(case.at)
        )
        for _ in range(4)
    ]  # fmt: skip
    assert one_of(case, wishes) == "record_verification"
    assert Document.objects.filter(subject=case.subject, kind="site_minutes").count() == 1


def test_a_replayed_visit_is_one_act() -> None:
    case = in_hand()
    replayed(case, operations.plan_verification, case.doer(), **visit(case))
    (row,) = Verification.objects.filter(dossier_id=case.subject)
    case.at += timedelta(days=3)
    replayed(case, operations.record_verification, case.doer(), verification_id=row.pk, **minutes(case.at))
    assert Document.objects.filter(subject=case.subject, kind="site_minutes").count() == 1


def test_a_refund_is_decided_once_and_given_back_once() -> None:
    case = Case.taken_in(MARITAL_STATUS, fees=FeesTaken(paid=True))
    case.act(operations.withdraw, reason=WORDS)
    paid = Refund.objects.get(subject=case.subject).paid
    decides = [
        wish(case, operations.decide_refund, case.counter(), amount=amount, ground=WORDS)
        for amount in (0, paid)
    ]
    assert one_of(case, decides) == "decide_refund"
    row = Refund.objects.get(subject=case.subject)
    if row.amount:
        pays = [
            wish(case, operations.pay_refund, case.counter(), reference=f"Phiếu chi {no}") for no in range(3)
        ]
        assert one_of(case, pays) == "pay_refund"


def test_one_list_for_papers_given_twice_at_once() -> None:
    case = in_hand()
    to = case.task.unit_id
    make: dict[str, Any] = {
        "codes": [case.code], "from_unit_id": unit(TAN_DAN).id, "kind": DocketKind.UNIT, "to_unit_id": to,
        "to_name": "", "remark": "", "actor": counter(), "at": case.at,
    }  # fmt: skip
    outcomes = together([partial(docket.make, key=key(), **make) for _ in range(2)])
    assert [type(found) for found in outcomes if isinstance(found, DomainError)] == [AlreadyOnDocket]
    assert Docket.objects.count() == 1
    assert [entry.act for entry in traces.entries(case.subject)].count("restate_forward") == 1
    check_chain(case.subject)


def test_what_an_older_page_showed_is_told_as_such() -> None:
    case = at_state(State.RETURNED)
    seen = case.dossier.seq
    case.act(operations.ask_correction, what=WORDS)
    before = traces.everything()
    with pytest.raises(Stale):
        case.act(operations.refuse_correction, actor=case.head(), reason=WORDS, seen=seen)
    assert traces.everything() == before
