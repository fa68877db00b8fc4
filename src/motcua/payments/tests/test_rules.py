"""Sums and words of money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.payments import rules
from motcua.payments.rules import FeeKind, Line, Method, Totals


@given(st.lists(st.tuples(st.sampled_from(FeeKind), st.integers(0, 10**9))))
def test_fees_and_charges_are_summed_apart(amounts: list[tuple[FeeKind, int]]) -> None:
    sums = rules.totals(amounts)
    assert sums.total == sum(amount for _, amount in amounts)
    assert sums.fees == sum(amount for kind, amount in amounts if kind is FeeKind.FEE)


def test_nothing_sums_to_nothing() -> None:
    assert rules.totals([]) == Totals(0, 0)


@pytest.mark.parametrize(("amount", "quantity"), [(-1, 1), (8_000, 0)])
def test_a_line_is_a_real_sum(amount: int, quantity: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        Line("P-1", FeeKind.FEE, "Phí", amount, "direct", quantity)


def test_words() -> None:
    assert rules.receipt_number(127, 2023) == "0000127/2023"
    assert [rules.kind_label(kind) for kind in FeeKind] == ["Phí", "Lệ phí"]
    assert all(rules.method_label(method) for method in Method)
