"""Signing in and out, and who one is."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from ninja import Router

from motcua.api import shapes
from motcua.api.who import ANYONE, guarded
from motcua.api.wire import answer
from motcua.edge import actors, attempts
from motcua.edge.attempts import WrongPassword
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.parties.rules import AccountKind
from motcua.platform import clock

router = Router(tags=["Phiên"])


class WrongAudience(Invalid):
    """The session cookie of one audience was asked for, the account is of the other."""

    code = "wrong_audience"
    message = "Tiêu đề X-Motcua-Audience phải trùng với loại tài khoản đăng nhập."


def _me(request: HttpRequest, actor: Actor) -> shapes.Me:
    return shapes.Me(
        kind=actor.kind.value,
        name=actor.name,
        party_id=actor.party_id,
        staff_id=actor.staff_id,
        province_wide=actor.province_wide,
        duties=[
            shapes.DutyOut(
                role=duty.role.value,
                unit=organisation.unit(duty.unit_id).code,
                unit_name=organisation.unit(duty.unit_id).name,
                scope=duty.scope.value,
                fields=sorted(duty.fields),
            )
            for duty in actor.duties
        ],
        csrf_token=get_token(request),
        at=clock.now(),
    )


@router.get("/session", response=shapes.Me, summary="Tôi là ai; lấy mã CSRF")
def me(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in (nobody: kind anonymous) and the CSRF token."""
    return answer(_me(request, actors.actor(request)))


@router.post(
    "/session",
    response={200: shapes.Me, 403: shapes.Problem, 422: shapes.Problem, 429: shapes.Problem},
    summary="Đăng nhập",
)
def sign_in(request: HttpRequest, body: shapes.SignIn) -> HttpResponse:
    """
    Start a session with user name and password.

    The header X-Motcua-Audience says whose cookie it is (`staff` or `citizen`) and must agree with `audience`. The
    CSRF cookie of GET /session and its header are needed here too.
    """
    guarded(request)
    if request.headers.get("X-Motcua-Audience") != body.audience:
        raise WrongAudience
    with attempts.guarded(request, attempts.SIGNING_IN, body.username, (WrongPassword,)):
        account = parties.account_for_sign_in(body.username, AccountKind(body.audience))
        if account is None or not account.check_password(body.password):
            if account is None:
                make_password(body.password)  # the same work, so that time does not tell which accounts exist
            raise WrongPassword
    actors.sign_in(request, account)
    return answer(_me(request, organisation.actor_of(account.pk, clock.now())))


@router.delete("/session", auth=ANYONE, response={204: None}, summary="Đăng xuất")
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    actors.sign_out(request)
    return HttpResponse(status=204)
