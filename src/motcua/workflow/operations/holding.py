"""Who holds a task: taken, given, handed over, put back; and whose hands may do a step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from motcua.kernel.actor import Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.kernel.process import (
    Node,
)
from motcua.organisation import queries as organisation
from motcua.workflow import hands, queries, rules
from motcua.workflow.operations.writing import history, in_transaction
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import (
    AlreadyTaken,
    NotACandidate,
    NotTaken,
    NotYourStaff,
    NotYourTask,
    ReasonNeeded,
    SignerNamed,
    TaskGone,
    TaskNotFound,
)


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
    check_candidate(row.unit_id, row.role, row.field, staff_id, at)
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
    check_candidate(row.unit_id, row.role, row.field, staff_id, at)
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


def acting_as(actor: Actor, row: TaskRow) -> DutyRef | None:
    """Return the duty under which the actor takes or passes on a task: their own for its role, else as head."""
    return rules.duty_for(actor, row.unit_id, row.role, row.field, queries.acting_units) or _leading_duty(
        actor, row
    )


def open_row(subject: int, rows: list[TaskRow], task_id: int, actor: Actor) -> TaskRow:
    """Return an open task that the actor sees. :raises TaskNotFound, TaskGone:"""
    row = next((row for row in rows if row.id == task_id), None)
    if row is None or not rules.sees(actor, row.unit_id, row.assignee_id):
        raise TaskNotFound(task=task_id)
    if not row.is_open:
        raise TaskGone(task=task_id)
    return row


def _row(subject: int, task_id: int, actor: Actor) -> TaskRow:
    in_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {queries.COLUMNS} FROM workflow_task t WHERE t.id = %s AND t.subject = %s",  # noqa: S608  (texts of ours; values are parameters)
            [task_id, subject],
        )
        return open_row(subject, [TaskRow(*row) for row in cursor.fetchall()], task_id, actor)


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


def check_candidate(unit_id: int, role: str, field_code: str, staff_id: int, at: datetime) -> None:
    """Refuse who does not hold the role at the unit. :raises NotACandidate:"""
    on = at.astimezone(LOCAL).date()
    if all(holder.staff_id != staff_id for holder in queries.holders(unit_id, role, field_code, on)):
        raise NotACandidate(staff=staff_id)


def in_right_hands(node: Node, rows: Sequence[TaskRow], row: TaskRow, actor: Actor, at: datetime) -> None:
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
        hands.off_limits(node, history(row.subject), staff_id, own=own)
    if not node.signers:
        return
    if own:
        if not hands.names_signers(actor, row):
            hands.signs(node, actor, row, at.astimezone(LOCAL).date())
        return
    if not hands.names_signers(actor, row):
        if row.assignee_id is not None:
            raise SignerNamed
        named_or_refused(node, staff_id, at)


def named_or_refused(node: Node, staff_id: int | None, at: datetime) -> None:
    """Refuse who is not the signer that the step names. :raises SignerNamed:"""
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
