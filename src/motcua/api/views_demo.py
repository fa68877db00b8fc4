"""What only a demo tells: whose accounts there are, and what is still under way. Anywhere else: not found."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from motcua.api import shapes
from motcua.api.wire import answer
from motcua.evaluation import queries as evaluation
from motcua.kernel.actor import SYSTEM, Role
from motcua.kernel.errors import NotFound
from motcua.notifications import queries as notifications
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.platform import clock, outbox

router = Router(tags=["Trình diễn"])


def _demo_only() -> None:
    if not settings.DEMO:
        raise NotFound


@router.get("/demo/holders", response={200: shapes.Logins, 404: shapes.Problem})
def holders(
    request: HttpRequest,
    role: Role,
    unit: str = Query("", max_length=80),
    field: str = Query("", max_length=80),
) -> HttpResponse:
    """
    Return the accounts that hold a role today: in a unit, for procedures of a field; without a unit those that the
    sign-in page lists.
    """
    _demo_only()
    on = clock.today()
    if unit:
        held = organisation.duty_holders(organisation.unit_by_code(unit).id, role, on, field or None)
        rows = [_login(one.account_id, one.full_name, one.staff_id) for one in held]
    else:
        rows = [
            _login(one.account_id, one.full_name, None)
            for one in organisation.demo_staff(on)
            if role in one.roles
        ]
    return answer(shapes.Logins(rows=rows))


def _login(account_id: int, name: str, staff_id: int | None) -> shapes.Login:
    username = parties.account(account_id).username
    return shapes.Login(username=username, name=name, staff_id=staff_id, party_id=None)


@router.get("/demo/citizens", response={200: shapes.Logins, 404: shapes.Problem})
def citizens(request: HttpRequest, size: int = Query(30, ge=1, le=500)) -> HttpResponse:
    """Return citizen accounts."""
    _demo_only()
    return answer(
        shapes.Logins(
            rows=[
                shapes.Login(
                    username=row.username, name=row.display_name, staff_id=None, party_id=row.party_id
                )
                for row in parties.demo_citizens(size)
            ]
        )
    )


@router.get("/demo/deliveries", response={200: shapes.Deliveries, 404: shapes.Problem})
def deliveries(request: HttpRequest) -> HttpResponse:
    """Return what the dispatcher and the sender of messages have still before them."""
    _demo_only()
    return answer(
        shapes.Deliveries(
            events={name: outbox.waiting(name) for name in sorted(outbox.CONSUMERS)},
            entries=evaluation.behind(),
            messages=notifications.waiting_count(SYSTEM, clock.real_now()),
        )
    )
