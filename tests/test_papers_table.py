"""`docs/papers.md` says of every kind of paper what the code does: fields, form numbers, where signed and checked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from motcua.documents import press
from motcua.documents.rules import CHECKABLE, DocumentKind, SignatureField
from motcua.documents.tests import factories, samples
from motcua.dossiers import homes

PAGE = (Path(__file__).resolve().parents[1] / "docs/papers.md").read_text("utf-8")
ROWS = {
    cells[0].strip("`"): cells
    for line in PAGE.splitlines()
    if line.startswith("| `") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}
# what a paper says when the fields that depend on it are there
SAID: dict[str, list[dict[str, Any]]] = {
    "hand_over_list": [{"receiver_signs": True}],
    "end_of_day": [{"receiver_name": "Nguyễn Văn Nhận"}],
    "register": [{"closed": True}],
    "slip": [{"electronic": True}, {"electronic": False}],
    "supplement_request": [{"electronic": True}, {"electronic": False}],
    "refusal": [{"electronic": True}, {"electronic": False}],
}


def drawn(kind: DocumentKind) -> set[str]:
    """Return the signature fields the templates of a kind draw, for every sample and what it may say."""
    found: set[str] = set()
    for paper in (one for one in samples.ALL.values() if kind == one.KIND):
        for said in SAID.get(kind, [{}]):
            for frame in factories.frames(kind):
                page = press.html(frame, replace(paper, **said))
                found |= set(re.findall(r'class="sign (\w+)"', page))
    return found


def test_every_kind_stands_in_the_table_once() -> None:
    assert set(ROWS) == {kind.value for kind in DocumentKind}
    assert PAGE.count("\n| `") == len(DocumentKind)
    assert all(len(row) == 7 and all(row) for row in ROWS.values())


@pytest.mark.parametrize("kind", list(DocumentKind))
def test_a_row_says_what_the_code_does(kind: DocumentKind) -> None:
    _, forms, fields, _, _, page, check = ROWS[kind]
    assert set(re.findall(r"`(\w+)`", fields)) == drawn(kind)
    assert drawn(kind) <= {field.value for field in SignatureField}
    numbers = [frame.form_no for frame in factories.frames(kind) if frame.form_no]
    assert re.findall(r"\d\d(?= |$)", forms if "NĐ" not in forms else "") == numbers
    assert ("/kiem-tra/" in check) is (kind in CHECKABLE)
    assert (page.split(";")[-1].strip() in ("dossier", "–")) is (kind not in homes.known())
