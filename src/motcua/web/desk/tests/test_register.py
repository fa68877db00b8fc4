"""The register: numbers without a gap per unit and year, filters, the table, the paper, and who may read it."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from motcua.documents.models import NumberSeries
from motcua.dossiers import operations
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    at_state,
    counter,
    filing,
    key,
    unit,
)
from motcua.kernel.errors import DomainError
from motcua.platform import clock
from motcua.platform.models import AccessNote
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(days=1)
PERIOD = "tu=2023-10-01&den=2023-10-31"


def numbers(code: str) -> list[int | None]:
    rows = Dossier.objects.filter(receiving_unit_id=unit(code).id).order_by("subject")
    return list(rows.values_list("register_no", flat=True))


def test_each_unit_and_year_counts_from_one_and_a_refusal_takes_no_number() -> None:
    first = Case.taken_in(RECOGNITION)
    waiting = Case.filed(RECOGNITION)
    assert waiting.dossier.register_no is None
    before = traces.everything()
    with pytest.raises(DomainError):
        waiting.act(operations.accept, actor=counter(AN_LUU))
    assert traces.everything() == before
    waiting.accept()
    elsewhere = Case.taken_in(RECOGNITION, receiving=AN_LUU)
    next_year = Case.taken_in(RECOGNITION, MONDAY.replace(year=2024, month=1, day=8))
    assert [case.dossier.register_no for case in (first, waiting, elsewhere, next_year)] == [1, 2, 1, 1]
    assert traces.last(waiting.subject).payload["register_no"] == 2


def test_a_void_dossier_keeps_its_number_and_its_successor_gets_the_next() -> None:
    case = at_state(State.VOID)
    assert case.dossier.register_no == 1
    assert Dossier.objects.get(refiled_from=case.dossier).register_no == 2


def test_taken_in_at_the_same_moment_no_number_is_missing_or_double() -> None:
    officer, wishes = counter(), [filing(RECOGNITION) for _ in range(8)]

    def take(wish: Any) -> None:
        try:
            operations.take_in(filing=wish, actor=officer, key=key(), at=MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, wishes))
    assert sorted(no or 0 for no in numbers(TAN_DAN)) == list(range(1, 9))
    assert NumberSeries.objects.get(unit_id=unit(TAN_DAN).id, series="SO", year=2023).last == 8


def test_the_page_shows_numbers_and_narrows_by_standing() -> None:
    open_, ready = Case.taken_in(RECOGNITION), at_state(State.PROCESSED)
    client = signed_in(counter())
    with clock.at(LATER):
        page = text(client.get(f"/can-bo/so-theo-doi/?{PERIOD}"))
        assert open_.code in page and ready.code in page
        for standing, there, missing in (
            ("dang-giai-quyet", open_, ready),
            ("cho-tra", ready, open_),
        ):
            page = text(client.get(f"/can-bo/so-theo-doi/?{PERIOD}&tinh-trang={standing}"))
            assert there.code in page and missing.code not in page
    with clock.at(MONDAY + timedelta(days=20)):
        page = text(client.get(f"/can-bo/so-theo-doi/?{PERIOD}&tinh-trang=tre-han"))
        assert open_.code in page and ready.code not in page


def test_the_table_has_every_line_opens_in_a_spreadsheet_and_leaves_a_trace() -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(3)]
    Dossier.objects.filter(code=cases[0].code).update(owner_name="=1+1")
    client = signed_in(counter())
    with clock.at(LATER):
        response: Any = client.get(f"/can-bo/so-theo-doi/so.csv?{PERIOD}")
        raw = b"".join(response.streaming_content).decode()
    assert raw.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(raw[1:])))
    assert table[0][:2] == ["Số", "Mã hồ sơ"]
    assert [row[1] for row in table[1:]] == [case.code for case in cases]
    assert [row[0] for row in table[1:]] == ["1", "2", "3"]
    assert table[1][4] == "'=1+1"
    assert AccessNote.objects.filter(purpose__startswith="tải bảng sổ theo dõi").count() == 1


def test_the_paper_is_made_for_both_regimes_of_forms() -> None:
    Case.taken_in(RECOGNITION)
    client = signed_in(counter())
    with clock.at(LATER):
        response = client.get(f"/can-bo/so-theo-doi/so.pdf?{PERIOD}")
        assert response.content.startswith(b"%PDF")
    assert signed_in(counter(AN_LUU)).get("/can-bo/so-theo-doi/").status_code == 200
    with clock.at(LATER):
        other = text(
            signed_in(counter(AN_LUU)).get(f"/can-bo/so-theo-doi/?{PERIOD}&don-vi={unit(TAN_DAN).id}")
        )
    assert Dossier.objects.get().code not in other
