"""What a scanner makes of a sheet of paper: the file that made-up citizens hand in."""

from __future__ import annotations

import io
from functools import cache


@cache
def sample_file() -> bytes:
    """Return a small PDF, the same each time."""
    from pypdf import PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(out)
    return out.getvalue()
