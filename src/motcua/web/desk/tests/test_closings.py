"""Closing books on the pages: what is missing, closed, replaced, handed over; found again in the list."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from motcua.documents.rules import check_value
from motcua.dossiers.models import Closing
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, TAN_DAN, Case, counter, unit
from motcua.dossiers.tests.test_closings import head
from motcua.kernel.calendar import LOCAL
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
LIST = "/can-bo/so-da-chot/"
FORM = f"{LIST}chot/"
NOVEMBER = datetime(2023, 11, 1, 9, tzinfo=LOCAL)


def test_a_month_is_missed_closed_and_closed_again() -> None:
    Case.taken_in()
    here = unit(TAN_DAN)
    with clock.at(NOVEMBER):
        client, over = signed_in(counter()), signed_in(head())
        register = text(client.get("/can-bo/so-theo-doi/?tu=01/10/2023&den=31/10/2023"))
        assert f"{FORM}?so=register" in register
        page = text(over.get(LIST))
        assert "tháng 10/2023: 1 hồ sơ, chưa chốt" in page
        assert ">Chốt sổ</a>" not in page  # it is the counter that closes
        assert over.get(FORM).status_code == 404
        assert "Chưa chốt sổ nào" in text(client.get(LIST))
        asked = f"{FORM}?so=register&ky=month&ngay=05/10/2023&don-vi={here.id}"
        page = text(client.get(asked))
        assert "Sổ theo dõi hồ sơ, tháng 10/2023" in page
        assert "Kỳ này chưa kết thúc" in text(client.get(f"{FORM}?so=register&ky=month&ngay=05/11/2023"))
        before = traces.everything()
        assert client.post(FORM, sent(page, dong="7")).status_code == 409
        assert traces.everything() == before
        answer = client.post(FORM, sent(page), follow=True)
        page = text(answer)
        number = Closing.objects.get().subject
        assert answer.redirect_chain == [(f"{LIST}{number}/", 302)]
        assert "Đã chốt." in page
        assert "Chưa ký số" in page
        paper = Closing.objects.get().document
        assert client.get(f"/can-bo/giay/{paper.pk}/").content.startswith(b"%PDF")
        assert "(ô “NguoiKy”)" in text(client.get(f"/can-bo/giay/{paper.pk}/ky-so/"))
        page = text(over.get(LIST))
        assert "chưa chốt" not in page
        assert "01/STD" in page
        Case.taken_in(at=MONDAY + timedelta(days=1))
        assert "tháng 10/2023: 2 hồ sơ, bản đã chốt có 1" in text(over.get(LIST))
        page = text(client.get(asked))
        assert "Kỳ này đã chốt" in page
        refused = client.post(FORM, sent(page))
        assert refused.status_code == 422
        page = text(client.post(FORM, sent(page, reason="Nhập sau sự cố hệ thống."), follow=True))
        assert "Các lần chốt của kỳ này" in page
        old = text(client.get(f"{LIST}{number}/"))
        assert "Bản này đã được thay" in old
        told = text(Client().get(f"/kiem-tra/{paper.pk}/{check_value(paper.digest)}/"))
        assert "Văn bản này đã được thay thế" in told
        assert "02/STD" in told


def test_a_day_is_handed_over_to_the_head() -> None:
    Case.taken_in()
    over = head()
    with clock.at(MONDAY.replace(hour=17)):
        client, theirs = signed_in(counter()), signed_in(over)
        page = text(client.get("/can-bo/cuoi-ngay/"))
        assert "Chốt, bàn giao" in page
        page = text(client.get(f"{FORM}?so=end_of_day&ky=day&ngay=02/10/2023"))
        assert over.name in page
        page = text(client.post(FORM, {**sent(page), "nguoi-nhan": over.staff_id}, follow=True))
        assert "(chưa xác nhận)" in page
        number = Closing.objects.get().subject
        assert "chưa xác nhận nhận" in text(client.get("/can-bo/cuoi-ngay/"))
        page = text(theirs.get(f"{LIST}{number}/"))
        assert "Bạn là người nhận bàn giao" in page
        page = text(theirs.post(f"{LIST}{number}/nhan/", sent(page), follow=True))
        assert "Đã xác nhận nhận bàn giao" in page
        again = text(theirs.post(f"{LIST}{number}/nhan/", {"_key": "x-2"}, follow=True))
        assert "không bàn giao cho bạn, hoặc đã được nhận" in again


def test_the_list_is_narrowed_and_paged_and_kept_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motcua.web.desk.closings.PAGE", 1)
    Case.taken_in()
    with clock.at(NOVEMBER):
        client = signed_in(counter())
        for span in ("day", "month"):
            page = text(client.get(f"{FORM}?so=register&ky={span}&ngay=02/10/2023"))
            client.post(FORM, sent(page))
        page = text(client.get(LIST))
        assert "02/STD" in page
        assert "01/STD" not in page
        assert "Trang tiếp" in page
        for query, there in (
            ("ky=day", True),
            ("tim=01", True),
            ("chu-ky=wholly", False),
            ("so=end_of_day", False),
        ):
            page = text(client.get(f"{LIST}?{query}"))
            assert ("01/STD" in page) is there, query
        assert "Không có bản chốt nào khớp" in text(client.get(f"{LIST}?tim=77"))
        stranger = signed_in(counter(AN_LUU))
        assert "Chưa chốt sổ nào" in text(stranger.get(LIST))
        assert stranger.get(f"{LIST}{Closing.objects.all()[0].subject}/").status_code == 404
