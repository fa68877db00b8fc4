"""From an event of a dossier to the messages for the systems that decide a part of it or follow its state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from motcua.dossiers import events
from motcua.dossiers.events import DossierEvent
from motcua.exchange import queries
from motcua.exchange.operations import sending, states
from motcua.exchange.rules import Kind
from motcua.platform import clock, outbox


def _named(kind: type[DossierEvent]) -> set[str]:
    """Return the names of an event and of every one that is of its kind."""
    return {kind.NAME}.union(*map(_named, kind.__subclasses__()))


OF_PARTS = frozenset({events.PartOpened.NAME, events.SystemAsked.NAME})
TOPICS = frozenset(_named(DossierEvent))


def after_batch(messages: Sequence[outbox.Message]) -> None:
    """Let the next batch see which connections there are then."""
    queries.forget_followers()


def on_event(message: outbox.Message) -> None:
    """
    Queue the messages of one event; again it does nothing.

    A part that opened, or what is asked about it, goes to the system that decides it; the state of any dossier to
    those that follow all of them.
    """
    payload = message.payload
    at, real_at = datetime.fromisoformat(payload["at"]), clock.real_now()
    if message.topic in OF_PARTS:
        sending.enqueue(
            event_id=message.message_id,
            kind=Kind(payload.get("asks", Kind.OPENED)),
            subject=message.subject,
            request=payload.get("request", sending.THE_PART),
            at=at,
            real_at=real_at,
        )
    states.follow(message, at=at, real_at=real_at)
