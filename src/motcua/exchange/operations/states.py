"""
The state of every dossier, told to systems that follow all of them: the national portal (R-063, R-138).

A neutral message in the numbers that system speaks; the wire forms of the portal's own interfaces are adapters of
their own. One message for each change of number or due date, in order, acknowledged by the answer; no personal value.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.exchange import queries
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations.sending import queue
from motcua.exchange.rules import Direction, Kind
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation

COMPARED = ("status", "due_at")


@transaction.atomic
def follow(
    event_id: uuid.UUID,
    subject: int,
    seq: int,
    payload: Mapping[str, Any],
    *,
    at: datetime,
    real_at: datetime,
) -> int:
    """
    Queue what an event changed in the state of a dossier for each system that follows; return how many messages.

    `seq` is that of the event's act: one handed over again, after later ones were told, tells nothing. Nor is it told
    where the number and the due date are those told last, or the system's list has no number for the state.
    """
    made = 0
    for partner in queries.followers(at):
        if partner.address or settings.PARTNER_STANDIN_URL:
            made += _told(partner, event_id, subject, seq, payload, at, real_at)
    return made


def _told(
    partner: Partner,
    event_id: uuid.UUID,
    subject: int,
    seq: int,
    payload: Mapping[str, Any],
    at: datetime,
    real_at: datetime,
) -> bool:
    known = catalogue.status_map(partner.statuses, at.astimezone(LOCAL).date()).get(payload["state"])
    if known is None:
        return False
    ours = Message.objects.filter(partner=partner, subject=subject, direction=Direction.OUT.value)
    if ours.filter(message_id=str(event_id)).exists():
        return False
    number, name = known
    content = {
        "message_id": str(event_id),
        "kind": Kind.STATE.value,
        "dossier": payload["code"],
        "procedure": {"code": catalogue.definition(payload["procedure_version_id"]).code},
        "agency": organisation.root_of_agency(payload["agency_id"]).code,
        "channel": payload["channel"],
        "status": number,
        "status_name": name,
        "since": at.isoformat(),
        "due_at": payload["due_at"],
        "seq": seq,
    }
    last = ours.filter(kind=Kind.STATE.value).order_by("-pk").values_list("content", flat=True).first()
    if last is not None and (seq <= last["seq"] or all(last[one] == content[one] for one in COMPARED)):
        return False
    queue(partner, Kind.STATE, subject, payload["code"], content, at=at, real_at=real_at)
    return True
