"""Reading of where tasks wait that nobody may do; whoever shares out the work of the unit sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from motcua.dossiers.models import Unmanned
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.workflow import team
from motcua.workflow.team import Place


@dataclass(frozen=True, slots=True)
class Row:
    """
    One place: how many tasks wait, the planned end furthest back, since when it was seen.

    `empty_from` is the first day without a holder: later than today, it is foreseen. `led`: the actor shares out the
    work there.
    """

    unit_id: int
    role: str
    field: str
    count: int
    oldest_due_at: datetime | None
    since: datetime
    empty_from: date
    led: bool


def places(actor: Actor, on: date) -> list[Row]:
    """
    Return the places without a holder, now or soon, that are the actor's concern, the oldest work first.

    Heads see those of the units they lead; officers who control procedures those of units without a head that they
    see; administrators, who give duties, all. Manned in the meantime, or with nothing left to do, a place is not told.
    """
    if actor.kind is not ActorKind.STAFF:
        return []
    led = team.led(actor)
    controls, runs = actor.duty(Role.KSTT) is not None, actor.duty(Role.ADMIN) is not None
    if not (led or controls or runs):
        return []
    known = {
        Place(row.unit_id, row.role, row.field): row
        for row in Unmanned.objects.filter(ended_at__isnull=True)
        if row.unit_id in led
        or runs
        or (controls and row.headless and (actor.province_wide or row.unit_id in actor.unit_ids))
    }
    if not known:
        return []
    # Who holds which duty is asked as the system: the answer is yes or no, about units that are the actor's concern.
    still = {
        place
        for day in {max(on, row.empty_from) for row in known.values()}
        for place in team.unmanned(SYSTEM, list(known), day)
        if max(on, known[place].empty_from) == day
    }
    found = [
        Row(
            pile.place.unit_id, pile.place.role, pile.place.field, pile.tasks, pile.oldest_due_at,
            known[pile.place].since, known[pile.place].empty_from, pile.place.unit_id in led,
        )
        for pile in team.piles(sorted(still))
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row.empty_from > on, row.oldest_due_at or row.since))
