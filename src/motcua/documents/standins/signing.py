"""A remote signing service (CSC API 1.0.4): keeps fictional keys, asks at its own page, misbehaves on request."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from motcua.documents.fiction import Identity
from motcua.documents.interrupted import mechanism
from motcua.platform.standins.behaviour import Mode
from motcua.platform.standins.http import Handler, JsonStandIn, at_clock, page, switches, table

KEPT: Final = 300
ASKED: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "credentialID", "numSignatures", "hash",
    "code_challenge", "code_challenge_method",
)  # fmt: skip
_SWITCHES: Final = {
    Mode.OK: "Bình thường",
    Mode.SLOW: "Chậm",
    Mode.BUSY: "Bận",
    Mode.REJECT: "Từ chối",
    Mode.BROKEN: "Trả lời hỏng",
    Mode.DOWN: "Ngừng hoạt động",
    Mode.UNKNOWN: "Đưa chứng thư khác",
    Mode.LOST: "Ký nội dung khác",
}


@dataclass(frozen=True, slots=True)
class Client:
    """Who may use the service: its id and secret, and where people are sent back to."""

    id: str
    secret: str
    back: str


@dataclass
class Asked:
    """A confirmation that was asked for, and what became of it."""

    holder: str
    credential: str
    digest: bytes
    challenge: str
    at: float
    became: str = "Chờ xác nhận"


class _Handler(Handler):
    standin: SigningStandIn

    def _known(self) -> bool:
        return True  # each address below asks for what it needs

    def get(self) -> None:
        address = urlsplit(self.path)
        if address.path != "/oauth2/authorize":
            self.json(404, {"error": "unknown address"})
            return
        asked = {name: values[0] for name, values in parse_qs(address.query).items()}
        fault = self.standin.fault(asked)
        if fault:
            self.answer(400, page("Không xác nhận được", fault), "text/html; charset=utf-8")
        else:
            self.answer(200, self.standin.question(asked), "text/html; charset=utf-8")

    def post(self, body: dict[str, Any]) -> None:
        if self.path == "/oauth2/authorize":
            self._decided(body)
            return
        mode = self.standin.control.next()
        if self.refused(mode, "refused"):
            return
        match self.path:
            case "/oauth2/token":
                said = self.standin.granted(body)
            case "/csc/v1/credentials/info" if self._let_in():
                said = self.standin.info(str(body.get("credentialID")), mode)
            case "/csc/v1/signatures/signHash" if self._let_in():
                said = self.standin.signed(body, mode)
            case _:
                said = {"error": "invalid_request", "error_description": "unknown address or access token"}
        self.json(400 if "error" in said else 200, said)

    def _let_in(self) -> bool:
        return self.standin.lets_in(self.headers.get("Authorization", "").removeprefix("Bearer "))

    def _decided(self, body: dict[str, Any]) -> None:
        fault = self.standin.fault(body)
        if fault:
            self.json(400, {"error": "invalid_request", "error_description": fault})
            return
        self.send_response(303)
        self.send_header("Location", self.standin.decided(body, yes=body.get("decision") == "yes"))
        self.send_header("Content-Length", "0")
        self.end_headers()


class SigningStandIn(JsonStandIn):
    """
    `with SigningStandIn(port, client=…, keys=…, chain=…) as service:` signs by `keys`, which finds one by its name.

    A confirmation is one tap on its page, where a real service asks for a PIN or goes to its app. `chain` is the
    certificate of the authority that issued the keys.
    """

    handler = _Handler

    def __init__(
        self, port: int, *, client: Client, keys: Callable[[str], Identity | None], chain: Identity
    ) -> None:
        super().__init__(port, token="", modes=_SWITCHES)
        self._client, self._keys, self._chain = client, keys, chain
        self._lock = threading.Lock()
        self._codes: dict[str, Asked] = {}
        self._activations: dict[str, Asked] = {}
        self._tokens: set[str] = set()
        self.asked: deque[Asked] = deque(maxlen=KEPT)

    def fault(self, asked: Mapping[str, Any]) -> str:
        """Return what is wrong with a request for a confirmation; empty: nothing."""
        if asked.get("client_id") != self._client.id or asked.get("redirect_uri") != self._client.back:
            return "Ứng dụng này không được đăng ký ở dịch vụ."
        if (asked.get("response_type"), asked.get("scope"), asked.get("code_challenge_method")) != (
            "code", "credential", "S256",
        ):  # fmt: skip
            return "Yêu cầu không đúng quy cách."
        if not asked.get("state") or not asked.get("code_challenge") or asked.get("numSignatures") != "1":
            return "Yêu cầu thiếu mã chống giả mạo hoặc số chữ ký."
        if self._keys(str(asked.get("credentialID"))) is None:
            return "Không có chứng thư này ở dịch vụ."
        return "" if len(_digest(asked)) == hashlib.sha256().digest_size else "Mã băm không đúng quy cách."

    def question(self, asked: Mapping[str, str]) -> str:
        """Return the page on which the holder of a key says yes or no."""
        who = self._keys(asked["credentialID"])
        kept = "".join(
            f"<input type=hidden name={name} value='{html.escape(asked.get(name, ''), quote=True)}'>"
            for name in ASKED
        )
        return (
            "<!doctype html><html lang=vi><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            "<title>Xác nhận ký số</title><style>body{font:17px/1.5 sans-serif;margin:1.2rem;max-width:32rem}"
            "button{font:inherit;display:block;width:100%;padding:.8rem;margin:.6rem 0;border-radius:6px;"
            "border:1px solid #7d2b1d;background:#fff;color:#7d2b1d}button[value=yes]{background:#7d2b1d;color:#fff}"
            "code{overflow-wrap:anywhere}</style><h1>Xác nhận ký số</h1>"
            f"<p>Người ký: <b>{html.escape(who.name if who else '')}</b></p>"
            f"<p>Mã băm của văn bản: <code>{_digest(asked).hex()}</code></p>"
            f"<form method=post action=/oauth2/authorize>{kept}"
            "<button name=decision value=yes>Xác nhận ký</button><button name=decision value=no>Không ký</button>"
            "</form><p><small>Dịch vụ ký số giả lập của bản trình diễn. Dịch vụ thật hỏi mã PIN hoặc xác nhận trên ứng"
            " dụng của người ký.</small></p></html>"
        )

    def decided(self, asked: Mapping[str, Any], *, yes: bool) -> str:
        """Keep the holder's answer; return where the person is sent back to."""
        who = self._keys(str(asked["credentialID"]))
        one = Asked(
            who.name if who else "", str(asked["credentialID"]), _digest(asked), str(asked["code_challenge"]),
            time.time(), "Đã xác nhận" if yes else "Không ký",
        )  # fmt: skip
        code = secrets.token_urlsafe(24)
        with self._lock:
            self.asked.append(one)
            if yes:
                self._codes[code] = one
        told = {"code": code} if yes else {"error": "access_denied"}
        return f"{self._client.back}?{urlencode({**told, 'state': asked['state']})}"

    def granted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a token for the client alone, or the Signature Activation Data for a code."""
        if (body.get("client_id"), body.get("client_secret")) != (self._client.id, self._client.secret):
            return {"error": "invalid_client"}
        made = secrets.token_urlsafe(32)
        with self._lock:
            if body.get("grant_type") == "authorization_code":
                one = self._codes.pop(str(body.get("code")), None)
                verifier = hashlib.sha256(str(body.get("code_verifier")).encode()).digest()
                if one is None or body.get("redirect_uri") != self._client.back:
                    return {"error": "invalid_grant"}
                if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != one.challenge:
                    return {"error": "invalid_grant", "error_description": "code_verifier"}
                self._activations[made] = one
                self._tokens.add(made)
                return {"access_token": made, "token_type": "SAD", "expires_in": 300}
            if (body.get("grant_type"), body.get("scope")) == ("client_credentials", "service"):
                self._tokens.add(made)
                return {"access_token": made, "token_type": "Bearer", "expires_in": 3600}
        return {"error": "unsupported_grant_type"}

    def lets_in(self, token: str) -> bool:
        """Tell whether an access token is one of ours."""
        return token in self._tokens

    def info(self, credential: str, mode: Mode) -> dict[str, Any]:
        """Return what a key is: its certificate with the chain, and how it signs."""
        who = self._keys(credential)
        if who is None:
            return {"error": "invalid_request", "error_description": "Invalid parameter credentialID"}
        shown = self._chain if mode is Mode.UNKNOWN else who
        return {
            "key": {"status": "enabled", "algo": [mechanism(who.der).signature], "len": who.key.key_size},
            "cert": {"status": "valid", "certificates": [_b64(shown.der), _b64(self._chain.der)]},
            "authMode": "oauth2code",
            "SCAL": "2",
            "multisign": 1,
        }

    def signed(self, body: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
        """Return the signature of the one digest that was confirmed."""
        with self._lock:
            one = self._activations.pop(str(body.get("SAD")), None)
        who = self._keys(str(body.get("credentialID")))
        if one is None or who is None or one.credential != body.get("credentialID"):
            return {"error": "invalid_request", "error_description": "Invalid parameter SAD"}
        if body.get("hash") != [_b64(one.digest)] or body.get("signAlgo") != mechanism(who.der).signature:
            return {"error": "invalid_request", "error_description": "Hash is not authorized by the SAD"}
        one.became = "Đã ký"
        digest = hashlib.sha256(one.digest).digest() if mode is Mode.LOST else one.digest
        return {"signatures": [_b64(who.signature(digest))]}

    def page(self) -> str:
        rows = (
            (at_clock(one.at), one.holder, one.digest.hex()[:16] + "…", one.became)
            for one in reversed(self.asked)
        )
        return page(
            "Dịch vụ ký số từ xa giả lập",
            "Đứng thay dịch vụ ký số từ xa trong bản trình diễn: giữ khóa giả lập, hỏi người ký rồi mới ký.",
            switches(self.control, _SWITCHES),
            table(("Lúc", "Người ký", "Mã băm", "Kết quả"), rows),
        )


def _digest(asked: Mapping[str, Any]) -> bytes:
    """Return the digest of a request; empty where it is not readable."""
    text = str(asked.get("hash", ""))
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
