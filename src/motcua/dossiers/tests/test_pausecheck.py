"""Pauses that look misused: the rules, and the record made from a dossier's acts (R-191)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import operations, pausecheck, pauserecords
from motcua.dossiers.models import PauseRecord
from motcua.dossiers.operations import pauses
from motcua.dossiers.pausecheck import Checks, Held, Striking
from motcua.dossiers.pauserecords import Filters
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, WORDS, Case, at_state, citizen, counter, moment
from motcua.kernel.counting import Ground, Limit, TimeUnit
from motcua.kernel.tests.calendars import office

CALENDAR = office()
CHECKS = Checks(Limit(4, TimeUnit.WORKING_HOURS), Limit(30, TimeUnit.WORKING_DAYS), 1)
DUE = moment("2023-10-05", "17:00")


def kinds(*held: Held, now: datetime | None = None) -> list[set[Striking]]:
    found = pausecheck.check(held, CHECKS, CALENDAR, now or moment("2023-12-29"))
    return [{one.kind for one in each.findings} for each in found]


def held(begun: datetime, ended: datetime | None, ground: Ground = Ground.SUPPLEMENT, **more: object) -> Held:
    return Held(begun, ended, ground, **more)  # type: ignore[arg-type]


def test_begun_in_the_last_hours_or_after_them() -> None:
    until = moment("2023-10-09")
    assert kinds(held(moment("2023-10-05", "14:00"), until, due_at=DUE)) == [{Striking.LAST_HOURS}]
    assert kinds(held(moment("2023-10-06", "08:00"), until, due_at=DUE)) == [{Striking.LAST_HOURS}]
    assert kinds(held(moment("2023-10-04", "08:00"), until, due_at=DUE)) == [set()]


def test_resumed_the_same_day_unless_the_applicant_answered() -> None:
    morning, evening = moment("2023-10-03", "08:00"), moment("2023-10-03", "16:00")
    assert kinds(held(morning, evening, Ground.SYSTEM_OUTAGE)) == [{Striking.SAME_DAY}]
    assert kinds(held(morning, evening)) == [set()]
    assert kinds(held(morning, evening, own_hand=True)) == [{Striking.SAME_DAY, Striking.OWN_HAND}]


def test_too_long_several_and_asked_for_what_lay_there() -> None:
    one = held(moment("2023-10-03"), moment("2023-10-05"))
    assert kinds(one, held(moment("2023-10-06"), moment("2023-10-09"))) == [set(), {Striking.SEVERAL}]
    assert kinds(held(moment("2023-10-03"), None)) == [{Striking.LONG}]
    assert kinds(held(moment("2023-10-03"), moment("2023-10-05"), had=("Tờ khai",))) == [{Striking.HAD_IT}]


@given(
    begun=st.integers(0, 5000), length=st.integers(0, 50_000), after=st.integers(0, 9000), own=st.booleans(),
    had=st.lists(st.text("ab", min_size=1), max_size=2),
)  # fmt: skip
def test_every_finding_has_its_words_and_more_time_never_hides_one(
    begun: int, length: int, after: int, own: bool, had: list[str]
) -> None:
    start = MONDAY + timedelta(minutes=begun)
    first = held(start, start + timedelta(minutes=length), due_at=DUE, had=tuple(had), own_hand=own)
    longer = held(start, start + timedelta(minutes=length + after), due_at=DUE, had=tuple(had), own_hand=own)
    (now,), (later,) = kinds(first), kinds(longer)
    assert now - {Striking.SAME_DAY} <= later
    (checked,) = pausecheck.check([first], CHECKS, CALENDAR, start)
    assert all(one.text.endswith(".") for one in checked.findings) and checked.minutes >= 0


def period(case: Case) -> Filters:
    return Filters(since=MONDAY - timedelta(days=1), until=case.at + timedelta(days=99))


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_the_record_tells_who_began_it_and_why_it_is_striking() -> None:
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    case.suspend(at=case.due - timedelta(hours=1))
    assert pauses.look(case.subject, case.at) == 1
    row = PauseRecord.objects.get(dossier_id=case.subject)
    assert (row.officer_id, row.ground, row.ended_at) == (officer.staff_id, "system_outage", None)
    assert row.kinds == ["last_hours"] and row.started_at == case.at
    case.act(operations.resume, actor=officer, proof="Hệ thống hoạt động lại lúc 16 giờ 20.")
    pauses.look(case.subject, case.at)
    row.refresh_from_db()
    assert row.kinds == ["last_hours", "same_day"] and row.ended_at == case.at and row.minutes == 10
    head = case.head()
    (found,) = pauserecords.striking(head, period(case))
    assert found.row.code == case.code and [one.kind for one in found.findings] == ["last_hours", "same_day"]
    (total,) = pauserecords.totals(head, period(case))
    assert (total.pauses, total.striking, total.minutes) == (1, 1, 10)
    assert pauserecords.officers(head, period(case)) == [(officer.staff_id, 1)]
    for nobody in (officer, counter(AN_LUU), citizen()):
        assert pauserecords.striking(nobody, period(case)) == []
        assert pauserecords.totals(nobody, period(case)) == []
        assert pauserecords.officers(nobody, period(case)) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_who_asks_and_answers_for_the_applicant_is_seen() -> None:
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    paper = case.dossier.components.order_by("no")[0]
    case.ask(items=[{"name": paper.name, "what": ""}])
    pauses.look(case.subject, case.at)
    assert PauseRecord.objects.get(dossier_id=case.subject).kinds == ["had_it"]
    case.supplement()
    pauses.look(case.subject, case.at)
    row = PauseRecord.objects.get(dossier_id=case.subject)
    assert (
        row.kinds == ["had_it"] and row.officer_id == officer.staff_id
    )  # the counter took it in, not who asked
    assert pauses.look_again(case.at) == 0
    assert pauses.look(0, case.at) == 0
    assert WORDS
