"""The idempotency key of a write: embedded when a page is rendered, a header in the API."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

FIELD = "_key"
HEADER = "Idempotency-Key"


def new() -> str:
    """Return a fresh key for a form."""
    return secrets.token_urlsafe(18)


def key(request: HttpRequest) -> str:
    """Return the request's key, or an empty string, which every operation refuses."""
    return request.POST.get(FIELD) or request.headers.get(HEADER, "")


def seen(request: HttpRequest) -> int | None:
    """Return the `seq` of the dossier that the page showed, where the page told it."""
    value = request.POST.get("_seen", "")
    return int(value) if value.isdecimal() and len(value) < 10 else None
