"""
The agency tree of all times in memory, and the finding of the unit that does a step. Pure: built from rows,
no SQL.

A tree is immutable and shared between threads; answers are remembered by the stretch of time between two
changes of
the tree, so that resolving costs a dictionary look-up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from motcua.organisation.rules import PlaceNeeded, ResolvesTo, UnitUnknown

FOREVER = date.max


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A unit as other rooms refer to it."""

    id: int
    code: str
    name: str
    agency_id: int
    kind: str
    tier: str
    short_name: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A unit with what resolution needs of it and of its agency."""

    ref: UnitRef
    parent_id: int | None
    one_stop_id: int | None
    attached_to_id: int | None
    is_root: bool
    fields: frozenset[str]
    valid_from: date
    valid_to: date
    calendar: str | None
    id_code: str
    legacy_id_code: str

    def in_force(self, on: date) -> bool:
        """Tell whether the unit exists on the day."""
        return self.valid_from <= on <= self.valid_to


@dataclass(frozen=True, slots=True)
class AgencyNode:
    """An agency with its place in the tree."""

    id: int
    code: str
    kind: str
    parent_id: int | None
    place_code: str | None


@dataclass(frozen=True, slots=True)
class KindNode:
    """How a unit kind is found."""

    code: str
    name: str
    resolves_to: ResolvesTo
    target: str


@dataclass(frozen=True, slots=True)
class StandIn:
    """`kind` is done by `stand_in` from one day to another."""

    kind: str
    stand_in: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Link:
    """A succession of units."""

    origin_id: int
    successor_id: int
    on: date
    rank: int
    procedures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Locality:
    """Commune and district agencies whose territory an act concerns, as far as known."""

    commune_id: int | None = None
    district_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.commune_id is not None or bool(self.district_ids)


COMMUNE_KIND = "ubnd_commune"
DISTRICT_KIND = "ubnd_district"


class Tree:
    """Units, agencies, kinds and successions of all times."""

    def __init__(
        self,
        *,
        revision: int,
        nodes: Iterable[Node],
        agencies: Iterable[AgencyNode],
        kinds: Iterable[KindNode],
        stand_ins: Iterable[StandIn],
        links: Iterable[Link],
        services: Iterable[tuple[int, int]],
    ) -> None:
        self.revision = revision
        self.nodes: Mapping[int, Node] = {node.ref.id: node for node in nodes}
        self.by_code: Mapping[str, Node] = {node.ref.code: node for node in self.nodes.values()}
        self.agencies: Mapping[int, AgencyNode] = {agency.id: agency for agency in agencies}
        self.kinds: Mapping[str, KindNode] = {kind.code: kind for kind in kinds}
        self._stand_ins = sorted(stand_ins, key=lambda item: item.valid_from)
        self.roots: dict[int, int] = {}
        self._by_kind: dict[str, list[Node]] = defaultdict(list)
        self._children: dict[int, list[int]] = defaultdict(list)
        for node in self.nodes.values():
            self._by_kind[node.ref.kind].append(node)
            if node.is_root:
                self.roots[node.ref.agency_id] = node.ref.id
            if node.parent_id is not None:
                self._children[node.parent_id].append(node.ref.id)
        self._onwards: dict[int, list[Link]] = defaultdict(list)
        self._backwards: dict[int, list[int]] = defaultdict(list)
        self._transfers: dict[str, list[Link]] = defaultdict(list)
        for link in sorted(links, key=lambda item: (item.on, item.rank, item.successor_id)):
            if link.procedures:
                self._transfers[self.nodes[link.origin_id].ref.kind].append(link)
            else:
                self._onwards[link.origin_id].append(link)
                self._backwards[link.successor_id].append(link.origin_id)
        self._serves: dict[int, set[int]] = defaultdict(set)
        for agency_id, served_id in services:
            self._serves[agency_id].add(served_id)
        days: set[date] = set()
        for node in self.nodes.values():
            days.add(node.valid_from)
            days.add(_next_day(node.valid_to))
        days |= {item.valid_from for item in self._stand_ins} | {
            _next_day(item.valid_to) for item in self._stand_ins
        }
        days |= {link.on for group in (*self._onwards.values(), *self._transfers.values()) for link in group}
        self._epochs = sorted(days)
        self._answers: dict[tuple[object, ...], UnitRef] = {}
        self._reach: dict[tuple[int, bool], frozenset[int]] = {}

    # In force
    # ------------------------------------------------------------------------------------------------

    def successor(self, unit_id: int, on: date) -> Node | None:
        """Return the unit itself while it exists, later the one that took its work over, or None."""
        node = self.nodes.get(unit_id)
        for _ in range(8):
            if node is None or node.in_force(on) or on < node.valid_from:
                return node
            onwards = [link for link in self._onwards[node.ref.id] if link.on <= on]
            if not onwards:
                return None
            node = self.nodes[min(onwards, key=lambda link: (link.rank, link.successor_id)).successor_id]
        return None

    def heirs(self, unit_id: int, on: date) -> tuple[Node, ...]:
        """
        Return the units in force that hold the work of one that has ended, who takes running work over first.

        The unit itself while it exists. A division that nobody succeeds goes with the unit above it; nothing where
        that, too, ended without a successor.
        """
        found: dict[int, Node] = {}
        seen: set[int] = set()
        waiting = [unit_id]
        while waiting:
            step = waiting.pop(0)
            node = self.nodes.get(step)
            if node is None or step in seen:
                continue
            seen.add(step)
            if node.in_force(on):
                found[step] = node
                continue
            links = [link for link in self._onwards.get(step, ()) if link.on <= on]
            after = [
                link.successor_id for link in sorted(links, key=lambda link: (link.rank, link.successor_id))
            ]
            if not after and node.parent_id is not None and not node.is_root:
                after = [node.parent_id]
            waiting[:0] = after
        return tuple(found.values())

    def ended(self, on: date) -> list[Node]:
        """Return the units that no longer exist on a day, by code."""
        return sorted(
            (node for node in self.nodes.values() if node.valid_to < on), key=lambda node: node.ref.code
        )

    def current(self, kind: str, on: date) -> list[Node]:
        """Return the units of exactly this kind that exist on the day, by code."""
        return sorted(
            (node for node in self._by_kind.get(kind, ()) if node.in_force(on)),
            key=lambda node: node.ref.code,
        )

    def units_of_kind(self, kind: str, on: date) -> list[Node]:
        """Return the units that a unit kind of the catalogue means on the day, by code."""
        spec = self.kinds[kind]
        if spec.resolves_to in (ResolvesTo.DIVISION, ResolvesTo.OFFICER_GROUP):
            return self.current(kind, on)
        nodes = self.current(spec.target, on)
        if spec.resolves_to is ResolvesTo.ORGANISATION:
            return [node for node in nodes if node.is_root or node.attached_to_id is not None]
        return nodes

    def stand_in(self, kind: str, on: date) -> str | None:
        """Return the kind that does the work of `kind` on the day where the data names one."""
        for item in reversed(self._stand_ins):
            if item.kind == kind and item.valid_from <= on <= item.valid_to:
                return item.stand_in
        return None

    def reach(self, unit_id: int, subtree: bool) -> frozenset[int]:
        """Return the unit (with everything below it) and all units whose work they took over."""
        held = self._reach.get((unit_id, subtree))
        if held is None:
            found: set[int] = set()
            waiting = [unit_id]
            while waiting:
                step = waiting.pop()
                if step in found:
                    continue
                found.add(step)
                waiting += self._backwards[step]
                if subtree:
                    waiting += self._children[step]
            held = self._reach[unit_id, subtree] = frozenset(found)
        return held

    # Where
    # ---------------------------------------------------------------------------------------------------

    def locality(self, unit_id: int) -> Locality:
        """Return the commune and districts a unit belongs to, is attached to, or serves."""
        node = self.nodes[unit_id]
        if node.attached_to_id is not None:
            return self.locality(node.attached_to_id)
        agency: AgencyNode | None = self.agencies[node.ref.agency_id]
        while agency is not None:
            if agency.kind == COMMUNE_KIND:
                parent = self.agencies.get(agency.parent_id) if agency.parent_id else None
                district = parent.id if parent and parent.kind == DISTRICT_KIND else None
                return Locality(agency.id, frozenset({district} if district else ()))
            if agency.kind == DISTRICT_KIND:
                return Locality(None, frozenset({agency.id}))
            served = self._serves.get(agency.id)
            if served:
                districts = {other for other in served if self.agencies[other].kind == DISTRICT_KIND}
                return Locality(None, frozenset(districts))
            agency = self.agencies.get(agency.parent_id) if agency.parent_id else None
        return Locality()

    def _local(self, node: Node) -> bool:
        """Tell whether there is one such unit per commune or district, so that the territory decides."""
        if node.attached_to_id is not None:
            return True
        agency = self.agencies[node.ref.agency_id]
        return agency.kind in (COMMUNE_KIND, DISTRICT_KIND) or bool(self._serves.get(agency.id))

    def _covers(self, node: Node, where: Locality) -> bool:
        home = node
        if node.attached_to_id is not None:
            home = self.nodes[node.attached_to_id]
        agency = self.agencies[home.ref.agency_id]
        if agency.kind == COMMUNE_KIND:
            return agency.id == where.commune_id
        if agency.kind == DISTRICT_KIND:
            return where.district_ids == {agency.id}
        served = self._serves.get(agency.id, set())
        return where.commune_id in served or (bool(where.district_ids) and where.district_ids <= served)

    # Resolution
    # ----------------------------------------------------------------------------------------------

    def resolve(
        self,
        kind: str,
        receiving_unit_id: int,
        on: date,
        *,
        place_unit_id: int | None = None,
        procedure_code: str | None = None,
        procedure_field: str | None = None,
    ) -> UnitRef:
        """Return the unit of `kind` for a dossier received at a unit; see `queries.resolve_unit`."""
        epoch = bisect_right(self._epochs, on)
        key = (epoch, kind, receiving_unit_id, place_unit_id, procedure_code, procedure_field)
        held = self._answers.get(key)
        if held is None:
            held = self._resolve(kind, receiving_unit_id, on, place_unit_id, procedure_code, procedure_field)
            self._answers[key] = held
        return held

    def _resolve(
        self,
        kind: str,
        receiving_unit_id: int,
        on: date,
        place_unit_id: int | None,
        procedure_code: str | None,
        procedure_field: str | None,
    ) -> UnitRef:
        if kind not in self.kinds:
            raise UnitUnknown(f"Loại đơn vị “{kind}” không có trong danh mục.", unit_kind=kind, on=on)
        receiving = self.successor(receiving_unit_id, on)
        if receiving is None:
            raise UnitUnknown(
                f"Nơi tiếp nhận không còn hoạt động vào ngày {on:%d/%m/%Y} và chưa có đơn vị kế tục.",
                unit_kind=kind,
                on=on,
            )
        where = self.locality(receiving.ref.id)
        if where.commune_id is None and place_unit_id is not None:
            place = self.successor(place_unit_id, on)
            if place is not None:
                where = self.locality(place.ref.id)
        step: str | None = kind
        for _ in range(8):
            if step is None:
                break
            found = self._transferred(step, on, procedure_code) or self._find(
                step, receiving, where, on, procedure_field, asked=kind
            )
            if found is not None:
                return found.ref
            step = self.stand_in(step, on)
        raise UnitUnknown(
            f"Không có “{self.kinds[kind].name}” vào ngày {on:%d/%m/%Y} cho hồ sơ nhận tại "
            f"{receiving.ref.name}, và chưa quy định đơn vị nào làm thay.",
            unit_kind=kind,
            on=on,
            receiving_unit=receiving.ref.code,
        )

    def _transferred(self, kind: str, on: date, procedure_code: str | None) -> Node | None:
        if procedure_code is None or kind not in self.kinds:
            return None
        target = self.kinds[kind].target
        for link in reversed(self._transfers.get(target, ())):
            if link.on <= on and procedure_code in link.procedures:
                return self.successor(link.successor_id, on)
        return None

    def _find(
        self,
        kind: str,
        receiving: Node,
        where: Locality,
        on: date,
        procedure_field: str | None,
        *,
        asked: str,
    ) -> Node | None:
        spec = self.kinds[kind]
        candidates = self.units_of_kind(kind, on)
        if not candidates:
            return None
        if receiving in candidates:
            return receiving
        local = [node for node in candidates if self._local(node)]
        if local:
            near = [node for node in local if self._covers(node, where)]
            if not near and not self._decides(local, where):
                raise PlaceNeeded(
                    f"Cần chọn địa bàn (xã, phường) của hồ sơ để xác định “{self.kinds[asked].name}”: "
                    f"{receiving.ref.name} nhận hồ sơ của nhiều địa bàn.",
                    unit_kind=asked,
                    on=on,
                    receiving_unit=receiving.ref.code,
                )
            candidates = near
        if len(candidates) > 1 and procedure_field is not None:
            candidates = [node for node in candidates if procedure_field in node.fields] or candidates
        if len(candidates) > 1:
            names = ", ".join(node.ref.name for node in candidates[:5])
            raise UnitUnknown(
                f"Có nhiều đơn vị thuộc loại “{spec.name}” ({names}); "
                "chưa quy định đơn vị nào phụ trách lĩnh vực của hồ sơ.",
                unit_kind=asked,
                on=on,
                candidates=[node.ref.code for node in candidates],
            )
        return candidates[0] if candidates else None

    def _decides(self, local: Sequence[Node], where: Locality) -> bool:
        """Tell whether what is known of the territory is enough to say that no unit of these serves it."""
        if not where:
            return False
        if where.commune_id is not None:
            return True
        # A district alone does not tell which of its communes is meant.
        return not any(
            self.agencies[
                (self.nodes[node.attached_to_id] if node.attached_to_id else node).ref.agency_id
            ].kind
            == COMMUNE_KIND
            for node in local
        )


def _next_day(day: date) -> date:
    return day if day == FOREVER else date.fromordinal(day.toordinal() + 1)
