"""Verification on site: a visit planned, moved, called off, and its minutes (NĐ 61/2018 Art. 19.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from motcua.documents import operations as documents
from motcua.dossiers import events, papers, rules, verifying
from motcua.dossiers.models import Verification, VerificationFile
from motcua.dossiers.operations import parts, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, freeze, once, told
from motcua.dossiers.rules import Act, NoDuty
from motcua.dossiers.verifying import (
    MOST_FILES,
    MinutesMissing,
    Participant,
    VerificationClosed,
    VerificationNotFound,
    VerificationState,
    Visit,
)
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Flow
from motcua.organisation import queries as organisation
from motcua.workflow.queries import TaskRow


@once
def plan_verification(
    *,
    code: str,
    planned_at: datetime | None,
    place: str,
    purpose: str,
    visitors: str,
    applicant_needed: bool,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Plan a visit on site, as who holds a step of the dossier or leads them; the applicant is told where needed.

    The clock goes on. A part of an interlinked group runs by the longer limit its law has for a verification.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises Invalid: the moment is past, or place, content or people are not said.
    """
    body = _body(planned_at, place, purpose, visitors, applicant_needed)
    work = begin(act=Act.PLAN_VERIFICATION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    held = tasks.in_hand(work)
    duty = tasks.holding_duty(work, held)
    visit = verifying.visit(
        planned_at=planned_at, place=place, purpose=purpose, visitors=visitors,
        applicant_needed=applicant_needed, at=at,
    )  # fmt: skip
    row = Verification.objects.create(
        dossier=work.dossier,
        unit_id=duty.unit_id,
        node=_step(held, duty).node,
        state=VerificationState.PLANNED.value,
        planned_at=visit.planned_at,
        place=visit.place,
        purpose=visit.purpose,
        visitors=visit.visitors,
        applicant_needed=visit.applicant_needed,
        made_by_id=actor.staff_id or 0,
        made_at=at,
    )
    limits = parts.relimit(work, verifying=True)
    return _told(work, Act.PLAN_VERIFICATION, duty, row, events.VerificationPlanned, limits, _said(visit))


@once
def move_verification(
    *,
    code: str,
    verification_id: int,
    planned_at: datetime | None,
    place: str,
    visitors: str,
    applicant_needed: bool,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Give a planned visit another time, place or people, with the reason; what it is for stays.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises VerificationNotFound, VerificationClosed:
    :raises Invalid: as `plan_verification`.
    """
    body = {
        "verification": verification_id,
        "reason": reason,
        **_body(planned_at, place, "", visitors, applicant_needed),
    }
    work = begin(act=Act.MOVE_VERIFICATION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    row = _planned(work, verification_id)
    duty = _duty(work, tasks.in_hand(work), row)
    words = rules.reason(reason)
    visit = verifying.visit(
        planned_at=planned_at, place=place, purpose=row.purpose, visitors=visitors,
        applicant_needed=applicant_needed, at=at,
    )  # fmt: skip
    had_to_come = row.applicant_needed
    row.planned_at, row.place, row.visitors = visit.planned_at, visit.place, visit.visitors
    row.applicant_needed, row.moved, row.reason = visit.applicant_needed, row.moved + 1, words
    row.save(update_fields=["planned_at", "place", "visitors", "applicant_needed", "moved", "reason"])
    released = had_to_come and not visit.applicant_needed  # who was asked to come need not any more: told so
    kind = events.VerificationCalledOff if released else events.VerificationMoved
    return _told(
        work, Act.MOVE_VERIFICATION, duty, row, kind, {}, {**_said(visit), "reason": words},
        applicant=had_to_come or visit.applicant_needed,
    )  # fmt: skip


@once
def call_off_verification(
    *,
    code: str,
    verification_id: int,
    reason: str,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Call a planned visit off, with the reason; without another verification a part has its ordinary limit again.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises VerificationNotFound, VerificationClosed:
    """
    body = {"verification": verification_id, "reason": reason}
    work = begin(act=Act.CALL_OFF_VERIFICATION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    row = _planned(work, verification_id)
    duty = _duty(work, tasks.in_hand(work), row)
    words = rules.reason(reason)
    row.state, row.reason = VerificationState.CALLED_OFF.value, words
    row.save(update_fields=["state", "reason"])
    others = Verification.objects.filter(dossier_id=work.dossier.subject).exclude(
        state=VerificationState.CALLED_OFF.value
    )
    limits = parts.relimit(work, verifying=others.exists()) if work.dossier.part else {}
    return _told(
        work, Act.CALL_OFF_VERIFICATION, duty, row, events.VerificationCalledOff, limits, {"reason": words}
    )


@once
def record_verification(
    *,
    code: str,
    began_at: datetime | None,
    ended_at: datetime | None,
    place: str,
    participants: Sequence[Participant],
    findings: str,
    conclusion: str,
    actor: Actor,
    key: str,
    at: datetime,
    verification_id: int | None = None,
    file_ids: Sequence[int] = (),
    seen: int | None = None,
) -> Done:
    """
    Record the minutes of a visit: when, where, who took part, what was found; numbered, kept with the dossier.

    `verification_id` is the visit as planned; without it the visit was made without an appointment. `file_ids` are
    photos and scans the actor uploaded.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises VerificationNotFound, VerificationClosed:
    :raises NotFound: a file is not the actor's upload.
    :raises Invalid: what the law wants recorded is missing, or the visit is not over.
    """
    files = list(dict.fromkeys(file_ids))
    body = {
        "verification": verification_id, "began_at": began_at, "ended_at": ended_at, "place": place,
        "participants": [[one.name, one.role] for one in participants], "findings": findings,
        "conclusion": conclusion, "files": files,
    }  # fmt: skip
    work = begin(act=Act.RECORD_VERIFICATION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    dossier, held = work.dossier, tasks.in_hand(work)
    row = _planned(work, verification_id) if verification_id is not None else None
    duty = _duty(work, held, row)
    made = verifying.minutes(
        began_at=began_at, ended_at=ended_at, place=place, participants=participants, findings=findings,
        conclusion=conclusion, accepted_at=dossier.accepted_at, at=at,
    )  # fmt: skip
    if len(files) > MOST_FILES:
        raise Invalid(errors={"files": f"Mỗi biên bản kèm không quá {MOST_FILES} tệp."})
    documents.attach(actor=actor, file_ids=files, subject=dossier.subject)
    unit = organisation.unit(duty.unit_id)
    if row is None:
        row = Verification(
            dossier=dossier, unit_id=duty.unit_id, node=_step(held, duty).node, made_by_id=actor.staff_id or 0,
            made_at=at,
        )  # fmt: skip
    signer = replace(papers.signer(actor, unit), prefixes=())
    minutes = papers.site_minutes(
        dossier, work.bundle, signer, unit, made, purpose=row.purpose, files=len(files), at=at
    )
    document = freeze(work, minutes, unit_id=unit.id)
    row.state, row.place = VerificationState.RECORDED.value, made.place
    row.began_at, row.ended_at = made.began_at, made.ended_at
    row.participants = [{"name": one.name, "role": one.role} for one in made.participants]
    row.findings, row.conclusion = made.findings, made.conclusion
    row.recorded_by_id, row.recorded_at, row.document_id = actor.staff_id, at, document.pk
    row.save()
    VerificationFile.objects.bulk_create(
        VerificationFile(verification=row, no=number, file_id=file_id)
        for number, file_id in enumerate(files, 1)
    )
    return finish(
        work,
        Act.RECORD_VERIFICATION,
        duty=duty,
        payload={
            "verification": row.pk,
            "form": document.number,
            "began_at": made.began_at,
            "ended_at": made.ended_at,
            "people": len(made.participants),
            "files": files,
            **parts.relimit(work, verifying=True),
        },
        personal={
            "place": made.place,
            "participants": row.participants,
            "findings": made.findings,
            "conclusion": made.conclusion,
        },
        event=told(work, events.VerifiedOnSite, document_id=document.pk),
    )


def check_minutes(work: Work, closed: TaskRow) -> None:
    """
    Let the outcome of a step pass that is a verification on site: its minutes are recorded, or it goes back.

    :raises MinutesMissing: none was recorded at this step (one statement, only for such steps).
    """
    graph = work.bundle.graph
    way = graph.by_outcome.get((closed.node, closed.outcome))
    if not graph.by_id[closed.node].on_site or (way is not None and way.flow is Flow.BACK):
        return
    recorded = Verification.objects.filter(
        dossier_id=work.dossier.subject, node=closed.node, state=VerificationState.RECORDED.value
    )
    if not recorded.exists():
        raise MinutesMissing


def _body(
    planned_at: datetime | None, place: str, purpose: str, visitors: str, applicant_needed: bool
) -> dict[str, Any]:
    return {
        "planned_at": planned_at, "place": place, "purpose": purpose, "visitors": visitors,
        "applicant_needed": applicant_needed,
    }  # fmt: skip


def _said(visit: Visit) -> dict[str, str]:
    return {"place": visit.place, "purpose": visit.purpose, "visitors": visit.visitors}


def _told(
    work: Work,
    act: Act,
    duty: DutyRef,
    row: Verification,
    kind: type[events.VerificationPlanned],
    limits: dict[str, Any],
    personal: dict[str, str],
    *,
    applicant: bool | None = None,
) -> Done:
    """Write the entry of a planned visit and tell it."""
    needed = row.applicant_needed if applicant is None else applicant
    return finish(
        work,
        act,
        duty=duty,
        payload={"verification": row.pk, "planned_at": row.planned_at, "applicant": needed, **limits},
        personal=personal,
        event=told(work, kind, planned_at=row.planned_at, applicant=needed),
    )


def _planned(work: Work, verification_id: int) -> Verification:
    """
    Return a planned visit of the dossier (one statement; the dossier's lock covers it).

    :raises VerificationNotFound, VerificationClosed:
    """
    row = Verification.objects.filter(pk=verification_id, dossier_id=work.dossier.subject).first()
    if row is None:
        raise VerificationNotFound
    if row.state != VerificationState.PLANNED:
        raise VerificationClosed
    return row


def _duty(work: Work, held: Sequence[TaskRow], row: Verification | None) -> DutyRef:
    """
    Return the duty on an open step, or, while nobody holds one, that in the unit of the visit of who planned it.

    :raises NoDuty:
    """
    try:
        return tasks.holding_duty(work, held)
    except NoDuty:
        if row is None or row.made_by_id != work.actor.staff_id:
            raise
        mine = next((duty for duty in work.actor.duties if duty.unit_id == row.unit_id), None)
        if mine is None:
            raise
        return mine


def _step(held: Sequence[TaskRow], duty: DutyRef) -> TaskRow:
    """Return the open step that a duty is held on: of its role in its unit first."""
    return next((row for row in held if (row.unit_id, row.role) == (duty.unit_id, duty.role)), held[0])
