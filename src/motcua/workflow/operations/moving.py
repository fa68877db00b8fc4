"""A subject goes on by another version of its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from motcua.kernel.actor import Actor
from motcua.kernel.process import (
    Node,
)
from motcua.kernel.process import move as moves
from motcua.kernel.process.engine import Advance
from motcua.workflow import hands, queries
from motcua.workflow.operations.writing import (
    Change,
    Due,
    Move,
    Moved,
    New,
    ResolveUnit,
    cancelled,
    history,
    in_transaction,
    moved,
    same_process,
)
from motcua.workflow.queries import Definition, TaskRow
from motcua.workflow.rules import (
    TaskState,
)


def move(
    *,
    subject: int,
    old: Definition,
    new: Definition,
    mapping: Mapping[str, str],
    actor: Actor,
    at: datetime,
    resolve_unit: ResolveUnit,
    due: Due,
    note: str,
) -> Moved:
    """
    Let a subject run by another version of its process from here (one SELECT, one write).

    What is open or waits is taken back by the old version and opened by the new, in the same hands where unit and role
    are the same; what is done stays done. `mapping` leads steps of the old version to steps of the new.

    :raises MoveRefused: a token would have no place, or be lost.
    :raises ProcessMismatch: the subject does not run by `old`.
    """
    in_transaction()
    rows = history(subject)
    for row in rows[-1:]:
        same_process(row, old)
    marking = moves.moved(old.graph, new.graph, queries.marking(rows), mapping)
    shift = Move(subject, new, rows, at, actor, resolve_unit, due)
    places = {token.no: token.place for token in marking}
    for row in (row for row in rows if row.is_live):
        place = places[row.token]
        joined = row.state == TaskState.JOINED
        shift.changes[row.id] = Change(
            row, TaskState.DONE if joined else TaskState.CANCELLED, row.place, note="" if joined else note
        )
        shift.new.append(_carried(shift, row, old.graph.by_id[row.node], place))
    step = Advance(marking, ())
    return moved(shift, step, shift.write(), cancelled=cancelled(shift, at))


def _carried(shift: Move, row: TaskRow, before: Node, place: str) -> New:
    """Return the row in the new version for a live row of the old."""
    graph = shift.process.graph
    if row.state == TaskState.JOINED:
        edge = graph.edge_by_id[place]
        node = graph.by_id.get(row.node) or graph.by_id[edge.source]
        return New(
            row.token, replace(node, name=row.name, about=row.about), TaskState.JOINED, place, row.unit_id, row.role,
            row.assignee_id, done_at=shift.at, done_by_id=row.done_by_id, outcome=row.outcome,
            note="Giữ nguyên kết quả đã có",
        )  # fmt: skip
    node = graph.by_id[place]
    if row.state == TaskState.WAITING:
        return New(
            row.token, node, TaskState.WAITING, place, row.unit_id, row.role, row.assignee_id, shift.due(node)
        )
    same = before.unit_kind == node.unit_kind
    unit_id = row.unit_id if same else shift.unit_of(node)
    due_at = shift.due(node)
    if due_at is None:
        raise ValueError(f"no planned end for step {node.id}")
    keeps = same and before.role == node.role and before.signers == node.signers
    assignee = row.assignee_id if keeps else None
    if assignee in hands.did(node, shift.rows):
        assignee = None
    return New(row.token, node, TaskState.OPEN, place, unit_id, node.role, assignee, due_at)
