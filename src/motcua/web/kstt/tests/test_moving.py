"""The page on which running dossiers are moved to a new version, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.test import Client
from tests.api.callers import at

from motcua.dossiers.models import BulkItem, BulkRun
from motcua.dossiers.operations import bulk
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, approved_version, kstt
from motcua.edge import keys
from motcua.web.desk.tests.people import signed_in
from motcua.web.kstt.pages import URL
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=16)):
        yield
    workflow.forget()


@pytest.fixture
def client() -> Client:
    return signed_in(kstt())


def here(case: Case) -> str:
    process = case.bundle.process
    return f"{URL}{process.procedure_version_id}/{process.variant}/"


def test_what_changes_is_shown_for_each_and_then_done(client: Client) -> None:
    cases = [Case.taken_in(RECOGNITION) for _ in range(2)]
    cases[1].step()
    graph = cases[0].bundle.graph
    node = cases[0].task.node
    old = cases[0].dossier.process_version_id
    nodes = tuple(replace(one, id="moi") if one.id == node else one for one in graph.nodes)
    edges = tuple(
        replace(
            edge,
            source="moi" if edge.source == node else edge.source,
            target="moi" if edge.target == node else edge.target,
        )
        for edge in graph.edges
    )
    version = approved_version(cases[0], replace(graph, nodes=nodes, edges=edges))
    assert "Chuyển 2 hồ sơ đang theo bản cũ" in client.get(here(cases[0])).content.decode()
    page = client.get(f"{here(cases[0])}chuyen/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Không chuyển được" in text
    assert f'name="buoc.{node}"' in text
    assert f"{cases[1].code}|" in text
    assert f'value="{cases[0].code}|' not in text
    form = {"tu": old, "den": version.pk, f"buoc.{node}": "moi", "_key": keys.new()}
    before = traces.everything()
    seen = client.post(f"{here(cases[0])}chuyen/", {**form, "viec": "xem"}).content.decode()
    assert "Không chuyển được" not in seen
    assert traces.everything() == before
    marks = [f"{case.code}|{case.dossier.seq}" for case in cases]
    short = client.post(f"{here(cases[0])}chuyen/", {**form, "viec": "chuyen", "chon": marks, "ly_do": "vì"})
    assert short.status_code == 422
    assert "Ghi rõ lý do" in short.content.decode()
    none = client.post(
        f"{here(cases[0])}chuyen/",
        {**form, "viec": "chuyen", "_key": keys.new(), "ly_do": "Theo quy trình mới."},
    )
    assert none.status_code == 422
    done = client.post(
        f"{here(cases[0])}chuyen/",
        {
            **form,
            "viec": "chuyen",
            "chon": marks,
            "_key": keys.new(),
            "ly_do": "Theo quy trình mới đã duyệt.",
        },
    )
    assert done.status_code == 302
    run = BulkRun.objects.get(act="move_version")
    assert done["Location"] == f"/can-bo/hang-loat/{run.pk}/"
    while bulk.carry_out_next(run=run.pk, at=MONDAY.replace(hour=16)):
        pass
    assert set(BulkItem.objects.values_list("state", flat=True)) == {"done"}
    assert cases[0].task.node == "moi"
    progress = client.get(done["Location"]).content.decode()
    assert "Chuyển sang bản quy trình mới: 2 hồ sơ" in progress
    assert "Không có hồ sơ nào chạy theo bản khác" in client.get(f"{here(cases[0])}chuyen/").content.decode()
    head = signed_in(cases[0].head())
    told = head.get("/can-bo/bao-tin/").content.decode()
    assert cases[0].code in told
    assert "Quyết định 15/QĐ-UBND" in told
    number = re.findall(r"/can-bo/bao-tin/(\d+)/", told)[-1]
    assert head.post(f"/can-bo/bao-tin/{number}/da-xem/").status_code == 302
    assert f"/can-bo/bao-tin/{number}/" not in head.get("/can-bo/bao-tin/").content.decode()
    assert client.post(f"/can-bo/bao-tin/{number}/da-xem/").status_code == 404


def test_only_for_who_keeps_processes(client: Client) -> None:
    case = Case.taken_in(RECOGNITION)
    assert signed_in(case.head()).get(f"{here(case)}chuyen/").status_code == 403
    assert "Chưa có bản quy trình nào được phê duyệt" in client.get(f"{here(case)}chuyen/").content.decode()
    assert client.get(f"{URL}{case.dossier.procedure_version_id}/khong-co/chuyen/").status_code == 404
