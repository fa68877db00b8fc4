"""What a step names, at the step: parts of the form to check there, papers it makes, offered for print after it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from motcua.documents.models import Document
from motcua.dossiers.rules import State
from motcua.dossiers.tests import drawn
from motcua.dossiers.tests.factories import Case, at_state
from motcua.dossiers.tests.test_automatic import at_handling
from motcua.kernel.process import Flow, Graph
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def naming(graph: Graph) -> Graph:
    """Return the process whose step of handling names two parts of the form and two papers."""
    step = drawn.handling(graph)
    named = replace(step, form_parts=("doi_tuong", "noi_dung"), prints=("control_slip", "to_trinh"))
    return replace(graph, nodes=tuple(named if node is step else node for node in graph.nodes))


def summaries(page: str) -> list[tuple[bool, str]]:
    """Return the folded parts of a page: whether they are open, and what they are called."""
    found = re.findall(r'<details class="fold"( open)?><summary><strong>([^<]+)</strong>', page)
    return [(bool(open_), name) for open_, name in found]


def test_the_holder_sees_the_parts_to_check_first_and_the_rest_folded() -> None:
    case = at_handling(naming(drawn.base()))
    url = f"/can-bo/ho-so/{case.code}/"
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(signed_in(case.doer()).get(url))
        assert f"Kiểm tra tờ khai ở bước “{case.task.name}”" in page
        named = {"Nội dung đề nghị", "Đối tượng"}
        assert {name for open_, name in summaries(page) if open_} <= named
        assert "Người nộp hồ sơ" in [name for open_, name in summaries(page) if not open_]
        assert not named & {name for open_, name in summaries(page) if not open_}
        assert "Xong bước này hệ thống lập: Phiếu kiểm soát quá trình giải quyết hồ sơ (mẫu 05)" in page
        back = next(e for e in case.bundle.graph.outgoing[case.task.node] if e.flow is not Flow.FORWARD)
        form = text(signed_in(case.doer()).get(f"{url}hoan-thanh/?viec={case.task.id}&cach={back.outcome}"))
        assert "Kiểm tra tờ khai ở bước" in form or back.flow is not Flow.NEGATIVE
        other = text(signed_in(case.counter()).get(url))
        assert "Kiểm tra tờ khai ở bước" not in other
        assert {name for _, name in summaries(other)} >= named


def test_after_the_step_its_papers_are_offered_for_print_and_stay_in_the_course() -> None:
    case = at_handling(naming(drawn.base()))
    doer, url = case.doer(), f"/can-bo/ho-so/{case.code}/"
    client = signed_in(doer)
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get(url))
        form = sent(page, viec=case.task.id, cach=case.usual(), note="")
        done = client.post(f"{url}hoan-thanh/", form)
        slip = Document.objects.get(subject=case.subject, kind="control_slip")
        draft = Document.objects.get(subject=case.subject, kind="draft")
        assert done.status_code == 302
        assert done["Location"] == f"{url}?in={slip.pk},{draft.pk}"
        page = text(client.get(done["Location"]))
        assert "Giấy tờ của bước vừa xong" in page
        assert "In: Phiếu kiểm soát quá trình giải quyết hồ sơ" in page and "In: Dự thảo: Tờ trình" in page
        assert client.get(f"{url}giay/{slip.pk}/")["Content-Type"] == "application/pdf"
        again = client.post(f"{url}hoan-thanh/", form)  # a double click
        assert again.status_code == 302
        assert Document.objects.filter(subject=case.subject, kind="control_slip").count() == 1
        later = text(client.get(url))
        assert "Giấy tờ của bước vừa xong" not in later
        assert f'In: <a href="{url}giay/{slip.pk}/"' in later


def test_papers_of_other_dossiers_are_not_offered_by_an_address() -> None:
    other = at_state(State.ACCEPTED)
    foreign = Document.objects.filter(subject=other.subject)[0]
    case = Case.taken_in()
    client = signed_in(case.counter())
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get(f"/can-bo/ho-so/{case.code}/?in={foreign.pk},x,-1,99999999999999999999"))
    assert "Giấy tờ của bước vừa xong" not in page
