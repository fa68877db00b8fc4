"""Hands kept apart, and several signatures, as the pages and papers of the desk show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import opened
from motcua.dossiers.tests.factories import RECOGNITION, Case, reissued
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.web.desk.tests.people import signed_in
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _forget(province: None) -> Iterator[None]:
    yield
    workflow.forget()


def test_the_page_says_why_a_step_is_not_theirs() -> None:
    sample = Case.taken_in(RECOGNITION)
    first, signing = sample.task.node, sample.bundle.graph.decision
    assert signing is not None
    reissued(RECOGNITION, {signing.id: {"not_by": (first,)}})
    case = Case.taken_in(RECOGNITION)
    officer, head = case.doer(), case.head()
    unit = tasks.resolve(opened(case.dossier, SYSTEM, case.at))(signing.unit_kind)
    Duty.objects.create(
        staff_id=officer.staff_id or 0, unit_id=unit.id, role=signing.role, scope="unit", fields=[],
        valid_from=date(2021, 1, 1),
    )  # fmt: skip
    officer = organisation.actor_of(officer.account_id, case.at)
    case.step(actor=officer)
    page = signed_in(officer).get(f"/can-bo/ho-so/{case.code}/").content.decode()
    assert "Quy trình yêu cầu bước này do người khác làm" in page
    assert f'name="viec" value="{case.task.id}"' not in page
    assert (
        f'name="viec" value="{case.task.id}"'
        in signed_in(head).get(f"/can-bo/ho-so/{case.code}/").content.decode()
    )


def test_the_control_slip_is_printed_with_its_signatures() -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    case.step()
    slip = signed_in(case.counter()).get(f"/can-bo/ho-so/{case.code}/phieu-kiem-soat.pdf")
    assert slip.status_code == 200
    assert slip.content.startswith(b"%PDF")
