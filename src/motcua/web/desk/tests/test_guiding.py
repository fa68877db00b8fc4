"""Guidance on pages: given from the intake, shown again when the person comes back, its slip opened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.models import Guidance
from motcua.dossiers.tests.factories import AN_LUU, BIRTH, MONDAY, counter, holder, person, unit
from motcua.kernel.actor import Role
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/huong-dan/"


def test_given_found_again_and_printed() -> None:
    who = person(3).pk
    client, where = signed_in(counter()), f"{URL}?nguoi={person(3).pk}&thu-tuc={BIRTH}"
    with clock.at(MONDAY):
        assert "Hôm nay chưa hướng dẫn ai" in text(client.get(URL))
        page = text(client.get(where))
        assert "Giấy chứng sinh" in page
        assert client.post(URL, sent(page, where="", what="", content="")).status_code == 422
        answer = client.post(
            URL, sent(page, papers=["Giấy chứng sinh"], what="Thiếu dấu", content="", where="Đến bệnh viện."),
            follow=True,
        )  # fmt: skip
        assert "Đã ghi hướng dẫn" in text(answer) and "Thiếu dấu" in text(answer)
        assert "Lần đến thứ 1" in text(client.get(where))
        assert "<strong>1</strong> lượt" in text(client.get(URL))
        number = Guidance.objects.get(party_id=who).subject
        slip = client.get(f"{URL}{number}/phieu.pdf")
        assert slip.status_code == 200 and slip.content.startswith(b"%PDF-")
    with clock.at(MONDAY + timedelta(days=1)):
        other = signed_in(counter(AN_LUU))
        intake = text(other.get(f"/can-bo/tiep-nhan/?nguoi-nop={who}&thu-tuc={BIRTH}"))
        assert "Người này đã được hướng dẫn" in intake and "Đến bệnh viện." in intake
        assert other.get(f"{URL}{number}/phieu.pdf").status_code == 404
        clerk = signed_in(holder(unit("HD.KM.MC").id, Role.ONE_STOP_OFFICER))
        assert clerk.get(f"{URL}?nguoi=abc").status_code == 200
