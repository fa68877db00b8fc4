"""Every template is used, every text is in Unicode's composed form, no test just waits."""

from __future__ import annotations

import ast
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
import yaml

from motcua.platform.installation import ROOT
from tests.architecture import source

TEMPLATE_FOLDERS = sorted(source.PACKAGE.rglob("templates"))
NAMED = re.compile(r"""\{%\s*(?:include|extends)\s+["']([^"']+)["']""")


def templates() -> set[str]:
    return {
        str(file.relative_to(folder))
        for folder in TEMPLATE_FOLDERS
        for file in folder.rglob("*")
        if file.is_file() and file.suffix in (".html", ".txt", ".svg")
    }


def test_every_template_is_used() -> None:
    named: set[str] = set()
    for folder in TEMPLATE_FOLDERS:
        for file in folder.rglob("*.html"):
            named |= set(NAMED.findall(file.read_text("utf-8")))
    said = [text for file in source.files() for _, text in source.texts(file)]
    named |= set(said)
    patterns = [text for text in said if "«»" in text and text.endswith((".html", ".txt", ".svg"))]
    policies = yaml.safe_load((source.PACKAGE / "setup/province/policies.yaml").read_text("utf-8"))
    named |= {row["path"] for row in policies["print_templates"]}
    unused = {
        name
        for name in templates()
        if name not in named
        and not any(re.fullmatch(re.escape(text).replace("«»", ".+"), name) for text in patterns)
        and name
        not in ("400.html", "403.html", "403_csrf.html", "404.html", "500.html")  # asked for by Django
    }
    assert unused == set()


def kept_texts() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    endings = (".py", ".html", ".txt", ".md", ".yaml", ".css", ".js", ".toml", ".json")
    return [
        name for name in listed if name.endswith(endings) and "vendor" not in name and ".min." not in name
    ]


def test_every_text_is_composed() -> None:
    wrong = []
    for name in kept_texts():
        file = ROOT / name
        if not file.exists():
            continue
        text = file.read_text("utf-8")
        if not unicodedata.is_normalized("NFC", text):
            wrong.append(name)
    assert wrong == []


# How often a file may: where the moment itself is what is tried.
PAUSES = {
    "tests/test_cluster.py": 1,  # a kill in the middle of work
    "src/motcua/web/lead/tests/test_stream.py": 1,  # the server sees a closed stream at its next beat
}


def sleeps_outside_a_loop(module: ast.Module) -> list[int]:
    """Return the lines on which a test sleeps other than between two looks at something it waits for."""
    looping: set[int] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.While | ast.For):
            looping |= {id(inner) for inner in ast.walk(node)}
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and source.last_name(node.func) == "sleep" and id(node) not in looping
    ]


@pytest.mark.parametrize(
    "file",
    [
        *(file for file in source.PACKAGE.rglob("*.py") if "tests" in file.parts),
        *(ROOT / "tests").rglob("*.py"),
    ],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_no_test_just_waits(file: Path) -> None:
    lines = sleeps_outside_a_loop(ast.parse(file.read_text("utf-8")))
    assert len(lines) <= PAUSES.get(str(file.relative_to(ROOT)), 0), lines
