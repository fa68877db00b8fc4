"""What is asked of a central system: passed on, acknowledged in time, answered by its messages; corrected results."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents.models import File
from motcua.dossiers import corrections, linked, operations, parts, passing, passings, queries, tellings
from motcua.dossiers.models import MirrorMessage, PassedOn, Told
from motcua.dossiers.operations import timers
from motcua.dossiers.passing import AlreadyPassedOn, NoSuchRequest, PassKind
from motcua.dossiers.rules import NoDuty, NotAllowedNow, ReasonMissing, State
from motcua.dossiers.telling import TellKind
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, PDF, WORDS, Case, citizen, counter
from motcua.dossiers.tests.test_parts import group, part, say, settle, states
from motcua.dossiers.timing import Timer
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid, NotFound
from motcua.payments import operations as payments
from motcua.payments.models import Refund
from motcua.payments.rules import FeeKind, Line, Method
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.rules import HoldingState

CORRECTED = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% corrected\ntrailer<</Root 1 0 R>>\n%%EOF\n"
database = pytest.mark.django_db(transaction=True)
province = pytest.mark.usefixtures("province", "law_of_2026")


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the rule of NĐ 301/2026 on the day the province of the demo stands at."""
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))


def mirrored() -> tuple[Case, Case, Actor]:
    """Return a group of a citizen, its part that a central system decides, and the citizen."""
    me = citizen()
    case = group(owner_id=me.party_id, submitter_id=me.party_id)
    return case, part(case, "khai_sinh"), me


def ask(child: Case, kind: str, actor: Actor, **more: Any) -> operations.Done:
    return child.act(operations.ask_system, actor=actor, kind=kind, words=more.pop("words", WORDS), **more)


def given_result(child: Case, number: str, data: bytes, minutes: int, message: str) -> File:
    officer = counter()
    scan = documents.store_upload(actor=officer, name="ket-qua.pdf", data=data, at=MONDAY)
    say(child, "processed", message, minutes, number=number, file_id=scan.pk, actor=officer)
    return File.objects.get(pk=scan.pk)


@province
@database
def test_a_withdrawal_is_asked_for_acknowledged_and_answered_and_decides_nothing() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    first = child.dossier
    ask(child, "withdrawal", me)
    entry, event = traces.last(child.subject), traces.events(child.subject)[-1]
    assert (entry.act, entry.payload["kind"], entry.payload["request"]) == ("ask_system", "withdrawal", 1)
    assert (event.topic, event.payload["request"]) == ("dossiers.system_asked.v1", 1)
    assert (child.dossier.state, child.dossier.due_at) == (first.state, first.due_at)
    (row,) = passings.of_dossier(me, child.dossier)
    assert row.acknowledged_at is None and row.answer_by > child.at
    told = {one.kind for one in tellings.unseen(counter())}
    assert TellKind.PASSED_ON in told
    with pytest.raises(AlreadyPassedOn):
        ask(child, "withdrawal", me)
    say(child, "submitted", "nhan-1", 20)
    (row,) = passings.of_dossier(me, child.dossier)
    assert row.acknowledged_at is not None and row.settled_at is None
    assert traces.last(child.subject).payload["applied"] is True
    say(child, "withdrawn", "2", 30)
    (row,) = passings.of_dossier(me, child.dossier)
    assert row.settled_at is not None and child.dossier.state == State.WITHDRAWN


@province
@database
def test_not_acknowledged_in_time_it_stands_among_the_alarms_until_it_is() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    ask(child, "withdrawal", me)
    late = child.at + timedelta(days=2)
    timers.fire_due(late, late)
    kinds = {one.kind for one in queries.alarms(counter(), [Timer.UNACKNOWLEDGED])}
    assert kinds == {Timer.UNACKNOWLEDGED}
    say(child, "in_process", "2", 40)  # the alarm stands whatever becomes of the part
    assert queries.alarms(counter(), [Timer.UNACKNOWLEDGED])
    say(child, "submitted", "nhan-1", 50)
    assert not queries.alarms(counter(), [Timer.UNACKNOWLEDGED])


@province
@database
def test_who_may_ask_what_and_a_refusal_leaves_nothing() -> None:
    case, child, me = mirrored()
    foreign = documents.store_upload(actor=counter(), name="a.pdf", data=PDF, at=MONDAY)
    before = traces.everything()
    tries: list[Any] = [
        lambda: ask(child, "supplement", me),  # nothing was asked for
        lambda: ask(child, "correction", me),  # there is no result
        lambda: ask(child, "other", me),
        lambda: ask(child, "withdrawal", me, words="rút"),
        lambda: ask(child, "withdrawal", counter("HD.KM.10675.MC")),
        lambda: ask(child, "withdrawal", citizen(3)),
        lambda: ask(child, "withdrawal", me, file_ids=[foreign.pk]),
        lambda: ask(case, "withdrawal", me),  # no central system decides the group
    ]
    for attempt in tries:
        with pytest.raises((NotAllowedNow, Invalid, ReasonMissing, NoDuty, NotFound)):
            attempt()
    assert traces.everything() == before
    assert not PassedOn.objects.exists()


