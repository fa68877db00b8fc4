"""Past dossiers against a change: pure rules on made-up cases, the trial on real ones, the command; nothing written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from motcua.dossiers import replays
from motcua.dossiers.replay import Case, Change, Outcome, Stay, measured_end, try_on
from motcua.dossiers.replays import Wanted
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, TAN_DAN, at_state, counter, unit
from motcua.dossiers.tests.factories import Case as Played
from motcua.dossiers.trialfigures import Report, Tally, replay
from motcua.kernel import deadline
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.calendar import LOCAL, Closure, WorkingCalendar
from motcua.kernel.counting import Ground, Limit, Pause, Policy, TimeUnit
from motcua.kernel.process import bpmn
from motcua.kernel.tests.calendars import hours
from motcua.organisation import queries as organisation
from motcua.platform import clock

OFFICE = WorkingCalendar.build(sessions=(hours("default"),))
SINCE, UNTIL = MONDAY - timedelta(days=3), MONDAY + timedelta(days=30)


def tried(
    actor: Actor, change: Change, at: datetime = UNTIL, procedure: str = ""
) -> tuple[Report, list[Outcome]]:
    """Try a change on the dossiers of the month; return the figures and those late before or after."""
    late: list[Outcome] = []
    return replays.tried(actor, Wanted(SINCE, UNTIL, at, change, procedure), late.append), late


def at(day: int, hour: int = 9) -> datetime:
    """Return a moment of October 2023; the 2nd is a Monday."""
    return datetime(2023, 10, day, hour, tzinfo=LOCAL)


def case(days: int, end: datetime | None, *stays: Stay, pauses: tuple[Pause, ...] = ()) -> Case:
    clock_ = deadline.due(at(2), Limit(days, TimeUnit.WORKING_DAYS), Policy(), OFFICE, pauses, as_of=None)
    return Case(1, "X-1", "P", 1, clock_, end, stays)


def stay(opened: datetime, done: datetime | None, name: str = "Thẩm tra", hours_: int = 8) -> Stay:
    return Stay("B2", name, 7, Decimal(hours_), opened, done)


def test_a_shorter_limit_makes_late_what_was_in_time_and_says_where() -> None:
    found = try_on(
        case(5, at(6), stay(at(2), at(3)), stay(at(3), at(6), "Ký")),
        Change(Limit(3, TimeUnit.WORKING_DAYS)), OFFICE, at(30),
    )  # fmt: skip
    assert (found.late_before, found.late_after, found.step, found.unit_id) == (False, True, "Ký", 7)
    assert found.late_minutes == OFFICE.minutes_between(found.due_after, at(6)) > 0


def test_a_day_off_moves_the_due_moment_and_saves_who_was_late() -> None:
    late = case(3, at(6, 8))
    off = WorkingCalendar.build(
        sessions=(hours("default"),), closures=[Closure(date(2023, 10, 4), date(2023, 10, 4), "x")]
    )
    before = try_on(late, Change(), OFFICE, at(30))
    after = try_on(late, Change(days_off=(date(2023, 10, 4),)), off, at(30))
    assert (before.late_before, before.late_after) == (True, True)
    assert (after.late_before, after.late_after, after.late_minutes) == (True, False, 0)


def test_time_waited_for_the_applicant_does_not_count() -> None:
    waiting = case(3, None, pauses=(Pause(at(3), None, Ground.SUPPLEMENT),))
    assert measured_end(waiting, at(30)) == at(3)
    assert not try_on(waiting, Change(), OFFICE, at(30)).late_after


def test_hours_of_a_step_count_each_stay() -> None:
    report = replay(
        [case(5, at(6), stay(at(2), at(3), hours_=16)), case(5, at(6), stay(at(2), at(2, 10), hours_=16))],
        Change(hours={"B2": Decimal(2)}), lambda _: OFFICE, at(30),
    )  # fmt: skip
    step = report.steps[0]
    assert (step.done, step.late_before, step.late_after) == (2, 0, 1)
    assert (step.hours_before, step.hours_after) == (Decimal(16), Decimal(2))


@given(
    ends=st.lists(st.integers(2, 30), max_size=30),
    limit=st.integers(1, 15),
    less=st.integers(0, 14),
)
def test_the_sums_hold_and_a_longer_limit_never_makes_more_late(
    ends: list[int], limit: int, less: int
) -> None:
    cases = [case(limit, at(end, 16)) for end in ends]
    longer = replay(cases, Change(Limit(limit + less, TimeUnit.WORKING_DAYS)), lambda _: OFFICE, at(31))
    same = replay(cases, Change(), lambda _: OFFICE, at(31))
    assert same.late_before == same.late_after and same.newly_late == same.no_longer_late == 0
    assert longer.late_after <= longer.late_before
    assert longer.late_after == longer.late_before + longer.newly_late - longer.no_longer_late
    assert (
        sum(count for share in (longer.ended, longer.open) for _, _, count in share.where)
        == longer.late_after
    )
    assert sum(row[1] for row in longer.by_procedure) == longer.dossiers == len(ends)
    assert json.loads(json.dumps(longer.to_json()))["late_after"] == longer.late_after


@pytest.mark.usefixtures("province")
@pytest.mark.django_db
class TestOnRealDossiers:
    def played(self) -> Played:
        done = at_state(State.RETURNED)
        Played.taken_in(RECOGNITION)
        return done

    def test_unchanged_nothing_changes_and_nothing_is_written(self) -> None:
        self.played()
        at_state(State.VOID)
        before = traces.everything()
        report, _ = tried(SYSTEM, Change())
        assert traces.everything() == before
        assert (report.dossiers, report.newly_late, report.no_longer_late) == (3, 0, 0)

    def test_a_limit_of_minutes_makes_them_late_at_a_step_they_stood_at(self) -> None:
        done = self.played()
        change = Change(Limit(Decimal("0.25"), TimeUnit.WORKING_HOURS))
        report, late = tried(SYSTEM, change, procedure=RECOGNITION)
        assert report.late_after == len(late) == 2
        assert (report.ended.late_after, report.open.late_after) == (1, 1)
        names = {task.name for task in done.tasks} | {one.step for one in late}
        assert all(names)
        assert tried(SYSTEM, change, procedure="9.999999")[0].dossiers == 0

    def test_days_off_are_laid_over_the_calendar_of_the_agency(self) -> None:
        case_ = Played.taken_in(RECOGNITION)
        off = tuple(MONDAY.date() + timedelta(days=n) for n in (1, 2))
        found, _ = tried(SYSTEM, Change(days_off=off), case_.due + timedelta(hours=1))
        assert (found.late_before, found.late_after, found.no_longer_late) == (1, 0, 1)
        root = organisation.root_of(unit(TAN_DAN).id).id
        assert organisation.calendar(root).is_working(off[0])

    def test_only_what_the_actor_sees_is_tried(self) -> None:
        self.played()
        assert tried(counter(), Change())[0].dossiers == 2
        assert tried(counter(AN_LUU), Change())[0].dossiers == 0

    def test_the_command_writes_one_json(self, tmp_path: Any) -> None:
        self.played()
        out, file = StringIO(), tmp_path / "replay.json"
        with clock.at(UNTIL):
            call_command(
                "replay", "--since", "2023-09-29", "--procedure", RECOGNITION, "--limit", "0.25", "--unit",
                "working_hours", "--off", "2023-10-03", "--hours", "x=2", "--out", str(file), stdout=out,
            )  # fmt: skip
        told = json.loads(file.read_text("utf-8"))
        assert (told["dossiers"], told["late_after"]) == (2, 2)
        assert told["change"]["limit"] == {"value": "0.25", "unit": "working_hours"}
        assert "2 hồ sơ" in out.getvalue()
        with pytest.raises(CommandError):
            call_command("replay", "--since", "2023-09-29", "--limit", "nhanh")

    def test_a_drawn_process_is_tried_with_the_hours_of_all_its_steps(self, tmp_path: Path) -> None:
        case = self.played()
        graph = case.bundle.graph
        quick = tuple(replace(node, hours=Decimal("0.01")) if node.hours else node for node in graph.nodes)
        file, drawn = tmp_path / "replay.json", tmp_path / "new.bpmn"
        drawn.write_bytes(bpmn.write(replace(graph, nodes=quick)))
        variant = case.bundle.process.variant
        given = [
            "--since",
            "2023-09-29",
            "--procedure",
            RECOGNITION,
            "--variant",
            variant,
            "--out",
            str(file),
        ]
        with clock.at(UNTIL):
            call_command("replay", *given, "--process", str(drawn), stdout=StringIO())
        told = json.loads(file.read_text("utf-8"))
        assert set(told["change"]["hours"]) == {node.id for node in graph.nodes if node.hours}
        assert told["late_after"] <= told["late_before"]  # shorter hours make nobody late
        assert (told["ended"]["moved"], told["open"]["dossiers"], told["process"]["added"]) == (1, 1, [])
        assert sum(step["late_after"] for step in told["steps"]) > 0
        drawn.write_text("<html/>")
        for path in (drawn, tmp_path / "missing.bpmn"):
            with pytest.raises(CommandError):
                call_command("replay", *given, "--process", str(path))
        with pytest.raises(CommandError):
            call_command("replay", "--since", "2023-09-29", "--process", str(drawn))

    def test_longer_hours_make_late_and_say_by_how_much(self) -> None:
        case = self.played()
        own = {node.id: node.hours for node in case.bundle.graph.nodes if node.hours}
        hours = {node: planned * 1000 for node, planned in own.items()}
        same, _ = tried(SYSTEM, Change(hours=own))
        assert (same.late_after, same.ended.moved, same.open.moved) == (same.late_before, 0, 0)
        assert same.unknown == ()
        other, _ = tried(SYSTEM, Change(hours={"khong_co": Decimal(1)}))
        assert (other.ended.moved, other.unknown) == (0, ("khong_co",))
        found, outcomes = tried(SYSTEM, Change(hours=hours))
        late = next(one for one in outcomes if one.code == case.code)
        assert late.late_after and not late.late_before
        assert late.shift > 0 and late.step in {node.name for node in case.bundle.graph.nodes}
        assert late.late_minutes <= found.ended.spread_after.most

    def test_an_open_dossier_is_foreseen_late_by_the_steps_it_still_has(self) -> None:
        case = Played.taken_in(RECOGNITION)
        now = MONDAY + timedelta(hours=1)
        as_is, _ = tried(SYSTEM, Change(), now)
        assert (as_is.open.dossiers, as_is.open.late_before, as_is.open.late_after) == (1, 0, 0)
        path = [node for node, _ in case.bundle.steps]
        later = case.bundle.graph.by_id[path[path.index(case.task.node) + 1]]
        report, late = tried(SYSTEM, Change(hours={later.id: later.hours * 100}), now)
        assert (report.open.newly_late, report.open.moved, report.ended.dossiers) == (1, 1, 0)
        assert (late[0].open, late[0].step) == (True, later.name), "it would stand there when its time is up"
        assert late[0].end > late[0].due_after > now
        case.forward()
        begun = case.task.node
        case.step()
        done = {begun: Decimal(1000)}  # what is done stays done, however long it may take from now on
        assert tried(SYSTEM, Change(hours=done), now)[0].open.moved == 0

    def test_a_trial_may_not_take_more_than_the_province_has_set(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.played()
        monkeypatch.setattr(replays, "most", lambda on: 1)
        with pytest.raises(replays.TooMany):
            tried(SYSTEM, Change())
        monkeypatch.setattr(replays, "most", lambda on: None)
        assert tried(SYSTEM, Change())[0].dossiers == 2

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_put_away_between_batches_the_figures_come_out_the_same(self, size: int) -> None:
        case = self.played()
        hours = {node.id: node.hours * 50 for node in case.bundle.graph.nodes if node.hours}
        wanted = Wanted(SINCE, UNTIL, UNTIL, Change(Limit(1, TimeUnit.WORKING_DAYS), hours))
        whole = replays.tried(SYSTEM, wanted)
        tally, after, more = Tally(wanted.change), 0, True
        while more:
            again = Wanted.from_json(json.loads(json.dumps(wanted.to_json())))
            kept = json.loads(json.dumps(tally.kept()))
            run = replays.Run(SYSTEM, again, Tally.of(again.change, kept), after=after, size=size)
            run.next()
            tally, after, more = run.tally, run.after, run.more
        assert tally.report().to_json() == whole.to_json()
        assert whole.late_after == 2

    def test_days_worked_besides_are_laid_over_the_calendar_of_the_agency(self) -> None:
        Played.taken_in(RECOGNITION)
        saturdays = tuple(MONDAY.date() + timedelta(days=n) for n in (5, 6))
        found, _ = tried(SYSTEM, Change(days_on=saturdays), MONDAY + timedelta(hours=1))
        assert found.late_before == 0
        root = organisation.root_of(unit(TAN_DAN).id).id
        assert not organisation.calendar(root).is_working(saturdays[0])
        assert organisation.calendar_with(root, (), saturdays).is_working(saturdays[0])
