"""Which agencies a one-stop unit receives for besides its own: an attribute of its own, not the tree (R-078)."""

from __future__ import annotations

import time as real_time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from motcua.organisation import queries
from motcua.organisation.models import ServiceArea
from motcua.organisation.tree import UnitRef

_held: tuple[Area, ...] | None = None
_read_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Area:
    """A unit receives for an agency, both by number, in some fields (none named: every field), in a period."""

    id: int
    unit_id: int
    agency_id: int
    fields: frozenset[str]
    decision_no: str
    valid_from: date
    valid_to: date | None
    certainty: str
    note: str = ""
    end_decision: str = ""

    def in_force(self, on: date) -> bool:
        """Tell whether it holds on a local day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def covers(self, procedure_field: str | None) -> bool:
        """Tell whether it reaches procedures of a field."""
        return not self.fields or procedure_field is None or procedure_field in self.fields


def areas() -> tuple[Area, ...]:
    """Return every service area, past and coming ones too (remembered for a while)."""
    global _held, _read_at
    now = real_time.monotonic()
    if _held is None or now - _read_at > queries.CHECK_SECONDS:
        _held, _read_at = read(), now
    return _held


def read() -> tuple[Area, ...]:
    """Return every service area as the database has it now (one statement)."""
    return tuple(
        Area(
            row.pk,
            row.unit_id,
            row.agency_id,
            frozenset(row.fields),
            row.decision_no,
            row.valid_from,
            row.valid_to,
            row.certainty,
            row.note,
            row.end_decision,
        )
        for row in ServiceArea.objects.order_by("unit__code", "agency__code", "valid_from")
    )


def forget() -> None:
    """Let the next look read the data again."""
    global _held
    _held = None


def serves(unit_id: int, agency_id: int, on: date, procedure_field: str | None = None) -> bool:
    """Tell whether a unit is the counter of an agency outside its branch on a local day."""
    return any(
        area.agency_id == agency_id and area.covers(procedure_field) for area in _of(areas(), unit_id, on)
    )


def served_by(unit_id: int, on: date, procedure_field: str | None = None) -> list[UnitRef]:
    """Return the root units of the agencies a unit receives for outside its branch on a local day."""
    return [
        queries.root_of_agency(area.agency_id)
        for area in _of(areas(), unit_id, on)
        if area.covers(procedure_field)
    ]


def counters_of(agency_id: int, on: date, procedure_field: str | None = None) -> list[UnitRef]:
    """Return the units outside an agency's branch that are its counters on a local day."""
    return [
        queries.unit(area.unit_id)
        for area in areas()
        if area.agency_id == agency_id and area.in_force(on) and area.covers(procedure_field)
    ]


def _of(held: Iterable[Area], unit_id: int, on: date) -> list[Area]:
    return [area for area in held if area.unit_id == unit_id and area.in_force(on)]
