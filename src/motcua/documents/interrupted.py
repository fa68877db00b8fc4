"""
A signature in two halves: what is to be signed is worked out here, the key lies elsewhere (CMS, PAdES B-B).

Values in, values out, by pyHanko's interrupted signing. The first half adds the signature's place and look to the paper
and says which digest is to be signed; the second puts in what came back. Between the halves only `Halfway` is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from motcua.documents import stamps
from motcua.documents.rules import SignatureField
from motcua.documents.signing import Certificate

if TYPE_CHECKING:
    from pyhanko.sign.signers.pdf_cms import ExternalSigner

DIGEST: Final = "sha256"
RESERVED: Final = 2 * 24 * 1024
"""Room for the signature with its chain of certificates, in hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """
    A paper prepared for one signature.

    `added` follows the bytes of the paper, with an empty place from `start` to `end`; `attributes` (DER) is what is
    signed, `digest` of the document is in it.
    """

    added: bytes
    attributes: bytes
    digest: bytes
    start: int
    end: int

    @property
    def to_sign(self) -> bytes:
        """Return the digest (SHA-256) that the key has to sign."""
        return hashlib.sha256(self.attributes).digest()


@dataclass(frozen=True, slots=True)
class Mechanism:
    """How a key signs: object identifiers of the signature and the digest algorithm (RFC 5754, RFC 5758)."""

    signature: str
    digest: str


def mechanism(der: bytes) -> Mechanism:
    """Return how the key of a certificate signs. :raises ValueError: a kind of key that is not known here."""
    from asn1crypto.algos import DigestAlgorithmId, SignedDigestAlgorithmId

    names = {"rsa": f"{DIGEST}_rsa", "ec": f"{DIGEST}_ecdsa"}
    kind = _loaded(der).public_key.algorithm
    if kind not in names:
        raise ValueError(f"no mechanism for a key of kind {kind}")
    return Mechanism(SignedDigestAlgorithmId(names[kind]).dotted, DigestAlgorithmId(DIGEST).dotted)


def prepare(pdf: bytes, field: SignatureField, held: Certificate, at: datetime, note: str = "") -> Halfway:
    """
    Return the paper ready for a signature in one of its empty fields, by the key of a certificate.

    `at` is the real moment that is drawn into the field; `note` is drawn under it.
    """
    with stamps.drawn(held.name, field, at, note) as style:
        return asyncio.run(_prepared(pdf, field, held.der, at, style))


async def _prepared(pdf: bytes, field: SignatureField, der: bytes, at: datetime, style: Any) -> Halfway:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.fields import SigSeedSubFilter

    signer = _signer(der, ())
    wanted = PdfSignatureMetadata(
        field_name=str(field), md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES
    )
    out = io.BytesIO()
    digest, _, _ = await PdfSigner(wanted, signer, stamp_style=style).async_digest_doc_for_signing(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        existing_fields_only=True,
        bytes_reserved=RESERVED,
        output=out,
    )
    attributes = await signer.signed_attrs(digest.document_digest, DIGEST, use_pades=True)
    return Halfway(
        added=out.getvalue()[len(pdf) :],
        attributes=attributes.dump(),
        digest=digest.document_digest,
        start=digest.reserved_region_start,
        end=digest.reserved_region_end,
    )


def verifies(der: bytes, halfway: Halfway, signature: bytes) -> bool:
    """Tell whether a signature that came back is one of this very digest by the key of the certificate."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509 import load_der_x509_certificate

    key = load_der_x509_certificate(der).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, halfway.attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, halfway.attributes, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def finish(pdf: bytes, halfway: Halfway, der: bytes, chain: Sequence[bytes], signature: bytes) -> bytes:
    """
    Return the signed paper; `chain` are certificates (DER) that lead from the signer's to its authority.

    :raises ValueError: the chain is none, or there is no room for it.
    """
    from pyhanko.sign.general import SigningError

    try:
        return asyncio.run(_finished(pdf + halfway.added, halfway, _signer(der, chain, signature)))
    except SigningError as fault:
        raise ValueError("no room for the signature") from fault


async def _finished(prepared: bytes, halfway: Halfway, signer: ExternalSigner) -> bytes:
    from asn1crypto.cms import CMSAttributes
    from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
    from pyhanko.sign.signers.pdf_signer import PdfTBSDocument

    cms = await signer.async_sign_prescribed_attributes(DIGEST, CMSAttributes.load(halfway.attributes))
    out = io.BytesIO(prepared)
    await PdfTBSDocument.async_finish_signing(
        out, PreparedByteRangeDigest(halfway.digest, halfway.start, halfway.end), cms
    )
    return out.getvalue()


def _signer(der: bytes, chain: Sequence[bytes], signature: bytes | None = None) -> ExternalSigner:
    from pyhanko.sign.signers.pdf_cms import ExternalSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its library leaves it untyped
    known.register_multiple([_loaded(one) for one in chain])
    return ExternalSigner(signing_cert=_loaded(der), cert_registry=known, signature_value=signature)


def _loaded(der: bytes) -> Any:
    from asn1crypto.x509 import Certificate as Asn1

    return Asn1.load(der, strict=True)
