"""
What goes on beside the acts: events to their consumers, readers of the ledger, and once a minute the seal.

Rooms above register their readers and their chores in AppConfig.ready; the dispatcher knows only names.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.db import Error, connection

from motcua.platform import attempts, clock, outbox, seals

log = structlog.get_logger(__name__)
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
    """
    Seal the ledger, make the months to come, forget old failures, and do the registered chores.

    A chore that fails is logged and tried again in a minute; the others and the events go on.
    """
    seals.seal()
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_ensure_partitions(3)")
    attempts.forget_old(clock.real_now())
    for name, run in CHORES.items():
        try:
            run()
        except Error:
            raise  # the database is away: the dispatcher waits for it
        except Exception:
            log.exception("chore_failed", chore=name)
