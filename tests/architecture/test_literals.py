"""Law is dated data: no procedure, agency or number of days of the law stands in the code (law 2)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture import source

PROCEDURE = re.compile(r"(?<![\d.])\d\.\d{6}(?!\d)")
AGENCY = re.compile(
    r"^(HD|HP|HD25|TW|TW25|BD)\.[A-Z0-9]|^0*\d{2,3}\.\d{2}\.[\d.]*[A-Z]\d{2}\b|^[HG]\d{2}(\.|$)"
)

# (module, days): a number of days that is no time limit of the law.
DAYS = {
    ("dossiers/queries.py", 2): "a list of what is about to lapse looks two days ahead",
    (
        "dossiers/recounting.py",
        7,
    ): "a week around changed days is looked at; what counts decides the calendar",
    ("forms/rules.py", 20): "samples for journeys: a day that most rules take",
    ("forms/rules.py", 7): "the same",
    ("notifications/handlers.py", 2): "events older than this were played, not lived: nobody is told",
    ("web/desk/demands.py", 13): "the page opens on the last quarter, in weeks",
    ("web/desk/pauses.py", 13): "the page opens on the last quarter, in weeks",
    ("web/desk/trial.py", 13): "the page of trials opens on the last quarter, in weeks",
    ("web/kstt/calendar.py", 59): "one entry of the calendar page covers two months at most",
    ("web/desk/work.py", 3): "a filter of the work list: due within three days",
    ("web/portal/shelf.py", 30): "what runs out within a month is said to",
}
LIMIT_CALLS = {"Limit", "add_working_days"}


@pytest.mark.parametrize("file", source.files(), ids=source.name)
def test_codes_are_data(file: Path) -> None:
    found = [
        f"{line}: {text[:60]!r}"
        for line, text in source.texts(file)
        if PROCEDURE.search(text) or AGENCY.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "page", sorted(source.PACKAGE.rglob("*.html")), ids=lambda page: str(page.relative_to(source.PACKAGE))
)
def test_codes_are_not_in_templates(page: Path) -> None:
    assert PROCEDURE.findall(page.read_text("utf-8")) == []


def numbers_of_days(file: Path) -> list[tuple[int, int]]:
    """Return line and number of every literal of days or limits."""
    found = []
    for call in source.calls(file):
        called = source.last_name(call.func)
        literals = [arg for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, int)]
        if called == "timedelta":
            literals = [
                word.value
                for word in call.keywords
                if word.arg in ("days", "weeks") and isinstance(word.value, ast.Constant)
            ]
        elif called not in LIMIT_CALLS:
            continue
        found += [(call.lineno, literal.value) for literal in literals if isinstance(literal.value, int)]
    return found


@pytest.mark.parametrize("file", source.files(), ids=source.name)
def test_numbers_of_days_are_data(file: Path) -> None:
    name = source.name(file)
    if source.room(file) == "setup":
        return  # plays the demo's past
    found = [
        f"{name}:{line} {days}"
        for line, days in numbers_of_days(file)
        if days not in (0, 1) and (name, days) not in DAYS
    ]
    assert found == []


def test_the_scan_knows_a_code() -> None:
    assert PROCEDURE.search("thủ tục 1.001193")
    assert PROCEDURE.search("1.000656.000.00.00.H23")
    assert not PROCEDURE.search("10.1234567")
    for code in ("HD.KM.10699", "000.07.23.H23", "H24.121", "TW.CAX.10699"):
        assert AGENCY.search(code), code
    assert not AGENCY.search("HDHS")
