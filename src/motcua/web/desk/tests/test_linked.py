"""A group of interlinked procedures on the pages and over REST: one view for the citizen, parts for officers."""

from __future__ import annotations

from datetime import date

import pytest

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import MirrorMessage
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, Case, citizen, holder, unit
from motcua.dossiers.tests.test_parts import BIRTH_GROUP, decide, part, settle, states
from motcua.kernel.actor import Role
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def accepted() -> Case:
    case = Case.filed(BIRTH_GROUP, actor=citizen())
    case.accept()
    return case


def test_the_citizen_sees_all_parts_in_one_view_and_their_results() -> None:
    case = accepted()
    first = part(case, "khai_sinh")
    client = signed_in(citizen())
    with clock.at(case.at):
        page = text(client.get(f"/ho-so-cua-toi/{case.code}/"))
        assert "Các phần của hồ sơ" in page and "Chưa đến lượt" in page and "Chờ cơ quan tiếp nhận" in page
        own = text(client.get(f"/ho-so-cua-toi/{first.code}/"))
        assert "Đây là một phần của hồ sơ liên thông" in own and case.code in own
        assert first.code not in text(client.get("/ho-so-cua-toi/"))
    decide(first)
    settle()
    with clock.at(first.at):
        page = text(client.get(f"/ho-so-cua-toi/{case.code}/"))
        assert f"/ho-so-cua-toi/{first.code}/tai-lieu/" in page


def test_the_citizen_takes_one_part_back_on_the_page() -> None:
    case = accepted()
    decide(part(case, "khai_sinh"))
    settle()
    client, url = signed_in(citizen()), f"/ho-so-cua-toi/{case.code}/rut/"
    with clock.at(part(case, "khai_sinh").at):
        page = text(client.get(url))
        assert "Phần bạn muốn rút" in page and "Cấp thẻ bảo hiểm y tế cho trẻ" in page
        typed = {"reason": "Gia đình đã có thẻ bảo hiểm cho trẻ.", "sure": "on", "parts": ["the_bhyt"]}
        assert client.post(url, sent(page, **typed)).status_code == 302
    assert states(case)["the_bhyt"] == "withdrawn" and states(case)["thuong_tru"] == "submitted"


def test_officers_of_both_sides_see_the_parts_and_rest_tells_them() -> None:
    case = accepted()
    decide(part(case, "khai_sinh"))
    settle()
    home = part(case, "thuong_tru")
    sender, police = (
        signed_in(case.counter()),
        signed_in(holder(unit("TW.CAX.10699").id, Role.ONE_STOP_OFFICER)),
    )
    with clock.at(home.dossier.filed_at):
        page = text(sender.get(f"/can-bo/ho-so/{case.code}/"))
        assert "Các phần liên thông" in page and f"/can-bo/ho-so/{home.code}/" in page
        assert "Dừng giải quyết hồ sơ" not in page
        theirs = text(police.get(f"/can-bo/ho-so/{home.code}/"))
        assert "Đây là một phần của hồ sơ liên thông" in theirs and "Đăng ký khai sinh" in theirs
        assert police.get(f"/can-bo/ho-so/{case.code}/").status_code == 404
        told = sender.get(f"/api/v1/dossiers/{case.code}").json()
        assert [(one["key"], one["state"]) for one in told["parts"]] == [
            ("khai_sinh", "processed"),
            ("thuong_tru", "submitted"),
            ("the_bhyt", "submitted"),
        ]
        assert told["parts"][0]["papers"][0]["document_id"]
        assert sender.get(f"/api/v1/dossiers/{home.code}").json()["group"] == case.code


def test_what_a_central_system_said_is_noted_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))
    case = accepted()
    child = part(case, "khai_sinh")
    client, url = signed_in(case.counter()), f"/can-bo/ho-so/{child.code}/ghi-nhan/"
    with clock.at(MONDAY.replace(hour=14)):
        page = text(client.get(url))
        wrong = client.post(url, sent(page, state="processed", said_at="99", message_id="", evidence="ngắn"))
        assert wrong.status_code == 422 and not MirrorMessage.objects.exists()
        typed = {
            "state": "processed",
            "said_at": "10:30 02/10/2023",
            "message_id": "BTP-9",
            "number": "125/2026",
            "evidence": "Thông báo trên hệ thống của Bộ Tư pháp",
        }
        assert client.post(url, sent(page, **typed)).status_code == 302
        shown = text(client.get(f"/can-bo/ho-so/{child.code}/"))
        assert "BTP-9" in shown and "125/2026" in shown
    assert child.dossier.state == State.PROCESSED
