"""
What time it is.

`now()` is the clock of acts; in demo mode it can be moved forward (never back), otherwise it is the real one.
`real_now()` is for what must not move with it: sessions, tokens, jobs, seals and the order of the ledger.
Only web, api, tasks, handlers and setup ask; operations and rules take the moment as an argument.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import transaction

from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Conflict
from motcua.platform.models_clock import DemoClock

DEMO_START = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
KEPT_SECONDS = 10.0

_held: ContextVar[datetime | None] = ContextVar("held_moment", default=None)


class Backwards(Conflict):
    """The demo clock was asked to go back: entries already carry later times."""

    code = "clock_backwards"
    message = "Đồng hồ trình diễn không quay lui được."


@dataclass(frozen=True, slots=True)
class Anchor:
    """At the real moment `real_at` the demo clock showed `demo_at`; it runs on from there."""

    demo_at: datetime
    real_at: datetime

    def now(self, real: datetime) -> datetime:
        """Return what the demo clock shows at a real moment."""
        return (self.demo_at + (real - self.real_at)).astimezone(UTC)


_anchor: Anchor | None = None
_anchor_read_at = 0.0


def now() -> datetime:
    """Return the moment by which acts are dated (aware, UTC)."""
    held = _held.get()
    if held is not None:
        return held
    if not settings.DEMO:
        return real_now()
    return _demo_anchor().now(real_now())


def today() -> date:
    """Return the date in the province at `now()`."""
    return now().astimezone(LOCAL).date()


def real_now() -> datetime:
    """Return the real moment (aware, UTC)."""
    return datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """
    Hold `now()` at a moment for the calls inside; for playing history and for tests only.

    :raises ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)


@transaction.atomic
def start_demo(moment: datetime = DEMO_START) -> datetime:
    """Start the demo clock at the moment if this database has none yet; return what it shows."""
    real = real_now()
    row, _made = DemoClock.objects.get_or_create(id=1, defaults={"demo_at": moment, "real_at": real})
    _forget()
    return Anchor(row.demo_at, row.real_at).now(real)


@transaction.atomic
def move_demo(moment: datetime) -> datetime:
    """
    Set the demo clock forward to the moment, from where it runs on.

    :raises Backwards: it already shows a later time in this database.
    :raises ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    start_demo()
    row = DemoClock.objects.select_for_update(no_key=True).get(id=1)
    real = real_now()
    shown = Anchor(row.demo_at, row.real_at).now(real)
    if moment < shown:
        raise Backwards(shown=shown.isoformat(), asked=moment.isoformat())
    DemoClock.objects.filter(id=1).update(demo_at=moment, real_at=real)
    _forget()
    return moment.astimezone(UTC)


def _demo_anchor() -> Anchor:
    """Return the anchor, read again from the database every few seconds."""
    global _anchor, _anchor_read_at
    ticks = time.monotonic()
    if _anchor is None or ticks - _anchor_read_at > KEPT_SECONDS:
        row = DemoClock.objects.filter(id=1).first()
        _anchor = Anchor(DEMO_START, real_now()) if row is None else Anchor(row.demo_at, row.real_at)
        _anchor_read_at = ticks
    return _anchor


def _forget() -> None:
    global _anchor
    _anchor = None
