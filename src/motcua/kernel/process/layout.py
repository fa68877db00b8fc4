"""
A drawing for a process that was never drawn: from left to right, one column a step, nothing on top of another.

Ways back and ways over several columns run in lanes of their own below and above the steps, and go up and down
in the gutters between columns, so that no line crosses a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from motcua.kernel.process.graph import BOUNDARIES, GATEWAYS, Edge, Graph, NodeKind, closing


class Box(NamedTuple):
    """Where a shape stands; x and y of its upper left corner, in pixels."""

    x: int
    y: int
    width: int
    height: int


Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Shapes by node id, lines by edge id."""

    boxes: Mapping[str, Box]
    lines: Mapping[str, tuple[Point, ...]]


_COLUMN: Final = 260
_ROW: Final = 130
_LANE: Final = 18
_LEFT, _TOP = 160, 120
_TASK: Final = (120, 80)
_GATEWAY: Final = (50, 50)
_EVENT: Final = (36, 36)
_EVENTS: Final = frozenset((NodeKind.START, NodeKind.END, NodeKind.TIMER, NodeKind.MESSAGE)) | BOUNDARIES


def layout(graph: Graph) -> Layout:
    """Return a drawing of the process: the same for the same graph."""
    return _Drawing(graph).drawn()


def size(kind: NodeKind) -> tuple[int, int]:
    """Return width and height of a shape."""
    return _EVENT if kind in _EVENTS else _GATEWAY if kind in GATEWAYS else _TASK


