"""What the room's own events set going: jobs of many acts, campaigns, trials, and groups that follow their parts."""

from __future__ import annotations

from motcua.dossiers import events
from motcua.dossiers.campaigning import Stage
from motcua.dossiers.operations import pauses
from motcua.dossiers.trialling import TrialState
from motcua.platform import clock, jobs, outbox

PARTS = frozenset(
    event.NAME
    for event in (
        events.Accepted,
        events.Refused,
        events.SupplementRequested,
        events.Supplemented,
        events.StepMoved,
        events.Processed,
        events.Stopped,
        events.Withdrawn,
        events.Suspended,
        events.Resumed,
        events.Mirrored,
        events.MirroredCorrected,
        events.VerificationPlanned,
        events.VerificationCalledOff,
        events.VerifiedOnSite,
    )
)
"""Acts on a part after which its group may have something to do."""
TOPICS = PARTS | {
    events.BulkStarted.NAME, events.CampaignMoved.NAME, events.TrialMoved.NAME, events.BookMoved.NAME,
}  # fmt: skip


def on_event(message: outbox.Message) -> None:
    """Give the work to a worker, in the transaction that moves the dispatcher's cursor; one job at a time for each."""
    payload = message.payload
    if message.topic == events.CampaignMoved.NAME:
        if payload["state"] == Stage.RUNNING:
            campaign = int(payload["campaign"])
            jobs.app.configure_task("dossiers.campaign", lock=f"campaign-{campaign}", queue="bulk").defer(
                number=campaign
            )
    elif message.topic == events.TrialMoved.NAME:
        if payload["state"] == TrialState.RUNNING:
            trial = int(payload["trial"])
            jobs.app.configure_task("dossiers.trial", lock=f"trial-{trial}", queue="bulk").defer(trial=trial)
    elif message.topic == events.BulkStarted.NAME:
        number = int(payload["run"])
        jobs.app.configure_task("dossiers.bulk", lock=f"bulk-{number}", queue="bulk").defer(run=number)
    elif message.topic == events.BookMoved.NAME:  # a long register takes longer than a page should wait
        jobs.app.configure_task("documents.make_pdf").defer(document_id=int(payload["document_id"]))
    elif payload.get("group"):
        group = int(payload["group"])
        jobs.app.configure_task("dossiers.parts", lock=f"group-{group}", queue="bulk").defer(
            group=group, message=str(message.message_id), at=str(payload["at"])
        )


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
