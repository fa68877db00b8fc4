"""How a dossier ends: the result handed over, withdrawn, papers handed back; and notes on contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import events, papers, rules
from motcua.dossiers.models import Component
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import Done, Work, begin, finish, once, told
from motcua.dossiers.operations.receipt import applicant_or_counter, reception_duty
from motcua.dossiers.rules import Act, Decision, DecisionTaken, ReturnChannel, State
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.organisation import queries as organisation
from motcua.repository import operations as repository
from motcua.repository.rules import Certainty, Handed, Result


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
    kept: list[str] = []
    if dossier.decision == Decision.APPROVED:
        kind = papers.result_type(work.bundle)
        paper = documents.latest(SYSTEM, dossier.subject, DocumentKind.RESULT)
        if paper is not None:
            issued_on = paper.created_at.astimezone(LOCAL).date()
            repository.deposit_result(
                owners={dossier.owner_id: dossier.owner_number},
                result=Result(
                    type_code=kind.code,
                    title=kind.name,
                    paper_type=kind.paper_type.code if kind.paper_type else "",
                    number=paper.number,
                    issuer=organisation.root_of_agency(dossier.agency_id).name,
                    issued_on=issued_on,
                    valid_to=catalogue_rules.valid_until(kind.validity_rule, kind.validity_months, issued_on),
                ),
                document_id=paper.id,
                source_subject=dossier.subject,
                at=at,
            )
        kept = _keep_papers(work)
    dossier.state, dossier.returned_at = State.RETURNED, at
    tasks.ended(work)
    return finish(
        work,
        Act.RETURN_RESULT,
        duty=moved.duty,
        payload={"how": how, "decision": dossier.decision, **({"kept": kept} if kept else {})},
        personal={"collector": collector.strip(), "proof": proof.strip()},
        event=told(work, events.Returned, how=how, kept=tuple(kept)),
    )


def _keep_papers(work: Work) -> list[str]:
    """
    Put what the counter digitised into the owner's repository, once the request was granted; return the paper codes.

    Only copies an officer made from the paper handed in count as checked (R-095), and only papers whose validity does
    not run out: when the others were issued is not recorded (R-106, R-110).
    """
    dossier, types = work.dossier, catalogue.paper_types()
    scans: Sequence[Mapping[str, Any]] = getattr(dossier, "scanned", ())
    kept = [
        scan
        for scan in scans
        if scan["paper"] in types
        and types[scan["paper"]].validity_rule == "permanent"
        and not _is_given_up(work, scan["paper"])
    ]
    repository.deposit_papers(
        owner_id=dossier.owner_id,
        owner_number=dossier.owner_number,
        papers=[
            Handed(
                paper_type=scan["paper"],
                title=types[scan["paper"]].name,
                file_id=scan["file"],
                certainty=Certainty.CHECKED,
            )
            for scan in kept
        ],
        source_subject=dossier.subject,
        at=work.at,
    )
    return [scan["paper"] for scan in kept]


def _is_given_up(work: Work, paper: str) -> bool:
    """Tell whether the original of a paper is taken away by this procedure: its copy must not be used again."""
    return any(
        item["paper"] == paper and item.get("surrender_original", False)
        for case in work.bundle.procedure.body["required_papers"]
        for item in case["papers"]
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
