"""`./run demo` and `./run serve`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from motcua.env import Env
from motcua.platform.installation import ROOT, Installation, check_port, services, signing_port
from motcua.platform.supervise import Supervisor
from motcua.setup import starting

READY_SECONDS = 60.0


def demo(arguments: Sequence[str]) -> int:
    """Serve the province with its data until Ctrl-C."""
    parser = argparse.ArgumentParser("./run demo")
    parser.add_argument(
        "--at", type=_day, metavar="YYYY-MM-DD", help="move the clock forward to this day, 08:00"
    )
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args(arguments)
    return _serve("demo", chosen.port, chosen.at)


def serve(arguments: Sequence[str]) -> int:
    """Serve without demo data, by the real clock."""
    parser = argparse.ArgumentParser("./run serve")
    parser.add_argument("--port", type=int, default=8000)
    return _serve("production", parser.parse_args(arguments).port, None)


def _serve(mode: str, port: int, at: str | None) -> int:
    import os

    started = time.monotonic()
    stream_port, standins_port = port + 1, port + 2
    host = os.environ.get("MOTCUA_LISTEN", "127.0.0.1")
    check_port(host, port)
    check_port(host, stream_port)
    for wanted in range(standins_port, standins_port + 6) if mode == "demo" else ():
        check_port("127.0.0.1", wanted)
    installation = Installation(Path(os.environ.get("MOTCUA_VAR", ROOT / "var")), os.environ)
    try:
        installation.start()
        environment = installation.environment(
            mode, port=port, stream_port=stream_port, standins_port=standins_port
        )
        Env.read(environment)
        with starting.one_at_a_time(installation.var):
            if mode == "demo":
                starting.forget_half_history(installation.database.owner_url, _say)
            starting.migrate(environment, _say)
            starting.collect_static(environment, _say)
            if mode == "demo":
                starting.load_province(environment, _say)
                starting.make_accounts(environment, _say)
                starting.play_history(environment, _say)
                starting.set_clock(environment, at)
        supervisor = Supervisor(
            services(environment, port, stream_port, standins_port), each_second=installation.look_after
        )
        supervisor.start()
        threading.Thread(
            target=_announce, args=(environment, mode, port, started, supervisor), daemon=True
        ).start()
        supervisor.run()
        _say("stopped")
    finally:
        installation.stop()
    return 0


def _announce(
    environment: Mapping[str, str], mode: str, port: int, started: float, supervisor: Supervisor
) -> None:
    """Say where the pages are once they answer."""
    address = f"http://127.0.0.1:{port}"
    accounts = _accounts(environment) if mode == "demo" else None
    deadline = time.monotonic() + READY_SECONDS
    while not answers(address):
        if time.monotonic() > deadline:
            _say(f"the pages do not answer after {READY_SECONDS:.0f} s: see the lines of `web` above")
            return
        time.sleep(0.05)
    _say(f"ready after {time.monotonic() - started:.1f} s; Ctrl-C stops everything")
    print(f"\n  Cổng dịch vụ công   {environment['MOTCUA_BASE_URL']}/", flush=True)  # noqa: T201
    if mode == "demo":
        print(f"  Cán bộ              {environment['MOTCUA_BASE_URL']}/can-bo/", flush=True)  # noqa: T201
        print(f"  Lãnh đạo            {environment['MOTCUA_BASE_URL']}/lanh-dao/", flush=True)  # noqa: T201
        print(f"  Tin nhắn, thư       {environment['MOTCUA_SMS_URL']}/", flush=True)  # noqa: T201
        print(f"  Nguồn dữ liệu       {environment['MOTCUA_LOOKUP_URL']}/", flush=True)  # noqa: T201
        print(f"  Hệ thống của bộ     {environment['MOTCUA_PARTNER_STANDIN_URL']}/", flush=True)  # noqa: T201
        print(f"  Dịch vụ ký số       http://127.0.0.1:{signing_port(port + 2)}/", flush=True)  # noqa: T201
        print(f"  Cổng quốc gia       {environment['MOTCUA_PORTAL_STANDIN_URL']}/\n", flush=True)  # noqa: T201
    if accounts is not None:
        listed, _ = accounts.communicate()
        if accounts.returncode == 0:
            print(listed, flush=True)  # noqa: T201


def _accounts(environment: Mapping[str, str]) -> subprocess.Popen[str] | None:
    if not starting.has_command("demo_logins"):
        return None
    return subprocess.Popen(
        [sys.executable, "-m", "django", "demo_logins"], env=environment, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def answers(address: str) -> bool:
    """Tell whether a web server gives any answer there."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2025-07-02") from None


def _say(text: str) -> None:
    print(f"motcua: {text}", file=sys.stderr, flush=True)  # noqa: T201
