"""What a step names and what it made, by the interface; the same key makes nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.documents.models import Document
from motcua.dossiers.tests import drawn, traces
from motcua.dossiers.tests.test_automatic import at_handling
from motcua.web.desk.tests.test_at_step import naming
from tests.api.callers import Person, at

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_the_interface_tells_what_a_step_names_and_what_it_made() -> None:
    case = at_handling(naming(drawn.base()))
    person, task = Person(case.doer()), case.task
    with at(case.at + timedelta(minutes=5)):
        status, told = person.get(f"/dossiers/{case.code}")
        (step,) = [one for one in told["steps"] if one["task_id"] == task.id]
        assert (status, step["form_parts"], step["prints"]) == (
            200, ["doi_tuong", "noi_dung"], ["control_slip", "to_trinh"],
        )  # fmt: skip
        body = {"task_id": task.id, "outcome": case.usual(), "note": ""}
        before = traces.everything()
        status, refused = person.act(case.code, "complete-step", {**body, "outcome": "khong_co_ket_cuc_nay"})
        assert status >= 400, refused
        assert traces.everything() == before
        status, done = person.act(case.code, "complete-step", body, idempotency="mot-lan")
        assert status == 200, done
        assert set(done["papers"]) == {"control_slip", "to_trinh"}
        status, again = person.act(case.code, "complete-step", body, idempotency="mot-lan")
        assert (status, again["again"], again["papers"]) == (200, True, {})
    assert Document.objects.filter(subject=case.subject, kind="control_slip").count() == 1
