"""
The compiled process: an immutable graph of nodes and edges, the same for step tables and BPMN files.

Places of tokens are node ids (a task, an event waited for) or edge ids (a token that waits before a join for
its siblings); the two share one name space, as in BPMN, where sequence flows have ids too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from motcua.kernel.errors import Invalid

FORMAT: Final = 1


class NodeKind(StrEnum):
    """Elements of the BPMN 2.0 subset."""

    START = "start"
    END = "end"
    USER_TASK = "user_task"
    SERVICE_TASK = "service_task"
    SEND_TASK = "send_task"
    RECEIVE_TASK = "receive_task"
    CALL_ACTIVITY = "call_activity"
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    TIMER = "timer"
    MESSAGE = "message"
    BOUNDARY_TIMER = "boundary_timer"
    BOUNDARY_MESSAGE = "boundary_message"
    BOUNDARY_ERROR = "boundary_error"
    LEAVE = "leave"
    """Where a called process ends inside the one that calls it; made by `called.flatten`, never drawn."""


class AutoKind(StrEnum):
    """What the system does by itself at a step: asks a source of data, tells the applicant, makes a document."""

    LOOKUP = "lookup"
    NOTIFY = "notify"
    DOCUMENT = "document"


class EndKind(StrEnum):
    """How a process ends: with a result handed over, with a refusal at receipt, by an error end."""

    DONE = "done"
    REFUSED = "refused"
    ERROR = "error"


class WaitKind(StrEnum):
    """What a waiting token waits for; the first two stop the clocks, each on its own ground."""

    APPLICANT = "applicant"
    PAYMENT = "payment"
    EXTERNAL = "external"
    TIMER = "timer"
    SERVICE = "service"
    CALL = "call"
    PARTS = "parts"


class Flow(StrEnum):
    """Why an edge is taken: the main way, a negative answer, back to a step, a wait, an extension."""

    FORWARD = "forward"
    NEGATIVE = "negative"
    BACK = "back"
    WAIT = "wait"
    EXTEND = "extend"


class Mark(StrEnum):
    """What a step is to the law: receipt, decision, issue (register, seal, agency signature), hand-over."""

    RECEPTION = "reception"
    DECISION = "decision"
    ISSUE = "issue"
    HANDOVER = "handover"


class Verdict(StrEnum):
    """What an outcome says about the request itself."""

    GRANTED = "granted"
    REFUSED = "refused"
    NOT_ACCEPTED = "not_accepted"


class Silence(StrEnum):
    """What no answer in time means for an opinion asked."""

    AGREE = "agree"
    NOT_ALLOWED = "not_allowed"


TASKS: Final = frozenset(
    {
        NodeKind.USER_TASK,
        NodeKind.SERVICE_TASK,
        NodeKind.SEND_TASK,
        NodeKind.RECEIVE_TASK,
        NodeKind.CALL_ACTIVITY,
    }
)
BOUNDARIES: Final = frozenset({NodeKind.BOUNDARY_TIMER, NodeKind.BOUNDARY_MESSAGE, NodeKind.BOUNDARY_ERROR})
GATEWAYS: Final = frozenset({NodeKind.EXCLUSIVE, NodeKind.PARALLEL, NodeKind.INCLUSIVE})
# A token rests on these until an event comes; through the others it passes at once.
RESTING: Final = TASKS | {NodeKind.TIMER, NodeKind.MESSAGE}
WITHIN: Final = ":"
"""Between the id of a call and the ids of what it calls; no id of a file has it (it is no character of an XML name)."""
DAY_HOURS: Final = Decimal(8)
"""Working hours that a day of a plan stands for (Labour Code 45/2019/QH14 Art. 105.1); clocks count by the calendar."""


_OUTSIDE: Final = frozenset(
    {
        NodeKind.SERVICE_TASK,
        NodeKind.SEND_TASK,
        NodeKind.RECEIVE_TASK,
        NodeKind.TIMER,
        NodeKind.BOUNDARY_TIMER,
        NodeKind.BOUNDARY_MESSAGE,
    }
)


class ProcessInvalid(Invalid):
    """The definition of a process cannot be compiled or read; the message names the step."""

    code = "process_invalid"
    message = "Quy trình chưa hợp lệ."


@dataclass(frozen=True, slots=True)
class Condition:
    """
    One test of a fact, several joined by op `all` or `any`, or the contrary of one (`not`, one of `parts`).

    The operators are those of the data: eq, ne, in, not_in, lt, le, gt, ge, truthy. A fact that is missing
    makes every test false but ne and not_in.
    """

    op: str
    field: str = ""
    value: Any = None
    parts: tuple[Condition, ...] = ()

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Tell whether the condition is true of the facts."""
        if self.op == "all":
            return all(part.holds(facts) for part in self.parts)
        if self.op == "any":
            return any(part.holds(facts) for part in self.parts)
        if self.op == "not":
            return not self.parts[0].holds(facts)
        fact = facts.get(self.field)
        match self.op:
            case "eq":
                return bool(fact == self.value)
            case "ne":
                return bool(fact != self.value)
            case "in":
                return fact is not None and fact in self.value
            case "not_in":
                return fact not in self.value
            case "truthy":
                return bool(fact)
        if fact is None:
            return False
        try:
            match self.op:
                case "lt":
                    return bool(fact < self.value)
                case "le":
                    return bool(fact <= self.value)
                case "gt":
                    return bool(fact > self.value)
                case "ge":
                    return bool(fact >= self.value)
        except TypeError:
            return False
        raise ProcessInvalid(f"Điều kiện dùng phép so sánh không có: “{self.op}”.", op=self.op)

    def to_json(self) -> dict[str, Any]:
        """Return the condition in the shape of the data."""
        if self.parts:
            return {"op": self.op, "parts": [part.to_json() for part in self.parts]}
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"op": self.op, "field": self.field, "value": value}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Condition:
        """Return the condition written in the shape of the data."""
        value = raw.get("value")
        return cls(
            op=str(raw["op"]),
            field=str(raw.get("field", "")),
            value=tuple(value) if isinstance(value, list) else value,
            parts=tuple(cls.from_json(part) for part in raw.get("parts", ())),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One of several units asked at the same time; an empty `role` and hours None are those of the step."""

    unit_kind: str
    role: str = ""
    hours: Decimal | None = None
    about: str = ""
    on_silence: Silence | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """
    Who signs at a step: whoever holds a position (the words of their appointment), or one person by user name.

    In force from and to a local day, both counted; an open end is None.
    """

    position: str = ""
    username: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, on: date) -> bool:
        """Tell whether the naming is in force on a local day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Node:
    """
    One element. `hours` are working hours of the plan (of a timer: until it goes off); `step` is the number in
    the table of steps.

    `about` says what an opinion is asked about; `on_silence` what no answer means; `wait` what a token waits
    for; `ref` names the called process, service or message; `attached_to` and `interrupting` belong to
    boundary events; `terminate` ends take every other token with them. `asked` are the units that do a step
    side by side, `enough` how many of their answers suffice (0: all). `form_parts` are the sections of the
    form to check at the step, `prints` the codes of the papers made when it is done. `not_by` are the steps whose
    doers may not do this one, `signers` who signs here (nobody named: any holder of the role).

    `auto` is what the system does at a service task, or in the place of a person at a user task (a look-up that
    replaces checking, R-045): it asks the source `ref` with the facts `asks`, and goes on with the outcome `answer`
    when the source confirms, with `otherwise` when it does not; a user task then stays with its person. A timer goes
    off after `hours`, after `days` working days, or at the beginning of the day `on`: a date, or the name of a fact
    that holds one. `on_site`: the step is a verification on site, done only with recorded minutes. `scope` is the call
    within which a node of a called process stands.
    """

    id: str
    kind: NodeKind
    name: str = ""
    step: int | None = None
    unit_kind: str = ""
    role: str = ""
    hours: Decimal = Decimal(0)
    about: str = ""
    on_silence: Silence | None = None
    wait: WaitKind | None = None
    end: EndKind | None = None
    terminate: bool = False
    ref: str = ""
    attached_to: str = ""
    interrupting: bool = True
    marks: frozenset[Mark] = frozenset()
    note: str = ""
    asked: tuple[Asked, ...] = ()
    enough: int = 0
    form_parts: tuple[str, ...] = ()
    prints: tuple[str, ...] = ()
    not_by: tuple[str, ...] = ()
    signers: tuple[Signer, ...] = ()
    auto: AutoKind | None = None
    asks: tuple[str, ...] = ()
    answer: str = ""
    otherwise: str = ""
    days: int = 0
    on: str = ""
    on_site: bool = False
    scope: str = ""

    @property
    def lasting(self) -> Decimal:
        """Return the working hours of the plan, a day as eight of them."""
        return self.hours or self.days * DAY_HOURS

    @property
    def confirmed(self) -> str:
        """Return the outcome of a look-up that confirms."""
        return self.answer or "dat"

    @property
    def unconfirmed(self) -> str:
        """Return the outcome of an automatic look-up that does not confirm."""
        return self.otherwise or "khong_dat"


@dataclass(frozen=True, slots=True)
class Edge:
    """A sequence flow; from a task chosen by `outcome`, from a gateway by `condition` or as `default`."""

    id: str
    source: str
    target: str
    outcome: str = ""
    name: str = ""
    flow: Flow = Flow.FORWARD
    condition: Condition | None = None
    default: bool = False


def closing(roots: Iterable[str], ahead: Callable[[str], Iterable[Edge]]) -> frozenset[str]:
    """Return the ids of the edges that close a loop, by a walk in depth from each root along the edges `ahead`."""
    back: set[str] = set()
    state: dict[str, int] = {}
    for root in roots:
        if root in state:
            continue
        state[root] = 1
        stack = [(root, iter(ahead(root)))]
        while stack:
            here, ways = stack[-1]
            for edge in ways:
                seen = state.get(edge.target, 0)
                if seen == 1:
                    back.add(edge.id)
                elif seen == 0:
                    state[edge.target] = 1
                    stack.append((edge.target, iter(ahead(edge.target))))
                    break
            else:
                state[here] = 2
                stack.pop()
    return frozenset(back)


@dataclass(frozen=True)
class Graph:
    """
    A compiled process. Two graphs are equal when nodes, edges and name are; the look-up tables are derived.

    A step that several units do side by side is one node of the definition; the look-up tables know it as the
    net it stands for: a merge with the step's own id, a split, one task `<id>.<n>` for each unit and a join.

    :raises ProcessInvalid: an id occurs twice, an edge points nowhere, or there is not exactly one start.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    decided_by: str = ""
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _once(self.nodes, self.edges)
        known = {node.id for node in self.nodes}
        for edge in self.edges:
            for end in (edge.source, edge.target):
                if end not in known:
                    raise ProcessInvalid(
                        f"Đường nối “{edge.id}” trỏ tới bước không có: “{end}”.", edge=edge.id
                    )
        if any(node.asked for node in self.nodes):
            _once(*self._net)
        starts = [node.id for node in self.nodes if node.kind is NodeKind.START]
        if len(starts) != 1:
            raise ProcessInvalid(f"Quy trình phải có đúng một điểm bắt đầu (đang có {len(starts)}).")

    @cached_property
    def _net(self) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
        if not any(node.asked for node in self.nodes):
            return self.nodes, self.edges
        nodes: list[Node] = []
        several = {node.id for node in self.nodes if node.asked}
        edges = [edge for edge in self.edges if edge.source not in several]
        for node in self.nodes:
            if not node.asked:
                nodes.append(node)
                continue
            inner, ways = _expanded(node, [edge for edge in self.edges if edge.source == node.id])
            nodes += inner
            edges += ways
        return tuple(nodes), tuple(edges)

    @property
    def net_nodes(self) -> tuple[Node, ...]:
        """Every node a token can pass, steps of several units expanded."""
        return self._net[0]

    @property
    def net_edges(self) -> tuple[Edge, ...]:
        """Every way a token can take, steps of several units expanded."""
        return self._net[1]

    @cached_property
    def _homes(self) -> Mapping[str, str]:
        table = {node.id: node.id for node in self.nodes}
        for node in self.nodes:
            if node.asked:
                inner, _ = _expanded(node, [])
                table |= {item.id: node.id for item in inner}
        return table

    def home(self, place: str) -> str:
        """Return the element of the definition that a place belongs to: of an edge, the node it leaves."""
        edge = self.edge_by_id.get(place)
        return self._homes[edge.source if edge else place]

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by id."""
        return {node.id: node for node in self._net[0]}

    @cached_property
    def edge_by_id(self) -> Mapping[str, Edge]:
        """Edges by id."""
        return {edge.id: edge for edge in self._net[1]}

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges that leave a node, in the order of the definition."""
        table: dict[str, list[Edge]] = {node.id: [] for node in self._net[0]}
        for edge in self._net[1]:
            table[edge.source].append(edge)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges that enter a node, in the order of the definition."""
        table: dict[str, list[Edge]] = {node.id: [] for node in self._net[0]}
        for edge in self._net[1]:
            table[edge.target].append(edge)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def by_outcome(self) -> Mapping[tuple[str, str], Edge]:
        """The edge taken when a node is completed with an outcome."""
        table: dict[tuple[str, str], Edge] = {}
        for edge in self._net[1]:
            table.setdefault((edge.source, edge.outcome), edge)
        return table

    @cached_property
    def boundaries(self) -> Mapping[str, tuple[Node, ...]]:
        """Boundary events by the id of the task they are attached to."""
        table: dict[str, list[Node]] = {}
        for node in self._net[0]:
            if node.kind in BOUNDARIES:
                table.setdefault(node.attached_to, []).append(node)
        for place, home in self._homes.items():
            if place != home and home in table and self.by_id[place].kind is NodeKind.USER_TASK:
                table[place] = table[home]
        # An event on a call stands beside every step of what is called.
        calls = {name for name in table if name not in self.by_id or self.by_id[name].kind in GATEWAYS}
        if calls:
            own = {key: list(value) for key, value in table.items()}
            for node in self._net[0]:
                if node.kind in RESTING and node.scope:
                    found = own.get(node.id, [])
                    scope = node.scope
                    while scope:
                        found = found + (own[scope] if scope in calls else [])
                        scope = scope.rpartition(WITHIN)[0]
                    if found:
                        table[node.id] = found
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def awaits(self) -> bool:
        """Tell whether a step of it waits for a moment or a message, or is done by the system."""
        return any(
            node.kind in _OUTSIDE
            or node.auto is not None
            or (node.kind is NodeKind.MESSAGE and not node.wait)
            for node in self.nodes
        )

    def inside(self, place: str, element: str) -> bool:
        """Tell whether a place belongs to an element: it is one of its places, or lies in what it calls."""
        home = self.home(place)
        return home == element or home.startswith(element + WITHIN)

    @cached_property
    def start(self) -> Node:
        """The start event."""
        return next(node for node in self._net[0] if node.kind is NodeKind.START)

    @cached_property
    def joins(self) -> tuple[Node, ...]:
        """Parallel gateways with more than one way in."""
        return tuple(
            node
            for node in self._net[0]
            if node.kind is NodeKind.PARALLEL and len(self.incoming[node.id]) > 1
        )

    @cached_property
    def inclusive_joins(self) -> tuple[Node, ...]:
        """Inclusive gateways with more than one way in."""
        return tuple(
            node
            for node in self._net[0]
            if node.kind is NodeKind.INCLUSIVE and len(self.incoming[node.id]) > 1
        )

    @cached_property
    def back_edges(self) -> frozenset[str]:
        """Ids of the edges that close a loop, by a walk from the start in the order of the definition."""
        roots = [self.start.id, *(node.id for node in self._net[0] if node.kind in BOUNDARIES)]
        return closing(roots, self.outgoing.__getitem__)

    @cached_property
    def reach(self) -> Mapping[str, frozenset[str]]:
        """Nodes reachable from a node over edges that close no loop, the node itself included."""
        return self._reach(self.back_edges)

    @cached_property
    def reach_any(self) -> Mapping[str, frozenset[str]]:
        """Nodes reachable from a node over any edge, the node itself included."""
        return self._reach(frozenset())

    def _reach(self, without: frozenset[str]) -> Mapping[str, frozenset[str]]:
        table: dict[str, frozenset[str]] = {}
        for node in self._net[0]:
            seen = {node.id}
            todo = [node.id]
            while todo:
                here = todo.pop()
                ways = [edge.target for edge in self.outgoing[here] if edge.id not in without]
                ways += [event.id for event in self.boundaries.get(here, ())]
                for target in ways:
                    if target not in seen:
                        seen.add(target)
                        todo.append(target)
            table[node.id] = frozenset(seen)
        return table

    def marked(self, mark: Mark) -> tuple[Node, ...]:
        """Return the nodes with a mark, in the order of the definition."""
        return self._marked.get(mark, ())

    @cached_property
    def _marked(self) -> Mapping[Mark, tuple[Node, ...]]:
        return {mark: tuple(node for node in self._net[0] if mark in node.marks) for mark in Mark}

    @property
    def reception(self) -> Node | None:
        """The first step, where the dossier is received."""
        return next(iter(self.marked(Mark.RECEPTION)), None)

    @property
    def decision(self) -> Node | None:
        """The step where the competent agency decides (the last of them)."""
        return next(iter(self.marked(Mark.DECISION)[::-1]), None)

    @property
    def issue(self) -> Node | None:
        """The step where the result is registered, sealed and issued; else the decision itself."""
        return next(iter(self.marked(Mark.ISSUE)[::-1]), self.decision)

    @property
    def handover(self) -> Node | None:
        """The step where the result is handed over."""
        return next(iter(self.marked(Mark.HANDOVER)[::-1]), None)

    def outcomes(self, node_id: str) -> tuple[Edge, ...]:
        """Return the outcomes a person may choose at a task, in the order of the definition."""
        return self.outgoing[node_id]

    def verdict(self, node_id: str, outcome: str) -> Verdict | None:
        """
        Return what the outcome says about the request; None when it decides nothing yet.

        At the decision step: granted or refused. Before it: refused when the way taken leads past the
        decision, not accepted when it leads straight to a refusal end.
        """
        edge = self.by_outcome.get((node_id, outcome))
        if edge is None:
            return None
        target = self.by_id[edge.target]
        if target.kind is NodeKind.END and target.end is EndKind.REFUSED:
            return Verdict.NOT_ACCEPTED
        decision = self.decision
        if decision is not None and node_id == decision.id:
            if edge.flow is Flow.FORWARD:
                return Verdict.GRANTED
            return Verdict.REFUSED if edge.flow is Flow.NEGATIVE else None
        if edge.flow is not Flow.NEGATIVE or decision is None:
            return None
        if decision.id in self.reach[target.id] or decision.id not in self.reach[node_id]:
            return None
        return Verdict.REFUSED


def _once(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    ids = [node.id for node in nodes] + [edge.id for edge in edges]
    if len(set(ids)) != len(ids):
        twice = sorted({item for item in ids if ids.count(item) > 1})
        raise ProcessInvalid(f"Mã phần tử bị trùng: {', '.join(twice)}.", ids=twice)


def _expanded(node: Node, ways: Sequence[Edge]) -> tuple[list[Node], list[Edge]]:
    """Return the net that a step of several units stands for; it leaves by the first of the step's ways."""
    split, join = f"{node.id}.split", f"{node.id}.join"
    nodes = [
        Node(
            node.id, NodeKind.EXCLUSIVE, node.name, step=node.step, marks=node.marks,
            asked=node.asked, enough=node.enough,
        ),
        Node(split, NodeKind.PARALLEL, node.name),
    ]  # fmt: skip
    edges = [Edge(f"{node.id}>{split}", node.id, split)]
    onward = [edge for edge in ways if edge.flow is not Flow.EXTEND]
    for number, asked in enumerate(node.asked, start=1):
        task, out = f"{node.id}.{number}", f"{node.id}.{number}.out"
        nodes += [
            replace(
                node,
                id=task,
                unit_kind=asked.unit_kind,
                role=asked.role or node.role,
                hours=node.hours if asked.hours is None else asked.hours,
                about=asked.about or node.about,
                on_silence=asked.on_silence or node.on_silence,
                marks=frozenset(),
                asked=(),
                enough=0,
            ),
            Node(out, NodeKind.EXCLUSIVE),
        ]
        edges.append(Edge(f"{split}>{task}", split, task))
        for edge in ways:
            target = task if edge.flow is Flow.EXTEND else out
            edges.append(replace(edge, id=f"{task}>{edge.outcome or edge.id}", source=task, target=target))
        edges.append(Edge(f"{out}>{join}", out, join))
    nodes.append(Node(join, NodeKind.PARALLEL, node.name, enough=node.enough))
    if onward:
        edges.append(Edge(onward[0].id, join, onward[0].target))
    return nodes, edges


_NODE_DEFAULTS: Final = MappingProxyType({item.name: item.default for item in fields(Node)})
_EDGE_DEFAULTS: Final = MappingProxyType({item.name: item.default for item in fields(Edge)})
_ASKED_DEFAULTS: Final = MappingProxyType({item.name: item.default for item in fields(Asked)})
_SIGNER_DEFAULTS: Final = MappingProxyType({item.name: item.default for item in fields(Signer)})


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Asked):
        return _sparse(value, _ASKED_DEFAULTS)
    if isinstance(value, Signer):
        return _sparse(value, _SIGNER_DEFAULTS)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Condition):
        return value.to_json()
    return str(value) if isinstance(value, StrEnum) else value


