"""A dossier taken in under the wrong procedure and taken in again is one dossier in the figures, on any day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from motcua.dossiers import operations
from motcua.dossiers.tests.factories import MARITAL_STATUS, RECOGNITION, TAN_DAN, Case, filing, moment, unit
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
