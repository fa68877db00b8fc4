"""Tables that spreadsheets open: UTF-8 with its mark, row by row, no cell taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import cast
from urllib.parse import quote

from django.http import HttpResponse
from django.http.response import StreamingHttpResponse


class _Line:
    """What a csv writer writes to: the line itself."""

    def write(self, text: str) -> str:
        return text


def answer(name: str, head: Iterable[object], rows: Iterable[Iterable[object]]) -> HttpResponse:
    """Return the table as a download, written as its rows come."""
    response = StreamingHttpResponse(_table(head, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return cast("HttpResponse", response)  # it takes headers and cookies like one


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(head)
    for row in rows:
        yield writer.writerow([cell(value) for value in row])


def cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
