"""The documents hold together: links and pictures exist, commands exist, letters are composed, the way in is on top."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from motcua.launch.bootstrap import COMMANDS, HELP

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<path>[^)\s]+)\)")
COMMAND = re.compile(r"(?<![\w/])\./run ([a-z]+)")
BIGGEST_PICTURE = 150_000


def _ids(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _targets(file: Path) -> Iterator[str]:
    for target in LINK.findall(file.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            yield unquote(target)


def _anchors(file: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("file", DOCUMENTS, ids=_ids)
def test_links_and_pictures_exist(file: Path) -> None:
    missing = []
    for target in _targets(file):
        path, _, anchor = target.partition("#")
        found = (file.parent / path).resolve() if path else file
        if (
            not found.is_relative_to(ROOT)
            or not found.exists()
            or (anchor and found.suffix == ".md" and anchor not in _anchors(found))
        ):
            missing.append(target)
    assert not missing


@pytest.mark.parametrize("file", DOCUMENTS, ids=_ids)
def test_commands_exist(file: Path) -> None:
    named = set(COMMAND.findall(file.read_text("utf-8")))
    assert named <= set(COMMANDS)


def test_every_command_is_listed() -> None:
    assert set(COMMAND.findall(HELP)) == set(COMMANDS)


@pytest.mark.parametrize("file", DOCUMENTS, ids=_ids)
def test_letters_are_composed(file: Path) -> None:
    text = file.read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)


def test_readme_begins_with_the_two_commands() -> None:
    first = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:40])
    assert "./run demo" in first
    assert "./run test" in first


def test_pictures_are_small_used_and_described() -> None:
    used = set()
    for file in DOCUMENTS:
        for found in PICTURE.finditer(file.read_text("utf-8")):
            assert found["words"].strip(), f"{file.name}: {found['path']} has no words"
            used.add((file.parent / found["path"]).resolve())
    kept = {picture.resolve() for picture in (ROOT / "docs" / "pictures").glob("*.png")}
    assert kept <= used, f"nobody shows {sorted(one.name for one in kept - used)}"
    large = [one.name for one in kept if one.stat().st_size > BIGGEST_PICTURE]
    assert not large


def test_every_document_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in _targets(index)}
    single = {file for file in DOCUMENTS if file.parent != ROOT and file.parent.name != "decisions"}
    assert {file.resolve() for file in single} - linked - {index.resolve()} == set()
