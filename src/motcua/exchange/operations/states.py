"""
The state of every dossier, told to systems that follow all of them: the national portal (R-063, R-138).

A partner with an interface of the national portal (dated data) is told each step, by `operations.portal`; any other
gets our neutral message, one for each change of number or due date, in the numbers it speaks and without a personal
value. In order, acknowledged by the answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.dossiers import events
from motcua.exchange import queries
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations import portal
from motcua.exchange.operations.queueing import queue
from motcua.exchange.rules import Direction, Kind
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.platform import outbox

STEPS: Final = frozenset(
    {
        events.StepMoved.NAME,
        events.SupplementRequested.NAME,
        events.Supplemented.NAME,
        events.Decided.NAME,
        events.ReceiptConfirmed.NAME,
    }
)
"""Events that are a row of progress to a portal, even where number and due date stay."""


@transaction.atomic
def follow(event: outbox.Message, *, at: datetime, real_at: datetime) -> int:
    """
    Queue what an event changed in the state of a dossier for each system that follows; return how many messages.

    An event handed over again, after later ones were told, tells nothing. Nor is it told where the number and the due
    date are those told last, or the system's list has no number for the state.
    """
    made = 0
    for partner in queries.followers(at):
        terms = queries.spoken(partner.code, at.astimezone(LOCAL).date())
        standin = settings.PARTNER_STANDIN_URL if terms is None else settings.PORTAL_STANDIN_URL
        if partner.address or standin:
            made += _told(partner, event, at, real_at, by_steps=terms is not None)
    return made


def _told(
    partner: Partner, event: outbox.Message, at: datetime, real_at: datetime, *, by_steps: bool
) -> bool:
    payload = event.payload
    known = catalogue.status_map(partner.statuses, at.astimezone(LOCAL).date()).get(payload["state"])
    ours = Message.objects.filter(partner=partner, subject=event.subject, direction=Direction.OUT.value)
    if (known is None and not by_steps) or ours.filter(message_id=str(event.message_id)).exists():
        return False
    number, name = known or (None, "")
    last = ours.filter(kind=Kind.STATE.value).order_by("-pk").values_list("content", flat=True).first()
    if last is not None:
        same = (last["status"], last["due_at"]) == (number, payload["due_at"])
        if event.seq <= last["seq"] or (same and not (by_steps and event.topic in STEPS)):
            return False
    agency = organisation.root_of_agency(payload["agency_id"]).code
    if by_steps:
        state = {**payload, "agency": agency, "status": number, "status_name": name}
        portal.queued(
            partner, state, subject=event.subject, seq=event.seq, message_id=str(event.message_id),
            steps=[event.seq], at=at, real_at=real_at,
        )  # fmt: skip
        return True
    content = {
        "message_id": str(event.message_id),
        "kind": Kind.STATE.value,
        "dossier": payload["code"],
        "procedure": {"code": catalogue.definition(payload["procedure_version_id"]).code},
        "agency": agency,
        "channel": payload["channel"],
        "status": number,
        "status_name": name,
        "since": at.isoformat(),
        "due_at": payload["due_at"],
        "seq": event.seq,
    }
    queue(partner, Kind.STATE, event.subject, payload["code"], content, at=at, real_at=real_at)
    return True
