"""
The sender as a loop: `manage deliver` runs it as a process of its own, because it waits for others' servers.
"""

from __future__ import annotations

import itertools
import threading

import structlog
from django.conf import settings

from motcua.notifications import operations
from motcua.notifications.gateways import Gateways
from motcua.platform import clock, rounds

log = structlog.get_logger(__name__)
LIMIT = 100
RECEIPTS_EVERY_TURNS = 10


def gateways() -> Gateways:
    """Return the ways out of the settings."""
    return Gateways(sms_url=settings.SMS_URL, sms_token=settings.SMS_TOKEN, smtp_url=settings.SMTP_URL)


def follow(stop: threading.Event, pause: float = 1.0) -> None:
    """Send what is due until `stop` is set, and now and then ask for missing delivery reports."""
    ways, turns = gateways(), itertools.count()

    def turn() -> None:
        number = next(turns)
        while operations.send_due(clock.real_now(), ways, LIMIT).sent == LIMIT and not stop.is_set():
            pass
        if number % RECEIPTS_EVERY_TURNS == 0:
            operations.poll_receipts(clock.real_now(), ways)

    try:
        rounds.follow(stop, turn, pause=pause, log=log, waiting="messages_wait_for_database")
    finally:
        ways.close()


def drain() -> int:
    """Send everything that is due now, once; return how many messages were taken up."""
    ways, total = gateways(), 0
    try:
        while (done := operations.send_due(clock.real_now(), ways, LIMIT)).total:
            total += done.total
        operations.poll_receipts(clock.real_now(), ways)
    finally:
        ways.close()
    return total
