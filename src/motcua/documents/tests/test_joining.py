"""Several uploads become one PDF, in order; what would be broken by joining is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from motcua.documents.joining import MOST_PARTS, Part, join
from motcua.documents.rules import UploadLimits, UploadRefused

LIMITS = UploadLimits()


def picture(kind: str, size: tuple[int, int], mode: str = "RGB") -> Part:
    out = io.BytesIO()
    Image.new(mode, size, "white" if mode == "RGB" else None).save(out, kind)
    return Part(f"anh.{kind.lower()}", f"image/{kind.lower()}", out.getvalue())


def pdf(pages: int, more: bytes = b"") -> Part:
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.write(out)
    return Part("giay.pdf", "application/pdf", out.getvalue() + more)


def test_pages_stand_in_the_order_given() -> None:
    whole = join([picture("JPEG", (800, 500)), pdf(2), picture("PNG", (300, 900), "RGBA")], LIMITS)
    shapes = [page.mediabox.width > page.mediabox.height for page in PdfReader(io.BytesIO(whole)).pages]
    assert shapes == [True, False, False, False]


def test_a_photo_stands_upright_as_it_was_taken() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (800, 500), "white").save(out, "JPEG", exif=exif)
    whole = join([Part("a.jpg", "image/jpeg", out.getvalue()), pdf(1)], LIMITS)
    page = PdfReader(io.BytesIO(whole)).pages[0]
    assert page.mediabox.height > page.mediabox.width


def test_a_large_photo_is_made_smaller() -> None:
    page = PdfReader(io.BytesIO(join([picture("JPEG", (6000, 4000)), pdf(1)], LIMITS))).pages[0]
    assert max(image.image.size[0] for image in page.images if image.image) <= 2600


@pytest.mark.parametrize(
    "parts",
    [
        [pdf(1, b"\n/ByteRange [0 1 2 3]\n%%EOF"), pdf(1)],
        [Part("hong.pdf", "application/pdf", b"%PDF-1.4 broken %%EOF"), pdf(1)],
        [Part("hong.png", "image/png", b"\x89PNG\r\n\x1a\n broken"), pdf(1)],
        [pdf(1)] * (MOST_PARTS + 1),
    ],
    ids=["signed", "broken pdf", "broken picture", "too many"],
)
def test_what_cannot_be_joined_is_refused_in_words(parts: list[Part]) -> None:
    with pytest.raises(UploadRefused):
        join(parts, LIMITS)


def test_the_whole_keeps_the_limit_of_one_file() -> None:
    with pytest.raises(UploadRefused, match="lớn hơn"):
        join([pdf(1), pdf(1)], UploadLimits(max_bytes=300))
