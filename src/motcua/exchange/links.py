"""
Links to files that a portal fetches: signed, for one partner, one dossier and one file, and over after some days.

Nobody can guess or widen one; it is worth nothing once the connection is off (facts-interfaces-dvcqg.md 6.9). Real
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing

from motcua.exchange.rules import LinkOver

PATH = "/api/v1/partner/handed/"
_SALT = "motcua.exchange.links"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a link is for."""

    partner: int
    subject: int
    file: int


def link(scope: Scope, *, days: int, real_at: datetime) -> str:
    """Return the address of a file for a partner, good for so many days."""
    until = int((real_at + timedelta(days=days)).timestamp())
    token = signing.dumps([scope.partner, scope.subject, scope.file, until], salt=_SALT)
    return f"{settings.BASE_URL}{PATH}{token}"


def opened(token: str, real_at: datetime) -> Scope:
    """
    Return what a link is for.

    :raises LinkOver: it was altered, or its time is over.
    """
    try:
        partner, subject, file, until = signing.loads(token, salt=_SALT)
    except signing.BadSignature as fault:
        raise LinkOver from fault
    if real_at.timestamp() > until:
        raise LinkOver
    return Scope(partner, subject, file)
