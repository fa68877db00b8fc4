"""Inputs of the lists' filters, and what was typed in them read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpRequest

from motcua.catalogue import queries as catalogue
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.parties.rules import mask, mask_phone
from motcua.platform import clock
from motcua.web import inputs
from motcua.web.components import FieldView, Option

MOST_UNITS = 400
HIDDEN_KINDS: Final = ("personal_id", "tax_code")


def hidden_numbers(form: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a form with the numbers and addresses people are reached at masked, in its tables too."""
    return {**answers, **{key: value for item in form["fields"] for key, value in _hidden(item, answers)}}


def _hidden(item: Mapping[str, Any], answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    key, kind = item["key"], item["type"]
    value = answers.get(key)
    if not value:
        return
    if kind == "phone":
        yield key, mask_phone(str(value))
    elif kind in HIDDEN_KINDS:
        yield key, mask(str(value))
    elif kind == "email":
        name, _, domain = str(value).partition("@")
        yield key, f"{name[:1]}•••@{domain}"
    elif kind == "table" and isinstance(value, list):
        yield (
            key,
            [
                {**row, **{name: text for column in item["columns"] for name, text in _hidden(column, row)}}
                for row in value
                if isinstance(row, Mapping)
            ],
        )


def asked(request: HttpRequest, names: Sequence[str]) -> dict[str, str]:
    """Return the texts of a list's address, cut to a sane length."""
    return {name: request.GET.get(name, "").strip()[:100] for name in names}


def own_units(actor: Actor) -> list[UnitRef]:
    """Return the units in force that the actor may see, by name; every one-stop unit for who sees everything."""
    on, tree = clock.today(), organisation.tree()
    if actor.province_wide:
        nodes = [
            node for node in tree.nodes.values() if node.in_force(on) and node.ref.kind.startswith("one_stop")
        ]
    else:
        nodes = [tree.nodes[unit] for unit in actor.unit_ids if unit in tree.nodes]
        nodes = [node for node in nodes if node.in_force(on)]
    refs = sorted((node.ref for node in nodes), key=lambda ref: (ref.tier, ref.name))
    return refs[:MOST_UNITS]


def unit_of(text: str, units: Sequence[UnitRef]) -> int | None:
    """Return the unit a list is narrowed to, by its number or code; one that is not the actor's narrows nothing."""
    return next((unit.id for unit in units if text in (str(unit.id), unit.code)), None) if text else None


def unit_field(units: Sequence[UnitRef], chosen: str) -> FieldView:
    """Return the choice of a unit; those of one name are told apart by what stands above them."""
    names = organisation.told_apart([unit.id for unit in units])
    return FieldView(
        "don-vi",
        "Đơn vị",
        "select",
        value=next((str(unit.id) for unit in units if chosen in (str(unit.id), unit.code)), ""),
        quiet=True,
        blank="Tất cả",
        options=tuple(Option(str(unit.id), names[unit.id]) for unit in units),
    )


def procedure_field_field(chosen: str) -> FieldView:
    """Return the choice of a field of procedures."""
    return FieldView(
        "linh-vuc",
        "Lĩnh vực",
        "select",
        value=chosen,
        quiet=True,
        blank="Tất cả",
        options=tuple(Option(choice.code, choice.name) for choice in catalogue.field_choices()),
    )


def day_field(name: str, label: str, typed: str) -> FieldView:
    """Return an input for a day."""
    return FieldView(
        name,
        label,
        "date",
        value=inputs.shown_date(inputs.iso_date(typed)),
        quiet=True,
        width="s",
        inputmode="numeric",
    )


def start_of(on: date | None) -> datetime | None:
    """Return the first moment of a day in Vietnam."""
    return datetime.combine(on, time(), tzinfo=LOCAL) if on else None


def end_of(on: date | None) -> datetime | None:
    """Return the first moment after a day in Vietnam."""
    return datetime.combine(on + timedelta(days=1), time(), tzinfo=LOCAL) if on else None
