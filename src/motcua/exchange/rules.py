"""
Partners: what they may do, what their messages say, and how one of theirs is read. Pure.

Sources: R-065; facts-lifecycle.md 2.1 and 2.6 (national states 1 to 10; acknowledgement within 2 working hours,
synchronisation within 10 minutes); facts-interfaces-dvcqg.md 6.9 (what peers learned about reliability).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from motcua.dossiers.parts import SAID
from motcua.dossiers.rules import State
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.retry import Retry

TOKEN_LASTS = timedelta(minutes=10)
AHEAD = timedelta(minutes=5)
"""How far another system's clock may be ahead of ours."""
AGAIN = Retry(limit=12, give_up_after=timedelta(hours=72))
"""An outage is to be over within 24 hours (facts-lifecycle.md 2.6); a week-end is longer."""
SILENT_AFTER = timedelta(minutes=10)
"""Systems are to be in step within ten minutes: what waits longer is shown as an interruption."""


class Scope(StrEnum):
    """What a partner's token lets it do."""

    REPORT = "parts:report"
    READ = "parts:read"


SCOPE_NAMES: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.REPORT: "Báo tình trạng, gửi kết quả của hồ sơ do mình giải quyết",
        Scope.READ: "Lấy dữ liệu và giấy tờ của hồ sơ do mình giải quyết",
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


KIND_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.REPORT: "Báo tình trạng",
        Kind.OPENED: "Chuyển hồ sơ",
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
    fault = {"address": "Địa chỉ phải có dạng https://may-chu/duong-dan, không có dấu ? hoặc #."}
    if not address:
        return {}
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("https", "http") and parts.hostname and not (parts.query or parts.fragment)
        good = good and not parts.username and parts.port != 0
    except ValueError:
        return fault
    loopback = parts.hostname in ("127.0.0.1", "localhost")
    if (
        not good
        or len(address) > 300
        or re.search(r"\s", address)
        or (parts.scheme == "http" and not loopback)
    ):
        return fault
    return {}


OPEN_FIELDS = frozenset(
    {
        "message_id", "kind", "dossier", "group", "part", "procedure", "code", "channel", "filed_at", "answer_by",
        "status", "said_at", "sent_at", "verifying", "file_id", "sha256", "size", "mime", "state", "paper", "papers",
        "result", "file",
    }
)  # fmt: skip
"""Fields of a message that say nothing of a person; every other value is masked where there is no right to see it."""


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
