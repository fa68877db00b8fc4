"""How a stand-in misbehaves on request."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from enum import StrEnum


class Mode(StrEnum):
    """
    ok: works; busy: refuses for now; reject: refuses for good; slow: answers late; lost: takes it, never
    delivers; down: hangs up without an answer.
    """

    OK = "ok"
    BUSY = "busy"
    REJECT = "reject"
    SLOW = "slow"
    LOST = "lost"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The mode, for how many more requests it holds (None: until changed), and how slow slow is."""

    mode: Mode = Mode.OK
    times: int | None = None
    delay_seconds: float = 2.0


class Control:
    """The present behaviour, shared by threads."""

    def __init__(self) -> None:
        self._behaviour = Behaviour()
        self._lock = threading.Lock()

    def set(self, behaviour: Behaviour) -> None:
        """Behave like this from now on."""
        with self._lock:
            self._behaviour = behaviour

    @property
    def now(self) -> Behaviour:
        """Return how the next request will be met."""
        with self._lock:
            return self._behaviour

    def next(self) -> Mode:
        """Return the mode for the next request (after the wait, when slow) and count it."""
        with self._lock:
            now = self._behaviour
            if now.times is not None:
                left = now.times - 1
                self._behaviour = replace(now, times=left) if left > 0 else Behaviour()
        if now.mode is Mode.SLOW:
            time.sleep(now.delay_seconds)
        return now.mode
