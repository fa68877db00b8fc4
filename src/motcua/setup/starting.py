"""What a database and a `var` folder need before the services start; each step is done once."""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from motcua.platform import marks, roles
from motcua.platform.installation import ROOT, SOURCE, Unusable, manage

PACKAGE = SOURCE / "motcua"
BEGUN = "begun"
LOCK = ROOT / "requirements.lock"  # our libraries bring migrations of their own


@contextlib.contextmanager
def one_at_a_time(var: Path) -> Iterator[None]:
    """Let two starts at the same time set up one after the other; the second finds everything done."""
    with _held(var / "setting-up.lock"):
        yield


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def migrate(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Bring the tables up to date, as the owner, if a migration or a library has changed."""
    wanted = marks.fingerprint([LOCK, *PACKAGE.glob("*/migrations/*.py")])
    owner_url = environment["MOTCUA_OWNER_DATABASE_URL"]
    if marks.read(owner_url).get("migrated") == wanted:
        return
    with _timed(say, "migrating the database"):
        done = manage(environment, "migrate", "--no-input", "-v", "0", owner=True, quiet=True)
        _must(environment, done, "migrating the database")
        marks.write(owner_url, "migrated", wanted)


def collect_static(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """
    Gather scripts, styles and fonts with their hashes in the names, if one has changed.

    Private instances share the folder and start side by side: the second waits and finds everything done.
    """
    var = Path(environment["MOTCUA_VAR"])
    stamp = var / "static.fingerprint"
    files = [file for file in (PACKAGE / "web" / "static").rglob("*") if file.is_file()]
    wanted = marks.fingerprint([LOCK, *files])
    with _held(var / "static.lock"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        _collect(environment, say)
        stamp.write_text(wanted)


def _collect(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    with _timed(say, "collecting static files"):
        done = manage(environment, "collectstatic", "--no-input", "-v", "0", "--clear", quiet=True)
        _must(environment, done, "collecting static files")


def load_province(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Load agencies, catalogue, calendars and persons once (again when the data have changed)."""
    folder = PACKAGE / "setup" / "province"
    wanted = marks.fingerprint(file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    _once(environment, say, "load_province", wanted, "loading the province")


def make_accounts(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Make the demo's staff, their duties and the citizens' accounts once (again when the file has changed)."""
    wanted = marks.fingerprint([PACKAGE / "setup" / "province" / "demo_staff.yaml"])
    _once(environment, say, "demo_accounts", wanted, "making the demo's accounts")


def play_history(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Play the dossiers of the last months once; `forget_half_history` clears up after an interrupted play."""
    owner_url = environment["MOTCUA_OWNER_DATABASE_URL"]
    if has_command("play_history") and "play_history" not in marks.read(owner_url):
        marks.write(owner_url, "play_history", BEGUN)
    _once(environment, say, "play_history", "played", "playing three months of dossiers")


def forget_half_history(owner_url: str, say: Callable[[str], None]) -> None:
    """
    Make the demo's database anew when the first start was interrupted while history was played.

    :raises Unusable: the owner may not make databases.
    """
    if marks.read(owner_url).get("play_history") != BEGUN:
        return
    say("the first start was interrupted: beginning anew")
    name = sql.Identifier(str(conninfo_to_dict(owner_url)["dbname"]))
    with psycopg.connect(roles.server_url(owner_url), autocommit=True) as server:
        try:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        except psycopg.errors.InsufficientPrivilege:
            raise Unusable(
                "the first start was interrupted: make the database of DATABASE_URL anew, empty"
            ) from None


def set_clock(environment: Mapping[str, str], at: str | None) -> None:
    """
    Start the demo clock, or move it forward.

    :raises Unusable: the day is before what the clock shows.
    """
    known = marks.read(environment["MOTCUA_OWNER_DATABASE_URL"])
    if at is None and "demo_clock" in known:
        return
    done = manage(environment, "demo_clock", *(["--at", at] if at else []), quiet=True)
    if done.returncode != 0:
        raise Unusable(_last_line(done.stderr))
    marks.write(environment["MOTCUA_OWNER_DATABASE_URL"], "demo_clock", at or "start")


def has_command(name: str) -> bool:
    """Tell whether a management command of ours exists."""
    return any(PACKAGE.glob(f"*/management/commands/{name}.py"))


def _once(
    environment: Mapping[str, str], say: Callable[[str], None], command: str, wanted: str, words: str
) -> None:
    owner_url = environment["MOTCUA_OWNER_DATABASE_URL"]
    if not has_command(command) or marks.read(owner_url).get(command) == wanted:
        return
    with _timed(say, words):
        _must(environment, manage(environment, command, quiet=True), words)
        marks.write(owner_url, command, wanted)


def _must(environment: Mapping[str, str], done: subprocess.CompletedProcess[str], words: str) -> None:
    if done.returncode == 0:
        return
    if "No space left" in done.stderr or "could not extend file" in done.stderr:
        raise Unusable("the disk is full: make room for the database, then start again")
    log = Path(environment["MOTCUA_VAR"]) / "log" / "setting-up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout + done.stderr, "utf-8")
    raise Unusable(f"{words} failed: {_last_line(done.stderr)} (all of it in {log})")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip(" ^")]
    return lines[-1].removeprefix("CommandError: ") if lines else "no reason given"


@contextlib.contextmanager
def _timed(say: Callable[[str], None], words: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"{words} …")
    yield
    say(f"{words}: {time.monotonic() - started:.1f} s")
