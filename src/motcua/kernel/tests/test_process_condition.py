"""The language of conditions: round trip, errors with their place, checks against what is known."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel.process import Condition
from motcua.kernel.process.condition import ConditionInvalid, Fact, FactKind, check, names, parse, to_text

NAMES = st.sampled_from(["dien_tich", "nguoi_nop.loai", "đất", "a1", "trong_han"])
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20).map(
    lambda text: unicodedata.normalize("NFC", text)
)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(-(10**6), 10**6, allow_nan=False).map(lambda number: round(number, 6) + 0.0),
    TEXTS,
)
TESTS = st.one_of(
    st.builds(Condition, st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), NAMES, VALUES),
    st.builds(
        Condition,
        st.sampled_from(["in", "not_in"]),
        NAMES,
        st.lists(VALUES, min_size=1, max_size=4).map(tuple),
    ),
    st.builds(Condition, st.just("truthy"), NAMES),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(lambda part: Condition("not", parts=(part,)), inner),
        st.builds(
            lambda op, parts: Condition(op, parts=tuple(parts)),
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_what_is_written_reads_back_as_the_same_condition(condition: Condition) -> None:
    assert parse(to_text(condition)) == condition
    assert Condition.from_json(condition.to_json()) == condition


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        found = parse(text)
    except ConditionInvalid as fault:
        assert 1 <= fault.position <= len(unicodedata.normalize("NFC", text)) + 1
    else:
        assert parse(to_text(found)) == found


@given(CONDITIONS, st.dictionaries(NAMES, st.one_of(VALUES, st.none())))
def test_not_is_the_contrary_whatever_is_known(condition: Condition, facts: dict[str, Any]) -> None:
    assert Condition("not", parts=(condition,)).holds(facts) is not condition.holds(facts)


@pytest.mark.parametrize(
    ("text", "facts", "holds"),
    [
        ('dien_tich > 500 và loai trong ("o", "vuon")', {"dien_tich": 501, "loai": "o"}, True),
        ('dien_tich > 500 va loai in ("o")', {"dien_tich": 500, "loai": "o"}, False),
        ("a hoặc b và c", {"a": True}, True),
        ("(a hoặc b) và c", {"a": True}, False),
        ("không a", {}, True),
        ('a khác "x"', {}, True),
        ("a không trong (1, 2)", {"a": 3}, True),
        ('ngay >= "2026-09-01"', {"ngay": "2026-10-01"}, True),
        ("co = đúng", {"co": True}, True),
        ("a ≥ 1.5 OR b ≠ -2", {"a": 1, "b": -2}, False),
    ],
)
def test_meaning(text: str, facts: dict[str, Any], holds: bool) -> None:
    assert parse(text).holds(facts) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Ký tự thứ 1: chưa ghi điều kiện."),
        ("dien_tich >", "Ký tự thứ 12: cần một giá trị sau “>”."),
        ("a = đỏ", 'Ký tự thứ 5: giá trị chữ phải trong ngoặc kép: "đỏ".'),
        ("(a hoặc b", "Ký tự thứ 10: thiếu dấu ngoặc đóng “)”."),
        ("a b", "Ký tự thứ 3: cần “và”, “hoặc” hay hết điều kiện ở trước “b”."),
        ("a và", "Ký tự thứ 5: cần tên một thông tin của biểu mẫu hay hồ sơ."),
        ("a trong 1", "Ký tự thứ 9: cần danh sách giá trị trong ngoặc, như (1, 2)."),
        ('a = "x', "Ký tự thứ 5: chuỗi chữ thiếu dấu ngoặc kép đóng."),
        ("a = 1; b", "Ký tự thứ 6: không hiểu “;”."),
        ("__import__('os')", "Ký tự thứ 12: không hiểu “'os')”."),
        ("(" * 21 + "a", "Ký tự thứ 21: lồng nhau quá 20 lớp."),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConditionInvalid) as refusal:
        parse(text)
    assert refusal.value.message == message


def test_a_condition_too_long_is_refused() -> None:
    with pytest.raises(ConditionInvalid):
        parse("a" * 2_001)


KNOWN = {
    fact.name: fact
    for fact in (
        Fact("dien_tich", FactKind.NUMBER, "Diện tích"),
        Fact("loai", FactKind.CHOICE, "Loại đất", ("o", "vuon")),
        Fact("ngay", FactKind.DATE, "Ngày"),
        Fact("co", FactKind.FLAG, "Có tranh chấp"),
        Fact("ten", FactKind.TEXT, "Tên"),
    )
}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('dien_tich > 5 và loai = "o" và co và ngay < "2026-01-01"', []),
        ("dien_tic > 5", ["Không có thông tin “dien_tic” trong biểu mẫu hay hồ sơ. Có phải “dien_tich”?"]),
        ("xyzw", ["Không có thông tin “xyzw” trong biểu mẫu hay hồ sơ."]),
        ('loai = "rung"', ["“Loại đất” không có lựa chọn “rung”; có: o, vuon."]),
        ('dien_tich = "5"', ["“Diện tích” là số, phải so sánh với một số."]),
        ('ngay = "hôm nay"', ['“Ngày” là ngày, phải viết như "2026-09-01".']),
        ("co = 1", ["“Có tranh chấp” chỉ là đúng hoặc sai."]),
        ("ten > 1", ["“Tên” không phải số hay ngày nên không so sánh lớn, nhỏ được."]),
        ("không (ten = 1)", ["“Tên” là chữ, phải so sánh với chữ trong ngoặc kép."]),
    ],
)
def test_conditions_are_checked_against_what_is_known(text: str, problems: list[str]) -> None:
    assert check(parse(text), KNOWN) == problems


def test_names_of_a_condition() -> None:
    assert names(parse("a và không (b = 1 hoặc c.d)")) == {"a", "b", "c.d"}
