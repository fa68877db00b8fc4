"""Differences of versions in words, and dry runs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from motcua.kernel.process import Edge, Graph, happy_path
from motcua.kernel.process.diff import differences
from motcua.kernel.process.path import dry_run
from motcua.kernel.tests.test_process_engine import graph_of, graphs


def test_equal_versions_have_no_differences() -> None:
    graph = graph_of("start > u1\nu1 > end")
    assert differences(graph, graph) == []


def test_what_a_step_names_is_told_by_name_when_it_changes() -> None:
    old = graph_of("start > u1\nu1 > end")
    named = replace(old.by_id["u1"], form_parts=("con",), prints=("control_slip",))
    new = replace(old, nodes=tuple(named if node.id == "u1" else node for node in old.nodes))
    names = {"con": "Thông tin con", "control_slip": "Phiếu kiểm soát"}.__getitem__
    told = [one.text for one in differences(old, new, part=names, paper=names)]
    assert [text.split(": ", 1)[1] for text in told] == [
        "phần tờ khai phải kiểm tra nay là: Thông tin con.",
        "giấy tờ tự lập khi xong bước nay là: Phiếu kiểm soát.",
    ]
    back = [one.text for one in differences(new, old, part=names, paper=names)]
    assert all(text.endswith("nay là: không có.") for text in back)
    apart = replace(old, nodes=tuple(node for node in old.nodes if node.id != "u1"), edges=())
    added = [one.text for one in differences(apart, new, part=names, paper=names)]
    assert any("Phiếu kiểm soát" in text for text in added)


def test_differences_are_told_in_words() -> None:
    old = graph_of("start > u1\nu1 > x1\nx1 > u2 a\nx1 > u3 else\nu2 > end\nu3 > end")
    new = graph_of("start > u1\nu1 > x1\nx1 > u2 a\nx1 > u4 else\nu2 > end\nu4 > end")
    changed = replace(
        new,
        nodes=tuple(
            replace(node, hours=Decimal("2.5"), unit_kind="so", name="Xem") if node.id == "u1" else node
            for node in new.nodes
        ),
        edges=tuple(replace(edge, outcome="xong") if edge.source == "u2" else edge for edge in new.edges),
    )
    told = differences(old, changed, unit={"u": "Xã", "so": "Sở"}.__getitem__)
    assert [(item.element, item.text) for item in told] == [
        ("u3", "Bỏ bước “u3”."),
        ("u1", "Đổi tên bước “u1” thành “Xem”."),
        ("u1", "Bước “Xem”: đơn vị “Xã” thành “Sở”."),
        ("u1", "Bước “Xem”: 1 giờ thành 2,5 giờ."),
        ("u4", "Thêm bước “u4”: Xã, r, 1 giờ."),
        ("u2>end", "Đổi kết cục hoặc tên của đường “xong” từ bước “u2” đến bước “end”."),
    ]


@pytest.mark.parametrize(("graph", "limit"), graphs()[::7])
def test_a_dry_run_without_history_is_the_main_path(graph: Graph, limit: Decimal) -> None:
    assert [step.node for step in dry_run(graph, {}, {})] == [step.node for step in happy_path(graph)]


def test_a_dry_run_follows_what_happened_and_what_is_known() -> None:
    graph = graph_of(
        "start > u1\nu1 > u1a tra\nu1 > p1 xong\nu1a > u1\np1 > u2\np1 > u3\nu2 > p2\nu3 > p2\np2 > x1\n"
        "x1 > u4 gap\nx1 > u5 else\nu4 > end\nu5 > end"
    )
    graph = replace(
        graph,
        edges=tuple(
            Edge(edge.id, edge.source, edge.target, "" if edge.source == "u1a" else edge.outcome,
                 condition=edge.condition, default=edge.default)
            for edge in graph.edges
        ),
    )  # fmt: skip
    steps = dry_run(graph, {"gap": True}, {"u1": ["khong_co", "tra", "xong"]})
    assert [(step.node, step.outcome, step.known) for step in steps] == [
        ("u1", "tra", True),
        ("u1a", "", False),
        ("u1", "xong", True),
        ("u2", "", False),
        ("u3", "", False),
        ("u4", "", False),
    ]
    assert [step.after for step in steps] == [(), (0,), (1,), (2,), (2,), (3, 4)]
    assert dry_run(graph, {}, {"u1": ["xong"]})[-1].node == "u5"
