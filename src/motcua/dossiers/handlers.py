"""What the room's own events set going: the worker's job for an act on many dossiers, or a campaign."""

from __future__ import annotations

from motcua.dossiers import events
from motcua.dossiers.campaigning import Stage
from motcua.dossiers.operations import pauses
from motcua.platform import clock, jobs, outbox

TOPICS = frozenset({events.BulkStarted.NAME, events.CampaignMoved.NAME})


def on_event(message: outbox.Message) -> None:
    """Give a run or campaign to a worker, as the dispatcher's cursor moves; one job works at it."""
    if message.topic == events.CampaignMoved.NAME:
        if message.payload["state"] == Stage.RUNNING:
            campaign = int(message.payload["campaign"])
            jobs.app.configure_task("dossiers.campaign", lock=f"campaign-{campaign}", queue="bulk").defer(
                number=campaign
            )
        return
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
