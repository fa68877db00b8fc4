"""A change of the working calendar: previewed, entered with its paper, every moved date an act of its own (R-048)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from motcua.dossiers import campaigns, duedates, events, operations
from motcua.dossiers.campaigning import CampaignInvalid, Effect, Kind, Stage
from motcua.dossiers.models import CampaignItem, SupplementRequest, Timer
from motcua.dossiers.operations import campaign as campaign_operations
from motcua.dossiers.rules import Act, NoDuty, NothingToRecompute, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, counter, key, moment
from motcua.dossiers.timing import Timer as TimerKind
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import history
from motcua.territory import queries as territory
from motcua.territory.models import DayMark
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind, LayerKind

pytestmark = [pytest.mark.usefixtures("province", "calendars"), pytest.mark.django_db]
DECISION: dict[str, Any] = {
    "decision_no": "2501/QĐ-UBND", "decided_on": date(2023, 10, 2), "title": "Nghỉ khắc phục hậu quả bão số 4",
}  # fmt: skip
WEDNESDAY = date(2023, 10, 4)
LATER = MONDAY + timedelta(hours=2)


@pytest.fixture
def calendars() -> Iterator[None]:
    """Read the calendars anew before and after: a test's days go with its transaction."""
    territory.forget_calendars()
    yield
    territory.forget_calendars()


def kstt(at: datetime = MONDAY) -> Actor:
    return organisation.actor_of(Duty.objects.filter(role=Role.KSTT).order_by("id")[0].staff.account_id, at)


def layer(kind: LayerKind = LayerKind.PROVINCE) -> str:
    return next(row.code for row in territory.layers() if row.kind == kind)


def day(on: date = WEDNESDAY, kind: DayKind | None = DayKind.CLOSURE, **more: Any) -> NewDay:
    return NewDay(more.pop("layer", layer()), on, kind, more.pop("name", "Nghỉ bão số 4"), **more)


def draft(*days: NewDay, at: datetime = LATER, **more: Any) -> int:
    return campaign_operations.draft_calendar(
        days=days or [day()], actor=more.pop("actor", None) or kstt(), key=key(), at=at,
        earlier=more.pop("earlier", False), **{**DECISION, **more},
    )  # fmt: skip


def apply(number: int, at: datetime = LATER) -> None:
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=at)
    work(number, at)


def work(number: int, at: datetime = LATER) -> None:
    territory.forget_calendars()  # as the worker's job does first
    while campaign_operations.carry_out_next(campaign=number, at=at):
        pass


def test_the_preview_says_what_would_move_and_moves_nothing() -> None:
    case = Case.taken_in(RECOGNITION)
    untouched = Case.taken_in(RECOGNITION, moment("2023-10-05"))
    assert case.due == moment("2023-10-05", "17:00")
    marks, seq = DayMark.objects.count(), case.dossier.seq
    number = draft()
    view = campaigns.one(kstt(), number, Kind.CALENDAR)
    assert (view.state, view.total, view.blocked) == (Stage.DRAFT, 1, 0)
    (item,) = campaigns.items(kstt(), number)
    assert (item.code, item.effect) == (case.code, Effect.LATER)
    assert (item.due_before, item.due_after) == (case.due, moment("2023-10-06", "17:00"))
    assert campaigns.by_agency(kstt(), number) == [(case.dossier.agency_id, {Effect.LATER: 1})]
    assert (DayMark.objects.count(), case.dossier.seq, untouched.dossier.seq) == (
        marks,
        seq,
        untouched.done[-1].seq,
    )
    assert case.due == moment("2023-10-05", "17:00")


