"""Deadlines at the edges: cut-offs, lunch, closing, holidays, awkward pauses; and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal

import pytest

from motcua.kernel.calendar import Closure, DayKind, DayMark, Layer, OutOfCalendar, WorkingCalendar
from motcua.kernel.deadline import (
    Deadline,
    DueTime,
    Finish,
    Ground,
    Limit,
    Pause,
    PauseKind,
    PauseUnit,
    Policy,
    Reason,
    Standing,
    TimeUnit,
    classify,
    due,
    due_at,
    explain,
    forward_by,
    remaining,
    revise,
    scale_steps,
    standing,
)
from motcua.kernel.tests.calendars import at, crooked, hours, nation, office, on, one_stop

P = Policy()
SAME_HOUR = Policy(due_time=DueTime.SAME_TIME)
CUTOFF = Policy(cutoff=time(15))
IN_HOURS = Policy(pause_unit=PauseUnit.HOURS)
SAME_DAY = Limit(1, TimeUnit.SAME_DAY)


def wd(value: int) -> Limit:
    return Limit(value, TimeUnit.WORKING_DAYS)


def pause(start: str, end: str, kind: PauseKind = PauseKind.PAUSE) -> Pause:
    return Pause(at(start), at(end), Ground.SUPPLEMENT, kind)


@pytest.mark.parametrize(
    ("start", "limit", "policy", "expected"),
    [
        # cut-off, to the minute: the slip prints minutes
        ("02/10/2023 14:59", wd(1), CUTOFF, "03/10/2023 17:00"),
        ("02/10/2023 15:00", wd(1), CUTOFF, "03/10/2023 17:00"),
        ("02/10/2023 15:01", wd(1), CUTOFF, "04/10/2023 17:00"),
        # lunch break
        ("02/10/2023 12:30", wd(1), P, "03/10/2023 17:00"),
        ("02/10/2023 12:30", wd(1), SAME_HOUR, "03/10/2023 13:30"),
        ("02/10/2023 12:30", Limit(1, TimeUnit.WORKING_HOURS), P, "02/10/2023 14:30"),
        # the last minute, and after closing
        ("02/10/2023 16:59", SAME_DAY, P, "02/10/2023 17:00"),
        ("02/10/2023 17:00", SAME_DAY, P, "03/10/2023 17:00"),
        ("02/10/2023 16:59", wd(1), P, "03/10/2023 17:00"),
        ("02/10/2023 21:00", wd(1), P, "03/10/2023 17:00"),
        ("02/10/2023 21:00", wd(1), SAME_HOUR, "03/10/2023 17:00"),
        ("02/10/2023 16:59", Limit(Decimal("0.5"), TimeUnit.WORKING_HOURS), P, "03/10/2023 07:59"),
        # filed online on a holiday: counts from the next opening
        ("02/09/2023 10:00", wd(3), P, "08/09/2023 17:00"),
        ("02/09/2023 10:00", SAME_DAY, CUTOFF, "05/09/2023 17:00"),
        ("02/09/2023 10:00", Limit(8, TimeUnit.WORKING_HOURS), P, "05/09/2023 17:00"),
        ("02/09/2023 10:00", wd(1), SAME_HOUR, "06/09/2023 07:30"),
        # an end that would be 2 September
        ("28/08/2023 10:00", Limit(5, TimeUnit.DAYS), P, "05/09/2023 17:00"),
        ("28/08/2023 10:00", Limit(5, TimeUnit.DAYS), replace(P, roll_rest_day=False), "02/09/2023 17:00"),
        ("28/08/2023 10:00", Limit(5, TimeUnit.DAYS), SAME_HOUR, "05/09/2023 10:00"),
        # over Tết
        ("19/01/2023 16:00", wd(1), P, "27/01/2023 17:00"),
        ("19/01/2023 16:00", wd(1), CUTOFF, "30/01/2023 17:00"),
        ("19/01/2023 09:00", Limit(3, TimeUnit.DAYS), P, "27/01/2023 17:00"),
        # into and out of the worked Saturday
        ("03/05/2024 09:00", wd(1), P, "04/05/2024 17:00"),
        ("04/05/2024 09:00", wd(1), P, "06/05/2024 17:00"),
        ("04/05/2024 15:30", SAME_DAY, CUTOFF, "06/05/2024 17:00"),
        # first day counted
        ("02/10/2023 09:00", wd(3), replace(P, count_first_day=True), "04/10/2023 17:00"),
        ("02/10/2023 17:00", wd(1), replace(P, count_first_day=True), "03/10/2023 17:00"),
        # months end on the same day, or the month's last
        ("31/01/2024 09:00", Limit(1, TimeUnit.MONTHS), P, "29/02/2024 17:00"),
        ("15/11/2023 09:00", Limit(2, TimeUnit.MONTHS), P, "15/01/2024 17:00"),
        ("30/11/2023 09:00", Limit(3, TimeUnit.MONTHS), P, "29/02/2024 17:00"),
        ("15/11/2023 09:00", Limit(1, TimeUnit.MONTHS), replace(P, count_first_day=True), "14/12/2023 17:00"),
        # elapsed hours run day and night; rolled, they end with an opening
        ("05/10/2023 16:00", Limit(24, TimeUnit.ELAPSED_HOURS), P, "06/10/2023 16:00"),
        ("06/10/2023 16:00", Limit(24, TimeUnit.ELAPSED_HOURS), P, "09/10/2023 07:30"),
        (
            "06/10/2023 16:00",
            Limit(24, TimeUnit.ELAPSED_HOURS),
            replace(P, roll_rest_day=False),
            "07/10/2023 16:00",
        ),
    ],
)
def test_edges(start: str, limit: Limit, policy: Policy, expected: str) -> None:
    assert due_at(at(start), limit, policy, office()) == at(expected)
    assert due(at(start), limit, policy, office()).at == at(expected)


def test_seconds_are_cut_off_and_utc_is_understood() -> None:
    start = datetime(2023, 10, 2, 8, 0, 59, 999999, tzinfo=UTC)  # 15:00:59 here, printed as 15:00
    assert due_at(start, wd(1), CUTOFF, office()) == at("03/10/2023 17:00")


@pytest.mark.parametrize(
    ("start", "policy", "expected"),
    [
        ("30/09/2023 09:00", P, "02/10/2023 17:00"),  # Saturday is the day of receipt
        ("01/10/2023 09:00", P, "03/10/2023 17:00"),  # Sunday: received on Monday
        ("30/09/2023 09:00", CUTOFF, "03/10/2023 17:00"),  # with a cut-off: as received on Monday
        ("30/09/2023 09:00", SAME_HOUR, "02/10/2023 17:00"),
    ],
)
def test_received_on_saturday_morning(start: str, policy: Policy, expected: str) -> None:
    assert due_at(at(start), wd(1), policy, one_stop()) == at(expected)


def test_a_counted_first_day_after_closing_is_the_next_day_of_receipt() -> None:
    counted = Policy(count_first_day=True, roll_rest_day=False)
    limit = Limit(10, TimeUnit.DAYS)
    friday_evening, saturday = at("29/09/2023 17:30"), at("30/09/2023 09:00")
    assert due_at(friday_evening, limit, counted, one_stop()) == at("09/10/2023 17:00")
    assert due_at(saturday, limit, counted, one_stop()) == at("09/10/2023 17:00")


def test_a_same_day_procedure_received_on_saturday_is_due_on_monday() -> None:
    assert due_at(at("30/09/2023 09:00"), SAME_DAY, P, one_stop()) == at("02/10/2023 17:00")


def test_a_day_with_shorter_hours() -> None:
    assert due_at(at("28/09/2023 09:00"), wd(1), P, crooked()) == at("29/09/2023 11:00")
    assert due_at(at("28/09/2023 16:00"), wd(1), SAME_HOUR, crooked()) == at("29/09/2023 11:00")
    assert due_at(at("10/10/2023 09:00"), wd(1), P, crooked()) == at("11/10/2023 09:00")


@pytest.mark.parametrize(
    ("pauses", "days", "in_hours"),
    [
        ([], "05/10/2023 17:00", "05/10/2023 17:00"),
        # two pauses add up; overlapping ones count once
        (
            [pause("03/10/2023 09:00", "04/10/2023 09:00"), pause("05/10/2023 09:00", "06/10/2023 09:00")],
            "09/10/2023 17:00",
            "09/10/2023 17:00",
        ),
        (
            [pause("03/10/2023 09:00", "05/10/2023 09:00"), pause("04/10/2023 09:00", "05/10/2023 09:00")],
            "09/10/2023 17:00",
            "09/10/2023 17:00",
        ),
        # asked for in the last hour of the last day
        ([pause("05/10/2023 16:00", "10/10/2023 10:00")], "10/10/2023 17:00", "10/10/2023 11:00"),
        # asked for when it was over: too late to matter
        ([pause("05/10/2023 17:00", "10/10/2023 10:00")], "05/10/2023 17:00", "05/10/2023 17:00"),
        ([pause("09/10/2023 09:00", "10/10/2023 10:00")], "05/10/2023 17:00", "05/10/2023 17:00"),
        # within one day; over lunch; over a weekend
        ([pause("03/10/2023 09:00", "03/10/2023 11:00")], "05/10/2023 17:00", "06/10/2023 09:30"),
        ([pause("03/10/2023 12:00", "03/10/2023 13:30")], "05/10/2023 17:00", "05/10/2023 17:00"),
        ([pause("05/10/2023 15:00", "08/10/2023 20:00")], "09/10/2023 17:00", "09/10/2023 09:30"),
        # before the receipt: cut to what lies after it
        ([pause("01/10/2023 09:00", "03/10/2023 09:00")], "06/10/2023 17:00", "06/10/2023 17:00"),
    ],
)
def test_pauses(pauses: list[Pause], days: str, in_hours: str) -> None:
    start = at("02/10/2023 09:00")
    assert due_at(start, wd(3), P, office(), pauses) == at(days)
    assert due_at(start, wd(3), P, office(), pauses[::-1]) == at(days)
    assert due_at(start, wd(3), IN_HOURS, office(), pauses) == at(in_hours)


def test_a_pause_in_calendar_days_pushes_calendar_days() -> None:
    limit, held = Limit(10, TimeUnit.DAYS), [pause("04/10/2023 09:00", "09/10/2023 09:00")]
    assert due_at(at("02/10/2023 09:00"), limit, P, office()) == at("12/10/2023 17:00")
    assert due_at(at("02/10/2023 09:00"), limit, P, office(), held) == at("17/10/2023 17:00")


def test_elapsed_hours_are_paused_by_the_clock() -> None:
    limit, held = Limit(24, TimeUnit.ELAPSED_HOURS), [pause("03/10/2023 09:00", "03/10/2023 11:00")]
    assert due_at(at("03/10/2023 08:00"), limit, P, office(), held) == at("04/10/2023 10:00")


def test_a_request_on_the_due_day_is_made_up_on_the_day_of_completion() -> None:
    held = [pause("05/10/2023 16:00", "10/10/2023 10:00")]
    rows = due(at("02/10/2023 09:00"), wd(3), P, office(), held).steps
    assert [row.day.day for row in rows if row.counted] == [3, 4, 10]
    assert [row.day.day for row in rows if row.reason is Reason.PAUSED] == [5, 6, 9]


def test_a_completion_at_closing_is_taken_up_the_next_working_day() -> None:
    start, limit = at("02/10/2023 09:00"), wd(3)
    before = [pause("03/10/2023 09:00", "04/10/2023 16:59")]
    closing = [pause("03/10/2023 09:00", "04/10/2023 17:00")]
    assert due_at(start, limit, P, office(), before) == at("06/10/2023 17:00")
    assert due_at(start, limit, P, office(), closing) == at("09/10/2023 17:00")


def test_a_pause_while_an_end_is_being_rolled_over() -> None:
    # 15 calendar days end on Saturday 2 September, roll to Tuesday the 5th; then more papers are asked for.
    held = [pause("05/09/2023 09:00", "07/09/2023 10:00")]
    assert due_at(at("18/08/2023 10:00"), Limit(15, TimeUnit.DAYS), P, office(), held) == at(
        "07/09/2023 17:00"
    )
    # 24 hours run out on Saturday and roll to Monday's opening; a pause from Sunday lasts until Monday 09:00.
    held = [pause("08/10/2023 10:00", "09/10/2023 09:00")]
    deadline = due(at("06/10/2023 16:00"), Limit(24, TimeUnit.ELAPSED_HOURS), P, office(), held)
    assert deadline.at == at("09/10/2023 09:00")
    assert sum(row.minutes for row in deadline.steps if row.counted) == 24 * 60


def test_nothing_is_due_while_it_waits() -> None:
    # Due at 13:30; asked for in the lunch break before it, answered on Sunday: no working time was left.
    same_hour = replace(SAME_HOUR, pause_unit=PauseUnit.HOURS)
    held = [pause("06/10/2023 12:30", "08/10/2023 10:00")]
    assert due_at(at("05/10/2023 13:30"), wd(1), same_hour, office()) == at("06/10/2023 13:30")
    assert due_at(at("05/10/2023 13:30"), wd(1), same_hour, office(), held) == at("09/10/2023 07:30")


def test_an_open_pause_counts_up_to_now() -> None:
    held = [Pause(at("04/10/2023 09:00"), None, Ground.FINANCIAL_OBLIGATION)]
    start = at("02/10/2023 09:00")
    deadline = due(start, wd(3), P, office(), held)
    assert deadline.suspended
    assert deadline.at == at("05/10/2023 17:00")
    assert explain(deadline)[-1].startswith("Hồ sơ đang tạm dừng")
    assert due_at(start, wd(3), P, office(), held, at("06/10/2023 09:00")) == at("09/10/2023 17:00")


def test_a_recount_starts_after_the_last_return_and_keeps_later_pauses() -> None:
    start = at("02/10/2023 09:00")
    returned = pause("03/10/2023 09:00", "09/10/2023 09:00", PauseKind.RESTART)
    later = pause("10/10/2023 09:00", "12/10/2023 09:00")
    assert due_at(start, wd(3), P, office(), [returned]) == at("12/10/2023 17:00")
    assert due_at(start, wd(3), P, office(), [later, returned]) == at("16/10/2023 17:00")
    again = pause("13/10/2023 09:00", "16/10/2023 15:30", PauseKind.RESTART)
    assert due_at(start, wd(3), P, office(), [returned, later, again]) == at("19/10/2023 17:00")
    assert due_at(start, wd(3), CUTOFF, office(), [returned, later, again]) == at("20/10/2023 17:00")


def test_rows_name_what_each_day_was() -> None:
    held = [pause("04/10/2023 09:00", "06/10/2023 09:00")]
    rows = due(at("02/10/2023 09:00"), wd(4), P, office(), held).steps
    assert [(row.day.day, row.counted, row.reason) for row in rows] == [
        (2, False, Reason.RECEIVED),
        (3, True, Reason.WORKING_DAY),
        (4, True, Reason.WORKING_DAY),
        (5, False, Reason.PAUSED),
        (6, False, Reason.PAUSED),
        (7, False, Reason.WEEKLY_REST),
        (8, False, Reason.WEEKLY_REST),
        (9, True, Reason.WORKING_DAY),
        (10, True, Reason.WORKING_DAY),
    ]
    assert rows[1].sessions == ((time(7, 30), time(12)), (time(13, 30), time(17)))
    assert rows[5].note == "nghỉ hằng tuần"


def test_the_words_at_the_edges() -> None:
    assert explain(due(at("02/09/2023 10:00"), wd(1), P, office()))[2] == (
        "Thứ Bảy 02/09 là ngày nghỉ (Quốc khánh), hồ sơ được coi là nhận vào thứ Ba 05/09."
    )
    assert explain(due(at("02/10/2023 17:30"), SAME_DAY, P, office()))[2] == (
        "Nhận hồ sơ khi đã hết giờ làm việc nên được coi là nhận vào thứ Ba 03/10."
    )
    assert (
        "Tính cả ngày nhận hồ sơ."
        in explain(due(at("02/10/2023 09:00"), wd(1), replace(P, count_first_day=True), office()))[2]
    )
    told = explain(due(at("04/10/2023 09:00"), wd(20), P, office()))
    assert "Các ngày nghỉ hằng tuần không tính: 07–08/10, 14–15/10, 21–22/10 và 28–29/10." in told
    assert "Tính 20 ngày làm việc, từ thứ Năm 05/10 đến thứ Tư 01/11." in told
    told = explain(due(at("31/08/2023 10:15"), Limit(16, TimeUnit.WORKING_HOURS), P, office()))
    assert told[2:4] == [
        "Từ thứ Sáu 01/09 đến thứ Hai 04/09 không tính (Quốc khánh, nghỉ hằng tuần, nghỉ bù Quốc khánh).",
        "Giờ làm việc được tính: thứ Năm 31/08 5 giờ 15 phút, thứ Ba 05/09 8 giờ và thứ Tư 06/09 "
        "2 giờ 45 phút.",
    ]
    late = [pause("09/10/2023 09:00", "10/10/2023 10:00")]
    told = explain(due(at("02/10/2023 09:00"), wd(3), P, office(), late))
    assert any("không làm thay đổi hạn vì lúc đó đã hết hạn" in line for line in told)


def test_a_later_notice_keeps_the_printed_date() -> None:
    printed = Deadline.from_json(due(at("28/08/2023 09:00"), wd(3), P, office()).to_json())
    storm = DayMark(on("31/08/2023"), DayKind.CLOSURE, "nghỉ tránh bão")
    province = Layer("province", sessions=(hours("default"),))
    changed = WorkingCalendar.build([nation(), province], days=(storm,))
    revision = revise(printed, changed)
    assert revision.printed_at == at("31/08/2023 17:00")
    assert revision.recomputed_at == at("05/09/2023 17:00")
    assert revision.changed and revision.closed
    assert revision.hand_over_on == on("05/09/2023")
    assert not revise(printed, office()).changed


def test_a_unit_that_moves_to_another_calendar_in_mid_case() -> None:
    moved = WorkingCalendar.build(
        [
            nation(),
            Layer("old", sessions=(hours("default"),), valid_to=on("30/06/2025")),
            Layer(
                "new",
                sessions=(hours("default"),),
                closures=(Closure(on("01/07/2025"), on("02/07/2025"), "bàn giao sau sắp xếp"),),
                valid_from=on("01/07/2025"),
            ),
        ]
    )
    assert due_at(at("27/06/2025 09:00"), wd(3), P, moved) == at("04/07/2025 17:00")
    assert due_at(at("27/06/2025 09:00"), wd(3), P, office()) == at("02/07/2025 17:00")


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ("02/10/2023 23:59", Finish.EARLY),
        ("03/10/2023 07:30", Finish.ON_TIME),
        ("03/10/2023 17:00", Finish.ON_TIME),
        ("03/10/2023 17:01", Finish.LATE),
    ],
)
def test_classes_of_finished_dossiers(done: str, expected: Finish) -> None:
    assert classify(at(done), at("03/10/2023 17:00")) is expected


def test_a_day_begins_at_local_midnight() -> None:
    done = datetime(2023, 10, 2, 17, 30, tzinfo=UTC)  # 00:30 on the 3rd
    assert classify(done, at("03/10/2023 17:00")) is Finish.ON_TIME


@pytest.mark.parametrize(
    ("now", "paused", "expected"),
    [
        ("02/10/2023 16:59", False, Standing.IN_TIME),
        ("02/10/2023 17:00", False, Standing.DUE_SOON),
        ("03/10/2023 17:00", False, Standing.DUE_SOON),
        ("03/10/2023 17:01", False, Standing.OVERDUE),
        ("04/10/2023 09:00", True, Standing.IN_TIME),
    ],
)
def test_standing_of_open_dossiers(now: str, paused: bool, expected: Standing) -> None:
    end = at("03/10/2023 17:00")
    assert standing(at(now), end, office(), soon_minutes=480, paused=paused) is expected


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("29/09/2023 14:00", "còn 2 ngày 3 giờ làm việc"),
        ("29/09/2023 17:00", "còn 2 ngày làm việc"),
        ("03/10/2023 14:00", "còn 3 giờ làm việc"),
        ("03/10/2023 16:15", "còn 45 phút làm việc"),
        ("03/10/2023 17:00", "đến hạn ngay bây giờ"),
        ("03/10/2023 18:00", "vừa quá hạn"),
        ("04/10/2023 08:00", "quá hạn 30 phút"),
        ("04/10/2023 17:00", "quá hạn 1 ngày"),
        ("05/10/2023 09:30", "quá hạn 1 ngày 2 giờ"),
    ],
)
def test_time_left_in_words(now: str, text: str) -> None:
    assert str(remaining(at(now), at("03/10/2023 17:00"), office())) == text


def test_time_left_in_numbers() -> None:
    left = remaining(at("29/09/2023 13:45"), at("03/10/2023 17:00"), office())
    assert (left.overdue, left.working_minutes, left.days, left.hours, left.minutes) == (
        False,
        1155,
        2,
        3,
        15,
    )
    night = remaining(at("06/10/2023 18:00"), at("07/10/2023 16:00"), office())
    assert night.text == "còn 22 giờ ngoài giờ làm việc"


def test_forwarding_after_closing() -> None:
    cutoff = time(15)
    assert forward_by(at("29/09/2023 18:00"), office(), cutoff=time(23)) == at("02/10/2023 07:30")
    assert forward_by(at("29/09/2023 11:30"), crooked(), cutoff=cutoff) == at("02/10/2023 07:00")


def test_plans_without_working_time_or_hours() -> None:
    night, morning = at("06/10/2023 20:00"), at("07/10/2023 20:00")
    assert scale_steps(night, morning, [1, 1], office()) == [at("07/10/2023 08:00"), morning]
    assert scale_steps(night, morning, [0, 0], office()) == [morning, morning]
    assert scale_steps(night, morning, [], office()) == []
    with pytest.raises(ValueError, match="backwards"):
        scale_steps(morning, night, [1], office())
    with pytest.raises(ValueError, match="negative"):
        scale_steps(night, morning, [-1, 2], office())


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (0, TimeUnit.WORKING_DAYS),
        (-1, TimeUnit.DAYS),
        (Decimal("0.5"), TimeUnit.WORKING_DAYS),
        (2, TimeUnit.SAME_DAY),
        (Decimal("0.001"), TimeUnit.WORKING_HOURS),
    ],
)
def test_limits_that_cannot_be(value: int | Decimal, unit: TimeUnit) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(value, unit)


def test_what_counting_refuses() -> None:
    naive = datetime(2023, 10, 2, 9)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        due_at(naive, wd(1), P, office())
    with pytest.raises(ValueError, match="naive"):
        Pause(naive, None, Ground.STOPPED)
    with pytest.raises(ValueError, match="ends before"):
        pause("03/10/2023 09:00", "02/10/2023 09:00")
    with pytest.raises(ValueError, match="first day"):
        Policy(count_first_day=True, due_time=DueTime.SAME_TIME)
    for start in ("31/12/2014 09:00", "01/01/2041 09:00"):
        with pytest.raises(OutOfCalendar):
            due_at(at(start), wd(1), P, office())
    for limit in (
        wd(5),
        Limit(30, TimeUnit.DAYS),
        Limit(2, TimeUnit.MONTHS),
        Limit(90, TimeUnit.WORKING_HOURS),
        Limit(400, TimeUnit.ELAPSED_HOURS),
    ):
        with pytest.raises(OutOfCalendar):
            due_at(at("28/12/2040 09:00"), limit, P, office())
        with pytest.raises(OutOfCalendar):
            due(at("28/12/2040 09:00"), limit, P, office())
    with pytest.raises(OutOfCalendar):
        due_at(at("31/12/2040 16:00"), SAME_DAY, CUTOFF, office())


def test_policies_are_data() -> None:
    assert Policy.from_json({}) == P
    assert Policy.from_json(CUTOFF.to_json()) == CUTOFF
    assert Policy.from_json({"due_time": "same_time", "pause_unit": "hours"}) == replace(
        SAME_HOUR, pause_unit=PauseUnit.HOURS
    )
    with pytest.raises(ValueError, match="sometime"):
        Policy.from_json({"due_time": "sometime"})
    assert Limit.from_json({"value": "1.5", "unit": "working_hours"}).minutes == 90
    assert Limit.from_json({"value": 3, "unit": "working_days"}) == wd(3)
