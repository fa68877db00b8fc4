"""Pages of correcting a result: the citizen asks, the head orders and signs, the officer drafts, the counter ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from motcua.dossiers import corrections
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, citizen
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.organisation.models import Staff
from motcua.platform import clock
from motcua.web.desk.correcting import URL
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]

WRONG = "Ngày sinh ghi 12/3/1990, đúng là 21/3/1990."


def test_from_the_citizen_to_the_new_paper() -> None:
    me = citizen()
    case = Case.taken_in(RECOGNITION, owner_id=me.party_id, submitter_id=me.party_id)
    case.process()
    case.hand_over()
    d = case.dossier
    mine, here = f"/ho-so-cua-toi/{case.code}/", f"/can-bo/ho-so/{case.code}/dinh-chinh-ket-qua/"
    owner, head, counter = signed_in(me), signed_in(case.head()), signed_in(case.counter())
    named = next(iter(corrections.candidates(SYSTEM, d, MONDAY.date())))
    officer = signed_in(organisation.actor_of(Staff.objects.get(pk=named).account_id, MONDAY))
    with clock.at(MONDAY + timedelta(days=1)):
        assert "Đề nghị đính chính" in text(owner.get(mine))
        form = text(owner.get(f"{mine}dinh-chinh/"))
        short = owner.post(f"{mine}dinh-chinh/", sent(form, reason="sai"))
        assert short.status_code == 422
        assert "Ghi rõ lý do" in text(short)
        assert owner.post(f"{mine}dinh-chinh/", sent(form, reason=WRONG)).status_code == 302
        assert "đang xem xét" in text(owner.get(mine))
        assert owner.get(f"{mine}dinh-chinh/").status_code == 302  # once is enough

        assert case.code in text(head.get(URL))
        assert case.code in text(head.get("/can-bo/viec/"))
        page = text(head.get(here))
        assert WRONG in page
        wrong = head.post(here, _order(page, ground=""))
        assert wrong.status_code == 422
        assert "Chọn căn cứ" in text(wrong)
        assert head.post(here, _order(page, staff_id=str(named))).status_code == 302
        told = text(owner.get(mine))
        assert "Xin không dùng bản đã nhận" in told
        assert _tracked(d.code, d.check_value).count("đang được đính chính") == 1

        assert case.code in text(officer.get("/can-bo/viec/"))
        page = text(officer.get(here))
        answers = sent(page, viec="soan", _shown="", owner_name="Nguyễn Văn Đúng")
        assert officer.post(here, answers).status_code == 302
        page = text(head.get(here))
        assert "Nguyễn Văn Đúng" in page
        signing = {"viec": "ky", "_key": "ky-mot-lan", "_seen": str(case.dossier.seq)}
        assert head.post(here, signing).status_code == 302
        assert head.post(here, signing).status_code == 302  # a double click
        assert "đã được thay thế" in text(counter.get(f"/can-bo/ho-so/{case.code}/"))
        told = text(owner.get(mine))
        assert "(đã được thay thế)" in told
        assert "Đã có bản mới thay thế" in text(owner.get("/kho-giay-to/"))
        assert "không còn giá trị sử dụng" in _tracked(d.code, d.check_value)

        assert case.code in text(counter.get(URL))
        page = text(counter.get(here))
        handed = sent(page, viec="tra", old_original="taken_back", how="direct", collector="Nguyễn Văn Đúng")
        assert counter.post(here, handed).status_code == 302
        assert "Đã thu lại bản giấy cũ" in text(counter.get(here))
        assert case.code not in text(counter.get(URL))


def _order(page: str, **more: str) -> dict[str, str]:
    typed = {"viec": "quyet-dinh", "ground": "agency_error", "reason": WRONG, "staff_id": "0", **more}
    return sent(page, **typed)


def _tracked(code: str, check_value: str) -> str:
    """Return what whoever reads the QR of the result is told."""
    client = Client()
    page = text(client.get(f"/tra-cuu/{code}", {"ma": check_value}))
    assert check_value in page
    return text(client.post("/tra-cuu/", {"code": code, "check_value": check_value}))
