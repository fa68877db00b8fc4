"""Reads of criteria, assessments and lists; what is listed is public, why is for the procedure-control officers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import NonTerritorialAssessment, NonTerritorialEntry
from motcua.catalogue.nonterritorial.rules import (
    Criterion,
    EntryNotFound,
    Listed,
    ListKind,
    NotListed,
    Outcome,
    Saving,
    UnitNotAllowed,
    listed,
)
from motcua.catalogue.queries import Definition
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef

CRITERIA = "non_territorial_criteria"
SAVINGS = "non_territorial_savings"


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a procedure stood against the criteria on a day."""

    procedure_code: str
    answers: Mapping[str, bool]
    verdict: str
    assessed_on: date
    assessed_by_name: str
    certainty: str
    note: str


def entries() -> tuple[Listed, ...]:
    """Return every entry of the lists, past and coming ones too, the newest first (remembered for a while)."""
    found: tuple[Listed, ...] = catalogue.briefly(("non_territorial",), read)
    return found


def read() -> tuple[Listed, ...]:
    """Return every entry of the lists as the database has it now (one statement)."""
    return tuple(
        Listed(
            id=row.pk,
            procedure_code=row.procedure_code,
            kind=ListKind(row.kind),
            decision_no=row.decision_no,
            decision_on=row.decision_on,
            issuer=row.issuer,
            unit_kinds=tuple(row.unit_kinds),
            units=tuple(row.units),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            certainty=row.certainty,
            note=row.note,
            outcome=Outcome(row.outcome),
            outcome_decision=row.outcome_decision,
            outcome_note=row.outcome_note,
            end_decision=row.end_decision,
            end_reason=row.end_reason,
        )
        for row in NonTerritorialEntry.objects.order_by("-valid_from", "-pk")
    )


def entry(entry_id: int) -> Listed:
    """
    Return an entry as the database has it now.

    :raises EntryNotFound:
    """
    found = next((one for one in read() if one.id == entry_id), None)
    if found is None:
        raise EntryNotFound
    return found


def listing_of(procedure_code: str, on: date) -> Listed | None:
    """Return the entry under which a procedure is received on a local day, if any."""
    return listed(entries(), procedure_code, on)


def allowed(of: Definition, unit: UnitRef, on: date) -> Listed:
    """
    Return the entry under which a unit may receive a procedure for another agency on a local day.

    :raises NotListed: the procedure is on no list that day.
    :raises UnitNotAllowed: it is, but not for this unit.
    """
    found = listing_of(of.code, on)
    if found is None:
        raise NotListed(of.name, on)
    if not found.lets(unit.code, unit.kind) or unit.kind not in one_stop_kinds():
        raise UnitNotAllowed(unit.name, of.name, found.decision_no)
    return found


def lets(of: Definition, unit: UnitRef, on: date) -> bool:
    """Tell whether a unit may receive a procedure for another agency on a local day."""
    found = listing_of(of.code, on)
    return found is not None and found.lets(unit.code, unit.kind) and unit.kind in one_stop_kinds()


def one_stop_kinds() -> tuple[str, ...]:
    """Return the kinds of unit at which dossiers of any procedure are received."""
    return tuple(
        dict.fromkeys(
            str(choice.extra["unit_kind"])
            for choice in catalogue.terms("receiving_places")
            if choice.extra.get("unit_kind")
        )
    )


def receivers(
    of: Definition, on: date, search: str = "", *, after: str = "", limit: int = 50
) -> list[UnitRef]:
    """Return the units that may receive a procedure for another agency on a day, by code; none where unlisted."""
    found = listing_of(of.code, on)
    if found is None:
        return []
    kinds = [
        kind for kind in one_stop_kinds() if not (found.unit_kinds or found.units) or kind in found.unit_kinds
    ]
    rows = organisation.receiving_units(kinds, on, search, after=after, limit=limit) if kinds else []
    rows = [row for row in rows if found.lets(row.code, row.kind)]
    named = [organisation.unit_by_code(code) for code in found.units if code > after]
    rows += [unit for unit in named if unit not in rows and organisation.matches(unit, search)]
    return sorted(rows, key=lambda unit: unit.code)[:limit]


def criteria() -> list[Criterion]:
    """Return the criteria in their order."""
    return [
        Criterion(choice.code, choice.name, bool(choice.extra.get("excludes")))
        for choice in catalogue.terms(CRITERIA)
    ]


def savings() -> list[Saving]:
    """Return what a trip costs, by tier and period."""
    return [
        Saving(
            tier=str(choice.extra["tier"]),
            hours=Decimal(str(choice.extra["hours"])),
            kilometres=Decimal(str(choice.extra["kilometres"])),
            valid_from=date.fromisoformat(str(choice.extra["valid_from"])),
            valid_to=date.fromisoformat(str(choice.extra["valid_to"])) if choice.extra["valid_to"] else None,
            certainty=str(choice.extra["certainty"]),
            source=choice.name,
        )
        for choice in catalogue.terms(SAVINGS)
    ]


def assessments() -> dict[str, Assessment]:
    """Return the newest assessment of each procedure (one statement)."""
    return {row.procedure_code: _assessment(row) for row in NonTerritorialAssessment.objects.order_by("pk")}


def assessments_of(procedure_code: str) -> Sequence[Assessment]:
    """Return the assessments of a procedure, the newest first."""
    rows = NonTerritorialAssessment.objects.filter(procedure_code=procedure_code).order_by("-pk")
    return [_assessment(row) for row in rows]


def _assessment(row: NonTerritorialAssessment) -> Assessment:
    return Assessment(
        row.procedure_code,
        row.answers,
        row.verdict,
        row.assessed_on,
        row.assessed_by_name,
        row.certainty,
        row.note,
    )
