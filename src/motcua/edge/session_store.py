"""Sessions as Django keeps them, read by one prepared statement: every request of somebody signed in begins with it."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from motcua.platform import reading


class SessionStore(db.SessionStore):
    """Django's store; only the look-up of a running session differs."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return Django's own model."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        with reading.prepared() as cursor:
            cursor.execute(
                "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s",
                [self.session_key, timezone.now()],
            )
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return Session(session_key=self.session_key or "", session_data=row[0])
