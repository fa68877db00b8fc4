"""A kiosk from its putting up to its end; a citizen files at it, walks away, and the next one finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from tests.permissions.addresses import somebody

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import DeadlinePolicy
from motcua.dossiers.models import Dossier
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    key,
    unit,
)
from motcua.edge.kiosks import COOKIE, SESSION_LIVES
from motcua.kernel.actor import Role
from motcua.organisation.models import Kiosk
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.portal.tests.filing import begun, filed
from motcua.web.portal.tests.test_mine import visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
URL = "/can-bo/ki-ot/"


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def put_up(name: str = "Ki-ốt sảnh tầng 1") -> tuple[Client, Kiosk, str]:
    """Return the administrator's browser, the kiosk and its pairing code."""
    client = signed_in(somebody(Role.ADMIN))
    page = client.post(URL, sent(text(client.get(URL)), unit=TAN_DAN, name=name))
    found = re.search(r"receipt__code\">([A-Z0-9]{5} [A-Z0-9]{5})<", page.content.decode())
    assert page.status_code == 200 and found, text(page)
    return client, Kiosk.objects.latest("id"), found[1]


def paired() -> tuple[Client, Kiosk]:
    """Return the browser of a kiosk."""
    _, kiosk, code = put_up()
    machine = Client()
    assert machine.post("/ki-ot/ghep/", {"code": code.lower()}).status_code == 302
    kiosk.refresh_from_db()
    return machine, kiosk


def acts() -> list[str]:
    return list(
        LedgerEntry.objects.filter(act__startswith="kiosk_").order_by("pk").values_list("act", flat=True)
    )


def test_put_up_paired_once_given_to_another_machine_and_ended() -> None:
    client, kiosk, code = put_up()
    assert code.replace(" ", "") not in str(Kiosk.objects.values())
    assert code not in text(client.get(URL)), "the code is shown once"
    first = Client()
    assert "Ghép máy này" in text(first.get("/ki-ot/"))
    wrong = first.post("/ki-ot/ghep/", {"code": "AAAAA AAAAA"})
    assert (
        wrong.status_code == 422
        and "không đúng hoặc đã hết hạn" in text(wrong)
        and COOKIE not in first.cookies
    )
    assert first.post("/ki-ot/ghep/", {"code": code}).status_code == 302
    assert "Bạn muốn làm gì?" in text(first.get("/ki-ot/"))
    assert Client().post("/ki-ot/ghep/", {"code": code}).status_code == 422, "a code pairs once"
    again = client.post(f"{URL}{kiosk.pk}/ma/", {"_key": key()})
    found = re.search(r"receipt__code\">([A-Z0-9 ]{11})<", again.content.decode())
    assert found and "Ghép máy này" in text(first.get("/ki-ot/")), "the first machine is a kiosk no more"
    second = Client()
    second.post("/ki-ot/ghep/", {"code": found[1]})
    assert client.post(f"{URL}{kiosk.pk}/ngung/", {"_key": key()}).status_code == 302
    assert "Ghép máy này" in text(second.get("/ki-ot/")) and "Đã ngừng" in text(client.get(URL))
    assert client.post(f"{URL}{kiosk.pk}/ma/", {"_key": key()}).status_code == 409
    assert acts() == ["kiosk_put_up", "kiosk_pair", "kiosk_code", "kiosk_pair", "kiosk_close"]
    topics = OutboxEvent.objects.filter(topic="organisation.kiosk.v1").order_by("pk")
    assert [event.payload["act"] for event in topics] == acts()
    assert set(LedgerEntry.objects.filter(act__startswith="kiosk_").values_list("unit_id", flat=True)) == {
        unit(TAN_DAN).id
    }


def test_a_code_gets_old_and_two_presses_are_one_kiosk() -> None:
    client, _, code = put_up()
    with clock.at(MONDAY + timedelta(minutes=31)):
        assert Client().post("/ki-ot/ghep/", {"code": code}).status_code == 422
    page = text(client.get(URL))
    form = sent(page, unit=TAN_DAN, name="Ki-ốt thứ hai")
    assert client.post(URL, form).status_code == 200
    assert client.post(URL, form).status_code == 302, "the same press shows no second code"
    twice = client.post(URL, sent(text(client.get(URL)), unit=TAN_DAN, name="Ki-ốt thứ hai"))
    assert twice.status_code == 422 and "đã có ki-ốt mang tên đó" in text(twice)
    assert Kiosk.objects.filter(name="Ki-ốt thứ hai").count() == 1
    nobody = client.post(URL, sent(text(client.get(URL)), unit="", name=""))
    assert nobody.status_code == 422 and "Chọn nơi đặt" in text(nobody)


