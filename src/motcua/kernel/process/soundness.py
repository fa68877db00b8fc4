"""
Is a process sound: can every step be reached, can every path end, does every join complete, do the hours fit?

The markings a process can come into are walked one by one (an agency's process has some hundreds), whatever
the conditions of its gateways say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Final, NamedTuple

from motcua.kernel.process import condition
from motcua.kernel.process.condition import Fact
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
from motcua.kernel.process.graph import TASKS, AutoKind, Edge, EndKind, Flow, Graph, Node, NodeKind
from motcua.kernel.process.problem import Problem
from motcua.kernel.process.worst import Worst
from motcua.kernel.wording import number_vi

MAX_MARKINGS: Final = 20_000
_HOURS_TOLERANCE: Final = Decimal("0.001")


def check(
    graph: Graph,
    limit_hours: Decimal | int | None = None,
    *,
    worst: Worst | None = None,
    known: Mapping[str, Fact] | None = None,
) -> list[Problem]:
    """
    Return the faults of the process, then its warnings; an empty list means it is sound.

    `limit_hours` is the legal limit in working hours of an ordinary time, None leaves the hours unchecked;
    `worst` the receipt of the year with the fewest: hours that fit the one and not the other are a warning.
    `known` are the facts that conditions may read; None leaves their names unchecked.
    """
    problems = _structure(graph)
    if known is not None:
        problems += _conditions(graph, known)
        problems += _facts(graph, known)
    if not problems:
        problems += _behaviour(graph)
    if not any(problem.code in _WITHOUT_HOURS for problem in problems):
        problems += _hours(graph, None if limit_hours is None else Decimal(limit_hours), worst)
    return sorted(problems, key=lambda problem: problem.warning)


# Where a process is no net that leads from start to end, a longest way means nothing.
_WITHOUT_HOURS: Final = frozenset(("no_end", "start", "gateway_loop"))


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
    leaving: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        leaving.setdefault(edge.source, []).append(edge)
    for node in graph.nodes:
        label = _label(node)
        ways = leaving.get(node.id, [])
        if node.id not in from_start:
            problems.append(Problem("unreachable", f"Không có đường nào đi tới {label}.", node.id))
        if node.kind is not NodeKind.END:
            if not ways:
                problems.append(Problem("dead_end", f"Từ {label} không có đường đi tiếp.", node.id))
            elif not ends & graph.reach_any[node.id]:
                problems.append(
                    Problem("never_ends", f"Từ {label} không có đường nào tới điểm kết thúc.", node.id)
                )
        if node.kind is NodeKind.USER_TASK:
            problems += _duty(node, label, ways)
        problems += _hands(graph, node, label)
        if node.kind in TASKS:
            outcomes = [edge.outcome for edge in ways]
            for outcome in sorted({item for item in outcomes if outcomes.count(item) > 1}):
                told = f"kết cục “{outcome}”" if outcome else "việc không ghi kết cục"
                problems.append(
                    Problem(
                        "ambiguous",
                        f"Ở {label}, {told} có nhiều hơn một đường đi.",
                        node.id,
                        (node.id, *(edge.id for edge in ways if edge.outcome == outcome)),
                    )
                )
        if node.kind in (NodeKind.EXCLUSIVE, NodeKind.INCLUSIVE) and len(ways) > 1:
            defaults = sum(edge.default for edge in ways)
            if defaults != 1:
                problems.append(Problem("default", f"Cổng {label} phải có đúng một nhánh mặc định.", node.id))
        if node.kind in (NodeKind.TIMER, NodeKind.BOUNDARY_TIMER) and not (node.lasting or node.on):
            problems.append(Problem("timer", f"Chưa ghi thời gian của {label}.", node.id))
        problems += _outside(graph, node, label, ways)
    return problems


_SENTENCE: Final = 300


def _outside(graph: Graph, node: Node, label: str, ways: Sequence[Edge]) -> list[Problem]:
    """Return what an element lacks that waits for something outside, or that the system does by itself."""
    found: list[tuple[str, str]] = []
    messages = (NodeKind.SEND_TASK, NodeKind.RECEIVE_TASK, NodeKind.BOUNDARY_MESSAGE)
    named = node.kind in messages or (node.kind is NodeKind.MESSAGE and node.wait is None)
    if named and not node.ref:
        found.append(("message", f"Chưa ghi tên thông điệp của {label}."))
    if node.kind is NodeKind.CALL_ACTIVITY and not node.ref:
        found.append(("call", f"Chưa chọn quy trình được gọi ở {label}."))
    if node.kind is NodeKind.BOUNDARY_ERROR:
        home = graph.by_id.get(node.attached_to)
        if home is None or home.kind not in (NodeKind.SERVICE_TASK, NodeKind.CALL_ACTIVITY):
            found.append(
                ("error_event", f"{label} chỉ gắn được vào bước tự động hoặc bước gọi quy trình khác.")
            )
    outcomes = {edge.outcome for edge in ways}
    if node.auto is AutoKind.LOOKUP and node.kind in (NodeKind.SERVICE_TASK, NodeKind.USER_TASK):
        if not node.ref:
            found.append(("lookup", f"Chưa chọn nguồn dữ liệu để tra cứu ở {label}."))
        if not node.asks:
            found.append(("lookup", f"Chưa chọn thông tin dùng để tra cứu ở {label}."))
        if node.confirmed not in outcomes:
            found.append(
                ("lookup", f"Ở {label}, chưa có đường đi cho kết cục “{node.confirmed}” khi tra cứu khớp.")
            )
    if node.kind is NodeKind.SERVICE_TASK:
        if node.auto is None:
            found.append(("service", f"Chưa chọn việc hệ thống tự làm ở {label}."))
        elif node.auto is AutoKind.DOCUMENT and not node.ref:
            found.append(("document", f"Chưa chọn mẫu văn bản để lập ở {label}."))
        elif node.auto is AutoKind.LOOKUP and node.unconfirmed not in outcomes:
            told = f"Ở {label}, chưa có đường đi cho kết cục “{node.unconfirmed}” khi tra cứu không khớp."
            found.append(("lookup", told))
        elif node.auto is not AutoKind.LOOKUP:
            if node.auto is AutoKind.NOTIFY and not 0 < len(node.about) <= _SENTENCE:
                found.append(("service", f"Chưa ghi nội dung (tối đa {_SENTENCE} ký tự) của {label}."))
            if len(ways) > 1:
                found.append(("service", f"{label} chỉ có một đường đi ra."))
    if node.kind in (NodeKind.SEND_TASK, NodeKind.RECEIVE_TASK) and len(ways) > 1:
        found.append(("message", f"{label} chỉ có một đường đi ra."))
    if node.kind is NodeKind.USER_TASK and node.auto is not None:
        if node.auto is not AutoKind.LOOKUP:
            found.append(("replaced", f"{label} chỉ thay được bằng tra cứu dữ liệu."))
        if node.asked:
            found.append(("replaced", f"{label} có nhiều đơn vị cùng làm nên không thay bằng tra cứu được."))
    return [Problem(code, message[:1].upper() + message[1:], node.id) for code, message in found]


def _duty(node: Node, label: str, ways: Sequence[Edge]) -> list[Problem]:
    problems: list[Problem] = []
    asked = [(item.unit_kind, item.role or node.role) for item in node.asked]
    if not all(kind and role for kind, role in asked or [(node.unit_kind, node.role)]):
        problems.append(Problem("nobody", f"Chưa chọn đơn vị hoặc vai trò cho {label}.", node.id))
    if node.asked:
        if len({edge.target for edge in ways if edge.flow is not Flow.EXTEND}) > 1:
            message = (
                f"Mọi kết cục của {label} phải dẫn tới cùng một bước, vì nhiều đơn vị cùng làm bước này."
            )
            problems.append(Problem("opinions", message, node.id, (node.id, *(edge.id for edge in ways))))
        if not 0 <= node.enough <= len(node.asked):
            message = f"Ở {label}, số ý kiến đủ để đi tiếp phải từ 1 đến {len(node.asked)}."
            problems.append(Problem("enough", message, node.id))
    return problems


def _hands(graph: Graph, node: Node, label: str) -> list[Problem]:
    """Return what is wrong with who may not do a step, and who signs there."""
    problems: list[Problem] = []
    steps = {item.id: item for item in graph.nodes if item.kind is NodeKind.USER_TASK}
    if (node.not_by or node.signers) and node.id not in steps:
        message = (
            f"{label[:1].upper()}{label[1:]} không do người làm nên không tách nhiệm vụ, không nêu người ký."
        )
        return [Problem("hands_of_nobody", message, node.id)]
    for ref in node.not_by:
        other = steps.get(ref)
        if other is None:
            message = f"{label[:1].upper()}{label[1:]} tách nhiệm vụ với một bước không có: “{ref}”."
            problems.append(Problem("hands_unknown", message, node.id))
        elif ref == node.id:
            message = f"{label[:1].upper()}{label[1:]} tách nhiệm vụ với chính nó."
            problems.append(Problem("hands_own", message, node.id))
        elif node.id not in graph.reach_any[ref]:
            message = f"{_label(other)} không bao giờ đứng trước {label} nên không tách nhiệm vụ được."
            problems.append(
                Problem("hands_later", message[:1].upper() + message[1:], node.id, (node.id, ref))
            )
    for signer in node.signers:
        if bool(signer.position) == bool(signer.username):
            message = f"Người ký ở {label}: ghi chức vụ hoặc tài khoản của một người, không ghi cả hai."
            problems.append(Problem("signer", message, node.id))
        elif signer.valid_from and signer.valid_to and signer.valid_to < signer.valid_from:
            message = f"Người ký ở {label}: ngày kết thúc trước ngày bắt đầu."
            problems.append(Problem("signer", message, node.id))
    return problems


def _conditions(graph: Graph, known: Mapping[str, Fact]) -> list[Problem]:
    return [
        Problem("condition", f"Nhánh “{edge.name or edge.id}”: {line}", edge.id)
        for edge in graph.edges
        if edge.condition is not None
        for line in condition.check(edge.condition, known)
    ]


def _facts(graph: Graph, known: Mapping[str, Fact]) -> list[Problem]:
    problems = []
    for node in graph.nodes:
        for name in sorted(set(node.asks) - known.keys()):
            message = f"Ở {_label(node)}, không có thông tin “{name}” để tra cứu."
            problems.append(Problem("lookup", message, node.id))
        if (
            node.on
            and not _is_date(node.on)
            and not (node.on in known and known[node.on].kind is condition.FactKind.DATE)
        ):
            message = (
                f"Ở {_label(node)}, “{node.on}” không phải ngày (năm-tháng-ngày) hay thông tin kiểu ngày."
            )
            problems.append(Problem("timer", message, node.id))
    return problems


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


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


class _State(NamedTuple):
    """A marking, and the events beside a step that have gone off while it is still open."""

    marking: Marking
    gone: frozenset[str] = frozenset()


def _events(graph: Graph, state: _State) -> Iterator[Event]:
    told: set[str] = set()
    for token in state.marking:
        node = graph.by_id.get(token.place)
        if node is None:
            continue
        if node.kind in TASKS:
            for edge in graph.outgoing[node.id]:
                if edge.flow is not Flow.EXTEND:
                    yield Complete(token.no, edge.outcome)
        else:
            yield Resume(token.no)
        for boundary in graph.boundaries.get(node.id, ()):
            if boundary.id not in state.gone and boundary.id not in told:
                told.add(boundary.id)
                yield Fire(token.no, boundary.id)


def _next(graph: Graph, state: _State, event: Event, following: Marking) -> _State:
    """Return the state after an event, the numbers made canonical: they do not matter to what can happen."""
    gone = state.gone
    if isinstance(event, Fire):
        gone |= {event.node}
    if gone:
        gone = frozenset(
            node
            for node in gone
            if any(graph.inside(token.place, graph.by_id[node].attached_to) for token in following)
        )
    tokens = tuple(Token(token.place, number) for number, token in enumerate(sorted(following), start=1))
    return _State(tokens, gone)


def _behaviour(graph: Graph) -> list[Problem]:
    problems: dict[tuple[str, str], Problem] = {}
    before: dict[_State, set[_State]] = {}
    stuck: list[Marking] = []

    def note(code: str, message: str, node: str) -> None:
        home = graph.home(node)
        problems.setdefault((code, home), Problem(code, message, home))

    try:
        empty = _State(())
        todo = [_next(graph, empty, Start(), marking) for marking in _outcomes(graph, (), Start())]
        seen = set(todo)
        while todo:
            state = todo.pop()
            places = [token.place for token in state.marking]
            twice = next((place for place in places if places.count(place) > 1), None)
            if twice is not None:
                edge = graph.edge_by_id.get(twice)
                node = graph.by_id[edge.target if edge else twice]
                note("twice", f"Hồ sơ có thể đi tới {_label(node)} hai lần cùng lúc.", node.id)
                continue
            moved = False
            for event in _events(graph, state):
                for following in _outcomes(graph, state.marking, event):
                    moved = True
                    after = _next(graph, state, event, following)
                    before.setdefault(after, set()).add(state)
                    if after not in seen:
                        seen.add(after)
                        todo.append(after)
            if state.marking and not moved:
                stuck.append(state.marking)
            if len(seen) > MAX_MARKINGS:
                return [Problem("too_large", "Quy trình có quá nhiều trạng thái, không kiểm tra hết được.")]
    except IllegalStep as fault:
        return [Problem("gateway_loop", fault.message, str(fault.data.get("node", "")))]
    for marking in stuck:
        for token in marking:
            join = graph.by_id[graph.edge_by_id[token.place].target]
            note(
                "join_never_completes",
                f"Điểm hợp nhánh {_label(join)} không bao giờ nhận đủ các nhánh; hồ sơ sẽ mắc lại ở đó.",
                join.id,
            )
    if not problems:
        # Every state must be able to end: walk back from the empty one.
        able = {empty}
        walk = [empty]
        while walk:
            for earlier in before.get(walk.pop(), ()):
                if earlier not in able:
                    able.add(earlier)
                    walk.append(earlier)
        for state in sorted(seen - able, key=lambda state: state.marking)[:1]:
            place = state.marking[0].place
            node = graph.by_id[graph.home(place)]
            note("never_ends", f"Từ {_label(node)} hồ sơ không thể đi tới kết thúc.", node.id)
    return list(problems.values())


def reachable(graph: Graph) -> frozenset[tuple[str, ...]]:
    """
    Return every way tokens can stand in a sound process, as their places in order.

    Kept for as long as the process keeps the graph; the empty one, which is the end, is not among them.
    """
    key = id(graph)
    held = _reachable.get(key)
    if held is None or held[0] is not graph:
        if len(_reachable) >= KEPT:
            _reachable.clear()
        held = _reachable[key] = graph, _walk(graph)
    return held[1]


KEPT: Final = 256
_reachable: Final[dict[int, tuple[Graph, frozenset[tuple[str, ...]]]]] = {}


def _walk(graph: Graph) -> frozenset[tuple[str, ...]]:
    empty = _State(())
    todo = [_next(graph, empty, Start(), marking) for marking in _outcomes(graph, (), Start())]
    seen = set(todo)
    while todo and len(seen) <= MAX_MARKINGS:
        state = todo.pop()
        for event in _events(graph, state):
            for following in _outcomes(graph, state.marking, event):
                after = _next(graph, state, event, following)
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
    places = (tuple(sorted(token.place for token in state.marking)) for state in seen)
    return frozenset(found for found in places if found)


_CLOCKED: Final = TASKS | {NodeKind.TIMER}


def _own_hours(node: Node) -> Decimal:
    return node.lasting if node.kind in _CLOCKED else Decimal(0)


def longest(graph: Graph) -> tuple[Decimal, tuple[Node, ...]]:
    """
    Return the working hours of the longest way without repeats, and the steps on it.

    Parallel branches run side by side, so the longest of them counts; so does the longest of alternatives. A
    step that its timer takes over lasts until the timer goes off.
    """
    order: list[str] = []
    seen: set[str] = set()

    def ways_of(here: str) -> list[tuple[str, Decimal]]:
        node = graph.by_id[here]
        own = _own_hours(node)
        ways = [(edge.target, own) for edge in graph.outgoing[here] if edge.id not in graph.back_edges]
        ways += [(event.id, min(own, event.lasting or own)) for event in graph.boundaries.get(here, ())]
        return ways

    def visit(root: str) -> None:
        stack = [(root, iter(ways_of(root)))]
        seen.add(root)
        while stack:
            here, ways = stack[-1]
            for target, _ in ways:
                if target not in seen:
                    seen.add(target)
                    stack.append((target, iter(ways_of(target))))
                    break
            else:
                order.append(here)
                stack.pop()

    visit(graph.start.id)
    best: dict[str, tuple[Decimal, str | None]] = {}
    for here in order:  # children first
        hours, following = _own_hours(graph.by_id[here]), None
        for target, spent in ways_of(here):
            # A way back over an event beside a step closes a loop that the walk of edges does not see.
            if target in best and (following is None or best[target][0] + spent > hours):
                hours, following = best[target][0] + spent, target
        best[here] = (hours, following)
    path: list[Node] = []
    step: str | None = graph.start.id
    while step is not None:
        node = graph.by_id[step]
        if _own_hours(node):
            path.append(node)
        step = best[step][1]
    return best[graph.start.id][0], tuple(path)


def _hours(graph: Graph, limit: Decimal | None, worst: Worst | None) -> list[Problem]:
    total, path = longest(graph)
    way = ", ".join(f"{_label(node)}: {number_vi(node.lasting, 2)} giờ" for node in path)
    nodes = tuple(dict.fromkeys(graph.home(node.id) for node in path))
    if limit is not None and total > limit + _HOURS_TOLERANCE:
        message = (
            f"Tổng thời gian các bước là {number_vi(total, 2)} giờ, "
            f"vượt thời hạn {number_vi(limit, 2)} giờ làm việc ({way})."
        )
        return [Problem("over_limit", message, nodes=nodes)]
    if worst is None or total <= worst.hours + _HOURS_TOLERANCE:
        return []
    reasons = f" ({', '.join(worst.reasons)})" if worst.reasons else ""
    message = (
        f"Theo lịch chặt nhất trong năm, hồ sơ nhận ngày {worst.received_on:%d/%m/%Y} chỉ có"
        f" {number_vi(worst.hours, 2)} giờ làm việc đến hạn{reasons}, trong khi các bước cần {number_vi(total, 2)} giờ"
        f" ({way})."
    )
    return [Problem("over_worst", message, nodes=nodes, warning=True)]
