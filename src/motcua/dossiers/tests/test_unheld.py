"""No dossier is ever without a holder: whoever goes, each open task is in hands that may do it, or in a manned pool."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from motcua.dossiers import operations
from motcua.dossiers.operations import bulk, handover, unheld
from motcua.dossiers.rules import HandOverKind
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.campaigns import JULY, JUNE, run
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, key
from motcua.dossiers.tests.test_handover import second
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.organisation import operations as duties
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.organisation.operations import absence
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow import queries as workflow
from motcua.workflow import team

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
REASON = "Nghỉ phép từ ngày 03/10 đến ngày 06/10."


def forwarded(at: object = MONDAY) -> Case:
    case = Case.taken_in(RECOGNITION, at)  # type: ignore[arg-type]
    case.forward()
    return case


def admin() -> Actor:
    duty = Duty.objects.filter(role=Role.ADMIN).select_related("staff").order_by("id")[0]
    return organisation.actor_of(duty.staff.account_id, MONDAY)


def holders(case: Case) -> list[organisation.Holder]:
    task, on = case.task, case.at.astimezone(LOCAL).date()
    return workflow.holders(task.unit_id, task.role, task.field, on)


def stranded(cases: list[Case]) -> list[str]:
    """Return the open tasks nobody may do on the day of their case: who holds them not, nor in the pool anybody."""
    found = []
    for case in cases:
        for task in case.tasks:
            if not task.is_open:
                continue
            people = workflow.holders(task.unit_id, task.role, task.field, case.at.astimezone(LOCAL).date())
            hands = {one.staff_id for one in people}
            if not hands or (task.assignee_id is not None and task.assignee_id not in hands):
                found.append(f"{case.code}: {task.name}, {task.assignee_id}")
    return found


def test_what_a_stand_in_took_goes_back_to_the_pool_when_the_loan_is_over() -> None:
    case = forwarded()
    giver = case.doer()
    colleague = (
        Duty.objects.filter(
            unit__agency_id=giver.duties[0].agency_id, delegated_by=None, staff__account__is_active=True
        )
        .exclude(staff_id__in=[one.staff_id for one in holders(case)])
        .exclude(valid_to__lt=MONDAY)
        .select_related("staff")
        .order_by("id")[0]
    )
    day = MONDAY.date()
    duty = next(one for one in giver.duties if one.role == case.task.role)
    absence.lend(
        actor=giver, duty_id=duty.id, to_staff_id=colleague.staff_id, valid_from=day, valid_to=day,
        reason=REASON, key=key(), at=MONDAY,
    )  # fmt: skip
    stand_in = organisation.actor_of(colleague.staff.account_id, MONDAY)
    case.act(operations.assign, actor=stand_in, task_id=case.task.id)
    assert case.task.assignee_id == colleague.staff_id
    assert unheld.put_back(case.at) == 0, "the loan is not over"
    before = LedgerEntry.objects.count(), OutboxEvent.objects.count()
    case.at = MONDAY + timedelta(days=1)
    assert stranded([case])
    assert team.unheld(giver, case.at.date()) == [], "it is the system's to ask"
    assert unheld.put_back(case.at) == 1
    assert stranded([case]) == []
    assert case.task.assignee_id is None
    assert case.dossier.holder_id is None
    entry = traces.last(case.subject)
    assert (entry.act, entry.actor_kind, entry.payload["from"]) == ("release", "system", colleague.staff_id)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == (before[0] + 1, before[1] + 1)
    assert unheld.put_back(case.at) == 0
    case.act(operations.assign, actor=giver, task_id=case.task.id)
    assert case.task.assignee_id == giver.staff_id


def test_what_waits_paused_is_put_back_when_it_goes_on() -> None:
    case = forwarded()
    officer = case.doer()
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    case.suspend()
    duty = next(one for one in officer.duties if one.role == case.tasks[-1].role)
    duties.end_duty(actor=admin(), duty_id=duty.id, on=MONDAY.date())
    case.at = MONDAY + timedelta(days=1)
    assert unheld.put_back(case.at) == 0
    case.act(operations.resume, actor=second(duty.role, duty.unit_id), proof="Thông báo 13/TB-TTHC")
    unheld.put_back(case.at)
    assert stranded([case]) == []


@pytest.mark.parametrize("seed", range(4))
def test_whoever_goes_in_whatever_order_no_dossier_is_without_a_holder(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  (any order will do, the same each time)
    cases = [forwarded(JUNE) for _ in range(3)]
    unit_id, role = cases[0].task.unit_id, cases[0].task.role
    people = [cases[0].doer(), second(role, unit_id)]
    at, moved = JUNE + timedelta(hours=1), False
    for _ in range(7):
        at += timedelta(hours=2)
        for case in cases:
            case.at = at
        case = dice.choice(cases)
        task = case.task
        on = at.astimezone(LOCAL).date()
        what = dice.choice(["take", "take", "hand over", "leave", "next day", "reorganise"])
        people = [organisation.actor_of(one.account_id, at) for one in people if one.account_id]
        able = [one for one in people if any(duty.role == role for duty in one.duties)]
        if what == "take" and task.assignee_id is None and able:
            case.act(operations.assign, actor=dice.choice(able), task_id=task.id)
        elif what == "hand over" and len(able) == 2 and task.assignee_id == able[0].staff_id:
            number = handover.propose(
                actor=able[0], from_staff_id=able[0].staff_id or 0, to_staff_id=able[1].staff_id or 0,
                task_ids=[task.id], kind=HandOverKind.LEAVE, reason=REASON, key=key(), at=at,
            )  # fmt: skip
            started = handover.accept(handover=number, actor=able[1], key=key(), at=at)
            while bulk.carry_out_next(run=started, at=at):
                pass
        elif what == "leave" and len(able) == 2:
            for duty in able[0].duties:
                if duty.role == role:
                    duties.end_duty(actor=admin(), duty_id=duty.id, on=on)
        elif what == "next day":
            at += timedelta(days=1)
        elif what == "reorganise" and not moved:
            at, moved = JULY + timedelta(hours=dice.randrange(3)), True
            run(at)
        for each in cases:
            each.at = at
        unheld.put_back(at)
        assert stranded(cases) == [], f"after {what} at {at}"
