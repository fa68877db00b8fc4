"""Dates, sums and numbers as Vietnamese papers write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import wording
from motcua.kernel.calendar import LOCAL


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (date(2026, 1, 31), "ngày 31 tháng 01 năm 2026"),
        (date(2023, 3, 9), "ngày 09 tháng 3 năm 2023"),
        (date(2023, 10, 2), "ngày 02 tháng 10 năm 2023"),
    ],
)
def test_days_by_the_decree(day: date, words: str) -> None:
    assert wording.day_words(day) == words


def test_moments_are_told_in_vietnamese_time() -> None:
    moment = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)
    assert wording.moment_words(moment) == "08 giờ 00 phút, ngày 02 tháng 10 năm 2023"
    assert wording.short_moment(datetime(2023, 12, 31, 17, 30, tzinfo=UTC)) == "00:30 01/01/2024"
    assert wording.local_day(datetime(2023, 12, 31, 23, 59, tzinfo=LOCAL)) == date(2023, 12, 31)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        wording.moment_words(datetime(2023, 10, 2))  # noqa: DTZ001 (the point of the test)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5_000, "Năm nghìn đồng"),
        (8_000, "Tám nghìn đồng"),
        (15_000, "Mười lăm nghìn đồng"),
        (21_000, "Hai mươi mốt nghìn đồng"),
        (75_000, "Bảy mươi lăm nghìn đồng"),
        (105_000, "Một trăm linh năm nghìn đồng"),
        (1_250_000, "Một triệu hai trăm năm mươi nghìn đồng"),
        (2_000_500, "Hai triệu năm trăm đồng"),
        (1_000_005, "Một triệu không trăm linh năm đồng"),
        (3_000_010_000, "Ba tỷ không trăm mười nghìn đồng"),
        (1_000_000_000_000, "Một nghìn tỷ đồng"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert wording.amount_words(amount) == words


def test_sums_with_dots() -> None:
    assert wording.money(1_250_000) == "1.250.000 đồng"


def test_numbers_below_ten_get_a_zero() -> None:
    assert wording.document_number(7, "QĐ-UBND") == "07/QĐ-UBND"
    assert wording.document_number(127, "TNHS") == "127/TNHS"
    assert wording.document_number(3, "") == "03"


@given(st.text(alphabet="abcđêư ", max_size=120), st.integers(10, 60))
def test_balancing_loses_no_word(text: str, width: int) -> None:
    assert " ".join(wording.balanced(text, width)).split() == text.split()


@pytest.mark.parametrize("width", [20, 24, 26, 30])
def test_the_name_of_a_place_stays_with_its_kind(width: int) -> None:
    name = "Bộ phận Tiếp nhận và Trả kết quả UBND phường Tân Dân"
    assert any("phường Tân Dân" in line for line in wording.balanced(name, width))
    assert min(len(line) for line in wording.balanced(name, width)) >= 12


def test_an_agency_below_its_parent_does_not_say_the_place_twice() -> None:
    ward, town = "Ủy ban nhân dân phường Tân Dân, thị xã Kinh Môn", "Ủy ban nhân dân thị xã Kinh Môn"
    assert wording.under(ward, town) == "Ủy ban nhân dân phường Tân Dân"
    assert wording.under(ward, "") == ward
    assert wording.under("Sở Tư pháp", "Ủy ban nhân dân tỉnh Hải Dương") == "Sở Tư pháp"


def test_titles_break_between_words_that_belong_together() -> None:
    assert wording.balanced("Phiếu từ chối tiếp nhận giải quyết hồ sơ", 30) == (
        "Phiếu từ chối tiếp nhận",
        "giải quyết hồ sơ",
    )
