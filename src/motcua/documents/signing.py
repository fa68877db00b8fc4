"""
Checks a digitally signed PDF: our file and nothing but one signature more, intact, by a certificate that is trusted.

Values in, values out, by pyHanko (PAdES, ETSI EN 319 142; CMS, RFC 5652; paths, RFC 5280). Nothing is fetched from
outside: whether a certificate was revoked is told only by what the signature brings along (`Revocation`), and who may
sign is asked elsewhere. pyHanko is imported with the first check: most processes make none.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from motcua.documents.rules import SIGNATURE_FIELDS, SignatureField
from motcua.documents.wording import short_day
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid

if TYPE_CHECKING:
    from asn1crypto.x509 import Certificate as Asn1Certificate
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import EmbeddedPdfSignature
    from pyhanko.sign.validation.status import PdfSignatureStatus

CLOCKS_APART: Final = timedelta(minutes=10)
"""How far the clock of a signing computer may be ahead of ours."""


class SignatureRefused(Invalid):
    """The signed file cannot be taken; `rule` says which check failed, the message what to do."""

    code = "signature_refused"
    message = "Không nhận được tệp đã ký này."

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message, rule=rule)
        self.rule = rule


class Revocation(StrEnum):
    """What is known of the certificate's revocation."""

    GOOD = "good"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate (X.509) says; `sha256` of its DER bytes names it, `serial` is hexadecimal."""

    der: bytes
    sha256: str
    subject: str
    name: str
    issuer: str
    serial: str
    valid_from: datetime
    valid_to: datetime
    issues: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """
    A signature that passed every check; `anchor` is the SHA-256 of the trust anchor its chain ends at.

    `claimed_at` is what the signing computer's clock said, `stamped_at` what a trusted time-stamp authority said.
    """

    field: SignatureField
    certificate: Certificate
    claimed_at: datetime | None
    stamped_at: datetime | None
    revocation: Revocation
    algorithm: str
    anchor: str


def certificate(data: bytes) -> Certificate:
    """
    Read a certificate, PEM or DER.

    :raises SignatureRefused: it is none.
    """
    from asn1crypto import pem
    from asn1crypto.x509 import Certificate as Asn1

    try:
        der = pem.unarmor(data)[2] if pem.detect(data) else data
        return _certificate(Asn1.load(der, strict=True))
    except (ValueError, TypeError, KeyError, UnicodeError):
        raise SignatureRefused(
            "certificate", "Tệp này không phải chứng thư số. Chọn tệp chứng thư dạng .cer, .crt hoặc .pem."
        ) from None


def open_fields(pdf: bytes) -> tuple[list[SignatureField], list[SignatureField]]:
    """Return the signature fields of a paper that are empty, and those that are filled."""
    empty: list[SignatureField] = []
    filled: list[SignatureField] = []
    for name, value in _fields(_reader(pdf)):
        if name in SIGNATURE_FIELDS:
            (empty if value is None else filled).append(SignatureField(name))
    return empty, filled


def check(base: bytes, signed: bytes, anchors: Sequence[bytes], at: datetime) -> Checked:
    """
    Return what the one new signature of `signed` says; `base` is the paper as it was handed out, `anchors` are DER.

    `at` is the real moment: without a trusted time-stamp nothing proves an earlier one, so the certificate has to be
    valid now.

    :raises SignatureRefused: another file, no new signature or several, not in a field of the paper, changed after
        signing or besides it, a broken signature, an expired, revoked or unknown certificate.
    """
    _continues(base, signed)
    try:
        before, after = _reader(base), _reader(signed)
        name = _new_field(before, after)
        found = next(one for one in after.embedded_signatures if one.field_name == name)
        _nothing_else(before, after)
        return _verified(after, signed, found, SignatureField(name), anchors, at)
    except SignatureRefused:
        raise
    except Exception as fault:  # whatever a forged or damaged file makes the readers stumble over
        raise _broken() from fault


def _continues(base: bytes, signed: bytes) -> None:
    if signed == base:
        raise SignatureRefused(
            "not_signed", "Tệp này chưa có chữ ký số nào. Ký tệp bằng phần mềm ký số rồi tải lên."
        )
    if not signed.startswith(base):
        raise SignatureRefused(
            "not_our_file",
            "Tệp này không phải tệp đã tải về từ hệ thống, hoặc phần mềm ký đã lưu lại cả tệp. Tải lại tệp từ trang"
            " này, ký và không sửa gì khác.",
        )


def _new_field(before: PdfFileReader, after: PdfFileReader) -> str:
    """Return the name of the one field that was filled. :raises SignatureRefused: none, several, or none of ours."""
    known = dict(_fields(before))
    filled = [name for name, value in _fields(after) if value is not None and known.get(name) is None]
    if not filled:
        raise SignatureRefused(
            "not_signed", "Tệp này chưa có chữ ký số mới. Ký tệp bằng phần mềm ký số rồi tải lên."
        )
    if len(filled) > 1:
        raise SignatureRefused(
            "several", "Tệp có nhiều chữ ký mới. Mỗi lần tải lên một chữ ký: người ký trước, cơ quan sau."
        )
    if filled[0] not in known or filled[0] not in SIGNATURE_FIELDS:
        fields = " hoặc ".join(f"“{name}”" for name, value in known.items() if value is None)
        raise SignatureRefused(
            "wrong_field",
            f"Chữ ký không nằm ở ô ký của văn bản. Khi ký, chọn ô có sẵn tên {fields} thay vì vẽ ô mới.",
        )
    return filled[0]


def _nothing_else(before: PdfFileReader, after: PdfFileReader) -> None:
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
    from pyhanko.sign.fields import MDPPerm

    found = DEFAULT_DIFF_POLICY.review_file(
        after, before.xrefs.total_revisions - 1, doc_mdp=MDPPerm.FILL_FORMS
    )
    if isinstance(found, SuspiciousModification) or [name for name, _ in _fields(before)] != [
        name for name, _ in _fields(after)
    ]:
        raise SignatureRefused(
            "changed",
            "Ngoài chữ ký, nội dung tệp đã bị thay đổi. Tải lại tệp từ trang này, ký và không sửa gì khác.",
        )


def _verified(
    reader: PdfFileReader,
    signed: bytes,
    found: EmbeddedPdfSignature,
    field: SignatureField,
    anchors: Sequence[bytes],
    at: datetime,
) -> Checked:
    held = _certificate(found.signer_cert)
    brought = _revocations(reader)
    status = _status(reader, found, anchors, at, strict=brought)
    known = brought and status.trusted
    if brought and not (status.trusted or status.revoked):  # what it brings says nothing of this certificate
        status = _status(reader, found, anchors, at, strict=False)
    if not (status.intact and status.valid):
        raise _broken()
    _covers(status, signed)
    claimed = found.self_reported_timestamp
    if claimed is not None and claimed > at + CLOCKS_APART:
        raise SignatureRefused(
            "future", "Thời điểm ký ở tương lai. Chỉnh lại đồng hồ của máy ký rồi ký lại từ tệp tải về."
        )
    _in_time(held, at)
    if status.revoked:
        raise SignatureRefused(
            "revoked", f"Chứng thư số của {held.name} đã bị thu hồi nên chữ ký không dùng được."
        )
    if not status.trusted or status.validation_path is None:
        raise SignatureRefused(
            "untrusted",
            f"Chứng thư số của {held.name} do {held.issuer} cấp. Hệ thống không có {held.issuer} trong danh sách"
            " tổ chức chứng thực được tin cậy.",
        )
    stamp = status.timestamp_validity
    return Checked(
        field=field,
        certificate=held,
        claimed_at=claimed,
        stamped_at=stamp.timestamp if stamp and stamp.trusted and stamp.valid and stamp.intact else None,
        revocation=Revocation.GOOD if known else Revocation.NOT_CHECKED,
        algorithm=f"{status.md_algorithm}, {status.pkcs7_signature_mechanism}",
        anchor=hashlib.sha256(status.validation_path.first.dump()).hexdigest(),
    )


def _status(
    reader: PdfFileReader,
    found: EmbeddedPdfSignature,
    anchors: Sequence[bytes],
    at: datetime,
    *,
    strict: bool,
) -> PdfSignatureStatus:
    """Return pyHanko's verdict; `strict`: a certificate of which nothing is known to be revoked or not is untrusted."""
    from asn1crypto.x509 import Certificate as Asn1
    from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko_certvalidator import ValidationContext

    options: dict[str, Any] = {
        "trust_roots": [Asn1.load(der) for der in anchors],
        "moment": at,
        "allow_fetching": False,
        "revocation_mode": "require" if strict else "soft-fail",
    }
    if "/DSS" in reader.root:
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(options)
    else:
        context = ValidationContext(**options)
    return validate_pdf_signature(
        found,
        signer_validation_context=context,
        key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}),
    )


