"""A citizen hands in near home what an agency elsewhere decides, and follows it in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import Dossier
from motcua.dossiers.tests.factories import (
    AN_LUU,
    EXTRACT,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    unit,
)
from motcua.forms import rules as form_rules
from motcua.forms.models import Draft
from motcua.platform import clock
from motcua.setup.scan import sample_file
from motcua.web.portal.tests.test_mine import visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def begun(procedure: str) -> tuple[Client, str]:
    client = visitor(citizen())
    client.post(f"/nop-ho-so/{procedure}/")
    where = f"/nop-ho-so/{procedure}/{Draft.objects.latest('id').pk}"
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    return client, where


def test_a_nearer_unit_is_offered_only_for_what_is_listed() -> None:
    client, where = begun(RECOGNITION)
    page = client.get(f"{where}/noi-nhan/")
    assert page.context["near"] is None
    answer = client.get(f"/thu-tuc/{EXTRACT}/").content.decode()
    assert "Nộp được ở nơi gần nhà" in answer
    assert "Nộp được ở nơi gần nhà" not in client.get(f"/thu-tuc/{RECOGNITION}/").content.decode()


def test_filed_near_home_decided_elsewhere() -> None:
    actor = citizen()
    client = visitor(actor)
    client.post(f"/nop-ho-so/{EXTRACT}/")
    draft = Draft.objects.latest("id")
    where = f"/nop-ho-so/{EXTRACT}/{draft.pk}"
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    page = client.post(f"{where}/noi-nhan/", {"unit": unit(AN_LUU).id, "_reload": "1"})
    near = page.context["near"]
    assert str(unit(TAN_DAN).id) in {option.value for option in near.options}
    assert "Tại chính nơi giải quyết" in page.content.decode()
    chosen = {"unit": unit(AN_LUU).id, "near": unit(TAN_DAN).id, "return_channel": "direct", "_next": "1"}
    assert client.post(f"{where}/noi-nhan/", chosen).status_code == 302
    definition = catalogue.current(EXTRACT, clock.today())
    answers = form_rules.sample_answers(definition.body["eform"], {}, clock.today())
    Draft.objects.filter(pk=draft.pk).update(answers=answers)
    wanted = [paper for paper in client.get(f"{where}/giay-to/").context["papers"] if paper.required]
    files = {paper.input: SimpleUploadedFile("a.pdf", sample_file(), "application/pdf") for paper in wanted}
    assert client.post(f"{where}/giay-to/", {"_next": "1", **files}).status_code == 302
    review = client.get(f"{where}/kiem-tra/")
    assert "Cơ quan giải quyết" in review.content.decode()
    sent = {"_key": review.context["key"], "_submit": "1", "consent": "on"}
    answer = client.post(f"{where}/kiem-tra/", sent)
    assert answer.status_code == 302, (answer.context["general"], answer.context["errors"])
    d = Dossier.objects.get()
    assert (d.non_territorial, d.receiving_unit_id, d.competent_unit_id) == (
        True,
        unit(TAN_DAN).id,
        unit(AN_LUU).id,
    )
    case = Case(d.code, d.subject, MONDAY)
    case.accept(actor=counter())
    mine = f"/ho-so-cua-toi/{d.code}/"
    shown = client.get(mine).content.decode()
    assert "Dự kiến trả kết quả" in shown and "Đang chuyển đến cơ quan giải quyết" in shown
    case.forward()
    case.confirm()
    shown = client.get(mine).content.decode()
    assert "Cơ quan giải quyết đã nhận hồ sơ" in shown and "ngày này thay ngày dự kiến" in shown
