"""What must hold for every receipt, limit, policy and pause; and the slow reference must agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motcua.kernel.calendar import LOCAL, Period
from motcua.kernel.deadline import (
    Deadline,
    DueTime,
    Ground,
    Limit,
    Pause,
    PauseKind,
    PauseUnit,
    Policy,
    TimeUnit,
    due,
    due_at,
    explain,
    scale_steps,
)
from motcua.kernel.tests.calendars import crooked, office, one_stop
from motcua.kernel.tests.reference import Rules, Walker

FIRST = datetime(2022, 12, 20, tzinfo=LOCAL)
MINUTES = 500 * 24 * 60

# The machine is shared: a slow example is no failure here (the bench measures speed).
unhurried = settings(deadline=None)

CALENDARS = {"office": office, "one_stop": one_stop, "crooked": crooked}
calendars = st.sampled_from(list(CALENDARS))
moments = st.integers(0, MINUTES).map(lambda minutes: FIRST + timedelta(minutes=minutes))
policies = st.builds(
    Policy,
    count_first_day=st.just(False),
    due_time=st.sampled_from(DueTime),
    roll_rest_day=st.booleans(),
    cutoff=st.sampled_from([None, time(15)]),
    pause_unit=st.sampled_from(PauseUnit),
) | st.builds(
    Policy,
    count_first_day=st.just(True),
    roll_rest_day=st.booleans(),
    cutoff=st.sampled_from([None, time(15)]),
    pause_unit=st.sampled_from(PauseUnit),
)
hour_limits = st.builds(
    Limit,
    st.integers(1, 10000).map(lambda twentieths: Decimal(twentieths) / 20),
    st.sampled_from([TimeUnit.ELAPSED_HOURS, TimeUnit.WORKING_HOURS]),
)
day_limits = st.builds(Limit, st.integers(1, 40), st.sampled_from([TimeUnit.WORKING_DAYS, TimeUnit.DAYS]))
limits = st.one_of(
    day_limits,
    hour_limits,
    st.builds(Limit, st.integers(1, 5), st.just(TimeUnit.MONTHS)),
    st.just(Limit(1, TimeUnit.SAME_DAY)),
)


@st.composite
def pauses_after(draw: st.DrawFn, start: datetime, longest: int = 20 * 24 * 60) -> list[Pause]:
    """Up to three pauses from the receipt on; they may touch, overlap, or begin too late to matter."""
    made = []
    for _ in range(draw(st.integers(0, 3))):
        begun = start + timedelta(minutes=draw(st.integers(0, longest)))
        ended = begun + timedelta(minutes=draw(st.integers(0, longest // 2)))
        made.append(Pause(begun, ended, draw(st.sampled_from(Ground))))
    return made


def only_dates(limit: Limit, policy: Policy) -> bool:
    """Tell where two receipts in order are due in order by date only (see `due_at`)."""
    return policy.due_time is DueTime.SAME_TIME and limit.unit in (TimeUnit.DAYS, TimeUnit.MONTHS)


@unhurried
@given(calendars, moments, st.integers(0, 40 * 24 * 60), limits, policies)
def test_a_later_receipt_is_never_due_earlier(
    place: str, start: datetime, gap: int, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    first = due_at(start, limit, policy, calendar)
    second = due_at(start + timedelta(minutes=gap), limit, policy, calendar)
    if only_dates(limit, policy):
        assert first.date() <= second.date()
    else:
        assert first <= second


@unhurried
@given(calendars, moments, limits, st.integers(1, 20), policies)
def test_a_longer_limit_is_never_due_earlier(
    place: str, start: datetime, limit: Limit, more: int, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    assume(limit.unit is not TimeUnit.SAME_DAY)
    longer = Limit(limit.value + more, limit.unit)
    assert due_at(start, limit, policy, calendar) <= due_at(start, longer, policy, calendar)


@unhurried
@given(calendars, moments, limits, policies)
def test_a_dossier_is_never_due_before_it_was_received(
    place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    assert due_at(start, limit, policy, calendar) >= start


@unhurried
@given(calendars, moments, st.integers(0, 9000), st.integers(0, 9000))
def test_working_minutes_add_up(place: str, start: datetime, a: int, b: int) -> None:
    calendar = CALENDARS[place]()
    middle = calendar.add_minutes(start, a)
    assert calendar.add_minutes(middle, b) == calendar.add_minutes(start, a + b)
    assert calendar.minutes_between(start, middle) == a
    back = calendar.add_minutes(middle, -a)
    assert calendar.minutes_between(back, middle) == a


@unhurried
@given(calendars, moments, st.integers(1, 200), st.integers(1, 200))
def test_working_hour_limits_add_up(place: str, start: datetime, a: int, b: int) -> None:
    calendar = CALENDARS[place]()
    unit, policy = TimeUnit.WORKING_HOURS, Policy()
    first = due_at(start, Limit(a, unit), policy, calendar)
    both = due_at(start, Limit(a + b, unit), policy, calendar)
    assert due_at(first, Limit(b, unit), policy, calendar) == both


@unhurried
@given(calendars, moments, st.integers(0, 60), st.integers(0, 60))
def test_plain_working_days_add_up(place: str, start: datetime, a: int, b: int) -> None:
    calendar = CALENDARS[place]()
    day = start.date()
    middle = calendar.add_working_days(day, a)
    assert calendar.add_working_days(middle, b) == calendar.add_working_days(day, a + b)
    assert calendar.working_days_between(day, middle) == a
    if calendar.is_working(day):
        assert calendar.add_working_days(middle, -a) == day


@unhurried
@given(moments, st.integers(1, 40), st.integers(1, 40))
def test_working_day_limits_add_up(start: datetime, a: int, b: int) -> None:
    unit, policy = TimeUnit.WORKING_DAYS, Policy()
    first = due_at(start, Limit(a, unit), policy, office())
    both = due_at(start, Limit(a + b, unit), policy, office())
    assert due_at(first, Limit(b, unit), policy, office()) == both


@unhurried
@given(st.data(), calendars, moments, limits, policies)
def test_never_due_on_a_rest_day_where_the_policy_rolls(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    rolling = replace(policy, roll_rest_day=True)
    end = due_at(start, limit, rolling, calendar, data.draw(pauses_after(start)))
    assert calendar.is_working(end.date())
    opening, closing = calendar.start_of_day(end.date()), calendar.end_of_day(end.date())
    assert opening <= end <= closing


@unhurried
@given(st.data(), calendars, moments, limits, policies)
def test_a_pause_never_shortens(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    pauses = data.draw(pauses_after(start))
    assume(pauses)
    dropped = data.draw(st.integers(0, len(pauses) - 1))
    fewer = pauses[:dropped] + pauses[dropped + 1 :]
    assert due_at(start, limit, policy, calendar, pauses) >= due_at(start, limit, policy, calendar, fewer)


@unhurried
@given(st.data(), calendars, moments, limits, policies)
def test_a_longer_pause_never_shortens(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    pauses = data.draw(pauses_after(start))
    assume(pauses)
    first = pauses[0]
    assert first.ended_at is not None
    longer = replace(first, ended_at=first.ended_at + timedelta(minutes=data.draw(st.integers(0, 5000))))
    before = due_at(start, limit, policy, calendar, pauses)
    assert due_at(start, limit, policy, calendar, [longer, *pauses[1:]]) >= before


@unhurried
@given(st.data(), calendars, moments, limits, policies)
def test_a_restart_counts_like_a_new_receipt(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    before = data.draw(pauses_after(start))
    assume(before)
    back = replace(before[-1], kind=PauseKind.RESTART)
    assert back.ended_at is not None
    earlier = [pause for pause in before[:-1] if pause.ended_at and pause.ended_at <= back.ended_at]
    assert due_at(start, limit, policy, calendar, [*earlier, back]) == due_at(
        back.ended_at, limit, policy, calendar
    )
    subtracting = replace(policy, restarts=False)
    plain = replace(back, kind=PauseKind.PAUSE)
    assert due_at(start, limit, subtracting, calendar, [back]) == due_at(
        start, limit, policy, calendar, [plain]
    )


@unhurried
@given(st.data(), calendars, moments, limits, policies, st.booleans())
def test_the_explanation_counts_the_limit(
    data: st.DataObject,
    place: str,
    start: datetime,
    limit: Limit,
    policy: Policy,
    restart: bool,
) -> None:
    calendar = CALENDARS[place]()
    pauses = data.draw(pauses_after(start))
    if pauses and restart:
        pauses[0] = replace(pauses[0], kind=PauseKind.RESTART)
    deadline = due(start, limit, policy, calendar, pauses)
    assert deadline.at == due_at(start, limit, policy, calendar, pauses)
    rows = deadline.steps
    counted = [row for row in rows if row.counted]
    if limit.unit in (TimeUnit.WORKING_DAYS, TimeUnit.DAYS, TimeUnit.SAME_DAY):
        assert len(counted) == limit.value
    elif limit.unit in (TimeUnit.WORKING_HOURS, TimeUnit.ELAPSED_HOURS):
        assert sum(row.minutes for row in counted) == limit.minutes
    # One row per day without a gap, the last one the due day.
    assert [row.day.toordinal() - rows[0].day.toordinal() for row in rows] == list(range(len(rows)))
    assert rows[0].day == start.date()
    assert rows[-1].day == deadline.at.date()
    if limit.unit is TimeUnit.WORKING_DAYS:
        assert all(calendar.is_working(row.day) for row in counted)
    lines = explain(deadline)
    assert lines[0].startswith("Nhận hồ sơ lúc ")
    assert any(line.startswith("Hạn trả: ") for line in lines)
    assert all(line.endswith(".") and "None" not in line and "()" not in line for line in lines)


@unhurried
@given(st.data(), calendars, moments, limits, policies)
def test_a_stored_deadline_reads_back(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    deadline = due(start, limit, policy, calendar, data.draw(pauses_after(start)))
    stored = Deadline.from_json(json.loads(json.dumps(deadline.to_json())))
    assert stored == deadline
    assert stored.steps == deadline.steps
    assert explain(stored) == explain(deadline)
    assert stored.to_json() == deadline.to_json()


@unhurried
@given(calendars, moments, limits, policies, st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_planned_steps_are_in_order_and_end_at_the_due_moment(
    place: str, start: datetime, limit: Limit, policy: Policy, quarters: list[int]
) -> None:
    calendar = CALENDARS[place]()
    end = due_at(start, limit, policy, calendar)
    plan = scale_steps(start, end, [Decimal(quarter) / 4 for quarter in quarters], calendar)
    assert len(plan) == len(quarters)
    assert plan[-1] == end
    assert all(a <= b for a, b in zip([start.replace(second=0), *plan], plan, strict=False))
    total = calendar.minutes_between(start, end)
    if total and sum(quarters):
        done = 0
        for quarter, moment in zip(quarters, plan, strict=True):
            done += quarter
            share = total * done / sum(quarters)
            assert abs(calendar.minutes_between(start, moment) - share) <= 1


# Against the reference -------------------------------------------------------------------------------


@cache
def walker(place: str) -> Walker:
    """Return the reference on the same sessions, asked day by day and kept for speed only."""
    calendar = CALENDARS[place]()
    return Walker(
        cache(lambda day: _sessions(calendar.sessions, day)),
        cache(lambda day: _sessions(calendar.receiving_sessions, day)),
    )


def _sessions(ask: object, day: date) -> Sequence[Period]:
    assert callable(ask)
    found: Sequence[Period] = ask(day)
    return found


small = st.one_of(
    st.builds(Limit, st.integers(1, 8), st.sampled_from([TimeUnit.WORKING_DAYS, TimeUnit.DAYS])),
    st.builds(
        Limit,
        st.integers(1, 1300).map(lambda twentieths: Decimal(twentieths) / 20),
        st.sampled_from([TimeUnit.ELAPSED_HOURS, TimeUnit.WORKING_HOURS]),
    ),
    st.builds(Limit, st.integers(1, 2), st.just(TimeUnit.MONTHS)),
    st.just(Limit(1, TimeUnit.SAME_DAY)),
)


@settings(max_examples=150, deadline=None)
@given(st.data(), calendars, moments, small, policies)
def test_the_slow_reference_agrees(
    data: st.DataObject, place: str, start: datetime, limit: Limit, policy: Policy
) -> None:
    calendar = CALENDARS[place]()
    pauses = data.draw(pauses_after(start, longest=5 * 24 * 60))
    rules = Rules(
        policy.count_first_day,
        policy.due_time is DueTime.SAME_TIME,
        policy.roll_rest_day,
        policy.cutoff,
        policy.pause_unit is PauseUnit.DAYS,
    )
    stretches = sorted(
        (pause.started_at.replace(tzinfo=None), pause.ended_at.replace(tzinfo=None))
        for pause in pauses
        if pause.ended_at
    )
    hours = limit.unit in (TimeUnit.WORKING_HOURS, TimeUnit.ELAPSED_HOURS)
    slow = walker(place).due(
        start.replace(tzinfo=None),
        limit.unit.value,
        limit.minutes if hours else int(limit.value),
        rules,
        stretches,
    )
    assert due_at(start, limit, policy, calendar, pauses).replace(tzinfo=None) == slow
