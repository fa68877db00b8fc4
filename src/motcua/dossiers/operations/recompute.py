"""The dates of a dossier counted anew after a change of the calendar: an act, never a silent rewrite (R-048)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Max, Q

from motcua.dossiers import counted, events
from motcua.dossiers.models import SupplementRequest
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.transfer import controlling
from motcua.dossiers.recounting import recounted
from motcua.dossiers.rules import Act, NothingToRecompute
from motcua.kernel.actor import Actor


@once
def recompute_due(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    decision_no: str,
    decided_on: date,
    title: str,
    earlier: bool = False,
    seen: int | None = None,
) -> Done:
    """
    Count a dossier's dates by the calendar as it is now; the decision that changed the calendar is the ground.

    The date on the slip stays as the original one. Without `earlier` no due date comes before the one promised; a
    supplement is never asked for earlier. Done by a procedure-control officer or the system.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, OutOfCalendar:
    :raises NothingToRecompute: the dates are what the calendar says.
    """
    body = {"decision": decision_no, "decided_on": decided_on, "title": title, "earlier": earlier}
    work = begin(act=Act.RECOMPUTE_DUE, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = controlling(actor)
    dossier = work.dossier
    asked = SupplementRequest.objects.filter(dossier_id=dossier.subject).aggregate(
        waits=Max("requested_at", filter=Q(answered_at__isnull=True)), answered=Max("answered_at")
    )
    dates = counted.dates(dossier, work.bundle, requested_at=asked["waits"], answered_at=asked["answered"])
    found = recounted(dates, work.bundle.steps, work.calendar, earlier=earlier)
    if not found.changed:
        raise NothingToRecompute
    due_before, answer_before, supplement_before = (
        dossier.due_at,
        dossier.answer_by,
        dossier.supplement_due_at,
    )
    if found.clock is not None:
        dossier.clock, dossier.due_at = found.clock.to_json(), found.clock.due_at
    if dates.answer is not None:
        dossier.answer_by = found.answer_by
    if dates.supplement is not None:
        dossier.supplement_due_at = found.supplement_due_at
        SupplementRequest.objects.filter(dossier_id=dossier.subject, answered_at__isnull=True).update(
            answer_by=found.supplement_due_at
        )
    tasks.reschedule(work)
    moved = dossier.due_at != due_before
    return finish(
        work,
        Act.RECOMPUTE_DUE,
        duty=duty,
        payload={
            "form": decision_no,
            "decided_on": decided_on,
            "title": title,
            **({"answer_by": [answer_before, dossier.answer_by]} if dates.answer is not None else {}),
            **(
                {"supplement_due_at": [supplement_before, dossier.supplement_due_at]}
                if dates.supplement is not None
                else {}
            ),
        },
        event=told(work, events.DueRecomputed, due_before=due_before if moved else None),
    )
