"""The procedure-control officer's pages over HTTP: from the list to an approved version."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.tests.factories import RECOGNITION, Case
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.kernel.process.bpmn import read, write
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in
from motcua.web.kstt.pages import URL
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessDraft, ProcessVersion
from motcua.workflow.versions.rules import DraftState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture
def client() -> Client:
    duty = Duty.objects.filter(role=Role.KSTT).select_related("staff").order_by("id")[0]
    return signed_in(organisation.actor_of(duty.staff.account_id, clock.now()))


@pytest.fixture
def procedure() -> catalogue.Definition:
    return catalogue.current(RECOGNITION, clock.today())


def begun(client: Client, procedure: catalogue.Definition) -> ProcessDraft:
    variant = procedure.body["process"][0]["variant"]
    answer = client.post(f"{URL}{procedure.id}/{variant}/soan/", {"_key": keys.new()})
    assert answer.status_code == 302
    return ProcessDraft.objects.get(procedure_version_id=procedure.id)


def test_only_for_procedure_control_officers(procedure: catalogue.Definition) -> None:
    other = Duty.objects.filter(role=Role.CLERK).select_related("staff").order_by("id")[0]
    clerk = signed_in(organisation.actor_of(other.staff.account_id, clock.now()))
    assert clerk.get(URL).status_code == 403
    assert clerk.post(f"{URL}{procedure.id}/cap_xa/soan/", {"_key": "1"}).status_code == 403
    assert Client().get(URL).status_code == 302
    assert not ProcessDraft.objects.exists()


def test_the_list_says_what_is_there_and_what_is_missing(client: Client) -> None:
    page = client.get(URL).content.decode()
    assert "100%" in page
    assert client.get(URL, {"loc": "thieu"}).content.decode().count("Không có thủ tục nào khớp") == 1
    assert RECOGNITION in client.get(URL, {"q": RECOGNITION}).content.decode()


def test_what_no_decision_approves_is_listed_by_agency_and_to_take_away(
    client: Client, procedure: catalogue.Definition
) -> None:
    kind = procedure.body["deciding_agency_kind"]
    page = client.get(URL).content.decode()
    assert "0 thủ tục có quyết định duyệt quy trình nội bộ (0%)" in page
    assert f"?loc=chua-duyet&amp;co-quan={kind}" in page
    where = {"loc": "chua-duyet", "co-quan": kind}
    assert RECOGNITION in client.get(URL, {**where, "q": RECOGNITION}).content.decode()
    variants = [variant["variant"] for variant in procedure.body["process"]]
    for number, row in enumerate(ProcessVersion.objects.filter(procedure_version_id=procedure.id)):
        ProcessVersion.objects.create(
            procedure_version_id=procedure.id, variant=row.variant, levels=row.levels, field=row.field,
            graph=row.graph, digest=f"{number:064x}", decision_no="9/QĐ-UBND", decided_on=clock.today(),
            effective_on=clock.today(), approved_by_id=Duty.objects.filter(role=Role.KSTT)[0].staff_id,
        )  # fmt: skip
    assert variants
    assert "1 thủ tục có quyết định duyệt quy trình nội bộ" in client.get(URL).content.decode()
    answer = client.get(URL, {**where, "dang": "csv"})
    rows = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert rows[0].startswith("\ufeffMã thủ tục,Tên thủ tục")
    assert all(not row.startswith(f"{RECOGNITION},") for row in rows)
    every = client.get(URL, {"co-quan": kind, "dang": "csv"})
    assert f"{RECOGNITION},".encode() in b"".join(every.streaming_content)  # type: ignore[attr-defined]


def test_from_the_process_in_force_to_an_approved_version(
    client: Client, procedure: catalogue.Definition
) -> None:
    draft = begun(client, procedure)
    here = f"{URL}du-thao/{draft.pk}/"
    for part in ("", "bang/", "chay-thu/", "duyet/", "so-do.bpmn"):
        assert client.get(here + part).status_code == 200
    graph = read(draft.drawing.encode()).graph
    step = next(node for node in graph.nodes if node.step == 2)
    form = {"_key": keys.new(), "revision": 1, f"ten.{step.id}": "Xem xét kỹ"}
    assert client.post(f"{here}bang/", form).status_code == 302
    draft.refresh_from_db()
    assert read(draft.drawing.encode()).graph.by_id[step.id].name == "Xem xét kỹ"
    stale = client.post(f"{here}bang/", {**form, "_key": keys.new()})
    assert stale.status_code == 409
    bad = client.post(f"{here}bang/", {"_key": keys.new(), "revision": 2, f"gio.{step.id}": "lâu"})
    assert bad.status_code == 422
    assert "Số giờ “lâu” không hợp lệ" in bad.content.decode()
    told = client.get(f"{URL}{procedure.id}/{draft.variant}/so-sanh/").content.decode()
    assert re.search("Đổi tên bước “.*” thành “Xem xét kỹ”", told)
    checked = {"_key": keys.new(), "revision": 2, "viec": "kiem-tra"}
    assert client.post(f"{here}duyet/", checked).status_code == 302
    draft.refresh_from_db()
    assert draft.state == DraftState.CHECKED
    missing = client.post(f"{here}duyet/", {"_key": keys.new(), "revision": 2})
    assert missing.status_code == 422
    today = clock.today()
    done = client.post(
        f"{here}duyet/",
        {"_key": keys.new(), "revision": 2, "decision_no": "7/QĐ-UBND", "decided_on": today.isoformat(),
         "effective_on": f"{today + timedelta(days=2):%d/%m/%Y}"},
    )  # fmt: skip
    assert done.status_code == 302
    version = ProcessVersion.objects.latest("id")
    assert (version.decision_no, version.effective_on) == ("7/QĐ-UBND", today + timedelta(days=2))
    shown = client.get(f"{URL}{procedure.id}/{draft.variant}/").content.decode()
    assert "Sắp áp dụng" in shown
    assert "7/QĐ-UBND" in shown
    assert client.get(f"{URL}ban/{version.pk}.bpmn").content.decode() == version.drawing


def test_the_editor_is_told_what_is_wrong_with_the_elements_to_mark(
    client: Client, procedure: catalogue.Definition
) -> None:
    draft = begun(client, procedure)
    here = f"{URL}du-thao/{draft.pk}/"
    graph = read(draft.drawing.encode()).graph
    assert client.post(f"{here}kiem-tra/", draft.drawing, "application/xml").json() == {"findings": []}
    step = next(node for node in graph.nodes if node.step == 2)
    worse = replace(
        graph,
        nodes=tuple(
            replace(node, role="", hours=Decimal(9_999)) if node is step else node for node in graph.nodes
        ),
    )
    found = client.post(f"{here}kiem-tra/", write(worse), "application/xml").json()["findings"]
    assert any(step.id in one["elements"] and "vai trò" in one["message"] for one in found)
    assert any("vượt thời hạn" in one["message"] for one in found)
    broken = client.post(f"{here}kiem-tra/", "<x/>", "application/xml").json()["findings"]
    assert [one["message"] for one in broken] == ["Tệp không phải sơ đồ BPMN 2.0."]
    assert ProcessDraft.objects.get().revision == 1
    headers = {"idempotency-key": keys.new(), "x-revision": "1"}
    saved = client.post(f"{here}luu/", write(worse), "application/xml", headers=headers).json()
    assert saved["revision"] == 2
    assert saved["findings"]
    again = client.post(
        f"{here}luu/", write(graph), "application/xml", headers={**headers, "idempotency-key": keys.new()}
    )
    assert again.status_code == 409
    refused = client.post(
        f"{here}luu/", "<x/>", "application/xml", headers={"idempotency-key": keys.new(), "x-revision": "2"}
    )
    assert refused.status_code == 422


def test_a_dry_run_shows_the_way_of_a_past_dossier_and_changes_nothing(client: Client) -> None:
    case = Case.taken_in(RECOGNITION)
    dossier = case.dossier
    draft = begun(client, catalogue.definition(dossier.procedure_version_id))
    before = [(row.id, row.state) for row in workflow.of_subject(case.counter(), dossier.subject)]
    page = client.get(f"{URL}du-thao/{draft.pk}/chay-thu/", {"ho_so": dossier.code}).content.decode()
    assert "(như thực tế)" in page
    assert "Theo bản dự thảo sẽ xong lúc" in page
    assert before == [(row.id, row.state) for row in workflow.of_subject(case.counter(), dossier.subject)]
    nothing = client.get(f"{URL}du-thao/{draft.pk}/chay-thu/", {"ho_so": "khong-co"})
    assert 'role="alert"' in nothing.content.decode()


def test_a_draft_can_be_discarded(client: Client, procedure: catalogue.Definition) -> None:
    draft = begun(client, procedure)
    client.post(f"{URL}du-thao/{draft.pk}/bo/", {"_key": keys.new(), "revision": 1})
    draft.refresh_from_db()
    assert draft.state == DraftState.DISCARDED
    assert client.get(f"{URL}du-thao/{draft.pk}/").status_code == 200


def test_what_data_saved_is_counted_for_who_keeps_procedures(client: Client) -> None:
    page = client.get(f"{URL}tiet-giam/", {"tu": "2023-01-01", "den": "2023-12-31"}).content.decode()
    assert "giấy tờ không phải nộp" in page
    empty = client.get(f"{URL}tiet-giam/", {"tu": "1999-01-01", "den": "1999-01-02"}).content.decode()
    assert "Chưa có gì được tiết giảm" in empty
