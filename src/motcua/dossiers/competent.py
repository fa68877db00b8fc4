"""Whose competence a dossier is, where the unit that receives need not be the one that decides (R-074, R-078)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from motcua.catalogue import queries as catalogue
from motcua.catalogue.nonterritorial import queries as nonterritorial
from motcua.catalogue.queries import Definition
from motcua.kernel.errors import DomainError
from motcua.organisation import areas
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef

MOST = 5000


@dataclass(frozen=True, slots=True)
class Competence:
    """
    What a unit may receive of a procedure on a day: by its own agency's competence (`own`), for agencies it is the
    counter of (`areas`), and for others under the list (`others`, with the number of the decision).
    """

    own: bool
    areas: tuple[UnitRef, ...] = ()
    others: tuple[UnitRef, ...] = ()
    decision: str = ""

    @property
    def any(self) -> bool:
        """Tell whether the unit may receive the procedure at all."""
        return self.own or bool(self.areas) or bool(self.others)

    @property
    def asks(self) -> bool:
        """Tell whether somebody has to say whose competence it is."""
        return bool(self.areas) or len(self.others) > (0 if self.own else 1)

    def only(self) -> UnitRef | None:
        """Return the one unit that can be meant where it need not be said."""
        return self.others[0] if not self.own and not self.areas and len(self.others) == 1 else None


def of_unit(of: Definition, unit: UnitRef, on: date) -> Competence:
    """Return what a unit may receive of a procedure on a local day."""
    kinds = catalogue.receiving_kinds(of.receiving_places)
    own = unit.kind in kinds
    served = tuple(
        _counter(of, kinds, root, on)
        for root in areas.served_by(unit.id, on, of.field)
        if of.status == "in_force"
    )
    if of.status != "in_force" or not nonterritorial.lets(of, unit, on):
        return Competence(own and of.status == "in_force", served)
    entry = nonterritorial.listing_of(of.code, on)
    known = {unit.agency_id} if own else set()
    known |= {one.agency_id for one in served}
    others = tuple(
        one
        for one in organisation.receiving_units(kinds, on, limit=MOST)
        if one.id != unit.id and one.agency_id not in known
    )
    return Competence(own, served, others, entry.decision_no if entry else "")


def _counter(of: Definition, kinds: list[str], root: UnitRef, on: date) -> UnitRef:
    """Return an agency's own unit that receives the procedure, or the agency itself where it has none."""
    return _resolved(of, kinds, root, on) or root


def suggested(of: Definition, place_code: str, on: date) -> UnitRef | None:
    """Return the unit that would receive a procedure by the applicant's place of residence, if it tells."""
    root = organisation.unit_of_place(place_code, on) if place_code else None
    if root is None:
        return None
    return _resolved(of, catalogue.receiving_kinds(of.receiving_places), root, on)


def _resolved(of: Definition, kinds: list[str], root: UnitRef, on: date) -> UnitRef | None:
    for kind in kinds:
        try:
            return organisation.resolve_unit(
                kind, root.id, on, procedure_code=of.code, procedure_field=of.field
            )
        except DomainError:
            continue
    return None


def receivers(
    of: Definition, on: date, search: str = "", *, after: str = "", limit: int = 50
) -> list[UnitRef]:
    """
    Return where an applicant may hand in a procedure on a day, by code: the units of the agencies that decide, their
    counters elsewhere (service areas), and, where it is listed, any unit the decision allows.
    """
    found = {
        unit.id: unit for unit in catalogue.receiving_units(of, on, search, after=after, limit=limit)
    } | {unit.id: unit for unit in nonterritorial.receivers(of, on, search, after=after, limit=limit)}
    return sorted(found.values(), key=lambda unit: unit.code)[:limit]
