"""
Where look-ups go: sources of data outside, declared here and filled by a room above (R-045).

Asked outside of every transaction, never in an act: what a source answered is stored first and used then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says: whether it confirms what was asked, and the record it has."""

    confirmed: bool
    record: Mapping[str, Any]


class LookupFailed(Exception):
    """A source did not answer, or could not; `permanent`: asking again the same way cannot help."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class LookupSource(Protocol):
    """A source that can be asked about facts of a dossier."""

    def look_up(self, reference: str, asked: Mapping[str, Any]) -> Answer:
        """
        Ask; the same `reference` again is the same question.

        :raises LookupFailed:
        """
        ...


SOURCES: Final[dict[str, LookupSource]] = {}
NAMES: Final[dict[str, str]] = {}
"""What the sources are called, by code: the list an officer chooses from."""


def register(code: str, source: LookupSource, name: str = "") -> None:
    """Fill a source (called in AppConfig.ready of the room above)."""
    SOURCES[code] = source
    NAMES[code] = name or NAMES.get(code, code)


def source(code: str) -> LookupSource:
    """
    Return a source by the code that processes name.

    :raises LookupFailed: nobody fills it.
    """
    found = SOURCES.get(code)
    if found is None:
        raise LookupFailed(f"Nguồn dữ liệu “{code}” chưa được kết nối")
    return found
