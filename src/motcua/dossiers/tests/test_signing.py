"""Papers of a dossier signed digitally: by whom, with which certificate, what it leaves and what it opens."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from motcua.documents import fiction
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document, File, Signature, SigningCertificate, TrustAnchor
from motcua.documents.operations import NotTheKeeper, SignatureRefused
from motcua.documents.rules import DocumentKind, DocumentState, FileKind, SignatureField
from motcua.dossiers import definitions
from motcua.dossiers.rules import NoDuty, State
from motcua.dossiers.signatures import NotSignedYet
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, Case, at_state, key
from motcua.dossiers.tests.signers import Signers, clerk, newest, sign, signatory
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import Invalid, NotFound, Replayed
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import blobs, clock

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
PERSON, AGENCY = SignatureField.SIGNATORY, SignatureField.AGENCY


def refused(case: Case, document: Document, actor: Actor, data: bytes) -> str:
    """Return which check refuses a signed version; nothing stays of it."""
    documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at)
    before = traces.everything()
    with pytest.raises(SignatureRefused) as told:
        sign(case, document, actor, data)
    assert traces.everything() == before
    return told.value.rule


def test_the_result_is_signed_by_who_decided_and_sealed_by_the_clerk() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    unsigned = documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at).pdf
    signers.by_person(case, document)
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_before, entry.state_after) == ("sign_paper", "processed", "processed")
    assert (entry.payload["document"], entry.payload["field"], entry.payload["complete"]) == (
        document.pk, "NguoiKy", False,
    )  # fmt: skip
    assert entry.officer_id == document.signatory_id
    assert traces.personal(case.subject, entry.seq)["signer"] == signatory(case, document).name
    event = traces.events(case.subject)[-1]
    assert (event.topic, event.payload["document_id"]) == ("dossiers.paper_signed.v1", document.pk)
    signers.by_agency(case, document)
    first, second = papers.signatures(SYSTEM, document.pk)
    assert (first.field, second.field, first.complete, second.complete) == (PERSON, AGENCY, False, True)
    assert second.base_file_id == first.file_id
    document.refresh_from_db()
    assert (document.state, document.file_id) == (DocumentState.SIGNED, second.file_id)
    printed = documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at).pdf
    assert printed.startswith(unsigned) and len(printed) > len(unsigned)
    kept = File.objects.get(pk=first.base_file_id)
    assert blobs.read(kept.sha256) == unsigned
    assert kept.kind == FileKind.INTERNAL  # the people of the dossier see the signed version alone
    assert refused(case, document, clerk(case, document), printed) == "not_signed"


def test_the_owner_gets_the_signed_version_and_no_other() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    signers.by_person(case, document)
    case.hand_over()
    owner = Actor(kind=ActorKind.CITIZEN, account_id=0, party_id=case.dossier.owner_id)
    issued, files = papers.everything_of(owner, case.subject)
    assert [row.state for row in issued if row.kind is DocumentKind.RESULT] == [DocumentState.SIGNED]
    row = Signature.objects.get(document=document)
    assert row.file_id in {file.id for file in files}
    assert row.base_file_id not in {file.id for file in files}
    with pytest.raises(NotFound):
        papers.file(owner, row.base_file_id)


def test_the_same_request_again_is_the_same_signature_and_another_body_is_refused() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document, same = newest(case), key()
    actor = signatory(case, document)
    data = signers.signed(document.pk, signers.person(actor), PERSON, case.at)
    sign(case, document, actor, data, key=same)
    assert sign(case, document, actor, data, key=same).again
    with pytest.raises(Replayed):
        sign(case, document, actor, data + b"\n", key=same)
    assert Signature.objects.filter(document=document).count() == 1


def test_who_signs_and_with_what_is_checked() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    head, seal = signatory(case, document), clerk(case, document)
    right = signers.signed(document.pk, signers.person(head), PERSON, case.at)
    before = traces.everything()
    with pytest.raises(NoDuty):  # somebody else hands in what the head signed
        sign(case, document, seal, right)
    assert traces.everything() == before
    theirs = signers.signed(document.pk, signers.person(seal), PERSON, case.at)
    assert refused(case, document, head, theirs) == "not_registered"
    unknown = fiction.identity(signers.authority, head.name, "Cơ quan")
    wrong = fiction.sign(documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at).pdf, unknown, PERSON,
                         chain=signers.authority)  # fmt: skip
    assert refused(case, document, head, wrong) == "not_registered"
    private = signers.signed(document.pk, signers.person(seal), AGENCY, case.at)
    assert refused(case, document, seal, private) == "not_registered"
    other = signers.agency(organisation.unit_by_code(AN_LUU).id)
    assert (
        refused(case, document, seal, signers.signed(document.pk, other, AGENCY, case.at)) == "not_registered"
    )
    with pytest.raises(NotFound):
        sign(at_state(State.PROCESSED), document, head, right)
    sign(case, document, head, right)


def test_the_agency_signs_after_the_person() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    data = signers.signed(document.pk, signers.agency(document.unit_id), AGENCY, case.at)
    assert refused(case, document, clerk(case, document), data) == "order"


def test_a_withdrawn_certificate_and_an_authority_out_of_its_days_sign_no_more() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    head = signatory(case, document)
    data = signers.signed(document.pk, signers.person(head), PERSON, case.at)
    row, admin, number = SigningCertificate.objects.get(staff_id=head.staff_id or 0), keeper(), key()
    with pytest.raises(NotTheKeeper):
        documents.withdraw(certificate_id=row.pk, actor=head, key=key(), at=case.at)
    done = documents.withdraw(certificate_id=row.pk, actor=admin, key=number, at=case.at)
    assert documents.withdraw(certificate_id=row.pk, actor=admin, key=number, at=case.at) == done
    assert traces.last(done).act == "withdraw_certificate"
    assert traces.events(done)[-1].topic == "documents.trust.v1"
    assert refused(case, document, head, data) == "not_registered"
    documents.register(
        data=bytes(row.der), staff_id=head.staff_id, unit_id=None, actor=admin, key=key(), at=case.at
    )
    days: dict[str, Any] = {"source": "Kiểm thử", "actor": admin, "at": case.at}
    documents.trust(
        data=signers.authority.der, valid_from=date(2020, 1, 1), valid_to=date(2025, 1, 1), key=key(), **days
    )
    assert refused(case, document, head, data) == "untrusted"
    documents.trust(
        data=signers.authority.der, valid_from=date(2020, 1, 1), valid_to=date(2030, 1, 1), key=key(), **days
    )
    sign(case, document, head, data)


def keeper() -> Actor:
    """Return who runs the system."""
    held = Duty.objects.filter(role=Role.ADMIN).select_related("staff").order_by("id")[0]
    return organisation.actor_of(held.staff.account_id, MONDAY)


def test_trust_and_certificates_are_entered_by_who_runs_the_system() -> None:
    admin, case = keeper(), at_state(State.ACCEPTED)
    authority = fiction.authority("CA khác")
    person = fiction.identity(authority, "Ai Đó", "x")
    first = date(2024, 1, 1)
    before = traces.everything()
    common: dict[str, Any] = {"source": "Trang của tổ chức", "valid_to": None, "at": MONDAY}
    with pytest.raises(NotTheKeeper):
        documents.trust(data=authority.der, valid_from=first, actor=case.head(), key=key(), **common)
    with pytest.raises(SignatureRefused, match="không phải của tổ chức chứng thực"):
        documents.trust(data=person.der, valid_from=first, actor=admin, key=key(), **common)
    with pytest.raises(Invalid):
        documents.trust(data=authority.der, valid_from=None, actor=admin, key=key(), **common)
    with pytest.raises(SignatureRefused, match="không phải của người"):
        documents.register(data=authority.der, staff_id=1, unit_id=None, actor=admin, key=key(), at=MONDAY)
    with pytest.raises(Invalid):
        documents.register(data=person.der, staff_id=None, unit_id=None, actor=admin, key=key(), at=MONDAY)
    assert traces.everything() == before
    number = documents.trust(data=authority.der, valid_from=first, actor=admin, key=key(), **common)
    entry = traces.last(number)
    assert (entry.act, entry.payload["name"]) == ("trust_anchor", "CA khác")
    assert papers.trusted(date(2023, 12, 31)).count(authority.der) == 0
    assert papers.trusted(first).count(authority.der) == 1
    assert [row.name for row in papers.anchors(admin) if row.name == "CA khác"] == ["CA khác"]
    assert not papers.anchors(case.head())
    assert not papers.certificates(case.head())
    documents.register(
        data=person.der, staff_id=admin.staff_id, unit_id=None, actor=admin, key=key(), at=MONDAY
    )
    with pytest.raises(SignatureRefused, match="đã được đăng ký"):
        documents.register(
            data=person.der, staff_id=admin.staff_id, unit_id=None, actor=admin, key=key(), at=MONDAY
        )
    assert [row.name for row in papers.own_certificates(admin)] == ["Ai Đó"]
    assert TrustAnchor.objects.filter(name="CA khác").count() == 1


def test_an_online_slip_carries_the_units_signature_alone() -> None:
    case, signers = Case.filed(), Signers.trusted()
    case.accept()
    document = newest(case, DocumentKind.SLIP)
    data = signers.signed(document.pk, signers.agency(document.unit_id), AGENCY, case.at)
    sign(case, document, case.counter(), data)
    (row,) = papers.signatures(SYSTEM, document.pk)
    assert (row.field, row.complete) == (AGENCY, True)


def test_a_paper_the_system_made_is_signed_by_the_competent_person() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    Document.objects.filter(pk=document.pk).update(signatory=None)
    assert papers.signatory(SYSTEM, document.pk) is None
    head = case.head()
    data = signers.signed(document.pk, signers.person(head), PERSON, case.at)
    sign(case, document, head, data)
    assert Signature.objects.get(document=document).staff_id == head.staff_id


def test_unsigned_papers_are_handed_over_unless_the_settings_say_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_state(State.PROCESSED).hand_over()  # the present flow: printed and signed by hand
    usual = definitions.settings

    def strict(bundle: Any, on: date) -> Any:
        found = usual(bundle, on)
        return {**found, "signing": {**found["signing"], "before_handing_over": ["result"]}}

    monkeypatch.setattr(definitions, "settings", strict)
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    doer = case.doer()
    documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at)
    before = traces.everything()
    with pytest.raises(NotSignedYet):
        case.hand_over(actor=doer)
    assert traces.everything() == before
    signers.by_person(case, document)
    with pytest.raises(NotSignedYet):  # the agency's is missing
        case.hand_over(actor=doer)
    signers.by_agency(case, document)
    case.hand_over(actor=doer)
    assert case.dossier.state == State.RETURNED


def test_it_costs_what_it_ought_to() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    actor = signatory(case, document)
    data = signers.signed(document.pk, signers.person(actor), PERSON, case.at)
    with CaptureQueriesContext(connection) as asked:
        sign(case, document, actor, data)
    inside = [row["sql"] for row in asked]
    began = next(no for no, sql in enumerate(inside) if "platform_idempotencykey" in sql)
    # from the key on: dossier, paper, signatory, certificate, five of the signature, entry with event, dossier
    assert len(inside) - began <= 16


def test_a_damaged_file_is_said_to_be_damaged() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    signers.by_person(case, document)
    (row,) = papers.signatures(SYSTEM, document.pk)
    assert row.intact
    path = blobs.path(row.sha256)
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"x")
    try:
        assert not papers.signatures(SYSTEM, document.pk)[0].intact
    finally:
        path.write_bytes(kept)


def test_two_versions_at_once_give_one_signature() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    actor = signatory(case, document)
    data = signers.signed(document.pk, signers.person(actor), PERSON, case.at)
    first = documents.prepare_signature(
        actor=actor, document_id=document.pk, data=data, at=case.at, real_at=clock.real_now()
    )
    sign(case, document, actor, data)
    with transaction.atomic(), pytest.raises(SignatureRefused) as told:
        documents.sign(actor=actor, prepared=first, at=case.at)
    assert told.value.rule == "overtaken"
