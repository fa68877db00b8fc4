"""An SMS gateway over HTTP that keeps what it gets, reports deliveries, and shows everything on a page."""

from __future__ import annotations

import html
import json
import queue
import threading
import time
import urllib.request
import uuid
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import structlog

from motcua.notifications.gateways import signature
from motcua.notifications.standins.behaviour import Behaviour, Control, Mode
from motcua.notifications.standins.mail import Letter

log = structlog.get_logger(__name__)
KEPT = 5000
LARGEST_BODY = 10_000


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


class SmsStandIn:
    """
    `with SmsStandIn(port, token=…) as gateway:`, POST /v1/messages and GET /v1/messages/{id} as gateways.py
    describes.

    POST /control {"mode", "times", "delay_seconds"} makes it misbehave, "of": "mail" the mail server beside it; the
    page has a switch for each; numbers that end in `unreachable` are
    never reached; to be down it is closed, or its process stopped.
    """

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
        self.token, self.callback, self._unreachable = token, callback, unreachable
        self.control = Control()
        self.mail = mail
        self.letters = letters if letters is not None else deque()
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._messages: OrderedDict[str, Sms] = OrderedDict()
        self._by_reference: dict[str, str] = {}
        self._lock = threading.Lock()
        self._reports: queue.Queue[Sms | None] = queue.Queue()
        self._server: ThreadingHTTPServer | None = None
        self._threads: list[threading.Thread] = []

    @property
    def messages(self) -> list[Sms]:
        """Return what was accepted, oldest first."""
        with self._lock:
            return list(self._messages.values())

    def behave(self, mode: Mode, times: int | None = None, delay_seconds: float = 2.0) -> None:
        """Misbehave from the next message on."""
        self.control.set(Behaviour(mode, times, delay_seconds))

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

    def __enter__(self) -> SmsStandIn:
        gateway = self

        class Handler(_Handler):
            standin = gateway

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)]
        if self.callback:
            self._threads.append(threading.Thread(target=self._report, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._reports.put(None)
        for thread in self._threads:
            thread.join(5)

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


class _Handler(BaseHTTPRequestHandler):
    standin: SmsStandIn
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(200, _page(self.standin), "text/html; charset=utf-8")
            return
        if not self._known():
            return
        message = self.standin.status(self.path.removeprefix("/v1/messages/"))
        if message is None:
            self._json(404, {"error": "unknown message"})
        else:
            self._json(
                200, {"message_id": message.message_id, "status": message.status, "error": message.error}
            )

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path == "/control":
            self._control(body)
            return
        if not self._known():
            return
        fields = [body.get(name) for name in ("to", "from", "text", "client_ref")]
        if self.path != "/v1/messages" or not all(isinstance(field, str) and field for field in fields):
            self._json(422, {"error": "to, from, text and client_ref are needed"})
            return
        to, sender, text, reference = (str(field) for field in fields)
        if len(text) > 160 or not text.isascii():
            self._json(422, {"error": "text is not one GSM part"})
            return
        mode = self.standin.control.next()
        if mode is Mode.DOWN:
            self.close_connection = True
        elif mode is Mode.BUSY:
            self._json(503, {"error": "busy"})
        elif mode is Mode.REJECT:
            self._json(422, {"error": "number not in service"})
        else:
            message = self.standin.accept(to, sender, text, reference, lost=mode is Mode.LOST)
            self._json(202, {"message_id": message.message_id, "status": "accepted"})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page shows what came."""

    def _control(self, body: dict[str, Any]) -> None:
        try:
            times = body.get("times")
            behaviour = Behaviour(
                Mode(body.get("mode", "ok")), None if times in (None, "") else int(times),
                min(float(body.get("delay_seconds") or 2.0), 60.0),
            )  # fmt: skip
        except (ValueError, TypeError):
            self._json(422, {"error": "mode, times, delay_seconds"})
            return
        asked = self.standin.mail if body.get("of") == "mail" else self.standin.control
        if asked is None:
            self._json(422, {"error": "no mail server here"})
            return
        asked.set(behaviour)
        if "page" in body:
            self.send_response(303)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._json(200, {"ok": True})

    def _known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.standin.token}":
            return True
        self._json(401, {"error": "unknown client"})
        return False

    def _body(self) -> dict[str, Any] | None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST_BODY:
            self.close_connection = True
            self._json(413, {"error": "body missing or too large"})
            return None
        raw = self.rfile.read(length)
        try:
            if "json" in (self.headers.get("Content-Type") or ""):
                body = json.loads(raw)
            else:
                body = {key: values[0] for key, values in parse_qs(raw.decode()).items()}
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._json(400, {"error": "not an object"})
            return None
        return body

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._answer(status, json.dumps(value), "application/json")

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_SWITCHES = (
    (Mode.OK, "Bình thường"), (Mode.SLOW, "Chậm"), (Mode.BUSY, "Bận, hẹn gửi lại"),
    (Mode.REJECT, "Từ chối"), (Mode.LOST, "Nhận rồi không đến"), (Mode.DOWN, "Ngừng hoạt động"),
)  # fmt: skip


def _switch(title: str, of: str, control: Control) -> str:
    """Return the buttons that set how a stand-in behaves; the present one is pressed."""
    now = control.now.mode
    buttons = "".join(
        f"<button name=mode value={mode} aria-pressed={str(mode is now).lower()}>{html.escape(name)}</button>"
        for mode, name in _SWITCHES
    )
    return (
        f"<form method=post action=/control><b>{html.escape(title)}</b> <input type=hidden name=page value=1>"
        f"<input type=hidden name=of value={of}>{buttons}</form>"
    )


def _page(standin: SmsStandIn) -> str:
    """Return the page that shows the last messages and letters."""

    def clock(at: float) -> str:
        return time.strftime("%H:%M:%S", time.localtime(at))

    def cells(*values: str) -> str:
        return "<tr>" + "".join(f"<td>{html.escape(value)}" for value in values)

    sms = "".join(
        cells(clock(m.at), m.to, m.text, "Đã nhận" if m.status == "delivered" else m.error)
        for m in reversed(standin.messages[-100:])
    )
    letters = "".join(
        cells(clock(m.at), m.to, m.title, m.text) for m in reversed(list(standin.letters)[-100:])
    )
    return (
        "<!doctype html><html lang=vi><meta charset=utf-8><meta http-equiv=refresh content=5>"
        "<title>Hộp tin giả lập</title><style>body{font:15px/1.5 sans-serif;margin:2rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;"
        "text-align:left;vertical-align:top;white-space:pre-line}form{display:flex;flex-wrap:wrap;gap:.4rem;"
        "align-items:center;margin:.4rem 0}form b{min-width:9rem}button{font:inherit;padding:.35rem .8rem;"
        "border:1px solid #999;border-radius:4px;background:#fff;cursor:pointer}"
        "button[aria-pressed=true]{background:#7d2b1d;border-color:#7d2b1d;color:#fff}</style>"
        "<h1>Hộp tin giả lập</h1>"
        "<p>Nơi nhận tin nhắn và thư của bản trình diễn; không có gì được gửi ra ngoài. Chọn cách hai cổng đáp lại:</p>"
        f"{_switch('Cổng tin nhắn', 'sms', standin.control)}"
        f"{_switch('Máy chủ thư', 'mail', standin.mail) if standin.mail else ''}"
        "<h2>Tin nhắn SMS</h2>"
        f"<table><tr><th>Lúc<th>Số máy<th>Nội dung<th>Kết quả{sms}</table><h2>Thư điện tử</h2>"
        f"<table><tr><th>Lúc<th>Người nhận<th>Tiêu đề<th>Nội dung{letters}</table></html>"
    )
