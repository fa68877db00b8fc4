"""
Working time: which days and hours count, merged from dated layers and laid out so that counting is quick.

A calendar is made of layers (nation, province, unit; R-048). A layer brings day marks (holidays,
compensatory, swapped and closed days, from the yearly notices) and session rules (hours by weekday, season
and validity). `merge` lays them over each other, the later one wins. `WorkingCalendar.build` then writes one
row per day, with running totals of working days and of working minutes: adding and measuring are one look-up
or one bisection.

Time is the wall clock of Asia/Ho_Chi_Minh, whole minutes; seconds are cut off, because slips print minutes.
A *tick* is that wall clock as one integer: 1440 × (days since the first day of the calendar) + minute of the
day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from motcua.kernel.errors import Invalid

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
DAY: Final = 24 * 60
"""Minutes of a calendar day."""

Period = tuple[time, time]
Span = tuple[int, int]
"""A period in minutes of the day, the end not included."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONDAY: Final = 0
_SATURDAY: Final = 5


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day (Civil Code Art. 146–148)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class OutOfCalendar(Invalid):
    """A day before the first or after the last day for which the calendar is laid out."""

    code = "out_of_calendar"
    message = "Ngày này nằm ngoài phạm vi của lịch làm việc. Báo quản trị hệ thống mở rộng lịch."


class DayKind(StrEnum):
    """Why a day differs from its weekday (facts: public holidays, Labour Code 2019 Art. 111–112)."""

    HOLIDAY = "holiday"
    COMPENSATORY = "compensatory"
    SWAPPED_OFF = "swapped_off"
    SWAPPED_ON = "swapped_on"
    CLOSURE = "closure"


@dataclass(frozen=True, slots=True)
class DayMark:
    """
    One marked day of a layer; `name` is Vietnamese and is shown to people.

    `stands_for` is the other day of a swap: a worked Saturday has the sessions of that weekday. `periods`
    replaces the hours of this one day: those that remain open at a partial closure, those worked on a
    swapped day.
    """

    on: date
    kind: DayKind
    name: str
    certainty: str = "high"
    stands_for: date | None = None
    periods: tuple[Period, ...] | None = None

    def __post_init__(self) -> None:
        if self.periods is not None:
            _spans(self.periods)

    @classmethod
    def from_data(cls, record: Mapping[str, Any]) -> DayMark:
        """
        Read one record of the holiday file: date, name, type, certainty, swap_with.

        :raises ValueError: unknown type or malformed date.
        """
        kind = str(record["type"])
        swap = record.get("swap_with")
        return cls(
            on=_date(record["date"]),
            kind=DayKind.SWAPPED_ON if kind == "swapped_work" else DayKind(kind),
            name=str(record["name"]),
            certainty=str(record.get("certainty", "high")),
            stands_for=_date(swap) if swap else None,
        )


@dataclass(frozen=True, slots=True)
class Closure:
    """A unit is shut from `first` to `last`, both included (storm, move of office, outage)."""

    first: date
    last: date
    name: str
    certainty: str = "high"

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"closure ends {self.last} before it starts {self.first}")

    def marks(self) -> Iterable[DayMark]:
        """Yield one day mark for each day."""
        for ordinal in range(self.first.toordinal(), self.last.toordinal() + 1):
            yield DayMark(date.fromordinal(ordinal), DayKind.CLOSURE, self.name, self.certainty)


