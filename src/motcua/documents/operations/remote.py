"""
A paper signed through a remote signing service: what is to be signed is worked out, the person confirms there, the
signed file is put together. It then comes in as any other signed file does. No transaction is open while a service is
asked; a signature under way is a row that one account can use once, for a few minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from authlib.common.security import generate_token
from django.conf import settings
from django.db import transaction

from motcua.documents import csc, interrupted, remotes, signing, stamps, wording
from motcua.documents.csc import Bearer, Credential, Line
from motcua.documents.interrupted import Halfway
from motcua.documents.models import Document, File, RemoteSession, SigningService
from motcua.documents.operations.frozen import printed
from motcua.documents.rules import SignatureField
from motcua.documents.signing import SignatureRefused
from motcua.kernel.actor import Actor
from motcua.kernel.addresses import is_encrypted
from motcua.platform import blobs

log = structlog.get_logger(__name__)

LASTS: Final = timedelta(minutes=10)
"""How long a person has to confirm at the service."""
OVERTAKEN: Final = (
    "Văn bản vừa có chữ ký khác trong lúc chờ xác nhận. Xem lại văn bản rồi bấm ký lại nếu còn cần."
)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A session that was used up just now: what is needed to finish it."""

    halfway: Halfway
    base_sha256: str
    certificate: bytes
    credential: str
    verifier: str
    line: Line


def begin(
    *,
    actor: Actor,
    reader: Actor,
    document_id: int,
    field: SignatureField,
    certificate_id: int,
    page: str,
    at: datetime,
    real_at: datetime,
) -> int:
    """
    Work out what is to be signed in a field of a paper, and keep it for a few minutes; return its number.

    `reader` is who may open the paper, `page` the page that takes the signed one in. The caller has found that the
    field is the actor's to sign; the act that takes the paper in checks it again.

    :raises NotFound: the paper is not there, or not for its reader.
    :raises SignatureRefused: the field is not empty, the key lies with no service, or the service does not answer.
    """
    base = printed(actor=reader, document_id=document_id, at=at)
    if field not in signing.open_fields(base.pdf)[0]:
        raise SignatureRefused("overtaken", "Ô ký này không còn trống. Xem lại văn bản.")
    usable = remotes.usable(wording.local_day(real_at))
    held = usable.filter(pk=certificate_id).select_related("service").first()
    if held is None or held.service is None:
        raise SignatureRefused("no_service", "Chứng thư này không nằm ở dịch vụ ký số từ xa đang dùng.")
    line = _line(held.service)
    if line.bearer is Bearer.CLIENT:  # a service that is down is told of before anybody is sent there
        _same(bytes(held.der), csc.credential(line, csc.access(line), held.credential))
    note = "" if is_encrypted(line.address) else stamps.FICTION
    halfway = interrupted.prepare(base.pdf, field, signing.certificate(bytes(held.der)), real_at, note)
    with transaction.atomic(durable=True):
        RemoteSession.objects.filter(expires_at__lt=real_at).delete()
        row = RemoteSession.objects.create(
            state=generate_token(43),
            verifier=generate_token(64),
            account_id=actor.account_id,
            document_id=document_id,
            field=field,
            base_file_id=base.file_id,
            certificate=held,
            page=page,
            added=halfway.added,
            attributes=halfway.attributes,
            digest=halfway.digest,
            start=halfway.start,
            end=halfway.end,
            created_at=real_at,
            expires_at=real_at + LASTS,
        )
    return row.pk


def confirmation(*, actor: Actor, number: int) -> str:
    """
    Return where the person confirms the signature.

    :raises NotFound: it is not there any more, or somebody else's.
    :raises SignatureRefused: the service cannot be used as it is set up.
    """
    remotes.under_way(actor, number)
    row = RemoteSession.objects.select_related("certificate__service").get(pk=number)
    service = row.certificate.service
    if service is None:
        raise _gone()
    return csc.confirmation_url(
        _line(service), row.certificate.credential, _halfway(row).to_sign, row.state, row.verifier
    )


