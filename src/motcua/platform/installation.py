"""
One installation: its folder, its secrets, its database, and the environment its processes run in.

Needs the standard library and psycopg, no Django.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from motcua.platform import roles
from motcua.platform.addresses import database_fault, with_database, with_login
from motcua.platform.cluster import EXTENSIONS, OLDEST_SERVER, OWNER_ROLE, Cluster, place_of
from motcua.platform.supervise import Service

SOURCE = Path(__file__).resolve().parents[2]
ROOT = SOURCE.parent
LEAST_FREE_MEGABYTES = 500


class Unusable(Exception):
    """The installation cannot start; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Database:
    """Addresses of one database: for migrations (owner) and at run time (the role that owns nothing)."""

    owner_url: str
    runtime_url: str


class Installation:
    """A `var` folder with secrets and a database, embedded or on a server."""

    def __init__(self, var: Path, source: Mapping[str, str]) -> None:
        self.var = var.resolve()
        self._source = source
        self.cluster: Cluster | None = None
        self.database = Database("", "")

    def start(self) -> None:
        """
        Make what is missing and start the database.

        :raises Unusable: for everything a person has to put right.
        :raises ClusterError: the same, about the embedded PostgreSQL.
        """
        check_disk(self.var)
        self.var.mkdir(parents=True, exist_ok=True)
        given = self._source.get("DATABASE_URL", "").strip()
        if given and not self._is_ours(given):
            self.database = self._on_server(given, self._source.get("MOTCUA_OWNER_DATABASE_URL", "").strip())
            return
        self.cluster = Cluster(self.var)
        self.cluster.start()
        self.database = self.embedded("motcua")

    def stop(self) -> None:
        """Let go of the embedded server."""
        if self.cluster is not None:
            self.cluster.stop()

    def look_after(self) -> None:
        """Start the embedded server's guard again if it was killed; for a supervisor, once a second."""
        if self.cluster is not None:
            self.cluster.ensure()

    def embedded(self, name: str) -> Database:
        """Return the addresses of a database of the embedded server."""
        assert self.cluster is not None  # noqa: S101
        return Database(self.cluster.url(OWNER_ROLE, name), self.cluster.url(roles.RUNTIME_ROLE, name))

    def named(self, name: str) -> Database:
        """Return the addresses of another database on the same server."""
        return Database(
            with_database(self.database.owner_url, name), with_database(self.database.runtime_url, name)
        )

    def environment(
        self,
        mode: str,
        *,
        port: int = 8000,
        stream_port: int = 8001,
        standins_port: int = 8002,
        database: Database | None = None,
    ) -> dict[str, str]:
        """Return the environment of this installation's processes; what the caller has set goes first."""
        chosen = database or self.database
        origin = f"http://127.0.0.1:{port}"
        defaults = {
            "MOTCUA_BASE_URL": origin,
            "MOTCUA_STREAM_URL": f"http://127.0.0.1:{stream_port}",
            "MOTCUA_SECRET_KEY": roles.kept_secret(self.var / "secrets" / "secret-key"),
            "MOTCUA_SEAL_KEY": roles.kept_secret(self.var / "secrets" / "seal-key"),
        }
        if mode == "demo":  # the gateways' stand-ins, which services() starts
            defaults["MOTCUA_SMS_URL"] = f"http://127.0.0.1:{standins_port}"
            defaults["MOTCUA_SMTP_URL"] = f"smtp://127.0.0.1:{standins_port + 1}"
            defaults["MOTCUA_LOOKUP_URL"] = f"http://127.0.0.1:{standins_port + 2}"
            defaults["MOTCUA_PARTNER_STANDIN_URL"] = f"http://127.0.0.1:{standins_port + 3}"
            defaults["MOTCUA_PORTAL_STANDIN_URL"] = f"http://127.0.0.1:{standins_port + 5}"
        if self._source.get("PYTHONDONTWRITEBYTECODE"):  # nothing beside the sources, and yet compiled once
            defaults["PYTHONPYCACHEPREFIX"] = str(self.var / "bytecode")
        return {
            **defaults,
            **self._source,
            "PYTHONDONTWRITEBYTECODE": "",
            "MOTCUA_MODE": mode,
            "MOTCUA_VAR": str(self.var),
            "DATABASE_URL": chosen.runtime_url,
            "MOTCUA_OWNER_DATABASE_URL": chosen.owner_url,
            "DJANGO_SETTINGS_MODULE": "motcua.settings",
            "PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": self._source.get("PYTHONWARNINGS", "ignore"),
        }

    def _is_ours(self, url: str) -> bool:
        """Tell whether an address is that of our own embedded server (`./run` hands it down)."""
        return database_fault(url) is None and conninfo_to_dict(url).get("host") == str(
            place_of(self.var).sockets
        )

    def _on_server(self, given: str, owner_given: str) -> Database:
        owner_url = owner_given or given
        check_server(owner_url)
        if owner_given and owner_given != given:
            check_server(given)
            return Database(owner_url, given)
        password = roles.kept_secret(self.var / "secrets" / f"server-{roles.RUNTIME_ROLE}")
        runtime_url = with_login(owner_url, roles.RUNTIME_ROLE, password)
        if not _answers(runtime_url):
            try:
                roles.ensure_runtime_role(owner_url, password)
            except errors.InsufficientPrivilege:
                raise Unusable(
                    f"the user of DATABASE_URL may not make the role {roles.RUNTIME_ROLE}: as an"
                    f" administrator of the server run `CREATE ROLE {roles.RUNTIME_ROLE} LOGIN PASSWORD '…'`,"
                    " then set DATABASE_URL to that role and MOTCUA_OWNER_DATABASE_URL to the owner"
                ) from None
        return Database(owner_url, runtime_url)


