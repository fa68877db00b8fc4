"""Tasks handed over on leave: nothing moves until the receiver confirms, and no dossier is ever without its holder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from motcua.dossiers import bulkruns, handovers
from motcua.dossiers.models import HandOver
from motcua.dossiers.operations import bulk, handover
from motcua.dossiers.rules import BulkAct, HandOverKind, HandOverState, ReasonMissing
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    holder,
    key,
    unit,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.parties.models import Account
from motcua.workflow import operations as workflow
from motcua.workflow import queries as workflow_queries
from motcua.workflow import team

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
LATER = MONDAY + timedelta(hours=3)
REASON = "Nghỉ phép từ ngày 03/10 đến ngày 06/10."


@dataclass
class Desk:
    """Dossiers held by one officer, a colleague with the same duty, and the head of both."""

    cases: list[Case]
    giver: Actor
    taker: Actor
    head: Actor

    @property
    def task_ids(self) -> list[int]:
        return [case.task.id for case in self.cases]

    def propose(self, actor: Actor | None = None, **more: Any) -> int:
        given: dict[str, Any] = {
            "from_staff_id": self.giver.staff_id,
            "to_staff_id": self.taker.staff_id,
            "task_ids": self.task_ids,
            "kind": HandOverKind.LEAVE,
            "reason": REASON,
            "key": key(),
            "at": LATER,
            **more,
        }
        return handover.propose(actor=actor or self.giver, **given)

    def holders(self) -> list[int | None]:
        return [case.task.assignee_id for case in self.cases]


def second(role: str, unit_id: int) -> Actor:
    """Give somebody else of the agency the same duty, and return them as signed in."""
    there = Duty.objects.filter(unit_id=unit_id, role=role).values_list("staff_id", flat=True)
    other = (
        Duty.objects.filter(unit__agency_id=organisation.unit(unit_id).agency_id, valid_from__lte=MONDAY)
        .exclude(staff_id__in=list(there))
        .exclude(role=Role.AGENCY_HEAD)
        .exclude(valid_to__lt=MONDAY)
        .select_related("staff")
        .order_by("id")
        .first()
    )
    assert other is not None
    Duty.objects.create(
        staff_id=other.staff_id, unit_id=unit_id, role=role, scope="unit", fields=[], valid_from=MONDAY.date()
    )
    return organisation.actor_of(Account.objects.get(pk=other.staff.account_id).pk, LATER)


@pytest.fixture
def desk() -> Desk:
    cases = [Case.taken_in(RECOGNITION) for _ in range(3)]
    for case in cases:
        case.forward()
    task = cases[0].task
    giver = cases[0].doer()
    run = bulk.start(
        act=BulkAct.TAKE,
        targets=[bulk.Target(case.code, case.task.id) for case in cases],
        actor=giver,
        key=key(),
        at=LATER,
    )
    work(run)
    head = holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)
    return Desk(cases, giver, second(task.role, task.unit_id), head)


def work(run: int) -> None:
    while bulk.carry_out_next(run=run, at=LATER):
        pass


def test_nothing_moves_before_the_receiver_confirms_and_then_everything(desk: Desk) -> None:
    number = desk.propose()
    assert desk.holders() == [desk.giver.staff_id] * 3
    assert handovers.waiting(desk.taker) == 1
    proposal, tasks = handovers.one(desk.taker, number)
    assert proposal.mine_to_answer and not proposal.mine_to_cancel
    assert [task.code for task in tasks] == [case.code for case in desk.cases]
    calendar = organisation.calendar(desk.cases[0].task.unit_id)
    assert tasks[0].minutes_left == calendar.minutes_between(LATER, tasks[0].due_at)
    run = handover.accept(handover=number, actor=desk.taker, key=key(), at=LATER)
    assert desk.holders() == [desk.giver.staff_id] * 3  # until the worker comes, still the old holder
    work(run)
    assert desk.holders() == [desk.taker.staff_id] * 3
    for case in desk.cases:
        entry = traces.last(case.subject)
        assert (entry.act, entry.account_id) == ("assign", desk.taker.account_id)
        assert entry.payload["from"] == desk.giver.staff_id
        assert entry.payload["handover"] == number
        assert traces.personal(case.subject, entry.seq) == {"note": REASON}
        assert case.dossier.holder_id == desk.taker.staff_id
    assert bulkruns.run(desk.taker, run).done == 3
    assert [entry.act for entry in traces.entries(number)] == ["handover_proposed", "handover_accepted"]
    assert len(traces.events(number)) == 2


def test_what_was_done_meanwhile_is_not_taken(desk: Desk) -> None:
    number = desk.propose()
    done = desk.cases[0]
    done.step(actor=desk.giver, at=LATER)
    run = handover.accept(handover=number, actor=desk.taker, key=key(), at=LATER)
    work(run)
    found = bulkruns.run(desk.taker, run)
    assert (found.done, found.refused) == (2, 1)
    assert done.task.assignee_id != desk.taker.staff_id


def test_declined_and_cancelled_leave_everything_where_it_is(desk: Desk) -> None:
    number = desk.propose()
    handover.decline(
        handover=number, reason="Tôi cũng nghỉ những ngày đó.", actor=desk.taker, key=key(), at=LATER
    )
    assert HandOver.objects.get(pk=number).state == HandOverState.DECLINED
    other = desk.propose(desk.head)  # free again, and the head may propose too
    handover.cancel(handover=other, actor=desk.giver, key=key(), at=LATER)
    assert desk.holders() == [desk.giver.staff_id] * 3
    for act in (
        lambda: handover.accept(handover=number, actor=desk.taker, key=key(), at=LATER),
        lambda: handover.cancel(handover=other, actor=desk.head, key=key(), at=LATER),
    ):
        with pytest.raises(handover.HandOverAnswered):
            act()


@pytest.mark.parametrize(
    ("refused", "make"),
    [
        (workflow.NotYourStaff, lambda d: d.propose(counter(AN_LUU))),
        (workflow.NotACandidate, lambda d: d.propose(to_staff_id=counter(AN_LUU).staff_id)),
        (
            handover.NotHolding,
            lambda d: d.propose(d.head, from_staff_id=d.taker.staff_id, to_staff_id=d.giver.staff_id),
        ),
        (Invalid, lambda d: d.propose(task_ids=[])),
        (Invalid, lambda d: d.propose(to_staff_id=d.giver.staff_id)),
        (ReasonMissing, lambda d: d.propose(reason="nghỉ")),
    ],
)  # fmt: skip
def test_what_cannot_be_handed_over_leaves_nothing(
    desk: Desk, refused: type[DomainError], make: Callable[[Desk], int]
) -> None:
    before = traces.everything()
    with pytest.raises(refused):
        make(desk)
    assert traces.everything() == before


def test_a_task_is_in_one_open_hand_over_at_most(desk: Desk) -> None:
    desk.propose()
    before = traces.everything()
    with pytest.raises(handover.AlreadyHandedOver):
        desk.propose(desk.head)
    assert traces.everything() == before


def test_only_the_receiver_takes_and_only_those_concerned_see_it(desk: Desk) -> None:
    number = desk.propose()
    before = traces.everything()
    for actor in (desk.giver, desk.head, counter(AN_LUU)):
        with pytest.raises(handover.HandOverNotFound):
            handover.accept(handover=number, actor=actor, key=key(), at=LATER)
    with pytest.raises(handover.HandOverNotFound):
        handovers.one(counter(AN_LUU), number)
    assert handovers.of(desk.head) == []
    assert traces.everything() == before


def test_one_key_is_one_hand_over(desk: Desk) -> None:
    one = key()
    number = desk.propose(key=one)
    assert desk.propose(key=one) == number
    said = key()
    run = handover.accept(handover=number, actor=desk.taker, key=said, at=LATER)
    assert handover.accept(handover=number, actor=desk.taker, key=said, at=LATER) == run


def test_a_head_sees_the_load_of_each_and_others_see_nothing(desk: Desk) -> None:
    where = desk.cases[0].task.unit_id
    much_later = LATER + timedelta(days=30)
    loads = team.loads(desk.head, where, much_later, much_later)
    mine = next(load for load in loads if load.staff_id == desk.giver.staff_id)
    assert (mine.open, mine.overdue) == (3, 3)
    assert mine.hours == sum(case.task.hours for case in desk.cases)
    assert [task.id for task in team.tasks(desk.head, where, desk.giver.staff_id)] == desk.task_ids
    assert team.tasks(desk.head, where, None, pool=True) == []
    assert where in team.led(desk.head) and not team.led(desk.taker)
    for stranger in (desk.taker, counter(AN_LUU)):
        assert team.loads(stranger, where, LATER, LATER) == []
        assert team.tasks(stranger, where, None) == []
        assert team.held(stranger, desk.giver.staff_id or 0) == []
    assert len(workflow_queries.holders(where, desk.cases[0].task.role, "", LATER.date())) > 1
