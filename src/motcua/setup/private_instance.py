"""
A private running instance: own database, own files, own ports; gone when the block ends.

Journeys, benches and browser tests run against one:

    with private_instance(data="province") as instance:
        httpx.get(instance.base_url + "/")
        instance.manage("ledger", "verify")

Databases are copied from a template that is made once per state of code and data (those with data from the one with
the tables alone), so the second instance starts in a few seconds. With `own_cluster` the instance has a PostgreSQL
server to itself, which may be killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import psycopg
from psycopg import sql

from motcua.platform import marks, roles
from motcua.platform.cluster import Cluster
from motcua.platform.installation import (
    ROOT,
    SOURCE,
    Database,
    Installation,
    Unusable,
    free_ports,
    manage,
    services,
)
from motcua.platform.supervise import Supervisor
from motcua.setup import starting

Data = Literal["tables", "empty", "province", "history"]
READY_SECONDS = 180.0
PACKAGE = SOURCE / "motcua"
SERVER_KEYS = {"DATABASE_URL", "MOTCUA_OWNER_DATABASE_URL"}


@dataclass(slots=True)
class Instance:
    """What a client of the instance needs to know; `kill` and `pid` are for kill tests."""

    base_url: str
    stream_url: str
    database: Database
    environment: Mapping[str, str]
    var: Path
    cluster: Cluster | None
    _supervisor: Supervisor | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def database_url(self) -> str:
        """Address for the run-time role."""
        return self.database.runtime_url

    @property
    def owner_database_url(self) -> str:
        """Address for the role that owns the tables."""
        return self.database.owner_url

    def manage(self, *arguments: str) -> str:
        """
        Run a management command on the instance and return what it printed.

        :raises RuntimeError: it failed; the message is its error output.
        """
        done = manage(self.environment, *arguments, quiet=True)
        if done.returncode != 0:
            raise RuntimeError(f"manage {' '.join(arguments)}: {done.stderr.strip()}\n{done.stdout.strip()}")
        return done.stdout

    def log(self, name: str) -> str:
        """
        Return what a service has written.

        They are web, stream, dispatch, deliver, partners, worker, lookups, and in a demo standins, sources, ministry,
        portal.
        """
        file = self.var / "log" / f"{name}.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def pid(self, name: str) -> int | None:
        """Return the process id of a service, None while it is being started again."""
        return self._supervisor.pid(name) if self._supervisor else None

    def processes(self, name: str) -> list[int]:
        """Return the process ids of a service and of everything it has forked."""
        first = self.pid(name)
        return [] if first is None else [pid for pid in _pids() if _session(pid) == first]

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """
        Wait until the pages answer.

        :raises RuntimeError: they do not; the message holds the end of the log.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=5):  # noqa: S310
                    return
            except urllib.error.HTTPError as answer:
                if answer.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError(f"the instance does not answer after {seconds:.0f} s:\n{self.log('web')[-4000:]}")


