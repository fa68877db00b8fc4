"""What became of the tasks of subjects that are over: for those who look back on many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from motcua.kernel.actor import Actor
from motcua.platform import access


class Past(NamedTuple):
    """A task that is over."""

    subject: int
    id: int
    node: str
    state: str
    outcome: str
    unit_id: int
    hours: Decimal
    opened_at: datetime
    done_at: datetime


def past(actor: Actor, subjects: Sequence[int]) -> list[Past]:
    """Return the tasks that are over of the subjects the actor may see, each subject's in order (one statement)."""
    if not subjects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.subject, t.id, t.node, t.state, t.outcome, t.unit_id, t.hours, t.opened_at, t.done_at"  # noqa: S608  (texts of ours; values are parameters)
            " FROM workflow_task t WHERE t.subject = ANY(%s::bigint[]) AND t.done_at IS NOT NULL"
            f" AND {access.visible('t.subject')} ORDER BY t.subject, t.seq",
            [list(subjects), *access.parameters(actor)],
        )
        return [Past(*row) for row in cursor.fetchall()]
