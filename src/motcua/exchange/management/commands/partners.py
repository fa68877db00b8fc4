"""`manage partners`: send messages to partners until told to stop; --once sends what is due and ends."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from motcua.exchange import tasks


class Command(BaseCommand):
    help = "Send queued messages to the systems of partners."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        if once:
            self.stdout.write(f"{tasks.drain()} tin đã xử lý")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        tasks.follow(stop)
