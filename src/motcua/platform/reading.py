"""Cursors for the statements that pages ask over and over: the server plans them once a connection."""

from __future__ import annotations

import json
from typing import Any, cast

from django.db import connection
from django.db.backends.utils import CursorWrapper

from motcua.platform.database.base import DatabaseWrapper


def prepared() -> CursorWrapper:
    """
    Return a cursor whose statements stay planned on the server.

    For fixed statements over indexed keys: a text that grows with its values would fill the server's memory, and a
    plan that hangs on the values (searches) is better made anew.
    """
    return cast("DatabaseWrapper", connection).prepared()


def loaded(value: Any) -> Any:
    """Return a JSON value of a cursor's row read: Django hands it over as text."""
    return json.loads(value) if isinstance(value, str) else value
