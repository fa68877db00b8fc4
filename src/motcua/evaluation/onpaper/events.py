"""What leaves when a sign of handling on paper moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PaperSignMoved:
    """A sign was found, asked about, answered or closed; `state` says which."""

    NAME: ClassVar[str] = "evaluation.paper_sign.v1"

    finding: int
    at: datetime
    sign: str
    state: str
    unit_id: int