def _covers(status: PdfSignatureStatus, signed: bytes) -> None:
    """Let pass what covers the whole file, or all of it but what keeps the signature verifiable for long (DSS)."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import SignatureCoverageLevel

    if status.coverage is SignatureCoverageLevel.ENTIRE_FILE or (
        status.coverage is SignatureCoverageLevel.ENTIRE_REVISION
        and status.docmdp_ok
        and status.modification_level is ModificationLevel.LTA_UPDATES
        and signed.rstrip(b"\r\n").endswith(b"%%EOF")
    ):
        return
    raise SignatureRefused(
        "not_whole",
        "Tệp bị thêm nội dung sau khi ký nên chữ ký không còn bao trùm cả tệp. Ký lại từ tệp tải về.",
    )


def _in_time(held: Certificate, at: datetime) -> None:
    if at > held.valid_to:
        raise SignatureRefused(
            "expired",
            f"Chứng thư số của {held.name} đã hết hạn ngày {short_day(held.valid_to.astimezone(LOCAL).date())}.",
        )
    if at < held.valid_from:
        raise SignatureRefused("not_yet", f"Chứng thư số của {held.name} chưa có hiệu lực.")


def _broken() -> SignatureRefused:
    return SignatureRefused(
        "broken", "Chữ ký số không còn nguyên vẹn: tệp bị sửa sau khi ký hoặc bị hỏng. Ký lại từ tệp tải về."
    )


def _revocations(reader: PdfFileReader) -> bool:
    """Tell whether the file brings answers about revocation along (OCSP responses or lists)."""
    store = reader.root["/DSS"] if "/DSS" in reader.root else {}  # noqa: SIM401 (`get` does not follow references)
    return any(name in store and len(store[name]) > 0 for name in ("/OCSPs", "/CRLs"))


def _reader(pdf: bytes) -> PdfFileReader:
    from pyhanko.pdf_utils.reader import PdfFileReader

    return PdfFileReader(io.BytesIO(pdf))


def _fields(reader: PdfFileReader) -> list[tuple[str, Any]]:
    """Return the signature fields with what fills them, None for an empty one."""
    from pyhanko.sign.fields import enumerate_sig_fields

    return [(name, value) for name, value, _ in enumerate_sig_fields(reader)]


def _certificate(read: Asn1Certificate) -> Certificate:
    der = read.dump()
    validity = read["tbs_certificate"]["validity"]
    return Certificate(
        der=der,
        sha256=hashlib.sha256(der).hexdigest(),
        subject=read.subject.human_friendly,
        name=_common_name(read.subject.native),
        issuer=_common_name(read.issuer.native),
        serial=f"{read.serial_number:x}",
        valid_from=validity["not_before"].native,
        valid_to=validity["not_after"].native,
        issues=bool(read.ca),
    )


def _common_name(names: Mapping[str, Any]) -> str:
    """Return the common name of a holder or an issuer, else the organisation, in NFC."""
    found = names.get("common_name") or names.get("organization_name") or "không ghi tên"
    words = found[-1] if isinstance(found, list) else found
    return unicodedata.normalize("NFC", " ".join(str(words).split()))[:200]