@province
@database
def test_a_supplement_goes_with_its_files_as_often_as_there_are_any() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    say(child, "supplement_requested", "2", 20)
    for name in ("mot.pdf", "hai.pdf"):
        kept = documents.store_upload(actor=me, name=name, data=PDF + name.encode(), at=MONDAY)
        ask(child, "supplement", me, file_ids=[kept.pk])
    rows = passings.of_dossier(me, child.dossier)
    assert [(one.no, [file.name for file in one.files]) for one in rows] == [
        (2, ["hai.pdf"]),
        (1, ["mot.pdf"]),
    ]
    assert child.dossier.state == State.SUPPLEMENT_REQUESTED
    say(child, "in_process", "3", 200)
    assert all(one.settled_at for one in passings.of_dossier(me, child.dossier))


@province
@database
def test_withdrawing_the_group_asks_the_central_system_and_waits_for_it() -> None:
    case, child, me = mirrored()
    case.act(operations.withdraw, actor=me, reason=WORDS)
    assert traces.last(case.subject).payload["asked"] == ["khai_sinh"]
    assert traces.last(child.subject).act == "ask_system"
    assert case.dossier.state == State.IN_PROCESS
    family = linked.family(me, case.dossier)
    assert family is not None and not family.withdrawable
    with pytest.raises(NotAllowedNow):
        case.act(operations.withdraw, actor=me, reason=WORDS)
    say(child, "withdrawn", "1", 30)
    settle()
    assert case.dossier.state == State.WITHDRAWN


@province
@database
def test_a_group_that_a_ministry_ends_opens_the_refund_check() -> None:
    me = citizen()
    case = group(owner_id=me.party_id, submitter_id=me.party_id)
    child = part(case, "khai_sinh")
    pay(case)
    say(child, "stopped", "1", 30)
    settle()
    assert case.dossier.state == State.STOPPED
    refund = Refund.objects.get(subject=case.subject)
    assert (refund.ended, refund.amount, refund.paid) == ("stopped", None, 8000)


@province
@database
def test_a_corrected_result_of_the_central_system_takes_the_place_of_the_old_one() -> None:
    case, child, me = mirrored()
    say(child, "accepted", "1", 10)
    old = given_result(child, "125/2026", PDF, 60, "2")
    settle()
    other = part(case, "the_bhyt")
    held = Holding.objects.filter(source_subject=child.subject, state=HoldingState.ACTIVE.value)
    kept = held.get()
    HoldingUse.objects.create(holding=kept, subject=case.subject, paper_type=kept.paper_type, used_at=MONDAY)
    first = child.dossier
    ask(child, "correction", me)
    new = given_result(child, "125/2026/ĐC", CORRECTED, 90, "3")
    now = child.dossier
    assert (now.state, now.decision, now.processed_at, now.ended_at, now.due_at) == (
        first.state, first.decision, first.processed_at, first.ended_at, first.due_at,
    )  # fmt: skip
    entry, event = traces.last(child.subject), traces.events(child.subject)[-1]
    assert (entry.payload["replaces"], entry.payload["applied"]) == ("125/2026", True)
    assert event.topic == "dossiers.mirrored_result_corrected.v1"
    assert "125/2026/ĐC" in event.payload["text"]
    assert MirrorMessage.objects.get(message_id="3").replaces == MirrorMessage.objects.get(message_id="2")
    became = dict(Holding.objects.filter(source_subject=child.subject).values_list("file_id", "state"))
    assert became == {old.pk: HoldingState.SUPERSEDED, new.pk: HoldingState.ACTIVE}
    assert passings.of_dossier(me, now)[0].settled_at is not None
    assert "125/2026/ĐC" in corrections.outdated(counter(), other.dossier)["GT-HT-01"]
    told = Told.objects.filter(kind=TellKind.PAPER_REPLACED.value).values_list("dossier_id", flat=True)
    assert {other.subject, case.subject} <= set(told), "the next part, and who had reused it"
    family = linked.family(me, case.dossier)
    assert family is not None
    papers = next(one for one in family.members if one.key == "khai_sinh").papers
    assert ["thay thế" in paper.title for paper in papers] == [True, False]
    entries = len(traces.entries(child.subject))
    assert say(child, "processed", "3", 90, number="125/2026/ĐC").again
    assert len(traces.entries(child.subject)) == entries
    assert states(case)["khai_sinh"] == "processed"


@province
@database
def test_the_same_result_told_again_corrects_nothing_and_answers_the_request() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    given_result(child, "125/2026", PDF, 60, "2")
    ask(child, "correction", me)
    child.act(
        operations.mirror, actor=counter(), state="processed", message_id="3", said_at=child.at, number="125/2026",
        evidence="Hệ thống đó trả lời: kết quả ghi đúng.",
    )  # fmt: skip
    assert traces.last(child.subject).payload["applied"] is False
    assert MirrorMessage.objects.filter(replaces__isnull=False).count() == 0
    assert passings.of_dossier(SYSTEM, child.dossier)[0].settled_at is not None


