"""An SMS gateway over HTTP that keeps what it gets, reports deliveries, and shows everything on a page."""

from __future__ import annotations

import json
import queue
import threading
import time
import urllib.request
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Self

import structlog

from motcua.notifications.gateways import signature
from motcua.notifications.standins.mail import MODES, Letter
from motcua.platform.standins.behaviour import Control, Mode
from motcua.platform.standins.http import Handler, JsonStandIn, at_clock, page, switches, table

log = structlog.get_logger(__name__)
KEPT: Final = 5000
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Sms:
    """An accepted message. `status` is accepted, delivered or failed."""

    message_id: str
    client_ref: str
    to: str
    sender: str
    text: str
    status: str
    error: str
    at: float


class _Handler(Handler):
    standin: SmsStandIn
    largest_body: ClassVar[int] = 10_000

    def get(self) -> None:
        message = self.standin.status(self.path.removeprefix("/v1/messages/"))
        if message is None:
            self.json(404, {"error": "unknown message"})
        else:
            self.json(
                200, {"message_id": message.message_id, "status": message.status, "error": message.error}
            )

    def post(self, body: dict[str, Any]) -> None:
        fields = [body.get(name) for name in ("to", "from", "text", "client_ref")]
        if self.path != "/v1/messages" or not all(isinstance(field, str) and field for field in fields):
            self.json(422, {"error": "to, from, text and client_ref are needed"})
            return
        to, sender, text, reference = (str(field) for field in fields)
        if len(text) > 160 or not text.isascii():
            self.json(422, {"error": "text is not one GSM part"})
            return
        mode = self.standin.control.next()
        if not self.refused(mode, "number not in service"):
            message = self.standin.accept(to, sender, text, reference, lost=mode is Mode.LOST)
            self.json(202, {"message_id": message.message_id, "status": "accepted"})


class SmsStandIn(JsonStandIn):
    """
    `with SmsStandIn(port, token=…) as gateway:`, POST /v1/messages and GET /v1/messages/{id} as gateways.py
    describes.

    At /control "of": "mail" means the mail server beside it; numbers that end in `unreachable` are never reached; to
    be down it is closed, or its process stopped.
    """

    handler = _Handler

    def __init__(
        self,
        port: int,
        *,
        token: str,
        callback: str = "",
        letters: deque[Letter] | None = None,
        mail: Control | None = None,
        unreachable: str = "",
    ) -> None:
        super().__init__(port, token=token, modes=MODES)
        self.callback, self._unreachable = callback, unreachable
        self.mail = mail
        self.letters = letters if letters is not None else deque()
        self._messages: OrderedDict[str, Sms] = OrderedDict()
        self._by_reference: dict[str, str] = {}
        self._lock = threading.Lock()
        self._reports: queue.Queue[Sms | None] = queue.Queue()
        self._reporter: threading.Thread | None = None

    @property
    def messages(self) -> list[Sms]:
        """Return what was accepted, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def accept(self, to: str, sender: str, text: str, reference: str, lost: bool) -> Sms:
        """Take a message; the same reference again gives the same message."""
        with self._lock:
            known = self._by_reference.get(reference)
            if known is not None:
                return self._messages[known]
            lost = lost or (bool(self._unreachable) and to.endswith(self._unreachable))
            status, error = ("failed", "Thuê bao không liên lạc được") if lost else ("delivered", "")
            message = Sms(uuid.uuid4().hex, reference, to, sender, text, status, error, time.time())
            self._messages[message.message_id] = message
            self._by_reference[reference] = message.message_id
            if len(self._messages) > KEPT:
                _, oldest = self._messages.popitem(last=False)
                self._by_reference.pop(oldest.client_ref, None)
        if self.callback:
            self._reports.put(message)
        return replace(message, status="accepted", error="")

    def status(self, message_id: str) -> Sms | None:
        """Return the message, or None."""
        with self._lock:
            return self._messages.get(message_id)

    def control_of(self, name: str) -> Control | None:
        return self.mail if name == "mail" else self.control

    def page(self) -> str:
        sms = (
            (at_clock(m.at), m.to, m.text, "Đã nhận" if m.status == "delivered" else m.error)
            for m in reversed(self.messages[-SHOWN:])
        )
        letters = ((at_clock(m.at), m.to, m.title, m.text) for m in reversed(list(self.letters)[-SHOWN:]))
        return page(
            "Hộp tin giả lập",
            "Nơi nhận tin nhắn và thư của bản trình diễn; không có gì được gửi ra ngoài. Chọn cách hai cổng đáp lại:",
            switches(self.control, MODES, of="sms", title="Cổng tin nhắn"),
            switches(self.mail, MODES, of="mail", title="Máy chủ thư") if self.mail else "",
            "<h2>Tin nhắn SMS</h2>",
            table(("Lúc", "Số máy", "Nội dung", "Kết quả"), sms),
            "<h2>Thư điện tử</h2>",
            table(("Lúc", "Người nhận", "Tiêu đề", "Nội dung"), letters),
        )

    def __enter__(self) -> Self:
        super().__enter__()
        if self.callback:
            self._reporter = threading.Thread(target=self._report, daemon=True)
            self._reporter.start()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._reports.put(None)
        if self._reporter is not None:
            self._reporter.join(5)

    def _report(self) -> None:
        """Tell the callback what became of each message; a callback that is away is tried a few times."""
        while (message := self._reports.get()) is not None:
            body = json.dumps(
                {
                    "message_id": message.message_id, "client_ref": message.client_ref,
                    "status": message.status, "error": message.error,
                }
            ).encode()  # fmt: skip
            headers = {
                "Content-Type": "application/json",
                "X-Signature": signature(self.token, body),
            }
            for attempt in range(5):
                request = urllib.request.Request(self.callback, body, headers)  # noqa: S310
                try:
                    with urllib.request.urlopen(request, timeout=3):  # noqa: S310
                        break
                except OSError:
                    time.sleep(0.2 * 2**attempt)
            else:
                log.warning("standin_report_lost", message=message.message_id)
