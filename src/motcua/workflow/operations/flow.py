"""Events of a process: started, a step done, a wait over, an event at its edge, returned, taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind, DutyRef
from motcua.kernel.process import (
    CancelTask,
    CloseTask,
    Command,
    Complete,
    Event,
    Finish,
    Fire,
    NodeKind,
    Outcome,
    Resume,
    ReturnTo,
    Start,
    advance,
)
from motcua.kernel.process.engine import Advance, IllegalStep
from motcua.kernel.process.graph import TASKS
from motcua.workflow import hands, queries, rules
from motcua.workflow.operations.holding import (
    acting_as,
    check_candidate,
    in_right_hands,
    named_or_refused,
    open_row,
)
from motcua.workflow.operations.writing import (
    Due,
    Move,
    Moved,
    New,
    Place,
    ResolveUnit,
    UnitMove,
    after,
    cancelled,
    history,
    in_transaction,
    moved,
    same_process,
)
from motcua.workflow.queries import Definition, TaskRow
from motcua.workflow.rules import (
    NotACandidate,
    NotYourTask,
    ReasonNeeded,
    TaskGone,
    TaskNotFound,
    TaskState,
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
    in_transaction()
    known = facts or {}
    graph = process.graph
    step = advance(graph, (), Start(), known)
    move = Move(subject, process, [], at, actor, resolve_unit, due, place=place)
    closed: TaskRow | None = None
    if received is None:
        move.apply(step.commands)
    else:
        first = next(iter(step.marking), None)
        node = graph.by_id.get(first.place) if first else None
        if first is None or node is None or node.kind is not NodeKind.USER_TASK or len(step.marking) > 1:
            raise IllegalStep("Quy trình không bắt đầu bằng bước tiếp nhận.")
        done = New(
            first.no, node, TaskState.DONE, node.id, move.unit_of(node), node.role, actor.staff_id,
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
    return moved(move, step, rows, closed=closed, verdict=None)


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
    in_transaction()
    rows = history(subject)
    row = _live_row(subject, rows, task_id, actor, process)
    node = process.graph.by_id[row.node]
    silent = str(outcome) == Outcome.SILENCE
    if row.is_open or actor.kind is ActorKind.SYSTEM:
        automatic = silent or node.kind is not NodeKind.USER_TASK or node.auto is not None
        duty = _duty(actor, row, automatic=automatic)
    else:
        duty = acting_as(actor, row)
        if duty is None:
            raise NotYourTask
    if silent and row.due_at is not None and at < row.due_at:
        raise IllegalStep("Chưa hết hạn cho ý kiến, chưa thể coi là đồng ý.", task=task_id)
    in_right_hands(node, rows, row, actor, at)
    step = advance(process.graph, queries.marking(rows), Complete(row.token, str(outcome)), facts or {})
    move = Move(subject, process, rows, at, actor, resolve_unit, due, note, place, by_hand=not row.is_open)
    move.apply(step.commands)
    if assign_to is not None:
        fresh = [item for item in move.new if item.state is TaskState.OPEN]
        if len(fresh) != 1:
            raise NotACandidate(
                "Bước tiếp theo có nhiều đơn vị cùng làm, không phân công cho một người được."
            )
        check_candidate(fresh[0].unit_id, fresh[0].role, process.field, assign_to, at)
        hands.off_limits(fresh[0].node, [*rows, *move.just_done()], assign_to, own=False)
        if fresh[0].node.signers:
            named_or_refused(fresh[0].node, assign_to, at)
        fresh[0].assignee_id = assign_to
    opened = move.write()
    return moved(
        move,
        step,
        opened,
        closed=after(move, row, at),
        cancelled=cancelled(move, at),
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
    in_transaction()
    if not reason.strip():
        raise ReasonNeeded(errors={"reason": "Nêu lý do trả lại bước trước."})
    rows = history(subject)
    row = open_row(subject, rows, task_id, actor)
    same_process(row, process)
    duty = _duty(actor, row, automatic=True)
    graph = process.graph
    in_right_hands(graph.by_id[row.node], rows, row, actor, at)
    step = advance(graph, queries.marking(rows), ReturnTo(node, reason), facts or {})
    if not any(done.node == node or done.node.startswith(f"{node}.") for done in rows):
        raise IllegalStep("Bước được chọn chưa từng được thực hiện với hồ sơ này.", node=node)
    move = Move(subject, process, rows, at, actor, resolve_unit, due, note=reason, place=place)
    move.apply(step.commands)
    return moved(move, step, move.write(), cancelled=cancelled(move, at), duty=duty)


def cancel_open(*, subject: int, reason: str, at: datetime) -> Moved:
    """
    Take every live task of a subject back: withdrawn, stopped, void (one UPDATE).

    Nothing happens where no task is live. Who may do this is the caller's rule.
    """
    in_transaction()
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
    in_transaction()
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
    in_transaction()
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


def pass_on(*, row: TaskRow, unit_id: int, due_at: datetime, note: str = "") -> TaskRow:
    """
    Give an open task to another unit, where nobody holds it yet, with a new planned end (one UPDATE).

    Who may do this is the caller's rule.

    :raises TaskGone: it is no longer open.
    """
    in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflow_task SET unit_id = %s, assignee_id = NULL, due_at = %s, note = %s"
            " WHERE id = %s AND state = 'open'",
            [unit_id, due_at, note, row.id],
        )
        if cursor.rowcount != 1:
            raise TaskGone(task=row.id)
    return row._replace(unit_id=unit_id, assignee_id=None, due_at=due_at, note=note)


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
    in_transaction()
    rows = history(subject)
    for row in rows[-1:]:
        same_process(row, process)
    step = advance(process.graph, queries.marking(rows), event_of(rows), facts or {})
    move = Move(subject, process, rows, at, actor, resolve_unit, due, note, place)
    move.apply(step.commands)
    return moved(move, step, move.write(), cancelled=cancelled(move, at))


def _duty(actor: Actor, row: TaskRow, *, automatic: bool) -> DutyRef | None:
    return rules.acting_duty(
        actor,
        unit_id=row.unit_id,
        role=row.role,
        field=row.field,
        assignee_id=row.assignee_id,
        covers=queries.acting_units,
        automatic=automatic,
    )


def _token(rows: list[TaskRow], task_id: int) -> int:
    for row in rows:
        if row.id == task_id and row.state == TaskState.WAITING:
            return row.token
    raise TaskGone(task=task_id)


def _live_row(subject: int, rows: list[TaskRow], task_id: int, actor: Actor, process: Definition) -> TaskRow:
    """Return a task that can be completed: somebody's work, or what the system or a message should complete."""
    row = next((row for row in rows if row.id == task_id and row.state == TaskState.WAITING), None)
    if row is None or process.graph.by_id[row.node].kind not in TASKS:
        row = open_row(subject, rows, task_id, actor)
    elif not rules.sees(actor, row.unit_id, row.assignee_id):
        raise TaskNotFound(task=task_id)
    same_process(row, process)
    return row
