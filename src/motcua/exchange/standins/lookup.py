"""A gateway to sources of data that knows some records, keeps what it was asked, and misbehaves on request."""

from __future__ import annotations

import html
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

KEPT = 500
LARGEST_BODY = 50_000


class Mode(StrEnum):
    """
    ok: answers; unknown: confirms nothing; busy: refuses for now; reject: refuses for good; slow: answers late;
    broken: answers what nobody can read; down: hangs up without an answer.
    """

    OK = "ok"
    UNKNOWN = "unknown"
    BUSY = "busy"
    REJECT = "reject"
    SLOW = "slow"
    BROKEN = "broken"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The mode, for how many more questions it holds (None: until changed), and how slow slow is."""

    mode: Mode = Mode.OK
    times: int | None = None
    delay_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came."""

    source: str
    reference: str
    asked: Mapping[str, Any]
    mode: Mode
    at: float


class LookupStandIn:
    """
    `with LookupStandIn(port, token=…) as gateway:` answers POST /v1/lookups as `sources.py` describes.

    A question is confirmed when every fact asked about is filled in, and none ends in `unknown`; the record repeats
    them. POST /control {"mode", "times", "delay_seconds"} makes it misbehave; the page at / has a switch for each.
    """

    def __init__(self, port: int, *, token: str, unknown: str = "") -> None:
        self.token, self._port, self._unknown = token, port, unknown
        self.url = f"http://127.0.0.1:{port}"
        self.questions: deque[Question] = deque(maxlen=KEPT)
        self._behaviour = Behaviour()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def behave(self, mode: Mode, times: int | None = None, delay_seconds: float = 2.0) -> None:
        """Misbehave from the next question on."""
        with self._lock:
            self._behaviour = Behaviour(mode, times, delay_seconds)

    @property
    def mode(self) -> Mode:
        """Return how the next question will be met."""
        with self._lock:
            return self._behaviour.mode

    def next(self) -> Mode:
        """Return the mode for the next question (after the wait, when slow) and count it."""
        with self._lock:
            now = self._behaviour
            if now.times is not None:
                left = now.times - 1
                self._behaviour = replace(now, times=left) if left > 0 else Behaviour()
        if now.mode is Mode.SLOW:
            time.sleep(now.delay_seconds)
        return now.mode

    def answer(self, asked: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
        """Return what a question is answered with."""
        values = [str(value) for value in asked.values()]
        known = bool(values) and all(values) and not (self._unknown and values[0].endswith(self._unknown))
        if mode is Mode.UNKNOWN or not known:
            return {"confirmed": False, "record": {}}
        return {"confirmed": True, "record": {**asked, "trang_thai": "Có trong cơ sở dữ liệu"}}

    def __enter__(self) -> LookupStandIn:
        gateway = self

        class Handler(_Handler):
            standin = gateway

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)
            self._server = None


class _Handler(BaseHTTPRequestHandler):
    standin: LookupStandIn
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(200, _page(self.standin), "text/html; charset=utf-8")
        else:
            self._json(404, {"error": "unknown address"})

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path == "/control":
            self._control(body)
            return
        if self.headers.get("Authorization") != f"Bearer {self.standin.token}":
            self._json(401, {"error": "unknown client"})
            return
        source, reference, asked = body.get("source"), body.get("reference"), body.get("asked")
        if self.path != "/v1/lookups" or not source or not reference or not isinstance(asked, dict):
            self._json(422, {"error": "source, reference and asked are needed"})
            return
        mode = self.standin.next()
        self.standin.questions.append(Question(str(source), str(reference), asked, mode, time.time()))
        match mode:
            case Mode.DOWN:
                self.close_connection = True
            case Mode.BUSY:
                self._json(503, {"error": "busy"})
            case Mode.REJECT:
                self._json(422, {"error": "not answerable"})
            case Mode.BROKEN:
                self._answer(200, "<xml>", "application/json")
            case _:
                self._json(200, self.standin.answer(asked, mode))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page shows what came."""

    def _control(self, body: dict[str, Any]) -> None:
        try:
            times = body.get("times")
            self.standin.behave(
                Mode(body.get("mode", "ok")),
                None if times in (None, "") else int(times),
                min(float(body.get("delay_seconds") or 2.0), 60.0),
            )
        except (ValueError, TypeError):
            self._json(422, {"error": "mode, times, delay_seconds"})
            return
        if "page" in body:
            self.send_response(303)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._json(200, {"ok": True})

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
        self._answer(status, json.dumps(value, ensure_ascii=False), "application/json")

    def _answer(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_SWITCHES = (
    (Mode.OK, "Bình thường"), (Mode.UNKNOWN, "Không khớp"), (Mode.SLOW, "Chậm"), (Mode.BUSY, "Bận, hẹn hỏi lại"),
    (Mode.REJECT, "Từ chối"), (Mode.BROKEN, "Trả lời hỏng"), (Mode.DOWN, "Ngừng hoạt động"),
)  # fmt: skip


def _page(standin: LookupStandIn) -> str:
    """Return the page that shows what was asked, with the switches."""
    buttons = "".join(
        f"<button name=mode value={mode} aria-pressed={str(mode is standin.mode).lower()}>{html.escape(name)}</button>"
        for mode, name in _SWITCHES
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(value)}"
            for value in (
                time.strftime("%H:%M:%S", time.localtime(one.at)), one.source, one.reference,
                json.dumps(one.asked, ensure_ascii=False), dict(_SWITCHES)[one.mode],
            )
        )
        for one in reversed(standin.questions)
    )  # fmt: skip
    return (
        "<!doctype html><html lang=vi><meta charset=utf-8><meta http-equiv=refresh content=5>"
        "<title>Nguồn dữ liệu giả lập</title><style>body{font:15px/1.5 sans-serif;margin:2rem}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;"
        "text-align:left;vertical-align:top}form{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center}"
        "button{font:inherit;padding:.35rem .8rem;border:1px solid #999;border-radius:4px;background:#fff}"
        "button[aria-pressed=true]{background:#7d2b1d;border-color:#7d2b1d;color:#fff}</style>"
        "<h1>Nguồn dữ liệu giả lập</h1>"
        "<p>Đứng thay các cơ sở dữ liệu bên ngoài trong bản trình diễn. Chọn cách trả lời:</p>"
        f"<form method=post action=/control><input type=hidden name=page value=1>{buttons}</form>"
        f"<table><tr><th>Lúc<th>Nguồn<th>Số tham chiếu<th>Hỏi về<th>Cách trả lời{rows}</table></html>"
    )
