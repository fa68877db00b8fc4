"""What every page may show: whose portal it is, what time it is, who is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from motcua.edge import actors
from motcua.kernel.actor import ActorKind
from motcua.platform import clock


class Site:
    """Facts of the site, asked only when a template uses them."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.demo = bool(settings.DEMO)

    @property
    def now(self) -> datetime:
        """Return the clock of acts."""
        return clock.now()

    @property
    def person(self) -> str:
        """Return the name of the citizen who is signed in, or nothing."""
        who = actors.actor(self._request)
        return who.name if who.kind is ActorKind.CITIZEN else ""


def site(request: HttpRequest) -> dict[str, Any]:
    """Return `site` for templates."""
    return {"site": Site(request)}
