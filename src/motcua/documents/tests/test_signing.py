"""Papers signed with real keys: what passes, and everything that must not."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto.x509 import Certificate as Asn1Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign.validation import DocumentSecurityStore
from pypdf import PdfReader, PdfWriter

from motcua.documents import fiction, press, signing
from motcua.documents.fiction import Identity
from motcua.documents.rules import DocumentKind, SignatureField
from motcua.documents.signing import Checked, Revocation, SignatureRefused
from motcua.documents.tests import factories, samples

PERSON, AGENCY = SignatureField.SIGNATORY, SignatureField.AGENCY
CA = fiction.authority()
HEAD = fiction.identity(CA, "Vũ Đức Thắng", "UBND phường Tân Dân")
WARD = fiction.identity(CA, "UBND phường Tân Dân", "UBND phường Tân Dân")
BASE = press.pdf(factories.frames("result")[0], samples.RESULT, number="07/GXN")
SIGNED = fiction.sign(BASE, HEAD, PERSON, chain=CA)

#: Fields of every kind of paper; what is made by the system, or drafted, is signed by nobody.
FIELDS = {
    DocumentKind.SUPPLEMENT_REQUEST: [PERSON],
    DocumentKind.REFUSAL: [PERSON],
    DocumentKind.REFUSAL_DECISION: [PERSON, AGENCY],
    DocumentKind.APOLOGY: [PERSON, AGENCY],
    DocumentKind.STOP_NOTICE: [PERSON, AGENCY],
    DocumentKind.REGISTER: [PERSON],
    DocumentKind.RESULT: [PERSON, AGENCY],
    DocumentKind.BORROWED_ORIGINALS: [PERSON],
    DocumentKind.END_OF_DAY: [PERSON],
    DocumentKind.OPINION_REQUEST: [PERSON, AGENCY],
    DocumentKind.HAND_OVER_LIST: [PERSON],
    DocumentKind.CORRECTION_NOTICE: [PERSON, AGENCY],
    DocumentKind.DRAFT: [],
    DocumentKind.SITE_MINUTES: [PERSON],
    DocumentKind.REMINDER: [PERSON, AGENCY],
    DocumentKind.CASE_PROPOSAL: [PERSON, AGENCY],
}


def check(base: bytes, signed: bytes, *, at: datetime | None = None, anchor: Identity = CA) -> Checked:
    return signing.check(base, signed, [anchor.der], at or datetime.now(UTC))


def refused(base: bytes, signed: bytes, *, at: datetime | None = None, anchor: Identity = CA) -> str:
    """Return which check refuses the file."""
    with pytest.raises(SignatureRefused) as told:
        check(base, signed, at=at, anchor=anchor)
    assert told.value.message.endswith(".")
    return told.value.rule


@pytest.mark.parametrize("name", samples.ALL)
def test_a_paper_has_empty_fields_where_it_is_signed(name: str) -> None:
    paper = samples.ALL[name]
    pdf = press.pdf(factories.frames(paper.KIND)[0], paper, number="07/TNHS")
    empty, filled = signing.open_fields(pdf)
    electronic_slip = paper.KIND is DocumentKind.SLIP and getattr(paper, "electronic", False)
    wanted = FIELDS.get(paper.KIND, [AGENCY] if electronic_slip else [PERSON])
    assert (empty, filled) == (wanted, [])
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for item in page.get("/Annots", []):
            field = item.get_object()
            if field.get("/FT") == "/Sig":
                left, bottom, right, top = (float(one) for one in field["/Rect"])
                assert 0 <= left < right <= float(page.mediabox.width)
                assert 0 <= bottom < top <= float(page.mediabox.height)
                assert right - left > 25
                assert str(field["/TU"]).startswith("Chữ ký số của ")
                assert "/StructParent" in field  # a reader for the blind finds it in its place


def test_signed_by_the_person_then_by_the_agency() -> None:
    first = check(BASE, SIGNED)
    assert (first.field, first.certificate.name) == (PERSON, "Vũ Đức Thắng")
    assert first.certificate.issuer == fiction.AUTHORITY
    assert first.certificate.sha256 == signing.certificate(HEAD.der).sha256
    assert first.anchor == signing.certificate(CA.der).sha256
    assert (first.stamped_at, first.revocation) == (None, Revocation.NOT_CHECKED)
    assert first.claimed_at is not None
    both = fiction.sign(SIGNED, WARD, AGENCY, chain=CA)
    assert check(SIGNED, both).field is AGENCY
    assert signing.open_fields(both) == ([], [PERSON, AGENCY])


def test_drawn_into_its_field_it_passes_too() -> None:
    assert check(BASE, fiction.sign(BASE, HEAD, PERSON, chain=CA, drawn=True)).field is PERSON


def test_what_is_no_signature_of_this_paper_is_refused() -> None:
    other = press.pdf(factories.frames("result")[0], samples.RESULT, number="08/GXN")
    assert refused(BASE, BASE) == "not_signed"
    assert refused(BASE, fiction.sign(other, HEAD, PERSON, chain=CA)) == "not_our_file"
    assert refused(SIGNED, BASE) == "not_our_file"
    assert refused(BASE, fiction.sign(BASE, HEAD, "Signature1", chain=CA)) == "wrong_field"
    assert refused(BASE, fiction.sign(SIGNED, WARD, AGENCY, chain=CA)) == "several"
    assert refused(BASE, BASE + b"\n%%EOF\n") in {"not_signed", "broken"}


def test_a_file_that_was_written_anew_is_refused() -> None:
    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(BASE))).write(out)  # type: ignore[no-untyped-call]  # its library
    assert refused(BASE, fiction.sign(out.getvalue(), HEAD, PERSON, chain=CA)) == "not_our_file"


def test_changed_before_or_after_the_signature_it_is_refused() -> None:
    writer = PdfWriter(io.BytesIO(BASE), incremental=True)
    writer.add_blank_page()
    out = io.BytesIO()
    writer.write(out)
    assert refused(BASE, fiction.sign(out.getvalue(), HEAD, PERSON, chain=CA)) in {"changed", "not_our_file"}
    assert refused(BASE, SIGNED + b"\n% more") == "not_whole"
    writer = PdfWriter(io.BytesIO(SIGNED), incremental=True)
    writer.add_blank_page()
    out = io.BytesIO()
    writer.write(out)
    assert refused(BASE, out.getvalue()) in {"changed", "not_whole"}


def test_a_page_swapped_together_with_the_signature_is_refused() -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(BASE))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = page["/MediaBox"][0]
    writer.mark_update(writer.root["/Pages"]["/Kids"].raw_get(0))
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # leaves it untyped
    assert out.getvalue().startswith(BASE)
    assert refused(BASE, fiction.sign(out.getvalue(), HEAD, PERSON, chain=CA)) == "changed"


CONTENTS = range(SIGNED.index(b"/Contents <") + 11, SIGNED.index(b">", SIGNED.index(b"/Contents <") + 11))
"""Where the signature itself lies: the one part of the file it cannot cover."""


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_no_byte_of_a_signed_file_can_be_another(place: int, by: int) -> None:
    forged = bytearray(SIGNED)
    forged[place] ^= by
    try:
        told = check(BASE, bytes(forged))
    except SignatureRefused:
        return
    # padding, or certificates sent along that the chain is not made of: it says the same as before
    assert place in CONTENTS
    assert told == check(BASE, SIGNED)


def test_certificates_out_of_time_or_of_unknown_authorities_are_refused() -> None:
    old = fiction.identity(CA, "Hết Hạn", "x", until=datetime(2024, 1, 1, tzinfo=UTC))
    new = fiction.identity(CA, "Chưa Đến", "x", since=datetime(2030, 1, 1, tzinfo=UTC))
    assert refused(BASE, fiction.sign(BASE, old, PERSON, chain=CA)) == "expired"
    assert refused(BASE, fiction.sign(BASE, new, PERSON, chain=CA)) == "not_yet"
    assert refused(BASE, SIGNED, anchor=fiction.authority()) == "untrusted"
    namesake = fiction.authority()  # the same name, another key
    forged = fiction.identity(namesake, "Vũ Đức Thắng", "UBND phường Tân Dân")
    assert refused(BASE, fiction.sign(BASE, forged, PERSON, chain=namesake)) == "untrusted"
    with pytest.raises(SignatureRefused):
        signing.check(BASE, SIGNED, [], datetime.now(UTC))


def test_a_signing_clock_far_ahead_is_refused() -> None:
    assert refused(BASE, SIGNED, at=datetime(2021, 1, 1, tzinfo=UTC)) == "future"


def _with_list(revoked: bool) -> bytes:
    """Return the signed paper with the authority's list of revoked certificates, as long-term tools add it."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(CA.certificate.subject)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
    )
    if revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(HEAD.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - timedelta(days=9)).build())
    made = builder.sign(CA.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    out = io.BytesIO(SIGNED)
    DocumentSecurityStore.add_dss(
        out,
        sig_contents=None,
        certs=[Asn1Certificate.load(CA.der)],
        crls=[asn1_crl.CertificateList.load(made)],
    )
    return out.getvalue()


def test_revocation_counts_where_the_file_brings_it_along() -> None:
    now = datetime.now(UTC)
    assert check(BASE, _with_list(revoked=False), at=now).revocation is Revocation.GOOD
    assert refused(BASE, _with_list(revoked=True), at=now) == "revoked"


@pytest.mark.parametrize(
    "data", [b"", b"abc", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_is_no_certificate_is_told(data: bytes) -> None:
    with pytest.raises(SignatureRefused, match="không phải chứng thư số"):
        signing.certificate(data)


def test_certificates_are_read_as_pem_and_der() -> None:
    pem = HEAD.certificate.public_bytes(serialization.Encoding.PEM)
    read = signing.certificate(pem)
    assert read == signing.certificate(HEAD.der)
    assert (read.name, read.issues, signing.certificate(CA.der).issues) == ("Vũ Đức Thắng", False, True)
    assert Identity.from_pem(HEAD.to_pem()).der == HEAD.der


def test_what_was_damaged_on_the_way_is_told_as_such() -> None:
    assert refused(BASE, SIGNED[: len(BASE) + 500]) in {"broken", "not_signed"}
    assert refused(BASE, SIGNED[:-200]) in {"broken", "not_signed"}
