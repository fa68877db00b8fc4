"""Rooms meet through functions: no table of another room in SQL, no model fetched by name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture import source

TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ONLY)\s+([a-z]+)_([a-z_]+)\b")
LABELS = {config.label for config in apps.get_app_configs() if config.name.startswith("motcua.")}

# (room, table): why it is read or written there.
SHARED = {
    (
        "evaluation",
        "platform_ledgerentry",
    ): "figures read the ledger itself, by cursor (architecture, section 6)",
    (
        "organisation",
        "parties_account",
    ): "the actor of a request in one statement; the room above joins the one below",
    ("platform", "setup_mark"): "marks of finished set-up steps; the table's migration stands in setup",
    ("edge", "platform_accessnote"): "the one trace a GET may leave, named to let it pass",
    ("edge", "platform_attempt"): "failed sign-ins, counted also when a page is only read",
}
GENERATORS = ("setup/generator.py", "setup/generate/")  # rows by COPY for the bench


@pytest.mark.parametrize("file", source.files(), ids=source.name)
def test_sql_names_tables_of_its_own_room(file: Path) -> None:
    if source.name(file).startswith(GENERATORS):
        return
    here = source.room(file)
    foreign = {
        f"line {line}: {label}_{rest}"
        for line, text in source.texts(file)
        for label, rest in TABLE.findall(text)
        if label in LABELS and label != here and (here, f"{label}_{rest}") not in SHARED
    }
    assert foreign == set()


def test_no_model_is_fetched_by_its_name() -> None:
    found = [
        f"{source.name(file)}:{call.lineno}"
        for file in source.files()
        for call in source.calls(file)
        if source.last_name(call.func) in ("get_model", "get_models")
        or (isinstance(call.func, ast.Name) and call.func.id == "__import__")
    ]
    assert found == []


def test_the_scan_knows_a_table() -> None:
    assert TABLE.findall("SELECT 1 FROM dossiers_dossier d JOIN workflow_task t ON true") == [
        ("dossiers", "dossier"), ("workflow", "task"),
    ]  # fmt: skip
