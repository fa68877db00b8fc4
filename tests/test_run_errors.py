"""What a person has to put right comes as one line that says what to do, never as a traceback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from motcua.env import Env, EnvError
from motcua.launch import bootstrap
from motcua.platform import installation, roles
from motcua.platform.addresses import with_database, with_login
from motcua.platform.cluster import Cluster
from motcua.platform.installation import ROOT, SOURCE, Unusable

VALUES = {
    "MOTCUA_MODE": "production",
    "DATABASE_URL": "postgresql://a:b@db.example/motcua",
    "MOTCUA_SECRET_KEY": "s" * 40,
    "MOTCUA_SEAL_KEY": "k" * 40,
    "MOTCUA_BASE_URL": "https://dichvucong.example.vn",
}


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that the account of the database server can reach (pytest's own are closed to others)."""
    path = Path(tempfile.mkdtemp(prefix="motcua-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def launch(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the second half of `./run` as the first half would."""
    inherited = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL"}}
    inherited.pop("MOTCUA_OWNER_DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "motcua.launch", *arguments],
        env={**inherited, "PYTHONPATH": str(SOURCE), "MOTCUA_VAR": str(tmp_path / "var"), **environment},
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("motcua: ")
    return lines[0]


def test_run_alone_lists_the_commands() -> None:
    done = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True)
    for command in ("demo", "test", "journey", "bench", "check", "shell", "reset", "manage"):
        assert f"./run {command}" in done.stdout
    assert len(done.stdout.splitlines()) < 20


def test_an_unknown_command() -> None:
    done = subprocess.run([ROOT / "run", "dmeo"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'dmeo'" in done.stderr


@contextmanager
def a_port_after_a_free_one() -> Iterator[int]:
    """A port in use whose neighbour below is free: other tests' servers take ports too."""
    while True:
        with socket.socket() as taken, socket.socket() as below:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            try:
                below.bind(("127.0.0.1", port - 1))
            except OSError:
                continue
            below.close()
            yield port
            return


def test_a_taken_port(tmp_path: Path) -> None:
    with a_port_after_a_free_one() as port:
        line = one_line(launch(tmp_path, "demo", "--port", str(port)))
        assert f"port {port} is taken" in line
        assert "--port" in line
        line = one_line(launch(tmp_path, "demo", "--port", str(port - 1)))  # the event stream's
        assert f"port {port} is taken" in line


def test_a_full_disk(tmp_path: Path) -> None:
    line = one_line(launch(tmp_path, "manage", "check", MOTCUA_LEAST_FREE_MB="999999999"))
    assert "is full" in line
    assert "make room" in line


def test_a_disk_that_fills_up_meanwhile(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=755", "none", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    try:
        line = one_line(launch(small, "manage", "check", MOTCUA_LEAST_FREE_MB="0"))
        assert "No space left" in line
        assert "make room" in line
    finally:
        subprocess.run(["umount", small], check=True)


def test_an_old_postgresql(tmp_path: Path) -> None:
    program = tmp_path / "postgres"
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.14'\n")
    program.chmod(0o755)
    line = one_line(launch(tmp_path, "manage", "check", MOTCUA_PG_BIN=str(tmp_path)))
    assert "PostgreSQL 13" in line
    assert "apt-get install" in line
    with pytest.raises(Unusable, match="is PostgreSQL 14: 15 or newer"):
        installation.refuse_old(140012)
    installation.refuse_old(150001)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://x/y", "must look like postgresql://"),
        ("postgresql://127.0.0.1:99999/x", "must look like"),
        ("postgresql://127.0.0.1:5432", "names no database"),
        ("postgresql:///motcua", "names no host"),
        ("postgresql://u@/motcua?host=/nowhere", "no PostgreSQL answers at /nowhere"),
        ("postgresql://u@127.0.0.1:9/motcua", "no PostgreSQL answers at 127.0.0.1:9"),
    ],
)
def test_a_wrong_database_url(tmp_path: Path, url: str, words: str) -> None:
    line = one_line(launch(tmp_path, "manage", "check", DATABASE_URL=url))
    assert words in line
    assert "DATABASE_URL" in line


@pytest.fixture
def server() -> Iterator[str]:
    """The address of an empty database on the server that the tests use."""
    from django.conf import settings

    url = settings.OWNER_DATABASE_URL
    name = "motcua_errors"
    with psycopg.connect(roles.server_url(url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield with_database(url, name)
    with psycopg.connect(roles.server_url(url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_server_without_that_database(server: str) -> None:
    installation.check_server(server)
    with pytest.raises(Unusable, match="has no database 'motcua_other': create it"):
        installation.check_server(with_database(server, "motcua_other"))


def test_a_server_that_refuses(tmp_path: Path) -> None:
    with Cluster(tmp_path / "server").running() as cluster:
        wrong = with_login(cluster.url("motcua_owner", "motcua"), "motcua_owner", "wrong")
        line = one_line(launch(tmp_path, "manage", "check", DATABASE_URL=wrong))
        assert "refuses user 'motcua_owner'" in line
        # the right owner may not make roles, and is told what to do when the role is missing
        with psycopg.connect(cluster.url("postgres", "motcua"), autocommit=True) as connection:
            connection.execute("DROP ROLE motcua_app")
        right = cluster.url("motcua_owner", "motcua")
        line = one_line(launch(tmp_path, "manage", "check", DATABASE_URL=right))
        assert "CREATE ROLE motcua_app" in line


def test_missing_packages_that_cannot_be_installed(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("MOTCUA_ASSUME_MISSING", "libpango-1.0-0 postgresql")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert bootstrap.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "run `apt-get install libpango-1.0-0 postgresql` as root" in said


def test_a_package_that_apt_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(
        "#!/bin/sh\n[ $1 = update ] || { echo 'E: Unable to locate package chromium' >&2; exit 100; }\n"
    )
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("MOTCUA_ASSUME_MISSING", "chromium")
    monkeypatch.setattr(os, "getuid", lambda: 0)
    with pytest.raises(
        bootstrap.Stop, match=r"Unable to locate package chromium\): run `apt-get install chromium`"
    ):
        bootstrap.install_packages(("chromium",))


SUDO = """#!/bin/sh
echo "sudo $*" >> "$PLACE/log"
if [ -e "$PLACE/locked" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
[ "$1" = -n ] && shift
exec "$@"
"""
APT = """#!/bin/sh
echo "apt-get $*" >> "$PLACE/log"
[ "$1" = update ] || echo 'libpango-1.0-0 installed' > "$PLACE/installed"
"""
DPKG = """#!/bin/sh
cat "$PLACE/installed" 2>/dev/null
"""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without our packages: who starts us is not root, `sudo`, `apt-get` and `dpkg-query` are stand-ins."""
    for name, text in (("sudo", SUDO), ("apt-get", APT), ("dpkg-query", DPKG)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PLACE", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    return tmp_path


def test_who_is_not_root_installs_by_sudo(bare: Path, capsys: Any) -> None:
    bootstrap.install_packages(("libpango-1.0-0",))
    said = (bare / "log").read_text().splitlines()
    assert said == [
        "sudo -n apt-get update -qq",
        "apt-get update -qq",
        "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libpango-1.0-0",
        "apt-get install -y -qq --no-install-recommends libpango-1.0-0",
    ]
    assert capsys.readouterr().err == "motcua: installing libpango-1.0-0\n"
    (bare / "log").unlink()
    bootstrap.install_packages(("libpango-1.0-0",))
    assert not (bare / "log").exists(), "nobody is asked when nothing is missing"


def test_sudo_that_wants_a_password_nobody_can_type(bare: Path) -> None:
    (bare / "locked").touch()
    with pytest.raises(bootstrap.Stop) as stop:
        bootstrap.install_packages(("libpango-1.0-0",))
    assert "a password is required" in str(stop.value)
    assert "run `apt-get install libpango-1.0-0` as root" in str(stop.value)
    assert "\n" not in str(stop.value)


def test_every_missing_and_malformed_value_is_named_at_once() -> None:
    with pytest.raises(EnvError) as caught:
        Env.read({"MOTCUA_MODE": "production", "MOTCUA_BASE_URL": "dichvucong", "MOTCUA_SEAL_KEY": "short"})
    named = [problem.split()[0] for problem in caught.value.problems]
    assert sorted(named) == ["DATABASE_URL", "MOTCUA_BASE_URL", "MOTCUA_SEAL_KEY", "MOTCUA_SECRET_KEY"]


def test_production_values() -> None:
    env = Env.read(VALUES)
    assert not env.demo
    assert env.hosts == ("dichvucong.example.vn",)  # loopback only where it is asked for
    assert env.owner_database_url == env.database_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOTCUA_MODE", "prod"),
        ("DATABASE_URL", "sqlite:///x"),
        ("MOTCUA_VAR", "relative"),
        ("MOTCUA_LOG_FORMAT", "xml"),
        ("MOTCUA_STREAM_URL", "http://a/b"),
        ("MOTCUA_TEST_DB", "Robert'); --"),
    ],
)
def test_a_malformed_value(name: str, value: str) -> None:
    with pytest.raises(EnvError, match=name):
        Env.read({**VALUES, name: value})


def test_a_malformed_value_stops_the_start(tmp_path: Path) -> None:
    line = one_line(launch(tmp_path, "manage", "check", MOTCUA_LOG_FORMAT="xml"))
    assert "MOTCUA_LOG_FORMAT must be one of line, json" in line


def test_reset_asks(tmp_path: Path) -> None:
    line = one_line(launch(tmp_path, "reset"))
    assert "--yes" in line
    var = tmp_path / "var"
    var.mkdir()
    (var / "kept").write_text("x")
    assert launch(tmp_path, "reset", "--yes").returncode == 0
    assert not var.exists()


def test_a_day_that_is_none(tmp_path: Path) -> None:
    done = launch(tmp_path, "demo", "--at", "2025-13-40")
    assert done.returncode == 2
    assert "write it as 2025-07-02" in done.stderr
