"""When something that goes over a line to somebody else is tried again: pure rules for messages of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Failure(StrEnum):
    """Why a sending did not come through: the far side is away, refused for now, or refused for good."""

    OUTAGE = "outage"
    TRANSIENT = "transient"
    PERMANENT = "permanent"


class NotSent(Exception):
    """A sending did not come through; `failure` says whether trying again can help."""

    def __init__(self, failure: Failure, reason: str) -> None:
        self.failure = failure
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round of sending did."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Return how many messages were taken up."""
        return self.sent + self.postponed + self.failed


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long a sending is tried; an outage costs time but no attempt."""

    limit: int = 6
    first: timedelta = timedelta(seconds=20)
    longest: timedelta = timedelta(hours=1)
    outage_pause: timedelta = timedelta(seconds=15)
    give_up_after: timedelta = timedelta(hours=24)

    def next(self, failure: Failure, *, attempts: int, queued_at: datetime, at: datetime) -> datetime | None:
        """Return when to try again after attempt number `attempts` (from 1), or None to give up."""
        if failure is Failure.PERMANENT or at - queued_at >= self.give_up_after:
            return None
        if failure is Failure.OUTAGE:
            return at + self.outage_pause
        if attempts >= self.limit:
            return None
        doubled: timedelta = self.first * (1 << (min(attempts, 20) - 1))
        return at + min(doubled, self.longest)
