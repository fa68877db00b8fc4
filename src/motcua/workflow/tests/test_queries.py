"""Work lists: whose, in which order, page by page, at what cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import NotFound
from motcua.platform import access
from motcua.workflow import hands, operations, queries
from motcua.workflow.models import Task
from motcua.workflow.queries import PageKey, Range, TaskFilter
from motcua.workflow.tests import factories
from motcua.workflow.tests.factories import MONDAY_8AM, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return factories.world()


def nodes(rows: list[queries.TaskRow]) -> list[str]:
    return [row.node for row in rows]


def test_todo_is_mine_and_the_pool(world: World) -> None:
    first, moved = world.at_justice()
    second, other = world.at_justice()
    colleague = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER)
    operations.take(subject=first, task_id=moved.opened[0].id, actor=colleague, at=MONDAY_8AM)
    assert [row.subject for row in queries.open_tasks(world.justice)] == [second]
    assert [row.subject for row in queries.open_tasks(colleague)] == [first, second]
    assert [row.subject for row in queries.open_tasks(colleague, TaskFilter(Range.ASSIGNED))] == [first]
    assert [row.subject for row in queries.open_tasks(colleague, TaskFilter(Range.POOL))] == [second]
    everything = queries.open_tasks(world.justice, TaskFilter(Range.UNIT))
    assert [row.subject for row in everything] == [first, second]
    assert queries.open_tasks(world.justice, TaskFilter(unit_id=world.units["leader"].pk)) == []
    assert queries.open_tasks(world.justice, TaskFilter(role=Role.CLERK)) == []
    assert queries.open_tasks(world.justice, TaskFilter(field="dat_dai")) == []
    assert other.opened[0] in queries.open_tasks(world.justice, TaskFilter(field=factories.FIELD))


def test_a_duty_for_some_fields_shows_those(world: World) -> None:
    world.at_justice()
    land = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER, fields=("dat_dai",))
    assert queries.open_tasks(land) == []
    civil = factories.officer(world.units["justice"], Role.PROCESSING_OFFICER, fields=(factories.FIELD,))
    assert nodes(queries.open_tasks(civil)) == ["s3"]


def test_nobody_else_sees_anything(world: World) -> None:
    subject, moved = world.at_justice()
    citizen = Actor(kind=ActorKind.CITIZEN, account_id=1, party_id=1)
    idle = Actor(kind=ActorKind.STAFF, account_id=2, staff_id=0)
    for actor in (ANONYMOUS, citizen, idle, world.returns):
        for wanted in Range:
            assert queries.open_tasks(actor, TaskFilter(wanted)) == []
        assert queries.of_subject(actor, subject) == []
        assert queries.open_of_subjects(actor, [subject]) == {}
        assert queries.workload(actor, at=MONDAY_8AM, end_of_day=MONDAY_8AM).total == 0
        with pytest.raises(NotFound):
            queries.task(actor, moved.opened[0].id)
        with pytest.raises(NotFound):
            hands.candidates(actor, moved.opened[0].id, MONDAY_8AM.date())


def test_who_sees_the_subject_sees_its_tasks(world: World) -> None:
    subject, _ = world.at_justice()
    citizen = Actor(kind=ActorKind.CITIZEN, account_id=1, party_id=77)
    access.grant(subject, units=[world.units["leader"].pk], parties=[77], scope="work")
    for actor in (world.head, citizen, SYSTEM):
        assert nodes(queries.of_subject(actor, subject)) == ["s1", "s2.1", "s2.2", "s2.3", "s3"]
        assert nodes(queries.open_of_subjects(actor, [subject])[subject]) == ["s3"]


def test_pages_by_key_meet_without_gap_or_repeat(world: World) -> None:
    for _ in range(7):
        world.at_justice()
    Task.objects.filter(node="s3").update(due_at=MONDAY_8AM)  # equal times: the id decides
    whole = [row.id for row in queries.open_tasks(world.justice)]
    assert len(whole) == 7
    paged: list[int] = []
    key: PageKey | None = None
    while page := queries.open_tasks(world.justice, after=key, limit=3):
        paged += [row.id for row in page]
        assert page[-1].due_at is not None
        key = PageKey(page[-1].due_at, page[-1].id)
    assert paged == whole == sorted(whole)


def test_by_due_time(world: World) -> None:
    _, moved = world.at_justice()
    due = moved.opened[0].due_at
    assert due is not None
    soon, later = due + timedelta(minutes=1), due - timedelta(minutes=1)
    assert len(queries.open_tasks(world.justice, TaskFilter(due_before=soon))) == 1
    assert queries.open_tasks(world.justice, TaskFilter(due_before=later)) == []
    assert queries.open_tasks(world.justice, TaskFilter(due_from=soon)) == []
    load = queries.workload(world.justice, at=soon, end_of_day=soon + timedelta(hours=8))
    assert (load.total, load.overdue, load.due_today) == (1, 1, 0)
    load = queries.workload(world.justice, at=later, end_of_day=due)
    assert (load.total, load.overdue, load.due_today) == (1, 0, 1)
    assert moved.opened[0].is_late(soon)
    assert not moved.opened[0].is_late(later)


def test_who_sees_the_province_sees_every_unit(world: World) -> None:
    world.at_justice()
    leader = factories.officer(world.units["leader"], Role.PROVINCE_LEADER, scope="province")
    assert nodes(queries.open_tasks(leader, TaskFilter(Range.UNIT))) == ["s3"]
    narrowed = TaskFilter(Range.UNIT, unit_id=world.units["leader"].pk)
    assert queries.open_tasks(leader, narrowed) == []
    assert queries.open_tasks(leader) == []  # seeing is not doing


def test_many_units_give_the_same_list_as_few(world: World) -> None:
    subject, moved = world.start()
    few = Actor(
        kind=ActorKind.STAFF, account_id=1, staff_id=1,
        unit_ids=frozenset(unit.pk for unit in world.units.values()),
    )  # fmt: skip
    more = frozenset(range(10**9, 10**9 + queries.MANY_UNITS))
    many = Actor(kind=ActorKind.STAFF, account_id=1, staff_id=1, unit_ids=few.unit_ids | more)
    wanted = TaskFilter(Range.UNIT)
    assert queries.open_tasks(many, wanted) == queries.open_tasks(few, wanted)
    assert {row.id for row in queries.open_tasks(few, wanted)} == {task.id for task in moved.opened}
    asked = TaskFilter(Range.UNIT, role=Role.COORDINATOR, unit_id=world.units["asked2"].pk)
    assert [row.subject for row in queries.open_tasks(many, asked)] == [subject]


def test_one_statement_for_one_row_and_for_twenty(world: World) -> None:
    counts = set()
    for made in (1, 19):
        for _ in range(made):
            world.at_justice()
        for wanted in Range:
            with CaptureQueriesContext(connection) as seen:
                queries.open_tasks(world.justice, TaskFilter(wanted))
            counts.add(len(seen))
    assert counts == {1}


def test_unknown_processes() -> None:
    with pytest.raises(NotFound):
        queries.definition(10**12)
    with pytest.raises(NotFound):
        queries.process_of(10**12, "cap_xa")
    assert queries.processes_of(10**12) == []
