"""Pages of real ways over HTTP: list, one process with its drawing, the dossiers behind, the table to take away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, counter
from motcua.evaluation.mining import operations
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in
from motcua.web.kstt.ways import URL, time

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
OCTOBER = {"tu": "02/10/2023", "den": "31/10/2023"}


@pytest.fixture
def case() -> Case:
    """A dossier that ended, its way read."""
    found = Case.taken_in(RECOGNITION)
    found.forward()
    found.process()
    operations.rebuild()
    return found


def kstt() -> Client:
    duty = Duty.objects.filter(role=Role.KSTT).select_related("staff").order_by("id")[0]
    return signed_in(organisation.actor_of(duty.staff.account_id or 0, clock.now()))


def test_from_the_list_to_the_dossiers_behind(case: Case) -> None:
    client, process = kstt(), case.dossier.process_version_id
    page = client.get(URL, OCTOBER).content.decode()
    assert f"{URL}{process}/?tu=2023-10-02" in page
    page = client.get(f"{URL}{process}/", OCTOBER).content.decode()
    assert "1 hồ sơ kết thúc trong kỳ đã đi theo 1 đường" in page
    assert 'id="dau-buoc"' in page
    assert f'data-drawing="{URL}{process}.bpmn"' in page
    assert client.get(f"{URL}{process}.bpmn").content.startswith(b"<?xml")
    behind = client.get(f"{URL}{process}/ho-so/", OCTOBER).content.decode()
    assert case.code in behind
    assert client.get(f"{URL}{process}/ho-so/", {**OCTOBER, "vi": "sai"}).status_code == 404
    assert client.get(f"{URL}999999/", OCTOBER).status_code == 404


def test_nothing_ended_is_said_so(case: Case) -> None:
    client, process = kstt(), case.dossier.process_version_id
    empty = {"tu": "01/01/2020", "den": "31/01/2020"}
    assert "Chưa có hồ sơ nào kết thúc" in client.get(URL, empty).content.decode()
    assert "Chưa có hồ sơ nào của quy trình này" in client.get(f"{URL}{process}/", empty).content.decode()


def test_the_table_is_for_spreadsheets(case: Case) -> None:
    answer = kstt().get(f"{URL}{case.dossier.process_version_id}/bang.csv", OCTOBER)
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("\ufeffBước,Số lượt")
    assert len(lines) > 3
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_head_sees_the_own_agency_and_others_nothing(case: Case) -> None:
    process = case.dossier.process_version_id
    with clock.at(MONDAY + timedelta(days=1)):
        head = signed_in(case.head())
        assert "1 hồ sơ kết thúc" in head.get(f"{URL}{process}/", OCTOBER).content.decode()
        assert "Quy trình thực tế" in head.get("/can-bo/").content.decode()
        officer = signed_in(counter())
        for address in ("", f"{process}/", f"{process}/ho-so/", f"{process}/bang.csv", f"{process}.bpmn"):
            assert officer.get(f"{URL}{address}", OCTOBER).status_code == 403
        assert "Quy trình thực tế" not in officer.get("/can-bo/").content.decode()


def test_working_time_in_words() -> None:
    assert [time(minutes) for minutes in (None, 0, 59, 60, 61, 599, 629, 630)] == [
        "—", "0 phút", "59 phút", "1 giờ", "1 giờ 1 phút", "9 giờ 59 phút", "10 giờ", "11 giờ",
    ]  # fmt: skip
