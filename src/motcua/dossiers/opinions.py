"""Reading of opinions: those of one dossier side by side, what one's units owe, what one has asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.consulting import ANSWERING, AWAITING, OpinionState
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access
from motcua.workflow.queries import acting_units

_ALIVE = ", ".join(repr(str(state)) for state in sorted(AWAITING))
_COLUMNS = (
    "o.id, o.request_id, o.unit_id, o.state, o.late, o.stance, o.text, o.file_id, o.answered_by_id, o.answered_at,"
    " r.content, r.due_at, r.lead_unit_id, r.asked_by_id, r.asked_at, r.document_id, d.code, d.owner_name,"
    " d.procedure_version_id, d.state, d.seq"
)


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """What one unit was asked and answered, with the question and the dossier."""

    id: int
    request_id: int
    unit_id: int
    state: str
    late: bool
    stance: str
    text: str
    file_id: int | None
    answered_by_id: int | None
    answered_at: datetime | None
    content: str
    due_at: datetime
    lead_unit_id: int
    asked_by_id: int
    asked_at: datetime
    document_id: int
    code: str
    owner_name: str
    procedure_version_id: int
    dossier_state: str
    seq: int

    @property
    def is_open(self) -> bool:
        """Tell whether it is still awaited, the dossier being handled."""
        return self.state == OpinionState.OPEN and self.dossier_state in AWAITING


def _read(actor: Actor, where: str, values: list[Any], order: str, limit: int) -> list[OpinionRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dossiers_opinion o"  # noqa: S608  (texts of ours; values are parameters)
            " JOIN dossiers_opinionrequest r ON r.id = o.request_id"
            " JOIN dossiers_dossier d ON d.subject = r.dossier_id"
            f" WHERE {where} AND {access.visible('d.subject')} ORDER BY {order} LIMIT %s",
            [*values, *access.parameters(actor), limit],
        )
        return [OpinionRow(*row) for row in cursor.fetchall()]


def of_dossier(actor: Actor, subject: int) -> list[OpinionRow]:
    """Return every opinion of a dossier the actor may see, the newest question first (one statement)."""
    if actor.kind is not ActorKind.STAFF:
        return []
    return _read(actor, "d.subject = %s", [subject], "r.id DESC, o.id", 500)


def answering_units(actor: Actor) -> frozenset[int]:
    """Return the units for which the actor may answer."""
    return frozenset(
        unit_id for duty in actor.duties if duty.role in ANSWERING for unit_id in acting_units(duty.unit_id)
    )


def owed(actor: Actor, limit: int = 200) -> list[OpinionRow]:
    """Return what the actor's units are asked and have not answered, the earliest deadline first (one statement)."""
    units = sorted(answering_units(actor))
    if actor.kind is not ActorKind.STAFF or not units:
        return []
    where = f"o.state = 'open' AND d.state IN ({_ALIVE}) AND o.unit_id = ANY(%s)"
    return _read(actor, where, [units], "r.due_at, o.id", limit)


def asked(actor: Actor, limit: int = 200) -> list[OpinionRow]:
    """Return what the actor has asked on dossiers still handled, the newest question first (one statement)."""
    if actor.kind is not ActorKind.STAFF or actor.staff_id is None:
        return []
    where = f"r.asked_by_id = %s AND d.state IN ({_ALIVE})"
    return _read(actor, where, [actor.staff_id], "r.id DESC, o.id", limit)
