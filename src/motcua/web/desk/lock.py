"""
The idle lock: after some minutes without a request a page asks who is there before it goes on.

The last request is kept in a signed cookie bound to the session, renewed at most once a minute, so that no
request writes to the database for it. A session begun at the sign-in page is locked without its cookie too: throwing
the cookie away opens nothing. Real time, not the clock of acts.
"""

from __future__ import annotations

import hashlib
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "motcua_desk_seen"
MARK: Final = "desk_idle_lock"
RENEW_SECONDS: Final = 60
USUAL_MINUTES: Final = 15

_signer = signing.TimestampSigner(salt="motcua.desk.idle")


def minutes() -> int:
    """Return after how many minutes without a request a page is locked."""
    return int(getattr(settings, "DESK_IDLE_MINUTES", USUAL_MINUTES))


def _whose(request: HttpRequest) -> str:
    return hashlib.sha256((request.session.session_key or "").encode()).hexdigest()[:24]


def is_locked(request: HttpRequest) -> bool:
    """Tell whether nobody has been here for too long."""
    if not request.session.get(MARK):
        return False
    return not _fresh(request, minutes() * 60)


def _fresh(request: HttpRequest, seconds: int) -> bool:
    try:
        return _signer.unsign(request.COOKIES.get(COOKIE, ""), max_age=seconds) == _whose(request)
    except signing.BadSignature:
        return False


def begin(request: HttpRequest) -> None:
    """Let the lock watch this session; called when it begins."""
    request.session[MARK] = True


def stamp(request: HttpRequest, response: HttpResponse, *, always: bool = False) -> None:
    """Note on the response that somebody is here, at most once a minute."""
    if not request.session.get(MARK) or (not always and _fresh(request, RENEW_SECONDS)):
        return
    response.set_cookie(
        COOKIE,
        _signer.sign(_whose(request)),
        path="/can-bo/",
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )
