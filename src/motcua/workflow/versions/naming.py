"""
What the steps of a process may name: parts of the procedure's form, papers a step prints.

Both belong to rooms that know the procedure's form and papers; one of them fills the source (AppConfig.ready).
"""

from __future__ import annotations

from datetime import date
from typing import Final, Protocol

from motcua.workflow.versions.rules import Nameable


class Names(Protocol):
    """Knows what the steps of a procedure's processes may name."""

    def __call__(self, procedure_version_id: int, on: date) -> Nameable:
        """Return it for a local day."""
        ...


_filled: Final[list[Names]] = []


def fill(names: Names) -> None:
    """Say who knows (called in AppConfig.ready of the room above)."""
    _filled[:] = [names]


def nameable(procedure_version_id: int, on: date) -> Nameable:
    """Return what the steps of a procedure's processes may name on a local day."""
    return _filled[0](procedure_version_id, on)
