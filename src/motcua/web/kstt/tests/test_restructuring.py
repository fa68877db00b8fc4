"""The register of restructuring through its pages: proposed, approved, put in use, its effect shown."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, kstt
from motcua.edge import keys
from motcua.evaluation.models import Restructuring
from motcua.evaluation.restructuring import queries
from motcua.evaluation.restructuring.rules import Measure
from motcua.evaluation.tests.test_restructuring import NOW, THEN, WHAT
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.kstt.restructuring import URL

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_proposed_and_approved_through_the_pages() -> None:
    with clock.at(MONDAY):
        client = signed_in(kstt())
        assert "Chưa có phương án nào" in text(client.get(URL))
        form = text(client.get(f"{URL}de-xuat/?thu-tuc={RECOGNITION}"))
        known = queries.known_today(RECOGNITION, MONDAY.date())
        assert known[Measure.STEPS] >= 3 and known[Measure.PAPERS] >= 1
        assert re.search(rf'name="before_steps" value="{known[Measure.STEPS]}"', form)
        typed = {
            f"{part}_{name}": str(value)
            for part, of in (("before", NOW), ("after", THEN))
            for name, value in of.items()
        }
        bad = client.post(f"{URL}de-xuat/", {**sent(form), **typed, "what": WHAT, "after_cost": "nhiều"})
        assert bad.status_code == 422 and "Ghi số, ví dụ 2,5." in text(bad) and WHAT in text(bad)
        made = client.post(f"{URL}de-xuat/", {**sent(form), **typed, "what": WHAT, "before_cost": "1.250,5"})
        assert made.status_code == 302
        page = text(client.get(made["Location"]))
        assert "giảm 40%" in page and "Đang đề xuất" in page and "giảm 100%" not in page
        assert Restructuring.objects.get().before["cost"] == "1250.5"
        assert do(client, made["Location"], "duyet", decision_no="", decided_on="").status_code == 422
        assert (
            do(client, made["Location"], "duyet", decision_no="7/QĐ", decided_on="02/10/2023").status_code
            == 302
        )
        assert do(client, made["Location"], "ap-dung", on="02/10/2023").status_code == 302
        assert "Mới áp dụng, chưa trọn một ngày" in text(client.get(made["Location"]))
        assert "7/QĐ" in text(client.get(f"{URL}?tinh-trang=live"))
        assert "7/QĐ" in client.get(f"{URL}?dang=csv").getvalue().decode("utf-8-sig")
    with clock.at(MONDAY + timedelta(days=3)):
        assert "Hồ sơ đã kết thúc" in text(client.get(f"{made['Location']}?ky=30"))


def do(client: Client, url: str, what: str, **typed: str) -> Any:
    return client.post(url, {"_key": keys.new(), "viec": what, **typed})
