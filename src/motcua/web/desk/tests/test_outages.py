"""Outages over HTTP: declared by who runs the system, a dossier entered afterwards at the counter, counted apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.callers import at

from motcua.dossiers.models import Dossier, LateEntry, Outage
from motcua.dossiers.tests.factories import counter
from motcua.dossiers.tests.test_after_outage import ENTERED, TAKEN, runs
from motcua.edge import keys
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.desk.tests.test_acts import begin, filled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

DECLARE = {
    "viec": "ghi",
    "su_co": "Mất kết nối trung tâm dữ liệu",
    "bat_dau": "02/10/2023 07:30",
    "co_quan": "",
}


@pytest.fixture(autouse=True)
def _tuesday(province: None) -> Iterator[None]:
    with at(ENTERED):
        yield


def test_declared_ended_and_seen_by_everybody() -> None:
    admin, officer = signed_in(runs()), signed_in(counter())
    assert "Chưa ghi nhận sự cố nào" in text(officer.get("/can-bo/su-co/"))
    assert "Ghi nhận sự cố</button>" not in text(officer.get("/can-bo/su-co/"))
    wrong = admin.post("/can-bo/su-co/", {**DECLARE, "su_co": "hỏng", "_key": keys.new()})
    assert wrong.status_code == 422
    assert "02/10/2023 07:30" in text(wrong)
    assert admin.post("/can-bo/su-co/", {**DECLARE, "_key": keys.new()}).status_code == 302
    assert "đang xảy ra" in text(officer.get("/can-bo/su-co/"))
    number = Outage.objects.get().pk
    end = {"viec": "het", "so": number, "ket_thuc": "03/10/2023 08:30"}
    assert officer.post("/can-bo/su-co/", {**end, "_key": keys.new()}).status_code == 403
    assert admin.post("/can-bo/su-co/", {**end, "_key": keys.new()}).status_code == 302
    assert "kéo dài 25 giờ" in text(officer.get("/can-bo/su-co/"))


def test_entered_afterwards_at_the_counter_and_counted_apart() -> None:
    signed_in(runs()).post("/can-bo/su-co/", {**DECLARE, "_key": keys.new()})
    officer, here = signed_in(counter()), "/can-bo/tiep-nhan/"
    assert "Không có hồ sơ nào nhập sau sự cố" in text(officer.get("/can-bo/nhap-sau-su-co/"))
    assert "su-co=1" in text(officer.get("/can-bo/nhap-sau-su-co/"))
    empty = officer.get(f"{here}?su-co=1")
    assert "Nhập hồ sơ đã nhận giấy khi sự cố" in text(empty)  # nobody is chosen yet; it is kept on the way
    assert sent(empty.content.decode())["sau-su-co"] == "1"
    number = Outage.objects.get().pk
    page = begin(officer, **{"sau-su-co": "1", "nhan-luc": "02/10/2023 08:30"})
    assert "Mất kết nối trung tâm dữ liệu" in page
    assert "02/10/2023" in page.split("Hẹn trả dự kiến")[1][:400]  # due on the day the paper was taken
    papers = [part.split('"')[0] for part in page.split('name="giay" value="')[1:]]
    late = {"sau-su-co": "1", "nhan-luc": "02/10/2023 08:30", "su-co": number}
    form = sent(page, giay=papers, _nhan="1", **filled(), **late)
    early = officer.post(here, {**form, "nhan-luc": "02/10/2023 07:00"})
    assert early.status_code == 422
    assert "Sự cố bắt đầu lúc" in text(early)
    assert not Dossier.objects.exists()
    answer = officer.post(here, {**form, "_key": keys.new()})
    assert answer.status_code == 302
    row = LateEntry.objects.get()
    assert (row.received_at, row.entered_at, row.outage_id) == (TAKEN, ENTERED, number)
    listed = text(officer.get("/can-bo/nhap-sau-su-co/"))
    assert row.dossier.code in listed
    table = b"".join(officer.get("/can-bo/nhap-sau-su-co/danh-sach.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert row.dossier.code in table
    history = text(officer.get(f"/can-bo/ho-so/{row.dossier.code}/"))
    assert "Nhận giấy tờ lúc 08:30 02/10/2023 khi hệ thống gặp sự cố" in history
