"""
What a dossier runs by: the frozen versions of procedure, form and process, resolved once and kept in the process.

A running dossier carries the ids of the versions it was filed under (R-034); the rows behind them never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.dossiers.signatures import Signing
from motcua.forms import queries as forms
from motcua.kernel.counting import Limit
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Graph, WaitKind, happy_path
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """The versions behind one dossier. `steps` are the nodes of the main path after receipt with their hours."""

    procedure: catalogue.Definition
    form_version_id: int
    form: Mapping[str, Any]
    process: workflow.Definition
    steps: tuple[tuple[str, Decimal], ...]

    @property
    def graph(self) -> Graph:
        """Return the compiled process."""
        return self.process.graph

    @property
    def awaits_parts(self) -> bool:
        """Tell whether dossiers of this process are handled in parts by several agencies."""
        return any(node.wait is WaitKind.PARTS for node in self.process.graph.nodes)


@lru_cache(maxsize=4096)
def bundle(procedure_version_id: int, form_version_id: int, process_version_id: int) -> Bundle:
    """Return the versions by their ids; rows are immutable, so they are kept for ever."""
    process = workflow.definition(process_version_id)
    reception = process.graph.reception
    hours = {node.id: node.lasting for node in process.graph.net_nodes}
    steps: dict[str, Decimal] = {}
    for step in happy_path(process.graph):
        if reception is None or step.node != reception.id:
            steps.setdefault(step.node, hours[step.node])
    return Bundle(
        catalogue.definition(procedure_version_id),
        form_version_id,
        forms.form(procedure_version_id).definition,
        process,
        tuple(steps.items()),
    )


def current(
    procedure_code: str, receiving_unit_id: int, on: date, answers: Mapping[str, Any] | None = None
) -> Bundle:
    """
    Return the versions in force on a local day for a dossier received at a unit.

    With the form's `answers`, a case that an interlinked group's rule of the day covers gets the process in parts.

    :raises NotFound: the procedure is unknown or not in force that day.
    """
    procedure = catalogue.current(procedure_code, on)
    variant = catalogue_rules.variant_for(procedure.body, organisation.unit(receiving_unit_id).kind)[
        "variant"
    ]
    rule = catalogue.interlinked(procedure.code, on) if answers is not None else None
    if rule is not None and rule.applies(answers or {}):
        variant = rule.variant
    return bundle(
        procedure.id,
        forms.form(procedure.id).id,
        workflow.process_of(procedure.id, variant, on).id,
    )


def settings(bundle: Bundle, on: date) -> Mapping[str, Any]:
    """Return the dated parameters that hold for the procedure on a local day (answer, supplement, forwarding)."""
    return catalogue.parameters(bundle.procedure, on)


def signing(on: date, bundle: Bundle | None = None) -> Signing:
    """
    Return the setting of digital signatures on a local day: as it holds for a procedure, else for the whole province.

    :raises NotFound: nothing is laid down for the day.
    """
    found = settings(bundle, on)["signing"] if bundle is not None else catalogue.setting("signing", on)
    if found is None:
        raise NotFound("Chưa có quy định về ký số cho ngày này.")
    return Signing.from_json(found)


def limit(setting: Mapping[str, Any]) -> Limit:
    """Return a limit of the settings."""
    return Limit.from_json(setting)
