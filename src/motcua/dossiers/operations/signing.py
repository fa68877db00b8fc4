"""A signed version of an issued paper comes in: checked, kept beside the unsigned one, shown in its place (R-059)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.operations import Prepared, SignatureRefused
from motcua.documents.queries import CertificateRow, DocumentRow
from motcua.documents.rules import SignatureField
from motcua.dossiers import definitions, events
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations.common import Done, begin, finish, once, told
from motcua.dossiers.rules import Act
from motcua.dossiers.signatures import Signing, ToSign
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, NotFound
from motcua.organisation import queries as organisation


def sign_paper(
    *,
    code: str,
    document_id: int,
    data: bytes,
    actor: Actor,
    key: str,
    at: datetime,
    real_at: datetime,
    seen: int | None = None,
) -> Done:
    """
    Take in an issued paper with one digital signature more, as the person or the keeper of the seal who signed it.

    The file is checked before the transaction (`documents.prepare_signature`); `real_at` is the real moment, by which
    certificates count.

    :raises DossierNotFound, Stale, Replayed, NotAllowedNow:
    :raises NotFound: the dossier has no such paper.
    :raises SignatureRefused: the file, the signature or the certificate does not pass; it says why.
    :raises UploadRefused: what came is no PDF that can be taken.
    :raises NoDuty: the field is somebody else's to sign.
    """
    made: Prepared | DomainError
    try:
        made = documents.prepare_signature(
            actor=actor, document_id=document_id, data=data, at=at, real_at=real_at
        )
    except DomainError as refusal:  # said below, unless the same request was done before
        made = refusal
    return _sign(
        code=code, document_id=document_id, sha256=hashlib.sha256(data).hexdigest(), made=made, actor=actor,
        key=key, at=at, seen=seen,
    )  # fmt: skip


@once
def _sign(
    *,
    code: str,
    document_id: int,
    sha256: str,
    made: Prepared | DomainError,
    actor: Actor,
    key: str,
    at: datetime,
    seen: int | None,
) -> Done:
    body = {"document": document_id, "sha256": sha256}
    work = begin(act=Act.SIGN_PAPER, code=code, actor=actor, key=key, at=at, seen=seen, body=body)
    row = papers.document(actor, document_id)
    if row.subject != work.dossier.subject or row.copy_no > 1:
        raise NotFound
    if isinstance(made, DomainError):
        raise made
    field, held = made.checked.field, made.checked.certificate
    signing = Signing.from_json(definitions.settings(work.bundle, at.astimezone(LOCAL).date())["signing"])
    duty = to_sign(actor, work.dossier, row).duty(actor, field, signing)
    certificate = papers.registered(held.sha256)
    if certificate is None or not _fits(certificate, actor, row, field):
        whose = "tài khoản của bạn" if field is SignatureField.SIGNATORY else "cơ quan ban hành văn bản"
        raise SignatureRefused(
            "not_registered",
            f"Chứng thư số của {held.name} (số hiệu {held.serial}) chưa được đăng ký cho {whose}. Dùng đúng chứng thư"
            " đã đăng ký, hoặc đề nghị quản trị hệ thống đăng ký.",
        )
    if field is SignatureField.AGENCY and SignatureField.SIGNATORY in made.left:
        raise SignatureRefused("order", "Người đứng tên phải ký trước, sau đó mới đến chữ ký số của cơ quan.")
    signature = documents.sign(actor=actor, prepared=made, certificate_id=certificate.id, at=at)
    return finish(
        work,
        Act.SIGN_PAPER,
        duty=duty,
        unit_id=row.unit_id,
        payload={
            "document": document_id,
            "kind": row.kind.value,
            "form": row.number,
            "field": field.value,
            "file": made.sha256,
            "certificate": held.sha256,
            "complete": not made.left,
        },
        personal={"signer": held.name},
        event=told(
            work, events.PaperSigned, document_id=document_id, field=field.value, complete=signature.complete
        ),
    )


def to_sign(actor: Actor, dossier: Dossier, row: DocumentRow) -> ToSign:
    """Return a paper of the dossier as it waits for signatures."""
    return ToSign(
        papers.signatory(actor, row.id),
        organisation.root_of(row.unit_id).agency_id,
        dossier.agency_id,
        dossier.field_code,
    )


def _fits(certificate: CertificateRow, actor: Actor, row: DocumentRow, field: SignatureField) -> bool:
    """Tell whether a registered certificate is the signatory's own, or that of the unit or agency that issues."""
    if field is SignatureField.SIGNATORY:
        return certificate.staff_id == actor.staff_id
    return certificate.unit_id in (row.unit_id, organisation.root_of(row.unit_id).id)
