"""A private instance runs all processes, survives kills, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from motcua.platform.roles import server_url
from motcua.setup import starting
from motcua.setup.private_instance import Instance, private_instance

SERVICES = (
    "web", "stream", "dispatch", "deliver", "partners", "worker", "lookups", "standins", "sources", "ministry",
)  # fmt: skip


def await_restart(instance: Instance, name: str, killed: int) -> None:
    deadline = time.monotonic() + 30
    while instance.pid(name) in {None, killed}:
        assert time.monotonic() < deadline, f"{name} was not started again"
        time.sleep(0.05)


@pytest.mark.xdist_group("instance")
def test_processes_are_started_again_and_nothing_is_left() -> None:
    with private_instance(data="empty", own_cluster=True) as instance:
        assert instance.cluster is not None
        for name in SERVICES:
            pid = instance.pid(name)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await_restart(instance, name, pid)
        server = instance.cluster.postmaster()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        instance.wait_ready()
        with urllib.request.urlopen(f"{instance.base_url}/healthz", timeout=30) as answer:  # noqa: S310
            assert answer.status == 200
        pids = [pid for name in SERVICES for pid in instance.processes(name)]
        folder, cluster = instance.var.parent, instance.cluster
    assert not folder.exists()
    assert cluster.postmaster() is None
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.xdist_group("instance")
def test_the_database_is_gone_afterwards() -> None:
    with private_instance(data="empty", serve=False) as instance:
        name = urlsplit(instance.database_url).path.lstrip("/")
        with psycopg.connect(instance.database_url) as connection:
            row = connection.execute("SELECT current_user, current_database()").fetchone()
        assert row == ("motcua_app", name)
        server = server_url(instance.owner_database_url)
    with psycopg.connect(server) as connection:
        assert connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None


def test_static_files_are_collected_once_by_starts_side_by_side(tmp_path: Path) -> None:
    environment = {**os.environ, "MOTCUA_VAR": str(tmp_path)}
    said: list[str] = []
    with ThreadPoolExecutor(3) as starts:
        list(starts.map(lambda _: starting.collect_static(environment, said.append), range(3)))
    assert [words for words in said if words.endswith("…")] == ["collecting static files …"]
    assert any((tmp_path / "static").iterdir())
