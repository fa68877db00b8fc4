"""
The table view of a process: the same steps as in the drawing, changed in a form; a form in, a process out.

A new step goes behind another: what led on from that one's main way now leads from the new step. A step taken
out is closed up: what led to it leads to where its main way went.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from motcua.kernel.errors import Invalid
from motcua.kernel.process import AutoKind, Condition, Edge, Flow, Graph, Node, NodeKind, Signer
from motcua.kernel.process import condition as conditions
from motcua.kernel.text import clean

NEW_OUTCOME = "hoan_thanh"


class TableInvalid(Invalid):
    """Something in the table cannot be taken; `errors` are by the name of the input."""

    code = "process_table_invalid"
    message = "Bảng quy trình còn chỗ chưa đúng."


def edited(graph: Graph, form: Mapping[str, str]) -> Graph:
    """
    Return the process as the form states it; what the form does not name stays.

    :raises TableInvalid: an input cannot be read, or a step cannot be taken out.
    """
    errors: dict[str, str] = {}
    nodes = [_node(node, form, errors) for node in graph.nodes]
    edges = [_edge(edge, graph, form, errors) for edge in graph.edges if not form.get(f"bo_duong.{edge.id}")]
    result = replace(graph, nodes=tuple(nodes), edges=tuple(edges)) if not errors else graph
    for node in graph.nodes:
        if not errors and form.get(f"bo.{node.id}"):
            result = _without(result, node, errors)
    if not errors:
        result = _ways_added(result, form, errors)
    if not errors and clean(form.get("ten_moi", "")):
        result = _step_added(result, form, errors)
    if errors:
        raise TableInvalid(errors=errors)
    return result


def _hours(text: str, name: str, errors: dict[str, str]) -> Decimal:
    try:
        hours = Decimal(text.strip().replace(",", ".") or "0")
    except InvalidOperation:
        hours = Decimal(-1)
    if not hours.is_finite() or not 0 <= hours < 100_000 or hours != round(hours, 2):
        errors[name] = f"Số giờ “{text[:20]}” không hợp lệ; ghi như 4 hoặc 4,5."
        return Decimal(0)
    return hours


def _node(node: Node, form: Mapping[str, str], errors: dict[str, str]) -> Node:
    values: dict[str, str] = {}
    for key, name in (("name", "ten"), ("unit_kind", "don_vi"), ("role", "vai_tro")):
        if f"{name}.{node.id}" in form:
            values[key] = clean(form[f"{name}.{node.id}"])[:300]
    changed = replace(
        node,
        name=values.get("name", node.name),
        unit_kind=values.get("unit_kind", node.unit_kind),
        role=values.get("role", node.role),
    )
    changed = _by_itself(changed, form, errors)
    hours = form.get(f"gio.{node.id}")
    if hours is not None:
        changed = replace(changed, hours=_hours(hours, f"gio.{node.id}", errors))
    if form.get(f"tach.{node.id}"):
        changed = replace(
            changed,
            on_site=bool(form.get(f"thuc_dia.{node.id}")),
            not_by=_ticked(form, f"khong.{node.id}|"),
        )
    if form.get(f"muc.{node.id}"):
        changed = replace(
            changed,
            form_parts=_ticked(form, f"phan.{node.id}|"),
            prints=_ticked(form, f"in.{node.id}|"),
        )
    signers = form.get(f"ky.{node.id}")
    if signers is not None:
        changed = replace(changed, signers=_signers(signers, f"ky.{node.id}", errors))
    return changed


def _ticked(form: Mapping[str, str], prefix: str) -> tuple[str, ...]:
    """Return what is ticked of the boxes whose names begin so, in their order."""
    return tuple(name.removeprefix(prefix) for name in form if name.startswith(prefix) and form[name])


_SIGNER = re.compile(
    r"(?P<who>.*?)(?:\s+từ\s+(?P<first>\S+))?(?:\s+đến\s+(?P<last>\S+))?\s*\Z", re.IGNORECASE
)
ACCOUNT = "tài khoản "


def _signers(text: str, name: str, errors: dict[str, str]) -> tuple[Signer, ...]:
    """Read who signs, one a line: a position, or “tài khoản” and a user name, with days where it is for a time."""
    found = []
    for line in filter(None, (clean(part) for part in text.splitlines())):
        parts = _SIGNER.match(line)
        assert parts is not None  # noqa: S101  (every part may be empty)
        who, days = parts["who"].strip(), []
        for word in (parts["first"], parts["last"]):
            days.append(_day(word) if word else None)
            if word and days[-1] is None:
                errors[name] = f"Không đọc được ngày “{word[:20]}”; ghi như 01/07/2026."
        account = who[len(ACCOUNT) :].strip() if who.lower().startswith(ACCOUNT) else ""
        found.append(Signer("" if account else who[:200], account[:150], *days))
    return tuple(found)


def _day(word: str) -> date | None:
    try:
        day, month, year = (int(part) for part in word.split("/"))
        return date(year, month, day)
    except ValueError:
        return None


def signers_text(signers: Sequence[Signer]) -> str:
    """Return signers as the table takes them, one a line."""
    lines = []
    for one in signers:
        who = one.position or f"{ACCOUNT}{one.username}"
        first = f" từ {one.valid_from:%d/%m/%Y}" if one.valid_from else ""
        last = f" đến {one.valid_to:%d/%m/%Y}" if one.valid_to else ""
        lines.append(f"{who}{first}{last}")
    return "\n".join(lines)


def _by_itself(node: Node, form: Mapping[str, str], errors: dict[str, str]) -> Node:
    """Return the node with what the system does at it, what it waits for, and until when."""
    key = node.id
    if f"tu_dong.{key}" in form:
        word = form[f"tu_dong.{key}"]
        if word and word not in set(AutoKind):
            errors[f"tu_dong.{key}"] = "Chọn việc hệ thống tự làm trong danh sách."
        else:
            node = replace(node, auto=AutoKind(word) if word else None)
    chosen = "mau" if node.auto is AutoKind.DOCUMENT else "nguon"
    for name, attribute, most in (
        (chosen, "ref", 120), ("thong_diep", "ref", 120), ("goi", "ref", 120), ("khop", "answer", 60),
        ("khong_khop", "otherwise", 60), ("noi_dung", "about", 500), ("ngay", "on", 50),
    ):  # fmt: skip
        if f"{name}.{key}" in form:
            values: dict[str, Any] = {attribute: clean(form[f"{name}.{key}"])[:most]}
            node = replace(node, **values)
    if f"hoi.{key}" in form:
        names = [clean(word) for word in form[f"hoi.{key}"].split(",")]
        node = replace(node, asks=tuple(dict.fromkeys(name for name in names if name)))
    days = form.get(f"so_ngay.{key}")
    if days is not None:
        text = days.strip() or "0"
        if text.isascii() and text.isdigit() and len(text) < 5:
            node = replace(node, days=int(text))
        else:
            errors[f"so_ngay.{key}"] = f"Số ngày “{days[:20]}” không hợp lệ."
    if node.kind is NodeKind.USER_TASK and node.auto is None and f"tu_dong.{key}" in form:
        node = replace(node, ref="", asks=(), answer="")
    return node


def _edge(edge: Edge, graph: Graph, form: Mapping[str, str], errors: dict[str, str]) -> Edge:
    target = form.get(f"den.{edge.id}", edge.target)
    if target not in graph.by_id:
        errors[f"den.{edge.id}"] = "Chọn bước đi tiếp."
        return edge
    changed = replace(
        edge,
        target=target,
        name=clean(form.get(f"nhan.{edge.id}", edge.name))[:120],
        outcome=clean(form.get(f"ket_cuc.{edge.id}", edge.outcome))[:60],
    )
    if target != edge.target:
        changed = replace(changed, flow=_flow(graph, edge.source, target, edge.flow))
    text = form.get(f"dk.{edge.id}")
    if text is not None:
        changed = replace(changed, condition=_condition(text, f"dk.{edge.id}", errors))
    return changed


def _condition(text: str, name: str, errors: dict[str, str]) -> Condition | None:
    if not text.strip():
        return None
    try:
        return conditions.parse(text)
    except conditions.ConditionInvalid as fault:
        errors[name] = fault.message
        return None


def _flow(graph: Graph, source: str, target: str, before: Flow = Flow.FORWARD) -> Flow:
    """Return the kind of a way led elsewhere: back where the target lies before the source."""
    if source == target:
        return Flow.EXTEND
    if source in graph.reach[target]:
        return Flow.BACK
    return before if before in (Flow.FORWARD, Flow.NEGATIVE) else Flow.FORWARD


def _main(graph: Graph, node: str) -> Edge | None:
    ways = [edge for edge in graph.edges if edge.source == node and edge.target != node]
    return next((edge for edge in ways if edge.flow is Flow.FORWARD), ways[0] if ways else None)


def _without(graph: Graph, node: Node, errors: dict[str, str]) -> Graph:
    way = _main(graph, node.id)
    if way is None or node.kind in (NodeKind.START, NodeKind.END):
        errors[f"bo.{node.id}"] = f"Không bỏ được “{node.name or node.id}”."
        return graph
    # What only waits for this step, or stands at its edge, goes with it.
    gone = {node.id}
    for other in graph.nodes:
        sources = {edge.source for edge in graph.edges if edge.target == other.id}
        if other.attached_to == node.id or (
            other.kind in (NodeKind.MESSAGE, NodeKind.TIMER)
            and sources == {node.id}
            and other.id != way.target
        ):
            gone.add(other.id)
    kept = [edge for edge in graph.edges if edge.source not in gone]
    nodes = tuple(
        replace(item, not_by=tuple(ref for ref in item.not_by if ref not in gone))
        for item in graph.nodes
        if item.id not in gone
    )
    led = [
        replace(edge, target=way.target, flow=_flow(graph, edge.source, way.target, edge.flow))
        if edge.target in gone
        else edge
        for edge in kept
    ]
    return replace(graph, nodes=nodes, edges=tuple(led))


def _free(graph: Graph, prefix: str) -> str:
    number = 1
    while f"{prefix}{number}" in graph.by_id or f"{prefix}{number}" in graph.edge_by_id:
        number += 1
    return f"{prefix}{number}"


def _ways_added(graph: Graph, form: Mapping[str, str], errors: dict[str, str]) -> Graph:
    for node in graph.nodes:
        target = form.get(f"den_moi.{node.id}", "")
        if not target:
            continue
        if target not in graph.by_id:
            errors[f"den_moi.{node.id}"] = "Chọn bước đi tiếp."
            continue
        edge = Edge(
            _free(graph, "d"),
            node.id,
            target,
            outcome=clean(form.get(f"ket_cuc_moi.{node.id}", ""))[:60],
            name=clean(form.get(f"nhan_moi.{node.id}", ""))[:120],
            flow=_flow(graph, node.id, target),
            condition=_condition(form.get(f"dk_moi.{node.id}", ""), f"dk_moi.{node.id}", errors),
        )
        graph = replace(graph, edges=(*graph.edges, edge))
    return graph


def _step_added(graph: Graph, form: Mapping[str, str], errors: dict[str, str]) -> Graph:
    after = form.get("sau_moi", "")
    way = _main(graph, after) if after in graph.by_id else None
    if way is None:
        errors["sau_moi"] = "Chọn bước đứng trước bước mới."
        return graph
    node = Node(
        _free(graph, "b"),
        NodeKind.USER_TASK,
        clean(form["ten_moi"])[:300],
        unit_kind=form.get("don_vi_moi", ""),
        role=form.get("vai_tro_moi", ""),
        hours=_hours(form.get("gio_moi", ""), "gio_moi", errors),
    )
    place = next(number for number, item in enumerate(graph.nodes, start=1) if item.id == after)
    # Every way that led where the main way leads (the negative answer too) passes the new step.
    edges = tuple(
        replace(edge, target=node.id) if edge.source == after and edge.target == way.target else edge
        for edge in graph.edges
    )
    onward = Edge(
        _free(graph, "d"), node.id, way.target, outcome=clean(form.get("ket_cuc_buoc_moi", "")) or NEW_OUTCOME,
        name=clean(form.get("nhan_buoc_moi", "")) or "Hoàn thành",
    )  # fmt: skip
    return replace(graph, nodes=(*graph.nodes[:place], node, *graph.nodes[place:]), edges=(*edges, onward))
