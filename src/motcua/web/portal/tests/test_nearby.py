"""A citizen hands in near home what an agency elsewhere decides, and follows it in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from motcua.dossiers.tests.factories import (
    AN_LUU,
    EXTRACT,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    unit,
)
from motcua.platform import clock
from motcua.web.portal.tests.filing import begun, filed
from motcua.web.portal.tests.test_mine import visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def test_a_nearer_unit_is_offered_only_for_what_is_listed() -> None:
    client = visitor(citizen())
    where = begun(client, RECOGNITION)
    page = client.get(f"{where}/noi-nhan/")
    assert page.context["near"] is None
    answer = client.get(f"/thu-tuc/{EXTRACT}/").content.decode()
    assert "Nộp được ở nơi gần nhà" in answer
    assert "Nộp được ở nơi gần nhà" not in client.get(f"/thu-tuc/{RECOGNITION}/").content.decode()


def test_filed_near_home_decided_elsewhere() -> None:
    client = visitor(citizen())
    where = begun(client, EXTRACT)
    page = client.post(f"{where}/noi-nhan/", {"unit": unit(AN_LUU).id, "_reload": "1"})
    near = page.context["near"]
    assert str(unit(TAN_DAN).id) in {option.value for option in near.options}
    assert "Tại chính nơi giải quyết" in page.content.decode()
    chosen = {"unit": unit(AN_LUU).id, "near": unit(TAN_DAN).id, "return_channel": "direct"}
    d, review = filed(client, where, chosen)
    assert "Cơ quan giải quyết" in review
    assert (d.non_territorial, d.receiving_unit_id, d.competent_unit_id) == (
        True,
        unit(TAN_DAN).id,
        unit(AN_LUU).id,
    )
    case = Case(d.code, d.subject, MONDAY)
    case.accept(actor=counter())
    mine = f"/ho-so-cua-toi/{d.code}/"
    shown = client.get(mine).content.decode()
    assert "Dự kiến trả kết quả" in shown and "Đang chuyển đến cơ quan giải quyết" in shown
    case.forward()
    case.confirm()
    shown = client.get(mine).content.decode()
    assert "Cơ quan giải quyết đã nhận hồ sơ" in shown and "ngày này thay ngày dự kiến" in shown
