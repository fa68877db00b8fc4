"""Every late dossier is found and owes its explanation until the head of its agency has accepted one (R-183, R-184)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from motcua.dossiers import explanations, operations
from motcua.dossiers.explanations import Filters
from motcua.dossiers.lateness import (
    AlreadyExplained,
    ExplanationState,
    NotExplained,
    NotLate,
    NotToExplain,
    OwnExplanation,
)
from motcua.dossiers.models import Explanation
from motcua.dossiers.operations import explanation
from motcua.dossiers.rules import NoDuty, ReasonMissing, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, WORDS, Case, at_state, citizen, counter, holder, unit
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
WHY: dict[str, Any] = {"cause": "workload", "reason": "Trong tuần có hai người nghỉ ốm, hồ sơ dồn lại."}


def overdue() -> tuple[Case, Actor, datetime]:
    """Return a dossier somebody took and let run past its due moment, who that is, and a moment two days later."""
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    return case, officer, case.due + timedelta(days=2)


def row(case: Case) -> Explanation:
    return Explanation.objects.get(dossier_id=case.subject)


def owed(actor: Actor, **more: Any) -> list[str]:
    states = more.pop("states", (ExplanationState.OWED, ExplanationState.RETURNED))
    return [line.code for _, line in explanations.listing(actor, Filters(states=states, **more))]


def leader() -> Actor:
    account = Duty.objects.filter(role=Role.PROVINCE_LEADER)[0].staff.account_id
    return organisation.actor_of(account, at_state(State.ACCEPTED).at)


def test_what_is_late_is_found_with_step_and_holder_and_what_is_in_time_is_not() -> None:
    case, officer, later = overdue()
    fresh = at_state(State.ACCEPTED)
    before = traces.everything()
    assert explanation.find_late(case.due) == explanation.Found()
    assert explanation.find_late(later).new >= 1
    found = row(case)
    assert (found.state, found.step, found.holder_id) == ("owed", case.task.name, officer.staff_id)
    assert (found.due_at, found.until, found.agency_id) == (case.due, None, case.dossier.agency_id)
    assert found.answer_by > later and found.unit_id == case.task.unit_id
    assert fresh.due < later and Explanation.objects.filter(dossier_id=fresh.subject).exists()
    assert explanation.find_late(later) == explanation.Found()  # once
    after = traces.everything()
    assert {name for name in after if after[name] != before[name]} == {
        "dossiers_explanation"
    }  # no act of anybody
    assert case.code in owed(officer, mine=True) and case.code in owed(case.head())
    assert fresh.code not in owed(officer, mine=True)
    assert explanations.to_write(officer) == 1
    assert owed(counter(AN_LUU)) == [] and owed(citizen()) == []


def test_written_returned_written_again_and_accepted() -> None:
    case, officer, later = overdue()
    explanation.find_late(later)
    head = case.head()
    case.act(operations.explain, actor=officer, at=later, remedy="Bố trí người làm thay.", **WHY)
    found = row(case)
    assert (found.state, found.cause, found.written_by_id) == ("written", "workload", officer.staff_id)
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.payload["late_days"]) == (
        "explain",
        1,
    )  # late on Thursday evening, found on Saturday
    assert entry.payload["shares"][0]["staff_id"] == officer.staff_id
    assert traces.personal(case.subject, entry.seq) == {
        "reason": WHY["reason"], "remedy": "Bố trí người làm thay.",
    }  # fmt: skip
    assert (event.topic, event.payload["standing"]) == ("dossiers.explained.v1", "written")
    assert case.code not in owed(head) and case.code in owed(head, states=(ExplanationState.WRITTEN,))
    with pytest.raises(AlreadyExplained):
        case.act(operations.explain, actor=officer, **WHY)
    case.act(operations.return_explanation, actor=head, reason="Nêu rõ ai nghỉ, từ ngày nào.")
    assert (row(case).state, row(case).answer) == ("returned", "Nêu rõ ai nghỉ, từ ngày nào.")
    assert case.code in owed(head) and explanations.to_write(officer) == 1
    case.act(operations.explain, actor=officer, **WHY)
    case.act(operations.accept_explanation, actor=head, note="Đồng ý.")
    assert (row(case).state, row(case).answered_by_id) == ("accepted", head.staff_id)
    assert traces.last(case.subject).act == "accept_explanation"
    assert owed(head) == [] or case.code not in owed(head)
    assert explanation.find_late(case.at + timedelta(days=1)).dropped == 0
    assert row(case).state == "accepted"
    with pytest.raises(NotExplained):
        case.act(operations.return_explanation, actor=head, reason=WORDS)


def test_it_can_be_written_before_the_system_came_round_and_after_the_end() -> None:
    case, officer, later = overdue()
    case.at = later
    case.process()
    assert case.dossier.state == State.PROCESSED
    case.act(operations.explain, actor=officer, **WHY)
    found = row(case)
    assert found.until == case.dossier.ended_at and found.holder_id == officer.staff_id


def test_a_new_date_promised_takes_it_off_the_list_while_nobody_has_written() -> None:
    case, _, later = overdue()
    explanation.find_late(later)
    case.act(
        operations.extend, actor=case.head(), at=later, cause="complex", reason=WORDS,
        new_due_on=date(2023, 10, 20),
    )  # fmt: skip
    assert explanation.find_late(later).dropped == 1
    assert not Explanation.objects.filter(dossier_id=case.subject).exists()


def test_acts_that_follow_bring_the_figures_up_to_date() -> None:
    case, officer, later = overdue()
    explanation.find_late(later)
    case.at = later
    case.process()
    assert explanation.find_late(case.at).renewed >= 1
    found = row(case)
    assert found.until == case.dossier.ended_at and found.dossier_seq == case.dossier.seq
    assert found.holder_id == officer.staff_id


def test_what_waited_for_the_applicant_when_it_ran_out_is_not_late() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    explanation.find_late(case.due + timedelta(days=20))
    assert not Explanation.objects.filter(dossier_id=case.subject).exists()


def test_who_may_not_leaves_nothing_behind() -> None:
    case, officer, later = overdue()
    explanation.find_late(later)
    case.at = later
    before = traces.everything()
    other = holder(unit("TW.CAX.10699").id, Role.AGENCY_HEAD)
    for who, error in (
        (case.counter(), NotToExplain), (citizen(), DomainError), (SYSTEM, NoDuty), (other, DomainError),
    ):  # fmt: skip
        with pytest.raises(error):
            case.act(operations.explain, actor=who, **WHY)
    for wrong, kind in (({"cause": "bored"}, Invalid), ({"reason": "bận"}, ReasonMissing)):
        with pytest.raises(kind):
            case.act(operations.explain, actor=officer, **{**WHY, **wrong})
    for act in (operations.accept_explanation, operations.return_explanation):
        more = {} if act is operations.accept_explanation else {"reason": WORDS}
        with pytest.raises(NotExplained):
            case.act(act, actor=case.head(), **more)
        with pytest.raises(NoDuty):
            case.act(act, actor=officer, **more)
    fresh = at_state(State.IN_PROCESS)
    with pytest.raises(NotLate):
        fresh.act(operations.explain, actor=fresh.doer(), **WHY)
    assert row(case).state == "owed"
    assert traces.everything() != before  # only the fresh dossier's acts
    assert len(traces.entries(case.subject)) == case.dossier.seq


def test_a_head_explains_for_an_officer_but_does_not_accept_it_a_leader_of_the_province_does() -> None:
    case, _, later = overdue()
    explanation.find_late(later)
    head = case.head()
    case.act(operations.explain, actor=head, at=later, **WHY)
    assert row(case).by_head
    with pytest.raises(OwnExplanation):
        case.act(operations.accept_explanation, actor=head)
    case.act(operations.accept_explanation, actor=leader())
    assert row(case).state == "accepted"
