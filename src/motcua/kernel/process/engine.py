"""
The engine: one pure step of a running process.

`advance(graph, marking, event, facts)` returns the next marking and what is to be done about it. It knows no
clock, no database and no person. A marking is the sorted tuple of tokens; a token is (place, number).

Numbers: the first branch of a split keeps the number, the others get new ones, and a join goes on with the
lowest. So the marking after a block of parallel opinions does not depend on who answered first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from motcua.kernel.errors import Conflict
from motcua.kernel.process.graph import (
    RESTING,
    TASKS,
    WITHIN,
    Edge,
    EndKind,
    Flow,
    Graph,
    Node,
    NodeKind,
    WaitKind,
)

_NO_FACTS: Final[Mapping[str, Any]] = {}


class Token(NamedTuple):
    """Where a token stands (node id, or id of the edge before a join) and its number."""

    place: str
    no: int


Marking = tuple[Token, ...]
EMPTY: Final[Marking] = ()


class IllegalStep(Conflict):
    """The event does not fit the marking; the message says in words what is wrong."""

    code = "illegal_step"
    message = "Bước xử lý này không thực hiện được ở trạng thái hiện tại của hồ sơ."


# Events


@dataclass(frozen=True, slots=True)
class Start:
    """Put the first token behind the start event."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The task of a token is done with an outcome (empty where the task has only one way out)."""

    token: int
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """
    What a token waited for has come; without a number every token goes on that waits for the applicant, a payment
    or another agency: timers, messages and what the system does are told one by one.
    """

    token: int | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """A boundary event of the task where a token stands has happened."""

    token: int
    node: str


@dataclass(frozen=True, slots=True)
class ReturnTo:
    """Back to an earlier step, with the reason; work that lies behind that step is taken back."""

    node: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CancelAll:
    """The process ends from outside (withdrawn, stopped, void)."""

    reason: str = ""


Event = Start | Complete | Resume | Fire | ReturnTo | CancelAll


# Commands


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A token has come to a task of a person: `node` has unit kind, role, hours and what it is about."""

    token: int
    node: Node


@dataclass(frozen=True, slots=True)
class CloseTask:
    """The task at `place` is done and its token has moved."""

    token: int
    place: str
    outcome: str


@dataclass(frozen=True, slots=True)
class CancelTask:
    """The token at `place` is taken back."""

    token: int
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """A token waits on an edge before a join."""

    token: int
    place: str


@dataclass(frozen=True, slots=True)
class Release:
    """A parked token has been taken up by its join."""

    token: int
    place: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A token waits for the applicant or a payment: the clocks stop under that ground (`node.wait`)."""

    token: int
    node: Node


@dataclass(frozen=True, slots=True)
class Wait:
    """A token waits for something else outside: verification, timer, message, service, called process."""

    token: int
    node: Node


@dataclass(frozen=True, slots=True)
class Extend:
    """The holder asks to extend with an apology; the task stays open."""

    token: int
    node: Node


@dataclass(frozen=True, slots=True)
class Finish:
    """The last token has gone; `kind` tells how it ended (None: cancelled from outside)."""

    kind: EndKind | None
    node: Node | None = None


Command = OpenTask | CloseTask | CancelTask | Park | Release | Pause | Wait | Extend | Finish


class Advance(NamedTuple):
    """The next marking, and what is to be done, in order."""

    marking: Marking
    commands: tuple[Command, ...]


Chooser = Callable[[Node, Sequence[Edge], Mapping[str, Any]], Sequence[Edge]]


def choose(node: Node, ways: Sequence[Edge], facts: Mapping[str, Any]) -> Sequence[Edge]:
    """
    Return the way (exclusive) or ways (inclusive) out of a gateway by the conditions.

    :raises IllegalStep: no condition holds and there is no default.
    """
    if len(ways) == 1:
        return ways
    taken = []
    for edge in ways:
        if not edge.default and (edge.condition is None or edge.condition.holds(facts)):
            if node.kind is NodeKind.EXCLUSIVE:
                return (edge,)
            taken.append(edge)
    if taken:
        return taken
    for edge in ways:
        if edge.default:
            return (edge,)
    raise IllegalStep(
        f"Không có nhánh nào của “{node.name or node.id}” phù hợp với thông tin hồ sơ.", node=node.id
    )


