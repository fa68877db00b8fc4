"""
The event stream: once per batch the dispatcher tells those who listen that something happened.

An act never notifies (NOTIFY serialises commits); the dispatcher does, in the transaction that moves its
cursor. Listeners learn only how far the stream is and ask for what they may see.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from motcua.platform import outbox

NOTICE = "motcua_stream"


def on_event(message: outbox.Message) -> None:
    """Nothing to keep: the figures come from the ledger; the batch is announced as a whole."""


def after_batch(messages: Sequence[outbox.Message]) -> None:
    """Announce the batch; listeners are told when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NOTICE, str(max(m.event_id for m in messages))])