def test_applied_it_is_entered_in_the_ledger_and_every_moved_date_is_an_act() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    planned = case.task.due_at
    number = draft()
    apply(number)
    dossier = case.dossier
    assert dossier.due_at == moment("2023-10-06", "17:00")
    assert dossier.original_due_at == moment("2023-10-05", "17:00")  # what the slip says
    assert planned is not None
    assert case.task.due_at is not None
    assert case.task.due_at > planned
    entry = traces.last(case.subject)
    assert (entry.act, entry.due_before, entry.due_after) == (
        Act.RECOMPUTE_DUE, moment("2023-10-05", "17:00"), moment("2023-10-06", "17:00"),
    )  # fmt: skip
    assert entry.payload["form"] == DECISION["decision_no"]
    assert Timer.objects.get(subject=case.subject, kind=TimerKind.OVERDUE).due_at == dossier.due_at
    acts = [one.act for one in traces.entries(number)]
    assert acts == ["campaign_draft", "campaign_start", "campaign_end"]
    mark = DayMark.objects.get(layer__code=layer(), on=WEDNESDAY)
    assert (mark.apply, mark.kind) == (True, DayKind.CLOSURE)
    assert DECISION["decision_no"] in mark.note
    changes = duedates.changes(history.entries(SYSTEM, case.subject))
    assert [(one.after, one.form) for one in changes][-1] == (dossier.due_at, DECISION["decision_no"])
    assert DECISION["title"] in changes[-1].ground
    # from now on time counts so for everybody
    assert Case.taken_in(RECOGNITION, LATER).due == moment("2023-10-06", "17:00")
    with pytest.raises(NothingToRecompute):
        case.act(operations.recompute_due, actor=kstt(), **DECISION)


def test_the_applicant_is_told_when_the_date_moves_and_not_when_only_an_inner_limit_does() -> None:
    accepted, submitted = Case.taken_in(RECOGNITION), Case.filed(RECOGNITION)
    answer_by = submitted.dossier.answer_by
    number = draft(day(date(2023, 10, 3)))
    apply(number)
    assert submitted.dossier.answer_by is not None
    assert answer_by is not None
    assert submitted.dossier.answer_by == answer_by + timedelta(days=1)
    inner = CampaignItem.objects.get(campaign_id=number, code=submitted.code)
    assert inner.effect == Effect.INNER
    assert traces.events(submitted.subject)[-1].payload["due_before"] is None
    event = traces.events(accepted.subject)[-1]
    assert event.topic == events.DueRecomputed.NAME
    assert datetime.fromisoformat(event.payload["due_before"]) == moment("2023-10-05", "17:00")


def test_a_due_date_comes_earlier_only_where_the_decision_says_so() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-05"))
    assert case.due == moment("2023-10-10", "17:00")
    swap = (
        day(date(2023, 10, 7), DayKind.SWAPPED_WORK, name="Làm bù", swap_with=date(2023, 10, 13)),
        day(date(2023, 10, 13), DayKind.SWAPPED_OFF, name="Nghỉ hoán đổi", swap_with=date(2023, 10, 7)),
    )
    kept = draft(*swap)
    assert campaigns.one(kstt(), kept).total == 0
    campaign_operations.drop(campaign=kept, actor=kstt(), key=key(), at=LATER)
    number = draft(*swap, earlier=True)
    (item,) = campaigns.items(kstt(), number)
    assert (item.effect, item.due_after) == (Effect.EARLIER, moment("2023-10-09", "17:00"))
    apply(number, moment("2023-10-05", "10:00"))
    assert case.due == moment("2023-10-09", "17:00")


def test_a_closure_after_the_fact_makes_late_ones_timely_and_the_preview_counts_them() -> None:
    case = Case.taken_in(RECOGNITION)
    number = draft(at=moment("2023-10-06", "09:00"))
    assert campaigns.effects(kstt(), number) == {Effect.IN_TIME: 1}
    apply(number, moment("2023-10-06", "09:00"))
    assert case.due == moment("2023-10-06", "17:00")


