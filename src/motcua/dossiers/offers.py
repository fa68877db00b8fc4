"""
Which acts a person may do on a dossier now: the state map, the duties, the open tasks and the process's own outcomes.

Pure. What is offered here is checked again by the operation; what is not offered would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from motcua.dossiers.explanations import Explained
from motcua.dossiers.lateness import TO_WRITE, ExplanationState, may_answer
from motcua.dossiers.nonterritorial import BEFORE, HERE, Handing
from motcua.dossiers.rules import (
    ACT_NAMES,
    FROM,
    PAUSED,
    RESUMERS,
    Act,
    NotAllowedNow,
    State,
    check_linked,
    competent_duty,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.process import Flow, Graph, Node, Token, WaitKind, is_called_for
from motcua.payments.rules import RefundState
from motcua.workflow import rules as workflow
from motcua.workflow.queries import TaskRow
from motcua.workflow.rules import Covers, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    What of a dossier decides about acts.

    `asked`: a supplement is awaited; `exhausted`: none may be asked for any more; `unscanned`: papers lack scans;
    `without_slip`: its slip is made when asked for;
    `barred`: why the process keeps this person off a task, by task; `nameable`: tasks whose signer they may name;
    `owes`: units whose notices are unpaid; `handing`: where it is between the unit that received and the agency that
    decides (`competent_unit_id`); `refund`: where the money paid for a withdrawn dossier stands, empty without any.
    """

    state: State
    field_code: str
    receiving_unit_id: int
    agency_id: int = 0
    decided: bool = False
    extended: bool = False
    suspendable: bool = False
    exhausted: bool = False
    asked: bool = False
    handed_back: bool = False
    unscanned: bool = False
    without_slip: bool = False
    mirrored: str = ""
    is_part: bool = False
    awaits_parts: bool = False
    barred: Mapping[int, str] = field(default_factory=dict)
    nameable: frozenset[int] = frozenset()
    late: bool = False
    owes: frozenset[int] = frozenset()
    explanation: Explained | None = None
    handing: Handing = Handing.OWN
    accepted: bool = False
    competent_unit_id: int = 0
    refund: str = ""

    @property
    def underway(self) -> bool:
        """Tell whether it was accepted for another agency that has not confirmed yet."""
        return self.accepted and self.handing in (Handing.RECEIVED, Handing.FORWARDED)

    def lets(self, act: Act) -> bool:
        """Tell whether an act may be done where the dossier is on its way."""
        if not self.underway:
            return True
        on_the_way = self.handing is Handing.FORWARDED and (act is Act.FORWARD or act in HERE)
        return act in BEFORE and not on_the_way


@dataclass(frozen=True, slots=True)
class Offer:
    """
    An act somebody may do now.

    `outcome` is the way a step takes; `target` the earlier steps it may go back to (node, name). `plain` acts need
    nothing but the word; the others ask for a reason or more. `grave` ones end or undo something.
    """

    act: Act
    label: str
    task_id: int | None = None
    outcome: str = ""
    step: str = ""
    plain: bool = False
    main: bool = False
    grave: bool = False
    target: tuple[tuple[str, str], ...] = ()


_COUNTER: tuple[Offer, ...] = (
    Offer(Act.ACCEPT, "Tiếp nhận", main=True),
    Offer(Act.REQUEST_SUPPLEMENT, "Yêu cầu bổ sung"),
    Offer(Act.REFUSE, "Từ chối tiếp nhận", grave=True),
    Offer(Act.SUPPLEMENT, "Nhận bổ sung tại quầy", main=True),
    Offer(Act.FORWARD, "Chuyển hồ sơ", plain=True, main=True),
    Offer(Act.DIGITISE, "Tải bản quét lên"),
    Offer(Act.ISSUE_SLIP, "Lập giấy tiếp nhận", plain=True),
    Offer(Act.HAND_BACK, "Trả lại giấy tờ cho người nộp", main=True),
    Offer(Act.DECIDE_REFUND, "Xác định hoàn trả phí, lệ phí", main=True),
    Offer(Act.PAY_REFUND, "Ghi nhận đã hoàn trả tiền", main=True),
    Offer(Act.CLOSE_CONTROL_SLIP, "Chốt phiếu kiểm soát", plain=True),
    Offer(Act.CORRECT_INTAKE, "Đính chính thông tin tiếp nhận"),
    Offer(Act.WITHDRAW, "Ghi nhận công dân rút hồ sơ", grave=True),
    Offer(Act.VOID, "Hủy, nhập lại thủ tục khác", grave=True),
)


