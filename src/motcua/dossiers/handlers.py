"""What the room's own events set going: the worker's job for an act on many dossiers."""

from __future__ import annotations

from motcua.dossiers import events
from motcua.dossiers.operations import pauses
from motcua.platform import clock, jobs, outbox

TOPICS = frozenset({events.BulkStarted.NAME})


def on_event(message: outbox.Message) -> None:
    """Give the run to a worker, in the transaction that moves the dispatcher's cursor; one job works at a run."""
    number = int(message.payload["run"])
    jobs.app.configure_task("dossiers.bulk", lock=f"bulk-{number}", queue="bulk").defer(run=number)


PAUSING = frozenset(
    event.NAME
    for event in (
        events.SupplementRequested,
        events.Supplemented,
        events.Suspended,
        events.Resumed,
        events.StepMoved,
        events.PaymentRequested,
        events.PaymentSettled,
        events.Stopped,
        events.Withdrawn,
        events.Processed,
    )
)


def on_pause(message: outbox.Message) -> None:
    """Make the record of the dossier's pauses again; handing the event over once more changes nothing."""
    pauses.look(message.subject, clock.now())
