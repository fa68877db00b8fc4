"""
The national portal's interfaces over HTTP: one speaker per generation, all told the same neutral record. No database.

G1 and G2 sign in for a session that is kept and renewed when it is refused; the answer is read from the body
(`error_code`), not from the HTTP code. G3 has tokens and meaningful HTTP codes. A time-out or 502 does not mean that
nothing was received, so every telling begins with asking what the portal has. Source: facts-interfaces-dvcqg.md
6.1 to 6.4, 6.7, 6.9.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from motcua.exchange import wire
from motcua.exchange.connectors import PERMANENT, TIMEOUT_SECONDS, Line
from motcua.exchange.links import PATH
from motcua.exchange.rules import Differs
from motcua.exchange.wire import Form, Generation, Unsayable
from motcua.kernel.retry import Failure, NotSent

_AWAY: Final = frozenset({408, 429, 500, 502, 503, 504})
_RENEW: Final = frozenset({401})
_kept: dict[tuple[str, str], str] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a partner is spoken to: the form, our code there, the target system, whether our dossier codes are kept."""

    form: Form
    unit: str
    target: str
    own_codes: bool


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of ours as it is handed over."""

    file: int
    name: str
    mime: str
    sha256: str
    read: Callable[[], bytes]


@dataclass(slots=True)
class Names:
    """What the portal calls a dossier and our files of it (by our number: {id, hash}); grows while it is told."""

    code: str = ""
    id: str = ""
    uploads: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Telling:
    """One message: the neutral record, the steps it tells, the files it names, what is known of the portal's names."""

    code: str
    record: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    files: Sequence[Upload]
    names: Names


@dataclass(slots=True)
class Said:
    """What was said and answered, for the log: no session, no token, no signature of a link."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    receipt: str = ""

    def note(self, service: str, request: Any, outcome: Any) -> None:
        """Keep one call; of what a portal tells back only that it does."""
        if isinstance(outcome, Mapping):
            outcome = {name: one for name, one in outcome.items() if not isinstance(one, Mapping | list)}
        self.calls.append({"service": service, "request": _bare(request), "outcome": outcome})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the portal has of a dossier, in the shapes of the interface; `steps` None: it does not tell them."""

    there: bool
    fields: Mapping[str, Any] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] | None = None


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _bare(one) for name, one in value.items() if name not in ("session", "password")}
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if isinstance(value, str) and PATH in value:
        return value.partition(PATH)[0] + PATH + "…"
    return value


class Speaker(ABC):
    """Speaks one interface to one portal; made for one telling or asking."""

    def __init__(self, line: Line, terms: Terms, said: Said, timeout: float = TIMEOUT_SECONDS) -> None:
        self.line, self.terms, self.form, self.said = line, terms, terms.form, said
        user, colon, secret = line.token.partition(":")
        self.user, self.secret = (user, secret) if colon else (terms.unit, line.token)
        self._http = httpx.Client(timeout=timeout, trust_env=False)

    @abstractmethod
    def seen(self, code: str) -> Seen:
        """Ask what the portal has of a dossier. :raises NotSent:"""

    @abstractmethod
    def told(self, telling: Telling) -> None:
        """Tell a dossier and its steps; `names` grows, also where it fails later. :raises NotSent, Unsayable:"""

    @abstractmethod
    def _sign_in(self) -> str:
        """Return a new session or token. :raises NotSent:"""

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _held(self, *, renew: str = "") -> str:
        """Return the session or token, the kept one unless it is the one to be renewed."""
        place = (self.line.address, f"{self.form.generation}:{self.user}")
        with _lock:
            known = _kept.get(place, "")
            if not known or known == renew:
                known = _kept[place] = self._sign_in()
            return known

    def _path(self, name: str) -> str:
        return f"{self.line.address}{self.form.settings[name]['path']}"

    def _sent(self, method: str, url: str, **more: Any) -> httpx.Response:
        try:
            return self._http.request(method, url, **more)
        except httpx.HTTPError as fault:
            reason = f"Không nối được hoặc không có trả lời ({type(fault).__name__}); chưa rõ bên kia đã nhận hay chưa"
            raise NotSent(Failure.OUTAGE, reason) from fault

    def _body(self, response: httpx.Response) -> dict[str, Any]:
        if response.status_code in _AWAY:
            reason = f"Bên kia báo lỗi {response.status_code}; chưa rõ đã nhận hay chưa"
            raise NotSent(Failure.OUTAGE, reason)
        try:
            found = response.json()
        except ValueError as fault:
            raise NotSent(
                Failure.OUTAGE, "Trả lời không đọc được; chưa rõ bên kia đã nhận hay chưa"
            ) from fault
        if not isinstance(found, dict):
            raise NotSent(Failure.OUTAGE, "Trả lời không đúng cấu trúc; chưa rõ bên kia đã nhận hay chưa")
        return found

    def _missing(self, steps: Sequence[Mapping[str, Any]], seen: Seen) -> list[dict[str, Any]]:
        """Return the steps the portal does not have, as it reads them; all where it does not tell which it has."""
        wanted = [wire.written(self.form, "progress", step) for step in steps]
        names = _step_names(self.form)
        known = {_key(row, names) for row in seen.steps or ()}
        return [row for row in wanted if _key(row, names) not in known]


