"""How a dossier ends: the result handed over, withdrawn, papers handed back; and notes on contact."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import definitions, events, papers, rules
from motcua.dossiers.correcting import ResultBeingCorrected
from motcua.dossiers.dues import DueState
from motcua.dossiers.models import Component, PaymentNotice
from motcua.dossiers.operations import originals, parts, refundchecks, tasks
from motcua.dossiers.operations.common import Done, Work, begin, competent, finish, freeze, once, told
from motcua.dossiers.operations.receipt import applicant_or_counter, reception_duty
from motcua.dossiers.refunding import Ended
from motcua.dossiers.rules import (
    Act,
    Decision,
    DecisionTaken,
    NoDuty,
    NotAllowedNow,
    ReturnChannel,
    State,
    StopAsked,
)
from motcua.dossiers.signatures import NotSignedYet
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.kernel.process import Outcome
from motcua.kernel.wording import moment_vi
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.payments import operations as payments
from motcua.payments.rules import RefundDecision
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
    :raises ResultBeingCorrected: a new result is being made.
    :raises NotSignedYet: the settings want it signed digitally first, and it is not.
    :raises Invalid: handed over at the counter to nobody, or sent by post without its number.
    """
    body = {"how": how, "collector": collector, "proof": proof}
    work = begin(act=Act.RETURN_RESULT, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    rules.handed(how, collector, proof)
    dossier = work.dossier
    if dossier.correcting:
        raise ResultBeingCorrected
    _signed(work)
    moved = tasks.complete(work, tasks.handover(work).id, Outcome.HAND_OVER)
    if getattr(dossier, "keeps_originals", False):
        originals.given_back(work, collector or proof)
    kept: list[str] = []
    if dossier.decision == Decision.APPROVED:
        paper = documents.latest(SYSTEM, dossier.subject, DocumentKind.RESULT)
        if paper is not None:
            deposit(work, paper.id, paper.number, paper.created_at)
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


def _signed(work: Work) -> None:
    """Let the result pass unless the settings want its kind signed first, and it is not (then one statement)."""
    wanted = definitions.signing(work.at.astimezone(LOCAL).date(), work.bundle).before_handing_over
    approved = work.dossier.decision == Decision.APPROVED
    kind = DocumentKind.RESULT if approved else DocumentKind.REFUSAL_DECISION
    if kind in wanted and documents.awaits_signature(work.dossier.subject, [kind]):
        raise NotSignedYet


def deposit(work: Work, document_id: int, number: str, issued_at: datetime) -> None:
    """Put an issued result into its owner's repository, valid as its kind says (one statement)."""
    dossier, kind = work.dossier, papers.result_type(work.bundle)
    issued_on = issued_at.astimezone(LOCAL).date()
    repository.deposit_result(
        owners={dossier.owner_id: dossier.owner_number},
        result=Result(
            type_code=kind.code,
            title=kind.name,
            paper_type=kind.paper_type.code if kind.paper_type else "",
            number=number,
            issuer=organisation.root_of_agency(dossier.agency_id).name,
            issued_on=issued_on,
            valid_to=catalogue_rules.valid_until(kind.validity_rule, kind.validity_months, issued_on),
        ),
        document_id=document_id,
        source_subject=dossier.subject,
        at=work.at,
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
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str,
    keys: Collection[str] = (),
    refund: RefundDecision | None = None,
    seen: int | None = None,
) -> Done:
    """
    Withdraw a dossier at the applicant's request, before a result is decided.

    Of a group of interlinked procedures the parts named in `keys`, or all that have not ended; a group of which
    nothing is left is withdrawn itself.

    Where fees were paid it is to be decided what is given back: by the officer at once (`refund`), else later; it
    stands on the counter's list until then.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing, NoRefund:
    :raises DecisionTaken: a result was decided.
    :raises Invalid: a part is named that the dossier does not have.
    """
    body = {
        "reason": reason,
        **({"parts": sorted(keys)} if keys else {}),
        **({"refund": asdict(refund)} if refund else {}),
    }
    work = begin(act=Act.WITHDRAW, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = applicant_or_counter(work)
    words = rules.reason(reason)
    dossier = work.dossier
    if refund is not None and duty is None:
        raise NoDuty("Việc hoàn trả do bộ phận tiếp nhận xác định.")
    if work.awaits_parts:
        if refund is not None:
            raise Invalid(errors={"refund": "Hồ sơ liên thông: xác định hoàn trả sau khi rút, ở từng phần."})
        return parts.withdraw(work, keys, words, duty, _give_up)
    if keys:
        raise Invalid(errors={"parts": "Hồ sơ này không chia thành các phần."})
    if dossier.decision:
        raise DecisionTaken
    tasks.cancel(work, words)
    if work.state is State.PAYMENT_REQUESTED:
        _drop_notices(work, words)
    dossier.state, dossier.ended_at = State.WITHDRAWN, at
    dossier.supplement_due_at = None
    tasks.ended(work)
    refund = refundchecks.check(work, Ended.WITHDRAWN, refund)
    return finish(
        work,
        Act.WITHDRAW,
        duty=duty,
        payload={"refund": refund.amount} if refund else {},
        personal={"reason": words, **({"ground": refund.ground} if refund else {})},
        event=told(work, events.Withdrawn, text=refundchecks.said(refund)),
    )


def _give_up(work: Work, reason: str) -> None:
    """Do what a withdrawal asks for beside the tasks: nothing is owed, what was paid is to be decided on."""
    _drop_notices(work, reason)
    refundchecks.check(work, Ended.WITHDRAWN)


def _drop_notices(work: Work, reason: str) -> None:
    """Cancel what was notified and is not paid: nobody owes it when the dossier ends."""
    subject = work.dossier.subject
    due = PaymentNotice.objects.filter(dossier_id=subject, state=DueState.DUE.value)
    owed = [one for one in due.values_list("obligation_id", flat=True) if one is not None]
    due.update(state=DueState.CANCELLED.value, settled_at=work.at, evidence=reason[:300])
    if owed:
        payments.waive(subject=subject, obligation_ids=owed, reason=reason, at=work.at)


@once
def stop(
    *,
    code: str,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str,
    asked_by: str = StopAsked.AGENCY.value,
    ground: str = "",
    refund: RefundDecision | None = None,
    seen: int | None = None,
) -> Done:
    """
    Stop handling a dossier before a result is decided (form 05), as the competent person.

    `asked_by` is the applicant or the agency. Where fees were paid it is to be decided what is given back: at once
    (`refund`), else by the counter afterwards; it stands on its list until then.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty, ReasonMissing:
    :raises DecisionTaken: a result was decided.
    :raises Invalid: it is not said who asked, the refund is more than was paid or without a ground.
    :raises NoRefund: a refund is decided, and nothing was paid.
    """
    body = {
        "reason": reason,
        "asked_by": asked_by,
        "ground": ground,
        **({"refund": asdict(refund)} if refund else {}),
    }
    work = begin(act=Act.STOP, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    if actor.kind is ActorKind.SYSTEM:
        raise NoDuty
    duty = competent(work)
    if asked_by not in (StopAsked.APPLICANT, StopAsked.AGENCY):
        raise Invalid(errors={"asked_by": "Chọn bên đề nghị dừng giải quyết."})
    return _stopped(work, duty, StopAsked(asked_by), rules.reason(reason), ground.strip(), refund)


@once
def lapse(*, code: str, actor: Actor, key: str, at: datetime) -> Done:
    """
    Stop a dossier whose supplement did not come in the procedure's period (form 05; 5 → 8), by the system itself.

    :raises DossierNotFound, Replayed, NoDuty:
    :raises NotAllowedNow: no supplement is waited for any more, or there is still time.
    """
    work = begin(act=Act.STOP, code=code, actor=actor, key=key, at=at, body={"lapsed": True})
    if actor.kind is not ActorKind.SYSTEM:
        raise NoDuty
    until = work.dossier.supplement_due_at
    if work.state is not State.SUPPLEMENT_REQUESTED or until is None:
        raise NotAllowedNow("Hồ sơ không còn chờ bổ sung.")
    rules.lapsed(at, until)
    reason = f"Đến {moment_vi(until.astimezone(LOCAL))}, cơ quan chưa nhận được giấy tờ đã yêu cầu bổ sung."
    return _stopped(work, None, StopAsked.LAPSED, reason, "", None, until=until)


def _stopped(
    work: Work,
    duty: DutyRef | None,
    asked: StopAsked,
    reason: str,
    ground: str,
    refund: RefundDecision | None,
    *,
    until: datetime | None = None,
) -> Done:
    dossier, at = work.dossier, work.at
    if dossier.decision:
        raise DecisionTaken("Hồ sơ đã có quyết định giải quyết nên không dừng được nữa.")
    on = at.astimezone(LOCAL).date()
    owner = parties.rows(SYSTEM, [dossier.owner_id])[dossier.owner_id]
    signer = (
        papers.signer(work.actor, organisation.unit(duty.unit_id))
        if duty
        else papers.competent_signer(dossier, on)
    )
    returned = list(
        Component.objects.filter(dossier_id=dossier.subject, state="handed_in", originals__gt=0)
        .order_by("no")
        .values_list("name", flat=True)
    )
    refund = refundchecks.check(work, Ended.LAPSED if asked is StopAsked.LAPSED else Ended.STOPPED, refund)
    notice = papers.stop_notice(
        dossier, work.bundle, owner, signer, asked=asked, reason=reason, ground=ground, refund=refund,
        returned=returned, step=dossier.step_name, at=at,
    )  # fmt: skip
    tasks.cancel(work, reason)
    if work.state is State.PAYMENT_REQUESTED:
        _drop_notices(work, reason)
    dossier.state, dossier.ended_at = State.STOPPED, at
    dossier.supplement_due_at = None
    tasks.ended(work)
    document = freeze(work, notice, unit_id=duty.unit_id if duty else dossier.receiving_unit_id)
    return finish(
        work,
        Act.STOP,
        duty=duty,
        payload={
            "form": document.number,
            "asked_by": asked.value,
            "ground": ground,
            **({"refund": refund.amount} if refund else {}),
            "until": until,
        },
        personal={"reason": reason, **({"refund_ground": refund.ground} if refund else {})},
        event=told(work, events.Stopped, document_id=document.id, asked_by=asked.value),
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
    originals.given_back(work, collector)
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
