"""
Tasks in hands that may not do them any more go back to their unit's pool (R-070): no dossier is without a holder.

A duty ends with a transfer, a lent one with its last day; who held tasks under it can neither do them nor hand them on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog

from motcua.dossiers import queries
from motcua.dossiers.operations.steps import release
from motcua.dossiers.rules import FROM, Act
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError
from motcua.workflow import team

log = structlog.get_logger(__name__)
REASON: Final = "Người giữ việc không còn nhiệm vụ này tại đơn vị."


def put_back(at: datetime) -> int:
    """
    Put every such task back, each in an act of its own; return how many were.

    Done again it finds nothing. What the dossier's state does not allow now (it is paused) waits for a later round.
    """
    on = at.astimezone(LOCAL).date()
    rows = team.unheld(SYSTEM, on)
    known = queries.by_subjects(SYSTEM, [row.subject for row in rows])
    done = 0
    for row in rows:
        if known[row.subject].state not in FROM[Act.RELEASE]:
            continue
        try:
            release(
                code=known[row.subject].code, task_id=row.id, reason=REASON, actor=SYSTEM,
                key=f"unheld:{row.id}:{row.assignee_id}:{on.isoformat()}", at=at,
            )  # fmt: skip
        except DomainError as refusal:  # somebody was quicker
            log.info("unheld_task_left", task=row.id, why=refusal.code)
        else:
            done += 1
    return done