def compared(form: Form, ours: Mapping[str, Any], steps: Sequence[int], seen: Seen) -> list[dict[str, str]]:
    """
    Return in what a portal's record is not ours: {what, ours, theirs}; what it does not tell is not compared.

    `ours` has the status and due date told last, `steps` are the steps told.
    """
    if not seen.there:
        return [{"what": Differs.MISSING.value, "ours": "", "theirs": ""}]
    found = []
    wanted = wire.written(form, "seen", ours)
    names = {one.source: one.name for one in form.messages["seen"]}
    for what, source in ((Differs.STATUS, "status"), (Differs.DUE, "due_at")):
        theirs = seen.fields.get(source)
        mine = wanted.get(names.get(source, ""))
        if theirs is not None and str(theirs) != str("" if mine is None else mine):
            found.append({"what": what.value, "ours": str(mine or ""), "theirs": str(theirs)})
    if seen.steps is not None and len(seen.steps) < len(steps):
        found.append({"what": Differs.STEPS.value, "ours": str(len(steps)), "theirs": str(len(seen.steps))})
    return found


def status_seen(seen: Seen) -> int | None:
    """Return the number of the state a portal has, where it tells a number."""
    text = str(seen.fields.get("status") or "")
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _step_names(form: Form) -> list[str]:
    """Return the fields that tell steps apart: those the portal tells back."""
    return next(
        ([one.name for one in item.fields] for item in form.messages["seen"] if item.source == "steps"), []
    )


def _key(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(row.get(name) or "") for name in names)


def _seen(form: Form, row: Mapping[str, Any]) -> Seen:
    """Return what an answer tells of a dossier, by our names of the fields."""
    fields = {one.source: row.get(one.name) for one in form.messages["seen"] if one.source != "steps"}
    listed = next((one.name for one in form.messages["seen"] if one.source == "steps"), "")
    steps = row.get(listed)
    return Seen(True, fields, [dict(one) for one in steps] if isinstance(steps, list) else None)


