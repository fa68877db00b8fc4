"""Reminders and cases: kinds, periods, the text that writes itself, when a case is suggested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from motcua.dossiers.hardship import HardshipKind
from motcua.kernel.calendar import add_months
from motcua.kernel.errors import Conflict, Forbidden, NotFound
from motcua.kernel.wording import list_vi


class ReminderKind(StrEnum):
    """How strong the word is."""

    REMIND = "remind"
    CRITICISE = "criticise"


REMINDER_KINDS: Final[Mapping[ReminderKind, str]] = {
    ReminderKind.REMIND: "Nhắc nhở",
    ReminderKind.CRITICISE: "Phê bình",
}


class ReminderState(StrEnum):
    """Whether the person has seen and answered it."""

    ISSUED = "issued"
    SEEN = "seen"
    ANSWERED = "answered"


REMINDER_STATES: Final[Mapping[ReminderState, str]] = {
    ReminderState.ISSUED: "Chưa xem",
    ReminderState.SEEN: "Đã xem",
    ReminderState.ANSWERED: "Đã trả lời",
}


class Ground(StrEnum):
    """What a case is about."""

    LATENESS = "lateness"
    HARASSMENT = "harassment"
    OWN_PROCEDURE = "own_procedure"


GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.LATENESS: "Để chậm, muộn nhiều lần",
    Ground.HARASSMENT: "Nhũng nhiễu, gây phiền hà",
    Ground.OWN_PROCEDURE: "Tự đặt thêm thủ tục, giấy tờ",
}


class CaseState(StrEnum):
    """How far a case has come; each step is a person's."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"


CASE_STATES: Final[Mapping[CaseState, str]] = {
    CaseState.PROPOSED: "Chờ quyết định",
    CaseState.DECIDED: "Đang theo dõi thực hiện",
    CaseState.CLOSED: "Đã kết thúc",
}


class PeriodKind(StrEnum):
    """The week or month whose figures are looked at."""

    THIS_WEEK = "tuan-nay"
    LAST_WEEK = "tuan-truoc"
    THIS_MONTH = "thang-nay"
    LAST_MONTH = "thang-truoc"


PERIODS: Final[Mapping[PeriodKind, str]] = {
    PeriodKind.THIS_WEEK: "Tuần này",
    PeriodKind.LAST_WEEK: "Tuần trước",
    PeriodKind.THIS_MONTH: "Tháng này",
    PeriodKind.LAST_MONTH: "Tháng trước",
}


class NotToBeSeen(NotFound):
    """No such reminder or case, or not for this person: both are confidential."""

    code = "discipline_not_found"
    message = "Không tìm thấy nội dung này."


class NotTheHead(Forbidden):
    """Reminding and deciding is for the head over the unit, never about oneself."""

    code = "discipline_not_head"
    message = "Việc này dành cho người đứng đầu có thẩm quyền với đơn vị, không phải người có liên quan."


class DoneAlready(Conflict):
    """It stands where this cannot be done any more."""

    code = "discipline_not_now"
    message = "Việc này đã được thực hiện hoặc không còn ở bước đó."


class NotSuggested(Conflict):
    """No case is suggested on that ground, or not any more."""

    code = "discipline_not_suggested"
    message = "Gợi ý này không còn: đã có vụ việc, đã được xem xét, hoặc số liệu đã thay đổi."


