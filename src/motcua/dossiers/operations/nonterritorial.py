"""Received for another agency: forward to it, its confirmation of receipt, sending back (R-074, R-075)."""

from __future__ import annotations

from datetime import datetime

from motcua.catalogue import queries as catalogue
from motcua.dossiers import clockwork, definitions, events, nonterritorial, rules
from motcua.dossiers.nonterritorial import OtherLevel, Why
from motcua.dossiers.operations import restating, slips, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, settings, told
from motcua.dossiers.operations.receipt import RECEIVERS
from motcua.dossiers.rules import Act, State
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.organisation import queries as organisation
from motcua.payments import operations as payments
from motcua.platform import access
from motcua.workflow import operations as workflow


def send_on(
    work: Work, duty: DutyRef | None, what: str, competent_unit_id: int | None, *, paper: bool
) -> Done:
    """
    Hand a dossier over to the one-stop unit of the agency that decides; from now on both units see it.

    `competent_unit_id` corrects whose competence it is, where it was sent back; with `paper` papers go by hand.

    :raises Invalid, OtherLevel: the unit named does not decide, or by another process.
    """
    dossier, at = work.dossier, work.at
    agency_before = dossier.agency_id
    if competent_unit_id is not None and competent_unit_id != dossier.competent_unit_id:
        _redirect(work, competent_unit_id)
    assert dossier.competent_unit_id is not None  # noqa: S101  (a database constraint)
    late = dossier.pass_by is not None and at > dossier.pass_by
    dossier.forwarded_at = at
    dossier.pass_by = nonterritorial.to_confirm_by(at, settings(work), tasks.policy(work), work.calendar)
    row = workflow.pass_on(
        row=tasks.reception(work), unit_id=dossier.competent_unit_id, due_at=dossier.pass_by
    )
    tasks.stands(work, row)
    access.grant(dossier.subject, units=[dossier.competent_unit_id], scope="work")
    if paper:
        restating.note_paper(dossier, at, dossier.receiving_unit_id)
    changed = {"agency_before": agency_before} if agency_before != dossier.agency_id else {}
    return finish(
        work,
        Act.FORWARD,
        duty=duty,
        payload={
            "from_unit": dossier.receiving_unit_id,
            "to_unit": dossier.competent_unit_id,
            "confirm_by": dossier.pass_by,
            "late": late,
            "by": "paper" if paper else "electronic",
            **changed,
        },
        personal={"what": what.strip()} if what.strip() else None,
        event=told(
            work,
            events.StepMoved,
            act=Act.FORWARD.value,
            step=dossier.step_name,
            unit_ids=(dossier.competent_unit_id,),
        ),
    )


def _redirect(work: Work, competent_unit_id: int) -> None:
    """
    Take another unit as the one that decides.

    :raises Invalid: it does not receive the procedure by its own competence.
    :raises OtherLevel: it decides by another process than the dossier runs by.
    """
    dossier, on = work.dossier, work.at.astimezone(LOCAL).date()
    procedure = work.bundle.procedure
    unit = organisation.unit_in_force(competent_unit_id, on)
    if unit.kind not in catalogue.receiving_kinds(procedure.receiving_places):
        raise Invalid(errors={"competent_unit": f"{unit.name} không có thẩm quyền tiếp nhận thủ tục này."})
    if definitions.current(procedure.code, unit.id, on).process.id != dossier.process_version_id:
        raise OtherLevel
    if (
        dossier.place_unit_id is not None
        and organisation.unit(dossier.place_unit_id).agency_id == dossier.agency_id
    ):
        dossier.place_unit_id = None  # the place was that of the agency that is not competent
    decided = organisation.resolve_unit(
        work.bundle.graph.decided_by,
        unit.id,
        on,
        place_unit_id=dossier.place_unit_id,
        procedure_code=procedure.code,
        procedure_field=procedure.field,
    )
    if decided.agency_id != dossier.agency_id:  # who answers for it sees it, and nobody else's leaders
        mistaken = organisation.root_of_agency(dossier.agency_id)
        access.revoke(dossier.subject, mistaken.id, scope="work")
        right = organisation.root_of_agency(decided.agency_id)
        access.grant(dossier.subject, units=[right.id], scope="work")
    dossier.competent_unit_id, dossier.agency_id = unit.id, decided.agency_id
    payments.belongs_to(subject=dossier.subject, unit_id=unit.id)


