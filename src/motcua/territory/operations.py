"""Writing of places and calendars. Callers load whole files; each call is part of their transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from motcua.platform.records import Counts, bring
from motcua.territory.models import (
    CalendarLayer,
    DayMark,
    OfficeHours,
    Place,
    PlaceSuccession,
    ProductivityNorm,
    Revision,
)
from motcua.territory.queries import NewDay, forget_calendars
from motcua.territory.rules import Certainty

Rows = Sequence[Mapping[str, Any]]


@transaction.atomic
def set_places(places: Rows, successions: Rows, norms: Rows) -> dict[str, Counts]:
    """
    Bring places (parents by code), their successions (origin and successor by code) and productivity norms.

    :raises KeyError: a code that is neither in the data nor in the database; loaders check before.
    """
    counts = {"places": bring(Place, places, own=("parent_id",))}
    numbers = dict(Place.objects.values_list("code", "pk"))
    counts["place_successions"] = bring(
        PlaceSuccession,
        [
            {**row, "origin_id": numbers[row["origin_id"]], "successor_id": numbers[row["successor_id"]]}
            for row in successions
        ],
        key=("origin_id", "successor_id"),
    )
    counts["productivity_norms"] = bring(ProductivityNorm, norms, key=("area_class",))
    return counts


@transaction.atomic
def set_calendars(layers: Rows, days: Rows, hours: Rows) -> dict[str, Counts]:
    """Bring calendar layers (parents by code), day marks and office hours (layer by code)."""
    counts = {"calendar_layers": bring(CalendarLayer, layers, own=("parent_id",))}
    numbers = dict(CalendarLayer.objects.values_list("code", "pk"))
    counts["days"] = bring(
        DayMark, [{**row, "layer_id": numbers[row["layer_id"]]} for row in days], key=("layer_id", "on")
    )
    counts["office_hours"] = bring(
        OfficeHours,
        [{**row, "layer_id": numbers[row["layer_id"]]} for row in hours],
        key=("layer_id", "code"),
    )
    if any(count.written for count in counts.values()):
        _changed()
    return counts


@transaction.atomic
def enter_days(days: Sequence[NewDay], *, note: str) -> int:
    """
    Enter announced days, part of the caller's transaction; return how many rows were written.

    What stood on the day in the layer before is replaced, an ordinary day again is kept as not in force. `note` names
    the paper. This process reads the calendars anew at once, others within `queries.CHECK_SECONDS`.

    :raises KeyError: a layer that is not there; callers check before.
    """
    numbers = dict(CalendarLayer.objects.values_list("code", "pk"))
    for day in days:
        values = {"apply": False, "note": note}
        if day.kind is not None:
            values |= {
                "apply": True,
                "kind": day.kind.value,
                "name": day.name,
                "swap_with": day.swap_with,
                "certainty": Certainty.HIGH.value,
            }
            DayMark.objects.update_or_create(layer_id=numbers[day.layer], on=day.on, defaults=values)
        else:
            DayMark.objects.filter(layer_id=numbers[day.layer], on=day.on).update(**values)
    _changed()
    transaction.on_commit(forget_calendars)
    return len(days)


def _changed() -> None:
    """Number the change, so that processes with calendars in memory build them anew."""
    if not Revision.objects.filter(name="calendars").update(number=F("number") + 1):
        Revision.objects.create(name="calendars", number=1)
