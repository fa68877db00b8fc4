"""Verification on site: planned, moved, called off, recorded; clock, limits of interlinked parts, marked steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import operations as documents
from motcua.documents.models import Document
from motcua.dossiers import duedates, operations, verifications, verifying
from motcua.dossiers.models import Verification
from motcua.dossiers.rules import DossierNotFound, NoDuty, ReasonMissing
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    PDF,
    RECOGNITION,
    WORDS,
    Case,
    counter,
    holder,
    reissued,
    unit,
)
from motcua.dossiers.verifying import (
    MinutesMissing,
    Participant,
    VerificationClosed,
    VerificationNotFound,
    VerificationState,
)
from motcua.kernel.actor import SYSTEM, Role
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.platform import history
from motcua.platform.models import OutboxEvent
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    workflow.forget()  # versions that a test published and took back


def in_hand() -> Case:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    return case


def test_planned_and_recorded_it_is_kept_with_the_dossier_and_the_clock_goes_on() -> None:
    case = in_hand()
    due, state, officer = case.due, case.dossier.state, case.doer()
    case.plan_visit()
    (visit,) = verifications.of_dossier(officer, case.subject)
    assert (visit.state, visit.is_open, visit.applicant_needed) == ("planned", True, True)
    assert [one.code for one in verifications.to_make(officer)] == [case.code]
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["verification"], entry.payload["applicant"]) == (
        "plan_verification", visit.id, True,
    )  # fmt: skip
    assert "Nhà số 12" not in str(entry.payload)  # a personal value: in the side table
    event = OutboxEvent.objects.get(topic="dossiers.verification_planned.v1", subject=case.subject)
    assert "Nhà số 12" not in str(event.payload)
    photo = documents.store_upload(actor=officer, name="anh.pdf", data=PDF, at=case.at)
    done = case.record_visit(verification_id=visit.id, file_ids=[photo.pk])
    (made,) = verifications.of_dossier(officer, case.subject)
    assert (made.state, made.document_id, made.file_ids) == (
        "recorded",
        done.papers["site_minutes"],
        [photo.pk],
    )
    assert made.purpose == "Nơi cư trú thực tế của gia đình."
    paper = Document.objects.get(pk=made.document_id or 0)
    assert paper.number.endswith("BBXM")
    assert [one["name"] for one in paper.context["participants"]] == ["Đỗ Xuân Phong", "Nguyễn Văn Hùng"]
    assert (paper.context["files"], paper.context["purpose"]) == (1, "Nơi cư trú thực tế của gia đình.")
    assert traces.last(case.subject).payload["form"] == paper.number
    assert OutboxEvent.objects.filter(topic="dossiers.verified_on_site.v1", subject=case.subject).exists()
    assert verifications.to_make(officer) == []
    assert (case.due, case.dossier.state) == (due, state)
    with pytest.raises(VerificationClosed):
        case.record_visit(verification_id=visit.id)
    case.process()


def test_it_is_moved_and_called_off_with_a_reason() -> None:
    case = in_hand()
    case.plan_visit()
    number = Verification.objects.get().pk
    moved: dict[str, Any] = {
        "verification_id": number, "planned_at": case.at + timedelta(days=3), "place": "Trụ sở tổ dân phố",
        "visitors": "Công chức Tư pháp", "applicant_needed": True,
    }  # fmt: skip
    with pytest.raises(ReasonMissing):
        case.act(operations.move_verification, actor=case.doer(), reason="mưa", **moved)
    case.act(operations.move_verification, actor=case.doer(), reason=WORDS, **moved)
    row = Verification.objects.get()
    assert (row.place, row.moved, row.reason, row.planned_at) == (
        "Trụ sở tổ dân phố", 1, WORDS, moved["planned_at"],
    )  # fmt: skip
    case.act(operations.call_off_verification, actor=case.doer(), verification_id=number, reason=WORDS)
    assert Verification.objects.get().state == VerificationState.CALLED_OFF
    with pytest.raises(VerificationClosed):
        case.act(operations.call_off_verification, actor=case.doer(), verification_id=number, reason=WORDS)
    acts = [entry.act for entry in traces.entries(case.subject)]
    assert acts[-3:] == ["plan_verification", "move_verification", "call_off_verification"]


def test_only_who_holds_it_plans_and_a_refusal_leaves_nothing() -> None:
    case = in_hand()
    stranger = holder(organisation.root_of(unit(AN_LUU).id).id, Role.AGENCY_HEAD)
    before = traces.everything()
    refusals: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"actor": counter()}, NoDuty),
        ({"actor": stranger}, DossierNotFound),
        ({"planned_at": case.at - timedelta(days=1)}, Invalid),
        ({"planned_at": None}, Invalid),
        ({"place": " "}, Invalid),
        ({"purpose": "gì"}, Invalid),
        ({"visitors": ""}, Invalid),
    ]
    for wrong, kind in refusals:
        with pytest.raises(kind):
            case.plan_visit(**wrong)
        assert traces.everything() == before
    case.plan_visit()
    number, kept = Verification.objects.get().pk, traces.everything()
    wrongs: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"actor": counter()}, NoDuty),
        ({"verification_id": number + 1}, VerificationNotFound),
        ({"ended_at": case.at + timedelta(days=1)}, Invalid),
        ({"began_at": case.at - timedelta(days=9)}, Invalid),
        ({"participants": []}, Invalid),
        ({"participants": [Participant("Hùng", "")]}, Invalid),
        ({"findings": ""}, Invalid),
        ({"conclusion": ""}, Invalid),
        ({"file_ids": [10**9]}, NotFound),
    ]
    for wrong, kind in wrongs:
        with pytest.raises(kind):
            case.record_visit(**{"verification_id": number, **wrong})
        assert traces.everything() == kept


def test_while_the_applicant_is_waited_for_who_planned_it_still_records_it() -> None:
    case = in_hand()
    officer = case.doer()
    case.plan_visit(actor=officer)
    case.ask()
    assert case.tasks == []
    with pytest.raises(NoDuty):
        case.record_visit(actor=officer)  # another visit than the planned one: nobody holds a step
    case.record_visit(actor=officer, verification_id=Verification.objects.get().pk)
    assert Verification.objects.get().state == VerificationState.RECORDED


def test_a_step_marked_as_verification_on_site_needs_its_minutes() -> None:
    task = in_hand().task
    reissued(RECOGNITION, {task.node: {"on_site": True}})
    case = in_hand()
    assert case.bundle.graph.by_id[case.task.node].on_site
    before = traces.everything()
    with pytest.raises(MinutesMissing):
        case.act(operations.complete_step, actor=case.doer(), task_id=case.task.id, outcome=case.usual())
    assert traces.everything() == before
    case.record_visit()
    case.act(operations.complete_step, actor=case.doer(), task_id=case.task.id, outcome=case.usual())
    case.process()


def test_a_due_date_that_verification_moved_says_why() -> None:
    happened = history.Happened(
        3, "plan_verification", "staff", 1, 1, None, None, None, MONDAY, MONDAY + timedelta(days=3), MONDAY, MONDAY,
        {"limit": {"value": "5", "unit": "working_days"}, "limit_before": {"value": "2", "unit": "working_days"}},
        None,
    )  # fmt: skip
    (change,) = duedates.changes([happened])
    assert change.ground == "Hẹn xác minh thực địa: thời hạn 5 ngày làm việc thay 2 ngày làm việc"


def test_what_they_cost() -> None:
    warm = in_hand()
    warm.plan_visit()
    case = in_hand()
    officer = case.doer()
    with CaptureQueriesContext(connection) as captured:
        case.plan_visit(actor=officer)
    assert (
        len([one for one in captured if "SAVEPOINT" not in (one["sql"] or "")]) <= 14
    )  # BEGIN, COMMIT beside
    number = Verification.objects.latest("pk").pk
    photo = documents.store_upload(actor=officer, name="anh.pdf", data=PDF, at=case.at)
    with CaptureQueriesContext(connection) as captured:
        case.record_visit(actor=officer, verification_id=number, file_ids=[photo.pk])
    assert len([one for one in captured if "SAVEPOINT" not in (one["sql"] or "")]) <= 14
    assert verifications.of_dossier(SYSTEM, case.subject)


MINUTE = st.integers(0, 10_000).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@given(began=MINUTE, ended=MINUTE, at=MINUTE)
def test_minutes_are_of_a_visit_that_is_over(began: datetime, ended: datetime, at: datetime) -> None:
    said: dict[str, Any] = {
        "began_at": began, "ended_at": ended, "at": at, "accepted_at": None, "place": "Nhà số 12",
        "participants": [Participant("Hùng", "tổ trưởng")], "findings": "Đúng như tờ khai.",
        "conclusion": "Phù hợp với thực tế.",
    }  # fmt: skip
    if began <= ended <= at:
        assert verifying.minutes(**said).ended_at == ended
    else:
        with pytest.raises(Invalid):
            verifying.minutes(**said)


@given(st.lists(st.tuples(st.text("ab ", min_size=1), st.text("cd ,", min_size=1)), max_size=5))
def test_people_are_read_line_by_line(people: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{name}, {role}" for name, role in people)
    found = verifying.people(text)
    assert [(one.name, one.role) for one in found] == [(name.strip(), role.strip()) for name, role in people]
