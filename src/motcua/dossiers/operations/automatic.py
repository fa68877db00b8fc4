"""
What a process waits for besides people: steps the system does, moments, messages (R-042, R-045).

Nothing here asks anybody outside: a look-up's answer was stored before (`tasks.py`), and its act uses what is stored.
Each act has a key made of what it settles, so a killed worker, a second worker or a repeated message do it once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q

from motcua.dossiers import automatics, drafting, events, facts, lookups, rules, timing
from motcua.dossiers.awaiting import (
    AUTOMATIC,
    AwaitedKind,
    AwaitedState,
    EvidenceKind,
    NotAutomatic,
    NotAwaited,
    NotTheirs,
    message_id,
    message_name,
)
from motcua.dossiers.lookups import Answer, LookupFailed
from motcua.dossiers.models import Awaited, Evidence
from motcua.dossiers.operations import printing, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, settings, told
from motcua.dossiers.operations.steps import event_of, went_on
from motcua.dossiers.rules import Act, NoDuty, State
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef
from motcua.kernel.errors import DomainError, Invalid, NotFound
from motcua.kernel.process import Node, NodeKind
from motcua.platform import canonical, outbox
from motcua.workflow import queries as workflow_queries
from motcua.workflow.operations import Moved, TaskGone

log = structlog.get_logger(__name__)


def key_of(awaited_id: int) -> str:
    """Return the idempotency key under which something waited for is settled by the system."""
    return f"awaited:{awaited_id}"


def store(
    *, awaited_id: int, source: str, reference: str, asked: Mapping[str, Any], answer: Answer, at: datetime
) -> None:
    """
    Keep what a source answered, in a transaction of its own; the first answer stands.

    :raises NotAwaited: there is no such look-up.
    """
    with transaction.atomic(durable=True):
        row = Awaited.objects.filter(pk=awaited_id, kind=AwaitedKind.LOOKUP.value).first()
        if row is None:
            raise NotAwaited
        if not Evidence.objects.filter(awaited=row).exists():
            _keep(row, EvidenceKind.LOOKUP, source, reference, asked, answer.record, answer.confirmed, at)


def _keep(
    row: Awaited,
    kind: EvidenceKind,
    source: str,
    reference: str,
    asked: Mapping[str, Any],
    record: Mapping[str, Any],
    confirmed: bool | None,
    at: datetime,
) -> Evidence:
    said = {
        "kind": kind.value,
        "source": source,
        "reference": reference,
        "asked": dict(asked),
        "answer": dict(record),
        "confirmed": confirmed,
    }
    return Evidence.objects.create(
        subject=row.subject,
        awaited=row,
        kind=kind.value,
        source=source,
        reference=reference,
        asked=dict(asked),
        answer=dict(record),
        confirmed=confirmed,
        digest=hashlib.sha256(canonical.dumps(said).encode()).hexdigest(),
        at=at,
    )


@once
def automatic_step(*, code: str, awaited_id: int, actor: Actor, key: str, at: datetime) -> Done:
    """
    Let the dossier go on over a step that the system has done, or leave it to its person.

    A look-up that confirms completes its step with the outcome of the process; one that does not takes the other way
    of an automatic step, and leaves a person's step to its person. Notices and messages leave with the act's event, a
    draft is made in it.

    :raises DossierNotFound, NotAllowedNow, NotAwaited, IllegalStep, Replayed, TemplateGone:
    :raises NotAwaited: also where a look-up has no stored answer yet.
    """
    work = begin(act=Act.AUTOMATIC_STEP, code=code, actor=actor, key=key, at=at, body={"awaited": awaited_id})
    row = _waiting(work, Q(pk=awaited_id, kind__in=sorted(AUTOMATIC)))
    node = work.bundle.graph.by_id[row.node]
    evidence = Evidence.objects.filter(awaited=row).first()
    payload: dict[str, Any] = {"task": row.task_id, "node": row.node, "step": row.name, "does": row.kind}
    outcome = ""
    if row.kind == AwaitedKind.LOOKUP:
        if evidence is None:
            raise NotAwaited("Chưa có kết quả tra cứu cho bước này.")
        payload |= _told(evidence)
        outcome = node.confirmed if evidence.confirmed else node.unconfirmed
        if node.kind is NodeKind.USER_TASK and not evidence.confirmed:
            work.settled[row.pk] = AwaitedState.LEFT
            left = told(work, events.StepMoved, act=Act.AUTOMATIC_STEP.value, step=row.name)
            return finish(work, Act.AUTOMATIC_STEP, duty=None, payload=payload, event=left)
    if row.kind == AwaitedKind.DOCUMENT:
        payload["form"] = _draft(work, node)
    moved = tasks.complete(work, _task(row), outcome)
    return _settled(work, row, moved, Act.AUTOMATIC_STEP, node, payload | {"outcome": outcome})


def _draft(work: Work, node: Node) -> str:
    """
    Make the draft of a step from its template and attach it to the dossier; return its title.

    In the act that goes on over the step, so it is there once, whoever was killed before.

    :raises TemplateGone: the template is not in force on the day.
    """
    template = drafting.template(node.ref, drafting.templates(settings(work).get("draft_templates", ())))
    document = printing.draft(work.dossier, work.bundle, template, work.at)
    work.papers[document.kind] = document.pk
    return document.title


@once
def fail_step(*, code: str, awaited_id: int, reason: str, actor: Actor, key: str, at: datetime) -> Done:
    """
    Take the way of the error event on an automatic step that cannot be done by trying again.

    :raises DossierNotFound, NotAllowedNow, NotAwaited, IllegalStep, Replayed:
    """
    body = {"awaited": awaited_id, "reason": reason}
    work = begin(act=Act.AUTOMATIC_STEP, code=code, actor=actor, key=key, at=at, body=body)
    row = _waiting(work, Q(pk=awaited_id, kind__in=sorted(AUTOMATIC)))
    node = work.bundle.graph.by_id[row.node]
    event = error_event(work, node)
    if event is None:
        raise NotAwaited("Bước này không có đường đi cho lỗi.")
    moved = tasks.fire(work, event.id, row.task_id, reason[:300])
    payload = {"task": row.task_id, "node": row.node, "step": row.name, "error_event": event.id}
    return _settled(work, row, moved, Act.AUTOMATIC_STEP, node, payload, told_as_done=False)


def error_event(work: Work, node: Node) -> Node | None:
    """Return the error event at the edge of a step."""
    events_here = work.bundle.graph.boundaries.get(node.id, ())
    return next((event for event in events_here if event.kind is NodeKind.BOUNDARY_ERROR), None)


@once
def take_over_step(
    *,
    code: str,
    awaited_id: int,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
    outcome: str = "",
    seen: int | None = None,
) -> Done:
    """
    Do by hand, with the reason, what the system could not do: as who holds the step's role, or leads them.

    :raises DossierNotFound, Stale, NotAllowedNow, NotAwaited, NotAutomatic, TaskNotFound, NotYourTask, IllegalStep:
    :raises ReasonMissing, Replayed:
    """
    body = {"awaited": awaited_id, "reason": reason, "outcome": outcome}
    work = begin(act=Act.TAKE_OVER_STEP, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    words = rules.reason(reason)
    row = _waiting(work, Q(pk=awaited_id, kind__in=sorted(AUTOMATIC)))
    node = work.bundle.graph.by_id[row.node]
    if node.kind is NodeKind.USER_TASK:
        raise NotAutomatic("Bước này đang ở người xử lý; hoàn thành như mọi bước khác.")
    ways = {edge.outcome for edge in work.bundle.graph.outgoing[node.id]}
    if outcome not in ways:
        raise Invalid(errors={"outcome": "Chọn kết quả của bước."})
    moved = tasks.complete(work, _task(row), outcome, words)
    payload = {"task": row.task_id, "node": row.node, "step": row.name, "outcome": outcome, "does": row.kind}
    return _settled(
        work, row, moved, Act.TAKE_OVER_STEP, node, payload, personal={"note": words}, told_as_done=False
    )


@once
def fire_timer(*, code: str, awaited_id: int, actor: Actor, key: str, at: datetime) -> Done:
    """
    Let a moment of the process come: what waits goes on, or an event at the edge of a step happens, once.

    :raises DossierNotFound, NotAllowedNow, NotAwaited, TaskGone, IllegalStep, Replayed:
    """
    work = begin(act=Act.FIRE_TIMER, code=code, actor=actor, key=key, at=at, body={"awaited": awaited_id})
    row = _waiting(work, Q(pk=awaited_id, kind=AwaitedKind.TIMER.value, due_at__lte=at))
    moved, node = _happen(work, row)
    payload = {"task": row.task_id, "node": row.node, "step": row.name, "due_at": row.due_at}
    return _settled(work, row, moved, Act.FIRE_TIMER, node, payload)


@once
def receive_message(
    *,
    code: str,
    name: str,
    message: str,
    content: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Take a message the process waits for, by its name, the dossier's code and the sender's own number of it.

    The number is the idempotency key: the same message again changes nothing. One that comes before the dossier
    waits for it is refused, and its sender tries again: nothing is kept that might be taken up wrongly later.

    :raises DossierNotFound, Stale, NotAllowedNow, NotAwaited, NotTheirs, Invalid, IllegalStep, Replayed:
    """
    wanted, number = message_name(name), message_id(message)
    body = {"name": wanted, "message": number, "content": dict(content)}
    work = begin(
        act=Act.RECEIVE_MESSAGE, code=code, actor=actor, key=f"message:{number}", at=at, seen=seen, body=body
    )
    duty = _may_deliver(work)
    row = _waiting(work, Q(ref=wanted, kind=AwaitedKind.MESSAGE.value))
    evidence = _keep(row, EvidenceKind.MESSAGE, wanted, number, {}, content, None, at)
    moved, node = _happen(work, row)
    payload = {"task": row.task_id, "node": row.node, "step": row.name, "message": wanted, **_told(evidence)}
    return _settled(work, row, moved, Act.RECEIVE_MESSAGE, node, payload, duty=duty)


