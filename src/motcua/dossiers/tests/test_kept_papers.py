"""Papers of a dossier that are frozen for good: its control slip at the end, receipts for originals it borrowed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.documents import papers as paper_kinds
from motcua.documents import queries as papers
from motcua.documents.models import Document, Signature
from motcua.documents.rules import DocumentKind, SignatureField
from motcua.dossiers import operations
from motcua.dossiers.closing import NothingNew
from motcua.dossiers.models import Component
from motcua.dossiers.operations import PaperInput
from motcua.dossiers.rules import NoDuty, NotAllowedNow, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    MONDAY,
    RECOGNITION,
    WORDS,
    Case,
    at_state,
    counter,
    filing,
    key,
)
from motcua.dossiers.tests.signers import Signers, newest
from motcua.kernel.actor import SYSTEM

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
RECEIPT, SLIP = DocumentKind.BORROWED_ORIGINALS, DocumentKind.CONTROL_SLIP


def lending() -> Case:
    """Return a dossier whose first paper was taken in as an original to be given back."""
    wish = filing(RECOGNITION)
    first = next(iter(wish.papers))
    given = {**wish.papers, first: PaperInput(handed_in=True, borrowed_original=True)}
    wish = replace(wish, papers=given)
    done = operations.take_in(filing=wish, actor=counter(), key=key(), at=MONDAY, slip=True)
    return Case(done.code, done.subject, MONDAY, [done])


def said(case: Case, kind: DocumentKind = RECEIPT) -> paper_kinds.Paper:
    return papers.content(SYSTEM, newest(case, kind).pk)


def test_an_original_taken_in_is_receipted_and_receipted_again_when_it_goes_back_with_the_result() -> None:
    case = lending()
    first, taken = newest(case, RECEIPT), said(case)
    assert isinstance(taken, paper_kinds.BorrowedOriginals)
    assert (taken.receiver_name, taken.returned_at, first.signatory_id) == (
        counter().name, None, counter().staff_id,
    )  # fmt: skip
    signers = Signers.trusted()
    signers.by_person(case, first)
    assert Signature.objects.get(document=first).complete
    case.process()
    actor = case.doer()
    with CaptureQueriesContext(connection) as asked:
        case.hand_over(actor=actor)
    assert len(asked) <= 16
    second, back = newest(case, RECEIPT), said(case)
    assert isinstance(back, paper_kinds.BorrowedOriginals)
    assert second.replaces_id == first.pk
    assert (back.receiver_name, back.returned_by) == (counter().name, actor.name)
    assert back.returned_at == case.dossier.returned_at
    assert back.returned_to
    assert not Component.objects.filter(borrowed_original=True, handed_back_at=None).exists()
    signers.by_person(case, second)
    assert Document.objects.get(pk=first.pk).context == first.context


def test_an_original_goes_back_after_a_withdrawal() -> None:
    case = lending()
    case.act(operations.withdraw, reason=WORDS)
    case.act(operations.hand_back, collector="Nguyễn Thị Lan")
    back = said(case)
    assert isinstance(back, paper_kinds.BorrowedOriginals)
    assert back.returned_to == "Nguyễn Thị Lan"


def test_without_borrowed_originals_there_is_no_receipt() -> None:
    case = at_state(State.RETURNED)
    assert papers.latest(SYSTEM, case.subject, RECEIPT) is None


def test_the_course_of_an_ended_dossier_is_frozen_and_signed() -> None:
    case = at_state(State.RETURNED)
    same = key()
    done = case.act(operations.close_control_slip, key=same)
    assert case.act(operations.close_control_slip, key=same).again
    document, slip = newest(case, SLIP), said(case, SLIP)
    assert done.papers == {"control_slip": document.pk}
    assert isinstance(slip, paper_kinds.ControlSlip)
    assert slip.maker_name == case.counter().name
    assert len(slip.hand_overs) >= 2
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["document"]) == ("close_control_slip", document.pk)
    assert traces.events(case.subject)[-1].topic == "dossiers.control_slip_closed.v1"
    before = traces.everything()
    with pytest.raises(NothingNew):
        case.act(operations.close_control_slip)
    with pytest.raises(NoDuty):
        case.act(operations.close_control_slip, actor=case.head())
    assert traces.everything() == before
    Signers.trusted().by_person(case, document)
    assert Signature.objects.get(document=document).field == SignatureField.SIGNATORY


def test_a_dossier_that_was_never_accepted_or_still_runs_has_none() -> None:
    filed = Case.filed(RECOGNITION)
    filed.act(operations.withdraw, reason=WORDS)
    running = Case.taken_in(RECOGNITION)
    before = traces.everything()
    for case in (filed, running):
        with pytest.raises(NotAllowedNow):
            case.act(operations.close_control_slip, actor=counter())
    assert traces.everything() == before
