"""Pages by key, never by offset: the next page starts after the last row's key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from motcua.kernel.errors import Invalid

Row = TypeVar("Row")


class BadPage(Invalid):
    """The page mark is not one of ours."""

    code = "bad_page"
    message = "Địa chỉ trang không đúng. Mở lại danh sách từ đầu."


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page and the mark of the next one (empty at the end)."""

    rows: Sequence[Row]
    next: str


def mark(key: Sequence[Any]) -> str:
    """Return the opaque mark of a key (JSON values)."""
    return base64.urlsafe_b64encode(json.dumps(list(key), default=str).encode()).decode().rstrip("=")


def key_of(text: str, length: int) -> list[Any] | None:
    """
    Return the key behind a mark, None for the first page.

    :raises BadPage: the mark is broken or of another list.
    """
    if not text:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadPage from error
    if not isinstance(key, list) or len(key) != length:
        raise BadPage
    return key


def number_of(text: str) -> int | None:
    """
    Return the number behind a mark of a list ordered by it, None for the first page.

    :raises BadPage: the mark is broken or of another list.
    """
    key = key_of(text, 1)
    return None if key is None else _number(key[0])


def page(rows: Sequence[Row], size: int, key: Callable[[Row], Sequence[Any]]) -> Page[Row]:
    """Cut `size` rows from the `size + 1` that were read."""
    kept = rows[:size]
    return Page(kept, mark(key(kept[-1])) if len(rows) > size else "")


def moment_of(text: str) -> tuple[datetime, int] | None:
    """
    Return the moment and number behind a mark of a list ordered by both, None for the first page.

    :raises BadPage: the mark is broken or of another list.
    """
    key = key_of(text, 2)
    if key is None:
        return None
    try:
        moment = datetime.fromisoformat(str(key[0]))
    except ValueError as error:
        raise BadPage from error
    if moment.tzinfo is None:
        raise BadPage
    return moment, _number(key[1])


def _number(value: Any) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise BadPage
    return int(text)
