"""A dossier received for another agency: who may receive, forward, confirm, send back; clocks, fees, sight, figures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.catalogue.nonterritorial.rules import NotListed, UnitNotAllowed
from motcua.documents.models import Document
from motcua.dossiers import nonterritorial, operations, queries
from motcua.dossiers.models import Dossier, Timer
from motcua.dossiers.nonterritorial import BEFORE, Handing, handing
from motcua.dossiers.operations import Done, DossierNotFound, FeesTaken, NoDuty, NotAllowedNow, NotConfirmed
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests.factories import (
    AN_LUU,
    EXTRACT,
    KINH_MON,
    LOCAL,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    citizen,
    counter,
    elsewhere,
    filing,
    key,
    moment,
    other_commune,
    unit,
)
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, DutyScope, Role
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import DueTime, Limit, Policy, TimeUnit, due_at
from motcua.kernel.errors import Invalid
from motcua.kernel.tests.calendars import crooked, office
from motcua.organisation.models import ServiceArea
from motcua.organisation.operations import areas
from motcua.payments.models import Obligation, Receipt
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow.queries import of_subject

database = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
pytestmark = database
MONDAY = moment("2023-10-02")


def officer(code: str, at: datetime = MONDAY) -> Actor:
    return counter(code, at)


def confirmed(case: Case) -> Done:
    case.forward()
    return case.confirm()


def last(case: Case) -> LedgerEntry:
    return LedgerEntry.objects.filter(subject=case.subject).latest("seq")


def topics(case: Case) -> list[str]:
    return list(
        OutboxEvent.objects.filter(subject=case.subject).order_by("seq").values_list("topic", flat=True)
    )


def test_taken_in_elsewhere_it_has_a_slip_an_expected_date_and_no_clock() -> None:
    case = elsewhere()
    d = case.dossier
    assert (d.state, d.non_territorial, d.receiving_unit_id) == ("accepted", True, unit(TAN_DAN).id)
    assert d.competent_unit_id == unit(AN_LUU).id
    assert d.agency_id == unit(AN_LUU).agency_id
    assert (d.due_at, d.clock, d.clock_started_at, d.original_due_at) == (None, {}, None, None)
    assert d.expected_due_at is not None
    assert d.expected_due_at > MONDAY
    assert d.pass_by == moment("2023-10-02", "17:00")
    slip = Document.objects.get(subject=d.subject, kind="slip").context
    assert slip["due_at"] is None
    assert slip["expected_due_at"]
    assert "cơ quan giải quyết là" in slip["notes"][0]
    assert "ngày dự kiến" in slip["notes"][1]
    assert [task.unit_id for task in case.tasks] == [unit(TAN_DAN).id]
    assert topics(case) == ["dossiers.filed.v1", "dossiers.taken_for_another.v1"]
    entry = last(case)
    assert (entry.act, entry.due_after, entry.payload["for_another"]) == ("accept", None, True)


def test_only_the_receiving_unit_sees_it_before_it_is_forwarded_and_both_after() -> None:
    case = elsewhere()
    with pytest.raises(DossierNotFound):
        queries.one(officer(AN_LUU), case.code)
    case.forward()
    assert queries.one(officer(AN_LUU), case.code).dossier.subject == case.subject
    assert queries.one(officer(TAN_DAN), case.code).dossier.subject == case.subject
    with pytest.raises(DossierNotFound):
        queries.one(officer(KINH_MON), case.code)


def test_the_competent_agency_s_receipt_starts_the_clock_and_replaces_the_slip() -> None:
    case = elsewhere()
    case.forward()
    d = case.dossier
    assert (d.state, handing(d), d.holder_unit_id) == ("accepted", Handing.FORWARDED, unit(AN_LUU).id)
    expected = d.expected_due_at
    done = case.act(operations.confirm_receipt, actor=officer(AN_LUU), at=moment("2023-10-02", "10:15"))
    d = case.dossier
    assert (d.state, handing(d)) == ("in_process", Handing.CONFIRMED)
    assert d.clock_started_at == d.confirmed_at == moment("2023-10-02", "10:15")
    assert d.due_at is not None and expected is not None
    assert d.due_at == d.original_due_at == done.due_at
    assert d.due_at <= expected
    assert d.pass_by is None
    entry = last(case)
    assert (entry.act, entry.due_before, entry.due_after) == ("confirm_receipt", None, d.due_at)
    assert datetime.fromisoformat(entry.payload["expected"]) == expected
    assert entry.payload["handling_unit"] == unit(AN_LUU).id
    first, second = Document.objects.filter(subject=d.subject, kind="slip").order_by("pk")
    assert second.replaces_id == first.pk
    assert second.unit_id == unit(AN_LUU).id
    assert second.context["due_at"]
    assert second.context["expected_due_at"] is None
    assert topics(case)[-1] == "dossiers.receipt_confirmed.v1"
    assert {task.unit_id for task in case.tasks}.isdisjoint({unit(TAN_DAN).id})


def test_the_competent_agency_decides_and_the_receiving_unit_hands_the_result_out() -> None:
    case = elsewhere()
    confirmed(case)
    case.process()
    assert case.dossier.state == State.PROCESSED
    assert case.task.unit_id == unit(TAN_DAN).id
    done = [task for task in of_subject(SYSTEM, case.subject) if not task.is_open]
    assert {task.unit_id for task in done}.isdisjoint({unit(TAN_DAN).id})
    case.hand_over(actor=officer(TAN_DAN))
    assert case.dossier.state == State.RETURNED


def test_a_result_sent_by_post_leaves_from_the_competent_agency() -> None:
    case = elsewhere(return_channel="post", return_address="12 Trần Phú, phường Tân Dân")
    confirmed(case)
    case.process()
    assert case.task.unit_id == unit(AN_LUU).id


def test_nothing_of_the_agency_s_work_is_done_before_it_has_confirmed() -> None:
    case = elsewhere()
    seq = case.dossier.seq
    task = case.task
    acts: list[Callable[[], Done]] = [
        lambda: case.act(
            operations.complete_step, actor=officer(TAN_DAN), task_id=task.id, outcome="tiep_nhan", note=WORDS
        ),
        lambda: case.act(
            operations.extend,
            actor=case.head(),
            cause="complex",
            reason=WORDS,
            new_due_on=date(2023, 11, 1),
        ),
    ]
    for act in acts:
        with pytest.raises((NotConfirmed, DossierNotFound)):
            act()
    with pytest.raises(NotAllowedNow):
        case.act(operations.confirm_receipt, actor=officer(TAN_DAN))
    assert case.dossier.seq == seq


def test_who_may_not_confirm_or_send_back() -> None:
    case = elsewhere()
    case.forward()
    seq = case.dossier.seq
    for operation, more in (
        (operations.confirm_receipt, {}),
        (operations.send_back, {"why": "incomplete", "reason": WORDS}),
    ):
        with pytest.raises(NoDuty):
            case.act(operation, actor=officer(TAN_DAN), **more)
        with pytest.raises(DossierNotFound):
            case.act(operation, actor=officer(KINH_MON), **more)
    for more in ({"why": "none", "reason": WORDS}, {"why": "incomplete", "reason": "ngắn"}):
        with pytest.raises(Invalid):
            case.act(operations.send_back, actor=officer(AN_LUU), **more)
    with pytest.raises(NotAllowedNow):
        case.forward()
    assert case.dossier.seq == seq


def test_sent_back_as_not_competent_it_goes_to_the_right_one_without_fault_of_the_applicant() -> None:
    case = elsewhere()
    case.forward()
    case.act(operations.send_back, actor=officer(AN_LUU), why="not_competent", reason=WORDS)
    d = case.dossier
    assert (d.state, handing(d), d.holder_unit_id) == ("accepted", Handing.RECEIVED, unit(TAN_DAN).id)
    with pytest.raises(DossierNotFound):
        queries.one(officer(AN_LUU), case.code)
    assert topics(case)[-1] == "dossiers.sent_back.v1"
    right = other_commune()
    case.act(operations.forward, competent_unit_id=right.id)
    d = case.dossier
    assert (d.competent_unit_id, d.agency_id) == (right.id, right.agency_id)
    assert last(case).payload["agency_before"] == unit(AN_LUU).agency_id
    case.act(operations.confirm_receipt, actor=counter(right.code))
    assert case.dossier.state == State.IN_PROCESS
    assert case.dossier.supplement_count == 0


def test_a_redirection_to_another_level_is_refused_with_words() -> None:
    case = elsewhere()
    with pytest.raises(operations.OtherLevel):
        case.act(operations.forward, competent_unit_id=unit(KINH_MON).id)
    assert handing(case.dossier) is Handing.RECEIVED
    again = filing(EXTRACT, case.at, competent_unit_id=unit(AN_LUU).id)
    with pytest.raises(Invalid):
        case.act(operations.void_and_refile, filing=again, reason=WORDS)
    right = filing(EXTRACT, case.at, competent_unit_id=unit(KINH_MON).id)
    done = case.act(operations.void_and_refile, filing=right, reason=WORDS)
    assert Dossier.objects.get(code=done.code).competent_unit_id == unit(KINH_MON).id
    assert case.dossier.state == State.VOID


def test_sent_back_as_incomplete_the_receiving_unit_asks_the_applicant_and_no_clock_runs() -> None:
    case = elsewhere()
    case.forward()
    case.act(operations.send_back, actor=officer(AN_LUU), why="incomplete", reason=WORDS)
    case.act(operations.request_supplement, items=[{"name": "Tờ khai", "what": "Bản rõ hơn"}], reason=WORDS)
    d = case.dossier
    assert (d.state, d.clock, d.due_at) == ("supplement_requested", {}, None)
    case.supplement()
    assert case.dossier.state == State.ACCEPTED
    confirmed(case)
    assert case.dossier.state == State.IN_PROCESS


def test_refusals_say_why_it_cannot_be_received_here() -> None:
    wish = filing(RECOGNITION, competent_unit_id=unit(AN_LUU).id)
    before = Dossier.objects.count()
    with pytest.raises(NotListed, match="không có trong danh mục"):
        operations.take_in(filing=wish, actor=officer(TAN_DAN), key=key(), at=MONDAY)
    early = moment("2021-10-04")
    wish = filing(EXTRACT, early, competent_unit_id=unit(AN_LUU).id)
    with pytest.raises(NotListed, match="04/10/2021"):
        operations.take_in(filing=wish, actor=officer(TAN_DAN, early), key=key(), at=early)
    wish = filing(EXTRACT, competent_unit_id=unit("TW.CAX.10699").id)
    with pytest.raises(Invalid):
        operations.take_in(filing=wish, actor=officer(TAN_DAN), key=key(), at=MONDAY)
    assert Dossier.objects.count() == before


def test_a_unit_outside_the_scope_of_the_decision_is_refused() -> None:
    from motcua.catalogue.models import NonTerritorialEntry
    from motcua.catalogue.queries import forget_brief

    row = NonTerritorialEntry.objects.get(procedure_code=EXTRACT)
    kinds = row.unit_kinds
    NonTerritorialEntry.objects.filter(pk=row.pk).update(unit_kinds=["one_stop_province"])
    forget_brief()
    try:
        wish = filing(EXTRACT, competent_unit_id=unit(AN_LUU).id)
        with pytest.raises(UnitNotAllowed, match="không thuộc các nơi"):
            operations.take_in(filing=wish, actor=officer(TAN_DAN), key=key(), at=MONDAY)
    finally:  # the province's rows outlive a test
        NonTerritorialEntry.objects.filter(pk=row.pk).update(unit_kinds=kinds)
        forget_brief()


def test_the_fee_is_the_competent_agency_s_although_the_cash_is_taken_here() -> None:
    case = elsewhere(fees=FeesTaken(due={"P-HT-TL": 2}, paid=True))
    owed = Obligation.objects.filter(subject=case.subject, amount__gt=0)
    assert {row.unit_id for row in owed} == {unit(AN_LUU).id}
    assert {row.unit_id for row in Receipt.objects.filter(subject=case.subject)} == {unit(TAN_DAN).id}
    case.forward()
    case.act(operations.send_back, actor=officer(AN_LUU), why="not_competent", reason=WORDS)
    right = other_commune()
    case.act(operations.forward, competent_unit_id=right.id)
    assert {row.unit_id for row in Obligation.objects.filter(subject=case.subject)} == {right.id}


def test_timers_watch_forwarding_and_confirmation_and_nothing_is_due_meanwhile() -> None:
    case = elsewhere(moment("2023-10-02", "15:20"))
    waits = list(Timer.objects.filter(subject=case.subject).values_list("kind", "due_at"))
    assert waits == [("unforwarded", moment("2023-10-03", "07:30"))]
    case.act(operations.forward, at=moment("2023-10-03", "08:00"))
    assert last(case).payload["late"] is True
    waits = list(Timer.objects.filter(subject=case.subject).values_list("kind", "due_at"))
    assert waits == [("unconfirmed", moment("2023-10-03", "13:30"))] or waits[0][0] == "unconfirmed"
    operations_timers_mark(moment("2023-10-09"))
    kinds = {alarm.kind for alarm in queries.alarms(officer(TAN_DAN), ["unconfirmed"])}
    assert kinds == {"unconfirmed"}
    assert {alarm.kind for alarm in queries.alarms(officer(AN_LUU), ["unconfirmed"])} == {"unconfirmed"}
    case.act(operations.confirm_receipt, actor=officer(AN_LUU), at=moment("2023-10-09", "09:00"))
    assert "unconfirmed" not in set(Timer.objects.filter(subject=case.subject).values_list("kind", flat=True))
    assert last(case).payload["late"] is True


def operations_timers_mark(at: datetime) -> None:
    from motcua.dossiers.operations import timers

    timers.mark(at)


def test_two_officers_confirm_and_one_does() -> None:
    case = elsewhere()
    case.forward()
    actors = [officer(AN_LUU), officer(AN_LUU)]
    seen = case.dossier.seq
    found: list[Done | Exception] = []
    gate = threading.Barrier(2)

    def confirm(actor: Actor) -> None:
        gate.wait()
        try:
            found.append(
                operations.confirm_receipt(
                    code=case.code, actor=actor, key=key(), at=case.at + timedelta(minutes=10), seen=seen
                )
            )
        except Exception as refusal:
            found.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Done) for one in found) == 1
    refusal = next(one for one in found if not isinstance(one, Done))
    assert getattr(refusal, "code", "") in ("stale", "not_allowed_now")
    assert LedgerEntry.objects.filter(subject=case.subject, act="confirm_receipt").count() == 1
    assert Document.objects.filter(subject=case.subject, kind="slip").count() == 2


def test_a_citizen_hands_in_online_at_a_unit_near_and_it_is_forwarded() -> None:
    me = citizen()
    case = Case.filed(EXTRACT, MONDAY, actor=me, competent_unit_id=unit(AN_LUU).id)
    assert (case.dossier.state, case.task.unit_id) == ("submitted", unit(TAN_DAN).id)
    case.accept()
    assert (case.dossier.state, handing(case.dossier)) == ("accepted", Handing.RECEIVED)
    confirmed(case)
    assert case.dossier.state == State.IN_PROCESS


@pytest.fixture
def areas_as_they_were(province: None) -> Iterator[None]:
    """Take back the areas a test gives: the table holds the province's own, so no clean-up empties it."""
    before = set(ServiceArea.objects.values_list("pk", flat=True))
    yield
    ServiceArea.objects.exclude(pk__in=before).delete()


