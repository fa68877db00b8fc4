"""The worked cases of the field, computed by hand: rows 1 to 12, with the stories they tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest

from motcua.kernel.deadline import (
    DatedPolicy,
    DueTime,
    Finish,
    Ground,
    Limit,
    Pause,
    PauseKind,
    PauseUnit,
    Policy,
    TimeUnit,
    classify,
    due,
    due_at,
    explain,
    forward_by,
    latest_apology_on,
    policy_on,
    scale_steps,
)
from motcua.kernel.tests.calendars import at, office, on

P = Policy()
SAME_HOUR = Policy(due_time=DueTime.SAME_TIME)
CUTOFF = Policy(cutoff=time(15))


def working_days(value: int) -> Limit:
    return Limit(value, TimeUnit.WORKING_DAYS)


@pytest.mark.parametrize(
    ("start", "limit", "policy", "expected"),
    [
        pytest.param("28/09/2023 15:40", working_days(3), P, "03/10/2023 17:00", id="1 P"),
        pytest.param("28/09/2023 15:40", working_days(3), SAME_HOUR, "03/10/2023 15:40", id="1 same hour"),
        pytest.param("28/09/2023 15:40", working_days(3), CUTOFF, "04/10/2023 17:00", id="1 cut-off"),
        pytest.param(
            "02/10/2023 15:00", Limit(1, TimeUnit.SAME_DAY), CUTOFF, "02/10/2023 17:00", id="2 at 15:00"
        ),
        pytest.param(
            "02/10/2023 15:01", Limit(1, TimeUnit.SAME_DAY), CUTOFF, "03/10/2023 17:00", id="2 at 15:01"
        ),
        pytest.param("18/01/2023 09:00", working_days(5), P, "01/02/2023 17:00", id="3 Tết"),
        pytest.param("28/04/2023 15:20", working_days(2), P, "05/05/2023 17:00", id="4 P"),
        pytest.param("28/04/2023 15:20", working_days(2), CUTOFF, "08/05/2023 17:00", id="4 cut-off"),
        pytest.param(
            "31/08/2023 10:15", Limit(16, TimeUnit.WORKING_HOURS), P, "06/09/2023 10:15", id="5 hours"
        ),
        pytest.param("26/04/2024 09:00", working_days(3), P, "04/05/2024 17:00", id="6 worked Saturday"),
        pytest.param("18/08/2023 10:00", Limit(15, TimeUnit.DAYS), P, "05/09/2023 17:00", id="7 rolls"),
        pytest.param(
            "29/12/2023 16:20", Limit(8, TimeUnit.WORKING_HOURS), P, "02/01/2024 16:20", id="10 answer"
        ),
        pytest.param("18/08/2023 10:00", Limit(2, TimeUnit.DAYS), P, "21/08/2023 17:00", id="+ 2 days"),
    ],
)
def test_due_moment(start: str, limit: Limit, policy: Policy, expected: str) -> None:
    assert due_at(at(start), limit, policy, office()) == at(expected)
    assert due(at(start), limit, policy, office()).at == at(expected)


def test_calendar_days_do_not_add_up_where_ends_roll() -> None:
    one = Limit(1, TimeUnit.DAYS)
    first = due_at(at("18/08/2023 10:00"), one, P, office())
    assert due_at(first, one, P, office()) == at("22/08/2023 17:00")


def test_case_1_tells_its_story() -> None:
    assert explain(due(at("28/09/2023 15:40"), working_days(3), P, office())) == [
        "Nhận hồ sơ lúc 15 giờ 40 phút, thứ Năm 28/09/2023.",
        "Thời hạn: 3 ngày làm việc.",
        "Ngày nhận hồ sơ không tính.",
        "Thứ Bảy 30/09 và Chủ nhật 01/10 không tính (nghỉ hằng tuần).",
        "Tính 3 ngày làm việc: thứ Sáu 29/09, thứ Hai 02/10 và thứ Ba 03/10.",
        "Hạn trả: 17 giờ 00, thứ Ba 03/10/2023.",
    ]


def test_case_1_with_cut_off_tells_its_story() -> None:
    assert explain(due(at("28/09/2023 15:40"), working_days(3), CUTOFF, office()))[2:4] == [
        "Nhận hồ sơ sau 15 giờ 00 nên được coi là nhận vào thứ Sáu 29/09.",
        "Ngày nhận hồ sơ không tính.",
    ]


def test_case_3_tells_its_story() -> None:
    lines = explain(due(at("18/01/2023 09:00"), working_days(5), P, office()))
    assert (
        "Từ thứ Sáu 20/01 đến thứ Năm 26/01 không tính (Tết Nguyên đán Quý Mão, nghỉ bù Tết Nguyên đán)."
    ) in lines


def test_case_6_names_the_worked_saturday() -> None:
    lines = explain(due(at("26/04/2024 09:00"), working_days(3), P, office()))
    assert "Thứ Bảy 04/05 là ngày làm việc, có tính (làm bù ngày 29/4/2024)." in lines
    assert lines[-1] == "Hạn trả: 17 giờ 00, thứ Bảy 04/05/2024."


def test_case_7_tells_why_the_end_moved() -> None:
    assert explain(due(at("18/08/2023 10:00"), Limit(15, TimeUnit.DAYS), P, office())) == [
        "Nhận hồ sơ lúc 10 giờ 00, thứ Sáu 18/08/2023.",
        "Thời hạn: 15 ngày, tính cả ngày nghỉ.",
        "Ngày nhận hồ sơ không tính.",
        "Thời hạn kết thúc vào thứ Bảy 02/09/2023 là ngày nghỉ (Quốc khánh).",
        "Chủ nhật 03/09 và thứ Hai 04/09 cũng là ngày nghỉ (nghỉ hằng tuần, nghỉ bù Quốc khánh).",
        "Vì vậy hạn chuyển sang ngày làm việc tiếp theo, thứ Ba 05/09.",
        "Hạn trả: 17 giờ 00, thứ Ba 05/09/2023.",
    ]


def test_case_7_steps_are_scaled_to_the_due_moment() -> None:
    start, end = at("18/08/2023 10:00"), at("05/09/2023 17:00")
    assert office().minutes_between(start, end) == 85.5 * 60
    # Planned at eight hours per calendar day the dossier would end a week late …
    assert office().add_minutes(start, 120 * 60).date() == on("12/09/2023")
    # … so every step gets its share of what there is: 8, 80, 24, 8 of 120 hours; the return takes none.
    plan = scale_steps(start, end, [Decimal(8), Decimal(80), 24, 8, 0], office())
    assert plan[-1] == plan[-2] == end
    minutes = [office().minutes_between(start, moment) for moment in plan]
    assert minutes == [342, 3762, 4788, 5130, 5130]


def test_case_8_pause_in_days_or_in_hours() -> None:
    start, limit = at("04/12/2023 09:00"), working_days(10)
    pauses = [Pause(at("07/12/2023 11:00"), at("13/12/2023 15:00"), Ground.SUPPLEMENT)]
    in_hours = replace(P, pause_unit=PauseUnit.HOURS)
    assert due_at(start, limit, P, office()) == at("18/12/2023 17:00")
    assert due_at(start, limit, P, office(), pauses) == at("22/12/2023 17:00")
    assert due_at(start, limit, in_hours, office(), pauses) == at("25/12/2023 10:00")
    assert office().minutes_between(pauses[0].started_at, at("13/12/2023 15:00")) == 34.5 * 60

    told = explain(due(start, limit, P, office(), pauses))
    assert "Thứ Sáu 08/12 và từ thứ Hai 11/12 đến thứ Tư 13/12 không tính (tạm dừng)." in told
    assert "Nếu không tạm dừng, hạn trả là 17 giờ 00, thứ Hai 18/12/2023." in told
    told = explain(due(start, limit, in_hours, office(), pauses))
    assert (
        "34 giờ 30 phút tạm dừng trong giờ làm việc được cộng tiếp sau 17 giờ 00, thứ Hai 18/12/2023." in told
    )


def test_case_8_which_one_is_a_dated_setting() -> None:
    by_hours = replace(P, pause_unit=PauseUnit.HOURS)
    settings = [
        DatedPolicy(P, valid_to=on("30/06/2025")),
        DatedPolicy(by_hours, valid_from=on("01/07/2025")),
    ]
    assert policy_on(on("30/06/2025"), settings) == P
    assert policy_on(on("01/07/2025"), settings) == by_hours
    assert policy_on(on("01/07/2025"), settings[:1]) is None


def test_case_9_two_clocks() -> None:
    start, limit = at("09/10/2023 09:00"), working_days(7)
    returned = Pause(
        at("12/10/2023 10:00"), at("23/10/2023 10:00"), Ground.RETURNED_AT_APPRAISAL, PauseKind.RESTART
    )
    assert due_at(start, limit, P, office()) == at("18/10/2023 17:00")
    statutory = due_at(start, limit, P, office(), [returned])
    measured = due_at(start, limit, P.measured(), office(), [returned])
    assert statutory == at("01/11/2023 17:00")
    assert measured == at("27/10/2023 17:00")
    finished = at("31/10/2023 16:00")
    assert classify(finished, statutory) is Finish.EARLY
    assert classify(finished, measured) is Finish.LATE
    told = explain(due(start, limit, P, office(), [returned]))
    assert "Nhận lại hồ sơ đầy đủ lúc 10 giờ 00, thứ Hai 23/10/2023; thời hạn được tính lại từ đầu." in told
    assert "Ngày nhận lại hồ sơ không tính." in told


def test_case_11_latest_day_of_the_apology() -> None:
    end = at("23/10/2023 17:00")
    assert latest_apology_on(end, office(), lead_days=1, working=True) == on("20/10/2023")
    assert latest_apology_on(end, office(), lead_days=1, working=False) == on("22/10/2023")


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("29/09/2023 14:59", "29/09/2023 17:00"),
        ("29/09/2023 15:00", "29/09/2023 17:00"),
        ("29/09/2023 15:01", "02/10/2023 07:30"),
        ("30/09/2023 09:00", "02/10/2023 07:30"),
    ],
)
def test_case_12_forwarding(accepted: str, expected: str) -> None:
    assert forward_by(at(accepted), office(), cutoff=time(15)) == at(expected)
