"""Noting what may have cost an applicant a way too many, with the ledger entry of the act that did it (R-189)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from motcua.dossiers.hardship import TRIPS, HardshipKind
from motcua.dossiers.models import Guidance, HardshipSign
from motcua.dossiers.operations.common import Work
from motcua.kernel.actor import ActorKind, DutyRef

_NOTED: Final = (
    "INSERT INTO dossiers_hardshipsign (subject, kind, unit_id, officer_id, code, procedure_code, at)"
    " SELECT %s::bigint, %s, %s::bigint, %s::bigint, %s, %s, %s::timestamptz"
)
_COMPLETE: Final = (
    " WHERE NOT EXISTS (SELECT 1 FROM dossiers_component c WHERE c.dossier_id = %s AND c.state = 'missing')"
    " AND EXISTS (SELECT 1 FROM dossiers_component c WHERE c.dossier_id = %s)"
)


def asked_again(work: Work, duty: DutyRef | None, times_before: int) -> None:
    """Note a supplement asked for during handling that is not the first; nothing else."""
    if times_before:
        _note(work, HardshipKind.ASKED_AGAIN, duty)


def refused(work: Work, duty: DutyRef | None) -> None:
    """Note a refusal to receive a dossier of which no paper was missing (looked up in the act's own statement)."""
    subject = work.dossier.subject
    _note(work, HardshipKind.REFUSED_COMPLETE, duty, _COMPLETE, [subject, subject])


def guided(row: Guidance, code: str, at: datetime) -> None:
    """Note guidance of a person who came more often than the law wants (one statement then)."""
    if row.trip > TRIPS and row.officer_id is not None:
        HardshipSign.objects.create(
            subject=row.subject, kind=HardshipKind.MANY_TRIPS.value, unit_id=row.unit_id, officer_id=row.officer_id,
            procedure_code=code, at=at,
        )  # fmt: skip


def _note(
    work: Work, kind: HardshipKind, duty: DutyRef | None, where: str = "", more: list[int] | None = None
) -> None:
    if duty is None or work.actor.kind is not ActorKind.STAFF:
        return
    dossier = work.dossier
    values = [
        dossier.subject, kind.value, duty.unit_id, work.actor.staff_id, dossier.code, dossier.procedure_code, work.at,
    ]  # fmt: skip
    work.beside.append((_NOTED + where, [*values, *(more or [])]))
