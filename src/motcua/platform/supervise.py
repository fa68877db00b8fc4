"""
Start processes, keep them running, stop them all.

Every service runs in a session of its own and gets SIGTERM from the kernel when the supervisor dies, even by
kill -9 (PR_SET_PDEATHSIG); processes that a service forks ask the same for themselves (`die_with_parent`). A
service that ends is started again, ever more slowly while it keeps ending; what it left of its process group
is killed first.

Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 30.0
STOP_SECONDS = 15.0
SUPERVISED = "MOTCUA_SUPERVISED"


@dataclass(frozen=True, slots=True)
class Service:
    """One process to keep running; without a `log` its output goes to the console, its name in front."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path | None = None
    folder: Path | None = None


@dataclass(slots=True)
class _Running:
    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    start_after: float = 0.0
    restarts: int = 0
    rest: bytes = b""


@dataclass(slots=True)
class Supervisor:
    """
    Keeps services running until `stop` is called or a signal asks for it.

    `each_second` is called about once a second (to look after what is not a child of ours). Not for use from
    several threads: PDEATHSIG follows the thread that starts a child, so call everything from the main thread
    or one that lives as long as the children shall.
    """

    services: Sequence[Service]
    each_second: Callable[[], None] = lambda: None
    console: TextIO = sys.stderr
    _running: list[_Running] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _stopping: bool = False
    _next_second: float = 0.0

    def start(self) -> None:
        """Start every service."""
        self._running = [_Running(service) for service in self.services]
        for running in self._running:
            self._launch(running)

    def run(self) -> None:
        """Watch until SIGINT, SIGTERM or SIGHUP; then stop everything. A second signal kills what is left."""
        before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            while not self._stopping:
                self.turn(0.2)
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def turn(self, seconds: float) -> None:
        """Pass output on for up to this long, start again what has ended."""
        for key, _events in self._selector.select(seconds):
            self._pass_on(key.data)
        now = time.monotonic()
        for running in self._running:
            process = running.process
            if process is not None and process.poll() is not None:
                self._after_end(running, process, now)
            elif process is None and now >= running.start_after and not self._stopping:
                self._launch(running)
        if now >= self._next_second and not self._stopping:
            self._next_second = now + 1
            self.each_second()

    def stop(self) -> None:
        """Ask every service to end, wait, kill what does not."""
        self._stopping = True
        alive = [r for r in self._running if r.process is not None and r.process.poll() is None]
        for running in alive:
            assert running.process is not None  # noqa: S101
            running.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while alive and time.monotonic() < deadline:
            for key, _events in self._selector.select(0.05):
                self._pass_on(key.data)
            alive = [r for r in alive if r.process is not None and r.process.poll() is None]
        for running in self._running:
            if running.process is not None:
                _kill_group(running.process.pid)
                running.process.wait()
                self._close_output(running)
                running.process = None

    def pid(self, name: str) -> int | None:
        """Return the process id of a service, None while it waits to be started again."""
        for running in self._running:
            if running.service.name == name and running.process is not None:
                return running.process.pid if running.process.poll() is None else None
        return None

    def restarts(self, name: str) -> int:
        """Return how often a service was started again."""
        return next(running.restarts for running in self._running if running.service.name == name)

    def say(self, name: str, text: str) -> None:
        """Print one line of a service to the console."""
        with contextlib.suppress(OSError, ValueError):
            self.console.write(f"{name:>8} | {text}\n")
            self.console.flush()

    # -- one service -------------------------------------------------------------------------------------

    def _launch(self, running: _Running) -> None:
        service = running.service
        output: int | TextIO
        with contextlib.ExitStack() as opened:
            if service.log is None:
                output = subprocess.PIPE
            else:
                service.log.parent.mkdir(parents=True, exist_ok=True)
                output = opened.enter_context(service.log.open("a", encoding="utf-8"))
            running.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *service.command],
                env={**service.environment, SUPERVISED: "1"}, cwd=service.folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        running.started_at = time.monotonic()
        if running.process.stdout is not None:
            os.set_blocking(running.process.stdout.fileno(), False)
            self._selector.register(running.process.stdout, selectors.EVENT_READ, running)

    def _after_end(self, running: _Running, process: subprocess.Popen[bytes], now: float) -> None:
        _kill_group(process.pid)
        self._pass_on(running)
        self._close_output(running)
        running.process = None
        if self._stopping:
            return
        if now - running.started_at > STEADY_SECONDS:
            running.pause = FIRST_PAUSE
        running.start_after = now + running.pause
        running.restarts += 1
        how = f"signal {-process.returncode}" if process.returncode < 0 else f"exit {process.returncode}"
        self.say(running.service.name, f"ended ({how}); starting again in {running.pause:.1f} s")
        running.pause = min(running.pause * 2, LONGEST_PAUSE)

    def _pass_on(self, running: _Running) -> None:
        """Print what the service has written, whole lines only."""
        stream = running.process.stdout if running.process is not None else None
        if stream is None or stream.closed:
            return
        data = b""
        with contextlib.suppress(BlockingIOError):
            data = os.read(stream.fileno(), 65536)
            if not data:
                self._close_output(running)
        *lines, running.rest = (running.rest + data).split(b"\n")
        for line in lines:
            self.say(running.service.name, line.decode("utf-8", "replace"))

    def _close_output(self, running: _Running) -> None:
        stream = running.process.stdout if running.process is not None else None
        if stream is not None and not stream.closed:
            self._selector.unregister(stream)
            stream.close()
        if running.rest:
            self.say(running.service.name, running.rest.decode("utf-8", "replace"))
            running.rest = b""

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:  # asked twice
            for running in self._running:
                if running.process is not None:
                    _kill_group(running.process.pid)
        self._stopping = True


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """
    Ask the kernel to end this process when its parent ends; only under a supervisor.

    For processes forked by a service (granian's workers): without it a killed parent leaves them serving on.
    """
    if os.environ.get(SUPERVISED) != "1" or os.getsid(0) == os.getpid():
        return
    set_parent_death_signal = 1
    ctypes.CDLL(None, use_errno=True).prctl(set_parent_death_signal, int(number), 0, 0, 0)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
