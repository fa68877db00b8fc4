"""Ways made from real dossiers: figures, rights, equal when made anew, gone when the dossier is no longer over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from motcua.dossiers import operations as acts
from motcua.dossiers.models import Dossier
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, TAN_DAN, Case, counter, holder, unit
from motcua.evaluation.mining import operations, queries
from motcua.evaluation.mining.models import Trace
from motcua.evaluation.mining.queries import NotAMiner, Span
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
OCTOBER = Span(date(2023, 10, 1), date(2023, 10, 31))


def read() -> None:
    """Make the ways of what the test has done; the reader itself sees only what is committed."""
    operations.rebuild()


def somebody(role: Role) -> Actor:
    duty = Duty.objects.filter(role=role.value, staff__account__isnull=False).order_by("id")[0]
    return organisation.actor_of(duty.staff.account_id or 0, MONDAY)


def plain() -> Case:
    """A dossier on the main path, its appraisal taken ten minutes after it came."""
    case = Case.taken_in(RECOGNITION)
    case.forward()
    task = case.task
    case.act(acts.assign, actor=case.doer(task), task_id=task.id)
    case.process()
    return case


def returned() -> Case:
    """A dossier sent back once from the step after the appraisal, and asked for a supplement."""
    case = Case.taken_in(RECOGNITION)
    case.forward()
    first = case.task
    case.step()
    task = case.task
    case.act(
        acts.return_step, actor=case.doer(task), task_id=task.id, node=first.node, reason="Thiếu căn cứ thẩm định."
    )  # fmt: skip
    case.process()
    return case


def test_ways_are_counted_with_waiting_and_rework() -> None:
    one, other = plain(), returned()
    process = one.dossier.process_version_id
    read()
    paths, dossiers, ways = queries.paths(SYSTEM, process, OCTOBER)
    assert (dossiers, ways) == (2, 2)
    assert sorted(len(path.nodes) for path in paths)[1] > sorted(len(path.nodes) for path in paths)[0]
    first = Trace.objects.get(subject=one.subject)
    taken = next(minutes for minutes in first.waiting if minutes is not None)
    assert taken == 20
    assert not any(first.again)
    back = Trace.objects.get(subject=other.subject)
    assert back.reworks == sum(back.again) >= 1
    reworked = {node for node, again in zip(back.nodes, back.again, strict=True) if again}
    steps = {step.node: step for step in queries.steps(SYSTEM, process, OCTOBER)}
    assert {node for node, step in steps.items() if step.reworks} == reworked
    assert sum(step.share for step in steps.values()) == pytest.approx(1)
    outside = operations.outside(process)
    inside = queries.steps(SYSTEM, process, OCTOBER, outside)
    assert sum(step.share for step in inside) == pytest.approx(1)
    assert {step.node for step in inside if not step.share} >= outside & {*steps}
    assert outside, "the hand-over waits for the owner"
    for node in reworked:
        assert queries.dossiers_behind(SYSTEM, process, OCTOBER, node=node, why="lam-lai") == [other.subject]
    assert queries.overview(SYSTEM, OCTOBER)[0].reworked == 1
    assert [row.dossiers for row in queries.agencies(SYSTEM, process, OCTOBER)] == [2]


def test_a_supplement_is_counted_at_its_step_and_its_wait_is_not_the_offices() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    step = case.asking_task().node
    case.ask(restart=False)
    case.at += timedelta(days=3)
    case.supplement()
    case.process()
    read()
    found = {row.node: row for row in queries.steps(SYSTEM, case.dossier.process_version_id, OCTOBER)}
    assert found[step].supplements == 1
    trace = Trace.objects.get(subject=case.subject)
    assert trace.supplements == 1
    assert trace.reworks == 0
    assert trace.spent < 480 < trace.outside


@pytest.mark.django_db(transaction=True)
def test_reading_again_and_making_anew_change_nothing() -> None:
    plain(), returned()
    while operations.catch_up():
        pass
    before = list(Trace.objects.order_by("subject").values())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evaluation_tracereading SET xid = 0, entry_id = 0")
    while operations.catch_up():
        pass
    assert list(Trace.objects.order_by("subject").values()) == before
    assert operations.rebuild(batch=1) == (2, 0)
    Trace.objects.filter(subject=before[0]["subject"]).update(path="x", reworks=7)
    assert operations.rebuild() == (2, 1)
    assert list(Trace.objects.order_by("subject").values()) == before


def test_a_dossier_that_is_not_over_has_no_way() -> None:
    case = plain()
    read()
    assert Trace.objects.filter(subject=case.subject).exists()
    Dossier.objects.filter(subject=case.subject).update(state="in_process", ended_at=None)
    assert operations.rebuild() == (0, 1)
    assert not Trace.objects.exists()


def test_who_sees_which_ways() -> None:
    case = plain()
    process = case.dossier.process_version_id
    read()
    own, elsewhere = case.head(), None
    for duty in Duty.objects.filter(role=Role.AGENCY_HEAD.value, staff__account__isnull=False).exclude(
        unit__agency_id=case.dossier.agency_id
    ):
        actor = organisation.actor_of(duty.staff.account_id or 0, MONDAY)
        if case.dossier.agency_id not in queries.reach(actor).agencies:
            elsewhere = actor
            break
    assert elsewhere is not None
    assert queries.paths(own, process, OCTOBER)[1] == 1
    assert queries.paths(somebody(Role.KSTT), process, OCTOBER)[1] == 1
    assert queries.paths(elsewhere, process, OCTOBER)[1] == 0
    assert queries.dossiers_behind(elsewhere, process, OCTOBER) == []
    for actor in (counter(), holder(unit(TAN_DAN).id, Role.ONE_STOP_OFFICER)):
        with pytest.raises(NotAMiner):
            queries.overview(actor, OCTOBER)


def test_what_is_usual_is_the_median_of_the_newest_where_enough_went_through() -> None:
    for _ in range(queries.USUAL_STAYS - 1):
        process = plain().dossier.process_version_id
    read()
    on = date(2023, 10, 31)
    assert queries.usual(process, on) == {}, "too few to call it usual"
    plain()
    read()
    known = queries.usual(process, on)
    ways = [
        dict(zip(one.nodes, one.working, strict=True)) for one in Trace.objects.filter(process_id=process)
    ]
    waits = [
        dict(zip(one.nodes, one.waiting, strict=True)) for one in Trace.objects.filter(process_id=process)
    ]
    node = next(iter(known))
    spent = sorted(way[node] + (wait[node] or 0) for way, wait in zip(ways, waits, strict=True))
    assert known[node] == spent[len(spent) // 2]
    assert queries.usual(process, date(2023, 9, 1)) == {}, "what had not ended then was not known"
