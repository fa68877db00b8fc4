"""
What each act costs in statements, transaction control counted, and that it does not grow with the dossier.

Limits of the design: 16 for an act on an existing dossier, 24 for filing and taking in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.dossiers import corrections, daybook, operations, queries
from motcua.dossiers.models import Component, Dossier
from motcua.dossiers.operations import Done
from motcua.dossiers.queries import Filters
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import (
    BIRTH,
    FESTIVAL,
    KINH_MON,
    LAND_TRANSFER,
    MARITAL_STATUS,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    filing,
    key,
    scanned,
    unit,
)
from motcua.kernel.actor import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _warm(province: None) -> None:
    """Definitions, units, calendars and print templates are kept in the process: read them before counting."""
    for procedure in (RECOGNITION, MARITAL_STATUS, BIRTH):
        case = Case.taken_in(procedure)
        case.process()
        case.hand_over()
    stopped = at_state(State.ACCEPTED)
    stopped.act(operations.extend, actor=stopped.head(), **LETTER)
    stopped.act(operations.stop, actor=stopped.head(), reason=WORDS)
    refused = Case.filed(RECOGNITION)
    refused.ask()
    refused.act(operations.refuse, reason=WORDS)


LETTER: dict[str, Any] = {"cause": "complex", "reason": WORDS, "new_due_on": date(2023, 11, 1)}


def statements(act: Callable[[], Any]) -> list[str]:
    """Return what the act sent to the server."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [query["sql"] for query in captured]


def count(case: Case, act: Callable[..., Done], **arguments: Any) -> int:
    """Count the statements of one act; who does it and with what is read before."""
    actor = arguments.pop("actor", None) or case.counter()
    sent = statements(lambda: case.act(act, actor=actor, **arguments))
    assert sent[0] == "BEGIN"
    assert sent[-1] == "COMMIT"
    return len(sent)


def release(case: Case) -> int:
    officer = case.doer()
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    return count(case, operations.release, actor=officer, task_id=case.task.id, reason=WORDS)


def step(case: Case, outcome: str = "", **more: Any) -> int:
    task = case.task
    return count(
        case,
        operations.complete_step,
        actor=case.doer(task),
        task_id=task.id,
        outcome=outcome or case.usual(task),
        **more,
    )


def ask(case: Case) -> int:
    task = case.task
    return count(
        case,
        operations.request_supplement,
        actor=case.doer(task),
        task_id=task.id,
        items=[{"name": "Tờ khai"}],
        reason=WORDS,
    )


def first_paper(case: Case) -> str:
    return case.dossier.components.order_by("no")[0].paper


def big(state: State) -> Case:
    """Return a dossier with twenty papers and fifty entries more."""
    case = at_state(state)
    made = Component.objects.filter(dossier_id=case.subject).order_by("no")[0]
    for number in range(100, 120):
        made.pk, made.no, made.paper = None, number, f"GT-{number}"
        made._state.adding = True
        made.save()
    for number in range(25):
        for sets in (2, 1):
            case.act(
                operations.correct_intake,
                reason=f"Gõ nhầm số bộ lần {number}.",
                head={"sets": sets},
                answers={},
            )
    return case


