"""From the agency tree to the map by which dossiers are moved on reorganisation day, and how a dossier stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from motcua.dossiers.definitions import Bundle
from motcua.dossiers.models import Dossier
from motcua.dossiers.reorganising import Held, Map, Standing
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.workflow.queries import Definition, TaskRow


def map_on(on: date) -> Map:
    """Return the agencies as they are on a day; no SQL while the tree in memory is fresh."""

    def resolve(kind: str, receiving_id: int, standing: Standing) -> int:
        return organisation.resolve_unit(
            kind,
            receiving_id,
            on,
            place_unit_id=standing.place_id,
            procedure_code=standing.procedure_code,
            procedure_field=standing.field_code,
        ).id

    return Map(
        in_force=lambda unit_id: successions.in_force(unit_id, on),
        heirs=lambda unit_id: [unit.id for unit in successions.heirs(unit_id, on)],
        agency_of=lambda unit_id: organisation.unit(unit_id).agency_id,
        root_of=lambda agency_id: organisation.root_of_agency(agency_id).id,
        resolve=resolve,
    )


def standing(dossier: Dossier, bundle: Bundle) -> Standing:
    """Return how a dossier stands."""
    return Standing(
        receiving_id=dossier.receiving_unit_id,
        agency_id=dossier.agency_id,
        place_id=dossier.place_unit_id,
        procedure_code=dossier.procedure_code,
        field_code=dossier.field_code,
        decided_by=bundle.graph.decided_by,
    )


def held(process: Definition, rows: Sequence[TaskRow], receiving_id: int) -> list[Held]:
    """Return the live tasks; receipt follows the receiving unit, where a filing waits for its answer."""
    graph = process.graph
    reception = graph.reception.id if graph.reception is not None else ""
    found = []
    for row in rows:
        if row.is_live:
            node = graph.by_id.get(row.node)
            filed_here = row.node == reception and row.unit_id == receiving_id
            found.append(Held(row.id, row.unit_id, node.unit_kind if node and not filed_here else ""))
    return found
