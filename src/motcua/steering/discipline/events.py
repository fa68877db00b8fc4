"""What leaves when a reminder or case moves: numbers only, nothing about whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class DisciplineMoved:
    """A reminder or case moved; `turn` says how."""

    NAME: ClassVar[str] = "steering.discipline.v1"

    number: int
    at: datetime
    turn: str