def competent_duty(work: Work) -> DutyRef | None:
    """
    Return the one-stop duty of the actor at the competent agency's unit.

    :raises NoDuty: the actor has none there.
    """
    return work.duty(*RECEIVERS, unit_id=work.dossier.competent_unit_id)


@once
def confirm_receipt(*, code: str, actor: Actor, key: str, at: datetime, seen: int | None = None) -> Done:
    """
    Confirm that the competent agency has received a dossier another unit took in: its clock starts now.

    The date told so far was an expected one; a slip with the promised date takes the place of the first.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, NotYourTask:
    """
    work = begin(act=Act.CONFIRM_RECEIPT, code=code, actor=actor, key=key, at=at, seen=seen, body={})
    duty = competent_duty(work)
    dossier = work.dossier
    task = tasks.reception(work)
    clock = clockwork.start(
        at,
        work.bundle.procedure.limit(dossier.terms),
        tasks.policy(work),
        work.calendar,
        work.bundle.steps,
    )
    late = dossier.pass_by is not None and at > dossier.pass_by
    expected = dossier.expected_due_at
    dossier.confirmed_at = dossier.clock_started_at = at
    dossier.pass_by = None
    dossier.due_at = dossier.original_due_at = clock.deadline.at
    dossier.clock = clock.to_json()
    dossier.state = State.IN_PROCESS.value
    moved = tasks.complete(work, task.id, Outcome.ACCEPT)
    tasks.show(work, moved)
    slip = slips.made(work, dossier.competent_unit_id or dossier.receiving_unit_id)
    return finish(
        work,
        Act.CONFIRM_RECEIPT,
        duty=duty,
        payload={
            "slip": slip.number,
            "expected": expected,
            "limit": clock.deadline.limit.to_json(),
            "late": late,
            "opened": [row.node for row in moved.opened],
        },
        event=told(
            work,
            events.ReceiptConfirmed,
            document_id=slip.id,
            expected_due_at=expected,
            unit_ids=tuple(sorted({row.unit_id for row in moved.opened})),
        ),
    )


@once
def send_back(
    *, code: str, actor: Actor, key: str, at: datetime, why: str, reason: str, seen: int | None = None
) -> Done:
    """
    Send a dossier back to the unit that received it, with the reason: not competent, or not complete.

    It stays accepted and counts as no fault of the applicant. Who is not competent does not see it any longer.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, Invalid:
    """
    body = {"why": why, "reason": reason}
    work = begin(act=Act.SEND_BACK, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = competent_duty(work)
    because, words = nonterritorial.why(why), rules.reason(reason)
    dossier = work.dossier
    here = organisation.calendar(dossier.receiving_unit_id)
    dossier.forwarded_at = None
    dossier.pass_by = nonterritorial.to_forward_by(at, settings(work), here)
    row = workflow.pass_on(
        row=tasks.reception(work), unit_id=dossier.receiving_unit_id, due_at=dossier.pass_by, note=words
    )
    tasks.stands(work, row)
    if because is Why.NOT_COMPETENT and dossier.competent_unit_id != dossier.receiving_unit_id:
        access.revoke(dossier.subject, dossier.competent_unit_id or 0, scope="work")
    return finish(
        work,
        Act.SEND_BACK,
        duty=duty,
        payload={
            "from_unit": dossier.competent_unit_id,
            "to_unit": dossier.receiving_unit_id,
            "why": because.value,
            "forward_by": dossier.pass_by,
            **restating.crossing(dossier.competent_unit_id or 0, [dossier.receiving_unit_id]),
        },
        personal={"reason": words},
        event=told(work, events.SentBack, why=because.value, unit_ids=(dossier.receiving_unit_id,)),
    )
