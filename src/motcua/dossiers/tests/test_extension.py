"""The apology with a new date: drafted, signed once, late or in time; what it does to clock, steps and people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import operations
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.models import Extension
from motcua.dossiers.operations import AlreadyExtended, NewDateInvalid, NoDuty, NotAllowedNow, timers
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN_POLICE,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    holder,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation.queries import unit as unit_of
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
WHY: dict[str, Any] = {"cause": "complex", "reason": "Phải thẩm tra thêm nguồn gốc giấy tờ."}


def case_in_process() -> Case:
    """Return a dossier of three working days accepted on Monday 2 October 2023: due Thursday 5 October, 17:00."""
    case = at_state(State.IN_PROCESS)
    assert case.due == moment("2023-10-05", "17:00")
    return case


def extend(case: Case, at: datetime, on: date = date(2023, 10, 10), **more: Any) -> Any:
    return case.act(operations.extend, actor=case.head(), at=at, new_due_on=on, **{**WHY, **more})


def test_signed_in_time_it_promises_a_new_date_and_keeps_the_old_one() -> None:
    case = case_in_process()
    extend(case, moment("2023-10-04", "16:59"))
    d = case.dossier
    assert (d.state, d.due_at, d.original_due_at) == (
        State.IN_PROCESS, moment("2023-10-10", "17:00"), moment("2023-10-05", "17:00"),
    )  # fmt: skip
    (row,) = Extension.objects.filter(dossier_id=case.subject)
    assert (row.late, row.due_at, row.new_due_at) == (False, d.original_due_at, d.due_at)
    letter = documents.latest(SYSTEM, case.subject, DocumentKind.APOLOGY)
    assert letter is not None and letter.id == row.document_id
    entry, event = traces.last(case.subject), traces.events(case.subject)[-1]
    assert (entry.act, entry.due_before, entry.due_after) == ("extend", row.due_at, row.new_due_at)
    assert entry.payload["form"] == letter.number
    assert (event.topic, event.payload["late"]) == ("dossiers.extended.v1", False)
    assert traces.personal(case.subject, entry.seq)["reason"] == WHY["reason"]
    assert max(task.due_at for task in case.tasks if task.due_at) <= row.new_due_at
    clock = Clock.from_json(d.clock)
    assert clock.due_at == d.due_at and clock.deadline.at == d.original_due_at
    assert Clock.from_json(clock.to_json()) == clock


@pytest.mark.parametrize(
    ("at", "late"),
    [("2023-10-04 23:59", False), ("2023-10-05 08:00", True), ("2023-10-06 08:00", True)],
)
def test_it_is_owed_a_day_before_and_still_owed_when_that_is_missed(at: str, late: bool) -> None:
    case = case_in_process()
    extend(case, moment(*at.split()))
    assert Extension.objects.get(dossier_id=case.subject).late is late
    assert traces.events(case.subject)[-1].payload["late"] is late


def test_only_once() -> None:
    case = case_in_process()
    extend(case, moment("2023-10-04"))
    before = traces.everything()
    with pytest.raises(AlreadyExtended):
        extend(case, moment("2023-10-09"), date(2023, 10, 20))
    with pytest.raises(AlreadyExtended):
        case.act(operations.propose_extension, actor=case.doer(), new_due_on=date(2023, 10, 20), **WHY)
    assert traces.everything() == before


@pytest.mark.parametrize(
    ("on", "more", "error"),
    [
        (date(2023, 10, 5), {}, NewDateInvalid),  # the old due day
        (date(2023, 10, 4), {}, NewDateInvalid),
        (date(2023, 10, 7), {}, NewDateInvalid),  # a Saturday
        (date(1999, 1, 4), {}, NewDateInvalid),
        (date(2200, 1, 6), {}, NewDateInvalid),
        (date(2023, 10, 10), {"cause": "bored"}, Invalid),
        (date(2023, 10, 10), {"reason": "ngắn"}, Invalid),
    ],
)
def test_a_bad_letter_is_refused_and_leaves_nothing(on: date, more: dict[str, Any], error: type) -> None:
    case = case_in_process()
    before = traces.everything()
    with pytest.raises(error):
        extend(case, moment("2023-10-04"), on, **more)
    assert traces.everything() == before


def test_only_the_competent_person_signs_and_only_the_holder_drafts() -> None:
    case = case_in_process()
    on = date(2023, 10, 10)
    before = traces.everything()
    other_head = holder(unit(TAN_DAN_POLICE).id, Role.AGENCY_HEAD)
    for who in (case.counter(), case.doer(), counter(AN_LUU), citizen(), other_head, SYSTEM):
        with pytest.raises(DomainError):
            case.act(operations.extend, actor=who, new_due_on=on, **WHY)
    for who in (counter(AN_LUU), citizen(), other_head, SYSTEM):
        with pytest.raises(DomainError):
            case.act(operations.propose_extension, actor=who, new_due_on=on, **WHY)
    for who in (case.counter(), case.doer(), case.head()):
        with pytest.raises((NoDuty, operations.DossierNotFound)):
            case.act(operations.draft_extension, actor=who)
    assert traces.everything() == before


def test_a_draft_is_written_anew_and_becomes_the_letter() -> None:
    case = case_in_process()
    case.act(operations.propose_extension, actor=case.doer(), new_due_on=date(2023, 10, 9), **WHY)
    case.act(operations.propose_extension, actor=case.doer(), new_due_on=date(2023, 10, 11), **WHY)
    (draft,) = Extension.objects.filter(dossier_id=case.subject)
    assert (draft.signed_at, draft.new_due_at) == (None, moment("2023-10-11", "17:00"))
    assert draft.holder_id == case.task.assignee_id and draft.step == case.task.name
    assert case.due == moment("2023-10-05", "17:00")  # a draft promises nothing
    extend(case, moment("2023-10-03"), date(2023, 10, 11))
    (row,) = Extension.objects.filter(dossier_id=case.subject)
    assert (row.pk, row.signed_by_id) == (draft.pk, case.head().staff_id)


def test_a_pause_after_the_promise_pushes_it_on() -> None:
    case = case_in_process()
    extend(case, moment("2023-10-03"))  # to Tuesday 10 October
    case.ask(restart=False, at=moment("2023-10-04", "09:00"))
    case.supplement(at=moment("2023-10-06", "10:00"))  # two working days
    assert case.due == moment("2023-10-12", "17:00")
    assert case.dossier.original_due_at == moment("2023-10-05", "17:00")


def test_a_return_at_appraisal_counts_from_zero_but_never_before_the_promise() -> None:
    case = case_in_process()
    extend(case, moment("2023-10-03"), date(2023, 10, 20))
    case.ask(restart=True, at=moment("2023-10-04", "09:00"))
    case.supplement(at=moment("2023-10-04", "15:00"))
    assert case.due == moment("2023-10-20", "17:00")


@pytest.mark.django_db(transaction=True)
def test_the_letter_drafts_itself_when_the_dossier_is_overdue() -> None:
    case = case_in_process()
    due = case.due
    timers.fire_due(due + timedelta(minutes=1), MONDAY)
    (draft,) = Extension.objects.filter(dossier_id=case.subject)
    assert (draft.signed_at, draft.drafted_by_id, draft.due_at) == (None, None, due)
    assert draft.step in draft.reason and draft.step == case.task.name
    assert draft.new_due_at > due
    assert workflow.of_subject(SYSTEM, case.subject)
    entry = traces.last(case.subject)
    assert (entry.act, entry.actor_kind) == ("propose_extension", "system")
    after = traces.everything()
    assert timers.fire_due(due + timedelta(days=9), MONDAY) == timers.Fired()
    assert traces.everything() == after


def test_the_system_drafts_only_where_the_work_cannot_be_done_in_time() -> None:
    behind, ahead = case_in_process(), case_in_process()
    ahead.until("dong_y")
    at = moment("2023-10-05", "13:30")  # three and a half hours are left
    later = sum(hours for _, hours in behind.bundle.steps[1:])
    assert later > 3
    behind.act(operations.draft_extension, actor=SYSTEM, at=at)
    before = traces.everything()
    for case in (behind, ahead):  # a draft is there; the signature takes less
        with pytest.raises(NotAllowedNow):
            case.act(operations.draft_extension, actor=SYSTEM, at=at)
    assert traces.everything() == before
    drafted = Extension.objects.get()
    assert (drafted.dossier_id, drafted.step) == (behind.subject, behind.task.name)


@pytest.mark.django_db(transaction=True)
def test_its_timer_is_done_with_when_no_letter_is_wanted() -> None:
    case = case_in_process()
    morning = moment("2023-10-04", "07:30")
    assert timers.fire_due(morning, MONDAY).failed == 0
    assert not Extension.objects.exists()
    after = traces.everything()
    assert timers.fire_due(morning, MONDAY) == timers.Fired()
    assert traces.everything() == after
    assert case.dossier.state == State.IN_PROCESS


def test_a_dossier_with_time_left_is_not_drafted_for() -> None:
    case = case_in_process()
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        case.act(operations.draft_extension, actor=SYSTEM, at=case.at + timedelta(minutes=1))
    assert traces.everything() == before


def test_the_extended_dossier_is_on_time_by_its_new_date() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    extend(case, moment("2023-10-04"))
    case.at = moment("2023-10-09")
    case.process()
    assert case.dossier.processed_at is not None and case.dossier.processed_at < case.due
    assert WORDS


@pytest.mark.parametrize("procedure", ["1.010801", "1.010824"])
def test_the_head_signs_while_the_dossier_is_still_with_another_agency(procedure: str) -> None:
    case = Case.taken_in(procedure)
    case.forward()
    holding = unit_of(case.task.unit_id)
    assert holding.agency_id != case.dossier.agency_id, (
        "the data has it decided above the place it is received"
    )
    extend(case, moment("2023-10-03", "09:00"), on=date(2023, 12, 29))
    assert traces.last(case.subject).act == "extend"
