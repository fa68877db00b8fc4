"""The demo's signing tool: a person and an agency sign a downloaded paper, and the page takes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.csc import Bearer
from motcua.documents.models import SigningCertificate
from motcua.documents.operations.services import Terms
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import MONDAY, at_state
from motcua.dossiers.tests.signers import clerk, newest, sign, signatory
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.setup import demo_signing

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_a_paper_is_signed_by_the_tool_and_taken_in(tmp_path: Path, settings: Settings) -> None:
    settings.DEMO_SIGNING = tmp_path / "keys"
    case = at_state(State.PROCESSED)
    document = newest(case)
    who = signatory(case, document)
    file = tmp_path / "ket-qua.pdf"
    file.write_bytes(documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at).pdf)
    name = Account.objects.get(pk=who.account_id).username
    settings.DEMO = False
    with pytest.raises(CommandError, match="bản trình diễn"):
        call_command("demo_sign", str(file), "--as", name)
    settings.DEMO = True
    with pytest.raises(CommandError, match="Không có cán bộ"):
        call_command("demo_sign", str(file), "--as", "khong-co-ai")
    call_command("demo_sign", str(file), "--as", name)
    call_command("demo_sign", str(file), "--as", name)  # the same key again
    signed = tmp_path / "ket-qua-da-ky.pdf"
    sign(case, document, who, signed.read_bytes())
    out, code = tmp_path / "ca-hai.pdf", organisation.unit(document.unit_id).code
    call_command("demo_sign", str(signed), "--unit", code, "--out", str(out))
    sign(case, document, clerk(case, document), out.read_bytes())
    first, second = papers.signatures(SYSTEM, document.pk)
    assert (first.signer, second.signer) == (who.name, organisation.root_of(document.unit_id).name)
    assert second.complete
    assert (settings.DEMO_SIGNING / "ca.pem").stat().st_mode & 0o077 == 0


def test_leaders_and_their_agencies_have_their_keys_at_the_service(tmp_path: Path) -> None:
    terms = Terms(
        name="Dịch vụ giả lập", address="http://127.0.0.1:1/csc/v1", sign_in="", client_id="motcua",
        bearer=Bearer.CLIENT, valid_from=MONDAY.date(),
    )  # fmt: skip
    keys = demo_signing.at_service(tmp_path, terms, MONDAY)
    assert (
        demo_signing.at_service(tmp_path, terms, MONDAY).keys() == keys.keys()
    )  # the same again at a restart
    case = at_state(State.PROCESSED)
    head = signatory(case, newest(case))
    assert keys[f"staff-{head.staff_id}"].name == head.name
    root = organisation.root_of(newest(case).unit_id)
    assert f"unit-{root.id}" in keys
    placed = SigningCertificate.objects.exclude(service=None)
    assert set(placed.values_list("credential", flat=True)) == set(keys)
    assert all(len(who.name.encode()) <= 64 for who in keys.values())
