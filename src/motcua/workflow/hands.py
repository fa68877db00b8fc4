"""
Whose hands a step may be in: not those that did another step where the process says so, and the signer it names.

The person counts, not the duty: who acts in somebody's absence is kept off by what they did themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.process import Graph, Mark, Node, Outcome
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.organisation.queries import Appointed, Holder
from motcua.workflow import queries
from motcua.workflow.queries import TaskRow, acting_units, definition
from motcua.workflow.rules import NotTheSigner, SameHands, TaskState, duty_for

_DONE = (TaskState.DONE, TaskState.JOINED)


def node_of(row: TaskRow) -> Node:
    """Return the step a task stands at, by the version it runs by."""
    return definition(row.process_id).graph.by_id[row.node]


def did(node: Node, rows: Iterable[TaskRow]) -> dict[int, str]:
    """Return who is kept off a step by what they did in this dossier: name of that step by member of staff."""
    if not node.not_by:
        return {}
    found: dict[int, str] = {}
    for row in rows:
        home = any(row.node == step or row.node.startswith(f"{step}.") for step in node.not_by)
        if home and row.done_by_id is not None and row.state in _DONE:
            found.setdefault(row.done_by_id, row.name)
    return found


def off_limits(node: Node, rows: Iterable[TaskRow], staff_id: int | None, *, own: bool = True) -> None:
    """
    Let a person do a step.

    :raises SameHands: they did a step whose doer may not do this one.
    """
    step = did(node, rows).get(staff_id or 0)
    if step is not None:
        raise SameHands(step, own=own)


def is_named(node: Node, person: Appointed | None, on: date) -> bool:
    """Tell whether the process names a person as signer of a step on a local day."""
    if person is None:
        return False
    return any(
        signer.username == person.username
        if signer.username
        else fold(signer.position) == fold(person.position)
        for signer in node.signers
        if signer.holds_on(on)
    )


def named(node: Node, on: date) -> str:
    """Return whom the process names as signer of a step on a local day, in words; nothing where nobody."""
    held = [signer for signer in node.signers if signer.holds_on(on)]
    return " hoặc ".join(signer.position or f"tài khoản {signer.username}" for signer in held)


def signs(node: Node, actor: Actor, row: TaskRow, on: date) -> None:
    """
    Let an actor sign at a step that nobody holds: the signer named, or who holds that person's duty in absence.

    :raises NotTheSigner:
    """
    if not node.signers or actor.kind is ActorKind.SYSTEM:
        return
    lent = {
        duty.for_staff_id
        for duty in actor.duties
        if duty.for_staff_id is not None
        and duty.role == row.role
        and (row.unit_id == duty.unit_id or row.unit_id in acting_units(duty.unit_id))
    }
    people = organisation.appointed({one for one in (actor.staff_id, *lent) if one is not None})
    if not any(is_named(node, person, on) for person in people.values()):
        raise NotTheSigner(named(node, on))


def names_signers(actor: Actor, row: TaskRow) -> bool:
    """Tell whether the actor is the head of the agency that does the step, who may name another signer."""
    agency_id = organisation.unit(row.unit_id).agency_id
    return any(
        duty.role is Role.AGENCY_HEAD
        and duty.agency_id == agency_id
        and (not row.field or duty.covers(row.field))
        for duty in actor.duties
    )


def barred(actor: Actor, tasks: Sequence[TaskRow], on: date) -> dict[int, str]:
    """
    Return why an actor may not do some of a dossier's open tasks, by task; at most one statement.

    `tasks` are all tasks of the dossier. What is told here is refused by the operations in the same words.
    """
    found: dict[int, str] = {}
    for row in tasks:
        if not row.is_open or duty_for(actor, row.unit_id, row.role, row.field, acting_units) is None:
            continue
        node = node_of(row)
        try:
            off_limits(node, tasks, actor.staff_id)
            if row.assignee_id is None:
                signs(node, actor, row, on)
        except (SameHands, NotTheSigner) as refusal:
            found[row.id] = refusal.message
    return found


def nameable(actor: Actor, tasks: Sequence[TaskRow]) -> frozenset[int]:
    """Return the open tasks with a named signer whose holder the actor may choose, themselves included."""
    return frozenset(
        row.id
        for row in tasks
        if row.is_open
        and (node := node_of(row)).signers
        and names_signers(actor, row)
        and actor.staff_id not in did(node, tasks)
    )


def level_of(graph: Graph, node_id: str) -> int:
    """Return which signature of a process a step is, from 1; 0 where nobody signs there."""
    signing = [node.id for node in graph.net_nodes if is_signature(graph, node)]
    return signing.index(node_id) + 1 if node_id in signing else 0


def is_signature(graph: Graph, node: Node) -> bool:
    """Tell whether a step is a signature: a signer is named, it decides, or its way on is to approve."""
    return bool(
        node.signers
        or Mark.DECISION in node.marks
        or (node.role and (node.id, str(Outcome.AGREE)) in graph.by_outcome)
    )


def signatures(graph: Graph, rows: Sequence[TaskRow]) -> list[tuple[int, TaskRow]]:
    """Return who signed at which level: the last time each was done, in the order of signing."""
    last: Mapping[str, TaskRow] = {row.node: row for row in rows if row.state in _DONE and row.done_by_id}
    found = [(level_of(graph, node), row) for node, row in last.items() if level_of(graph, node)]
    return sorted(found, key=lambda one: (one[1].done_at or one[1].opened_at, one[0]))


def candidates(actor: Actor, task_id: int, on: date) -> list[Holder]:
    """
    Return whom the actor may give a task: holders of its role in its unit on a day, whose duty reaches its field.

    Left out are those whom the process keeps off the step, and, but for the head of the agency, whom it does not name.

    :raises NotFound: as `queries.task`.
    """
    row = queries.task(actor, task_id)
    people = queries.holders(row.unit_id, row.role, row.field, on)
    node = node_of(row)
    if node.not_by:
        kept_off = did(node, queries.of_subject(SYSTEM, row.subject))
        people = [one for one in people if one.staff_id not in kept_off]
    if node.signers and not names_signers(actor, row):
        known = organisation.appointed({one.staff_id for one in people})
        people = [one for one in people if is_named(node, known.get(one.staff_id), on)]
    return people
