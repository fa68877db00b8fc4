"""How dossiers were handed on (R-058): by the mark at the forward, and by the papers that follow on a list after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from motcua.dossiers import dockets
from motcua.dossiers.docketing import DocketKind
from motcua.dossiers.operations import docket
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, TAN_DAN, Case, counter, key, kstt, unit
from motcua.evaluation import operations, queries, tasks
from motcua.evaluation.mining import queries as ways
from motcua.evaluation.models import Reading, Tally
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
CROSSING = "1.001776"
"""Its steps go from the commune to the district."""
TUESDAY = MONDAY + timedelta(days=1)


def forwarded(*, paper: bool = False) -> Case:
    case = Case.taken_in(RECOGNITION)
    case.forward(paper=paper)
    return case


def listed(*codes: str, to: int, at: datetime = TUESDAY, **more: Any) -> int:
    given: dict[str, Any] = {
        "from_unit_id": unit(TAN_DAN).id, "kind": DocketKind.UNIT, "to_unit_id": to, "to_name": "", "remark": "",
        "actor": counter(), "key": key(), **more,
    }  # fmt: skip
    return docket.make(codes=codes, at=at, **given)


def counts() -> tuple[int, int]:
    """Return how many forwards count as electronic and how many as with papers, on the Monday alone."""
    while queries.behind():
        operations.catch_up()
    assert queries.differences() == []
    (row,) = ways.circulation(kstt(), ways.Span(MONDAY.date(), MONDAY.date()))
    assert ways.circulation(kstt(), ways.Span(TUESDAY.date(), TUESDAY.date())) == []
    return row.electronic, row.on_paper


def test_papers_that_follow_on_a_list_make_the_forward_one_on_paper_on_its_own_day() -> None:
    unmarked, marked = forwarded(), forwarded(paper=True)
    assert counts() == (1, 1)
    to, giver = unmarked.task.unit_id, counter()
    number = listed(unmarked.code, marked.code, to=to)
    forward, restated = traces.entries(unmarked.subject)[-2:]
    assert (forward.act, forward.payload["by"]) == ("forward", "electronic")
    assert (restated.act, restated.payload["by"], restated.payload["docket"]) == (
        "restate_forward", "paper", number,
    )  # fmt: skip
    assert (restated.occurred_at, restated.at) == (forward.occurred_at, TUESDAY)
    assert (restated.officer_id, restated.state_before, restated.state_after) == (
        forward.officer_id, "in_process", "in_process",
    )  # fmt: skip
    assert bytes(restated.hash) == bytes(unmarked.dossier.head)
    assert traces.events(unmarked.subject)[-1].seq == restated.seq
    assert traces.last(marked.subject).act == "forward"
    assert counts() == (0, 2)
    assert dockets.trips(giver, unit(TAN_DAN).id) == []
    docket.cancel(docket=number, reason="Lập nhầm phiếu.", actor=giver, key=key(), at=TUESDAY)
    assert traces.last(unmarked.subject).payload["by"] == "electronic"
    assert [one.codes for one in dockets.trips(giver, unit(TAN_DAN).id)] == [(marked.code,)]
    assert counts() == (1, 1)
    listed(unmarked.code, to=to)
    assert counts() == (0, 2)
    assert operations.rebuild().differing == 0


def test_a_list_that_says_nothing_of_the_forward_leaves_it_electronic() -> None:
    case, not_forwarded = forwarded(), Case.taken_in(RECOGNITION)
    to, here = case.task.unit_id, unit(TAN_DAN).id
    back = listed(case.code, to=here, from_unit_id=to, actor=case.doer())  # papers go back to the counter
    docket.cancel(docket=back, reason="Lập nhầm phiếu.", actor=case.doer(), key=key(), at=TUESDAY)
    listed(not_forwarded.code, to=to)
    while case.dossier.state != "processed":
        case.step()
    listed(case.code, to=to, at=case.at)  # the result goes somewhere
    for one in (case, not_forwarded):
        assert "restate_forward" not in [entry.act for entry in traces.entries(one.subject)]
    assert counts() == (1, 0)


def test_a_refused_list_restates_nothing_and_one_sent_twice_once() -> None:
    case = forwarded()
    to, before = case.task.unit_id, traces.everything()
    with pytest.raises(Invalid):
        listed(case.code, "KHONG-CO", to=to)
    assert traces.everything() == before
    once = key()
    assert listed(case.code, to=to, key=once) == listed(case.code, to=to, key=once)
    assert [entry.act for entry in traces.entries(case.subject)].count("restate_forward") == 1


def test_a_step_to_another_agency_counts_and_its_papers_on_a_list_are_told() -> None:
    case = Case.taken_in(CROSSING)
    case.forward()
    while traces.last(case.subject).payload.get("by") is None or traces.last(case.subject).act == "forward":
        giver, doer = case.task.unit_id, case.doer()
        case.step()
    crossed = traces.last(case.subject)
    assert organisation.unit(case.task.unit_id).agency_id != organisation.unit(giver).agency_id
    assert (crossed.payload["from_unit"], crossed.payload["by"]) == (giver, "electronic")
    span = ways.Span(MONDAY.date(), case.at.date())

    def handed() -> tuple[int, int]:
        while queries.behind():
            operations.catch_up()
        assert queries.differences() == []
        found = ways.circulation(kstt(), span)
        return sum(one.electronic for one in found), sum(one.on_paper for one in found)

    assert handed() == (2, 0)
    number = listed(case.code, to=case.task.unit_id, at=case.at, from_unit_id=giver, actor=doer)
    assert traces.last(case.subject).payload == {
        **traces.last(case.subject).payload, "from_unit": giver, "by": "paper", "docket": number,
    }  # fmt: skip
    assert handed() == (1, 1)
    docket.cancel(docket=number, reason="Lập nhầm phiếu.", actor=doer, key=key(), at=case.at)
    assert handed() == (2, 0)
    assert operations.rebuild().differing == 0


def test_figures_counted_by_other_rules_are_made_anew_once() -> None:
    Case.taken_in(RECOGNITION)
    operations.catch_up()
    assert operations.rebuild_if_outdated() is None, "they were begun by the rules of today"
    Reading.objects.update(counted_by="")
    Tally.objects.all().delete()  # as if other rules had counted nothing of it
    tasks.count_anew(0)
    reading = Reading.objects.get(live=True)
    assert (reading.counted_by, reading.generation) == (operations.COUNTED_BY, 2)
    assert queries.differences() == []
    assert operations.rebuild_if_outdated() is None
