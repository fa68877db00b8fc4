"""
What goes on beside the acts: events to their consumers, readers of the ledger, and once a minute the seal.

Rooms above register their readers and their chores in AppConfig.ready; the dispatcher knows only names.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

from motcua.platform import attempts, clock, outbox, seals

READERS: dict[str, Callable[[], int]] = {}
CHORES: dict[str, Callable[[], object]] = {}


def reader(name: str, catch_up: Callable[[], int]) -> None:
    """Register something that follows the ledger; it returns how much it read, 0 when it is level."""
    READERS[name] = catch_up


def chore(name: str, run: Callable[[], object]) -> None:
    """Register something to be done every minute."""
    CHORES[name] = run


def turn() -> int:
    """Give every consumer and reader one turn; return how much there was to do."""
    return sum(outbox.drain(name) for name in outbox.CONSUMERS) + sum(read() for read in READERS.values())


def every_minute() -> None:
    """Seal the ledger, make the months to come, forget old failures, and do the registered chores."""
    seals.seal()
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_ensure_partitions(3)")
    attempts.forget_old(clock.real_now())
    for run in CHORES.values():
        run()
