"""Delays shared out among steps: the shares are the whole, and nobody answers for time that was not theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import lateness
from motcua.dossiers.lateness import Share, Stay
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.tests.calendars import office

CALENDAR: WorkingCalendar = office()
START = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
DUE = datetime(2023, 10, 5, 17, 0, tzinfo=LOCAL)


def stay(
    node: str, begun: float, done: float | None, hours: int = 8, planned: float = 0, who: int = 1
) -> Stay:
    """Return a stay; moments are hours of the clock after START."""
    return Stay(
        node, node, 7, who, START + timedelta(hours=begun),
        START + timedelta(hours=done) if done is not None else None,
        START + timedelta(hours=planned) if planned else None, Decimal(hours),
    )  # fmt: skip


def shares(
    *stays: Stay, end: datetime, pauses: list[tuple[datetime, datetime]] | None = None
) -> dict[str, int]:
    found = lateness.delay(DUE, end, stays, since=START, pauses=pauses or [], calendar=CALENDAR)
    return {share.node: share.minutes for share in found.shares}


def test_who_used_more_than_planned_answers_and_who_got_it_late_does_not() -> None:
    end = datetime(2023, 10, 9, 10, 0, tzinfo=LOCAL)
    # the first had eight hours and kept it five days; the second got it after the due moment and took two hours
    found = shares(stay("a", 0, 168, planned=9), stay("b", 168, None, planned=57, who=2), end=end)
    assert found == {"a": CALENDAR.minutes_between(DUE, end)}


def test_time_in_which_the_clock_was_held_counts_for_nobody() -> None:
    end = datetime(2023, 10, 9, 10, 0, tzinfo=LOCAL)
    held = [(START + timedelta(hours=1), START + timedelta(hours=97))]
    found = shares(
        stay("a", 0, 98, planned=9), stay("b", 98, None, hours=1, planned=98.5, who=2), end=end, pauses=held
    )
    assert set(found) == {"b"}


def test_where_nobody_used_more_the_one_in_hand_when_it_was_due_answers() -> None:
    end = datetime(2023, 10, 6, 8, 30, tzinfo=LOCAL)
    found = shares(stay("a", 0, 9, planned=9), stay("b", 9, None, hours=90, planned=81, who=2), end=end)
    assert set(found) == {"b"}


def test_nothing_from_before_the_last_restart_counts() -> None:
    end = datetime(2023, 10, 6, 10, 0, tzinfo=LOCAL)
    old = Stay("a", "a", 7, 1, START - timedelta(days=9), START - timedelta(days=1), None, Decimal(1))
    found = lateness.delay(
        DUE, end, [old, stay("b", 0, None, hours=1)], since=START, pauses=[], calendar=CALENDAR
    )
    assert [share.node for share in found.shares] == ["b"]
    assert (found.days, found.minutes) == (1, 150)


STAYS = st.lists(
    st.tuples(
        st.floats(0, 200), st.floats(0.5, 100), st.integers(0, 40), st.floats(0, 100), st.booleans()
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@given(rows=STAYS, late=st.integers(1, 20_000))
def test_the_shares_add_up_and_nobody_within_their_time_pays_while_others_overran(
    rows: list[tuple[float, float, int, float, bool]], late: int
) -> None:
    end = DUE + timedelta(minutes=late)
    stays = [
        stay(
            str(number),
            begun,
            None if still else begun + took,
            hours,
            begun + window if window else 0,
            number,
        )
        for number, (begun, took, hours, window, still) in enumerate(rows)
    ]
    found = lateness.delay(DUE, end, stays, since=START, pauses=[], calendar=CALENDAR)
    total = CALENDAR.minutes_between(DUE, end)
    assert found.minutes == total
    if found.shares:
        assert sum(share.minutes for share in found.shares) == total
        assert all(share.minutes >= 0 for share in found.shares)
        weights = [share.minutes for share in found.shares]
        assert weights == sorted(weights, reverse=True)
    over = {share.node for share in found.shares if share.over}
    assert over in (set(), {share.node for share in found.shares})
    for share in found.shares:
        if share.over:
            mine = next(one for one in stays if one.node == share.node)
            done = min(mine.done_at or end, end)
            assert share.over <= CALENDAR.minutes_between(max(mine.opened_at, START), done)
        assert Share.from_json(share.to_json()) == share


def test_until() -> None:
    later, now = DUE + timedelta(days=2), DUE + timedelta(days=9)
    assert lateness.until(None, None, None, now) is None
    assert lateness.until(DUE, None, None, DUE) is None
    assert lateness.until(DUE, None, None, now) == now
    assert lateness.until(DUE, later, None, now) == later
    assert lateness.until(DUE, later, START, now) is None  # it waited for the applicant when it ran out
    assert lateness.open_pause({}) is None


def test_nobody_answers_their_own_and_a_heads_is_answered_above() -> None:
    head = Actor(ActorKind.STAFF, 1, staff_id=5, duties=(DutyRef(1, 1, 9, Role.AGENCY_HEAD),))
    leader = Actor(ActorKind.STAFF, 2, staff_id=6, duties=(DutyRef(2, 1, 1, Role.PROVINCE_LEADER),))
    assert lateness.may_answer(head, 9, "x", 4, by_head=False)
    assert not lateness.may_answer(head, 9, "x", 5, by_head=True)
    assert not lateness.may_answer(head, 8, "x", 4, by_head=False)
    assert lateness.may_answer(leader, 9, "x", 5, by_head=True)
    assert not lateness.may_answer(leader, 9, "x", 4, by_head=False)
