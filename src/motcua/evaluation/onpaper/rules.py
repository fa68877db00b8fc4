"""
Signs that dossiers are handled on paper beside the software (R-052): pure rules over counts and numbers.

A sign accuses nobody: it says in words what is out of the usual, to be asked about. Usual is what the same unit,
officer, field or procedure had itself: windows of as many working days before, set to the weekdays of the window
looked at, and to the season of the year before. The rules are kinds; their numbers are dated settings (`paper_checks`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from statistics import median
from typing import Any, Final

from motcua.kernel.calendar import OutOfCalendar, WorkingCalendar, add_months
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from motcua.kernel.wording import list_vi

MOST_NUMBERS: Final = 20
"""So many numbers are written out; more are counted."""
SPREADS: Final = 3
"""A window below the middle by more than so many median distances from it is out of the usual."""


class Sign(StrEnum):
    """What is out of the usual."""

    SILENT = "silent"
    DROP = "drop"
    GAP = "gap"
    NO_DOSSIER = "no_dossier"
    NEVER_ONLINE = "never_online"


SIGN_NAMES: Final[Mapping[Sign, str]] = {
    Sign.SILENT: "Không có hồ sơ nào",
    Sign.DROP: "Hồ sơ ít hẳn đi",
    Sign.GAP: "Số bị khuyết",
    Sign.NO_DOSSIER: "Văn bản không có hồ sơ",
    Sign.NEVER_ONLINE: "Không có hồ sơ trực tuyến",
}


class FindingState(StrEnum):
    """How far a sign has been followed; only a person closes one."""

    OPEN = "open"
    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"


FINDING_STATES: Final[Mapping[FindingState, str]] = {
    FindingState.OPEN: "Mới thấy",
    FindingState.ASKED: "Chờ đơn vị giải trình",
    FindingState.ANSWERED: "Đã giải trình, chờ kết luận",
    FindingState.CLOSED: "Đã kết luận",
}


class Conclusion(StrEnum):
    """What a sign turned out to be."""

    ON_PAPER = "on_paper"
    ENTERED = "entered"
    NO_DEMAND = "no_demand"
    OUTAGE = "outage"
    OTHER = "other"


CONCLUSIONS: Final[Mapping[Conclusion, str]] = {
    Conclusion.ON_PAPER: "Có tiếp nhận, giải quyết ngoài phần mềm",
    Conclusion.ENTERED: "Đã nhập đủ hồ sơ vào phần mềm",
    Conclusion.NO_DEMAND: "Không có người nộp hồ sơ",
    Conclusion.OUTAGE: "Do hệ thống gián đoạn hoặc lỗi số liệu",
    Conclusion.OTHER: "Lý do khác",
}


class FindingNotFound(NotFound):
    """No such sign, or none this person may look into."""

    code = "paper_sign_not_found"
    message = "Không tìm thấy dấu hiệu này."


class FindingClosed(Conflict):
    """It was closed with a conclusion already."""

    code = "paper_sign_closed"
    message = "Dấu hiệu này đã có kết luận."


class NotAsked(Conflict):
    """The unit answers what it was asked."""

    code = "paper_sign_not_asked"
    message = "Chưa có yêu cầu giải trình nào đang chờ đơn vị trả lời."


class NotYours(Forbidden):
    """Asking and concluding are for who controls procedures or leads; answering is for the unit."""

    code = "paper_sign_not_yours"
    message = "Việc này không thuộc nhiệm vụ của bạn: đơn vị giải trình, người kiểm soát hoặc lãnh đạo hỏi và kết luận."


@dataclass(frozen=True, slots=True)
class Checks:
    """
    The numbers of the rules on a day: working days of a window, how many windows are the usual, dossiers a usual window
    holds at least, below which share (per cent) it is sharply fewer; the same for the online share; how many of the
    newest numbers of a series are looked through.
    """

    window: int
    windows: int
    least: int
    drop_percent: int
    online_window: int
    online_least: int
    online_percent: int
    numbers: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checks:
        """Read a dated setting. :raises KeyError, ValueError:"""
        return cls(**{name: int(data[name]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Window:
    """The local days `first` to `last`; `no` 0 is looked at, 1 … n are before it, -1 … -n the year before."""

    no: int
    first: date
    last: date


def windows(calendar: WorkingCalendar, until: date, length: int, count: int) -> list[Window]:
    """
    Return the window of `length` working days that ends on `until` and `count` before it, and the same a year earlier.

    Days off belong to the window of the working day after them, so none is left out. What lies before the calendar's
    first day is left out.
    """
    year_before = add_months(until, -12)
    # -1 stands for the window looked at, -2 … for those before it
    return _back(calendar, until, length, count) + [
        Window(-1 - one.no, one.first, one.last) for one in _back(calendar, year_before, length, count)
    ]


def _back(calendar: WorkingCalendar, until: date, length: int, count: int) -> list[Window]:
    found: list[Window] = []
    last = until
    try:
        for no in range(count + 1):
            end = calendar.add_working_days(last, -length - (not calendar.is_working(last)))
            found.append(Window(no, end + timedelta(days=1), last))
            last = end
    except OutOfCalendar:
        pass
    return found


def weights(
    found: Sequence[Window], calendar: WorkingCalendar, by_weekday: Mapping[int, int]
) -> dict[int, Fraction]:
    """
    Return for each window how much work its weekdays usually bring; `by_weekday` are dossiers by ISO weekday over all.

    Where nothing came on any weekday the windows weigh nothing, and none is set against another.
    """
    days = {one.no: [day for day in _days(one.first, one.last) if calendar.is_working(day)] for one in found}
    worked = Counter(day.isoweekday() for held in days.values() for day in held)
    usually = {weekday: Fraction(by_weekday.get(weekday, 0), times) for weekday, times in worked.items()}
    return {no: sum((usually[day.isoweekday()] for day in held), Fraction(0)) for no, held in days.items()}


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True, slots=True)
class Counts:
    """
    Dossiers taken in: in the window looked at, in those before it (newest first), and the same a year earlier.

    The lists hold only windows in which the unit was there. `weights` are how much work the weekdays of each window
    usually bring, in the order `now`, `past`; empty where nothing is known of it.
    """

    now: int
    past: Sequence[int]
    year_now: int = 0
    year_past: Sequence[int] = ()
    weights: Sequence[Fraction] = ()


@dataclass(frozen=True, slots=True)
class Usual:
    """What a window usually holds: the middle of the windows before, and the range most of them lie in."""

    low: int
    middle: Fraction
    high: int
    spread: Fraction

    @property
    def words(self) -> str:
        """Return the range as people say it: "9–14", "9"."""
        return f"{self.low}–{self.high}" if self.low != self.high else f"{self.low}"


ENOUGH: Final = 4
"""So many windows before at least: from fewer nothing is usual."""


def usual(counts: Counts, checks: Checks) -> Usual | None:
    """Return what is usual for the window looked at, None where too little is known or too little comes anyway."""
    if len(counts.past) < ENOUGH:
        return None
    weights = counts.weights if len(counts.weights) == len(counts.past) + 1 else ()
    scaled = [
        Fraction(value) * (weights[0] / weights[place] if weights and weights[place] else 1)
        for place, value in enumerate(counts.past, 1)
    ]
    season = _season(counts, checks)
    scaled = sorted(value * season for value in scaled)
    middle = Fraction(median(scaled))
    if middle < checks.least:
        return None
    quarter = len(scaled) // 4
    spread = Fraction(median(abs(value - middle) for value in scaled))
    return Usual(floor(scaled[quarter]), middle, ceil(scaled[-1 - quarter]), spread)


def _season(counts: Counts, checks: Checks) -> Fraction:
    """Return how much less the season brought the year before; more is not expected, so nobody is blamed for it."""
    if len(counts.year_past) < ENOUGH:
        return Fraction(1)
    middle = Fraction(median(counts.year_past))
    return min(Fraction(1), Fraction(counts.year_now) / middle) if middle >= checks.least else Fraction(1)


def entries(counts: Counts, checks: Checks) -> tuple[Sign, Usual] | None:
    """Return whether a window has none or sharply fewer dossiers than usual, and what is usual."""
    found = usual(counts, checks)
    if found is None:
        return None
    if counts.now == 0:
        return Sign.SILENT, found
    sharp = counts.now * 100 < checks.drop_percent * found.middle
    if sharp and counts.now < found.low and counts.now < found.middle - SPREADS * found.spread:
        return Sign.DROP, found
    return None


@dataclass(frozen=True, slots=True)
class Online:
    """Dossiers of a procedure: at a unit and at all the others, and how many of them came online."""

    own: int
    own_online: int
    others: int
    others_online: int


def never_online(online: Online, checks: Checks) -> int | None:
    """Return the share of the others (per cent) where a unit has none online and the others have; else None."""
    if online.own_online or online.own < checks.online_least or online.others < checks.online_least:
        return None
    share = 100 * online.others_online // online.others
    return share if share >= checks.online_percent else None


@dataclass(frozen=True, slots=True)
class What:
    """What a sign is about: a unit, and inside it an officer, a field or a procedure; empty is all of it."""

    unit_id: int
    officer_id: int = 0
    field: str = ""
    procedure: str = ""


def plainest(signs: Collection[What], field_of: Mapping[str, str]) -> set[What]:
    """
    Return the signs that say it all: what a sign of the whole unit or field explains is not told again for each part.
    """
    units = {one.unit_id for one in signs if one == What(one.unit_id)}
    fields = {(one.unit_id, one.field) for one in signs if one.field}
    return {
        one
        for one in signs
        if one == What(one.unit_id)
        or (
            one.unit_id not in units
            and not (one.procedure and (one.unit_id, field_of.get(one.procedure, "")) in fields)
        )
    }


@dataclass(frozen=True, slots=True)
class Names:
    """What a sign is about in words; `about` is the field or procedure, `officer` a person, or nothing."""

    unit: str
    officer: str = ""
    about: str = ""


def entries_words(sign: Sign, names: Names, counts: Counts, found: Usual, working_days: int) -> str:
    """Say a sign of missing entries: "Xã A: 0 hồ sơ đất đai trong 12 ngày làm việc, bình thường 9–14."."""
    about = f" {names.about}" if names.about else ""
    who = f", {names.officer} tiếp nhận" if names.officer else ""
    count = "0" if sign is Sign.SILENT else f"chỉ {counts.now}"
    return f"{names.unit}{who}: {count} hồ sơ{about} trong {working_days} ngày làm việc, bình thường {found.words}."


def online_words(names: Names, online: Online, share: int, working_days: int) -> str:
    """Say that a unit has nothing online where the others have."""
    return (
        f"{names.unit}: {online.own} hồ sơ {names.about} trong {working_days} ngày làm việc, không có hồ sơ nào nộp"
        f" trực tuyến; các đơn vị khác {share}% trực tuyến."
    )


def numbers_words(names: Names, about: str, numbers: Sequence[str]) -> str:
    """Say which numbers are not there."""
    return f"{names.unit}: {about} thiếu {_count(numbers, 'số')}."


def no_dossier_words(names: Names, numbers: Sequence[str]) -> str:
    """Say which documents have no dossier behind them."""
    return f"{names.unit}: {_count(numbers, 'văn bản')} không thấy hồ sơ nào trong phần mềm."


def _count(numbers: Sequence[str], noun: str) -> str:
    shown = list_vi([str(one) for one in numbers[:MOST_NUMBERS]])
    more = f" và {len(numbers) - MOST_NUMBERS} {noun} khác" if len(numbers) > MOST_NUMBERS else ""
    return f"{len(numbers)} {noun}: {shown}{more}"


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of the book of outgoing documents: number as written, and what it is about."""

    number: str
    about: str


