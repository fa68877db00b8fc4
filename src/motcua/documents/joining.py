"""Several files made into one PDF, in order: pictures as pages, PDFs page by page. Values in, values out."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from motcua.documents.rules import UploadLimits, UploadRefused

MOST_PARTS: Final = 10
DPI: Final = 200
LONGEST: Final = 2600
"""Points of a picture's longer side that are kept: an A4 page at some 220 dpi, more than reading and OCR need."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file that passed the upload checks."""

    name: str
    mime: str
    data: bytes


def join(parts: Sequence[Part], limits: UploadLimits) -> bytes:
    """
    Return one PDF with all parts in order.

    :raises UploadRefused: too many parts, a part that is digitally signed or cannot be read, or too large.
    """
    from pypdf import PdfReader, PdfWriter  # imported when files are joined, not with every process
    from pypdf.errors import PyPdfError

    if len(parts) > MOST_PARTS:
        raise UploadRefused(f"Mỗi giấy tờ gồm nhiều nhất {MOST_PARTS} tệp. Ghép bớt tệp rồi tải lên.")
    writer = PdfWriter()
    for part in parts:
        data = part.data if part.mime == "application/pdf" else _page(part)
        if re.search(rb"/ByteRange\s*\[", part.data) and part.mime == "application/pdf":
            raise UploadRefused(
                f"Tệp {part.name} có chữ ký số, ghép với tệp khác sẽ mất hiệu lực. Chỉ gửi riêng tệp này."
            )
        try:
            for page in PdfReader(io.BytesIO(data)).pages:
                writer.add_page(page)
        except (PyPdfError, ValueError, KeyError, RecursionError) as fault:
            raise UploadRefused(f"Không đọc được tệp {part.name}. Lưu lại tệp rồi tải lên.") from fault
    if not writer.pages:
        raise UploadRefused("Các tệp không có trang nào. Chọn lại tệp rồi tải lên.")
    out = io.BytesIO()
    writer.write(out)
    whole = out.getvalue()
    if len(whole) > limits.max_bytes:
        raise UploadRefused(
            f"Các tệp ghép lại lớn hơn {limits.max_bytes // (1024 * 1024)} MB. Chụp lại nhỏ hơn hoặc bớt tệp."
        )
    return whole


def _page(part: Part) -> bytes:
    """Return a picture as a page of a PDF, upright as the camera held it, on white where it is see-through."""
    try:
        with Image.open(io.BytesIO(part.data)) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.mode in ("RGBA", "LA", "P", "PA"):
                clear = picture.convert("RGBA")
                picture = Image.new("RGB", clear.size, "white")
                picture.paste(clear, mask=clear.getchannel("A"))
            elif picture.mode not in ("RGB", "L"):
                picture = picture.convert("RGB")
            picture.thumbnail((LONGEST, LONGEST))
            out = io.BytesIO()
            picture.save(out, "PDF", resolution=DPI, quality=88)
    except (OSError, ValueError, Image.DecompressionBombError) as fault:
        raise UploadRefused(f"Không đọc được ảnh {part.name}. Chụp lại rồi tải lên.") from fault
    return out.getvalue()
