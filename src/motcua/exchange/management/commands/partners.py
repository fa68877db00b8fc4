"""`manage partners`: send messages to partners until told to stop; --once sends what is due and ends."""

from __future__ import annotations

import threading

from motcua.exchange import tasks
from motcua.platform.rounds import SendingCommand


class Command(SendingCommand):
    help = "Send queued messages to the systems of partners."

    def drain(self) -> int:
        return tasks.drain()

    def follow(self, stop: threading.Event) -> None:
        tasks.follow(stop)
