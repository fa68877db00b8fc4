"""What tasks wait for, written beside the ledger entry of the act that moves them: no statement more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from motcua.dossiers.awaiting import AwaitedKind, AwaitedState, Need, moment, needs
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.process import Graph, NodeKind
from motcua.workflow.operations import Moved

_SET = (
    "INSERT INTO dossiers_awaited (subject, task_id, node, kind, name, ref, since, due_at, state, attempts, given_up,"
    " error) SELECT %s, v.task_id, v.node, v.kind, v.name, v.ref, v.since, v.due_at, 'waiting', 0, false, ''"
    " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],"
    " %s::timestamptz[]) AS v(task_id, node, kind, name, ref, since, due_at) ON CONFLICT DO NOTHING"
)
_END = (
    "UPDATE dossiers_awaited a SET ended_at = %s, state = coalesce((SELECT s.state FROM"
    " unnest(%s::bigint[], %s::text[]) s(id, state) WHERE s.id = a.id), 'dropped')"
    " WHERE a.subject = %s AND a.state = 'waiting' AND (a.task_id = ANY(%s) OR a.id = ANY(%s)"
    " OR (%s AND a.task_id IS NULL))"
)
Write = tuple[str, Sequence[Any]]


def writes(
    subject: int,
    moves: Sequence[Moved],
    settled: Mapping[int, AwaitedState],
    *,
    graph: Graph,
    at: datetime,
    calendar: WorkingCalendar,
    facts: Mapping[str, Any],
) -> list[Write]:
    """
    Return what an act's moves leave waiting and what they end; nothing for processes that wait for nobody outside.

    `settled` says what has become of rows the act itself is about, by their ids.
    """
    found: list[Write] = []
    gone = sorted({task for moved in moves for task in moved.gone})
    over = any(moved.is_over for moved in moves)
    if gone or settled or over:
        ids = sorted(settled)
        states = [str(settled[number]) for number in ids]
        found.append((_END, [at, ids, states, subject, gone, ids, over]))
    wanted = [
        (row.id if need.alone else None, need, due)
        for moved in moves
        for row in (*moved.opened, *moved.waiting)
        for need in needs(graph, row, moved.before)
        for due in _due(need, calendar, facts, at)
    ]
    if wanted:
        columns = [
            [task for task, _, _ in wanted],
            [need.node.id for _, need, _ in wanted],
            [str(need.kind) for _, need, _ in wanted],
            [need.name[:300] for _, need, _ in wanted],
            [need.node.ref[:120] for _, need, _ in wanted],
            [need.since for _, need, _ in wanted],
            [due for _, _, due in wanted],
        ]
        found.append((_SET, [subject, *columns]))
    return found


def _due(
    need: Need, calendar: WorkingCalendar, facts: Mapping[str, Any], at: datetime
) -> list[datetime | None]:
    """Return the moment of what is needed (None where it has none); nothing where it is not needed after all."""
    if need.kind is not AwaitedKind.TIMER:
        return [None]
    when = moment(need.node, need.since, calendar, facts)
    if when is None:
        return [] if need.node.kind is NodeKind.BOUNDARY_TIMER else [at]
    return [when]
