"""A duty given to somebody of the agency, so that the work of a unit has a holder again (R-070, R-316)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Forbidden, NotFound
from motcua.organisation import events, queries
from motcua.organisation.models import Duty
from motcua.organisation.operations import give_duty
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts


def appoint(
    *, staff_id: int, unit_id: int, role: Role, procedure_field: str, actor: Actor, key: str, at: datetime
) -> int:
    """
    Give a role in a unit, for a field (empty: all), to somebody at work in its agency, from today on; return the duty.

    :raises Forbidden: the actor is no administrator.
    :raises NotFound: the person is not at work in the agency.
    :raises Invalid: the same duty begins today already.
    :raises Replayed, MissingKey:
    """
    on = at.astimezone(LOCAL).date()
    held = actor.duty(Role.ADMIN)
    if held is None:
        raise Forbidden
    agency = queries.unit(unit_id).agency_id
    try:
        with transaction.atomic(durable=True):
            body = [staff_id, unit_id, role.value, procedure_field]
            subject = idempotency.take(actor, key, "organisation.appoint", body, at=at)
            there = Duty.objects.filter(
                staff_id=staff_id, unit__agency_id=agency, valid_from__lte=on, staff__account__is_active=True
            )
            if not there.exclude(valid_to__lt=on).exists():
                raise NotFound("Chỉ giao được cho người đang công tác trong cùng cơ quan.")
            given = give_duty(
                actor=actor, staff_id=staff_id, unit_id=unit_id, role=role, valid_from=on,
                fields=[procedure_field] if procedure_field else [],
            )  # fmt: skip
            ledger.append_unheaded(
                subject,
                act="duty_give",
                actor=actor,
                duty=held,
                at=at,
                facts=Facts.under(held),
                payload={
                    "duty": given.pk,
                    "to": staff_id,
                    "unit": unit_id,
                    "role": role.value,
                    "from_day": on,
                },
                event=events.DutyGiven(
                    duty=given.pk, unit=unit_id, taker=staff_id, role=role.value, valid_from=on, at=at
                ),
            )
            return given.pk
    except idempotency.AlreadyDone:
        return (
            Duty.objects.filter(staff_id=staff_id, unit_id=unit_id, role=role, valid_from=on)
            .values_list("pk", flat=True)
            .get()
        )
