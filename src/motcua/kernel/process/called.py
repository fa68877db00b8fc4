"""
Called processes: what a call activity calls is put in its place when a process is approved.

A version so made is one net: every engine, check and figure knows it without a word about calls, and a dossier runs
all of it under the version frozen at its filing. The ids of what is called carry the call before them
(`<call>:<step>`), so a task tells its frame. The price: a new version of the called process reaches those who call it
with their next approval, which is also when somebody decides upon it (R-041, R-042).

The call's own id becomes the gateway by which the called process is left, with the last token that ends in it. Its
error ends, and its refusals at receipt, go the way of the error event on the call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from motcua.kernel.process.graph import GATEWAYS, WITHIN, Edge, EndKind, Graph, Node, NodeKind
from motcua.kernel.process.problem import Problem

Resolve = Callable[[str], Graph | None]
"""From the reference of a call (`<procedure code>` or `<procedure code>/<variant>`) to an approved process."""
MAX_PLACE: Final = 64
MAX_NODES: Final = 1_000


def calls(graph: Graph) -> bool:
    """Tell whether the process calls another."""
    return any(node.kind is NodeKind.CALL_ACTIVITY for node in graph.nodes)


def flatten(graph: Graph, resolve: Resolve, own: Collection[str] = ()) -> tuple[Graph, list[Problem]]:
    """
    Return the process with what it calls in the place of its calls, and what is wrong with the calls.

    `own` are the references that mean the process itself, which nothing it calls may call back. A call that is wrong
    stays.
    """
    problems: list[Problem] = []
    for node in [node for node in graph.nodes if node.kind is NodeKind.CALL_ACTIVITY]:
        found = _refused(graph, node, resolve, own)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            graph = _put_in(graph, node, found)
    if len(graph.nodes) > MAX_NODES:
        problems.append(
            Problem("too_large", f"Quy trình cùng các quy trình được gọi có quá {MAX_NODES} phần tử.")
        )
    return graph, problems


def authored(place: str) -> str:
    """Return the element of the drawing that a place of the flattened process belongs to."""
    return place.partition(WITHIN)[0]


def _refused(graph: Graph, node: Node, resolve: Resolve, own: Collection[str]) -> Graph | Problem:
    title = f"“{node.name or node.id}”"
    if not node.ref:
        return Problem("call", f"Chưa chọn quy trình được gọi ở {title}.", node.id)
    called = resolve(node.ref)
    if called is None:
        return Problem("call", f"Không có quy trình “{node.ref}” đã phê duyệt để gọi ở {title}.", node.id)
    reached = {inner.ref for inner in called.nodes if inner.kind in GATEWAYS and inner.ref} | {node.ref}
    if reached & set(own):
        return Problem("call_cycle", f"Ở {title}, quy trình được gọi lại gọi chính quy trình này.", node.id)
    ways = [edge for edge in graph.edges if edge.source == node.id]
    if len(ways) != 1:
        return Problem("call_ways", f"Bước gọi quy trình {title} phải có đúng một đường đi ra.", node.id)
    errors = [
        event
        for event in graph.nodes
        if event.kind is NodeKind.BOUNDARY_ERROR and event.attached_to == node.id
    ]
    ends = [inner for inner in called.nodes if inner.kind is NodeKind.END and _is_error(inner)]
    if ends and not errors:
        told = ", ".join(f"“{inner.name or inner.id}”" for inner in ends)
        return Problem(
            "uncaught_error",
            f"Quy trình được gọi ở {title} có thể kết thúc bằng lỗi hoặc từ chối ({told}); gắn sự kiện lỗi vào bước"
            " này và vẽ đường đi tiếp.",
            node.id,
        )
    names = [*(inner.id for inner in called.net_nodes), *(edge.id for edge in called.net_edges)]
    longest = max(len(name) for name in names)
    if len(node.id) + len(WITHIN) + longest > MAX_PLACE:
        return Problem("call_name", f"Mã của bước gọi {title} quá dài; đặt mã ngắn hơn.", node.id)
    return called


def _is_error(node: Node) -> bool:
    return node.end in (EndKind.ERROR, EndKind.REFUSED)


def _put_in(graph: Graph, call: Node, called: Graph) -> Graph:
    def name(inner: str) -> str:
        return f"{call.id}{WITHIN}{inner}" if inner else ""

    first = called.outgoing[called.start.id][0].target
    error_ways = {
        edge.source: edge
        for edge in graph.edges
        if any(
            event.id == edge.source and event.kind is NodeKind.BOUNDARY_ERROR and event.attached_to == call.id
            for event in graph.nodes
        )
    }
    caught = next(iter(error_ways.values()), None)
    gate = Node(call.id, NodeKind.EXCLUSIVE, call.name, step=call.step, ref=call.ref, scope=call.scope)
    nodes = [gate if node is call else node for node in graph.nodes if node.id not in error_ways]
    edges = [
        replace(edge, target=name(first)) if edge.target == call.id else edge
        for edge in graph.edges
        if edge.source not in error_ways
    ]
    place = nodes.index(gate)
    inner: list[Node] = []
    for node in called.nodes:
        if node.kind is NodeKind.START:
            continue
        scope = name(node.scope) if node.scope else call.id
        made = replace(
            node,
            id=name(node.id),
            scope=scope,
            marks=frozenset(),
            step=None,
            attached_to=name(node.attached_to),
            not_by=tuple(name(step) for step in node.not_by),
        )
        if node.kind is NodeKind.END:
            error = _is_error(node)
            made = replace(made, kind=NodeKind.LEAVE, terminate=node.terminate or error, end=None)
            target = caught.target if error and caught is not None else call.id
            edges.append(Edge(name(f"{node.id}>"), made.id, target))
        inner.append(made)
    edges += [
        replace(edge, id=name(edge.id), source=name(edge.source), target=name(edge.target))
        for edge in called.edges
        if edge.source != called.start.id
    ]
    return replace(graph, nodes=(*nodes[:place], *inner, *nodes[place:]), edges=tuple(edges))
