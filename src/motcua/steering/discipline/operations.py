"""Reminders: given, seen, answered; cases: proposed, decided, followed, closed (R-189, R-190)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents import papers
from motcua.dossiers.papers import agency_letterhead, signer
from motcua.kernel.actor import Actor, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.text import said
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts
from motcua.steering.discipline import events, queries, rules
from motcua.steering.discipline.models import Case, DisciplineTurn, LookedAt, Reminder
from motcua.steering.discipline.queries import HEADS, OVERSEERS
from motcua.steering.discipline.rules import (
    GROUNDS,
    REMINDER_KINDS,
    CaseOpen,
    CaseState,
    DoneAlready,
    Ground,
    NotSuggested,
    NotTheHead,
    NotToBeSeen,
    Period,
    ReminderKind,
    ReminderState,
)

REMINDER_SERIES: Final = ("NNPB", "NNPB")
CASE_SERIES: Final = ("TTVV", "TTr-VV")


def remind(
    *,
    kind: ReminderKind,
    unit_id: int,
    staff_id: int | None,
    days: Period,
    text: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Remind or criticise an officer of a unit, or the unit, on the figures of a period, which are frozen with it.

    The paper is issued by the agency of who signs it, with that agency's number.

    :raises NotTheHead: the actor is not a head over the unit, or would remind themselves.
    :raises Invalid: nothing said, or the person does not work in the unit.
    :raises Replayed, MissingKey:
    """
    body = [kind.value, unit_id, staff_id, days.first.isoformat(), days.last.isoformat(), text]
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "steering.remind", body, at=at)
            duty = _head(actor, unit_id, staff_id)
            own = organisation.unit(duty.unit_id)
            words, today = said(text, "text"), at.astimezone(LOCAL).date()
            whom = _whom(actor, unit_id, staff_id, today)
            figures = queries.figures_of_officer(actor, unit_id, staff_id, days, at)
            paper = papers.Reminder(
                head=_letterhead(own.id, today),
                abstract=f"{REMINDER_KINDS[kind]} về việc giải quyết thủ tục hành chính",
                to=(whom,),
                paragraphs=(words,),
                signer=signer(actor, own),
                issued_on=today,
                figures=tuple(rules.figure_words(figures)),
                recipients=("Như trên", "Lưu: hồ sơ theo dõi"),
            )
            document = documents.freeze(
                subject=number, paper=paper, unit_id=organisation.root_of(own.id).id, at=at,
                series=REMINDER_SERIES[0], symbol=REMINDER_SERIES[1], signatory_id=actor.staff_id,
            )  # fmt: skip
            Reminder.objects.create(
                subject=number, kind=kind.value, state=ReminderState.ISSUED.value, staff_id=staff_id, unit_id=unit_id,
                issued_by_id=actor.staff_id or 0, issued_at=at, first=days.first, last=days.last,
                figures=figures.to_json(), text=words, number=document.number, document_id=document.pk,
            )  # fmt: skip
            _note(
                number, "issued", actor, duty, at, unit_id, {"kind": kind.value, **figures.to_json()}, words
            )
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def see(*, reminder: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Say as who is reminded that one has seen it.

    :raises NotToBeSeen, NotTheHead, DoneAlready, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row = _concerning(reminder, [reminder], "steering.see_reminder", actor, key, at)
            if row.state != ReminderState.ISSUED:
                raise DoneAlready
            row.state, row.seen_at = ReminderState.SEEN.value, at
            row.save(update_fields=["state", "seen_at"])
            _note(row.subject, "seen", actor, _any_duty(actor), at, row.unit_id, {}, "")
    except idempotency.AlreadyDone:
        return


def answer(*, reminder: int, text: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Answer a reminder as who is reminded; it is seen with that.

    :raises NotToBeSeen, NotTheHead, DoneAlready, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row = _concerning(reminder, [reminder, text], "steering.answer_reminder", actor, key, at)
            if row.state == ReminderState.ANSWERED:
                raise DoneAlready
            words = said(text)
            row.state, row.seen_at = ReminderState.ANSWERED.value, row.seen_at or at
            row.answered_at, row.answer = at, words
            row.save(update_fields=["state", "seen_at", "answered_at", "answer"])
            _note(row.subject, "answered", actor, _any_duty(actor), at, row.unit_id, {}, words)
    except idempotency.AlreadyDone:
        return


def open_case(
    *,
    ground: Ground,
    unit_id: int,
    staff_id: int,
    days: Period,
    what: str,
    proposal: str,
    actor: Actor,
    key: str,
    at: datetime,
) -> int:
    """
    Open a case about an officer with a proposal how to handle it, to the head who decides; nothing opens one by itself.

    The proposal is a paper of the agency of who proposes, with that agency's number.

    :raises NotTheHead: the actor does not stand over the unit, or is concerned.
    :raises CaseOpen: one on the same ground is not closed yet.
    :raises Invalid: nothing said, or the person does not work in the unit.
    :raises Replayed, MissingKey:
    """
    body = [ground.value, unit_id, staff_id, days.first.isoformat(), days.last.isoformat(), what, proposal]
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "steering.open_case", body, at=at)
            duty = actor.duty(*OVERSEERS)
            if duty is None or not queries.stands_over(actor, unit_id) or staff_id == actor.staff_id:
                raise NotTheHead
            own = organisation.unit(duty.unit_id)
            told, proposed, today = (
                said(what, "what"),
                said(proposal, "proposal"),
                at.astimezone(LOCAL).date(),
            )
            whom = _whom(actor, unit_id, staff_id, today)
            figures = queries.figures_of_officer(actor, unit_id, staff_id, days, at)
            held = Reminder.objects.filter(staff_id=staff_id, issued_at__date__gte=days.first).order_by(
                "subject"
            )
            paper = papers.CaseProposal(
                head=_letterhead(own.id, today),
                abstract=f"Xử lý việc {GROUNDS[ground].lower()}",
                to=(
                    f"Người đứng đầu có thẩm quyền đối với {organisation.full_name(organisation.unit(unit_id))}",
                ),
                paragraphs=(f"Người có liên quan: {whom}.", told, f"Đề nghị xử lý: {proposed}"),
                signer=signer(actor, own),
                issued_on=today,
                figures=(*rules.figure_words(figures), *_letters(held)),
                recipients=("Như trên", "Lưu: hồ sơ vụ việc"),
            )
            document = documents.freeze(
                subject=number, paper=paper, unit_id=organisation.root_of(own.id).id, at=at, series=CASE_SERIES[0],
                symbol=CASE_SERIES[1], signatory_id=actor.staff_id,
            )  # fmt: skip
            Case.objects.create(
                subject=number, ground=ground.value, state=CaseState.PROPOSED.value, staff_id=staff_id,
                unit_id=unit_id, opened_by_id=actor.staff_id or 0, opened_at=at, what=told, proposal=proposed,
                figures=figures.to_json(), reminders=[one.subject for one in held], number=document.number,
                document_id=document.pk,
            )  # fmt: skip
            payload = {"ground": ground.value, **figures.to_json()}
            _note(number, "proposed", actor, duty, at, unit_id, payload, f"{told} {proposed}")
            return number
    except idempotency.AlreadyDone as done:
        return done.subject
    except IntegrityError as fault:
        if "case_one_open" in str(fault):
            raise CaseOpen from fault
        raise


def leave(
    *, ground: Ground, unit_id: int, staff_id: int, reason: str, actor: Actor, key: str, at: datetime
) -> int:
    """
    Leave a suggested case, with the reason, after looking into what it rests on; it is suggested again by what is new.

    :raises NotTheHead: the actor does not stand over the unit, or is concerned.
    :raises NotSuggested: nothing of the kind is suggested now.
    :raises Invalid: no reason.
    :raises Replayed, MissingKey:
    """
    body = [ground.value, unit_id, staff_id, reason]
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "steering.leave_suggestion", body, at=at)
            if not queries.stands_over(actor, unit_id) or staff_id == actor.staff_id:
                raise NotTheHead
            words = said(reason, "reason")
            found = queries.suggestion(actor, unit_id, staff_id, ground, at)
            if found is None:
                raise NotSuggested
            LookedAt.objects.create(
                subject=number, ground=ground.value, staff_id=staff_id, unit_id=unit_id, by_id=actor.staff_id or 0,
                at=at, figures=found.figures.to_json(), reminders=found.reminders, reason=words,
            )  # fmt: skip
            payload = {"ground": ground.value, "reminders": found.reminders, **found.figures.to_json()}
            _note(number, "left", actor, _any_duty(actor), at, unit_id, payload, words)
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def decide(*, case: int, decision: str, follow_up_on: date, actor: Actor, key: str, at: datetime) -> None:
    """
    Decide a case as a head over the unit who did not propose it, with the day to look at it again.

    :raises NotToBeSeen, NotTheHead, DoneAlready, Invalid, Replayed, MissingKey:
    """
    body = [case, decision, follow_up_on.isoformat()]
    try:
        with transaction.atomic(durable=True):
            row = _case(case, body, "steering.decide_case", actor, key, at, CaseState.PROPOSED)
            duty = _head(actor, row.unit_id, row.staff_id)
            if row.opened_by_id == actor.staff_id:
                raise NotTheHead("Người đề nghị không tự quyết định; người đứng đầu cấp trên quyết định.")
            words = said(decision)
            if follow_up_on <= at.astimezone(LOCAL).date():
                raise Invalid(errors={"ngay": "Ngày kiểm tra lại phải sau hôm nay."})
            row.state, row.decided_by_id, row.decided_at = CaseState.DECIDED.value, actor.staff_id, at
            row.decision, row.follow_up_on = words, follow_up_on
            row.save(update_fields=["state", "decided_by", "decided_at", "decision", "follow_up_on"])
            _note(
                row.subject,
                "decided",
                actor,
                duty,
                at,
                row.unit_id,
                {"until": follow_up_on.isoformat()},
                words,
            )
    except idempotency.AlreadyDone:
        return