class CaseOpen(Conflict):
    """There is an open case on the same ground about the same person."""

    code = "discipline_case_open"
    message = "Đang có một vụ việc cùng nội dung về người này chưa kết thúc."


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both counted."""

    first: date
    last: date

    @property
    def words(self) -> str:
        """Return the days as a letter says them."""
        return f"từ ngày {self.first:%d/%m/%Y} đến ngày {self.last:%d/%m/%Y}"


def period(kind: PeriodKind, today: date) -> Period:
    """Return the days of a period: a week from Monday to Sunday, a month of the calendar."""
    if kind in (PeriodKind.THIS_WEEK, PeriodKind.LAST_WEEK):
        first = today - timedelta(days=today.weekday(), weeks=kind is PeriodKind.LAST_WEEK)
        return Period(first, first + timedelta(weeks=1) - timedelta(days=1))
    first = today.replace(day=1)
    if kind is PeriodKind.LAST_MONTH:
        first = add_months(first, -1)
    return Period(first, add_months(first, 1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Figures:
    """What a reminder rests on, frozen when it is given."""

    late: int = 0
    unexplained: int = 0
    returned: int = 0
    demands: int = 0
    pauses: int = 0
    hardships: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def to_json(self) -> dict[str, int]:
        """Return the figures as JSON values."""
        return asdict(self)

    def beyond(self, looked_at: Mapping[str, int]) -> Figures:
        """Return what came on record since figures were looked at, at least."""
        return Figures(
            **{name: max(0, value - looked_at.get(name, 0)) for name, value in asdict(self).items()}
        )


FIGURES: Final[Mapping[str, str]] = {
    "late": "hồ sơ giải quyết quá hạn",
    "unexplained": "hồ sơ quá hạn chưa giải trình đúng thời gian",
    "returned": "giải trình bị trả lại",
    "demands": "lần yêu cầu giấy tờ ngoài danh mục",
    "pauses": "lần tạm dừng có dấu hiệu cần xem lại",
    "hardships": "việc có thể làm người nộp phải đi lại hoặc chờ thêm",
}


def figure_words(figures: Figures) -> list[str]:
    """Return the figures that are not nothing, in words."""
    return [f"{value} {FIGURES[name]}" for name, value in figures.to_json().items() if value]


def draft(kind: ReminderKind, whom: str, figures: Figures, days: Period) -> str:
    """Return the text of a reminder as it writes itself from the figures; whoever signs may change it."""
    found = figure_words(figures)
    what = f"{whom} có {list_vi(found)}" if found else f"{whom} cần chấn chỉnh việc giải quyết hồ sơ"
    verb = "Nhắc nhở" if kind is ReminderKind.REMIND else "Phê bình"
    return (
        f"Theo số liệu của hệ thống {days.words}, {what}. {verb} {whom} nghiêm túc rút kinh nghiệm, giải quyết ngay"
        " các hồ sơ còn quá hạn, giải trình đầy đủ và không để việc này lặp lại."
    )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """
    From how many reminders, late dossiers, demands beside the record within so many days a case is suggested; and from
    how many things that may have cost applicants a way too many, such demands among them.
    """

    days: int
    reminders: int
    late: int
    demands: int
    hardships: int

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Thresholds:
        """Read a dated setting. :raises KeyError, ValueError:"""
        return cls(**{name: int(data[name]) for name in cls.__slots__})


def suggested(figures: Figures, reminders: int, limits: Thresholds) -> dict[Ground, str]:
    """Return on which grounds a case is suggested, with the reason in words; a person decides whether to open it."""
    within = f"trong {limits.days} ngày"
    late = []
    if reminders >= limits.reminders:
        late.append(f"{reminders} lần nhắc nhở, phê bình")
    if figures.late >= limits.late:
        late.append(f"{figures.late} hồ sơ quá hạn")
    found = {Ground.LATENESS: f"{list_vi(late)} {within}"} if late else {}
    if figures.demands >= limits.demands:
        found[Ground.OWN_PROCEDURE] = f"{figures.demands} lần yêu cầu giấy tờ ngoài danh mục {within}"
    if figures.hardships and figures.hardships + figures.demands >= limits.hardships:
        told = figure_words(Figures(hardships=figures.hardships, demands=figures.demands))
        found[Ground.HARASSMENT] = f"{list_vi(told)} {within}"
    return found


HINTS: Final[Mapping[Ground, str]] = {
    Ground.LATENESS: "Xem việc để chậm nhiều lần",
    Ground.HARASSMENT: "Xem có làm người nộp phải đi lại, chờ thêm hay không",
    Ground.OWN_PROCEDURE: "Xem việc yêu cầu giấy tờ ngoài danh mục",
}
"""What a suggestion asks to look at: nobody is at fault yet."""
BEHIND: Final[Mapping[Ground, tuple[str, ...]]] = {
    Ground.LATENESS: ("late",),
    Ground.HARASSMENT: ("demand", *HardshipKind),
    Ground.OWN_PROCEDURE: ("demand",),
}
"""What is on record behind a suggestion, by the names of `dossiers.conduct`."""
