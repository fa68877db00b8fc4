"""What leaves when a report of a fault moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FaultMoved:
    """A fault was reported, given on, answered, closed or taken up again; `turn` says which."""

    NAME: ClassVar[str] = "steering.fault.v1"

    fault: int
    at: datetime
    turn: str
    state: str
    owner_id: int
