"""
What is seen of a digital signature in its field: who signed and when, a person in blue, an agency as a red seal.

Places, colours and words are those of NĐ 30/2020/NĐ-CP Annex I; a fiction says of itself that it is one (`note`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils.html import format_html

from motcua.documents import press
from motcua.documents.rules import SignatureField
from motcua.kernel.calendar import LOCAL

if TYPE_CHECKING:
    from pyhanko.stamp import StaticStampStyle

FICTION: Final = "Chữ ký giả lập, không có giá trị"


@contextmanager
def drawn(name: str, field: SignatureField | str, at: datetime, note: str = "") -> Iterator[StaticStampStyle]:
    """Give the look of a signature to pyHanko for as long as it signs; `name` is the holder's in the certificate."""
    from pyhanko.stamp import StaticStampStyle

    look = _SEAL if field == SignatureField.AGENCY else _HAND
    page = format_html(look, name, f"{at.astimezone(LOCAL):%d/%m/%Y %H:%M:%S}", note)
    with tempfile.TemporaryDirectory(prefix="motcua-sign-") as folder:
        picture = Path(folder) / "stamp.pdf"
        picture.write_bytes(press.pressed(page))
        yield StaticStampStyle.from_pdf_file(str(picture), border_width=0)


_HAND: Final = (
    '<html lang="vi"><style>@page {{ size: 62mm 24mm; margin: 1mm; }} body {{ font: 9pt/1.25 "Liberation Serif";'
    " color: #0b3d91; text-align: center; margin: 0; padding-top: 4mm; }}</style><body>"
    "Ký số bởi: <b>{}</b><br>Thời gian ký: {}<br><i>{}</i></body></html>"
)
_SEAL: Final = (
    '<html lang="vi"><style>@page {{ size: 36mm 36mm; margin: 0; }} body {{ font: 6.5pt/1.2 "Liberation Serif";'
    " color: #c00; text-align: center; margin: 1mm; box-sizing: border-box; width: 34mm; height: 34mm;"
    " border: 0.6mm solid #c00; border-radius: 17mm; padding: 8mm 4mm 0; }}</style><body>"
    "<b>{}</b><br>{}<br><i>{}</i></body></html>"
)
