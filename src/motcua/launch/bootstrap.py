"""
First half of `./run`: what must stand before anything can be imported.

Lists the commands; installs missing system packages by apt; makes `.venv` from the lock files (hashes
checked); then hands over to `motcua.launch` in that environment. Runs under the system's Python with
nothing but the standard library. Everything already there is only looked at: that takes some hundredths of
a second.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
LEAST_FREE_MEGABYTES = 1500
PIP_SETTINGS = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

HELP = """\
Một Cửa: hệ thống thông tin giải quyết thủ tục hành chính của một tỉnh.

  ./run demo [--at YYYY-MM-DD] [--port N]   the province and its data on http://127.0.0.1:8000; Ctrl-C stops
  ./run serve [--port N]                    the same for production: real clock, nothing loaded
  ./run test [pytest arguments]             everything that CI runs
  ./run check                               lint and types only
  ./run journey [--procedure CODE|--all]    one dossier from filing to result, over HTTP; prints JSON
  ./run bench acts|deadlines|process|reorganise|worklist     measurements; prints JSON
  ./run manage COMMAND …                    a management command (migrate, ledger verify, …)
  ./run shell                               Python with the system loaded
  ./run backup FOLDER                       copy everything into FOLDER, which can take the place of var/
  ./run reset [--yes]                       remove the database and all files of this installation
  ./run lock                                compile the requirement locks anew (needs the network)