class SessionSpeaker(Speaker):
    """G1 and G2: sign in for a session, name the service in the body, read `error_code`."""

    def _sign_in(self) -> str:
        response = self._sent(
            "POST",
            self._path("sign_in"),
            json={"username": self.user, "password": self.secret},
            headers=self._heads(),
        )
        answer = self._body(response)
        session = answer.get("session")
        if not wire.succeeded(answer) or not isinstance(session, str) or not session:
            raise NotSent(Failure.TRANSIENT, "Đăng nhập bị từ chối: kiểm tra tài khoản của kết nối")
        return session

    def _heads(self) -> dict[str, str]:
        return {"charset": "utf-8", "dstcode": self.terms.target}

    def seen(self, code: str) -> Seen:
        answer = self._call("lookup", {"mahoso": code})
        rows = answer.get("result") or []
        row = rows[0] if isinstance(rows, list) and rows else rows
        return _seen(self.form, row) if isinstance(row, dict) and row else Seen(False)

    def told(self, telling: Telling) -> None:
        there = self.seen(telling.code)
        record = wire.written(self.form, "record", telling.record)
        steps = self._missing(telling.steps, there)
        updating = str(there.there)
        self._call("record", {"isUpdating": updating, "data": [record]}, updating)
        telling.names.code = telling.code
        if steps:
            self._call("progress", {"data": steps}, updating)
        self.said.receipt = f"{telling.code}/{telling.record['status']}"

    def _call(self, name: str, body: Mapping[str, Any], updating: str = "") -> dict[str, Any]:
        """Call a service, once more with a new session where the kept one may be the reason for a no."""
        session, service = self._held(), self.form.settings[name]["service"]
        answer = self._asked(service, session, body, updating)
        if not wire.succeeded(answer):
            renewed = self._held(renew=session)
            answer = self._asked(service, renewed, body, updating)
        if not wire.succeeded(answer):
            words = str(answer.get("message") or "không nêu lý do")[:200]
            raise NotSent(Failure.TRANSIENT, f"{service} bị từ chối ({answer.get('error_code')}): {words}")
        return answer

    def _asked(self, service: str, session: str, body: Mapping[str, Any], updating: str) -> dict[str, Any]:
        request = {"session": session, "madonvi": self.terms.unit, "service": service, **body}
        on_address = self.form.settings.get("parameters", {})
        query: dict[str, str] = {}
        if on_address:
            query[on_address["unit"]] = self.terms.unit
            if updating:
                query[on_address["updating"]] = updating
                request.pop("isUpdating", None)
        try:
            response = self._sent(
                "POST", self._path("integration"), json=request, params=query, headers=self._heads()
            )
            answer = self._body(response)
        except NotSent as trouble:
            self.said.note(service, request, str(trouble))
            raise
        self.said.note(service, request, answer)
        return answer


