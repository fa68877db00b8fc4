"""Uploads by table and by chance; names, masks."""

from __future__ import annotations

import io
import struct
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from motcua.documents import rules, wording
from motcua.documents.rules import UploadLimits, UploadRefused

LIMITS = UploadLimits(max_bytes=1_000_000, max_pixels=4_000_000)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def picture(format_: str, size: tuple[int, int] = (20, 10)) -> bytes:
    """Return a real picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, format_)
    return out.getvalue()


PNG, JPEG = picture("PNG"), picture("JPEG")


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("Giấy chứng sinh.pdf", PDF, "application/pdf"),
        ("Nghị định 30.2020.PDF", PDF, "application/pdf"),
        ("ảnh.JPG", JPEG, "image/jpeg"),
        ("ảnh.jpeg", JPEG, "image/jpeg"),
        ("bản vẽ.png", PNG, "image/png"),
    ],
)
def test_a_proper_file_is_taken(name: str, data: bytes, mime: str) -> None:
    assert rules.check_upload(name, data, LIMITS) == rules.Upload(name, mime)


BOMB = PNG[:16] + struct.pack(">II", 60_000, 60_000) + PNG[24:]


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("rỗng.pdf", b"", "không có nội dung"),
        ("to.pdf", PDF + b" " * 1_000_000, "lớn hơn 1 MB"),
        ("chạy.exe", b"MZ\x90\x00" + b"\0" * 100, "định dạng khác"),
        ("trang.pdf", b"<html><script>alert(1)</script></html>", "định dạng khác"),
        ("ảnh.pdf", JPEG, "nội dung là ảnh JPEG"),
        ("giấy.jpg", PDF, "nội dung là PDF"),
        ("giấy", PDF, "không có phần đuôi"),
        ("giấy.exe.pdf", PDF, "hai phần đuôi"),
        ("giấy.pdf.exe", PDF, "nội dung là PDF"),
        ("giấy\x00.pdf", PDF, "ký tự không hợp lệ"),
        ("giấy\ud800.pdf", PDF, "ký tự không hợp lệ"),
        ("...", PDF, "không có tên"),
        ("", PDF, "không có tên"),
        ("cắt.pdf", PDF[:20], "bị cắt"),
        ("khóa.pdf", PDF.replace(b"trailer\n<<>>", b"trailer\n<</Encrypt 5 0 R>>"), "mật khẩu"),
        ("lệnh.pdf", PDF.replace(b"<<>>\nendobj", b"<</S/JavaScript/JS(x)>>\nendobj"), "mã lệnh"),
        ("bom.png", BOMB, "Ảnh quá lớn (60000 × 60000"),
        ("hỏng.png", PNG[:40], "hỏng hoặc bị cắt"),
        ("hỏng.jpg", JPEG[:-40], "hỏng hoặc bị cắt"),
        ("hỏng.jpg", b"\xff\xd8\xff\xff\xd9", "hỏng hoặc bị cắt"),
    ],
)
def test_a_bad_file_is_refused_in_words(name: str, data: bytes, word: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        rules.check_upload(name, data, LIMITS)
    assert word in refusal.value.message


def test_a_field_may_accept_less() -> None:
    with pytest.raises(UploadRefused, match="Chỉ nhận tệp PDF"):
        rules.check_upload("ảnh.png", PNG, UploadLimits(accept=frozenset({"application/pdf"})))


@given(st.binary(max_size=300), st.sampled_from([b"", b"%PDF-1.4", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_no_bytes_break_the_check(data: bytes, start: bytes) -> None:
    for suffix in ("pdf", "png", "jpg"):
        try:
            upload = rules.check_upload(f"tệp.{suffix}", start + data, LIMITS)
        except UploadRefused as refusal:
            assert refusal.message
        else:
            assert upload.mime in LIMITS.accept


@given(st.text(max_size=400))
def test_a_name_is_safe_or_refused(name: str) -> None:
    try:
        safe = rules.clean_name(name)
    except UploadRefused:
        return
    assert 0 < len(safe) <= rules.NAME_LENGTH
    assert not set(safe) & set('/\\<>:"|?*\x00\u202e')
    assert safe == unicodedata.normalize("NFC", safe) == rules.clean_name(safe)


def test_folders_and_direction_marks_leave_a_name() -> None:
    assert rules.clean_name("C:\\Users\\../giấy\u202efdp.exe.pdf") == "giấyfdp.exe.pdf"
    assert rules.clean_name("a" * 300 + ".pdf") == "a" * 146 + ".pdf"


@given(st.from_regex(r"[0-9]{9,12}", fullmatch=True))
def test_a_masked_number_shows_three_digits(number: str) -> None:
    masked = wording.masked_number(number)
    assert len(masked) == len(number)
    assert masked[-3:] == number[-3:]
    assert set(masked[:-3]) == {"*"}
