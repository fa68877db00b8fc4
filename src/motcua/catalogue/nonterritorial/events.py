"""What the list of procedures received anywhere tells upwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A procedure was held against the criteria."""

    NAME: ClassVar[str] = "catalogue.non_territorial_assessed.v1"
    procedure_code: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChanged:
    """An entry was made, ended, or a conclusion was drawn on a pilot; `act` says which."""

    NAME: ClassVar[str] = "catalogue.non_territorial_list.v1"
    entry: int
    procedure_code: str
    act: str
    valid_from: date
    valid_to: date | None
