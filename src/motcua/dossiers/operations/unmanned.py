"""
Where tasks wait that nobody may do: the head is told once an episode, and it ends by itself (R-070).

What is found is an alarm, no act: nothing of a dossier changes. A round is one transaction; again it finds nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from motcua.dossiers.models import Unmanned
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.workflow import team
from motcua.workflow.team import Place


@dataclass(frozen=True, slots=True)
class Looked:
    """What a round came to: episodes that began, and that ended."""

    began: int
    ended: int


def look(at: datetime) -> Looked:
    """
    Keep the episodes: of every place with open tasks that has no holder today, or none after tomorrow at the latest.

    A duty whose last day is today or tomorrow is foreseen so, while there is time to lend or give it.
    """
    today = at.astimezone(LOCAL).date()
    days = [today + timedelta(days=ahead) for ahead in range(3)]
    with transaction.atomic(durable=True):
        kept = {
            Place(row.unit_id, row.role, row.field): row
            for row in Unmanned.objects.select_for_update(no_key=True).filter(ended_at__isnull=True)
        }
        waiting = team.places(SYSTEM)
        empty_from = {place: day for day in reversed(days) for place in team.unmanned(SYSTEM, waiting, day)}
        headless = team.headless(SYSTEM, {place.unit_id for place in empty_from}, today)
        began = [
            Unmanned(
                unit_id=place.unit_id, role=place.role, field=place.field, empty_from=day,
                headless=place.unit_id in headless, since=at,
            )
            for place, day in empty_from.items()
            if place not in kept
        ]  # fmt: skip
        Unmanned.objects.bulk_create(began, ignore_conflicts=True)
        ended = [row for place, row in kept.items() if place not in empty_from]
        for row in ended:
            row.ended_at = at
        Unmanned.objects.bulk_update(ended, ["ended_at"])
        changed = []
        for place, row in kept.items():
            if place in empty_from:
                day = empty_from[place]
                since = row.empty_from if day == today and row.empty_from <= today else day
                now = (since, place.unit_id in headless)
                if now != (row.empty_from, row.headless):
                    row.empty_from, row.headless = now
                    changed.append(row)
        Unmanned.objects.bulk_update(changed, ["empty_from", "headless"])
    return Looked(len(began), len(ended))
