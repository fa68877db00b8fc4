"""`manage dispatch`: hand events to their consumers, catch up the tallies, seal the ledger each minute."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connection

from motcua.platform import dispatcher
from motcua.platform.rounds import until_told

log = structlog.get_logger(__name__)
FULL = 200
"""How much a turn finds when there is more behind it."""
BREATH = 0.05
"""Seconds to rest after a turn that found less: under load the next one has more to do, for the same statements."""


class Command(BaseCommand):
    help = "Run the dispatcher until it is told to stop; --once drains everything and ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true")
        parser.add_argument(
            "--pause", type=float, default=0.5, help="seconds to rest when there is nothing to do"
        )

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        if once:
            while dispatcher.turn():
                pass
            dispatcher.every_minute()
            return
        stop = until_told()
        minute = 0.0
        while not stop.is_set():
            try:
                busy = dispatcher.turn()
                if time.monotonic() - minute >= 60:
                    dispatcher.every_minute()
                    minute = time.monotonic()
            except Error as error:  # the database is away: wait for it, lose nothing
                log.warning("dispatcher_waits_for_database", error=str(error).splitlines()[0])
                connection.close()
                busy = 0
                stop.wait(1.0)
            if not busy:
                close_old_connections()
                stop.wait(pause)
            elif busy < FULL:
                stop.wait(BREATH)