Bắt đầu: gõ `./run demo`, rồi mở http://127.0.0.1:8000 trong trình duyệt. More: docs/operations.md
"""

DATABASE = ("postgresql",)
PRINTING = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fontconfig", "fonts-liberation2")
BASE = ("ca-certificates", "util-linux", "tzdata")
TESTING = ("chromium", "poppler-utils", "git")
COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "demo": ((*BASE, *DATABASE, *PRINTING), "requirements.lock"),
    "serve": ((*BASE, *DATABASE, *PRINTING), "requirements.lock"),
    "manage": ((*BASE, *DATABASE, *PRINTING), "requirements.lock"),
    "shell": ((*BASE, *DATABASE, *PRINTING), "requirements.lock"),
    "backup": ((*BASE, *DATABASE), "requirements.lock"),
    "reset": (BASE, "requirements.lock"),
    "journey": ((*BASE, *DATABASE, *PRINTING), "requirements-dev.lock"),
    "bench": ((*BASE, *DATABASE, *PRINTING), "requirements-dev.lock"),
    "check": (BASE, "requirements-dev.lock"),
    "lock": (BASE, "requirements-dev.lock"),
    "test": ((*BASE, *DATABASE, *PRINTING, *TESTING), "requirements-dev.lock"),
}


class Stop(Exception):
    """Cannot go on; the message is one line that says what to do."""


def main(arguments: list[str]) -> int:
    """Prepare, then become `python -m motcua.launch` of the environment."""
    if not arguments or arguments[0] in {"help", "-h", "--help"}:
        print(HELP, end="")  # noqa: T201
        return 0
    command = arguments[0]
    if command not in COMMANDS:
        say(f"no command {command!r}: `./run` lists them")
        return 2
    packages, lock = COMMANDS[command]
    try:
        install_packages(packages)
        make_environment(ROOT / lock)
    except Stop as stop:
        say(str(stop))
        return 1
    except OSError as failure:
        say(f"{failure.strerror}: {failure.filename or ROOT}; put that right and start again")
        return 1
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    python = str(VENV / "bin" / "python")
    os.execv(python, [python, "-m", "motcua.launch", *arguments])  # noqa: S606
    return 0  # never reached


def say(text: str) -> None:
    """Print one line for the person who started us."""
    print(f"motcua: {text}", file=sys.stderr, flush=True)  # noqa: T201


def install_packages(packages: tuple[str, ...]) -> None:
    """
    Install what is missing of Debian's packages.

    :raises Stop: they are missing and cannot be installed.
    """
    missing = missing_packages(packages)
    if not missing:
        return
    line = "apt-get install " + " ".join(missing)
    if shutil.which("apt-get") is None:
        raise Stop(
            f"programs of these Debian packages are missing: {' '.join(missing)}; install them and"
            " start again"
        )
    prefix: list[str] = []
    if os.getuid() != 0:
        if shutil.which("sudo") is None:
            raise Stop(f"system packages are missing: run `{line}` as root, then start again")
        prefix = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    say(f"installing {' '.join(missing)}")
    if any(name.startswith("postgresql") for name in missing):
        keep_server_private(prefix)
    settings = ["env", "DEBIAN_FRONTEND=noninteractive"]
    quiet = {
        "stdin": None if prefix == ["sudo"] else subprocess.DEVNULL,
        "capture_output": True,
        "text": True,
    }
    subprocess.run([*prefix, "apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
    done = subprocess.run(  # type: ignore[call-overload]
        [*prefix, *settings, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        check=False,
        **quiet,
    )
    if done.returncode != 0 or missing_packages(packages):
        reasons = [row for row in done.stderr.splitlines() if row.startswith("E:") or "password" in row]
        why = f" ({reasons[0].removeprefix('E:').strip()})" if reasons else ""
        raise Stop(f"system packages could not be installed{why}: run `{line}` as root, then start again")


def missing_packages(packages: tuple[str, ...]) -> list[str]:
    """Return which packages are not installed; without dpkg, those whose program is not found."""
    if os.environ.get("MOTCUA_ASSUME_MISSING"):  # lets a test see what happens then
        return os.environ["MOTCUA_ASSUME_MISSING"].split()
    if shutil.which("dpkg-query") is None:
        programs = {"postgresql": "/usr/lib/postgresql", "util-linux": "setpriv", "chromium": "chromium"}
        return [
            name for name in packages
            if name in programs and not Path(programs[name]).exists() and shutil.which(programs[name]) is None
        ]  # fmt: skip
    said = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages, "postgresql-[0-9]*"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    installed = {row.split()[0] for row in said.splitlines() if row.endswith(" installed")}
    if any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or os.environ.get("MOTCUA_PG_BIN"):
        installed.add("postgresql")
    if os.environ.get("DATABASE_URL"):
        installed.add("postgresql")  # a server is used instead
    return [name for name in packages if name not in installed]


def keep_server_private(prefix: list[str]) -> None:
    """Keep Debian from starting a server of its own beside ours, when PostgreSQL comes only for us."""
    folder = Path("/etc/postgresql-common")
    if not folder.exists():
        script = (
            f"mkdir -p {folder}/createcluster.d && echo 'create_main_cluster = false'"
            f" > {folder}/createcluster.d/motcua.conf"
        )
        subprocess.run([*prefix, "sh", "-c", script], check=False, capture_output=True)


def make_environment(lock: Path) -> None:
    """
    Make `.venv` and install the lock into it, if that has not been done.

    :raises Stop: it cannot be done.
    """
    stamp = VENV / ".installed"
    wanted = f"{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()}"
    if (VENV / "bin" / "python").exists() and stamp.exists() and wanted in stamp.read_text().splitlines():
        return
    with (ROOT / ".venv.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        known = stamp.read_text().splitlines() if stamp.exists() else []
        if wanted in known:
            return  # somebody else has just done it
        free = shutil.disk_usage(ROOT).free // 2**20
        if free < LEAST_FREE_MEGABYTES:
            raise Stop(
                f"the disk of {ROOT} is full: {free} MB are free, {LEAST_FREE_MEGABYTES} MB are needed"
                ": make room there"
            )
        if not (VENV / "bin" / "python").exists():
            say("making the Python environment (.venv); some minutes on a slow line")
            make_venv()
        say(f"installing {lock.name}")
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        done = subprocess.run(
            [*pip, "--no-deps", "--require-hashes", "-r", str(lock)], capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL, env={**os.environ, **PIP_SETTINGS},
        )  # fmt: skip
        if done.returncode != 0:
            errors = [row for row in done.stderr.splitlines() if row.startswith("ERROR")]
            why = errors[0] if errors else (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            if "No space left" in done.stderr:
                raise Stop(f"the disk of {ROOT} is full: make room there, then start again")
            raise Stop(f"Python packages could not be installed ({why}): check the network, then start again")
        same_kind = [row for row in known if not row.startswith(lock.name)]
        stamp.write_text("\n".join([*same_kind, wanted]) + "\n")


def make_venv() -> None:
    """
    Make the environment with the Python that runs this; one half made before is made again.

    :raises Stop: Debian's python3-venv is missing and cannot be installed.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    for attempt in (1, 2):
        done = subprocess.run(
            [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        if attempt == 1 and ("ensurepip" in done.stdout or "python3-venv" in done.stdout):
            shutil.rmtree(VENV, ignore_errors=True)
            install_packages_anyway(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
            continue
        reason = (done.stderr or done.stdout).strip().splitlines()
        raise Stop(f"the Python environment could not be made ({reason[-1] if reason else 'no reason'})")


def install_packages_anyway(name: str) -> None:
    """Install a package that dpkg may or may not know under this name."""
    os.environ.pop("MOTCUA_ASSUME_MISSING", None)
    install_packages((name,))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
