"""Late is foreseen: the usual times of the steps that are left, the list, the page, and who is warned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import pytest

from motcua.dossiers import outlooks, queries, usual
from motcua.dossiers.models import Outlook
from motcua.dossiers.operations.outlook import look_ahead
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    RECOGNITION,
    Case,
    at_state,
    counter,
    holder,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM, Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture
def times() -> Iterator[dict[str, int]]:
    """Let a test say how long steps usually take."""
    told: dict[str, int] = {}

    def source(process_version_id: int, on: date) -> Mapping[str, int]:
        return told

    before = usual._source
    usual.usual_from(source)
    yield told
    usual.usual_from(before)


def slow(case: Case, minutes: int) -> dict[str, int]:
    return {case.task.node: minutes}


def foreseen(case: Case, at: datetime) -> datetime | None:
    return queries.one(SYSTEM, case.code).foreseen(at)


def test_what_usually_takes_longer_than_is_left_is_seen_before_it_is_late(times: dict[str, int]) -> None:
    case = at_state(State.IN_PROCESS)  # due on Thursday 5 October at 17:00
    now = moment("2023-10-03", "08:00")
    assert look_ahead(now).likely == 0 and foreseen(case, now) is None
    times.update(slow(case, 5 * 480))
    before = len(traces.entries(case.subject))
    assert look_ahead(now).likely == 1
    expected = foreseen(case, now)
    assert expected is not None and expected > case.due
    assert len(traces.entries(case.subject)) == before, "a warning is no act"
    (one,) = outlooks.likely(case.head(), now)
    assert (one.row.code, one.expected_at, one.since) == (case.code, expected, now)
    assert outlooks.count(case.counter(), now) == outlooks.count(case.doer(), now) == 1
    elsewhere = holder(unit("HD.CL.10603.MC").id, Role.ONE_STOP_OFFICER, now)
    assert outlooks.likely(elsewhere, now) == [] and outlooks.count(elsewhere, now) == 0


def test_since_when_stays_and_who_is_in_time_again_leaves(times: dict[str, int]) -> None:
    case = at_state(State.IN_PROCESS)
    times.update(slow(case, 5 * 480))
    first, later = moment("2023-10-03", "08:00"), moment("2023-10-03", "10:00")
    look_ahead(first)
    look_ahead(later)
    assert Outlook.objects.get(subject=case.subject).since == first
    times.clear()
    look_ahead(later)
    assert not Outlook.objects.filter(subject=case.subject).exists()


def test_a_dossier_that_waits_or_is_late_already_is_not_foreseen(times: dict[str, int]) -> None:
    case = at_state(State.IN_PROCESS)
    times.update(slow(case, 5 * 480))
    look_ahead(moment("2023-10-03", "08:00"))
    late = moment("2023-10-06", "08:00")
    assert foreseen(case, late) is None and outlooks.count(case.head(), late) == 0
    case.suspend()
    assert outlooks.count(case.head(), case.at) == 0, (
        "it leaves the list with the act, not with the next look"
    )
    look_ahead(case.at)
    assert not Outlook.objects.filter(subject=case.subject).exists()


def test_batches_forget_nothing(times: dict[str, int]) -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(3)]
    for case in cases:
        case.forward()
    times.update(slow(cases[0], 20 * 480))
    now = cases[0].at
    Outlook.objects.create(subject=1, expected_at=now, since=now)  # of a dossier that is no more
    seen = look_ahead(now, batch=2)
    assert (seen.dossiers, seen.likely) == (3, 3)
    assert set(Outlook.objects.values_list("subject", flat=True)) == {case.subject for case in cases}
    assert [one.row.subject for one in outlooks.likely(counter(), now, size=1)][:1] == [cases[0].subject]