@contextlib.contextmanager
def private_instance(
    *,
    data: Data = "province",
    own_cluster: bool = False,
    serve: bool = True,
    mode: str = "demo",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Instance]:
    """
    Run an instance for a block.

    `data`: only tables, the province, or the province with its three months of dossiers. `own_cluster`: a
    PostgreSQL of its own. `serve=False`: the database only (the services' environment is in
    `Instance.environment`). `settings`: environment values that differ (MOTCUA_WEB_WORKERS,
    MOTCUA_WEB_THREADS, ...).
    """
    source = {**os.environ, **(settings or {})}
    source.pop("MOTCUA_BASE_URL", None)
    source.pop("MOTCUA_STREAM_URL", None)
    source.pop("MOTCUA_SMS_URL", None)
    source.pop("MOTCUA_LOOKUP_URL", None)
    source.pop("MOTCUA_PARTNER_STANDIN_URL", None)
    source.pop("MOTCUA_PORTAL_STANDIN_URL", None)
    source.pop("MOTCUA_SMTP_URL", None)
    home = Installation(Path(os.environ.get("MOTCUA_VAR", ROOT / "var")), source)
    with contextlib.ExitStack() as stack:
        home.start()
        stack.callback(home.stop)
        template = make_template(home, data)
        temporary = tempfile.TemporaryDirectory(prefix="motcua-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        folder.chmod(0o755)  # the account of the database server passes through
        var = folder / "var"
        name = f"motcua_private_{secrets.token_hex(4)}"
        if own_cluster:
            own = Installation(var, {key: value for key, value in source.items() if key not in SERVER_KEYS})
            if home.cluster is not None:
                home.cluster.copy_to(var)
            own.start()
            stack.callback(own.stop)
            template = make_template(own, data)
        else:
            own = Installation(var, source)
            own.database = home.database
            var.mkdir()
        database = own.named(name)
        _copy_database(own.database.owner_url, template, name)
        stack.callback(_drop_database, own.database.owner_url, name)
        template_files = home.var / "templates" / template / "blobs"
        if template_files.exists():
            shutil.copytree(template_files, var / "blobs", copy_function=os.link)
        starting.collect_static(home.environment("demo"), _silent)
        (var / "static").symlink_to(home.var / "static")
        cluster = own.cluster or home.cluster
        yield stack.enter_context(instance_of(own, database, cluster, mode=mode, serve=serve))


@contextlib.contextmanager
def instance_of(
    own: Installation, database: Database, cluster: Cluster | None, *, mode: str = "demo", serve: bool = True
) -> Iterator[Instance]:
    """Run the services of a started installation, with its files in place, on free ports for a block."""
    port = free_ports(8)
    environment = own.environment(
        mode, port=port, stream_port=port + 1, standins_port=port + 2, database=database
    )
    instance = Instance(
        environment["MOTCUA_BASE_URL"],
        environment["MOTCUA_STREAM_URL"],
        database,
        environment,
        own.var,
        cluster,
    )
    if not serve:
        yield instance
        return
    with (own.var / "supervisor.log").open("w") as console:
        supervisor = Supervisor(
            services(environment, port, port + 1, port + 2, logs=own.var / "log"),
            each_second=own.look_after,
            console=console,
        )
        instance._supervisor = supervisor
        with _kept_running(supervisor):
            instance.wait_ready()
            yield instance


def make_template(home: Installation, data: Data) -> str:
    """Return the name of a database with these data ("tables": as migrated), made when code or data have changed."""
    base = "template0" if data == "tables" else make_template(home, "tables")
    name = f"motcua_template_{data}_{_state_of(data)[:12]}"
    with (
        (home.var / f"template-{data}.lock").open("w") as handle,
        psycopg.connect(roles.server_url(home.database.owner_url), autocommit=True) as maker,
    ):
        fcntl.flock(handle, fcntl.LOCK_EX)
        # Installations with other files may share the server: one of them makes the template, the others wait.
        maker.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"motcua_template_{data}"])
        with psycopg.connect(roles.server_url(home.database.owner_url), autocommit=True) as server:
            known = {str(row[0]) for row in server.execute("SELECT datname FROM pg_database")}
            if name in known:
                return name
            for old in known:
                if old.startswith((f"motcua_template_{data}_", f"motcua_making_{data}")):
                    _drop_database(home.database.owner_url, old)
        making = f"motcua_making_{data}"
        _copy_database(home.database.owner_url, base, making)
        files = home.var / "templates" / name
        shutil.rmtree(files, ignore_errors=True)
        source = Installation(home.var, os.environ)
        source.cluster, source.database = home.cluster, home.database
        environment = source.environment("demo", database=home.named(making))
        environment["MOTCUA_VAR"] = str(files)
        if data == "tables":
            _run(environment, "migrate", "--no-input", "-v", "0", owner=True)
        if data in ("province", "history"):
            _run(environment, "load_province")
            _run(environment, "demo_accounts")
        if data == "history":
            _run(environment, "play_history")
        if data != "tables":
            _run(environment, "demo_clock")
        with psycopg.connect(roles.server_url(home.database.owner_url), autocommit=True) as server:
            server.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (making, name)))
            )
    return name


def _state_of(data: Data) -> str:
    """Return a digest of the code and data that a template is made from."""
    files = [ROOT / "requirements.lock", *PACKAGE.glob("*/migrations/*.py")]
    if data in ("province", "history"):
        rooms = ["setup", "kernel", "territory", "parties", "organisation", "catalogue", "forms", "workflow"]
        for room in rooms if data == "province" else ["*"]:
            files += [file for file in PACKAGE.glob(f"{room}/**/*") if file.is_file() and _counts(file)]
    return marks.fingerprint(files)


def _counts(file: Path) -> bool:
    parts = file.relative_to(PACKAGE).parts
    return not {"tests", "__pycache__", "static", "templates", "private_instance.py"} & set(parts)


def _run(environment: Mapping[str, str], *arguments: str, owner: bool = False) -> None:
    done = manage(environment, *arguments, owner=owner, quiet=True)
    if done.returncode != 0:
        raise Unusable(f"manage {arguments[0]} failed while a template was made:\n{done.stderr.strip()}")


def _copy_database(owner_url: str, template: str, name: str) -> None:
    with psycopg.connect(roles.server_url(owner_url), autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Literal("wal_log")
            )
        )


def _drop_database(owner_url: str, name: str) -> None:
    with psycopg.connect(roles.server_url(owner_url), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextlib.contextmanager
def _kept_running(supervisor: Supervisor) -> Iterator[None]:
    """Run the supervisor in a thread of its own, which lives as long as its processes."""
    ended = threading.Event()

    def watch() -> None:
        supervisor.start()
        try:
            while not ended.is_set():
                supervisor.turn(0.2)
        finally:
            supervisor.stop()

    thread = threading.Thread(target=watch, name="supervisor")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _silent(text: str) -> None:
    """Nobody listens."""


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
