"""Who acts: resolved once per request, handed to every query and operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class ActorKind(StrEnum):
    """Staff and citizens sign in apart; partners come by token; the system acts under a duty of its own."""

    STAFF = "staff"
    CITIZEN = "citizen"
    PARTNER = "partner"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Role(StrEnum):
    """What a duty makes of a person; the values are the codes of the process data."""

    ONE_STOP_OFFICER = "can_bo_tiep_nhan"
    RETURN_OFFICER = "can_bo_tra_ket_qua"
    DIVISION_HEAD = "lanh_dao_phong"
    PROCESSING_OFFICER = "can_bo_thu_ly"
    AGENCY_HEAD = "lanh_dao_co_quan"
    CLERK = "van_thu"
    COUNCIL = "hoi_dong"
    COORDINATOR = "don_vi_phoi_hop"
    OFFICE_HEAD = "lanh_dao_van_phong"
    OFFICE_OFFICER = "chuyen_vien_van_phong"
    KSTT = "can_bo_kstt"
    PROVINCE_LEADER = "lanh_dao_tinh"
    WARD_OFFICE = "van_phong_xa"
    ADMIN = "quan_tri"


WITHOUT_SIGHT: Final = frozenset({Role.ADMIN})
"""Duties that keep the system running and show no dossier: whoever shall see dossiers needs a duty that says so."""


class DutyScope(StrEnum):
    """How far a duty sees: its unit, the unit with everything below it, or the whole province."""

    UNIT = "unit"
    SUBTREE = "subtree"
    PROVINCE = "province"


@dataclass(frozen=True, slots=True)
class DutyRef:
    """
    One duty in force: a role in a unit of an agency; `fields` empty means every field.

    A duty lent in absence names the one it comes from and the member of staff whose it is.
    """

    id: int
    unit_id: int
    agency_id: int
    role: Role
    scope: DutyScope = DutyScope.UNIT
    fields: frozenset[str] = frozenset()
    delegated_by: int | None = None
    for_staff_id: int | None = None

    def covers(self, procedure_field: str) -> bool:
        """Tell whether the duty reaches procedures of this field."""
        return not self.fields or procedure_field in self.fields


@dataclass(frozen=True, slots=True)
class Actor:
    """
    A person, partner or the system with the duties in force at one moment.

    `unit_ids` are the units whose dossiers the actor may see (scopes expanded);
    `province_wide` replaces the set where a duty reaches the whole province (R-002, R-316). `systems` are the
    central systems a partner speaks for, by name: it sees the parts those decide, and no other dossier (R-065).
    """

    kind: ActorKind
    account_id: int
    name: str = ""
    party_id: int | None = None
    staff_id: int | None = None
    duties: tuple[DutyRef, ...] = ()
    unit_ids: frozenset[int] = field(default=frozenset())
    province_wide: bool = False
    systems: frozenset[str] = field(default=frozenset())

    def duty(
        self, *roles: Role, unit_id: int | None = None, procedure_field: str | None = None
    ) -> DutyRef | None:
        """Return the first duty with one of the roles (in that unit, for that field), or None."""
        for held in self.duties:
            here = unit_id is None or held.unit_id == unit_id
            if held.role in roles and here and (procedure_field is None or held.covers(procedure_field)):
                return held
        return None


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS, account_id=0)
SYSTEM = Actor(kind=ActorKind.SYSTEM, account_id=0, name="Hệ thống")
