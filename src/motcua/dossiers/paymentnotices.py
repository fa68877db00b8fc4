"""Reading of the financial obligations notified for a dossier: by whoever may see the dossier, its applicant too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from motcua.dossiers.dues import DueKind, DueState
from motcua.kernel.actor import Actor
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice; `amount` in đồng. `evidence` tells how it was paid, or why it was cancelled."""

    id: int
    kind: DueKind
    label: str
    amount: int
    number: str
    payee: str
    basis: str
    unit_id: int
    issued_at: datetime
    state: DueState
    settled_at: datetime | None
    evidence: str
    at_counter: bool


def of_subject(actor: Actor, subject: int) -> list[Notice]:
    """Return the notices of a dossier in their order, nothing when the actor may not see it (one statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.id, n.kind, n.label, n.amount, n.number, n.payee, n.basis, n.unit_id, n.issued_at, n.state,"  # noqa: S608  (texts of ours; values are parameters)
            " n.settled_at, n.evidence, n.obligation_id IS NOT NULL FROM dossiers_paymentnotice n"
            f" WHERE n.dossier_id = %s AND {access.visible('n.dossier_id')} ORDER BY n.id",
            [subject, *access.parameters(actor)],
        )
        return [
            Notice(
                number,
                DueKind(kind),
                label,
                amount,
                no,
                payee,
                basis,
                unit,
                at,
                DueState(state),
                until,
                how,
                here,
            )
            for number, kind, label, amount, no, payee, basis, unit, at, state, until, how, here in cursor.fetchall()
        ]
