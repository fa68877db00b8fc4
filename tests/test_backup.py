"""`./run backup` of a system that works: what was acknowledged before it is in the copy, and the copy runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from motcua.platform.installation import ROOT, SOURCE, Installation
from motcua.setup import starting
from motcua.setup.caller import Caller
from motcua.setup.journey import drained, password
from motcua.setup.private_instance import SERVER_KEYS, Instance, instance_of, private_instance
from tests.kills.load import Ack, World, acknowledged, working

pytestmark = pytest.mark.xdist_group("kills")


def backup(instance: Instance, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, on the running instance."""
    environment = {name: value for name, value in os.environ.items() if name not in SERVER_KEYS}
    environment |= {"PYTHONPATH": str(SOURCE), "MOTCUA_VAR": str(instance.var)}
    return subprocess.run(
        [sys.executable, "-m", "motcua.launch", "backup", str(folder)],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_backup_of_a_working_system_runs_and_has_everything() -> None:
    with private_instance(data="province", own_cluster=True) as instance:
        folder = instance.var.parent / "backup"
        world = World(instance.base_url)
        world.learn()
        with working(world, 2) as clients:
            while len(acknowledged(clients)) < 12:
                time.sleep(0.05)
            before = acknowledged(clients)
            done = backup(instance, folder)
            assert done.returncode == 0, done.stderr
            after = len(acknowledged(clients)) + 4
            while len(acknowledged(clients)) < after:  # the system works on
                time.sleep(0.05)
        again = backup(instance, folder)
        assert again.returncode == 1
        assert "is there already" in again.stderr
        assert len(again.stderr.splitlines()) == 1
        name = psycopg.conninfo.conninfo_to_dict(instance.database_url)["dbname"]
        copy = Installation(
            folder, {key: value for key, value in os.environ.items() if key not in SERVER_KEYS}
        )
        copy.start()
        try:
            check(copy, str(name), before)
        finally:
            copy.stop()


def check(copy: Installation, name: str, before: list[Ack]) -> None:
    """Hold the copy to what was acknowledged before it was begun; let it prove its ledger, serve and work on."""
    database = copy.named(name)
    starting.collect_static(copy.environment("demo"), lambda text: None)
    with instance_of(copy, database, copy.cluster) as instance:
        with psycopg.connect(database.owner_url, autocommit=True) as link:
            entries = set(link.execute("SELECT subject, seq FROM platform_ledgerentry").fetchall())
        assert {(ack.subject, ack.seq) for ack in before} <= entries
        assert instance.manage("ledger", "verify")
        drained(instance.base_url)
        assert instance.manage("tallies", "check")
        world = World(instance.base_url)
        world.learn()
        caller = Caller(instance.base_url, "staff")
        try:
            caller.sign_in(before[0].username, password())
            assert caller.get(f"/api/v1/dossiers/{before[0].code}")["code"] == before[0].code
        finally:
            caller.close()
        with working(world, 1) as clients:
            while not acknowledged(clients):
                time.sleep(0.05)
        numbers = [ack.code for ack in acknowledged(clients) if ack.act == "take_in"]
        assert not {ack.code for ack in before} & set(numbers), "no code is given twice"
