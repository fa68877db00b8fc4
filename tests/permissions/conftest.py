"""Thousands of requests are made here: each paper is printed once, and no log buries what a failing test says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from motcua.documents import press
from motcua.documents.papers import Paper


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True, scope="session")
def _printed_once() -> Iterator[None]:
    """Keep what was printed of the same page: it is asked for again and again, and undone each time."""
    kept: dict[str, bytes] = {}

    def pdf(frame: press.Frame, paper: Paper, **values: Any) -> bytes:
        page = press.html(frame, paper, **values)
        if page not in kept:
            kept[page] = printed(frame, paper, **values)
        return kept[page]

    printed = press.pdf
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(press, "pdf", pdf)
        yield
