"""
The national portal as a province's system meets it: the session interface (G1, G2) and the token interface (G3).

It keeps what it is told, tells it back when asked, and is as strict as the public descriptions say: every scalar a
text on the session interface, `isUpdating` as the dossier stands, hashes of files checked. It can refuse, be away,
answer late or not at all (having kept what came), and forget who is signed in.
"""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from motcua.platform.standins.behaviour import Mode
from motcua.platform.standins.http import Handler, JsonStandIn, at_clock, page, switches, table

_SWITCHES: Final = {
    Mode.OK: "Bình thường",
    Mode.SLOW: "Chậm",
    Mode.BUSY: "Báo lỗi 502",
    Mode.REJECT: "Từ chối",
    Mode.LOST: "Nhận nhưng không trả lời",
    Mode.BROKEN: "Trả lời hỏng",
    Mode.DOWN: "Ngừng hoạt động",
}
SIGN_IN, CALL = "/api/login", "/api/tichhop"
TOKEN, CODES, FILES = "/oauth2/token", "/api/v1/ho-so/ma-moi", "/api/v1/tep-tin"
DOSSIERS, STEPS, STATUS = "/api/v1/ho-so", "/api/v1/ho-so/tien-do", "/api/v1/ho-so/trang-thai"
_MOMENT: Final = re.compile(r"\d{14}")
_MOMENTS: Final = frozenset(
    {"NgayNopHoSo", "NgayTiepNhan", "NgayHenTra", "NgayTuChoi", "NgayKetThucXuLy", "NgayTra", "NgayBoSung",
     "ThoiDiemXuLy"}
)  # fmt: skip


@dataclass(slots=True)
class Kept:
    """A dossier as the portal has it."""

    code: str
    id: str
    record: dict[str, Any]
    at: float
    status: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    told: int = 1


class Refusal(Exception):
    """The portal says no; `status` is the HTTP code of the token interface."""

    def __init__(self, words: str, status: int = 400) -> None:
        self.status = status
        super().__init__(words)