def existing(state: State) -> dict[str, Callable[[Case], int]]:
    """Return the acts on an existing dossier, by name, that start from a state."""
    if state is State.SUBMITTED:
        return {
            "accept": lambda c: count(c, operations.accept),
            "refuse": lambda c: count(c, operations.refuse, reason=WORDS),
            "ask at receipt": lambda c: count(
                c, operations.request_supplement, items=[{"name": "Tờ khai"}], reason=WORDS
            ),
        }
    if state is State.SUPPLEMENT_REQUESTED:
        return {
            "supplement": lambda c: count(c, operations.supplement, papers_added={first_paper(c): None}),
        }
    if state is State.PROCESSED:
        return {
            "return_result": lambda c: count(
                c, operations.return_result, actor=c.doer(), collector="Nguyễn Thị Lan"
            )
        }
    return {
        "forward": lambda c: count(c, operations.forward),
        "take": lambda c: count(c, operations.assign, actor=c.doer(), task_id=c.task.id),
        "release": release,
        "step": step,
        "ask at appraisal": ask,
        "withdraw": lambda c: count(c, operations.withdraw, reason=WORDS),
        "extend": lambda c: count(c, operations.extend, actor=c.head(), **LETTER),
        "suspend": lambda c: count(
            c, operations.suspend, actor=c.doer(), ground="system_outage", reason=WORDS, reference="12/TB"
        ),
        "stop": lambda c: count(c, operations.stop, actor=c.head(), reason=WORDS),
        "correct_intake": lambda c: count(
            c, operations.correct_intake, reason=WORDS, head={"sets": 9}, answers={}
        ),
    }


# Every act: BEGIN, key, dossier under its lock, entry with personal values and event, dossier, COMMIT (6), and:
COST = {
    "accept": 15,  # papers, task (found, moved: 3), fees, parties, number, slip, access of the next unit
    "refuse": 12,  # task (found, moved: 3), parties, number, form 03
    "ask at receipt": 10,  # parties, number, form 02, request
    "supplement": 12,  # request answered, papers read and written, tasks read and moved, access
    "return_result": 11,  # task (found, moved: 3), result read, holding written
    "forward": 6,
    "take": 8,  # task read, given
    "release": 8,  # task read, given back
    "step": 9,  # tasks read, moved, access of the unit that comes next
    "ask at appraisal": 12,  # tasks read and moved, parties, number, form 02, request
    "extend": 13,  # letters, parties, position, planned ends, number, form 04, letter kept
    "suspend": 7,  # tasks
    "stop": 12,  # parties, position of who signs, papers given back, tasks taken back, number, form 05
    "withdraw": 7,  # tasks taken back
    "correct_intake": 12,  # answers, parties, slip before, papers, number, slip
}


@pytest.mark.parametrize(
    "state", [State.SUBMITTED, State.ACCEPTED, State.SUPPLEMENT_REQUESTED, State.PROCESSED]
)
def test_an_act_on_a_dossier_costs_what_it_ought_to(state: State) -> None:
    for name, act in existing(state).items():
        found = act(at_state(state))
        assert found <= 16, f"{name}: {found}"
        assert found == COST[name], f"{name}: {found}"


def test_the_signature_costs_its_document() -> None:
    case = at_state(State.ACCEPTED)
    case.until("dong_y")
    # the step's 9, and: parties, position of who signs, answers, number, result
    assert step(case) == 14


def test_filing_and_taking_in_cost_what_they_ought_to() -> None:
    me = citizen()
    direct, officer = filing(RECOGNITION), counter()
    # BEGIN, key with number, parties, task, papers, answers, access, code, entry with event, dossier, COMMIT
    assert len(statements(lambda: operations.file(filing=direct, actor=officer, key=key(), at=MONDAY))) == 11
    online = scanned(
        filing(RECOGNITION, channel="online", owner_id=me.party_id, submitter_id=me.party_id), me
    )
    # the same, and: files
    assert len(statements(lambda: operations.file(filing=online, actor=me, key=key(), at=MONDAY))) == 12
    # the same, and: fees, parties of the slip, number, slip, access of the next unit, second entry with event
    sent = statements(lambda: operations.take_in(filing=direct, actor=officer, key=key(), at=MONDAY))
    assert len(sent) == 17
    paid = operations.FeesTaken(paid=True)
    sent = statements(
        lambda: operations.take_in(filing=direct, actor=officer, key=key(), at=MONDAY, fees=paid)
    )
    # and the receipt: obligations under lock, number, receipt, obligations settled
    assert len(sent) <= 24
    void = Case.taken_in(RECOGNITION)
    again = filing(MARITAL_STATUS, MONDAY)
    assert count(void, operations.void_and_refile, filing=again, reason=WORDS) <= 24