def _may_deliver(work: Work) -> DutyRef | None:
    if work.actor.kind in (ActorKind.SYSTEM, ActorKind.PARTNER):
        return None
    try:
        return work.duty(*rules.RESUMERS)
    except NoDuty:
        raise NotTheirs from None


def retry(*, awaited_id: int, actor: Actor, real: datetime) -> None:
    """
    Let an automatic step that failed be tried again at once.

    :raises NotFound: it has not failed, has succeeded meanwhile, or is not for this actor.
    """
    if automatics.failed_one(actor, awaited_id) is None:
        raise NotFound("Bước tự động này không còn trong danh sách cần làm lại.")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_awaited SET next_at = %s, given_up = false WHERE id = %s AND state = 'waiting'",
            [real, awaited_id],
        )


def failed(*, awaited_id: int, error: str, real: datetime, permanent: bool = False) -> None:
    """Keep why a step could not be done and when it is tried again, ever later; `permanent`: not by itself."""
    with transaction.atomic(durable=True):
        row = Awaited.objects.select_for_update().filter(pk=awaited_id).first()
        if row is None or row.state != AwaitedState.WAITING:
            return
        row.attempts += 1
        row.next_at = real + timing.pause_after(row.attempts)
        row.given_up = permanent
        row.error = error[:500]
        row.save(update_fields=["attempts", "next_at", "given_up", "error"])


