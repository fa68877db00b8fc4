"""
A GET changes nothing: while one is answered, PostgreSQL may be asked only to read.

Three writes are let through by name: the trace that reading a person's data leaves, the count of failed guesses,
and making a paper's PDF on first opening (a copy of what is frozen already).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

READING = (
    "SELECT",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET",
    "SHOW",
    "WITH",
    "DECLARE",
    "FETCH",
    "CLOSE",
)
TRACES = ("INSERT INTO platform_accessnote", "INSERT INTO platform_attempt")
_making_paper: ContextVar[bool] = ContextVar("making_paper", default=False)


class WriteInGet(RuntimeError):
    """A view wrote while answering a GET: a bug."""


@contextmanager
def making_paper() -> Iterator[None]:
    """Let the making of a PDF write its file."""
    token = _making_paper.set(True)
    try:
        yield
    finally:
        _making_paper.reset(token)


def only_reading(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """
    Run the statement if it reads.

    :raises WriteInGet: it does not.
    """
    text = str(sql).lstrip(" (\n")
    word = text[:9].upper()
    if not word.startswith(READING) and not text.startswith(TRACES) and not _making_paper.get():
        raise WriteInGet(text[:120])
    return execute(sql, params, many, context)


class ReadOnlyGets:
    """Middleware: GET and HEAD run under `only_reading`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with connection.execute_wrapper(only_reading):
            return self.get_response(request)
