"""The trial's page: for those who control procedures, with what was typed wrong told, and the figures of the report."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, counter
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text
from motcua.web.desk.trial import MOST, UNITS

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
URL = "/can-bo/thu-truoc/"
LATER = MONDAY + timedelta(days=20)


def test_a_change_is_tried_and_told() -> None:
    case = Case.taken_in(RECOGNITION)
    duty = Duty.objects.filter(role=Role.KSTT, valid_from__lte=MONDAY).select_related("staff")[0]
    officer = organisation.actor_of(duty.staff.account_id, MONDAY)
    client = signed_in(officer)
    with clock.at(LATER):
        page = text(client.get(URL))
        assert "Thử trước khi áp dụng" in page and "hồ sơ trong kỳ" not in page
        asked = {"tu": "2023-10-01", "thu": "1", "thu-tuc": RECOGNITION}
        wrong = client.get(URL, {**asked, "han": "nhanh", "nghi": "mai"})
        assert wrong.status_code == 422
        assert "Nhập số lớn hơn 0" in text(wrong) and "không phải là ngày" in text(wrong)
        assert client.get(URL, asked).status_code == 422
        for number in ("NaN", "Infinity", "-1", "0", "1e999999", str(2**70)):
            assert client.get(URL, {**asked, "han": number}).status_code == 422, number
            assert client.get(URL, {**asked, "buoc": f"{case.task.node}={number}"}).status_code == 422, number
        for unit in UNITS:
            asked_most = {**asked, "han": str(MOST), "don-vi-tinh": unit.value}
            # or refused: beyond what a calendar reaches
            assert client.get(URL, asked_most).status_code in (200, 422), unit
        assert client.get(URL, {"thu": "1", "han": "1"}).status_code == 422
        page = text(client.get(URL, {**asked, "han": "1", "don-vi-tinh": "working_hours"}))
        assert case.code in page and "Trễ ở đâu" in page
        page = text(client.get(URL, {**asked, "han": "60"}))
        assert "không còn trễ nữa" in page and "Trễ ở đâu" not in page


def test_the_page_is_for_officers_who_control_procedures() -> None:
    client = signed_in(counter())
    with clock.at(LATER):
        assert client.get(URL).status_code == 404
        assert URL not in text(client.get("/can-bo/"))