def hand_out(real: datetime, limit: int) -> list[int]:
    """
    Take automatic steps that are due, so that nobody else does for a while; return their ids.

    In the caller's transaction, which also gives them to workers. A worker that dies leaves its step to be handed out
    again after the lease.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_awaited a SET next_at = %s FROM (SELECT w.id FROM dossiers_awaited w"
            " JOIN dossiers_dossier d ON d.subject = w.subject WHERE w.state = 'waiting'"
            " AND w.kind IN ('document', 'lookup', 'notify', 'send') AND NOT w.given_up"
            " AND (w.next_at IS NULL OR w.next_at <= %s) AND d.state = ANY(%s)"
            " ORDER BY w.next_at NULLS FIRST, w.id LIMIT %s FOR UPDATE OF w SKIP LOCKED) due"
            " WHERE a.id = due.id RETURNING a.id",
            [real + automatics.LEASE, real, sorted(rules.RUNNING), limit],
        )
        return sorted(row[0] for row in cursor.fetchall())


def fire_moments(at: datetime, real: datetime, limit: int) -> tuple[int, int]:
    """
    Let the moments of processes that have come happen, each in an act of its own; return how many did and failed.

    One whose step has ended meanwhile is dropped. What fails is kept with its reason and tried again later.
    """
    done = wrong = 0
    for due in automatics.due_moments(at, real, limit):
        try:
            fire_timer(code=due.code, awaited_id=due.id, actor=SYSTEM, key=key_of(due.id), at=at)
            done += 1
        except (TaskGone, NotAwaited):
            drop(awaited_id=due.id, at=at)
        except Exception as fault:  # any failure of an act is kept, shown and tried again
            log.exception("moment_failed", subject=due.subject, node=due.node)
            failed(awaited_id=due.id, error=_said(fault), real=real)
            wrong += 1
    return done, wrong


def drop(*, awaited_id: int, at: datetime) -> None:
    """Forget what no task waits for any more."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_awaited SET state = 'dropped', ended_at = %s WHERE id = %s AND state = 'waiting'",
            [at, awaited_id],
        )