def finish(*, actor: Actor, document_id: int, state: str, code: str, error: str, real_at: datetime) -> bytes:
    """
    Use up a signature under way and return the signed paper; `code` or `error` is what the service sent back.

    :raises SignatureRefused: it is unknown, used, expired, cancelled or overtaken, or the service does not answer,
        refuses, has another certificate, or signs something else. Nothing has changed then.
    """
    taken = _take(actor, document_id, state, code, error, real_at)
    base = blobs.read(taken.base_sha256)
    sad = csc.activation(taken.line, code, taken.verifier)
    token = csc.access(taken.line, sad)
    key = csc.credential(taken.line, token, taken.credential)
    _same(taken.certificate, key)
    how = interrupted.mechanism(taken.certificate)
    signature = csc.signed(taken.line, token, sad, taken.credential, taken.halfway.to_sign, how)
    if not interrupted.verifies(taken.certificate, taken.halfway, signature):
        raise SignatureRefused(
            "other_digest",
            f"Chữ ký mà {taken.line.name} trả về không khớp với văn bản này nên không được nhận. Bấm ký lại; nếu vẫn"
            " vậy thì báo quản trị hệ thống.",
        )
    try:
        made = interrupted.finish(base, taken.halfway, taken.certificate, key.chain, signature)
    except ValueError as fault:
        raise csc.unreadable(taken.line) from fault
    log.info("remote_signature", document=document_id, service=taken.line.name)
    return made


def _take(actor: Actor, document_id: int, state: str, code: str, error: str, real_at: datetime) -> _Taken:
    """Use up a session, whatever comes of it. :raises SignatureRefused: it cannot be used, or ended without a code."""
    with transaction.atomic(durable=True):
        row = (
            RemoteSession.objects.select_for_update(of=("self",))
            .select_related("certificate__service")
            .filter(state=state, account=actor.account_id, document=document_id)
            .first()
        )
        if row is None or row.certificate.service is None:
            raise _gone()
        if row.used_at is not None:
            raise SignatureRefused(
                "session_used",
                "Lượt xác nhận này đã dùng. Xem chữ ký trên trang này; nếu chưa có thì bấm ký lại.",
            )
        row.used_at = real_at
        row.save(update_fields=["used_at"])
    if real_at > row.expires_at:
        raise SignatureRefused(
            "session_expired",
            f"Lượt ký đã quá {LASTS // timedelta(minutes=1)} phút nên không còn dùng được. Bấm ký lại.",
        )
    if error == "access_denied":
        raise SignatureRefused("cancelled", "Bạn đã không xác nhận ở dịch vụ ký số. Văn bản chưa được ký.")
    if error or not code:
        raise SignatureRefused(
            "service_refused",
            f"{row.certificate.service.name} không xác nhận được lượt ký này. Văn bản chưa được ký.",
        )
    if Document.objects.values_list("file_id", flat=True).get(pk=document_id) != row.base_file_id:
        raise SignatureRefused("overtaken", OVERTAKEN)
    return _Taken(
        _halfway(row), File.objects.values_list("sha256", flat=True).get(pk=row.base_file_id),
        bytes(row.certificate.der), row.certificate.credential, row.verifier,
        _line(row.certificate.service),
    )  # fmt: skip


def _line(service: SigningService) -> Line:
    """Return how a service is reached. :raises SignatureRefused: its secret is not set up here."""
    secret = settings.SIGNING_SECRETS.get(service.code) or settings.SIGNING_SECRETS.get("*", "")
    if not secret:
        raise SignatureRefused(
            "no_secret", f"{service.name} chưa được cấu hình khóa bí mật ở máy chủ. Báo quản trị hệ thống."
        )
    return Line(
        service.name, service.address.rstrip("/"), (service.sign_in or service.address).rstrip("/"),
        service.client_id, secret, Bearer(service.bearer), f"{settings.BASE_URL}{csc.BACK}",
    )  # fmt: skip


def _halfway(row: RemoteSession) -> Halfway:
    return Halfway(bytes(row.added), bytes(row.attributes), bytes(row.digest), row.start, row.end)


def _same(der: bytes, key: Credential) -> None:
    """:raises SignatureRefused: the service has another certificate under this name, or its key cannot sign."""
    if key.certificate != der:
        raise SignatureRefused(
            "other_certificate",
            "Chứng thư số đang có ở dịch vụ ký số khác với chứng thư đã đăng ký cho bạn ở đây. Đề nghị quản trị hệ"
            " thống đăng ký lại chứng thư.",
        )
    try:
        able = key.enabled and interrupted.mechanism(der).signature in key.mechanisms
    except ValueError:
        able = False
    if not able:
        raise SignatureRefused(
            "key_disabled",
            "Khóa ký của bạn ở dịch vụ ký số đang bị khóa, hết hạn, hoặc thuộc loại không dùng được ở đây. Liên hệ nhà"
            " cung cấp dịch vụ.",
        )


def _gone() -> SignatureRefused:
    return SignatureRefused(
        "session_unknown",
        "Không tìm thấy lượt ký này: đã quá lâu, của tài khoản khác, hoặc không phải do trang này mở. Bấm ký lại.",
    )
