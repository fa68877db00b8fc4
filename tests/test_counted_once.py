"""A dossier taken in under the wrong procedure and taken in again is one dossier in the figures, on any day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from motcua.dossiers import operations
from motcua.dossiers import queries as dossiers
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MARITAL_STATUS,
    RECOGNITION,
    TAN_DAN,
    WORDS,
    Case,
    counter,
    elsewhere,
    filing,
    moment,
    other_commune,
    unit,
)
from motcua.evaluation import operations as figures
from motcua.evaluation import queries
from motcua.evaluation.queries import Counts
from motcua.kernel.actor import Actor, ActorKind, DutyRef, DutyScope, Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]

LEADER = Actor(
    kind=ActorKind.STAFF,
    account_id=1,
    duties=(DutyRef(1, 1, 1, Role.PROVINCE_LEADER, DutyScope.PROVINCE),),
    province_wide=True,
)
MONDAY, TUESDAY = date(2023, 10, 2), date(2023, 10, 3)


def counted(day: date, at: datetime) -> Counts:
    """Return the figures of the unit after everything in the ledger was counted."""
    while figures.catch_up():
        pass
    found = queries.figures(LEADER, day=day, at=at)
    return next((row.counts for row in found.rows if row.id == unit(TAN_DAN).id), Counts())


def refile(case: Case, **more: Any) -> operations.Done:
    return case.act(
        operations.void_and_refile,
        filing=filing(MARITAL_STATUS, more.get("at", case.at)),
        reason="Cán bộ tiếp nhận chọn nhầm thủ tục.",
        **more,
    )


def test_voided_and_refiled_on_one_day() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-02"))
    Case.taken_in(RECOGNITION, moment("2023-10-02"))
    before = counted(MONDAY, case.at)
    refile(case)
    after = counted(MONDAY, case.at + timedelta(minutes=1))
    assert (before.received, before.open, before.handled) == (2, 2, 0)
    assert (after.received, after.open, after.handled) == (2, 2, 0)
    assert queries.differences() == []


def test_voided_and_refiled_on_another_day() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-02"))
    refile(case, at=moment("2023-10-03", "09:00"))
    monday = counted(MONDAY, moment("2023-10-03", "10:00"))
    tuesday = counted(TUESDAY, moment("2023-10-03", "10:00"))
    assert monday.received + tuesday.received == 1
    assert (tuesday.open, tuesday.handled, monday.handled) == (1, 0, 0)
    assert queries.differences() == []


def test_the_new_one_is_handled_once_and_the_void_one_never() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-02"))
    done = refile(case)
    new = Case(done.code, done.subject, case.at)
    new.process()
    new.hand_over()
    after = counted(MONDAY, new.at)
    assert (after.received, after.handled, after.open) == (1, 1, 0)
    again = figures.rebuild()
    assert again.differing == 0


# Received for another agency: once where it was handed in, once where it is decided, in no total twice.


def test_counted_once_as_received_and_once_as_handled() -> None:
    case = elsewhere()

    def rows(by: queries.By = queries.By.UNIT) -> dict[int, queries.Counts]:
        while figures.catch_up():
            pass
        found = queries.figures(LEADER, day=MONDAY, at=case.at, by=by)
        assert found.total.received == sum(row.counts.received for row in found.rows)
        return {row.id: row.counts for row in found.rows}

    here, there = unit(TAN_DAN).id, unit(AN_LUU).id
    agency = unit(AN_LUU).agency_id
    found = rows()
    assert (found[here].received, found[here].open, found[here].taken_for_another) == (1, 1, 1)
    assert there not in found
    case.forward()
    case.confirm()
    found = rows()
    assert (found[here].received, found[here].open) == (1, 0)
    assert (found[there].received, found[there].open) == (0, 1)
    case.process()
    found = rows()
    assert (found[here].received, found[here].handled) == (1, 0)
    assert (found[there].received, found[there].handled, found[there].open) == (0, 1, 0)
    by_agency = rows(queries.By.AGENCY)
    assert (by_agency[agency].received, by_agency[agency].handled) == (1, 1)
    assert queries.differences() == []
    assert figures.rebuild().differing == 0
    of_unit = dossiers.listing(LEADER, dossiers.Filters(handling_unit_id=there))
    assert [row.subject for row in of_unit] == [case.subject]
    assert dossiers.listing(LEADER, dossiers.Filters(handling_unit_id=here)) == []


def test_a_dossier_first_sent_to_the_wrong_agency_counts_for_the_right_one_alone() -> None:
    case = elsewhere()
    case.forward()
    while figures.catch_up():
        pass
    case.act(operations.send_back, actor=counter(AN_LUU), why="not_competent", reason=WORDS)
    right = other_commune()
    case.act(operations.forward, competent_unit_id=right.id)
    case.act(operations.confirm_receipt, actor=counter(right.code))
    while figures.catch_up():
        pass
    found = queries.figures(LEADER, day=MONDAY, at=case.at, by=queries.By.AGENCY)
    assert {row.id: (row.counts.received, row.counts.open) for row in found.rows} == {right.agency_id: (1, 1)}
    assert queries.differences() == []
    assert figures.rebuild().differing == 0
