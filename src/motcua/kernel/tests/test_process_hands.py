"""Who may not do a step and who signs it: in the file, in the database, checked at save."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from motcua.kernel.process import Graph, NodeKind, Signer, check, from_json, to_json
from motcua.kernel.process.bpmn import BpmnInvalid, read, write
from motcua.kernel.process.diff import differences
from motcua.kernel.tests.test_process_engine import graph_of

GRAPH = read(write(graph_of("start > u1\nu1 > u2\nu2 > u3\nu3 > end"))).graph


def with_hands(node: str, **values: Any) -> Graph:
    """Return the process with a step changed."""
    return replace(
        GRAPH, nodes=tuple(replace(one, **values) if one.id == node else one for one in GRAPH.nodes)
    )


NAMED = (
    Signer("Phó Chủ tịch UBND cấp xã", valid_to=date(2026, 6, 30)),
    Signer(username="pct.tan-dan", valid_from=date(2026, 7, 1)),
)


def test_hands_come_back_from_a_file_and_from_the_database() -> None:
    graph = with_hands("u3", not_by=("u1", "u2"), signers=NAMED)
    assert read(write(graph)).graph == graph
    assert write(graph, write(graph)) == write(graph)
    assert from_json(to_json(graph)) == graph
    assert check(graph) == []
    told = [one.text for one in differences(GRAPH, graph)]
    assert any("người khác làm" in text for text in told)
    assert any("đổi người ký" in text for text in told)


def test_a_file_names_steps_by_their_ids_in_the_file() -> None:
    graph = with_hands("u3", not_by=("u1",))
    text = write(graph).decode()
    drawn = read(text.replace('"u1"', '"Activity_9"').replace("u1<", "Activity_9<").encode()).graph
    assert drawn.by_id["u3"].not_by == ("Activity_9",)


def test_a_day_that_is_none_is_told() -> None:
    text = write(with_hands("u3", signers=NAMED)).decode().replace("2026-07-01", "1/7/2026")
    with pytest.raises(BpmnInvalid) as refusal:
        read(text.encode())
    assert refusal.value.faults[0].element == "u3"


@pytest.mark.parametrize(
    ("node", "values", "code"),
    [
        ("u3", {"not_by": ("u9",)}, "hands_unknown"),
        ("u3", {"not_by": ("end",)}, "hands_unknown"),
        ("u3", {"not_by": ("u3",)}, "hands_own"),
        ("u1", {"not_by": ("u3",)}, "hands_later"),
        ("u3", {"signers": (Signer(),)}, "signer"),
        ("u3", {"signers": (Signer("Chủ tịch", "nva"),)}, "signer"),
        ("u3", {"signers": (Signer("A", "", date(2026, 2, 1), date(2026, 1, 1)),)}, "signer"),
        ("u3", {"not_by": ("u1",), "kind": NodeKind.RECEIVE_TASK, "ref": "tin"}, "hands_of_nobody"),
    ],
)
def test_what_cannot_be_is_told_with_its_step(node: str, values: dict[str, Any], code: str) -> None:
    (problem,) = (one for one in check(with_hands(node, **values)) if one.code == code)
    assert problem.node == node


def test_a_way_back_makes_a_later_step_come_before() -> None:
    looped = graph_of("start > u1\nu1 > u2\nu2 > u3 on\nu2 > u1 back\nu3 > end")
    nodes = tuple(replace(one, not_by=("u2",)) if one.id == "u1" else one for one in looped.nodes)
    assert check(replace(looped, nodes=nodes)) == []


def test_a_naming_holds_between_its_days() -> None:
    before, after = NAMED
    assert before.holds_on(date(2026, 6, 30))
    assert not before.holds_on(date(2026, 7, 1))
    assert after.holds_on(date(2026, 7, 1))
    assert not after.holds_on(date(2026, 6, 30))
