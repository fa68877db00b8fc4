"""Timers: set and cleared with the acts, fired once whoever tries, shown when they fail."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import operations, queries, timing
from motcua.dossiers.models import Timer as TimerRow
from motcua.dossiers.operations import NoDuty, NotAllowedNow, timers
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    holder,
    moment,
)
from motcua.dossiers.timing import Timer, Watched
from motcua.kernel.actor import SYSTEM, Role
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Forbidden, NotFound
from motcua.kernel.tests.calendars import office
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty

REAL = datetime(2026, 1, 5, 8, 0, tzinfo=MONDAY.tzinfo)
LATER = timedelta(days=400)


def rows(case: Case) -> dict[str, datetime]:
    """Return the moments of a dossier's timers by kind, the last of each."""
    return dict(
        TimerRow.objects.filter(subject=case.subject).order_by("due_at").values_list("kind", "due_at")
    )


# -- which timers a dossier needs ------------------------------------------------------------------------------

CALENDAR = office()
LEAD = Limit(1, TimeUnit.WORKING_DAYS)
moments = st.integers(0, 900_000).map(lambda minutes: moment("2023-02-01") + timedelta(minutes=minutes))
leads = st.lists(
    st.one_of(
        st.integers(1, 40).map(lambda n: Limit(n, TimeUnit.WORKING_HOURS)),
        st.integers(1, 5).map(lambda n: Limit(n, TimeUnit.WORKING_DAYS)),
    ),
    max_size=3,
)


@settings(deadline=None)
@given(st.sampled_from(list(State)), st.none() | moments, st.none() | moments, st.none() | moments, leads)
def test_timers_follow_from_the_dossier_alone(
    state: State, answer: datetime | None, until: datetime | None, due: datetime | None, warn: list[Limit]
) -> None:
    watched = Watched(state.value, answer, until, due)
    found = timing.timers(watched, warn, LEAD, CALENDAR)
    assert found == timing.timers(watched, list(reversed(warn)), LEAD, CALENDAR)
    kinds = {kind for kind, _ in found}
    assert [moment for _, moment in found] == sorted(moment for _, moment in found)
    assert (Timer.LAPSE in kinds) == (state is State.SUPPLEMENT_REQUESTED and until is not None)
    assert (Timer.UNANSWERED in kinds) == (state is State.SUBMITTED and answer is not None and until is None)
    if state in (State.ACCEPTED, State.IN_PROCESS) and due is not None:
        assert {(Timer.OVERDUE, due), (Timer.APOLOGY, due)} <= set(found)
        assert found[-1][1] == due
    else:
        assert not kinds & {Timer.OVERDUE, Timer.DUE_SOON, Timer.APOLOGY}


