"""Opinions over HTTP: found, asked, answered with a file, seen side by side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.callers import at

from motcua.dossiers.models import Opinion
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, PDF, RECOGNITION, Case, holder, unit
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.web.desk.tests.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=10)):
        yield


def test_from_the_search_for_a_unit_to_the_answers_side_by_side() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    officer = signed_in(case.doer())
    here = f"/can-bo/ho-so/{case.code}/y-kien/"
    assert here in officer.get(f"/can-bo/ho-so/{case.code}/").content.decode()
    assert "Chưa hỏi ý kiến đơn vị nào" in officer.get(here).content.decode()
    root = organisation.root_of(unit(AN_LUU).id)
    found = officer.post(here, {"viec": "tim", "tim": "an lưu", "noi_dung": "Nội dung đang gõ dở"})
    text = found.content.decode()
    assert f'value="{root.id}"' in text
    assert "Nội dung đang gõ dở" in text
    short = officer.post(here, {"viec": "hoi", "_key": keys.new(), "noi_dung": "gì", "han": "hôm nào"})
    assert short.status_code == 422
    assert short.content.decode().count("error-summary") >= 1
    form = {
        "viec": "hoi", "_key": keys.new(), "noi_dung": "Đề nghị xác nhận nơi cư trú trước đây.",
        "han": "04/10/2023 17:00", "don_vi": [root.id],
    }  # fmt: skip
    assert officer.post(here, form).status_code == 302
    head = signed_in(holder(root.id, Role.AGENCY_HEAD))
    owed = head.get("/can-bo/y-kien/").content.decode()
    assert case.code in owed
    assert "Gửi ý kiến" in head.get(here).content.decode()
    opinion = Opinion.objects.get()
    wrong = head.post(here, {"viec": "tra-loi", "_key": keys.new(), "y_kien_so": opinion.pk})
    assert wrong.status_code == 422
    answer = {
        "viec": "tra-loi", "_key": keys.new(), "y_kien_so": opinion.pk, "lap_truong": "disagree",
        "y_kien": "Không có tên trong sổ cư trú.", "tep": SimpleUploadedFile("xac-nhan.pdf", PDF),
    }  # fmt: skip
    assert head.post(here, answer).status_code == 302
    side = officer.get(here).content.decode()
    assert "Không đồng ý" in side
    assert "Không có tên trong sổ cư trú." in side
    assert "Tệp kèm theo" in side
    opinion.refresh_from_db()
    assert officer.get(f"/can-bo/ho-so/{case.code}/tep/{opinion.file_id}/").status_code == 200
    paper = officer.get(f"/can-bo/ho-so/{case.code}/giay/{opinion.request.document_id}/")
    assert paper.status_code == 200
    assert paper.content.startswith(b"%PDF")
    assert case.code in officer.get("/can-bo/y-kien/?xem=da-hoi").content.decode()
    assert "Không có việc nào chờ đơn vị bạn" in head.get("/can-bo/y-kien/").content.decode()


def test_a_question_is_taken_back_on_the_page() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    officer = signed_in(case.doer())
    here = f"/can-bo/ho-so/{case.code}/y-kien/"
    root = organisation.root_of(unit(AN_LUU).id)
    officer.post(
        here,
        {"viec": "hoi", "_key": keys.new(), "noi_dung": "Đề nghị xác nhận nơi cư trú.", "han": "04/10/2023 17:00",
         "don_vi": [root.id]},
    )  # fmt: skip
    number = Opinion.objects.get().pk
    form = {"viec": "rut", "_key": keys.new(), "y_kien_so": number, "ly_do": "thôi"}
    assert officer.post(here, form).status_code == 422
    assert (
        officer.post(
            here, {**form, "_key": keys.new(), "ly_do": "Người nộp đã nộp giấy xác nhận."}
        ).status_code
        == 302
    )
    assert "Đã rút lại" in officer.get(here).content.decode()
    assert signed_in(holder(root.id, Role.AGENCY_HEAD)).get(here).status_code == 404
