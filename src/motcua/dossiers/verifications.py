"""Reading of verifications on site: those of one dossier, and the visits that one's units have to make."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from motcua.dossiers.rules import PAUSED, RUNNING, State
from motcua.dossiers.verifying import VerificationState
from motcua.kernel.actor import Actor, ActorKind
from motcua.platform import access

_ALIVE = ", ".join(repr(str(state)) for state in sorted(RUNNING | PAUSED))
_COLUMNS = (
    "v.id, v.unit_id, v.node, v.state, v.planned_at, v.place, v.purpose, v.visitors, v.applicant_needed, v.made_by_id,"
    " v.made_at, v.moved, v.reason, v.began_at, v.ended_at, v.participants, v.findings, v.conclusion,"
    " v.recorded_by_id, v.recorded_at, v.document_id, ARRAY(SELECT f.file_id FROM dossiers_verificationfile f"
    " WHERE f.verification_id = v.id ORDER BY f.no), d.code, d.owner_name, d.procedure_version_id, d.state"
)
_PARTICIPANTS = 15  # the place of the JSON column above


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """One verification on site with its dossier; see the model for the fields."""

    id: int
    unit_id: int
    node: str
    state: str
    planned_at: datetime | None
    place: str
    purpose: str
    visitors: str
    applicant_needed: bool
    made_by_id: int
    made_at: datetime
    moved: int
    reason: str
    began_at: datetime | None
    ended_at: datetime | None
    participants: list[dict[str, str]]
    findings: str
    conclusion: str
    recorded_by_id: int | None
    recorded_at: datetime | None
    document_id: int | None
    file_ids: list[int]
    code: str
    owner_name: str
    procedure_version_id: int
    dossier_state: str

    @property
    def is_open(self) -> bool:
        """Tell whether the visit is still to be made: planned, and the dossier still handled."""
        return self.state == VerificationState.PLANNED and State(self.dossier_state) in RUNNING | PAUSED


def _read(actor: Actor, where: str, values: list[Any], order: str, limit: int) -> list[VerificationRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM dossiers_verification v"  # noqa: S608  (texts of ours; values are parameters)
            " JOIN dossiers_dossier d ON d.subject = v.dossier_id"
            f" WHERE {where} AND {access.visible('d.subject')} ORDER BY {order} LIMIT %s",
            [*values, *access.parameters(actor), limit],
        )
        rows = [list(row) for row in cursor.fetchall()]
    for row in rows:
        row[_PARTICIPANTS] = json.loads(row[_PARTICIPANTS])
    return [VerificationRow(*row) for row in rows]


def of_dossier(actor: Actor, subject: int) -> list[VerificationRow]:
    """Return every verification of a dossier the actor may see, the newest first (one statement)."""
    return _read(actor, "d.subject = %s", [subject], "v.id DESC", 200)


def to_make(actor: Actor, limit: int = 200) -> list[VerificationRow]:
    """Return the visits that the actor's units have planned and not recorded, the next first (one statement)."""
    units = sorted({duty.unit_id for duty in actor.duties})
    if actor.kind is not ActorKind.STAFF or not units:
        return []
    where = f"v.state = 'planned' AND d.state IN ({_ALIVE}) AND v.unit_id = ANY(%s)"
    return _read(actor, where, [units], "v.planned_at, v.id", limit)
