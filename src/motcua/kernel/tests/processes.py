"""Random processes that are sound by the way they are built: blocks inside blocks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from motcua.kernel.process import Asked, Condition, Edge, EndKind, Graph, Node, NodeKind

# A block: ("task",) ("seq", blocks) ("xor", blocks) ("and", blocks) ("or", blocks) ("loop", block)
# ("many", number of units, how many suffice) ("timer", interrupting).
Block = tuple[Any, ...]
_TASK: st.SearchStrategy[Block] = st.just(("task",))
_LEAVES: st.SearchStrategy[Block] = st.one_of(
    _TASK,
    st.integers(2, 3).flatmap(
        lambda units: st.tuples(st.just("many"), st.just(units), st.integers(0, units))
    ),
    st.tuples(st.just("timer"), st.booleans()),
)


def _blocks(leaves: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(
                st.sampled_from(["seq", "xor", "and", "or"]),
                st.lists(inner, min_size=2, max_size=3).map(tuple),
            ),
            st.tuples(st.just("loop"), inner),
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

    def node(self, kind: NodeKind, **values: Any) -> str:
        name = f"n{len(self.nodes)}"
        if kind is NodeKind.USER_TASK:
            values = {"unit_kind": "u", "role": "r", "hours": Decimal(1), **values}
        self.nodes.append(Node(name, kind, name, **values))
        return name

    def edge(self, source: str, target: str, flag: str = "", default: bool = False) -> None:
        condition = Condition("truthy", flag) if flag else None
        self.edges.append(Edge(f"f{len(self.edges)}", source, target, condition=condition, default=default))

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

    def graph(self, block: Block) -> Graph:
        start = self.node(NodeKind.START)
        first = self.node(NodeKind.USER_TASK)
        entered, left = self.block(block)
        end = self.node(NodeKind.END, end=EndKind.DONE)
        self.edge(start, first)
        self.edge(first, entered)
        self.edge(left, end)
        return Graph("thu", tuple(self.nodes), tuple(self.edges))


@dataclass(frozen=True)
class Sample:
    """A process, the names its gateways read, and those of them that send the dossier round again."""

    graph: Graph
    flags: tuple[str, ...]
    loops: tuple[str, ...]


def _sample(block: Block) -> Sample:
    builder = _Builder()
    graph = builder.graph(block)
    return Sample(graph, tuple(builder.flags), tuple(builder.loops))


SOUND = _blocks(_LEAVES).map(_sample)
PLAIN = _blocks(_TASK).map(_shared).map(_sample)
"""Without timers and several units: what another engine is asked to run too."""
