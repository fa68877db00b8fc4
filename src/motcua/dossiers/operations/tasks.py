"""The dossier's side of its tasks: which unit does a step, when it should end, and what an outcome means to the law."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from motcua.catalogue import queries as catalogue
from motcua.dossiers import definitions, nonterritorial
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations import refundchecks
from motcua.dossiers.operations.common import Work, settings
from motcua.dossiers.refunding import Ended
from motcua.dossiers.rules import Act, Decision, NoDuty, NotAllowedNow, ReturnChannel, State
from motcua.kernel.actor import SYSTEM, Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Policy, due_at
from motcua.kernel.process import EndKind, Flow, Node, Outcome, Verdict
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import access
from motcua.workflow import operations as workflow
from motcua.workflow import queries as workflow_queries
from motcua.workflow.operations import Moved
from motcua.workflow.queries import TaskRow

Move = Callable[[], Moved]


def policy(work: Work) -> Policy:
    """Return how time is counted for the dossier's procedure on the day of the act (dated data)."""
    return catalogue.policy(work.bundle.procedure, work.dossier.terms, work.at.astimezone(LOCAL).date())


def answer_from(work: Work) -> None:
    """Set until when the filing must be answered, counted from the moment of the act (R-051)."""
    work.dossier.answer_by = answer_until(work)


def answer_until(work: Work) -> datetime:
    """Return by when what is filed, or passed on, at the moment of the act is to be answered (dated data)."""
    within = definitions.limit(settings(work)["answer_within"])
    return due_at(work.at, within, policy(work), work.calendar)


def request_answered_by(work: Work) -> datetime | None:
    """Return by when a central system is to answer what it is asked; None where no dated data say it."""
    within = settings(work).get("request_answered_within")
    return due_at(work.at, definitions.limit(within), policy(work), work.calendar) if within else None


def expect(work: Work) -> None:
    """
    Set until when a dossier taken in for another agency is to be forwarded, and by when its result may be expected.
    """
    dossier = work.dossier
    here = organisation.calendar(dossier.receiving_unit_id)
    dossier.pass_by = nonterritorial.to_forward_by(work.at, settings(work), here)
    dossier.expected_due_at = nonterritorial.expected(
        work.at,
        work.bundle.procedure.limit(dossier.terms),
        settings(work),
        policy(work),
        here,
        work.calendar,
    )


def resolve(work: Work) -> Callable[[str], UnitRef]:
    """Return the function from a unit kind to the unit that does this dossier's work of that kind."""
    dossier, on = work.dossier, work.at.astimezone(LOCAL).date()

    def unit(kind: str) -> UnitRef:
        return organisation.resolve_unit(
            kind,
            dossier.competent_unit_id or dossier.receiving_unit_id,
            on,
            place_unit_id=dossier.place_unit_id,
            procedure_code=dossier.procedure_code,
            procedure_field=dossier.field_code,
        )

    return unit


def fixed(work: Work) -> workflow.Place | None:
    """
    Return where steps are done that the dossier itself fixes: received for another agency, it is handed over where it
    was handed in, when the applicant comes for it; and it waits there to be forwarded. The result of a part comes back
    to the unit that received the group (NĐ 61/2018 Art. 19.7).
    """
    dossier, reception, handover = work.dossier, work.bundle.graph.reception, work.bundle.graph.handover
    group_id = dossier.parent_id
    if group_id is not None and dossier.return_channel == ReturnChannel.DIRECT:
        return lambda node: _of_group(group_id) if handover is not None and node.id == handover.id else None
    if dossier.competent_unit_id is None:
        return None

    def place(node: Node) -> int | None:
        at_hand = dossier.return_channel == ReturnChannel.DIRECT or not dossier.non_territorial
        if reception is not None and node.id == reception.id:
            return dossier.receiving_unit_id
        if handover is not None and node.id == handover.id and at_hand:
            return dossier.receiving_unit_id
        return None

    return place


def _of_group(group_id: int) -> int:
    return Dossier.objects.values_list("receiving_unit_id", flat=True).get(subject=group_id)


def planned(work: Work) -> Callable[[Node], datetime | None]:
    """
    Return the function from a step to its planned end.

    A step of the main path has its scaled share of the limit; one that comes again, or stands beside the path, its own
    hours from now. Receipt is to be answered by `answer_by`; a result waits to be collected for the dated time the
    settings give: that nobody came is not the officer's delay.
    """
    dossier = work.dossier
    plan = work.clock.plan if dossier.clock else {}
    reception, handover = work.bundle.graph.reception, work.bundle.graph.handover

    def due(node: Node) -> datetime | None:
        if reception is not None and node.id == reception.id:
            return dossier.pass_by or dossier.answer_by
        if handover is not None and node.id == handover.id:
            within = definitions.limit(
                definitions.settings(work.bundle, work.at.astimezone(LOCAL).date())["collect_within"]
            )
            return due_at(work.at, within, policy(work), work.calendar)
        moment = plan.get(node.id)
        if moment is not None and moment > work.now:
            return moment
        return work.calendar.add_minutes(work.now, int(node.hours * 60)) if node.hours else dossier.due_at

    return due


