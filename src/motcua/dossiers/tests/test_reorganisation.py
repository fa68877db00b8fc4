"""1 July 2025 played with the data: what was received at districts and old communes goes on at their successors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from motcua.documents.models import Document
from motcua.dossiers import campaigns, daybook, events, operations, queries
from motcua.dossiers.campaigning import CampaignInvalid, CampaignStage, Effect, Kind, Stage, TooEarly
from motcua.dossiers.models import Campaign, CampaignItem, Dossier
from motcua.dossiers.operations import campaign as campaign_operations
from motcua.dossiers.reorganising import Choice
from motcua.dossiers.rules import (
    Act,
    ItemState,
    NoDuty,
    NothingToTransfer,
    NotTransferable,
    State,
)
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.campaigns import (
    DAY,
    DECISION,
    JULY,
    JUNE,
    draft,
    kstt,
    run,
    several,
    work,
)
from motcua.dossiers.tests.factories import (
    KINH_MON,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    holder,
    key,
    land_transfer,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Staff, Succession
from motcua.workflow import queries as workflow
from motcua.workflow.queries import TaskRow

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


def transfer(case: Case, *, at: datetime = JULY, actor: Actor | None = None, **more: Any) -> operations.Done:
    case.at = at - timedelta(minutes=10)
    return case.act(operations.transfer, actor=actor or kstt(at), on=DAY, **DECISION, **more)


@pytest.fixture
def tree_without() -> Iterator[Callable[..., None]]:
    """Yield what takes the successors of some units away."""

    def without(*origins: str) -> None:
        Succession.objects.filter(origin__code__in=origins).delete()
        organisation.forget_tree()

    yield without
    organisation.forget_tree()


def live(case: Case) -> list[TaskRow]:
    return [row for row in workflow.of_subject(SYSTEM, case.subject) if row.is_live]


def codes(*ids: int | None) -> list[str]:
    return [organisation.unit(number).code for number in ids if number is not None]


def test_a_ward_dossier_goes_on_at_the_successor_with_everything_it_promised() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    case.forward()
    case.act(operations.assign, actor=case.doer(), task_id=case.task.id)
    before, task = case.dossier, case.task
    assert codes(before.receiving_unit_id, task.unit_id) == [TAN_DAN, "HD.KM.10699.TPHT"]
    transfer(case)
    after, moved = case.dossier, case.task
    assert codes(after.receiving_unit_id, moved.unit_id) == ["HP.10714.MC", "HP.10714.TPHT"]
    assert codes(organisation.root_of_agency(after.agency_id).id) == ["HP.10714"]
    assert codes(after.registered_unit_id) == [TAN_DAN]
    assert after.registered_agency_id == before.agency_id
    assert (after.code, after.register_no, after.due_at, after.original_due_at, after.clock) == (
        before.code, before.register_no, before.due_at, before.original_due_at, before.clock,
    )  # fmt: skip
    # who held it holds the same role at the successor, so the work stays in the same hand
    assert (moved.assignee_id, moved.due_at, after.holder_id) == (
        task.assignee_id,
        task.due_at,
        before.holder_id,
    )
    assert after.holder_unit_id == moved.unit_id
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_before, entry.state_after) == (Act.TRANSFER, "in_process", "in_process")
    assert entry.agency_id == after.agency_id
    assert entry.payload["decision"] == DECISION["decision_no"]
    assert (entry.payload["from_unit"], entry.payload["to_unit"]) == (
        before.receiving_unit_id, after.receiving_unit_id,
    )  # fmt: skip
    assert entry.payload["tasks"][0]["held"] == entry.payload["tasks"][0]["holds"] == task.assignee_id
    told = traces.events(case.subject)[-1]
    assert told.topic == events.Transferred.NAME
    assert {("unit", after.receiving_unit_id), ("unit", moved.unit_id)} <= traces.seen_by(case.subject)
    # it can be decided and handed out there, and the result carries the successor's name
    case.at = JULY + timedelta(hours=1)
    case.process()
    assert case.dossier.state == State.PROCESSED
    result = Document.objects.get(subject=case.subject, kind="result")
    assert codes(result.unit_id)[0].startswith("HP.10714")  # numbered in the successor's series
    assert organisation.root_of_agency(after.agency_id).name in str(result.context)
    case.hand_over()
    assert case.dossier.state == State.RETURNED
    with pytest.raises(operations.NotAllowedNow):
        transfer(case, at=moment("2025-07-02"))


def test_the_competent_person_is_the_successors_head() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    transfer(case)
    case.at = JULY + timedelta(hours=1)
    old_root = organisation.root_of_agency(case.dossier.registered_agency_id or 0)
    head = case.head()
    assert head.duties[0].agency_id == case.dossier.agency_id != old_root.agency_id
    case.act(operations.stop, actor=head, reason="Người nộp đề nghị dừng giải quyết.", asked_by="applicant")
    assert case.dossier.state == State.STOPPED


@pytest.mark.parametrize("state", ["submitted", "accepted", "supplement", "suspended", "processed"])
def test_whatever_it_waits_for_it_waits_at_the_successor(state: str) -> None:
    case = Case.filed(RECOGNITION, JUNE) if state == "submitted" else Case.taken_in(RECOGNITION, JUNE)
    if state == "supplement":
        case.forward()
        case.ask()
    elif state == "suspended":
        case.forward()
        case.suspend()
    elif state == "processed":
        case.process()
    before = case.dossier
    transfer(case)
    after = case.dossier
    assert (after.state, after.due_at, after.answer_by, after.supplement_due_at) == (
        before.state, before.due_at, before.answer_by, before.supplement_due_at,
    )  # fmt: skip
    assert {organisation.unit(row.unit_id).code.rpartition(".")[0] for row in live(case)} == {"HP.10714"}
    case.at = JULY + timedelta(hours=1)
    match state:
        case "submitted":
            case.accept()
        case "accepted":
            case.forward()
        case "supplement":
            case.supplement()
        case "suspended":
            case.act(operations.resume, actor=case.doer(live(case)[0]), proof="Thông báo 13/TB-TTHC")
        case "processed":
            case.hand_over()
    assert case.dossier.state != before.state


def test_a_land_dossier_of_a_district_keeps_its_branch_and_waits_for_taxes() -> None:
    case = land_transfer(JUNE)
    case.wait_for_payment()
    before = live(case)
    transfer(case)
    after = case.dossier
    assert codes(after.receiving_unit_id) == ["HP.10675.MC"]
    assert after.state == State.PAYMENT_REQUESTED
    assert all(organisation.tree().nodes[row.unit_id].in_force(DAY) for row in live(case))
    assert len(live(case)) == len(before)
    case.at = JULY + timedelta(hours=1)
    case.act(operations.resume, actor=case.counter(), proof="Chứng từ nộp tiền số 0012345")
    case.process()
    assert case.dossier.state == State.PROCESSED


def test_whom_the_work_is_taken_from_is_said_and_it_lies_in_the_pool() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    case.forward()
    case.act(operations.assign, actor=case.doer(), task_id=case.task.id)
    held = case.task.assignee_id
    assert held is not None
    Duty.objects.filter(staff_id=held, unit__code="HP.10714.TPHT").delete()
    transfer(case)
    assert (case.task.assignee_id, case.dossier.holder_id, case.dossier.holder_name) == (None, None, "")
    moved = traces.last(case.subject).payload["tasks"][0]
    assert (moved["held"], moved["holds"]) == (held, None)


def test_it_is_refused_too_early_without_duty_and_where_nothing_ended_and_leaves_nothing() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    early = moment("2025-06-30", "16:59")
    for error, arguments in (
        (NotTransferable, {"at": early, "actor": kstt(early)}),
        (NoDuty, {"actor": holder(unit("HP.10714.MC").id, Role.ONE_STOP_OFFICER, JULY)}),
    ):
        before = traces.everything()
        with pytest.raises(error):
            transfer(case, **arguments)
        assert traces.everything() == before
    transfer(case)
    with pytest.raises(NothingToTransfer):
        transfer(case, at=JULY + timedelta(minutes=5))


def test_the_same_key_moves_it_once() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    one, seq = "doi-mot-lan", case.dossier.seq
    transfer(case, key=one)
    done = transfer(case, key=one)
    assert done.again
    assert case.dossier.seq == seq + 1


def test_the_old_book_keeps_its_numbers_and_the_new_one_begins_its_own() -> None:
    old = Case.taken_in(RECOGNITION, JUNE)
    transfer(old)
    new = Case.taken_in(RECOGNITION, JULY + timedelta(minutes=30), receiving="HP.10714.MC")
    since, until = moment("2025-01-01"), moment("2025-12-31")
    books = {
        code: [line.code for line in daybook.register(SYSTEM, unit(code).id, since, until)]
        for code in (TAN_DAN, "HP.10714.MC")
    }
    assert books == {TAN_DAN: [old.code], "HP.10714.MC": [new.code]}
    assert old.dossier.code.startswith("000.07.23.H23-")
    assert new.dossier.code.startswith(organisation.code_prefix(unit("HP.10714.MC").id).id)
    assert (old.dossier.register_no, new.dossier.register_no) == (1, 1)
    received = queries.Filters(
        unit_id=unit(TAN_DAN).id,
        accepted_from=moment("2025-06-20", "00:00"),
        accepted_to=moment("2025-06-21", "00:00"),
    )
    assert [row.code for row in queries.listing(SYSTEM, received)] == [old.code]


# The campaign ------------------------------------------------------------------------------------------------


def test_the_preview_says_who_ends_and_where_everything_goes_and_writes_nothing_else() -> None:
    cases = several()
    operations.park(
        actor=counter(TAN_DAN, JUNE), unit_id=unit(TAN_DAN).id, title="Dở dang", values={"a": "b"}, at=JUNE
    )
    heads = {case.code: case.dossier.seq for case in cases}
    early = moment("2025-06-25")
    number = draft(early)
    view = campaigns.one(kstt(early), number, Kind.REORGANISE)
    assert (view.state, view.total, view.blocked) == (Stage.DRAFT, 5, 0)
    found = {
        (codes(r.from_unit_id)[0], codes(r.to_unit_id)[0]): r for r in campaigns.routes(kstt(early), number)
    }
    ward = found[TAN_DAN, "HP.10714.MC"]
    assert (ward.open, ward.uncollected) == (3, 1)
    assert found[KINH_MON, "HP.10675.MC"].open == 1
    ends = {one.unit.code: one for one in campaigns.ending(kstt(early), DAY)}
    assert ends[TAN_DAN].parked == 1
    assert [heir.code for heir in ends[TAN_DAN].heirs] == ["HP.10714.MC"]
    assert {case.code: case.dossier.seq for case in cases} == heads
    items = campaigns.items(kstt(early), number)
    assert {item.effect for item in items} == {Effect.MOVES}
    with pytest.raises(TooEarly):
        campaign_operations.start(campaign=number, actor=kstt(early), key=key(), at=early)
    assert campaigns.one(kstt(early), number).state is Stage.DRAFT


def test_the_run_moves_each_once_and_keeps_every_result() -> None:
    cases = several()
    before = Counter(row.state for row in Dossier.objects.all())
    number = draft()
    fresh = Case.taken_in(RECOGNITION, moment("2025-06-30", "16:00"))  # the preview does not know it yet
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)
    assert traces.events(number)[-1].topic == events.CampaignMoved.NAME
    work(number)
    view = campaigns.one(kstt(), number)
    assert (view.state, view.total, view.done, view.refused) == (Stage.FINISHED, 6, 6, 0)
    for case in [*cases[:5], fresh]:
        assert [entry.act for entry in traces.entries(case.subject)].count(Act.TRANSFER) == 1
    assert Act.TRANSFER not in [entry.act for entry in traces.entries(cases[5].subject)]
    assert Counter(row.state for row in Dossier.objects.all()) == before + Counter({"accepted": 1})
    assert [entry.act for entry in traces.entries(number)] == [
        "campaign_draft",
        "campaign_start",
        "campaign_end",
    ]
    again = run(JULY + timedelta(hours=1))
    assert campaigns.one(kstt(), again).total == 0


def test_a_killed_worker_repeats_nothing_and_leaves_nothing_half_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cases = several()[:3]
    number = draft()
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)
    item = CampaignItem.objects.filter(campaign_id=number).order_by("no")[0]
    # what a kill leaves: the act is committed, its note is not
    campaign_operations.PERFORM[Kind.REORGANISE](
        Campaign.objects.get(pk=number),
        {"code": item.code, "actor": kstt(), "key": f"campaign-{number}-{item.no}-1", "at": JULY},
    )
    assert CampaignItem.objects.get(pk=item.pk).state == ItemState.WAITING

    def down(*_: Any) -> Any:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patched:
        patched.setitem(campaign_operations.PERFORM, Kind.REORGANISE, down)
        with pytest.raises(OperationalError):
            campaign_operations.carry_out_next(campaign=number, at=JULY)
    work(number, JULY + timedelta(minutes=3))
    assert campaigns.one(kstt(), number).done == campaigns.one(kstt(), number).total
    for case in cases:
        assert [entry.act for entry in traces.entries(case.subject)].count(Act.TRANSFER) == 1


def test_stopped_it_is_taken_up_again_and_a_fault_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = several()[:3]
    number = draft()
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)
    assert campaign_operations.carry_out_next(campaign=number, at=JULY)
    campaign_operations.stop(campaign=number, actor=kstt(), key=key(), at=JULY)
    view = campaigns.one(kstt(), number)
    assert (view.state, view.done, view.skipped) == (Stage.STOPPED, 1, view.total - 1)
    assert not campaign_operations.carry_out_next(campaign=number, at=JULY)
    original = campaign_operations.PERFORM[Kind.REORGANISE]

    def broken(found: Campaign, common: dict[str, Any]) -> operations.Done:
        if common["code"] == cases[1].code:
            raise RuntimeError("a fault of ours")
        return original(found, common)

    with monkeypatch.context() as patched:
        patched.setitem(campaign_operations.PERFORM, Kind.REORGANISE, broken)
        campaign_operations.repeat(campaign=number, actor=kstt(), key=key(), at=JULY)
        work(number)
    view = campaigns.one(kstt(), number)
    assert (view.state, view.refused, view.done) == (Stage.FINISHED, 1, view.total - 1)
    campaign_operations.repeat(campaign=number, actor=kstt(), key=key(), at=JULY)
    work(number)
    assert campaigns.one(kstt(), number).done == view.total
    with pytest.raises(campaign_operations.NothingToRepeat):
        campaign_operations.repeat(campaign=number, actor=kstt(), key=key(), at=JULY)


def test_what_nobody_takes_must_be_mended_first_and_a_place_may_go_elsewhere(tree_without: Any) -> None:
    cases = [Case.taken_in(RECOGNITION, JUNE), land_transfer(JUNE)]
    tree_without("HD.KM.10699", "HD.KM.10699.MC", "HD.KM.10699.TPHT")
    number = draft()
    view = campaigns.one(kstt(), number)
    assert view.blocked == 1
    blocked = campaigns.items(kstt(), number, effects=[Effect.BLOCKED])
    assert [item.code for item in blocked] == [cases[0].code]
    assert blocked[0].message
    with pytest.raises(campaign_operations.CampaignBlocked):
        campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)
    assert campaigns.one(kstt(), number).state is Stage.DRAFT
    for origin, to in (("HD.KM.10699.MC", "HP.10675.MC"), ("HD.KM.10699", "HP.10675")):
        campaign_operations.choose(
            campaign=number, choice=Choice(unit(origin).id, unit(to).id), actor=kstt(), key=key(), at=JULY
        )
    # the district's land dossiers of this place go to the commune that now has the place
    campaign_operations.choose(
        campaign=number,
        choice=Choice(unit(KINH_MON).id, unit("HP.10714.MC").id, place_id=unit("HD.KM.10699").id),
        actor=kstt(), key=key(), at=JULY,
    )  # fmt: skip
    assert campaigns.one(kstt(), number).blocked == 0
    campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)
    work(number)
    assert codes(*(case.dossier.receiving_unit_id for case in cases)) == ["HP.10675.MC", "HP.10714.MC"]


def test_a_choice_must_be_of_a_unit_that_ends_and_for_one_that_lives() -> None:
    number = draft()
    for choice in (
        Choice(unit("HP.10714.MC").id, unit("HP.10675.MC").id),
        Choice(unit(KINH_MON).id, unit(TAN_DAN).id),
    ):
        with pytest.raises(CampaignInvalid):
            campaign_operations.choose(campaign=number, choice=choice, actor=kstt(), key=key(), at=JULY)
    with pytest.raises(Invalid):
        draft(on=date(2020, 1, 1))
    with pytest.raises(NoDuty):
        draft(actor=counter("HP.10714.MC", JULY))
    campaign_operations.drop(campaign=number, actor=kstt(), key=key(), at=JULY)
    with pytest.raises(CampaignStage):
        campaign_operations.start(campaign=number, actor=kstt(), key=key(), at=JULY)


def test_duties_of_ended_units_end_with_them_and_are_held_at_the_successors() -> None:
    staff = Staff.objects.order_by("id")[0]
    old = Duty.objects.create(
        staff=staff, unit_id=unit("HD.KM.10699.TPHT").id, role=Role.CLERK.value, scope="unit",
        fields=["ho_tich"], valid_from=date(2024, 1, 1),
    )  # fmt: skip
    Case.taken_in(RECOGNITION, JUNE)
    number = run()
    old.refresh_from_db()
    assert old.valid_to == date(2025, 6, 30)
    new = Duty.objects.get(staff=staff, unit__code="HP.10714.TPHT", role=Role.CLERK.value)
    assert (new.valid_from, new.fields, new.scope) == (DAY, ["ho_tich"], "unit")
    entry = next(entry for entry in traces.entries(number) if entry.act == "duties_passed")
    assert [old.pk, new.pk] in entry.payload["given"]


def test_who_looked_at_it_before_reads_its_history_by_the_old_names() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    case.forward()
    transfer(case)
    names = [organisation.unit(entry.unit_id).name for entry in traces.entries(case.subject) if entry.unit_id]
    assert "phường Tân Dân" in names[0]
    view = queries.one(holder(unit("HP.10714.MC").id, Role.ONE_STOP_OFFICER, JULY), case.code)
    assert view.dossier.registered_unit_id == unit(TAN_DAN).id
