"""How many dossiers of an act on many are done, refused, left out, or still wait."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Manager, Q

from motcua.dossiers.rules import ItemState

_STATES = {
    "done": [ItemState.DONE.value],
    "refused": [ItemState.REFUSED.value, ItemState.FAILED.value],
    "skipped": [ItemState.SKIPPED.value],
    "waiting": [ItemState.WAITING.value],
}

# to annotate a run with, whose dossiers are its `items`; all but `total` add up to it
COUNTS = {
    "total": Count("items"),
    **{name: Count("items", filter=Q(items__state__in=states)) for name, states in _STATES.items()},
}


def ended(items: Manager[Any]) -> dict[str, int]:
    """Return what an ended run tells of itself: how many dossiers it did, was refused, and left out."""
    return items.aggregate(
        **{
            name: Count("pk", filter=Q(state__in=states))
            for name, states in _STATES.items()
            if name != "waiting"
        }
    )
