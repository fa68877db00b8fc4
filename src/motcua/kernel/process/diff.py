"""Two versions of a process side by side: what differs, in words (R-042)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from motcua.kernel.process import condition
from motcua.kernel.process.graph import Edge, Graph, Node
from motcua.kernel.wording import number_vi

Word = Callable[[str], str]
"""From the code of a unit kind, a role, a part of the form or a paper to its name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the element (id in either version) and a sentence."""

    element: str
    text: str


def differences(
    old: Graph, new: Graph, *, unit: Word = str, role: Word = str, part: Word = str, paper: Word = str
) -> list[Difference]:
    """Return what the new version does otherwise than the old, steps first, then ways; nothing for the drawing."""
    before = {node.id: node for node in old.nodes}
    after = {node.id: node for node in new.nodes}
    found = [Difference(key, f"Bỏ {_named(node)}.") for key, node in before.items() if key not in after]
    for key, node in after.items():
        if key not in before:
            who = f": {unit(node.unit_kind)}, {role(node.role)}" if node.unit_kind else ""
            hours = f", {_hours(node.hours)}" if node.hours else ""
            found.append(Difference(key, f"Thêm {_named(node)}{who}{hours}."))
            found += [Difference(key, text) for text in _naming((), (), node, part, paper)]
        else:
            was = before[key]
            found += [Difference(key, text) for text in _node(was, node, unit, role)]
            found += [
                Difference(key, text) for text in _naming(was.form_parts, was.prints, node, part, paper)
            ]
    ways = {edge.id: edge for edge in old.edges}
    now = {edge.id: edge for edge in new.edges}
    found += [
        Difference(key, f"Bỏ {_way(edge, before)}.")
        for key, edge in ways.items()
        if key not in now and edge.source in after and edge.target in after
    ]
    for key, edge in now.items():
        if key not in ways:
            if edge.source in before and edge.target in before:
                found.append(Difference(key, f"Thêm {_way(edge, after)}."))
        else:
            found += [Difference(key, text) for text in _edge(ways[key], edge, before, after)]
    return found


def _named(node: Node) -> str:
    return f"bước “{node.name or node.id}”"


def _hours(hours: Decimal) -> str:
    return f"{number_vi(hours)} giờ"


def _node(old: Node, new: Node, unit: Word, role: Word) -> list[str]:
    name, found = f"B{_named(new)[1:]}", list[str]()
    if old.name != new.name:
        found.append(f"Đổi tên {_named(old)} thành “{new.name}”.")
    if old.kind is not new.kind:
        found.append(f"Đổi loại của {_named(new)}.")
    if old.unit_kind != new.unit_kind:
        found.append(f"{name}: đơn vị “{unit(old.unit_kind)}” thành “{unit(new.unit_kind)}”.")
    if old.role != new.role:
        found.append(f"{name}: vai trò “{role(old.role)}” thành “{role(new.role)}”.")
    if old.hours != new.hours:
        found.append(f"{name}: {_hours(old.hours)} thành {_hours(new.hours)}.")
    if old.asked != new.asked:
        asked = ", ".join(unit(item.unit_kind) for item in new.asked) or "một đơn vị"
        found.append(f"{name}: đơn vị cùng làm nay là {asked}.")
    if old.enough != new.enough:
        enough = f"đủ {new.enough} ý kiến là đi tiếp" if new.enough else "phải đủ mọi ý kiến"
        found.append(f"{name}: {enough}.")
    if old.not_by != new.not_by:
        found.append(f"{name}: đổi bước phải do người khác làm.")
    if old.signers != new.signers:
        found.append(f"{name}: đổi người ký.")
    if old.on_site != new.on_site:
        found.append(f"{name}: {'nay' if new.on_site else 'không còn'} phải có biên bản xác minh thực địa.")
    rest = (
        "about",
        "on_silence",
        "wait",
        "end",
        "terminate",
        "ref",
        "attached_to",
        "interrupting",
        "marks",
        "note",
        "auto",
        "asks",
        "answer",
        "otherwise",
        "days",
        "on",
    )
    if any(getattr(old, key) != getattr(new, key) for key in (*rest, "step")):
        found.append(f"{name}: đổi ghi chú hoặc thiết lập khác.")
    return found


def _naming(parts: Sequence[str], prints: Sequence[str], new: Node, part: Word, paper: Word) -> list[str]:
    """Return what a step names otherwise than before: parts of the form to check, papers it prints."""
    name, found = f"B{_named(new)[1:]}", list[str]()
    if set(parts) != set(new.form_parts):
        names = "; ".join(part(one) for one in new.form_parts) or "không có"
        found.append(f"{name}: phần tờ khai phải kiểm tra nay là: {names}.")
    if set(prints) != set(new.prints):
        names = "; ".join(paper(one) for one in new.prints) or "không có"
        found.append(f"{name}: giấy tờ tự lập khi xong bước nay là: {names}.")
    return found


def _way(edge: Edge, nodes: dict[str, Node]) -> str:
    title = f" “{edge.name or edge.outcome}”" if edge.name or edge.outcome else ""
    return f"đường{title} từ {_named(nodes[edge.source])} đến {_named(nodes[edge.target])}"


def _edge(old: Edge, new: Edge, before: dict[str, Node], after: dict[str, Node]) -> list[str]:
    if (old.source, old.target) != (new.source, new.target):
        return [f"Đổi {_way(old, before)} thành {_way(new, after)}."]
    found = []
    if old.condition != new.condition:
        words = condition.to_text(new.condition) if new.condition else "không có"
        found.append(f"Điều kiện của {_way(new, after)} nay là: {words}.")
    if (old.outcome, old.name, old.default, old.flow) != (new.outcome, new.name, new.default, new.flow):
        found.append(f"Đổi kết cục hoặc tên của {_way(new, after)}.")
    return found
