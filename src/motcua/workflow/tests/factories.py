"""A small world for the tests of tasks: a ward with its units and officers, and a published process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from motcua.catalogue.models import Field, Procedure, ProcedureVersion
from motcua.kernel.actor import Actor, Role
from motcua.kernel.process import Node
from motcua.organisation import queries as organisation
from motcua.organisation.models import Agency, Duty, Staff, Unit
from motcua.parties.models import Account
from motcua.platform import subjects
from motcua.workflow import operations, queries
from motcua.workflow.operations import Moved
from motcua.workflow.queries import Definition

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY_8AM = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
SINCE = date(2021, 1, 1)
FIELD = "ho_tich"


class AgencyFactory(DjangoModelFactory[Agency]):
    class Meta:
        model = Agency

    code = Sequence(lambda n: f"THU-{n}")  # type: ignore[no-untyped-call]
    name = "Ủy ban nhân dân phường Thử"
    short_name = "UBND phường Thử"
    folded = "uy ban nhan dan phuong thu"
    kind = "ubnd_commune"
    tier = "commune"
    area_class = "urban"
    certainty = "high"
    id_code_certainty = "high"
    valid_from = SINCE


class UnitFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit

    code = Sequence(lambda n: f"THU-{n}-DV")  # type: ignore[no-untyped-call]
    name = LazyAttribute(lambda made: f"Đơn vị {made.kind}")  # type: ignore[no-untyped-call]
    short_name = "Đơn vị"
    folded = "don vi"
    kind = "commune_justice"
    tier = "commune"
    certainty = "high"
    valid_from = SINCE
    agency = SubFactory(AgencyFactory)  # type: ignore[no-untyped-call]


class StaffFactory(DjangoModelFactory[Staff]):
    class Meta:
        model = Staff

    full_name = Sequence(lambda n: f"Cán bộ {n}")  # type: ignore[no-untyped-call]
    folded = Sequence(lambda n: f"can bo {n:04d}")  # type: ignore[no-untyped-call]

    @classmethod
    def _create(cls, model_class: type[Staff], *args: Any, **kwargs: Any) -> Staff:
        count = Account.objects.count()
        account = Account.objects.create(username=f"can-bo-{count}", kind="staff")
        return Staff.objects.create(account=account, **kwargs)


def officer(unit: Unit, role: Role, *, scope: str = "unit", fields: tuple[str, ...] = ()) -> Actor:
    """Return a new officer with one duty, as signed in."""
    staff = StaffFactory.create()
    Duty.objects.create(
        staff=staff, unit=unit, role=str(role), scope=scope, fields=list(fields), valid_from=SINCE
    )
    organisation.forget_tree()
    return organisation.actor_of(staff.account_id, MONDAY_8AM)


def procedure_version(code: str = "9.000001") -> ProcedureVersion:
    """Return a version of a procedure that exists for tests only."""
    field, _ = Field.objects.get_or_create(code=FIELD, defaults={"name": "Hộ tịch"})
    procedure = Procedure.objects.create(
        code=code, name="Thử", folded="thu", field=field, levels=["commune"],
        deciding_agency_kind="ubnd_commune", online_level="toan_trinh", status="in_force", certainty="high",
    )  # fmt: skip
    body = {
        "code": code, "name": "Thử", "field": FIELD, "field_name": "Hộ tịch", "levels": ["commune"],
        "online_level": "toan_trinh", "non_territorial": False, "status": "in_force", "receiving_places": [],
        "time_limit": {"hours": 12},
    }  # fmt: skip
    return ProcedureVersion.objects.create(
        procedure=procedure, no=1, valid_from=SINCE, body=body, digest="0" * 64, certainty="high"
    )


def step(no: int, role: Role, unit: str, *ways: tuple[str, int | str], **more: Any) -> dict[str, Any]:
    """Return one step in the shape of the data."""
    return {
        "no": no, "name": f"Bước {no}", "role": str(role), "unit_kind": unit, "hours": 2,
        "outcomes": [{"code": code, "next": following} for code, following in ways], **more,
    }  # fmt: skip


def opinions(*silences: str) -> dict[str, Any]:
    """Return opinions asked of as many units at once."""
    items = [
        {"unit_kind": f"asked{n}", "about": f"Việc {n}", "hours": 2, "on_silence": silence}
        for n, silence in enumerate(silences, start=1)
    ]
    return {"parallel_consultation": {"mode": "all", "items": items}}


VARIANT: dict[str, Any] = {
    "variant": "cap_xa",
    "levels": ["commune"],
    "decided_by_unit_kind": "commune_leader",
    "total_hours": 10,
    "steps": [
        step(1, Role.ONE_STOP_OFFICER, "one_stop", ("tiep_nhan", 2), ("yeu_cau_bo_sung", "pause_applicant"),
             ("tu_choi_tiep_nhan", "end_refused")),
        step(2, Role.COORDINATOR, "asked1", ("cho_y_kien", 3), ("qua_han_coi_nhu_dong_y", 3),
             ("khong_dong_y", 3), **opinions("agree", "not_allowed", "agree")),
        step(3, Role.PROCESSING_OFFICER, "justice", ("trinh_duyet", 4),
             ("yeu_cau_bo_sung", "pause_applicant"), ("de_xuat_tu_choi", 4), ("xin_loi_hen_lai", "extend")),
        step(4, Role.AGENCY_HEAD, "leader", ("dong_y", 5), ("tra_lai", 3), ("khong_giai_quyet", 5)),
        step(5, Role.RETURN_OFFICER, "one_stop", ("tra_ket_qua", "end_done")),
    ],
}  # fmt: skip


@dataclass
class World:
    """A ward in which one procedure runs."""

    agency: Agency
    units: dict[str, Unit]
    process: Definition
    counter: Actor
    justice: Actor
    head: Actor
    returns: Actor
    asked: list[Actor]

    def resolve(self, unit_kind: str) -> Unit:
        """Return the unit of a kind."""
        return self.units[unit_kind]

    def due(self, node: Node) -> datetime:
        """Return a planned end: two hours for each step of the table."""
        return MONDAY_8AM + timedelta(hours=2 * (node.step or 0))

    def common(self, at: datetime = MONDAY_8AM) -> dict[str, Any]:
        """Return what every operation that opens tasks is given."""
        return {"process": self.process, "at": at, "resolve_unit": self.resolve, "due": self.due}

    def start(self, **more: Any) -> tuple[int, Moved]:
        """Start a new subject's process; `received` by default."""
        subject = subjects.new()
        values = {"received": "tiep_nhan", "actor": self.counter, **self.common(), **more}
        return subject, operations.start(subject=subject, **values)

    def at_justice(self) -> tuple[int, Moved]:
        """Return a subject whose opinions are all given: it stands at step 3."""
        subject, moved = self.start()
        for actor, task in zip(self.asked, moved.opened, strict=True):
            moved = self.complete(subject, task.id, "cho_y_kien", actor)
        return subject, moved

    def complete(self, subject: int, task_id: int, outcome: str, actor: Actor, **more: Any) -> Moved:
        """Complete a task an hour later."""
        values = {**self.common(MONDAY_8AM + timedelta(hours=1)), **more}
        return operations.complete(subject=subject, task_id=task_id, outcome=outcome, actor=actor, **values)


def world() -> World:
    """Return a new ward; call inside a transaction."""
    queries.forget()
    agency = AgencyFactory.create()
    kinds = ["one_stop", "justice", "leader", "asked1", "asked2", "asked3"]
    units = {kind: UnitFactory.create(agency=agency, kind=kind) for kind in kinds}
    row = operations.publish_process(procedure_version().pk, VARIANT, field=FIELD, limit_hours=10)
    return World(
        agency=agency,
        units=units,
        process=queries.definition(row.pk),
        counter=officer(units["one_stop"], Role.ONE_STOP_OFFICER),
        justice=officer(units["justice"], Role.PROCESSING_OFFICER),
        head=officer(units["leader"], Role.AGENCY_HEAD),
        returns=officer(units["one_stop"], Role.RETURN_OFFICER),
        asked=[officer(units[f"asked{n}"], Role.COORDINATOR) for n in (1, 2, 3)],
    )
