"""
A small caller of the API for journeys and benches: one kept connection, cookies, the CSRF header, JSON.

It writes and reads HTTP/1.1 on a plain socket: beside a server that is being measured the caller must cost
little. It behaves as a browser does: cookies of the answers are kept, a write sends the token of its session.
"""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

BLOCK = 65_536


class Refused(Exception):
    """The server answered with another status than asked for; `code` and `errors` are those of its words."""

    def __init__(self, method: str, path: str, status: int, body: bytes) -> None:
        self.status = status
        try:
            told = json.loads(body)
        except ValueError:
            told = {}
        self.code: str = told.get("code", "")
        self.errors: Mapping[str, str] = told.get("errors") or {}
        self.message: str = told.get("message", body[:300].decode("utf-8", "replace"))
        super().__init__(
            f"{method} {path}: {status} {self.code} {self.message} {dict(self.errors) or ''}".strip()
        )


class Caller:
    """One client. `audience` is staff or citizen; not for several threads at once."""

    def __init__(self, base_url: str, audience: str = "") -> None:
        parts = urlsplit(base_url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.audience = audience
        self.cookies: dict[str, str] = {}
        self.token = ""
        self._socket: socket.socket | None = None
        self._left = b""

    def sign_in(self, username: str, password: str) -> dict[str, Any]:
        """Start a session; return who one is."""
        self.token = self.get("/api/v1/session")["csrf_token"]
        body = {"audience": self.audience, "username": username, "password": password}
        me: dict[str, Any] = self.post("/api/v1/session", body)
        self.token = me["csrf_token"]
        return me

    def get(self, path: str) -> Any:
        """
        Return the JSON behind an address.

        :raises Refused:
        """
        return json.loads(self.ask("GET", path))

    def post(self, path: str, body: Mapping[str, Any], *, key: str | None = None) -> Any:
        """
        Send JSON with a fresh idempotency key, or this one; return the JSON of the answer.

        :raises Refused:
        """
        headers = {"Idempotency-Key": key or secrets.token_urlsafe(12)}
        return json.loads(self.ask("POST", path, json.dumps(body).encode(), "application/json", headers))

    def upload(self, name: str, data: bytes) -> int:
        """
        Store a file and return its number.

        :raises Refused:
        """
        boundary = secrets.token_hex(12)
        body = b"".join(
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode(),
                b"Content-Type: application/octet-stream\r\n\r\n",
                data,
                f"\r\n--{boundary}--\r\n".encode(),
            )
        )
        kind = f"multipart/form-data; boundary={boundary}"
        return int(json.loads(self.ask("POST", "/api/v1/files", body, kind))["id"])

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """
        Send a request and return the body of a good answer.

        :raises Refused: the status is not 2xx.
        """
        status, answer = self.exchange(method, path, body, content_type, headers)
        if not 200 <= status < 300:
            raise Refused(method, path, status, answer)
        return answer

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Send a request and return status and body, whatever the status."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if self.audience:
            lines.append(f"X-Motcua-Audience: {self.audience}")
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if method != "GET":
            lines += [f"X-CSRFToken: {self.token}", f"Content-Length: {len(body)}"]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        message = "\r\n".join((*lines, "", "")).encode() + body
        fresh = self._socket is None
        try:
            return self._converse(message)
        except (ConnectionError, OSError):
            self.close()
            if fresh:
                raise
            return self._converse(message)  # a kept connection the server had closed

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._left = None, b""

    def _converse(self, message: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(message)
        data = self._left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head, data = data[:end].decode("latin-1"), data[end + 4 :]
        first, *lines = head.split("\r\n")
        status, length, chunked, closing = int(first[9:12]), 0, False, False
        for line in lines:
            name, _, value = line.partition(":")
            match name.lower():
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    chunked = "chunked" in value
                case "set-cookie":
                    self._keep(value.strip())
                case "connection":
                    closing = value.strip().lower() == "close"
        if chunked:
            body, data = self._chunks(data)
        else:
            while len(data) < length:
                data += self._more()
            body, data = data[:length], data[length:]
        self._left = data
        if closing:
            self.close()
        return status, body

    def _more(self) -> bytes:
        assert self._socket is not None  # noqa: S101  (`_converse` has opened it)
        block = self._socket.recv(BLOCK)
        if not block:
            raise ConnectionResetError("the server hung up")
        return block

    def _chunks(self, data: bytes) -> tuple[bytes, bytes]:
        parts: list[bytes] = []
        while True:
            while (end := data.find(b"\r\n")) < 0:
                data += self._more()
            size = int(data[:end].split(b";")[0], 16)
            data = data[end + 2 :]
            while len(data) < size + 2:
                data += self._more()
            parts.append(data[:size])
            data = data[size + 2 :]
            if size == 0:
                return b"".join(parts), data

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.split(";", 1)[0].partition("=")
        if value and value != '""':
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)
