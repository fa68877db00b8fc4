"""Rules of the dossier: guards, papers, differences; the clock by chance."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import clockwork, rules
from motcua.dossiers.rules import Act, ComponentState, NotAllowedNow, PaperHandedIn, ReasonMissing, State
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.counting import Ground, Limit, Pause, PauseKind, Policy, TimeUnit
from motcua.kernel.tests.calendars import office


def test_every_state_and_act_has_words() -> None:
    assert set(rules.STATE_NAMES) == set(State)
    assert set(rules.ACT_NAMES) == set(Act)
    assert set(rules.COMPONENT_NAMES) == set(ComponentState)
    assert set(State) == rules.OPEN | rules.ENDED
    assert not rules.OPEN & rules.ENDED
    assert rules.RUNNING | rules.PAUSED | {State.SUBMITTED} == rules.OPEN


def test_nothing_starts_from_a_void_dossier() -> None:
    assert [act for act, states in rules.FROM.items() if State.VOID in states] == []


@given(st.sampled_from(sorted(rules.FROM)), st.sampled_from(list(State)))
def test_a_refusal_names_act_and_state(act: Act, state: State) -> None:
    if state in rules.FROM[act]:
        rules.check(act, state)
        return
    with pytest.raises(NotAllowedNow) as refusal:
        rules.check(act, state)
    assert rules.STATE_NAMES[state] in refusal.value.message
    assert rules.ACT_NAMES[act] in refusal.value.message
    assert refusal.value.data == {"act": act.value, "state": state.value}


@given(st.text())
def test_a_reason_is_long_enough_or_refused(text: str) -> None:
    if len(text.strip()) < 10:
        with pytest.raises(ReasonMissing):
            rules.reason(text)
    else:
        assert 10 <= len(rules.reason(text)) <= 2000


@given(st.lists(st.tuples(st.sampled_from(list(ComponentState)), st.booleans())))
def test_only_required_papers_nobody_brought_are_missing(papers: list[tuple[ComponentState, bool]]) -> None:
    given_in = [
        PaperHandedIn(str(no), f"Giấy {no}", state, required=need) for no, (state, need) in enumerate(papers)
    ]
    wanted = [f"Giấy {no}" for no, (state, need) in enumerate(papers) if need and state == "missing"]
    assert rules.missing(given_in) == wanted


VALUES = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3))


@given(VALUES, VALUES)
def test_a_difference_leads_from_before_to_after(before: dict[str, int], after: dict[str, int]) -> None:
    difference = rules.changed(before, after)
    patched = {**before, **{key: new for key, (_, new) in difference.items()}}
    assert {key: value for key, value in patched.items() if value is not None} == after
    assert all(old != new for old, new in difference.values())
    assert rules.changed(before, before) == {}


CALENDAR_2023 = office()
HOURS = tuple(Decimal(hours) for hours in (2, 4, 1))
STEPS = tuple((f"s{no}", hours) for no, hours in enumerate(HOURS))
STARTS = st.integers(0, 270 * 24 * 60).map(
    lambda minutes: datetime(2023, 1, 3, tzinfo=UTC) + timedelta(minutes=minutes)
)
LIMITS = st.builds(Limit, st.integers(1, 20), st.sampled_from([TimeUnit.WORKING_DAYS, TimeUnit.DAYS]))


@given(STARTS, LIMITS)
def test_the_clock_comes_back_from_its_row_as_it_was(start: datetime, limit: Limit) -> None:
    clock = clockwork.start(start.astimezone(LOCAL), limit, Policy(), CALENDAR_2023, STEPS)
    assert clockwork.Clock.from_json(clock.to_json()) == clock
    assert list(clock.plan.values()) == sorted(clock.plan.values())
    assert clock.plan["s2"] == clock.deadline.at


@given(STARTS, LIMITS, st.integers(1, 20), st.integers(1, 20), st.sampled_from(list(PauseKind)))
def test_a_wait_never_brings_the_due_moment_forward(
    start: datetime, limit: Limit, after: int, long: int, kind: PauseKind
) -> None:
    clock = clockwork.start(start.astimezone(LOCAL), limit, Policy(), CALENDAR_2023, STEPS)
    asked = clock.deadline.start + timedelta(hours=after)
    if asked >= clock.deadline.at:
        return
    paused = clockwork.pause(clock, Pause(asked, None, Ground.SUPPLEMENT, kind), STEPS, CALENDAR_2023)
    resumed = clockwork.resume(paused, asked + timedelta(hours=long), STEPS, CALENDAR_2023)
    assert resumed.deadline.at >= clock.deadline.at
    assert resumed.plan["s2"] == resumed.deadline.at
    assert clockwork.restarted(resumed) == (kind is PauseKind.RESTART)


def test_a_clock_that_runs_cannot_resume() -> None:
    start = datetime.combine(date(2023, 10, 2), time(9), LOCAL)
    clock = clockwork.start(start, Limit(3, TimeUnit.WORKING_DAYS), Policy(), CALENDAR_2023, STEPS)
    with pytest.raises(ValueError, match="no pause"):
        clockwork.resume(clock, start, STEPS, CALENDAR_2023)


def test_the_calendar_of_these_tests_is_the_law_s() -> None:
    assert isinstance(CALENDAR_2023, WorkingCalendar)
    assert not CALENDAR_2023.is_working(date(2023, 9, 4))
