"""A result issued with a mistake: asked, refused, ordered, drafted, signed, handed over; what is left where."""

from __future__ import annotations

from typing import Any

import pytest

from motcua.documents import queries as documents
from motcua.documents.models import Document
from motcua.documents.rules import DocumentKind
from motcua.dossiers import corrections, operations, tellings
from motcua.dossiers.correcting import (
    CorrectionOpen,
    CorrectionState,
    Fault,
    NothingToCorrect,
    ResultBeingCorrected,
    ground,
    grounds,
)
from motcua.dossiers.models import ResultCorrection
from motcua.dossiers.rules import NoDuty, ReasonMissing, State
from motcua.dossiers.telling import TellKind
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    RECOGNITION,
    WORDS,
    Case,
    citizen,
    counter,
    key,
)
from motcua.kernel.actor import SYSTEM, Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Staff
from motcua.repository.models import Holding, HoldingUse
from motcua.repository.rules import HoldingState

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


def owned(state: State = State.RETURNED) -> tuple[Case, Actor]:
    """Return a dossier of a citizen whose result waits, or was handed over, and the citizen."""
    me = citizen()
    case = Case.taken_in(RECOGNITION, owner_id=me.party_id, submitter_id=me.party_id)
    case.process()
    if state is State.RETURNED:
        case.hand_over()
    return case, me


def officer(case: Case) -> Actor:
    """Return the first of those who may be named to prepare a new result."""
    found = corrections.candidates(SYSTEM, case.dossier, case.at.date())
    return organisation.actor_of(Staff.objects.get(pk=next(iter(found))).account_id, case.at)


def order(case: Case, **more: Any) -> operations.Done:
    given = {"ground": "agency_error", "reason": WORDS, "staff_id": officer(case).staff_id, **more}
    return case.act(operations.order_correction, actor=given.pop("actor", None) or case.head(), **given)


def draft(case: Case, name: str = "Nguyễn Văn Đúng", **more: Any) -> operations.Done:
    actor = more.pop("actor", None) or officer(case)
    return case.act(operations.draft_correction, actor=actor, answers={}, owner_name=name, **more)


def sign(case: Case, **more: Any) -> operations.Done:
    return case.act(operations.sign_correction, actor=more.pop("actor", None) or case.head(), **more)


def row(case: Case) -> corrections.CorrectionRow:
    return corrections.of_dossier(SYSTEM, case.subject)[0]


def test_a_result_handed_over_is_asked_about_ordered_drafted_signed_and_exchanged() -> None:
    case, me = owned()
    first = case.dossier
    old = documents.latest(SYSTEM, case.subject, DocumentKind.RESULT)
    assert old is not None
    case.act(operations.ask_correction, actor=me, what=WORDS)
    assert (row(case).state, row(case).asked_by) == (CorrectionState.ASKED, "applicant")
    assert [one.code for one in corrections.in_hand(case.head())] == [case.code]
    assert TellKind.CORRECTION_ASKED in {one.kind for one in tellings.unseen(case.head())}

    done = order(case)
    entry = traces.last(case.subject)
    until = row(case).due_at
    assert until is not None and until > case.at
    assert (entry.act, entry.payload["fault"], set(done.papers)) == (
        "order_correction", "agency", {"correction_notice"},
    )  # fmt: skip
    notice = Document.objects.get(pk=done.papers["correction_notice"])
    assert notice.context["apology"] is True
    assert case.dossier.correcting is True
    assert [one.code for one in corrections.in_hand(officer(case))] == [case.code]
    assert traces.events(case.subject)[-1].payload["text"].startswith("Sai sót")

    draft(case)
    assert row(case).state is CorrectionState.DRAFTED
    assert case.dossier.owner_name == first.owner_name  # nothing counts before the signature
    done = sign(case)
    new = documents.document(SYSTEM, done.papers["result"])
    assert documents.document(SYSTEM, old.id).superseded and not new.superseded
    assert new.number != old.number
    said = Document.objects.get(pk=new.id).context
    assert "Nguyễn Văn Đúng" in said["opening"]
    assert old.number in said["paragraphs"][0]
    held = {
        one.document_id: one.state
        for one in Holding.objects.filter(source_subject=case.subject, kind="result")
    }
    assert held == {old.id: HoldingState.SUPERSEDED, new.id: HoldingState.ACTIVE}
    assert {one.id for one in documents.documents_of(me, case.subject)} >= {old.id, new.id}

    assert [one.code for one in corrections.in_hand(case.counter())] == [case.code]
    with pytest.raises(Invalid):
        case.act(operations.return_correction, old_original="", collector="Lan")
    case.act(operations.return_correction, old_original="taken_back", collector="Nguyễn Thị Lan")
    assert (row(case).state, row(case).old_original) == (CorrectionState.DONE, "taken_back")
    now = case.dossier
    assert (now.state, now.processed_at, now.ended_at, now.returned_at, now.due_at) == (
        first.state, first.processed_at, first.ended_at, first.returned_at, first.due_at,
    )  # fmt: skip
    assert not now.correcting
    assert [one.act for one in traces.entries(case.subject)][-5:] == [
        "ask_correction", "order_correction", "draft_correction", "sign_correction", "return_correction",
    ]  # fmt: skip
    assert [one.topic for one in traces.events(case.subject)][-5:] == [
        "dossiers.correction_asked.v1", "dossiers.correction_ordered.v1", "dossiers.correction_drafted.v1",
        "dossiers.result_corrected.v1", "dossiers.correction_returned.v1",
    ]  # fmt: skip
    order(case, ground="by_law")  # and once more, if need be
    assert row(case).no == 2
    assert Document.objects.filter(kind="correction_notice", subject=case.subject).count() == 2


