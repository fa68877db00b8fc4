"""
Is a process sound: can every step be reached, can every path end, does every join complete, do the hours fit?

The markings a process can come into are walked one by one (an agency's process has some hundreds), whatever
the conditions of its gateways say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from motcua.kernel.process.engine import (
    Complete,
    Event,
    Fire,
    IllegalStep,
    Marking,
    Resume,
    Start,
    Token,
    advance,
)
from motcua.kernel.process.graph import TASKS, Edge, EndKind, Flow, Graph, Node, NodeKind

MAX_MARKINGS: Final = 20_000
_HOURS_TOLERANCE: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a process: a stable code, a Vietnamese sentence, and the element it concerns."""

    code: str
    message: str
    node: str = ""


def check(graph: Graph, limit_hours: Decimal | int | None = None) -> list[Problem]:
    """
    Return the faults of the process; an empty list means it is sound.

    `limit_hours` is the legal limit in working hours; None leaves the hours unchecked.
    """
    problems = _structure(graph)
    if not problems:
        problems += _behaviour(graph)
    if limit_hours is not None and not problems:
        problems += _hours(graph, Decimal(limit_hours))
    return problems


def _label(node: Node) -> str:
    title = node.name or node.id
    if node.step is None:
        return f"“{title}”"
    return f"bước {node.step} “{title}”" + (f" ({node.about})" if node.about else "")


def _structure(graph: Graph) -> list[Problem]:
    problems: list[Problem] = []
    ends = {node.id for node in graph.nodes if node.kind is NodeKind.END}
    if not any(node.end in (None, EndKind.DONE) for node in graph.nodes if node.kind is NodeKind.END):
        problems.append(Problem("no_end", "Quy trình chưa có điểm kết thúc có kết quả."))
    if len(graph.outgoing[graph.start.id]) != 1:
        problems.append(Problem("start", "Điểm bắt đầu phải có đúng một đường đi ra.", graph.start.id))
    from_start = graph.reach_any[graph.start.id]
    for node in graph.nodes:
        label = _label(node)
        ways = graph.outgoing[node.id]
        if node.id not in from_start:
            problems.append(Problem("unreachable", f"Không có đường nào đi tới {label}.", node.id))
        if node.kind is not NodeKind.END:
            if not ways:
                problems.append(Problem("dead_end", f"Từ {label} không có đường đi tiếp.", node.id))
            elif not ends & graph.reach_any[node.id]:
                problems.append(
                    Problem("never_ends", f"Từ {label} không có đường nào tới điểm kết thúc.", node.id)
                )
        if node.kind is NodeKind.USER_TASK and not (node.unit_kind and node.role):
            problems.append(Problem("nobody", f"Chưa chọn đơn vị hoặc vai trò cho {label}.", node.id))
        if node.kind in TASKS:
            outcomes = [edge.outcome for edge in ways]
            for outcome in sorted({item for item in outcomes if outcomes.count(item) > 1}):
                problems.append(
                    Problem(
                        "ambiguous", f"Ở {label}, kết cục “{outcome}” có nhiều hơn một đường đi.", node.id
                    )
                )
        if node.kind in (NodeKind.EXCLUSIVE, NodeKind.INCLUSIVE) and len(ways) > 1:
            defaults = sum(edge.default for edge in ways)
            if defaults != 1:
                problems.append(Problem("default", f"Cổng {label} phải có đúng một nhánh mặc định.", node.id))
    return problems


class _Choices:
    """Plays given choices at the gateways, then the first of each; remembers how many there were."""

    def __init__(self, given: tuple[int, ...]) -> None:
        self.given = given
        self.widths: list[int] = []

    def __call__(self, node: Node, ways: Sequence[Edge], facts: Mapping[str, Any]) -> Sequence[Edge]:
        options: list[Sequence[Edge]] = [(edge,) for edge in ways]
        if node.kind is NodeKind.INCLUSIVE:
            options += [some for size in range(2, len(ways) + 1) for some in combinations(ways, size)]
        place = len(self.widths)
        self.widths.append(len(options))
        return options[self.given[place] if place < len(self.given) else 0]


def _outcomes(graph: Graph, marking: Marking, event: Event) -> Iterator[Marking]:
    """Yield every marking the event can lead to, whatever the gateways choose."""
    todo: list[tuple[int, ...]] = [()]
    while todo:
        given = todo.pop()
        choices = _Choices(given)
        yield advance(graph, marking, event, chooser=choices).marking
        for place in range(len(given), len(choices.widths)):
            prefix = given + (0,) * (place - len(given))
            todo += [(*prefix, option) for option in range(1, choices.widths[place])]


def _events(graph: Graph, marking: Marking) -> Iterator[Event]:
    for token in marking:
        node = graph.by_id.get(token.place)
        if node is None:
            continue
        if node.kind in TASKS:
            for edge in graph.outgoing[node.id]:
                if edge.flow is not Flow.EXTEND:
                    yield Complete(token.no, edge.outcome)
            for boundary in graph.boundaries.get(node.id, ()):
                yield Fire(token.no, boundary.id)
        else:
            yield Resume(token.no)


