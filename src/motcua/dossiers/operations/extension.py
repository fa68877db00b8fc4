"""
A dossier that will not be done in time: the letter of apology drafted, and signed with a new date (form 04).

NĐ 61/2018 Art. 19.9, kept in NĐ 118/2025; R-183 to R-185. The original due date stays on the dossier for ever.
"""

from __future__ import annotations

from datetime import date, datetime

from motcua.dossiers import clockwork, events, foresight, papers, rules, timing
from motcua.dossiers.clockwork import Promise
from motcua.dossiers.models import Extension
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import (
    Done,
    Work,
    begin,
    competent,
    finish,
    freeze,
    once,
    set_points,
    told,
)
from motcua.dossiers.rules import Act, AlreadyExtended, Cause, NoDuty, NotAllowedNow
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL, OutOfCalendar
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.workflow.queries import TaskRow


@once
def propose_extension(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    cause: str,
    reason: str,
    new_due_on: date,
    seen: int | None = None,
) -> Done:
    """
    Draft the letter of apology, as who holds the dossier; a draft that is there already is written anew.

    `new_due_on` is a local working day; the result is then due at the end of its sessions.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, Invalid, NewDateInvalid:
    :raises AlreadyExtended: the new date was set once before.
    """
    body = {"cause": cause, "reason": reason, "new_due_on": new_due_on}
    work = begin(act=Act.PROPOSE_EXTENSION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is ActorKind.SYSTEM:
        raise NoDuty
    held = tasks.in_hand(work)
    duty = tasks.holding_duty(work, held)
    why, words = rules.cause(cause), rules.reason(reason)
    return _drafted(work, duty, _letter(work), why, words, new_due_on, _behind(work, held))


@once
def draft_extension(*, code: str, actor: Actor, key: str, at: datetime) -> Done:
    """
    Draft the letter by the system for a dossier that is overdue, or that cannot be done in time any more.

    Cause, step and holder are those of now; the new date is the first by which the work that is left can be done.

    :raises DossierNotFound, Replayed, NoDuty, AlreadyExtended:
    :raises NotAllowedNow: the work can still be done in time, or a draft is there already.
    """
    work = begin(act=Act.PROPOSE_EXTENSION, code=code, actor=actor, key=key, at=at, body={"by": "system"})
    if actor.kind is not ActorKind.SYSTEM:
        raise NoDuty
    dossier, calendar = work.dossier, work.calendar
    assert dossier.due_at is not None  # noqa: S101  (running: it has a due date)
    letter = _letter(work)
    if letter.pk is not None:
        raise NotAllowedNow("Hồ sơ đã có dự thảo văn bản xin lỗi.")
    held = tasks.in_hand(work)
    minutes = foresight.minutes_left(
        [foresight.InHand(task.node, task.opened_at) for task in held], work.bundle.steps, at, calendar
    )
    expected = foresight.expected(at, minutes, calendar)
    if at < dossier.due_at and expected <= dossier.due_at:
        raise NotAllowedNow("Hồ sơ còn kịp giải quyết trong thời hạn.")
    late = _behind(work, held)
    where = f"Hồ sơ còn ở bước “{late.name}”" if late else "Hồ sơ chưa giải quyết xong"
    until = f", hạn bước {moment_vi(late.due_at)}" if late and late.due_at else ""
    new = foresight.new_date(expected, dossier.due_at, at, calendar)
    on = new.astimezone(LOCAL).date()
    return _drafted(work, None, letter, Cause.OTHER, f"{where}{until}.", on, late)


def _behind(work: Work, held: list[TaskRow]) -> TaskRow | None:
    """Return the step the letter is about: the first in hand that is late, else the first in hand."""
    return next((task for task in held if task.is_late(work.at)), held[0] if held else None)


def _drafted(
    work: Work,
    duty: DutyRef | None,
    draft: Extension,
    cause: Cause,
    words: str,
    on: date,
    late: TaskRow | None,
) -> Done:
    dossier, at = work.dossier, work.at
    new_due_at = _new_due(work, on)
    assert dossier.due_at is not None  # noqa: S101  (running: it has a due date)
    draft.due_at, draft.new_due_at = dossier.due_at, new_due_at
    draft.cause, draft.reason = cause.value, words
    draft.step = late.name if late else dossier.step_name
    draft.holder_id = late.assignee_id if late else dossier.holder_id
    draft.drafted_by_id, draft.drafted_at = work.actor.staff_id, at
    draft.save()
    return finish(
        work,
        Act.PROPOSE_EXTENSION,
        duty=duty,
        payload={"cause": cause.value, "new_due_at": new_due_at, "node": late.node if late else ""},
        personal={"reason": words},
        event=told(work, events.ExtensionProposed),
    )


@once
def extend(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    cause: str,
    reason: str,
    new_due_on: date,
    seen: int | None = None,
) -> Done:
    """
    Sign the apology and promise a new date (form 04), once, as the competent person.

    It is owed before the due date by the time the settings give; signed later it is still sent, marked late.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, Invalid, NewDateInvalid:
    :raises AlreadyExtended: the new date was set once before.
    """
    body = {"cause": cause, "reason": reason, "new_due_on": new_due_on}
    work = begin(act=Act.EXTEND, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is ActorKind.SYSTEM:
        raise NoDuty  # a letter is signed by a person
    duty = competent(work)
    why, words = rules.cause(cause), rules.reason(reason)
    letter, new_due_at = _letter(work), _new_due(work, new_due_on)
    dossier = work.dossier
    before = dossier.due_at
    assert before is not None and duty is not None  # noqa: S101  (running, and signed by a person)
    late = at.astimezone(LOCAL).date() > latest_on(work)
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    paper = papers.apology(
        dossier, work.bundle, owner, papers.signer(actor, organisation.unit(duty.unit_id)),
        due_at=before, new_due_at=new_due_at, reason=words, at=at,
    )  # fmt: skip
    clock = clockwork.extend(work.clock, Promise(at, new_due_at), work.bundle.steps, work.calendar)
    dossier.clock, dossier.due_at = clock.to_json(), clock.due_at
    tasks.reschedule(work)
    document = freeze(work, paper, unit_id=duty.unit_id)
    if letter.pk is None:  # nobody drafted it
        letter.step, letter.holder_id = dossier.step_name, dossier.holder_id
        letter.drafted_by_id, letter.drafted_at = actor.staff_id, at
    letter.due_at, letter.new_due_at = before, new_due_at
    letter.cause, letter.reason = why.value, words
    letter.signed_by_id, letter.signed_at = actor.staff_id, at
    letter.late, letter.document_id = late, document.id
    letter.save()
    return finish(
        work,
        Act.EXTEND,
        duty=duty,
        payload={"form": document.number, "cause": why.value, "late": late},
        personal={"reason": words},
        event=told(work, events.Extended, document_id=document.id, due_before=before, late=late),
    )


def latest_on(work: Work) -> date:
    """Return the last local day for the apology on the dossier's present due date (dated data)."""
    due_at = work.dossier.due_at
    assert due_at is not None  # noqa: S101  (running: it has a due date)
    return timing.apology_on(due_at, set_points(work)["apology_lead"], work.calendar)


def _letter(work: Work) -> Extension:
    """
    Return the draft of the dossier's letter, or a new one (one statement; the dossier is locked).

    :raises AlreadyExtended: a letter was signed before.
    """
    found = list(Extension.objects.filter(dossier_id=work.dossier.subject))
    if any(row.signed_at is not None for row in found):
        raise AlreadyExtended
    return found[0] if found else Extension(dossier_id=work.dossier.subject)


def _new_due(work: Work, on: date) -> datetime:
    """
    Return the end of the sessions of the new due day.

    :raises NewDateInvalid:
    """
    dossier, calendar = work.dossier, work.calendar
    assert dossier.due_at is not None  # noqa: S101  (running: it has a due date)
    try:
        working = calendar.is_working(on)
    except OutOfCalendar:
        working = False
    rules.new_date(on, dossier.due_at, work.at, working=working)
    return calendar.end_of_day(on)
