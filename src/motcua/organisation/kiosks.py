"""Reads of kiosks: which there are, and which one is asking (R-087)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from motcua.kernel.actor import Actor, Role
from motcua.organisation.models import Kiosk
from motcua.organisation.rules import NotTheAdministrator
from motcua.platform import reading


@dataclass(frozen=True, slots=True)
class KioskRow:
    """A kiosk in the administrator's list; `code_until`: until when its pairing code may be typed."""

    id: int
    unit_id: int
    name: str
    code_until: datetime | None
    paired_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class KioskRef:
    """The kiosk behind a request."""

    id: int
    unit_id: int
    name: str


def hashed(secret: str) -> bytes:
    """Return what is kept of a pairing code or key."""
    return hashlib.sha256(secret.encode()).digest()


def kiosks(actor: Actor) -> list[KioskRow]:
    """
    Return all kiosks, those in use first.

    :raises NotTheAdministrator: the actor does not look after the systems.
    """
    if actor.duty(Role.ADMIN) is None:
        raise NotTheAdministrator
    found = Kiosk.objects.order_by(F("closed_at").asc(nulls_first=True), "unit__code", "name")
    fields = ("pk", "unit_id", "name", "code_until", "paired_at", "closed_at")
    return [KioskRow(*row) for row in found.values_list(*fields)]


def behind(key: str) -> KioskRef | None:
    """Return the kiosk in use that holds this key, or nothing (one statement)."""
    with reading.prepared() as cursor:
        cursor.execute(
            "SELECT id, unit_id, name FROM organisation_kiosk WHERE key_hash = %s AND closed_at IS NULL",
            [hashed(key)],
        )
        row = cursor.fetchone()
    return KioskRef(*row) if row else None


def in_use(kiosk_id: int) -> bool:
    """Tell whether a kiosk is paired and not taken out of use (one statement)."""
    return Kiosk.objects.filter(pk=kiosk_id, closed_at=None, key_hash__isnull=False).exists()
