"""The list of results nobody has come for over HTTP: filtered, reminded, archived, as a table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import at_state
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.desk.uncollected import URL

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


def test_reminded_archived_and_downloaded() -> None:
    case = at_state(State.PROCESSED)
    ready = case.dossier.processed_at
    assert ready is not None
    client = signed_in(case.counter())
    with clock.at(ready + timedelta(days=10)):
        page = text(client.get(URL, {"qua": "7"}))
        assert case.code in page and "Quá 90 ngày" in page
        assert case.code not in text(client.get(URL, {"qua": "30"}))
        assert client.post(URL, sent(page)).status_code == 422
        page = text(client.post(URL, sent(page, chon=[case.code]), follow=True))
        assert "Đã nhắc 1 hồ sơ." in page and "1 lần" in page
        page = text(client.post(URL, {**sent(page), "_key": "lan-hai", "chon": [case.code]}, follow=True))
        assert "vừa được nhắc" in page
    with clock.at(ready + timedelta(days=100)):
        page = text(client.get(URL))
        assert "Chuyển lưu" in page
        typed = sent(page, **{"luu-ma": case.code, f"noi-luu.{case.code}": "Tủ lưu số 2"})
        assert "Đã chuyển lưu" in text(client.post(URL, typed, follow=True))
        assert case.code in text(client.get(URL, {"luu": "1"}))
        table = client.get(f"{URL}bang.csv", {"luu": "1"})
        assert table.headers["Content-Type"].startswith("text/csv")
        assert case.code in b"".join(table.streaming_content).decode()  # type: ignore[attr-defined]