def start(work: Work, received: Outcome | None = None) -> Moved:
    """
    Start the process; with `received` its first step is done by the actor at once.

    A filing that waits for its answer waits where it was filed, also when the process as written is received elsewhere.
    """
    dossier, reception, resolved = work.dossier, work.bundle.graph.reception, resolve(work)

    def where_filed(kind: str) -> UnitRef:
        if reception is not None and kind == reception.unit_kind:
            return organisation.unit(dossier.receiving_unit_id)
        return resolved(kind)

    moved = workflow.start(
        subject=dossier.subject,
        process=work.bundle.process,
        at=work.now,
        resolve_unit=resolved if received else where_filed,
        place=fixed(work),
        due=planned(work),
        actor=work.actor,
        received=received,
        facts=work.facts,
    )
    return noted(work, moved)


def noted(work: Work, moved: Moved) -> Moved:
    """
    Keep on the work that tasks have moved: what they wait for is written with the act.

    :raises NotAllowedNow: the process would end by an error; only a decision to stop can end the dossier then.
    """
    if moved.finished is EndKind.ERROR:
        raise NotAllowedNow(
            "Theo quy trình, hồ sơ không thể giải quyết tiếp. Người có thẩm quyền dùng việc “Dừng giải quyết hồ sơ”"
            " để kết thúc bằng văn bản."
        )
    work.moves.append(moved)
    return moved


def complete(work: Work, task_id: int, outcome: str, note: str = "") -> Moved:
    """Complete a task under the actor's duty and open what follows."""
    moved = workflow.complete(
        subject=work.dossier.subject,
        task_id=task_id,
        outcome=outcome,
        actor=work.actor,
        at=work.at,
        process=work.bundle.process,
        resolve_unit=resolve(work),
        place=fixed(work),
        due=planned(work),
        note=note,
        facts=work.facts,
    )
    return noted(work, moved)


def resume(work: Work, task_id: int | None = None, note: str = "") -> Moved:
    """Let what waits for an officer's word go on, or one named wait."""
    moved = workflow.resume(
        subject=work.dossier.subject,
        process=work.bundle.process,
        at=work.at,
        actor=work.actor,
        resolve_unit=resolve(work),
        place=fixed(work),
        due=planned(work),
        task_id=task_id,
        facts=work.facts,
        note=note,
    )
    return noted(work, moved)


def fire(work: Work, node: str, task_id: int | None, note: str = "") -> Moved:
    """Let an event happen at the edge of a task, or of the call or several units it stands beside."""
    moved = workflow.fire(
        subject=work.dossier.subject,
        process=work.bundle.process,
        node=node,
        task_ids=() if task_id is None else (task_id,),
        at=work.at,
        actor=work.actor,
        resolve_unit=resolve(work),
        place=fixed(work),
        due=planned(work),
        facts=work.facts,
        note=note,
    )
    return noted(work, moved)


def return_to(work: Work, task_id: int, node: str, reason: str) -> Moved:
    """Take the work back to an earlier step."""
    moved = workflow.return_to(
        subject=work.dossier.subject,
        task_id=task_id,
        node=node,
        reason=reason,
        actor=work.actor,
        at=work.at,
        process=work.bundle.process,
        resolve_unit=resolve(work),
        place=fixed(work),
        due=planned(work),
        facts=work.facts,
    )
    return noted(work, moved)


def in_hand(work: Work) -> list[TaskRow]:
    """Return the open tasks of the dossier (one statement)."""
    return [row for row in workflow_queries.of_subject(SYSTEM, work.dossier.subject) if row.is_open]


def holding_duty(work: Work, held: Iterable[TaskRow]) -> DutyRef:
    """
    Return the duty of the actor on one of the open tasks: its holder, its unit's role while nobody holds it, its head.

    :raises NoDuty: none of them is the actor's.
    """
    for row in held:
        duty = workflow.acting_as(work.actor, row)
        if duty is not None and row.assignee_id in (None, work.actor.staff_id, *_led(work.actor, row, duty)):
            return duty
    raise NoDuty


