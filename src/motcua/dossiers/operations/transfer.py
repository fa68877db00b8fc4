"""A dossier goes on at the successors of units and agencies that have ended (R-067): one act, whatever it moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from motcua.dossiers import events, successors
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.reorganising import Choice, Plan, plan
from motcua.dossiers.rules import Act, NoDuty, NothingToTransfer, NotTransferable
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.organisation import queries as organisation
from motcua.payments import operations as payments
from motcua.platform import access
from motcua.workflow import operations as workflow
from motcua.workflow import queries as workflow_queries
from motcua.workflow.queries import TaskRow


@once
def transfer(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    on: date,
    decision_no: str,
    decided_on: date,
    choices: Sequence[Choice] = (),
    seen: int | None = None,
) -> Done:
    """
    Let the successors go on with a dossier whose receiving unit, agency or the unit of a live task has ended.

    Code, register number, due date and the steps' planned ends stay. A task keeps its holder where the person holds
    its role at the successor, else it lies in the successor's pool. `on` is the first day of the successors; the
    decision is the ground. Done by a procedure-control officer or the system.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises NotTransferable: the day has not come, or an ended unit has no successor.
    :raises NothingToTransfer: everything the dossier needs still exists.
    """
    body = {
        "on": on,
        "decision": decision_no,
        "decided_on": decided_on,
        "choices": [choice.to_json() for choice in choices],
    }
    work = begin(act=Act.TRANSFER, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = controlling(actor)
    today = at.astimezone(LOCAL).date()
    if today < on:
        raise NotTransferable("Chưa đến ngày sắp xếp tổ chức nên chưa chuyển giao hồ sơ.")
    dossier = work.dossier
    rows = [
        row for row in workflow_queries.of_subject(SYSTEM, dossier.subject) if row.is_live
    ]  # its history stays with the units that did it
    goes = _planned(work, rows, choices, today)
    from_unit, from_agency = dossier.receiving_unit_id, dossier.agency_id
    moves = [_move(row, goes.tasks[row.id], today) for row in rows if row.id in goes.tasks]
    workflow.move_units(subject=dossier.subject, moves=moves)
    if goes.receiving_id != from_unit:
        dossier.registered_unit_id = dossier.registered_unit_id or from_unit
        dossier.receiving_unit_id = goes.receiving_id
        if dossier.competent_unit_id is None:  # else the fee is that of the agency that decides
            payments.hand_on(subject=dossier.subject, unit_id=goes.receiving_id)
    if goes.agency_id != from_agency:
        dossier.registered_agency_id = dossier.registered_agency_id or from_agency
        dossier.agency_id = goes.agency_id
    stands = next((move for move in moves if move.row.unit_id == dossier.holder_unit_id), None)
    if stands is not None:
        dossier.holder_unit_id = stands.unit_id
        if stands.assignee_id is None and stands.row.assignee_id == dossier.holder_id:
            dossier.holder_id, dossier.holder_name = None, ""
    access.grant(
        dossier.subject,
        units={
            goes.receiving_id,
            organisation.root_of_agency(goes.agency_id).id,
            *(move.unit_id for move in moves),
        },
        scope="work",
    )
    return finish(
        work,
        Act.TRANSFER,
        duty=duty,
        payload={
            "on": on,
            "decision": decision_no,
            "decided_on": decided_on,
            "from_unit": from_unit,
            "to_unit": goes.receiving_id,
            "from_agency": from_agency,
            "to_agency": goes.agency_id,
            "tasks": [
                {
                    "task": move.row.id,
                    "node": move.row.node,
                    "from": move.row.unit_id,
                    "to": move.unit_id,
                    "held": move.row.assignee_id,
                    "holds": move.assignee_id,
                }
                for move in moves
            ],
        },
        event=told(work, events.Transferred, from_unit_id=from_unit, from_agency_id=from_agency),
    )


def controlling(actor: Actor) -> DutyRef | None:
    """
    Return the duty of a procedure-control officer; the system acts under none.

    :raises NoDuty:
    """
    if actor.kind is ActorKind.SYSTEM:
        return None
    duty = actor.duty(Role.KSTT)
    if duty is None:
        raise NoDuty
    return duty


def _planned(work: Work, rows: Sequence[TaskRow], choices: Sequence[Choice], today: date) -> Plan:
    """Return where the dossier goes. :raises NotTransferable, NothingToTransfer:"""
    standing = successors.standing(work.dossier, work.bundle)
    held = successors.held(work.bundle.process, rows, standing.receiving_id)
    goes = plan(standing, held, choices, successors.map_on(today))
    if goes.missing:
        raise NotTransferable(unfilled(goes.missing))
    if not goes.changes(standing):
        raise NothingToTransfer
    return goes


def unfilled(missing: Sequence[int]) -> str:
    """Return in words which ended units nobody succeeds."""
    names = "; ".join(organisation.full_name(organisation.unit(number)) for number in missing)
    return f"Chưa có đơn vị kế tục của: {names}."


def _move(row: TaskRow, unit_id: int, today: date) -> workflow.UnitMove:
    """Return the task's move; who holds it keeps it where they hold its role at the successor."""
    kept = row.assignee_id is not None and any(
        holder.staff_id == row.assignee_id
        for holder in workflow_queries.holders(unit_id, row.role, row.field, today)
    )
    return workflow.UnitMove(row, unit_id, row.assignee_id if kept else None)
