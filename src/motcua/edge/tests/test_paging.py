"""Marks of pages: what a list gave is understood, everything else is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from motcua.edge import paging
from motcua.kernel.calendar import LOCAL

MOMENT = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)


def test_a_mark_leads_back_to_its_key() -> None:
    assert paging.number_of(paging.mark([17])) == 17
    assert paging.moment_of(paging.mark([MOMENT, 17])) == (MOMENT, 17)
    assert paging.number_of("") is None
    assert paging.moment_of("") is None


@pytest.mark.parametrize("key", [["x"], [-1], ["9" * 19], [None], [17, 17], []])
def test_a_number_that_no_list_has_is_refused(key: list[object]) -> None:
    with pytest.raises(paging.BadPage):
        paging.number_of(paging.mark(key))


@pytest.mark.parametrize(
    "key", [[MOMENT, "9" * 19], [MOMENT, "x"], ["2023-10-02T08:00", 17], ["x", 17], [17], [MOMENT, -1]]
)
def test_a_moment_that_no_list_has_is_refused(key: list[object]) -> None:
    with pytest.raises(paging.BadPage):
        paging.moment_of(paging.mark(key))
