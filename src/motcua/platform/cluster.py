"""
The embedded PostgreSQL: Debian's binaries, a private cluster, a socket and no port.

Several commands of the same checkout share one cluster. Each holds a shared lock on `users.lock` while it
needs the server; a small *guard* process (this module run as a program) is the parent of the postmaster,
restarts it when it dies, and stops it when nobody holds the lock any more, however its users ended.
`start.lock` keeps starting and stopping apart; `guard.lock` tells whether a guard lives: the kernel releases
the locks of the killed, so no state can lie. That the server is up is found out by connecting, never by
asking `pg_ctl`.

What a kill leaves behind. The guard killed: the postmaster gets SIGINT from the kernel (PDEATHSIG) and stops,
the next `ensure()` starts a new guard. The postmaster killed: the guard ends leftover backends (processes of
ours whose working directory is the data directory), removes the stale lock files and starts it again.

Needs the standard library and psycopg, no Django.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

OLDEST_SERVER = 15
OWNER_ROLE = "motcua_owner"
PORT = 5432  # names the socket file only
SOCKET_PATH_LIMIT = 100  # the kernel takes 107 bytes
START_SECONDS = 90.0
STOP_SECONDS = 60.0
PREFERRED_ACCOUNTS = ("postgres", "nobody")
EXTENSIONS = ("unaccent", "pg_trgm", "pgcrypto")


class ClusterError(Exception):
    """The embedded PostgreSQL cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of one cluster stand, and under which account its server runs (None: our own)."""

    home: Path
    sockets: Path
    account: str | None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "log"


def place_of(var: Path) -> Place:
    """
    Say where the cluster of a `var` folder stands.

    PostgreSQL refuses to run as root, so root's clusters belong to an unprivileged account; where that
    account cannot reach the folder (a checkout below /root), the cluster stands in /var/lib/motcua instead.
    """
    account = _account()
    home = var.resolve() / "pg"
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    if account is not None and not _reachable(home, account):
        home = Path("/var/lib/motcua") / mark
    sockets = home / "sock"
    if len(str(sockets / f".s.PGSQL.{PORT}").encode()) > SOCKET_PATH_LIMIT:
        sockets = Path("/run" if account else "/tmp") / f"motcua-{mark}"  # noqa: S108
    return Place(home, sockets, account)


def binaries() -> Path:
    """
    Return the folder of the newest installed PostgreSQL server.

    :raises ClusterError: none is installed, or only too old ones.
    """
    chosen = os.environ.get("MOTCUA_PG_BIN")
    folders = [Path(chosen)] if chosen else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = {version_of(folder): folder for folder in folders if (folder / "postgres").exists()}
    if not found:
        where = chosen or "/usr/lib/postgresql"
        raise ClusterError(
            f"PostgreSQL is not installed (looked in {where}): run `apt-get install postgresql-15` as root,"
            " or set DATABASE_URL to a server"
        )
    newest = max(found)
    if newest < OLDEST_SERVER:
        raise ClusterError(
            f"PostgreSQL {newest} in {found[newest]} is too old: install version {OLDEST_SERVER} or newer"
            " (`apt-get install postgresql-15`), or set DATABASE_URL to a server"
        )
    return found[newest]


def version_of(folder: Path) -> int:
    """Return the major version of the server in a folder."""
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(r"\b(\d+)(\.\d+|devel|beta|rc)", said)
    return int(match[1]) if match else 0


class Cluster:
    """One user's hold on the embedded server of a `var` folder."""

    def __init__(self, var: Path) -> None:
        self.var = var.resolve()
        self.place = place_of(self.var)
        self._held: int | None = None

    def start(self) -> None:
        """
        Make the cluster if it is missing, start the server if it does not answer, and hold it.

        Two starts at the same moment share one server. Returns when the server answers.

        :raises ClusterError: with what to do.
        """
        binaries()
        self._make_folders()
        with self._lock("start.lock"):
            self._hold()
            self._make_cluster()
            if not self.guarded():
                self._start_guard()
            self._await_answer()

    def ensure(self) -> None:
        """Start the guard again if somebody killed it (a held cluster only)."""
        if not self.guarded():
            self.start()

    def stop(self) -> None:
        """Let go of the server; the last user waits until it has stopped."""
        if self._held is None:
            return
        os.close(self._held)
        self._held = None
        deadline = time.monotonic() + STOP_SECONDS
        while self.guarded() and time.monotonic() < deadline:
            if self._used():
                return
            time.sleep(0.05)

    def copy_to(self, var: Path) -> None:
        """
        Copy this held, running cluster whole (databases, roles, passwords, transaction numbers) into another folder.

        The folder can be used as the `var` of an installation at once. Physical, because a dump would lose the
        transaction numbers by which readers follow the ledger.

        :raises ClusterError: it could not be copied.
        """
        import psycopg

        target = var / "pg" / "data"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.var / "secrets", var / "secrets", dirs_exist_ok=True)
        # pg_basebackup reserves WAL only after the copy has begun: a checkpoint in between (every DROP DATABASE makes
        # one) may remove what it needs. A temporary slot holds it from before, and goes with this connection.
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as keeper:
            keeper.execute(
                "SELECT pg_create_physical_replication_slot(%s, true, true)",
                [f"motcua_copy_{keeper.info.backend_pid}"],
            )
            done = subprocess.run(
                [binaries() / "pg_basebackup", "-D", target, "--checkpoint=fast", "--wal-method=stream",
                 "-h", self.place.sockets, "-U", "postgres", "-p", str(PORT)],
                # a busy machine may leave either side without a word for long
                env={**os.environ, "PGPASSWORD": self.secret("postgres"), "PGOPTIONS": "-c wal_sender_timeout=0"},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise ClusterError(f"the cluster could not be copied: {done.stderr.strip()}")

    @contextlib.contextmanager
    def running(self) -> Iterator[Cluster]:
        """Hold the running server for a block."""
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def guarded(self) -> bool:
        """Tell whether a guard process lives."""
        try:  # a shared lock, so that two who ask do not take each other for the guard
            with self._lock("guard.lock", wait=False, kind=fcntl.LOCK_SH):
                return False
        except BlockingIOError:
            return True

    def _used(self) -> bool:
        """Tell whether somebody holds the server (the guard while it stops does not count)."""
        try:
            with self._lock("users.lock", wait=False, kind=fcntl.LOCK_SH):
                pass
        except BlockingIOError:
            return False
        try:
            with self._lock("users.lock", wait=False):
                return False
        except BlockingIOError:
            return True

    def secret(self, role: str) -> str:
        """Return the generated password of a role of this cluster."""
        return (self.var / "secrets" / f"pg-{role}").read_text("ascii").strip()

    def url(self, role: str, name: str) -> str:
        """Return the address of a database of this cluster for a role."""
        return f"postgresql://{role}:{quote(self.secret(role))}@/{name}?host={quote(str(self.place.sockets))}"

    def postmaster(self) -> int | None:
        """Return the process id of the server that runs, or None."""
        return next((pid for pid, parent in _processes_in(self.place.data).items() if parent[1]), None)

    # -- making ------------------------------------------------------------------------------------------

    def _make_folders(self) -> None:
        place = self.place
        for folder in (self.var, place.home, place.sockets):
            folder.mkdir(parents=True, exist_ok=True)
        place.sockets.chmod(0o700)
        place.home.chmod(0o700)
        if place.account:
            owner = pwd.getpwnam(place.account)
            for folder in (place.home, place.sockets):
                os.chown(folder, owner.pw_uid, owner.pw_gid)
        elif place.sockets.stat().st_uid != os.getuid():
            raise ClusterError(f"{place.sockets} belongs to somebody else: remove it")

    def _make_cluster(self) -> None:
        """Run initdb beside the place and move the result in whole: a kill leaves nothing half made."""
        from motcua.platform.roles import RUNTIME_ROLE, kept_secret

        place = self.place
        passwords = {
            role: kept_secret(self.var / "secrets" / f"pg-{role}")
            for role in ("postgres", OWNER_ROLE, RUNTIME_ROLE)
        }
        self._adopt(self.var / "pg" / "data")
        if not (place.data / "PG_VERSION").exists():
            fresh = place.home / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            self._initdb(fresh, passwords["postgres"])
            fresh.rename(place.data)
        made_by = int((place.data / "PG_VERSION").read_text())
        if made_by != version_of(binaries()) and not os.environ.get("MOTCUA_PG_BIN"):
            matching = Path(f"/usr/lib/postgresql/{made_by}/bin/postgres")
            if not matching.exists():
                raise ClusterError(
                    f"the cluster in {place.data} was made by PostgreSQL {made_by}: install"
                    f" postgresql-{made_by}, or move the data as docs/operations.md says under Upgrade"
                )

    def _adopt(self, brought: Path) -> None:
        """Take over a data directory that was copied or moved here: where it must stand, and whose it must be."""
        place = self.place
        if brought != place.data and (brought / "PG_VERSION").exists() and not place.data.exists():
            shutil.move(brought, place.data)
        if place.account and place.data.exists() and place.data.owner() != place.account:
            owner = pwd.getpwnam(place.account)
            for path in (place.data, *place.data.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)

    def _initdb(self, target: Path, password: str) -> None:
        password_file = self.place.home / "initdb-password"
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        if self.place.account:
            shutil.chown(password_file, self.place.account)
        try:
            done = subprocess.run(
                [
                    *_as(self.place.account), binaries() / "initdb", "-D", target, "-U", "postgres",
                    "--pwfile", password_file, "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
                    "--icu-locale=vi", "--auth=scram-sha-256", "--data-checksums", "--no-instructions",
                ],
                capture_output=True, text=True, cwd=self.place.home, check=False,
            )  # fmt: skip
        finally:
            password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(target, ignore_errors=True)
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            reason = next(
                (line for line in lines if "error" in line.lower()), lines[-1] if lines else "no reason"
            )
            if "No space left" in done.stderr:
                raise OSError(errno.ENOSPC, "No space left on device", str(target))
            raise ClusterError(f"initdb could not make {target}: {reason}")

    def _start_guard(self) -> None:
        """Start the guard in a session of its own: Ctrl-C of one user must not stop the others' server."""
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        subprocess.run(
            ["setsid", "--fork", sys.executable, "-m", "motcua.platform.cluster", str(self.var)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment, cwd="/", check=True,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while not self.guarded():
            if time.monotonic() > deadline:
                raise ClusterError(f"the guard of the database did not start: see {self.place.log}")
            time.sleep(0.02)

    def _await_answer(self) -> None:
        import psycopg

        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(
                    self.url("postgres", "postgres"), autocommit=True, connect_timeout=5
                ) as server:
                    self._make_roles(server)
                return
            except psycopg.OperationalError as refusal:
                if "password authentication failed" in str(refusal):
                    raise ClusterError(
                        f"the passwords in {self.var / 'secrets'} are not those of the cluster in"
                        f" {self.place.data}: restore both from the same backup, or `./run reset`"
                    ) from None
                if time.monotonic() > deadline or not self.guarded():
                    raise ClusterError(
                        f"PostgreSQL does not answer ({_last_line(self.place.log)}): see {self.place.log}"
                    ) from None
            time.sleep(0.05)

    def _make_roles(self, server: object) -> None:
        import psycopg
        from psycopg import sql

        from motcua.platform.roles import RUNTIME_ROLE

        assert isinstance(server, psycopg.Connection)  # noqa: S101
        known = {name for (name,) in server.execute("SELECT rolname FROM pg_roles")}
        for role, rights in ((OWNER_ROLE, "LOGIN CREATEDB"), (RUNTIME_ROLE, "LOGIN")):
            if role not in known:
                server.execute(
                    sql.SQL("CREATE ROLE {} {} PASSWORD {}").format(
                        sql.Identifier(role), sql.SQL(rights), sql.Literal(self.secret(role))
                    )
                )
        if server.execute("SELECT 1 FROM pg_database WHERE datname = 'motcua'").fetchone() is None:
            server.execute(sql.SQL("CREATE DATABASE motcua OWNER {}").format(sql.Identifier(OWNER_ROLE)))

    # -- locks -------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        if self._held is None:
            self._held = os.open(self.place.home / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_SH)

    @contextlib.contextmanager
    def _lock(self, name: str, *, wait: bool = True, kind: int = fcntl.LOCK_EX) -> Iterator[int]:
        """Hold a lock; without `wait`, BlockingIOError when somebody else has it."""
        handle = os.open(self.place.home / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, kind | (0 if wait else fcntl.LOCK_NB))
            yield handle
        finally:
            os.close(handle)


class Guard:
    """Parent of the postmaster for as long as somebody uses it."""

    def __init__(self, var: Path) -> None:
        self.cluster = Cluster(var)
        self.place = self.cluster.place
        self.server: subprocess.Popen[bytes] | None = None
        self.pause = 0.1

    def run(self) -> None:
        """Keep the server running until nobody holds it, then stop it."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:  # somebody may be asking just now; a guard holds it for long
            with contextlib.suppress(BlockingIOError), self.cluster._lock("guard.lock", wait=False):
                self._watch()
                return
            time.sleep(0.01)

    def _watch(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            if self.server is None or self.server.poll() is not None:
                self._start_server()
            with contextlib.suppress(BlockingIOError):
                with self.cluster._lock("users.lock", wait=False):
                    pass
                with (
                    self.cluster._lock("start.lock", wait=False),
                    self.cluster._lock("users.lock", wait=False),
                ):
                    self._stop_server()
                    return
            time.sleep(0.15)

    def _start_server(self) -> None:
        started = time.monotonic()
        end_processes(self.place.data)
        for stale in (
            self.place.data / "postmaster.pid",
            self.place.sockets / f".s.PGSQL.{PORT}",
            self.place.sockets / f".s.PGSQL.{PORT}.lock",
        ):
            stale.unlink(missing_ok=True)
        version = (self.place.data / "PG_VERSION").read_text().strip()
        folder = Path(f"/usr/lib/postgresql/{version}/bin")
        if os.environ.get("MOTCUA_PG_BIN") or not (folder / "postgres").exists():
            folder = binaries()
        with self.place.log.open("ab") as log:
            self.server = subprocess.Popen(
                [*_as(self.place.account), "setpriv", "--pdeathsig", "INT",
                 folder / "postgres", "-D", self.place.data,
                 *(f"--{name}={value}" for name, value in options(self.place).items())],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.place.home,
            )  # fmt: skip
        time.sleep(self.pause)  # a server that dies at once is started again, ever more slowly
        died = self.server.poll() is not None
        self.pause = min(self.pause * 2, 5.0) if died or time.monotonic() - started > 10 else 0.1

    def _stop_server(self) -> None:
        if self.server is not None and self.server.poll() is None:
            for ask, seconds in ((signal.SIGINT, 40), (signal.SIGQUIT, 10)):
                self.server.send_signal(ask)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.server.wait(seconds)
                    break
        end_processes(self.place.data)


def options(place: Place) -> dict[str, object]:
    """Return the server's settings: durable, private, sized by the machine's memory."""
    megabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "listen_addresses": "",
        "unix_socket_directories": place.sockets,
        "unix_socket_permissions": "0700",
        "port": PORT,
        "max_connections": 100,
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "lz4",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "shared_buffers": f"{max(64, min(1024, megabytes // 8))}MB",
        "effective_cache_size": f"{max(128, megabytes // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB" if megabytes > 4096 else "64MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "warning",
        "log_line_prefix": "%m [%p] %q%a ",
        "shared_preload_libraries": "pg_stat_statements",
        "idle_in_transaction_session_timeout": "10min",
    }


def end_processes(data: Path) -> None:
    """End server processes that work in this data directory without a guard; wait until they are gone."""
    deadline = time.monotonic() + 20
    politely = time.monotonic() + 8
    while processes := _processes_in(data):
        postmasters = [pid for pid, (_parent, is_postmaster) in processes.items() if is_postmaster]
        late = time.monotonic() > politely
        for pid in list(processes) if late or not postmasters else postmasters:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL if late else signal.SIGINT if postmasters else signal.SIGQUIT)
        if time.monotonic() > deadline:
            raise ClusterError(f"processes {sorted(processes)} still use {data}: end them")
        time.sleep(0.1)


def _processes_in(data: Path) -> dict[int, tuple[int, bool]]:
    """
    Return PostgreSQL processes whose working directory is `data`: pid -> (parent, is it the postmaster).

    A postmaster's parent is no process of the same cluster, and it has the whole command line.
    """
    found: dict[int, tuple[int, bool]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "cwd").readlink() != data:
                continue
            command = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if state[0] == "Z" or b"postgres" not in command:
            continue
        found[int(entry.name)] = (int(state[1]), b"\0-D\0" in command)
    return found


def _account() -> str | None:
    if os.getuid() != 0:
        return None
    for name in PREFERRED_ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise ClusterError(
        "PostgreSQL may not run as root and neither `postgres` nor `nobody` exists: add an account"
    )


def _as(account: str | None) -> list[str]:
    if account is None:
        return []
    owner = pwd.getpwnam(account)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _reachable(folder: Path, account: str) -> bool:
    """Tell whether the account may pass through the folders above."""
    owner = pwd.getpwnam(account)
    for above in folder.parents:
        if not above.exists():
            continue
        status = above.stat()
        bit = 0o100 if status.st_uid == owner.pw_uid else 0o010 if status.st_gid == owner.pw_gid else 0o001
        if not status.st_mode & bit:
            return False
    return True


def _last_line(log: Path) -> str:
    try:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return "no log"
    telling = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
    chosen = (telling or lines or ["no log"])[-1]
    return re.sub(r"^[\d\-: .]+ UTC \[\d+\]\s*", "", chosen)


if __name__ == "__main__":
    Guard(Path(sys.argv[1])).run()
