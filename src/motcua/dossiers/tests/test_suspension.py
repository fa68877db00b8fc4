"""Holding the clock on a ground of the closed list, and going on: days or hours, steps, words, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import DeadlinePolicy
from motcua.dossiers import operations
from motcua.dossiers.clockwork import Clock, explained
from motcua.dossiers.models import Timer
from motcua.dossiers.operations import NoDuty, NotAllowedNow
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    RECOGNITION,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    moment,
)
from motcua.kernel.errors import DomainError, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@contextmanager
def setting(**params: Any) -> Iterator[None]:
    """Let the procedure have settings of its own from the first of October 2023 on."""
    DeadlinePolicy.objects.create(
        scope="procedure", key=RECOGNITION, params=params, valid_from="2023-10-01", certainty="high"
    )
    catalogue.forget()
    yield
    catalogue.forget()


def test_the_clock_stands_and_goes_on_with_days_added() -> None:
    case = at_state(State.IN_PROCESS)  # Monday 2 October, three working days: Thursday 5
    due = case.due
    case.suspend(at=moment("2023-10-03", "09:00"))
    d = case.dossier
    assert (d.state, d.due_at) == (State.SUSPENDED, due)
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.payload["ground"], entry.pauses_after) == ("suspend", "system_outage", 1)
    assert (event.topic, event.payload["ground"]) == ("dossiers.suspended.v1", "system_outage")
    assert not Timer.objects.filter(subject=case.subject).exists()
    assert case.tasks  # the work stays where it is
    case.act(
        operations.resume,
        actor=case.doer(),
        proof="Hệ thống hoạt động lại.",
        at=moment("2023-10-05", "10:00"),
    )
    d = case.dossier
    assert (d.state, d.due_at, d.original_due_at) == (State.IN_PROCESS, moment("2023-10-09", "17:00"), due)
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.payload["ground"]) == ("resume", "system_outage")
    assert (event.topic, event.payload["ground"]) == ("dossiers.resumed.v1", "system_outage")
    assert all(task.due_at is not None and task.due_at > moment("2023-10-05", "10:00") for task in case.tasks)
    told = explained(Clock.from_json(d.clock))
    assert any("Tạm dừng (hệ thống gặp sự cố)" in line for line in told)
    case.process()
    assert case.dossier.state == State.PROCESSED


def test_whether_a_pause_counts_in_days_or_hours_is_a_dated_setting() -> None:
    with setting(pause_unit="hours"):
        case = Case.taken_in(RECOGNITION)
        case.forward()
        case.suspend(at=moment("2023-10-03", "09:00"))
        case.act(
            operations.resume,
            actor=case.doer(),
            proof="Hệ thống hoạt động lại.",
            at=moment("2023-10-03", "11:00"),
        )
        assert case.due == moment("2023-10-06", "09:30")  # two hours after Thursday 17:00


def test_external_appraisal_only_where_the_procedure_says_so() -> None:
    case = at_state(State.IN_PROCESS)
    before = traces.everything()
    with pytest.raises(Invalid) as refusal:
        case.suspend(ground="external_appraisal")
    assert set(refusal.value.errors) == {"ground"}
    assert traces.everything() == before
    with setting(suspend_grounds=["external_appraisal"]):
        with pytest.raises(Invalid):
            case.suspend(ground="system_outage")
        case.suspend(ground="external_appraisal")
    assert case.dossier.state == State.SUSPENDED


@pytest.mark.parametrize(
    "wrong", [{"ground": "supplement"}, {"ground": "tired"}, {"reason": "ngắn"}, {"reference": " "}]
)
def test_what_is_not_said_properly_is_refused_and_leaves_nothing(wrong: dict[str, Any]) -> None:
    case = at_state(State.IN_PROCESS)
    before = traces.everything()
    with pytest.raises(Invalid):
        case.suspend(**wrong)
    assert traces.everything() == before


def test_only_who_holds_the_dossier_or_its_head_may_hold_the_clock() -> None:
    case = at_state(State.IN_PROCESS)
    before = traces.everything()
    for who in (case.counter(), counter(AN_LUU), citizen()):
        with pytest.raises((NoDuty, operations.DossierNotFound)):
            case.suspend(actor=who)
    assert traces.everything() == before
    case.suspend(actor=case.head())
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        case.suspend(actor=case.head())
    with pytest.raises(NotAllowedNow):
        case.step()
    with pytest.raises(DomainError):
        case.act(operations.resume, actor=counter(AN_LUU), proof=WORDS)
    assert traces.everything() == before


def test_a_promised_date_is_pushed_on_by_a_suspension() -> None:
    from datetime import date

    case = at_state(State.IN_PROCESS)
    case.act(
        operations.extend, actor=case.head(), at=moment("2023-10-03"), cause="complex", reason=WORDS,
        new_due_on=date(2023, 10, 10),
    )  # fmt: skip
    case.suspend(at=moment("2023-10-04", "09:00"))
    case.act(operations.resume, actor=case.doer(), proof=WORDS, at=moment("2023-10-05", "09:00"))
    assert case.due == moment("2023-10-11", "17:00")
