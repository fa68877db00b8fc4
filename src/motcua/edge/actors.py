"""Who is behind a request."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY, login, logout
from django.http import HttpRequest

from motcua.kernel.actor import ANONYMOUS, Actor, ActorKind
from motcua.kernel.errors import Forbidden
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.platform import clock


class SignInNeeded(Forbidden):
    """Nobody is signed in where somebody must be; pages answer with the sign-in page."""

    code = "sign_in_needed"
    message = "Bạn cần đăng nhập để tiếp tục."


def actor(request: HttpRequest) -> Actor:
    """Return the actor of the request, resolved once (one statement), or the anonymous one."""
    known = getattr(request, "motcua_actor", None)
    if known is None:
        account_id = request.session.get(SESSION_KEY)
        known = organisation.actor_of(int(account_id), clock.now()) if account_id else ANONYMOUS
        request.motcua_actor = known  # type: ignore[attr-defined]
    return known


def signed_in(request: HttpRequest) -> Actor:
    """
    Return the actor of the request.

    :raises SignInNeeded: nobody is signed in.
    """
    who = actor(request)
    if who.kind is ActorKind.ANONYMOUS:
        raise SignInNeeded
    return who


def staff(request: HttpRequest) -> Actor:
    """
    Return the member of staff behind the request.

    :raises SignInNeeded: nobody is, or a citizen is.
    """
    who = actor(request)
    if who.kind is not ActorKind.STAFF:
        raise SignInNeeded
    return who


def citizen(request: HttpRequest) -> Actor:
    """
    Return the citizen behind the request.

    :raises SignInNeeded: nobody is, or a member of staff is.
    """
    who = actor(request)
    if who.kind is not ActorKind.CITIZEN:
        raise SignInNeeded
    return who


def sign_in(request: HttpRequest, account: Account) -> None:
    """Start a session of the account; the session cookie is that of the audience of this address."""
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")


def sign_out(request: HttpRequest) -> None:
    """End the session."""
    logout(request)
