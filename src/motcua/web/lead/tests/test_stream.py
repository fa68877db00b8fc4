"""The event stream over real HTTP, in a process of its own, as in production."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from motcua.kernel.actor import DutyScope, Role
from motcua.organisation.models import Duty
from motcua.web.lead import stream
from motcua.web.lead.tests import people

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/lanh-dao/luong/"
SOURCE = Path(__file__).resolve().parents[4]
FAST = (
    "from motcua.asgi import application\n"
    "from motcua.web.lead.stream import Limits, Stream\n"
    "limits = Limits(per_account=2, heartbeat=0.3, recheck=0.5, between_draws=0.1, poll=0.5, redraw=2)\n"
    "application = Stream(limits)\n"
)


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str
    id: str


@contextmanager
def served(folder: Path, **values: str) -> Iterator[str]:
    """Run the application under granian against the test database; yield its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "fast_stream.py").write_text(FAST)
    base = connection.settings_dict
    login = quote(base["USER"]) + (f":{quote(base['PASSWORD'])}" if base["PASSWORD"] else "")
    place = f"host={quote(base['HOST'])}" + (f"&port={base['PORT']}" if base["PORT"] else "")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{login}@/{base['NAME']}?{place}",
        "DJANGO_SETTINGS_MODULE": "motcua.settings",
        "PYTHONPATH": f"{SOURCE}{os.pathsep}{folder}",
        **values,
    }
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--no-ws", "--workers-kill-timeout", "1", "--log-level", "error",
        "fast_stream:application",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment, cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            assert process.poll() is None, "the stream ended before it answered"
            try:
                if httpx.get(f"{address}/healthz", timeout=60).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def signed_in(key: str) -> dict[str, str]:
    return {"Origin": settings.BASE_URL, "Cookie": f"{settings.STAFF_SESSION_COOKIE_NAME}={key}"}


def events(response: httpx.Response) -> Iterator[Event]:
    name, mark = "", ""
    data: list[str] = []
    for line in response.iter_lines():
        if not line:
            if name:
                yield Event(name, "\n".join(data), mark)
            name, data, mark = "", [], ""
        elif line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data.append(line[6:])
        elif line.startswith("id: "):
            mark = line[4:]


@contextmanager
def reconnected(client: httpx.Client, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """Open the stream as soon as the server has noticed that the connections before have gone."""
    while True:
        with client.stream("GET", PATH, headers=headers) as response:
            if response.status_code != 503:
                yield response
                return
        time.sleep(0.05)


def until(source: Iterator[Event], name: str, text: str = "") -> Event:
    return next(found for found in source if found.name == name and text in found.data)


def test_the_stream(tmp_path: Path) -> None:
    """One server for all of it: starting a process is the dear part."""
    one, other = people.unit("T.1", "Phường Một"), people.unit("T.2", "Phường Hai")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    head = people.member("head", other, Role.AGENCY_HEAD)
    officer = people.member("officer", other, Role.ONE_STOP_OFFICER)
    people.received(1, one)
    people.count_now()
    with served(tmp_path) as address, httpx.Client(base_url=address, timeout=120) as client:
        # refused, each in its way
        assert client.get(PATH).status_code == 401
        assert client.get(PATH, headers=signed_in("x" * 40)).status_code == 401
        assert client.get(PATH, headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.get(PATH, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert client.post(PATH).status_code == 405
        assert client.get("/khac/").status_code == 404
        assert client.get(PATH, headers=signed_in(people.session(officer))).status_code == 404

        # the leader sees all, at once and live
        asked = signed_in(people.session(leader))
        with client.stream("GET", PATH, headers=asked) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["access-control-allow-origin"] == settings.BASE_URL
            assert response.headers["access-control-allow-credentials"] == "true"
            heard = events(response)
            first = until(heard, "rows")
            assert "Phường Một" in first.data
            assert "Phường Hai" not in first.data
            assert until(heard, "moment").id
            assert until(heard, "beat").data.isdigit()
            people.received(2, other)
            people.count_now()
            assert "Phường Hai" in until(heard, "rows", "Phường Hai").data
            last_id = until(heard, "moment").id

            # the same account may hold two connections, not three
            with client.stream("GET", PATH, headers=asked) as second:
                assert second.status_code == 200
                assert client.get(PATH, headers=asked).status_code == 503

        # who reconnects with the last id is not sent the same again
        with reconnected(client, {**asked, "Last-Event-ID": last_id}) as response:
            nxt = next(events(response))
            assert nxt.name == "beat" or nxt.id != last_id

        # a head sees their own unit only; when the duty ends, so does the stream
        key = people.session(head)
        asked = signed_in(key)
        with client.stream("GET", PATH, headers=asked) as response:
            heard = events(response)
            assert "Phường Một" not in until(heard, "rows").data
            Duty.objects.filter(unit=other, role=Role.AGENCY_HEAD).update(valid_to=people.FROM)
            assert until(heard, "bye").data == "Phiên làm việc đã hết."
            assert list(heard) == []

        # signed out
        key = people.session(leader)
        asked = signed_in(key)
        with client.stream("GET", PATH, headers=asked) as response:
            heard = events(response)
            until(heard, "rows")
            SessionStore(key).delete()
            assert until(heard, "bye").name == "bye"


@pytest.mark.parametrize(
    ("origin", "site", "allowed"),
    [
        ("", "", True),
        ("", "same-origin", True),
        ("", "same-site", False),
        ("", "cross-site", False),
        ("null", "", False),
        ("http://127.0.0.1:8000.evil.example", "", False),
    ],
)
def test_whose_pages_may_listen(origin: str, site: str, allowed: bool) -> None:
    assert stream._own(origin, site) is allowed
    assert stream._own(settings.BASE_URL, "cross-site")


def test_an_event_on_the_wire() -> None:
    assert stream.event("rows", "a\nb", "7") == b"event: rows\nid: 7\ndata: a\ndata: b\n\n"
