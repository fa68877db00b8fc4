"""
Which dossiers an actor sees, for acts and for what partners read: one condition, in the query.

People see by the access rows of their units and of their person. A partner has neither: it sees the parts that its
systems decide, by the name that stands on the part (R-065), so a connection needs no rows that could be forgotten.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from motcua.dossiers.models import Dossier
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access


def seen(actor: Actor) -> QuerySet[Dossier]:
    """Return the dossiers the actor sees, to be narrowed further."""
    where, values = _condition(actor)
    return Dossier.objects.extra(where=[where], params=values)  # noqa: S610  (a fixed text; values go as parameters)


def _condition(actor: Actor) -> tuple[str, list[Any]]:
    if actor.kind is ActorKind.PARTNER:
        return "dossiers_dossier.mirrored = ANY(%s)", [sorted(filter(None, actor.systems))]
    return access.visible("dossiers_dossier.subject"), access.parameters(actor)
