"""
Partners: what they may do, what their messages say, and how one of theirs is read. Pure.

Sources: R-065; facts-lifecycle.md 2.1 and 2.6 (national states 1 to 10; acknowledgement within 2 working hours,
synchronisation within 10 minutes); facts-interfaces-dvcqg.md 6.9 (what peers learned about reliability).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from motcua.dossiers.parts import SAID
from motcua.dossiers.rules import State
from motcua.kernel.addresses import is_endpoint
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.retry import Retry

TOKEN_LASTS = timedelta(minutes=10)
AGAIN_AT_PORTAL = Retry(limit=3, give_up_after=timedelta(hours=72))
"""A portal that answers no is asked three times, then people look; while it is away it costs no attempt."""
AHEAD = timedelta(minutes=5)
"""How far another system's clock may be ahead of ours."""
AGAIN = Retry(limit=12, give_up_after=timedelta(hours=72))
"""An outage is to be over within 24 hours (facts-lifecycle.md 2.6); a week-end is longer."""
LARGEST_KEPT = 16_000
"""Characters of a misshapen request that are kept of it at most."""


class Scope(StrEnum):
    """What a partner's token lets it do."""

    REPORT = "parts:report"
    READ = "parts:read"
    STATES = "states:follow"


SCOPE_NAMES: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.REPORT: "Báo tình trạng, gửi kết quả của hồ sơ do mình giải quyết",
        Scope.READ: "Lấy dữ liệu và giấy tờ của hồ sơ do mình giải quyết",
        Scope.STATES: "Được báo tình trạng của mọi hồ sơ trong tỉnh",
    }
)


class Direction(StrEnum):
    """Whose message it is."""

    IN = "in"
    OUT = "out"


class Kind(StrEnum):
    """What a message is about."""

    REPORT = "report"
    OPENED = "opened"
    SUPPLEMENT = "supplement"
    WITHDRAWAL = "withdrawal"
    CORRECTION = "correction"
    STATE = "state"
    MISSHAPEN = "misshapen"


KIND_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.REPORT: "Báo tình trạng",
        Kind.OPENED: "Chuyển hồ sơ",
        Kind.SUPPLEMENT: "Chuyển bổ sung",
        Kind.WITHDRAWAL: "Chuyển đề nghị rút",
        Kind.CORRECTION: "Chuyển đề nghị đính chính",
        Kind.STATE: "Báo tình trạng hồ sơ",
        Kind.MISSHAPEN: "Tin sai cấu trúc",
    }
)


class MessageState(StrEnum):
    """What became of a message: of theirs the first four, of ours the last three."""

    RECEIVED = "received"
    APPLIED = "applied"
    KEPT = "kept"
    REFUSED = "refused"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


STATE_NAMES: Mapping[MessageState, str] = MappingProxyType(
    {
        MessageState.RECEIVED: "Đang ghi nhận",
        MessageState.APPLIED: "Đã ghi nhận",
        MessageState.KEPT: "Chỉ lưu, không đổi trạng thái",
        MessageState.REFUSED: "Bị từ chối",
        MessageState.QUEUED: "Chờ gửi",
        MessageState.SENT: "Bên kia đã nhận",
        MessageState.FAILED: "Không gửi được",
    }
)


class FirstSyncState(StrEnum):
    """How far a first synchronisation is."""

    RUNNING = "running"
    DONE = "done"


class Differs(StrEnum):
    """In what a portal's record of a dossier is not ours."""

    MISSING = "missing"
    STATUS = "status"
    DUE = "due"
    STEPS = "steps"


DIFFERS_NAMES: Mapping[Differs, str] = MappingProxyType(
    {
        Differs.MISSING: "Bên kia không có hồ sơ này",
        Differs.STATUS: "Trạng thái",
        Differs.DUE: "Ngày hẹn trả",
        Differs.STEPS: "Số bước trong tiến độ",
    }
)


UNFINISHED = frozenset({MessageState.RECEIVED, MessageState.QUEUED, MessageState.FAILED})
"""What is still to be done with a message: it is neither masked nor cleared."""


