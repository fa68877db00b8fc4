"""
The two ways out: an SMS gateway over HTTP and a mail server over SMTP. No database in here.

Wire form of the gateway: POST {url}/v1/messages {"to", "from", "text", "client_ref"} with a bearer token
answers 202 {"message_id"}; the same `client_ref` again answers with the same message. GET
{url}/v1/messages/{id} tells the delivery state. The gateway reports deliveries to a callback address, signed
with HMAC-SHA256 over the body.
"""

from __future__ import annotations

import hashlib
import hmac
import smtplib
import threading
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import httpx

from motcua.kernel.retry import Failure, NotSent
from motcua.notifications.rules import Channel

TIMEOUT_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message ready to leave; `reference` stays the same however often it is sent."""

    id: int
    channel: Channel
    address: str
    title: str
    text: str
    reference: str
    sender: str


class SmsGateway:
    """A client of the SMS gateway; threads share it."""

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=timeout, trust_env=False
        )

    def send(self, envelope: Envelope) -> str:
        """
        Hand one SMS to the gateway; return its message id.

        :raises NotSent:
        """
        answer = self._call(
            "POST",
            "/v1/messages",
            {
                "to": envelope.address,
                "from": envelope.sender,
                "text": envelope.text,
                "client_ref": envelope.reference,
            },
        )
        message_id = answer.get("message_id")
        if not isinstance(message_id, str) or not message_id:
            raise NotSent(Failure.TRANSIENT, "Cổng tin nhắn trả lời không có mã tin")
        return message_id[:100]

    def status(self, message_id: str) -> tuple[bool | None, str]:
        """
        Return (delivered? or None while under way, error text).

        :raises NotSent: the gateway does not answer.
        """
        answer = self._call("GET", f"/v1/messages/{message_id}")
        state = answer.get("status")
        delivered = {"delivered": True, "failed": False}.get(str(state))
        return delivered, str(answer.get("error") or "")[:300]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, object]:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise NotSent(
                Failure.OUTAGE, f"Không kết nối được cổng tin nhắn ({type(error).__name__})"
            ) from error
        if response.status_code in (400, 404, 410, 422):
            raise NotSent(Failure.PERMANENT, f"Cổng tin nhắn từ chối ({response.status_code})")
        if response.status_code >= 300:
            raise NotSent(Failure.TRANSIENT, f"Cổng tin nhắn báo lỗi {response.status_code}")
        try:
            answer = response.json()
        except ValueError as error:
            raise NotSent(Failure.TRANSIENT, "Cổng tin nhắn trả lời không đọc được") from error
        return answer if isinstance(answer, dict) else {}


class MailServer:
    """
    A client of the mail server: smtp://user:password@host:port, or smtps://; one connection, kept while it
    lasts.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._parts = urlsplit(url)
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: smtplib.SMTP | None = None

    def send(self, envelope: Envelope) -> str:
        """
        Hand one letter to the server; return its Message-ID.

        :raises NotSent:
        """
        letter = EmailMessage(policy=SMTP)
        letter["From"] = envelope.sender
        letter["To"] = envelope.address
        letter["Subject"] = envelope.title
        letter["Message-ID"] = f"<{envelope.reference}@{envelope.sender.rpartition('@')[2].rstrip('>')}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(envelope.text, cte="quoted-printable")
        with self._lock:
            try:
                self._connected().send_message(letter)
            except smtplib.SMTPRecipientsRefused as error:
                code = max((refusal[0] for refusal in error.recipients.values()), default=550)
                raise NotSent(_kind(code), f"Máy chủ thư từ chối địa chỉ ({code})") from error
            except smtplib.SMTPResponseException as error:
                self._drop()
                raise NotSent(_kind(error.smtp_code), f"Máy chủ thư báo lỗi {error.smtp_code}") from error
            except (smtplib.SMTPException, OSError) as error:
                self._drop()
                reason = f"Không kết nối được máy chủ thư ({type(error).__name__})"
                raise NotSent(Failure.OUTAGE, reason) from error
        return str(letter["Message-ID"])

    def close(self) -> None:
        """Say goodbye to the server."""
        with self._lock:
            self._drop()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass  # it went to sleep: a new connection follows
            self._drop()
        kind = smtplib.SMTP_SSL if self._parts.scheme == "smtps" else smtplib.SMTP
        connection = kind(self._parts.hostname or "", self._parts.port or 25, timeout=self._timeout)
        if self._parts.username:
            connection.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        self._connection = connection
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _kind(code: int) -> Failure:
    return Failure.PERMANENT if 500 <= code < 600 else Failure.TRANSIENT


def signature(token: str, body: bytes) -> str:
    """Return the signature of a delivery report."""
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def signed(token: str, body: bytes, given: str) -> bool:
    """Tell whether a delivery report comes from the gateway."""
    return bool(token) and hmac.compare_digest(signature(token, body), given)


class Gateways:
    """
    The ways out that are set up; a channel without address counts as an outage, so that nothing is lost
    silently.
    """

    def __init__(self, *, sms_url: str = "", sms_token: str = "", smtp_url: str = "") -> None:
        self.sms = SmsGateway(sms_url, sms_token) if sms_url else None
        self.mail = MailServer(smtp_url) if smtp_url else None

    def send(self, envelope: Envelope) -> str:
        """
        Send by the envelope's channel; return the provider's id.

        :raises NotSent:
        """
        if envelope.channel is Channel.SMS and self.sms is not None:
            return self.sms.send(envelope)
        if envelope.channel is Channel.EMAIL and self.mail is not None:
            return self.mail.send(envelope)
        raise NotSent(Failure.OUTAGE, "Kênh gửi chưa được cấu hình")

    def close(self) -> None:
        """Close what is open."""
        for way in (self.sms, self.mail):
            if way is not None:
                way.close()
