"""Signed versions of papers: checked before the act, made the newest version inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from motcua.documents import queries, rules, signing, wording
from motcua.documents.models import Document, File, Signature
from motcua.documents.operations.frozen import printed
from motcua.documents.queries import CertificateRow
from motcua.documents.rules import (
    DocumentKind,
    DocumentState,
    FileKind,
    SignatureField,
    UploadLimits,
)
from motcua.documents.signing import Checked, SignatureRefused
from motcua.kernel.actor import Actor
from motcua.organisation import queries as organisation
from motcua.platform import blobs


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A signed version of a paper that passed every check and is kept, but belongs to nothing yet.

    `base_file_id` is the version it continues, `left` the signature fields that are still empty.
    """

    document_id: int
    base_file_id: int
    sha256: str
    size: int
    checked: Checked
    left: tuple[SignatureField, ...]
    checked_at: datetime


def prepare_signature(
    *, actor: Actor, document_id: int, data: bytes, at: datetime, real_at: datetime
) -> Prepared:
    """
    Check a signed version of a paper and keep its bytes; `sign` then makes it the paper's newest version.

    Call it outside of the act: about 0.1 to 0.3 s of CPU. `real_at` is the real moment, by which certificates and
    trust anchors count; `at` dates the unsigned version where it was never opened.

    :raises NotFound: the paper is not there, or not for this actor.
    :raises UploadRefused: what came is no PDF, or one with scripts, a password or attachments.
    :raises SignatureRefused: as `signing.check`.
    """
    rules.check_upload("van-ban.pdf", data, UploadLimits(accept=frozenset({"application/pdf"})))
    base = printed(actor=actor, document_id=document_id, at=at)
    checked = signing.check(base.pdf, data, queries.trusted(wording.local_day(real_at)), real_at)
    left, _ = signing.open_fields(data)
    return Prepared(document_id, base.file_id, blobs.put(data), len(data), checked, tuple(left), real_at)


def sign(*, actor: Actor, prepared: Prepared, at: datetime) -> Signature:
    """
    Make a checked signed version the newest of its paper; the version before stays, for the agency alone.

    Runs inside the act of a room above, which has checked that this person may sign the field: six statements.

    :raises SignatureRefused: another version came in meanwhile, the certificate is not registered for this person or
        for the agency that issues the paper, or somebody signs before the signatory.
    """
    row, held = Document.objects.select_for_update(no_key=True).get(pk=prepared.document_id), prepared.checked
    if row.file_id != prepared.base_file_id or actor.staff_id is None:
        raise SignatureRefused(
            "overtaken", "Văn bản vừa có chữ ký khác. Tải lại bản mới nhất từ trang này rồi ký."
        )
    certificate = queries.registered(held.certificate.sha256)
    if certificate is None or not _fits(certificate, actor, row.unit_id, held.field):
        whose = "cơ quan ban hành văn bản" if held.field is SignatureField.AGENCY else "tài khoản của bạn"
        raise SignatureRefused(
            "not_registered",
            f"Chứng thư số của {held.certificate.name} (số hiệu {held.certificate.serial}) chưa được đăng ký cho"
            f" {whose}. Dùng đúng chứng thư đã đăng ký, hoặc đề nghị quản trị hệ thống đăng ký.",
        )
    if held.field is not SignatureField.SIGNATORY and SignatureField.SIGNATORY in prepared.left:
        raise SignatureRefused(
            "order", "Người đứng tên phải ký trước, sau đó mới đến người nhận và chữ ký số của cơ quan."
        )
    before = File.objects.get(pk=prepared.base_file_id)
    file = File.objects.create(
        subject=row.subject,
        kind=FileKind.RESULT if row.kind == DocumentKind.RESULT else FileKind.RENDERING,
        sha256=prepared.sha256,
        size=prepared.size,
        mime=before.mime,
        name=before.name,
        uploaded_by_id=actor.account_id or None,
        created_at=at,
    )
    File.objects.filter(pk=before.pk).update(kind=FileKind.INTERNAL)
    Document.objects.filter(pk=row.pk).update(file=file, state=DocumentState.SIGNED)
    return Signature.objects.create(
        document_id=row.pk,
        field=held.field,
        base_file_id=before.pk,
        file=file,
        certificate_id=certificate.id,
        anchor_sha256=held.anchor,
        signer=held.certificate.name,
        staff_id=actor.staff_id,
        claimed_at=held.claimed_at,
        stamped_at=held.stamped_at,
        revocation=held.revocation,
        algorithm=held.algorithm[:60],
        complete=not prepared.left,
        checked_at=prepared.checked_at,
        created_at=at,
    )


def _fits(certificate: CertificateRow, actor: Actor, unit_id: int, field: SignatureField) -> bool:
    """Tell whether a registered certificate is the actor's own; for the seal that of the unit or agency that issues."""
    if field is SignatureField.AGENCY:
        return certificate.unit_id in (unit_id, organisation.root_of(unit_id).id)
    return certificate.staff_id == actor.staff_id
