"""Calls put in place, events on calls, errors, moments in files."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from motcua.kernel.process import (
    AutoKind,
    CancelTask,
    Complete,
    Edge,
    EndKind,
    Finish,
    Fire,
    Graph,
    Node,
    NodeKind,
    Resume,
    Start,
    advance,
    authored,
    check,
    flatten,
    from_json,
    happy_path,
    to_json,
)
from motcua.kernel.process.bpmn import BpmnInvalid, read, write
from motcua.kernel.tests.test_process_engine import graph_of


def calling(called: Graph, *events: Node, **more: str) -> tuple[Graph, list[str]]:
    """Return a process that calls another, flattened, and the codes of what is wrong with it."""
    graph = graph_of("start > u1\nu1 > u2\nu2 > end")
    call = Node("u1", NodeKind.CALL_ACTIVITY, "Gọi", ref=more.get("ref", "b"))
    nodes = tuple(call if node.id == "u1" else node for node in graph.nodes)
    edges = (*graph.edges, *(Edge(f"{event.id}>u2", event.id, "u2") for event in events))
    drawn = replace(graph, nodes=(*nodes, *events), edges=edges)
    flat, problems = flatten(drawn, {"b": called}.get, ("a",))
    return flat, [problem.code for problem in problems]


def places(graph: Graph, *events: object) -> list[str]:
    marking, _ = advance(graph, (), Start())
    for event in events:
        marking, _ = advance(graph, marking, event)  # type: ignore[arg-type]
    return [token.place for token in marking]


PARALLEL = graph_of("start > p1\np1 > u1\np1 > u2\nu1 > end\nu2 > end")


def test_a_call_is_left_with_the_last_token_that_ends_in_it() -> None:
    flat, wrong = calling(PARALLEL)
    assert wrong == [] and check(flat) == []
    assert places(flat) == ["u1:u1", "u1:u2"]
    assert places(flat, Complete(1)) == ["u1:u2"]
    assert places(flat, Complete(1), Complete(2)) == ["u2"]
    assert from_json(to_json(flat)) == flat
    assert [step.node for step in happy_path(flat)] == ["u1:u1", "u1:u2", "u2"]
    assert authored("u1:u2") == "u1"


def test_an_end_that_takes_the_others_along_ends_only_the_call() -> None:
    nodes = tuple(replace(node, terminate=node.kind is NodeKind.END) for node in PARALLEL.nodes)
    flat, _ = calling(replace(PARALLEL, nodes=nodes))
    marking, _ = advance(flat, (), Start())
    marking, commands = advance(flat, marking, Complete(1))
    assert [token.place for token in marking] == ["u2"]
    assert [command.place for command in commands if isinstance(command, CancelTask)] == ["u1:u2"]
    assert not any(isinstance(command, Finish) for command in commands)


def test_an_error_inside_goes_the_way_of_the_error_event_and_must_be_caught() -> None:
    broken = Node("e2", NodeKind.END, "Hỏng", end=EndKind.ERROR, terminate=True)
    inner = graph_of("start > u1\nu1 > end gut\nu1 > e2 loi", e2=broken)
    assert calling(inner)[1] == ["uncaught_error"]
    flat, wrong = calling(inner, Node("u3", NodeKind.BOUNDARY_ERROR, "Lỗi", attached_to="u1"))
    assert wrong == [] and check(flat) == []
    assert places(flat, Complete(1, "loi")) == ["u2"]
    assert places(flat, Complete(1, "gut")) == ["u2"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_on_a_call_stands_beside_all_of_it(interrupting: bool) -> None:
    event = Node(
        "b1", NodeKind.BOUNDARY_TIMER, "Hẹn", hours=Decimal(1), attached_to="u1", interrupting=interrupting
    )
    flat, wrong = calling(PARALLEL, event)
    assert wrong == []
    assert flat.boundaries["u1:u1"] == flat.boundaries["u1:u2"] == (event,)
    assert places(flat, Fire(2, "b1")) == (["u2"] if interrupting else ["u1:u1", "u1:u2", "u2"])


def test_calls_that_cannot_be_are_told() -> None:
    assert calling(PARALLEL, ref="khong_co")[1] == ["call"]
    assert calling(PARALLEL, ref="")[1] == ["call"]
    again = replace(
        PARALLEL, nodes=(*PARALLEL.nodes, Node("x9", NodeKind.EXCLUSIVE, ref="a")),
        edges=(*PARALLEL.edges, Edge("x9>", "x9", "end")),
    )  # fmt: skip
    assert calling(again)[1] == ["call_cycle"]
    long = replace(PARALLEL, nodes=(*PARALLEL.nodes, Node("x" * 62, NodeKind.EXCLUSIVE)))
    assert calling(long)[1] == ["call_name"]


def test_an_or_join_beside_another_branch_of_a_loop_is_not_waited_for_by_itself() -> None:
    graph = graph_of(
        """
        start > x1
        x1 > p1
        p1 > u1
        p1 > i1
        i1 > u2 a
        i1 > u3 else
        u2 > i2
        u3 > i2
        i2 > p2
        u1 > p2
        p2 > u4
        u4 > x2
        x2 > x1 again
        x2 > end else
        """
    )
    assert check(graph) == []


def test_what_waits_is_asked_for_one_by_one() -> None:
    graph = graph_of("start > t1\nt1 > u1\nu1 > end")
    marking, _ = advance(graph, (), Start())
    with pytest.raises(Exception, match="không có bước nào đang chờ"):
        advance(graph, marking, Resume())
    assert advance(graph, marking, Resume(1)).marking[0].place == "u1"


@pytest.mark.parametrize(
    "values", [{"hours": Decimal(4)}, {"days": 3}, {"on": "2026-12-31"}, {"on": "ngay_het_han"}]
)
def test_moments_come_back_from_a_file_and_what_another_tool_wrote_wins(values: dict[str, object]) -> None:
    graph = graph_of("start > t1\nt1 > u1\nu1 > end")
    nodes = tuple(
        replace(node, **{"hours": Decimal(0), **values}) if node.id == "t1" else node  # type: ignore[arg-type]
        for node in graph.nodes
    )
    graph = replace(graph, nodes=nodes)
    text = write(graph)
    assert read(text).graph.by_id["t1"] == graph.by_id["t1"]
    other = read(text.replace(b"PT4H", b"P5D")).graph.by_id["t1"]
    if "hours" in values:
        assert (other.hours, other.days) == (Decimal(0), 5)


def test_messages_are_named_by_the_file_of_another_tool() -> None:
    flows = "".join(
        f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"/>'
        for name, source, target in (("f", "s", "r"), ("g", "r", "v"), ("h", "v", "e"), ("i", "b", "e"))
    )
    data = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><message id="m1" name="thue_da_nop"/>'
        '<process id="p"><startEvent id="s"/><receiveTask id="r" messageRef="m1"/><serviceTask id="v"/>'
        '<boundaryEvent id="b" attachedToRef="v"><errorEventDefinition/></boundaryEvent><endEvent id="e"/>'
        f"{flows}</process></definitions>"
    ).encode()
    graph = read(data).graph
    assert graph.by_id["r"].ref == "thue_da_nop"
    assert graph.by_id["b"].kind is NodeKind.BOUNDARY_ERROR
    assert {problem.code for problem in check(graph)} == {"service"}
    late = data.replace(b"<errorEventDefinition/>", b"<escalationEventDefinition/>")
    with pytest.raises(BpmnInvalid, match="leo thang"):
        read(late)


def test_what_automatic_steps_lack_is_told() -> None:
    graph = graph_of("start > v1\nv1 > u1\nu1 > end")

    def codes(**values: object) -> list[str]:
        nodes = tuple(
            replace(node, **values) if node.id == "v1" else node  # type: ignore[arg-type]
            for node in graph.nodes
        )
        return [problem.code for problem in check(replace(graph, nodes=nodes))]

    assert codes(auto=None) == ["service"]
    assert codes(auto=AutoKind.NOTIFY) == ["service"]
    assert codes(auto=AutoKind.NOTIFY, about="Hồ sơ đang được thẩm tra.") == []
    assert codes(auto=AutoKind.DOCUMENT) == ["document"]
    assert codes(auto=AutoKind.DOCUMENT, ref="to_trinh") == []
    assert codes(auto=AutoKind.LOOKUP) == ["lookup"] * 4
    assert codes(kind=NodeKind.RECEIVE_TASK, auto=None) == ["message"]