def _led(actor: Actor, row: TaskRow, duty: DutyRef) -> tuple[int | None, ...]:
    """Return the task's holder where the duty is that of a head over it."""
    return (row.assignee_id,) if duty.role != row.role else ()


def reschedule(work: Work) -> int:
    """Move the planned ends of the open tasks to the dossier's moments as they are now (one statement)."""
    dossier, reception = work.dossier, work.bundle.graph.reception
    plan = dict(work.clock.plan) if dossier.clock else {}
    first = dossier.pass_by or dossier.answer_by
    if reception is not None and first is not None:
        plan[reception.id] = first
    return workflow.reschedule(subject=dossier.subject, plan=plan)


def cancel(work: Work, reason: str) -> Moved:
    """Take every task back."""
    return noted(work, workflow.cancel_open(subject=work.dossier.subject, reason=reason, at=work.at))


def meaning(work: Work, moved: Moved) -> Act:
    """Return which act of the law a completed step was: a signature, a refusal, a return, or a step."""
    closed = moved.closed
    assert closed is not None  # noqa: S101  (a completed task is closed)
    graph = work.bundle.graph
    edge = graph.by_outcome.get((closed.node, closed.outcome))
    if edge is not None and edge.flow is Flow.BACK:
        return Act.RETURN_STEP
    if moved.verdict is Verdict.REFUSED:
        return Act.REFUSE_REQUEST  # some processes let an earlier signature end the matter
    decision = graph.decision
    if moved.verdict is Verdict.GRANTED and decision is not None and closed.node == decision.id:
        return Act.DECIDE
    return Act.COMPLETE_STEP


def speaks_against(work: Work, moved: Moved) -> bool:
    """Tell whether the outcome of a completed step is negative: a proposal to refuse, an opinion against, a failure."""
    closed = moved.closed
    edge = work.bundle.graph.by_outcome.get((closed.node, closed.outcome)) if closed else None
    return edge is not None and edge.flow is Flow.NEGATIVE


def at_handover(work: Work, moved: Moved) -> bool:
    """Tell whether the hand-over step has just been opened: the result exists."""
    return moved.opened_at_step(work.bundle.graph.handover)


def show(work: Work, moved: Moved) -> None:
    """Keep on the dossier where it stands after tasks have moved, and let the units that got it see it."""
    dossier = work.dossier
    work.opened = moved.opened
    first = next(iter(moved.opened or moved.waiting), None)
    if first is not None:
        stands(work, first)
        units = {task.unit_id for task in moved.opened} - {dossier.receiving_unit_id}
        if units:
            access.grant(dossier.subject, units=units, scope="work")


def stands(work: Work, task: TaskRow, holder_name: str = "") -> None:
    """Keep on the dossier at which step, unit and person it stands."""
    dossier = work.dossier
    dossier.step_name, dossier.holder_unit_id = task.name, task.unit_id
    known = dossier.holder_name if task.assignee_id == dossier.holder_id else ""
    dossier.holder_id = task.assignee_id
    dossier.holder_name = (holder_name or known) if task.assignee_id else ""


def processed(work: Work, *, elsewhere: bool = False) -> None:
    """
    The result exists and waits to be handed over; a refused request is stopped (facts-lifecycle 2.10).

    `elsewhere`: a central system ended it without a result, so it is a stop to what was paid here.
    """
    dossier = work.dossier
    dossier.processed_at = dossier.ended_at = work.at
    refused = dossier.decision == Decision.REFUSED
    dossier.state = (State.STOPPED if refused else State.PROCESSED).value
    if refused and elsewhere:
        refundchecks.check(work, Ended.STOPPED)
    elif refused:
        refundchecks.check_refused(work)


def ended(work: Work) -> None:
    """Keep on the dossier that nobody holds it any more."""
    dossier = work.dossier
    dossier.step_name, dossier.holder_unit_id = "", None
    dossier.holder_id, dossier.holder_name = None, ""


def reception(work: Work) -> TaskRow:
    """Return the open task of receipt (one statement)."""
    return open_at(work, work.bundle.graph.reception)


def handover(work: Work) -> TaskRow:
    """Return the open task of handing the result over (one statement)."""
    return open_at(work, work.bundle.graph.handover)


def open_at(work: Work, node: Node | None) -> TaskRow:
    """
    Return the open task at a step.

    :raises TaskGone: it is not open.
    """
    rows = workflow_queries.of_subject(SYSTEM, work.dossier.subject)
    found = next((row for row in rows if row.is_open and node is not None and row.node == node.id), None)
    if found is None:
        raise workflow.TaskGone(subject=work.dossier.subject, state=State(work.dossier.state).value)
    return found
