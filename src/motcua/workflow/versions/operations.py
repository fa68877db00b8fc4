"""Writing of process versions: draft, save, check, approve, discard; each an act with its ledger entry and event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from motcua.catalogue import queries as catalogue
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.process import (
    Edge,
    EndKind,
    Graph,
    Node,
    NodeKind,
    Problem,
    authored,
    calls,
    check,
    flatten,
    from_json,
    to_json,
)
from motcua.kernel.process.bpmn import BpmnInvalid, Fault, read, write
from motcua.kernel.process.called import Resolve
from motcua.kernel.process.condition import Fact
from motcua.kernel.process.worst import Worst
from motcua.platform import constraints, idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessDraft, ProcessVersion
from motcua.workflow.versions import events, naming, queries, rules
from motcua.workflow.versions.rules import (
    OPEN,
    AlreadyDrafted,
    ApprovalInvalid,
    DraftChanged,
    DraftClosed,
    DraftNotFound,
    DraftState,
    Nameable,
    NotAllowed,
    NotChecked,
)

__all__ = [
    "AlreadyDrafted",
    "ApprovalInvalid",
    "BpmnInvalid",
    "DraftChanged",
    "DraftClosed",
    "DraftNotFound",
    "NotAllowed",
    "NotChecked",
    "approve",
    "called_from",
    "discard",
    "mark_checked",
    "problems",
    "save",
    "start",
]


def problems(
    graph: Graph,
    *,
    limit_hours: Decimal | None,
    may: Nameable,
    worst: Worst | None = None,
    known: Mapping[str, Fact] | None = None,
    resolve: Resolve | None = None,
    own: Collection[str] = (),
) -> list[Problem]:
    """
    Return what is wrong with a process that is to carry dossiers, faults before warnings.

    What it calls is checked in its place where `resolve` finds it; a problem in there is told of the call. `may` is
    what its steps may name.
    """
    found = rules.fitness(graph)
    if resolve is not None and calls(graph):
        graph, wrong = flatten(graph, resolve, own)
        found += wrong
    for problem in (*rules.misnamed(graph, may), *check(graph, limit_hours, worst=worst, known=known)):
        nodes = tuple(dict.fromkeys(authored(node) for node in problem.nodes))
        found.append(replace(problem, node=authored(problem.node), nodes=nodes))
    return sorted(found, key=lambda problem: problem.warning)


def called_from(procedure_version_id: int, variant: str, on: date) -> tuple[Resolve, tuple[str, ...]]:
    """Return what finds the processes that a variant calls on a day, and the references that mean itself."""
    code = catalogue.definition(procedure_version_id).code
    return lambda reference: queries.called(reference, on), (code, f"{code}/{variant}")


def start(
    *,
    procedure_version_id: int,
    variant: str,
    actor: Actor,
    key: str,
    at: datetime,
    levels: tuple[str, ...] = (),
) -> int:
    """
    Start a draft from the newest version of the variant, or an empty one; return its number.

    :raises NotAllowed, AlreadyDrafted:
    """
    definition = catalogue.definition(procedure_version_id)
    duty = rules.duty(actor, definition.field)
    try:
        with constraints.kept("workflow_draft_one_open", AlreadyDrafted), transaction.atomic():
            body = {"procedure_version": procedure_version_id, "variant": variant}
            subject = idempotency.take(actor, key, "workflow.draft", body, at=at)
            rows = ProcessDraft.objects.filter(
                procedure_version_id=procedure_version_id, variant=variant, state__in=OPEN
            )
            if rows.exists():
                raise AlreadyDrafted
            base = (
                ProcessVersion.objects.filter(procedure_version_id=procedure_version_id, variant=variant)
                .order_by("-id")
                .first()
            )
            graph = from_json(base.graph) if base else _empty(variant, levels)
            drawn = base.drawing if base and base.drawing else write(graph).decode()
            if base and base.drawing:  # as it was drawn: what it calls is put in place anew at the approval
                graph = read(base.drawing.encode()).graph
            row = ProcessDraft.objects.create(
                subject=subject,
                procedure_version_id=procedure_version_id,
                variant=variant,
                base=base,
                graph=to_json(graph),
                drawing=drawn,
                state=DraftState.DRAFT,
                drafted_by_id=_staff(actor),
                drafted_at=at,
                changed_by_id=_staff(actor),
                changed_at=at,
            )
            event = events.Drafted(**_told(row, definition.code))
            _enter(row, "process_draft", actor, duty, at, event, before="", base=base.pk if base else None)
            return row.pk
    except idempotency.AlreadyDone as done:
        return ProcessDraft.objects.values_list("pk", flat=True).get(subject=done.subject)


def save(*, draft_id: int, revision: int, drawing: bytes, actor: Actor, key: str, at: datetime) -> int:
    """
    Save a draft as drawn and return its new revision; it has to be checked anew.

    The table view hands in the same: its steps written into the file (`bpmn.write`).

    :raises BpmnInvalid: the file holds something outside the subset, or a step names a part of the form or a paper
        that is not there; nothing is saved.
    :raises NotAllowed, DraftNotFound, DraftClosed, DraftChanged:
    """
    drawn = read(drawing)
    graph = drawn.graph
    digest = hashlib.sha256(drawing).hexdigest()
    try:
        with transaction.atomic():
            body = {"draft": draft_id, "revision": revision, "drawing": digest}
            idempotency.take(actor, key, "workflow.save_draft", body, at=at, subject=0)
            row, duty, code = _open(draft_id, revision, actor)
            if graph.name != row.variant:
                raise BpmnInvalid([Fault("", f"Sơ đồ phải giữ mã quy trình “{row.variant}”.")])
            wrong = rules.misnamed(graph, naming.nameable(row.procedure_version_id, _day(at)))
            if wrong:
                raise BpmnInvalid([Fault(drawn.elements[one.node], one.message) for one in wrong])
            before = row.state
            row.graph, row.drawing = to_json(graph), drawing.decode("utf-8-sig")
            row.state, row.revision = DraftState.DRAFT, row.revision + 1
            row.changed_by_id, row.changed_at = _staff(actor), at
            row.save(update_fields=["graph", "drawing", "state", "revision", "changed_by", "changed_at"])
            event = events.Saved(**_told(row, code))
            _enter(row, "process_save", actor, duty, at, event, before=before, drawing=digest)
            return row.revision
    except idempotency.AlreadyDone:
        return revision + 1


def mark_checked(
    *,
    draft_id: int,
    revision: int,
    actor: Actor,
    key: str,
    at: datetime,
    worst: Worst | None = None,
    known: Mapping[str, Fact] | None = None,
) -> list[Problem]:
    """
    Check a draft as it stands; without faults it is ready for the decision. Return faults and warnings.

    :raises NotAllowed, DraftNotFound, DraftClosed, DraftChanged:
    """
    try:
        with transaction.atomic():
            body = {"draft": draft_id, "revision": revision}
            idempotency.take(actor, key, "workflow.check_draft", body, at=at, subject=0)
            row, duty, code = _open(draft_id, revision, actor)
            found = _problems(row, worst, known, at)
            if row.state == DraftState.DRAFT and all(problem.warning for problem in found):
                row.state = DraftState.CHECKED
                row.save(update_fields=["state"])
                event = events.Checked(**_told(row, code))
                codes = [problem.code for problem in found]
                _enter(row, "process_check", actor, duty, at, event, before=DraftState.DRAFT, warnings=codes)
            return found
    except idempotency.AlreadyDone:
        return _problems(ProcessDraft.objects.get(pk=draft_id), worst, known, at)


def approve(
    *,
    draft_id: int,
    revision: int,
    decision_no: str,
    decided_on: date | None,
    effective_on: date | None,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Make a checked draft the version of the process from a day on, by a decision; return the version's number.

    Dossiers received before keep the version they run by (R-042).

    :raises NotAllowed, DraftNotFound, DraftClosed, DraftChanged, NotChecked, ApprovalInvalid:
    """
    try:
        with transaction.atomic():
            body = {
                "draft": draft_id, "revision": revision, "decision": decision_no,
                "decided_on": str(decided_on), "effective_on": str(effective_on),
            }  # fmt: skip
            idempotency.take(actor, key, "workflow.approve_draft", body, at=at, subject=0)
            row, duty, code = _open(draft_id, revision, actor)
            if row.state != DraftState.CHECKED:
                raise NotChecked
            number = rules.approval(decision_no, decided_on, effective_on, _day(at))
            assert effective_on is not None  # noqa: S101 (approval() has refused it)
            field = catalogue.definition(row.procedure_version_id).field
            resolve, own = called_from(row.procedure_version_id, row.variant, _day(at))
            flat, wrong = flatten(from_json(row.graph), resolve, own)
            wrong += rules.misnamed(flat, naming.nameable(row.procedure_version_id, effective_on))
            if wrong:  # what it calls, or the forms of the day it takes effect, are not what was checked
                raise NotChecked(" ".join(problem.message for problem in wrong))
            graph = to_json(flat)
            # The decision is part of what is digested: the same steps may be decided upon again.
            text = json.dumps([graph, field, number, str(effective_on)], ensure_ascii=False, sort_keys=True)
            digest = hashlib.sha256(text.encode()).hexdigest()
            version, made = ProcessVersion.objects.get_or_create(
                procedure_version_id=row.procedure_version_id,
                variant=row.variant,
                digest=digest,
                defaults={
                    "graph": graph,
                    "levels": row.graph["levels"],
                    "field": field,
                    "decision_no": number,
                    "decided_on": decided_on,
                    "effective_on": effective_on,
                    "approved_by_id": _staff(actor),
                    "drawing": row.drawing,
                },
            )
            if not made:
                said = "Đã có một bản quy trình giống hệt theo quyết định này, áp dụng cùng ngày."
                raise ApprovalInvalid(errors={"decision_no": said})
            row.state, row.version = DraftState.APPROVED, version
            row.save(update_fields=["state", "version"])
            event = events.Approved(
                **_told(row, code),
                process_version_id=version.pk,
                decision_no=number,
                effective_on=effective_on,
            )
            _enter(
                row, "process_approve", actor, duty, at, event, before=DraftState.CHECKED,
                version=version.pk, decision_no=number, decided_on=str(decided_on),
                effective_on=str(effective_on), digest=digest,
            )  # fmt: skip
            transaction.on_commit(workflow.forget)
            return version.pk
    except idempotency.AlreadyDone:
        return ProcessDraft.objects.values_list("version_id", flat=True).get(pk=draft_id) or 0


