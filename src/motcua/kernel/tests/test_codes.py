"""Codes of dossiers, persons, organisations, and what scanners read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel import codes
from motcua.kernel.codes import CodeInvalid, CodePattern, DateForm, Gender, UnitCode
from motcua.kernel.errors import Invalid

DAY = date(2021, 6, 25)
TT01 = CodePattern.read("{legacy_id}-{yyMMdd}-{n:4}")
CENTRAL = CodePattern.read("{id}-{yyyyMMdd}-{n:7}")


def test_shapes_of_the_sources() -> None:
    assert TT01.make("000.00.04.H23", DAY, 1) == "000.00.04.H23-210625-0001"
    assert CENTRAL.make("G09.20", date(2026, 6, 9), 92637) == "G09.20-20260609-0092637"
    assert TT01.unit_code is UnitCode.LEGACY_ID
    assert CodePattern(DateForm.YYYYMMDD, 7, unit_code=UnitCode.ID) == CENTRAL


@pytest.mark.parametrize(
    "pattern", ["", "{id}", "{id}-{yyMMdd}-{n:0}", "{id}-{yyMMdd}_{n:4}", "{id}-{ddMMyy}-{n:4}", "{id}-{n:4}"]
)
def test_a_pattern_nobody_understands_is_refused(pattern: str) -> None:
    with pytest.raises(CodeInvalid):
        CodePattern.read(pattern)


@given(
    st.integers(1, 10**7), st.dates(date(2000, 1, 1), date(2068, 12, 31)), st.sampled_from([TT01, CENTRAL])
)
def test_made_and_parsed_are_the_same(number: int, day: date, pattern: CodePattern) -> None:
    code = pattern.make("H23.4", day, number)
    parts = pattern.parse(code)
    assert (parts.unit, parts.day, parts.number) == ("H23.4", day, number)
    assert len(code) <= codes.CODE_LENGTH_MAX
    assert codes.normalise_code(code.lower().replace("-", " – ")) == code


@given(st.lists(st.integers(1, 30_000), unique=True, min_size=2))
def test_an_overflow_widens_and_keeps_the_order(numbers: list[int]) -> None:
    issued = [TT01.make("H23.4", DAY, number) for number in numbers]
    assert len(set(issued)) == len(numbers)
    assert sorted(issued, key=codes.sort_key) == [TT01.make("H23.4", DAY, n) for n in sorted(numbers)]


def test_overflow_of_the_day() -> None:
    assert TT01.make("H23.4", DAY, 9999).endswith("-9999")
    assert TT01.make("H23.4", DAY, 10000).endswith("-10000")
    assert TT01.parse("H23.4-210625-10000").number == 10000


@pytest.mark.parametrize(
    "code",
    ["", "H23.4", "H23.4-210625-001", "H23.4-210625-00001", "H23.4-210632-0001", "h23-210625-0001",
     "H23.4-210625-0000", "H23..4-210625-0001", "H23.4-210625-00０1"],
)  # fmt: skip
def test_another_shape_is_not_parsed(code: str) -> None:
    with pytest.raises(CodeInvalid):
        TT01.parse(code)


@pytest.mark.parametrize("unit", ["", "H23.", "h23", "H23 4", "Hải Dương"])
def test_no_code_is_invented_for_a_unit_without_identifier(unit: str) -> None:
    with pytest.raises(CodeInvalid):
        TT01.make(unit, DAY, 1)


def test_codes_of_other_makes_are_told_apart() -> None:
    known = codes.parse_code("000.00.01.H22-230104-00012")
    assert known is not None
    assert known.number == 12
    assert codes.parse_code("VNPT-AB12") is None


@given(st.binary(min_size=8, max_size=16))
def test_check_values_avoid_look_alikes(noise: bytes) -> None:
    value = codes.check_value(noise)
    assert len(value) == codes.CHECK_LENGTH
    assert not set(value) & set("0O1IL2Z5S8BUV")
    assert codes.normalise_check(f" {value[:2].lower()}-{value[2:]} ") == value


def test_check_values_need_entropy() -> None:
    with pytest.raises(ValueError, match="random"):
        codes.check_value(b"1234567")


def test_slip_texts() -> None:
    code = "000.00.04.H23-210625-0001"
    assert codes.parse_slip(codes.slip_qr(code, "K7MX")) == codes.SlipRef(code, "K7MX")
    assert codes.parse_slip(f" {code}\n") == codes.SlipRef(code)
    assert codes.parse_slip(f"https://motcua.example.vn/tra-cuu/{code}?kt=k7mx") == codes.SlipRef(
        code, "K7MX"
    )
    assert codes.parse_slip("001099012345") is None
    assert codes.parse_slip("MOTCUA1|") is None
    assert codes.parse_slip("") is None


@given(st.text())
def test_scanners_may_read_anything(scanned: str) -> None:
    codes.parse_slip(scanned)
    codes.parse_card(scanned)
    codes.parse_code(scanned)
    codes.sort_key(scanned)


def test_personal_number() -> None:
    number = codes.parse_personal_number("030 199 012345")
    assert (number.region, number.gender, number.birth_year) == ("030", Gender.FEMALE, 1999)
    assert codes.parse_personal_number("030204000001").birth_year == 2004
    assert codes.parse_personal_number("030204000001").gender is Gender.MALE


@pytest.mark.parametrize("raw", ["", "03019901234", "0301990123456", "03019901234A", "０３０199012345"])
def test_personal_numbers_have_twelve_digits(raw: str) -> None:
    with pytest.raises(Invalid) as refusal:
        codes.parse_personal_number(raw)
    assert "personal_id" in refusal.value.errors


def test_differences_from_a_personal_number_only_warn() -> None:
    number = "030199012345"
    assert codes.personal_number_warnings(number, birth_date=date(1999, 5, 1), gender=Gender.FEMALE) == []
    assert len(codes.personal_number_warnings(number, birth_date=date(1998, 5, 1), gender=Gender.MALE)) == 2
    assert codes.personal_number_warnings(number, gender=Gender.OTHER) == []


def test_masking() -> None:
    assert codes.mask_number("030199012345") == "••••••••2345"
    assert codes.mask_number("123") == "•••"


def test_tax_codes() -> None:
    good = codes.parse_tax_code("0100109106")
    assert good.warnings == ()
    branch = codes.parse_tax_code("0100109106 001")
    assert (branch.code, branch.base, branch.branch) == ("0100109106-001", "0100109106", "001")
    assert codes.parse_tax_code("0100109107").warnings
    assert codes.parse_tax_code("0100109106-000").warnings
    household = codes.parse_tax_code("030199012345")
    assert household.is_personal
    assert household.warnings == ()


@pytest.mark.parametrize("raw", ["", "010010910", "01001091060", "0100109106-1", "O100109106"])
def test_tax_codes_of_another_length_are_refused(raw: str) -> None:
    with pytest.raises(Invalid):
        codes.parse_tax_code(raw)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_tax_check_digit(first: str) -> None:
    digit = codes.tax_check_digit(first)
    if digit is None:
        assert codes.parse_tax_code(first + "0").warnings
    else:
        assert codes.parse_tax_code(f"{first}{digit}").warnings == ()
        assert codes.parse_tax_code(f"{first}{(digit + 1) % 10}").warnings


def test_chip_card() -> None:
    card = codes.parse_card("030199012345|142535456|Nguyễn Thị Huệ|12031999|Nữ|Tân Dân, Kinh Môn|10052021")
    assert card is not None
    assert (card.number, card.old_number, card.full_name) == ("030199012345", "142535456", "Nguyễn Thị Huệ")
    assert (card.birth_date, card.gender, card.issued_on) == (
        date(1999, 3, 12), Gender.FEMALE, date(2021, 5, 10),
    )  # fmt: skip


def test_longer_and_shorter_cards() -> None:
    longer = codes.parse_card("030199012345||A B|31021999|Nam|X|10052021||Cha|Mẹ|")
    assert longer is not None
    assert longer.birth_date is None
    assert longer.extra == ("", "Cha", "Mẹ", "")
    shorter = codes.parse_card("030199012345||A B")
    assert shorter is not None
    assert shorter.gender is None


def test_a_bare_number_and_other_texts() -> None:
    bare = codes.parse_card(" 030 199 012 345 ")
    assert bare is not None
    assert bare.is_bare
    assert bare.number == "030199012345"
    old = codes.parse_card("142535456")
    assert old is not None
    assert old.number == "142535456"
    assert codes.parse_card("Nguyễn Thị Huệ") is None
    assert codes.parse_card("x|y|z") is None
    assert codes.parse_card("|" * 3000) is None


@pytest.mark.parametrize(
    ("raw", "national"),
    [
        ("0912 345 678", "0912345678"),
        ("+84 912.345.678", "0912345678"),
        ("84912345678", "0912345678"),
        ("0084-912-345-678", "0912345678"),
        ("+84 (0) 912345678", "0912345678"),
        ("(0220) 3853 456", "02203853456"),
    ],
)
def test_phone(raw: str, national: str) -> None:
    assert codes.normalise_phone(raw) == national


@pytest.mark.parametrize("raw", ["", "12345", "912345678", "+1 202 555 0100", "09123456789012", "gọi sau"])
def test_not_a_phone(raw: str) -> None:
    with pytest.raises(Invalid) as refusal:
        codes.normalise_phone(raw)
    assert "phone" in refusal.value.errors


def test_mobile() -> None:
    assert codes.is_mobile("0912345678")
    assert not codes.is_mobile("02203853456")


def test_procedure_codes() -> None:
    assert codes.parse_procedure_code("1.000656.000.00.00.h23") == ("1.000656", "000.00.00.H23")
    assert codes.parse_procedure_code("2.000815") == ("2.000815", "")
    assert codes.parse_procedure_code("12.00") is None
