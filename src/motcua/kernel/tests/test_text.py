"""Folding, normalising and refusing of text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel import text
from motcua.kernel.errors import Invalid

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxy" + "áàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Đường", "duong"),
        ("hoà", "hoa"),
        ("hòa", "hoa"),
        ("  Nguyễn   Thị\tHuệ ", "nguyen thi hue"),
        (unicodedata.normalize("NFD", "Ủy ban nhân dân xã Tân Dân"), "uy ban nhan dan xa tan dan"),
        ("ĐĂK LĂK", "dak lak"),
        ("Ðường", "duong"),  # eth in place of đ
        ("1.000894", "1.000894"),
        ("Tổ “Tiếp nhận” – trả…", 'to "tiep nhan" - tra...'),
        ("", ""),
    ],
)
def test_fold(written: str, folded: str) -> None:
    assert text.fold(written) == folded


def test_every_vietnamese_letter_folds_to_a_latin_one() -> None:
    for letter in VIETNAMESE + VIETNAMESE.upper():
        assert text.fold(letter).isascii(), letter
        assert len(text.fold(letter)) == 1
        assert text.fold(unicodedata.normalize("NFD", letter)) == text.fold(letter)


@given(st.text())
def test_folding_twice_is_folding_once(sample: str) -> None:
    once = text.fold(sample)
    assert text.fold(once) == once


@given(st.text())
def test_normal_form_does_not_matter(sample: str) -> None:
    assert text.fold(unicodedata.normalize("NFC", sample)) == text.fold(unicodedata.normalize("NFD", sample))


@given(st.text())
def test_clean_takes_it_or_refuses_it(sample: str) -> None:
    if text.is_clean(sample):
        cleaned = text.clean(sample)
        assert cleaned == unicodedata.normalize("NFC", cleaned)
        cleaned.encode()
        assert text.clean(cleaned) == cleaned
    else:
        with pytest.raises(Invalid):
            text.clean(sample)


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "x\udfff", "bell\x07", "\x7f", "\x9b31m", "\uffff"])
def test_clean_refuses_by_field(bad: str) -> None:
    with pytest.raises(Invalid) as refusal:
        text.clean(bad, field="full_name")
    assert "full_name" in refusal.value.errors


def test_clean_keeps_lines_and_joins_them_on_request() -> None:
    assert text.clean(" Lý do:\r\n thiếu chữ ký ") == "Lý do:\n thiếu chữ ký"
    assert text.clean("Tổ 3\n  phường  Tân Dân", single_line=True) == "Tổ 3 phường Tân Dân"


def test_words_of_a_query_match_beginnings_of_words() -> None:
    assert text.matches("khai sinh dk", "Đăng ký khai sinh (đk)")
    assert text.matches("KHAI SI", "Đăng ký khai sinh")
    assert not text.matches("khai tử", "Đăng ký khai sinh")
    assert text.matches("", "bất kỳ")


def test_initials_slug_and_names() -> None:
    assert text.initials("Đăng ký khai sinh") == "dkks"
    assert text.slug("Giấy khai sinh (bản sao).pdf") == "giay-khai-sinh-ban-sao-pdf"
    assert text.name_case("NGUYỄN THỊ  HUỆ") == "Nguyễn Thị Huệ"
