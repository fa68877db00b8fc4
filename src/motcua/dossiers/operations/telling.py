"""Telling members of staff, and their saying that they have seen it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from motcua.dossiers import tellings
from motcua.dossiers.models import Told
from motcua.dossiers.operations.common import Work
from motcua.dossiers.telling import TellingNotFound, TellKind, Whom
from motcua.kernel.actor import Actor


def tell(work: Work, kind: TellKind, text: str, whom: Iterable[Whom]) -> None:
    """Tell people of a dossier, each once, inside the act's transaction (one statement); who acts is not told."""
    people = [
        one for one in dict.fromkeys(whom) if one.staff_id is None or one.staff_id != work.actor.staff_id
    ]
    Told.objects.bulk_create(
        Told(
            dossier_id=work.dossier.subject, staff_id=one.staff_id, unit_id=one.unit_id,
            role=str(one.role or ""), kind=kind.value, text=text[:500], at=work.at,
        )
        for one in people
    )  # fmt: skip


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
