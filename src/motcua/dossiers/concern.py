"""Whose dossiers warn whom: what lists of warnings are narrowed to."""

from __future__ import annotations

from typing import Any

from motcua.dossiers.rules import LEADING
from motcua.kernel.actor import Actor
from motcua.platform import access


def of_their_concern(actor: Actor) -> tuple[str, list[Any]]:
    """
    Return whose dossiers warn an actor, as SQL and its values: those of their units, and of agencies they lead.

    A part also warns the unit that received its group: who sent it and who is to take it in are told alike.
    """
    if access.sees_everything(actor):
        return "TRUE", []
    led = sorted({duty.agency_id for duty in actor.duties if duty.role in LEADING})
    units = sorted(actor.unit_ids)
    return (
        "(d.receiving_unit_id = ANY(%s) OR d.holder_unit_id = ANY(%s) OR d.agency_id = ANY(%s)"
        " OR d.parent_id IS NOT NULL AND EXISTS (SELECT 1 FROM dossiers_dossier sent"
        " WHERE sent.subject = d.parent_id AND sent.receiving_unit_id = ANY(%s)))",
        [units, units, led, units],
    )
