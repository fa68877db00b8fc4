"""
How the papers of a dossier handed on went: noted as it was, or restated when they follow on a list (R-057, R-058).

Handed on is what the counter forwards, and by every step, return or sending back that brings a dossier under way to
another agency; a result that goes to be handed out is no circulation. It counts as electronic unless its doer marks
that papers go along. Whoever puts such a dossier on a hand-over list later says otherwise: an act of its own restates
it, on the day it was made, so that the rate is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from motcua.dossiers import events
from motcua.dossiers.dockets import Going
from motcua.dossiers.models import Dossier, PaperTrip
from motcua.dossiers.operations.common import finish, locked, told
from motcua.dossiers.rules import PAUSED, RUNNING, Act
from motcua.kernel.actor import Actor, DutyRef
from motcua.organisation import queries as organisation
from motcua.platform import history
from motcua.platform.history import Latest

SAID = tuple(
    act.value
    for act in (
        Act.FORWARD,
        Act.RESTATE_FORWARD,
        Act.COMPLETE_STEP,
        Act.DECIDE,
        Act.REFUSE_REQUEST,
        Act.RETURN_STEP,
        Act.SEND_BACK,
    )
)


def crossing(from_unit_id: int, to_unit_ids: Iterable[int]) -> dict[str, Any]:
    """Return what an act tells that hands a dossier on to another agency: from where, and how; else nothing."""
    here = organisation.unit(from_unit_id).agency_id
    if all(organisation.unit(unit_id).agency_id == here for unit_id in to_unit_ids):
        return {}
    return {"from_unit": from_unit_id, "by": "electronic"}


def note_paper(dossier: Dossier, at: datetime, from_unit_id: int) -> None:
    """Keep that the papers of a dossier handed on go by hand; its act is under way (one statement)."""
    PaperTrip.objects.create(
        subject=dossier.subject,
        code=dossier.code,
        from_unit_id=from_unit_id,
        to_unit_id=dossier.holder_unit_id or dossier.receiving_unit_id,
        at=at,
    )


def on_paper(
    goods: Sequence[Going], *, from_unit_id: int, docket: int, actor: Actor, duty: DutyRef, at: datetime
) -> None:
    """
    Restate how dossiers on a new list were handed on, told to be electronic: one act for each.

    Only what the giving unit handed on itself and is still being handled: papers that go back, results and what the
    applicant gets again are no circulation. The dossiers are locked in the order of their subjects.

    :raises DossierNotFound:
    """
    under_way = {one.subject: one.code for one in goods if one.state in RUNNING | PAUSED}
    said = history.latest(sorted(under_way), SAID, {"from_unit": from_unit_id}) if under_way else {}
    for subject, entry in sorted(said.items()):
        if entry.payload.get("by") == "electronic":
            dossier = _restate(
                under_way[subject], entry, by="paper", docket=docket, actor=actor, duty=duty, at=at
            )
            note_paper(dossier, at, from_unit_id)


def electronic_again(docket: int, *, actor: Actor, duty: DutyRef, at: datetime) -> None:
    """
    Take back what a list, cancelled now, told of how dossiers were handed on; what the acts themselves told stays.

    :raises DossierNotFound:
    """
    trips = dict(PaperTrip.objects.filter(docket_id=docket).values_list("subject", "code"))
    for subject, entry in sorted(history.latest(sorted(trips), SAID, {"docket": docket}).items()):
        _restate(trips[subject], entry, by="electronic", docket=docket, actor=actor, duty=duty, at=at)
        PaperTrip.objects.filter(docket_id=docket, subject=subject).delete()


def _restate(
    code: str, entry: Latest, *, by: str, docket: int, actor: Actor, duty: DutyRef, at: datetime
) -> Dossier:
    """Write that it went otherwise than told: it counts on its own day, for who handed on."""
    work = locked(act=Act.RESTATE_FORWARD, code=code, actor=actor, at=entry.occurred_at, seen=None)
    work.entered_at = at
    finish(
        work,
        Act.RESTATE_FORWARD,
        duty=duty,
        officer_id=entry.officer_id,
        payload={"from_unit": entry.payload["from_unit"], "by": by, "docket": docket},
        event=told(work, events.StepMoved, act=Act.RESTATE_FORWARD.value, step=work.dossier.step_name),
    )
    return work.dossier
