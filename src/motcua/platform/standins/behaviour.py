"""How a stand-in misbehaves on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

LONGEST_DELAY: Final = 60.0


class Mode(StrEnum):
    """
    ok: works; unknown: confirms nothing; busy: refuses for now; reject: refuses for good; slow: answers late;
    lost: takes it, never delivers; broken: answers what nobody can read; down: hangs up without an answer.
    """

    OK = "ok"
    UNKNOWN = "unknown"
    BUSY = "busy"
    REJECT = "reject"
    SLOW = "slow"
    LOST = "lost"
    BROKEN = "broken"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The mode, for how many more requests it holds (None: until changed), and how slow slow is."""

    mode: Mode = Mode.OK
    times: int | None = None
    delay_seconds: float = 2.0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Behaviour:
        """
        Return what a request to /control asks for.

        :raises ValueError: no mode, or no numbers
        """
        times = body.get("times")
        try:
            delay = min(float(body.get("delay_seconds") or cls().delay_seconds), LONGEST_DELAY)
            return cls(Mode(body.get("mode", "ok")), None if times in (None, "") else int(times), delay)
        except TypeError as wrong:
            raise ValueError("mode, times, delay_seconds") from wrong


class Control:
    """The present behaviour, shared by threads. `modes` are the ways this stand-in can behave."""

    def __init__(self, modes: Iterable[Mode]) -> None:
        self.modes = frozenset(modes)
        self._behaviour = Behaviour()
        self._lock = threading.Lock()

    def set(self, behaviour: Behaviour) -> None:
        """
        Behave like this from now on.

        :raises ValueError: not a way this stand-in can behave
        """
        if behaviour.mode not in self.modes:
            raise ValueError(f"not one of its modes: {behaviour.mode}")
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
