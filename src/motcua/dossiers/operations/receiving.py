"""Taking a task that was handed over straight out of the hands of who held it."""

from __future__ import annotations

from datetime import datetime

from motcua.dossiers import events
from motcua.dossiers.models import HandOver
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.rules import Act, HandOverNotFound, HandOverState, State
from motcua.kernel.actor import Actor
from motcua.workflow import operations as workflow


@once
def receive(*, code: str, task_id: int, handover: int, actor: Actor, key: str, at: datetime) -> Done:
    """
    Take one task of an accepted hand-over into one's own hands; the entry names both hands and the hand-over.

    :raises DossierNotFound, TaskNotFound, TaskGone, NotYourTask, NotAllowedNow, HandOverNotFound, Replayed:
    """
    work = begin(
        act=Act.ASSIGN, code=code, actor=actor, key=key, at=at, body={"task": task_id, "handover": handover}
    )
    dossier = work.dossier
    agreed = HandOver.objects.filter(
        subject=handover, state=HandOverState.ACCEPTED.value, to_staff_id=actor.staff_id or 0,
        items__task_id=task_id,
    ).first()  # fmt: skip
    if agreed is None:
        raise HandOverNotFound
    row = workflow.receive(
        subject=dossier.subject,
        task_id=task_id,
        from_staff_id=agreed.from_staff_id,
        actor=actor,
        at=at,
        note=agreed.reason,
    )
    if work.state is State.ACCEPTED:
        dossier.state = State.IN_PROCESS
    if dossier.holder_id in (None, agreed.from_staff_id):
        tasks.stands(work, row, actor.name)
    return finish(
        work,
        Act.ASSIGN,
        duty=workflow.acting_as(actor, row),
        unit_id=row.unit_id,
        officer_id=row.assignee_id,
        payload={
            "task": task_id,
            "node": row.node,
            "to": row.assignee_id,
            "from": agreed.from_staff_id,
            "handover": handover,
            "proposed_by": agreed.proposed_by_id,
        },
        personal={"note": agreed.reason},
        event=told(work, events.StepMoved, act=Act.ASSIGN.value, step=row.name, unit_ids=(row.unit_id,)),
    )
