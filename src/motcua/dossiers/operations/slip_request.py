"""A slip for who asks for one after an immediate dossier was accepted without."""

from __future__ import annotations

from datetime import datetime

from motcua.dossiers import events
from motcua.dossiers.operations import slips
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.receipt import reception_duty
from motcua.dossiers.rules import Act, SlipThere
from motcua.kernel.actor import Actor


@once
def issue_slip(*, code: str, actor: Actor, key: str, at: datetime, seen: int | None = None) -> Done:
    """
    Make the slip (form 01) that the acceptance left out, because the person asks for it (NĐ 61/2018 Art. 17.4).

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises SlipThere: it has one.
    """
    work = begin(act=Act.ISSUE_SLIP, code=code, actor=actor, key=key, at=at, seen=seen, body={})
    duty = reception_duty(work)
    if not work.dossier.slip_on_request:
        raise SlipThere
    slip = slips.made(work, work.dossier.receiving_unit_id)
    return finish(
        work,
        Act.ISSUE_SLIP,
        duty=duty,
        payload={"slip": slip.number},
        event=told(work, events.SlipIssued, document_id=slip.id),
    )
