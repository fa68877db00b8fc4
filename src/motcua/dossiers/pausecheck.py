"""
Pauses of the clock that look as if they were to hide a delay (R-191): pure rules over one dossier's pauses.

The rules are kinds; their numbers are dated settings (`pause_checks`). A finding accuses nobody: it says in words what
is striking, for the procedure-control officer to look at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from motcua.kernel.calendar import LOCAL, OutOfCalendar, WorkingCalendar
from motcua.kernel.counting import Ground, Limit, TimeUnit
from motcua.kernel.wording import length_vi


class Striking(StrEnum):
    """What is striking about a pause."""

    LAST_HOURS = "last_hours"
    SAME_DAY = "same_day"
    LONG = "long"
    SEVERAL = "several"
    HAD_IT = "had_it"
    OWN_HAND = "own_hand"


STRIKING_NAMES: Mapping[Striking, str] = {
    Striking.LAST_HOURS: "Tạm dừng sát giờ hẹn trả",
    Striking.SAME_DAY: "Dừng rồi tiếp tục ngay trong ngày",
    Striking.LONG: "Tạm dừng quá lâu",
    Striking.SEVERAL: "Tạm dừng nhiều lần",
    Striking.HAD_IT: "Yêu cầu giấy tờ đã nộp",
    Striking.OWN_HAND: "Tiếp tục mà người nộp không làm gì",
}
BY_APPLICANT = frozenset({Ground.SUPPLEMENT, Ground.RETURNED_AT_APPRAISAL, Ground.FINANCIAL_OBLIGATION})


@dataclass(frozen=True, slots=True)
class Checks:
    """The numbers of the rules on a day: working hours before the due moment, working days, pauses of a dossier."""

    last_hours: Limit
    longest: Limit
    most: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checks:
        """Read a dated setting. :raises KeyError, ValueError:"""
        return cls(Limit.from_json(data["last_hours"]), Limit.from_json(data["longest"]), int(data["most"]))


@dataclass(frozen=True, slots=True)
class Held:
    """
    One pause: `due_at` is the due moment as it stood when it began; `had` are papers asked for that lay there already,
    with nothing said to be wrong; `own_hand` tells that who began it ended it, and the applicant did nothing.
    """

    started_at: datetime
    ended_at: datetime | None
    ground: Ground
    due_at: datetime | None = None
    had: Sequence[str] = ()
    own_hand: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is striking about a pause, and why, in words."""

    kind: Striking
    text: str

    def to_json(self) -> dict[str, str]:
        """Return the finding as JSON values."""
        return {"kind": self.kind.value, "text": self.text}


@dataclass(frozen=True, slots=True)
class Checked:
    """A pause with its length in working minutes and what is striking about it."""

    held: Held
    minutes: int
    findings: tuple[Finding, ...] = field(default=())


def check(
    pauses: Sequence[Held], checks: Checks | None, calendar: WorkingCalendar, now: datetime
) -> list[Checked]:
    """Return the pauses of a dossier in their order, each with what is striking about it; nothing is without rules."""
    return [_checked(number, one, checks, calendar, now) for number, one in enumerate(pauses, 1)]


def _checked(
    number: int, one: Held, checks: Checks | None, calendar: WorkingCalendar, now: datetime
) -> Checked:
    end = max(one.ended_at or now, one.started_at)
    try:
        minutes = calendar.minutes_between(one.started_at, end)
    except OutOfCalendar:
        minutes = 0
    if checks is None:
        return Checked(one, minutes)
    found = [*_of_time(one, minutes, end, checks, calendar)]
    if number > checks.most:
        found.append(Finding(Striking.SEVERAL, f"Lần dừng thứ {number} của cùng một hồ sơ."))
    if one.had:
        names = "; ".join(one.had)
        found.append(
            Finding(Striking.HAD_IT, f"Yêu cầu nộp giấy tờ đã có trong hồ sơ, không nêu sai ở đâu: {names}.")
        )
    if one.own_hand:
        found.append(
            Finding(
                Striking.OWN_HAND,
                "Người dừng tự cho tiếp tục; hệ thống không ghi nhận việc nào của người nộp.",
            )
        )
    return Checked(one, minutes, tuple(found))


def _of_time(
    one: Held, minutes: int, end: datetime, checks: Checks, calendar: WorkingCalendar
) -> list[Finding]:
    found = []
    if one.due_at is not None:
        left = calendar.minutes_between(one.started_at, one.due_at)
        if 0 <= left <= checks.last_hours.minutes:
            told = f"còn {length_vi(left, calendar.day_minutes)} làm việc" if left else "đúng lúc hết hạn"
            found.append(Finding(Striking.LAST_HOURS, f"Tạm dừng khi {told} là đến giờ hẹn trả."))
        elif left < 0:
            found.append(Finding(Striking.LAST_HOURS, "Tạm dừng khi hồ sơ đã quá hạn trả."))
    first, last = one.started_at.astimezone(LOCAL).date(), end.astimezone(LOCAL).date()
    quiet = one.own_hand or one.ground not in BY_APPLICANT  # an applicant may well answer within the day
    if one.ended_at is not None and first == last and quiet:
        told = length_vi(minutes, calendar.day_minutes) if minutes else "dưới một phút"
        found.append(Finding(Striking.SAME_DAY, f"Dừng rồi tiếp tục trong cùng ngày, sau {told}."))
    longest = checks.longest
    days = (
        calendar.working_days_between(first, last)
        if longest.unit is TimeUnit.WORKING_DAYS
        else (last - first).days
    )
    if days > longest.value:
        found.append(
            Finding(
                Striking.LONG,
                f"Đã dừng {days} ngày{' làm việc' if longest.unit is TimeUnit.WORKING_DAYS else ''}.",
            )
        )
    return found
