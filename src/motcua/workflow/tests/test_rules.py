"""Who may act on a task, without a database."""

from __future__ import annotations

import pytest

from motcua.kernel.actor import Actor, ActorKind, DutyRef, DutyScope, Role
from motcua.workflow import rules


def alone(unit_id: int) -> frozenset[int]:
    return frozenset((unit_id,))


def staff(*duties: DutyRef, units: frozenset[int] = frozenset({1, 2}), staff_id: int = 9) -> Actor:
    return Actor(kind=ActorKind.STAFF, account_id=1, staff_id=staff_id, duties=duties, unit_ids=units)


WORK = DutyRef(id=1, unit_id=1, agency_id=7, role=Role.PROCESSING_OFFICER, fields=frozenset({"ho_tich"}))


@pytest.mark.parametrize(
    ("unit_id", "role", "field", "found"),
    [
        (1, "can_bo_thu_ly", "ho_tich", True),
        (1, "can_bo_thu_ly", "", True),
        (1, "can_bo_thu_ly", "dat_dai", False),
        (2, "can_bo_thu_ly", "ho_tich", False),
        (1, "van_thu", "ho_tich", False),
    ],
)
def test_duty(unit_id: int, role: str, field: str, found: bool) -> None:
    assert (rules.duty_for(staff(WORK), unit_id, role, field, alone) is WORK) is found


def test_a_duty_covers_units_taken_over() -> None:
    def heir(unit_id: int) -> frozenset[int]:
        return frozenset((unit_id, 5))

    assert rules.duty_for(staff(WORK), 5, "can_bo_thu_ly", "", heir) is WORK


def test_the_second_duty_counts_too() -> None:
    other = DutyRef(id=2, unit_id=1, agency_id=7, role=Role.PROCESSING_OFFICER)
    assert rules.duty_for(staff(WORK, other), 1, "can_bo_thu_ly", "dat_dai", alone) is other


@pytest.mark.parametrize(
    ("role", "unit_id", "agency_id", "leads"),
    [
        (Role.DIVISION_HEAD, 1, 7, True),
        (Role.DIVISION_HEAD, 2, 7, False),
        (Role.AGENCY_HEAD, 2, 7, True),
        (Role.OFFICE_HEAD, 2, 7, True),
        (Role.AGENCY_HEAD, 2, 8, False),
        (Role.PROCESSING_OFFICER, 1, 7, False),
    ],
)
def test_who_shares_out_work(role: Role, unit_id: int, agency_id: int, leads: bool) -> None:
    held = DutyRef(id=1, unit_id=1, agency_id=7, role=role)
    assert (rules.leading_duty(staff(held), unit_id, agency_id, alone) is held) is leads


def test_a_head_over_a_subtree_leads_the_agencies_below() -> None:
    held = DutyRef(id=1, unit_id=1, agency_id=7, role=Role.AGENCY_HEAD, scope=DutyScope.SUBTREE)
    assert rules.leading_duty(staff(held), 2, 8, alone) is held
    assert rules.leading_duty(staff(held), 3, 8, alone) is None
