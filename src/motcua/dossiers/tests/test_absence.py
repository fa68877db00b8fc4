"""Duties lent in absence: who may, for which days, what it lets do, and what the ledger says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from motcua.dossiers import operations
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    key,
    unit,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError, Forbidden, Invalid, NotFound
from motcua.organisation import operations as duties
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.organisation.operations import absence
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow import operations as workflow
from motcua.workflow import queries as work
from motcua.workflow.queries import Range, TaskFilter

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
FIRST, LAST = date(2023, 10, 3), date(2023, 10, 6)
DURING = MONDAY + timedelta(days=1)


@dataclass
class Agency:
    """The head of a commune, and a colleague of the same agency who may stand in."""

    head: Actor
    colleague: Actor

    @property
    def duty_id(self) -> int:
        return next(duty.id for duty in self.head.duties if duty.role is Role.AGENCY_HEAD)

    def lend(self, actor: Actor | None = None, **more: Any) -> int:
        given: dict[str, Any] = {
            "duty_id": self.duty_id,
            "to_staff_id": self.colleague.staff_id,
            "valid_from": FIRST,
            "valid_to": LAST,
            "reason": "Nghỉ phép năm",
            "key": key(),
            "at": MONDAY,
            **more,
        }
        return absence.lend(actor=actor or self.head, **given)

    def stand_in(self, at: Any = DURING) -> Actor:
        return organisation.actor_of(self.colleague.account_id, at)


def own_head(unit_id: int) -> Actor:
    """Return the head whose duty is their own: a deputy may hold it by delegation all year."""
    held = organisation.duty_holders(unit_id, Role.AGENCY_HEAD, MONDAY.date())
    actors = [organisation.actor_of(one.account_id, MONDAY) for one in held]
    return next(
        actor
        for actor in actors
        if any(duty.role is Role.AGENCY_HEAD and duty.delegated_by is None for duty in actor.duties)
    )


@pytest.fixture
def agency() -> Agency:
    root = organisation.root_of(unit(TAN_DAN).id)
    head = own_head(root.id)
    account = (
        Duty.objects.filter(unit__agency_id=root.agency_id, valid_from__lte=MONDAY)
        .exclude(staff_id=head.staff_id or 0)
        .exclude(valid_to__lt=MONDAY)
        .exclude(staff__in=Duty.objects.filter(unit_id=root.id, role=Role.AGENCY_HEAD).values("staff"))
        .exclude(role=Role.ONE_STOP_OFFICER)
        .order_by("id")
        .values_list("staff__account_id", flat=True)[0]
    )
    return Agency(head, organisation.actor_of(account, MONDAY))


def test_in_those_days_and_only_then_the_colleague_signs_and_the_entry_names_the_duty(agency: Agency) -> None:
    lent = agency.lend()
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    with pytest.raises(DomainError):
        case.step(actor=agency.stand_in(MONDAY))
    deputy = agency.stand_in()
    duty = next(duty for duty in deputy.duties if duty.id == lent)
    assert (duty.delegated_by, duty.for_staff_id) == (agency.duty_id, agency.head.staff_id)
    case.step(actor=deputy, at=DURING)
    entry = traces.last(case.subject)
    assert (entry.act, entry.duty_id, entry.officer_id) == ("decide", lent, deputy.staff_id)
    assert organisation.on_behalf([lent, agency.duty_id]) == {lent: agency.head.name}
    later = Case.taken_in(RECOGNITION)
    later.until("dong_y")
    with pytest.raises(DomainError):
        later.step(actor=agency.stand_in(MONDAY + timedelta(days=5)))


def test_what_carries_the_absent_person_s_name_can_be_done_in_their_place(agency: Agency) -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    case.act(operations.assign, actor=agency.head, task_id=case.task.id)
    agency.lend()
    deputy = agency.stand_in()
    todo = work.open_tasks(deputy, TaskFilter(Range.TODO))
    assert case.task.id in {task.id for task in todo}
    case.step(actor=deputy, at=DURING)
    assert traces.last(case.subject).act == "decide"


def test_somebody_else_of_the_role_does_not_do_what_carries_a_name(agency: Agency) -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    case.act(operations.assign, actor=agency.head, task_id=case.task.id)
    root = organisation.root_of(unit(TAN_DAN).id)
    Duty.objects.create(
        staff_id=agency.colleague.staff_id or 0, unit_id=root.id, role=Role.AGENCY_HEAD, scope="unit",
        valid_from=MONDAY.date(),
    )  # fmt: skip
    with pytest.raises(workflow.NotYourTask):
        case.step(actor=agency.stand_in(MONDAY))


def test_lending_and_ending_leave_an_entry_and_an_event_each(agency: Agency) -> None:
    lent = agency.lend()
    entry = LedgerEntry.objects.get(act="duty_lend")
    assert entry.payload["duty"] == lent and entry.account_id == agency.head.account_id
    assert traces.personal(entry.subject, entry.seq) == {"reason": "Nghỉ phép năm"}
    absence.take_back(actor=agency.head, duty_id=lent, key=key(), at=DURING)
    assert Duty.objects.get(pk=lent).valid_to == DURING.date()
    topics = list(OutboxEvent.objects.order_by("event_id").values_list("topic", flat=True))
    assert topics == ["organisation.duty_lent.v1", "organisation.duty_taken_back.v1"]
    with pytest.raises(absence.LentOver):
        absence.take_back(actor=agency.head, duty_id=lent, key=key(), at=DURING)


def test_one_that_has_not_begun_never_will_and_may_be_given_back(agency: Agency) -> None:
    lent = agency.lend()
    absence.take_back(actor=agency.colleague, duty_id=lent, key=key(), at=MONDAY)
    assert not Duty.objects.filter(pk=lent).exists()
    assert all(duty.delegated_by is None for duty in agency.stand_in().duties)


def test_one_key_lends_once(agency: Agency) -> None:
    one = key()
    assert agency.lend(key=one) == agency.lend(key=one)
    assert Duty.objects.filter(delegated_by_id=agency.duty_id).count() == 1


def test_what_is_lent_ends_with_the_duty_it_comes_from(agency: Agency) -> None:
    lent = agency.lend()
    admin = Duty.objects.filter(role=Role.ADMIN)[0]
    actor = organisation.actor_of(admin.staff.account_id, MONDAY)
    duties.end_duty(actor=actor, duty_id=agency.duty_id, on=date(2023, 10, 4))
    assert Duty.objects.get(pk=lent).valid_to == date(2023, 10, 4)


@pytest.mark.parametrize(
    ("refused", "make"),
    [
        (Forbidden, lambda a: a.lend(a.colleague)),
        (NotFound, lambda a: a.lend(to_staff_id=a.head.staff_id)),
        (NotFound, lambda a: a.lend(to_staff_id=counter(AN_LUU).staff_id)),
        (Invalid, lambda a: a.lend(valid_from=date(2023, 10, 1))),
        (Invalid, lambda a: a.lend(valid_to=date(2023, 10, 2))),
        (Invalid, lambda a: a.lend(reason=" ")),
    ],
)
def test_what_cannot_be_lent_leaves_nothing(
    agency: Agency, refused: type[DomainError], make: Callable[[Agency], int]
) -> None:
    before, count = traces.everything(), Duty.objects.count()
    with pytest.raises(refused):
        make(agency)
    assert (traces.everything(), Duty.objects.count()) == (before, count)


def test_what_was_lent_is_not_lent_on_nor_twice_nor_ended_by_others(agency: Agency) -> None:
    lent = agency.lend()
    with pytest.raises(absence.AlreadyHolds):
        agency.lend(valid_from=LAST)
    with pytest.raises(Forbidden):
        agency.lend(
            agency.stand_in(), duty_id=lent, to_staff_id=counter().staff_id, at=DURING, valid_from=LAST
        )
    with pytest.raises(absence.NotLent):
        absence.take_back(actor=counter(AN_LUU), duty_id=lent, key=key(), at=MONDAY)
    assert [one.id for one in organisation.lent(agency.head, FIRST)] == [lent]
    assert [one.taker_id for one in organisation.lent(agency.stand_in(), FIRST)] == [
        agency.colleague.staff_id
    ]
    assert organisation.lent(counter(AN_LUU), FIRST) == []
