"""How long steps usually take: what a room above counted from past dossiers, for those who look ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol


class UsualTimes(Protocol):
    """Tells how long the steps of a process take in practice."""

    def __call__(self, process_version_id: int, on: date) -> Mapping[str, int]:
        """Return the usual working minutes by step, as known on a local day; rare steps are left out."""


def _unknown(process_version_id: int, on: date) -> Mapping[str, int]:
    """Know nothing: the hours of the process count."""
    return {}


_source: UsualTimes = _unknown


def usual_from(source: UsualTimes) -> None:
    """Register who counts them (called in AppConfig.ready)."""
    global _source
    _source = source


def usual(process_version_id: int, on: date) -> Mapping[str, int]:
    """Return the usual working minutes by step."""
    return _source(process_version_id, on)
