"""What an event makes of a subject's tasks, turned into rows that are closed and opened in one statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction

from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.process import (
    EMPTY,
    CancelTask,
    CloseTask,
    Command,
    EndKind,
    Finish,
    Marking,
    Node,
    OpenTask,
    Park,
    Pause,
    Release,
    Verdict,
    Wait,
)
from motcua.kernel.process.engine import Advance
from motcua.workflow import hands, queries
from motcua.workflow.queries import Definition, TaskRow
from motcua.workflow.rules import (
    ProcessMismatch,
    TaskGone,
    TaskState,
)


class HasId(Protocol):
    """A unit, as the room above resolves it."""

    @property
    def id(self) -> int:
        """Return the id of the unit."""
        ...


ResolveUnit = Callable[[str], HasId]
"""From a unit kind to the unit that does this subject's work of that kind."""

Place = Callable[[Node], int | None]
"""The unit at which the subject itself fixes a step, whatever its unit kind says; None where it does not."""

Due = Callable[[Node], datetime | None]
"""The planned end of a step; a step that is somebody's work must have one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """
    What an event has made of the subject's tasks.

    `opened` are new open tasks, `waiting` new rows that wait for something outside, `closed` the task that
    was completed, `cancelled` those taken back, `before` the tasks as they were. `verdict` says what the outcome
    decides about the request; `finished` how the process ended (None while it runs or when it was cancelled); `duty`
    under which it was done. `gone` are the tasks whose token has left them.
    """

    commands: tuple[Command, ...] = ()
    marking: Marking = EMPTY
    opened: tuple[TaskRow, ...] = ()
    waiting: tuple[TaskRow, ...] = ()
    closed: TaskRow | None = None
    cancelled: tuple[TaskRow, ...] = ()
    verdict: Verdict | None = None
    finished: EndKind | None = None
    duty: DutyRef | None = None
    before: tuple[TaskRow, ...] = ()
    gone: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        """Tell whether no token is left."""
        return not self.marking

    def opened_at_step(self, node: Node | None) -> bool:
        """Tell whether a task of this step has just been opened."""
        return node is not None and any(task.node == node.id for task in self.opened)


@dataclass(frozen=True, slots=True)
class UnitMove:
    """A live task with the unit it goes to, and who holds it there (None: the unit's pool)."""

    row: TaskRow
    unit_id: int
    assignee_id: int | None


@dataclass(slots=True)
class Change:
    """What becomes of a live row."""

    row: TaskRow
    state: TaskState
    place: str
    outcome: str = ""
    done_by_id: int | None = None
    note: str = ""


@dataclass(slots=True)
class New:
    """A row to be."""

    token: int
    node: Node
    state: TaskState
    place: str
    unit_id: int
    role: str
    assignee_id: int | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by_id: int | None = None
    outcome: str = ""
    note: str = ""


@dataclass(slots=True)
class Move:
    """Turns the commands of the engine into rows to change and rows to write."""

    subject: int
    process: Definition
    rows: list[TaskRow]
    at: datetime
    actor: Actor
    resolve_unit: ResolveUnit
    due: Due
    note: str = ""
    place: Place | None = None
    assign_to: int | None = None
    by_hand: bool = False
    changes: dict[int, Change] = field(default_factory=dict)
    new: list[New] = field(default_factory=list)
    live: dict[int, TaskRow] = field(default_factory=dict)
    left: TaskRow | None = None
    first: New | None = None

    def apply(self, commands: tuple[Command, ...]) -> None:
        """Take the commands in their order."""
        self.live = {row.token: row for row in self.rows if row.is_live}
        for command in commands:
            match command:
                case CloseTask(token, place, outcome):
                    self.left = row = self.live[token]
                    done_by = self.actor.staff_id if row.is_open or self.by_hand else None
                    self.changes[row.id] = Change(row, TaskState.DONE, place, outcome, done_by, self.note)
                case CancelTask(token, place, reason):
                    self._take_back(token, place, TaskState.CANCELLED, reason)
                case Release(token, place):
                    self._take_back(token, place, TaskState.DONE, "")
                case Park(token, place):
                    self._park(token, place)
                case OpenTask(token, node):
                    self.new.append(self._opened(token, node))
                case Pause(token, node) | Wait(token, node):
                    self.new.append(self._waiting(token, node))

    def _take_back(self, token: int, place: str, state: TaskState, note: str) -> None:
        for item in self.new:
            if item.token == token:  # made in this same move: it never becomes a row
                self.new.remove(item)
                return
        row = self.live[token]
        change = self.changes.get(row.id)
        if change is not None:
            change.state = state
        else:
            self.changes[row.id] = Change(row, state, place, note=note)
            self.left = self.left or row

    def _park(self, token: int, place: str) -> None:
        row = self.live.get(token)
        change = self.changes.get(row.id) if row else None
        if change is not None and change.state is TaskState.DONE:
            change.state, change.place = TaskState.JOINED, place
            return
        # A branch that counts as done: after a return into a block of opinions, or a branch without tasks.
        graph = self.process.graph
        node = graph.by_id[graph.edge_by_id[place].source]
        known = self._last_of(node.id) or self.left or self.first
        self.new.append(
            New(
                token,
                node,
                TaskState.JOINED,
                place,
                known.unit_id if known else self.unit_of(node),
                known.role if known else node.role,
                done_at=self.at,
                note="Giữ nguyên kết quả đã có",
            )
        )

    def _last_of(self, node_id: str) -> TaskRow | None:
        done = (
            row for row in reversed(self.rows) if row.node == node_id and row.state != TaskState.CANCELLED
        )
        return next(done, None)

    def unit_of(self, node: Node) -> int:
        """Return the unit at which a step is done."""
        fixed = self.place(node) if self.place is not None else None
        return fixed if fixed is not None else self.resolve_unit(node.unit_kind).id

    def _opened(self, token: int, node: Node) -> New:
        unit_id = self.unit_of(node)
        due_at = self.due(node)
        if due_at is None:
            raise ValueError(f"no planned end for step {node.id}")
        # A step that comes again goes back to who did it; a first one to whom the head named, or the pool.
        before = next(
            (row for row in reversed(self.rows) if row.node == node.id and row.unit_id == unit_id), None
        )
        assignee = (before.assignee_id or before.done_by_id) if before else self.assign_to
        if assignee in hands.did(node, [*self.rows, *self.just_done()]):
            assignee = None
        return New(token, node, TaskState.OPEN, node.id, unit_id, node.role, assignee, due_at)

    def just_done(self) -> list[TaskRow]:
        """Return the rows that this move closes, as they will be."""
        return [changed(change, self.at) for change in self.changes.values()]

    def _waiting(self, token: int, node: Node) -> New:
        left = self.left or self.first
        unit_id = left.unit_id if left else self.unit_of(node)
        role = left.role if left else node.role
        holder = (left.assignee_id or self.actor.staff_id) if left else None
        return New(token, node, TaskState.WAITING, node.id, unit_id, role, holder, self.due(node))

    def write(self) -> list[TaskRow]:
        """
        Write all changes in one statement and return the new rows.

        :raises TaskGone: a row is no longer what it was when it was read.
        """
        changes, new = list(self.changes.values()), self.new
        if not changes and not new:
            return []
        base = max((row.seq for row in self.rows), default=0)
        ids: dict[int, int] = {}
        with connection.cursor() as cursor:
            if changes:
                cursor.execute(_CLOSE_AND_OPEN if new else _CLOSE, self._values(changes, new, base))
            else:
                cursor.execute(_OPEN, self._new_values(new, base))
            if new:
                ids = {seq: row_id for row_id, seq in cursor.fetchall()}
            written = len(ids) if new else cursor.rowcount
        if written != len(new or changes):
            raise TaskGone(subject=self.subject)
        return [
            TaskRow(
                id=ids[base + position],
                subject=self.subject,
                process_id=self.process.id,
                seq=base + position,
                node=item.node.id,
                place=item.place,
                token=item.token,
                name=item.node.name,
                about=item.node.about,
                field=self.process.field,
                unit_id=item.unit_id,
                role=item.role,
                assignee_id=item.assignee_id,
                state=str(item.state),
                hours=item.node.hours,
                opened_at=self.at,
                due_at=item.due_at,
                done_at=item.done_at,
                done_by_id=item.done_by_id,
                outcome=item.outcome,
                note=item.note,
            )
            for position, item in enumerate(new, start=1)
        ]

    def _values(self, changes: list[Change], new: list[New], base: int) -> dict[str, Any]:
        values = {
            "at": self.at,
            "expected": len(changes),
            "ids": [change.row.id for change in changes],
            "was": [change.row.state for change in changes],
            "became": [str(change.state) for change in changes],
            "at_place": [change.place for change in changes],
            "result": [change.outcome for change in changes],
            "doer": [change.done_by_id for change in changes],
            "remark": [change.note for change in changes],
        }
        return {**values, **self._new_values(new, base)} if new else values

    def _new_values(self, new: list[New], base: int) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "process": self.process.id,
            "field": self.process.field,
            "base": base,
            "at": self.at,
            "node": [item.node.id for item in new],
            "place": [item.place for item in new],
            "token": [item.token for item in new],
            "name": [item.node.name[:300] for item in new],
            "about": [item.node.about[:500] for item in new],
            "unit": [item.unit_id for item in new],
            "role": [item.role for item in new],
            "assignee": [item.assignee_id for item in new],
            "state": [str(item.state) for item in new],
            "hours": [item.node.hours for item in new],
            "due_at": [item.due_at for item in new],
            "done_at": [item.done_at for item in new],
            "done_by": [item.done_by_id for item in new],
            "outcome": [item.outcome for item in new],
            "note": [item.note for item in new],
        }


# An act takes its time before it waits for the lock, so a task may have been opened a moment after it.
_CHANGE = (
    "UPDATE workflow_task t SET state = v.became, place = v.place,"
    " done_at = coalesce(t.done_at, greatest(%(at)s, t.opened_at)),"
    " outcome = CASE WHEN t.outcome = '' THEN v.outcome ELSE t.outcome END,"
    " done_by_id = coalesce(t.done_by_id, v.doer),"
    " note = CASE WHEN v.note = '' THEN t.note ELSE v.note END"
    " FROM unnest(%(ids)s::bigint[], %(was)s::text[], %(became)s::text[], %(at_place)s::text[],"
    " %(result)s::text[], %(doer)s::bigint[], %(remark)s::text[])"
    " AS v(id, was, became, place, outcome, doer, note)"
    " WHERE t.id = v.id AND t.state = v.was"
)
_ROWS = (
    "INSERT INTO workflow_task (subject, process_id, seq, node, place, token, name, about, field, unit_id,"
    " role, assignee_id, state, hours, opened_at, due_at, done_at, done_by_id, outcome, note)"
    " SELECT %(subject)s, %(process)s, %(base)s + v.n, v.node, v.place, v.token, v.name, v.about, %(field)s,"
    " v.unit_id, v.role, v.assignee_id, v.state, v.hours, %(at)s, v.due_at, v.done_at, v.done_by, v.outcome,"
    " v.note FROM unnest(%(node)s::text[], %(place)s::text[], %(token)s::int[], %(name)s::text[],"
    " %(about)s::text[], %(unit)s::bigint[], %(role)s::text[], %(assignee)s::bigint[], %(state)s::text[],"
    " %(hours)s::numeric[], %(due_at)s::timestamptz[], %(done_at)s::timestamptz[], %(done_by)s::bigint[],"
    " %(outcome)s::text[], %(note)s::text[]) WITH ORDINALITY"
    " AS v(node, place, token, name, about, unit_id, role, assignee_id, state, hours, due_at, done_at,"
    " done_by, outcome, note, n)"
)
_CLOSE = _CHANGE
_OPEN = f"{_ROWS} RETURNING id, seq"
# The count makes the rows be closed before new ones are written: one token has one live row at every moment.
_CLOSE_AND_OPEN = (
    f"WITH closed AS ({_CHANGE} RETURNING t.id), gate AS (SELECT count(*) AS n FROM closed)"  # noqa: S608  (texts of ours; values are parameters)
    f" {_ROWS} CROSS JOIN gate WHERE gate.n = %(expected)s RETURNING id, seq"
)