def _key(marking: Marking) -> Marking:
    """Return the marking with the numbers made canonical: they do not matter to what can happen."""
    return tuple(Token(token.place, number) for number, token in enumerate(sorted(marking), start=1))


def _behaviour(graph: Graph) -> list[Problem]:
    problems: dict[tuple[str, str], Problem] = {}
    before: dict[Marking, set[Marking]] = {}
    stuck: list[Marking] = []

    def note(problem: Problem) -> None:
        problems.setdefault((problem.code, problem.node), problem)

    try:
        todo = [_key(marking) for marking in _outcomes(graph, (), Start())]
        seen = set(todo)
        while todo:
            marking = todo.pop()
            places = [token.place for token in marking]
            twice = next((place for place in places if places.count(place) > 1), None)
            if twice is not None:
                edge = graph.edge_by_id.get(twice)
                node = graph.by_id[edge.target if edge else twice]
                note(Problem("twice", f"Hồ sơ có thể đi tới {_label(node)} hai lần cùng lúc.", node.id))
                continue
            moved = False
            for event in _events(graph, marking):
                for following in _outcomes(graph, marking, event):
                    moved = True
                    key = _key(following)
                    before.setdefault(key, set()).add(marking)
                    if key not in seen:
                        seen.add(key)
                        todo.append(key)
            if marking and not moved:
                stuck.append(marking)
            if len(seen) > MAX_MARKINGS:
                return [Problem("too_large", "Quy trình có quá nhiều trạng thái, không kiểm tra hết được.")]
    except IllegalStep as fault:
        return [Problem("gateway_loop", fault.message)]
    for marking in stuck:
        for token in marking:
            join = graph.by_id[graph.edge_by_id[token.place].target]
            note(
                Problem(
                    "join_never_completes",
                    f"Điểm hợp nhánh {_label(join)} không bao giờ nhận đủ các nhánh; hồ sơ sẽ mắc lại ở đó.",
                    join.id,
                )
            )
    if not problems:
        # Every marking must be able to end: walk back from the empty one.
        able: set[Marking] = {()}
        walk: list[Marking] = [()]
        while walk:
            for earlier in before.get(walk.pop(), ()):
                if earlier not in able:
                    able.add(earlier)
                    walk.append(earlier)
        for marking in sorted(seen - able)[:1]:
            node = graph.by_id[marking[0].place]
            note(Problem("never_ends", f"Từ {_label(node)} hồ sơ không thể đi tới kết thúc.", node.id))
    return list(problems.values())


def _own_hours(node: Node) -> Decimal:
    return node.hours if node.kind in TASKS else Decimal(0)


def longest(graph: Graph) -> tuple[Decimal, tuple[Node, ...]]:
    """
    Return the working hours of the longest way without repeats, and the tasks on it.

    Parallel branches run side by side, so the longest of them counts; so does the longest of alternatives.
    """
    order: list[str] = []
    seen: set[str] = set()

    def visit(root: str) -> None:
        stack: list[tuple[str, Iterator[Edge]]] = [(root, iter(graph.outgoing[root]))]
        seen.add(root)
        while stack:
            here, ways = stack[-1]
            for edge in ways:
                if edge.id not in graph.back_edges and edge.target not in seen:
                    seen.add(edge.target)
                    stack.append((edge.target, iter(graph.outgoing[edge.target])))
                    break
            else:
                order.append(here)
                stack.pop()

    visit(graph.start.id)
    best: dict[str, tuple[Decimal, str | None]] = {}
    for here in order:  # children first
        hours, following = Decimal(0), None
        for edge in graph.outgoing[here]:
            if edge.id not in graph.back_edges and (following is None or best[edge.target][0] > hours):
                hours, following = best[edge.target][0], edge.target
        best[here] = (hours + _own_hours(graph.by_id[here]), following)
    path: list[Node] = []
    step: str | None = graph.start.id
    while step is not None:
        node = graph.by_id[step]
        if _own_hours(node):
            path.append(node)
        step = best[step][1]
    return best[graph.start.id][0], tuple(path)


def _hours(graph: Graph, limit: Decimal) -> list[Problem]:
    total, path = longest(graph)
    if total <= limit + _HOURS_TOLERANCE:
        return []
    way = ", ".join(f"{_label(node)}: {_number(node.hours)} giờ" for node in path)
    return [
        Problem(
            "over_limit",
            f"Tổng thời gian các bước là {_number(total)} giờ, "
            f"vượt thời hạn {_number(limit)} giờ làm việc ({way}).",
        )
    ]


def _number(hours: Decimal) -> str:
    return format(hours.normalize(), "f").replace(".", ",")
