"""A paper beside the published record is refused, the attempt is kept and told, and the act leaves nothing (R-066)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from motcua.dossiers import demands, operations, published
from motcua.dossiers.models import UnlistedDemand
from motcua.dossiers.operations import PaperInput
from motcua.dossiers.published import UnlistedPaper
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    at_state,
    citizen,
    counter,
    filing,
    key,
    scanned,
)
from motcua.kernel.errors import Invalid

RECORD = ("Giấy chứng sinh", "Tờ khai, đơn đề nghị theo mẫu của thủ tục")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Giấy chứng sinh", False),
        ("giấy chứng sinh ", False),
        ("Giấy chứng sinh bản rõ hơn", False),
        ("Giấy chứng sinhh", True),
        ("Nội dung tờ khai", False),
        ("Tờ khai", False),
        ("Sổ hộ khẩu", True),
    ],
)
def test_what_counts_as_listed(name: str, asked: bool) -> None:
    assert published.unlisted([{"name": name}], RECORD) == ((name.strip(),) if asked else ())


db = pytest.mark.usefixtures("province")


@db
@pytest.mark.django_db
def test_a_supplement_beside_the_record_is_blocked_kept_once_a_day_and_told() -> None:
    case = at_state(State.IN_PROCESS)
    officer, before = case.doer(), traces.everything()
    ask = {"items": [{"name": "Sổ hộ khẩu", "what": ""}], "reason": WORDS, "task_id": case.task.id}
    for _ in range(2):
        with pytest.raises(UnlistedPaper) as refused:
            case.act(operations.request_supplement, actor=officer, **ask)
    assert "Sổ hộ khẩu" in refused.value.errors["items"] and refused.value.code == "unlisted_paper"
    (row,) = UnlistedDemand.objects.all()
    assert (row.name, row.code, row.officer_id, row.act) == (
        "Sổ hộ khẩu", case.code, officer.staff_id, "request_supplement",
    )  # fmt: skip
    after = traces.everything()
    changed = {name for name in after if after[name] != before[name]}
    assert "dossiers_unlisteddemand" in changed
    assert not changed & {
        "dossiers_dossier",
        "dossiers_supplementrequest",
        "documents_document",
        "workflow_task",
    }
    (entry,) = traces.entries(row.subject)
    assert (entry.act, entry.payload["code"]) == ("unlisted_demand", case.code)
    assert traces.personal(row.subject, entry.seq) == {"name": "Sổ hộ khẩu"}
    (event,) = traces.events(row.subject)
    assert (event.topic, event.payload["officer_id"]) == ("dossiers.unlisted_demanded.v1", officer.staff_id)
    period = (MONDAY - timedelta(days=1), case.at + timedelta(days=1))
    head = case.head()
    (seen,) = demands.listing(head, since=period[0], until=period[1])
    assert seen.name == "Sổ hộ khẩu" and demands.counts(head, *period) == [(row.unit_id, officer.staff_id, 1)]
    for nobody in (officer, counter(AN_LUU), citizen()):
        assert demands.listing(nobody, since=period[0], until=period[1]) == []
        assert demands.counts(nobody, *period) == []


@db
@pytest.mark.django_db
def test_listed_papers_their_amendment_and_the_content_pass() -> None:
    case = at_state(State.IN_PROCESS)
    first = case.dossier.components.order_by("no")[0].name
    case.ask(
        items=[{"name": f"{first} có chữ ký", "what": ""}, {"name": published.CONTENT, "what": "Tên mẹ"}]
    )
    assert case.dossier.state == State.SUPPLEMENT_REQUESTED
    assert not UnlistedDemand.objects.exists()


@db
@pytest.mark.django_db
def test_a_paper_the_dossier_has_from_before_may_be_amended() -> None:
    case = Case.filed(RECOGNITION)
    case.ask_as_before([{"name": "Bản sao hộ chiếu của con", "what": ""}])
    case.act(operations.supplement, papers_added={"BS-1-1": None})
    case.accept()
    case.forward()
    case.ask(items=[{"name": "Bản sao hộ chiếu của con", "what": "Trang có ảnh"}])
    assert case.dossier.state == State.SUPPLEMENT_REQUESTED


@db
@pytest.mark.django_db
def test_taking_in_a_paper_beside_the_record_is_told_and_a_citizen_is_only_refused() -> None:
    wish = filing(BIRTH)
    more = replace(wish, papers={**wish.papers, "GT-TP-02": PaperInput(handed_in=True)})
    with pytest.raises(UnlistedPaper):
        operations.take_in(filing=more, actor=counter(), key=key(), at=MONDAY)
    (row,) = UnlistedDemand.objects.all()
    assert (row.act, row.code, row.procedure_code) == ("file", "", BIRTH)
    me = citizen()
    mine = filing(BIRTH, channel="online", owner_id=me.party_id, submitter_id=me.party_id)
    extra = replace(mine, papers={**mine.papers, "GT-TP-02": PaperInput(handed_in=True)})
    with pytest.raises(Invalid):
        operations.file(filing=scanned(extra, me), actor=me, key=key(), at=MONDAY)
    assert UnlistedDemand.objects.count() == 1