def offers(
    actor: Actor,
    standing: Standing,
    tasks: Sequence[TaskRow],
    graph: Graph,
    *,
    covers: Covers,
    agency_of: dict[int, int],
) -> list[Offer]:
    """
    Return the acts in the order of the page: the task in hand first, then the counter's acts, grave ones last.

    `covers` gives the units whose work a unit took over; `agency_of` the agency of the tasks' units.
    """
    found: list[Offer] = []
    live = [task for task in tasks if task.state == TaskState.OPEN]
    waiting = any(task.state == TaskState.WAITING and _called_for(graph, task) for task in tasks)
    for task in live:
        found += _of_task(actor, standing, task, tasks, graph, covers, agency_of)
    found += _of_money(actor, standing, found, live, covers)
    waits = standing.state in FROM[Act.RESUME] and not standing.owes and (waiting or standing.state in PAUSED)
    if waits and any(duty.role in RESUMERS and duty.covers(standing.field_code) for duty in actor.duties):
        found.append(Offer(Act.RESUME, ACT_NAMES[Act.RESUME], main=True))
    competent = competent_duty(actor, standing.agency_id, standing.field_code) is not None
    holds = competent or any(_holds(actor, task, covers) for task in live)
    if standing.state in FROM[Act.EXTEND] and not standing.extended:
        if competent:
            found.append(Offer(Act.EXTEND, ACT_NAMES[Act.EXTEND]))
        elif holds:
            found.append(Offer(Act.PROPOSE_EXTENSION, ACT_NAMES[Act.PROPOSE_EXTENSION]))
    if standing.state in FROM[Act.SUSPEND] and standing.suspendable and holds:
        found.append(Offer(Act.SUSPEND, ACT_NAMES[Act.SUSPEND]))
    if standing.state in FROM[Act.ALLOW_SUPPLEMENT] and standing.exhausted and competent:
        found.append(Offer(Act.ALLOW_SUPPLEMENT, ACT_NAMES[Act.ALLOW_SUPPLEMENT]))
    if standing.state in FROM[Act.STOP] and not standing.decided and competent:
        found.append(Offer(Act.STOP, ACT_NAMES[Act.STOP], grave=True))
    found += _of_delay(actor, standing, live, covers)
    reception = _open_at(live, graph.reception)
    if _serves(actor, standing, standing.receiving_unit_id, covers) or (
        standing.handing is Handing.CONFIRMED and _serves(actor, standing, standing.competent_unit_id, covers)
    ):
        found += [
            _in_full(offer, standing)
            for offer in _COUNTER
            if _at_counter(offer.act, standing, reception, actor.staff_id)
        ]
    if (
        standing.state in FROM[Act.CONFIRM_RECEIPT]
        and standing.handing is Handing.FORWARDED
        and _serves(actor, standing, standing.competent_unit_id, covers)
    ):
        free = reception is not None and reception.assignee_id in (None, actor.staff_id)
        if free:
            found.append(Offer(Act.CONFIRM_RECEIPT, "Xác nhận tiếp nhận", plain=True, main=True))
        found.append(Offer(Act.SEND_BACK, "Chuyển trả nơi tiếp nhận"))
    if standing.mirrored and workflow.duty_for(
        actor, standing.receiving_unit_id, Role.ONE_STOP_OFFICER, "", covers
    ):
        found.append(Offer(Act.MIRROR, ACT_NAMES[Act.MIRROR], main=True))
    return sorted(
        (offer for offer in found if _of_kind(offer.act, standing) and standing.lets(offer.act)),
        key=lambda offer: (offer.grave, offer.act in _ASIDE),
    )


def _of_kind(act: Act, standing: Standing) -> bool:
    """Tell whether the act is one of an ordinary dossier, a part, a group that waits or a mirrored part."""
    try:
        check_linked(
            act, mirrored=standing.mirrored, is_part=standing.is_part, awaits_parts=standing.awaits_parts
        )
    except NotAllowedNow:
        return False
    return True


def _called_for(graph: Graph, task: TaskRow) -> bool:
    return is_called_for(graph, Token(task.place, task.token))


def _serves(actor: Actor, standing: Standing, unit_id: int, covers: Covers) -> bool:
    """Tell whether the actor is a one-stop officer of a unit."""
    return workflow.duty_for(actor, unit_id, Role.ONE_STOP_OFFICER, standing.field_code, covers) is not None


def _in_full(offer: Offer, standing: Standing) -> Offer:
    """Return the offer; where the agency that decides may be corrected, forwarding is more than a word."""
    if offer.act is Act.FORWARD and standing.underway:
        return replace(offer, plain=False, label="Chuyển đến cơ quan có thẩm quyền")
    return offer