def test_a_result_that_waits_is_not_handed_over_until_it_is_signed_anew() -> None:
    case, _ = owned(State.PROCESSED)
    order(case, ground="applicant_data")
    before = traces.everything()
    with pytest.raises(ResultBeingCorrected):
        case.hand_over()
    assert traces.everything() == before
    draft(case)
    done = sign(case)
    assert row(case).state is CorrectionState.DONE  # the usual hand-over gives the new one
    case.hand_over()
    held = Holding.objects.get(source_subject=case.subject, kind="result")
    assert (held.document_id, held.state) == (done.papers["result"], HoldingState.ACTIVE)


def test_who_may_what_and_a_refusal_leaves_nothing() -> None:
    case, me = owned()
    before = traces.everything()
    tries: list[Any] = [
        lambda: case.act(operations.ask_correction, actor=me, what="sai"),
        lambda: case.act(operations.refuse_correction, actor=case.head(), reason=WORDS),
        lambda: order(case, actor=case.counter()),
        lambda: order(case, ground="khong_co"),
        lambda: order(case, staff_id=0),
        lambda: draft(case),
        lambda: sign(case),
        lambda: case.act(operations.return_correction, old_original="none", collector="Lan"),
    ]
    for attempt in tries:
        with pytest.raises((ReasonMissing, NothingToCorrect, NoDuty, Invalid)):
            attempt()
    assert traces.everything() == before


def test_a_request_is_refused_with_its_reason_and_may_come_again() -> None:
    case, me = owned()
    case.act(operations.ask_correction, actor=me, what=WORDS)
    with pytest.raises(CorrectionOpen):
        case.act(operations.ask_correction, what=WORDS)
    with pytest.raises(NoDuty):
        case.act(operations.refuse_correction, reason=WORDS)
    case.act(operations.refuse_correction, actor=case.head(), reason=WORDS)
    assert (row(case).state, row(case).reason) == (CorrectionState.REFUSED, WORDS)
    assert not case.dossier.correcting
    case.act(operations.ask_correction, what=WORDS)
    assert row(case).no == 2


def test_the_draft_changes_something_by_the_officer_named_and_may_be_written_anew() -> None:
    case, _ = owned()
    order(case)
    with pytest.raises(Invalid):
        draft(case, name="")
    with pytest.raises(NoDuty):
        draft(case, actor=case.counter())
    draft(case)
    draft(case, name="Nguyễn Văn Đúng Hơn", actor=case.head())
    sign(case)
    assert case.dossier.owner_name == "Nguyễn Văn Đúng Hơn"


def test_the_same_key_signs_once_and_two_orders_make_one() -> None:
    case, _ = owned()
    order(case)
    with pytest.raises(CorrectionOpen):
        order(case)
    draft(case)
    same = key()
    sign(case, key=same)
    again = sign(case, key=same)
    assert again.again
    assert Document.objects.filter(subject=case.subject, kind="result").count() == 2


def test_dossiers_that_used_the_old_result_say_so() -> None:
    case, _ = owned()
    held = Holding.objects.get(source_subject=case.subject, kind="result")
    other = Case.taken_in(RECOGNITION)
    paper = other.dossier.components.order_by("no")[0]
    HoldingUse.objects.create(holding=held, subject=other.subject, paper_type=paper.paper, used_at=other.at)
    assert corrections.outdated(other.counter(), other.dossier) == {}
    order(case)
    draft(case)
    sign(case)
    assert "Đính chính" in corrections.outdated(other.counter(), other.dossier)[paper.paper]
    told = [one for one in tellings.unseen(counter()) if one.kind == TellKind.PAPER_REPLACED]
    assert {one.code for one in told} == {other.code}


def test_grounds_are_a_closed_list_of_the_settings() -> None:
    found = grounds(
        [
            {
                "code": "a",
                "label": "Lỗi cơ quan",
                "fault": "agency",
                "within": {"value": 2, "unit": "working_days"},
            }
        ]
    )
    assert ground("a", found).fault is Fault.AGENCY
    with pytest.raises(Invalid):
        ground("b", found)
    assert ResultCorrection._meta.get_field("state").max_length == 10