class _Drawing:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self.out: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        self.into: dict[str, list[Edge]] = {name: [] for name in self.nodes}
        for edge in graph.edges:
            self.out[edge.source].append(edge)
            self.into[edge.target].append(edge)
        self.beside = {node.id: node for node in graph.nodes if node.kind in BOUNDARIES}
        self.below = self._satellites()
        self.back = closing([graph.start.id, *self.nodes], self._ahead)
        self.cell: dict[str, tuple[int, int]] = {}

    def _satellites(self) -> dict[str, str]:
        """Return events that only wait for their step, each with the step they hang under."""
        found: dict[str, str] = {}
        for node in self.graph.nodes:
            ways, comes = self.out[node.id], self.into[node.id]
            waits = node.kind in (NodeKind.MESSAGE, NodeKind.TIMER) and len(ways) == len(comes) == 1
            if waits and ways[0].target == comes[0].source:
                found[node.id] = ways[0].target
        return found

    def _ahead(self, name: str) -> list[Edge]:
        """Return the edges out of a node and out of the events on its own edge."""
        events = [event.id for event in self.beside.values() if event.attached_to == name]
        return [*self.out[name], *(edge for event in events for edge in self.out[event])]

    def _home(self, name: str) -> str:
        """Return the node whose column counts: of an event on a step's edge, the step."""
        node = self.beside.get(name)
        return node.attached_to if node is not None and node.attached_to in self.nodes else name

    def _columns(self) -> dict[str, int]:
        column = {name: 0 for name in self.nodes if name not in self.beside}
        for _ in self.nodes:
            moved = False
            for edge in self.graph.edges:
                source, target = self._home(edge.source), self._home(edge.target)
                if edge.id in self.back or source == target or {edge.source, edge.target} & set(self.below):
                    continue
                if column[target] < column[source] + 1:
                    column[target] = column[source] + 1
                    moved = True
            if not moved:
                break
        for name, home in self.below.items():
            column[name] = column[home]
        return column

    def _place(self) -> None:
        column = self._columns()
        taken: set[tuple[int, int]] = set()
        hanging: dict[str, list[str]] = {}
        for event, home in self.below.items():
            hanging.setdefault(home, []).append(event)
        order = sorted((name for name in column if name not in self.below), key=lambda name: column[name])
        for name in order:
            comes = [edge for edge in self.into[name] if edge.id not in self.back]
            rows = [self.cell[home][1] for edge in comes if (home := self._home(edge.source)) in self.cell]
            row = min(rows, default=0)
            if comes and comes[0].source in self.beside:
                row += 1
            while (column[name], row) in taken:
                row += 1
            taken.add((column[name], row))
            self.cell[name] = column[name], row
            # What only waits for a step hangs right under it, before anything else takes the place.
            for event in hanging.get(name, ()):
                while (column[name], row) in taken:
                    row += 1
                taken.add((column[name], row))
                self.cell[event] = column[name], row

    def drawn(self) -> Layout:
        self._place()
        boxes: dict[str, Box] = {}
        for name, (column, row) in self.cell.items():
            width, height = size(self.nodes[name].kind)
            boxes[name] = Box(
                _LEFT + column * _COLUMN + (_TASK[0] - width) // 2,
                _TOP + row * _ROW + (_TASK[1] - height) // 2,
                width,
                height,
            )
        count: dict[str, int] = {}
        for name, node in self.beside.items():
            home = boxes.get(node.attached_to)
            if home is None:
                home = Box(0, 0, *_TASK)
            place = count[node.attached_to] = count.get(node.attached_to, 0) + 1
            x = home.x + home.width - place * (_EVENT[0] + 6)
            boxes[name] = Box(x, home.y + home.height - _EVENT[1] // 2, *_EVENT)
        return Layout(boxes, self._lines(boxes))

    def _lines(self, boxes: Mapping[str, Box]) -> dict[str, tuple[Point, ...]]:
        top = min(box.y for box in boxes.values())
        bottom = max(box.y + box.height for box in boxes.values())
        used = {"over": 0, "under": 0}
        lines: dict[str, tuple[Point, ...]] = {}
        for number, edge in enumerate(self.graph.edges):
            a, b = boxes[edge.source], boxes[edge.target]
            shift = (number % 6) * 9
            if edge.source == edge.target:
                x = a.x + a.width
                lines[edge.id] = ((x - 20, a.y), (x - 20, a.y - 22), (x - 50, a.y - 22), (x - 50, a.y))
            elif self.below.get(edge.target) == edge.source:
                lines[edge.id] = self._down(a, b, -10)
            elif self.below.get(edge.source) == edge.target:
                lines[edge.id] = tuple(reversed(self._down(b, a, 10)))
            elif edge.source in self.beside:
                x, y = a.x + a.width // 2, a.y + a.height
                lines[edge.id] = self._from_beside(edge, (x, y), b, shift, bottom, used)
            else:
                lines[edge.id] = self._across(edge, a, b, shift, top, bottom, used)
        return lines

    def _down(self, a: Box, b: Box, shift: int) -> tuple[Point, ...]:
        x = b.x + b.width // 2 + shift
        return (x, a.y + a.height), (x, b.y)

    def _column(self, name: str) -> int:
        return self.cell[self._home(name)][0]

    def _gutter(self, column: int, shift: int) -> int:
        """Return an x to the left of a column, where no shape stands."""
        return _LEFT + column * _COLUMN - (_COLUMN - _TASK[0]) + 25 + shift

    def _across(
        self, edge: Edge, a: Box, b: Box, shift: int, top: int, bottom: int, used: dict[str, int]
    ) -> tuple[Point, ...]:
        aside = self._aside(edge, min(a.height, b.height))
        out, into = (a.x + a.width, a.y + a.height // 2 + aside), (b.x, b.y + b.height // 2 + aside)
        first, last = self._column(edge.source), self._column(edge.target)
        if last == first + 1:
            if out[1] == into[1]:
                return out, into
            x = self._gutter(last, shift)
            return out, (x, out[1]), (x, into[1]), into
        if last > first and out[1] == into[1] and self._free(first, last, edge):
            return out, into
        lane = self._lane(last > first, top, bottom, used)
        right, left = self._gutter(first + 1, shift), self._gutter(last, shift)
        return out, (right, out[1]), (right, lane), (left, lane), (left, into[1]), into

    def _aside(self, edge: Edge, height: int) -> int:
        """Return how far a way runs beside the middle, where several lead from one step to the same other."""
        same = [way.id for way in self.out[edge.source] if way.target == edge.target]
        if len(same) == 1 or height < _TASK[1]:
            return 0
        return (2 * same.index(edge.id) - len(same) + 1) * (height - 24) // (2 * len(same))

    def _from_beside(
        self, edge: Edge, out: Point, b: Box, shift: int, bottom: int, used: dict[str, int]
    ) -> tuple[Point, ...]:
        into = (b.x, b.y + b.height // 2)
        # Between a step's lower edge and the row below it there is room for a line of its own.
        y = out[1] + 8 + shift // 3
        right = self._gutter(self._column(edge.source) + 1, shift)
        if self._column(edge.target) == self._column(edge.source) + 1:
            return out, (out[0], y), (right, y), (right, into[1]), into
        lane = self._lane(False, 0, bottom, used)
        left = self._gutter(self._column(edge.target), shift)
        return out, (out[0], y), (right, y), (right, lane), (left, lane), (left, into[1]), into

    def _free(self, first: int, last: int, edge: Edge) -> bool:
        row = self.cell[self._home(edge.source)][1]
        between = {(column, row) for column in range(first + 1, last)}
        return not between & set(self.cell.values())

    def _lane(self, over: bool, top: int, bottom: int, used: dict[str, int]) -> int:
        name = "over" if over else "under"
        used[name] += 1
        return top - 30 - used[name] * _LANE if over else bottom + 30 + used[name] * _LANE
