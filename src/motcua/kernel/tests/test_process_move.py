"""Moving running processes to another version: no token is lost, and what would get stuck is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motcua.kernel.process import (
    Asked,
    Complete,
    Event,
    Graph,
    Marking,
    NodeKind,
    Resume,
    ReturnTo,
    Start,
    Token,
    advance,
    earlier,
    is_waiting,
)
from motcua.kernel.process.move import MoveRefused, anchor, choices, moved, name_of
from motcua.kernel.tests.processes import SOUND, Sample
from motcua.kernel.tests.test_process_engine import graph_of

SLOW = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def events(graph: Graph, marking: Marking) -> list[Event]:
    """Return what can happen next, without timers."""
    found: list[Event] = []
    for token in marking:
        node = graph.by_id.get(token.place)
        if node is None:
            continue
        if is_waiting(graph, token):
            found.append(Resume(token.no))
        else:
            found += [Complete(token.no, edge.outcome) for edge in graph.outgoing[node.id]]
    return found


def somewhere(sample: Sample, data: st.DataObject, returns: bool = False) -> Marking:
    """Return a marking that the process can come into."""
    graph = sample.graph
    facts = {flag: data.draw(st.booleans()) for flag in sample.flags} | dict.fromkeys(sample.loops, False)
    marking = advance(graph, (), Start(), facts).marking
    for _ in range(data.draw(st.integers(0, 6))):
        ways: list[Event] = events(graph, marking)
        if returns:
            ways += [ReturnTo(node.id, "lại") for node in earlier(graph, marking)]
        if not ways:
            break
        after = advance(graph, marking, data.draw(st.sampled_from(ways)), facts).marking
        if not after:
            break
        marking = after
    return marking


def ends(sample: Sample, marking: Marking) -> bool:
    """Tell whether the process ends from a marking with no loop taken again."""
    graph, facts = sample.graph, dict.fromkeys((*sample.flags, *sample.loops), False)
    for _ in range(400):
        if not marking:
            return True
        ways = events(graph, marking)
        if not ways:
            return False
        marking = advance(graph, marking, ways[0], facts).marking
    return False


@SLOW
@given(SOUND, st.data())
def test_a_move_to_the_same_process_changes_nothing(sample: Sample, data: st.DataObject) -> None:
    marking = somewhere(sample, data, returns=False)
    same = replace(sample.graph, name="moi")
    assert moved(sample.graph, same, marking) == marking


@SLOW
@given(SOUND, SOUND, st.data())
def test_whatever_is_moved_keeps_its_tokens_and_ends(old: Sample, new: Sample, data: st.DataObject) -> None:
    marking = somewhere(old, data, returns=True)
    given_steps: dict[str, str] = {}
    for token in marking:
        here = anchor(old.graph, token.place)
        steps = [one.id for one in choices(old.graph, new.graph, here)]
        if steps:
            given_steps[here] = data.draw(st.sampled_from([here, *steps]))
    try:
        after = moved(old.graph, new.graph, marking, given_steps)
    except MoveRefused as refusal:
        assert refusal.places
        assert all(place.reason for place in refusal.places)
        return
    assert Counter(token.no for token in after) == Counter(token.no for token in marking)
    assert len({token.place for token in after}) == len(after)
    assert ends(new, after)


OLD = graph_of("start > u1\nu1 > u2\nu2 > end")
NEW = graph_of("start > u1\nu1 > u3\nu3 > u4\nu4 > end")


def test_the_same_id_keeps_its_place_and_another_must_be_named() -> None:
    assert moved(OLD, NEW, (Token("u1", 1),)) == (Token("u1", 1),)
    with pytest.raises(MoveRefused) as refusal:
        moved(OLD, NEW, (Token("u2", 1),))
    assert [place.anchor for place in refusal.value.places] == ["u2"]
    assert {one.id for one in choices(OLD, NEW, "u2")} == {"u1", "u3", "u4"}
    assert moved(OLD, NEW, (Token("u2", 1),), {"u2": "u4"}) == (Token("u4", 1),)
    with pytest.raises(MoveRefused):
        moved(OLD, NEW, (Token("u2", 1),), {"u2": "end"})


SPLIT = graph_of("start > p1\np1 > u1 a\np1 > u2 b\nu1 > p2\nu2 > p2\np2 > u3\nu3 > end")
LINE = graph_of("start > u1\nu1 > u2\nu2 > u3\nu3 > end")


def test_two_branches_do_not_fit_into_one_line() -> None:
    both = advance(SPLIT, (), Start()).marking
    with pytest.raises(MoveRefused) as refusal:
        moved(SPLIT, LINE, both)
    assert "không thể cùng mở" in refusal.value.message
    one = advance(SPLIT, both, Complete(1)).marking
    (parked,) = (token for token in one if token.place not in SPLIT.by_id)
    assert "chờ các nhánh khác" in name_of(SPLIT, anchor(SPLIT, parked.place))
    with pytest.raises(MoveRefused):
        moved(SPLIT, LINE, one)
    joined = advance(SPLIT, one, Complete(2)).marking
    assert moved(SPLIT, LINE, joined) == joined


def test_one_token_does_not_stand_alone_before_a_join() -> None:
    with pytest.raises(MoveRefused):
        moved(LINE, SPLIT, (Token("u1", 1),))


def test_units_asked_side_by_side_move_together_or_not_at_all() -> None:
    asked = tuple(Asked(f"k{number}") for number in (1, 2))
    many = replace(
        LINE, nodes=tuple(replace(node, asked=asked) if node.id == "u2" else node for node in LINE.nodes)
    )
    other = replace(
        NEW, nodes=tuple(replace(node, asked=asked) if node.id == "u3" else node for node in NEW.nodes)
    )
    both = advance(many, (Token("u1", 1),), Complete(1)).marking
    assert moved(many, other, both, {"u2": "u3"}) == (Token("u3.1", 1), Token("u3.2", 2))
    one = advance(many, both, Complete(2)).marking
    assert {anchor(many, token.place) for token in one} == {"u2"}
    carried = moved(many, other, one, {"u2": "u3"})
    assert [token.place for token in carried] == ["u3.1", "u3.2.out>u3.join"]
    assert other.by_id["u3.1"].kind is NodeKind.USER_TASK
    with pytest.raises(MoveRefused):
        moved(many, LINE, both)
    three = replace(
        other,
        nodes=tuple(
            replace(node, asked=(*asked, Asked("k3"))) if node.id == "u3" else node for node in other.nodes
        ),
    )
    with pytest.raises(MoveRefused):
        moved(many, three, both, {"u2": "u3"})
