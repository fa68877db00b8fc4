"""Stays of one dossier: what is waiting, what is work, what is rework (R-049)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.evaluation.mining.rules import SUPPLEMENT, Row, Stay, path, stays, step_of

START = datetime(2023, 10, 2, 8, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def minutes(unit_id: int, start: datetime, end: datetime) -> int:
    """Every minute is a working minute."""
    return int((end - start).total_seconds() // 60)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def row(no: int, node: str, opened: int, done: int, outcome: str = "x", hours: str = "1") -> Row:
    return Row(no, node, "done", outcome, 7, Decimal(hours), at(opened), at(done))


def stays_of(
    rows: Sequence[Row],
    taken: dict[int, int] | None = None,
    pauses: Sequence[tuple[int, int | None]] = (),
    outside: Sequence[str] = (),
) -> list[Stay]:
    return stays(
        rows,
        {number: at(minute) for number, minute in (taken or {}).items()},
        [(at(a), None if b is None else at(b)) for a, b in pauses],
        outside,
        minutes,
    )


def test_waiting_ends_when_somebody_takes_the_step() -> None:
    assert stays_of([row(1, "a", 0, 60)], {1: 20}) == [Stay("a", 20, 40, 60)]


def test_a_step_nobody_was_seen_to_take_has_no_waiting_time() -> None:
    assert stays_of([row(1, "a", 0, 60)]) == [Stay("a", None, 60, 60)]


def test_time_the_clock_stood_counts_for_no_step() -> None:
    assert stays_of([row(1, "a", 0, 100)], {1: 40}, [(10, 30), (90, None)]) == [Stay("a", 20, 50, 60)]


def test_coming_back_is_rework_but_not_after_a_wait_that_began_there() -> None:
    rows = [
        row(1, "a", 0, 10), row(2, "b", 10, 20), row(3, "a", 20, 30, SUPPLEMENT), row(4, "w", 30, 90),
        row(5, "a", 90, 100), row(6, "b", 100, 110),
    ]  # fmt: skip
    found = stays_of(rows, outside=["w"])
    assert [(stay.node, stay.again, stay.asked, stay.outside) for stay in found] == [
        ("a", False, False, False), ("b", False, False, False), ("a", True, True, False), ("w", False, False, True),
        ("a", False, False, False), ("b", True, False, False),
    ]  # fmt: skip
    assert found[3].working == 60
    assert path(found) == "a>b>a>w>a>b"


def test_opinions_asked_side_by_side_are_one_step_and_no_rework() -> None:
    found = stays_of([row(1, "a", 0, 5), row(2, "o.1", 5, 9), row(3, "o.2", 5, 30), row(4, "b", 30, 31)])
    assert [(stay.node, stay.again) for stay in found] == [
        ("a", False), ("o", False), ("o", False), ("b", False),
    ]  # fmt: skip
    assert path(found) == "a>o>b"
    assert step_of("o.2") == "o"


def test_a_branch_that_kept_its_answer_is_no_stay() -> None:
    found = stays_of([row(1, "a", 0, 5), row(2, "b", 5, 9), row(3, "a", 9, 9, outcome="")])
    assert [stay.node for stay in found] == ["a", "b"]


moments = st.integers(0, 5000)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abw"), moments, moments, st.none() | moments), max_size=12),
    st.lists(st.tuples(moments, moments), max_size=4),
)
def test_no_time_is_lost_or_counted_twice(
    told: list[tuple[str, int, int, int | None]], held: list[tuple[int, int]]
) -> None:
    rows = [row(no, node, min(a, b), max(a, b)) for no, (node, a, b, _) in enumerate(told)]
    taken = {no: one[3] for no, one in enumerate(told) if one[3] is not None}
    bare = stays_of(rows, taken, outside=["w"])
    assert sum((stay.waiting or 0) + stay.working for stay in bare) == sum(
        minutes(7, one.opened_at, one.done_at) for one in rows
    )
    paused = stays_of(rows, taken, [(min(a, b), max(a, b)) for a, b in held], ["w"])
    for one, other in zip(bare, paused, strict=True):
        assert 0 <= other.working <= one.working
        assert (one.waiting is None) == (other.waiting is None)
