"""Every paper through JSON and back, and through the press: words, letters, pages, QR codes."""

from __future__ import annotations

import io
import itertools
import subprocess
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import zxingcpp
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import Image
from pypdf import PdfReader

from motcua.documents import papers, press
from motcua.documents.rules import DocumentKind
from motcua.documents.tests import factories, samples

A5, A4, A4_WIDE = (148, 210), (210, 297), (297, 210)
SIZES = {
    DocumentKind.CONTROL_SLIP: A4,
    DocumentKind.END_OF_DAY: A4,
    DocumentKind.HAND_OVER_LIST: A4,
    DocumentKind.REMINDER: A4,
    DocumentKind.CASE_PROPOSAL: A4,
    DocumentKind.REFUSAL_DECISION: A4,
    DocumentKind.RESULT: A4,
    DocumentKind.OPINION_REQUEST: A4,
    DocumentKind.CORRECTION_NOTICE: A4,
    DocumentKind.DRAFT: A4,
    DocumentKind.SITE_MINUTES: A4,
    DocumentKind.REGISTER: A4_WIDE,
}
PRINTS = [
    pytest.param(name, frame, id=f"{name}-{frame.regime}")
    for name, paper in samples.ALL.items()
    for frame in factories.frames(paper.KIND)
]


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF, blanks and word joiners evened out."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).replace("\u2060", "").split())


@pytest.mark.parametrize("name", samples.ALL)
def test_a_paper_survives_json(name: str) -> None:
    paper = samples.ALL[name]
    assert papers.from_json(paper.KIND, papers.to_json(paper)) == paper


def test_every_kind_has_paper_template_and_sample() -> None:
    assert set(papers.PAPERS) == set(DocumentKind)
    assert {row["code"] for row in factories.template_rows()} == {kind.value for kind in DocumentKind}
    assert {paper.KIND for paper in samples.ALL.values()} == set(DocumentKind)


def test_a_field_frozen_long_ago_and_gone_since_does_no_harm() -> None:
    data = papers.to_json(samples.SHORT_SLIP) | {"barcode": "x"}
    del data["lookup_code"]
    assert papers.from_json(DocumentKind.SLIP, data) == replace(samples.SHORT_SLIP, lookup_code="")


def test_a_naive_moment_is_not_frozen() -> None:
    with pytest.raises(ValueError, match="time zone"):
        papers.to_json(replace(samples.SHORT_SLIP, received_at=datetime(2023, 10, 2)))  # noqa: DTZ001


@pytest.mark.parametrize(("name", "frame"), PRINTS)
def test_print(name: str, frame: press.Frame) -> None:
    """Right page size, PDF/UA with title and language, correct Vietnamese in NFC."""
    paper = samples.ALL[name]
    pdf = press.pdf(frame, paper, number="07/TNHS")
    reader = PdfReader(io.BytesIO(pdf))
    width, height = SIZES.get(paper.KIND, A5)
    for page in reader.pages:
        assert float(page.mediabox.width) == pytest.approx(width / 25.4 * 72, abs=1)
        assert float(page.mediabox.height) == pytest.approx(height / 25.4 * 72, abs=1)
    assert str(reader.root_object["/Lang"]) == "vi"
    assert reader.metadata is not None
    assert reader.metadata.title
    assert "/StructTreeRoot" in reader.root_object
    assert {font.split("+")[1][:10] for font in _fonts(reader)} == {"Liberation"}
    text = text_of(pdf)
    assert text == unicodedata.normalize("NFC", text)
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
    assert "{{" not in text
    assert "{%" not in text
    if frame.form_no:
        assert f"Mẫu số {frame.form_no}, {frame.legal_basis}" in text


def _fonts(reader: PdfReader) -> set[str]:
    return {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }


def test_the_slip_says_all_that_form_01_asks_for() -> None:
    (frame, _) = factories.frames("slip")
    text = text_of(press.pdf(frame, samples.SLIP, number="1287/TNHS"))
    for words in (
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        "Số: 1287/TNHS",
        f"Mã hồ sơ: {samples.CODE}",
        "NGUYỄN HOÀNG THỊ PHƯƠNG QUỲNH",
        "030190001234",
        "Bản chính mượn, sẽ trả lại",
        "Số lượng hồ sơ: 01 bộ",
        "20 ngày làm việc",
        "08 giờ 00 phút, ngày 02 tháng 10 năm 2023",
        "17 giờ 00 phút, ngày 30 tháng 10 năm 2023",
        "75.000 đồng (đã nộp)",
        "Quyển số: 01/2023, Số thứ tự: 1287",
        "Trần Đình Khuê",
        "mã tra cứu: K7QM",
        "Trang 2/2",
    ):
        assert words in text, words
    assert "Bản in lần" not in text


def _with(base: papers.Slip, count: int) -> papers.Slip:
    names = itertools.islice(itertools.cycle(samples.PAPER_NAMES), count)
    return replace(base, papers=tuple(papers.PaperLine(name, papers.PaperForm.COPY) for name in names))


@pytest.mark.parametrize("count", [1, 3, 5, 8])
def test_a_slip_of_up_to_eight_papers_is_one_page(count: int) -> None:
    pdf = press.pdf(factories.frames("slip")[0], _with(samples.SHORT_SLIP, count), number="1/TNHS")
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1


