"""Reports of faults: systems, seriousness with its dated limit, states, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import Limit
from motcua.kernel.errors import Conflict, Forbidden, NotFound

MOST_FILES: Final = 3


class System(StrEnum):
    """What does not work as it should."""

    ONE_STOP = "one_stop"
    DOCUMENT = "document"
    MAIL = "mail"
    SIGNATURE = "signature"
    OTHER = "other"


SYSTEMS: Final[Mapping[System, str]] = {
    System.ONE_STOP: "Hệ thống một cửa",
    System.DOCUMENT: "Hệ thống quản lý văn bản",
    System.MAIL: "Thư điện tử công vụ",
    System.SIGNATURE: "Chữ ký số",
    System.OTHER: "Máy, mạng, thiết bị khác",
}


class Seriousness(StrEnum):
    """How much the work is held up; each has its limit in the dated settings (`fault_limits`)."""

    BLOCKING = "blocking"
    SERIOUS = "serious"
    MINOR = "minor"


SERIOUSNESS: Final[Mapping[Seriousness, str]] = {
    Seriousness.BLOCKING: "Không làm việc được",
    Seriousness.SERIOUS: "Làm được nhưng rất vướng",
    Seriousness.MINOR: "Bất tiện nhỏ, góp ý",
}


class FaultState(StrEnum):
    """How far a report has come; one answered may be taken up again by who reported it."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


FAULT_STATES: Final[Mapping[FaultState, str]] = {
    FaultState.OPEN: "Đang xử lý",
    FaultState.ANSWERED: "Đã trả lời",
    FaultState.CLOSED: "Đã xong",
}


class Turn(StrEnum):
    """What was done with a report."""

    REPORTED = "reported"
    REASSIGNED = "reassigned"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"


TURNS: Final[Mapping[Turn, str]] = {
    Turn.REPORTED: "Báo lỗi",
    Turn.REASSIGNED: "Giao người xử lý",
    Turn.ANSWERED: "Trả lời",
    Turn.CLOSED: "Xác nhận đã xong",
    Turn.REOPENED: "Báo chưa xong",
}


class FaultNotFound(NotFound):
    """No such report, or not for this person."""

    code = "fault_not_found"
    message = "Không tìm thấy báo lỗi này."


class FaultElsewhere(Conflict):
    """The report stands where this cannot be done."""

    code = "fault_not_now"
    message = "Báo lỗi này không còn ở bước đó. Xem lại diễn biến rồi thực hiện nếu còn cần."


class NotAKeeper(Forbidden):
    """Giving and answering is for those who look after the systems."""

    code = "fault_not_yours"
    message = "Việc này dành cho người quản trị hệ thống; người báo lỗi xác nhận đã xong hoặc chưa xong."


class NoKeeper(Conflict):
    """Nobody looks after the systems on this day."""

    code = "fault_no_keeper"
    message = "Hiện chưa có ai được giao quản trị hệ thống. Báo Văn phòng UBND tỉnh để giao nhiệm vụ."


def due_at(
    setting: Mapping[str, Any], seriousness: Seriousness, at: datetime, calendar: WorkingCalendar
) -> datetime:
    """
    Return when a report of a seriousness is to be answered: so many working hours after `at`.

    :raises KeyError, ValueError: the setting does not hold a limit in working hours.
    """
    return calendar.add_minutes(at, Limit.from_json(setting[seriousness.value]).minutes)


def in_time(due: datetime, answered: datetime | None, now: datetime) -> bool | None:
    """Tell whether a report was answered in its time; None while it still may be."""
    if answered is None:
        return None if now <= due else False
    return answered <= due
