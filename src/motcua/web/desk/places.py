"""The communes a dossier may concern, for receiving units that serve many."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from motcua.organisation import queries as organisation
from motcua.organisation.tree import Tree, UnitRef
from motcua.web.components import FieldView, Option


@lru_cache(maxsize=8)
def _communes(tree: Tree, on: date) -> tuple[UnitRef, ...]:
    found = [
        node.ref
        for node in tree.nodes.values()
        if node.is_root and node.ref.tier in ("commune", "district") and node.in_force(on)
        and node.ref.kind.startswith("ubnd_")
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda ref: ref.code))


def communes(on: date) -> tuple[UnitRef, ...]:
    """Return the root units of communes and districts in force on a day, by code."""
    tree = organisation.tree()
    found = _communes(tree, on)
    if found:
        return found
    nodes = [
        node.ref for node in tree.nodes.values()
        if node.is_root and node.ref.tier in ("commune", "district") and node.in_force(on)
    ]  # fmt: skip
    return tuple(sorted(nodes, key=lambda ref: ref.code))


def chosen(text: str, on: date) -> int | None:
    """Return the unit that was chosen, None for anything else."""
    if not text.isdecimal():
        return None
    return next((ref.id for ref in communes(on) if str(ref.id) == text), None)


def field(value: str, error: str, on: date) -> FieldView:
    """Return the choice of the commune."""
    return FieldView(
        "dia-ban",
        "Địa bàn mà hồ sơ liên quan",
        "select",
        value=value,
        required=True,
        error=error,
        help="Nơi cư trú, nơi có thửa đất hoặc nơi đặt cơ sở, tùy thủ tục.",
        options=tuple(Option(str(ref.id), label(ref)) for ref in communes(on)),
    )


def label(unit: UnitRef) -> str:
    """Return a commune by its place with the district above it: two wards may have one name."""
    tree = organisation.tree()
    names = [_place(unit)]
    agency = tree.agencies.get(unit.agency_id)
    above = tree.nodes.get(tree.roots.get(agency.parent_id or 0, 0)) if agency else None
    if unit.tier == "commune" and above is not None and above.ref.tier == "district":
        names += [name for name in (_place(above.ref),) if name not in names[0]]
    text = ", ".join(names)
    return text[0].upper() + text[1:]


def _place(unit: UnitRef) -> str:
    return re.sub(r"^(UBND|Ủy ban nhân dân) ", "", unit.name)
