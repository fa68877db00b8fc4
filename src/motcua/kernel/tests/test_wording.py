"""Numbers as slips and pages say them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel.wording import number_vi


@pytest.mark.parametrize(
    ("value", "places", "words"),
    [
        (Decimal("8.0"), None, "8"),
        (Decimal("2.50"), None, "2,5"),
        (100, None, "100"),
        (Decimal("0.00"), None, "0"),
        (Decimal(1) / 3, 2, "0,33"),
        (Decimal("7.999"), 2, "8"),
        (Decimal("1E+2"), None, "100"),
    ],
)
def test_a_number_has_a_comma_and_no_idle_zeros(value: Decimal | int, places: int | None, words: str) -> None:
    assert number_vi(value, places) == words


@given(st.decimals(min_value=0, max_value=10_000, places=3))
def test_a_number_read_back_is_the_same(value: Decimal) -> None:
    assert Decimal(number_vi(value).replace(",", ".")) == value
