"""The refund check over HTTP: asked at withdrawal, listed until done, seen by the applicant."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.callers import at

from motcua.dossiers.tests.factories import MONDAY, WORDS, citizen
from motcua.dossiers.tests.test_refunds import GROUND, paid
from motcua.edge import keys
from motcua.payments.models import Refund
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=10)):
        yield


def test_withdrawing_asks_what_is_given_back() -> None:
    owner = citizen()
    case, total = paid(owner)
    officer, page = signed_in(case.counter()), f"/can-bo/ho-so/{case.code}/"
    form = text(officer.get(f"{page}rut/"))
    assert "Số tiền hoàn trả" in form
    lacking = officer.post(f"{page}rut/", sent(form, reason=WORDS, refund=str(total - 1), refund_ground=""))
    assert lacking.status_code == 422
    assert not Refund.objects.exists()
    given = {"reason": WORDS, "refund": str(total), "refund_ground": GROUND}
    assert officer.post(f"{page}rut/", sent(form, **given)).status_code == 302
    assert case.code in text(officer.get("/can-bo/hoan-phi/?xem=cho-hoan-tra"))
    assert case.code not in text(officer.get("/can-bo/hoan-phi/"))
    shown = text(officer.get(page))
    assert "Chờ hoàn trả tiền" in shown
    mine = text(signed_in(owner).get(f"/ho-so-cua-toi/{case.code}/"))
    assert "Chờ hoàn trả tiền" in mine
    assert "Được hoàn trả" in mine
    form = text(officer.get(f"{page}da-hoan-phi/"))
    done = officer.post(f"{page}da-hoan-phi/", sent(form, reference="Phiếu chi 12", _key=keys.new()))
    assert done.status_code == 302
    assert case.code in text(officer.get("/can-bo/hoan-phi/?xem=da-hoan-tra"))
    assert "Đã hoàn trả" in text(signed_in(owner).get(f"/ho-so-cua-toi/{case.code}/"))


def test_withdrawn_by_the_applicant_it_waits_to_be_decided() -> None:
    owner = citizen()
    case, _ = paid(owner)
    applicant, officer = signed_in(owner), signed_in(case.counter())
    form = text(applicant.get(f"/ho-so-cua-toi/{case.code}/rut/"))
    answer = applicant.post(f"/ho-so-cua-toi/{case.code}/rut/", sent(form, reason=WORDS, sure="true"))
    assert answer.status_code == 302
    assert case.code in text(officer.get("/can-bo/hoan-phi/"))
    page = f"/can-bo/ho-so/{case.code}/hoan-phi/"
    form = text(officer.get(page))
    assert officer.post(page, sent(form, refund="0", refund_ground=GROUND)).status_code == 302
    assert case.code in text(officer.get("/can-bo/hoan-phi/?xem=khong-hoan-tra"))


def test_a_stop_shows_what_the_rules_say_and_may_leave_it_to_the_counter() -> None:
    case, total = paid()
    case.forward()
    head, officer = signed_in(case.head()), signed_in(case.counter())
    page = f"/can-bo/ho-so/{case.code}/"
    form = text(head.get(f"{page}dung/"))
    assert "Theo quy định: hoàn trả 0 đ" in form and "chưa kiểm chứng" in form
    said = {"asked_by": "applicant", "reason": WORDS, "ground": ""}
    wrong = head.post(
        f"{page}dung/", sent(form, **said, refund=str(total))
    )  # the rules' words for another sum
    assert wrong.status_code == 422 and "ghi rõ vì sao" in text(wrong)
    assert not Refund.objects.exists()
    given = sent(form, **said, refund="", refund_ground="", _key=keys.new())
    assert head.post(f"{page}dung/", given).status_code == 302
    assert case.code in text(officer.get("/can-bo/hoan-phi/"))
    form = text(officer.get(f"{page}hoan-phi/"))
    assert 'value="0"' in form
    decided = officer.post(
        f"{page}hoan-phi/", sent(form, refund="0", _key=keys.new())
    )  # as the rules propose
    assert decided.status_code == 302
    row = Refund.objects.get()
    assert (row.state, row.amount) == ("none", 0)
    assert "đã được thực hiện" in row.ground
