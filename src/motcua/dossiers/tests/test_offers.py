"""Which acts are offered: by state, duty, task and the process's own outcomes. No database."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from motcua.dossiers.offers import Offer, Standing, offers
from motcua.dossiers.rules import FROM, Act, State
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.process import Graph, compile_steps
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import TaskState
from motcua.workflow.tests.factories import VARIANT

NOW = datetime(2023, 10, 2, 8, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
COUNTER, JUSTICE, LEADER, ELSEWHERE = 1, 2, 3, 9
AGENCY = 100
GRAPH: Graph = compile_steps(VARIANT)


def node(step: int) -> str:
    """Return the node of a step of the table that is done by one unit."""
    return next(one.id for one in GRAPH.nodes if one.step == step and one.role)


def actor(role: Role, unit: int = COUNTER, staff: int = 7, **more: Any) -> Actor:
    """Return an officer with one duty."""
    return Actor(
        kind=ActorKind.STAFF,
        account_id=staff,
        staff_id=staff,
        duties=(DutyRef(1, unit, AGENCY, role, **more),),
        unit_ids=frozenset({unit}),
    )


def task(step: int, unit: int, role: Role, seq: int = 1, **more: Any) -> TaskRow:
    """Return a task at a step, open and in the pool."""
    values: dict[str, Any] = {
        "id": step, "subject": 1, "process_id": 1, "seq": seq, "node": node(step), "place": node(step), "token": 1,
        "name": f"Bước {step}", "about": "", "field": "ho_tich", "unit_id": unit, "role": role.value,
        "assignee_id": None, "state": TaskState.OPEN.value, "hours": Decimal(2), "opened_at": NOW,
        "due_at": NOW + timedelta(hours=2), "done_at": None, "done_by_id": None, "outcome": "", "note": "",
    }  # fmt: skip
    return TaskRow(**{**values, **more})


def found(who: Actor, state: State, *tasks: TaskRow, **more: Any) -> list[Offer]:
    """Return what is offered on a dossier of the ward's counter."""
    standing = Standing(
        state=state, field_code="ho_tich", receiving_unit_id=COUNTER, agency_id=AGENCY, **more
    )
    agencies = {COUNTER: AGENCY, JUSTICE: AGENCY, LEADER: AGENCY}
    return offers(
        who, standing, list(tasks), GRAPH, covers=lambda unit: frozenset({unit}), agency_of=agencies
    )


def acts(who: Actor, state: State, *tasks: TaskRow, **more: Any) -> set[Act]:
    """Return the acts offered."""
    return {offer.act for offer in found(who, state, *tasks, **more)}


RECEPTION = task(1, COUNTER, Role.ONE_STOP_OFFICER)
JUSTICE_TASK = task(3, JUSTICE, Role.PROCESSING_OFFICER, seq=2)
LEADER_TASK = task(4, LEADER, Role.AGENCY_HEAD, seq=3)
HANDOVER = task(5, COUNTER, Role.RETURN_OFFICER, seq=4)
ASIDE = {Act.CORRECT_INTAKE, Act.WITHDRAW, Act.VOID}


@pytest.mark.parametrize(
    ("state", "tasks", "more", "expected"),
    [
        (State.SUBMITTED, (RECEPTION,), {}, {Act.ACCEPT, Act.REFUSE, Act.REQUEST_SUPPLEMENT, Act.WITHDRAW}),
        (State.SUBMITTED, (RECEPTION,), {"asked": True}, {Act.ACCEPT, Act.REFUSE, Act.SUPPLEMENT, Act.WITHDRAW}),
        (State.SUBMITTED, (RECEPTION._replace(assignee_id=8),), {}, {Act.WITHDRAW}),
        (State.ACCEPTED, (JUSTICE_TASK,), {}, {Act.FORWARD} | ASIDE),
        (State.ACCEPTED, (JUSTICE_TASK,), {"unscanned": True}, {Act.FORWARD, Act.DIGITISE} | ASIDE),
        (State.IN_PROCESS, (JUSTICE_TASK,), {}, ASIDE),
        (State.IN_PROCESS, (JUSTICE_TASK,), {"decided": True}, ASIDE - {Act.WITHDRAW}),
        (State.SUPPLEMENT_REQUESTED, (), {"asked": True}, {Act.SUPPLEMENT} | ASIDE),
        (State.PAYMENT_REQUESTED, (), {}, {Act.RESUME} | ASIDE),
        (State.WITHDRAWN, (), {}, {Act.HAND_BACK}),
        (State.WITHDRAWN, (), {"handed_back": True}, set()),
        (State.NOT_ACCEPTED, (), {}, {Act.HAND_BACK}),
        (State.PROCESSED, (HANDOVER,), {}, set()),
        (State.RETURNED, (), {}, set()),
        (State.VOID, (), {}, set()),
    ],
)  # fmt: skip
def test_the_counter(
    state: State, tasks: tuple[TaskRow, ...], more: dict[str, Any], expected: set[Act]
) -> None:
    assert acts(actor(Role.ONE_STOP_OFFICER), state, *tasks, **more) == expected


@pytest.mark.parametrize("state", list(State))
def test_nothing_is_offered_that_the_state_forbids(state: State) -> None:
    everything = [RECEPTION, JUSTICE_TASK, LEADER_TASK, HANDOVER]
    for role in Role:
        for unit in (COUNTER, JUSTICE, LEADER):
            for offer in found(actor(role, unit), state, *everything, asked=True, unscanned=True):
                assert state in FROM[offer.act], offer


