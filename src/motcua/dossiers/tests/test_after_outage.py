"""Taken on paper during an outage and entered afterwards: both moments kept, clock and numbers of the true receipt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents.models import Document
from motcua.dossiers import afteroutage, operations, outages
from motcua.dossiers.afteroutage import Declared, LateReceipt, NotDeclaring, OutageEnded, OutageNotFound
from motcua.dossiers.models import LateEntry, Outage
from motcua.dossiers.operations import Done, FeesTaken
from motcua.dossiers.rules import NoDuty
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    MARITAL_STATUS,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    citizen,
    counter,
    filing,
    key,
    moment,
)
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.payments.models import Receipt
from motcua.platform.models import LedgerEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

TAKEN, ENTERED = MONDAY, moment("2023-10-03", "09:00")
"""The paper was taken on Monday morning, the system came back on Tuesday."""


def runs() -> Actor:
    """Return who runs the system."""
    held = Duty.objects.filter(role=Role.ADMIN).select_related("staff").order_by("id")[0]
    return organisation.actor_of(held.staff.account_id, MONDAY)


def declare(**more: Any) -> int:
    given = {
        "what": "Mất kết nối trung tâm dữ liệu", "began_at": TAKEN - timedelta(hours=1), "ended_at": ENTERED,
        "agency_id": None, "actor": runs(), "at": ENTERED, "key": key(), **more,
    }  # fmt: skip
    return operations.declare_outage(**given)


def enter(at: datetime = ENTERED, procedure: str = RECOGNITION, **more: Any) -> Done:
    late = LateReceipt(more.pop("received_at", TAKEN), more.pop("outage_id", None), more.pop("reason", WORDS))
    return operations.take_in(
        filing=more.pop("filing", None) or filing(procedure, TAKEN), actor=more.pop("actor", None) or counter(),
        key=key(), at=at, late=late, **more,
    )  # fmt: skip


def test_it_is_received_when_the_paper_was_taken_and_the_ledger_keeps_both_moments() -> None:
    usual = Case.taken_in(RECOGNITION, TAKEN)
    number = declare()
    done = enter(outage_id=number, reason="")
    case = Case(done.code, done.subject, ENTERED)
    row = case.dossier
    assert (row.filed_at, row.accepted_at, row.clock_started_at) == (TAKEN, TAKEN, TAKEN)
    assert row.due_at == usual.due
    assert row.code.rsplit("-", 1)[0] == usual.code.rsplit("-", 1)[0]  # the next number of that day
    assert row.register_no == (usual.dossier.register_no or 0) + 1
    for entry in traces.entries(case.subject):
        assert (entry.at, entry.occurred_at) == (ENTERED, TAKEN)
    said = traces.last(case.subject).payload["entered_late"]
    assert (said["outage"], said["delay_minutes"]) == (number, LateEntry.objects.get().delay_minutes)
    kept = LateEntry.objects.get()
    assert (kept.received_at, kept.entered_at, kept.outage_id, kept.unit_id) == (
        TAKEN, ENTERED, number, row.receiving_unit_id,
    )  # fmt: skip
    calendar = organisation.calendar(row.receiving_unit_id)
    assert kept.delay_minutes == calendar.minutes_between(TAKEN, ENTERED)
    slip = Document.objects.get(subject=case.subject, kind="slip")
    assert any("sự cố" in line for line in slip.context["notes"])
    assert case.task.opened_at == ENTERED  # whoever goes on with it could not have had it before
    case.at = ENTERED
    case.forward()
    case.process()
    assert row.clock_started_at == TAKEN


def test_money_is_receipted_on_the_day_of_the_entry() -> None:
    done = enter(procedure=MARITAL_STATUS, fees=FeesTaken(paid=True))
    receipt = Receipt.objects.get(subject=done.subject)
    assert receipt.paid_at == ENTERED


def test_without_a_declared_outage_the_reason_is_said() -> None:
    enter()
    assert LateEntry.objects.get().reason == WORDS
    assert LateEntry.objects.get().outage_id is None


def test_what_cannot_be_entered_afterwards_leaves_nothing_behind() -> None:
    over = declare(ended_at=TAKEN - timedelta(minutes=5))
    going_on = declare(began_at=TAKEN + timedelta(hours=1), ended_at=None)
    other = organisation.root_of_agency(
        organisation.tree().nodes[counter("HD.KM.10675.MC").duties[0].unit_id].ref.agency_id
    ).agency_id
    elsewhere = declare(agency_id=other)
    before = traces.everything()
    refusals: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"received_at": None}, Invalid),
        ({"received_at": ENTERED + timedelta(minutes=1)}, Invalid),
        ({"received_at": ENTERED}, Invalid),
        ({"reason": "mất mạng"}, Invalid),
        ({"outage_id": over}, Invalid),
        ({"outage_id": going_on}, Invalid),
        ({"outage_id": elsewhere}, Invalid),
        ({"outage_id": 10**9}, OutageNotFound),
        ({"at": moment("2023-10-09")}, Invalid),
        ({"actor": counter("HD.KM.10675.MC")}, NoDuty),
        ({"filing": filing(RECOGNITION, TAKEN, channel="online")}, Invalid),
    ]
    for wrong, kind in refusals:
        with pytest.raises(kind):
            enter(**wrong)
        assert traces.everything() == before, wrong


def test_the_same_key_enters_it_once() -> None:
    wish, who, one = filing(RECOGNITION, TAKEN), counter(), key()
    late = LateReceipt(TAKEN, None, WORDS)
    first = operations.take_in(filing=wish, actor=who, key=one, at=ENTERED, late=late)
    again = operations.take_in(filing=wish, actor=who, key=one, at=ENTERED, late=late)
    assert (again.code, again.again) == (first.code, True)
    assert LateEntry.objects.count() == 1


def test_only_who_runs_the_system_declares_and_ends_an_outage() -> None:
    before = traces.everything()
    for who in (counter(), citizen()):
        with pytest.raises(NotDeclaring):
            declare(actor=who)
    for wrong in ({"what": "hỏng"}, {"began_at": None}, {"ended_at": TAKEN - timedelta(hours=2)}):
        with pytest.raises(Invalid):
            declare(**wrong)
    assert traces.everything() == before
    number = declare(ended_at=None)
    with pytest.raises(Invalid):
        operations.end_outage(outage_id=number, ended_at=None, actor=runs(), key=key(), at=ENTERED)
    operations.end_outage(outage_id=number, ended_at=ENTERED, actor=runs(), key=key(), at=ENTERED)
    with pytest.raises(OutageEnded):
        operations.end_outage(outage_id=number, ended_at=ENTERED, actor=runs(), key=key(), at=ENTERED)
    assert Outage.objects.get().ended_at == ENTERED
    acts = LedgerEntry.objects.filter(subject=number).order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["declare_outage", "end_outage"]
    assert [event.topic for event in traces.events(number)] == ["dossiers.outage.v1"] * 2


def test_they_are_counted_apart_by_unit_with_their_delay() -> None:
    Case.taken_in(RECOGNITION, TAKEN)
    for _ in range(2):
        enter()
    span = (TAKEN - timedelta(days=1), ENTERED)
    (one,) = outages.counts(counter(), *span)
    delay = LateEntry.objects.first()
    assert delay is not None
    assert (one.entries, one.mean_minutes, one.most_minutes) == (2, delay.delay_minutes, delay.delay_minutes)
    rows = outages.entries(counter(), *span, unit_id=one.unit_id)
    assert [row.delay_minutes for row in rows] == [delay.delay_minutes] * 2
    assert outages.entries(counter(), *span, unit_id=one.unit_id + 1) == []
    assert outages.counts(counter("HD.KM.10675.MC"), *span) == []  # others do not see them
    assert outages.counts(counter(), ENTERED, ENTERED) == []


HOURS = st.integers(0, 500).map(lambda hours: MONDAY + timedelta(hours=hours))


@given(received=HOURS, began=HOURS, ended=st.none() | HOURS)
def test_a_receipt_lies_within_its_outage(
    received: datetime, began: datetime, ended: datetime | None
) -> None:
    known = Declared(1, "Mất điện", began, ended, None)
    if began <= received and (ended is None or received <= ended):
        assert afteroutage.within(received, known, 7, " ") == ""
    else:
        with pytest.raises(Invalid):
            afteroutage.within(received, known, 7, "")