@pytest.mark.usefixtures("areas_as_they_were")
def test_a_unit_that_serves_an_area_is_its_counter() -> None:
    kstt = Actor(
        kind=ActorKind.STAFF,
        account_id=1,
        staff_id=None,
        duties=(DutyRef(1, unit(KINH_MON).id, unit(KINH_MON).agency_id, Role.KSTT, DutyScope.PROVINCE),),
        province_wide=True,
    )
    areas.give_area(
        unit_code=TAN_DAN,
        agency_code="HD.KM.10675",
        decision_no="12/QĐ-UBND",
        valid_from=MONDAY.date(),
        valid_to=None,
        actor=kstt,
        key=key(),
        at=MONDAY,
    )
    case = elsewhere(procedure=RECOGNITION)  # on no list, and it needs none
    d = case.dossier
    assert (d.non_territorial, d.agency_id) == (False, unit(AN_LUU).agency_id)
    assert d.due_at is not None
    assert case.task.unit_id != unit(TAN_DAN).id
    case.process()
    assert case.task.unit_id == unit(TAN_DAN).id
    case.hand_over(actor=officer(TAN_DAN))


def test_what_the_acts_cost_in_statements() -> None:
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        case = elsewhere()
        costs = {}
        for name, actor, operation, more in (
            ("forward", officer(TAN_DAN), operations.forward, {}),
            ("send_back", officer(AN_LUU), operations.send_back, {"why": "incomplete", "reason": WORDS}),
            ("again", officer(TAN_DAN), operations.forward, {}),
            ("confirm", officer(AN_LUU), operations.confirm_receipt, {}),
        ):
            with CaptureQueriesContext(connection) as captured:
                case.act(operation, actor=actor, **more)
            costs[name] = len(captured)
    assert max(costs.values()) <= 16, costs


