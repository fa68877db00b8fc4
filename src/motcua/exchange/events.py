"""What leaves when something is done with a connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PartnerMoved:
    """A connection was put in, changed, given a secret, refused, made to send again, switched off: `act` says it."""

    NAME: ClassVar[str] = "exchange.partner.v1"

    partner: int
    at: datetime
    act: str
