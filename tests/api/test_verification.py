"""Verification on site over the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from motcua.dossiers.models import Verification
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, WORDS, Case
from motcua.workflow import queries as workflow
from tests.api.callers import Person, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(hour=10)):
        yield
    workflow.forget()


def test_a_visit_is_planned_moved_called_off_and_another_recorded() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    officer = Person(case.doer())
    visit = {
        "planned_at": "2023-10-04T08:30:00+07:00", "place": "Nhà số 12", "visitors": "Công chức Tư pháp",
        "applicant_needed": True,
    }  # fmt: skip
    plan = {**visit, "purpose": "Nơi cư trú thực tế của gia đình."}
    assert (
        officer.act(case.code, "plan-verification", {**plan, "planned_at": "2023-10-04T08:30:00"})[0] == 422
    )
    assert (
        officer.act(case.code, "plan-verification", {**plan, "planned_at": "2023-10-01T08:30:00+07:00"})[0]
        == 422
    )
    assert officer.act(case.code, "plan-verification", plan)[0] == 200
    number = Verification.objects.get().pk
    move = {**visit, "verification_id": number, "planned_at": "2023-10-05T08:30:00+07:00", "reason": WORDS}
    assert officer.act(case.code, "move-verification", move)[0] == 200
    off = {"verification_id": number, "reason": WORDS}
    assert officer.act(case.code, "call-off-verification", off)[0] == 200
    assert officer.act(case.code, "call-off-verification", off)[0] == 409
    minutes = {
        "began_at": "2023-10-02T09:00:00+07:00", "ended_at": "2023-10-02T09:40:00+07:00", "place": "Nhà số 12",
        "participants": [{"name": "Đỗ Xuân Phong", "role": "công chức"}], "findings": "Đúng như tờ khai.",
        "conclusion": "Phù hợp với thực tế.",
    }  # fmt: skip
    assert officer.act(case.code, "record-verification", {**minutes, "participants": []})[0] == 422
    status, done = officer.act(case.code, "record-verification", minutes)
    assert (status, set(done["papers"])) == (200, {"site_minutes"})
    assert Person(case.counter()).act(case.code, "record-verification", minutes)[0] == 403
