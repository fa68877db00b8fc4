"""Stored files on their way to a browser."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse


def sent(data: bytes, name: str, mime: str) -> HttpResponse:
    """Return a stored file to be looked at in the browser under its own name."""
    response = HttpResponse(data, content_type=mime)
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    response.headers["Cache-Control"] = "private, no-store"
    return response
