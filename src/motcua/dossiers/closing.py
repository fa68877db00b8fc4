"""Books and lists of a unit that are closed for a period: kinds, periods, refusals. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from motcua.kernel.calendar import add_months
from motcua.kernel.errors import Conflict, Forbidden, Invalid, NotFound

MOST_LINES: Final = 2000
"""Most lines of one closed book, as of one printed: see docs/benchmarks.md for what that takes."""


class Book(StrEnum):
    """What is closed: the register of dossiers (form 06 of 2018, 07 of 2025), the list of a counter's day."""

    REGISTER = "register"
    END_OF_DAY = "end_of_day"


BOOK_NAMES: Final[Mapping[Book, str]] = {
    Book.REGISTER: "Sổ theo dõi hồ sơ",
    Book.END_OF_DAY: "Danh sách việc cuối ngày",
}


class Span(StrEnum):
    """For how long: the volumes of the register are those of a year, closed by day or month as it goes."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


SPAN_NAMES: Final[Mapping[Span, str]] = {Span.DAY: "Ngày", Span.MONTH: "Tháng", Span.YEAR: "Năm"}
SPANS: Final[Mapping[Book, tuple[Span, ...]]] = {Book.REGISTER: tuple(Span), Book.END_OF_DAY: (Span.DAY,)}
SERIES: Final[Mapping[Book, tuple[str, str]]] = {
    Book.REGISTER: ("STD", "STD"),
    Book.END_OF_DAY: ("DSCN", "DSCN"),
}
"""Series and symbol of the number of a closed book, of its unit and the year of the closing."""


class ClosingNotFound(NotFound):
    """No such closed book, or none of this person's units."""

    code = "closing_not_found"
    message = "Không tìm thấy bản chốt này."


class NotYourBook(Forbidden):
    """Books are closed by who keeps them."""

    code = "closing_not_your_book"
    message = "Sổ và danh sách của đơn vị do cán bộ tiếp nhận của đơn vị đó chốt."


class PeriodNotOver(Invalid):
    """Something may still come in."""

    code = "closing_period_not_over"
    message = "Kỳ này chưa kết thúc nên chưa chốt được."


class TooLong(Invalid):
    """More lines than one paper takes."""

    code = "closing_too_long"
    message = f"Kỳ này có hơn {MOST_LINES} hồ sơ. Chốt theo tháng hoặc theo ngày."


class ChangedMeanwhile(Conflict):
    """The book has other lines than the page showed."""

    code = "closing_changed"
    message = "Sổ vừa có thay đổi sau khi trang này được mở. Xem lại rồi chốt."


class NothingNew(Conflict):
    """The same was closed before."""

    code = "closing_nothing_new"
    message = "Đã chốt, và nội dung chưa có gì thay đổi từ lần chốt trước."


class AlreadyClosed(Conflict):
    """Somebody else closed the same period at the same moment."""

    code = "closing_already"
    message = "Kỳ này vừa được người khác chốt. Mở lại trang để xem."


class NotHandedToYou(Conflict):
    """The list names another receiver, none, or was taken over already."""

    code = "closing_not_handed_to_you"
    message = "Danh sách này không bàn giao cho bạn, hoặc đã được nhận."


@dataclass(frozen=True, slots=True)
class Closed:
    """The days of a period, both counted."""

    span: Span
    first: date
    last: date

    @classmethod
    def of(cls, span: Span, on: date) -> Self:
        """Return the day, month or year that a day lies in."""
        match span:
            case Span.DAY:
                return cls(span, on, on)
            case Span.MONTH:
                first = on.replace(day=1)
                return cls(span, first, add_months(first, 1) - timedelta(days=1))
            case Span.YEAR:
                return cls(span, date(on.year, 1, 1), date(on.year, 12, 31))

    @property
    def words(self) -> str:
        """Return the period as people say it."""
        match self.span:
            case Span.DAY:
                return f"ngày {self.first:%d/%m/%Y}"
            case Span.MONTH:
                return f"tháng {self.first:%m/%Y}"
            case Span.YEAR:
                return f"năm {self.first:%Y}"


def check(book: Book, period: Closed, today: date) -> None:
    """
    Let a period pass that is over, or ends today: the counter closes before it goes home.

    :raises PeriodNotOver: more days of it are to come. :raises Invalid: the book is not closed for such a period.
    """
    if period.span not in SPANS[book]:
        raise Invalid(errors={"ky": "Danh sách cuối ngày chỉ chốt theo ngày."})
    if period.last > today:
        raise PeriodNotOver(errors={"ngay": PeriodNotOver.message})


_OF_THE_CLOSING: Final = frozenset(
    {"made_at", "keeper_name", "officer_name", "receiver_name", "maker_name", "replaces"}
)


def same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether two closings of a period say the same, leaving out who closed it, when, and after which other."""

    def said(paper: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in paper.items() if name not in _OF_THE_CLOSING}

    return said(before) == said(now)
