"""The database backend named by `settings.DATABASES`."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


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
