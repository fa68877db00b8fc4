"""A dossier led through another process: unchanged nothing moves, longer is never earlier; branches, ways out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers.retiming import Basis, Course, Retimed, assumed, retimed, with_hours
from motcua.kernel.process import Graph, Node, NodeKind
from motcua.kernel.process.path import dry_run
from motcua.kernel.tests.test_process_engine import graph_of, real

PROCESSES = [graph for _, graph, _ in real()][::6]
LINE = graph_of("start > u1\nu1 > u2\nu2 > end")
FORKED = graph_of("start > u1\nu1 > p1\np1 > u2\np1 > u3\nu2 > p2\nu3 > p2\np2 > u4\nu4 > end")


def led(graph: Graph, minutes: list[int], *, issued: bool = True) -> Course:
    """Return a dossier that went the main way of a process, with these minutes at its steps, in turn."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    spent: dict[str, list[int]] = defaultdict(list)
    for step, lasted in zip(dry_run(graph, {}, {}), minutes, strict=False):
        outcomes[step.node].append(step.outcome)
        spent[step.node].append(lasted)
    return Course(graph, {}, outcomes, spent, issued)


def tried(course: Course, graph: Graph, usual: dict[str, int] | None = None) -> Retimed:
    return retimed(course, graph, assumed(course.graph, graph, usual or {}))


minutes_of = st.lists(st.integers(0, 5000), min_size=40, max_size=40)


@given(graph=st.sampled_from(PROCESSES), minutes=minutes_of, reached=st.integers(0, 40), issued=st.booleans())
def test_the_same_process_moves_nothing(graph: Graph, minutes: list[int], reached: int, issued: bool) -> None:
    found = tried(led(graph, minutes[:reached], issued=issued), graph)
    assert (found.shift, found.added, found.removed) == (0, (), ())


@given(
    graph=st.sampled_from(PROCESSES), minutes=minutes_of, reached=st.integers(0, 40), place=st.integers(0, 99),
    times=st.decimals(Decimal(1), Decimal(9), places=2), issued=st.booleans(),
)  # fmt: skip
def test_longer_hours_never_end_earlier_and_shorter_ones_never_later(
    graph: Graph, minutes: list[int], reached: int, place: int, times: Decimal, issued: bool
) -> None:
    planned = [node for node in graph.nodes if node.hours]
    node = planned[place % len(planned)]
    course = led(graph, minutes[:reached], issued=issued)
    assert tried(course, with_hours(graph, {node.id: node.hours * times})).shift >= 0
    assert tried(course, with_hours(graph, {node.id: node.hours / times})).shift <= 0


@given(hours=st.decimals(Decimal("0.25"), Decimal(40), places=2), minutes=minutes_of)
def test_an_added_step_takes_its_hours_and_a_removed_one_gives_its_time_back(
    hours: Decimal, minutes: list[int]
) -> None:
    longer = graph_of(
        "start > u1\nu1 > u9\nu9 > u2\nu2 > end", u9=Node("u9", NodeKind.USER_TASK, "Xem lại", hours=hours)
    )
    found = tried(led(LINE, minutes), longer)
    assert (found.shift, found.added, found.removed) == (int(hours * 60), ("u9",), ())
    back = tried(led(longer, minutes), LINE)
    assert (back.shift, back.added, back.removed) == (-minutes[1], (), ("u9",))


def test_an_added_step_without_hours_takes_what_like_steps_usually_take() -> None:
    bare = Node("u9", NodeKind.USER_TASK, "Xem lại", unit_kind="u", role="r")
    lines = "start > u1\nu1 > u9\nu9 > u2\nu2 > end"
    like = graph_of(lines, u9=bare)
    assert assumed(LINE, like, {"u1": 30, "u2": 50})["u9"] == (40, Basis.LIKE)
    assert assumed(LINE, like, {})["u9"] == (60, Basis.LIKE)
    assert tried(led(LINE, [10, 10]), like, {"u1": 30, "u2": 50}).shift == 40
    other = graph_of(lines, u9=replace(bare, role="s"))
    assert assumed(LINE, other, {"u1": 30})["u9"] == (0, Basis.NONE)
    assert tried(led(LINE, [10, 10]), other).shift == 0


def test_of_branches_side_by_side_the_longest_counts() -> None:
    course = led(FORKED, [10, 100, 40, 10])
    assert tried(course, with_hours(FORKED, {"u3": Decimal(2)})).shift == 0
    assert tried(course, with_hours(FORKED, {"u3": Decimal(3)})).shift == 20
    line = graph_of("start > u1\nu1 > u2\nu2 > u3\nu3 > u4\nu4 > end")
    assert tried(course, line).shift == 40
    assert tried(led(line, [10, 100, 40, 10]), FORKED).shift == -40


def test_where_it_stood_so_long_before_its_end() -> None:
    found = tried(led(FORKED, [10, 100, 40, 10]), FORKED)
    assert [found.at(before) for before in (1, 10, 11, 90, 111, 120, 121)] == [
        ("u4", 0), ("u4", 0), ("u2", 0), ("u2", 0), ("u1", 0), ("u1", 0), None,
    ]  # fmt: skip


def test_one_that_ended_on_the_way_is_not_charged_with_what_it_never_came_to() -> None:
    stopped = led(LINE, [10], issued=False)
    after = graph_of("start > u1\nu1 > u2\nu2 > u9\nu9 > end")
    assert tried(stopped, after).shift == 0
    before = graph_of("start > u9\nu9 > u1\nu1 > u2\nu2 > end")
    assert tried(stopped, before).shift == 60


def test_a_step_that_was_passed_by_and_no_longer_is_counts_as_added() -> None:
    asked = graph_of("start > u1\nu1 > x1\nx1 > u2 gap\nx1 > u3 else\nu2 > u3\nu3 > end")
    always = graph_of("start > u1\nu1 > u2\nu2 > u3\nu3 > end")
    course = Course(asked, {}, {"u1": [""], "u3": [""]}, {"u1": [5], "u3": [5]}, True)
    found = tried(course, always)
    assert (found.shift, found.added) == (60, ("u2",))


def test_a_timer_lasts_as_long_as_it_is_set() -> None:
    waiting = graph_of("start > u1\nu1 > t1\nt1 > u2\nu2 > end")
    course = led(LINE, [10, 10])
    assert tried(course, waiting).shift == 60
