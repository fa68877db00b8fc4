"""`docs/acts.md` says what the code does: acts, names, states they start from, papers, events."""

from __future__ import annotations

import re

import pytest

from motcua.documents.rules import DocumentKind
from motcua.dossiers import events
from motcua.dossiers.rules import ACT_NAMES, FROM, SERIES, Act, State
from motcua.platform.installation import ROOT

PAGE = (ROOT / "docs/acts.md").read_text("utf-8")
ROWS = {
    row[0].strip("`"): row
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for row in [[cell.strip() for cell in line.strip("|").split("|")]]
}
TOPICS = {
    kind.NAME
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, events.DossierEvent) and kind is not events.DossierEvent
}


def test_every_act_stands_in_the_table_once_and_no_other() -> None:
    assert list(ROWS) == [act.value for act in Act]
    assert PAGE.count("\n| `") == len(Act)
    assert all(len(row) == 9 and all(row) for row in ROWS.values())


@pytest.mark.parametrize("act", list(Act))
def test_a_row_says_what_the_code_does(act: Act) -> None:
    _, name, _, states, _, _, paper, event, _ = ROWS[act.value]
    assert name == ACT_NAMES[act]
    if act is not Act.FILE:
        assert set(re.findall(r"`(\w+)`", states)) == {state.value for state in FROM[act]}
    for kind in re.findall(r"`(\w+)`", paper):
        assert DocumentKind(kind).value in SERIES
    assert event.strip("`") in TOPICS


def test_every_state_but_the_first_is_led_to_and_every_event_and_numbered_paper_is_told() -> None:
    assert {topic for topic in TOPICS if topic not in PAGE} == set()
    assert {kind for kind in SERIES if f"`{kind}`" not in PAGE} == set()
    assert set(State) >= set().union(*FROM.values())
