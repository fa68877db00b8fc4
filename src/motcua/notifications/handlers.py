"""From a dossier's event to its notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from motcua.dossiers import events
from motcua.notifications import operations
from motcua.platform import clock, outbox

TOPICS = frozenset(
    event.NAME
    for event in (
        events.Filed,
        events.Accepted,
        events.TakenForAnother,
        events.ReceiptConfirmed,
        events.SentBack,
        events.SupplementRequested,
        events.Supplemented,
        events.Refused,
        events.RefusedAfterAppraisal,
        events.Processed,
        events.Returned,
        events.Withdrawn,
        events.Stopped,
        events.Extended,
        events.Suspended,
        events.PaymentRequested,
        events.Resumed,
        events.Corrected,
        events.PartImpossible,
        events.Transferred,
        events.DueRecomputed,
        events.Announced,
        events.SystemAsked,
        events.SystemRefused,
        events.MirroredCorrected,
        events.CorrectionAsked,
        events.CorrectionRefused,
        events.CorrectionOrdered,
        events.ResultCorrected,
        events.CorrectionReturned,
        events.RefundDecided,
        events.RefundPaid,
        events.VerificationPlanned,
        events.VerificationMoved,
        events.VerificationCalledOff,
        events.CollectionReminded,
        events.ResultArchived,
    )
)
# At a counter the person stands there: the slip is the answer to the filing.
FACE_TO_FACE = frozenset({"direct"})
# In the demo, what lies this far behind its clock was played: nobody waits for those messages.
PLAYED = timedelta(days=2)


def on_event(message: outbox.Message) -> None:
    """Queue the notices of one event; handing it over again does nothing."""
    payload = message.payload
    if message.topic == events.Filed.NAME and payload["channel"] in FACE_TO_FACE:
        return
    if message.topic == events.DueRecomputed.NAME and not payload["due_before"]:
        return  # only a time limit inside the office moved
    if payload.get("applicant") is False:
        return  # a visit on site at which they need not be there
    at = _moment(payload["at"]) or message.created_at
    operations.enqueue(
        operations.Notice(
            event_id=message.message_id,
            topic=message.topic,
            subject=message.subject,
            code=payload["code"],
            at=at,
            due_at=_moment(payload.get("answer_by"))
            or _moment(payload.get("planned_at"))
            or _moment(payload.get("due_at"))
            or _moment(payload.get("expected_due_at")),
            party_ids=(payload["submitter_party_id"], payload["owner_party_id"]),
            unit_id=payload["receiving_unit_id"],
            procedure_version_id=payload["procedure_version_id"],
            text=str(payload.get("text") or ""),
        ),
        clock.real_now(),
        settled=settings.DEMO and at < clock.now() - PLAYED,
    )


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
