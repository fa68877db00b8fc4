"""Opinions of other units, outside the drawn process: asked of all at once, given, recalled, late (R-058)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from motcua.documents.models import File
from motcua.documents.papers import Signer
from motcua.dossiers import consulting, events, papers, rules
from motcua.dossiers.consulting import ANSWERING, NothingLate, OpinionClosed, OpinionNotFound, OpinionState
from motcua.dossiers.models import Opinion, OpinionRequest
from motcua.dossiers.operations import arming, tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, freeze, once, told
from motcua.dossiers.operations.telling import tell
from motcua.dossiers.rules import LEADING, Act, NoDuty
from motcua.dossiers.telling import TellKind, Whom
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import access
from motcua.workflow import queries as workflow

SCOPE = "opinion"
"""Under what a unit that is asked sees the dossier: kept once it has answered, taken back when recalled."""


@once
def ask_opinion(
    *,
    code: str,
    units: Sequence[int],
    content: str,
    due_at: datetime | None,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Ask units for their opinion, all at once, as who holds a step of the dossier or leads them (NĐ 61/2018 Art. 19.6).

    The unit of the asker leads. A numbered letter states content and deadline; the units see the dossier from now on
    and have it in their list. The dossier's clock goes on.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises Invalid: nothing or nobody is asked, the deadline has passed, or a unit cannot be asked.
    """
    body = {"units": list(units), "content": content, "due_at": due_at}
    work = begin(act=Act.ASK_OPINION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = tasks.holding_duty(work, tasks.in_hand(work))
    text, until, chosen = consulting.question(content, due_at, units, at)
    dossier, lead = work.dossier, organisation.unit(duty.unit_id)
    asked = [_askable(number, lead, at) for number in chosen]
    paper = papers.opinion_request(
        dossier, work.bundle, _signer(actor, lead, duty), lead,
        asked=[organisation.full_name(unit) for unit in asked], content=text, answer_by=until, at=at,
    )  # fmt: skip
    document = freeze(work, paper, unit_id=lead.id)
    request = OpinionRequest.objects.create(
        dossier=dossier, content=text, due_at=until, lead_unit_id=lead.id, asked_by_id=actor.staff_id or 0,
        asked_at=at, document_id=document.pk,
    )  # fmt: skip
    Opinion.objects.bulk_create(Opinion(request=request, unit_id=unit.id) for unit in asked)
    access.grant(dossier.subject, units=[unit.id for unit in asked], scope=SCOPE)
    work.beside.append(arming.ask_until(dossier.subject, until))
    tell(
        work,
        TellKind.OPINION_ASKED,
        f"{lead.name} hỏi ý kiến, trả lời trước {moment_vi(until)}.",
        [Whom(unit_id=unit.id, role=role) for unit in asked for role in ANSWERING],
    )
    return finish(
        work,
        Act.ASK_OPINION,
        duty=duty,
        payload={
            "form": document.number,
            "lead_unit": lead.id,
            "units": [unit.id for unit in asked],
            "answer_by": until,
            "request": request.pk,
        },
        personal={"content": text},
        event=told(
            work,
            events.OpinionAsked,
            document_id=document.pk,
            answer_by=until,
            unit_ids=tuple(sorted(unit.id for unit in asked)),
        ),
    )


def _signer(actor: Actor, lead: UnitRef, duty: DutyRef) -> Signer:
    """Return the block under the letter: only the head of the agency signs for it, others for themselves."""
    signer = papers.signer(actor, lead)
    return signer if duty.role is Role.AGENCY_HEAD else replace(signer, prefixes=())


def _askable(number: int, lead: UnitRef, at: datetime) -> UnitRef:
    """
    Return a unit that may be asked: in force on the day, and not the one that asks.

    :raises Invalid:
    """
    if number not in organisation.tree().nodes or number == lead.id:
        raise Invalid(errors={"units": "Chọn đơn vị khác với đơn vị của bạn, trong danh sách."})
    return organisation.unit_in_force(number, at.astimezone(LOCAL).date())


@once
def give_opinion(
    *,
    code: str,
    opinion_id: int,
    stance: str,
    text: str,
    actor: Actor,
    key: str,
    at: datetime,
    file_id: int | None = None,
    seen: int | None = None,
) -> Done:
    """
    Answer for a unit that was asked: agree, disagree or not concerned, in words, with a file where there is one.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, OpinionNotFound, OpinionClosed:
    :raises Invalid: no stance, no words where they are needed, or a file that is not the actor's.
    """
    body = {"opinion": opinion_id, "stance": stance, "text": text, "file": file_id}
    work = begin(act=Act.GIVE_OPINION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    opinion = _open(work, opinion_id)
    duty = work.duty(*ANSWERING, unit_id=opinion.unit_id)
    if duty is None or actor.staff_id is None:
        raise NoDuty
    chosen, words = consulting.answer(stance, text)
    if file_id is not None and not File.objects.filter(pk=file_id, uploaded_by_id=actor.account_id).exists():
        raise Invalid(errors={"file": "Tải lại tệp kèm ý kiến."})
    opinion.state, opinion.stance, opinion.text = OpinionState.GIVEN.value, chosen.value, words
    opinion.file_id, opinion.answered_by_id, opinion.answered_at = file_id, actor.staff_id, at
    opinion.late = opinion.late or at > opinion.request.due_at
    opinion.save(update_fields=["state", "stance", "text", "file", "answered_by", "answered_at", "late"])
    work.beside.append(arming.answered(work.dossier.subject))
    tell(
        work,
        TellKind.OPINION_GIVEN,
        f"{organisation.unit(opinion.unit_id).name}: {consulting.STANCES[chosen].lower()}.",
        [Whom(staff_id=opinion.request.asked_by_id)],
    )
    return finish(
        work,
        Act.GIVE_OPINION,
        duty=duty,
        payload={
            "opinion": opinion.pk,
            "request": opinion.request_id,
            "unit": opinion.unit_id,
            "stance": chosen.value,
            "late": opinion.late,
            "file": file_id,
        },
        personal={"text": words} if words else None,
        event=told(work, events.OpinionGiven, stance=chosen.value, unit_ids=(opinion.request.lead_unit_id,)),
    )


@once
def recall_opinion(
    *, code: str, opinion_id: int, reason: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Take a question back from one unit, as who may ask it, with the reason; its sight ends where it had no other ground.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, OpinionNotFound, OpinionClosed, ReasonMissing:
    """
    body = {"opinion": opinion_id, "reason": reason}
    work = begin(act=Act.RECALL_OPINION, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    opinion = _open(work, opinion_id)
    held = workflow.of_subject(SYSTEM, work.dossier.subject)
    duty = tasks.holding_duty(work, [row for row in held if row.is_open])
    words = rules.reason(reason)
    opinion.state = OpinionState.RECALLED.value
    opinion.save(update_fields=["state"])
    asked = Opinion.objects.filter(request__dossier_id=work.dossier.subject, unit_id=opinion.unit_id)
    if (
        not any(row.unit_id == opinion.unit_id for row in held)
        and not asked.exclude(state=OpinionState.RECALLED.value).exists()
    ):
        access.revoke(work.dossier.subject, opinion.unit_id, scope=SCOPE)
    work.beside.append(arming.answered(work.dossier.subject))
    return finish(
        work,
        Act.RECALL_OPINION,
        duty=duty,
        payload={"opinion": opinion.pk, "request": opinion.request_id, "unit": opinion.unit_id},
        personal={"reason": words},
        event=told(work, events.OpinionRecalled, unit_ids=(opinion.unit_id,)),
    )


@once
def late_opinion(*, code: str, actor: Actor, key: str, at: datetime) -> Done:
    """
    Note, as the system, that opinions are late, and tell the head of the one-stop unit (NĐ 61/2018 Art. 19.5).

    :raises DossierNotFound, Replayed, NotAllowedNow, NoDuty:
    :raises NothingLate: all whose time has run out were answered, recalled or noted before.
    """
    work = begin(act=Act.LATE_OPINION, code=code, actor=actor, key=key, at=at, body={"by": "system"})
    if actor.kind is not ActorKind.SYSTEM:
        raise NoDuty
    dossier = work.dossier
    late = list(
        Opinion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("request")
        .filter(
            request__dossier_id=dossier.subject, state=OpinionState.OPEN.value, late=False,
            request__due_at__lte=at,
        )
        .order_by("pk")
    )  # fmt: skip
    if not late:
        raise NothingLate
    Opinion.objects.filter(pk__in=[one.pk for one in late]).update(late=True)
    names = ", ".join(organisation.unit(one.unit_id).name for one in late)
    root = organisation.root_of(dossier.receiving_unit_id)
    people = [Whom(unit_id=dossier.receiving_unit_id, role=Role.DIVISION_HEAD)]
    people += [Whom(unit_id=root.id, role=role) for role in LEADING]
    people += [Whom(unit_id=one.unit_id, role=Role.DIVISION_HEAD) for one in late]
    people += [Whom(staff_id=one.request.asked_by_id) for one in late]
    tell(work, TellKind.OPINION_LATE, f"Quá hạn chưa có ý kiến: {names}.", people)
    return finish(
        work,
        Act.LATE_OPINION,
        duty=None,
        payload={"units": sorted(one.unit_id for one in late), "opinions": [one.pk for one in late]},
        event=told(work, events.OpinionLate, unit_ids=tuple(sorted({one.unit_id for one in late}))),
    )


def _open(work: Work, opinion_id: int) -> Opinion:
    found = (
        Opinion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("request")
        .filter(pk=opinion_id, request__dossier_id=work.dossier.subject)
        .first()
    )
    if found is None:
        raise OpinionNotFound
    if found.state != OpinionState.OPEN:
        raise OpinionClosed
    return found