def carry_out(awaited_id: int, at: datetime, real: datetime) -> bool:
    """
    Do one automatic step: ask outside where it is a look-up, then the act; tell whether it is done.

    What fails is kept with its reason. A source that will not answer however often it is asked leads to the error
    event of the step, where it has one.
    """
    due = automatics.due_step(awaited_id)
    if due is None:
        return False
    try:
        if due.kind is AwaitedKind.LOOKUP and not due.answered:
            _ask(due, real)
        automatic_step(code=due.code, awaited_id=due.id, actor=SYSTEM, key=key_of(due.id), at=at)
    except LookupFailed as fault:
        log.warning("lookup_failed", subject=due.subject, source=due.ref, reason=str(fault))
        if fault.permanent and _error_way(due, str(fault), at):
            return True
        failed(awaited_id=due.id, error=str(fault), real=real, permanent=fault.permanent)
        return False
    except Exception as fault:  # any failure of an act is kept, shown and tried again
        log.exception("automatic_step_failed", subject=due.subject, node=due.node)
        failed(awaited_id=due.id, error=_said(fault), real=real)
        return False
    return True


def _ask(due: automatics.Due, real: datetime) -> None:
    """Ask the source and keep its answer; the reference stays the same however often it is asked."""
    found = automatics.asked(due.id)
    if found is None:
        raise NotAwaited
    dossier, row = found
    graph = workflow_queries.definition(dossier.process_version_id).graph
    values = facts.some(dossier, graph.by_id[row.node].asks)
    reference = f"{dossier.code}-{row.pk}"
    told_by = lookups.source(row.ref).look_up(reference, values)
    store(awaited_id=row.pk, source=row.ref, reference=reference, asked=values, answer=told_by, at=real)


def _error_way(due: automatics.Due, reason: str, at: datetime) -> bool:
    try:
        fail_step(
            code=due.code,
            awaited_id=due.id,
            reason=reason,
            actor=SYSTEM,
            key=f"{key_of(due.id)}:error",
            at=at,
        )
    except NotAwaited:
        return False
    return True


def _said(fault: Exception) -> str:
    return fault.message if isinstance(fault, DomainError) else f"{type(fault).__name__}: {fault}"


# Inside


def _waiting(work: Work, wanted: Q) -> Awaited:
    """Return what the dossier waits for, the first of several; its dossier is locked."""
    row = (
        Awaited.objects.filter(wanted, subject=work.dossier.subject, state=AwaitedState.WAITING.value)
        .order_by("id")
        .first()
    )
    if row is None or row.node not in work.bundle.graph.by_id:
        raise NotAwaited
    return row


def _task(row: Awaited) -> int:
    assert row.task_id is not None  # noqa: S101 (what is done at a task has one)
    return row.task_id


def _happen(work: Work, row: Awaited) -> tuple[Moved, Node]:
    """Let a wait end, or an event at the edge of a step happen."""
    node = work.bundle.graph.by_id[row.node]
    if node.attached_to:
        return tasks.fire(work, node.id, row.task_id), node
    return tasks.resume(work, _task(row)), node


def _told(evidence: Evidence) -> dict[str, Any]:
    return {
        "source": evidence.source,
        "reference": evidence.reference,
        "confirmed": evidence.confirmed,
        "evidence": evidence.digest,
    }


def _settled(
    work: Work,
    row: Awaited,
    moved: Moved,
    act: Act,
    node: Node,
    payload: Mapping[str, Any],
    *,
    duty: DutyRef | None = None,
    personal: Mapping[str, Any] | None = None,
    told_as_done: bool = True,
) -> Done:
    """Write the act: the row is settled, the dossier shown where it stands, and what leaves the house told."""
    work.settled[row.pk] = AwaitedState.DONE
    went_on(work, moved)
    event = event_of(work, act, moved, row.name)
    told_out = _leaves(work, row, node) if told_as_done else None
    done = finish(
        work,
        act,
        duty=duty or moved.duty,
        payload={**payload, "opened": [task.node for task in moved.opened]},
        personal=personal,
        event=told_out or event,
    )
    if told_out is not None and work.dossier.state in (State.PROCESSED, State.STOPPED):
        outbox.publish(event, subject=done.subject, seq=done.seq)  # the result exists with this act, too
    return done


def _leaves(work: Work, row: Awaited, node: Node) -> events.DossierEvent | None:
    match row.kind:
        case AwaitedKind.NOTIFY:
            return told(work, events.Announced, text=node.about, step=row.name)
        case AwaitedKind.SEND:
            return told(
                work,
                events.MessageSent,
                name=node.ref,
                message_id=f"{work.dossier.code}-{row.pk}",
                step=row.name,
            )
    return None
