"""What a drawn process may contain runs: look-ups, notices, messages, moments, calls; each once, with its evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from motcua.dossiers import automatics, events, lookups, operations, queries
from motcua.dossiers.awaiting import AwaitedKind, AwaitedState
from motcua.dossiers.lookups import Answer, LookupFailed
from motcua.dossiers.models import Awaited, Evidence
from motcua.dossiers.operations import NotAwaited, automatic, timers
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests import drawn, traces
from motcua.dossiers.tests.drawn import GUARDIANSHIP
from motcua.dossiers.tests.factories import BIRTH, MONDAY, WORDS, Case, counter, key, moment
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import NotFound, Replayed
from motcua.kernel.process import AutoKind, Edge, EndKind, Graph, Node, NodeKind
from motcua.workflow import operations as moves
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
REAL = datetime(2026, 1, 5, 8, 0, tzinfo=MONDAY.tzinfo)


class Source:
    """A source that says what it is told to and remembers what it was asked."""

    def __init__(self, *answers: Answer | LookupFailed) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, Mapping[str, Any]]]()

    def look_up(self, reference: str, asked: Mapping[str, Any]) -> Answer:
        """Answer in turn; the last answer for ever."""
        self.asked.append((reference, asked))
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, LookupFailed):
            raise said
        return said


@contextmanager
def answering(*answers: Answer | LookupFailed) -> Iterator[Source]:
    """Let the source of citizens answer like this."""
    before = lookups.SOURCES.get("csdl_dan_cu")
    source = Source(*answers)
    lookups.register("csdl_dan_cu", source)
    try:
        yield source
    finally:
        if before is None:
            del lookups.SOURCES["csdl_dan_cu"]
        else:
            lookups.register("csdl_dan_cu", before)


YES = Answer(True, {"ho_ten": "Nguyễn Văn An", "con_song": True})
NO = Answer(False, {})


def at_handling(graph: Graph, role: str = "can_bo_thu_ly") -> Case:
    """Return a dossier that runs by this process and stands at the officer's step, or another role's."""
    drawn.approved(graph)
    return another(role)


def another(role: str = "can_bo_thu_ly") -> Case:
    """Return one more dossier at that step."""
    case = Case.taken_in(GUARDIANSHIP)
    case.forward()
    while case.task.role != role:
        case.step()
    return case


def waiting(case: Case) -> list[Awaited]:
    return list(Awaited.objects.filter(subject=case.subject, state=AwaitedState.WAITING.value).order_by("id"))


def do(row: Awaited, at: datetime = MONDAY, real: datetime = REAL) -> bool:
    return automatic.carry_out(row.pk, at + timedelta(hours=3), real)


def test_a_look_up_that_confirms_goes_on_by_itself_with_its_evidence() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    assert case.tasks == [] and case.dossier.step_name == "Tra cứu dân cư"
    (row,) = waiting(case)
    assert (row.kind, row.attempts, row.ref) == (AwaitedKind.LOOKUP, 0, "csdl_dan_cu")
    with answering(YES) as source:
        assert do(row)
        assert not do(row)  # a second worker finds nothing to do
    assert len(source.asked) == 1
    assert source.asked[0][1]["ho_so.so_chu_ho_so"] == case.dossier.owner_number
    evidence = Evidence.objects.get(awaited=row)
    entry = traces.last(case.subject)
    assert (entry.act, entry.actor_kind, entry.account_id) == (Act.AUTOMATIC_STEP, "system", 0)
    assert entry.payload["evidence"] == evidence.digest and entry.payload["confirmed"] is True
    assert "Nguyễn Văn An" not in str(entry.payload)
    assert case.task.node != "kiem_tra" and waiting(case) == []
    case.process()
    assert case.dossier.state == State.PROCESSED


def test_one_that_does_not_confirm_goes_to_a_person() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    with answering(NO):
        assert do(waiting(case)[0])
    assert case.task.node == "kiem_tra"
    case.step("hoan_thanh")
    case.process()


def test_a_source_that_is_away_is_asked_again_ever_later_and_shown() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    row = waiting(case)[0]
    officer = case.counter()
    assert automatics.failed_steps(officer) == []
    with answering(LookupFailed("Không kết nối được")) as source:
        for attempt, pause in ((1, 1), (2, 5), (3, 30)):
            assert not do(row)
            row.refresh_from_db()
            assert (row.attempts, row.next_at, row.error) == (
                attempt, REAL + timedelta(minutes=pause), "Không kết nối được",
            )  # fmt: skip
    assert len({reference for reference, _ in source.asked}) == 1
    (failed,) = [one for one in automatics.failed_steps(officer) if one.code == case.code]
    assert (failed.name, failed.attempts) == ("Tra cứu dân cư", 3)
    assert automatic.hand_out(REAL, 1000) == []
    automatic.retry(awaited_id=row.pk, actor=officer, real=REAL)
    assert row.pk in automatic.hand_out(REAL, 1000)
    assert row.pk not in automatic.hand_out(REAL, 1000)  # it is with a worker
    assert row.pk in automatic.hand_out(REAL + automatics.LEASE, 1000)  # which has died
    with answering(YES):
        assert do(row)
    assert [one for one in automatics.failed_steps(officer) if one.code == case.code] == []
    with pytest.raises(NotFound):
        automatic.retry(awaited_id=row.pk, actor=officer, real=REAL)


def test_a_worker_killed_after_the_answer_asks_nobody_again(monkeypatch: pytest.MonkeyPatch) -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    row = waiting(case)[0]

    class Killed(BaseException):
        pass

    def die(**_: object) -> None:
        raise Killed

    with answering(YES) as source:
        with monkeypatch.context() as patch:
            patch.setattr(automatic, "automatic_step", die)
            with pytest.raises(Killed):
                do(row)
        assert do(row)
        assert len(source.asked) == 1
    assert sum(entry.act == Act.AUTOMATIC_STEP for entry in traces.entries(case.subject)) == 1


def test_what_the_system_cannot_do_a_person_does_with_the_reason() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    doer = case.doer()
    case.step(actor=doer)
    row = waiting(case)[0]
    before = traces.everything()
    with pytest.raises(operations.ReasonMissing):
        case.act(operations.take_over_step, actor=doer, awaited_id=row.pk, reason="ok", outcome="dat")
    with pytest.raises((moves.NotYourTask, moves.TaskNotFound)):
        case.act(
            operations.take_over_step, actor=case.counter(), awaited_id=row.pk, reason=WORDS, outcome="dat"
        )
    assert traces.everything() == before
    case.act(operations.take_over_step, actor=doer, awaited_id=row.pk, reason=WORDS, outcome="dat")
    entry = traces.last(case.subject)
    assert (entry.act, entry.officer_id, entry.payload["outcome"]) == (
        Act.TAKE_OVER_STEP, doer.staff_id, "dat",
    )  # fmt: skip
    assert traces.personal(case.subject, entry.seq) == {"note": WORDS}
    done = next(task for task in workflow.of_subject(SYSTEM, case.subject) if task.node == "tra_cuu")
    assert (done.state, done.done_by_id) == ("done", doer.staff_id)
    with answering(YES) as source:
        assert not do(row)
    assert source.asked == [] and case.tasks


def test_a_step_replaced_by_a_look_up_is_done_or_stays_with_its_person() -> None:
    graph = drawn.replaced(drawn.base())
    case = at_handling(graph)
    (row,) = waiting(case)
    step = case.task
    with answering(YES):
        assert do(row)
    closed = next(task for task in workflow.of_subject(SYSTEM, case.subject) if task.id == step.id)
    assert (closed.state, closed.done_by_id, closed.outcome) == ("done", None, case.usual(step))
    assert case.task.node != step.node

    other = another()
    (row,) = waiting(other)
    with answering(NO):
        assert do(row)
    row.refresh_from_db()
    assert (row.state, other.task.node) == (AwaitedState.LEFT, step.node)
    assert traces.last(other.subject).payload["confirmed"] is False
    other.step()
    saved = {one.procedure_code: one for one in automatics.saved(SYSTEM, MONDAY - timedelta(days=1), REAL)}
    assert saved[GUARDIANSHIP].confirmed >= 1 and saved[GUARDIANSHIP].left >= 1

    third = another()
    (row,) = waiting(third)
    third.step()  # the person was faster
    row.refresh_from_db()
    assert row.state == AwaitedState.DROPPED


def test_a_source_that_refuses_for_good_leads_over_the_error_event() -> None:
    graph = drawn.with_lookup(drawn.base())
    graph = Graph(
        graph.name,
        (*graph.nodes, Node("loi", NodeKind.BOUNDARY_ERROR, "Tra cứu lỗi", attached_to="tra_cuu")),
        (*graph.edges, Edge("loi>kiem_tra", "loi", "kiem_tra")),
        graph.decided_by,
        graph.levels,
    )
    case = at_handling(graph)
    case.step()
    with answering(LookupFailed("Thiếu số định danh", permanent=True)):
        assert do(waiting(case)[0])
    assert case.task.node == "kiem_tra"
    assert traces.last(case.subject).payload["error_event"] == "loi"


def test_without_an_error_event_it_waits_for_a_person() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    row = waiting(case)[0]
    with answering(LookupFailed("Thiếu số định danh", permanent=True)):
        assert not do(row)
    row.refresh_from_db()
    assert row.given_up
    assert automatic.hand_out(REAL + timedelta(days=9), 1000) == []


def test_a_notice_leaves_with_its_act_and_a_message_too() -> None:
    case = at_handling(
        drawn.one(
            drawn.base(),
            NodeKind.SERVICE_TASK,
            auto=AutoKind.NOTIFY,
            about="Hồ sơ đang được thẩm tra thực địa.",
        )
    )
    case.step()
    assert do(waiting(case)[0])
    told = traces.events(case.subject)[-1]
    assert (told.topic, told.payload["text"]) == (events.Announced.NAME, "Hồ sơ đang được thẩm tra thực địa.")

    case = at_handling(drawn.one(drawn.base(), NodeKind.SEND_TASK, ref="ket_qua_tham_tra"))
    case.step()
    assert do(waiting(case)[0])
    told = traces.events(case.subject)[-1]
    assert (told.topic, told.payload["name"]) == (events.MessageSent.NAME, "ket_qua_tham_tra")
    assert told.payload["message_id"].startswith(case.code)


def test_a_moment_waited_for_comes_once() -> None:
    case = at_handling(drawn.one(drawn.base(), NodeKind.TIMER, hours=Decimal(4)))
    case.step()
    (row,) = waiting(case)
    assert row.due_at is not None and case.tasks == []
    assert automatic.fire_moments(row.due_at - timedelta(minutes=1), REAL, 100) == (0, 0)
    assert timers.fire_due(row.due_at, REAL).done >= 1
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["node"]) == (Act.FIRE_TIMER, "them")
    assert case.tasks
    assert automatic.fire_moments(row.due_at, REAL, 100) == (0, 0)
    case.at = row.due_at
    case.process()


CLERK = "van_thu"


def beside(graph: Graph, kind: NodeKind, *, interrupting: bool, **values: Any) -> Graph:
    """
    Return the process with an event at the edge of a step that opens a task of its own.

    What goes on beside a step needs one that is not come back to: the clerk's.
    """
    step = drawn.handling(graph) if interrupting else next(n for n in graph.nodes if n.role == CLERK)
    follow = Node(
        "nhac",
        NodeKind.USER_TASK,
        "Việc theo sự kiện",
        unit_kind=step.unit_kind,
        role=step.role,
        hours=Decimal(1),
    )
    event = Node("bien", kind, "Sự kiện", attached_to=step.id, interrupting=interrupting, **values)
    main = next(edge for edge in graph.edges if edge.source == step.id)
    target = main.target if interrupting else "het"
    nodes = [*graph.nodes, follow, event]
    if not interrupting:
        nodes.append(Node("het", NodeKind.END, "Xong việc bên", end=EndKind.DONE))
    edges = [*graph.edges, Edge("bien>nhac", "bien", "nhac"), Edge("nhac>", "nhac", target, "xong", "Xong")]
    return Graph(graph.name, tuple(nodes), tuple(edges), graph.decided_by, graph.levels)


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_timer_at_the_edge_of_a_step(interrupting: bool) -> None:
    case = at_handling(
        beside(drawn.base(), NodeKind.BOUNDARY_TIMER, interrupting=interrupting, hours=Decimal(2)),
        "can_bo_thu_ly" if interrupting else CLERK,
    )
    (row,) = waiting(case)
    held = case.task
    assert row.due_at is not None
    assert automatic.fire_moments(row.due_at, REAL, 100) == (1, 0)
    nodes = {task.node for task in case.tasks}
    assert nodes == ({"nhac"} if interrupting else {held.node, "nhac"})
    assert automatic.fire_moments(row.due_at + timedelta(days=9), REAL, 100) == (0, 0)


def test_a_step_that_is_done_in_time_takes_its_timer_along() -> None:
    case = at_handling(beside(drawn.base(), NodeKind.BOUNDARY_TIMER, interrupting=True, days=1))
    case.step()
    assert waiting(case) == []
    row = Awaited.objects.get(subject=case.subject, node="bien")
    assert row.state == AwaitedState.DROPPED


def test_nothing_happens_while_a_dossier_is_held_and_nothing_after_it_was_withdrawn() -> None:
    case = at_handling(drawn.one(drawn.base(), NodeKind.TIMER, hours=Decimal(2)))
    case.step()
    (row,) = waiting(case)
    case.act(operations.withdraw, actor=case.counter(), reason="Người dân đề nghị rút hồ sơ để nộp lại sau.")
    assert waiting(case) == []
    assert row.due_at is not None
    assert automatic.fire_moments(row.due_at, REAL, 100) == (0, 0)


def test_a_message_is_taken_once_by_name_dossier_and_number() -> None:
    case = at_handling(drawn.one(drawn.base(), NodeKind.RECEIVE_TASK, ref="thue_da_nop"))
    officer = case.counter()
    given: dict[str, Any] = {"code": case.code, "actor": officer, "at": case.at + timedelta(hours=1)}
    before = traces.everything()
    with pytest.raises(NotAwaited):
        operations.receive_message(**given, name="thue_da_nop", message="t-1", content={"so": 1})
    assert traces.everything() == before
    case.step()
    with pytest.raises(NotAwaited):
        operations.receive_message(**given, name="khac", message="t-2", content={})
    done = operations.receive_message(**given, name="thue_da_nop", message="t-1", content={"so": 1})
    again = operations.receive_message(**given, name="thue_da_nop", message="t-1", content={"so": 1})
    assert again.again and again.seq == done.seq
    with pytest.raises(Replayed):
        operations.receive_message(**given, name="thue_da_nop", message="t-1", content={"so": 2})
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["message"]) == (Act.RECEIVE_MESSAGE, "thue_da_nop")
    assert Evidence.objects.get(subject=case.subject).answer == {"so": 1}
    assert case.tasks


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_message_at_the_edge_of_a_step(interrupting: bool) -> None:
    case = at_handling(
        beside(drawn.base(), NodeKind.BOUNDARY_MESSAGE, interrupting=interrupting, ref="dinh_chinh"),
        "can_bo_thu_ly" if interrupting else CLERK,
    )
    held = case.task
    operations.receive_message(
        code=case.code, actor=counter(), at=case.at, name="dinh_chinh", message=key(), content={}
    )
    nodes = {task.node for task in case.tasks}
    assert nodes == ({"nhac"} if interrupting else {held.node, "nhac"})


def test_an_officers_word_ends_no_timer_and_no_look_up() -> None:
    case = at_handling(drawn.one(drawn.base(), NodeKind.TIMER, hours=Decimal(2)))
    case.step()
    with pytest.raises(moves.IllegalStep):
        case.act(operations.resume, proof="Đã nhận được kết quả xác minh.")


def test_what_was_drawn_shows_on_the_dossier_in_order() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    case.step()
    with answering(YES):
        do(waiting(case)[0])
    (line,) = automatics.of_dossier(case.counter(), case.subject)
    assert (line.state, line.confirmed, line.source) == (AwaitedState.DONE, True, "csdl_dan_cu")
    assert line.answer == dict(YES.record)
    assert queries.one(case.counter(), case.code).dossier.code == case.code


def test_the_clock_of_a_moment_is_the_dossiers_calendar() -> None:
    case = at_handling(drawn.one(drawn.base(), NodeKind.TIMER, days=2))
    case.at = moment("2023-10-06", "16:00")  # a Friday
    case.step(at=case.at)
    (row,) = waiting(case)
    assert row.due_at is not None
    assert row.due_at.astimezone(MONDAY.tzinfo).date().isoformat() == "2023-10-10"


def test_a_called_process_runs_as_part_of_the_dossier_in_the_version_frozen_with_its_caller() -> None:
    graph = drawn.one(
        drawn.base(), NodeKind.CALL_ACTIVITY, ref=f"{BIRTH}/{drawn.VARIANT}", name="Đăng ký kèm"
    )
    way = next(edge for edge in graph.edges if edge.source == "them")
    graph = Graph(
        graph.name,
        (*graph.nodes, Node("hong", NodeKind.BOUNDARY_ERROR, "Không làm kèm được", attached_to="them")),
        (*graph.edges, Edge("hong>on", "hong", way.target)),
        graph.decided_by,
        graph.levels,
    )
    case = at_handling(graph)
    case.step()
    assert case.task.node == "them:s1"
    assert "them:s1" in case.bundle.graph.by_id
    seen = []
    while case.task.node.startswith("them:"):
        seen.append(case.task.node)
        case.step()
    assert len(seen) > 2 and case.task.node == way.target
    case.process()
    assert case.dossier.state == State.PROCESSED

    refused = another()
    refused.step()
    refused.step("tu_choi_tiep_nhan", note=WORDS)
    assert refused.task.node == way.target


def test_a_timer_on_a_call_is_set_once_for_the_whole_stay() -> None:
    graph = drawn.one(
        drawn.base(), NodeKind.CALL_ACTIVITY, ref=f"{BIRTH}/{drawn.VARIANT}", name="Đăng ký kèm"
    )
    way = next(edge for edge in graph.edges if edge.source == "them")
    events_here = (
        Node("hong", NodeKind.BOUNDARY_ERROR, "Không làm kèm được", attached_to="them"),
        Node("het_gio", NodeKind.BOUNDARY_TIMER, "Quá lâu", attached_to="them", hours=Decimal(2)),
    )
    graph = Graph(
        graph.name,
        (*graph.nodes, *events_here),
        (*graph.edges, *(Edge(f"{one.id}>on", one.id, way.target) for one in events_here)),
        graph.decided_by,
        graph.levels,
    )
    case = at_handling(graph)
    case.step()
    (row,) = waiting(case)
    case.step()
    assert case.task.node.startswith("them:")
    assert [one.pk for one in waiting(case)] == [row.pk]
    assert row.due_at is not None and row.task_id is None
    assert automatic.fire_moments(row.due_at, REAL, 100) == (1, 0)
    assert [task.node for task in case.tasks] == [way.target]
    assert automatic.fire_moments(row.due_at + timedelta(days=1), REAL, 100) == (0, 0)


def test_acts_of_the_system_keep_to_their_statements(django_assert_max_num_queries: Any) -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    with django_assert_max_num_queries(16):
        case.step()
    (row,) = waiting(case)
    automatic.store(awaited_id=row.pk, source="csdl_dan_cu", reference="1", asked={}, answer=YES, at=REAL)
    with django_assert_max_num_queries(16):
        operations.automatic_step(
            code=case.code, awaited_id=row.pk, actor=SYSTEM, key=automatic.key_of(row.pk), at=case.at
        )


def test_the_system_may_do_the_first_step_after_receipt() -> None:
    graph = drawn.base()
    step = drawn.handling(graph)
    auto = drawn.lookup()
    edges = tuple(
        Edge(e.id, e.source, "tra_cuu", e.outcome, e.name, e.flow)
        if e.source == "s1" and e.outcome == "tiep_nhan"
        else e
        for e in graph.edges
    )
    ways = (
        Edge("tra_cuu>dat", "tra_cuu", step.id, "dat"),
        Edge("tra_cuu>khong", "tra_cuu", step.id, "khong_dat"),
    )
    drawn.approved(Graph(graph.name, (*graph.nodes, auto), (*edges, *ways), graph.decided_by, graph.levels))
    case = Case.taken_in(GUARDIANSHIP)
    assert case.dossier.step_name == "Tra cứu dân cư" and case.dossier.state == State.ACCEPTED
    with answering(YES):
        assert do(waiting(case)[0])
    assert case.task.node == step.id and case.dossier.state == State.ACCEPTED
    case.forward()
    case.process()