class _Handler(Handler):
    standin: PortalStandIn
    largest_body = 20_000_000

    def _known(self) -> bool:
        return True  # each interface knows its clients in its own way

    def do_PUT(self) -> None:
        self.do_POST()

    def _body(self) -> dict[str, Any] | None:
        kind = self.headers.get("Content-Type") or ""
        if not kind.startswith("multipart/"):
            return super()._body()
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        parts = parser.parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + raw).iter_parts()
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in parts
        }

    def get(self) -> None:
        self._answered(urlsplit(self.path).path, None)

    def post(self, body: dict[str, Any]) -> None:
        self._answered(urlsplit(self.path).path, body)

    def _answered(self, path: str, body: dict[str, Any] | None) -> None:
        signing = path in (SIGN_IN, TOKEN)
        mode = Mode.OK if signing else self.standin.control.next()
        if mode is Mode.BUSY:
            self.json(502, {"message": "bad gateway"})
        elif mode is Mode.REJECT:
            self._no(path, Refusal("Dữ liệu không hợp lệ"))
        elif not self.refused(mode, ""):
            try:
                answer = self._asked(path, body)
            except Refusal as refusal:
                self._no(path, refusal)
                return
            name = str((body or {}).get("service", path))
            if mode is Mode.LOST or self.standin.loses(name):
                self.close_connection = True
            else:
                self.json(200, answer)

    def _no(self, path: str, refusal: Refusal) -> None:
        if path in (SIGN_IN, CALL):
            self.json(200, {"error_code": "-1", "message": str(refusal), "result": []})
        else:
            self.json(refusal.status, {"message": str(refusal)})

    def _asked(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        one = self.standin
        if path == SIGN_IN:
            return one.signed_in(str((body or {}).get("password", "")))
        if path == TOKEN:
            return one.token_of(str((body or {}).get("client_secret", "")))
        if path == CALL:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            return one.called({**(body or {}), **query})
        one.admitted((self.headers.get("Authorization") or "").removeprefix("Bearer "), 401)
        if path == CODES:
            return one.next_code()
        if path == FILES:
            return one.stored(body or {})
        if path == STEPS:
            return one.stepped(body or {})
        if path == STATUS:
            return one.stated(body or {})
        if path == DOSSIERS and body is not None:
            return one.created(body)
        code = path.removeprefix(f"{DOSSIERS}/")
        return one.replaced(code, body) if body is not None else one.told_back(code)


class PortalStandIn(JsonStandIn):
    """
    `with PortalStandIn(port, token=…) as portal:` keeps dossiers in `portal.dossiers`, by code.

    `lists_steps`: whether it tells the steps it has when asked. `token` is the password, and the client secret.
    """

    handler = _Handler

    def __init__(self, port: int, *, token: str, lists_steps: bool = True) -> None:
        super().__init__(port, token=token, modes=_SWITCHES)
        self.lists_steps = lists_steps
        self.dossiers: dict[str, Kept] = {}
        self.files: dict[str, bytes] = {}
        self.calls: list[dict[str, Any]] = []
        self._signed_in: set[str] = set()
        self._losing: list[str] = []
        self._last = 0
        self._lock = threading.RLock()

    def lose(self, *names: str) -> None:
        """Keep what comes next for each of these services (or paths), and do not answer."""
        with self._lock:
            self._losing.extend(names)

    def loses(self, name: str) -> bool:
        """Tell whether this answer is lost, and count it."""
        with self._lock:
            if name not in self._losing:
                return False
            self._losing.remove(name)
            return True

    def sign_all_out(self) -> None:
        """Forget who is signed in."""
        with self._lock:
            self._signed_in.clear()

    def forget(self, code: str) -> None:
        """Lose a dossier."""
        with self._lock:
            del self.dossiers[code]

    def page(self) -> str:
        with self._lock:
            rows = [
                (at_clock(one.at), code, str(one.record.get("TenTTHC") or one.record.get("MaTTHC") or ""),
                 str(one.record.get("ChuHoSo", "")), one.status, str(len(one.steps)), str(one.told))
                for code, one in reversed(self.dossiers.items())
            ]  # fmt: skip
        return page(
            "Cổng Dịch vụ công quốc gia giả lập",
            "Đứng thay Cổng quốc gia trong bản trình diễn: nhận hồ sơ và tiến độ, trả lời khi được hỏi lại.",
            switches(self.control, _SWITCHES),
            table(("Lúc", "Mã hồ sơ", "Thủ tục", "Chủ hồ sơ", "Trạng thái", "Số bước", "Số lần báo"), rows),
        )

    # who is there

    def signed_in(self, password: str) -> dict[str, Any]:
        """Let a system in by session."""
        if password != self.token:
            raise Refusal("Sai tài khoản")
        return {"error_code": "0", "session": self._let_in()}

    def token_of(self, secret: str) -> dict[str, Any]:
        """Give a token."""
        if secret != self.token:
            raise Refusal("invalid_client", 401)
        return {"access_token": self._let_in(), "expires_in": 3600}

    def _let_in(self) -> str:
        made = secrets.token_hex(16)
        with self._lock:
            self._signed_in.add(made)
        return made

    def admitted(self, session: str, status: int = 400) -> None:
        """Refuse who is not signed in."""
        with self._lock:
            if session not in self._signed_in:
                raise Refusal("Phiên làm việc không hợp lệ", status)

    # G1 and G2

    def called(self, body: dict[str, Any]) -> dict[str, Any]:
        """Do what a service of the session interface is asked for."""
        self.admitted(str(body.get("session", "")))
        wrong = next(_not_text(body), None)
        if wrong is not None:
            raise Refusal(f"{wrong} không phải chuỗi")
        with self._lock:
            self.calls.append({name: value for name, value in body.items() if name != "session"})
            match body.get("service"):
                case "TraCuuHoSo":
                    return self._yes(
                        [self._back(self.dossiers[body["mahoso"]])] if body["mahoso"] in self.dossiers else []
                    )
                case "DongBoHoSoMC":
                    for record in body["data"]:
                        self._synchronised(record, body.get("isUpdating") == "True")
                case "CapNhatTienDoHoSoMC":
                    for step in body["data"]:
                        self._of(str(step["MaHoSo"])).steps.append(step)
                case _:
                    raise Refusal("Không có dịch vụ này")
        return self._yes([])

    def _synchronised(self, record: dict[str, Any], updating: bool) -> None:
        code = record["MaHoSo"]
        if updating != (code in self.dossiers):
            raise Refusal("Hồ sơ đã tồn tại" if code in self.dossiers else "Hồ sơ chưa tồn tại")
        known = self.dossiers.get(code)
        if known is None:
            known = self.dossiers[code] = Kept(code, secrets.token_hex(8), record, time.time(), told=0)
        known.record, known.status, known.at = record, record["TrangThaiHoSo"], time.time()
        known.told += 1

    def _back(self, one: Kept) -> dict[str, Any]:
        steps = {"DanhSachTienDo": one.steps} if self.lists_steps else {}
        return {**one.record, "TrangThaiHoSo": one.status, **steps}

    def _yes(self, result: list[Any]) -> dict[str, Any]:
        return {"error_code": "00", "message": "", "result": result}

    def _of(self, code: str, status: int = 404) -> Kept:
        if code not in self.dossiers:
            raise Refusal("Không có hồ sơ", status)
        return self.dossiers[code]

    # G3

    def next_code(self) -> dict[str, Any]:
        """Give the next code of its counter."""
        with self._lock:
            self._last += 1
            return {"MaHoSo": f"CONG-20260901-{self._last:07}"}

    def stored(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a file."""
        data = bytes(body.get("file") or b"")
        made = hashlib.sha256(data).hexdigest()
        if bytes(body.get("HashTepTin") or b"").decode() != made:
            raise Refusal("Mã băm không khớp")
        with self._lock:
            number = f"TEP-{len(self.files) + 1}"
            self.files[number] = data
        return {"IdTepTin": number, "HashTepTin": made}

    def created(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a new dossier."""
        with self._lock:
            code = str(body.get("MaHoSo", ""))
            if code in self.dossiers:
                raise Refusal("Hồ sơ đã tồn tại")
            self._with_files(body)
            made = self.dossiers[code] = Kept(code, f"ID-{len(self.dossiers) + 1}", body, time.time(), "1")
            return {"idHoSo": made.id}

    def replaced(self, code: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take a dossier it has anew."""
        with self._lock:
            one = self._of(code)
            self._with_files(body)
            one.record, one.at = body, time.time()
            one.told += 1
            return {"idHoSo": one.id}

    def _with_files(self, body: Mapping[str, Any]) -> None:
        papers = [one for paper in body["ThanhPhanHoSo"] for one in paper["GiayToDinhKem"]]
        for one in (*papers, *body["DanhSachGiayToKetQua"]):
            if one["IdGiayTo"] not in self.files:
                raise Refusal("Không có tệp")

    def stepped(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a step."""
        with self._lock:
            one = self._of(str(body.get("MaHoSo")))
            if one.id != body.get("IDHoSo"):
                raise Refusal("Sai IDHoSo")
            one.steps.append(body)
            return {}

    def stated(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a status."""
        with self._lock:
            one = self._of(str(body.get("MaHoSo")))
            if not isinstance(body.get("TrangThai"), int):
                raise Refusal("Trạng thái không phải số")
            one.status = str(body["TrangThai"])
            return {}

    def told_back(self, code: str) -> dict[str, Any]:
        """Tell what it has of a dossier."""
        with self._lock:
            one = self._of(code)
            record = {**one.record, "TrangThai": int(one.status), "idHoSo": one.id}
            steps = {"TienDo": one.steps} if self.lists_steps else {}
            told: dict[str, Any] = json.loads(json.dumps({**record, **steps}))
            return told


def _not_text(value: Any, name: str = "") -> Any:
    """Yield the names of scalars that are no texts, and of moments in another shape."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _not_text(one, str(key))
    elif isinstance(value, list):
        for one in value:
            yield from _not_text(one, name)
    elif not isinstance(value, str) or (name in _MOMENTS and value and not _MOMENT.fullmatch(value)):
        yield name
