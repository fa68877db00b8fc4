"""The main path of a process: what happens when everything goes well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from motcua.kernel.process.engine import (
    Complete,
    Event,
    Finish,
    Release,
    Resume,
    Start,
    advance,
)
from motcua.kernel.process.graph import TASKS, EndKind, Flow, Graph, Node, NodeKind, ProcessInvalid

_RANK = {Flow.FORWARD: 0, Flow.NEGATIVE: 1, Flow.BACK: 3, Flow.WAIT: 4, Flow.EXTEND: 5}


class PathStep(NamedTuple):
    """A task of the main path and the outcome to complete it with."""

    node: str
    outcome: str


def happy_path(graph: Graph) -> tuple[PathStep, ...]:
    """
    Return tasks and outcomes from the start to the hand-over of a result, in the order they can be done.

    At every task the first outcome that leads forward is taken, of a look-up that of the confirmation; parallel
    opinions follow one another. Steps the system does by itself, and timers waited for, are part of the path.

    :raises ProcessInvalid: that way does not end with a result.
    """
    steps: list[PathStep] = []
    marking, commands = advance(graph, (), Start())
    for _ in range(4 * len(graph.net_nodes)):
        if not marking:
            break
        token = next((item for item in marking if item.place in graph.by_id), None)
        if token is None:
            break
        node = graph.by_id[token.place]
        if node.kind not in TASKS:
            if node.kind is NodeKind.TIMER and node.lasting:
                steps.append(PathStep(token.place, ""))
            marking, commands = advance(graph, marking, Resume(token.no))
            continue
        outcome = _best(graph, node)
        if outcome is None:
            break
        steps.append(PathStep(token.place, outcome))
        marking, commands = advance(graph, marking, Complete(token.no, outcome))
    if not any(isinstance(command, Finish) and command.kind is EndKind.DONE for command in commands):
        raise ProcessInvalid("Quy trình không có đường chính đi tới trả kết quả.")
    return tuple(steps)


def _best(graph: Graph, node: Node) -> str | None:
    """Return the outcome that leads forward; of an automatic look-up the one for what it confirms."""
    ways = graph.outgoing[node.id]
    if node.kind is NodeKind.SERVICE_TASK and any(edge.outcome == node.confirmed for edge in ways):
        return node.confirmed
    return min(ways, key=lambda edge: _RANK[edge.flow]).outcome if ways else None


class Tried(NamedTuple):
    """A step of a dry run: which, the outcome taken, its hours, and the steps that had to be done before it."""

    node: str
    outcome: str
    known: bool
    after: tuple[int, ...]


def dry_run(
    graph: Graph, facts: Mapping[str, Any], history: Mapping[str, Sequence[str]], *, moments: bool = False
) -> list[Tried]:
    """
    Return the way a dossier with these facts would take, as a list in the order the steps open.

    `history` are the outcomes the dossier really had, by step, in their order: taken again where the step is the
    same and has the outcome (`known`), else the first way forward. Waits end at once. `after` are the places in
    the list of the steps a step follows. With `moments` the timers that last are in the list too.

    :raises IllegalStep: no branch of a gateway fits the facts.
    """
    left = {node: list(outcomes) for node, outcomes in history.items()}
    done: list[Tried] = []
    marking, _ = advance(graph, (), Start(), facts)
    origin: dict[int, tuple[int, ...]] = {token.no: () for token in marking}
    for _ in range(20 * len(graph.net_nodes)):
        token = next((item for item in marking if item.place in graph.by_id), None)
        if token is None:
            break
        node = graph.by_id[token.place]
        event: Event = Resume(token.no)
        count = len(done)
        if node.kind in TASKS:
            ways = sorted(graph.outgoing[node.id], key=lambda edge: _RANK[edge.flow])
            real = left.get(node.id, [])
            outcome, known = "", False
            while real and not known:
                outcome = real.pop(0)
                way = graph.by_outcome.get((node.id, outcome))
                known = way is not None and way.flow is not Flow.EXTEND
            if not known:
                outcome = ways[0].outcome if ways else ""
            done.append(Tried(node.id, outcome, known, origin.get(token.no, ())))
            event = Complete(token.no, outcome)
        elif moments and node.kind is NodeKind.TIMER and node.lasting:
            done.append(Tried(node.id, "", False, origin.get(token.no, ())))
        here = (len(done) - 1,) if len(done) > count else origin.get(token.no, ())
        marking, commands = advance(graph, marking, event, facts)
        gathered = [origin.get(command.token, ()) for command in commands if isinstance(command, Release)]
        reached = tuple(sorted({*here, *(place for places in gathered for place in places)}))
        for item in marking:
            if any(getattr(command, "token", None) == item.no for command in commands):
                origin[item.no] = reached
    return done
