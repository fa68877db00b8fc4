"""
The history of a dossier's due date, read from its ledger: what was promised, what moved it, by which paper, by whom.

Pure. Source: facts-lifecycle.md 2.4; the original due date is the first row and is never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from motcua.dossiers.rules import ACT_NAMES, CAUSE_NAMES, Act, Cause
from motcua.kernel.counting import Ground, Limit
from motcua.kernel.deadline import GROUNDS_VI, limit_vi
from motcua.platform.history import Happened


@dataclass(frozen=True, slots=True)
class DueChange:
    """
    One due date: `before` is None for the first; `ground` says in Vietnamese why, `form` is the number of the paper.

    `late`: an apology that came after its last day.
    """

    before: datetime | None
    after: datetime
    act: str
    ground: str
    form: str
    officer_id: int | None
    actor_kind: str
    at: datetime
    late: bool = False


def changes(entries: Iterable[Happened]) -> list[DueChange]:
    """Return the due dates of a dossier in order, from its ledger entries in order."""
    found: list[DueChange] = []
    asked = ""
    for entry in entries:
        if entry.act == Act.REQUEST_SUPPLEMENT:
            asked = str(entry.payload.get("form", ""))
        if entry.due_after is None or entry.due_after == entry.due_before:
            continue
        form = str(entry.payload.get("form") or entry.payload.get("slip") or "")
        found.append(
            DueChange(
                before=entry.due_before,
                after=entry.due_after,
                act=entry.act,
                ground=_ground(entry),
                form=form or (asked if entry.act == Act.SUPPLEMENT else ""),
                officer_id=entry.officer_id,
                actor_kind=entry.actor_kind,
                at=entry.at,
                late=bool(entry.payload.get("late")),
            )
        )
    return found


def _limit(raw: Mapping[str, Any]) -> str:
    """Return a limit of the ledger in words."""
    return limit_vi(Limit.from_json(raw))


def _ground(entry: Happened) -> str:
    """Return why the date is what it is, in words."""
    name = ACT_NAMES[Act(entry.act)] if entry.act in set(Act) else entry.act
    if entry.act == Act.RECOMPUTE_DUE:
        return f"{name}: {entry.payload.get('title', '')}"
    if entry.payload.get("limit_before"):
        before, after = (_limit(entry.payload[key]) for key in ("limit_before", "limit"))
        return f"{name}: thời hạn {after} thay {before}"
    cause, ground = entry.payload.get("cause"), entry.payload.get("ground")
    if cause in set(Cause):
        return f"{name}: {CAUSE_NAMES[Cause(cause)][0].lower()}{CAUSE_NAMES[Cause(cause)][1:]}"
    if ground in set(Ground):
        return f"{name}: {GROUNDS_VI[Ground(ground)]}"
    return name
