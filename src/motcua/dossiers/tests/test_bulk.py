"""One act on many dossiers: a result for each, nothing half done, taken up again after a kill, stopped, repeated."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from motcua.dossiers import bulkruns, events
from motcua.dossiers.models import BulkItem, BulkRun, Dossier
from motcua.dossiers.operations import bulk
from motcua.dossiers.operations.bulk import Target
from motcua.dossiers.rules import Act, BulkAct, BulkState, ItemState, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, citizen, counter, key
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Forbidden, Invalid, Replayed
from motcua.platform import jobs, outbox

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(hours=1)


def cases(count: int) -> list[Case]:
    return [Case.taken_in(RECOGNITION) for _ in range(count)]


def seen(*chosen: Case) -> list[Target]:
    return [Target(case.code, None, case.dossier.seq) for case in chosen]


def begin(actor: Actor, targets: list[Target], act: BulkAct = BulkAct.FORWARD, **more: Any) -> int:
    return bulk.start(
        act=act, targets=targets, actor=actor, key=more.pop("key", None) or key(), at=LATER, **more
    )


def work(run: int, at: datetime = LATER) -> int:
    """Do what the worker does; return how many dossiers were taken up."""
    count = 0
    while bulk.carry_out_next(run=run, at=at):
        count += 1
    return count


def states(run: int) -> list[str]:
    return list(BulkItem.objects.filter(run_id=run).order_by("no").values_list("state", flat=True))


def forwards(case: Case) -> int:
    return sum(entry.act == Act.FORWARD for entry in traces.entries(case.subject))


def test_each_dossier_is_an_act_of_its_own_with_its_own_result() -> None:
    officer = counter()
    good, other = cases(2)
    gone = Case.taken_in(RECOGNITION)
    gone.forward()
    run = begin(officer, [*seen(good), Target(gone.code, None, None), *seen(other)], note="1 bộ")
    assert bulkruns.run(officer, run).waiting == 3
    assert work(run) == 3
    assert states(run) == ["done", "refused", "done"]
    for case in (good, other):
        entry = traces.last(case.subject)
        assert (case.dossier.state, entry.act) == (State.IN_PROCESS, Act.FORWARD)
        assert entry.account_id == officer.account_id
        assert traces.personal(case.subject, entry.seq) == {"what": "1 bộ"}
    refused = bulkruns.items(officer, run, [ItemState.REFUSED])[0]
    assert (refused.code, refused.reason) == (gone.code, "not_allowed_now")
    assert "Chuyển hồ sơ" in refused.message
    found = bulkruns.run(officer, run)
    assert (found.state, found.done, found.refused, found.waiting) == (BulkState.FINISHED, 2, 1, 0)
    told = [entry.act for entry in traces.entries(run)]
    assert told == ["bulk_start", "bulk_end"]
    assert [event.topic for event in traces.events(run)] == [
        events.BulkStarted.NAME,
        events.BulkEnded.NAME,
    ]


def test_a_dossier_changed_since_the_list_was_shown_is_left_alone() -> None:
    case = Case.taken_in(RECOGNITION)
    run = begin(counter(), [Target(case.code, None, case.dossier.seq - 1)])
    work(run)
    assert (states(run), forwards(case)) == (["refused"], 0)
    bulk.repeat(run=run, actor=counter(), key=key(), at=LATER)  # the person has read why, and wants it
    work(run)
    assert (states(run), forwards(case)) == (["done"], 1)


def test_a_worker_killed_between_act_and_note_does_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = cases(2)
    run = begin(counter(), seen(one, two))
    item = BulkItem.objects.get(run_id=run, no=1)
    # what a kill leaves: the act is committed, its note is not
    bulk.PERFORM[BulkAct.FORWARD](
        item, BulkRun.objects.get(pk=run).values,
        {"code": one.code, "actor": counter(), "key": f"bulk-{run}-1-1", "at": LATER},
    )  # fmt: skip
    assert (forwards(one), states(run)) == (1, ["waiting", "waiting"])
    work(run, LATER + timedelta(minutes=3))
    assert (forwards(one), forwards(two), states(run)) == (1, 1, ["done", "done"])


def test_a_database_that_does_not_answer_ends_the_job_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case.taken_in(RECOGNITION)
    run = begin(counter(), seen(case))

    def down(*_: Any) -> Any:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patched:
        patched.setitem(bulk.PERFORM, BulkAct.FORWARD, down)
        with pytest.raises(OperationalError):
            bulk.carry_out_next(run=run, at=LATER)
    assert states(run) == ["waiting"]
    work(run)
    assert states(run) == ["done"]


def test_a_fault_of_ours_at_one_dossier_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = cases(2)
    run = begin(counter(), seen(one, two))
    real = bulk.PERFORM[BulkAct.FORWARD]

    def faulty(item: BulkItem, *rest: Any) -> Any:
        if item.code == one.code:
            raise KeyError("a fault")
        return real(item, *rest)

    with monkeypatch.context() as patched:
        patched.setitem(bulk.PERFORM, BulkAct.FORWARD, faulty)
        work(run)
    assert (states(run), forwards(one)) == (["failed", "done"], 0)
    bulk.repeat(run=run, actor=counter(), key=key(), at=LATER)
    work(run)
    assert (states(run), forwards(one), forwards(two)) == (["done", "done"], 1, 1)


def test_two_workers_at_one_run_do_every_dossier_once() -> None:
    chosen = cases(6)
    run = begin(counter(), seen(*chosen))
    line = threading.Barrier(2)

    def worker(_: int) -> None:
        try:
            connection.ensure_connection()
            line.wait(10)
            work(run)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(worker, range(2)))
    assert set(states(run)) == {"done"}
    assert [forwards(case) for case in chosen] == [1] * 6
    assert [entry.act for entry in traces.entries(run)] == ["bulk_start", "bulk_end"]


def test_stopped_the_rest_stays_as_it_is_and_can_be_taken_up_again() -> None:
    officer, chosen = counter(), cases(3)
    run = begin(officer, seen(*chosen))
    bulk.carry_out_next(run=run, at=LATER)
    bulk.stop(run=run, actor=officer, key=key(), at=LATER)
    assert work(run) == 0
    assert states(run) == ["done", "skipped", "skipped"]
    assert [forwards(case) for case in chosen] == [1, 0, 0]
    with pytest.raises(bulk.NotRunning):
        bulk.stop(run=run, actor=officer, key=key(), at=LATER)
    bulk.repeat(run=run, actor=officer, key=key(), at=LATER)
    work(run)
    assert states(run) == ["done"] * 3
    with pytest.raises(bulk.NothingToRepeat):
        bulk.repeat(run=run, actor=officer, key=key(), at=LATER)


def test_what_is_done_while_it_is_stopped_is_told_as_done(monkeypatch: pytest.MonkeyPatch) -> None:
    officer, case = counter(), Case.taken_in(RECOGNITION)
    run = begin(officer, seen(case))
    real = bulk.PERFORM[BulkAct.FORWARD]

    def stopped_meanwhile(*given: Any) -> Any:
        done = real(*given)
        bulk.stop(run=run, actor=officer, key=key(), at=LATER)
        return done

    with monkeypatch.context() as patched:
        patched.setitem(bulk.PERFORM, BulkAct.FORWARD, stopped_meanwhile)
        work(run)
    assert (states(run), forwards(case)) == (["done"], 1)


def test_tasks_are_taken_given_and_completed() -> None:
    chosen = cases(2)
    for case in chosen:
        case.forward()
    head = chosen[0].doer()

    def targets() -> list[Target]:
        return [Target(case.code, case.task.id) for case in chosen]

    run = begin(head, targets(), BulkAct.TAKE)
    work(run)
    assert states(run) == ["done", "done"]
    assert {case.task.assignee_id for case in chosen} == {head.staff_id}
    outcome = chosen[0].usual()
    run = begin(head, targets(), BulkAct.COMPLETE, outcome=outcome, note="Đủ điều kiện")
    work(run)
    assert states(run) == ["done", "done"]
    assert {traces.last(case.subject).payload["outcome"] for case in chosen} == {outcome}


def test_one_key_is_one_run() -> None:
    officer, case = counter(), Case.taken_in(RECOGNITION)
    one, targets = key(), seen(case)
    run = begin(officer, targets, key=one)
    assert begin(officer, targets, key=one) == run
    with pytest.raises(Replayed):
        begin(officer, targets, key=one, note="khác")
    assert BulkRun.objects.count() == 1


@pytest.mark.parametrize(
    ("make", "more", "field"),
    [
        (lambda case: [], {}, "dossiers"),
        (lambda case: [Target(f"{case.code}{no}") for no in range(501)], {}, "dossiers"),
        (lambda case: [Target(case.code)], {"act": BulkAct.TAKE}, "dossiers"),
        (lambda case: [Target(case.code, 1)], {"act": BulkAct.ASSIGN}, "staff_id"),
        (lambda case: [Target(case.code, 1)], {"act": BulkAct.COMPLETE}, "outcome"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing(
    make: Callable[[Case], list[Target]], more: dict[str, Any], field: str
) -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    with pytest.raises(Invalid) as refused:
        begin(counter(), make(case), **more)
    assert field in refused.value.errors
    assert traces.everything() == before


def test_only_staff_begin_and_only_their_own_runs_are_seen_or_stopped() -> None:
    officer, case = counter(), Case.taken_in(RECOGNITION)
    with pytest.raises(Forbidden):
        begin(citizen(), seen(case))
    run = begin(officer, seen(case))
    stranger = counter("HD.KM.10675.MC")
    before = traces.everything()
    for refused in (
        lambda: bulkruns.run(stranger, run),
        lambda: bulkruns.items(stranger, run),
        lambda: bulk.stop(run=run, actor=stranger, key=key(), at=LATER),
        lambda: bulk.repeat(run=run, actor=stranger, key=key(), at=LATER),
    ):
        with pytest.raises(bulk.BulkNotFound):
            refused()
    assert traces.everything() == before
    assert bulkruns.recent(stranger) == []


def test_somebody_without_the_duty_is_refused_dossier_by_dossier() -> None:
    case = Case.taken_in(RECOGNITION)
    elsewhere = counter("HD.KM.10675.MC")
    run = begin(elsewhere, seen(case))
    work(run)
    item = bulkruns.items(elsewhere, run)[0]
    assert (item.state, item.reason, forwards(case)) == (ItemState.REFUSED, "dossier_not_found", 0)


def test_the_dispatcher_gives_a_run_to_a_worker_once() -> None:
    run = begin(counter(), seen(Case.taken_in(RECOGNITION)))
    while outbox.drain("dossiers") or outbox.waiting(
        "dossiers"
    ):  # another test's transaction may hold them back
        pass
    rows = list(jobs.app.job_manager.list_jobs(task="dossiers.bulk"))
    kwargs: list[Any] = [job.task_kwargs for job in rows]  # Django's connections leave JSON as text
    assert [json.loads(one) if isinstance(one, str) else one for one in kwargs] == [{"run": run}]
    assert rows[0].lock == f"bulk-{run}"
    jobs.app.tasks["dossiers.bulk"](run=run)
    assert Dossier.objects.filter(state=State.IN_PROCESS).count() == 1
