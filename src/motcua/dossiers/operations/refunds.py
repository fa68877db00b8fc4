"""Money paid for a dossier withdrawn or stopped: what is given back, and that it was (facts-lifecycle 2.10)."""

from __future__ import annotations

from datetime import datetime

from motcua.documents.wording import money
from motcua.dossiers import events
from motcua.dossiers.operations import refundchecks
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.operations.receipt import reception_duty
from motcua.dossiers.refunding import Ended
from motcua.dossiers.rules import Act
from motcua.kernel.actor import Actor
from motcua.payments import operations as payments
from motcua.payments.rules import RefundDecision


@once
def decide_refund(
    *, code: str, amount: int, ground: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Decide what of the money paid is given back, in đồng (0: nothing), by which rule or why not, as the counter.

    The dated rules propose a sum; deciding just that needs no `ground`, any other sum does.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises NoRefund: nothing was paid, or it was decided before.
    :raises Invalid: more than was paid, or no ground.
    """
    body = {"amount": amount, "ground": ground}
    work = begin(act=Act.DECIDE_REFUND, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    duty = reception_duty(work)
    held = payments.open_refund(subject=work.dossier.subject)
    ended = Ended(held.ended or Ended.WITHDRAWN)
    by_rules = refundchecks.proposed(work, ended, handled=held.handled)
    decision = refundchecks.grounded(RefundDecision(amount, ground), by_rules)
    row = payments.decide_refund(held, decision=decision, at=at)
    return finish(
        work,
        Act.DECIDE_REFUND,
        duty=duty,
        payload={"paid": row.paid, "refund": row.amount, "state": row.state, "by_rules": by_rules.amount},
        personal={"ground": row.ground},
        event=told(work, events.RefundDecided, refund=decision.amount, text=refundchecks.said(decision)),
    )


@once
def pay_refund(
    *, code: str, reference: str, actor: Actor, key: str, at: datetime, seen: int | None = None
) -> Done:
    """
    Enter that the money was given back, by its voucher, as the counter.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow, NoDuty:
    :raises NoRefund: nothing is due. :raises Invalid: no voucher.
    """
    work = begin(
        act=Act.PAY_REFUND, code=code, actor=actor, key=key, at=at, seen=seen, body={"reference": reference}
    )
    duty = reception_duty(work)
    row = payments.pay_refund(subject=work.dossier.subject, reference=reference, at=at)
    amount = row.amount or 0
    return finish(
        work,
        Act.PAY_REFUND,
        duty=duty,
        payload={"refund": amount, "form": row.reference},
        event=told(
            work, events.RefundPaid, refund=amount, text=f"Đã hoàn trả {money(amount)} phí, lệ phí đã nộp."
        ),
    )
