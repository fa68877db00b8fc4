"""
The state of every dossier, told to systems that follow all of them: the national portal (R-063, R-138).

A neutral message in the numbers that system speaks; the wire forms of the portal's own interfaces are adapters of
their own. One message for each change of number or due date, in order, acknowledged by the answer; no personal value.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.exchange import queries
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations.sending import queue
from motcua.exchange.rules import Direction, Kind
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.platform import outbox


@transaction.atomic
def follow(event: outbox.Message, *, at: datetime, real_at: datetime) -> int:
    """
    Queue what an event changed in the state of a dossier for each system that follows; return how many messages.

    An event handed over again, after later ones were told, tells nothing. Nor is it told where the number and the due
    date are those told last, or the system's list has no number for the state.
    """
    made = 0
    for partner in queries.followers(at):
        if partner.address or settings.PARTNER_STANDIN_URL:
            made += _told(partner, event, at, real_at)
    return made


def _told(partner: Partner, event: outbox.Message, at: datetime, real_at: datetime) -> bool:
    payload = event.payload
    known = catalogue.status_map(partner.statuses, at.astimezone(LOCAL).date()).get(payload["state"])
    ours = Message.objects.filter(partner=partner, subject=event.subject, direction=Direction.OUT.value)
    if known is None or ours.filter(message_id=str(event.message_id)).exists():
        return False
    number, name = known
    last = ours.filter(kind=Kind.STATE.value).order_by("-pk").values_list("content", flat=True).first()
    now = (number, payload["due_at"])
    if last is not None and (event.seq <= last["seq"] or (last["status"], last["due_at"]) == now):
        return False
    content = {
        "message_id": str(event.message_id),
        "kind": Kind.STATE.value,
        "dossier": payload["code"],
        "procedure": {"code": catalogue.definition(payload["procedure_version_id"]).code},
        "agency": organisation.root_of_agency(payload["agency_id"]).code,
        "channel": payload["channel"],
        "status": number,
        "status_name": name,
        "since": at.isoformat(),
        "due_at": payload["due_at"],
        "seq": event.seq,
    }
    queue(partner, Kind.STATE, event.subject, payload["code"], content, at=at, real_at=real_at)
    return True