def discard(*, draft_id: int, revision: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Give a draft up; it stays in the ledger, and another may be started.

    :raises NotAllowed, DraftNotFound, DraftClosed, DraftChanged:
    """
    try:
        with transaction.atomic():
            body = {"draft": draft_id, "revision": revision}
            idempotency.take(actor, key, "workflow.discard_draft", body, at=at, subject=0)
            row, duty, code = _open(draft_id, revision, actor)
            before, row.state = row.state, DraftState.DISCARDED
            row.save(update_fields=["state"])
            _enter(
                row, "process_discard", actor, duty, at, events.Discarded(**_told(row, code)), before=before
            )
    except idempotency.AlreadyDone:
        return


# Inside


def _day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()


def _staff(actor: Actor) -> int:
    """Return who acts; only staff hold the duty."""
    if actor.staff_id is None:
        raise NotAllowed
    return actor.staff_id


def _empty(variant: str, levels: tuple[str, ...]) -> Graph:
    return Graph(
        variant,
        (Node("start", NodeKind.START, "Bắt đầu"), Node("end", NodeKind.END, "Hoàn thành", end=EndKind.DONE)),
        (Edge("start-end", "start", "end"),),
        levels=levels,
    )


def _open(draft_id: int, revision: int, actor: Actor) -> tuple[ProcessDraft, DutyRef, str]:
    """Return the draft under its lock, the actor's duty and the code of the procedure."""
    row = ProcessDraft.objects.select_for_update(no_key=True).filter(pk=draft_id).first()
    if row is None:
        raise DraftNotFound
    definition = catalogue.definition(row.procedure_version_id)
    duty = rules.duty(actor, definition.field)
    if row.state not in OPEN:
        raise DraftClosed
    if row.revision != revision:
        raise DraftChanged
    return row, duty, definition.code


def _problems(
    row: ProcessDraft, worst: Worst | None, known: Mapping[str, Fact] | None, at: datetime
) -> list[Problem]:
    body = catalogue.definition(row.procedure_version_id).body
    resolve, own = called_from(row.procedure_version_id, row.variant, _day(at))
    return problems(
        from_json(row.graph),
        limit_hours=rules.limit_hours(body),
        may=naming.nameable(row.procedure_version_id, _day(at)),
        worst=worst,
        known=known,
        resolve=resolve,
        own=own,
    )


def _told(row: ProcessDraft, code: str) -> dict[str, Any]:
    return {"draft_id": row.pk, "procedure_code": code, "variant": row.variant, "revision": row.revision}


def _enter(
    row: ProcessDraft,
    act: str,
    actor: Actor,
    duty: DutyRef,
    at: datetime,
    event: events.DraftEvent,
    *,
    before: str,
    **payload: Any,
) -> None:
    definition = catalogue.definition(row.procedure_version_id)
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty, procedure_code=definition.code, field_code=definition.field),
        payload={
            "draft": row.pk,
            "variant": row.variant,
            "revision": row.revision,
            "before": str(before),
            "after": str(row.state),
            **payload,
        },
        event=event,
    )