def test_a_supplement_is_never_asked_for_earlier_and_a_promise_stays() -> None:
    waiting, promised = Case.taken_in(RECOGNITION), Case.taken_in(RECOGNITION)
    waiting.forward()
    waiting.ask()
    until = waiting.dossier.supplement_due_at
    assert until is not None
    promised.forward()
    promised.act(
        operations.extend, actor=promised.head(), cause="complex", reason="Cần xác minh thêm tại cơ quan khác.",
        new_due_on=date(2023, 10, 20),
    )  # fmt: skip
    apply(draft(day(date(2023, 11, 1))))  # the day on which the supplement would be due
    assert waiting.dossier.supplement_due_at == until + timedelta(days=1)
    assert SupplementRequest.objects.get(dossier_id=waiting.subject).answer_by == until + timedelta(days=1)
    assert promised.due == moment("2023-10-20", "17:00")
    assert promised.dossier.state == State.IN_PROCESS
    saturday = day(date(2023, 10, 7), DayKind.SWAPPED_WORK, name="Làm bù", swap_with=date(2023, 10, 13))
    held = waiting.dossier.supplement_due_at
    apply(draft(saturday, earlier=True))
    assert waiting.dossier.supplement_due_at == held


def test_an_announced_day_becomes_an_ordinary_one_again() -> None:
    case = Case.taken_in(RECOGNITION)
    apply(draft())
    assert case.due == moment("2023-10-06", "17:00")
    number = draft(day(kind=None, name=""), earlier=True, title="Không đóng cửa nữa vì bão đổi hướng")
    apply(number)
    assert case.due == moment("2023-10-05", "17:00")
    assert not DayMark.objects.get(layer__code=layer(), on=WEDNESDAY).apply
    assert len(duedates.changes(history.entries(SYSTEM, case.subject))) == 3


def test_a_layer_moves_only_who_counts_by_it() -> None:
    case = Case.taken_in(RECOGNITION)
    other = next((row.code for row in territory.layers() if row.kind == LayerKind.UNIT), None)
    assert other is not None
    assert campaigns.one(kstt(), draft(day(layer=other))).total == 0
    nation = draft(day(layer=layer(LayerKind.NATION)))
    assert [item.code for item in campaigns.items(kstt(), nation)] == [case.code]


def test_what_was_accepted_by_an_old_calendar_meanwhile_is_taken_along() -> None:
    number = draft()
    territory.calendar()  # another process that holds the old one
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=LATER)
    case = Case.taken_in(RECOGNITION, LATER)
    assert case.due == moment("2023-10-05", "17:00")
    work(number)
    assert case.due == moment("2023-10-06", "17:00")
    assert campaigns.one(kstt(), number).done == 1


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ([], "cac-ngay"),
        ([("no-such-layer", WEDNESDAY, DayKind.HOLIDAY, "Nghỉ", None)], "lich"),
        ([("", WEDNESDAY, DayKind.HOLIDAY, " ", None)], "ten"),
        ([("", WEDNESDAY, DayKind.SWAPPED_WORK, "Làm bù", None)], "ngay-hoan-doi"),
        ([("", WEDNESDAY, DayKind.HOLIDAY, "Nghỉ", None)] * 2, "cac-ngay"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(days: list[Any], field: str) -> None:
    wanted = [NewDay(code or layer(), *rest) for code, *rest in days]
    before = traces.everything()
    with pytest.raises(CampaignInvalid) as refusal:
        campaign_operations.draft_calendar(days=wanted, actor=kstt(), key=key(), at=LATER, **DECISION)
    assert field in refusal.value.errors
    assert traces.everything() == before


def test_only_who_controls_procedures_of_the_province_changes_the_calendar() -> None:
    case = Case.taken_in(RECOGNITION)
    number = draft()
    with pytest.raises(NoDuty):
        draft(actor=counter())
    for operation in (campaign_operations.start, campaign_operations.drop, campaign_operations.prepare):
        with pytest.raises(NoDuty):
            operation(campaign=number, actor=counter(), key=key(), at=LATER)
    with pytest.raises(NoDuty):
        case.act(operations.recompute_due, actor=case.head(), **DECISION)
