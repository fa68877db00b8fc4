"""What those who watch over the work are warned of."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router

from motcua.api import shapes
from motcua.api.who import STAFF
from motcua.api.wire import answer
from motcua.dossiers import unmanned
from motcua.edge import actors
from motcua.organisation import queries as organisation
from motcua.platform import clock

router = Router(tags=["Cảnh báo"])


class UnmannedPlace(shapes.Out):
    """
    Work that waits where nobody may do it: tasks of a role (and field) in a unit, the planned end furthest back.

    `empty_from` is the first day without a holder; later than today, it is foreseen. `led`: one shares out the work
    there.
    """

    unit: str
    unit_name: str
    role: str
    field: str
    tasks: int
    oldest_due_at: datetime | None
    since: datetime
    empty_from: date
    led: bool


class UnmannedPlaces(shapes.Out):
    """All places of one's concern."""

    rows: list[UnmannedPlace]


@router.get(
    "/unmanned",
    auth=STAFF,
    response={200: UnmannedPlaces, 401: shapes.Problem},
    summary="Việc chưa có người giữ",
)
def places(request: HttpRequest) -> HttpResponse:
    """
    Return where tasks wait that nobody may take, now or soon: the oldest work first, what is foreseen last.

    Heads see the units they lead, officers who control procedures those without a head, administrators all; others
    none.
    """
    found = unmanned.places(actors.actor(request), clock.today())
    return answer(
        UnmannedPlaces(
            rows=[
                UnmannedPlace(
                    unit=organisation.unit(row.unit_id).code,
                    unit_name=organisation.unit(row.unit_id).name,
                    role=row.role,
                    field=row.field,
                    tasks=row.count,
                    oldest_due_at=row.oldest_due_at,
                    since=row.since,
                    empty_from=row.empty_from,
                    led=row.led,
                )
                for row in found
            ]
        )
    )
