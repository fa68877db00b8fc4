"""Telling members of staff, and their saying that they have seen it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from motcua.dossiers import tellings
from motcua.dossiers.models import Told
from motcua.dossiers.operations.common import Work
from motcua.dossiers.rules import ENDED
from motcua.dossiers.telling import TellingNotFound, TellKind, Whom
from motcua.kernel.actor import Actor, Role


def tell(work: Work, kind: TellKind, text: str, whom: Iterable[Whom]) -> None:
    """Tell people of a dossier, each once, together with the act's ledger entry; who acts is not told."""
    people = [
        one for one in dict.fromkeys(whom) if one.staff_id is None or one.staff_id != work.actor.staff_id
    ]
    if not people:
        return
    columns: list[Sequence[object]] = [
        [one.staff_id for one in people],
        [one.unit_id for one in people],
        [str(one.role or "") for one in people],
    ]
    work.beside.append(
        (
            "INSERT INTO dossiers_told (dossier_id, staff_id, unit_id, role, kind, text, at) SELECT %s, v.staff,"
            " v.unit, v.role, %s, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS v(staff, unit, role)",
            [work.dossier.subject, kind.value, text[:500], work.at, *columns],
        )
    )


def tell_others(work: Work, subjects: Sequence[int], kind: TellKind, text: str) -> None:
    """
    Tell the holders of other dossiers still handled, or their counters, together with the act's ledger entry.

    The dossiers named, and those of the same interlinked group.
    """
    dossier = work.dossier
    if not subjects and dossier.parent_id is None:
        return
    values = [str(Role.ONE_STOP_OFFICER), kind.value, text[:500], work.at, dossier.subject, sorted(ENDED)]
    work.beside.append(
        (
            "INSERT INTO dossiers_told (dossier_id, staff_id, unit_id, role, kind, text, at)"
            " SELECT d.subject, d.holder_id, CASE WHEN d.holder_id IS NULL THEN d.receiving_unit_id END,"
            " CASE WHEN d.holder_id IS NULL THEN %s ELSE '' END, %s, %s, %s FROM dossiers_dossier d"
            " WHERE d.subject <> %s AND NOT d.state = ANY(%s) AND (d.parent_id = %s OR d.subject = ANY(%s))",
            [*values, dossier.parent_id, list(subjects)],
        )
    )


def seen(*, told_id: int, actor: Actor, at: datetime) -> None:
    """
    Say that one has seen what one was told; whoever else holds the same role is no longer told either.

    :raises TellingNotFound: it was not told to this person.
    """
    found = tellings.one(actor, told_id)
    if found is None:
        raise TellingNotFound
    with transaction.atomic(durable=True):
        Told.objects.filter(pk__in=found.ids, seen_at__isnull=True).update(
            seen_at=at, seen_by_id=actor.staff_id
        )