# -- rules --


@settings(deadline=None)
@given(
    start=st.integers(0, 450 * 24 * 60),
    limit=st.builds(
        Limit,
        st.integers(1, 20),
        st.sampled_from([TimeUnit.WORKING_DAYS, TimeUnit.DAYS, TimeUnit.WORKING_HOURS]),
    ),
    due_time=st.sampled_from(DueTime),
    cutoff=st.sampled_from([None, time(15)]),
    part=st.integers(0, 100),
    calendar=st.sampled_from([office, crooked]),
)
def test_the_promised_date_is_never_after_the_expected_one_when_both_keep_their_time(
    start: int,
    limit: Limit,
    due_time: DueTime,
    cutoff: time | None,
    part: int,
    calendar: Callable[[], WorkingCalendar],
) -> None:
    here = calendar()
    rules = {"forward_cutoff": "15:00", "confirm_within": {"value": 4, "unit": "working_hours"}}
    policy = Policy(due_time=due_time, cutoff=cutoff)
    at = datetime(2022, 12, 20, tzinfo=LOCAL) + timedelta(minutes=start)
    by = nonterritorial.to_confirm_by(nonterritorial.to_forward_by(at, rules, here), rules, policy, here)
    assert by > at
    real = at + (by - at) * part / 100
    told = nonterritorial.expected(at, limit, rules, policy, here, here)
    assert due_at(real, limit, policy, here) <= told


@given(
    accepted=st.booleans(),
    forwarded=st.booleans(),
    is_confirmed=st.booleans(),
    act=st.sampled_from(list(Act)),
)
def test_before_confirmation_only_named_acts_pass(
    accepted: bool, forwarded: bool, is_confirmed: bool, act: Act
) -> None:
    now = datetime(2023, 10, 2, tzinfo=LOCAL)
    row = Dossier(
        non_territorial=True,
        accepted_at=now if accepted else None,
        forwarded_at=now if forwarded or is_confirmed else None,
        confirmed_at=now if is_confirmed else None,
    )
    try:
        nonterritorial.check(act, row)
    except (NotConfirmed, NotAllowedNow):
        return
    assert is_confirmed or not accepted or act in BEFORE