def test_another_unit_or_field_is_offered_nothing() -> None:
    assert acts(actor(Role.ONE_STOP_OFFICER, ELSEWHERE), State.ACCEPTED, JUSTICE_TASK) == set()
    assert acts(actor(Role.PROCESSING_OFFICER, ELSEWHERE), State.IN_PROCESS, JUSTICE_TASK) == set()
    other = actor(Role.PROCESSING_OFFICER, JUSTICE, fields=frozenset({"dat_dai"}))
    assert acts(other, State.IN_PROCESS, JUSTICE_TASK) == set()
    assert acts(Actor(ActorKind.CITIZEN, 5, party_id=1), State.IN_PROCESS, JUSTICE_TASK) == set()


def test_a_step_offers_its_own_outcomes_in_the_words_of_the_process() -> None:
    made = found(actor(Role.PROCESSING_OFFICER, JUSTICE), State.IN_PROCESS, JUSTICE_TASK)
    ways = {offer.outcome: offer for offer in made}
    assert ways["trinh_duyet"].act is Act.COMPLETE_STEP and ways["trinh_duyet"].main
    assert ways["yeu_cau_bo_sung"].act is Act.REQUEST_SUPPLEMENT and ways["yeu_cau_bo_sung"].task_id == 3
    assert "xin_loi_hen_lai" not in ways  # an apology is an act with a paper of its own
    assert ways["take"].act is Act.ASSIGN and ways["take"].plain


def test_a_task_of_a_colleague_is_left_alone() -> None:
    held = JUSTICE_TASK._replace(assignee_id=8)
    assert acts(actor(Role.PROCESSING_OFFICER, JUSTICE), State.IN_PROCESS, held) == set()
    mine = JUSTICE_TASK._replace(assignee_id=7)
    assert {o.outcome for o in found(actor(Role.PROCESSING_OFFICER, JUSTICE), State.IN_PROCESS, mine)} >= {
        "trinh_duyet",
        "pass",
    }
    assert Act.RELEASE in acts(actor(Role.PROCESSING_OFFICER, JUSTICE), State.IN_PROCESS, mine)
    assert Act.RELEASE in acts(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, held)
    assert Act.RELEASE not in acts(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, JUSTICE_TASK)


def test_the_decision_is_named_by_what_it_decides() -> None:
    done = JUSTICE_TASK._replace(state=TaskState.DONE.value, done_at=NOW, outcome="trinh_duyet")
    made = found(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, done, LEADER_TASK)
    ways = {offer.outcome: offer for offer in made if offer.outcome}
    assert ways["dong_y"].act is Act.DECIDE and ways["dong_y"].main and ways["dong_y"].plain
    assert ways["khong_giai_quyet"].act is Act.REFUSE_REQUEST
    assert ways["khong_giai_quyet"].grave and not ways["khong_giai_quyet"].plain
    assert not ways["tra_lai"].plain
    # the process itself names the way back to the step before: it is not offered a second time
    assert not any(offer.act is Act.RETURN_STEP for offer in made)
    earlier = task(2, JUSTICE, Role.PROCESSING_OFFICER, seq=1, id=30, state=TaskState.DONE.value, done_at=NOW)
    made = found(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, earlier, done, LEADER_TASK)
    back = next(offer for offer in made if offer.act is Act.RETURN_STEP)
    assert [step for step, _ in back.target] == [node(2)]


def test_a_head_shares_out_the_work_of_the_agency() -> None:
    made = found(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, JUSTICE_TASK)
    assert [(offer.act, offer.outcome) for offer in made] == [
        (Act.ASSIGN, "give"),
        (Act.EXTEND, ""),
        (Act.STOP, ""),
    ]


def test_the_holder_drafts_the_letter_and_the_head_signs_it_once() -> None:
    officer, head = actor(Role.PROCESSING_OFFICER, JUSTICE), actor(Role.AGENCY_HEAD, LEADER)
    assert Act.PROPOSE_EXTENSION in acts(officer, State.IN_PROCESS, JUSTICE_TASK)
    assert Act.EXTEND not in acts(officer, State.IN_PROCESS, JUSTICE_TASK)
    assert Act.PROPOSE_EXTENSION not in acts(officer, State.IN_PROCESS, JUSTICE_TASK._replace(assignee_id=8))
    assert Act.EXTEND in acts(head, State.IN_PROCESS, JUSTICE_TASK)
    for who in (officer, head):
        assert not acts(who, State.IN_PROCESS, JUSTICE_TASK, extended=True) & {
            Act.EXTEND,
            Act.PROPOSE_EXTENSION,
        }


def test_only_who_decides_for_the_agency_may_stop_and_not_after_the_decision() -> None:
    assert Act.STOP in acts(actor(Role.AGENCY_HEAD, LEADER), State.SUPPLEMENT_REQUESTED)
    assert Act.STOP not in acts(actor(Role.AGENCY_HEAD, LEADER), State.IN_PROCESS, decided=True)
    elsewhere = Actor(
        ActorKind.STAFF, 9, staff_id=9, duties=(DutyRef(2, ELSEWHERE, AGENCY + 1, Role.AGENCY_HEAD),)
    )
    assert acts(elsewhere, State.IN_PROCESS) == set()


def test_the_result_is_handed_over_by_who_hands_out_results() -> None:
    assert acts(actor(Role.RETURN_OFFICER), State.PROCESSED, HANDOVER) == {Act.RETURN_RESULT, Act.ASSIGN}
    assert Act.RETURN_RESULT not in acts(actor(Role.RETURN_OFFICER), State.IN_PROCESS, HANDOVER)


def test_what_cannot_be_undone_stands_last() -> None:
    made = found(actor(Role.ONE_STOP_OFFICER), State.ACCEPTED, JUSTICE_TASK, unscanned=True)
    assert [offer.grave for offer in made] == sorted(offer.grave for offer in made)
    assert made[0].act is Act.FORWARD
