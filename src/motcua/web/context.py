"""What every page may show: whose portal it is, what time it is, who is signed in."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from motcua.edge import actors, kiosks
from motcua.kernel.actor import ActorKind
from motcua.organisation import queries as organisation
from motcua.organisation.kiosks import KioskRef
from motcua.organisation.rules import Tier
from motcua.organisation.tree import Tree
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
    def authority(self) -> str:
        """Return whose site it is: the People's Committee of the province."""
        return _authority(organisation.tree(), clock.today())

    @property
    def province(self) -> str:
        """Return the province by its name: 'tỉnh Hải Dương'."""
        return self.authority.removeprefix("Ủy ban nhân dân ")

    @property
    def person(self) -> str:
        """Return the name of the citizen who is signed in, or nothing."""
        who = actors.actor(self._request)
        return who.name if who.kind is ActorKind.CITIZEN else ""

    @property
    def kiosk(self) -> KioskRef | None:
        """Return the kiosk that is asking, if one is."""
        return kiosks.kiosk(self._request)


@lru_cache(maxsize=8)
def _authority(tree: Tree, on: date) -> str:
    """Return the name of the agency at the top of the province's own tree on a day."""
    for agency in tree.agencies.values():
        node = tree.nodes.get(tree.roots.get(agency.id, 0))
        if (
            agency.parent_id is None
            and node is not None
            and node.ref.tier == Tier.PROVINCE
            and node.in_force(on)
        ):
            return node.ref.name
    return ""


def site(request: HttpRequest) -> dict[str, Any]:
    """Return `site` for templates."""
    return {"site": Site(request)}