def _sparse(item: Node | Edge | Asked | Signer, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: getattr(item, key) for key in defaults}
    return {key: _plain(value) for key, value in values.items() if value != defaults[key]}


def to_json(graph: Graph) -> dict[str, Any]:
    """Return the graph as plain values with a format number; what has its default is left out."""
    return {
        "format": FORMAT,
        "name": graph.name,
        "decided_by": graph.decided_by,
        "levels": list(graph.levels),
        "nodes": [_sparse(node, _NODE_DEFAULTS) for node in graph.nodes],
        "edges": [_sparse(edge, _EDGE_DEFAULTS) for edge in graph.edges],
    }


def from_json(raw: Mapping[str, Any]) -> Graph:
    """
    Return the graph that `to_json` wrote.

    :raises ProcessInvalid: another format number, an unknown kind, or a broken structure.
    """
    if raw.get("format") != FORMAT:
        raise ProcessInvalid(f"Không đọc được quy trình: định dạng {raw.get('format')!r} không được hỗ trợ.")
    try:
        return Graph(
            name=str(raw["name"]),
            nodes=tuple(_node(item) for item in _sequence(raw["nodes"])),
            edges=tuple(_edge(item) for item in _sequence(raw["edges"])),
            decided_by=str(raw.get("decided_by", "")),
            levels=tuple(str(level) for level in raw.get("levels", ())),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as fault:
        raise ProcessInvalid(f"Không đọc được quy trình: {fault}.") from fault


def _sequence(raw: Any) -> Sequence[Mapping[str, Any]]:
    if not isinstance(raw, list):
        raise TypeError("cần một danh sách")
    return raw


def _node(raw: Mapping[str, Any]) -> Node:
    values = dict(raw)
    values["kind"] = NodeKind(values["kind"])
    values["hours"] = Decimal(values.get("hours", "0"))
    values["marks"] = frozenset(Mark(mark) for mark in values.get("marks", ()))
    for key, enum in (("on_silence", Silence), ("wait", WaitKind), ("end", EndKind), ("auto", AutoKind)):
        if values.get(key) is not None:
            values[key] = enum(values[key])
    values["asked"] = tuple(_asked(item) for item in values.get("asked", ()))
    for key in ("form_parts", "prints", "not_by", "asks"):
        values[key] = tuple(str(item) for item in values.get(key, ()))
    values["signers"] = tuple(_signer(item) for item in values.get("signers", ()))
    return Node(**values)


def _signer(raw: Mapping[str, Any]) -> Signer:
    values = dict(raw)
    for key in ("valid_from", "valid_to"):
        if values.get(key) is not None:
            values[key] = date.fromisoformat(values[key])
    return Signer(**values)


def _asked(raw: Mapping[str, Any]) -> Asked:
    values = dict(raw)
    if values.get("hours") is not None:
        values["hours"] = Decimal(values["hours"])
    if values.get("on_silence") is not None:
        values["on_silence"] = Silence(values["on_silence"])
    return Asked(**values)


def _edge(raw: Mapping[str, Any]) -> Edge:
    values = dict(raw)
    values["flow"] = Flow(values.get("flow", Flow.FORWARD))
    if values.get("condition") is not None:
        values["condition"] = Condition.from_json(values["condition"])
    return Edge(**values)
