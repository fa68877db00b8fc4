"""Opinions and moves to a new version over the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from motcua.dossiers.models import Opinion
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    approved_version,
    holder,
    kstt,
    unit,
)
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow
from tests.api.callers import Person, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=10)):
        yield
    workflow.forget()


def test_an_opinion_is_asked_given_and_recalled() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    root = organisation.root_of(unit(AN_LUU).id)
    officer, head = Person(case.doer()), Person(holder(root.id, Role.AGENCY_HEAD))
    asked = {
        "units": [root.code],
        "content": "Đề nghị xác nhận nơi cư trú.",
        "due_at": "2023-10-04T17:00:00+07:00",
    }
    assert officer.act(case.code, "ask-opinion", {**asked, "due_at": "2023-10-04T17:00:00"})[0] == 422
    status, done = officer.act(case.code, "ask-opinion", asked)
    assert (status, set(done["papers"])) == (200, {"opinion_request"})
    first = Opinion.objects.get()
    given = {"opinion_id": first.pk, "stance": "agree", "text": ""}
    assert head.act(case.code, "give-opinion", given)[0] == 200
    assert head.act(case.code, "give-opinion", given)[0] == 409
    assert officer.act(case.code, "ask-opinion", asked)[0] == 200
    number = Opinion.objects.latest("pk").pk
    assert officer.act(case.code, "recall-opinion", {"opinion_id": number, "reason": WORDS})[0] == 200


def test_a_dossier_is_moved_to_a_version() -> None:
    case = Case.taken_in(RECOGNITION)
    version = approved_version(case)
    body = {"version_id": version.pk, "reason": WORDS}
    assert Person(case.head()).act(case.code, "move-version", body)[0] == 403
    assert Person(kstt()).act(case.code, "move-version", body)[0] == 200
    assert case.dossier.process_version_id == version.pk
