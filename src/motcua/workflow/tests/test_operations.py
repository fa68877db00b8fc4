"""Moving tasks on a real server: rows, rights, statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from motcua.kernel.process import EndKind, Extend, Finish, Mark, Verdict
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Succession
from motcua.workflow import hands, operations, queries
from motcua.workflow.models import ProcessVersion, Task
from motcua.workflow.operations import (
    AlreadyTaken,
    IllegalStep,
    NotACandidate,
    NotYourStaff,
    NotYourTask,
    ProcessInvalid,
    ProcessMismatch,
    ReasonNeeded,
    TaskGone,
    TaskNotFound,
    flow,
    writing,
)
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import TaskState
from motcua.workflow.tests import factories
from motcua.workflow.tests.factories import MONDAY_8AM, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return factories.world()


def states(subject: int) -> list[tuple[str, str]]:
    return list(Task.objects.filter(subject=subject).order_by("seq").values_list("node", "state"))


def person(actor: Actor) -> int:
    """Return who the officer is."""
    assert actor.staff_id is not None
    return actor.staff_id


def unchanged(act: Callable[[], object], refusal: type[Exception]) -> Any:
    """Run an act that is refused and check that no row has moved."""
    before = list(Task.objects.order_by("id").values())
    with pytest.raises(refusal) as raised, transaction.atomic():
        act()
    assert list(Task.objects.order_by("id").values()) == before
    return raised.value


def test_an_acceptance_enters_the_first_step_as_done(world: World) -> None:
    subject, moved = world.start()
    assert states(subject) == [("s1", "done"), ("s2.1", "open"), ("s2.2", "open"), ("s2.3", "open")]
    assert moved.closed is not None
    assert (moved.closed.done_by_id, moved.closed.outcome) == (world.counter.staff_id, "tiep_nhan")
    assert [task.about for task in moved.opened] == ["Việc 1", "Việc 2", "Việc 3"]
    assert [task.unit_id for task in moved.opened] == [world.units[f"asked{n}"].pk for n in (1, 2, 3)]
    assert all(task.field == factories.FIELD and task.due_at for task in moved.opened)
    stored = queries.of_subject(SYSTEM, subject)
    assert [row for row in stored if row.is_open] == list(moved.opened)
    assert queries.marking(stored) == moved.marking


def test_a_start_may_leave_the_first_step_open(world: World) -> None:
    subject, moved = world.start(received=None)
    assert states(subject) == [("s1", "open")]
    again = world.complete(subject, moved.opened[0].id, "yeu_cau_bo_sung", world.counter)
    assert states(subject) == [("s1", "done"), ("s1.yeu_cau_bo_sung", "waiting")]
    assert again.waiting[0].assignee_id == world.counter.staff_id
    refused = world.start(received="tu_choi_tiep_nhan")
    assert refused[1].finished is EndKind.REFUSED
    assert states(refused[0]) == [("s1", "done")]
    unchanged(lambda: world.start(received="dong_y"), IllegalStep)


def test_opinions_in_any_order_end_alike(world: World) -> None:
    for order in permutations(range(3)):
        subject, moved = world.start()
        tasks = moved.opened
        for place in order:
            moved = world.complete(subject, tasks[place].id, "cho_y_kien", world.asked[place])
        assert moved.marking == (("s3", 1),)
        assert [task.node for task in moved.opened] == ["s3"]
        assert states(subject)[1:] == [("s2.1", "done"), ("s2.2", "done"), ("s2.3", "done"), ("s3", "open")]


def test_an_opinion_waits_for_the_others(world: World) -> None:
    subject, moved = world.start()
    first = world.complete(subject, moved.opened[0].id, "khong_dong_y", world.asked[0], note="Có tranh chấp")
    assert states(subject)[1:] == [("s2.1", "joined"), ("s2.2", "open"), ("s2.3", "open")]
    assert first.closed is not None
    assert first.closed.state == TaskState.JOINED
    row = Task.objects.get(pk=moved.opened[0].id)
    assert (row.note, row.outcome, row.done_by_id) == (
        "Có tranh chấp", "khong_dong_y", world.asked[0].staff_id,
    )  # fmt: skip
    assert not first.opened


def test_silence_is_consent_only_when_the_time_is_over(world: World) -> None:
    subject, moved = world.start()
    task = moved.opened[0]
    silence = "qua_han_coi_nhu_dong_y"
    unchanged(lambda: world.complete(subject, task.id, silence, SYSTEM), IllegalStep)
    late = MONDAY_8AM + timedelta(hours=5)
    waiting = queries.silent_opinions(SYSTEM, late)
    assert [row.id for row in waiting] == [moved.opened[0].id, moved.opened[2].id]
    assert queries.silent_opinions(world.head, late) == []
    done = world.complete(subject, task.id, silence, SYSTEM, at=late)
    assert done.duty is None
    unchanged(lambda: world.complete(subject, moved.opened[1].id, silence, SYSTEM, at=late), IllegalStep)
    unchanged(lambda: world.complete(subject, moved.opened[1].id, "cho_y_kien", SYSTEM, at=late), NotYourTask)


def test_to_the_end(world: World) -> None:
    subject, moved = world.at_justice()
    moved = world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice)
    assert moved.duty == world.justice.duties[0]
    moved = world.complete(subject, moved.opened[0].id, "dong_y", world.head)
    assert moved.verdict is Verdict.GRANTED
    assert moved.opened_at_step(world.process.graph.handover)
    moved = world.complete(subject, moved.opened[0].id, "tra_ket_qua", world.returns)
    assert moved.finished is EndKind.DONE
    assert moved.is_over
    assert not Task.objects.filter(subject=subject, state="open").exists()
    assert [node for node, _ in states(subject)] == ["s1", "s2.1", "s2.2", "s2.3", "s3", "s4", "s5"]


def test_a_step_that_comes_again_goes_back_to_its_officer(world: World) -> None:
    subject, moved = world.at_justice()
    moved = world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice)
    moved = world.complete(subject, moved.opened[0].id, "tra_lai", world.head, note="Thiếu căn cứ")
    assert moved.verdict is None
    assert moved.opened[0].node == "s3"
    assert moved.opened[0].assignee_id == world.justice.staff_id


def test_pause_and_resume(world: World) -> None:
    subject, moved = world.at_justice()
    moved = world.complete(subject, moved.opened[0].id, "yeu_cau_bo_sung", world.justice)
    assert [row.state for row in moved.waiting] == ["waiting"]
    assert not moved.opened
    with transaction.atomic():
        moved = operations.resume(
            subject=subject, actor=SYSTEM, **world.common(MONDAY_8AM + timedelta(days=1))
        )
    assert [(task.node, task.assignee_id) for task in moved.opened] == [("s3", world.justice.staff_id)]
    assert states(subject)[-3:] == [("s3", "done"), ("s3.yeu_cau_bo_sung", "done"), ("s3", "open")]
    unchanged(
        lambda: operations.resume(
            subject=subject, actor=SYSTEM, **world.common(MONDAY_8AM + timedelta(days=2))
        ),
        IllegalStep,
    )


def test_an_extension_writes_nothing(world: World) -> None:
    subject, moved = world.at_justice()
    before = states(subject)
    moved = world.complete(subject, moved.opened[0].id, "xin_loi_hen_lai", world.justice)
    assert isinstance(moved.commands[0], Extend)
    assert states(subject) == before
    assert moved.closed is None


def test_return_to_an_earlier_step(world: World) -> None:
    subject, moved = world.at_justice()
    task = moved.opened[0]

    def back(node: str, reason: str = "Hỏi lại", actor: Actor = world.justice) -> operations.Moved:
        return operations.return_to(
            subject=subject, task_id=task.id, node=node, reason=reason, actor=actor,
            **world.common(MONDAY_8AM + timedelta(hours=2)),
        )  # fmt: skip

    unchanged(lambda: back("s2.2", " "), ReasonNeeded)
    unchanged(lambda: back("s4"), IllegalStep)
    unchanged(lambda: back("s3"), IllegalStep)
    unchanged(lambda: back("s2.2", actor=world.head), TaskNotFound)
    moved = back("s2.2")
    assert [row.id for row in moved.cancelled] == [task.id]
    assert [(row.node, row.assignee_id) for row in moved.opened] == [("s2.2", world.asked[1].staff_id)]
    assert states(subject)[-4:] == [
        ("s3", "cancelled"), ("s2.1.out", "joined"), ("s2.3.out", "joined"), ("s2.2", "open"),
    ]  # fmt: skip
    again = world.complete(
        subject, moved.opened[0].id, "cho_y_kien", world.asked[1], at=MONDAY_8AM + timedelta(hours=3)
    )
    assert [task.node for task in again.opened] == ["s3"]
    assert again.marking == (("s3", 1),)


def test_return_to_the_whole_block(world: World) -> None:
    subject, moved = world.at_justice()
    moved = operations.return_to(
        subject=subject, task_id=moved.opened[0].id, node="s2", reason="Hỏi lại tất cả", actor=world.justice,
        **world.common(MONDAY_8AM + timedelta(hours=2)),
    )  # fmt: skip
    assert [task.node for task in moved.opened] == ["s2.1", "s2.2", "s2.3"]


def test_cancelling_takes_everything_back(world: World) -> None:
    subject, moved = world.start()
    world.complete(subject, moved.opened[0].id, "cho_y_kien", world.asked[0])
    gone = operations.cancel_open(subject=subject, reason="Rút hồ sơ", at=MONDAY_8AM + timedelta(hours=2))
    assert [state for _, state in states(subject)] == ["done", "cancelled", "cancelled", "cancelled"]
    assert gone.commands[-1] == Finish(None)
    assert len(gone.cancelled) == 3
    assert operations.cancel_open(subject=subject, reason="Lại", at=MONDAY_8AM).cancelled == ()
    unchanged(lambda: world.complete(subject, moved.opened[1].id, "cho_y_kien", world.asked[1]), TaskGone)


def test_only_who_holds_the_duty_may_complete(world: World) -> None:
    subject, moved = world.at_justice()
    task = moved.opened[0]
    citizen = Actor(kind=ActorKind.CITIZEN, account_id=1, party_id=1)
    for stranger in (ANONYMOUS, citizen, world.asked[0]):
        unchanged(partial(world.complete, subject, task.id, "trinh_duyet", stranger), TaskNotFound)
    colleague = factories.officer(world.units["justice"], Role.CLERK)
    unchanged(lambda: world.complete(subject, task.id, "trinh_duyet", colleague), NotYourTask)
    other_field = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER, fields=("dat_dai",))
    unchanged(lambda: world.complete(subject, task.id, "trinh_duyet", other_field), NotYourTask)
    unchanged(lambda: world.complete(subject, task.id, "trinh_duyet", SYSTEM), NotYourTask)
    same_field = factories.officer(
        world.units["justice"], Role.PROCESSING_OFFICER, fields=("dat_dai", factories.FIELD)
    )
    assert world.complete(subject, task.id, "trinh_duyet", same_field).closed


def take(subject: int, task_id: int, actor: Actor) -> TaskRow:
    return operations.take(subject=subject, task_id=task_id, actor=actor, at=MONDAY_8AM)


def test_an_assigned_task_is_its_holders(world: World) -> None:
    subject, moved = world.at_justice()
    task = moved.opened[0]
    second = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER)
    operations.take(subject=subject, task_id=task.id, actor=second, at=MONDAY_8AM)
    unchanged(lambda: world.complete(subject, task.id, "trinh_duyet", world.justice), NotYourTask)
    unchanged(
        lambda: operations.take(subject=subject, task_id=task.id, actor=world.justice, at=MONDAY_8AM),
        AlreadyTaken,
    )
    unchanged(
        lambda: operations.take(subject=subject, task_id=task.id, actor=world.head, at=MONDAY_8AM),
        TaskNotFound,
    )
    assert operations.release(subject=subject, task_id=task.id, actor=second).assignee_id is None
    assert world.complete(subject, task.id, "trinh_duyet", world.justice).closed


def test_heads_share_out_work(world: World) -> None:
    subject, moved = world.at_justice()
    task = moved.opened[0]
    head = factories.officer(world.units["leader"], Role.AGENCY_HEAD, scope="subtree")
    head = Actor(**{**{name: getattr(head, name) for name in head.__slots__},
                    "unit_ids": frozenset(unit.pk for unit in world.units.values())})  # fmt: skip
    given: dict[str, Any] = {"subject": subject, "task_id": task.id, "at": MONDAY_8AM}
    held = operations.assign(**given, staff_id=person(world.justice), actor=head)
    assert held.assignee_id == world.justice.staff_id
    unchanged(lambda: operations.assign(**given, staff_id=person(head), actor=head), NotACandidate)
    second = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER)
    unchanged(lambda: operations.assign(**given, staff_id=person(second), actor=world.justice), NotYourStaff)
    unchanged(
        lambda: operations.hand_over(**given, staff_id=person(second), actor=second, note="xin nhận"),
        NotYourTask,
    )
    unchanged(
        lambda: operations.hand_over(**given, staff_id=person(second), actor=world.justice, note=""),
        ReasonNeeded,
    )
    passed = operations.hand_over(**given, staff_id=person(second), actor=world.justice, note="Nghỉ phép")
    assert (passed.assignee_id, passed.note) == (second.staff_id, "Nghỉ phép")
    assert [holder.staff_id for holder in hands.candidates(head, task.id, MONDAY_8AM.date())] == [
        world.justice.staff_id, second.staff_id,
    ]  # fmt: skip


def test_a_duty_that_ended_is_no_candidate(world: World) -> None:
    subject, moved = world.at_justice()
    head = factories.officer(world.units["justice"], Role.DIVISION_HEAD)
    Duty.objects.filter(staff_id=person(world.justice)).update(valid_to=factories.SINCE)
    unchanged(
        lambda: operations.assign(
            subject=subject,
            task_id=moved.opened[0].id,
            staff_id=person(world.justice),
            actor=head,
            at=MONDAY_8AM,
        ),
        NotACandidate,
    )


def test_the_next_holder_may_be_named_when_completing(world: World) -> None:
    subject, moved = world.at_justice()
    task = moved.opened[0].id
    unchanged(
        lambda: world.complete(subject, task, "trinh_duyet", world.justice, assign_to=world.justice.staff_id),
        NotACandidate,
    )
    moved = world.complete(subject, task, "trinh_duyet", world.justice, assign_to=world.head.staff_id)
    assert moved.opened[0].assignee_id == world.head.staff_id
    assert Task.objects.get(pk=moved.opened[0].id).assignee_id == world.head.staff_id


def test_a_successor_does_the_work_of_its_predecessor(world: World) -> None:
    subject, moved = world.at_justice()
    heir = factories.UnitFactory.create(agency=world.agency, kind="justice")
    Succession.objects.create(
        origin=world.units["justice"],
        successor=heir,
        on=factories.SINCE,
        relation="merged_into",
        certainty="high",
    )
    successor = factories.officer(heir, Role.PROCESSING_OFFICER)
    assert [row.id for row in queries.open_tasks(successor)] == [moved.opened[0].id]
    assert world.complete(subject, moved.opened[0].id, "trinh_duyet", successor).closed


def test_tasks_of_others_and_tasks_done(world: World) -> None:
    subject, moved = world.at_justice()
    other, _ = world.start()
    task = moved.opened[0].id
    unchanged(lambda: world.complete(other, task, "trinh_duyet", world.justice), TaskNotFound)
    unchanged(lambda: world.complete(subject, 10**12, "trinh_duyet", world.justice), TaskNotFound)
    world.complete(subject, task, "trinh_duyet", world.justice)
    unchanged(lambda: world.complete(subject, task, "trinh_duyet", world.justice), TaskGone)
    unchanged(
        lambda: operations.take(subject=subject, task_id=task, actor=world.justice, at=MONDAY_8AM), TaskGone
    )


def test_a_lost_race_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, moved = world.at_justice()
    seen = writing.history(subject)
    world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice)
    monkeypatch.setattr(flow, "history", lambda _: seen)
    unchanged(lambda: world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice), TaskGone)


def test_an_act_that_waited_for_the_lock_is_not_earlier_than_the_task(world: World) -> None:
    subject, moved = world.at_justice()
    before = MONDAY_8AM - timedelta(seconds=1)
    world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice, at=before)
    operations.cancel_open(subject=subject, reason="Rút hồ sơ", at=before - timedelta(seconds=1))
    assert all(row.done_at and row.done_at >= row.opened_at for row in queries.of_subject(SYSTEM, subject))


def test_reschedule(world: World) -> None:
    subject, moved = world.start()
    later = MONDAY_8AM + timedelta(days=3)
    changed = operations.reschedule(subject=subject, plan={"s2.1": later, "s3": later, "s1": later})
    assert changed == 1
    assert Task.objects.get(pk=moved.opened[0].id).due_at == later


def test_another_version_of_the_process_is_refused(world: World) -> None:
    subject, moved = world.at_justice()
    changed = {**factories.VARIANT, "levels": ["commune", "district"]}
    row = operations.publish_process(world.process.procedure_version_id, changed, field=factories.FIELD)
    other = queries.definition(row.pk)
    assert queries.process_of(row.procedure_version_id, "cap_xa") is other
    unchanged(
        lambda: world.complete(subject, moved.opened[0].id, "trinh_duyet", world.justice, process=other),
        ProcessMismatch,
    )


def test_publishing_is_idempotent_and_checked(world: World) -> None:
    version = world.process.procedure_version_id
    count = ProcessVersion.objects.count()
    again = operations.publish_process(version, factories.VARIANT, field=factories.FIELD)
    assert again.pk == world.process.id
    assert ProcessVersion.objects.count() == count
    with pytest.raises(ProcessInvalid) as refusal:
        operations.publish_process(version, factories.VARIANT, limit_hours=1)
    assert refusal.value.data["problems"]
    assert [made.variant for made in queries.processes_of(version)] == ["cap_xa"]
    assert world.process.graph.marked(Mark.DECISION)[0].id == "s4"


def test_no_move_outside_a_transaction() -> None:
    connection.in_atomic_block, kept = False, connection.in_atomic_block
    try:
        with pytest.raises(transaction.TransactionManagementError):
            operations.cancel_open(subject=1, reason="", at=MONDAY_8AM)
    finally:
        connection.in_atomic_block = kept


def test_one_token_has_one_live_row(world: World) -> None:
    _, moved = world.at_justice()
    row = Task.objects.get(pk=moved.opened[0].id)
    row.pk, row.seq = None, 99
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    row.state, row.done_at = "done", None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_statements_do_not_grow(world: World) -> None:
    def count(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as seen:
            act()
        return len(seen)

    organisation.tree()
    queries.definition(world.process.id)
    made: list[Any] = []

    def keep(act: Callable[[], object]) -> None:
        made.append(act())

    assert count(lambda: made.append(world.start())) == 2  # the number of the subject, and the rows
    subject, moved = made[0]
    for actor, task in zip(world.asked, moved.opened, strict=True):
        act = partial(world.complete, subject, task.id, "cho_y_kien", actor)
        assert count(partial(keep, act)) == 2
    moved = made[-1]
    pause: list[Any] = []
    task = moved.opened[0].id
    assert count(lambda: pause.append(world.complete(subject, task, "yeu_cau_bo_sung", world.justice))) == 2
    back: list[Any] = []
    resume = world.common(MONDAY_8AM + timedelta(hours=2))
    assert count(lambda: back.append(operations.resume(subject=subject, actor=SYSTEM, **resume))) == 2
    task = back[0].opened[0].id
    later = MONDAY_8AM + timedelta(hours=3)
    again = world.common(later)
    assert (
        count(
            lambda: operations.return_to(
                subject=subject, task_id=task, node="s2", reason="x", actor=world.justice, **again
            )
        )
        == 2
    )
    assert count(lambda: operations.cancel_open(subject=subject, reason="x", at=later)) == 1
