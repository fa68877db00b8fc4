"""
A certification authority that does not exist, for the demo and the tests: keys, certificates, signatures.

Everything it issues says that it is a fiction; nothing in the running system trusts it unless it is entered as a trust
anchor. Keys are made of curve P-256; certificates span 2020 to 2035 as the demo's clock may stand anywhere in it.
"""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID

from motcua.documents import stamps
from motcua.documents.rules import SignatureField

AUTHORITY: Final = "CA giả lập Một Cửa (không có giá trị pháp lý)"
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2035, 12, 31, tzinfo=UTC)


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """Return the certificate (DER)."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def name(self) -> str:
        """Return the holder's name in the certificate."""
        (found,) = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found.value)

    def to_pem(self) -> bytes:
        """Return key and certificate, to be kept by the signer alone."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return key + self.certificate.public_bytes(serialization.Encoding.PEM)

    def signature(self, digest: bytes) -> bytes:
        """Return the signature of a digest (SHA-256), as a key that lies elsewhere makes it."""
        known = utils.Prehashed(hashes.SHA256())
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), known)
        return self.key.sign(digest, ec.ECDSA(known))

    @classmethod
    def from_pem(cls, data: bytes) -> Identity:
        """Return what `to_pem` wrote. :raises ValueError: it is something else."""
        key = serialization.load_pem_private_key(data, password=None)
        if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
            raise ValueError("not a key of this authority")
        return cls(key, x509.load_pem_x509_certificate(data))


def authority(name: str = AUTHORITY) -> Identity:
    """Return a new authority with its self-signed certificate."""
    return _issued(name, "", None, FROM, TO, None, issues=True)


def identity(
    by: Identity,
    name: str,
    organisation: str,
    *,
    since: datetime = FROM,
    until: datetime = TO,
    key: Key | None = None,
) -> Identity:
    """Return a new key (or the one given) of a person or a unit, with the certificate an authority issues for it."""
    return _issued(name, organisation, by, since, until, key, issues=False)


def sign(
    pdf: bytes,
    who: Identity,
    field: SignatureField | str,
    *,
    chain: Identity,
    drawn: bool = False,
) -> bytes:
    """
    Return the PDF with a signature (PAdES B-B) in one of its fields; `drawn`: in sight, who signed and when.

    A person's in blue, a unit's a round red seal (NĐ 30/2020 Annex I), both marked as a fiction.
    """
    from asn1crypto import keys
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = who.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its library leaves it untyped
    registry.register(Certificate.load(chain.der))
    signer = SimpleSigner(
        signing_cert=Certificate.load(who.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=registry,
    )
    wanted = PdfSignatureMetadata(
        field_name=str(field), md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    out = io.BytesIO()
    seen = stamps.drawn(who.name, field, datetime.now(UTC), stamps.FICTION) if drawn else nullcontext()
    with seen as style:
        PdfSigner(wanted, signer, stamp_style=style).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out
        )
    return out.getvalue()


def _issued(
    name: str,
    organisation: str,
    by: Identity | None,
    since: datetime,
    until: datetime,
    key: Key | None,
    *,
    issues: bool,
) -> Identity:
    key = key or ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, _short(organisation)))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, _short(name)))
    subject = x509.Name(parts)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=issues, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not issues,
                content_commitment=not issues,
                key_cert_sign=issues,
                crl_sign=issues,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(by.key if by else key, hashes.SHA256())
    )
    return Identity(key, made)


def _short(name: str) -> str:
    """Return a name as long as a certificate may carry one: 64 bytes (X.520, as its library counts)."""
    return name.encode()[:64].decode(errors="ignore").strip()
