"""Duties at units that have ended pass to the successors: ended with the unit, given anew from the day after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.errors import Forbidden
from motcua.organisation import successions
from motcua.organisation.models import Duty
from motcua.organisation.passing import passed
from motcua.platform import ledger
from motcua.platform.ledger import Facts


def pass_duties(
    *,
    actor: Actor,
    duty: DutyRef | None,
    passing: Mapping[int, int],
    on: date,
    subject: int,
    decision: Mapping[str, Any],
    at: datetime,
) -> int:
    """
    End the duties at ended units and give them at the successors in `passing`; return how many passed.

    Part of the caller's transaction. Done again it finds nothing to do. One entry in the ledger of `subject` names
    every duty; nothing is written where none passes. `on` is the first day of the new duties.

    :raises Forbidden: the actor is neither a procedure-control officer nor the system.
    """
    if actor.kind is not ActorKind.SYSTEM and actor.duty(Role.KSTT) is None:
        raise Forbidden
    with transaction.atomic():
        moving = [post for post in successions.posts(actor, passing, on) if post.valid_from < on]
        if not moving:
            return 0
        there = successions.posts(actor, set(passing.values()), on)
        new = passed(moving, passing, there)
        going = [post.id for post in moving]
        last = date.fromordinal(on.toordinal() - 1)
        Duty.objects.filter(pk__in=going).update(valid_to=Greatest(F("valid_from"), Value(last)))
        known: dict[int, int] = {}
        for one in sorted(
            new, key=lambda item: item.lent_by is not None
        ):  # one's own before what is lent of it
            row, _ = Duty.objects.get_or_create(
                staff_id=one.staff_id,
                unit_id=one.unit_id,
                role=one.role,
                valid_from=on,
                defaults={
                    "scope": one.scope.value,
                    "fields": sorted(one.fields),
                    "valid_to": one.valid_to,
                    "delegated_by_id": known.get(one.lent_by, one.lent_by) if one.lent_by else None,
                },
            )
            known |= dict.fromkeys(one.of, row.pk)
        ledger.append_unheaded(
            subject,
            act="duties_passed",
            actor=actor,
            duty=duty,
            at=at,
            facts=Facts.under(duty),
            payload={
                **decision,
                "on": on,
                "ended": going,
                "given": [[old, number] for old, number in sorted(known.items())],
            },
        )
        return len(going)
