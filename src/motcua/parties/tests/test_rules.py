"""Masking and likeness."""

from __future__ import annotations

from datetime import date

import pytest

from motcua.parties.rules import likeness, mask, mask_phone


@pytest.mark.parametrize(
    ("number", "masked"),
    [("030071995247", "030•••••5247"), ("", ""), ("12345", "•••45"), ("0899828127", "089•••8127")],
)
def test_numbers_are_masked(number: str, masked: str) -> None:
    assert mask(number) == masked


def test_phones_keep_three_digits() -> None:
    assert mask_phone("0900000123") == "•••••••123"
    assert mask_phone("") == ""


BORN = date(1990, 5, 1)


@pytest.mark.parametrize(
    ("number", "folded", "born", "other_number", "sure"),
    [
        ("1", "an", BORN, "1", True),
        ("", "an", BORN, "1", False),
        ("2", "an", BORN, "1", None),
        ("", "an", None, "1", None),
        ("", "binh", BORN, "1", None),
    ],
)
def test_likeness(number: str, folded: str, born: date | None, other_number: str, sure: bool | None) -> None:
    found = likeness(
        id_number=number,
        folded=folded,
        birth_date=born,
        phone="",
        other_number=other_number,
        other_folded="an",
        other_birth_date=BORN,
        other_phone="",
    )
    assert (found.sure if found else None) is sure