class _Run:
    """Tokens on their way through gateways within one step of the engine."""

    __slots__ = ("chooser", "commands", "ends", "facts", "graph", "steps", "tokens", "top")

    def __init__(
        self,
        graph: Graph,
        tokens: list[Token],
        commands: list[Command],
        facts: Mapping[str, Any],
        top: int,
        chooser: Chooser,
    ) -> None:
        self.graph = graph
        self.tokens = tokens
        self.commands = commands
        self.facts = facts
        self.top = top
        self.chooser = chooser
        self.ends: list[Node] = []
        self.steps = 0

    def flow(self, edge: Edge, no: int) -> None:
        """Move a token along an edge until every part of it rests."""
        self._settle([(edge, no)])
        while self.graph.inclusive_joins:
            fired = self._inclusive()
            if fired is None:
                break
            node, number = fired
            self._settle(self._split(node, number))

    def _settle(self, pending: list[tuple[Edge, int]]) -> None:
        graph = self.graph
        limit = 4 * len(graph.edges) + 8
        while pending:
            self.steps += 1
            if self.steps > limit:
                raise IllegalStep("Quy trình lặp vô hạn giữa các cổng rẽ nhánh.")
            edge, no = pending.pop()
            node = graph.by_id[edge.target]
            kind = node.kind
            if kind is NodeKind.USER_TASK:
                self.tokens.append(Token(node.id, no))
                self.commands.append(OpenTask(no, node))
            elif kind is NodeKind.EXCLUSIVE:
                ways = graph.outgoing[node.id]
                pending.append((self.chooser(node, ways, self.facts)[0] if len(ways) != 1 else ways[0], no))
            elif kind is NodeKind.PARALLEL:
                joined = self._join(node, edge, no) if len(graph.incoming[node.id]) > 1 else no
                if joined is not None:
                    pending += self._split(node, joined)
            elif kind is NodeKind.INCLUSIVE:
                if len(graph.incoming[node.id]) > 1:
                    self.tokens.append(Token(edge.id, no))
                    self.commands.append(Park(no, edge.id))
                else:
                    pending += self._split(node, no)
            elif kind is NodeKind.END:
                self.ends.append(node)
                if node.terminate:
                    self.commands += [
                        CancelTask(token.no, token.place, node.name) for token in sorted(self.tokens)
                    ]
                    self.tokens.clear()
                    pending.clear()
            elif kind is NodeKind.LEAVE:
                # A called process is over when its last token ends, or at an end that takes the others along.
                if node.terminate:
                    self._leave_all(node, pending)
                if not self._any_in(node.scope, pending):
                    pending.append((graph.outgoing[node.id][0], no))
            else:
                self.tokens.append(Token(node.id, no))
                self.commands.append(
                    Pause(no, node) if node.wait in (WaitKind.APPLICANT, WaitKind.PAYMENT) else Wait(no, node)
                )

    def _any_in(self, scope: str, pending: list[tuple[Edge, int]]) -> bool:
        within, home = scope + WITHIN, self.graph.home
        return any(home(token.place).startswith(within) for token in self.tokens) or any(
            edge.target.startswith(within) for edge, _ in pending
        )

    def _leave_all(self, node: Node, pending: list[tuple[Edge, int]]) -> None:
        """Take back what else runs in the called process that ends here."""
        graph, within = self.graph, node.scope + WITHIN
        for token in [token for token in self.tokens if graph.home(token.place).startswith(within)]:
            self.tokens.remove(token)
            self.commands.append(CancelTask(token.no, token.place, node.name))
        pending[:] = [(edge, no) for edge, no in pending if not edge.target.startswith(within)]

    def _split(self, node: Node, no: int) -> list[tuple[Edge, int]]:
        """Return the ways out, last first, as a stack takes them; the first way keeps the number."""
        ways = self.graph.outgoing[node.id]
        if node.kind is NodeKind.INCLUSIVE:
            ways = tuple(self.chooser(node, ways, self.facts))
        branches = [(ways[0], no)]
        for edge in ways[1:]:
            self.top += 1
            branches.append((edge, self.top))
        branches.reverse()
        return branches

    def _join(self, node: Node, edge: Edge, no: int) -> int | None:
        """Return the number to go on with, or None when the token has to wait for its siblings."""
        if node.enough:
            return self._enough(node, edge, no)
        arrived: list[Token] = []
        for way in self.graph.incoming[node.id]:
            if way.id == edge.id:
                continue
            here = [token for token in self.tokens if token.place == way.id]
            if not here:
                self.tokens.append(Token(edge.id, no))
                self.commands.append(Park(no, edge.id))
                return None
            arrived.append(min(here))
        for token in arrived:
            self.tokens.remove(token)
            self.commands.append(Release(token.no, token.place))
            no = min(no, token.no)
        return no

    def _enough(self, node: Node, edge: Edge, no: int) -> int | None:
        """Join when as many answers are in as suffice; the units still asked are let off."""
        graph = self.graph
        ways = {way.id for way in graph.incoming[node.id]}
        parked = [token for token in self.tokens if token.place in ways]
        if len(parked) + 1 < node.enough:
            self.tokens.append(Token(edge.id, no))
            self.commands.append(Park(no, edge.id))
            return None
        home = graph.home(node.id)
        for token in [token for token in self.tokens if graph.home(token.place) == home]:
            self.tokens.remove(token)
            if token in parked:
                self.commands.append(Release(token.no, token.place))
            else:
                self.commands.append(CancelTask(token.no, token.place, "Đã đủ số ý kiến cần thiết."))
            no = min(no, token.no)
        return no

    def _inclusive(self) -> tuple[Node, int] | None:
        """Return an inclusive join that has everything it can still get, with its lowest number."""
        for node in self.graph.inclusive_joins:
            ways = self.graph.incoming[node.id]
            parked = [token for token in self.tokens if any(token.place == way.id for way in ways)]
            if not parked:
                continue
            filled = {token.place for token in parked}
            empty = [way for way in ways if way.id not in filled]
            if any(
                self._may_come(token, node, empty, filled) for token in self.tokens if token not in parked
            ):
                continue
            for token in parked:
                self.tokens.remove(token)
                self.commands.append(Release(token.no, token.place))
            return node, min(token.no for token in parked)
        return None

    def _may_come(self, token: Token, join: Node, empty: Sequence[Edge], filled: set[str]) -> bool:
        """
        Tell whether the join has to wait for a token: it can reach an empty way in, and none that is filled.

        Ways through the join itself do not count (BPMN 2.0.2, 13.4.3): a token that can come by a filled way too is
        one that comes in another turn of a loop.
        """
        edge = self.graph.edge_by_id.get(token.place)
        todo = [edge.target if edge else token.place]
        seen = set(todo)
        wanted = {way.id for way in empty}
        found = False
        while todo:
            here = todo.pop()
            if here == join.id:
                continue
            for event in self.graph.boundaries.get(here, ()):
                if event.id not in seen:
                    seen.add(event.id)
                    todo.append(event.id)
            for way in self.graph.outgoing[here]:
                if way.id in filled:
                    return False
                if way.id in wanted:
                    found = True
                if way.target not in seen:
                    seen.add(way.target)
                    todo.append(way.target)
        return found

    def result(self) -> Advance:
        """Return the marking with the end of the process told, when nothing is left."""
        if not self.tokens:
            last = self.ends[-1] if self.ends else None
            self.commands.append(Finish((last.end or EndKind.DONE) if last else None, last))
        self.tokens.sort()
        return Advance(tuple(self.tokens), tuple(self.commands))


