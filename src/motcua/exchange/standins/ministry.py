"""
The central system of a ministry that takes parts over, looks at them, and tells what became of them by itself.

It takes POST /v1/messages as `connectors.py` sends them; then, as a partner over our own interface, it fetches the
papers, takes the part in and gives its result: a token, the file of the result, messages. It may first ask for a
supplement; then it waits for one. Asked to withdraw it withdraws, asked to correct it gives a new result.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from motcua.platform.standins.behaviour import Behaviour, Control, Mode
from motcua.platform.standins.http import Handler, JsonStandIn, at_clock, page, switches, table

KEPT: Final = 500
SECONDS_BETWEEN: Final = 2.0
ANSWERS: Final = "answers"
_SWITCHES: Final = {
    Mode.OK: "Bình thường",
    Mode.SLOW: "Chậm",
    Mode.BUSY: "Bận, hẹn gửi lại",
    Mode.REJECT: "Từ chối",
    Mode.BROKEN: "Trả lời hỏng",
    Mode.DOWN: "Ngừng hoạt động",
}
_CASES: Final = {
    Mode.OK: "Tiếp nhận và trả kết quả",
    Mode.BUSY: "Tiếp nhận, yêu cầu bổ sung trước",
    Mode.REJECT: "Không tiếp nhận",
    Mode.LOST: "Chỉ nhận, chưa giải quyết",
}
OPENED: Final = "opened"
STATE: Final = "state"
_KINDS: Final = {
    "supplement": "Bổ sung cho hồ sơ",
    "withdrawal": "Đề nghị rút hồ sơ",
    "correction": "Đề nghị đính chính kết quả",
}
_OUTCOMES: Final = {"applied": "đã ghi nhận", "kept": "đến muộn, chỉ lưu"}
TAKEN_IN, NOT_TAKEN_IN, IN_HAND, TO_SUPPLEMENT, WITHDRAWN, DONE = 2, 3, 4, 5, 7, 9
"""National numbers of what it tells (facts-lifecycle.md 2.1)."""


@dataclass(slots=True)
class Case:
    """A part as it came, or a request about it, how often, and what was told of it."""

    kind: str
    dossier: str
    procedure: str
    owner: str
    sent_at: datetime
    at: float
    mode: Mode
    message_id: str
    papers: tuple[int, ...]
    times: int = 1
    told: list[str] = field(default_factory=list)
    fetched: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """How it comes in here: our address and, by the code of a partner, client id and secret."""

    base_url: str
    clients: Callable[[], Mapping[str, tuple[str, str]]]


class _Handler(Handler):
    standin: MinistryStandIn
    largest_body = 2_000_000

    def post(self, body: dict[str, Any]) -> None:
        if self.path != "/v1/messages" or not body.get("message_id") or not body.get("dossier"):
            self.json(422, {"error": "message_id and dossier are needed"})
            return
        mode = self.standin.control.next()
        if not self.refused(mode, "not for this system"):
            self.json(202, {"receipt": self.standin.take(body)})


class MinistryStandIn(JsonStandIn):
    """
    `with MinistryStandIn(port, token=…, access=…) as ministry:` takes parts over and tells of them.

    `write` makes the file of a result from the case. Its own clock is that of the message, so that it agrees with a
    demo clock that stands elsewhere.
    """

    handler = _Handler

    def __init__(
        self,
        port: int,
        *,
        token: str,
        access: Access,
        write: Callable[[Case], bytes],
        pause: float = SECONDS_BETWEEN,
    ) -> None:
        super().__init__(port, token=token, modes=_SWITCHES)
        self.answers = Control(_CASES)
        self.cases: deque[Case] = deque(maxlen=KEPT)
        self._access, self._write, self._pause = access, write, pause
        self._waiting: queue.Queue[Case | None] = queue.Queue()
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._lock = threading.Lock()

    def control_of(self, name: str) -> Control | None:
        return self.answers if name == ANSWERS else super().control_of(name)

    def answer_cases(self, mode: Mode) -> None:
        """Decide the cases that come from now on like this."""
        self.answers.set(Behaviour(mode))

    def take(self, body: Mapping[str, Any]) -> str:
        """Keep a case and go about it, once; return its receipt."""
        message_id = str(body["message_id"])
        with self._lock:
            known = next((case for case in self.cases if case.message_id == message_id), None)
            if known is not None:
                known.times += 1
                return f"TN-{message_id}"
            case = Case(
                kind=str(body.get("kind", OPENED)),
                dossier=str(body["dossier"]),
                procedure=str((body.get("procedure") or {}).get("name", ""))
                or str(body.get("status_name", "")),
                owner=str((body.get("owner") or {}).get("name", "")),
                sent_at=datetime.fromisoformat(str(body["sent_at"])),
                at=time.time(),
                mode=Mode.LOST if body.get("kind") == STATE else self.answers.next(),
                message_id=message_id,
                papers=(
                    *(int(paper["file"]["file_id"]) for paper in body.get("papers", ()) if paper.get("file")),
                    *(int(file["file_id"]) for file in body.get("files", ())),
                ),
            )
            self.cases.append(case)
        self._waiting.put(case)
        return f"TN-{message_id}"

    def page(self) -> str:
        rows = (
            (at_clock(one.at), one.dossier, _KINDS.get(one.kind, one.procedure), one.owner,
             f"{one.fetched}/{len(one.papers)}",
             "\n".join(one.told) or ("Chỉ theo dõi" if one.kind == STATE else _CASES[one.mode]))
            for one in reversed(self.cases)
        )  # fmt: skip
        return page(
            "Hệ thống của bộ giả lập",
            "Đứng thay hệ thống tập trung của bộ trong bản trình diễn: nhận hồ sơ, tự giải quyết và báo về.",
            switches(self.control, _SWITCHES, title="Kết nối"),
            switches(self.answers, _CASES, of=ANSWERS, title="Hồ sơ mới"),
            table(("Lúc", "Hồ sơ", "Thủ tục, đề nghị", "Người yêu cầu", "Giấy tờ đã lấy", "Đã báo về"), rows),
        )

    def rest(self) -> None:
        """Return when what came so far has been gone about."""
        self._waiting.join()

    def __enter__(self) -> MinistryStandIn:
        super().__enter__()
        self._worker.start()
        return self

    def __exit__(self, *given: object) -> None:
        self._waiting.put(None)
        self._worker.join(10)
        super().__exit__(*given)

    def _work(self) -> None:
        while (case := self._waiting.get()) is not None:
            try:
                self._decide(case)
            except (httpx.HTTPError, KeyError, ValueError) as fault:
                case.told.append(f"Chưa báo được: {type(fault).__name__}")
            finally:
                self._waiting.task_done()

    def _decide(self, case: Case) -> None:
        """Do what the ministry's people would do, and tell each step; the state of a dossier is only kept."""
        if case.mode is Mode.LOST or case.kind == STATE:
            return
        for client_id, secret in self._access.clients().values():
            with httpx.Client(base_url=self._access.base_url, timeout=30, trust_env=False) as line:
                signed = line.post(
                    "/api/v1/partner/token",
                    data={"grant_type": "client_credentials"},
                    auth=(client_id, secret),
                )
                if signed.status_code != 200:
                    case.told.append(f"Đăng nhập bị từ chối ({signed.status_code})")
                    continue
                line.headers["Authorization"] = f"Bearer {signed.json()['access_token']}"
                if line.get(f"/api/v1/partner/parts/{case.dossier}").status_code != 200:
                    continue  # another partner's
                self._tell_all(case, line)
                return

    def _tell_all(self, case: Case, line: httpx.Client) -> None:
        for number in case.papers:
            case.fetched += line.get(f"/api/v1/partner/files/{number}").status_code == 200
        time.sleep(self._pause)
        if case.kind == "withdrawal":
            self._tell(case, line, WITHDRAWN, note="Rút theo đề nghị.")
            return
        if case.kind == "supplement":
            self._tell(case, line, IN_HAND, note="Đã nhận bổ sung.")
        elif case.kind == OPENED:
            if case.mode is Mode.REJECT:
                self._tell(
                    case, line, NOT_TAKEN_IN, note="Không thuộc thẩm quyền giải quyết của hệ thống này."
                )
                return
            self._tell(case, line, TAKEN_IN)
            if case.mode is Mode.BUSY:
                time.sleep(self._pause)
                self._tell(case, line, TO_SUPPLEMENT, note="Đề nghị bổ sung bản chụp giấy tờ rõ hơn.")
                return
        time.sleep(self._pause)
        self._give_result(case, line)

    def _give_result(self, case: Case, line: httpx.Client) -> None:
        """Upload the file of a result and tell of it; a corrected one has another number."""
        suffix = "/ĐC" if case.kind == "correction" else ""
        file = line.post(
            "/api/v1/partner/files", files={"file": ("ket-qua.pdf", self._write(case), "application/pdf")}
        ).json()
        self._tell(
            case,
            line,
            DONE,
            result={
                "number": f"{case.dossier[-4:]}/{self._now(case):%Y}{suffix}",
                "file_id": file["id"],
                "sha256": file["sha256"],
                "signed_by": "Hệ thống của bộ (giả lập)",
                "signed_at": self._now(case).isoformat(),
            },
        )

    def _tell(self, case: Case, line: httpx.Client, status: int, **more: Any) -> None:
        said = line.post(
            "/api/v1/partner/messages",
            json={
                "message_id": f"{case.message_id}-{status}",
                "dossier": case.dossier,
                "status": status,
                "said_at": self._now(case).isoformat(),
                **more,
            },
        )
        told = said.json()
        outcome = _OUTCOMES.get(told.get("outcome", ""), f"bị từ chối ({said.status_code})")
        case.told.append(f"Trạng thái {status}: {outcome}")

    def _now(self, case: Case) -> datetime:
        return case.sent_at + timedelta(seconds=time.time() - case.at)
