"""Between receipt and result: forward, assign, complete a step, send back, decide, refuse the request (R-057)."""

from __future__ import annotations

from datetime import datetime

from motcua.documents import operations as documents
from motcua.dossiers import clockwork, definitions, events, papers, rules
from motcua.dossiers.dues import DueState, StillOwed
from motcua.dossiers.models import Answers, PaymentNotice
from motcua.dossiers.nonterritorial import underway
from motcua.dossiers.operations import nonterritorial, restating, tasks, verification
from motcua.dossiers.operations.common import Done, Work, begin, finish, freeze, once, told
from motcua.dossiers.operations.receipt import reception_duty
from motcua.dossiers.rules import PAUSED, Act, Decision, NotAllowedNow, State
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.counting import Ground, Pause
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Extend, WaitKind
from motcua.kernel.process import Pause as Waits
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.workflow import hands
from motcua.workflow import operations as workflow
from motcua.workflow import queries as workflow_queries
from motcua.workflow.operations import Moved


@once
def forward(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    what: str = "",
    paper: bool = False,
    competent_unit_id: int | None = None,
    seen: int | None = None,
) -> Done:
    """
    Hand the accepted dossier over from the counter to the unit of its next step: from, to, when and what (R-057).

    `paper` tells that papers go along by hand: it is kept, counts against the electronic rate and waits for its
    hand-over list (R-058). One received for another agency goes to that agency's one-stop unit, which confirms
    (`nonterritorial`); `competent_unit_id` names another one after it was sent back.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, Invalid, OtherLevel:
    """
    body = {
        "what": what,
        **({"paper": True} if paper else {}),
        **({"competent_unit": competent_unit_id} if competent_unit_id else {}),
    }
    work = begin(act=Act.FORWARD, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = reception_duty(work)
    dossier = work.dossier
    if dossier.non_territorial and dossier.confirmed_at is None:
        return nonterritorial.send_on(work, duty, what, competent_unit_id, paper=paper)
    if competent_unit_id is not None:
        raise Invalid(errors={"competent_unit": "Hồ sơ này không phải hồ sơ nhận thay cơ quan khác."})
    dossier.state = State.IN_PROCESS
    if paper:
        restating.note_paper(dossier, at, dossier.receiving_unit_id)
    return finish(
        work,
        Act.FORWARD,
        duty=duty,
        payload={
            "from_unit": dossier.receiving_unit_id,
            "to_unit": dossier.holder_unit_id,
            "by": "paper" if paper else "electronic",
        },
        personal={"what": what.strip()} if what.strip() else None,
        event=told(work, events.StepMoved, act=Act.FORWARD.value, step=dossier.step_name),
    )


@once
def assign(
    *,
    code: str,
    task_id: int,
    actor: Actor,
    key: str,
    at: datetime,
    staff_id: int | None = None,
    note: str = "",
    seen: int | None = None,
) -> Done:
    """
    Give a task to a person: taken by oneself (no `staff_id`), else handed over by its holder or assigned by a head.

    :raises DossierNotFound, TaskNotFound, TaskGone, Stale, Replayed, NotAllowedNow:
    :raises NotYourTask, NotYourStaff, AlreadyTaken, NotACandidate, ReasonNeeded:
    """
    body = {"task": task_id, "staff": staff_id, "note": note}
    work = begin(act=Act.ASSIGN, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    dossier = work.dossier
    if staff_id is None:
        row = workflow.take(subject=dossier.subject, task_id=task_id, actor=actor, at=at)
        name = actor.name
    elif note.strip():
        row = workflow.hand_over(
            subject=dossier.subject, task_id=task_id, staff_id=staff_id, actor=actor, at=at, note=note
        )
        name = _name(row, staff_id, at)
    else:
        row = workflow.assign(subject=dossier.subject, task_id=task_id, staff_id=staff_id, actor=actor, at=at)
        name = _name(row, staff_id, at)
    if work.state is State.ACCEPTED and not underway(dossier):
        dossier.state = State.IN_PROCESS  # taking the work is receiving the dossier
    previous = dossier.holder_id
    tasks.stands(work, row, name)
    return finish(
        work,
        Act.ASSIGN,
        duty=workflow.acting_as(actor, row),
        unit_id=row.unit_id,
        officer_id=row.assignee_id,
        payload={"task": task_id, "node": row.node, "to": row.assignee_id, "from": previous},
        personal={"note": note.strip()} if note.strip() else None,
        event=told(work, events.StepMoved, act=Act.ASSIGN.value, step=row.name, unit_ids=(row.unit_id,)),
    )


@once
def release(
    *, code: str, task_id: int, reason: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Put a taken task back into the pool of its unit, as its holder or as head, with the reason.

    The step's planned end stays; whoever holds the duty may take the task from now on.

    :raises DossierNotFound, TaskNotFound, TaskGone, Stale, Replayed, NotAllowedNow, NotYourTask, ReasonMissing:
    :raises NotTaken: nobody holds the task.
    """
    body = {"task": task_id, "reason": reason}
    work = begin(act=Act.RELEASE, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    words = rules.reason(reason)
    row = workflow.release(subject=work.dossier.subject, task_id=task_id, actor=actor)
    previous = work.dossier.holder_id
    tasks.stands(work, row)
    return finish(
        work,
        Act.RELEASE,
        duty=workflow.acting_as(actor, row),
        unit_id=row.unit_id,
        payload={"task": task_id, "node": row.node, "step": row.name, "from": previous},
        personal={"reason": words},
        event=told(work, events.StepMoved, act=Act.RELEASE.value, step=row.name, unit_ids=(row.unit_id,)),
    )


def _name(row: workflow_queries.TaskRow, staff_id: int, at: datetime) -> str:
    holders = workflow_queries.holders(row.unit_id, row.role, row.field, at.astimezone(LOCAL).date())
    return next((holder.full_name for holder in holders if holder.staff_id == staff_id), "")


@once
def complete_step(
    *,
    code: str,
    task_id: int,
    outcome: str,
    actor: Actor,
    key: str,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> Done:
    """
    Complete a step with one of its outcomes; what the outcome means to the law decides which act it is.

    A signature that grants is `decide`, one that refuses is `refuse_request` (an official document), back to an
    earlier step is `return_step`; these two, and whatever speaks against the request, need a reason. A step that
    waits for a payment stops the clock. When the hand-over step opens, the result exists: the dossier is processed,
    or stopped where it was refused.

    :raises DossierNotFound, TaskNotFound, TaskGone, Stale, Replayed, NotAllowedNow, NotYourTask, IllegalStep:
    :raises ReasonMissing: the act needs its reason.
    """
    body = {"task": task_id, "outcome": outcome, "note": note}
    work = begin(act=Act.COMPLETE_STEP, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    dossier, words = work.dossier, note.strip()
    moved = tasks.complete(work, task_id, outcome, words)
    closed = _closed(moved)
    act = tasks.meaning(work, moved)
    verification.check_minutes(work, closed)
    if act in (Act.RETURN_STEP, Act.REFUSE_REQUEST) or tasks.speaks_against(work, moved):
        words = rules.reason(note)
    if act is Act.DECIDE:
        dossier.decision = Decision.APPROVED.value
    elif act is Act.REFUSE_REQUEST:
        dossier.decision = Decision.REFUSED.value
    elif act is Act.RETURN_STEP:
        dossier.decision = Decision.NONE.value
    dossier.state = State.IN_PROCESS.value
    _wait_for_payment(work, moved)
    tasks.show(work, moved)
    ready = tasks.at_handover(work, moved)
    if act in (Act.DECIDE, Act.REFUSE_REQUEST):
        _freeze_result(work, moved, words, withheld=not ready)
    elif ready:
        documents.issue(subject=dossier.subject)
    if ready:
        tasks.processed(work)
    return finish(
        work,
        act,
        duty=moved.duty,
        unit_id=closed.unit_id,
        payload={
            "task": task_id,
            "node": closed.node,
            "step": closed.name,
            "outcome": outcome,
            "decision": dossier.decision,
            "planned": closed.due_at,
            "opened_at": closed.opened_at,
            "opened": [task.node for task in moved.opened],
            **({} if ready else restating.crossing(closed.unit_id, [task.unit_id for task in moved.opened])),
            **({"signed_level": level} if (level := hands.level_of(work.bundle.graph, closed.node)) else {}),
        },
        personal={"note": words} if words else None,
        event=event_of(work, act, moved, closed.name),
    )


def went_on(work: Work, moved: Moved) -> None:
    """Show where the dossier stands after its process went on without a decision; the result may exist now."""
    tasks.show(work, moved)
    if tasks.at_handover(work, moved):
        documents.issue(subject=work.dossier.subject)
        tasks.processed(work)


def _closed(moved: Moved) -> workflow_queries.TaskRow:
    """
    Return the task that was completed.

    :raises NotAllowedNow: the outcome belongs to an act of its own (supplement, extension).
    """
    waits = [command.node.wait for command in moved.commands if isinstance(command, Waits)]
    if WaitKind.APPLICANT in waits:
        raise NotAllowedNow("Dùng việc “Yêu cầu bổ sung” để hồ sơ có phiếu yêu cầu và dừng tính giờ.")
    if moved.closed is None or any(isinstance(command, Extend) for command in moved.commands):
        raise NotAllowedNow("Việc xin lỗi, hẹn lại ngày trả phải có văn bản xin lỗi; không ghi như một bước.")
    return moved.closed


def _wait_for_payment(work: Work, moved: Moved) -> None:
    waits = [command.node.wait for command in moved.commands if isinstance(command, Waits)]
    if WaitKind.PAYMENT in waits:
        pause = Pause(work.at, None, Ground.FINANCIAL_OBLIGATION)
        work.dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
        work.dossier.state = State.PAYMENT_REQUESTED.value


def event_of(work: Work, act: Act, moved: Moved, step: str) -> events.DossierEvent:
    """Return what an act that moved tasks tells: that the result exists, what was decided, or just the step."""
    dossier = work.dossier
    opened = tuple(sorted({task.unit_id for task in moved.opened}))
    refusal = work.papers.get("refusal_decision")
    if dossier.processed_at == work.at:
        return told(
            work,
            events.Processed,
            document_id=work.papers.get("result") or refusal,
            negative=dossier.decision == Decision.REFUSED,
            unit_ids=opened,
        )
    if act is Act.REFUSE_REQUEST:
        return told(work, events.RefusedAfterAppraisal, document_id=refusal, unit_ids=opened)
    if act is Act.DECIDE:
        return told(work, events.Decided, unit_ids=opened)
    return told(work, events.StepMoved, act=act.value, step=step, unit_ids=opened)


@once
def suspend(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    ground: str,
    reason: str,
    reference: str = "",
    seen: int | None = None,
) -> Done:
    """
    Hold the clock on a ground of the closed list, as who holds the dossier or its head (facts-lifecycle 2.4).

    `reference` is the number of the document that shows the ground (notice of the outage, letter to the ministry).

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises Invalid: the ground is not one the procedure may use, or its document is not named.
    """
    body = {"ground": ground, "reason": reason, "reference": reference}
    work = begin(act=Act.SUSPEND, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = tasks.holding_duty(work, tasks.in_hand(work))
    settings = definitions.settings(work.bundle, at.astimezone(LOCAL).date())
    why, words = rules.suspend_ground(ground, settings["suspend_grounds"]), rules.reason(reason)
    if not reference.strip():
        raise Invalid(errors={"reference": "Ghi số, ngày của văn bản hoặc thông báo làm căn cứ."})
    dossier = work.dossier
    pause = Pause(at, None, why, reference=reference.strip()[:200])
    dossier.clock = clockwork.pause(work.clock, pause, work.bundle.steps, work.calendar).to_json()
    dossier.state = State.SUSPENDED.value
    return finish(
        work,
        Act.SUSPEND,
        duty=duty,
        payload={"ground": why.value, "form": reference.strip()[:200]},
        personal={"reason": words},
        event=told(work, events.Suspended, ground=why.value),
    )


@once
def resume(*, code: str, actor: Actor, key: str, at: datetime, proof: str, seen: int | None = None) -> Done:
    """
    Go on after a wait for payment, an outside verification or a suspension; a held clock runs again from here.

    `proof` is what shows that it is over: number of the payment, of the answer.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, IllegalStep, ReasonMissing:
    :raises StillOwed: notices of financial obligations are not paid yet.
    """
    work = begin(act=Act.RESUME, code=code, actor=actor, key=key, at=at, seen=seen, body={"proof": proof})
    dossier = work.dossier
    duty = work.duty(*rules.RESUMERS)
    words = rules.reason(proof)
    if work.state is State.PAYMENT_REQUESTED:
        owed = PaymentNotice.objects.filter(dossier_id=dossier.subject, state=DueState.DUE.value)
        if owed.exists():
            raise StillOwed
    if work.state in PAUSED:
        clock = clockwork.resume(work.clock, at, work.bundle.steps, work.calendar)
        dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
        dossier.state = State.IN_PROCESS.value
    ground = clockwork.last_ground(work.before["clock"])
    if work.state_before is State.SUSPENDED:
        tasks.reschedule(work)
        return finish(
            work,
            Act.RESUME,
            duty=duty,
            payload={"opened": [], **ground},
            personal={"proof": words},
            event=told(work, events.Resumed, due_before=work.before["due_at"], **ground),
        )
    moved = tasks.resume(work)
    went_on(work, moved)
    return finish(
        work,
        Act.RESUME,
        duty=duty,
        payload={
            "opened": [task.node for task in moved.opened],
            **ground,
        },
        personal={"proof": words},
        event=event_of(work, Act.RESUME, moved, dossier.step_name),
    )


@once
def return_step(
    *,
    code: str,
    task_id: int,
    node: str,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Send the dossier back to an earlier step from the step the actor holds now, with the reason.

    :raises DossierNotFound, TaskNotFound, TaskGone, Stale, Replayed, NotAllowedNow, NotYourTask, IllegalStep:
    :raises ReasonMissing:
    """
    body = {"task": task_id, "node": node, "reason": reason}
    work = begin(act=Act.RETURN_STEP, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    words = rules.reason(reason)
    moved = tasks.return_to(work, task_id, node, words)
    left = next(row for row in moved.before if row.id == task_id)
    dossier = work.dossier
    dossier.state, dossier.decision = State.IN_PROCESS.value, Decision.NONE.value
    tasks.show(work, moved)
    return finish(
        work,
        Act.RETURN_STEP,
        duty=moved.duty,
        payload={
            "task": task_id,
            "node": node,
            "opened": [task.node for task in moved.opened],
            **restating.crossing(left.unit_id, [task.unit_id for task in moved.opened]),
        },
        personal={"note": words},
        event=event_of(work, Act.RETURN_STEP, moved, dossier.step_name),
    )


def _freeze_result(work: Work, moved: Moved, words: str, *, withheld: bool) -> None:
    """
    Freeze the paper the decision makes: the result, or the official document that refuses the request.

    The result names who signed at the levels before.

    `withheld` while steps follow (seal, issue): only the processed dossier gives it to the people of the dossier.
    """
    dossier, bundle = work.dossier, work.bundle
    unit = organisation.unit(_closed(moved).unit_id)
    on = work.at.astimezone(LOCAL).date()
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    before = hands.signatures(bundle.graph, moved.before)
    signed_by = {row.done_by_id for _, row in before} | {work.actor.staff_id}
    people = organisation.appointed({one for one in signed_by if one is not None})
    me = people.get(work.actor.staff_id or 0)
    signer = papers.signer(work.actor, unit, me.position if me else "")
    if dossier.decision == Decision.REFUSED:
        refusal = papers.refusal_decision(dossier, bundle, owner, signer, unit, reason=words, on=on)
        freeze(work, refusal, unit_id=unit.id, withheld=withheld)
        return
    answers = Answers.objects.values_list("answers", flat=True).get(subject=dossier.subject)
    freeze(
        work,
        papers.result(
            dossier, bundle, owner, answers, signer, unit, on=on, signatures=papers.signatures(before, people)
        ),
        unit_id=unit.id,
        title=papers.result_type(bundle).name,
        withheld=withheld,
    )
