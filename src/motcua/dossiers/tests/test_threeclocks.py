"""The three clocks side by side: the worked cases on real dossiers, and what pages and API say of them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from motcua.dossiers import operations
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.queries import one
from motcua.dossiers.tests.factories import (
    RECOGNITION,
    RESIDENCE,
    TAN_DAN_POLICE,
    WORDS,
    Case,
    moment,
)
from motcua.dossiers.threeclocks import ClockKind, ClockView, clocks
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def seen(case: Case, now: datetime, done_at: datetime | None = None) -> dict[ClockKind, ClockView]:
    view = one(SYSTEM, case.code)
    d = view.dossier
    found = clocks(
        Clock.from_json(d.clock),
        workflow.of_subject(SYSTEM, d.subject),
        now=now,
        done_at=done_at,
        paused=d.state in ("supplement_requested", "suspended"),
        asked=view.asked_at_appraisal,
        calendar=organisation.calendar(organisation.root_of_agency(d.agency_id).id),
    )
    return {one.kind: one for one in found}


def residence() -> Case:
    """Return worked case 9: seven working days from Monday 9 October 2023, given back on the 12th until the 23rd."""
    case = Case.taken_in(RESIDENCE, moment("2023-10-09", "09:00"), receiving=TAN_DAN_POLICE)
    assert case.due == moment("2023-10-18", "17:00")
    case.ask(at=moment("2023-10-12", "10:00"))
    case.supplement(at=moment("2023-10-23", "10:00"))
    return case


def test_worked_case_9_early_by_statute_and_late_by_the_measure() -> None:
    case = residence()
    now = moment("2023-10-31", "16:00")
    found = seen(case, now)
    assert found[ClockKind.STATUTORY].due_at == case.due == moment("2023-11-01", "17:00")
    assert found[ClockKind.MEASURED].due_at == moment("2023-10-27", "17:00")
    assert not found[ClockKind.STATUTORY].late and found[ClockKind.MEASURED].late
    done = seen(case, now, done_at=now)
    assert done[ClockKind.STATUTORY].left == "Xong trước hạn"
    assert done[ClockKind.MEASURED].left == "Xong quá hạn"
    assert any("tính lại từ đầu" in line for line in done[ClockKind.STATUTORY].lines)
    assert ClockKind.STEP not in done


def test_the_step_clock_is_the_plan_of_who_works_now() -> None:
    case = Case.taken_in(RECOGNITION)
    step = seen(case, case.at)[ClockKind.STEP]
    assert step.due_at == case.task.due_at and case.task.name in step.name
    assert step.lines[0].startswith("Nhận việc lúc")


def test_a_clock_that_is_held_is_not_late() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.suspend()
    found = seen(case, moment("2023-12-01"))
    assert not any(one.late for one in found.values())
    assert {one.left for one in found.values()} == {"Đang dừng tính"}


def test_a_promised_date_counts_for_the_statute_only() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.act(
        operations.extend, actor=case.head(), at=moment("2023-10-03"), cause="complex", reason=WORDS,
        new_due_on=date(2023, 10, 10),
    )  # fmt: skip
    found = seen(case, moment("2023-10-06"))
    assert found[ClockKind.STATUTORY].due_at == moment("2023-10-10", "17:00")
    assert not found[ClockKind.STATUTORY].late
    assert found[ClockKind.MEASURED].due_at == moment("2023-10-05", "17:00")
    assert found[ClockKind.MEASURED].late
