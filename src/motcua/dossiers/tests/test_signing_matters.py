"""Papers that belong to no dossier signed digitally: by giver and receiver of a list, by who guided; checked by QR."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document, Signature
from motcua.documents.operations import SignatureRefused
from motcua.documents.rules import DocumentKind, SignatureField, Signed, check_value
from motcua.dossiers import operations
from motcua.dossiers.docketing import DocketKind, DocketState
from motcua.dossiers.models import Docket
from motcua.dossiers.operations import Done
from motcua.dossiers.rules import NoDuty
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, Case, citizen, counter, holder, key
from motcua.dossiers.tests.signers import Signers
from motcua.dossiers.tests.test_docket import LATER, Desk
from motcua.dossiers.tests.test_guidance import guide
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import NotFound, Replayed
from motcua.organisation import queries as organisation
from motcua.platform import clock

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
GIVER, RECEIVER = SignatureField.SIGNATORY, SignatureField.RECEIVER


def sign(document_id: int, actor: Actor, data: bytes, same: str = "", at: datetime = LATER) -> Done:
    """Hand a signed version in."""
    return operations.sign_paper(
        document_id=document_id, data=data, actor=actor, key=same or key(), at=at, real_at=clock.real_now()
    )


def signed(signers: Signers, document_id: int, actor: Actor, field: SignatureField) -> Done:
    """Sign a field as this person, and hand it in."""
    return sign(document_id, actor, signers.signed(document_id, signers.person(actor), field, LATER))


def test_a_list_is_signed_by_who_gave_and_by_who_received_it_in_full() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make()
    paper = Document.objects.get(subject=number)
    unsigned = documents.printed(actor=SYSTEM, document_id=paper.pk, at=LATER).pdf
    data = signers.signed(paper.pk, signers.person(desk.giver), GIVER, LATER)
    same = key()
    done = sign(paper.pk, desk.giver, data, same)
    assert (done.subject, done.code, done.again) == (number, "01/PBG", False)
    assert sign(paper.pk, desk.giver, data, same).again
    with pytest.raises(Replayed):
        sign(paper.pk, desk.giver, data + b"\n", same)
    entry = traces.last(number)
    assert (entry.act, entry.officer_id, entry.unit_id) == ("sign_paper", desk.giver.staff_id, paper.unit_id)
    assert (entry.payload["document"], entry.payload["field"], entry.payload["complete"]) == (
        paper.pk, "NguoiKy", False,
    )  # fmt: skip
    event = traces.events(number)[-1]
    assert (event.topic, event.payload["kind"]) == ("dossiers.matter_paper_signed.v1", "hand_over_list")
    theirs = signers.signed(paper.pk, signers.person(desk.taker), RECEIVER, LATER)
    before = traces.everything()
    with pytest.raises(NoDuty):  # nothing is received yet
        sign(paper.pk, desk.taker, theirs)
    assert traces.everything() == before
    desk.receive(number)
    with pytest.raises(NoDuty):
        sign(paper.pk, desk.giver, theirs)
    sign(paper.pk, desk.taker, theirs)
    first, second = papers.signatures(desk.giver, paper.pk)
    assert (first.field, second.field, first.complete, second.complete) == (GIVER, RECEIVER, False, True)
    assert papers.signed_states([paper.pk, 0]) == {paper.pk: Signed.WHOLLY, 0: Signed.NOT}
    assert documents.printed(actor=SYSTEM, document_id=paper.pk, at=LATER).pdf.startswith(unsigned)


def test_the_receiver_signs_last_and_strangers_not_at_all() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make()
    paper = Document.objects.get(subject=number)
    desk.receive(number)
    data = signers.signed(paper.pk, signers.person(desk.taker), RECEIVER, LATER)
    before = traces.everything()
    with pytest.raises(SignatureRefused) as told:
        sign(paper.pk, desk.taker, data)
    assert told.value.rule == "order"
    for stranger in (counter(AN_LUU), citizen()):
        with pytest.raises(NotFound):
            sign(paper.pk, stranger, data)
    with pytest.raises(NotFound):  # a paper of a dossier is signed with its dossier
        sign(Document.objects.filter(kind="slip")[0].pk, desk.giver, data)
    assert traces.everything() == before


def test_with_a_difference_nobody_received_it_in_full() -> None:
    desk = Desk()
    number = desk.make()
    assert (
        desk.receive(number, found=desk.codes[:1], remarks={desk.codes[1]: "Thiếu"}) is DocketState.DIFFERENT
    )
    assert Docket.objects.get(subject=number).receiver_id is None


def test_outside_of_the_system_the_receiver_has_no_field() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make(kind=DocketKind.POST, to_unit_id=None, to_name="Bưu điện Kinh Môn")
    paper = Document.objects.get(subject=number)
    signed(signers, paper.pk, desk.giver, GIVER)
    assert Signature.objects.get(document=paper).complete


def test_the_slip_of_a_guidance_is_signed_by_who_guided() -> None:
    signers, number = Signers.trusted(), guide()
    paper = Document.objects.get(subject=number)
    officer = counter()
    with pytest.raises(NoDuty):
        signed(signers, paper.pk, holder(organisation.root_of(paper.unit_id).id, Role.AGENCY_HEAD), GIVER)
    signed(signers, paper.pk, officer, GIVER)
    (row,) = papers.signatures(officer, paper.pk)
    assert (row.signer, row.complete) == (officer.name, True)


def test_who_holds_the_paper_checks_it_by_its_value_alone() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make()
    paper = Document.objects.get(subject=number)
    value = check_value(paper.digest)
    found = papers.checked(paper.pk, value.upper())
    assert (found.title, found.number, found.newer, found.signed) == (paper.title, "01/PBG", None, [])
    signed(signers, paper.pk, desk.giver, GIVER)
    assert [one.signer for one in papers.checked(paper.pk, value).signed] == [desk.giver.name]
    assert papers.check_url(paper.pk, DocumentKind.HAND_OVER_LIST, paper.digest).endswith(
        f"/kiem-tra/{paper.pk}/{value}/"
    )
    assert papers.check_url(paper.pk, DocumentKind.REMINDER, paper.digest) == ""
    slip = Document.objects.filter(kind="slip")[0]
    for document_id, check in ((paper.pk, "0000-0000-0000-0000"), (paper.pk, ""), (0, value),
                               (slip.pk, check_value(slip.digest))):  # fmt: skip
        with pytest.raises(NotFound):
            papers.checked(document_id, check)


def test_the_newer_paper_is_told() -> None:
    case = Case.taken_in()
    first = Document.objects.get(subject=case.subject, kind="slip")
    Document.objects.filter(pk=first.pk).update(kind="register", subject=None)
    assert papers.checked(first.pk, check_value(first.digest)).newer is None
    newer = Document.objects.get(pk=first.pk)
    newer.pk, newer.no, newer.number, newer.replaces_id = None, 999_999, "999999/X", first.pk
    newer._state.adding = True
    newer.save()
    told = papers.checked(first.pk, check_value(first.digest)).newer
    assert told is not None
    assert (told.id, told.created_at >= first.created_at - timedelta(0)) == (newer.pk, True)