def test_a_failed_timer_waits_longer_each_time_and_never_gives_up() -> None:
    waits = [timing.pause_after(attempts) for attempts in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == waits[-2] == timing.RETRY[-1]


# -- set and cleared with the acts ---------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_timers_come_and_go_with_the_acts() -> None:
    case = Case.filed(RECOGNITION)
    assert rows(case) == {Timer.UNANSWERED: case.dossier.answer_by}
    case.ask()
    assert rows(case) == {}  # the applicant has the word
    case.supplement()
    again = case.dossier.answer_by
    assert rows(case) == {Timer.UNANSWERED: again}
    assert again is not None and again > case.at
    case.accept()
    assert set(rows(case)) == {Timer.DUE_SOON, Timer.OVERDUE, Timer.APOLOGY}
    assert rows(case)[Timer.OVERDUE] == case.due
    soon = rows(case)[Timer.DUE_SOON]
    assert soon < case.due
    case.forward()
    case.ask()
    assert rows(case) == {Timer.LAPSE: case.dossier.supplement_due_at}
    case.supplement()
    assert rows(case)[Timer.OVERDUE] == case.due
    case.process()
    assert rows(case) == {}


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_a_refused_act_sets_no_timer() -> None:
    case = at_state(State.IN_PROCESS)
    before = traces.everything()
    with pytest.raises(NoDuty):
        case.act(operations.stop, actor=case.counter(), reason=WORDS)
    assert traces.everything() == before


# -- fired ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_a_supplement_that_does_not_come_stops_the_dossier_by_itself() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    until = case.dossier.supplement_due_at
    assert until is not None
    untouched = traces.everything()
    assert timers.fire_due(until - timedelta(seconds=1), REAL) == timers.Fired()
    assert traces.everything() == untouched
    at = until + timedelta(minutes=1)
    assert timers.fire_due(at, REAL) == timers.Fired(done=1)
    d = case.dossier
    assert (d.state, d.ended_at, d.supplement_due_at, d.holder_unit_id) == (State.STOPPED, at, None, None)
    entry = traces.last(case.subject)
    assert (entry.act, entry.actor_kind, entry.state_before) == ("stop", "system", "supplement_requested")
    assert entry.payload["asked_by"] == "lapsed"
    event = traces.events(case.subject)[-1]
    assert (event.topic, event.payload["asked_by"]) == ("dossiers.stopped.v1", "lapsed")
    notice = documents.latest(SYSTEM, case.subject, DocumentKind.STOP_NOTICE)
    assert notice is not None and notice.number == entry.payload["form"]
    assert case.tasks == [] and rows(case) == {}
    after = traces.everything()
    assert timers.fire_due(at + LATER, REAL + LATER) == timers.Fired()
    assert traces.everything() == after
    case.at = at
    case.act(operations.hand_back, collector="Nguyễn Thị Lan")


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_nobody_but_the_system_lets_a_dossier_lapse_and_never_early() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    until = case.dossier.supplement_due_at
    assert until is not None
    before = traces.everything()
    for actor in (case.counter(), case.head(), citizen()):
        with pytest.raises((NoDuty, operations.DossierNotFound)):
            case.act(operations.lapse, actor=actor, at=until)
    with pytest.raises(NotAllowedNow):
        case.act(operations.lapse, actor=SYSTEM, at=until - timedelta(seconds=1))
    with pytest.raises(NoDuty):
        case.act(operations.stop, actor=SYSTEM, at=until, reason=WORDS)
    assert traces.everything() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_warnings_are_shown_once_and_only_while_they_hold() -> None:
    case = Case.filed(RECOGNITION)
    unanswered = case.dossier.answer_by
    assert unanswered is not None
    entries = len(traces.entries(case.subject))
    assert timers.fire_due(unanswered, REAL).marked == 1
    assert timers.fire_due(unanswered + timedelta(hours=1), REAL).marked == 0
    head = holder(organisation.root_of(case.dossier.receiving_unit_id).id, Role.AGENCY_HEAD)
    for person in (head, counter()):
        assert [(one.kind, one.row.code) for one in queries.alarms(person, timing.MARKS)] == [
            ("unanswered", case.code)
        ]
        assert queries.alarm_counts(person) == {"unanswered": 1}
    assert queries.alarms(counter(AN_LUU), timing.MARKS) == []
    assert len(traces.entries(case.subject)) == entries  # a warning is no act: nobody's page goes stale
    case.at = unanswered
    case.accept()
    assert queries.alarms(head, timing.MARKS) == []
    assert timers.fire_due(case.due, REAL).marked == 2
    assert {one.kind for one in queries.alarms(head, timing.MARKS)} == {"due_soon", "overdue"}
    case.forward()
    assert len(queries.alarms(head, timing.MARKS)) == 2
    case.process()
    assert queries.alarms(head, timing.MARKS) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_two_workers_stop_it_once() -> None:
    cases = [at_state(State.SUPPLEMENT_REQUESTED) for _ in range(3)]
    at = max(case.dossier.supplement_due_at or MONDAY for case in cases)
    ready, found = threading.Barrier(2), []

    def work() -> None:
        try:
            ready.wait()
            found.append(timers.fire_due(at, REAL))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(one.failed for one in found) == 0
    for case in cases:
        assert [entry.act for entry in traces.entries(case.subject)].count("stop") == 1
        assert len(documents.documents_of(SYSTEM, case.subject)) == 3  # slip, form 02, form 05


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_does_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    at = case.dossier.supplement_due_at
    assert at is not None
    before = traces.everything()

    class Killed(BaseException):
        pass

    def cut(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("motcua.dossiers.operations.common.Dossier.save", cut)  # the last write of the act
        with pytest.raises(Killed):
            timers.fire_due(at, REAL)
    assert traces.everything() == before
    assert timers.fire_due(at, REAL).done == 1
    assert case.dossier.state == State.STOPPED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_what_fails_is_kept_shown_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = at_state(State.SUPPLEMENT_REQUESTED), at_state(State.SUPPLEMENT_REQUESTED)
    at = max(case.dossier.supplement_due_at or MONDAY for case in (broken, sound))
    with connection.cursor() as cursor:  # a dossier whose process is not what it was: its act cannot be done
        cursor.execute(
            "UPDATE dossiers_timer SET kind = 'lapse', due_at = due_at - interval '90 days' WHERE subject = %s",
            [broken.subject],
        )
        cursor.execute(
            "UPDATE dossiers_dossier SET supplement_due_at = %s WHERE subject = %s",
            [at + timedelta(days=9), broken.subject],
        )
    assert timers.fire_due(at, REAL) == timers.Fired(done=1, failed=1)
    assert (sound.dossier.state, broken.dossier.state) == (State.STOPPED, State.SUPPLEMENT_REQUESTED)
    kstt = organisation.actor_of(
        Duty.objects.filter(role=Role.KSTT, scope="province")[0].staff.account_id, MONDAY
    )
    (failed,) = queries.failed_timers(kstt)
    assert (failed.code, failed.attempts) == (broken.code, 1)
    assert "NotAllowedNow" in failed.error
    assert queries.failed_timers(counter(AN_LUU)) == []
    assert timers.fire_due(at, REAL) == timers.Fired()  # not before its time
    assert timers.fire_due(at, REAL + timedelta(minutes=2)).failed == 1
    assert queries.failed_timers(kstt)[0].attempts == 2
    with pytest.raises(Forbidden):
        timers.retry(timer_id=failed.id, actor=counter(), real=REAL)
    timers.retry(timer_id=failed.id, actor=kstt, real=REAL)
    assert timers.fire_due(at + timedelta(days=9), REAL).done == 1
    assert broken.dossier.state == State.STOPPED
    assert queries.failed_timers(kstt) == []
    with pytest.raises(NotFound):
        timers.retry(timer_id=failed.id, actor=kstt, real=REAL)


@pytest.mark.django_db
@pytest.mark.usefixtures("province")
def test_the_period_is_the_procedure_s_own() -> None:
    from motcua.catalogue.models import DeadlinePolicy

    DeadlinePolicy.objects.create(
        scope="procedure",
        key=RECOGNITION,
        params={"supplement_within": {"value": 5, "unit": "working_days"}},
        valid_from="2023-10-03",
        certainty="high",
    )
    from motcua.catalogue import queries as catalogue

    catalogue.forget()
    case = Case.taken_in(RECOGNITION, moment("2023-10-02"))
    case.forward()
    case.ask(at=moment("2023-10-03", "09:00"))
    assert case.dossier.supplement_due_at == moment("2023-10-10", "17:00")
    catalogue.forget()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_the_dispatcher_fires_them() -> None:
    from motcua.platform import clock, dispatcher

    case = at_state(State.SUPPLEMENT_REQUESTED)
    until = case.dossier.supplement_due_at
    assert until is not None
    with clock.at(until + timedelta(minutes=5)):
        dispatcher.CHORES["timers"]()
    assert case.dossier.state == State.STOPPED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("province")
def test_dossiers_from_before_get_their_timers_once(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command

    cases = [at_state(state) for state in (State.SUBMITTED, State.IN_PROCESS, State.SUPPLEMENT_REQUESTED)]
    at_state(State.RETURNED)
    known = sorted(TimerRow.objects.values_list("subject", "kind", "due_at"))
    TimerRow.objects.all().delete()
    call_command("timers", "--arm")
    assert f"set {len(known)} timers" in capsys.readouterr().out
    assert sorted(TimerRow.objects.values_list("subject", "kind", "due_at")) == known
    call_command("timers", "--arm")
    assert "set 0 timers" in capsys.readouterr().out
    assert {subject for subject, _, _ in known} == {case.subject for case in cases}
