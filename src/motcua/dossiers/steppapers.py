"""
What a step of a process may name: parts of the procedure's form to check there, papers it prints when it is done.

Papers go by the code of their form (data of the day). Some are made from the dossier as it stands, some were made by
an act of their own and are only handed out again, some are drafts from the templates of the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from motcua.catalogue import queries as catalogue
from motcua.documents.rules import DocumentKind
from motcua.dossiers import drafting
from motcua.forms import queries as forms
from motcua.kernel.errors import NotFound
from motcua.kernel.process import Flow, Graph
from motcua.workflow.operations import Moved
from motcua.workflow.versions.rules import Nameable

MADE: Final = (DocumentKind.CONTROL_SLIP, DocumentKind.BORROWED_ORIGINALS)
"""Made anew from the dossier as it stands each time a step that names them is done."""
GIVEN: Final = (
    DocumentKind.SLIP,
    DocumentKind.SUPPLEMENT_REQUEST,
    DocumentKind.APOLOGY,
    DocumentKind.RESULT,
    DocumentKind.REFUSAL_DECISION,
)
"""Made by acts of their own, which sign and number them: a step hands out the one in force, if there is one."""


def nameable(procedure_version_id: int, on: date) -> Nameable:
    """Return what the steps of a procedure's processes may name on a local day."""
    papers: dict[str, str] = {}
    for kind in (*MADE, *GIVEN):
        try:
            form = catalogue.template(kind, on)
        except NotFound:
            continue
        papers[kind] = f"{form.title} (mẫu {form.form_no})" if form.form_no else form.title
    try:
        settings = catalogue.parameters(catalogue.definition(procedure_version_id), on)
    except NotFound:  # nothing is laid down for the day yet
        settings = {}
    drafts = drafting.templates(settings.get("draft_templates", ()))
    papers |= {code: f"{one.title} (dự thảo)" for code, one in drafts.items() if code not in papers}
    return Nameable(parts_of_procedure(procedure_version_id), papers)


def parts_of_procedure(procedure_version_id: int) -> dict[str, str]:
    """Return the parts of a procedure's form, code and name in their order; none where it has no form."""
    try:
        return parts(forms.form(procedure_version_id).definition)
    except NotFound:
        return {}


def parts(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a form, code and name in their order."""
    return {section["key"]: section["label_vi"] for section in form["sections"]}


def due(graph: Graph, moves: Iterable[Moved]) -> tuple[str, ...]:
    """
    Return the codes of the papers that the steps just done print, each once.

    A step that was sent back, waits for the applicant or was given more time is not done.
    """
    codes: list[str] = []
    for moved in moves:
        closed = moved.closed
        node = graph.by_id.get(closed.node) if closed else None
        if closed is None or node is None or not node.prints:
            continue
        edge = graph.by_outcome.get((closed.node, closed.outcome))
        if edge is None or edge.flow in (Flow.FORWARD, Flow.NEGATIVE):
            codes += node.prints
    return tuple(dict.fromkeys(codes))
