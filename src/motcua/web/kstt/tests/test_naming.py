"""Parts of the form and papers of a step: ticked in the table, refused when unknown, told by compare and dry run."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.tests.factories import RECOGNITION, Case
from motcua.edge import keys
from motcua.kernel.process import compile_steps
from motcua.kernel.process.bpmn import read, write
from motcua.platform import clock
from motcua.platform.models import LedgerEntry
from motcua.web.desk.tests.people import text
from motcua.web.kstt.pages import URL
from motcua.web.kstt.tests.test_pages import begun, client, procedure
from motcua.workflow.models import ProcessDraft

__all__ = ["client", "procedure"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def test_the_table_saves_what_is_ticked_and_the_pages_tell_it(
    client: Client, procedure: catalogue.Definition
) -> None:
    draft = begun(client, procedure)
    here = f"{URL}du-thao/{draft.pk}/"
    graph = read(draft.drawing.encode()).graph
    step = next(node for node in graph.nodes if node.step == 2)
    page = text(client.get(f"{here}bang/"))
    assert f'name="phan.{step.id}|con"' in page and f'name="in.{step.id}|control_slip"' in page
    assert "Tờ trình (dự thảo)" in page
    form = {
        "_key": keys.new(), "revision": 1, f"muc.{step.id}": "1", f"phan.{step.id}|con": "1",
        f"phan.{step.id}|cha": "1", f"in.{step.id}|control_slip": "1",
    }  # fmt: skip
    assert client.post(f"{here}bang/", form).status_code == 302
    draft.refresh_from_db()
    saved = read(draft.drawing.encode()).graph.by_id[step.id]
    assert (saved.form_parts, saved.prints) == (("con", "cha"), ("control_slip",))
    page = text(client.get(f"{here}bang/"))
    assert f'name="phan.{step.id}|con" value="1" checked' in page
    assert "kiểm tra Thông tin con, Thông tin cha; lập Phiếu kiểm soát" in page
    told = text(client.get(f"{URL}{procedure.id}/{draft.variant}/so-sanh/"))
    assert "phần tờ khai phải kiểm tra nay là: Thông tin con; Thông tin cha." in told
    assert "giấy tờ tự lập khi xong bước nay là: Phiếu kiểm soát" in told
    assert "Kiểm tra trên tờ khai: Thông tin con; Thông tin cha" in told
    case = Case.taken_in(RECOGNITION)
    run = text(client.get(f"{here}chay-thu/", {"ho_so": case.code}))
    assert "Lập khi xong bước: Phiếu kiểm soát" in run
    lists = text(client.get(here))
    assert '"parts": [["nguoi_nop"' in lists and '["control_slip", "Phi' in lists


def test_the_table_of_the_data_and_the_table_of_the_page_save_the_same(
    client: Client, procedure: catalogue.Definition
) -> None:
    draft = begun(client, procedure)
    drawn = read(draft.drawing.encode()).graph
    step = next(node for node in drawn.nodes if node.step == 2)
    boxes = {f"phan.{step.id}|con": "1", f"phan.{step.id}|cha": "1", f"in.{step.id}|control_slip": "1"}
    form = {"_key": keys.new(), "revision": 1, f"muc.{step.id}": "1", **boxes}
    assert client.post(f"{URL}du-thao/{draft.pk}/bang/", form).status_code == 302
    draft.refresh_from_db()
    by_page = read(draft.drawing.encode()).graph
    table = next(one for one in procedure.body["process"] if one["variant"] == draft.variant)
    named = {"form_parts": ["con", "cha"], "prints": ["control_slip"]}
    by_data = compile_steps(
        {**table, "steps": [{**one, **named} if one["no"] == 2 else one for one in table["steps"]]},
        outcome_names={edge.outcome: edge.name for edge in drawn.edges if edge.outcome},
    )
    assert by_page.by_id[step.id] == by_data.by_id[step.id]
    assert {node.id: (node.form_parts, node.prints) for node in by_page.nodes} == {
        node.id: (node.form_parts, node.prints) for node in by_data.nodes
    }
    assert read(write(by_data)).graph == by_data
    page = text(client.get(f"{URL}du-thao/{draft.pk}/bang/"))
    assert all(f'name="{box}" value="1" checked' in page for box in boxes)


def test_what_the_form_does_not_have_is_refused_with_the_element(
    client: Client, procedure: catalogue.Definition
) -> None:
    draft = begun(client, procedure)
    here = f"{URL}du-thao/{draft.pk}/"
    graph = read(draft.drawing.encode()).graph
    step = next(node for node in graph.nodes if node.step == 2)
    wrong = replace(
        graph,
        nodes=tuple(
            replace(node, form_parts=("khong_co",), prints=("hand_over_list",)) if node is step else node
            for node in graph.nodes
        ),
    )
    checked = client.post(f"{here}kiem-tra/", write(wrong), "application/xml").json()["findings"]
    assert [one["elements"] for one in checked if "khong_co" in one["message"]] == [[step.id]]
    entries = LedgerEntry.objects.count()
    answer = client.post(
        f"{here}luu/", write(wrong), "application/xml",
        headers={"X-Revision": "1", "Idempotency-Key": keys.new()},
    )  # fmt: skip
    assert answer.status_code == 422
    found = answer.json()["findings"]
    assert [one["elements"] for one in found] == [[step.id], [step.id]]
    assert "tờ khai của thủ tục không có phần “khong_co”" in found[0]["message"]
    assert "không lập được giấy tờ mã “hand_over_list”" in found[1]["message"]
    assert ProcessDraft.objects.get(pk=draft.pk).revision == 1
    assert LedgerEntry.objects.count() == entries
    assert clock.today() is not None