def book_lines(text: str, most: int = 1000) -> list[BookLine]:
    """
    Read lines "number; what it is about" copied from a clerk's book; the same number counts once.

    :raises Invalid: no line, too many, or a line without a number.
    """
    found: dict[str, BookLine] = {}
    for place, line in enumerate(text.splitlines(), 1):
        number, _, about = line.replace("\t", ";").partition(";")
        number = " ".join(number.split())
        if not number and not about.strip():
            continue
        if not any(letter.isdigit() for letter in number) or len(number) > 60:
            raise Invalid(
                errors={"so": f"Dòng {place}: ghi số văn bản trước dấu chấm phẩy, nhiều nhất 60 ký tự."}
            )
        found.setdefault(folded_number(number), BookLine(number, about.strip()[:300]))
    if not found:
        raise Invalid(errors={"so": "Ghi ít nhất một số văn bản, mỗi số một dòng."})
    if len(found) > most:
        raise Invalid(errors={"so": f"Nhiều nhất {most} số mỗi lần đối chiếu."})
    return list(found.values())


def folded_number(text: str) -> str:
    """Return a document number as it is compared: "1 / qđ-ubnd" and "01/QĐ-UBND" are one."""
    number, slash, symbol = "".join(text.split()).upper().partition("/")
    return f"{number.lstrip('0') or '0'}{slash}{symbol}"
