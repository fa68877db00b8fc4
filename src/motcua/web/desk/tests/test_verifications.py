"""Verification on site over HTTP: planned, told to the applicant, recorded with a photo, printed, in the course."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.callers import at

from motcua.dossiers.models import Verification
from motcua.dossiers.tests.factories import MONDAY, PDF, RECOGNITION, Case, citizen
from motcua.edge import keys
from motcua.web.desk.tests.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

PLAN = {
    "viec": "hen", "noi_dung": "Nơi cư trú thực tế của gia đình.", "luc": "03/10/2023 08:30",
    "noi": "Nhà số 12, tổ dân phố Hạ Chiểu 1", "nguoi_di": "Công chức Tư pháp - Hộ tịch", "moi": "1",
}  # fmt: skip
MINUTES = {
    "viec": "bien-ban", "bat_dau": "02/10/2023 09:30", "ket_thuc": "02/10/2023 09:50", "noi": "Nhà số 12",
    "nguoi": "Đỗ Xuân Phong, công chức Tư pháp\nNguyễn Văn Hùng, tổ trưởng", "ket_qua": "Đúng như tờ khai.",
    "ket_luan": "Phù hợp với thực tế.",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=10)):
        yield


def test_from_the_appointment_to_the_minutes() -> None:
    owner = citizen()
    case = Case.filed(RECOGNITION, actor=owner)
    case.accept()
    case.forward()
    officer, applicant = signed_in(case.doer()), signed_in(owner)
    here, mine = f"/can-bo/ho-so/{case.code}/xac-minh/", f"/ho-so-cua-toi/{case.code}/"
    assert here in officer.get(f"/can-bo/ho-so/{case.code}/").content.decode()
    assert "chưa có lần xác minh" in officer.get(here).content.decode()
    assert "Không có buổi xác minh nào đang hẹn" in officer.get("/can-bo/xac-minh/").content.decode()
    wrong = officer.post(
        here, {"viec": "hen", "_key": keys.new(), "luc": "hôm nay", "noi_dung": "Đang gõ dở dang"}
    )
    assert wrong.status_code == 422
    assert "Đang gõ dở dang" in wrong.content.decode()
    assert 'href="#o-luc"' in wrong.content.decode()
    assert officer.post(here, {**PLAN, "_key": keys.new()}).status_code == 302
    visit = Verification.objects.get()
    assert case.code in officer.get("/can-bo/xac-minh/").content.decode()
    seen = applicant.get(mine).content.decode()
    assert "Mời bạn có mặt khi xác minh thực địa" in seen
    assert "tại Nhà số 12" in seen
    moved = {
        **PLAN,
        "viec": "doi",
        "so": visit.pk,
        "noi": "Trụ sở tổ dân phố",
        "ly_do": "Mưa lớn, không đi được.",
    }
    assert officer.post(here, {**moved, "ly_do": "mưa", "_key": keys.new()}).status_code == 422
    assert officer.post(here, {**moved, "_key": keys.new()}).status_code == 302
    assert "tại Trụ sở tổ dân phố" in applicant.get(mine).content.decode()
    minutes = {**MINUTES, "so": visit.pk, "_key": keys.new()}
    bad = officer.post(here, {**minutes, "nguoi": "Hùng"})
    assert bad.status_code == 422
    assert f'href="#nguoi-{visit.pk}b"' in bad.content.decode()
    sent = {**minutes, "_key": keys.new(), "tep": [SimpleUploadedFile("anh.pdf", PDF)]}
    assert officer.post(here, sent).status_code == 302
    page = officer.get(here).content.decode()
    assert "Xem, in biên bản" in page
    assert "Tệp 1" in page
    visit.refresh_from_db()
    paper = officer.get(f"/can-bo/ho-so/{case.code}/giay/{visit.document_id}/")
    assert paper.content.startswith(b"%PDF")
    history = officer.get(f"/can-bo/ho-so/{case.code}/").content.decode()
    for words in ("Hẹn xác minh thực địa", "Dời lịch xác minh thực địa", "Lập biên bản xác minh thực địa"):
        assert words in history
    assert "mời người nộp có mặt" in history
    course = applicant.get(mine).content.decode()
    assert "Cơ quan đã xác minh thực địa" in course
    assert "Mời bạn có mặt khi xác minh thực địa" not in course  # it has been made
    assert applicant.get(f"{mine}tai-lieu/{visit.document_id}/").status_code == 404  # the agency's own


def test_a_visit_is_called_off_and_others_see_no_form() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    officer = signed_in(case.doer())
    here = f"/can-bo/ho-so/{case.code}/xac-minh/"
    officer.post(here, {**PLAN, "moi": "", "_key": keys.new()})
    number = Verification.objects.get().pk
    counter = signed_in(case.counter()).get(here).content.decode()
    assert "Hủy hẹn" not in counter
    assert "Hẹn xác minh" not in counter
    form = {"viec": "huy", "so": number, "ly_do": "Đã đủ căn cứ giải quyết.", "_key": keys.new()}
    assert officer.post(here, form).status_code == 302
    assert "Đã hủy hẹn" in officer.get(here).content.decode()
