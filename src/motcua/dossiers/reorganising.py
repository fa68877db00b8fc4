"""
Where a dossier and its work go when agencies merge or are abolished: for each exactly one place, or none that is named.

Pure. The rule: what still exists stays. What has ended goes, in this order, where the officer who controls procedures
decided for the field or the place; where the dossier's own process finds the unit from the day on; where the succession
says (the first in rank). The code, the number in the register and the due date never change. Sources: facts-codes.md 4
(never rebuild an old code), facts-legal.md 1.3, R-067.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motcua.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class Choice:
    """A successor chosen by hand for a unit that ended; empty field and no place: for all of its dossiers."""

    origin_id: int
    to_id: int
    field: str = ""
    place_id: int | None = None

    def fits(self, origin_id: int, field: str, place_id: int | None) -> bool:
        """Tell whether the choice is about such a dossier of the unit."""
        return (
            self.origin_id == origin_id
            and self.field in ("", field)
            and (self.place_id is None or self.place_id == place_id)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form kept with the campaign."""
        return {"origin": self.origin_id, "to": self.to_id, "field": self.field, "place": self.place_id}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choice:
        """Read what `to_json` wrote."""
        return cls(int(data["origin"]), int(data["to"]), data["field"], data["place"])


def chosen(choices: Iterable[Choice], origin_id: int, field: str, place_id: int | None) -> int | None:
    """Return the successor chosen for a unit's dossier: what names the place wins, then what names the field."""
    fitting = [one for one in choices if one.fits(origin_id, field, place_id)]
    best = max(fitting, key=lambda one: (one.place_id is not None, bool(one.field)), default=None)
    return best.to_id if best else None


@dataclass(frozen=True, slots=True)
class Map:
    """The agencies as they are from the day on. `resolve` may refuse; `heirs` has those first who take work over."""

    in_force: Callable[[int], bool]
    heirs: Callable[[int], Sequence[int]]
    agency_of: Callable[[int], int]
    root_of: Callable[[int], int]
    resolve: Callable[[str, int, Standing], int]


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a dossier decides where it goes; `decided_by` is the unit kind that its process lets decide."""

    receiving_id: int
    agency_id: int
    place_id: int | None
    procedure_code: str
    field_code: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class Held:
    """A live task: its number, its unit, and the unit kind its step names (empty: the process names none)."""

    id: int
    unit_id: int
    unit_kind: str


@dataclass(frozen=True, slots=True)
class Plan:
    """
    Where a dossier goes. `tasks` are those that change their unit; `missing` the ended units nobody succeeds.

    With something missing nothing of the dossier is moved.
    """

    receiving_id: int
    agency_id: int
    tasks: Mapping[int, int]
    missing: tuple[int, ...]

    def changes(self, standing: Standing) -> bool:
        """Tell whether the plan moves anything."""
        return (
            bool(self.tasks)
            or self.receiving_id != standing.receiving_id
            or self.agency_id != standing.agency_id
        )


def plan(standing: Standing, held: Iterable[Held], choices: Sequence[Choice], where: Map) -> Plan:
    """Return where a dossier, its agency and each of its live tasks go."""
    missing: list[int] = []

    def goes(unit_id: int, kind: str, receiving_id: int | None) -> int:
        """Return the unit that takes over from one that may have ended; the unit itself where nobody does."""
        if where.in_force(unit_id):
            return unit_id
        by_hand = chosen(choices, unit_id, standing.field_code, standing.place_id)
        if by_hand is not None and where.in_force(by_hand):
            return by_hand
        if kind and receiving_id is not None:
            try:
                found = where.resolve(kind, receiving_id, standing)
            except DomainError:
                found = unit_id
            if where.in_force(found):
                return found
        heirs = where.heirs(unit_id)
        if heirs:
            return heirs[0]
        missing.append(unit_id)
        return unit_id

    receiving = goes(standing.receiving_id, "", None)
    known = receiving if where.in_force(receiving) else None
    root = where.root_of(standing.agency_id)
    agency = standing.agency_id
    if not where.in_force(root):
        agency = where.agency_of(goes(root, standing.decided_by, known))
    tasks = {}
    for task in held:
        unit = goes(task.unit_id, task.unit_kind, known)
        if unit != task.unit_id:
            tasks[task.id] = unit
    return Plan(receiving, agency, tasks, tuple(dict.fromkeys(missing)))
