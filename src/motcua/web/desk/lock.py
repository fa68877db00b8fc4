"""
The idle lock: after some minutes without a request a page asks who is there before it goes on.

The last request to any staff page is kept in a signed cookie bound to the session, renewed at most once a minute, so
that no request writes to the database for it. A session begun at the sign-in page is locked without its cookie too:
throwing the cookie away opens nothing. Real time, not the clock of acts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "motcua_desk_seen"
PATH: Final = "/"  # desk and leaders' pages share it
MARK: Final = "desk_idle_lock"
RENEW_SECONDS: Final = 60
USUAL_MINUTES: Final = 15

_signer = signing.TimestampSigner(salt="motcua.desk.idle")


def minutes() -> int:
    """Return after how many minutes without a request a page is locked."""
    return int(getattr(settings, "DESK_IDLE_MINUTES", USUAL_MINUTES))


def _whose(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:24]


def is_locked(request: HttpRequest) -> bool:
    """Tell whether nobody has been here for too long."""
    return idle(request.session, request.session.session_key or "", request.COOKIES.get(COOKIE, ""))


def idle(session: Mapping[str, Any], session_key: str, seen: str) -> bool:
    """Tell it of a session and the cookie that came with it (the event stream has no request of Django's)."""
    return bool(session.get(MARK)) and not _fresh(session_key, seen, minutes() * 60)


def _fresh(session_key: str, seen: str, seconds: int) -> bool:
    try:
        return _signer.unsign(seen, max_age=seconds) == _whose(session_key)
    except signing.BadSignature:
        return False


def begin(request: HttpRequest) -> None:
    """Let the lock watch this session; called when it begins."""
    request.session[MARK] = True


def stamp(request: HttpRequest, response: HttpResponse, *, always: bool = False) -> None:
    """Note on the response that somebody is here, at most once a minute."""
    key = request.session.session_key or ""
    if not request.session.get(MARK):
        return
    if not always and _fresh(key, request.COOKIES.get(COOKIE, ""), RENEW_SECONDS):
        return
    response.set_cookie(
        COOKIE,
        _signer.sign(_whose(key)),
        path=PATH,
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )
