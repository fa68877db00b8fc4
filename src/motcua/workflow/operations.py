"""
Moving the tasks of a subject, inside the transaction and under the lock of the room above.

None of these opens a transaction or asks the clock. A move reads the subject's tasks once and writes once:
closed and opened rows go in one statement, however many they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import connection, transaction

from motcua.kernel.actor import Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.kernel.process import (
    EMPTY,
    CancelTask,
    CloseTask,
    Command,
    Complete,
    EndKind,
    Event,
    Finish,
    Fire,
    Marking,
    Node,
    NodeKind,
    OpenTask,
    Outcome,
    Park,
    Pause,
    ProcessInvalid,
    Release,
    Resume,
    ReturnTo,
    Start,
    Verdict,
    Wait,
    advance,
    check,
    compile_steps,
    to_json,
)
from motcua.kernel.process import move as moves
from motcua.kernel.process.engine import Advance, IllegalStep
from motcua.kernel.process.graph import TASKS
from motcua.kernel.process.move import MoveRefused
from motcua.organisation import queries as organisation
from motcua.workflow import hands, queries, rules
from motcua.workflow.models import ProcessVersion
from motcua.workflow.queries import Definition, TaskRow
from motcua.workflow.rules import (
    AlreadyTaken,
    NotACandidate,
    NotTaken,
    NotTheSigner,
    NotYourStaff,
    NotYourTask,
    ProcessMismatch,
    ReasonNeeded,
    SameHands,
    SignerNamed,
    TaskGone,
    TaskNotFound,
    TaskState,
)

__all__ = [
    "AlreadyTaken",
    "IllegalStep",
    "MoveRefused",
    "Moved",
    "NotACandidate",
    "NotTaken",
    "NotTheSigner",
    "NotYourStaff",
    "NotYourTask",
    "ProcessInvalid",
    "ProcessMismatch",
    "ReasonNeeded",
    "SameHands",
    "SignerNamed",
    "TaskGone",
    "TaskNotFound",
    "UnitMove",
    "acting_as",
    "assign",
    "cancel_open",
    "complete",
    "fire",
    "hand_over",
    "move",
    "move_units",
    "pass_on",
    "publish_process",
    "receive",
    "release",
    "reschedule",
    "resume",
    "return_to",
    "start",
    "take",
]


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
class _Change:
    """What becomes of a live row."""

    row: TaskRow
    state: TaskState
    place: str
    outcome: str = ""
    done_by_id: int | None = None
    note: str = ""


@dataclass(slots=True)
class _New:
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
class _Move:
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
    changes: dict[int, _Change] = field(default_factory=dict)
    new: list[_New] = field(default_factory=list)
    live: dict[int, TaskRow] = field(default_factory=dict)
    left: TaskRow | None = None
    first: _New | None = None

    def apply(self, commands: tuple[Command, ...]) -> None:
        """Take the commands in their order."""
        self.live = {row.token: row for row in self.rows if row.is_live}
        for command in commands:
            match command:
                case CloseTask(token, place, outcome):
                    self.left = row = self.live[token]
                    done_by = self.actor.staff_id if row.is_open or self.by_hand else None
                    self.changes[row.id] = _Change(row, TaskState.DONE, place, outcome, done_by, self.note)
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
            self.changes[row.id] = _Change(row, state, place, note=note)
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
            _New(
                token,
                node,
                TaskState.JOINED,
                place,
                known.unit_id if known else self._unit(node),
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

    def _unit(self, node: Node) -> int:
        fixed = self.place(node) if self.place is not None else None
        return fixed if fixed is not None else self.resolve_unit(node.unit_kind).id

    def _opened(self, token: int, node: Node) -> _New:
        unit_id = self._unit(node)
        due_at = self.due(node)
        if due_at is None:
            raise ValueError(f"no planned end for step {node.id}")
        # A step that comes again goes back to who did it; a first one to whom the head named, or the pool.
        before = next(
            (row for row in reversed(self.rows) if row.node == node.id and row.unit_id == unit_id), None
        )
        assignee = (before.assignee_id or before.done_by_id) if before else self.assign_to
        if assignee in hands.did(node, [*self.rows, *self._just_done()]):
            assignee = None
        return _New(token, node, TaskState.OPEN, node.id, unit_id, node.role, assignee, due_at)

    def _just_done(self) -> list[TaskRow]:
        """Return the rows that this move closes, as they will be."""
        return [_changed(change, self.at) for change in self.changes.values()]

    def _waiting(self, token: int, node: Node) -> _New:
        left = self.left or self.first
        unit_id = left.unit_id if left else self._unit(node)
        role = left.role if left else node.role
        holder = (left.assignee_id or self.actor.staff_id) if left else None
        return _New(token, node, TaskState.WAITING, node.id, unit_id, role, holder, self.due(node))

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

    def _values(self, changes: list[_Change], new: list[_New], base: int) -> dict[str, Any]:
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

    def _new_values(self, new: list[_New], base: int) -> dict[str, Any]:
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


def start(
    *,
    subject: int,
    process: Definition,
    at: datetime,
    resolve_unit: ResolveUnit,
    due: Due,
    actor: Actor,
    received: Outcome | str | None = None,
    facts: Mapping[str, Any] | None = None,
    note: str = "",
    place: Place | None = None,
) -> Moved:
    """
    Start the process of a subject (one INSERT).

    With `received` the first step is entered as done by the actor with that outcome, and the process stands
    at the step after it: what an acceptance at the counter is. The caller has checked the right to accept.

    :raises IllegalStep: the first step has no such outcome.
    """
    _in_transaction()
    known = facts or {}
    graph = process.graph
    step = advance(graph, (), Start(), known)
    move = _Move(subject, process, [], at, actor, resolve_unit, due, place=place)
    closed: TaskRow | None = None
    if received is None:
        move.apply(step.commands)
    else:
        first = next(iter(step.marking), None)
        node = graph.by_id.get(first.place) if first else None
        if first is None or node is None or node.kind is not NodeKind.USER_TASK or len(step.marking) > 1:
            raise IllegalStep("Quy trình không bắt đầu bằng bước tiếp nhận.")
        done = _New(
            first.no, node, TaskState.DONE, node.id, move._unit(node), node.role, actor.staff_id,
            done_at=at, done_by_id=actor.staff_id, outcome=str(received), note=note,
        )  # fmt: skip
        after = advance(graph, step.marking, Complete(first.no, str(received)), known)
        move.rows = []
        move.first = done
        # The step's row is written below as done; nothing of it is there yet to be closed.
        move.apply(tuple(command for command in after.commands if not isinstance(command, CloseTask)))
        move.new.insert(0, done)
        step = Advance(after.marking, (*step.commands, *after.commands))
    rows = move.write()
    if received is not None:
        closed, rows = rows[0], rows[1:]
    return _moved(move, step, rows, closed=closed, verdict=None)


def complete(
    *,
    subject: int,
    task_id: int,
    outcome: Outcome | str,
    actor: Actor,
    at: datetime,
    process: Definition,
    resolve_unit: ResolveUnit,
    due: Due,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
    assign_to: int | None = None,
    place: Place | None = None,
) -> Moved:
    """
    Complete a task with an outcome and open what follows (one SELECT, one write).

    What the system does by itself, or what waits for a message, may be completed by a person of the step's role, or
    who leads them, when it cannot go on otherwise.

    `assign_to` names the holder of the next task, where exactly one is opened (one more SELECT). An outcome
    that asks for an extension leaves the task open and writes nothing here.

    :raises TaskNotFound, TaskGone, NotYourTask, IllegalStep, NotACandidate:
    """
    _in_transaction()
    rows = _history(subject)
    row = _live_row(subject, rows, task_id, actor, process)
    node = process.graph.by_id[row.node]
    silent = str(outcome) == Outcome.SILENCE
    if row.is_open or actor.kind is ActorKind.SYSTEM:
        duty = rules.acting_duty(
            actor,
            unit_id=row.unit_id,
            role=row.role,
            field=row.field,
            assignee_id=row.assignee_id,
            covers=queries.acting_units,
            automatic=silent or node.kind is not NodeKind.USER_TASK or node.auto is not None,
        )
    else:
        duty = acting_as(actor, row)
        if duty is None:
            raise NotYourTask
    if silent and row.due_at is not None and at < row.due_at:
        raise IllegalStep("Chưa hết hạn cho ý kiến, chưa thể coi là đồng ý.", task=task_id)
    _in_right_hands(node, rows, row, actor, at)
    step = advance(process.graph, queries.marking(rows), Complete(row.token, str(outcome)), facts or {})
    move = _Move(subject, process, rows, at, actor, resolve_unit, due, note, place, by_hand=not row.is_open)
    move.apply(step.commands)
    if assign_to is not None:
        fresh = [item for item in move.new if item.state is TaskState.OPEN]
        if len(fresh) != 1:
            raise NotACandidate(
                "Bước tiếp theo có nhiều đơn vị cùng làm, không phân công cho một người được."
            )
        _check_candidate(fresh[0].unit_id, fresh[0].role, process.field, assign_to, at)
        hands.off_limits(fresh[0].node, [*rows, *move._just_done()], assign_to, own=False)
        if fresh[0].node.signers:
            _named_or_refused(fresh[0].node, assign_to, at)
        fresh[0].assignee_id = assign_to
    opened = move.write()
    return _moved(
        move,
        step,
        opened,
        closed=_after(move, row, at),
        cancelled=_cancelled(move, at),
        verdict=process.graph.verdict(row.node, str(outcome)),
        duty=duty,
    )


def resume(
    *,
    subject: int,
    process: Definition,
    at: datetime,
    actor: Actor,
    resolve_unit: ResolveUnit,
    due: Due,
    task_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    note: str = "",
    place: Place | None = None,
) -> Moved:
    """
    Let what waits go on: supplement come, payment made, verification back (one SELECT, one write).

    Without `task_id` every wait ends that an officer is to end; with it that one, a timer's or a message's too. Who
    may say so is the caller's rule. The step goes back to its holder.

    :raises IllegalStep: nothing waits.
    :raises TaskGone: the named one does not wait any more.
    """

    def event(rows: list[TaskRow]) -> Event:
        return Resume(None if task_id is None else _token(rows, task_id))

    return _event(subject, process, event, at, actor, resolve_unit, due, facts, note, place)


def fire(
    *,
    subject: int,
    process: Definition,
    node: str,
    task_ids: Collection[int],
    at: datetime,
    actor: Actor,
    resolve_unit: ResolveUnit,
    due: Due,
    facts: Mapping[str, Any] | None = None,
    note: str = "",
    place: Place | None = None,
) -> Moved:
    """
    Let an event at the edge of a step happen (one SELECT, one write).

    `task_ids` are the tasks it stands beside; empty for an event on a call: any task of what is called.

    :raises TaskGone: none of them is there any more.
    :raises IllegalStep: the event does not belong to the step.
    """
    graph = process.graph

    def event(rows: list[TaskRow]) -> Event:
        for row in rows:
            beside = (
                row.id in task_ids if task_ids else graph.inside(row.place, graph.by_id[node].attached_to)
            )
            if beside and row.state in (TaskState.OPEN, TaskState.WAITING):
                return Fire(row.token, node)
        raise TaskGone(subject=subject)

    return _event(subject, process, event, at, actor, resolve_unit, due, facts, note, place)


def return_to(
    *,
    subject: int,
    task_id: int,
    node: str,
    reason: str,
    actor: Actor,
    at: datetime,
    process: Definition,
    resolve_unit: ResolveUnit,
    due: Due,
    facts: Mapping[str, Any] | None = None,
    place: Place | None = None,
) -> Moved:
    """
    Take the work back to an earlier step that has been done, with a reason (one SELECT, one write).

    `task_id` is the task from which the actor returns it, with the same right as to complete it.

    :raises ReasonNeeded, TaskNotFound, TaskGone, NotYourTask, IllegalStep:
    """
    _in_transaction()
    if not reason.strip():
        raise ReasonNeeded(errors={"reason": "Nêu lý do trả lại bước trước."})
    rows = _history(subject)
    row = _open_row(subject, rows, task_id, actor)
    _same_process(row, process)
    duty = rules.acting_duty(
        actor,
        unit_id=row.unit_id,
        role=row.role,
        field=row.field,
        assignee_id=row.assignee_id,
        covers=queries.acting_units,
        automatic=True,
    )
    graph = process.graph
    _in_right_hands(graph.by_id[row.node], rows, row, actor, at)
    step = advance(graph, queries.marking(rows), ReturnTo(node, reason), facts or {})
    if not any(done.node == node or done.node.startswith(f"{node}.") for done in rows):
        raise IllegalStep("Bước được chọn chưa từng được thực hiện với hồ sơ này.", node=node)
    move = _Move(subject, process, rows, at, actor, resolve_unit, due, note=reason, place=place)
    move.apply(step.commands)
    return _moved(move, step, move.write(), cancelled=_cancelled(move, at), duty=duty)


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
    _in_transaction()
    rows = _history(subject)
    for row in rows[-1:]:
        _same_process(row, old)
    marking = moves.moved(old.graph, new.graph, queries.marking(rows), mapping)
    shift = _Move(subject, new, rows, at, actor, resolve_unit, due)
    places = {token.no: token.place for token in marking}
    for row in (row for row in rows if row.is_live):
        place = places[row.token]
        joined = row.state == TaskState.JOINED
        shift.changes[row.id] = _Change(
            row, TaskState.DONE if joined else TaskState.CANCELLED, row.place, note="" if joined else note
        )
        shift.new.append(_carried(shift, row, old.graph.by_id[row.node], place))
    step = Advance(marking, ())
    return _moved(shift, step, shift.write(), cancelled=_cancelled(shift, at))


def _carried(shift: _Move, row: TaskRow, before: Node, place: str) -> _New:
    """Return the row in the new version for a live row of the old."""
    graph = shift.process.graph
    if row.state == TaskState.JOINED:
        edge = graph.edge_by_id[place]
        node = graph.by_id.get(row.node) or graph.by_id[edge.source]
        return _New(
            row.token, replace(node, name=row.name, about=row.about), TaskState.JOINED, place, row.unit_id, row.role,
            row.assignee_id, done_at=shift.at, done_by_id=row.done_by_id, outcome=row.outcome,
            note="Giữ nguyên kết quả đã có",
        )  # fmt: skip
    node = graph.by_id[place]
    if row.state == TaskState.WAITING:
        return _New(
            row.token, node, TaskState.WAITING, place, row.unit_id, row.role, row.assignee_id, shift.due(node)
        )
    same = before.unit_kind == node.unit_kind
    unit_id = row.unit_id if same else shift._unit(node)
    due_at = shift.due(node)
    if due_at is None:
        raise ValueError(f"no planned end for step {node.id}")
    keeps = same and before.role == node.role and before.signers == node.signers
    assignee = row.assignee_id if keeps else None
    if assignee in hands.did(node, shift.rows):
        assignee = None
    return _New(row.token, node, TaskState.OPEN, place, unit_id, node.role, assignee, due_at)


def cancel_open(*, subject: int, reason: str, at: datetime) -> Moved:
    """
    Take every live task of a subject back: withdrawn, stopped, void (one UPDATE).

    Nothing happens where no task is live. Who may do this is the caller's rule.
    """
    _in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task t SET state = 'cancelled', done_at = coalesce(done_at, greatest(%s, opened_at)),"  # noqa: S608  (texts of ours; values are parameters)
            " note = CASE WHEN note = '' THEN %s ELSE note END"
            " WHERE subject = %s AND state IN ('open', 'waiting', 'joined')"
            f" RETURNING {queries.COLUMNS}",
            [at, reason, subject],
        )
        rows = tuple(TaskRow(*row) for row in cursor.fetchall())
    commands: list[Command] = [CancelTask(row.token, row.place, reason) for row in rows]
    return Moved(commands=(*commands, Finish(None)), cancelled=rows, gone=tuple(row.id for row in rows))


def reschedule(*, subject: int, plan: Mapping[str, datetime]) -> int:
    """Move the planned ends of open tasks, by node, when the due moment changed (one UPDATE)."""
    _in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task t SET due_at = v.due_at"
            " FROM unnest(%s::text[], %s::timestamptz[]) v(node, due_at)"
            " WHERE t.subject = %s AND t.state = 'open' AND t.node = v.node AND t.due_at <> v.due_at",
            [list(plan), list(plan.values()), subject],
        )
        return int(cursor.rowcount)


def move_units(*, subject: int, moves: Sequence[UnitMove]) -> int:
    """
    Give live tasks to other units when theirs have ended, under the lock of the room above (one UPDATE).

    Planned ends and outcomes stay. Who may do this is the caller's rule.

    :raises TaskGone: one of the tasks is no longer live, or no longer at the unit it was read at.
    """
    _in_transaction()
    if not moves:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task t SET unit_id = v.unit, assignee_id = v.assignee"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) v(id, was, unit, assignee)"
            " WHERE t.id = v.id AND t.subject = %s AND t.unit_id = v.was"
            " AND t.state IN ('open', 'waiting', 'joined')",
            [
                [move.row.id for move in moves],
                [move.row.unit_id for move in moves],
                [move.unit_id for move in moves],
                [move.assignee_id for move in moves],
                subject,
            ],
        )
        if cursor.rowcount != len(moves):
            raise TaskGone(subject=subject)
        return int(cursor.rowcount)


def take(*, subject: int, task_id: int, actor: Actor, at: datetime) -> TaskRow:
    """
    Take a task out of the pool (one SELECT, one UPDATE; more where the step keeps hands apart or names a signer).

    :raises TaskNotFound, TaskGone, NotYourTask, AlreadyTaken, SameHands, NotTheSigner:
    """
    row = _row(subject, task_id, actor)
    duty = rules.duty_for(actor, row.unit_id, row.role, row.field, queries.acting_units)
    if duty is None or actor.staff_id is None:
        raise NotYourTask
    if row.assignee_id is not None:
        raise AlreadyTaken if row.assignee_id != actor.staff_id else AlreadyTaken("Bạn đã nhận việc này.")
    _may_hold(row, actor.staff_id, actor, at)
    return _give(row, actor.staff_id)


def assign(*, subject: int, task_id: int, staff_id: int, actor: Actor, at: datetime) -> TaskRow:
    """
    Give a task to a holder of its role, as head of the unit or agency (two SELECTs, one UPDATE).

    :raises TaskNotFound, TaskGone, NotYourStaff, NotACandidate, SameHands, SignerNamed:
    """
    row = _row(subject, task_id, actor)
    if not _leads(actor, row):
        raise NotYourStaff
    _check_candidate(row.unit_id, row.role, row.field, staff_id, at)
    _may_hold(row, staff_id, actor, at)
    return _give(row, staff_id)


def hand_over(*, subject: int, task_id: int, staff_id: int, actor: Actor, at: datetime, note: str) -> TaskRow:
    """
    Pass a task on to another holder of its role, as its holder or as head (two SELECTs, one UPDATE).

    :raises ReasonNeeded, TaskNotFound, TaskGone, NotYourTask, NotACandidate, SameHands, SignerNamed:
    """
    if not note.strip():
        raise ReasonNeeded(errors={"note": "Nêu lý do chuyển việc."})
    row = _row(subject, task_id, actor)
    if not (_holds(actor, row) or _leads(actor, row)):
        raise NotYourTask
    _check_candidate(row.unit_id, row.role, row.field, staff_id, at)
    _may_hold(row, staff_id, actor, at)
    return _give(row, staff_id, note)


def receive(
    *, subject: int, task_id: int, from_staff_id: int, actor: Actor, at: datetime, note: str
) -> TaskRow:
    """
    Take over a task that its holder, or their head, has handed over; the caller knows that they have.

    Until this moment the old holder is the holder (one SELECT, one UPDATE).

    :raises TaskNotFound, NotYourTask, SameHands, NotTheSigner:
    :raises TaskGone: it is done, or somebody else holds it meanwhile.
    """
    row = _row(subject, task_id, actor)
    if row.assignee_id != from_staff_id:
        raise TaskGone(task=task_id)
    if rules.duty_for(actor, row.unit_id, row.role, row.field, queries.acting_units) is None:
        raise NotYourTask
    _may_hold(row, actor.staff_id, actor, at)
    return _give(row, actor.staff_id, note)


def release(*, subject: int, task_id: int, actor: Actor) -> TaskRow:
    """
    Put a task back into the pool, as its holder or as head (one SELECT, one UPDATE).

    :raises TaskNotFound, TaskGone, NotTaken, NotYourTask:
    """
    row = _row(subject, task_id, actor)
    if row.assignee_id is None:
        raise NotTaken
    if not (_holds(actor, row) or _leads(actor, row)):
        raise NotYourTask
    return _give(row, None)


def pass_on(*, row: TaskRow, unit_id: int, due_at: datetime, note: str = "") -> TaskRow:
    """
    Give an open task to another unit, where nobody holds it yet, with a new planned end (one UPDATE).

    Who may do this is the caller's rule.

    :raises TaskGone: it is no longer open.
    """
    _in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task SET unit_id = %s, assignee_id = NULL, due_at = %s, note = %s"
            " WHERE id = %s AND state = 'open'",
            [unit_id, due_at, note, row.id],
        )
        if cursor.rowcount != 1:
            raise TaskGone(task=row.id)
    return row._replace(unit_id=unit_id, assignee_id=None, due_at=due_at, note=note)


def acting_as(actor: Actor, row: TaskRow) -> DutyRef | None:
    """Return the duty under which the actor takes or passes on a task: their own for its role, else as head."""
    return rules.duty_for(actor, row.unit_id, row.role, row.field, queries.acting_units) or _leading_duty(
        actor, row
    )


def publish_process(
    procedure_version_id: int,
    variant: Mapping[str, Any],
    *,
    field: str = "",
    outcome_names: Mapping[str, str] | None = None,
    limit_hours: Decimal | int | None = None,
) -> ProcessVersion:
    """
    Compile, check and keep one variant of a process; the same variant again gives the same row.

    :raises ProcessInvalid: it does not compile or is not sound; `data["problems"]` lists what is wrong.
    """
    graph = compile_steps(variant, outcome_names=outcome_names)
    problems = check(graph, limit_hours)
    if problems:
        raise ProcessInvalid(" ".join(problem.message for problem in problems), problems=problems)
    raw = to_json(graph)
    text = json.dumps([raw, field], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row, made = ProcessVersion.objects.get_or_create(
        procedure_version_id=procedure_version_id,
        variant=graph.name,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        defaults={"graph": raw, "levels": list(graph.levels), "field": field},
    )
    if made:
        queries.forget()
    return row


# Inside


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("tasks move only inside the transaction of an act")


def _event(
    subject: int,
    process: Definition,
    event_of: Callable[[list[TaskRow]], Event],
    at: datetime,
    actor: Actor,
    resolve_unit: ResolveUnit,
    due: Due,
    facts: Mapping[str, Any] | None,
    note: str,
    place: Place | None,
) -> Moved:
    _in_transaction()
    rows = _history(subject)
    for row in rows[-1:]:
        _same_process(row, process)
    step = advance(process.graph, queries.marking(rows), event_of(rows), facts or {})
    move = _Move(subject, process, rows, at, actor, resolve_unit, due, note, place)
    move.apply(step.commands)
    return _moved(move, step, move.write(), cancelled=_cancelled(move, at))


def _token(rows: list[TaskRow], task_id: int) -> int:
    for row in rows:
        if row.id == task_id and row.state == TaskState.WAITING:
            return row.token
    raise TaskGone(task=task_id)


def _moved(
    move: _Move,
    step: Advance,
    rows: list[TaskRow],
    *,
    closed: TaskRow | None = None,
    cancelled: tuple[TaskRow, ...] = (),
    verdict: Verdict | None = None,
    duty: DutyRef | None = None,
) -> Moved:
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


def _changed(change: _Change, at: datetime) -> TaskRow:
    row = change.row
    return row._replace(
        state=str(change.state),
        place=change.place,
        done_at=row.done_at or max(at, row.opened_at),
        outcome=row.outcome or change.outcome,
        done_by_id=row.done_by_id or change.done_by_id,
        note=change.note or row.note,
    )


def _after(move: _Move, row: TaskRow, at: datetime) -> TaskRow | None:
    change = move.changes.get(row.id)
    return _changed(change, at) if change else None


def _cancelled(move: _Move, at: datetime) -> tuple[TaskRow, ...]:
    return tuple(
        _changed(change, at) for change in move.changes.values() if change.state is TaskState.CANCELLED
    )


def _history(subject: int) -> list[TaskRow]:
    """Return every task of a subject; its lock is held by the room above."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {queries.COLUMNS} FROM workflow_task t WHERE t.subject = %s ORDER BY t.seq",  # noqa: S608  (texts of ours; values are parameters)
            [subject],
        )
        return [TaskRow(*row) for row in cursor.fetchall()]


def _same_process(row: TaskRow, process: Definition) -> None:
    if row.process_id != process.id:
        raise ProcessMismatch(subject=row.subject)


def _open_row(subject: int, rows: list[TaskRow], task_id: int, actor: Actor) -> TaskRow:
    row = next((row for row in rows if row.id == task_id), None)
    if row is None or not rules.sees(actor, row.unit_id, row.assignee_id):
        raise TaskNotFound(task=task_id)
    if not row.is_open:
        raise TaskGone(task=task_id)
    return row


def _live_row(subject: int, rows: list[TaskRow], task_id: int, actor: Actor, process: Definition) -> TaskRow:
    """Return a task that can be completed: somebody's work, or what the system or a message should complete."""
    row = next((row for row in rows if row.id == task_id and row.state == TaskState.WAITING), None)
    if row is None or process.graph.by_id[row.node].kind not in TASKS:
        row = _open_row(subject, rows, task_id, actor)
    elif not rules.sees(actor, row.unit_id, row.assignee_id):
        raise TaskNotFound(task=task_id)
    _same_process(row, process)
    return row


def _row(subject: int, task_id: int, actor: Actor) -> TaskRow:
    _in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {queries.COLUMNS} FROM workflow_task t WHERE t.id = %s AND t.subject = %s",  # noqa: S608  (texts of ours; values are parameters)
            [task_id, subject],
        )
        return _open_row(subject, [TaskRow(*row) for row in cursor.fetchall()], task_id, actor)


def _holds(actor: Actor, row: TaskRow) -> bool:
    return row.assignee_id is not None and row.assignee_id == actor.staff_id


def _leads(actor: Actor, row: TaskRow) -> bool:
    return actor.kind is ActorKind.SYSTEM or _leading_duty(actor, row) is not None


def _leading_duty(actor: Actor, row: TaskRow) -> DutyRef | None:
    try:
        agency_id: int | None = organisation.unit(row.unit_id).agency_id
    except NotFound:
        agency_id = None
    return rules.leading_duty(actor, row.unit_id, agency_id, queries.acting_units)


def _check_candidate(unit_id: int, role: str, field_code: str, staff_id: int, at: datetime) -> None:
    on = at.astimezone(LOCAL).date()
    if all(holder.staff_id != staff_id for holder in queries.holders(unit_id, role, field_code, on)):
        raise NotACandidate(staff=staff_id)


def _in_right_hands(node: Node, rows: Sequence[TaskRow], row: TaskRow, actor: Actor, at: datetime) -> None:
    """
    Let the actor do a step they hold, or one that nobody holds.

    :raises SameHands, NotTheSigner:
    """
    if actor.kind is ActorKind.SYSTEM:
        return
    hands.off_limits(node, rows, actor.staff_id)
    if row.assignee_id is None:
        hands.signs(node, actor, row, at.astimezone(LOCAL).date())


def _may_hold(row: TaskRow, staff_id: int | None, actor: Actor, at: datetime) -> None:
    """
    Let a person become the holder of a task: taken by themselves, given or handed over (statements only if need be).

    :raises SameHands, NotTheSigner, SignerNamed:
    """
    node = hands.node_of(row)
    own = staff_id == actor.staff_id
    if node.not_by:
        hands.off_limits(node, _history(row.subject), staff_id, own=own)
    if not node.signers:
        return
    if own:
        if not hands.names_signers(actor, row):
            hands.signs(node, actor, row, at.astimezone(LOCAL).date())
        return
    if not hands.names_signers(actor, row):
        if row.assignee_id is not None:
            raise SignerNamed
        _named_or_refused(node, staff_id, at)


def _named_or_refused(node: Node, staff_id: int | None, at: datetime) -> None:
    person = organisation.appointed({staff_id} if staff_id else ()).get(staff_id or 0)
    if not hands.is_named(node, person, at.astimezone(LOCAL).date()):
        raise SignerNamed


def _give(row: TaskRow, staff_id: int | None, note: str = "") -> TaskRow:
    """Change the holder, if nobody has in the meantime."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task SET assignee_id = %s, note = CASE WHEN %s = '' THEN note ELSE %s END"
            " WHERE id = %s AND state = 'open' AND assignee_id IS NOT DISTINCT FROM %s",
            [staff_id, note, note, row.id, row.assignee_id],
        )
        if cursor.rowcount != 1:
            raise TaskGone(task=row.id)
    return row._replace(assignee_id=staff_id, note=note or row.note)
