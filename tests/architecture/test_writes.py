"""Nothing writes outside `operations`: not by the ORM, not in SQL (law 1)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import source

WRITERS = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "aupdate", "adelete", "abulk_create", "abulk_update", "aget_or_create", "aupdate_or_create",
}  # fmt: skip
ROW_WORDS = {"update_fields", "force_insert", "force_update", "using"}
SQL = re.compile(
    r"\b(INSERT\s+INTO|DELETE\s+FROM|TRUNCATE|UPDATE\s+(ONLY\s+)?\S+\s+(\w+\s+)?SET|COPY\s+\S+.*FROM STDIN)\b"
)

# Plumbing that the operations of every room write through, and nothing else but what is explained here.
ALLOWED = {
    "platform/": "ledger, outbox, keys, access, seals, clock: what operations write through; no business words",
    "setup/generator.py": "rows for the bench of a million dossiers, made by COPY; never in a real province",
    "setup/generate/": "the same",
    "workflow/saved.py": "a person's own filters of lists: three functions, reads and writes of one small table",
    "edge/readonly.py": "names the statements a GET may run",
}


def explained(name: str) -> bool:
    return any(name == known or (known.endswith("/") and name.startswith(known)) for known in ALLOWED)


def is_operation(name: str) -> bool:
    return "operations" in {part.removesuffix(".py") for part in name.split("/")}


def writes(call: ast.Call) -> bool:
    """Tell whether a call writes rows: on a manager or query, or `save` and `delete` of a row."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in WRITERS:
        return False
    receiver = ast.unparse(call.func.value)
    if re.search(r"\b(objects|_default_manager|_base_manager)\b", receiver):
        return True
    if call.func.attr not in {"save", "delete", "asave", "adelete"} or receiver.endswith("session"):
        return False
    return not call.args and {word.arg for word in call.keywords} <= ROW_WORDS


@pytest.mark.parametrize("file", source.files(), ids=source.name)
def test_only_operations_write(file: Path) -> None:
    name = source.name(file)
    if is_operation(name) or explained(name):
        return
    found = [f"{name}:{call.lineno} {ast.unparse(call)[:80]}" for call in source.calls(file) if writes(call)]
    found += [f"{name}:{line} {text[:80]!r}" for line, text in source.texts(file) if SQL.search(text)]
    assert found == []


def test_every_exception_is_still_needed() -> None:
    names = [source.name(file) for file in source.files()]
    unused = [
        known
        for known in ALLOWED
        if not any(name == known or (known.endswith("/") and name.startswith(known)) for name in names)
        and not known.startswith("setup/gener")  # one of the two spellings
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dossier.objects.filter(code=code).update(state='x')", True),
        ("dossier.save()", True),
        ("dossier.save(update_fields=['state'])", True),
        ("row.delete()", True),
        ("Dossier.objects.create(code=code)", True),
        ("digest.update(part)", False),
        ("counts.update({'a': 1})", False),
        ("picture.save(out, 'PDF')", False),
        ("request.session.save()", False),
    ],
)
def test_the_scan_knows_a_write(text: str, wanted: bool) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert writes(call) is wanted


def test_the_scan_knows_a_write_in_sql() -> None:
    assert SQL.search("UPDATE dossiers_dossier SET state = 'x'")
    assert SQL.search("WITH a AS (INSERT INTO workflow_task (id) VALUES (1)) SELECT 1")
    assert not SQL.search("SELECT last_update FROM dossiers_dossier FOR NO KEY UPDATE OF dossier")
