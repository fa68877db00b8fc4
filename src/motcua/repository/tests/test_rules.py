"""Codes and validity of holdings."""

from __future__ import annotations

from datetime import date

import pytest

from motcua.repository import rules

DAY = date(2023, 10, 2)


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (None, date(2023, 10, 1), False),
        (date(2023, 10, 3), None, False),
        (date(2020, 1, 1), date(2024, 1, 1), True),
    ],
)
def test_validity_counts_both_ends(start: date | None, end: date | None, valid: bool) -> None:
    assert rules.valid_on(start, end, DAY) is valid


def test_the_code_is_owner_type_number() -> None:
    assert rules.holding_code("030190001234", "KQ-HT-05", "15/XN-UBND") == "030190001234.KQ-HT-05.15/XN-UBND"
    assert rules.holding_code("030190001234", "GT-HT-02", " ") == "030190001234.GT-HT-02"
