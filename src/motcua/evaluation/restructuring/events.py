"""What the register of restructuring tells upwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class RestructuringMoved:
    """A restructuring was proposed, changed, approved, put in use, judged or dropped; `stage` says where it is."""

    NAME: ClassVar[str] = "evaluation.restructuring.v1"
    restructuring: int
    at: datetime
    procedure_code: str
    stage: str
