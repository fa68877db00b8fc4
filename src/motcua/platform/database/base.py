"""The database backend named by `settings.DATABASES`."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

NEVER = 10**9
"""Only what asks for it is prepared: no statement is repeated that often."""


class PreparedCursor(base.ServerBindingCursor, Cursor[Any]):
    """Sends values apart from the statement, which the server parses and plans once a connection."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Run a statement that the server keeps."""
        return super().execute(query, params, **{"prepare": True, **options})


class DatabaseWrapper(base.DatabaseWrapper):
    """
    Look at the socket before asking the server.

    A kept connection whose server went away (restart, kill) has an end-of-file or a farewell waiting to be
    read; a healthy idle one has nothing. So the check at the start of a request sends no statement, and a
    request after a restart of PostgreSQL connects anew instead of failing.
    """

    def is_usable(self) -> bool:
        """Tell whether the kept connection can serve another request."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not waiting.poll(0) or super().is_usable()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect so that statements may be kept by the server where somebody asks for it."""
        connection = super().get_new_connection(conn_params)
        connection.prepare_threshold = NEVER
        return connection

    def prepared(self) -> CursorWrapper:
        """Return a cursor for the few statements that pages ask over and over (see `platform.reading`)."""
        self.ensure_connection()
        self.validate_thread_sharing()
        cursor: Any = PreparedCursor(self.connection)
        return self.make_debug_cursor(cursor) if self.queries_logged else self.make_cursor(cursor)
