"""Many dossiers at once through pages and the interface: ticked, asked once, followed, stopped, repeated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.api.callers import Person

from motcua.dossiers.models import BulkRun
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, Case, counter
from motcua.kernel.actor import Actor
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(hours=1)


def forwarded(count: int = 2) -> tuple[list[Case], Actor]:
    chosen = [Case.taken_in(RECOGNITION) for _ in range(count)]
    for case in chosen:
        case.forward()
    return chosen, chosen[0].doer()


def work() -> int:
    run = BulkRun.objects.order_by("-subject")[0].subject
    while bulk.carry_out_next(run=run, at=LATER):
        pass
    return run


def marks(*chosen: Case) -> list[str]:
    return [f"{case.code}|{case.dossier.seq}|{case.task.id}" for case in chosen]


def do(client: Client, act: str, ticked: list[str], **typed: Any) -> Any:
    """Tick rows, choose the act, fill in its form and send it."""
    page = client.post("/can-bo/hang-loat/chon/", {"viec": act, "chon": ticked})
    assert page.status_code == 200, text(page)
    return client.post("/can-bo/hang-loat/bat-dau/", sent(text(page), chon=ticked, **typed))


def test_ticked_rows_are_taken_and_completed_with_one_result() -> None:
    chosen, officer = forwarded()
    client = signed_in(officer)
    with clock.at(LATER):
        listing = text(client.get("/can-bo/viec/"))
        assert all(f'value="{mark}"' in listing for mark in marks(*chosen))
        answer = do(client, "nhan", marks(*chosen))
        assert answer.status_code == 302
        page = text(client.get(answer.url))
        assert "Dừng lại" in page and "2 còn chờ" in page
        work()
        page = text(client.get(answer.url))
        assert "2 đã làm" in page and "Dừng lại" not in page and "Làm lại" not in page
        assert {case.task.assignee_id for case in chosen} == {officer.staff_id}
        outcome = chosen[0].usual()
        answer = do(client, "hoan-thanh", marks(*chosen), outcome=outcome, note="")
        assert answer.status_code == 302, text(answer)
        work()
        assert {traces.last(case.subject).payload["outcome"] for case in chosen} == {outcome}
        assert "Hoàn thành bước, 2 hồ sơ" in text(client.get("/can-bo/hang-loat/"))


def test_the_whole_filtered_list_at_once() -> None:
    chosen, officer = forwarded(3)
    client = signed_in(officer)
    with clock.at(LATER):
        page = client.post("/can-bo/hang-loat/chon/", {"viec": "nhan", "tat-ca": "1", "query": ""})
        assert all(case.code in text(page) for case in chosen)
        other = client.post(
            "/can-bo/hang-loat/chon/", {"viec": "nhan", "tat-ca": "1", "query": "han=qua-han"}
        )
    assert other.status_code == 302  # nothing is late


def test_a_negative_result_needs_its_reason_before_anything_starts() -> None:
    chosen, officer = forwarded()
    client = signed_in(officer)
    edges = chosen[0].bundle.graph.outcomes(chosen[0].task.node)
    negative = next(edge.outcome for edge in edges if edge.flow.value in ("negative", "back"))
    before = traces.everything()
    with clock.at(LATER):
        answer = do(client, "hoan-thanh", marks(*chosen), outcome=negative, note="không")
    assert answer.status_code == 422
    assert "phải ghi lý do" in text(answer)
    assert traces.everything() == before


def test_refusals_are_listed_with_their_reason_and_taken_up_again() -> None:
    chosen, officer = forwarded()
    client = signed_in(officer)
    ticked = marks(*chosen)
    chosen[1].step(actor=officer)
    with clock.at(LATER):
        answer = do(client, "nhan", ticked)
        run = work()
        page = text(client.get(f"{answer.url}?xem=loi"))
        assert chosen[1].code in page and chosen[0].code not in page
        assert "Làm lại 1 hồ sơ" in page
        assert client.post(f"{answer.url}lam-lai/", sent(page)).status_code == 302
        assert BulkRun.objects.get(pk=run).state == "running"


def test_forward_everything_that_waits() -> None:
    chosen = [Case.taken_in(RECOGNITION) for _ in range(3)]
    client = signed_in(counter())
    with clock.at(LATER):
        page = text(client.get("/can-bo/cho/chua-chuyen/"))
        answer = client.post("/can-bo/hang-loat/chuyen-het/", sent(page))
        assert answer.status_code == 302
        assert work()
    assert {case.dossier.state for case in chosen} == {State.IN_PROCESS}


def test_nobody_sees_or_stops_the_run_of_another() -> None:
    chosen, officer = forwarded(1)
    client, stranger = signed_in(officer), signed_in(counter(AN_LUU))
    with clock.at(LATER):
        url = do(client, "nhan", marks(*chosen)).url
        page = text(client.get(url))
        assert stranger.get(url).status_code == 404
        assert stranger.post(f"{url}dung/", sent(page)).status_code == 404
        assert client.post(f"{url}dung/", sent(page)).status_code == 302
        assert "chưa làm vì đã dừng" in text(client.get(url))


def test_the_interface_begins_follows_and_stops() -> None:
    chosen, officer = forwarded()
    person = Person(officer)
    with clock.at(LATER):
        body = {
            "act": "take",
            "dossiers": [{"code": case.code, "task_id": case.task.id} for case in chosen],
        }
        status, told = person.post("/bulk", body)
        assert (status, told["waiting"], told["state"]) == (202, 2, "running")
        run = told["run"]
        work()
        status, told = person.get(f"/bulk/{run}")
        assert (told["state"], told["done"]) == ("finished", 2)
        assert [item["state"] for item in told["items"]] == ["done", "done"]
        assert person.post(f"/bulk/{run}/stop")[0] == 409
        assert person.post(f"/bulk/{run}/repeat")[0] == 409
        assert person.post("/bulk", {**body, "act": "accept"})[0] == 422
        assert Person(counter(AN_LUU)).get(f"/bulk/{run}")[0] == 404
        assert Person().get(f"/bulk/{run}")[0] == 401