def test_only_the_administrator_puts_kiosks_up() -> None:
    _, kiosk, _ = put_up()
    before = acts()
    client = signed_in(counter())
    assert client.get(URL).status_code == 403
    for path in ("", f"{kiosk.pk}/ma/", f"{kiosk.pk}/ngung/"):
        assert client.post(f"{URL}{path}", {"_key": key(), "unit": TAN_DAN, "name": "X"}).status_code == 403
    assert acts() == before


def test_guessing_pairing_codes_is_stopped() -> None:
    _, _, code = put_up()
    machine = Client()
    answers = [machine.post("/ki-ot/ghep/", {"code": f"AAAAA{n:05}"}).status_code for n in range(11)]
    assert answers == [422] * 10 + [429]
    assert machine.post("/ki-ot/ghep/", {"code": code}).status_code == 429


def test_filed_at_a_kiosk_it_waits_for_the_unit_s_answer_like_one_filed_online() -> None:
    machine, kiosk = paired()
    person = visitor(citizen())
    machine.cookies["motcua_citizen"] = person.cookies["motcua_citizen"]
    where = begun(machine, RECOGNITION)
    d, review = filed(machine, where, {"unit": unit(AN_LUU).id, "return_channel": "account"})
    assert "Kết thúc" in review and "Dành cho cán bộ" not in review
    assert (d.channel, d.terms_as, d.terms, d.state) == ("kiosk", "online", "online", "submitted")
    assert d.answer_by is not None and d.answer_by > MONDAY
    entry = LedgerEntry.objects.get(subject=d.subject, act="file")
    assert (entry.payload["kiosk"], entry.channel) == (kiosk.pk, "kiosk")
    assert "Trước khi rời máy" in text(machine.get(f"/ho-so-cua-toi/{d.code}/da-nop/"))
    case = Case(d.code, d.subject, MONDAY)
    case.accept()
    assert case.dossier.due_at is not None and case.dossier.state == "accepted"
    page = text(signed_in(counter(AN_LUU)).get(f"/can-bo/ho-so/{d.code}/"))
    assert "Ki-ốt thông minh" in page


def test_nobody_files_as_a_kiosk_elsewhere() -> None:
    machine, kiosk = paired()
    client = visitor(citizen())
    form = {
        "procedure": RECOGNITION, "receiving_unit": AN_LUU, "channel": "kiosk", "answers": {}, "papers": {},
    }  # fmt: skip
    headers = {"Idempotency-Key": key(), "X-Motcua-Audience": "citizen"}
    answer = client.post("/api/v1/dossiers", form, content_type="application/json", headers=headers)
    assert answer.status_code == 422 and "tại ki-ốt đang sử dụng" in answer.content.decode()
    Kiosk.objects.filter(pk=kiosk.pk).update(closed_at=MONDAY, key_hash=None)
    client.cookies[COOKIE] = machine.cookies[COOKIE].value
    answer = client.post("/api/v1/dossiers", form, content_type="application/json", headers=headers)
    assert answer.status_code == 422 and not Dossier.objects.exists()


def test_where_no_setting_opens_kiosks_none_files() -> None:
    machine, _ = paired()
    machine.cookies["motcua_citizen"] = visitor(citizen()).cookies["motcua_citizen"]
    setting = DeadlinePolicy.objects.get(params__has_key="kiosk_as")
    DeadlinePolicy.objects.filter(pk=setting.pk).update(valid_from=MONDAY.date() + timedelta(days=1))
    catalogue.forget_brief()
    try:
        refused = machine.get(f"/nop-ho-so/{RECOGNITION}/")
        assert refused.status_code == 409 and "chưa nhận hồ sơ qua ki-ốt" in text(refused)
    finally:
        DeadlinePolicy.objects.filter(pk=setting.pk).update(valid_from=setting.valid_from)
        catalogue.forget_brief()


def test_ended_by_a_press_or_left_alone_nothing_is_open_to_the_next() -> None:
    machine, _ = paired()
    machine.cookies["motcua_citizen"] = visitor(citizen()).cookies["motcua_citizen"]
    page = machine.get("/ho-so-cua-toi/")
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    session = Session.objects.get(session_key=machine.cookies["motcua_citizen"].value)
    assert session.expire_date - clock.real_now() <= SESSION_LIVES
    assert machine.post("/ki-ot/ket-thuc/").headers["Location"] == "/ki-ot/"
    assert machine.get("/ho-so-cua-toi/").status_code == 302, "signed out"
    assert "Bạn muốn làm gì?" in text(machine.get("/ki-ot/"))
    assert machine.get("/ki-ot/ket-thuc/").status_code == 405
