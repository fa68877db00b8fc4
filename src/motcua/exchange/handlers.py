"""From an event of a part to the message for the system that decides it."""

from __future__ import annotations

from datetime import datetime

from motcua.dossiers import events
from motcua.exchange.operations import sending
from motcua.exchange.rules import Kind
from motcua.platform import clock, outbox

TOPICS = frozenset({events.PartOpened.NAME, events.SystemAsked.NAME})


def on_event(message: outbox.Message) -> None:
    """Queue the message of one event: a part that opened, or what is asked about it; again it does nothing."""
    payload = message.payload
    sending.enqueue(
        event_id=message.message_id,
        kind=Kind(payload.get("asks", Kind.OPENED)),
        subject=message.subject,
        request=payload.get("request", sending.THE_PART),
        at=datetime.fromisoformat(payload["at"]),
        real_at=clock.real_now(),
    )