def pay(case: Case) -> None:
    """Let a fee of 8,000 đồng be owed and paid for a dossier."""
    unit = case.dossier.receiving_unit_id
    fee = Line("LP-THU", FeeKind.CHARGE, "Lệ phí", 8000, "direct")
    with transaction.atomic():
        owed = payments.open_obligations(subject=case.subject, unit_id=unit, lines=[fee], at=MONDAY)
        payments.record_payment(
            subject=case.subject, obligation_ids=[owed[0].pk], unit_id=unit, actor=counter(), method=Method.CASH,
            payer_name="Nguyễn Văn An", at=MONDAY,
        )  # fmt: skip


@given(st.sampled_from(list(State)), st.sampled_from(["", "approved", "refused"]))
def test_what_may_be_asked_is_what_passes(state: State, decision: str) -> None:
    allowed = passing.passable(state, decision)
    for kind in PassKind:
        if kind in allowed:
            passing.check(kind, state, decision, [])
        else:
            with pytest.raises(NotAllowedNow):
                passing.check(kind, state, decision, [])
    assert not (PassKind.WITHDRAWAL in allowed and PassKind.CORRECTION in allowed)


NAMED = st.tuples(st.sampled_from(["", "1", "2"]), st.sampled_from(["", "a", "b"]))


@given(st.sampled_from(parts.SAID), st.sampled_from(parts.SAID), NAMED, NAMED, st.booleans())
def test_only_a_newer_and_other_result_of_the_same_outcome_corrects(
    now: State, said: State, known: tuple[str, str], told: tuple[str, str], newer: bool
) -> None:
    last = MONDAY
    said_at = MONDAY + timedelta(minutes=1 if newer else -1)
    if parts.brings_result(now, said, said_at, last, known, told):
        assert newer and any(told) and told != known
        assert {now, said} <= parts.RESULT or now is said is State.STOPPED
    elif newer and now is said and now in parts.RESULT:
        assert not any(new and new != old for old, new in zip(known, told, strict=True))


@province
@database
def test_a_refusal_that_came_another_way_answers_the_request_with_reason_and_paper() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    ask(child, "withdrawal", me)
    (row,) = passings.of_dossier(me, child.dossier)
    assert row.answered_by is not None and row.answered_by > row.answer_by
    late = row.answered_by + timedelta(minutes=1)
    timers.fire_due(late, late)
    assert queries.alarms(counter(), [Timer.NO_ANSWER]) and row.unanswered(late)
    before, untouched = child.dossier, traces.everything()
    given: dict[str, Any] = {"request": 1, "reason": WORDS, "paper": "Công văn 12/HTQTCT ngày 09/10/2023"}
    for refused, error in (
        ({**given, "paper": "CV"}, Invalid),
        ({**given, "reason": "không"}, ReasonMissing),
        ({**given, "request": 2}, NoSuchRequest),
        ({**given, "actor": me}, NoDuty),
    ):
        with pytest.raises(error):
            child.act(operations.system_refused, **refused)
    assert traces.everything() == untouched
    scan = documents.store_upload(actor=child.counter(), name="cv-12.pdf", data=PDF, at=MONDAY)
    child.act(operations.system_refused, **given, file_id=scan.pk)
    entry, event = traces.last(child.subject), traces.events(child.subject)[-1]
    assert (entry.act, entry.payload["request"], entry.payload["file"]) == ("system_refused", 1, scan.pk)
    assert entry.payload["paper"] == given["paper"] and WORDS not in str(entry.payload)
    assert (event.topic, event.payload["text"]) == ("dossiers.system_refused.v1", "rút hồ sơ")
    assert (child.dossier.state, child.dossier.due_at) == (before.state, before.due_at)
    (row,) = passings.of_dossier(me, child.dossier)
    assert row.settled_at == child.at and (row.refusal, row.refusal_paper) == (WORDS, given["paper"])
    assert row.refusal_file is not None and row.refusal_file.id == scan.pk
    assert not queries.alarms(counter(), [Timer.NO_ANSWER, Timer.UNACKNOWLEDGED])
    with pytest.raises(NoSuchRequest):
        child.act(operations.system_refused, **given)
    ask(child, "withdrawal", me)  # it may be asked again
    assert [one.no for one in passings.of_dossier(me, child.dossier)] == [2, 1]


@province
@database
def test_an_answer_by_message_ends_the_wait_too() -> None:
    _, child, me = mirrored()
    say(child, "accepted", "1", 10)
    ask(child, "withdrawal", me)
    say(child, "withdrawn", "2", 30)
    late = child.at + timedelta(days=30)
    timers.fire_due(late, late)
    subjects = {one.row.subject for one in queries.alarms(counter(), [Timer.NO_ANSWER])}
    assert child.subject not in subjects