def _holds(actor: Actor, task: TaskRow, covers: Covers) -> bool:
    duty = workflow.duty_for(actor, task.unit_id, task.role, task.field, covers)
    return duty is not None and task.assignee_id in (None, actor.staff_id)


def _of_money(
    actor: Actor, standing: Standing, found: Sequence[Offer], live: Sequence[TaskRow], covers: Covers
) -> list[Offer]:
    """Return what may be done about financial obligations: notified by who holds it, paid or cancelled after."""
    made: list[Offer] = []
    holds = any(_holds(actor, task, covers) for task in live)
    notified = any(duty.unit_id in standing.owes and duty.role in RESUMERS for duty in actor.duties)
    known = any(offer.act is Act.REQUEST_PAYMENT for offer in found)
    if standing.state in FROM[Act.REQUEST_PAYMENT] and (holds or notified) and not known:
        made.append(Offer(Act.REQUEST_PAYMENT, ACT_NAMES[Act.REQUEST_PAYMENT]))
    if standing.state in FROM[Act.CONFIRM_PAYMENT] and standing.owes:
        if any(duty.role in RESUMERS and duty.covers(standing.field_code) for duty in actor.duties):
            made.append(Offer(Act.CONFIRM_PAYMENT, ACT_NAMES[Act.CONFIRM_PAYMENT], main=True))
        if holds or notified:
            made.append(Offer(Act.CANCEL_PAYMENT, ACT_NAMES[Act.CANCEL_PAYMENT]))
    return made


def _of_delay(actor: Actor, standing: Standing, live: Sequence[TaskRow], covers: Covers) -> list[Offer]:
    """Return what may be done about the explanation of a late dossier: written by who owes it, answered by the head."""
    told = standing.explanation
    if not standing.late or standing.state not in FROM[Act.EXPLAIN]:
        return []
    if told is None or told.state in TO_WRITE:
        shares = told.shares if told else ()
        mine = any(share.staff_id == actor.staff_id for share in shares)
        mine = mine or any(task.assignee_id == actor.staff_id for task in live if actor.staff_id)
        led = any(workflow.leading_duty(actor, share.unit_id, standing.agency_id, covers) for share in shares)
        return [Offer(Act.EXPLAIN, ACT_NAMES[Act.EXPLAIN])] if mine or led else []
    if told.state is ExplanationState.WRITTEN and may_answer(
        actor, standing.agency_id, standing.field_code, told.written_by_id, told.by_head
    ):
        return [
            Offer(Act.ACCEPT_EXPLANATION, ACT_NAMES[Act.ACCEPT_EXPLANATION]),
            Offer(Act.RETURN_EXPLANATION, ACT_NAMES[Act.RETURN_EXPLANATION]),
        ]
    return []


_ASIDE = (
    Act.ASSIGN,
    Act.RELEASE,
    Act.RETURN_STEP,
    Act.CORRECT_INTAKE,
    Act.PROPOSE_EXTENSION,
    Act.EXTEND,
    Act.SUSPEND,
    Act.ALLOW_SUPPLEMENT,
    Act.REQUEST_PAYMENT,
    Act.CANCEL_PAYMENT,
    Act.EXPLAIN,
    Act.ACCEPT_EXPLANATION,
    Act.RETURN_EXPLANATION,
)


def _at_counter(act: Act, standing: Standing, reception: TaskRow | None, staff_id: int | None) -> bool:
    if standing.state not in FROM[act]:
        return False
    match act:
        case Act.ACCEPT | Act.REFUSE | Act.REQUEST_SUPPLEMENT:
            if act is Act.REQUEST_SUPPLEMENT and standing.underway:
                return standing.state is State.ACCEPTED
            if standing.state is not State.SUBMITTED or reception is None:
                return False
            free = reception.assignee_id in (None, staff_id)
            return free and not (act is Act.REQUEST_SUPPLEMENT and standing.asked)
        case Act.SUPPLEMENT:
            return standing.asked
        case Act.FORWARD:
            return standing.handing is not Handing.CONFIRMED
        case Act.WITHDRAW:
            return not standing.decided
        case Act.HAND_BACK:
            return not standing.handed_back
        case Act.DIGITISE:
            return standing.unscanned
        case Act.ISSUE_SLIP:
            return standing.without_slip
        case Act.CLOSE_CONTROL_SLIP:
            return standing.accepted
        case Act.DECIDE_REFUND:
            return standing.refund == RefundState.OPEN
        case Act.PAY_REFUND:
            return standing.refund == RefundState.DUE
    return True


def _open_at(live: Iterable[TaskRow], node: Node | None) -> TaskRow | None:
    return next((task for task in live if node is not None and task.node == node.id), None)


