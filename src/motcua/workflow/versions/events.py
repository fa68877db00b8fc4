"""What the versions of processes tell upwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEvent:
    """What every event of a draft tells: of which procedure and variant."""

    NAME: ClassVar[str] = "workflow.process_changed.v1"
    draft_id: int
    procedure_code: str
    variant: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(DraftEvent):
    NAME: ClassVar[str] = "workflow.process_drafted.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved(DraftEvent):
    NAME: ClassVar[str] = "workflow.process_saved.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(DraftEvent):
    NAME: ClassVar[str] = "workflow.process_checked.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded(DraftEvent):
    NAME: ClassVar[str] = "workflow.process_discarded.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved(DraftEvent):
    NAME: ClassVar[str] = "workflow.process_approved.v1"
    process_version_id: int
    decision_no: str
    effective_on: date
