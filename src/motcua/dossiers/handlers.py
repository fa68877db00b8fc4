"""What the room's own events set going: the worker's job for an act on many dossiers."""

from __future__ import annotations

from motcua.dossiers import events
from motcua.platform import jobs, outbox

TOPICS = frozenset({events.BulkStarted.NAME})


def on_event(message: outbox.Message) -> None:
    """Give the run to a worker, in the transaction that moves the dispatcher's cursor; one job works at a run."""
    number = int(message.payload["run"])
    jobs.app.configure_task("dossiers.bulk", lock=f"bulk-{number}", queue="bulk").defer(run=number)
