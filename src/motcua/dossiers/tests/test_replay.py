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
from motcua.dossiers.replay import Case, Change, Stay, measured_end, replay, try_on
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, TAN_DAN, at_state, counter, unit
from motcua.dossiers.tests.factories import Case as Played
from motcua.kernel import deadline
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL, Closure, WorkingCalendar
from motcua.kernel.counting import Ground, Limit, Pause, Policy, TimeUnit
from motcua.kernel.process import bpmn
from motcua.kernel.tests.calendars import hours
from motcua.organisation import queries as organisation
from motcua.platform import clock

OFFICE = WorkingCalendar.build(sessions=(hours("default"),))
SINCE, UNTIL = MONDAY - timedelta(days=3), MONDAY + timedelta(days=30)


def at(day: int, hour: int = 9) -> datetime:
    """Return a moment of October 2023; the 2nd is a Monday."""
    return datetime(2023, 10, day, hour, tzinfo=LOCAL)


def case(days: int, end: datetime | None, *stays: Stay, pauses: tuple[Pause, ...] = ()) -> Case:
    clock_ = deadline.due(at(2), Limit(days, TimeUnit.WORKING_DAYS), Policy(), OFFICE, pauses, as_of=None)
    return Case("X-1", "P", 1, clock_, end, stays)


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
    assert sum(count for _, _, count in longer.where) == longer.late_after
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
        report = replays.tried(SYSTEM, SINCE, UNTIL, Change(), UNTIL)
        assert traces.everything() == before
        assert (report.dossiers, report.newly_late, report.no_longer_late) == (3, 0, 0)

    def test_a_limit_of_minutes_makes_them_late_at_a_step_they_stood_at(self) -> None:
        done = self.played()
        change = Change(Limit(Decimal("0.25"), TimeUnit.WORKING_HOURS))
        report = replays.tried(SYSTEM, SINCE, UNTIL, change, UNTIL, procedure_code=RECOGNITION)
        assert report.late_after == 2
        names = {task.name for task in done.tasks} | {step for step, _, _ in report.where}
        assert all(names)
        assert replays.tried(SYSTEM, SINCE, UNTIL, change, UNTIL, procedure_code="9.999999").dossiers == 0

    def test_days_off_are_laid_over_the_calendar_of_the_agency(self) -> None:
        case_ = Played.taken_in(RECOGNITION)
        off = tuple(MONDAY.date() + timedelta(days=n) for n in (1, 2))
        found = replays.tried(SYSTEM, SINCE, UNTIL, Change(days_off=off), case_.due + timedelta(hours=1))
        assert (found.late_before, found.late_after, found.no_longer_late) == (1, 0, 1)
        root = organisation.root_of(unit(TAN_DAN).id).id
        assert organisation.calendar(root).is_working(off[0])

    def test_only_what_the_actor_sees_is_tried(self) -> None:
        self.played()
        assert replays.tried(counter(), SINCE, UNTIL, Change(), UNTIL).dossiers == 2
        assert replays.tried(counter(AN_LUU), SINCE, UNTIL, Change(), UNTIL).dossiers == 0

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
        assert (told["process"]["moved"], told["process"]["open"], told["process"]["added"]) == (1, 1, [])
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
        same = replays.tried(SYSTEM, SINCE, UNTIL, Change(hours=own), UNTIL)
        assert (same.late_after, same.moved, same.left, same.unknown) == (same.late_before, 0, 1, ())
        other = replays.tried(SYSTEM, SINCE, UNTIL, Change(hours={"khong_co": Decimal(1)}), UNTIL)
        assert (other.moved, other.unknown) == (0, ("khong_co",))
        found = replays.tried(SYSTEM, SINCE, UNTIL, Change(hours=hours), UNTIL)
        late = next(one for one in found.outcomes if one.code == case.code)
        assert late.late_after and not late.late_before
        assert late.shift > 0 and late.step in {node.name for node in case.bundle.graph.nodes}
        assert late.late_minutes <= found.spread_after.most

    def test_days_worked_besides_are_laid_over_the_calendar_of_the_agency(self) -> None:
        case = Played.taken_in(RECOGNITION)
        saturdays = tuple(MONDAY.date() + timedelta(days=n) for n in (5, 6))
        tried = replays.tried(
            SYSTEM, SINCE, UNTIL, Change(days_on=saturdays), case.due - timedelta(minutes=1)
        )
        assert tried.late_before == 0
        root = organisation.root_of(unit(TAN_DAN).id).id
        assert not organisation.calendar(root).is_working(saturdays[0])
        assert organisation.calendar_with(root, (), saturdays).is_working(saturdays[0])
