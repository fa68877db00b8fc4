"""Trials as jobs: batch by batch, stopped, taken up again after a kill, kept for some days; nobody reads others'."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError

from motcua.dossiers import events, replays, trials
from motcua.dossiers.models import Trial, TrialLine
from motcua.dossiers.operations import trial
from motcua.dossiers.replay import Change
from motcua.dossiers.replays import Run, Wanted
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, at_state, counter, key
from motcua.dossiers.trialling import TrialNotFound, TrialOver, TrialState, in_words
from motcua.dossiers.trials import Only
from motcua.kernel.actor import Actor, Role
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Forbidden, Replayed
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import dispatcher, jobs, outbox

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
SINCE, UNTIL = MONDAY - timedelta(days=3), MONDAY + timedelta(days=30)
CHANGE = Change(Limit(Decimal("0.25"), TimeUnit.WORKING_HOURS))


def officers() -> list[Actor]:
    """Return the officers who control procedures."""
    duties = Duty.objects.filter(role=Role.KSTT, valid_from__lte=MONDAY).select_related("staff")
    found = {duty.staff.account_id: duty for duty in duties}
    return [organisation.actor_of(account, MONDAY) for account in found if account]


def wanted(change: Change = CHANGE) -> Wanted:
    return Wanted(SINCE, UNTIL, UNTIL, change)


def begin(actor: Actor, change: Change = CHANGE, **more: Any) -> int:
    return trial.start(
        wanted=wanted(change), title=in_words(change), about="Công nhận", actor=actor,
        key=more.get("key") or key(), at=UNTIL,
    )  # fmt: skip


def through(number: int, size: int = 1) -> None:
    while trial.carry_out(trial=number, at=UNTIL, batches=1, size=size):
        pass


def played() -> list[Case]:
    return [at_state(State.RETURNED), Case.taken_in(RECOGNITION), Case.taken_in(RECOGNITION)]


def test_a_trial_comes_to_what_the_command_says_batch_by_batch() -> None:
    cases, actor = played(), officers()[0]
    before = traces.everything()
    number = begin(actor)
    assert trials.one(actor, number).view.state is TrialState.RUNNING
    assert trial.carry_out(trial=number, at=UNTIL, batches=1, size=1)
    half = trials.one(actor, number)
    assert (half.view.looked, half.view.total, half.report.dossiers) == (1, 3, 1)
    through(number)
    told = trials.one(actor, number)
    assert told.view.state is TrialState.FINISHED and told.view.ended_at == UNTIL
    assert told.report.to_json() == replays.tried(actor, wanted()).to_json()
    assert (told.view.looked, told.view.late_after) == (3, 3)
    assert (told.report.ended.late_after, told.report.open.late_after) == (1, 2)
    assert {line.code for line in trials.every_line(actor, number)} == {case.code for case in cases}
    changed = {name for name, value in traces.everything().items() if value != before[name]}
    assert not {"dossiers_dossier", "workflow_task"} & changed, "no dossier is touched"
    entries = traces.entries(number)
    assert [entry.act for entry in entries] == ["trial_start", "trial_end"]
    assert [entry.payload["state"] for entry in entries] == ["running", "finished"]


def test_the_dispatcher_gives_it_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    number = begin(officers()[0])
    given: list[dict[str, Any]] = []

    class Task:
        def defer(self, **values: Any) -> None:
            given.append(values)

    monkeypatch.setattr(jobs.app, "configure_task", lambda *names, **more: Task())
    while outbox.drain("dossiers"):
        pass
    assert {"trial": number} in given


def test_a_worker_that_is_killed_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    played()
    number = begin(officers()[0])
    assert trial.carry_out(trial=number, at=UNTIL, batches=1, size=1)
    real = Run.next

    def killed(self: Run) -> Any:
        real(self)
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(Run, "next", killed)
    with pytest.raises(OperationalError):
        trial.carry_out(trial=number, at=UNTIL, size=1)
    monkeypatch.setattr(Run, "next", real)
    assert Trial.objects.get(pk=number).state == TrialState.RUNNING
    through(number)
    row = Trial.objects.get(pk=number)
    assert (row.looked, row.late_after, TrialLine.objects.filter(trial=row).count()) == (3, 3, 3)


def test_stopped_it_keeps_what_was_counted() -> None:
    played()
    actor = officers()[0]
    number = begin(actor)
    trial.carry_out(trial=number, at=UNTIL, batches=1, size=1)
    stranger = counter()
    with pytest.raises(TrialNotFound):
        trial.stop(trial=number, actor=stranger, key=key(), at=UNTIL)
    once = key()
    for _ in range(2):
        trial.stop(trial=number, actor=actor, key=once, at=UNTIL)
    with pytest.raises(TrialOver):
        trial.stop(trial=number, actor=actor, key=key(), at=UNTIL)
    assert not trial.carry_out(trial=number, at=UNTIL)
    told = trials.one(actor, number)
    assert (told.view.state, told.report.dossiers) == (TrialState.STOPPED, 1)
    assert [entry.act for entry in traces.entries(number)] == ["trial_start", "trial_stop"]


def test_what_cannot_be_tried_ends_it_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    played()
    actor = officers()[0]
    monkeypatch.setattr(replays, "most", lambda on: 2)
    number = begin(actor)
    through(number)
    view = trials.one(actor, number).view
    assert view.state is TrialState.FAILED and "hơn 2 hồ sơ" in view.message
    monkeypatch.setattr(replays, "most", lambda on: 1 // 0)
    broken = begin(actor)
    through(broken)
    assert "Hệ thống gặp lỗi" in trials.one(actor, broken).view.message


def test_only_who_controls_procedures_begins_one_and_once_by_its_key() -> None:
    before = traces.everything()
    with pytest.raises(Forbidden):
        begin(counter())
    assert traces.everything() == before
    actor, once = officers()[0], key()
    number = begin(actor, key=once)
    assert begin(actor, key=once) == number
    with pytest.raises(Replayed):
        begin(actor, Change(days_off=(MONDAY.date(),)), key=once)
    assert [event.topic for event in traces.events(number)] == [events.TrialMoved.NAME]


def test_lists_are_of_ones_own_and_of_the_unit() -> None:
    actor, *others = officers()
    mine = {duty.unit_id for duty in actor.duties if duty.role is Role.KSTT}
    number = begin(actor)
    assert [view.number for view in trials.listing(actor, text="thoi han")] == [number]
    assert trials.listing(actor, text="quy trình") == []
    assert trials.listing(actor, before=number) == []
    assert trials.listing(counter()) == []
    for other in others:
        shared = bool(mine & {duty.unit_id for duty in other.duties if duty.role is Role.KSTT})
        assert bool(trials.listing(other)) is shared
        if not shared:
            with pytest.raises(TrialNotFound):
                trials.one(other, number)


def test_dossiers_are_paged_found_and_held_against_another_trial() -> None:
    cases, actor = played(), officers()[0]
    first, second = begin(actor), begin(actor, Change(Limit(60, TimeUnit.WORKING_DAYS)))
    through(first, 1000)
    through(second, 1000)
    page = trials.lines(actor, first, size=2)
    assert len(page) == 3
    rest = trials.lines(actor, first, after=(page[1].late_minutes, page[1].dossier))
    assert [line.code for line in rest] == [page[2].code]
    assert [line.code for line in trials.lines(actor, first, text=cases[0].code)] == [cases[0].code]
    assert len(trials.lines(actor, first, only=Only.OPEN)) == 2
    assert trials.lines(actor, first, only=Only.NO_LONGER) == []
    found = trials.overlap(actor, first, second)
    assert (found.both + found.first, found.second) == (3, 0)
    with pytest.raises(TrialNotFound):
        trials.overlap(actor, first, 0)


def test_kept_for_the_days_of_the_setting() -> None:
    played()
    actor = officers()[0]
    number, running = begin(actor), begin(actor)
    through(number, 1000)
    assert trial.clear(at=UNTIL + timedelta(days=180)) == 0
    assert trial.clear(at=UNTIL + timedelta(days=181)) == 1
    assert list(Trial.objects.values_list("pk", flat=True)) == [running], "one under way is not cleared"
    assert not TrialLine.objects.exists()
    assert "trials" in dispatcher.CHORES
