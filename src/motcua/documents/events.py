"""What the documents room tells upwards. Names are versioned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMoved:
    """
    An authority is trusted between other days, a certificate was registered or withdrawn, a remote signing service is
    used between other days, or keeps the key of a certificate; `act` says which.
    """

    NAME: ClassVar[str] = "documents.trust.v1"
    number: int
    at: datetime
    act: str
