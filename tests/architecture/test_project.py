"""Promises of the project's own files."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from motcua.launch import checking
from motcua.launch.bootstrap import COMMANDS, HELP
from motcua.platform.installation import ROOT, SOURCE

PACKAGE = SOURCE / "motcua"


def sources() -> list[Path]:
    return [file for file in PACKAGE.rglob("*.py") if "tests" not in file.parts]


def test_the_locks_are_of_the_files_beside_them() -> None:
    assert checking.stale_locks() == []


def test_the_locks_have_hashes_and_no_addresses() -> None:
    for name in checking.LOCKS:
        text = (ROOT / name).read_text("utf-8")
        pinned = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?==", text, re.M)
        assert len(pinned) > 30
        assert text.count("--hash=sha256:") >= len(pinned)
        assert "://" not in text


def test_no_exception_from_the_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert [contract["name"] for contract in contracts if contract.get("ignore_imports")] == []


def test_every_command_is_listed() -> None:
    listed = set(re.findall(r"\./run ([a-z]+)", HELP))
    assert listed == set(COMMANDS)


def test_only_setup_and_tests_hold_the_clock() -> None:
    holders = [
        file.relative_to(PACKAGE).parts[0]
        for file in sources()
        if re.search(r"\bclock\.at\(", file.read_text("utf-8"))
    ]
    assert set(holders) <= {"setup"}


def test_rules_operations_and_queries_do_not_ask_what_time_it_is() -> None:
    asking = [
        str(file.relative_to(PACKAGE))
        for file in sources()
        if re.search(
            r"\bclock\.(now|today)\(|datetime\.now\(|date\.today\(|timezone\.now\(", file.read_text("utf-8")
        )
        and {"rules", "operations", "queries", "kernel"} & {part.removesuffix(".py") for part in file.parts}
    ]
    assert asking == []


def test_git_holds_no_generated_file() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert [
        name for name in listed.splitlines() if name.startswith(("var/", ".venv/")) or name.endswith(".pyc")
    ] == []


def test_the_environment_table_is_complete() -> None:
    named = set(
        re.findall(r"`(MOTCUA_[A-Z_]+|DATABASE_URL)`", (ROOT / "docs" / "operations.md").read_text("utf-8"))
    )
    used: set[str] = set()
    for file in [*sources(), ROOT / "conftest.py"]:
        used |= set(re.findall(r'"(MOTCUA_[A-Z_]+|DATABASE_URL)"', file.read_text("utf-8")))
    assert used - named == set(), "docs/operations.md does not name them"
    assert named - used == set(), "docs/operations.md names what nobody reads"
