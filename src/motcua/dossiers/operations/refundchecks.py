"""When a dossier ends without a result: what becomes of the money paid for it is decided on, or is to be."""

from __future__ import annotations

from dataclasses import replace

from motcua.documents.wording import money
from motcua.dossiers import refunding, refundings
from motcua.dossiers.operations.common import Work, settings
from motcua.dossiers.refunding import Ended, Proposal
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.payments import operations as payments
from motcua.payments.rules import RefundDecision


def check(work: Work, ended: Ended, decision: RefundDecision | None = None) -> RefundDecision | None:
    """
    Open, with the act's ledger entry, what becomes of the money paid for a dossier; return what was decided at once.

    A decision that is the rules' own needs no ground of its own (one statement where something is decided).

    :raises Invalid, NoRefund: the decision does not fit what was paid.
    """
    handled, paid = refunding.begun(work.state_before), None
    if decision is not None:
        found = proposed(work, ended, handled=handled)
        decision, paid = grounded(decision, found), found.paid
    work.beside.append(
        payments.refund_check(
            subject=work.dossier.subject, at=work.at, ended=ended.value, handled=handled, decision=decision, paid=paid
        )
    )  # fmt: skip
    return decision


def check_refused(work: Work) -> None:
    """Open the same after a refusal, where a rule gives back something of a fee that was paid."""
    rules = refunding.refund_rules(settings(work).get("refund_rules", ()))
    of = refunding.given_back(rules, Ended.REFUSED)
    if of is not None:
        codes, kinds = of
        work.beside.append(
            payments.refund_check(
                subject=work.dossier.subject, at=work.at, ended=Ended.REFUSED.value, handled=True, codes=codes,
                kinds=kinds,
            )
        )  # fmt: skip


def proposed(work: Work, ended: Ended, *, handled: bool) -> Proposal:
    """Return what the rules of the day give back (one statement)."""
    on = work.at.astimezone(LOCAL).date()
    return refundings.proposed(SYSTEM, work.dossier, ended, handled=handled, on=on)


def grounded(decision: RefundDecision, by_rules: Proposal) -> RefundDecision:
    """
    Return the decision with its ground: the rules' where it is theirs and nothing else is said.

    :raises Invalid: the sum is another than the rules', and their words are given as its ground.
    """
    if decision.amount == by_rules.amount:
        return decision if decision.ground.strip() else replace(decision, ground=by_rules.ground)
    if by_rules.amount is not None and decision.ground.strip() == by_rules.ground:
        raise Invalid(errors={"refund_ground": "Số tiền khác quy định: ghi rõ vì sao."})
    return decision


def said(decision: RefundDecision | None) -> str:
    """Return what the applicant is told of a decision; nothing while there is none."""
    if decision is None:
        return ""
    if not decision.amount:
        return "Phí, lệ phí đã nộp không được hoàn trả; lý do ghi trong hồ sơ."
    return f"Ông/bà được hoàn trả {money(decision.amount)} phí, lệ phí đã nộp; mang biên lai đến nơi đã nộp tiền."
