"""A stand-in that speaks JSON over HTTP on loopback, is switched at /control, and shows itself at /."""

from __future__ import annotations

import html
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from motcua.platform.standins.behaviour import Behaviour, Control, Mode


class JsonStandIn(ABC):
    """
    `with SomeStandIn(port, token=…) as standin:` serves at `standin.url` until the end of the block.

    POST /control {"mode", "times", "delay_seconds"} makes it misbehave, "of" names another control beside its own.
    """

    handler: ClassVar[type[Handler]]

    def __init__(self, port: int, *, token: str, modes: Iterable[Mode]) -> None:
        self.token = token
        self.control = Control(modes)
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def behave(self, mode: Mode, times: int | None = None, delay_seconds: float = 2.0) -> None:
        """Misbehave from the next request on."""
        self.control.set(Behaviour(mode, times, delay_seconds))

    def control_of(self, name: str) -> Control | None:
        """Return the control that a request to /control means."""
        return None if name else self.control

    @abstractmethod
    def page(self) -> str:
        """Return the page that shows what came."""

    def __enter__(self) -> Self:
        handler = type("Bound", (self.handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), handler)
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


class Handler(BaseHTTPRequestHandler):
    """Takes a request apart; a stand-in's own says in `get` and `post` what is answered to a known client."""

    standin: Any
    largest_body: ClassVar[int] = 50_000
    protocol_version = "HTTP/1.1"
    timeout = 30

    def get(self) -> None:
        """Answer a GET of a known client."""
        self.json(404, {"error": "unknown address"})

    def post(self, body: dict[str, Any]) -> None:
        """Answer a POST of a known client."""
        self.json(404, {"error": "unknown address"})

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, self.standin.page(), "text/html; charset=utf-8")
        elif self._known():
            self.get()

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path == "/control":
            self._control(body)
        elif self._known():
            self.post(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the page shows what came."""

    def json(self, status: int, value: Mapping[str, Any]) -> None:
        """Answer an object."""
        self.answer(status, json.dumps(value, ensure_ascii=False), "application/json")

    def answer(self, status: int, text: str, kind: str) -> None:
        """Answer a text of this media type."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refused(self, mode: Mode, reason: str) -> bool:
        """Meet a request as the modes that refuse it do; False: it is to be answered."""
        match mode:
            case Mode.DOWN:
                self.close_connection = True
            case Mode.BUSY:
                self.json(503, {"error": "busy"})
            case Mode.REJECT:
                self.json(422, {"error": reason})
            case Mode.BROKEN:
                self.answer(200, "<xml>", "application/json")
            case _:
                return False
        return True

    def _control(self, body: dict[str, Any]) -> None:
        control = self.standin.control_of(str(body.get("of", "")))
        try:
            if control is None:
                raise ValueError("nothing of this name here")
            control.set(Behaviour.of(body))
        except ValueError as wrong:
            self.json(422, {"error": str(wrong)})
            return
        if "page" in body:
            self.send_response(303)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.json(200, {"ok": True})

    def _known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.standin.token}":
            return True
        self.json(401, {"error": "unknown client"})
        return False

    def _body(self) -> dict[str, Any] | None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= self.largest_body:
            self.close_connection = True
            self.json(413, {"error": "body missing or too large"})
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
            self.json(400, {"error": "not an object"})
            return None
        return body


def at_clock(at: float) -> str:
    """Return the time of day of a moment in seconds since 1970, as this machine's clock shows it."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def switches(control: Control, names: Mapping[Mode, str], *, of: str = "", title: str = "") -> str:
    """Return the buttons that set how a stand-in behaves; the present one is pressed."""
    now = control.now.mode
    buttons = "".join(
        f"<button name=mode value={mode} aria-pressed={str(mode is now).lower()}>{html.escape(name)}</button>"
        for mode, name in names.items()
    )
    label = f"<b>{html.escape(title)}</b>" if title else ""
    return (
        f"<form method=post action=/control>{label}<input type=hidden name=page value=1>"
        f"<input type=hidden name=of value='{html.escape(of)}'>{buttons}</form>"
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of texts."""
    head = "".join(f"<th>{html.escape(name)}" for name in heads)
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(value)}" for value in row) for row in rows)
    return f"<table><tr>{head}{lines}</table>"


def page(title: str, lead: str, *blocks: str) -> str:
    """Return the whole page, which loads itself again every few seconds."""
    return (
        "<!doctype html><html lang=vi><meta charset=utf-8><meta http-equiv=refresh content=5>"
        f"<title>{html.escape(title)}</title><style>body{{font:15px/1.5 sans-serif;margin:2rem}}"
        "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;"
        "text-align:left;vertical-align:top;white-space:pre-line}form{display:flex;flex-wrap:wrap;gap:.4rem;"
        "align-items:center;margin:.4rem 0}form b{min-width:9rem}button{font:inherit;padding:.35rem .8rem;"
        "border:1px solid #999;border-radius:4px;background:#fff;cursor:pointer}"
        "button[aria-pressed=true]{background:#7d2b1d;border-color:#7d2b1d;color:#fff}</style>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>{''.join(blocks)}</html>"
    )
