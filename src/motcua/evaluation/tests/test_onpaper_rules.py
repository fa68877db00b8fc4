"""Signs of handling on paper: what is usual, what is out of it, which windows are looked at."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.evaluation.onpaper import rules
from motcua.evaluation.onpaper.rules import Checks, Counts, Names, Online, Sign, What
from motcua.kernel.errors import Invalid
from motcua.kernel.tests.calendars import office

CHECKS = Checks(10, 8, 5, 40, 60, 20, 20, 500)
values = st.integers(0, 200)
pasts = st.lists(values, min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        (Counts(0, (9, 10, 11, 12, 14, 13, 9, 11)), Sign.SILENT),
        (Counts(2, (9, 10, 11, 12, 14, 13, 9, 11)), Sign.DROP),
        (Counts(6, (9, 10, 11, 12, 14, 13, 9, 11)), None),
        (Counts(0, (4, 4, 4, 4, 4)), None),  # too little comes anyway
        (Counts(0, (12, 12, 12)), None),  # too short a past
        (Counts(3, (0, 30, 1, 40, 2, 50, 12, 9)), None),  # uneven by nature
        (Counts(0, (12,) * 8, 0, (12,) * 8), None),  # nothing came in this season the year before either
        (Counts(0, (12,) * 8, 11, (12,) * 8), Sign.SILENT),
        (Counts(2, (12,) * 8, weights=(Fraction(1), *[Fraction(5)] * 8)), None),  # nearly all of it days off
    ],
)
def test_what_is_out_of_the_usual(counts: Counts, wanted: Sign | None) -> None:
    found = rules.entries(counts, CHECKS)
    assert (found[0] if found else None) is wanted


@given(pasts, values, values)
def test_more_dossiers_are_never_more_suspicious(past: list[int], one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    if rules.entries(Counts(more, past), CHECKS) is not None:
        assert rules.entries(Counts(fewer, past), CHECKS) is not None


@given(pasts, values, st.randoms())
def test_the_order_of_the_past_does_not_count(past: list[int], now: int, random: object) -> None:
    mixed = sorted(past)
    assert rules.entries(Counts(now, past), CHECKS) == rules.entries(Counts(now, mixed), CHECKS)


@given(pasts, values)
def test_what_is_within_the_usual_range_is_no_sign(past: list[int], now: int) -> None:
    usual = rules.usual(Counts(now, past), CHECKS)
    if usual is not None:
        assert usual.low <= usual.middle <= usual.high and usual.middle >= CHECKS.least
        if now and now >= usual.low:
            assert rules.entries(Counts(now, past), CHECKS) is None


@given(pasts, values, values, pasts)
def test_the_season_only_ever_excuses(past: list[int], now: int, year_now: int, year_past: list[int]) -> None:
    if rules.entries(Counts(now, past, year_now, year_past), CHECKS) is not None:
        assert rules.entries(Counts(now, past), CHECKS) is not None


@given(st.dates(date(2022, 3, 1), date(2025, 12, 31)), st.integers(1, 15), st.integers(1, 9))
def test_windows_follow_each_other_and_hold_so_many_working_days(
    until: date, length: int, count: int
) -> None:
    found = [one for one in rules.windows(office(), until, length, count) if one.no >= 0]
    assert [one.no for one in found] == list(range(count + 1))
    assert found[0].last == until
    for newer, older in pairwise(found):
        assert older.last == newer.first - timedelta(days=1)
    for one in found:
        days = [one.first + timedelta(days=n) for n in range((one.last - one.first).days + 1)]
        assert sum(office().is_working(day) for day in days) == length


def test_a_window_weighs_what_its_weekdays_bring() -> None:
    monday = date(2023, 10, 2)
    found = [
        rules.Window(0, monday, monday),
        rules.Window(1, monday - timedelta(days=4), monday - timedelta(days=3)),
    ]
    weighed = rules.weights(found, office(), {1: 12, 4: 3, 5: 3})
    assert weighed == {0: Fraction(12), 1: Fraction(6)}


def test_what_the_whole_explains_is_not_told_for_each_part() -> None:
    of = {"p": "land", "q": "land", "r": "birth"}
    land, birth = What(1, field="land"), What(1, procedure="r")
    assert rules.plainest({land, What(1, procedure="p"), birth}, of) == {land, birth}
    assert rules.plainest({What(1), land, birth, What(2, officer_id=5)}, of) == {
        What(1),
        What(2, officer_id=5),
    }


@given(st.builds(Online, values, values, values, values))
def test_online_is_only_missed_where_there_is_enough_and_others_have_it(online: Online) -> None:
    share = rules.never_online(online, CHECKS)
    if share is not None:
        assert online.own_online == 0
        assert min(online.own, online.others) >= CHECKS.online_least
        assert share >= CHECKS.online_percent


def test_signs_in_words() -> None:
    usual = rules.usual(Counts(0, (9, 10, 11, 12, 14, 13, 9, 11)), CHECKS)
    assert usual is not None
    names = Names("Xã A", about="lĩnh vực Đất đai")
    assert (
        rules.entries_words(Sign.SILENT, names, Counts(0, ()), usual, 10)
        == "Xã A: 0 hồ sơ lĩnh vực Đất đai trong 10 ngày làm việc, bình thường 10–12."
    )
    assert (
        rules.numbers_words(Names("Xã A"), "mã hồ sơ", ["03", "07"]) == "Xã A: mã hồ sơ thiếu 2 số: 03 và 07."
    )
    many = rules.no_dossier_words(Names("Xã A"), [str(n) for n in range(25)])
    assert many.endswith("19 và 5 văn bản khác không thấy hồ sơ nào trong phần mềm.")


@pytest.mark.parametrize(
    ("one", "other"), [("1 / qđ-ubnd", "01/QĐ-UBND"), ("007/GCN", "7/gcn"), ("0/X", "00/X")]
)
def test_numbers_are_compared_as_people_read_them(one: str, other: str) -> None:
    assert rules.folded_number(one) == rules.folded_number(other)


def test_a_book_is_read_line_by_line() -> None:
    found = rules.book_lines("01/GXN; Xác nhận hôn nhân\n\n1/gxn; hai lần\n02/GXN\tĐất")
    assert [(one.number, one.about) for one in found] == [("01/GXN", "Xác nhận hôn nhân"), ("02/GXN", "Đất")]
    for text in ("", "không có số", "x" * 70 + "1"):
        with pytest.raises(Invalid):
            rules.book_lines(text)
