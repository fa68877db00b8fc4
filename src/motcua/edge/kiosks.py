"""
The kiosk behind a request: a browser that holds the key of one (R-087, R-088).

A person at a kiosk walks away without signing out. The page ends the session after a short while without a touch;
the server ends it by itself after `SESSION_LIVES`, whatever the page does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from motcua.organisation import kiosks
from motcua.organisation.kiosks import KioskRef

COOKIE = "motcua_kiosk"
SESSION_LIVES = timedelta(minutes=10)


def kiosk(request: HttpRequest) -> KioskRef | None:
    """Return the kiosk behind the request, resolved once; a browser without a key costs no statement."""
    if not hasattr(request, "motcua_kiosk"):
        key = request.COOKIES.get(COOKIE)
        request.motcua_kiosk = kiosks.behind(key) if key else None  # type: ignore[attr-defined]  # kept with the request
    found: KioskRef | None = request.motcua_kiosk  # type: ignore[attr-defined]  # put there above
    return found


def remember(response: HttpResponse, key: str) -> None:
    """Leave the key in the browser that has been paired."""
    response.set_cookie(
        COOKIE,
        key,
        max_age=settings.KIOSK_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


class KioskSessions:
    """Middleware: at a kiosk a session lives on only while somebody uses it, and no page stays in the browser."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; a request of somebody signed in at a kiosk moves the end of the session."""
        if COOKIE not in request.COOKIES:
            return self.get_response(request)
        at_kiosk = kiosk(request) is not None
        response = self.get_response(request)
        if at_kiosk:
            add_never_cache_headers(response)
            if SESSION_KEY in request.session:
                request.session.set_expiry(SESSION_LIVES)
        return response
