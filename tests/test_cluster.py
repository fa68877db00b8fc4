"""The embedded PostgreSQL survives kill -9 of any of its processes, a full restart and two starts at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from motcua.platform import cluster as clusters
from motcua.platform.cluster import OWNER_ROLE, Cluster
from motcua.platform.installation import SOURCE
from motcua.platform.roles import RUNTIME_ROLE

PROGRAM = """
import sys, time
from pathlib import Path
from motcua.platform.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]))
cluster.start()
print(cluster.postmaster(), flush=True)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the server's account can reach (pytest's own folders are closed to others)."""
    path = Path(tempfile.mkdtemp(prefix="motcua-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    held = Cluster(folder / "var")
    held.start()
    yield held
    held.stop()


def start_user(var: Path, program: str) -> subprocess.Popen[str]:
    """Run a program that uses the cluster in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM + program, str(var)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )


def rows(cluster: Cluster) -> int:
    """Ask as often as it takes: a client meets refusals while the server recovers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(cluster.url(OWNER_ROLE, "motcua"), connect_timeout=5) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                row = connection.execute("SELECT count(*) FROM kept").fetchone()
                assert row is not None
                return int(row[0])
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def add_row(cluster: Cluster) -> int:
    """Commit one row and return how many there are: what is acknowledged must survive."""
    before = rows(cluster)
    with psycopg.connect(cluster.url(OWNER_ROLE, "motcua")) as connection:
        connection.execute("INSERT INTO kept VALUES (1)")
    return before + 1


def await_change(cluster: Cluster, killed: int) -> None:
    deadline = time.monotonic() + 20
    while cluster.postmaster() in {killed, None}:
        assert time.monotonic() < deadline, "the server was not started again"
        time.sleep(0.02)


def test_what_was_made(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres", "motcua")) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in (
                "fsync",
                "synchronous_commit",
                "listen_addresses",
                "server_encoding",
                "data_checksums",
            )
        }
        locale = connection.execute(
            "SELECT daticulocale FROM pg_database WHERE datname = 'motcua'"
        ).fetchone()
        rights = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", [RUNTIME_ROLE]
        ).fetchone()
    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "listen_addresses": ("",),
        "server_encoding": ("UTF8",),
        "data_checksums": ("on",),
    }
    assert locale == ("vi",)
    assert rights == (False, False, False)


def test_a_password_is_needed_and_kept_from_others(cluster: Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(cluster.place.sockets), user=RUNTIME_ROLE, password="wrong", dbname="motcua")
    for file in (cluster.var / "secrets").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600
    assert (cluster.var / "secrets").stat().st_mode & 0o777 == 0o700


def test_the_postmaster_killed(cluster: Cluster) -> None:
    count = add_row(cluster)
    with psycopg.connect(cluster.url(OWNER_ROLE, "motcua")) as orphan:
        busy = threading.Thread(target=_sleep_in, args=(orphan,))
        busy.start()  # a backend that does not notice its postmaster's death by itself
        time.sleep(0.2)
        killed = cluster.postmaster()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await_change(cluster, killed)
        assert rows(cluster) == count
        busy.join()


def _sleep_in(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT pg_sleep(120)")


def test_a_backend_killed(cluster: Cluster) -> None:
    count = add_row(cluster)
    victim = psycopg.connect(cluster.url(OWNER_ROLE, "motcua"))
    os.kill(victim.info.backend_pid, signal.SIGKILL)
    assert rows(cluster) == count
    victim.close()


@pytest.mark.parametrize("what", ["checkpointer", "walwriter", "background writer", "autovacuum launcher"])
def test_a_helper_process_killed(cluster: Cluster, what: str) -> None:
    count = add_row(cluster)
    with psycopg.connect(cluster.url("postgres", "motcua")) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = %s", [what]
        ).fetchone()
    assert row is not None
    os.kill(row[0], signal.SIGKILL)
    assert rows(cluster) == count


def test_the_guard_killed(cluster: Cluster) -> None:
    count = add_row(cluster)
    server = cluster.postmaster()
    assert server is not None
    guard = int(Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guard, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while cluster.guarded():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    cluster.ensure()
    assert rows(cluster) == count


def test_everything_killed_with_stale_files(folder: Path) -> None:
    cluster = Cluster(folder / "var")
    cluster.start()
    count = add_row(cluster)
    server = cluster.postmaster()
    assert server is not None
    guard = int(Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()[1])
    for pid in (guard, *clusters._processes_in(cluster.place.data)):
        with contextlib.suppress(ProcessLookupError):  # some go by themselves when their parent goes
            os.kill(pid, signal.SIGKILL)
    pid_file = cluster.place.data / "postmaster.pid"
    assert pid_file.exists()
    lines = pid_file.read_text().splitlines()
    pid_file.write_text(
        "\n".join([str(os.getpid()), *lines[1:]]) + "\n"
    )  # the number belongs to another process now
    cluster.stop()
    cluster.start()
    assert rows(cluster) == count
    cluster.stop()
    assert cluster.postmaster() is None


def test_two_starts_at_the_same_time_share_one_server(folder: Path) -> None:
    var = folder / "fresh"  # also the making of the cluster is contested
    starts = [start_user(var, "time.sleep(1.5); cluster.stop()") for _ in "abc"]
    said = [start.communicate(timeout=60)[0].strip() for start in starts]
    assert {start.returncode for start in starts} == {0}
    assert len(set(said)) == 1
    assert said[0].isdigit()
    assert Cluster(var).postmaster() is None
    assert not Cluster(var).guarded()


def test_the_server_stops_when_its_user_is_killed(folder: Path) -> None:
    user = start_user(folder / "var", "time.sleep(60)")
    assert user.stdout is not None
    assert user.stdout.readline().strip().isdigit()
    user.kill()
    user.wait()
    user.stdout.close()
    deadline = time.monotonic() + 15
    while Cluster(folder / "var").guarded():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert Cluster(folder / "var").postmaster() is None


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    with Cluster(deep).running() as cluster:
        assert len(str(cluster.place.sockets)) < 60
        assert rows(cluster) == 0
    shutil.rmtree(cluster.place.sockets)


def test_a_copied_cluster_has_the_same_rows(cluster: Cluster, folder: Path) -> None:
    count = add_row(cluster)
    cluster.copy_to(folder / "copy")
    with Cluster(folder / "copy").running() as copy:
        assert rows(copy) == count
        add_row(copy)
    assert rows(cluster) == count


def test_a_cluster_is_copied_while_others_make_checkpoints(cluster: Cluster, folder: Path) -> None:
    """A checkpoint (every DROP DATABASE makes one) removes the WAL that a copy needs, unless a slot keeps it."""
    add_row(cluster)
    ended = threading.Event()

    def disturb() -> None:
        with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as other:
            while not ended.is_set():
                other.execute("SELECT pg_logical_emit_message(false, 'w', 'x'), pg_switch_wal()")
                other.execute("CHECKPOINT")

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        cluster.copy_to(folder / "disturbed")
    finally:
        ended.set()
        disturber.join()
    with Cluster(folder / "disturbed").running() as copy:
        assert rows(copy) == rows(cluster)
    with psycopg.connect(cluster.url("postgres", "postgres")) as link:
        assert link.execute("SELECT slot_name FROM pg_replication_slots").fetchall() == [], (
            "nothing holds WAL now"
        )


@pytest.mark.skipif(os.getuid() != 0, reason="only root's clusters belong to another account")
def test_a_folder_that_the_account_cannot_reach(cluster: Cluster, folder: Path) -> None:
    count = add_row(cluster)
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    cluster.copy_to(closed / "var")  # a backup brought there
    with Cluster(closed / "var").running() as moved:
        assert moved.place.home.is_relative_to("/var/lib/motcua")
        assert rows(moved) == count
    shutil.rmtree(moved.place.home)


@pytest.mark.parametrize(
    ("version", "words"), [("13.4", "PostgreSQL 13 .* too old"), (None, "not installed")]
)
def test_no_server_or_an_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, words: str
) -> None:
    if version:
        program = tmp_path / "postgres"
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("MOTCUA_PG_BIN", str(tmp_path))
    with pytest.raises(clusters.ClusterError, match=words):
        clusters.binaries()
