"""Processes that go on until they are told to stop."""

from __future__ import annotations

import signal
import threading
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections
from structlog.typing import FilteringBoundLogger


def until_told() -> threading.Event:
    """Return what is set as soon as the process is told to stop (SIGTERM, SIGINT)."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def follow(
    stop: threading.Event,
    turn: Callable[[], object],
    *,
    pause: float,
    log: FilteringBoundLogger,
    waiting: str,
) -> None:
    """Do a turn every `pause` seconds until `stop` is set; without the database wait for it, and log `waiting`."""
    try:
        while not stop.is_set():
            try:
                turn()
            except DatabaseError as error:
                log.warning(waiting, error=str(error).splitlines()[0])
                close_old_connections()
                stop.wait(2.0)
            stop.wait(pause)
    finally:
        close_old_connections()


class SendingCommand(BaseCommand, ABC):
    """A command that sends what is queued until told to stop; --once sends what is due and ends."""

    @abstractmethod
    def drain(self) -> int:
        """Send what is due now; return how many messages were taken up."""

    @abstractmethod
    def follow(self, stop: threading.Event) -> None:
        """Send what is due until `stop` is set."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            self.stdout.write(f"{self.drain()} tin đã xử lý")
        else:
            self.follow(until_told())
