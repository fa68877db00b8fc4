"""`./run manage`, `./run shell`, `./run backup` and `./run reset`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from motcua.env import Env
from motcua.platform.cluster import place_of
from motcua.platform.installation import ROOT, Installation, Unusable

OWNER_COMMANDS = {"migrate", "flush", "dbshell", "createcachetable"}
WITHOUT_DATABASE = {"help", "makemigrations", "collectstatic", "check", "diffsettings"}


def manage(arguments: Sequence[str]) -> int:
    """Run a management command; those that change tables run as the owner."""
    name = arguments[0] if arguments else "help"
    installation = Installation(Path(os.environ.get("MOTCUA_VAR", ROOT / "var")), os.environ)
    try:
        installation.start()
        environment = installation.environment(os.environ.get("MOTCUA_MODE", "demo"))
        Env.read(environment)
        if name in OWNER_COMMANDS:
            environment["DATABASE_URL"] = installation.database.owner_url
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the command
        try:
            return subprocess.run(
                [sys.executable, "-m", "django", name, *arguments[1:]], env=environment, cwd=ROOT,
                check=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            ).returncode  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)
    finally:
        installation.stop()


def shell(arguments: Sequence[str]) -> int:
    """Open Python with the system loaded, as the run-time role."""
    return manage(["shell", *arguments])


def backup(arguments: Sequence[str]) -> int:
    """
    Copy database, secrets and files of the running system into a folder that can be used as `var` at once.

    :raises Unusable: the folder is there already, or the database is on a server.
    """
    parser = argparse.ArgumentParser("./run backup")
    parser.add_argument("folder", type=Path)
    target = parser.parse_args(arguments).folder.resolve()
    if target.exists():
        raise Unusable(f"{target} is there already: name a folder that is not")
    installation = Installation(Path(os.environ.get("MOTCUA_VAR", ROOT / "var")), os.environ)
    try:
        installation.start()
        if installation.cluster is None:
            raise Unusable("the database is on a server (DATABASE_URL): back it up there with pg_basebackup")
        target.mkdir(mode=0o700, parents=True)
        installation.cluster.copy_to(target)
        files = installation.var / "blobs"  # after the database: every file that it names is there by then
        if files.exists():
            shutil.copytree(files, target / "blobs")
    finally:
        installation.stop()
    return 0


def reset(arguments: Sequence[str]) -> int:
    """
    Remove everything this installation has made.

    :raises Unusable: something still runs on it, or nobody said yes.
    """
    parser = argparse.ArgumentParser("./run reset")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    chosen = parser.parse_args(arguments)
    var = Path(os.environ.get("MOTCUA_VAR", ROOT / "var")).resolve()
    if os.environ.get("DATABASE_URL"):
        raise Unusable(
            "the database is on a server (DATABASE_URL): drop it there, then unset DATABASE_URL and reset"
        )
    if not chosen.yes:
        if not sys.stdin.isatty():
            raise Unusable(f"this removes the database and all files in {var}: say `./run reset --yes`")
        if input(f"Remove the database and all files in {var}? [yes/no] ").strip().lower() != "yes":
            return 1
    place = place_of(var)
    if place.home.exists():
        from motcua.platform.cluster import Cluster

        if Cluster(var).guarded():
            raise Unusable("the system is running: stop it (Ctrl-C in its window), then reset")
        shutil.rmtree(place.home)
    shutil.rmtree(place.sockets, ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)
    return 0
