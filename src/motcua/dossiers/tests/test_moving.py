"""Running dossiers moved to another version of their process: alone, many at once, refused, and in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.dossiers import operations, tellings
from motcua.dossiers.models import BulkItem, Told
from motcua.dossiers.operations import bulk, moverun, telling
from motcua.dossiers.operations.bulk import Target
from motcua.dossiers.rules import BulkAct, NotAllowedNow, OtherProcess, ReasonMissing, State
from motcua.dossiers.telling import TellingNotFound, TellKind
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    FESTIVAL,
    MARITAL_STATUS,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    approved_version,
    at_state,
    counter,
    key,
    kstt,
)
from motcua.kernel.actor import SYSTEM
from motcua.kernel.process import Edge, Graph, Node, NodeKind
from motcua.kernel.process.move import MoveRefused
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessVersion, Task
from motcua.workflow.versions.rules import NotAllowed, VersionNotInForce

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _forget(province: None) -> Iterator[None]:
    yield
    workflow.forget()


def changed(graph: Graph, node: str, **values: Any) -> Graph:
    """Return a process with one step changed."""
    return replace(
        graph, nodes=tuple(replace(one, **values) if one.id == node else one for one in graph.nodes)
    )


def renamed(graph: Graph, old: str, new: str) -> Graph:
    """Return a process in which a step has another id."""
    return replace(
        graph,
        nodes=tuple(replace(node, id=new) if node.id == old else node for node in graph.nodes),
        edges=tuple(
            replace(
                edge,
                source=new if edge.source == old else edge.source,
                target=new if edge.target == old else edge.target,
            )
            for edge in graph.edges
        ),
    )


def move(case: Case, version: ProcessVersion, **more: Any) -> Any:
    given = {"actor": kstt(case.at), "version_id": version.pk, "reason": WORDS, **more}
    return case.act(operations.move_version, **given)


def test_the_open_step_goes_on_in_the_same_hands_by_the_new_hours() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    task = case.task
    case.act(operations.assign, actor=case.doer(), task_id=task.id)
    officer, due = case.task.assignee_id, case.due
    graph = case.bundle.graph
    version = approved_version(case, changed(graph, task.node, name="Thẩm tra kỹ", hours=Decimal(12)))
    move(case, version)
    after = case.task
    assert (after.node, after.name, after.hours, after.assignee_id) == (
        task.node, "Thẩm tra kỹ", Decimal(12), officer,
    )  # fmt: skip
    assert (after.process_id, case.dossier.process_version_id) == (version.pk, version.pk)
    assert case.due == due
    assert after.due_at != task.due_at
    old = Task.objects.get(pk=task.id)
    assert (old.state, old.process_id) == ("cancelled", task.process_id)
    assert "15/QĐ-UBND" in old.note
    entry = LedgerEntry.objects.filter(subject=case.subject).order_by("-seq")[0]
    assert (entry.act, entry.payload["from"], entry.payload["to"]) == (
        "move_version",
        task.process_id,
        version.pk,
    )
    assert entry.payload["decision_no"] == "15/QĐ-UBND"
    event = OutboxEvent.objects.get(topic="dossiers.version_moved.v1", subject=case.subject)
    assert event.payload["process_version_id"] == version.pk
    told = list(Told.objects.filter(dossier_id=case.subject))
    assert {row.staff_id for row in told} >= {officer}
    assert {row.role for row in told} >= {"lanh_dao_co_quan"}
    case.process()
    case.hand_over()
    assert case.dossier.state == State.RETURNED


def test_the_holder_and_the_head_see_what_they_were_told_until_one_says_so() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.act(operations.assign, actor=case.doer(), task_id=case.task.id)
    move(case, approved_version(case))
    officer, head = case.doer(), case.head()
    (mine,) = tellings.unseen(officer)
    assert (mine.kind, mine.code) == (TellKind.VERSION_MOVED, case.code)
    assert [one.code for one in tellings.unseen(head)] == [case.code]
    assert tellings.unseen(counter()) == []
    with pytest.raises(TellingNotFound):
        telling.seen(told_id=mine.ids[0], actor=counter(), at=case.at)
    telling.seen(told_id=mine.ids[0], actor=officer, at=case.at)
    assert tellings.unseen(officer) == []
    assert [one.code for one in tellings.unseen(head)] == [case.code]


def test_a_step_that_is_gone_must_be_named() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    node = case.task.node
    version = approved_version(case, renamed(case.bundle.graph, node, "moi_1"))
    before = traces.everything()
    with pytest.raises(MoveRefused) as refusal:
        move(case, version)
    assert [place.anchor for place in refusal.value.places] == [node]
    assert traces.everything() == before
    move(case, version, mapping={node: "moi_1"})
    assert case.task.node == "moi_1"
    case.process()


def test_opinions_under_way_move_with_their_answers() -> None:
    case = Case.taken_in(FESTIVAL)
    while len(case.tasks) < 2:
        case.step()
    case.step(task=case.tasks[0])
    open_before = {task.node for task in case.tasks}
    version = approved_version(case)
    move(case, version)
    assert {task.node for task in case.tasks} == open_before
    rows = workflow.of_subject(SYSTEM, case.subject)
    joined = [row for row in rows if row.state == "joined"]
    assert [row.process_id for row in joined] == [version.pk]
    case.process()
    assert case.dossier.state in (State.PROCESSED, State.STOPPED)


def test_a_return_after_a_move_goes_back_to_who_did_it() -> None:
    case = Case.taken_in(RECOGNITION)
    step = case.task.node
    officer = case.doer()
    case.step(actor=officer)
    move(case, approved_version(case))
    head = case.doer()
    case.act(operations.return_step, actor=head, task_id=case.task.id, node=step, reason=WORDS)
    assert (case.task.node, case.task.assignee_id) == (step, officer.staff_id)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED])
def test_what_waits_waits_on_and_can_be_finished(state: State) -> None:
    case = at_state(state)
    due = case.dossier.due_at
    move(case, approved_version(case))
    assert (case.dossier.state, case.dossier.due_at) == (state, due)
    match state:
        case State.SUBMITTED:
            case.accept()
        case State.SUPPLEMENT_REQUESTED:
            case.supplement()
        case State.PAYMENT_REQUESTED:
            case.act(operations.resume, proof="Chứng từ nộp tiền số 0012345")
    case.process()


def test_only_an_approved_version_in_force_of_the_same_process() -> None:
    case = Case.taken_in(RECOGNITION)
    later = approved_version(case, decision_no="16/QĐ-UBND", effective_on=MONDAY.date() + timedelta(days=9))
    other = approved_version(Case.taken_in(MARITAL_STATUS))
    mine = ProcessVersion.objects.get(pk=case.dossier.process_version_id)
    before = traces.everything()
    for version, kind in ((later, VersionNotInForce), (mine, VersionNotInForce), (other, OtherProcess)):
        with pytest.raises(kind):
            move(case, version)
    good = approved_version(case)
    refusals: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
        ({"actor": case.counter()}, NotAllowed),
        ({"actor": case.head()}, NotAllowed),
        ({"reason": "vì"}, ReasonMissing),
    )
    for more, refused in refusals:
        with pytest.raises(refused):
            move(case, good, **more)
    assert traces.everything() == before
    move(case, good)
    with pytest.raises(OtherProcess):
        move(case, good)
    case.process()
    with pytest.raises(NotAllowedNow):
        move(case, approved_version(case, decision_no="17/QĐ-UBND"))


def test_hands_kept_apart_count_over_a_move() -> None:
    case = Case.taken_in(RECOGNITION)
    step, graph = case.task.node, case.bundle.graph
    decision = graph.decision
    assert decision is not None
    case.step()
    done_by = {row.node: row.done_by_id for row in workflow.of_subject(SYSTEM, case.subject)}[step]
    Task.objects.filter(pk=case.task.id).update(assignee_id=done_by)
    move(case, approved_version(case, changed(graph, decision.id, not_by=(step,))))
    assert case.task.assignee_id is None


def test_a_new_step_in_between_comes_after_the_open_one() -> None:
    case = Case.taken_in(RECOGNITION)
    graph, node = case.bundle.graph, case.task.node
    decision = graph.decision
    assert decision is not None
    fresh = Node(
        "b1", NodeKind.USER_TASK, "Lãnh đạo phòng duyệt", unit_kind=decision.unit_kind, role=decision.role,
        hours=Decimal(2),
    )  # fmt: skip
    edges = tuple(
        replace(edge, target="b1") if edge.source == node and edge.target == decision.id else edge
        for edge in graph.edges
    )
    onward = Edge("d1", "b1", decision.id, outcome="dong_y_trinh", name="Trình ký")
    version = approved_version(case, replace(graph, nodes=(*graph.nodes, fresh), edges=(*edges, onward)))
    move(case, version)
    case.step()
    assert case.task.node == "b1"
    case.process()


# Many at once -------------------------------------------------------------------------------------------


def started(cases: list[Case], version: ProcessVersion, **more: Any) -> int:
    return moverun.start(
        version_id=version.pk,
        targets=[Target(case.code, None, case.dossier.seq) for case in cases],
        reason=WORDS,
        mapping={},
        actor=kstt(),
        key=key(),
        at=cases[0].at + timedelta(minutes=30),
        **more,
    )


def carried_out(run: int, case: Case) -> None:
    while bulk.carry_out_next(run=run, at=case.at + timedelta(hours=1)):
        pass


def test_each_dossier_of_a_run_is_an_act_with_its_own_result() -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(3)]
    cases[1].forward()
    cases[2].step()
    decision = cases[0].bundle.graph.decision
    assert decision is not None
    version = approved_version(cases[0], renamed(cases[0].bundle.graph, decision.id, "ky_moi"))
    run = started(cases, version)
    carried_out(run, cases[0])
    found = list(BulkItem.objects.filter(run_id=run).order_by("no").values_list("state", "reason"))
    assert found == [("done", ""), ("done", ""), ("refused", "move_refused")]
    assert cases[0].dossier.process_version_id == version.pk
    assert cases[2].dossier.process_version_id != version.pk


def test_a_worker_killed_between_act_and_note_moves_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(2)]
    version = approved_version(cases[0])
    run = started(cases, version)

    class Killed(BaseException):
        pass

    real = bulk.PERFORM[BulkAct.MOVE]

    def killed(*arguments: Any) -> Any:
        real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setitem(bulk.PERFORM, BulkAct.MOVE, killed)
        with pytest.raises(Killed):
            bulk.carry_out_next(run=run, at=cases[0].at + timedelta(hours=1))
    carried_out(run, cases[0])
    assert set(BulkItem.objects.filter(run_id=run).values_list("state", flat=True)) == {"done"}
    for case in cases:
        entries = LedgerEntry.objects.filter(subject=case.subject, act="move_version")
        assert entries.count() == 1
        assert len(case.tasks) == 1


def test_one_key_is_one_run_and_a_bad_one_leaves_nothing() -> None:
    case = Case.taken_in(RECOGNITION)
    version, same = approved_version(case), key()
    given: dict[str, Any] = {
        "version_id": version.pk, "targets": [Target(case.code, None, None)], "reason": WORDS, "mapping": {},
        "actor": kstt(), "key": same, "at": case.at,
    }  # fmt: skip
    assert moverun.start(**given) == moverun.start(**given)
    before = traces.everything()
    for wrong, kind in (
        ({"reason": "vì"}, ReasonMissing),
        ({"actor": case.head()}, NotAllowed),
        ({"version_id": case.dossier.process_version_id}, VersionNotInForce),
    ):
        with pytest.raises(kind):
            moverun.start(**{**given, "key": key(), **wrong})
    assert traces.everything() == before


def test_a_move_costs_what_it_ought_to() -> None:
    move(warm := Case.taken_in(RECOGNITION), approved_version(warm))
    case = Case.taken_in(RECOGNITION)
    newest = approved_version(case, decision_no="18/QĐ-UBND")
    actor = kstt(case.at)
    with CaptureQueriesContext(connection) as captured:
        move(case, newest, actor=actor)
    assert (
        len([one for one in captured if "SAVEPOINT" not in (one["sql"] or "")]) <= 14
    )  # BEGIN and COMMIT beside
