"""How a dossier ends: the result handed over, withdrawn, papers handed back; and notes on contact."""

from __future__ import annotations

from datetime import datetime

from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import events, papers, rules
from motcua.dossiers.models import Component
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.receipt import applicant_or_counter, reception_duty
from motcua.dossiers.rules import Act, Decision, DecisionTaken, ReturnChannel, State
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.organisation import queries as organisation
from motcua.repository import operations as repository
from motcua.repository.rules import Result


@once
def return_result(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    how: str = ReturnChannel.DIRECT.value,
    collector: str = "",
    proof: str = "",
    seen: int | None = None,
) -> Done:
    """
    Hand the result over: into the owner's account first and always, at the counter or by post besides (R-016).

    `collector` is who took it at the counter, `proof` the number of the postal item.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises Invalid: handed over at the counter to nobody, or sent by post without its number.
    """
    body = {"how": how, "collector": collector, "proof": proof}
    work = begin(act=Act.RETURN_RESULT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if how not in set(ReturnChannel):
        raise Invalid(errors={"how": "Chọn cách trả kết quả trong danh sách."})
    if how == ReturnChannel.DIRECT and not collector.strip():
        raise Invalid(errors={"collector": "Ghi họ tên người nhận kết quả."})
    if how == ReturnChannel.POST and not proof.strip():
        raise Invalid(errors={"proof": "Ghi số hiệu bưu gửi."})
    dossier = work.dossier
    moved = tasks.complete(work, tasks.handover(work).id, Outcome.HAND_OVER)
    if dossier.decision == Decision.APPROVED:
        kind = papers.result_type(work.bundle)
        paper = documents.latest(SYSTEM, dossier.subject, DocumentKind.RESULT)
        if paper is not None:
            repository.deposit_result(
                owners={dossier.owner_id: dossier.owner_number},
                result=Result(
                    type_code=kind.code,
                    title=kind.name,
                    paper_type=kind.paper_type.code if kind.paper_type else "",
                    number=paper.number,
                    issuer=organisation.root_of_agency(dossier.agency_id).name,
                    issued_on=paper.created_at.astimezone(LOCAL).date(),
                ),
                document_id=paper.id,
                source_subject=dossier.subject,
                at=at,
            )
    dossier.state, dossier.returned_at = State.RETURNED, at
    tasks.ended(work)
    return finish(
        work,
        Act.RETURN_RESULT,
        duty=moved.duty,
        payload={"how": how, "decision": dossier.decision},
        personal={"collector": collector.strip(), "proof": proof.strip()},
        event=told(work, events.Returned, how=how),
    )


@once
def withdraw(
    *, code: str, actor: Actor, key: str, at: datetime, reason: str, seen: int | None = None
) -> Done:
    """
    Withdraw a dossier at the applicant's request, before a result is decided.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises DecisionTaken: a result was decided.
    """
    work = begin(act=Act.WITHDRAW, code=code, actor=actor, key=key, at=at, seen=seen, body={"reason": reason})
    duty = applicant_or_counter(work)
    words = rules.reason(reason)
    dossier = work.dossier
    if dossier.decision:
        raise DecisionTaken
    tasks.cancel(work, words)
    dossier.state, dossier.ended_at = State.WITHDRAWN, at
    dossier.supplement_due_at = None
    tasks.ended(work)
    return finish(
        work,
        Act.WITHDRAW,
        duty=duty,
        payload={},
        personal={"reason": words},
        event=told(work, events.Withdrawn),
    )


@once
def hand_back(
    *, code: str, actor: Actor, key: str, at: datetime, collector: str, seen: int | None = None
) -> Done:
    """
    Hand papers and borrowed originals back after a withdrawal, stop or refusal.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises Invalid: nobody is named who took them.
    """
    work = begin(
        act=Act.HAND_BACK, code=code, actor=actor, key=key, at=at, seen=seen, body={"collector": collector}
    )
    duty = reception_duty(work)
    if not collector.strip():
        raise Invalid(errors={"collector": "Ghi họ tên người nhận lại giấy tờ."})
    dossier = work.dossier
    if dossier.handed_back_at is not None:
        raise rules.NotAllowedNow("Giấy tờ của hồ sơ này đã được trả lại.")
    count = Component.objects.filter(dossier_id=dossier.subject, state="handed_in").update(handed_back_at=at)
    dossier.handed_back_at = at
    return finish(
        work,
        Act.HAND_BACK,
        duty=duty,
        payload={"papers": count},
        personal={"collector": collector.strip()},
        event=told(work, events.Returned, how="papers"),
    )
