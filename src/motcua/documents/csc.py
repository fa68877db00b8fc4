"""
Remote signing services by the Cloud Signature Consortium's API 1.0.4 over HTTP. No database in here.

A person confirms at the service (OAuth 2.0 authorization code with PKCE, RFC 6749 and 7636, scope `credential`, bound
to one digest); the token that comes of it is the Signature Activation Data, which `signatures/signHash` takes. The
service's own access is another token of the client (`Bearer.CLIENT`), or the same one again (`Bearer.SAME`).
PINs and keys never pass here; no redirection of a service is followed.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import httpx

from motcua.documents.interrupted import Mechanism
from motcua.documents.signing import SignatureRefused

TIMEOUT_SECONDS: Final = 15.0
LARGEST_ANSWER: Final = 200_000
ASIDE: Final = " Văn bản chưa có gì thay đổi. Thử lại sau, hoặc tải tệp đã ký lên như trước nay."


BACK: Final = "/can-bo/ky-so-tu-xa/ve/"
"""Where people come back to from any service, on our own host: what is registered at the service."""


class Bearer(StrEnum):
    """With which token a service lets our requests in: one of the client's own, or the person's confirmation."""

    CLIENT = "client"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Line:
    """
    A service as it is reached.

    `address` is all that comes before `/credentials/info`, `sign_in` before `/oauth2/authorize`; `back` is our own
    address that the person is sent back to.
    """

    name: str
    address: str
    sign_in: str
    client_id: str
    secret: str
    bearer: Bearer
    back: str


@dataclass(frozen=True, slots=True)
class Credential:
    """What a service says of a key: its certificate, the chain above it (DER), how it can sign, whether it may."""

    certificate: bytes
    chain: tuple[bytes, ...]
    mechanisms: frozenset[str]
    enabled: bool


def confirmation_url(line: Line, credential_id: str, digest: bytes, state: str, verifier: str) -> str:
    """Return where the person confirms one signature of one digest."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    url: str = prepare_grant_uri(
        f"{line.sign_in}/oauth2/authorize",
        line.client_id,
        "code",
        redirect_uri=line.back,
        scope="credential",
        state=state,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
        credentialID=credential_id,
        numSignatures=1,
        hash=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        lang="vi-VN",
    )
    return url


def activation(line: Line, code: str, verifier: str) -> str:
    """
    Return the Signature Activation Data for the code a confirmation ended with.

    :raises SignatureRefused: the service does not answer, or does not know the code.
    """
    return _token(
        line,
        {"grant_type": "authorization_code", "code": code, "redirect_uri": line.back, "code_verifier": verifier},
    )  # fmt: skip


def access(line: Line, sad: str = "") -> str:
    """
    Return the token with which the service lets requests in; `sad` is the confirmation's, where there is one.

    :raises SignatureRefused: the service does not answer, or does not know us.
    """
    if line.bearer is Bearer.SAME:
        return sad
    return _token(line, {"grant_type": "client_credentials", "scope": "service"})


def credential(line: Line, token: str, credential_id: str) -> Credential:
    """
    Return what the service says of a key.

    :raises SignatureRefused: it does not answer, or has no such key.
    """
    said = _asked(
        line, f"{line.address}/credentials/info", token=token,
        json={"credentialID": credential_id, "certificates": "chain", "certInfo": False, "authInfo": False},
    )  # fmt: skip
    try:
        first, *chain = [base64.b64decode(one, validate=True) for one in said["cert"]["certificates"]]
        status = str(said["cert"].get("status", "valid")), str(said["key"].get("status", "enabled"))
        return Credential(
            first, tuple(chain), frozenset(map(str, said["key"]["algo"])), status == ("valid", "enabled")
        )
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as fault:
        raise unreadable(line) from fault


def signed(line: Line, token: str, sad: str, credential_id: str, digest: bytes, how: Mechanism) -> bytes:
    """
    Return the signature of a digest.

    :raises SignatureRefused: the service does not answer, or does not sign.
    """
    said = _asked(
        line, f"{line.address}/signatures/signHash", token=token,
        json={
            "credentialID": credential_id, "SAD": sad, "hash": [base64.b64encode(digest).decode()],
            "hashAlgo": how.digest, "signAlgo": how.signature,
        },
    )  # fmt: skip
    try:
        (only,) = said["signatures"]
        return base64.b64decode(only, validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as fault:
        raise unreadable(line) from fault


def _token(line: Line, form: Mapping[str, str]) -> str:
    said = _asked(
        line, f"{line.sign_in}/oauth2/token",
        data={**form, "client_id": line.client_id, "client_secret": line.secret},
    )  # fmt: skip
    token = said.get("access_token")
    if not isinstance(token, str) or not token:
        raise unreadable(line)
    return token


def _asked(line: Line, url: str, *, token: str = "", **content: Any) -> Mapping[str, Any]:
    """Return what a service answers. :raises SignatureRefused: nothing, a fault of its own, or a refusal."""
    try:
        answer = httpx.post(
            url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            follow_redirects=False,
            **content,
        )
    except httpx.TimeoutException as fault:
        raise SignatureRefused("service_late", f"{line.name} không trả lời kịp.{ASIDE}") from fault
    except httpx.HTTPError as fault:
        raise SignatureRefused("service_down", f"Không kết nối được {line.name}.{ASIDE}") from fault
    try:
        said = json.loads(answer.content) if len(answer.content) <= LARGEST_ANSWER else None
    except ValueError:
        said = None
    if 400 <= answer.status_code < 500:
        reason = str(said.get("error_description") or said.get("error")) if isinstance(said, dict) else ""
        raise SignatureRefused(
            "service_refused",
            f"{line.name} không nhận yêu cầu ký (mã {answer.status_code}{f': {reason[:120]}' if reason else ''})."
            f" Văn bản chưa có gì thay đổi. Bấm ký lại để xác nhận lần nữa; vẫn không được thì báo quản trị hệ thống.",
        )
    if answer.status_code != 200:
        raise SignatureRefused("service_down", f"{line.name} đang có sự cố (mã {answer.status_code}).{ASIDE}")
    if not isinstance(said, dict):
        raise unreadable(line)
    return said


def unreadable(line: Line) -> SignatureRefused:
    """Return the refusal of an answer that cannot be used."""
    return SignatureRefused("service_answer", f"{line.name} trả lời không đọc được.{ASIDE}")
