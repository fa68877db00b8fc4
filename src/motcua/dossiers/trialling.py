"""
What a trial kept is: its states, and what was tried in words.

Pure. It belongs to the officer who began it and to those who control procedures in the same unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from motcua.dossiers.replay import Change
from motcua.kernel.counting import Limit, TimeUnit
from motcua.kernel.errors import Conflict, NotFound
from motcua.kernel.wording import capital, number_vi


class TrialState(StrEnum):
    """Where a trial stands."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


TRIAL_STATES: Final[Mapping[TrialState, str]] = {
    TrialState.RUNNING: "Đang tính",
    TrialState.FINISHED: "Đã xong",
    TrialState.STOPPED: "Đã dừng",
    TrialState.FAILED: "Không tính được",
}
UNITS: Final[Mapping[TimeUnit, str]] = {
    TimeUnit.WORKING_DAYS: "ngày làm việc",
    TimeUnit.DAYS: "ngày (cả ngày nghỉ)",
    TimeUnit.WORKING_HOURS: "giờ làm việc",
    TimeUnit.MONTHS: "tháng",
}
"""In what a limit may be tried."""
FAULT: Final = "Hệ thống gặp lỗi khi tính; lỗi đã được ghi lại. Thử lại, hoặc báo quản trị."


class TrialNotFound(NotFound):
    """No such trial, or not of this person's concern."""

    code = "trial_not_found"
    message = "Không tìm thấy lần chạy thử này."


class TrialOver(Conflict):
    """A trial that has come to its end cannot be stopped."""

    code = "trial_over"
    message = "Lần chạy thử này đã kết thúc."


def in_words(change: Change, source: str = "", steps: Mapping[str, object] | None = None) -> str:
    """
    Return what is tried as one line; `source` says where a tried process comes from.

    `steps` are the hours typed beside the process; without them all hours of the change are told.
    """
    hours = change.hours if steps is None else steps
    parts = [
        f"thời hạn {limit_vi(change.limit)}" if change.limit else "",
        f"nghỉ thêm {_days(change.days_off)}" if change.days_off else "",
        f"làm bù {_days(change.days_on)}" if change.days_on else "",
        source if change.process else "",
        f"giờ của bước {', '.join(f'{node} = {number}' for node, number in hours.items())}" if hours else "",
    ]
    return capital("; ".join(part for part in parts if part))


def limit_vi(limit: Limit) -> str:
    """Return a limit in words: "3 ngày làm việc"."""
    return f"{number_vi(limit.value)} {UNITS.get(limit.unit, limit.unit.value)}"


def _days(days: tuple[date, ...]) -> str:
    return ", ".join(f"{day:%d/%m/%Y}" for day in days)
