"""
The sender as a loop: `manage partners` runs it as a process of its own, because it waits for others' servers.
"""

from __future__ import annotations

import threading

import structlog
from django.conf import settings

from motcua.exchange import connectors
from motcua.exchange.connectors import Line
from motcua.exchange.operations import firstsync, reconciling, sending, tidying
from motcua.platform import clock, rounds

log = structlog.get_logger(__name__)
LIMIT = 20


def line_of(code: str, address: str, *, portal: bool = False) -> Line:
    """Return where a partner's messages go: the stand-in in a demo, else the agreed address; with its token."""
    tokens = settings.PARTNER_TOKENS
    standin = settings.PORTAL_STANDIN_URL if portal else settings.PARTNER_STANDIN_URL
    return Line(standin or address, tokens.get(code, tokens.get("*", "")))


def drain() -> int:
    """
    Send everything that is due now, once; return how many messages were taken up.

    Then go on with first synchronisations by one batch, and ask portals what they have of one batch.
    """
    total = 0
    while True:
        done = sending.send_due(
            at=clock.now(), real_at=clock.real_now(), send=connectors.send, line_of=line_of, limit=LIMIT
        )
        total += done.total
        if done.total < LIMIT:
            break
    at, real_at = clock.now(), clock.real_now()
    firstsync.advance(at=at, real_at=real_at)
    reconciling.check_due(at=at, real_at=real_at, line_of=line_of, limit=LIMIT)
    return total


def tidy() -> None:
    """Clear a batch of the log of messages whose time is over."""
    tidying.tidy(real_at=clock.real_now())


def follow(stop: threading.Event, pause: float = 1.0) -> None:
    """Send what is due until `stop` is set."""
    rounds.follow(stop, drain, pause=pause, log=log, waiting="partners_wait_for_database")
