"""Who calls: the session cookie of staff or citizen, with the CSRF header on everything that is no reading."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie
from ninja.security.http import HttpAuthBase
from ninja.utils import check_csrf

from motcua.edge import actors
from motcua.edge.actors import SignInNeeded
from motcua.exchange import queries as exchange
from motcua.exchange import rules as exchange_rules
from motcua.exchange.queries import Calling
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Forbidden
from motcua.platform import clock

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfMissing(Forbidden):
    """A write came without the CSRF token of its session."""

    code = "csrf"
    message = "Yêu cầu thiếu mã bảo vệ của phiên. Gửi mã ở tiêu đề X-CSRFToken (lấy tại GET /api/v1/session)."


class _Session(APIKeyCookie):
    """Lets an operation be called by whom `actor_of` returns; it raises for anybody else."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor:
        """
        Return the actor.

        :raises SignInNeeded, CsrfMissing:
        """
        guarded(request)
        return self.actor_of(request)

    def actor_of(self, request: HttpRequest) -> Actor:
        """Return who is signed in."""
        return actors.signed_in(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Never asked: `__call__` answers."""
        raise NotImplementedError


class NoToken(SignInNeeded):
    """A partner's system came without a token in force."""

    code = exchange_rules.TokenNeeded.code
    message = exchange_rules.TokenNeeded.message


class PartnerToken(HttpAuthBase):
    """A partner's system with a token of ours in the header Authorization; no session, so no CSRF token."""

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Calling:
        """
        Return who calls.

        :raises NoToken:
        """
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            return exchange.calling(
                token.strip() if kind.lower() == self.openapi_scheme else "",
                at=clock.now(),
                real_at=clock.real_now(),
            )
        except exchange_rules.TokenNeeded as refusal:
            raise NoToken from refusal


def calling(request: HttpRequest) -> Calling:
    """Return the partner behind a request that came with a token."""
    found: Calling = request.auth  # type: ignore[attr-defined]  # the interface keeps there whom it let in
    return found


class AnySession(_Session):
    """Staff or citizen; the header X-Motcua-Audience says which where a client holds both."""


class StaffSession(_Session):
    """A member of staff."""

    param_name = settings.STAFF_SESSION_COOKIE_NAME

    def actor_of(self, request: HttpRequest) -> Actor:
        """Return the member of staff."""
        return actors.staff(request)


class CitizenSession(_Session):
    """A citizen."""

    def actor_of(self, request: HttpRequest) -> Actor:
        """Return the citizen."""
        return actors.citizen(request)


def guarded(request: HttpRequest) -> None:
    """
    Let a write pass only with its CSRF token.

    :raises CsrfMissing:
    """
    if request.method not in READING and check_csrf(request) is not None:
        raise CsrfMissing


STAFF, CITIZEN, ANYONE, PARTNER = StaffSession(), CitizenSession(), AnySession(), PartnerToken()
