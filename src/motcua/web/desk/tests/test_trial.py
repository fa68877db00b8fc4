"""The trial's page: for those who control procedures, with what was typed wrong told, and the figures of the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, at_state, counter
from motcua.kernel.actor import Role
from motcua.kernel.process import Edge, Node, NodeKind, bpmn
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text
from motcua.web.desk.trial import MOST, UNITS
from motcua.web.kstt.tests.test_pages import begun

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


@pytest.fixture
def officer_client() -> Client:
    duty = Duty.objects.filter(role=Role.KSTT, valid_from__lte=MONDAY).select_related("staff")[0]
    return signed_in(organisation.actor_of(duty.staff.account_id, MONDAY))


def slower(case: Case) -> bytes:
    """Return the dossier's process with one more step of forty hours after the receipt, as a file."""
    graph = case.bundle.graph
    reception = graph.reception
    assert reception is not None
    first = graph.outgoing[reception.id][0]
    new = Node(
        "Buoc_them", NodeKind.USER_TASK, "Xin ý kiến thêm", unit_kind=reception.unit_kind, role=reception.role,
        hours=Decimal(40),
    )  # fmt: skip
    edges = tuple(replace(edge, target=new.id) if edge.id == first.id else edge for edge in graph.edges)
    after = Edge("Sau_buoc_them", new.id, first.target)
    return bpmn.write(replace(graph, nodes=(*graph.nodes, new), edges=(*edges, after)))


def test_a_file_is_tried_with_its_added_step_and_taken_away_as_a_table(officer_client: Client) -> None:
    case = at_state(State.RETURNED)
    variant = case.bundle.process.variant
    asked = {"tu": "2023-10-01", "thu": "1", "thu-tuc": RECOGNITION, "phuong-an": variant}
    with clock.at(LATER):
        page = text(officer_client.post(URL, {**asked, "tep": SimpleUploadedFile("moi.bpmn", slower(case))}))
        assert "Xin ý kiến thêm" in page and "(giờ đã khai)" in page
        assert "1 hồ sơ đã xong sẽ xong vào lúc khác" in page
        assert case.code in page and "muộn hơn thực tế" in page and "Tải bảng tính" in page
        table = officer_client.post(URL, {**asked, "thu": "", "dang": "csv", "xml": slower(case).decode()})
        lines = b"".join(table.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
        assert lines[0].startswith("\ufeffMã hồ sơ") and lines[1].startswith(case.code)
        broken = officer_client.post(URL, {**asked, "tep": SimpleUploadedFile("hong.bpmn", b"<html/>")})
        assert broken.status_code == 422
        nameless = {**asked, "thu-tuc": ""}
        whose = officer_client.post(URL, {**nameless, "tep": SimpleUploadedFile("moi.bpmn", slower(case))})
        assert whose.status_code == 422 and "chọn một thủ tục" in text(whose)


def test_a_draft_is_tried_before_it_is_approved(officer_client: Client) -> None:
    case = at_state(State.RETURNED)
    draft = begun(officer_client, catalogue.definition(case.dossier.procedure_version_id))
    with clock.at(LATER):
        page = text(officer_client.get(URL, {"tu": "2023-10-01", "thu": "1", "quy-trinh": str(draft.pk)}))
        assert "0 hồ sơ đã xong sẽ xong vào lúc khác" in page, "as it was drawn, nothing is different"
        assert "Bước thêm và bước bỏ" not in page
        assert officer_client.get(URL, {"thu": "1", "quy-trinh": "999999"}).status_code == 422
        here = text(officer_client.get(f"/can-bo/quy-trinh/du-thao/{draft.pk}/"))
        assert f"{URL}?quy-trinh={draft.pk}" in here


def test_a_saturday_worked_brings_the_due_day_forward(officer_client: Client) -> None:
    Case.taken_in(RECOGNITION)
    asked = {"tu": "2023-10-01", "thu": "1", "thu-tuc": RECOGNITION}
    with clock.at(LATER):
        page = text(officer_client.get(URL, {**asked, "lam": "07/10/2023"}))
        assert "hồ sơ trong kỳ" in page
        both = officer_client.get(URL, {**asked, "lam": "07/10/2023", "nghi": "07/10/2023"})
        assert both.status_code == 422 and "đã ghi ở ngày nghỉ thêm" in text(both)
        none = text(officer_client.get(URL, {**asked, "tu": "2020-01-01", "den": "2020-02-01", "han": "1"}))
        assert "Không có hồ sơ nào trong kỳ" in none
