"""The supervisor keeps services running, stops them all, and leaves nothing behind when it is killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from motcua.platform.installation import SOURCE
from motcua.platform.supervise import Service, Supervisor

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}
STEADY = "import time; print('up', flush=True); time.sleep(60)"
FORKING = """
import os, time
from motcua.platform.supervise import die_with_parent
if os.fork() == 0:
    die_with_parent()
    os.write(1, f'child {os.getpid()}\\n'.encode())
    time.sleep(60)
os.write(1, f'up {os.getpid()}\\n'.encode())
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(60)
"""


def service(name: str, program: str) -> Service:
    return Service(name, [sys.executable, "-c", program], ENVIRONMENT)


class Watched:
    def __init__(self, *services: Service) -> None:
        self.console = io.StringIO()
        self.supervisor = Supervisor(services, console=self.console)
        self.supervisor.start()

    def until(self, words: str, count: int = 1, seconds: float = 20) -> str:
        deadline = time.monotonic() + seconds
        while self.console.getvalue().count(words) < count:
            assert time.monotonic() < deadline, f"no {words!r} in {self.console.getvalue()!r}"
            self.supervisor.turn(0.05)
        return self.console.getvalue()


@pytest.fixture
def watch() -> Iterator[list[Watched]]:
    started: list[Watched] = []
    yield started
    for watched in started:
        watched.supervisor.stop()


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_output_comes_in_lines_with_the_name(watch: list[Watched]) -> None:
    watch.append(Watched(service("one", STEADY), service("two", "print('a\\nb', flush=True); " + STEADY)))
    watch[0].until("up", 2)
    assert watch[0].console.getvalue().count("     one | up\n") == 1
    of_two = [line for line in watch[0].console.getvalue().splitlines() if line.startswith("     two | ")]
    assert of_two == ["     two | a", "     two | b", "     two | up"]


def test_a_killed_service_is_started_again(watch: list[Watched]) -> None:
    watch.append(Watched(service("one", STEADY)))
    watch[0].until("up")
    first = watch[0].supervisor.pid("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    said = watch[0].until("up", 2)
    assert "ended (signal 9); starting again in 0.5 s" in said
    assert watch[0].supervisor.pid("one") not in {None, first}
    assert watch[0].supervisor.restarts("one") == 1


def test_a_service_that_keeps_ending_is_started_ever_more_slowly(watch: list[Watched]) -> None:
    watch.append(Watched(service("bad", "import sys; print('no table', flush=True); sys.exit(3)")))
    said = watch[0].until("starting again in 2.0 s")
    assert "ended (exit 3); starting again in 0.5 s" in said
    assert "starting again in 1.0 s" in said


def test_what_a_killed_service_forked_ends_with_it(watch: list[Watched]) -> None:
    watch.append(Watched(service("forking", FORKING)))
    said = watch[0].until("child")
    child = int(said.split("child ")[1].split()[0])
    main = watch[0].supervisor.pid("forking")
    assert main is not None
    os.kill(main, signal.SIGKILL)
    assert gone(child)


def test_stopping_ends_everything_also_what_does_not_want_to(
    watch: list[Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motcua.platform.supervise.STOP_SECONDS", 0.5)
    watch.append(Watched(service("one", STEADY), service("stubborn", STUBBORN)))
    watch[0].until("up", 2)
    pids = [watch[0].supervisor.pid(name) for name in ("one", "stubborn")]
    watch[0].supervisor.stop()
    assert all(pid is not None and gone(pid, 0.1) for pid in pids)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphans_when_the_supervisor_ends(number: signal.Signals) -> None:
    program = f"""
import os, sys
from motcua.platform.supervise import Service, Supervisor
program = {FORKING!r}
s = Supervisor([Service("forking", [sys.executable, "-c", program], os.environ)], console=sys.stdout)
s.start()
s.run()
"""
    supervisor = subprocess.Popen(
        [sys.executable, "-c", program], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    pids = [int(supervisor.stdout.readline().split()[-1]) for _ in range(2)]
    supervisor.send_signal(number)
    supervisor.wait(20)
    supervisor.stdout.close()
    assert all(gone(pid) for pid in pids)
    assert supervisor.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 0)
