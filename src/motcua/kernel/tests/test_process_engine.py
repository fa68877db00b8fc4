"""The engine on every process of the province's data, and on hand-made graphs with every gateway."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import motcua
from motcua.kernel.process import (
    CancelAll,
    CancelTask,
    CloseTask,
    Complete,
    Condition,
    Edge,
    EndKind,
    Extend,
    Finish,
    Fire,
    Flow,
    Graph,
    IllegalStep,
    Marking,
    Node,
    NodeKind,
    OpenTask,
    Park,
    Pause,
    Release,
    Resume,
    ReturnTo,
    Start,
    Token,
    Wait,
    WaitKind,
    advance,
    check,
    compile_steps,
    earlier,
    from_json,
    happy_path,
    is_waiting,
    to_json,
)

PROCEDURES = Path(motcua.__file__).parent / "setup" / "province" / "procedures"


@cache
def real() -> tuple[tuple[str, Graph, Decimal], ...]:
    found = []
    for path in sorted(PROCEDURES.glob("*.yaml")):
        for procedure in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)["procedures"]:
            for variant in procedure["process"]:
                name = f"{procedure['code']}-{variant['variant']}"
                found.append((name, compile_steps(variant), Decimal(str(procedure["time_limit"]["hours"]))))
    return tuple(found)


def graphs() -> list[Any]:
    return [pytest.param(graph, limit, id=name) for name, graph, limit in real()]


def test_all_variants_are_there() -> None:
    assert len(real()) == 120
    assert len({name.split("-")[0] for name, _, _ in real()}) == 112


@pytest.mark.parametrize(("graph", "limit"), graphs())
def test_a_real_process_compiles_is_sound_and_has_a_main_path(graph: Graph, limit: Decimal) -> None:
    assert check(graph, limit) == []
    assert from_json(json.loads(json.dumps(to_json(graph)))) == graph
    path = happy_path(graph)
    assert [graph.reception, graph.handover] == [graph.by_id[path[0].node], graph.by_id[path[-1].node]]
    verdicts = [verdict for step in path if (verdict := graph.verdict(*step))]
    assert verdicts == ["granted"]


def live(marking: Marking, commands: tuple[Any, ...], before: Marking) -> None:
    """No token is lost or made from nothing: the commands account for every difference of the markings."""
    tokens = {token.no: token.place for token in before}
    for command in commands:
        match command:
            case CloseTask(token, place, _) | CancelTask(token, place, _) | Release(token, place):
                assert tokens.pop(token) == place
            case OpenTask(token, node) | Pause(token, node) | Wait(token, node):
                assert token not in tokens
                tokens[token] = node.id
            case Park(token, place):
                assert token not in tokens
                tokens[token] = place
            case Extend(token, node):
                assert tokens[token] == node.id
            case Finish():
                assert not tokens
    assert tokens == {token.no: token.place for token in marking}
    assert list(marking) == sorted(marking)


def moves(graph: Graph, marking: Marking) -> list[Any]:
    found: list[Any] = []
    for token in marking:
        if is_waiting(graph, token):
            found.append(Resume(token.no))
        elif token.place in graph.by_id:
            found += [Complete(token.no, edge.outcome) for edge in graph.outcomes(token.place)]
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_random_walks_lose_no_token_and_can_always_end(data: st.DataObject) -> None:
    _, graph, _ = data.draw(st.sampled_from(real()))
    before: Marking = ()
    marking, commands = advance(graph, before, Start())
    live(marking, commands, before)
    for _ in range(data.draw(st.integers(0, 60))):
        if not marking:
            break
        choices = moves(graph, marking)
        back = earlier(graph, marking)
        if back and data.draw(st.integers(0, 7)) == 0:
            event: Any = ReturnTo(data.draw(st.sampled_from(back)).id, "thiếu căn cứ")
        else:
            event = data.draw(st.sampled_from(choices))
        before = marking
        marking, commands = advance(graph, before, event)
        live(marking, commands, before)
        assert bool(marking) != any(isinstance(command, Finish) for command in commands)
    finish(graph, marking)


def finish(graph: Graph, marking: Marking) -> None:
    """Walk to the end on the main way from wherever the process stands."""
    for _ in range(200):
        if not marking:
            return
        choices = moves(graph, marking)
        assert choices, marking
        flows = {
            event: graph.by_outcome[next(t.place for t in marking if t.no == event.token), event.outcome].flow
            for event in choices
            if isinstance(event, Complete)
        }
        good = [event for event, flow in flows.items() if flow is Flow.FORWARD]
        resume = [event for event in choices if isinstance(event, Resume)]
        marking, _ = advance(graph, marking, (good or resume)[0])
    raise AssertionError("the process does not end")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_return_to_every_earlier_step_from_everywhere(data: st.DataObject) -> None:
    _, graph, _ = data.draw(st.sampled_from(real()))
    path = happy_path(graph)
    marking, _ = advance(graph, (), Start())
    for step in path[: data.draw(st.integers(1, len(path) - 1))]:
        number = next(token.no for token in marking if token.place == step.node)
        marking, _ = advance(graph, marking, Complete(number, step.outcome))
    back = earlier(graph, marking)
    assert back
    for target in back:
        returned, commands = advance(graph, marking, ReturnTo(target.id, "xem lại"))
        live(returned, commands, marking)
        finish(graph, returned)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_parallel_opinions_in_any_order_give_the_same_marking(data: st.DataObject) -> None:
    parallel = [graph for _, graph, _ in real() if graph.joins]
    graph = data.draw(st.sampled_from(parallel))
    path = happy_path(graph)
    first = next(place for place, step in enumerate(path) if "." in step.node)
    block = [step for step in path if step.node.split(".")[0] == path[first].node.split(".")[0]]

    def play(order: list[Any]) -> Marking:
        marking, _ = advance(graph, (), Start())
        for step in [*path[:first], *order]:
            number = next(token.no for token in marking if token.place == step.node)
            marking, _ = advance(graph, marking, Complete(number, step.outcome))
        return marking

    assert play(data.draw(st.permutations(block))) == play(block)


def test_a_returned_opinion_leaves_the_others_as_they_are() -> None:
    graph = next(
        graph for name, graph, _ in real() if graph.joins and len(graph.incoming[graph.joins[0].id]) == 3
    )
    path = happy_path(graph)
    block = [step.node for step in path if "." in step.node]
    marking, _ = advance(graph, (), Start())
    for step in path[: path.index(next(item for item in path if item.node == block[-1])) + 1]:
        number = next(token.no for token in marking if token.place == step.node)
        marking, _ = advance(graph, marking, Complete(number, step.outcome))
    assert len(marking) == 1
    # From behind the join: only the one unit is asked again.
    again, commands = advance(graph, marking, ReturnTo(block[1], "làm rõ"))
    live(again, commands, marking)
    assert [token.place for token in again if token.place in graph.by_id] == [block[1]]
    after, _ = advance(graph, again, Complete(marking[0].no, "cho_y_kien"))
    assert after == marking
    # From inside the block: the unit that has not answered yet keeps its task.
    start, _ = advance(graph, marking, ReturnTo(block[0].split(".")[0], "hỏi lại tất cả"))
    assert [token.place for token in start] == block
    one, _ = advance(graph, start, Complete(start[0].no, "cho_y_kien"))
    back, commands = advance(graph, one, ReturnTo(block[0], "nhầm"))
    live(back, commands, one)
    assert [token.place for token in back] == block


def test_cancelling_takes_every_token() -> None:
    graph = next(graph for _, graph, _ in real() if graph.joins)
    marking, _ = advance(graph, (), Start())
    gone, commands = advance(graph, marking, CancelAll("rút hồ sơ"))
    assert gone == ()
    assert commands[-1] == Finish(None)
    with pytest.raises(IllegalStep):
        advance(graph, gone, CancelAll())


def test_events_that_do_not_fit_are_refused() -> None:
    graph = real()[0][1]
    marking, _ = advance(graph, (), Start())
    number = marking[0].no
    illegal: list[tuple[Marking, Any]] = [
        (marking, Start()),
        (marking, Complete(number, "không có")),
        (marking, Complete(number + 1, "tiep_nhan")),
        (marking, Resume()),
        (marking, Resume(number)),
        (marking, ReturnTo(marking[0].place)),
        (marking, ReturnTo("s99")),
        (marking, ReturnTo("start")),
        (marking, Fire(number, "s1")),
        ((), ReturnTo("s1")),
        ((), Complete(1, "tiep_nhan")),
    ]
    for state, event in illegal:
        with pytest.raises(IllegalStep) as refusal:
            advance(graph, state, event)
        assert refusal.value.message


def test_a_later_step_is_no_target_of_a_return() -> None:
    graph = real()[0][1]
    marking, _ = advance(graph, (), Start())
    with pytest.raises(IllegalStep):
        advance(graph, marking, ReturnTo(happy_path(graph)[-1].node))


def test_pause_and_resume_lead_back_to_the_step() -> None:
    graph = real()[0][1]
    marking, _ = advance(graph, (), Start())
    waiting, commands = advance(graph, marking, Complete(1, "yeu_cau_bo_sung"))
    assert isinstance(commands[-1], Pause)
    assert commands[-1].node.wait is WaitKind.APPLICANT
    with pytest.raises(IllegalStep):
        advance(graph, waiting, Complete(1, "tiep_nhan"))
    assert advance(graph, waiting, Resume()).marking == marking


def test_an_extension_leaves_the_task_open() -> None:
    graph = real()[0][1]
    place = next(edge.source for edge in graph.edges if edge.flow is Flow.EXTEND)
    marking: Marking = (Token(place, 1),)
    after, commands = advance(graph, marking, Complete(1, "xin_loi_hen_lai"))
    assert after == marking
    assert commands == (Extend(1, graph.by_id[place]),)


def test_a_refusal_at_receipt_ends() -> None:
    graph = real()[0][1]
    marking, _ = advance(graph, (), Start())
    after, commands = advance(graph, marking, Complete(1, "tu_choi_tiep_nhan"))
    assert after == ()
    assert isinstance(commands[-1], Finish)
    assert commands[-1].kind is EndKind.REFUSED


# Hand-made graphs: what BPMN files will bring.


def graph_of(text: str, **nodes: Node) -> Graph:
    """Return a graph from lines `a > b` or `a > b word`; kinds follow from the first letters of the ids."""
    kinds = {
        "start": NodeKind.START, "end": NodeKind.END, "x": NodeKind.EXCLUSIVE, "p": NodeKind.PARALLEL,
        "i": NodeKind.INCLUSIVE, "u": NodeKind.USER_TASK, "t": NodeKind.TIMER, "v": NodeKind.SERVICE_TASK,
    }  # fmt: skip
    found: dict[str, Node] = {}
    edges = []
    for line in text.strip().splitlines():
        parts = line.split()
        source, target = parts[0], parts[2]
        extra = parts[3] if len(parts) > 3 else ""
        for name in (source, target):
            if name in nodes:
                found[name] = nodes[name]
            elif name not in found:
                kind = kinds.get(name) or kinds[name[0]]
                found[name] = Node(name, kind, name, unit_kind="u", role="r", hours=Decimal(1))
        condition = Condition("truthy", extra) if extra and extra != "else" else None
        outcome = extra if source.startswith("u") else ""
        edges.append(
            Edge(f"{source}>{target}{extra}", source, target, outcome=outcome, default=extra == "else",
                 condition=None if outcome else condition)
        )  # fmt: skip
    return Graph("thu", tuple(found.values()), tuple(edges))


INCLUSIVE = """
start > u0
u0 > i1
i1 > u1 a
i1 > u2 b
i1 > u3 else
u1 > i2
u2 > i2
u3 > i2
i2 > u4
u4 > end
"""


@pytest.mark.parametrize(
    ("facts", "opened"), [({"a": 1}, ["u1"]), ({"a": 1, "b": 1}, ["u1", "u2"]), ({}, ["u3"])]
)
def test_inclusive_gateways_wait_for_what_was_started(facts: dict[str, int], opened: list[str]) -> None:
    graph = graph_of(INCLUSIVE)
    assert check(graph) == []
    marking, _ = advance(graph, (), Start())
    marking, _ = advance(graph, marking, Complete(1), facts)
    assert [token.place for token in marking] == opened
    for left in range(len(opened), 0, -1):
        place = opened[-left]
        number = next(token.no for token in marking if token.place == place)
        before = marking
        marking, commands = advance(graph, marking, Complete(number))
        live(marking, commands, before)
    assert marking == (Token("u4", 1),)


def test_exclusive_gateways_follow_facts() -> None:
    graph = graph_of("start > x1\nx1 > u1 rush\nx1 > u2 else\nu1 > end\nu2 > end")
    assert check(graph) == []
    assert advance(graph, (), Start(), {"rush": True}).marking[0].place == "u1"
    assert advance(graph, (), Start()).marking[0].place == "u2"
    strict = graph_of("start > x1\nx1 > u1 rush\nx1 > u2 slow\nu1 > end\nu2 > end")
    with pytest.raises(IllegalStep):
        advance(strict, (), Start())


def test_boundary_timers() -> None:
    def timer(interrupting: bool) -> Node:
        return Node(
            "b1", NodeKind.BOUNDARY_TIMER, "quá hạn", hours=Decimal(1), attached_to="u1",
            interrupting=interrupting,
        )  # fmt: skip

    text = "start > u1\nu1 > end\nb1 > u2\nu2 > end"
    for interrupting, places in ((True, ["u2"]), (False, ["u1", "u2"])):
        graph = graph_of(text, b1=timer(interrupting))
        assert check(graph) == []
        marking, _ = advance(graph, (), Start())
        after, commands = advance(graph, marking, Fire(1, "b1"))
        live(after, commands, marking)
        assert [token.place for token in after] == places


def test_service_tasks_and_timers_wait() -> None:
    graph = graph_of("start > v1\nv1 > t1\nt1 > u1\nu1 > end")
    marking, commands = advance(graph, (), Start())
    assert isinstance(commands[-1], Wait)
    marking, _ = advance(graph, marking, Complete(1))
    marking, _ = advance(graph, marking, Resume(1))
    assert marking == (Token("u1", 1),)


def test_nested_parallel_blocks_and_terminate() -> None:
    graph = graph_of(
        """
        start > p1
        p1 > u1
        p1 > p2
        p2 > u2
        p2 > u3
        u2 > p3
        u3 > p3
        p3 > p4
        u1 > p4
        p4 > u4
        u4 > end
        """
    )
    assert check(graph) == []
    marking, _ = advance(graph, (), Start())
    assert [token.place for token in marking] == ["u1", "u2", "u3"]
    for place in ("u2", "u3", "u1"):
        number = next(token.no for token in marking if token.place == place)
        before = marking
        marking, commands = advance(graph, marking, Complete(number))
        live(marking, commands, before)
    assert marking == (Token("u4", 1),)
    # Back into the inner block: the outer branch and the sibling count as done.
    back, commands = advance(graph, marking, ReturnTo("u2", "xem lại"))
    live(back, commands, marking)
    assert advance(graph, back, Complete(1)).marking == marking
    killer = graph_of(
        "start > p1\np1 > u1\np1 > u2\nu1 > end\nu2 > end2",
        end2=Node("end2", NodeKind.END, "hủy", end=EndKind.ERROR, terminate=True),
    )
    marking, _ = advance(killer, (), Start())
    after, commands = advance(killer, marking, Complete(marking[1].no))
    live(after, commands, marking)
    assert after == ()
    assert commands[-1] == Finish(EndKind.ERROR, killer.by_id["end2"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("start > u1\nu1 > end\nu2 > end", "unreachable"),
        ("start > u1\nu1 > end a\nu1 > u2 b", "dead_end"),
        ("start > u1\nu1 > end a\nu1 > u2 b\nu2 > u3\nu3 > u2", "never_ends"),
        ("start > x1\nx1 > u1 a\nx1 > u2 else\nu1 > p1\nu2 > p1\np1 > end", "join_never_completes"),
        ("start > p1\np1 > u1\np1 > u2\nu1 > u3\nu2 > u3\nu3 > end", "twice"),
        ("start > x1\nx1 > u1 a\nx1 > u2 b\nu1 > end\nu2 > end", "default"),
        ("start > u1\nu1 > end a\nu1 > u2 a\nu2 > end", "dead"),
        ("start > u1\nu1 > u2\nu2 > u1", "no_end"),
        ("start > x1\nx1 > x2 a\nx1 > end else\nx2 > x1", "gateway_loop"),
    ],
)
def test_unsound_processes_are_named(text: str, code: str) -> None:
    graph = graph_of(text)
    codes = {problem.code for problem in check(graph)}
    if code == "dead":  # the same outcome twice: ids differ only by target
        assert "ambiguous" in codes
    else:
        assert code in codes
    assert all(problem.message for problem in check(graph))


def test_hours_over_the_limit_name_the_path() -> None:
    graph = graph_of("start > u1\nu1 > p1\np1 > u2\np1 > u3\nu2 > p2\nu3 > p2\np2 > u4\nu4 > end")
    assert check(graph, 3) == []  # u2 and u3 run side by side
    (problem,) = check(graph, 2)
    assert problem.code == "over_limit"
    assert "3 giờ" in problem.message
    assert "u4" in problem.message


@pytest.mark.parametrize(
    ("op", "value", "fact", "holds"),
    [
        ("eq", "a", "a", True), ("ne", "a", "a", False), ("in", ("a", "b"), "b", True),
        ("not_in", ("a",), "b", True),
        ("lt", 5, 4, True), ("le", 5, 5, True), ("gt", 5, 5, False), ("ge", 5, 5, True),
        ("truthy", None, "x", True),
        ("lt", 5, None, False), ("lt", 5, "x", False), ("in", ("a",), None, False), ("ne", "a", None, True),
    ],
)  # fmt: skip
def test_conditions(op: str, value: Any, fact: Any, holds: bool) -> None:
    condition = Condition(op, "f", value)
    assert condition.holds({"f": fact}) is holds
    assert Condition.from_json(json.loads(json.dumps(condition.to_json()))) == condition
    both = Condition("all", parts=(condition, condition))
    assert both.holds({"f": fact}) is holds
    assert Condition.from_json(both.to_json()) == both
    assert Condition("any", parts=(both,)).holds({"f": fact}) is holds
