"""
How the papers of a forwarded dossier went: noted at the forward, or restated when they follow on a list (R-057, R-058).

A forward counts as electronic unless its doer marks that papers go along. Whoever puts such a dossier on a hand-over
list later says otherwise: an act of its own restates the forward, on the day it was made, so that the rate is true.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from motcua.dossiers import events
from motcua.dossiers.dockets import Going
from motcua.dossiers.models import Dossier, PaperTrip
from motcua.dossiers.operations.common import finish, locked, told
from motcua.dossiers.rules import PAUSED, RUNNING, Act
from motcua.kernel.actor import Actor, DutyRef
from motcua.platform import history
from motcua.platform.history import Latest

SAID = (Act.FORWARD.value, Act.RESTATE_FORWARD.value)


def note_paper(dossier: Dossier, at: datetime) -> None:
    """Keep that the papers of a forwarded dossier go by hand; its act is under way (one statement)."""
    PaperTrip.objects.create(
        subject=dossier.subject,
        code=dossier.code,
        from_unit_id=dossier.receiving_unit_id,
        to_unit_id=dossier.holder_unit_id or dossier.receiving_unit_id,
        at=at,
    )


def on_paper(
    goods: Sequence[Going], *, from_unit_id: int, docket: int, actor: Actor, duty: DutyRef, at: datetime
) -> None:
    """
    Restate the forwards of dossiers on a new list that were told to be electronic, one act for each.

    Only what the giving unit forwarded itself and is still being handled: papers that go back, results and what the
    applicant gets again are no circulation. The dossiers are locked in the order of their subjects.

    :raises DossierNotFound:
    """
    under_way = {one.subject: one.code for one in goods if one.state in RUNNING | PAUSED}
    said = history.latest(sorted(under_way), SAID) if under_way else {}
    for subject, entry in sorted(said.items()):
        if entry.payload.get("by") != "paper" and entry.payload.get("from_unit") == from_unit_id:
            dossier = _restate(
                under_way[subject], entry, by="paper", docket=docket, actor=actor, duty=duty, at=at
            )
            note_paper(dossier, at)


def electronic_again(docket: int, *, actor: Actor, duty: DutyRef, at: datetime) -> None:
    """
    Take back what a list, cancelled now, told of the forwards on it; what the forward itself told stays.

    :raises DossierNotFound:
    """
    trips = dict(PaperTrip.objects.filter(docket_id=docket).values_list("subject", "code"))
    for subject, entry in sorted(history.latest(sorted(trips), SAID).items()):
        if entry.act == Act.RESTATE_FORWARD and entry.payload.get("docket") == docket:
            _restate(trips[subject], entry, by="electronic", docket=docket, actor=actor, duty=duty, at=at)
            PaperTrip.objects.filter(docket_id=docket, subject=subject).delete()


def _restate(
    code: str, entry: Latest, *, by: str, docket: int, actor: Actor, duty: DutyRef, at: datetime
) -> Dossier:
    """Write that a forward went otherwise than told: it counts on its own day, for who forwarded."""
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
