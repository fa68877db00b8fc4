"""
The sender as a loop: `manage deliver` runs it as a process of its own, because it waits for others' servers.
"""

from __future__ import annotations

import threading

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from motcua.notifications import operations
from motcua.notifications.gateways import Gateways
from motcua.platform import clock

log = structlog.get_logger(__name__)
LIMIT = 100
RECEIPTS_EVERY_TURNS = 10


def gateways() -> Gateways:
    """Return the ways out of the settings."""
    return Gateways(sms_url=settings.SMS_URL, sms_token=settings.SMS_TOKEN, smtp_url=settings.SMTP_URL)


def follow(stop: threading.Event, pause: float = 1.0) -> None:
    """Send what is due until `stop` is set, and now and then ask for missing delivery reports."""
    ways = gateways()
    turn = 0
    try:
        while not stop.is_set():
            try:
                while operations.send_due(clock.real_now(), ways, LIMIT).sent == LIMIT and not stop.is_set():
                    pass
                if turn % RECEIPTS_EVERY_TURNS == 0:
                    operations.poll_receipts(clock.real_now(), ways)
            except DatabaseError as error:
                log.warning("messages_wait_for_database", error=str(error).splitlines()[0])
                close_old_connections()
                stop.wait(2.0)
            turn += 1
            stop.wait(pause)
    finally:
        ways.close()
        close_old_connections()


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
