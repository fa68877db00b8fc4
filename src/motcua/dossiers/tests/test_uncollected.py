"""Results nobody has come for: by age, reminded not too often, put into the archive, still handed over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers import operations, uncollected
from motcua.dossiers.rules import NoDuty, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, at_state, counter, key
from motcua.dossiers.uncollected import Filters
from motcua.dossiers.uncollecting import AlreadyArchived, RemindedAlready, TooEarlyToArchive
from motcua.kernel.errors import Invalid

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
DAY = timedelta(days=1)


def test_the_list_is_by_age_found_by_name_and_only_of_the_counter() -> None:
    case, other = at_state(State.PROCESSED), at_state(State.PROCESSED)
    actor, ready = case.counter(), case.dossier.processed_at
    assert ready is not None
    later = ready + 8 * DAY
    found = uncollected.listing(actor, Filters(), later)
    assert {one.code for one in found} >= {case.code, other.code}
    assert found[0].days(later) >= 8
    one = Filters(text=case.code)
    assert [row.code for row in uncollected.listing(actor, one, later)] == [case.code]
    assert uncollected.listing(actor, Filters(days=30, text=case.code), later) == []
    assert uncollected.listing(counter(AN_LUU), one, later) == []
    assert len(uncollected.listing(actor, Filters(), later, size=1)) == 2  # the page and one more
    first = uncollected.listing(actor, Filters(), later, size=1)[0]
    after = (first.processed_at, first.subject)
    assert uncollected.listing(actor, Filters(), later, after=after)[0].subject != first.subject
    case.hand_over()
    assert uncollected.listing(actor, one, later) == []


def test_reminded_once_in_a_while_with_ledger_and_event() -> None:
    case = at_state(State.PROCESSED)
    same, at = key(), case.at + DAY
    case.act(operations.remind_collection, key=same, at=at)
    assert case.act(operations.remind_collection, key=same, at=at).again
    row, entry = case.dossier, traces.last(case.subject)
    assert (row.reminders, row.reminded_at, entry.act, entry.payload["reminder"]) == (
        1, at, "remind_collection", 1,
    )  # fmt: skip
    assert traces.events(case.subject)[-1].topic == "dossiers.collection_reminded.v1"
    before = traces.everything()
    with pytest.raises(RemindedAlready):
        case.act(operations.remind_collection, at=at + 6 * DAY)
    with pytest.raises(NoDuty):
        case.act(operations.remind_collection, actor=case.head(), at=at + 8 * DAY)
    assert traces.everything() == before
    case.act(operations.remind_collection, at=at + 7 * DAY)
    assert case.dossier.reminders == 2


def test_archived_after_long_and_still_handed_over() -> None:
    case = at_state(State.PROCESSED)
    ready = case.dossier.processed_at
    assert ready is not None
    before = traces.everything()
    with pytest.raises(TooEarlyToArchive):
        case.act(operations.archive_result, place="Tủ lưu số 2", at=ready + 89 * DAY)
    with pytest.raises(Invalid):
        case.act(operations.archive_result, place=" ", at=ready + 91 * DAY)
    assert traces.everything() == before
    late = ready + 91 * DAY
    case.act(operations.archive_result, place="Tủ lưu số 2, hộp 15", at=late)
    assert traces.last(case.subject).payload["place"] == "Tủ lưu số 2, hộp 15"
    with pytest.raises(AlreadyArchived):
        case.act(operations.archive_result, place="Tủ lưu số 3", at=late + DAY)
    mine = Filters(text=case.code)
    assert uncollected.listing(case.counter(), mine, late) == []
    found = uncollected.listing(case.counter(), Filters(text=case.code, archived=True), late)
    assert [one.code for one in found] == [case.code]
    case.hand_over(actor=case.counter(), at=late + 2 * DAY)
    assert case.dossier.state == "returned"