def advance(
    graph: Graph,
    marking: Marking,
    event: Event,
    facts: Mapping[str, Any] = _NO_FACTS,
    *,
    chooser: Chooser = choose,
) -> Advance:
    """
    Return the marking after the event, and the commands that follow from it.

    `facts` are form answers and dossier facts that conditions of gateways read.

    :raises IllegalStep: the event does not fit the marking.
    """
    if type(event) is Complete:
        return _complete(graph, marking, event, facts, chooser)
    if isinstance(event, Start):
        if marking:
            raise IllegalStep("Hồ sơ này đã bắt đầu quy trình.")
        run = _Run(graph, [], [], facts, 1, chooser)
        for number, edge in enumerate(graph.outgoing[graph.start.id][:1], start=1):
            run.flow(edge, number)
        return run.result()
    if isinstance(event, CancelAll):
        if not marking:
            raise IllegalStep("Quy trình của hồ sơ này đã kết thúc.")
        gone = [CancelTask(token.no, token.place, event.reason) for token in marking]
        return Advance(EMPTY, (*gone, Finish(None)))
    if isinstance(event, Resume):
        return _resume(graph, marking, event, facts, chooser)
    if isinstance(event, Fire):
        return _fire(graph, marking, event, facts, chooser)
    if isinstance(event, ReturnTo):
        return _return_to(graph, marking, event, facts, chooser)
    raise TypeError(event)