def follow(*, case: int, found: str, follow_up_on: date, actor: Actor, key: str, at: datetime) -> None:
    """
    Write down how a decision is carried out, with the next day to look at it.

    :raises NotToBeSeen, DoneAlready, Invalid, Replayed, MissingKey:
    """
    body = [case, found, follow_up_on.isoformat()]
    try:
        with transaction.atomic(durable=True):
            row = _case(case, body, "steering.follow_case", actor, key, at, CaseState.DECIDED)
            words = said(found)
            if follow_up_on <= at.astimezone(LOCAL).date():
                raise Invalid(errors={"ngay": "Ngày kiểm tra lại phải sau hôm nay."})
            row.follow_up_on = follow_up_on
            row.save(update_fields=["follow_up_on"])
            until = {"until": follow_up_on.isoformat()}
            _note(row.subject, "followed", actor, _any_duty(actor), at, row.unit_id, until, words)
    except idempotency.AlreadyDone:
        return


def close(*, case: int, outcome: str, actor: Actor, key: str, at: datetime) -> None:
    """
    Close a decided case as a head over the unit with what came of it.

    :raises NotToBeSeen, NotTheHead, DoneAlready, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            row = _case(case, [case, outcome], "steering.close_case", actor, key, at, CaseState.DECIDED)
            duty = _head(actor, row.unit_id, row.staff_id)
            words = said(outcome)
            row.state, row.closed_at, row.outcome = CaseState.CLOSED.value, at, words
            row.save(update_fields=["state", "closed_at", "outcome"])
            _note(row.subject, "closed", actor, duty, at, row.unit_id, {}, words)
    except idempotency.AlreadyDone:
        return


def _head(actor: Actor, unit_id: int, staff_id: int | None) -> DutyRef:
    duty = actor.duty(*HEADS)
    if duty is None or not queries.stands_over(actor, unit_id, HEADS) or staff_id == actor.staff_id:
        raise NotTheHead
    return duty


def _any_duty(actor: Actor) -> DutyRef | None:
    return next(iter(actor.duties), None)


def _whom(actor: Actor, unit_id: int, staff_id: int | None, on: date) -> str:
    """Return whom a letter is to. :raises Invalid: the person does not work in the unit."""
    unit = organisation.full_name(organisation.unit(unit_id))
    if staff_id is None:
        return unit
    name = dict(queries.officers(actor, unit_id, on)).get(staff_id)
    if name is None:
        raise Invalid(errors={"nguoi": "Người này không có nhiệm vụ tại đơn vị."})
    return f"Ông/bà {name}, {unit}"


def _letterhead(unit_id: int, on: date) -> papers.Letterhead:
    return agency_letterhead(organisation.unit(unit_id), catalogue.setting("contact", on) or {})


def _letters(held: Sequence[Reminder] | Any) -> tuple[str, ...]:
    return tuple(
        f"{REMINDER_KINDS[ReminderKind(one.kind)]} số {one.number} ngày {one.issued_at.astimezone(LOCAL):%d/%m/%Y}"
        for one in held
    )


def _concerning(reminder: int, body: Any, operation: str, actor: Actor, key: str, at: datetime) -> Reminder:
    idempotency.take(actor, key, operation, body, at=at, subject=reminder)
    if not queries.concerned(actor, queries.reminder(actor, reminder)):
        raise NotTheHead("Chỉ người được nhắc nhở trả lời.")
    return Reminder.objects.select_for_update(no_key=True).get(pk=reminder)


def _case(
    case: int, body: Any, operation: str, actor: Actor, key: str, at: datetime, state: CaseState
) -> Case:
    idempotency.take(actor, key, operation, body, at=at, subject=case)
    queries.case(actor, case)
    row = Case.objects.select_for_update(no_key=True).filter(pk=case).first()
    if row is None:
        raise NotToBeSeen
    if row.state != state:
        raise DoneAlready
    return row


def _note(
    number: int,
    turn: str,
    actor: Actor,
    duty: DutyRef | None,
    at: datetime,
    unit_id: int,
    payload: Mapping[str, Any],
    words: str,
) -> None:
    DisciplineTurn.objects.create(subject=number, turn=turn, staff_id=actor.staff_id or 0, at=at, words=words)
    ledger.append_unheaded(
        number,
        act=f"discipline_{turn}",
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(agency_id=organisation.unit(unit_id).agency_id, unit_id=unit_id),
        payload=dict(payload),
        personal={"words": words} if words else None,
        event=events.DisciplineMoved(number=number, at=at, turn=turn),
    )
