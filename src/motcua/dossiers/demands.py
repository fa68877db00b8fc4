"""Reading of demands beside the published record, for who controls procedures and who leads an agency (R-066)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from motcua.dossiers.models import UnlistedDemand
from motcua.dossiers.pauserecords import looks_into
from motcua.kernel.actor import Actor
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Demanded:
    """One attempt: what was asked for, by whom, by what act, for which procedure and dossier."""

    subject: int
    name: str
    act: str
    procedure_code: str
    code: str
    unit_id: int
    officer_id: int | None
    at: datetime


def listing(
    actor: Actor,
    *,
    since: datetime,
    until: datetime,
    officer_id: int | None = None,
    before: tuple[datetime, int] | None = None,
    size: int = 50,
) -> list[Demanded]:
    """Return the attempts of a period, newest first, at most `size + 1`, before a key."""
    found = _seen(actor, since, until).order_by("-at", "-subject")
    if officer_id is not None:
        found = found.filter(officer_id=officer_id)
    if before is not None:
        found = found.filter(Q(at__lt=before[0]) | Q(at=before[0], subject__lt=before[1]))
    return [Demanded(*row) for row in found.values_list(*Demanded.__slots__)[: size + 1]]


def counts(actor: Actor, since: datetime, until: datetime) -> list[tuple[int, int | None, int]]:
    """Return how many attempts each officer made in a period, by unit: (unit, officer, attempts), most first."""
    rows = (
        _seen(actor, since, until)
        .values_list("unit_id", "officer_id")
        .annotate(attempts=Count("subject"))
        .order_by("-attempts", "unit_id", "officer_id")
    )
    return [(unit, officer, attempts) for unit, officer, attempts in rows[:200]]


def _seen(actor: Actor, since: datetime, until: datetime) -> QuerySet[UnlistedDemand]:
    found = UnlistedDemand.objects.filter(at__gte=since, at__lt=until)
    if not looks_into(actor):
        return found.none()
    return found if access.sees_everything(actor) else found.filter(unit_id__in=sorted(actor.unit_ids))