@dataclass(frozen=True, slots=True)
class Pool:
    """A process that takes jobs from queues, at most `at_once` at the same time."""

    queues: tuple[str, ...]
    at_once: int

    def arguments(self) -> list[str]:
        """Return what the worker's command is called with."""
        return ["--queues", ",".join(self.queues), "--concurrency", str(self.at_once)]


# look-ups mostly wait for servers outside: one that is slow holds up neither the others nor the rest of the work
WORKERS: Final[Mapping[str, Pool]] = {
    "worker": Pool(("bulk", "documents", "housekeeping"), 1),
    "lookups": Pool(("automatic",), 4),
}


def signing_port(standins_port: int) -> int:
    """Return where the demo's remote signing service answers."""
    return standins_port + 4


def services(
    environment: Mapping[str, str],
    port: int,
    stream_port: int,
    standins_port: int,
    *,
    logs: Path | None = None,
) -> list[Service]:
    """Return the processes of a running installation; the stand-ins of outside systems only in a demo."""
    python = sys.executable
    host = environment.get("MOTCUA_LISTEN", "127.0.0.1")
    workers = environment.get("MOTCUA_WEB_WORKERS", str(max(2, os.cpu_count() or 1)))
    threads = environment.get("MOTCUA_WEB_THREADS", "4")
    granian = [
        python,
        "-m",
        "granian",
        "--host",
        host,
        "--no-ws",
        "--log-level",
        "warning",
        "--respawn-failed-workers",
    ]
    django = [python, "-m", "django"]
    unchecked = "--skip-checks"  # they import all pages, which these processes never show
    static = Path(environment["MOTCUA_VAR"]) / "static"
    commands: dict[str, list[str | Path]] = {
        "web": [
            *granian, "--interface", "wsgi", "--port", str(port), "--workers", workers,
            "--blocking-threads", threads, "--backlog", "2048",
            "--static-path-route", "/static", "--static-path-mount", static, "--static-path-expires", "2592000",
            "motcua.wsgi:application",
        ],
        "stream": [
            *granian, "--interface", "asgi", "--port", str(stream_port), "--workers", "1",
            "--workers-kill-timeout", "1",  # open streams would hold it up
            "motcua.asgi:application",
        ],
        "dispatch": [*django, "dispatch", unchecked],
        "deliver": [*django, "deliver", unchecked],
        "partners": [*django, "partners", unchecked],
        **{
            name: [*django, "procrastinate", unchecked, "worker", *pool.arguments()]
            for name, pool in WORKERS.items()
        },
    }  # fmt: skip
    if environment.get("MOTCUA_MODE") == "demo":
        commands["standins"] = [*django, "standins", "--port", str(standins_port)]
        commands["sources"] = [*django, "lookup_standin", "--port", str(standins_port + 2)]
        commands["signing"] = [*django, "signing_standin", "--port", str(signing_port(standins_port))]
        commands["ministry"] = [*django, "partner_standin", "--port", str(standins_port + 3)]
        commands["portal"] = [*django, "portal_standin", "--port", str(standins_port + 5)]
    return [
        Service(
            name,
            command,
            {**environment, "PGAPPNAME": f"motcua {name}"},
            log=logs / f"{name}.log" if logs else None,
            folder=ROOT,
        )
        for name, command in commands.items()
    ]


