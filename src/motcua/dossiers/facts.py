"""
What is known about a dossier where its way forks: the answers of its form, and a few facts of its own.

`known` names them for whoever writes a condition; `of` reads them for the engine. A name with a dot is the
dossier's, one without is the form's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from motcua.dossiers.models import Answers, Dossier
from motcua.dossiers.rules import Channel
from motcua.forms import queries as forms
from motcua.kernel.process import Graph
from motcua.kernel.process.condition import Fact, FactKind, names

CHANNEL: Final = "ho_so.kenh_nop"
SUPPLEMENTS: Final = "ho_so.so_lan_bo_sung"
BY_ANOTHER: Final = "ho_so.nop_thay"
OWNER_NAME: Final = "ho_so.ten_chu_ho_so"
OWNER_NUMBER: Final = "ho_so.so_chu_ho_so"

_OWN: Final = (
    Fact(CHANNEL, FactKind.CHOICE, "Cách nộp hồ sơ", tuple(str(channel) for channel in Channel)),
    Fact(SUPPLEMENTS, FactKind.NUMBER, "Số lần yêu cầu bổ sung"),
    Fact(BY_ANOTHER, FactKind.FLAG, "Nộp thay người khác"),
    Fact(OWNER_NAME, FactKind.TEXT, "Tên chủ hồ sơ"),
    Fact(OWNER_NUMBER, FactKind.TEXT, "Số định danh, mã số thuế của chủ hồ sơ"),
)
_KINDS: Final[Mapping[str, FactKind]] = {
    "number": FactKind.NUMBER,
    "money": FactKind.NUMBER,
    "year": FactKind.NUMBER,
    "area_m2": FactKind.NUMBER,
    "checkbox": FactKind.FLAG,
    "date": FactKind.DATE,
    "select": FactKind.CHOICE,
    "radio": FactKind.CHOICE,
    "table": FactKind.LIST,
}


def known(procedure_version_id: int) -> dict[str, Fact]:
    """Return by name what a condition in a process of this procedure may read."""
    found = {fact.name: fact for fact in _OWN}
    for field in forms.form(procedure_version_id).definition["fields"]:
        choices = tuple(option["value"] for option in field.get("options", ()))
        kind = _KINDS.get(field["type"], FactKind.TEXT)
        found[field["key"]] = Fact(field["key"], kind, field["label_vi"], choices)
    return found


def of(dossier: Dossier, graph: Graph, answers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """
    Return the facts that the conditions and timers of a process read; nothing is read where it has none.

    `answers` are those of the form where they are at hand; else they are looked up (one SELECT).
    """
    return some(dossier, wanted(graph), answers)


def wanted(graph: Graph) -> frozenset[str]:
    """Return the names of the facts that the conditions and timers of a process read."""
    return frozenset().union(
        *(names(edge.condition) for edge in graph.edges if edge.condition is not None),
        (node.on for node in graph.nodes if node.on and not node.on[0].isdigit()),
    )


def some(
    dossier: Dossier, named: Collection[str], answers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the named facts of a dossier that are known (at most one SELECT)."""
    if not named:
        return {}
    own = {
        CHANNEL: dossier.channel,
        SUPPLEMENTS: dossier.supplement_count,
        BY_ANOTHER: dossier.submitter_id != dossier.owner_id,
        OWNER_NAME: dossier.owner_name,
        OWNER_NUMBER: dossier.owner_number,
    }
    if not answers and set(named) - own.keys():
        answers = (
            Answers.objects.filter(subject=dossier.subject).values_list("answers", flat=True).first() or {}
        )
    return {name: value for name, value in {**(answers or {}), **own}.items() if name in named}
