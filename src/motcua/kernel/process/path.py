"""The main path of a process: what happens when everything goes well."""

from __future__ import annotations

from typing import NamedTuple

from motcua.kernel.process.engine import Complete, Finish, Resume, Start, advance, is_waiting
from motcua.kernel.process.graph import EndKind, Flow, Graph, NodeKind, ProcessInvalid

_RANK = {Flow.FORWARD: 0, Flow.NEGATIVE: 1, Flow.BACK: 3, Flow.WAIT: 4, Flow.EXTEND: 5}


class PathStep(NamedTuple):
    """A task of the main path and the outcome to complete it with."""

    node: str
    outcome: str


def happy_path(graph: Graph) -> tuple[PathStep, ...]:
    """
    Return tasks and outcomes from the start to the hand-over of a result, in the order they can be done.

    At every task the first outcome that leads forward is taken; parallel opinions follow one another.

    :raises ProcessInvalid: that way does not end with a result.
    """
    steps: list[PathStep] = []
    marking, commands = advance(graph, (), Start())
    for _ in range(4 * len(graph.net_nodes)):
        if not marking:
            break
        token = next((item for item in marking if _is_task(graph, item.place)), None)
        if token is not None:
            ways = sorted(graph.outgoing[token.place], key=lambda edge: _RANK[edge.flow])
            if not ways:
                break
            steps.append(PathStep(token.place, ways[0].outcome))
            marking, commands = advance(graph, marking, Complete(token.no, ways[0].outcome))
        elif any(is_waiting(graph, item) for item in marking):
            marking, commands = advance(graph, marking, Resume())
        else:
            break
    if not any(isinstance(command, Finish) and command.kind is EndKind.DONE for command in commands):
        raise ProcessInvalid("Quy trình không có đường chính đi tới trả kết quả.")
    return tuple(steps)


def _is_task(graph: Graph, place: str) -> bool:
    node = graph.by_id.get(place)
    return node is not None and node.kind is NodeKind.USER_TASK
