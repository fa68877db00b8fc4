"""The pages of the desk: what they show, how many statements they take, and that reading changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.dossiers.operations import request_supplement
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, Case, at_state, citizen, counter, key, unit
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.platform.models import AccessNote
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(hours=1)


def statements(client: Client, url: str) -> int:
    """Return how many statements a page takes once definitions are in memory."""
    client.get(url)
    with CaptureQueriesContext(connection) as made:
        assert client.get(url).status_code == 200
    return len(made)


def test_lists_take_the_same_statements_for_one_row_and_for_twenty() -> None:
    client = signed_in(counter())
    urls = [
        "/can-bo/cho/chua-chuyen/",
        "/can-bo/ho-so/",
        "/can-bo/ho-so/?xep=han&trang-thai=accepted",
        "/can-bo/viec/?pham-vi=don-vi",
        "/can-bo/so-theo-doi/",
    ]
    with clock.at(LATER):
        Case.taken_in()
        first = [statements(client, url) for url in urls]
        for _ in range(19):
            Case.taken_in()
        assert [statements(client, url) for url in urls] == first
    assert max(first) <= 6


def test_the_dossier_page_takes_eight_statements_and_leaves_a_trace() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    client = signed_in(counter())
    with clock.at(case.at):
        assert statements(client, f"/can-bo/ho-so/{case.code}/") <= 8
    assert AccessNote.objects.filter(subject=case.subject, purpose="xem hồ sơ").count() == 2


@pytest.mark.parametrize("state", list(State))
def test_a_dossier_of_every_state_is_shown(state: State) -> None:
    case = at_state(state)
    client = signed_in(case.counter())
    with clock.at(case.at):
        page = client.get(f"/can-bo/ho-so/{case.code}/")
    assert page.status_code == 200
    assert case.code in text(page) and "Diễn biến" in text(page)


def test_numbers_are_masked_until_they_are_asked_for_and_asking_is_noted() -> None:
    case = Case.taken_in()
    number, url = case.dossier.owner_number, f"/can-bo/ho-so/{case.code}/"
    client = signed_in(counter())
    with clock.at(LATER):
        for page in (url, "/can-bo/ho-so/", "/can-bo/cho/chua-chuyen/", "/can-bo/so-theo-doi/"):
            assert number not in text(client.get(page)), page
        shown = client.post(f"{url}hien/", {"purpose": "Thẩm tra hồ sơ"})
    assert number in text(shown)
    assert AccessNote.objects.filter(subject=case.subject, purpose__contains="Thẩm tra hồ sơ").exists()


def test_the_tiles_count_what_their_lists_show() -> None:
    Case.filed()
    Case.taken_in()
    asked = Case.filed(actor=citizen(1))
    request_supplement(
        code=asked.code, actor=counter(), key=key(), at=LATER, reason="Bản chụp bị mờ, không đọc được.",
        items=[{"name": "Nội dung tờ khai", "what": ""}],
    )  # fmt: skip
    client = signed_in(counter())
    with clock.at(LATER):
        home = text(client.get("/can-bo/"))
        assert 'href="/can-bo/cho/cho-tra-loi/"><b>2</b>' in home
        assert 'href="/can-bo/cho/chua-chuyen/"><b>1</b>' in home
        assert text(client.get("/can-bo/cho/cho-tra-loi/")).count("Trả lời trước") >= 2


def test_another_units_dossier_is_not_there() -> None:
    case = Case.taken_in()
    stranger = signed_in(counter("HD.CL.10603.MC"))
    with clock.at(LATER):
        for path in ("", "chuyen/", "dinh-chinh/", "phieu-kiem-soat.pdf"):
            assert stranger.get(f"/can-bo/ho-so/{case.code}/{path}").status_code == 404
        assert case.code not in text(stranger.get("/can-bo/ho-so/"))


def test_who_is_not_signed_in_is_asked_to() -> None:
    answer = Client().get("/can-bo/viec/?pham-vi=don-vi")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/can-bo/dang-nhap/?tiep=/can-bo/viec/")


def test_papers_open_as_pdf() -> None:
    case = Case.taken_in()
    client = signed_in(counter())
    with clock.at(LATER):
        slip = client.get(f"/can-bo/ho-so/{case.code}/giay/{case.done[0].papers['slip']}/")
        control = client.get(f"/can-bo/ho-so/{case.code}/phieu-kiem-soat.pdf")
        day = client.get("/can-bo/cuoi-ngay/bang-tong-hop.pdf")
        register = client.get("/can-bo/so-theo-doi/so.pdf")
    for answer in (slip, control, day, register):
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-")


def test_search_finds_by_code_digits_name_and_number() -> None:
    case = Case.taken_in()
    d = case.dossier
    client = signed_in(counter())
    with clock.at(LATER):
        found = client.get("/can-bo/tim/", {"q": d.code})
        assert found.status_code == 302 and found["Location"] == f"/can-bo/ho-so/{d.code}/"
        for asked in (
            d.owner_number,
            f"{d.owner_number}||{d.owner_name}|01011990|Nam||01012021",
            d.owner_folded,
        ):
            answer = client.get("/can-bo/tim/", {"q": asked}, follow=True)
            assert d.code in text(answer), asked
        qr = client.get("/can-bo/tim/", {"q": f"https://dichvucong.example.vn/tra-cuu/{d.code}"})
        assert qr.status_code == 302


def test_a_filter_is_kept_by_name_for_its_owner_alone() -> None:
    mine, other = signed_in(counter()), signed_in(counter("HD.CL.10603.MC"))
    with clock.at(LATER):
        mine.post("/can-bo/loc/", {"listing": "ho-so", "name": "Chờ trả", "query": "trang-thai=processed"})
        assert "Chờ trả</a>" in text(mine.get("/can-bo/ho-so/"))
        assert "Chờ trả</a>" not in text(other.get("/can-bo/ho-so/"))


def test_the_lock_asks_who_is_there_and_keeps_what_was_sent(settings: object) -> None:
    case = Case.taken_in()
    officer = counter()
    client = signed_in(officer)
    session = client.session
    session["desk_idle_lock"] = True
    session.save()
    with clock.at(LATER):
        answer = client.post(f"/can-bo/ho-so/{case.code}/chuyen/", {"_key": "k", "what": "1 bộ hồ sơ giấy"})
    assert answer.status_code == 401
    assert 'name="what" value="1 bộ hồ sơ giấy"' in text(answer)
    assert case.dossier.state == State.ACCEPTED


def test_drill_down_of_a_leaders_figure() -> None:
    case = Case.taken_in()
    head = unit("HD.KM.10699.MC")
    assert organisation.unit(head.id).code == head.code
    client = signed_in(counter())
    with clock.at(LATER):
        for state, there in (("received", True), ("open", True), ("late", False), ("waiting", False)):
            page = text(
                client.get("/can-bo/ho-so/", {"unit": head.code, "state": state, "day": "2023-10-02"})
            )
            assert (case.code in page) is there, state


def test_a_technical_administrator_sees_no_dossier() -> None:
    case = Case.taken_in()
    duty = Duty.objects.select_related("staff").filter(role=Role.ADMIN.value).order_by("id")[0]
    keeper = signed_in(organisation.actor_of(duty.staff.account_id, MONDAY))
    with clock.at(LATER):
        listed = text(keeper.get("/can-bo/ho-so/"))
        assert "Nhiệm vụ của bạn không gồm việc xem hồ sơ" in listed and case.code not in listed
        assert keeper.get(f"/can-bo/ho-so/{case.code}/").status_code == 404
        found = keeper.get(f"/can-bo/tim/?q={case.code}")
        assert found.status_code == 200 and f"/can-bo/ho-so/{case.code}/" not in text(found)
        assert "/lanh-dao/" not in listed and keeper.get("/lanh-dao/").status_code == 404