def test_a_longer_slip_repeats_its_head_and_signs_in_one_piece() -> None:
    pdf = press.pdf(factories.frames("slip")[0], _with(samples.SLIP, 20), number="1/TNHS")
    first, *others = (" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)
    assert others
    assert first.count("Mã hồ sơ") == 1
    for page in others:
        assert f"Mã hồ sơ: {samples.CODE}" in page
    ends = ("NGƯỜI NỘP HỒ SƠ", "Trần Đình Khuê", "mã tra cứu: K7QM")
    assert all(words in others[-1] for words in ends)


def test_a_reprint_says_so() -> None:
    (frame, _) = factories.frames("slip")
    assert "Bản in lần 3" in text_of(press.pdf(frame, samples.SHORT_SLIP, number="1288/TNHS", copy_no=3))


def test_regimes_differ_in_number_and_title() -> None:
    old, new = (text_of(press.pdf(frame, samples.REFUSAL)) for frame in factories.frames("refusal"))
    assert "PHIẾU TỪ CHỐI GIẢI QUYẾT HỒ SƠ" in old
    assert "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ" in new
    assert [frame.form_no for frame in factories.frames("control_slip")] == ["05", "06"]
    assert [frame.form_no for frame in factories.frames("register")] == ["06", "07"]


@pytest.mark.parametrize(
    "paper",
    [
        replace(samples.SLIP, through_other=True),
        replace(samples.SUPPLEMENT, through_other=True),
        replace(samples.REFUSAL, through_other=True),
        replace(samples.APOLOGY, through_other=True),
        replace(samples.STOP, through_other=True),
        replace(samples.REFUSAL_DECISION, through_other=True),
        replace(samples.BORROWED, through_other=True),
    ],
    ids=lambda paper: str(paper.KIND),
)
def test_a_paper_through_other_hands_hides_numbers(paper: papers.Paper) -> None:
    text = text_of(press.pdf(factories.frames(paper.KIND)[0], paper))
    for party in (samples.OWNER, samples.SUBMITTER, samples.COMPANY):
        assert party.id_number not in text
        assert party.email == "" or party.email not in text
    assert samples.OWNER.phone not in text
    assert samples.COMPANY.phone not in text


def test_a_public_register_names_nobody() -> None:
    text = text_of(press.pdf(factories.frames("register")[0], replace(samples.REGISTER, public=True)))
    for hidden in (samples.OWNER.name, samples.OWNER.phone, samples.COMPANY.name, "Trần Đình Khuê"):
        assert hidden not in text
    assert samples.REGISTER.rows[0].dossier_code in text.replace(" ", "")


def test_the_register_repeats_its_head_on_every_page() -> None:
    reader = PdfReader(io.BytesIO(press.pdf(factories.frames("register")[0], samples.REGISTER)))
    assert len(reader.pages) > 3
    for page in list(reader.pages)[:-1]:
        assert "Mã hồ sơ" in page.extract_text()


@pytest.mark.parametrize("name", ["slip", "slip-short", "control_slip", "result", "refusal_decision"])
def test_the_code_on_the_page_can_be_scanned(name: str, tmp_path: Path) -> None:
    paper = samples.ALL[name]
    (tmp_path / "paper.pdf").write_bytes(press.pdf(factories.frames(paper.KIND)[0], paper, number="07/TNHS"))
    subprocess.run(
        ["/usr/bin/pdftoppm", "-r", "150", "-png", tmp_path / "paper.pdf", tmp_path / "page"], check=True
    )
    read = [
        code.text
        for page in sorted(tmp_path.glob("page*.png"))
        for code in zxingcpp.read_barcodes(Image.open(page))
    ]
    wanted = getattr(paper, "verify_url", "") or getattr(paper, "dossier_code", "")
    assert read == [wanted]


def test_what_people_write_is_text_and_nothing_is_fetched() -> None:
    nasty = '<img src="http://127.0.0.1:1/x"><b>Đặng</b> & {{ p }}'
    paper = replace(samples.SHORT_SLIP, owner=replace(samples.OWNER, name=nasty))
    page = press.html(factories.frames("slip")[0], paper)
    assert "<b>Đặng</b>" not in page
    assert "&lt;b&gt;Đặng&lt;/b&gt; &amp; {{ p }}" in page


def test_a_template_that_names_what_the_paper_lacks_is_not_printed() -> None:
    frame = replace(factories.frames("slip")[0], source="<p>{{ p.barcode }}</p>")
    with pytest.raises(LookupError, match="barcode"):
        press.pdf(frame, samples.SHORT_SLIP)


def test_a_template_fetches_nothing() -> None:
    frame = replace(
        factories.frames("slip")[0], source='<html lang="vi"><img src="file:///etc/hostname" alt="x">'
    )
    with pytest.raises(LookupError, match="hostname"):
        press.pdf(frame, samples.SHORT_SLIP)


def test_a_paper_is_the_same_bytes_each_time() -> None:
    frame = factories.frames("slip")[0]
    assert press.pdf(frame, samples.SHORT_SLIP) == press.pdf(frame, samples.SHORT_SLIP)


LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
MARKED = {
    unicodedata.normalize("NFC", letter + mark)
    for letter in "aăâeêioôơuưy"
    for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
} | set(LETTERS)


@pytest.mark.parametrize("style", ["Regular", "Bold", "Italic", "BoldItalic"])
def test_the_face_of_official_papers_has_every_letter(style: str) -> None:
    with TTFont(f"/usr/share/fonts/truetype/liberation2/LiberationSerif-{style}.ttf", lazy=True) as font:
        letters = set(font.getBestCmap())
    wanted = {ord(form) for letter in MARKED for form in (letter, letter.upper())}
    assert len(MARKED) == 89
    assert not {chr(code) for code in wanted if code not in letters}
