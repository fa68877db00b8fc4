"""
Moving a running process to another version: where each token stands afterwards, pure.

A token keeps its number and goes to the step of the same id, or to the one the officer names instead. The move is
taken only if the tokens then stand as the new process itself could have put them: so none is lost, none is doubled
and no join waits for a branch that nobody is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from motcua.kernel.errors import Conflict
from motcua.kernel.process.engine import Marking, Token
from motcua.kernel.process.graph import RESTING, Edge, Graph, Node, NodeKind
from motcua.kernel.process.soundness import reachable

_JOINS: Final = (NodeKind.PARALLEL, NodeKind.INCLUSIVE)


class Unplaced(NamedTuple):
    """A place of the old process that has none in the new: its anchor and why, in Vietnamese."""

    anchor: str
    reason: str


class MoveRefused(Conflict):
    """The tokens would not stand in the new process as they do now; `places` says which and why."""

    code = "move_refused"

    def __init__(self, places: tuple[Unplaced, ...]) -> None:
        super().__init__(" ".join(place.reason for place in places), places=places)
        self.places = places


@dataclass(frozen=True, slots=True)
class Choice:
    """A place of the new process that tokens of an old one may be led to: its id and what it is called."""

    id: str
    name: str


def anchor(graph: Graph, place: str) -> str:
    """
    Return by what an officer names a place: the step it belongs to, or the way on which a token waits before a join.

    Units asked side by side are one step.
    """
    if any(edge.id == place for edge in graph.edges):
        return place
    return graph.home(place)


def name_of(graph: Graph, anchor_id: str) -> str:
    """Return what an anchor is called: the step, or the step whose work is done and waits for the others."""
    edge = graph.edge_by_id.get(anchor_id)
    node = graph.by_id.get(edge.source if edge else anchor_id)
    if node is None:
        return anchor_id
    return f"{node.name or node.id} (xong, chờ các nhánh khác)" if edge else node.name or node.id


def choices(old: Graph, new: Graph, anchor_id: str) -> tuple[Choice, ...]:
    """Return where in the new process the tokens of an old place may be led."""
    if anchor_id in old.edge_by_id and anchor_id not in old.by_id:
        found = [edge for edge in new.edges if _parks(new, edge)]
        return tuple(Choice(edge.id, name_of(new, edge.id)) for edge in found)
    before = next((node for node in old.nodes if node.id == anchor_id), None)
    if before is None:
        return ()
    return tuple(Choice(node.id, node.name or node.id) for node in new.nodes if _alike(before, node))


def moved(old: Graph, new: Graph, marking: Marking, mapping: Mapping[str, str] | None = None) -> Marking:
    """
    Return the marking in the new process; `mapping` leads anchors of the old to ids of the new.

    :raises MoveRefused: a token has no place there, or together they stand as they never could.
    """
    given = mapping or {}
    faults: dict[str, Unplaced] = {}
    tokens: list[Token] = []
    for token in marking:
        here = anchor(old, token.place)
        place = _carried(old, new, token.place, here, given.get(here, here))
        if place is None:
            target = "đã chọn" if here in given else "cùng mã"
            text = f"“{name_of(old, here)}” không có bước {target} hợp ở quy trình mới; chọn bước khác."
            faults.setdefault(here, Unplaced(here, text))
        else:
            tokens.append(Token(place, token.no))
    if faults:
        raise MoveRefused(tuple(faults.values()))
    found = tuple(sorted(tokens))
    if tuple(sorted(token.place for token in found)) not in reachable(new):
        here = anchor(old, marking[0].place) if marking else ""
        text = (
            "Các bước đang mở không thể cùng mở như vậy theo quy trình mới; hồ sơ sẽ mắc lại."
            " Đợi các nhánh song song xong, hoặc chọn bước khác."
        )
        raise MoveRefused((Unplaced(here, text),))
    return found


def _carried(old: Graph, new: Graph, place: str, here: str, there: str) -> str | None:
    """Return the place in the new process that stands for an old one; None where there is none of its kind."""
    edge = next((one for one in old.edges if one.id == place), None)
    if edge is not None:
        onto = next((one for one in new.edges if one.id == there), None)
        return onto.id if onto is not None and _parks(new, onto) else None
    before = next(node for node in old.nodes if node.id == here)
    after = next((node for node in new.nodes if node.id == there), None)
    if after is None or not _alike(before, after):
        return None
    if not before.asked:
        return after.id
    carried = ">".join(f"{there}{part.removeprefix(here)}" for part in place.split(">"))
    return carried if carried in new.by_id or carried in new.edge_by_id else None


def _parks(graph: Graph, edge: Edge) -> bool:
    target = graph.by_id[edge.target]
    return target.kind in _JOINS and len(graph.incoming[target.id]) > 1


def _alike(before: Node, after: Node) -> bool:
    """Tell whether a token of the one may rest on the other: a person's step, or a wait of the same kind."""
    return (
        before.kind in RESTING
        and before.kind is after.kind
        and before.wait is after.wait
        and len(before.asked) == len(after.asked)
    )
