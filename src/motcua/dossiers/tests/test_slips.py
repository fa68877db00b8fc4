"""An immediate dossier gets its slip only when it is asked for, at once or afterwards; every other one has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import DeadlinePolicy
from motcua.documents.models import Document
from motcua.dossiers import operations
from motcua.dossiers.afteroutage import LateReceipt
from motcua.dossiers.rules import Act, DossierNotFound, NoDuty, NotAllowedNow, SlipThere
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    counter,
    filing,
    key,
    moment,
)
from motcua.kernel.counting import TimeUnit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


def slips(case: Case) -> list[Document]:
    return list(Document.objects.filter(subject=case.subject, kind="slip").order_by("pk"))


def test_immediate_at_the_counter_it_stands_in_the_register_without_a_slip() -> None:
    case = Case.taken_in(BIRTH, slip=None)
    assert (slips(case), case.dossier.slip_on_request) == ([], True)
    assert case.dossier.register_no is not None
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["slip"], entry.payload["register_no"]) == (
        Act.ACCEPT, None, case.dossier.register_no,
    )  # fmt: skip
    second = Case.taken_in(RECOGNITION, slip=None)
    assert [one.no for one in slips(second)] == [1], "no number was left out"
    while case.tasks:
        case.step() if case.dossier.state != "processed" else case.hand_over()
    assert case.dossier.state == "returned"


@pytest.mark.parametrize(
    ("procedure", "at", "slip"),
    [(RECOGNITION, MONDAY, None), (BIRTH, moment("2023-10-02", "15:30"), None), (BIRTH, MONDAY, True)],
    ids=["days", "due tomorrow", "asked for"],
)
def test_every_other_one_has_its_slip(procedure: str, at: object, slip: bool | None) -> None:
    case = Case.taken_in(procedure, at, slip=slip)  # type: ignore[arg-type]
    assert len(slips(case)) == 1 and not case.dossier.slip_on_request
    with pytest.raises(SlipThere):
        case.act(operations.issue_slip)
    assert len(slips(case)) == 1


def test_filed_online_an_immediate_one_has_its_slip_in_the_account() -> None:
    case = Case.filed(BIRTH)
    case.accept()
    assert len(slips(case)) == 1


def test_taken_on_paper_during_an_outage_it_has_its_slip() -> None:
    received = MONDAY - timedelta(days=3)
    late = LateReceipt(received_at=received, reason=WORDS)
    done = operations.take_in(
        filing=filing(BIRTH, received), actor=counter(), key=key(), at=MONDAY, late=late
    )
    assert Document.objects.filter(subject=done.subject, kind="slip").count() == 1


def test_asked_for_afterwards_it_is_made_once_with_what_was_promised() -> None:
    case = Case.taken_in(BIRTH, slip=None)
    due, pressed = case.due, key()
    with pytest.raises(NoDuty):
        case.act(operations.issue_slip, actor=case.head())
    done = case.act(operations.issue_slip, key=pressed, at=MONDAY + timedelta(minutes=5))
    again = case.act(operations.issue_slip, key=pressed, at=MONDAY + timedelta(minutes=5))
    (slip,) = slips(case)
    assert again.again and done.papers == {"slip": slip.pk}
    assert slip.context["due_at"] and case.due == due
    assert (slip.no, slip.replaces_id) == (1, None)
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["slip"]) == (Act.ISSUE_SLIP, slip.number)
    assert traces.events(case.subject)[-1].topic == "dossiers.slip_issued.v1"
    with pytest.raises(SlipThere):
        case.act(operations.issue_slip)


def test_every_slip_tells_the_fees_that_were_told_when_it_was_accepted() -> None:
    at_once, asked = Case.taken_in(RECOGNITION, slip=True), Case.taken_in(RECOGNITION, slip=False)
    asked.act(operations.issue_slip)
    (first,), (later,) = slips(at_once), slips(asked)
    assert first.context["fees"] and later.context["fees"] == first.context["fees"]
    for case in (at_once, asked):
        case.act(operations.correct_intake, reason=WORDS, head={"sets": 2}, answers={})
        old, new = slips(case)
        assert (new.replaces_id, new.context["fees"]) == (old.pk, first.context["fees"])


def test_not_by_another_unit_nor_when_all_is_over() -> None:
    case = Case.taken_in(BIRTH, slip=None)
    seq = case.dossier.seq
    with pytest.raises(DossierNotFound):
        case.act(operations.issue_slip, actor=counter(AN_LUU))
    case.act(operations.withdraw, reason=WORDS)
    with pytest.raises(NotAllowedNow):
        case.act(operations.issue_slip)
    assert (case.dossier.seq, slips(case)) == (seq + 1, [])


def test_where_the_province_names_no_immediate_limit_all_have_slips() -> None:
    row = DeadlinePolicy.objects.get(params__has_key="slip_on_request")
    assert row.params["slip_on_request"] == [TimeUnit.SAME_DAY.value]
    DeadlinePolicy.objects.filter(pk=row.pk).update(params={**row.params, "slip_on_request": []})
    catalogue.forget_brief()
    try:
        assert len(slips(Case.taken_in(BIRTH, slip=None))) == 1
    finally:
        DeadlinePolicy.objects.filter(pk=row.pk).update(params=row.params)
        catalogue.forget_brief()