def _find(marking: Marking, no: int) -> Token:
    for token in marking:
        if token.no == no:
            return token
    raise IllegalStep("Việc này đã được xử lý hoặc đã được thu hồi.", token=no)


def _leave(
    graph: Graph,
    marking: Marking,
    token: Token,
    edge: Edge,
    commands: list[Command],
    facts: Mapping[str, Any],
    chooser: Chooser,
) -> Advance:
    # The common case, one token that goes from one task straight to the next, needs no machinery.
    node = graph.by_id[edge.target]
    if len(marking) == 1 and node.kind is NodeKind.USER_TASK:
        commands.append(OpenTask(token.no, node))
        return Advance((Token(node.id, token.no),), tuple(commands))
    tokens = [other for other in marking if other is not token]
    run = _Run(graph, tokens, commands, facts, max(other.no for other in marking), chooser)
    run.flow(edge, token.no)
    return run.result()


def _complete(
    graph: Graph, marking: Marking, event: Complete, facts: Mapping[str, Any], chooser: Chooser
) -> Advance:
    token = _find(marking, event.token)
    node = graph.by_id.get(token.place)
    if node is None or node.kind not in TASKS:
        raise IllegalStep("Việc này đang chờ, chưa thể hoàn thành.", token=event.token, place=token.place)
    edge = graph.by_outcome.get((token.place, event.outcome))
    if edge is None:
        raise IllegalStep(
            f"Bước “{node.name or node.id}” không có kết cục “{event.outcome}”.",
            node=node.id,
            outcome=event.outcome,
        )
    if edge.flow is Flow.EXTEND:
        return Advance(marking, (Extend(token.no, node),))
    closed: list[Command] = [CloseTask(token.no, token.place, event.outcome)]
    return _leave(graph, marking, token, edge, closed, facts, chooser)


def is_waiting(graph: Graph, token: Token) -> bool:
    """Tell whether the token waits for something outside: neither a person's task nor parked at a join."""
    node = graph.by_id.get(token.place)
    return node is not None and node.kind in RESTING and node.kind is not NodeKind.USER_TASK


def is_called_for(graph: Graph, token: Token) -> bool:
    """Tell whether the token waits until somebody says that something has come: supplement, payment, answer, parts."""
    node = graph.by_id.get(token.place)
    return node is not None and node.wait in _CALLED_FOR


_CALLED_FOR: Final = frozenset((WaitKind.APPLICANT, WaitKind.PAYMENT, WaitKind.EXTERNAL, WaitKind.PARTS))


def _resume(
    graph: Graph, marking: Marking, event: Resume, facts: Mapping[str, Any], chooser: Chooser
) -> Advance:
    if event.token is None:
        chosen = [token for token in marking if is_called_for(graph, token)]
        if not chosen:
            raise IllegalStep("Hồ sơ này không có bước nào đang chờ.")
    else:
        chosen = [_find(marking, event.token)]
        if not is_waiting(graph, chosen[0]):
            raise IllegalStep("Bước này không ở trạng thái chờ.", token=event.token)
    commands: list[Command] = []
    run = _Run(graph, list(marking), commands, facts, max(token.no for token in marking), chooser)
    for token in chosen:
        if token not in run.tokens:
            continue
        ways = graph.outgoing[token.place]
        if not ways:
            raise IllegalStep("Bước chờ không có đường đi tiếp.", place=token.place)
        run.tokens.remove(token)
        commands.append(CloseTask(token.no, token.place, ""))
        run.flow(ways[0], token.no)
    return run.result()


