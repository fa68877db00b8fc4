"""The pages of trials: the form with what was typed wrong told, how far one is, its figures, two side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.operations import trial
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, at_state, counter
from motcua.dossiers.trialling import UNITS
from motcua.kernel.actor import Role
from motcua.kernel.process import Edge, Node, NodeKind, bpmn
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.desk.trial import MOST
from motcua.web.kstt.tests.test_pages import begun

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/thu-truoc/"
RUNS = f"{URL}lan/"
LATER = MONDAY + timedelta(days=20)
ASKED = {"tu": "2023-10-01", "thu-tuc": RECOGNITION}


@pytest.fixture
def officer_client() -> Client:
    duty = Duty.objects.filter(role=Role.KSTT, valid_from__lte=MONDAY).select_related("staff")[0]
    return signed_in(organisation.actor_of(duty.staff.account_id, MONDAY))


def send(client: Client, **typed: Any) -> Any:
    """Send the form as it was opened."""
    return client.post(URL, sent(text(client.get(URL)), **{**ASKED, **typed}))


def tried(client: Client, **typed: Any) -> str:
    """Begin a trial from the form, let the worker do it, and return the page that tells it."""
    answer = send(client, **typed)
    assert answer.status_code == 302, text(answer)
    number = int(answer.url.rstrip("/").rpartition("/")[2])
    while trial.carry_out(trial=number, at=LATER):
        pass
    return text(client.get(answer.url))


def test_a_change_is_tried_and_told(officer_client: Client) -> None:
    case = Case.taken_in(RECOGNITION)
    with clock.at(LATER):
        page = text(officer_client.get(URL))
        assert "Thử trước khi áp dụng" in page and "Các lần chạy thử" in page
        assert "Chưa có lần chạy thử nào" in text(officer_client.get(RUNS))
        wrong = send(officer_client, han="nhanh", nghi="mai")
        assert wrong.status_code == 422
        assert "Nhập số lớn hơn 0" in text(wrong) and "không phải là ngày" in text(wrong)
        assert send(officer_client).status_code == 422
        for number in ("NaN", "Infinity", "-1", "0", "1e999999", str(2**70)):
            assert send(officer_client, han=number).status_code == 422, number
            assert send(officer_client, buoc=f"{case.task.node}={number}").status_code == 422, number
        assert send(officer_client, **{"han": "1", "thu-tuc": ""}).status_code == 422
        for unit in UNITS:  # or told why not: beyond what a calendar reaches
            page = tried(officer_client, **{"han": str(MOST), "don-vi-tinh": unit.value})
            assert "không còn trễ" in page or "Không tính được" in page, unit
        page = tried(officer_client, **{"han": "1", "don-vi-tinh": "working_hours"})
        assert case.code in page and "Hồ sơ đang làm sẽ trễ ở đâu" in page
        assert "Thời hạn 1 giờ làm việc" in page and "Đã xong" in page


def test_it_is_followed_stopped_listed_and_held_against_another(officer_client: Client) -> None:
    case = Case.taken_in(RECOGNITION)
    with clock.at(LATER):
        answer = send(officer_client, han="1")
        page = text(officer_client.get(answer.url))
        assert "đang chờ đến lượt" in page and "Dừng lại" in page and 'hx-trigger="every 2s"' in page
        assert "Dừng lại" in text(officer_client.get(f"{answer.url}tien-do/"))
        assert officer_client.post(f"{answer.url}dung/", sent(page)).status_code == 302
        page = text(officer_client.get(answer.url))
        assert "Đã dừng trước khi xong" in page and "Dừng lại" not in page
        long, short = (
            re.findall(r"Chạy thử lần (\d+)", tried(officer_client, han=days))[0] for days in ("60", "1")
        )
        listed = text(officer_client.get(RUNS))
        assert f"{RUNS}{long}/" in listed and "Thời hạn 60 ngày làm việc" in listed
        found = text(officer_client.get(RUNS, {"q": "60 ngay"}))
        assert f"{RUNS}{long}/" in found and f"{RUNS}{short}/" not in found
        assert "Không có lần chạy thử nào khớp" in text(officer_client.get(RUNS, {"q": "quy trinh"}))
        where = f"{RUNS}{short}/so-sanh/"
        both = text(officer_client.get(where, {"voi": long}))
        assert "So sánh hai lần chạy thử" in both and f"chỉ trễ ở lần {short}" in both
        table = streamed(officer_client.get(where, {"voi": long, "dang": "csv"}))
        assert table[0].endswith(f"Lần {short},Lần {long}") and len(table) > 10
        assert officer_client.get(where, {"voi": "999999"}).status_code == 404
        lines = streamed(officer_client.get(f"{RUNS}{short}/bang/"))
        assert lines[0].startswith("\ufeffMã hồ sơ") and lines[1].startswith(case.code)
        assert case.code in text(officer_client.get(f"{RUNS}{short}/", {"xem": "dang-lam", "q": case.code}))
        none = text(officer_client.get(f"{RUNS}{short}/", {"q": "không có"}))
        assert "Không có hồ sơ nào khớp" in none


def streamed(answer: Any) -> list[str]:
    return b"".join(answer.streaming_content).decode().splitlines()


def test_the_pages_are_for_officers_who_control_procedures(officer_client: Client) -> None:
    client = signed_in(counter())
    with clock.at(LATER):
        number = send(officer_client, han="1").url
        for url in (URL, RUNS, number, f"{number}tien-do/", f"{number}bang/", f"{number}so-sanh/"):
            assert client.get(url).status_code == 404, url
        assert client.post(f"{number}dung/", {"_key": "x"}).status_code == 404
        assert URL not in text(client.get("/can-bo/"))


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


def test_a_file_is_tried_with_its_added_step(officer_client: Client) -> None:
    case = at_state(State.RETURNED)
    variant = case.bundle.process.variant
    with clock.at(LATER):
        asked: dict[str, Any] = {"phuong-an": variant}
        page = tried(officer_client, **asked, tep=SimpleUploadedFile("moi.bpmn", slower(case)))
        assert "Xin ý kiến thêm" in page and "(giờ đã khai)" in page
        assert "1 hồ sơ đã xong sẽ xong vào lúc khác" in page
        assert f"Quy trình trong tệp moi.bpmn, phương án {variant}" in page
        assert case.code in page and "muộn hơn thực tế" in page and "Tải bảng tính" in page
        broken = send(officer_client, **asked, tep=SimpleUploadedFile("hong.bpmn", b"<html/>"))
        assert broken.status_code == 422
        nameless = {**asked, "thu-tuc": ""}
        whose = send(officer_client, **nameless, tep=SimpleUploadedFile("moi.bpmn", slower(case)))
        assert whose.status_code == 422 and "chọn một thủ tục" in text(whose)


def test_a_draft_is_tried_before_it_is_approved(officer_client: Client) -> None:
    case = at_state(State.RETURNED)
    draft = begun(officer_client, catalogue.definition(case.dossier.procedure_version_id))
    with clock.at(LATER):
        page = tried(officer_client, **{"thu-tuc": "", "quy-trinh": str(draft.pk)})
        assert "sẽ xong vào lúc khác" not in page, "as it was drawn, nothing is different"
        assert "Bước thêm và bước bỏ" not in page and "Dự thảo quy trình" in page
        assert send(officer_client, **{"quy-trinh": "999999"}).status_code == 422
        here = text(officer_client.get(f"/can-bo/quy-trinh/du-thao/{draft.pk}/"))
        assert f"{URL}?quy-trinh={draft.pk}" in here


def test_a_saturday_worked_brings_the_due_day_forward(officer_client: Client) -> None:
    Case.taken_in(RECOGNITION)
    with clock.at(LATER):
        assert "Hồ sơ đang làm" in tried(officer_client, lam="07/10/2023")
        both = send(officer_client, lam="07/10/2023", nghi="07/10/2023")
        assert both.status_code == 422 and "đã ghi ở ngày nghỉ thêm" in text(both)
        none = tried(officer_client, tu="2020-01-01", den="2020-02-01", han="1")
        assert "Không có hồ sơ nào trong kỳ" in none
