"""Reading what the rules give back of the money paid for a dossier."""

from __future__ import annotations

from datetime import date

from motcua.catalogue import queries as catalogue
from motcua.dossiers import refunding
from motcua.dossiers.models import Dossier
from motcua.dossiers.refunding import Ended, PaidFee, Proposal
from motcua.dossiers.rules import FROM, Act, Decision, State
from motcua.kernel.actor import Actor
from motcua.payments import queries as payments
from motcua.payments.rules import ObligationState


def may_stand(dossier: Dossier) -> bool:
    """Tell whether money paid for a dossier may wait to be given back: it ended, and not with what was asked for."""
    state = State(dossier.state)
    return state in FROM[Act.DECIDE_REFUND] and (
        state is not State.RETURNED or dossier.decision == Decision.REFUSED
    )


def proposed(actor: Actor, dossier: Dossier, ended: Ended, *, handled: bool, on: date) -> Proposal:
    """Return what the rules of a local day give back when a dossier ends so (one statement); of what the actor sees."""
    paid = [
        PaidFee(row.fee_code, row.kind, row.label, row.amount)
        for row in payments.of_subject(actor, dossier.subject)
        if row.state is ObligationState.PAID and row.amount
    ]
    procedure = catalogue.definition(dossier.procedure_version_id)
    said = refunding.refund_rules(catalogue.parameters(procedure, on).get("refund_rules", ()))
    return refunding.proposal(said, paid, ended, handled=handled)