class TokenSpeaker(Speaker):
    """G3: a token by client id and secret, a code of the portal's own, files first, then dossier, steps and status."""

    def _sign_in(self) -> str:
        response = self._sent(
            "POST",
            self._path("token"),
            data={"grant_type": "client_credentials", "client_id": self.user, "client_secret": self.secret},
        )
        token = self._body(response).get("access_token") if response.status_code not in (400, 401) else None
        if not isinstance(token, str) or not token:
            raise NotSent(Failure.TRANSIENT, "Không lấy được mã truy cập: kiểm tra mã và khóa của kết nối")
        return token

    def seen(self, code: str) -> Seen:
        status, answer = self._asked("lookup", "GET", f"{self._path('lookup')}/{code}", None, missing=True)
        if status == 404:
            return Seen(False)
        found = _seen(self.form, answer)
        return Seen(True, {**found.fields, "remote_id": answer.get("idHoSo")}, found.steps)

    def told(self, telling: Telling) -> None:
        names = telling.names
        if not names.code:
            names.code = telling.code if self.terms.own_codes else self._next_code()
        there = self.seen(names.code)
        if there.there:
            names.id = str(there.fields.get("remote_id") or names.id)
        for file in telling.files:
            if str(file.file) not in names.uploads:
                names.uploads[str(file.file)] = self._uploaded(file)
        body = wire.written(self.form, "record", _with_uploads(telling.record, names))
        if there.there:
            self._asked("create", "PUT", f"{self._path('create')}/{names.code}", body)
        else:
            answer = self._asked("create", "POST", self._path("create"), body)[1]
            names.id = self._text(answer, "idHoSo")
        named = {"code": names.code, "remote_id": names.id}
        for row in self._missing([{**step, **named} for step in telling.steps], there):
            self._asked("progress", "POST", self._path("progress"), row)
        status = wire.written(self.form, "status", {**named, "status": telling.record["status"]})
        self._asked("status", "POST", self._path("status"), status)
        self.said.receipt = f"{names.code}/{telling.record['status']}"

    def _next_code(self) -> str:
        return self._text(
            self._asked("next_code", "POST", self._path("next_code"), {"MaDonVi": self.terms.unit})[1],
            "MaHoSo",
        )

    def _uploaded(self, file: Upload) -> dict[str, str]:
        answer = self._asked(
            "files", "POST", self._path("files"), None,
            files={"file": (file.name, file.read(), file.mime)}, data={"HashTepTin": file.sha256},
        )[1]  # fmt: skip
        kept = {"id": self._text(answer, "IdTepTin"), "hash": self._text(answer, "HashTepTin")}
        if kept["hash"].lower() != file.sha256.lower():
            raise NotSent(Failure.TRANSIENT, f"Tệp {file.name} đến nơi không còn nguyên vẹn")
        return kept

    def _asked(
        self,
        name: str,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        *,
        missing: bool = False,
        **more: Any,
    ) -> tuple[int, dict[str, Any]]:
        """Ask once, again with a new token where the kept one is refused."""
        token = self._held()
        given = {**more, **({"json": body} if body is not None else {})}
        shown = body if body is not None else {key: value for key, value in more.items() if key == "data"}
        try:
            response = self._sent(method, url, headers={"Authorization": f"Bearer {token}"}, **given)
            if response.status_code in _RENEW:
                token = self._held(renew=token)
                response = self._sent(method, url, headers={"Authorization": f"Bearer {token}"}, **given)
            if missing and response.status_code == 404:
                self.said.note(name, shown, {"outcome": 404})
                return 404, {}
            answer = self._body(response)
        except NotSent as trouble:
            self.said.note(name, shown, str(trouble))
            raise
        self.said.note(name, shown, {} if missing else answer)
        if response.status_code >= 400:
            words = str(answer.get("message") or "không nêu lý do")[:200]
            final = response.status_code in PERMANENT or response.status_code == 403
            kind = Failure.PERMANENT if final else Failure.TRANSIENT
            raise NotSent(kind, f"Bên kia từ chối ({name}, {response.status_code}): {words}")
        return response.status_code, answer

    def _text(self, answer: Mapping[str, Any], name: str) -> str:
        found = answer.get(name)
        if not isinstance(found, str | int) or not str(found):
            raise NotSent(Failure.TRANSIENT, f"Trả lời không có {name}")
        return str(found)


def _with_uploads(record: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return a record by the portal's code, its files with the portal's names for them."""

    def with_names(one: Mapping[str, Any]) -> dict[str, Any]:
        kept = names.uploads[str(one["file"])]
        return {**one, "upload_id": kept["id"], "upload_hash": kept["hash"]}

    return {
        **record,
        "code": names.code,
        "papers": [
            {**paper, "uploads": [with_names(one) for one in paper["uploads"]]} for paper in record["papers"]
        ],
        "results": [with_names(one) for one in record["results"]],
    }


def speaker(line: Line, terms: Terms, said: Said) -> Speaker:
    """Return who speaks the interface of these terms."""
    kind = TokenSpeaker if terms.form.generation is Generation.G3 else SessionSpeaker
    return kind(line, terms, said)


def tell(line: Line, terms: Terms, telling: Telling, said: Said) -> None:
    """
    Tell a dossier and its steps; `said` is what was spoken, also where it fails.

    :raises NotSent: what the interface cannot be told is a failure for good.
    """
    one = speaker(line, terms, said)
    try:
        one.told(telling)
    except Unsayable as fault:
        words = "; ".join(f"{name}: {why}" for name, why in fault.errors.items())
        raise NotSent(Failure.PERMANENT, words) from fault
    finally:
        one.close()


def look(line: Line, terms: Terms, code: str) -> Seen:
    """Ask what the portal has of a dossier. :raises NotSent:"""
    one = speaker(line, terms, Said())
    try:
        return one.seen(code)
    finally:
        one.close()