def test_a_replay_costs_little() -> None:
    case, one = Case.filed(RECOGNITION), key()
    case.accept(key=one)
    officer = case.counter()
    # BEGIN, key, what it was used for, ROLLBACK, the dossier
    assert len(statements(lambda: case.accept(key=one, actor=officer))) == 5


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SUPPLEMENT_REQUESTED])
def test_the_cost_does_not_grow_with_papers_and_entries(state: State) -> None:
    for name, act in existing(state).items():
        assert act(big(state)) == COST[name], name


def test_opinions_cost_the_same_however_many_are_asked() -> None:
    officer = counter()
    Case.taken_in(FESTIVAL)
    costs = []
    for procedure in (RECOGNITION, FESTIVAL):
        take_in = partial(operations.take_in, filing=filing(procedure), actor=officer, key=key(), at=MONDAY)
        costs.append(len(statements(take_in)))
    opened_fee = 1  # only the first has one
    assert costs[1] in (costs[0], costs[0] - opened_fee)


def test_lists_cost_one_statement_whatever_they_hold() -> None:
    officer = counter()
    Case.taken_in(RECOGNITION)

    def look() -> list[int]:
        here = unit(TAN_DAN).id
        where = Filters(unit_id=here)
        case = Dossier.objects.filter(state="accepted")[0]
        reads: list[Callable[[], Any]] = [
            lambda: queries.listing(officer, where),
            lambda: queries.by_due(officer, where),
            lambda: queries.search(officer, case.code),
            lambda: queries.morning(officer, MONDAY, MONDAY.replace(hour=17)),
            lambda: queries.waiting(officer, "not_forwarded", MONDAY, MONDAY.replace(hour=17)),
            lambda: daybook.not_digitised(officer, here, MONDAY, MONDAY.replace(hour=17)),
            lambda: daybook.day_counts(officer, here, MONDAY, MONDAY.replace(hour=17)),
            lambda: daybook.kept_originals(officer, here),
            lambda: daybook.register(officer, here, MONDAY, MONDAY.replace(hour=17)),
            lambda: queries.one(officer, case.code),
            lambda: queries.by_subjects(officer, [case.subject]),
            lambda: queries.parked(officer),
        ]
        return [len(statements(read)) for read in reads]

    few = look()
    for _ in range(20):
        Case.taken_in(RECOGNITION)
    assert look() == few
    assert set(few) == {1}
    # which names have the part, and whose dossiers those are
    assert len(statements(lambda: queries.search(officer, "Nguyễn"))) == 2


def test_papers_of_a_filing_are_written_in_one_statement() -> None:
    wish = filing(LAND_TRANSFER, receiving=KINH_MON, place="HD.KM.10699")
    assert len(wish.papers) > 2
    officer = counter(KINH_MON)
    sent = statements(lambda: operations.take_in(filing=wish, actor=officer, key=key(), at=MONDAY))
    assert sum("dossiers_component" in sql for sql in sent) == 1


def test_correcting_a_result() -> None:
    def corrected(case: Case) -> list[int]:
        named = corrections.candidates(SYSTEM, case.dossier, case.at.date())
        order = {"ground": "agency_error", "reason": WORDS, "staff_id": next(iter(named))}
        return [
            count(case, operations.ask_correction, what=WORDS),
            count(case, operations.order_correction, actor=case.head(), **order),
            count(
                case, operations.draft_correction, actor=case.head(), answers={}, owner_name="Nguyễn Văn Đúng"
            ),
            count(case, operations.sign_correction, actor=case.head()),
            count(case, operations.return_correction, old_original="taken_back", collector="Nguyễn Thị Lan"),
        ]

    corrected(at_state(State.RETURNED))  # warm
    assert max(corrected(at_state(State.RETURNED))) <= 16
