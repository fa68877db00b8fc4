"""Received for another agency, through the counter's pages: intake, forwarding, confirming, sending back, the piles."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from motcua.dossiers.models import Dossier
from motcua.dossiers.nonterritorial import Handing, handing
from motcua.dossiers.operations import FeesTaken
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    EXTRACT,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    counter,
    elsewhere,
    filing,
    other_commune,
    person,
    unit,
)
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
REASON = "Thiếu trang hai của tờ khai, đề nghị quét lại."
HOME = "/can-bo/phi-dia-gioi/"


def do(client: Client, case: Case, slug: str, **typed: Any) -> Any:
    """Open the form of an act and send it."""
    url = f"/can-bo/ho-so/{case.code}/{slug}/"
    with clock.at(later(case)):
        page = client.get(url)
        assert page.status_code == 200, text(page)
        return client.post(url, sent(text(page), **typed))


def later(case: Case) -> datetime:
    """Let time go on a little."""
    case.at += timedelta(minutes=5)
    return case.at


def test_the_counter_takes_in_for_another_agency() -> None:
    client = signed_in(counter())
    answers = {
        name: "true" if value is True else value for name, value in filing(EXTRACT).answers.items() if value
    }
    begun = {"nguoi-nop": str(person().pk), "thu-tuc": EXTRACT, "co-quan": str(unit(AN_LUU).id)}
    with clock.at(MONDAY):
        page = text(client.get("/can-bo/tiep-nhan/"))
        page = text(client.post("/can-bo/tiep-nhan/", {**sent(page), **begun, "_reload": "1"}))
        assert "Hồ sơ thuộc thẩm quyền của" in page
        assert "Nhận thay" in page and "Ngày trả dự kiến" in page
        papers = [part.split('"')[0] for part in page.split('name="giay" value="')[1:]]
        form = {**sent(page), **answers, "giay": papers, "co-quan": begun["co-quan"], "_nhan": "1"}
        answer = client.post("/can-bo/tiep-nhan/", form)
        assert answer.status_code == 302, text(answer)
        shown = text(client.get(answer["Location"]))
    d = Dossier.objects.get()
    assert (d.non_territorial, d.competent_unit_id, d.state) == (True, unit(AN_LUU).id, State.ACCEPTED)
    assert "ngày hẹn chính thức có khi cơ quan đó xác nhận" in shown
    assert "Chuyển đến" in shown


def test_forwarded_confirmed_and_seen_by_both() -> None:
    case = elsewhere()
    here, there = signed_in(counter()), signed_in(counter(AN_LUU))
    with clock.at(later(case)):
        assert case.code in text(here.get(f"{HOME}cho-chuyen/"))
        assert there.get(f"/can-bo/ho-so/{case.code}/").status_code == 404
        assert case.code not in text(there.get(HOME))
    assert do(here, case, "chuyen", what="Bản số hóa đủ").status_code == 302
    assert handing(case.dossier) is Handing.FORWARDED
    with clock.at(later(case)):
        assert case.code in text(here.get(f"{HOME}da-chuyen/"))
        page = text(there.get(HOME))
        assert case.code in page and "Xác nhận tiếp nhận" in page
        shown = text(there.get(f"/can-bo/ho-so/{case.code}/"))
        assert "Phải xác nhận trước" in shown and "Chuyển trả nơi tiếp nhận" in shown
        answer = there.post(f"/can-bo/ho-so/{case.code}/xac-nhan-tiep-nhan/", sent(page))
    assert answer.status_code == 302, text(answer)
    assert case.dossier.state == State.IN_PROCESS
    assert traces.last(case.subject).act == Act.CONFIRM_RECEIPT
    with clock.at(later(case)):
        assert case.code in text(here.get(f"{HOME}dang-giai-quyet/"))
        shown = text(here.get(f"/can-bo/ho-so/{case.code}/"))
        assert "Cơ quan có thẩm quyền đã tiếp nhận" in shown and "Xác nhận tiếp nhận của cơ quan" in shown
        again = there.post(f"/can-bo/ho-so/{case.code}/xac-nhan-tiep-nhan/", sent(page, _key="lan-hai"))
    assert again.status_code == 409
    assert len(traces.entries(case.subject)) == 4


def test_sent_back_and_forwarded_to_the_right_agency() -> None:
    case = elsewhere()
    case.forward()
    there, here = signed_in(counter(AN_LUU)), signed_in(counter())
    short = do(there, case, "chuyen-tra", why="not_competent", reason="ngắn")
    assert short.status_code == 422
    assert handing(case.dossier) is Handing.FORWARDED
    assert do(there, case, "chuyen-tra", why="not_competent", reason=REASON).status_code == 302
    with clock.at(later(case)):
        assert there.get(f"/can-bo/ho-so/{case.code}/").status_code == 404
        assert "Không thuộc thẩm quyền của cơ quan này" in text(here.get(f"/can-bo/ho-so/{case.code}/"))
    right = other_commune()
    assert do(here, case, "chuyen", what="", competent=str(right.id)).status_code == 302
    assert case.dossier.competent_unit_id == right.id


def test_a_procedure_on_no_list_offers_no_other_agency() -> None:
    client = signed_in(counter(AN_LUU))  # which serves no area but its own
    with clock.at(MONDAY):
        page = text(client.get("/can-bo/tiep-nhan/"))
        form = {**sent(page), "nguoi-nop": str(person().pk), "thu-tuc": RECOGNITION, "_reload": "1"}
        page = text(client.post("/can-bo/tiep-nhan/", form))
    assert "Hồ sơ thuộc thẩm quyền của" not in page


def test_a_counter_that_serves_another_area_offers_it_beside_its_own_once_each() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = text(client.get("/can-bo/tiep-nhan/"))
        form = {**sent(page), "nguoi-nop": str(person().pk), "thu-tuc": RECOGNITION, "_reload": "1"}
        page = text(client.post("/can-bo/tiep-nhan/", form))
    choice = page[page.index('id="f-co-quan"') :].split("</select>")[0]
    assert choice.count('value=""') == 1 and "(tại đây)" in choice
    assert choice.count("(phục vụ tại đây)") == 1


def test_the_day_s_settlement_names_whose_money_it_is() -> None:
    case = elsewhere(fees=FeesTaken(due={"P-HT-TL": 1}, paid=True))
    with clock.at(later(case)):
        mine = text(signed_in(counter()).get("/can-bo/cuoi-ngay/"))
        theirs = text(signed_in(counter(AN_LUU)).get("/can-bo/cuoi-ngay/"))
        others = text(signed_in(counter(other_commune().code)).get("/can-bo/cuoi-ngay/"))
    assert "Chuyển nộp" in mine and "8.000 đồng" in mine
    assert "Được nhận" in theirs
    assert "Trong ngày không có khoản thu thay nào." in others


def test_empty_piles_say_so() -> None:
    client = signed_in(counter(TAN_DAN))
    for slug in ("", "cho-chuyen/", "da-chuyen/", "dang-giai-quyet/"):
        with clock.at(MONDAY):
            assert "Danh sách này đổi ngay khi có hồ sơ mới." in text(client.get(HOME + slug))
    assert client.get(f"{HOME}khac/").status_code == 404
