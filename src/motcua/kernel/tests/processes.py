"""Random processes that are sound by the way they are built: blocks inside blocks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from motcua.kernel.process import Asked, AutoKind, Condition, Edge, EndKind, Graph, Node, NodeKind, flatten

# A block: ("task",) ("seq", blocks) ("xor", blocks) ("and", blocks) ("or", blocks) ("loop", block)
# ("many", number of units, how many suffice) ("timer", interrupting) ("one", kind of what waits or runs by itself)
# ("lookup",) ("error",) ("call", block, fails, gone beside).
Block = tuple[Any, ...]
_TASK: st.SearchStrategy[Block] = st.just(("task",))
_ALONE = (NodeKind.SERVICE_TASK, NodeKind.SEND_TASK, NodeKind.RECEIVE_TASK, NodeKind.TIMER, NodeKind.MESSAGE)
_LEAVES: st.SearchStrategy[Block] = st.one_of(
    _TASK,
    st.sampled_from(_ALONE).map(lambda kind: ("one", kind)),
    st.sampled_from([("lookup",), ("error",)]),
    st.integers(2, 3).flatmap(
        lambda units: st.tuples(st.just("many"), st.just(units), st.integers(0, units))
    ),
    st.tuples(st.just("timer"), st.booleans()),
)


def _blocks(leaves: st.SearchStrategy[Block], *extra: st.SearchStrategy[bool]) -> st.SearchStrategy[Block]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(
                st.sampled_from(["seq", "xor", "and", "or"]),
                st.lists(inner, min_size=2, max_size=3).map(tuple),
            ),
            st.tuples(st.just("loop"), inner),
            st.tuples(st.just("call"), inner, *extra),
        ),
        max_leaves=4,
    )


def _once(block: Block) -> Block:
    """Return a block that can be gone round: what a timer opens beside its step would be opened again."""
    match block[0]:
        case "timer":
            return ("timer", True)
        case "loop":
            return ("loop", _once(block[1]))
        case "call":
            return ("call", _once(block[1]), block[2], False)
        case "seq" | "xor" | "and" | "or":
            return (block[0], tuple(_once(part) for part in block[1]))
    return block


def _shared(block: Block, *, round: bool = False) -> Block:
    """
    Return a block that SpiffWorkflow runs rightly too.

    Its joins do not forget what came in the turn before: gone round a second time they let a token through
    while a branch is still at work. So loops hold no parallel branches here.
    """
    match block[0]:
        case "loop":
            return ("loop", _shared(block[1], round=True))
        case "call":
            return ("call", _shared(block[1], round=round), False, False)
        case "and" | "or" if round:
            return ("seq", tuple(_shared(part, round=True) for part in block[1]))
        case "seq" | "xor" | "and" | "or":
            return (block[0], tuple(_shared(part, round=round) for part in block[1]))
    return block


@dataclass
class _Builder:
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)
    called: dict[str, Graph] = field(default_factory=dict)
    drawn: dict[str, Graph] = field(default_factory=dict)
    prefix: str = ""

    def node(self, kind: NodeKind, **values: Any) -> str:
        name = f"{self.prefix}n{len(self.nodes)}"
        if kind is NodeKind.USER_TASK:
            values = {"unit_kind": "u", "role": "r", "hours": Decimal(1), **values}
        self.nodes.append(Node(name, kind, name, **values))
        return name

    def edge(
        self, source: str, target: str, flag: str = "", default: bool = False, outcome: str = ""
    ) -> None:
        condition = Condition("truthy", flag) if flag else None
        name = f"{self.prefix}f{len(self.edges)}"
        self.edges.append(Edge(name, source, target, outcome=outcome, condition=condition, default=default))

    def flag(self, kept: list[str]) -> str:
        name = f"c{len(self.flags) + len(self.loops)}"
        kept.append(name)
        return name

    def block(self, block: Block) -> tuple[str, str]:
        """Build a block and return where it is entered and left."""
        match block[0]:
            case "task":
                name = self.node(NodeKind.USER_TASK)
                return name, name
            case "many":
                asked = tuple(Asked(f"u{number}") for number in range(block[1]))
                name = self.node(NodeKind.USER_TASK, asked=asked, enough=block[2])
                return name, name
            case "timer":
                return self.timer(interrupting=block[1])
            case "one":
                name = self.alone(block[1])
                return name, name
            case "lookup":
                return self.lookup()
            case "error":
                return self.error()
            case "call":
                return self.call(*block[1:])
            case "seq":
                parts = [self.block(part) for part in block[1]]
                for (_, left), (entered, _) in itertools.pairwise(parts):
                    self.edge(left, entered)
                return parts[0][0], parts[-1][1]
            case "loop":
                return self.loop(block[1])
        kind = {"xor": NodeKind.EXCLUSIVE, "and": NodeKind.PARALLEL, "or": NodeKind.INCLUSIVE}[block[0]]
        split = self.node(kind)
        parts = [self.block(part) for part in block[1]]
        join = self.node(kind)
        for place, (entered, left) in enumerate(parts):
            last = place == len(parts) - 1 and kind is not NodeKind.PARALLEL
            flag = "" if last or kind is NodeKind.PARALLEL else self.flag(self.flags)
            self.edge(split, entered, flag, default=last)
            self.edge(left, join)
        return split, join

    def loop(self, block: Block) -> tuple[str, str]:
        merge, after = self.node(NodeKind.EXCLUSIVE), self.node(NodeKind.EXCLUSIVE)
        entered, left = self.block(_once(block))
        last = self.node(NodeKind.USER_TASK)
        self.edge(merge, entered)
        self.edge(left, last)
        self.edge(last, after)
        self.edge(after, merge, self.flag(self.loops))
        way = self.node(NodeKind.EXCLUSIVE)
        self.edge(after, way, default=True)
        return merge, way

    def timer(self, *, interrupting: bool) -> tuple[str, str]:
        """A step with a timer: instead of it, or (beside it) another step that ends by itself."""
        step, late = self.node(NodeKind.USER_TASK), self.node(NodeKind.USER_TASK)
        event = self.node(
            NodeKind.BOUNDARY_TIMER, attached_to=step, interrupting=interrupting, hours=Decimal(1)
        )
        self.edge(event, late)
        if interrupting:
            merge = self.node(NodeKind.EXCLUSIVE)
            self.edge(step, merge)
            self.edge(late, merge)
            return step, merge
        self.edge(late, self.node(NodeKind.END, end=EndKind.DONE))
        return step, step

    def alone(self, kind: NodeKind) -> str:
        """Add what waits for something outside, or is done by the system."""
        if kind is NodeKind.SERVICE_TASK:
            return self.node(kind, auto=AutoKind.NOTIFY, about="Hồ sơ đang được xem xét.")
        if kind is NodeKind.TIMER:
            return self.node(kind, hours=Decimal(1))
        return self.node(kind, ref="tin")

    def lookup(self) -> tuple[str, str]:
        """Ask a source; not confirmed, a person checks."""
        asking = self.node(NodeKind.SERVICE_TASK, auto=AutoKind.LOOKUP, ref="nguon", asks=("so",))
        person, merge = self.node(NodeKind.USER_TASK), self.node(NodeKind.EXCLUSIVE)
        self.edge(asking, merge, outcome="dat")
        self.edge(asking, person, outcome="khong_dat")
        self.edge(person, merge)
        return asking, merge

    def error(self) -> tuple[str, str]:
        """Do something by itself that may fail for good; then a person does it."""
        auto, person = self.alone(NodeKind.SERVICE_TASK), self.node(NodeKind.USER_TASK)
        event = self.node(NodeKind.BOUNDARY_ERROR, attached_to=auto)
        merge = self.node(NodeKind.EXCLUSIVE)
        self.edge(auto, merge)
        self.edge(event, person)
        self.edge(person, merge)
        return auto, merge

    def call(self, block: Block, fails: bool, beside: bool) -> tuple[str, str]:
        """Call a process of its own; it may end by an error, and a timer may stand beside it."""
        ref = f"goi{len(self.called)}"
        inner = _Builder(
            prefix=f"{ref}_", flags=self.flags, loops=self.loops, called=self.called, drawn=self.drawn
        )
        self.called[ref] = Graph(ref, (Node("s", NodeKind.START),), ())  # the number is taken
        self.drawn[ref] = inner.graph(block, ref, fails=fails)
        self.called[ref] = flatten(self.drawn[ref], self.called.get)[0]
        name = self.node(NodeKind.CALL_ACTIVITY, ref=ref)
        merge = self.node(NodeKind.EXCLUSIVE)
        if fails:
            event, person = (
                self.node(NodeKind.BOUNDARY_ERROR, attached_to=name),
                self.node(NodeKind.USER_TASK),
            )
            self.edge(event, person)
            self.edge(person, merge)
        if beside:
            event = self.node(NodeKind.BOUNDARY_TIMER, attached_to=name, interrupting=True, hours=Decimal(1))
            self.edge(event, merge)
        self.edge(name, merge)
        return name, merge

    def graph(self, block: Block, name: str = "thu", *, fails: bool = False) -> Graph:
        start = self.node(NodeKind.START)
        first = self.node(NodeKind.USER_TASK)
        entered, left = self.block(block)
        end = self.node(NodeKind.END, end=EndKind.DONE)
        self.edge(start, first)
        self.edge(first, entered)
        if fails:
            way = self.node(NodeKind.EXCLUSIVE)
            self.edge(left, way)
            self.edge(way, self.node(NodeKind.END, end=EndKind.ERROR, terminate=True), self.flag(self.flags))
            left = way
        self.edge(left, end, default=fails)
        return Graph(name, tuple(self.nodes), tuple(self.edges))


@dataclass(frozen=True)
class Sample:
    """
    A process as drawn, as it runs, what it calls, the names its gateways read, and those of them that send the
    dossier round again.
    """

    graph: Graph
    run: Graph
    drawn: dict[str, Graph]
    flags: tuple[str, ...]
    loops: tuple[str, ...]


def _sample(block: Block) -> Sample:
    builder = _Builder()
    graph = builder.graph(block)
    run, problems = flatten(graph, builder.called.get, ("thu",))
    assert problems == []
    return Sample(graph, run, builder.drawn, tuple(builder.flags), tuple(builder.loops))


SOUND = _blocks(_LEAVES, st.booleans(), st.booleans()).map(_sample)
PLAIN = _blocks(_TASK, st.just(False), st.just(False)).map(_shared).map(_sample)
"""Without events and several units, calls included: what another engine is asked to run too."""