def _of_task(
    actor: Actor,
    standing: Standing,
    task: TaskRow,
    tasks: Sequence[TaskRow],
    graph: Graph,
    covers: Covers,
    agency_of: dict[int, int],
) -> list[Offer]:
    duty = workflow.duty_for(actor, task.unit_id, task.role, task.field, covers)
    mine = duty is not None and (
        task.assignee_id in (None, actor.staff_id)
        or workflow.stand_in(actor, task.unit_id, task.role, task.field, task.assignee_id, covers) is not None
    )
    leads = workflow.leading_duty(actor, task.unit_id, agency_of.get(task.unit_id), covers) is not None
    at_reception = graph.reception is not None and task.node == graph.reception.id
    barred = task.id in standing.barred
    mine = mine and not barred
    found: list[Offer] = []
    if mine and graph.handover is not None and task.node == graph.handover.id:
        if standing.state in FROM[Act.RETURN_RESULT]:
            found.append(Offer(Act.RETURN_RESULT, "Trả kết quả", task.id, step=task.name, main=True))
    elif mine and not at_reception and standing.state in FROM[Act.COMPLETE_STEP]:
        found += _outcomes(task, graph)
        named = {edge.target for edge in graph.outcomes(task.node) if edge.flow is Flow.BACK}
        earlier = tuple(one for one in _earlier(task, tasks, graph) if one[0] not in named)
        if earlier:
            found.append(
                Offer(
                    Act.RETURN_STEP,
                    ACT_NAMES[Act.RETURN_STEP],
                    task.id,
                    step=task.name,
                    target=earlier,
                    grave=False,
                )
            )
    if standing.state in FROM[Act.ASSIGN] and not at_reception:
        if duty is not None and task.assignee_id is None and (not barred or task.id in standing.nameable):
            found.append(Offer(Act.ASSIGN, "Nhận việc này", task.id, "take", task.name, plain=True))
        if leads:
            label = "Phân công người xử lý" if task.assignee_id is None else "Đổi người xử lý"
            found.append(Offer(Act.ASSIGN, label, task.id, "give", task.name))
        elif task.assignee_id is not None and task.assignee_id == actor.staff_id:
            found.append(Offer(Act.ASSIGN, "Chuyển việc cho đồng nghiệp", task.id, "pass", task.name))
        held = task.assignee_id is not None and task.assignee_id == actor.staff_id
        if held or (leads and task.assignee_id is not None):
            found.append(Offer(Act.RELEASE, ACT_NAMES[Act.RELEASE], task.id, "", task.name))
    return found


def _outcomes(task: TaskRow, graph: Graph) -> list[Offer]:
    """Return an offer for each way out of a step, in the process's own words."""
    found: list[Offer] = []
    for edge in graph.outcomes(task.node):
        made = Offer(
            Act.COMPLETE_STEP, edge.name or edge.outcome, task.id, edge.outcome, task.name, plain=True
        )
        target = graph.by_id[edge.target]
        if edge.flow is Flow.EXTEND or not edge.outcome:
            continue
        if target.wait is WaitKind.PAYMENT:
            made = replace(made, act=Act.REQUEST_PAYMENT, plain=False)
        elif target.wait is WaitKind.APPLICANT:
            made = replace(made, act=Act.REQUEST_SUPPLEMENT, plain=False)
        elif edge.flow is Flow.BACK:
            made = replace(made, plain=False)
        elif graph.decision is not None and task.node == graph.decision.id:
            if edge.flow is Flow.NEGATIVE:
                made = replace(made, act=Act.REFUSE_REQUEST, plain=False, grave=True)
            elif edge.flow is Flow.FORWARD:
                made = replace(made, act=Act.DECIDE, main=True)
        elif edge.flow is Flow.NEGATIVE:
            made = replace(made, plain=False)  # what speaks against the request is said in words
        elif edge.flow is Flow.FORWARD and not any(offer.main for offer in found):
            made = replace(made, main=True)
        found.append(made)
    return found


def _earlier(task: TaskRow, tasks: Sequence[TaskRow], graph: Graph) -> tuple[tuple[str, str], ...]:
    """Return the steps done before this one to which the work can go back, in order; receipt is not one of them."""
    reception = graph.reception.id if graph.reception else ""
    found: dict[str, str] = {}
    for row in tasks:
        node = row.node.split(".")[0] if row.node not in graph.by_id else row.node
        done = row.state == TaskState.DONE and row.seq < task.seq
        known = graph.by_id.get(node)
        if done and known is not None and known.role and node not in (task.node, reception):
            found.setdefault(node, known.name)
    return tuple(found.items())
