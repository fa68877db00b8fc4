"""A result is corrected over the API, by the people whose act it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from motcua.dossiers import corrections
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, WORDS, at_state
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.organisation.models import Staff
from tests.api.callers import Person, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _monday(province: None) -> Iterator[None]:
    with at(MONDAY.replace(day=9, hour=10)):
        yield


def test_a_result_is_corrected() -> None:
    case = at_state(State.RETURNED)
    staff_id = next(iter(corrections.candidates(SYSTEM, case.dossier, case.at.date())))
    named = organisation.actor_of(Staff.objects.get(pk=staff_id).account_id, case.at)
    counter, head, officer = Person(case.counter()), Person(case.head()), Person(named)
    order = {"ground": "agency_error", "reason": WORDS, "staff_id": staff_id}
    drafted = {"answers": {}, "owner_name": "Nguyễn Văn Đúng"}
    handed = {"old_original": "taken_back", "collector": "Nguyễn Văn Đúng"}

    assert counter.act(case.code, "ask-correction", {"what": "sai"})[0] == 422
    assert counter.act(case.code, "ask-correction", {"what": WORDS})[0] == 200
    assert counter.act(case.code, "ask-correction", {"what": WORDS})[0] == 409
    assert counter.act(case.code, "order-correction", order)[0] == 403
    assert head.act(case.code, "refuse-correction", {"reason": WORDS})[0] == 200
    status, done = head.act(case.code, "order-correction", order)
    assert (status, set(done["papers"])) == (200, {"correction_notice"})
    assert head.act(case.code, "sign-correction", {})[0] == 409
    assert officer.act(case.code, "draft-correction", drafted)[0] == 200
    assert officer.act(case.code, "sign-correction", {})[0] == 403
    status, done = head.act(case.code, "sign-correction", {})
    assert (status, set(done["papers"]), done["state"]) == (200, {"result"}, "returned")
    assert counter.act(case.code, "return-correction", {"collector": "Lan"})[0] == 422
    assert counter.act(case.code, "return-correction", handed)[0] == 200