def manage(
    environment: Mapping[str, str], *arguments: str, owner: bool = False, quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    """
    Run one management command; with `owner` under the role that owns the tables.

    Django's checks of the code run with `migrate` alone: they take as long as starting.
    """
    checked = () if arguments[0] == "migrate" else ("--skip-checks",)
    chosen = dict(environment)
    if owner:
        chosen["DATABASE_URL"] = environment["MOTCUA_OWNER_DATABASE_URL"]
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments, *checked], env=chosen, cwd=ROOT, check=False, text=True,
        stdout=subprocess.PIPE if quiet else None, stderr=subprocess.PIPE if quiet else None,
    )  # fmt: skip


def check_disk(folder: Path) -> None:
    """
    Refuse to start on a disk that is nearly full.

    :raises Unusable:
    """
    least = int(os.environ.get("MOTCUA_LEAST_FREE_MB", str(LEAST_FREE_MEGABYTES)))
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free // 2**20
    if free < least:
        raise Unusable(
            f"the disk of {existing} is full: {free} MB are free, {least} MB are needed; make room there"
        )


def check_port(host: str, port: int, option: str = "--port") -> None:
    """
    Refuse a port that somebody else listens on.

    :raises Unusable:
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            if refusal.errno == errno.EADDRINUSE:
                raise Unusable(
                    f"port {port} is taken by another program: stop it, or choose another port with"
                    f" `{option} N`"
                    " (the six after it must be free as well)"
                ) from None
            raise Unusable(
                f"port {port} cannot be used ({refusal.strerror}): choose another with `{option} N`"
            ) from None


def free_ports(count: int) -> int:
    """Return the first of several successive ports of loopback that nobody listens on just now."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            start: int = first.getsockname()[1]
            try:
                for port in range(start + 1, start + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return start


def check_server(url: str) -> None:
    """
    Look whether the server of a DATABASE_URL can be used.

    :raises Unusable: with what to do.
    """
    if fault := database_fault(url):
        raise Unusable(f"DATABASE_URL {fault}")
    parts = conninfo_to_dict(url)
    where = f"{parts.get('host')}:{parts.get('port', 5432)}"
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as server:
            _check_features(server)
    except psycopg.OperationalError as refusal:
        said = str(refusal)
        reason = said.strip().splitlines()[-1].split("failed:")[-1].replace("FATAL:", "").strip()
        if (
            "authentication failed" in said
            or "no pg_hba.conf entry" in said
            or "no password supplied" in said
        ):
            raise Unusable(
                f"the server {where} refuses user {parts.get('user')!r}: check user and password in"
                " DATABASE_URL"
            ) from None
        if "does not exist" in said and "database" in said:
            raise Unusable(
                f"the server {where} has no database {parts.get('dbname')!r}: create it with"
                " `createdb` or correct"
                " DATABASE_URL"
            ) from None
        raise Unusable(
            f"no PostgreSQL answers at {where} ({reason}): start it or correct DATABASE_URL"
        ) from None


def _check_features(server: psycopg.Connection[tuple[object, ...]]) -> None:
    refuse_old(server.info.server_version)
    if server.info.parameter_status("server_encoding") != "UTF8":
        raise Unusable(
            "the database of DATABASE_URL is not UTF8: create one with `createdb -E UTF8 -T template0 …`"
        )
    rows = server.execute(
        "SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)]
    ).fetchall()
    missing = sorted(set(EXTENSIONS) - {str(name) for (name,) in rows})
    if missing:
        raise Unusable(
            f"the server of DATABASE_URL lacks the extensions {', '.join(missing)}: install"
            " postgresql-contrib"
        )


def refuse_old(version: int) -> None:
    """
    Refuse a server older than we need; `version` as libpq gives it (150004 is 15.4).

    :raises Unusable:
    """
    if version < OLDEST_SERVER * 10_000:
        raise Unusable(
            f"the server of DATABASE_URL is PostgreSQL {version // 10_000}: {OLDEST_SERVER} or newer"
            " is needed"
        )


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
