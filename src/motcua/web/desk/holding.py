"""Whether somebody holds a dossier: pages beside the acts of its steps ask it."""

from __future__ import annotations

from motcua.kernel.actor import Actor
from motcua.workflow import operations as workflow
from motcua.workflow import queries as tasks


def holds(actor: Actor, subject: int) -> bool:
    """Tell whether the actor holds an open step of a dossier, or leads who does (one statement)."""
    for row in tasks.of_subject(actor, subject):
        if row.is_open:
            duty = workflow.acting_as(actor, row)
            if duty is not None and (row.assignee_id in (None, actor.staff_id) or duty.role != row.role):
                return True
    return False
