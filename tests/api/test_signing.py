"""A paper is signed over the API: uploaded as a file, taken in as an act, its signatures read."""

from __future__ import annotations

import pytest

from motcua.documents import operations as documents
from motcua.documents.rules import SignatureField
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import at_state
from motcua.dossiers.tests.signers import Signers, newest, signatory
from motcua.platform import blobs
from tests.api.callers import Person, at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


def test_a_paper_is_signed() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    who = signatory(case, document)
    with at(case.at):
        head, counter = Person(who), Person(case.counter())
        data = signers.signed(document.pk, signers.person(who), SignatureField.SIGNATORY, case.at)
        upload = documents.store_upload(actor=who, name="ket-qua.pdf", data=data, at=case.at)
        act = f"documents/{document.pk}/signatures"
        assert counter.act(case.code, act, {"file": upload.pk})[0] == 404  # somebody else's upload
        assert head.act(case.code, act, {"file": upload.pk}, idempotency="ky-so-1")[0] == 200
        assert head.act(case.code, act, {"file": upload.pk}, idempotency="ky-so-1")[0] == 200
        status, told = head.act(case.code, act, {"file": upload.pk})
        assert (status, told["code"]) == (422, "signature_refused")
        status, rows = counter.get(f"/documents/{document.pk}/signatures")
        assert status == 200
        (row,) = rows
        assert (row["field"], row["signer"], row["intact"], row["complete"], row["unrevoked"]) == (
            "NguoiKy", who.name, True, False, False,
        )  # fmt: skip
        assert head.get(f"/documents/{document.pk}/pdf")[1] == blobs.read(upload.sha256)
        assert head.get(f"/documents/{2**63}/signatures")[0] == 404