@dataclass(frozen=True, slots=True)
class SessionRule:
    """
    Hours of certain weekdays (0 = Monday) within a validity period and, where given, a season of every year.

    `season` is ((month, day), (month, day)), both included; it may run over New Year. Sessions with `counts`
    false receive and hand over but are no working time for a limit (Saturday morning at a one-stop unit).
    """

    valid_from: date | None
    valid_to: date | None
    weekdays: frozenset[int]
    periods: tuple[Period, ...]
    counts: bool = True
    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.weekdays or not all(0 <= day <= 6 for day in self.weekdays):
            raise ValueError("weekdays are numbers from 0 (Monday) to 6 (Sunday)")
        _spans(self.periods)

    def applies(self, day: date) -> bool:
        """Tell whether the rule is in force on `day`, whatever its weekday."""
        if self.valid_from is not None and day < self.valid_from:
            return False
        if self.valid_to is not None and day > self.valid_to:
            return False
        if self.season is None:
            return True
        first, last = self.season
        at = (day.month, day.day)
        return first <= at <= last if first <= last else at >= first or at <= last

    @classmethod
    def from_data(
        cls,
        record: Mapping[str, Any],
        *,
        counts: bool = True,
        valid_from: date | None = None,
        valid_to: date | None = None,
    ) -> SessionRule:
        """
        Read one record of the office-hours file: days, periods, season, name.

        :raises ValueError: unknown weekday, malformed hour, or sessions that overlap.
        """
        season = record.get("season")
        return cls(
            valid_from=valid_from,
            valid_to=valid_to,
            weekdays=frozenset(_WEEKDAYS.index(str(day)) for day in record["days"]),
            periods=tuple(
                (time.fromisoformat(str(start)), time.fromisoformat(str(end)))
                for start, end in record["periods"]
            ),
            counts=counts,
            season=(_month_day(season["from"]), _month_day(season["to"])) if season else None,
            name=str(record.get("name", "")),
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """
    One layer of a calendar. Outside `valid_from` … `valid_to` it says nothing (a unit that changed
    calendars).
    """

    name: str = ""
    sessions: tuple[SessionRule, ...] = ()
    days: tuple[DayMark, ...] = ()
    closures: tuple[Closure, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


def merge(layers: Iterable[Layer]) -> Layer:
    """
    Lay layers over each other, from the widest (nation) to the narrowest (unit): the later one wins.

    Day by day for marks; for sessions the last rule that is in force on a day and names its weekday decides,
    so a later layer replaces the hours of exactly the weekdays it speaks of.
    """
    marks: dict[date, DayMark] = {}
    rules: list[SessionRule] = []
    for layer in layers:
        found = [*layer.days, *(mark for closure in layer.closures for mark in closure.marks())]
        for mark in found:
            if _within(mark.on, layer.valid_from, layer.valid_to):
                marks[mark.on] = mark
        for rule in layer.sessions:
            first = max(filter(None, (rule.valid_from, layer.valid_from)), default=None)
            last = min(filter(None, (rule.valid_to, layer.valid_to)), default=None)
            if first is None or last is None or first <= last:
                rules.append(replace(rule, valid_from=first, valid_to=last))
    return Layer("", tuple(rules), tuple(marks[day] for day in sorted(marks)))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WorkingCalendar:
    """
    The working time of one unit, laid out day by day from `first` to `last`; immutable, safe to share.

    Make it with `build`. The tuples hold one value per day (index = days since `first`) and are read by the
    counting of deadlines:

    - `working`, `receiving`: some session counts; some session receives
    - `working_before[i]`, `minutes_before[i]`: working days and working minutes before day i (one value more)
    - `working_index[k]`: the day of the k-th working day
    - `next_working[i]`, `next_receiving[i]`: first such day at or after i, or -1
    - `spans`, `receiving_spans`: sessions in minutes of the day
    - `opens`, `closes`: minute of first opening and last closing; a rest day takes those of the working day
      before
    - `midnight_at`, `close_at`: the same as aware datetimes
    """

    first: date
    last: date
    origin: int
    size: int
    working: tuple[bool, ...]
    receiving: tuple[bool, ...]
    working_before: tuple[int, ...]
    minutes_before: tuple[int, ...]
    working_index: tuple[int, ...]
    next_working: tuple[int, ...]
    next_receiving: tuple[int, ...]
    spans: tuple[tuple[Span, ...], ...]
    receiving_spans: tuple[tuple[Span, ...], ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    midnight_at: tuple[datetime, ...]
    close_at: tuple[datetime, ...]
    day_minutes: int
    """Minutes of the usual working day (the commonest length): turns minutes into "days" for people."""
    marks: Mapping[int, DayMark] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"WorkingCalendar({self.first} … {self.last}, {len(self.working_index)} working days)"

    @classmethod
    def build(
        cls,
        layers: Iterable[Layer] = (),
        *,
        sessions: Sequence[SessionRule] = (),
        days: Sequence[DayMark] = (),
        closures: Sequence[Closure] = (),
        first: date = date(2015, 1, 1),
        last: date = date(2040, 12, 31),
    ) -> WorkingCalendar:
        """
        Lay out the calendar; `sessions`, `days` and `closures` form one more layer over `layers`.

        :raises ValueError: no day has a counting session, or `last` is before `first`.
        """
        merged = merge([*layers, Layer("", tuple(sessions), tuple(days), tuple(closures))])
        origin, size = first.toordinal(), last.toordinal() - first.toordinal() + 1
        if size < 1:
            raise ValueError("a calendar needs at least one day")
        marks = {m.on.toordinal() - origin: m for m in merged.days if first <= m.on <= last}
        counting = [rule for rule in reversed(merged.sessions) if rule.counts]
        receiving_only = [rule for rule in reversed(merged.sessions) if not rule.counts]

        spans: list[tuple[Span, ...]] = []
        receiving_spans: list[tuple[Span, ...]] = []
        for index in range(size):
            day = date.fromordinal(origin + index)
            mark = marks.get(index)
            worked = _worked(day, mark, counting)
            spans.append(worked)
            # A marked day off is off for the counter too; only hours given for that very day stay open.
            open_too = () if mark and mark.kind is not DayKind.SWAPPED_ON else _hours(day, receiving_only)
            receiving_spans.append(_union(worked, open_too) if open_too else worked)

        lengths = [sum(end - start for start, end in day_spans) for day_spans in spans]
        working = tuple(length > 0 for length in lengths)
        if not any(working):
            raise ValueError("a calendar needs at least one session that counts")
        receiving = tuple(bool(day_spans) for day_spans in receiving_spans)
        working_before, minutes_before = [0], [0]
        for length in lengths:
            working_before.append(working_before[-1] + (length > 0))
            minutes_before.append(minutes_before[-1] + length)
        opens, closes = [], []
        usual = next(day_spans for day_spans in spans if day_spans)
        for day_spans in spans:
            usual = day_spans or usual
            opens.append(usual[0][0])
            closes.append(usual[-1][1])
        midnights = _midnights(origin, size)
        return cls(
            first=first,
            last=last,
            origin=origin,
            size=size,
            working=working,
            receiving=receiving,
            working_before=tuple(working_before),
            minutes_before=tuple(minutes_before),
            working_index=tuple(index for index in range(size) if working[index]),
            next_working=_next(working),
            next_receiving=_next(receiving),
            spans=tuple(spans),
            receiving_spans=tuple(receiving_spans),
            opens=tuple(opens),
            closes=tuple(closes),
            midnight_at=midnights,
            close_at=tuple(
                midnight + timedelta(minutes=close) for midnight, close in zip(midnights, closes, strict=True)
            ),
            day_minutes=Counter(length for length in lengths if length).most_common(1)[0][0],
            marks=MappingProxyType(marks),
        )

    # Days --------------------------------------------------------------------------------------------

    def index(self, day: date) -> int:
        """
        Return the row of a local date.

        :raises OutOfCalendar: the calendar does not reach it.
        :raises ValueError: a datetime came; its local date must be taken first, never through UTC.
        """
        if isinstance(day, datetime):
            raise ValueError("a local date is needed, not a datetime")
        index = day.toordinal() - self.origin
        if not 0 <= index < self.size:
            raise OutOfCalendar(day=day.isoformat())
        return index

    def day(self, index: int) -> date:
        """Return the date of a row. :raises OutOfCalendar:"""
        if not 0 <= index < self.size:
            raise OutOfCalendar
        return date.fromordinal(self.origin + index)

    def is_working(self, day: date) -> bool:
        """Tell whether the day has a session that counts. :raises OutOfCalendar:"""
        return self.working[self.index(day)]

    def is_receiving(self, day: date) -> bool:
        """Tell whether a counter is open some time of the day. :raises OutOfCalendar:"""
        return self.receiving[self.index(day)]

    def sessions(self, day: date) -> tuple[Period, ...]:
        """Return the sessions that count, in order; none on a rest day. :raises OutOfCalendar:"""
        return periods_of(self.spans[self.index(day)])

    def receiving_sessions(self, day: date) -> tuple[Period, ...]:
        """
        Return the sessions in which dossiers are received, whether or not they count.

        :raises OutOfCalendar:
        """
        return periods_of(self.receiving_spans[self.index(day)])

    def mark(self, day: date) -> DayMark | None:
        """Return the mark that decided on this day, or None on an ordinary one. :raises OutOfCalendar:"""
        return self.marks.get(self.index(day))

    def reason_off(self, day: date) -> str | None:
        """Say in Vietnamese why nobody works that day; None on a working day. :raises OutOfCalendar:"""
        index = self.index(day)
        if self.working[index]:
            return None
        mark = self.marks.get(index)
        if mark is not None and mark.kind is not DayKind.SWAPPED_ON:
            return mark.name
        return "nghỉ hằng tuần" if day.weekday() >= _SATURDAY else "không có giờ làm việc"

    def add_working_days(self, day: date, working_days: int) -> date:
        """
        Return the n-th working day after `day`, itself not counted; a negative n looks back; 0 is `day`
        itself.

        :raises OutOfCalendar: the answer, or `day`, is outside.
        """
        index = self.index(day)
        if working_days == 0:
            return day
        wanted = (
            self.working_before[index + 1] - 1 + working_days
            if working_days > 0
            else self.working_before[index] + working_days
        )
        if not 0 <= wanted < len(self.working_index):
            raise OutOfCalendar(day=day.isoformat(), working_days=working_days)
        return self.day(self.working_index[wanted])

    def working_days_between(self, a: date, b: date) -> int:
        """
        Count the working days after `a` up to and with `b`; negative when `b` is earlier.

        :raises OutOfCalendar:
        """
        return self.working_before[self.index(b) + 1] - self.working_before[self.index(a) + 1]

    def next_working_day(self, day: date, inclusive: bool = False) -> date:
        """
        Return the first working day after `day`, or `day` itself when `inclusive`.

        :raises OutOfCalendar:
        """
        index = self.index(day) + (not inclusive)
        if index >= self.size:
            raise OutOfCalendar(day=day.isoformat())
        return self.day(self.next_working[index])

    def start_of_day(self, day: date) -> datetime:
        """
        Return the opening of a working day; on a rest day the hour of the working day before.

        :raises OutOfCalendar:
        """
        index = self.index(day)
        return self.midnight_at[index] + timedelta(minutes=self.opens[index])

    def end_of_day(self, day: date) -> datetime:
        """
        Return the closing of a working day; on a rest day the hour of the working day before.

        :raises OutOfCalendar:
        """
        return self.close_at[self.index(day)]

    # Minutes -----------------------------------------------------------------------------------------

    def tick(self, moment: datetime) -> int:
        """
        Return an aware datetime as a tick, seconds cut off.

        :raises OutOfCalendar, ValueError: a naive one.
        """
        here = local(moment)
        index = here.toordinal() - self.origin
        if not 0 <= index < self.size:
            raise OutOfCalendar(at=here.isoformat())
        return index * DAY + here.hour * 60 + here.minute

    def moment(self, tick: int) -> datetime:
        """Return the aware datetime of a tick. :raises OutOfCalendar:"""
        index, minute = divmod(tick, DAY)
        if not 0 <= index < self.size:
            raise OutOfCalendar
        return self.midnight_at[index] + timedelta(0, minute * 60)

    def worked(self, tick: int) -> int:
        """Return the working minutes from the first day of the calendar up to a tick inside it."""
        index, minute = divmod(tick, DAY)
        total = self.minutes_before[index]
        for start, end in self.spans[index]:
            if minute <= start:
                break
            total += (minute if minute < end else end) - start
        return total

    def forward(self, tick: int, minutes: int) -> int:
        """
        Return the earliest tick that lies `minutes` ≥ 0 working minutes after `tick`; with 0, `tick` itself.

        A full session ends at its closing, not at the next opening. :raises OutOfCalendar:
        """
        if minutes <= 0:
            return tick
        wanted = self.worked(tick) + minutes
        index = bisect_left(self.minutes_before, wanted) - 1
        if index >= self.size:
            raise OutOfCalendar(working_minutes=minutes)
        rest = wanted - self.minutes_before[index]
        for start, end in self.spans[index]:
            if rest <= end - start:
                return index * DAY + start + rest
            rest -= end - start
        raise AssertionError("running totals disagree with the sessions")

    def backward(self, tick: int, minutes: int) -> int:
        """
        Return the latest tick that lies `minutes` ≥ 0 working minutes before `tick`.

        :raises OutOfCalendar:
        """
        if minutes <= 0:
            return tick
        wanted = self.worked(tick) - minutes
        if wanted < 0:
            raise OutOfCalendar(working_minutes=-minutes)
        index = bisect_right(self.minutes_before, wanted) - 1
        rest = wanted - self.minutes_before[index]
        for start, end in self.spans[index]:
            if rest < end - start:
                return index * DAY + start + rest
            rest -= end - start
        raise AssertionError("running totals disagree with the sessions")

    def add_minutes(self, start: datetime, minutes: int) -> datetime:
        """
        Return the moment `minutes` working minutes after `start`, or before it when negative. O(log n).

        :raises OutOfCalendar, ValueError: a naive datetime.
        """
        tick = self.tick(start)
        return self.moment(self.forward(tick, minutes) if minutes >= 0 else self.backward(tick, -minutes))

    def minutes_between(self, a: datetime, b: datetime) -> int:
        """
        Measure the working minutes from `a` to `b`; negative when `b` is earlier.

        :raises OutOfCalendar, ValueError:
        """
        return self.worked(self.tick(b)) - self.worked(self.tick(a))


def local(moment: datetime) -> datetime:
    """Return the moment on the wall clock of Vietnam. :raises ValueError: a naive datetime."""
    if moment.tzinfo is LOCAL:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return moment.astimezone(LOCAL)


def periods_of(spans: Iterable[Span]) -> tuple[Period, ...]:
    """Return spans of minutes as pairs of clock times."""
    return tuple((time(*divmod(start, 60)), time(*divmod(end, 60))) for start, end in spans)


def _worked(day: date, mark: DayMark | None, rules: Sequence[SessionRule]) -> tuple[Span, ...]:
    """Return the counting sessions of a day; `rules` with the strongest first."""
    if mark is None:
        return _hours(day, rules)
    if mark.periods is not None:
        return _spans(mark.periods)
    if mark.kind is not DayKind.SWAPPED_ON:
        return ()
    if mark.stands_for is not None:
        return _hours(day, rules, mark.stands_for.weekday()) or _hours(day, rules, _MONDAY)
    return _hours(day, rules) or _hours(day, rules, _MONDAY)


def _hours(day: date, rules: Sequence[SessionRule], weekday: int | None = None) -> tuple[Span, ...]:
    """Return the hours in force on `day` for its weekday, or for another weekday it stands for."""
    wanted = day.weekday() if weekday is None else weekday
    for rule in rules:
        if wanted in rule.weekdays and rule.applies(day):
            return _spans(rule.periods)
    return ()


@cache
def _spans(periods: tuple[Period, ...]) -> tuple[Span, ...]:
    """Return periods as minutes of the day. :raises ValueError: empty, out of order or overlapping."""
    spans = tuple((a.hour * 60 + a.minute, b.hour * 60 + b.minute) for a, b in periods)
    edge = -1
    for start, end in spans:
        if start >= end or start < edge:
            raise ValueError("sessions must be in order, not empty and must not overlap")
        edge = end
    return spans


def _union(a: Iterable[Span], b: Iterable[Span]) -> tuple[Span, ...]:
    """Return the minutes in either, as ordered spans."""
    joined: list[Span] = []
    for start, end in sorted((*a, *b)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _next(flags: Sequence[bool]) -> tuple[int, ...]:
    """Return, for each row, the first row at or after it whose flag is set, or -1."""
    found, following = [-1] * len(flags), -1
    for index in range(len(flags) - 1, -1, -1):
        if flags[index]:
            following = index
        found[index] = following
    return tuple(found)


@cache
def _midnights(origin: int, size: int) -> tuple[datetime, ...]:
    """Return the midnights of a range of days; every calendar of the same range shares them."""
    start = datetime.combine(date.fromordinal(origin), time(), LOCAL)
    return tuple(start + timedelta(days=index) for index in range(size))


def _within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _month_day(value: Any) -> tuple[int, int]:
    month, day = str(value).split("-")
    return int(month), int(day)
