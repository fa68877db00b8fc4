"""A mail server that keeps what it gets (aiosmtpd)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from motcua.platform.standins.behaviour import Behaviour, Control, Mode

KEPT: Final = 500

# how the two gateways can behave, in the words of the page
MODES: Final = {
    Mode.OK: "Bình thường",
    Mode.SLOW: "Chậm",
    Mode.BUSY: "Bận, hẹn gửi lại",
    Mode.REJECT: "Từ chối",
    Mode.LOST: "Nhận rồi không đến",
    Mode.DOWN: "Ngừng hoạt động",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it came."""

    to: str
    title: str
    text: str
    message_id: str
    at: float


class _Handler:
    def __init__(self, control: Control, letters: deque[Letter]) -> None:
        self._control, self._letters = control, letters

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mode = await asyncio.to_thread(self._control.next)
        if mode is Mode.BUSY:
            return "451 4.3.2 busy, try again later"
        if mode is Mode.REJECT:
            return "550 5.1.1 mailbox does not exist"
        if mode is Mode.DOWN:
            return "421 4.3.2 service not available, closing"
        if mode is Mode.LOST:
            return "250 2.0.0 accepted"
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        letter = message_from_bytes(raw, policy=default)
        body = letter.get_body(("plain",))
        message_id = str(letter["Message-ID"] or "")
        if all(known.message_id != message_id for known in self._letters):
            self._letters.append(
                Letter(
                    ", ".join(envelope.rcpt_tos),
                    str(letter["Subject"] or ""),
                    body.get_content() if body else "",
                    message_id,
                    time.time(),
                )
            )
        return "250 2.0.0 accepted"


class MailStandIn:
    """
    `with MailStandIn(port) as server:` … `server.letters` are the last letters it accepted, each Message-ID
    once.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.letters: deque[Letter] = deque(maxlen=KEPT)
        self.control = Control(MODES)
        self.url = f"smtp://{host}:{port}"
        self._controller = Controller(_Handler(self.control, self.letters), hostname=host, port=port)

    def behave(self, mode: Mode, times: int | None = None, delay_seconds: float = 2.0) -> None:
        """Misbehave from the next letter on."""
        self.control.set(Behaviour(mode, times, delay_seconds))

    def __enter__(self) -> MailStandIn:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