def in_transaction() -> None:
    """Refuse to move tasks outside the transaction of an act."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("tasks move only inside the transaction of an act")


def moved(
    move: Move,
    step: Advance,
    rows: list[TaskRow],
    *,
    closed: TaskRow | None = None,
    cancelled: tuple[TaskRow, ...] = (),
    verdict: Verdict | None = None,
    duty: DutyRef | None = None,
) -> Moved:
    """Return what a move has made of the tasks, its rows written."""
    end = next((command for command in step.commands if isinstance(command, Finish)), None)
    return Moved(
        commands=step.commands,
        marking=step.marking,
        opened=tuple(row for row in rows if row.state == TaskState.OPEN),
        waiting=tuple(row for row in rows if row.state == TaskState.WAITING),
        closed=closed,
        cancelled=cancelled,
        verdict=verdict,
        finished=end.kind if end else None,
        duty=duty,
        before=tuple(move.rows),
        gone=tuple(move.changes),
    )


def changed(change: Change, at: datetime) -> TaskRow:
    """Return a row as it stands after its change."""
    row = change.row
    return row._replace(
        state=str(change.state),
        place=change.place,
        done_at=row.done_at or max(at, row.opened_at),
        outcome=row.outcome or change.outcome,
        done_by_id=row.done_by_id or change.done_by_id,
        note=change.note or row.note,
    )


def after(move: Move, row: TaskRow, at: datetime) -> TaskRow | None:
    """Return a row as this move leaves it; None where it leaves it alone."""
    change = move.changes.get(row.id)
    return changed(change, at) if change else None


def cancelled(move: Move, at: datetime) -> tuple[TaskRow, ...]:
    """Return the rows that this move takes back."""
    return tuple(
        changed(change, at) for change in move.changes.values() if change.state is TaskState.CANCELLED
    )


def history(subject: int) -> list[TaskRow]:
    """Return every task of a subject; its lock is held by the room above."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {queries.COLUMNS} FROM workflow_task t WHERE t.subject = %s ORDER BY t.seq",  # noqa: S608  (texts of ours; values are parameters)
            [subject],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def same_process(row: TaskRow, process: Definition) -> None:
    """Refuse a process that the row does not run by. :raises ProcessMismatch:"""
    if row.process_id != process.id:
        raise ProcessMismatch(subject=row.subject)