@dataclass(frozen=True, slots=True)
class Sync:
    """
    How fast systems are to be in step, by the dated setting `partner_sync`.

    A message that waits longer than `within` is an interruption, one that waits longer than `repair` was not repaired
    in time; `window` is how far back the share in time is measured. Source: facts-lifecycle.md 2.6.
    """

    within: timedelta
    repair: timedelta
    window: timedelta

    @property
    def minutes(self) -> int:
        """Return within how many minutes a message is to be there."""
        return int(self.within.total_seconds() // 60)

    @property
    def hours(self) -> int:
        """Return within how many hours an interruption is to be repaired."""
        return int(self.repair.total_seconds() // 3600)

    @property
    def days(self) -> int:
        """Return how many days the share in time is measured over."""
        return self.window.days

    def trouble(self, waits: timedelta | None) -> Trouble:
        """Return what it means that the oldest message waits so long; None: no message waits."""
        if waits is None or waits <= self.within:
            return Trouble.NONE
        return Trouble.INTERRUPTED if waits <= self.repair else Trouble.UNREPAIRED


class Trouble(StrEnum):
    """How a connection stands to the time systems have to be in step, and to be repaired."""

    NONE = "none"
    INTERRUPTED = "interrupted"
    UNREPAIRED = "unrepaired"


TROUBLE_NAMES: Mapping[Trouble, str] = MappingProxyType(
    {
        Trouble.NONE: "Đồng bộ kịp thời",
        Trouble.INTERRUPTED: "Gián đoạn, cần khắc phục",
        Trouble.UNREPAIRED: "Quá hạn khắc phục",
    }
)


def sync(setting: Mapping[str, int] | None) -> Sync | None:
    """Return what the setting of a day says; None where it says nothing."""
    if setting is None:
        return None
    return Sync(
        timedelta(minutes=setting["minutes"]),
        timedelta(hours=setting["repair_hours"]),
        timedelta(days=setting["window_days"]),
    )


@dataclass(frozen=True, slots=True)
class Check:
    """
    When a portal is asked what it has, by the dated setting `portal_check`.

    `soon` after something was told, then `again` and `again` while the dossier runs or differs.
    """

    soon: timedelta
    again: timedelta


def check(setting: Mapping[str, int] | None) -> Check | None:
    """Return what the setting of a day says; None: nothing is asked."""
    if setting is None:
        return None
    return Check(timedelta(minutes=setting["soon_minutes"]), timedelta(hours=setting["again_hours"]))


@dataclass(frozen=True, slots=True)
class Retention:
    """How long contents and rows of the log of messages are kept, by the dated setting `partner_log`."""

    content: timedelta
    rows: timedelta


def retention(setting: Mapping[str, int] | None) -> Retention | None:
    """Return what the setting of a day says; None: everything is kept."""
    if setting is None:
        return None
    return Retention(timedelta(days=setting["content_days"]), timedelta(days=setting["row_days"]))


class PartnerNotFound(NotFound):
    """No such partner, or not for this actor."""

    code = "partner_not_found"
    message = "Không tìm thấy hệ thống kết nối này."


class MessageNotFound(NotFound):
    """No such message, or not for this actor."""

    code = "message_not_found"
    message = "Không tìm thấy tin này."


class NotTheKeeper(Forbidden):
    """Only who looks after the systems changes connections."""

    code = "not_the_keeper"
    message = "Chỉ người quản trị hệ thống được thay đổi kết nối."


class TokenNeeded(Forbidden):
    """No token in force came with the request."""

    code = "token_needed"
    message = "Yêu cầu thiếu mã truy cập còn hiệu lực."


class ScopeMissing(Forbidden):
    """The token is in force, but not for this."""

    code = "scope_missing"
    message = "Mã truy cập không có quyền làm việc này."


class MessageChanged(Conflict):
    """The same message id came with another content."""

    code = "message_changed"
    message = "Mã tin này đã được nhận với nội dung khác."


class SwitchedOff(Conflict):
    """The connection was switched off: nothing of it is changed any more."""

    code = "partner_switched_off"
    message = "Kết nối này đã ngừng."


class FirstSyncRunning(Conflict):
    """A first synchronisation of this connection has not ended yet."""

    code = "first_sync_running"
    message = "Đợt đồng bộ lần đầu của kết nối này đang chạy."


class NotAPortal(Conflict):
    """Only a system that follows every dossier, by an interface of the national portal, has this."""

    code = "not_a_portal"
    message = "Kết nối này không theo dõi mọi hồ sơ qua giao diện của Cổng quốc gia."


class LinkOver(NotFound):
    """A link to a file is over, was altered, or was made for another system."""

    code = "link_over"
    message = "Liên kết tải tệp không đúng hoặc đã hết hạn."


class NotResendable(Conflict):
    """Only a message of ours that could not be sent is sent again."""

    code = "not_resendable"
    message = "Chỉ gửi lại được tin gửi đi mà chưa gửi được."


def told_state(status: int, numbers: Mapping[str, tuple[int, str]]) -> State:
    """
    Return the local state a partner means by its number, by its own list; what several states share is the plain one.

    :raises Invalid: its list has no such number, or none a partner can tell.
    """
    for state in SAID:
        if numbers.get(state.value, (0, ""))[0] == status:
            return state
    raise Invalid(errors={"status": f"Trạng thái {status} không có trong danh sách của hệ thống này."})


def moment_of(said_at: datetime, at: datetime) -> datetime:
    """Return when it happened there; a clock that is a little ahead of ours says: now."""
    return at if at < said_at <= at + AHEAD else said_at


def scopes_of(text: Iterable[str]) -> list[str]:
    """
    Return scopes in their order.

    :raises Invalid: one of them there is not, or there is none.
    """
    wanted = set(text)
    found = [str(scope) for scope in Scope if scope.value in wanted]
    if not found or len(found) != len(wanted):
        raise Invalid(errors={"scopes": "Chọn ít nhất một quyền trong danh sách."})
    return found


def check_partner(*, code: str, name: str, address: str) -> None:
    """:raises Invalid: the code, the name or the address cannot be used."""
    errors = {}
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", code):
        errors["code"] = "Mã gồm chữ thường không dấu, số và gạch dưới, từ 2 đến 31 ký tự."
    if not 5 <= len(name) <= 200:
        errors["name"] = "Ghi tên hệ thống như trong quy định của các phần liên thông (5 đến 200 ký tự)."
    errors |= address_fault(address)
    if errors:
        raise Invalid(errors=errors)


def address_fault(address: str) -> dict[str, str]:
    """Return what is wrong with an address for messages; an empty one means that none are sent."""
    if not address or is_endpoint(address):
        return {}
    return {"address": "Địa chỉ phải có dạng https://may-chu/duong-dan, không có dấu ? hoặc #."}


OPEN_FIELDS = frozenset(
    {
        "message_id", "kind", "dossier", "group", "part", "procedure", "code", "channel", "filed_at", "answer_by",
        "status", "said_at", "sent_at", "verifying", "file_id", "sha256", "size", "mime", "state", "paper", "papers",
        "result", "file", "files", "request", "asked_at", "agency", "status_name", "since", "due_at", "seq", "steps",
        "service", "outcome", "isUpdating", "error_code", "MaHoSo", "mahoso", "MaTTHC", "TenTTHC", "MaLinhVuc",
        "TrangThaiHoSo", "TrangThai", "KenhThucHien", "NgayNopHoSo", "NgayTiepNhan", "NgayHenTra", "NgayTra",
        "ThoiDiemXuLy", "IDHoSo", "IdHoSo", "idHoSo", "IdTepTin", "HashTepTin",
    }
)  # fmt: skip
"""Fields of a message that say nothing of a person; every other value is masked where there is no right to see it."""


def kept_of(body: bytes) -> dict[str, Any]:
    """
    Return what is kept of a request that does not have the shape of the interface: masked, and of bounded size.

    What is no JSON object, or too large even so, is told by its size alone.
    """
    size = {"size": len(body)}
    try:
        said = json.loads(body)
    except ValueError:  # no JSON, or no text at all
        return size
    if not isinstance(said, Mapping):
        return size
    found: dict[str, Any] = masked(_bounded(said))
    return found if len(json.dumps(found, ensure_ascii=False)) <= LARGEST_KEPT else size


def _bounded(content: Any, depth: int = 0) -> Any:
    if depth > 6:
        return "…"
    if isinstance(content, Mapping):
        return {str(key)[:80]: _bounded(value, depth + 1) for key, value in list(content.items())[:60]}
    if isinstance(content, list):
        return [_bounded(item, depth + 1) for item in content[:60]]
    return content[:120] if isinstance(content, str) else content


def masked(content: Any) -> Any:
    """Return a message with every personal value replaced, its shape kept; free words are personal too."""
    if isinstance(content, Mapping):
        return {
            key: masked(value)
            if isinstance(value, Mapping | list)
            else (value if key in OPEN_FIELDS else "•••")
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [masked(item) if isinstance(item, Mapping | list) else "•••" for item in content]
    return content