def _fire(graph: Graph, marking: Marking, event: Fire, facts: Mapping[str, Any], chooser: Chooser) -> Advance:
    token = _find(marking, event.token)
    node = graph.by_id.get(event.node)
    if node is None or node not in graph.boundaries.get(token.place, ()):
        raise IllegalStep("Sự kiện này không thuộc bước đang xử lý.", node=event.node, token=event.token)
    ways = graph.outgoing[node.id]
    if not ways:
        raise IllegalStep("Sự kiện không có đường đi tiếp.", node=node.id)
    top = max(other.no for other in marking)
    commands: list[Command] = []
    tokens = list(marking)
    no = token.no
    if node.interrupting:
        # All units asked side by side are one step: the event ends it for all of them.
        for other in [other for other in marking if graph.inside(other.place, node.attached_to)]:
            tokens.remove(other)
            commands.append(CancelTask(other.no, other.place, node.name))
            no = min(no, other.no)
    else:
        top += 1
        no = top
    run = _Run(graph, tokens, commands, facts, top, chooser)
    run.flow(ways[0], no)
    return run.result()


def _source(graph: Graph, place: str) -> str:
    edge = graph.edge_by_id.get(place)
    return edge.source if edge else place


def earlier(graph: Graph, marking: Marking) -> tuple[Node, ...]:
    """Return the steps a return may name from here, first step first: those behind some token."""
    places = {_source(graph, token.place) for token in marking}
    standing = {token.place for token in marking}
    return tuple(
        node
        for node in graph.net_nodes
        if _returnable(node) and node.id not in standing and places & graph.reach[node.id]
    )


def _returnable(node: Node) -> bool:
    return node.kind is NodeKind.USER_TASK or (
        node.kind is NodeKind.EXCLUSIVE and (node.step is not None or bool(node.asked))
    )


def _return_to(
    graph: Graph, marking: Marking, event: ReturnTo, facts: Mapping[str, Any], chooser: Chooser
) -> Advance:
    target = graph.by_id.get(event.node)
    if target is None or not _returnable(target):
        raise IllegalStep("Quy trình không có bước được chọn để trả lại.", node=event.node)
    if not marking:
        raise IllegalStep("Quy trình của hồ sơ này đã kết thúc.")
    behind = graph.reach[target.id]
    back = [token for token in marking if _source(graph, token.place) in behind]
    if not back or any(token.place == target.id for token in back):
        raise IllegalStep(
            f"Chỉ trả lại được bước trước bước đang xử lý; “{target.name}” không phải.", node=target.id
        )
    kept = [token for token in marking if token not in back]
    commands: list[Command] = [CancelTask(token.no, token.place, event.reason) for token in back]
    tokens = list(kept)
    top = max(token.no for token in marking)
    # Inside a block of parallel branches the other branches count as done, unless they still run: their
    # tokens stand before the join, or it would wait for them for ever.
    covered = frozenset().union(*(graph.reach[_source(graph, token.place)] for token in kept))
    for join in graph.joins:
        if join.id not in behind:
            continue
        for way in graph.incoming[join.id]:
            if way.source in behind or way.source in covered or way.id in graph.back_edges:
                continue
            top += 1
            tokens.append(Token(way.id, top))
            commands.append(Park(top, way.id))
    no = min(token.no for token in back)
    run = _Run(graph, tokens, commands, facts, top, chooser)
    if target.kind is NodeKind.USER_TASK:
        tokens.append(Token(target.id, no))
        commands.append(OpenTask(no, target))
    else:
        run.flow(graph.incoming[target.id][0], no)
    return run.result()
