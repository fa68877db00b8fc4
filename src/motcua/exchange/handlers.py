"""From a part's event to the message for the system that decides it."""

from __future__ import annotations

from datetime import datetime

from motcua.dossiers import events
from motcua.exchange.operations import sending
from motcua.exchange.rules import Kind
from motcua.platform import clock, outbox

KINDS = {events.PartOpened.NAME: Kind.OPENED}


def on_event(message: outbox.Message) -> None:
    """Queue the message of one event; handing it over again does nothing."""
    sending.enqueue(
        event_id=message.message_id,
        kind=KINDS[message.topic],
        subject=message.subject,
        at=datetime.fromisoformat(message.payload["at"]),
        real_at=clock.real_now(),
    )
