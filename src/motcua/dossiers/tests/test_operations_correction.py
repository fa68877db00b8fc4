"""Correcting the intake: a typing error keeps the due date, the wrong procedure is voided and taken in again."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.documents.models import Document
from motcua.dossiers import operations
from motcua.dossiers.models import Answers, Dossier
from motcua.dossiers.operations import NotAcceptable, NotAllowedNow, ReasonMissing
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    MARITAL_STATUS,
    RECOGNITION,
    Case,
    at_state,
    filing,
    key,
    moment,
)
from motcua.kernel.errors import Invalid, Replayed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

WHY = "Gõ nhầm tên và số điện thoại khi tiếp nhận."
HEAD: dict[str, Any] = {"owner_name": "Nguyễn Văn Đúng", "owner_phone": "0911222333"}


def correct(case: Case, **change: Any) -> operations.Done:
    wanted: dict[str, Any] = {"reason": WHY, "head": HEAD, "answers": {}, **change}
    return case.act(operations.correct_intake, **wanted)


def test_a_correction_keeps_the_promise_and_prints_a_replacement() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    before = case.dossier
    first = Document.objects.get(subject=case.subject, kind="slip")
    correct(case, at=moment("2023-10-03", "16:00"))
    after = case.dossier
    assert (after.owner_name, after.owner_folded) == ("Nguyễn Văn Đúng", "nguyen van dung")
    for kept in ("due_at", "original_due_at", "clock", "state", "accepted_at", "clock_started_at", "code"):
        assert getattr(after, kept) == getattr(before, kept), kept
    second = Document.objects.filter(subject=case.subject, kind="slip").latest("id")
    assert (first.number, second.number, second.replaces_id) == ("01/TNHS", "02/TNHS", first.pk)
    assert second.context["replaces_number"] == "01/TNHS"
    assert second.context["owner"]["name"] == "Nguyễn Văn Đúng"


def test_before_and_after_are_kept_apart_from_the_chain() -> None:
    case = Case.taken_in(RECOGNITION)
    old = case.dossier.owner_name
    correct(case)
    entry = traces.last(case.subject)
    assert entry.act == "correct_intake"
    assert entry.payload["fields"] == ["owner_name", "owner_phone"]
    assert entry.due_before == entry.due_after == case.due
    for value in (old, *HEAD.values()):
        assert value not in str(entry.payload)
        assert value not in str(traces.events(case.subject)[-1].payload)
    kept = traces.personal(case.subject, entry.seq)
    assert kept["reason"] == WHY
    assert kept["before_after"]["owner_name"] == [old, "Nguyễn Văn Đúng"]
    assert traces.events(case.subject)[-1].topic == "dossiers.corrected.v1"


def test_an_answer_is_corrected_by_its_key_and_checked_by_the_form() -> None:
    case = Case.taken_in(RECOGNITION)
    kept = Answers.objects.get(subject=case.subject)
    name = next(
        name for name, value in kept.answers.items() if name.endswith("_name") and isinstance(value, str)
    )
    correct(case, head={}, answers={name: "Trần Thị Sửa"})
    changed = Answers.objects.get(subject=case.subject)
    assert (changed.answers[name], changed.revision) == ("Trần Thị Sửa", 2)
    assert {**changed.answers, name: kept.answers[name]} == kept.answers


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "sai"},
        {"head": {}},
        {"head": {"due_at": "2030-01-01"}},
        {"head": {"state": "returned"}},
        {"head": {"owner_name": "  "}},
        {"head": {"sets": 0}},
        {"head": {"return_channel": "pigeon"}},
        {"head": {}, "answers": {"applicant_name": ""}},
    ],
    ids=str,
)
def test_a_wrong_correction_leaves_nothing(change: dict[str, Any]) -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    with pytest.raises((Invalid, ReasonMissing)):
        correct(case, **change)
    assert traces.everything() == before


def refile(case: Case, **more: Any) -> operations.Done:
    wanted: dict[str, Any] = {
        "filing": filing(MARITAL_STATUS, case.at),
        "reason": "Chọn nhầm thủ tục.",
        **more,
    }
    return case.act(operations.void_and_refile, **wanted)


def test_the_wrong_procedure_is_voided_and_taken_in_again() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    done = refile(case)
    old, new = case.dossier, Dossier.objects.get(code=done.code)
    assert (old.state, old.ended_at, old.holder_unit_id, case.tasks) == (State.VOID, case.at, None, [])
    assert (new.state, new.procedure_code, new.refiled_from_id) == (
        State.ACCEPTED,
        MARITAL_STATUS,
        old.subject,
    )
    assert new.code != old.code
    assert [entry.act for entry in traces.entries(new.subject)] == ["file", "accept"]
    last = traces.last(old.subject)
    assert (last.act, last.state_after, last.payload["refiled_as"]) == ("void", "void", new.code)
    assert traces.events(old.subject)[-1].payload["refiled_as"] == new.code
    with pytest.raises(NotAllowedNow):
        refile(case)


def test_the_same_request_again_answers_with_the_new_dossier() -> None:
    case = Case.taken_in(RECOGNITION)
    one = key()
    wish = filing(MARITAL_STATUS, case.at)
    first = refile(case, key=one, filing=wish)
    before = traces.everything()
    again = refile(case, key=one, filing=wish)
    assert (again.code, again.again) == (first.code, True)
    with pytest.raises(Replayed):
        refile(case, key=one, filing=wish, reason="Một lý do khác hẳn.")
    with pytest.raises(Replayed):
        refile(case, key=one, filing=filing(MARITAL_STATUS, case.at, sets=2))
    assert traces.everything() == before


def test_a_refused_refiling_voids_nothing() -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    with pytest.raises(Invalid):
        refile(case, filing=filing(RECOGNITION, case.at))  # the same procedure
    with pytest.raises(NotAcceptable):
        refile(case, filing=filing(MARITAL_STATUS, case.at, papers={}))
    with pytest.raises(ReasonMissing):
        refile(case, reason="")
    assert traces.everything() == before
    with pytest.raises(NotAllowedNow):
        refile(at_state(State.PROCESSED))
