"""Calendars: layers, seasons, swaps, closures, and the look-ups that deadlines stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel.calendar import (
    Closure,
    DayKind,
    DayMark,
    Layer,
    OutOfCalendar,
    SessionRule,
    WorkingCalendar,
    local,
    merge,
)
from motcua.kernel.tests.calendars import at, crooked, data, hours, nation, office, on, one_stop

MORNING, AFTERNOON = (time(7, 30), time(12)), (time(13, 30), time(17))
WEEKDAYS = frozenset(range(5))
DEFAULT = SessionRule(None, None, WEEKDAYS, (MORNING, AFTERNOON))


def test_every_holiday_of_the_data_is_off_and_every_swap_is_worked() -> None:
    for record in data()["holidays"]:
        if not record.get("apply", True):
            continue
        day = date.fromisoformat(record["date"])
        assert office().is_working(day) == (record["type"] == "swapped_work"), record
        if record["type"] != "swapped_work":
            assert office().reason_off(day) == record["name"]


def test_a_holiday_that_does_not_apply_yet_is_worked() -> None:
    assert office().is_working(on("24/11/2026"))


def test_an_ordinary_week() -> None:
    assert office().sessions(on("02/10/2023")) == (MORNING, AFTERNOON)
    assert office().reason_off(on("02/10/2023")) is None
    assert office().sessions(on("07/10/2023")) == ()
    assert office().reason_off(on("07/10/2023")) == "nghỉ hằng tuần"
    assert office().start_of_day(on("02/10/2023")) == at("02/10/2023 07:30")
    assert office().end_of_day(on("02/10/2023")) == at("02/10/2023 17:00")
    assert office().day_minutes == 480


def test_saturday_morning_receives_but_does_not_count() -> None:
    saturday = on("07/10/2023")
    assert not one_stop().is_working(saturday)
    assert one_stop().is_receiving(saturday)
    assert one_stop().receiving_sessions(saturday) == ((time(7, 30), time(11, 30)),)
    assert one_stop().minutes_between(at("06/10/2023 17:00"), at("09/10/2023 07:30")) == 0
    assert not one_stop().is_receiving(on("02/09/2023"))  # a Saturday, but National Day


def test_a_worked_saturday_has_the_hours_of_the_day_it_stands_for() -> None:
    # 4 May 2024 stands for Monday 29 April; a unit works short Mondays.
    short = SessionRule(None, None, frozenset({0}), (MORNING,))
    calendar = WorkingCalendar.build([nation()], sessions=(DEFAULT, short))
    assert calendar.sessions(on("04/05/2024")) == (MORNING,)
    assert calendar.sessions(on("26/04/2025")) == (MORNING, AFTERNOON)  # stands for a Friday
    mark = calendar.mark(on("04/05/2024"))
    assert mark is not None and mark.kind is DayKind.SWAPPED_ON


def test_a_worked_saturday_without_its_other_day_has_mondays_hours() -> None:
    mark = DayMark(on("07/10/2023"), DayKind.SWAPPED_ON, "Làm bù")
    assert WorkingCalendar.build(sessions=(DEFAULT,), days=(mark,)).sessions(mark.on) == (MORNING, AFTERNOON)


def test_the_later_layer_wins_day_by_day() -> None:
    day = on("02/10/2023")
    shut = Layer("province", days=(DayMark(day, DayKind.CLOSURE, "nghỉ tránh bão"),))
    open_again = Layer("unit", days=(DayMark(day, DayKind.SWAPPED_ON, "trực bão"),))
    base = Layer("nation", sessions=(DEFAULT,))
    assert WorkingCalendar.build([base, shut]).reason_off(day) == "nghỉ tránh bão"
    assert WorkingCalendar.build([base, shut, open_again]).is_working(day)
    assert not WorkingCalendar.build([base, open_again, shut]).is_working(day)
    assert merge([base, shut, open_again]).days == open_again.days


def test_a_layer_replaces_the_hours_of_the_weekdays_it_names() -> None:
    unit = Layer("unit", sessions=(SessionRule(None, None, frozenset({4}), (MORNING,)),))
    calendar = WorkingCalendar.build([Layer("province", sessions=(DEFAULT,)), unit])
    assert calendar.sessions(on("05/10/2023")) == (MORNING, AFTERNOON)
    assert calendar.sessions(on("06/10/2023")) == (MORNING,)


def test_layers_are_dated() -> None:
    """A unit that changes calendars on the day two agencies merge."""
    before = Layer("old", sessions=(DEFAULT,), valid_to=on("30/06/2025"))
    after = Layer(
        "new",
        sessions=(SessionRule(None, None, WEEKDAYS, ((time(8), time(12)), (time(13), time(17)))),),
        days=(DayMark(on("30/06/2025"), DayKind.CLOSURE, "before its time"),),
        valid_from=on("01/07/2025"),
    )
    calendar = WorkingCalendar.build([before, after])
    assert calendar.sessions(on("30/06/2025")) == (MORNING, AFTERNOON)
    assert calendar.sessions(on("01/07/2025"))[0] == (time(8), time(12))
    assert calendar.minutes_between(at("30/06/2025 16:00"), at("01/07/2025 09:00")) == 120


def test_seasons_turn_every_year() -> None:
    summer, winter = hours("summer"), hours("winter")
    calendar = WorkingCalendar.build(sessions=(summer, winter))
    assert calendar.start_of_day(on("14/04/2023")) == at("14/04/2023 07:30")
    assert calendar.start_of_day(on("17/04/2023")) == at("17/04/2023 07:00")
    assert calendar.start_of_day(on("16/10/2024")) == at("16/10/2024 07:30")
    assert calendar.end_of_day(on("31/12/2024")) == at("31/12/2024 16:30")


def test_closures_and_partial_closures() -> None:
    assert crooked().reason_off(on("08/11/2023")) == "chuyển trụ sở"
    assert crooked().sessions(on("11/10/2023")) == ((time(7, 30), time(9)),)
    assert crooked().minutes_between(at("11/10/2023 00:00"), at("12/10/2023 00:00")) == 90


def test_working_days_forwards_and_backwards() -> None:
    calendar = office()
    assert calendar.add_working_days(on("28/09/2023"), 3) == on("03/10/2023")
    assert calendar.add_working_days(on("30/09/2023"), 1) == on("02/10/2023")
    assert calendar.add_working_days(on("30/09/2023"), -1) == on("29/09/2023")
    assert calendar.add_working_days(on("30/09/2023"), 0) == on("30/09/2023")
    assert calendar.working_days_between(on("28/09/2023"), on("03/10/2023")) == 3
    assert calendar.working_days_between(on("03/10/2023"), on("28/09/2023")) == -3
    assert calendar.next_working_day(on("29/09/2023")) == on("02/10/2023")
    assert calendar.next_working_day(on("29/09/2023"), inclusive=True) == on("29/09/2023")
    assert calendar.next_working_day(on("30/09/2023"), inclusive=True) == on("02/10/2023")


def test_minutes_forwards_and_backwards() -> None:
    calendar = office()
    assert calendar.add_minutes(at("02/10/2023 11:30"), 60) == at("02/10/2023 14:00")
    assert calendar.add_minutes(at("02/10/2023 11:30"), 30) == at("02/10/2023 12:00")
    assert calendar.add_minutes(at("02/10/2023 12:15"), 0) == at("02/10/2023 12:15")
    assert calendar.add_minutes(at("30/09/2023 10:00"), 1) == at("02/10/2023 07:31")
    assert calendar.add_minutes(at("02/10/2023 08:00"), -60) == at("29/09/2023 16:30")
    assert calendar.add_minutes(at("02/10/2023 07:30"), -480) == at("29/09/2023 07:30")
    assert calendar.minutes_between(at("02/10/2023 17:00"), at("29/09/2023 17:00")) == -480


def test_moments_in_utc_are_taken_on_the_local_day() -> None:
    late = datetime(2023, 10, 1, 18, 0, 59, tzinfo=UTC)  # 01:00 on Monday
    assert office().add_minutes(late, 1) == at("02/10/2023 07:31")
    assert local(late).date() == on("02/10/2023")


def test_what_the_calendar_refuses() -> None:
    calendar = office()
    naive = datetime(2023, 10, 2, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        calendar.add_minutes(naive, 5)
    with pytest.raises(ValueError, match="local date"):
        calendar.is_working(at("02/10/2023 09:00"))
    for outside in (date(2014, 12, 31), date(2041, 1, 1)):
        with pytest.raises(OutOfCalendar):
            calendar.is_working(outside)
    with pytest.raises(OutOfCalendar):
        calendar.add_working_days(date(2040, 12, 31), 1)
    with pytest.raises(OutOfCalendar):
        calendar.add_working_days(date(2015, 1, 2), -5)
    with pytest.raises(OutOfCalendar):
        calendar.add_minutes(at("31/12/2040 16:00"), 90)
    with pytest.raises(OutOfCalendar):
        calendar.add_minutes(at("01/01/2015 08:00"), -90)
    with pytest.raises(OutOfCalendar):
        calendar.next_working_day(date(2040, 12, 31))


@pytest.mark.parametrize(
    "periods",
    [
        ((time(9), time(9)),),
        ((time(12), time(9)),),
        ((time(8), time(12)), (time(11), time(13))),
        ((time(13), time(17)), (time(8), time(12))),
    ],
)
def test_sessions_must_be_in_order(periods: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="sessions"):
        SessionRule(None, None, WEEKDAYS, periods)


def test_calendars_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="session that counts"):
        WorkingCalendar.build(sessions=(hours("one_stop_saturday", counts=False),))
    with pytest.raises(ValueError, match="at least one day"):
        WorkingCalendar.build(sessions=(DEFAULT,), first=date(2024, 1, 2), last=date(2024, 1, 1))
    with pytest.raises(ValueError, match="weekdays"):
        SessionRule(None, None, frozenset({7}), (MORNING,))
    with pytest.raises(ValueError, match="closure ends"):
        Closure(date(2024, 1, 2), date(2024, 1, 1), "x")
    with pytest.raises(ValueError, match="holidayy"):
        DayMark.from_data({"date": "2024-01-01", "name": "x", "type": "holidayy"})


@given(
    st.dates(date(2021, 1, 1), date(2027, 1, 1)),
    st.integers(0, 60),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.dates(date(2021, 1, 1), date(2027, 6, 1)), max_size=12),
)
def test_tables_agree_with_counting_on_the_fingers(
    day: date, working_days: int, weekdays: set[int], shut: set[date]
) -> None:
    rule = SessionRule(None, None, frozenset(weekdays), (MORNING,))
    marks = tuple(DayMark(off, DayKind.CLOSURE, "đóng cửa") for off in sorted(shut))
    calendar = WorkingCalendar.build(
        sessions=(rule,), days=marks, first=date(2021, 1, 1), last=date(2029, 1, 1)
    )
    end, left = day, working_days
    while left:
        end += timedelta(days=1)
        left -= end.weekday() in weekdays and end not in shut
    assert calendar.add_working_days(day, working_days) == end
    assert calendar.working_days_between(day, end) == working_days
