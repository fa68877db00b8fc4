"""At the same moment, on a real server: two officers, one key twice, one unit's numbers, opinions given at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.db import connection

from motcua.documents.models import Document, NumberSeries
from motcua.dossiers import operations
from motcua.dossiers.models import CodeCounter, Dossier
from motcua.dossiers.operations import Done, Filing, NotAcceptable, NotAllowedNow
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    FESTIVAL,
    MARITAL_STATUS,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    at_state,
    counter,
    filing,
    key,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import DomainError, Replayed, Stale
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]

Act = Callable[[], Any]


def together(acts: Sequence[Act]) -> list[Any]:
    """Run the acts at the same moment, each on a connection of its own; a refusal is its outcome."""
    line = threading.Barrier(len(acts))

    def run(act: Act) -> Any:
        try:
            connection.ensure_connection()
            line.wait(10)
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def done(outcomes: list[Any]) -> list[Done]:
    return [outcome for outcome in outcomes if isinstance(outcome, Done)]


def check_chain(subject: int) -> None:
    """The ledger of a subject is gap-free, and its head is what the dossier keeps."""
    entries = traces.entries(subject)
    row = Dossier.objects.get(subject=subject)
    assert [entry.seq for entry in entries] == list(range(1, row.seq + 1))
    assert bytes(entries[-1].hash) == bytes(row.head)
    assert entries[-1].state_after == row.state
    assert [event.seq for event in traces.events(subject)] == [entry.seq for entry in entries]


@pytest.mark.parametrize("seen", [1, None], ids=["from the same page", "without a page"])
def test_two_officers_accept_the_same_dossier(seen: int | None) -> None:
    for _ in range(5):
        case = Case.filed(RECOGNITION)
        officers = [case.counter()] * 2
        outcomes = together(
            [
                partial(operations.accept, code=case.code, actor=officer, key=key(), at=MONDAY, seen=seen)
                for officer in officers
            ]
        )
        refused = [type(outcome) for outcome in outcomes if isinstance(outcome, DomainError)]
        assert len(done(outcomes)) == 1
        assert refused == ([Stale] if seen else [NotAllowedNow])
        assert Document.objects.filter(subject=case.subject, kind="slip").count() == 1
        check_chain(case.subject)


def test_accepted_and_refused_at_once_is_one_of_both() -> None:
    for _ in range(5):
        case = Case.filed(RECOGNITION)
        officer = case.counter()
        outcomes = together(
            [
                partial(operations.accept, code=case.code, actor=officer, key=key(), at=MONDAY),
                partial(operations.refuse, code=case.code, actor=officer, key=key(), at=MONDAY, reason=WORDS),
                partial(
                    operations.withdraw, code=case.code, actor=officer, key=key(), at=MONDAY, reason=WORDS
                ),
            ]
        )
        assert {one.state for one in done(outcomes)} <= {"accepted", "not_accepted", "withdrawn"}
        check_chain(case.subject)
        open_tasks = [task for task in workflow.of_subject(SYSTEM, case.subject) if task.is_open]
        assert len(open_tasks) == (case.dossier.state == State.ACCEPTED)


def test_one_key_from_two_requests_is_one_act() -> None:
    officer, wish = counter(), filing(RECOGNITION)
    for _ in range(5):
        one = key()
        outcomes = together([partial(operations.take_in, filing=wish, actor=officer, key=one, at=MONDAY)] * 3)
        assert len({outcome.code for outcome in outcomes}) == 1
        assert sorted(outcome.again for outcome in outcomes) == [False, True, True]
    case = Case.filed(RECOGNITION)
    one = key()
    outcomes = together([partial(operations.accept, code=case.code, actor=officer, key=one, at=MONDAY)] * 3)
    assert sorted(outcome.again for outcome in outcomes) == [False, True, True]
    check_chain(case.subject)


def test_one_key_with_two_bodies_is_one_act_and_one_refusal() -> None:
    officer, one = counter(), key()
    wishes = [filing(RECOGNITION), filing(RECOGNITION, sets=3)]
    outcomes = together(
        [partial(operations.take_in, filing=wish, actor=officer, key=one, at=MONDAY) for wish in wishes]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [Done.__name__, Replayed.__name__]
    assert Dossier.objects.count() == 1


def test_numbers_of_a_unit_have_no_gap_also_when_some_fail() -> None:
    officer = counter()
    good = filing(RECOGNITION)
    # Refused late: its code and slip number were already taken when the fee proves unknown.
    fees = operations.FeesTaken(due={"NO-SUCH": 1})

    def many(no: int) -> Act:
        def run() -> list[Any]:
            made: list[Any] = []
            for turn in range(6):
                wrong = (no + turn) % 3 == 0
                try:
                    made.append(
                        operations.take_in(
                            filing=good, actor=officer, key=key(), at=MONDAY, fees=fees if wrong else None
                        ).code
                    )
                except DomainError:
                    made.append(None)
            return made

        return run

    outcomes = [code for codes in together([many(no) for no in range(8)]) for code in codes]
    codes = sorted(code for code in outcomes if code)
    assert len(codes) == 32
    assert len(outcomes) - len(codes) == 16
    assert codes == [f"000.07.23.H23-231002-{number:04d}" for number in range(1, 33)]
    assert CodeCounter.objects.get().last == 32
    slips = sorted(Document.objects.filter(kind="slip").values_list("number", flat=True))
    assert slips == [f"{number:02d}/TNHS" for number in range(1, 33)]
    assert NumberSeries.objects.get(series="TNHS").last == 32
    for dossier in Dossier.objects.all():
        check_chain(dossier.subject)


def test_past_the_last_number_the_code_grows_and_goes_on() -> None:
    first = Case.taken_in(RECOGNITION).code
    series = first.rsplit("-", 1)[0]
    CodeCounter.objects.filter(series=series).update(last=9998)
    outcomes = together(
        [
            partial(operations.take_in, filing=filing(RECOGNITION), actor=counter(), key=key(), at=MONDAY)
            for _ in range(4)
        ]
    )
    assert {one.code for one in outcomes} == {
        f"{series}-{number}" for number in ("9999", "10000", "10001", "10002")
    }
    row = Dossier.objects.get(code=f"{series}-10001")
    assert row.code_tail == "10001"


def test_a_code_is_made_by_the_rule_of_its_day_and_never_again() -> None:
    before = Case.taken_in(RECOGNITION, moment("2025-06-30", "16:00"))
    root = organisation.unit_in_force(unit(TAN_DAN).id, moment("2025-07-01").date())
    after = Case.taken_in(RECOGNITION, moment("2025-07-01", "08:00"), receiving=root.code)
    assert "-250630-" in before.code
    assert after.code.startswith("H24.")
    assert "-20250701-" in after.code
    assert len(set(Dossier.objects.values_list("code", flat=True))) == 2


def test_opinions_given_at_once_join_once() -> None:
    for _ in range(5):
        case = Case.taken_in(FESTIVAL)
        asked = case.tasks
        givers = [case.doer(task) for task in asked]
        outcomes = together(
            [
                partial(
                    operations.complete_step,
                    code=case.code,
                    task_id=task.id,
                    outcome=case.usual(task),
                    actor=giver,
                    key=key(),
                    at=MONDAY,
                )
                for task, giver in zip(asked, givers, strict=True)
            ]
        )
        assert len(done(outcomes)) == len(asked)
        assert [task.node for task in case.tasks] == ["s3"]
        check_chain(case.subject)


def test_a_task_is_done_by_one_of_four() -> None:
    case = Case.taken_in(RECOGNITION)
    officer, task = case.doer(), case.task
    what: dict[str, Any] = {"code": case.code, "task_id": task.id, "actor": officer, "at": MONDAY}
    outcomes = together(
        [partial(operations.assign, key=key(), **what) for _ in range(2)]
        + [partial(operations.complete_step, outcome="trinh_duyet", key=key(), **what) for _ in range(2)]
    )
    acts = [entry.act for entry in traces.entries(case.subject)][2:]
    assert len(done(outcomes)) == len(acts)
    assert acts in (["complete_step"], ["assign", "complete_step"])
    check_chain(case.subject)


def test_a_dossier_is_voided_and_handed_on_by_one_only() -> None:
    for _ in range(3):
        case = at_state(State.ACCEPTED)
        officer, wish = case.counter(), filing(MARITAL_STATUS)
        doer, task = case.doer(), case.task
        outcomes = together(
            [
                partial(
                    operations.void_and_refile,
                    code=case.code,
                    filing=wish,
                    actor=officer,
                    key=key(),
                    at=MONDAY,
                    reason=WORDS,
                ),
                partial(
                    operations.void_and_refile,
                    code=case.code,
                    filing=wish,
                    actor=officer,
                    key=key(),
                    at=MONDAY,
                    reason=WORDS,
                ),
                partial(
                    operations.complete_step,
                    code=case.code,
                    task_id=task.id,
                    outcome="trinh_duyet",
                    actor=doer,
                    key=key(),
                    at=MONDAY,
                ),
            ]
        )
        assert len([one for one in done(outcomes) if one.code != case.code]) == 1
        assert Dossier.objects.filter(refiled_from_id=case.subject).count() == 1
        check_chain(case.subject)


def test_one_counter_s_refusals_do_not_use_up_a_number() -> None:
    wish: Filing = replace(filing(MARITAL_STATUS), papers={})
    for _ in range(3):
        with pytest.raises(NotAcceptable):
            operations.take_in(filing=wish, actor=counter(), key=key(), at=MONDAY)
    assert not CodeCounter.objects.exists()
    assert Case.taken_in(RECOGNITION).code.endswith("-0001")
