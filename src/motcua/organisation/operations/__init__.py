"""Writing of agencies, units, staff and duties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from motcua.kernel.actor import Actor, DutyScope, Role
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.organisation.models import (
    Agency,
    AgencyKind,
    AgencyService,
    Duty,
    Revision,
    Staff,
    Succession,
    Unit,
    UnitKind,
    UnitKindSuccession,
)
from motcua.organisation.rules import PlaceNeeded as PlaceNeeded
from motcua.organisation.rules import UnitUnknown as UnitUnknown
from motcua.parties.models import Account
from motcua.platform.records import Counts, bring
from motcua.territory.models import CalendarLayer, Place

Rows = Sequence[Mapping[str, Any]]


@transaction.atomic
def set_kinds(agency_kinds: Rows, unit_kinds: Rows) -> dict[str, Counts]:
    """Bring the kinds of agencies and units."""
    counts = {"agency_kinds": bring(AgencyKind, agency_kinds), "unit_kinds": bring(UnitKind, unit_kinds)}
    _note(counts)
    return counts


@transaction.atomic
def set_kind_successions(rows: Rows) -> dict[str, Counts]:
    """Bring the dated table of unit kinds that stand in for others."""
    counts = {"unit_kind_successions": bring(UnitKindSuccession, rows, key=("kind", "valid_from"))}
    _note(counts)
    return counts


@transaction.atomic
def set_tree(agencies: Rows, units: Rows, services: Rows, successions: Rows) -> dict[str, Counts]:
    """
    Bring agencies, units, territories served and successions; every reference is given by code.

    :raises KeyError: a code that is neither in the data nor in the database; loaders check before.
    """
    places = dict(Place.objects.values_list("code", "pk"))
    layers = dict(CalendarLayer.objects.values_list("code", "pk"))
    counts = {
        "agencies": bring(
            Agency,
            [{**row, "place_id": places[row["place_id"]] if row["place_id"] else None} for row in agencies],
            own=("parent_id",),
        )
    }
    numbers = dict(Agency.objects.values_list("code", "pk"))
    counts["units"] = bring(
        Unit,
        [
            {
                **row,
                "agency_id": numbers[row["agency_id"]],
                "calendar_id": layers[row["calendar_id"]] if row["calendar_id"] else None,
            }
            for row in units
        ],
        own=("parent_id", "one_stop_id", "attached_to_id"),
    )
    unit_numbers = dict(Unit.objects.values_list("code", "pk"))
    counts["services"] = bring(
        AgencyService,
        [
            {"agency_id": numbers[row["agency_id"]], "served_id": numbers[row["served_id"]]}
            for row in services
        ],
        key=("agency_id", "served_id"),
    )
    counts["successions"] = bring(
        Succession,
        [
            {
                **row,
                "origin_id": unit_numbers[row["origin_id"]],
                "successor_id": unit_numbers[row["successor_id"]],
            }
            for row in successions
        ],
        key=("origin_id", "successor_id", "on"),
    )
    _note(counts)
    return counts


@transaction.atomic
def set_staff(staff: Rows, duties: Rows) -> dict[str, Counts]:
    """
    Bring staff (their account by user name) and duties (staff by user name, unit by code).

    :raises KeyError: an unknown user name or unit code; loaders check before.
    """
    names = [row["username"] for row in staff]
    accounts = dict(Account.objects.filter(username__in=names).values_list("username", "pk"))
    counts = {
        "staff": bring(
            Staff,
            [
                {**{k: v for k, v in row.items() if k != "username"}, "account_id": accounts[row["username"]]}
                for row in staff
            ],
            key=("account_id",),
        )
    }
    people = dict(
        Staff.objects.filter(account_id__in=accounts.values()).values_list("account__username", "pk")
    )
    units = dict(Unit.objects.values_list("code", "pk"))
    counts["duties"] = bring(
        Duty,
        [
            {
                **{k: v for k, v in row.items() if k not in ("username", "unit")},
                "staff_id": people[row["username"]],
                "unit_id": units[row["unit"]],
            }
            for row in duties
        ],
        key=("staff_id", "unit_id", "role", "valid_from"),
        once=("valid_to",),
    )
    return counts


@transaction.atomic
def give_duty(
    *,
    actor: Actor,
    staff_id: int,
    unit_id: int,
    role: Role,
    valid_from: date,
    valid_to: date | None = None,
    scope: DutyScope = DutyScope.UNIT,
    fields: Sequence[str] = (),
) -> Duty:
    """
    Give a person a duty for a period (R-316).

    :raises Forbidden: the actor is no administrator.
    :raises NotFound: no such person or unit.
    :raises Invalid: the period ends before it starts, or the same duty starts that day already.
    """
    if actor.duty(Role.ADMIN) is None:
        raise Forbidden
    if valid_to is not None and valid_to < valid_from:
        raise Invalid(errors={"valid_to": "Ngày kết thúc phải từ ngày bắt đầu trở đi."})
    if not Staff.objects.filter(pk=staff_id).exists() or not Unit.objects.filter(pk=unit_id).exists():
        raise NotFound
    if Duty.objects.filter(staff_id=staff_id, unit_id=unit_id, role=role, valid_from=valid_from).exists():
        raise Invalid(errors={"valid_from": "Người này đã được giao đúng nhiệm vụ đó từ ngày này."})
    return Duty.objects.create(
        staff_id=staff_id,
        unit_id=unit_id,
        role=role,
        scope=scope,
        fields=list(fields),
        valid_from=valid_from,
        valid_to=valid_to,
    )


@transaction.atomic
def end_duty(*, actor: Actor, duty_id: int, on: date) -> Duty:
    """
    End a duty: `on` is its last day; a duty that would end before it starts never was in force.

    :raises Forbidden, NotFound:
    """
    if actor.duty(Role.ADMIN) is None:
        raise Forbidden
    duty = Duty.objects.select_for_update(no_key=True).filter(pk=duty_id).first()
    if duty is None:
        raise NotFound
    duty.valid_to = max(on, duty.valid_from)
    duty.save(update_fields=["valid_to"])
    # what was lent of it ends with it
    Duty.objects.filter(delegated_by=duty).exclude(valid_to__lte=duty.valid_to).update(
        valid_to=Greatest("valid_from", Value(duty.valid_to))
    )
    return duty


def _note(counts: Mapping[str, Counts]) -> None:
    """Number the change, so that processes with the tree in memory build it anew."""
    if any(count.written for count in counts.values()) and not Revision.objects.filter(name="tree").update(
        number=F("number") + 1
    ):
        Revision.objects.create(name="tree", number=1)
