"""Guidance before anything is filed: once a day and complete, counted by trip, with a slip that has no code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from motcua.documents import queries as documents
from motcua.documents.rules import DocumentKind
from motcua.dossiers import guidances
from motcua.dossiers.models import Guidance, UnlistedDemand
from motcua.dossiers.operations import guidance
from motcua.dossiers.operations.guidance import AlreadyGuided
from motcua.dossiers.published import UnlistedPaper
from motcua.dossiers.rules import NoDuty
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    MONDAY,
    TAN_DAN,
    citizen,
    counter,
    key,
    person,
    unit,
)
from motcua.kernel.errors import DomainError, Invalid, NotFound, Replayed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
LACKING = [{"name": "Giấy chứng sinh", "what": "Thiếu dấu của bệnh viện"}]


def guide(**more: Any) -> int:
    given: dict[str, Any] = {
        "party_id": person(3).pk, "procedure_code": BIRTH, "unit_id": unit(TAN_DAN).id, "items": LACKING,
        "where": "Xin dấu tại bệnh viện rồi quay lại.", "actor": counter(), "key": key(), "at": MONDAY, **more,
    }  # fmt: skip
    return guidance.guide(**given)


def test_it_is_kept_counted_printed_and_found_again() -> None:
    one = key()
    number = guide(key=one)
    assert guide(key=one) == number
    with pytest.raises(Replayed):
        guide(key=one, where="khác")
    told = guidances.one(counter(), number)
    assert (told.trip, told.items, told.too_many) == (1, LACKING, False)
    slip = documents.latest(counter(), number, DocumentKind.SUPPLEMENT_REQUEST)
    assert slip is not None and slip.id == told.document_id and slip.number.endswith("HDHS")
    (entry,) = traces.entries(number)
    assert (entry.act, entry.payload["trip"], entry.payload["form"]) == ("guide", 1, slip.number)
    assert traces.personal(number, entry.seq)["items"] == LACKING
    (event,) = traces.events(number)
    assert (event.topic, event.payload["trip"]) == ("dossiers.guided.v1", 1)
    assert [row.subject for row in guidances.of_day(counter(), unit(TAN_DAN).id, MONDAY.date())] == [number]
    elsewhere = counter(AN_LUU)
    assert [row.subject for row in guidances.of_person(elsewhere, person(3).pk, BIRTH)] == [number]
    for days in (1, 2):
        guide(at=MONDAY + timedelta(days=days), actor=counter(AN_LUU), unit_id=unit(AN_LUU).id)
    trips = [(row.trip, row.too_many) for row in guidances.of_person(counter(), person(3).pk, BIRTH)]
    assert trips == [(3, True), (2, False), (1, False)]


def test_once_a_day_and_nothing_is_left_of_a_refusal() -> None:
    guide()
    before = traces.everything()
    with pytest.raises(AlreadyGuided):
        guide(at=MONDAY + timedelta(hours=5))
    for wrong, error in (
        ({"items": [], "where": " "}, Invalid), ({"actor": counter(AN_LUU)}, NoDuty), ({"actor": citizen()}, NoDuty),
        ({"party_id": 10**9}, NotFound), ({"procedure_code": "9.999999"}, DomainError),
        ({"items": LACKING * 31}, Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            guide(at=MONDAY + timedelta(days=1), **wrong)
    assert traces.everything() == before
    assert guidances.of_person(citizen(), person(3).pk) == []
    assert guidances.of_day(counter(AN_LUU), unit(TAN_DAN).id, MONDAY.date()) == []


def test_a_paper_beside_the_record_is_not_asked_for_here_either() -> None:
    with pytest.raises(UnlistedPaper):
        guide(items=[{"name": "Sổ hộ khẩu", "what": ""}])
    assert not Guidance.objects.exists()
    assert UnlistedDemand.objects.get().act == "guide"
