"""`manage deliver`: send queued SMS and letters until told to stop; --once sends what is due and ends."""

from __future__ import annotations

import threading

from motcua.notifications import tasks
from motcua.platform.rounds import SendingCommand


class Command(SendingCommand):
    help = "Send queued messages through the gateways of the settings."

    def drain(self) -> int:
        return tasks.drain()

    def follow(self, stop: threading.Event) -> None:
        tasks.follow(stop)
