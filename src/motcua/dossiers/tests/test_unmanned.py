"""A place whose tasks nobody may do is an alarm: who sees it, once an episode, foreseen, and gone by itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from motcua.dossiers import operations
from motcua.dossiers import unmanned as reads
from motcua.dossiers.models import Unmanned
from motcua.dossiers.operations import unmanned
from motcua.dossiers.operations.unmanned import Looked
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, holder
from motcua.dossiers.tests.test_unheld import admin, holders
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.organisation import operations as duties
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow import team

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
TODAY = MONDAY.astimezone(LOCAL).date()


def waiting() -> Case:
    """Return a dossier forwarded to its first desk; nobody has taken it."""
    case = Case.taken_in(RECOGNITION)
    case.forward()
    return case


def emptied(case: Case, last_day: date) -> list[Duty]:
    """Let every duty of the task's role in its unit end on a day; return them."""
    held = list(
        Duty.objects.filter(unit_id=case.task.unit_id, role=case.task.role).exclude(valid_to__lt=last_day)
    )
    for duty in held:
        duties.end_duty(actor=admin(), duty_id=duty.pk, on=last_day)
    assert not holders(case) or last_day >= TODAY
    return held


def head(case: Case) -> Actor:
    """Return who shares out the work of the unit and does not do it."""
    agency = organisation.root_of(case.task.unit_id)
    found = Duty.objects.filter(
        role__in=(Role.AGENCY_HEAD, Role.DIVISION_HEAD), unit__agency_id=agency.agency_id, valid_from__lte=TODAY
    ).exclude(valid_to__lt=TODAY)  # fmt: skip
    for duty in found.exclude(role=case.task.role).select_related("staff"):
        actor = organisation.actor_of(duty.staff.account_id, MONDAY)
        if case.task.unit_id in team.led(actor):
            return actor
    raise AssertionError("nobody leads the unit")


def told(actor: Actor, case: Case) -> list[reads.Row]:
    return [row for row in reads.places(actor, TODAY) if row.unit_id == case.task.unit_id]


def test_the_head_is_told_once_and_it_ends_when_somebody_holds_the_role() -> None:
    case = waiting()
    before = LedgerEntry.objects.count(), OutboxEvent.objects.count()
    assert unmanned.look(MONDAY).ended == 0
    leader = head(case)
    assert told(leader, case) == []
    held = emptied(case, TODAY - timedelta(days=1))
    unmanned.look(MONDAY)
    (row,) = told(leader, case)
    assert (row.role, row.count, row.oldest_due_at, row.led) == (case.task.role, 1, case.task.due_at, True)
    assert row.empty_from <= TODAY
    unmanned.look(MONDAY + timedelta(minutes=10))
    (again,) = told(leader, case)
    assert again.since == row.since == MONDAY, "one episode, told once"
    assert told(admin(), case) and told(case.counter(), case) == []
    duties.give_duty(
        actor=admin(), staff_id=held[0].staff_id, unit_id=case.task.unit_id, role=Role(case.task.role),
        valid_from=TODAY,
    )  # fmt: skip
    assert told(leader, case) == [], "at once, before the next round"
    assert unmanned.look(MONDAY + timedelta(minutes=20)).ended >= 1
    assert not Unmanned.objects.filter(unit_id=case.task.unit_id, ended_at__isnull=True).exists()
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count()) == before


def test_the_last_days_of_the_only_holder_are_foreseen() -> None:
    case = waiting()
    leader = head(case)
    held = emptied(case, TODAY + timedelta(days=1))
    unmanned.look(MONDAY)
    (row,) = told(leader, case)
    assert row.empty_from == TODAY + timedelta(days=2)
    for duty in held:
        duties.end_duty(actor=admin(), duty_id=duty.pk, on=TODAY + timedelta(days=5))
    kept = Unmanned.objects.get(unit_id=case.task.unit_id, role=case.task.role)
    later = MONDAY + timedelta(days=2)
    unmanned.look(later)
    kept.refresh_from_db()
    assert kept.ended_at == later, "the duties reach on for now"


def test_what_was_foreseen_and_comes_true_stays_one_episode() -> None:
    case = waiting()
    emptied(case, TODAY)
    unmanned.look(MONDAY)
    kept = Unmanned.objects.get(unit_id=case.task.unit_id, role=case.task.role)
    for days in (1, 2, 3):
        unmanned.look(MONDAY + timedelta(days=days))
    kept.refresh_from_db()
    assert (kept.empty_from, kept.ended_at) == (TODAY + timedelta(days=1), None)
    assert unmanned.look(MONDAY + timedelta(days=3)) == Looked(0, 0)


def test_a_closed_account_holds_nothing() -> None:
    case = waiting()
    people = holders(case)
    for one in people:
        account = Duty.objects.select_related("staff__account").get(pk=one.duty_id).staff.account
        account.is_active = False
        account.save(update_fields=["is_active"])
    unmanned.look(MONDAY)
    assert told(head(case), case)


def test_without_a_head_the_officer_who_controls_procedures_is_told() -> None:
    case = waiting()
    control = holder(Duty.objects.filter(role=Role.KSTT).order_by("id")[0].unit_id, Role.KSTT)
    emptied(case, TODAY - timedelta(days=1))
    unmanned.look(MONDAY)
    assert told(control, case) == []
    agency = organisation.root_of(case.task.unit_id).agency_id
    Duty.objects.filter(
        role__in=(Role.AGENCY_HEAD, Role.OFFICE_HEAD, Role.DIVISION_HEAD), unit__agency_id=agency
    ).update(valid_to=TODAY - timedelta(days=1))
    unmanned.look(MONDAY + timedelta(minutes=10))
    (row,) = told(control, case)
    assert not row.led


def test_with_the_last_task_gone_nothing_is_told() -> None:
    case = waiting()
    leader = head(case)
    emptied(case, TODAY - timedelta(days=1))
    unmanned.look(MONDAY)
    place = case.task.unit_id
    case.act(operations.withdraw, actor=case.counter(), reason="Công dân xin rút hồ sơ.")
    assert [row for row in reads.places(leader, TODAY) if row.unit_id == place] == []
    assert unmanned.look(MONDAY + timedelta(days=1)).ended >= 1
