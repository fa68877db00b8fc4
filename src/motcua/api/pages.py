"""From the rows of queries to the shapes of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from motcua.api import shapes
from motcua.catalogue import queries as catalogue
from motcua.documents import queries as documents
from motcua.dossiers import definitions, duedates, linked, nonterritorial, operations, queries
from motcua.dossiers.clockwork import Clock, explained
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import ACT_NAMES, STATE_NAMES, Act, State
from motcua.kernel.actor import Actor
from motcua.kernel.process import Graph, happy_path
from motcua.notifications import queries as notifications
from motcua.organisation import queries as organisation
from motcua.parties.rules import mask, mask_phone
from motcua.platform import clock, history
from motcua.workflow import queries as workflow


def _code(unit_id: int | None) -> str | None:
    return organisation.unit(unit_id).code if unit_id is not None else None


def done(of: operations.Done) -> shapes.Done:
    """Return what an act left behind."""
    return shapes.Done.model_construct(
        code=of.code,
        subject=of.subject,
        state=str(of.state),
        state_name=STATE_NAMES[State(of.state)],
        seq=of.seq,
        due_at=of.due_at,
        papers=dict(of.papers),
        opened=[_opened(item) for item in of.opened],
        again=of.again,
    )


def _opened(found: workflow.TaskRow) -> shapes.Opened:
    graph = workflow.definition(found.process_id).graph
    return shapes.Opened.model_construct(
        task_id=found.id,
        node=found.node,
        name=found.name,
        unit=organisation.unit(found.unit_id).code,
        role=found.role,
        assignee_id=found.assignee_id,
        due_at=found.due_at,
        handover=graph.handover is not None and found.node == graph.handover.id,
        main=_main_path(found.process_id).get(found.node, ""),
    )


def row(found: queries.ListRow) -> shapes.DossierRow:
    """Return a line of a list; names of procedure and units come from memory."""
    return shapes.DossierRow.model_construct(
        code=found.code,
        procedure=found.procedure_code,
        procedure_name=catalogue.definition(found.procedure_version_id).name,
        owner_name=found.owner_name,
        owner_number=mask(found.owner_number),
        owner_phone=mask_phone(found.owner_phone),
        submitter_name=found.submitter_name,
        channel=found.channel,
        state=found.state,
        state_name=STATE_NAMES[State(found.state)],
        decision=found.decision,
        step=found.step_name,
        holder_unit=_code(found.holder_unit_id),
        holder_name=found.holder_name,
        receiving_unit=organisation.unit(found.receiving_unit_id).code,
        filed_at=found.filed_at,
        answer_by=found.answer_by,
        accepted_at=found.accepted_at,
        due_at=found.due_at,
        ended_at=found.ended_at,
        seq=found.seq,
    )


def task(found: workflow.TaskRow, of: queries.ListRow) -> shapes.TaskLine:
    """Return a line of a work list."""
    return shapes.TaskLine.model_construct(
        task_id=found.id,
        step=found.name,
        about=found.about,
        unit=organisation.unit(found.unit_id).code,
        role=found.role,
        assignee_id=found.assignee_id,
        opened_at=found.opened_at,
        step_due_at=found.due_at,
        dossier=row(of),
    )


def dossier(actor: Actor, view: queries.DossierView, *, ledger: bool, notices: bool) -> shapes.DossierOut:
    """Return a whole dossier: two statements more for steps and documents, one each for ledger and notices."""
    d = view.dossier
    bundle = definitions.bundle(d.procedure_version_id, d.form_version_id, d.process_version_id)
    entries = history.entries(actor, d.subject) if ledger else None
    tasks = workflow.of_subject(actor, d.subject)
    family = linked.family(actor, d)
    return shapes.DossierOut.model_construct(
        code=d.code,
        check_value=d.check_value,
        subject=d.subject,
        seq=d.seq,
        procedure=d.procedure_code,
        procedure_name=bundle.procedure.name,
        state=d.state,
        state_name=STATE_NAMES[State(d.state)],
        decision=d.decision,
        channel=d.channel,
        return_channel=d.return_channel,
        return_address=d.return_address,
        sets=d.sets,
        owner_id=d.owner_id,
        owner_name=d.owner_name,
        owner_number=d.owner_number,
        owner_phone=d.owner_phone,
        submitter_id=d.submitter_id,
        submitter_name=d.submitter_name,
        receiving_unit=organisation.unit(d.receiving_unit_id).code,
        receiving_unit_name=organisation.unit(d.receiving_unit_id).name,
        competent_unit=organisation.unit(d.competent_unit_id).code if d.competent_unit_id else None,
        handing=nonterritorial.handing(d).value,
        forwarded_at=d.forwarded_at,
        confirmed_at=d.confirmed_at,
        expected_due_at=d.expected_due_at,
        pass_by=d.pass_by,
        agency=organisation.root_of_agency(d.agency_id).code,
        step=d.step_name,
        holder_unit=_code(d.holder_unit_id),
        holder_name=d.holder_name,
        filed_at=d.filed_at,
        answer_by=d.answer_by,
        accepted_at=d.accepted_at,
        processed_at=d.processed_at,
        ended_at=d.ended_at,
        returned_at=d.returned_at,
        supplement_due_at=d.supplement_due_at,
        deadline=_deadline(d, entries),
        clocks=_clocks(view, tasks),
        group=family.code if family is not None and d.parent_id is not None else "",
        part=d.part,
        mirrored=d.mirrored,
        parts=_parts(family) if family is not None else [],
        answers=view.answers,
        components=[
            shapes.ComponentOut.model_construct(
                paper=item.paper,
                name=item.name,
                state=item.state,
                required=item.required,
                originals=item.originals,
                copies=item.copies,
                file_id=item.file_id,
            )
            for item in view.components
        ],
        requests=[
            shapes.RequestOut.model_construct(
                stage=item.stage,
                items=item.items,
                reason=item.reason,
                requested_at=item.requested_at,
                answer_by=item.answer_by,
                answered_at=item.answered_at,
            )
            for item in view.requests
        ],
        steps=[_step(bundle.graph, item) for item in tasks],
        documents=[
            shapes.DocumentOut.model_construct(
                id=item.id,
                kind=item.kind.value,
                number=item.number,
                title=item.title,
                created_at=item.created_at,
                superseded=item.superseded,
            )
            for item in documents.documents_of(actor, d.subject)
        ],
        ledger=_ledger(entries) if entries is not None else None,
        notices=_notices(actor, d.subject) if notices else None,
    )


def _parts(family: linked.Family) -> list[shapes.PartOut]:
    now = clock.now()
    return [
        shapes.PartOut.model_construct(
            key=one.key,
            name=one.name,
            procedure=one.procedure_code,
            agency=one.agency,
            code=one.code,
            visible=one.visible,
            part_state=one.part_state.value,
            state=one.state.value if one.state else "",
            state_name=one.state_name,
            decision=one.decision,
            reason=one.reason,
            mirrored=one.mirrored,
            planned_at=one.planned_at,
            answer_by=one.answer_by,
            accepted_at=one.accepted_at,
            due_at=one.due_at,
            ended_at=one.ended_at,
            unacknowledged=one.unacknowledged(now),
            late=one.late(now),
            papers=[
                shapes.PartPaper.model_construct(
                    title=paper.title,
                    number=paper.number,
                    document_id=paper.document_id,
                    file_id=paper.file_id,
                )
                for paper in one.papers
            ],
        )
        for one in family.members
    ]


def _clocks(view: queries.DossierView, tasks: Sequence[workflow.TaskRow]) -> list[shapes.ClockOut]:
    return [
        shapes.ClockOut.model_construct(
            kind=one.kind.value,
            name=one.name,
            due_at=one.due_at,
            late=one.late,
            paused=one.paused,
            left=one.left,
            explanation=list(one.lines),
        )
        for one in view.clocks(tasks, clock.now())
    ]


def _deadline(d: Dossier, entries: list[history.Happened] | None) -> shapes.DeadlineOut | None:
    if d.due_at is None or not d.clock:
        return None
    return shapes.DeadlineOut.model_construct(
        due_at=d.due_at,
        original_due_at=d.original_due_at,
        explanation=explained(Clock.from_json(d.clock)),
        history=None
        if entries is None
        else [
            shapes.DueChangeOut.model_construct(
                before=one.before,
                after=one.after,
                act=one.act,
                ground=one.ground,
                form=one.form,
                officer_id=one.officer_id,
                at=one.at,
                late=one.late,
            )
            for one in duedates.changes(entries)
        ],
    )


@lru_cache(maxsize=4096)
def _main_path(process_id: int) -> Mapping[str, str]:
    """Return the outcome of every step on the way to a granted result; processes never change."""
    path = happy_path(workflow.definition(process_id).graph)
    return {step.node: step.outcome for step in reversed(path)}


def _step(graph: Graph, found: workflow.TaskRow) -> shapes.StepOut:
    outcomes: list[shapes.OutcomeOut] = []
    if found.is_open:
        main = _main_path(found.process_id).get(found.node, "")
        outcomes = [
            shapes.OutcomeOut.model_construct(outcome=edge.outcome, name=edge.name, main=edge.outcome == main)
            for edge in graph.outcomes(found.node)
        ]
    unit, node = organisation.unit(found.unit_id), graph.by_id.get(found.node)
    return shapes.StepOut.model_construct(
        task_id=found.id,
        node=found.node,
        name=found.name,
        unit=unit.code,
        unit_name=unit.name,
        role=found.role,
        assignee_id=found.assignee_id,
        state=found.state,
        opened_at=found.opened_at,
        due_at=found.due_at,
        done_at=found.done_at,
        outcome=found.outcome,
        handover=graph.handover is not None and found.node == graph.handover.id,
        on_site=node is not None and node.on_site,
        form_parts=list(node.form_parts) if node is not None else [],
        prints=list(node.prints) if node is not None else [],
        outcomes=outcomes,
    )


def _ledger(entries: list[history.Happened]) -> list[shapes.EntryOut]:
    return [
        shapes.EntryOut.model_construct(
            seq=item.seq,
            act=item.act,
            act_name=ACT_NAMES[Act(item.act)],
            at=item.at,
            occurred_at=item.occurred_at,
            actor_kind=item.actor_kind,
            officer_id=item.officer_id,
            unit=_code(item.unit_id),
            state_before=item.state_before,
            state_after=item.state_after,
            due_before=item.due_before,
            due_after=item.due_after,
        )
        for item in entries
    ]


def _notices(actor: Actor, subject: int) -> list[shapes.NoticeOut]:
    return [
        shapes.NoticeOut.model_construct(
            channel=item.channel.value,
            title=item.title,
            text=item.text,
            address=item.address,
            state=item.state.value,
            at=item.at,
        )
        for item in notifications.of_subject(actor, subject)
    ]
