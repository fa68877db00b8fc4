"""
How a time limit is counted: limit, policy and pauses in, the due moment out.

The rules are those of facts-lifecycle 2.4 and 2.5: the Civil Code 2015 Art. 147–148 (first day not counted,
an end on a rest day moves to the next working day), the one-stop decrees (cut-off, return at appraisal
counts again from the start, pauses) and the QĐ 766 measure (pauses only subtract). Code knows the kinds of
rule; which holds for a procedure, a territory and a day is a dated `Policy` from the catalogue.

Reading order: the moment of receipt is first moved to where counting may begin (`receive`), then the limit
is added (`_nominal`), then the end is placed on a day and hour (`_place`), then pauses push it on
(`Course`).

Readings that the sources leave open, chosen here and tested:

- A receipt on a day when nobody receives counts from the next opening. A Saturday on which the counter only
  receives is a valid day of receipt, unless the policy has a cut-off: then receipts count by working days
  only, otherwise one late on Friday would be due after one on Saturday. For the same reason hours, with a
  cut-off, begin no earlier than the opening of the day.
- A pause in days is the days after the request up to the day of completion; a completion after closing or on
  a rest day is a completion on the next working day. A pause in hours is working time; for elapsed hours,
  clock time.
- A pause that begins when the limit has already run out changes nothing.
- Due at the same hour: a receipt on a day that only receives is due at closing; outside the sessions of the
  due day, the next session's start (or its last closing).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from motcua.kernel.calendar import DAY, LOCAL, OutOfCalendar, WorkingCalendar, add_months, local

_NEVER: Final = DAY  # a minute of the day that no receipt can be later than
_MINUTES: Final = tuple(timedelta(0, minute * 60) for minute in range(DAY + 1))


class TimeUnit(StrEnum):
    """What a limit counts. `SAME_DAY` ends with the sessions of the day of receipt."""

    ELAPSED_HOURS = "elapsed_hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"
    SAME_DAY = "same_day"


class DueTime(StrEnum):
    """The hour of the due day: that of the receipt, or the end of the last session."""

    SAME_TIME = "same_time"
    END_OF_SESSION = "end_of_session"


class PauseUnit(StrEnum):
    """
    How a pause is measured for limits in days and months (limits in hours are always paused by the minute).
    """

    DAYS = "days"
    HOURS = "hours"


class PauseKind(StrEnum):
    """What a pause does: hold the clock, or set it back to zero when it ends."""

    PAUSE = "pause"
    RESTART = "restart"


class Ground(StrEnum):
    """Why the clock was held (facts-lifecycle 2.4)."""

    SUPPLEMENT = "supplement"
    RETURNED_AT_APPRAISAL = "returned_at_appraisal"
    FINANCIAL_OBLIGATION = "financial_obligation"
    STOPPED = "stopped"
    APPLICANT_CONFIRMATION = "applicant_confirmation"
    SYSTEM_OUTAGE = "system_outage"
    EXTERNAL_APPRAISAL = "external_appraisal"


# One constant per unit: reading a member off its enum class costs more than the addition it selects.
_ELAPSED_HOURS: Final = TimeUnit.ELAPSED_HOURS
_WORKING_HOURS: Final = TimeUnit.WORKING_HOURS
_WORKING_DAYS: Final = TimeUnit.WORKING_DAYS
_DAYS: Final = TimeUnit.DAYS
_MONTHS: Final = TimeUnit.MONTHS
_SAME_DAY: Final = TimeUnit.SAME_DAY
_BY_MINUTE: Final = frozenset((_ELAPSED_HOURS, _WORKING_HOURS))


@dataclass(frozen=True, slots=True)
class Limit:
    """
    A time limit as the law words it: at least one whole day or month, or hours (down to the minute).

    `SAME_DAY` takes the value 1. Half a working day is four working hours.

    :raises ValueError: the value does not fit the unit.
    """

    value: int | Decimal
    unit: TimeUnit
    minutes: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", TimeUnit(self.unit))
        if self.value <= 0:
            raise ValueError("a limit is more than nothing")
        if self.unit in _BY_MINUTE:
            minutes = self.value * 60
            if minutes != int(minutes):
                raise ValueError("a limit in hours must come to whole minutes")
            object.__setattr__(self, "minutes", int(minutes))
            return
        if self.value != int(self.value):
            raise ValueError("a limit in days or months must be whole")
        if self.unit is _SAME_DAY and self.value != 1:
            raise ValueError("a same-day limit has the value 1")
        object.__setattr__(self, "value", int(self.value))

    def to_json(self) -> dict[str, Any]:
        """Return the limit as JSON values (the number as text, exact)."""
        return {"value": str(self.value), "unit": self.unit.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limit:
        """Read what `to_json` wrote. :raises ValueError, KeyError:"""
        value = Decimal(str(data["value"]))
        return cls(int(value) if value == value.to_integral_value() else value, TimeUnit(data["unit"]))


@dataclass(frozen=True, slots=True)
class Policy:
    """
    The readings of the law that a procedure and a territory have chosen; a dated setting (see `policy_on`).

    - `count_first_day`: the day of receipt is day one (Civil Code Art. 147: it is not)
    - `due_time`: hour of the due day, for limits in days and months
    - `roll_rest_day`: an end on a rest day moves to the next working day; one of elapsed hours that falls
      outside the sessions moves to the next opening
    - `cutoff`: received after this hour counts as received on the next working day; None: no cut-off
    - `pause_unit`: how pauses are measured; `restarts`: a return at appraisal counts again from zero

    :raises ValueError: a counted first day together with "same hour" (one day would end where it began).
    """

    count_first_day: bool = False
    due_time: DueTime = DueTime.END_OF_SESSION
    roll_rest_day: bool = True
    cutoff: time | None = None
    pause_unit: PauseUnit = PauseUnit.DAYS
    restarts: bool = True
    cutoff_minute: int = field(init=False, repr=False, compare=False, default=_NEVER)
    first_shift: int = field(init=False, repr=False, compare=False, default=1)
    same_time: bool = field(init=False, repr=False, compare=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "due_time", DueTime(self.due_time))
        object.__setattr__(self, "pause_unit", PauseUnit(self.pause_unit))
        object.__setattr__(self, "same_time", self.due_time is DueTime.SAME_TIME)
        object.__setattr__(self, "first_shift", 0 if self.count_first_day else 1)
        if self.cutoff is not None:
            object.__setattr__(self, "cutoff_minute", self.cutoff.hour * 60 + self.cutoff.minute)
        if self.count_first_day and self.same_time:
            raise ValueError("a counted first day ends with its session, not at the hour of receipt")

    def measured(self) -> Policy:
        """
        Return the policy of the measured clock: pauses in days, only subtracted (QĐ 766, worked case 9).
        """
        return replace(self, pause_unit=PauseUnit.DAYS, restarts=False)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as JSON values."""
        return {
            "count_first_day": self.count_first_day,
            "due_time": self.due_time.value,
            "roll_rest_day": self.roll_rest_day,
            "cutoff": self.cutoff.strftime("%H:%M") if self.cutoff else None,
            "pause_unit": self.pause_unit.value,
            "restarts": self.restarts,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """Read what `to_json` wrote; what is missing takes its default. :raises ValueError: a bad value."""
        cutoff = data.get("cutoff")
        return cls(
            count_first_day=bool(data.get("count_first_day", False)),
            due_time=DueTime(data.get("due_time", DueTime.END_OF_SESSION)),
            roll_rest_day=bool(data.get("roll_rest_day", True)),
            cutoff=time.fromisoformat(str(cutoff)) if cutoff else None,
            pause_unit=PauseUnit(data.get("pause_unit", PauseUnit.DAYS)),
            restarts=bool(data.get("restarts", True)),
        )


@dataclass(frozen=True, slots=True)
class DatedPolicy:
    """A policy with the days on which it holds, both included."""

    policy: Policy
    valid_from: date | None = None
    valid_to: date | None = None


def policy_on(day: date, settings: Iterable[DatedPolicy]) -> Policy | None:
    """
    Return the policy in force on a local day; of several, the last in the order given; None when there is
    none.
    """
    found = None
    for setting in settings:
        starts, ends = setting.valid_from, setting.valid_to
        if (starts is None or starts <= day) and (ends is None or day <= ends):
            found = setting.policy
    return found


@dataclass(frozen=True, slots=True)
class Pause:
    """
    A time in which the limit does not run, with its legal ground; `reference` is the number of the paper
    (form 02).

    `ended_at` None: still open. Moments are aware. A restart takes effect when it ends.

    :raises ValueError: naive moments, or an end before the start.
    """

    started_at: datetime
    ended_at: datetime | None
    ground: Ground
    kind: PauseKind = PauseKind.PAUSE
    reference: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ground", Ground(self.ground))
        object.__setattr__(self, "kind", PauseKind(self.kind))
        if self.started_at.tzinfo is None or (self.ended_at is not None and self.ended_at.tzinfo is None):
            raise ValueError("a naive datetime has no place here")
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("a pause ends before it starts")

    def to_json(self) -> dict[str, Any]:
        """Return the pause as JSON values."""
        return {
            "started_at": local(self.started_at).isoformat(),
            "ended_at": local(self.ended_at).isoformat() if self.ended_at else None,
            "ground": self.ground.value,
            "kind": self.kind.value,
            "reference": self.reference,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Pause:
        """Read what `to_json` wrote. :raises ValueError, KeyError:"""
        ended = data["ended_at"]
        return cls(
            started_at=local(datetime.fromisoformat(data["started_at"])),
            ended_at=local(datetime.fromisoformat(ended)) if ended else None,
            ground=Ground(data["ground"]),
            kind=PauseKind(data["kind"]),
            reference=str(data.get("reference", "")),
        )


def due_at(
    start: datetime,
    limit: Limit,
    policy: Policy,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
    as_of: datetime | None = None,
) -> datetime:
    """
    Return the due moment of a dossier received at `start`: the quick way, without the explanation
    (`deadline.due`).

    A pause still open counts up to `as_of`, and not at all without it. Two receipts in order are due in
    order; for calendar days and months that end at the same hour this holds for the dates only (31/01 and
    28/01 plus one month).

    :raises ValueError: a naive datetime.
    :raises OutOfCalendar: receipt or end lies outside the calendar.
    """
    if pauses:
        course = Course.of(start, limit, policy, calendar, pauses, as_of)
        return calendar.moment(course.end)
    if start.tzinfo is not LOCAL:
        start = local(start)
    day = start.toordinal() - calendar.origin
    if not 0 <= day < calendar.size:
        raise OutOfCalendar(at=start.isoformat())
    minute = start.hour * 60 + start.minute
    unit = limit.unit
    try:
        if unit is _WORKING_DAYS:
            if policy.first_shift == 0 or minute > policy.cutoff_minute or not calendar.working[day]:
                day, minute = receive(calendar, policy, unit, day, minute)
                minute = _hour(calendar, policy, day, minute)
            day = calendar.working_index[
                calendar.working_before[day + policy.first_shift] + limit.value - 1  # type: ignore[index]
            ]
            if policy.same_time:
                return calendar.midnight_at[day] + _MINUTES[_same_time(calendar, day, minute)]
            return calendar.close_at[day]
        day, minute = receive(calendar, policy, unit, day, minute)
        if unit is _SAME_DAY:
            return calendar.close_at[day]
        if unit is _WORKING_HOURS:
            tick = calendar.forward(day * DAY + minute, limit.minutes)
        else:
            nominal = _nominal(calendar, limit, policy, day, minute)
            tick = _place(calendar, limit, policy, nominal, _hour(calendar, policy, day, minute))
        day, minute = divmod(tick, DAY)
        return calendar.midnight_at[day] + _MINUTES[minute]
    except IndexError:
        raise OutOfCalendar(at=start.isoformat(), limit=str(limit.value)) from None


def receive(
    calendar: WorkingCalendar, policy: Policy, unit: TimeUnit, day: int, minute: int
) -> tuple[int, int]:
    """
    Return day and minute from which a receipt counts (rows and minutes of the calendar).

    :raises IndexError: there is no such day left in the calendar.
    """
    if policy.cutoff_minute < _NEVER:
        if minute > policy.cutoff_minute or not calendar.working[day]:
            return _opening(calendar, calendar.next_working, day + 1 if calendar.working[day] else day)
        if unit in _BY_MINUTE and minute < calendar.opens[day]:
            minute = calendar.opens[day]  # where a receipt of the evening before stands too
    elif unit not in _BY_MINUTE and not calendar.receiving[day]:
        day = _row(calendar.next_receiving, day)
        minute = calendar.receiving_spans[day][0][0]
    if unit is _SAME_DAY:
        if not calendar.working[day] or minute >= calendar.closes[day]:
            return _opening(calendar, calendar.next_working, day + 1 if calendar.working[day] else day)
    elif policy.first_shift == 0 and unit not in _BY_MINUTE and minute >= calendar.closes[day]:
        # A first day that counts must have something left of it: the next day on which one could be received.
        by_working_days = policy.cutoff_minute < _NEVER
        return _opening(
            calendar, calendar.next_working if by_working_days else calendar.next_receiving, day + 1
        )
    return day, minute


def _hour(calendar: WorkingCalendar, policy: Policy, day: int, minute: int) -> int:
    """
    Return the minute of receipt that a same-hour policy repeats on the due day.

    A Saturday receipt has no working hour of its own: it stands between Friday's closing and Monday.
    """
    return calendar.closes[day] if policy.same_time and not calendar.working[day] else minute


def _opening(calendar: WorkingCalendar, following: tuple[int, ...], day: int) -> tuple[int, int]:
    found = _row(following, day)
    return found, calendar.opens[found]


def _row(following: tuple[int, ...], day: int) -> int:
    found = following[day]
    if found < 0:
        raise IndexError
    return found


def _nominal(calendar: WorkingCalendar, limit: Limit, policy: Policy, day: int, minute: int) -> int:
    """
    Return where the bare limit ends: a row for days and months, a tick for hours (`minute` as received).
    """
    unit, value = limit.unit, limit.value
    if unit is _WORKING_DAYS:
        return calendar.working_index[calendar.working_before[day + policy.first_shift] + int(value) - 1]
    if unit is _SAME_DAY:
        return day
    if unit is _DAYS:
        return day + policy.first_shift - 1 + int(value)
    if unit is _MONTHS:
        return _add_months(calendar, day, int(value)) + policy.first_shift - 1
    if unit is _WORKING_HOURS:
        return calendar.forward(day * DAY + minute, limit.minutes)
    return day * DAY + minute + limit.minutes


def _add_months(calendar: WorkingCalendar, day: int, months: int) -> int:
    """Return the row of the same day of a later month, or of that month's last day."""
    start = calendar.midnight_at[day].date()
    if start.year + months // 12 > calendar.last.year:
        raise IndexError
    return add_months(start, months).toordinal() - calendar.origin


def _place(calendar: WorkingCalendar, limit: Limit, policy: Policy, nominal: int, minute: int) -> int:
    """Return the tick at which a limit with this nominal end is due, received at `minute` of the day."""
    unit = limit.unit
    if unit is _WORKING_HOURS:
        return nominal
    if unit is _ELAPSED_HOURS:
        return _next_open(calendar, nominal) if policy.roll_rest_day else nominal
    if policy.roll_rest_day:
        nominal = _row(calendar.next_working, nominal)
    if policy.same_time and unit is not _SAME_DAY:
        return nominal * DAY + _same_time(calendar, nominal, minute)
    return nominal * DAY + calendar.closes[nominal]


def _same_time(calendar: WorkingCalendar, day: int, minute: int) -> int:
    """
    Return the minute itself where it falls into a session, else the next session's start, else the closing.
    """
    for start, end in calendar.spans[day]:
        if minute <= end:
            return minute if minute > start else start
    return calendar.closes[day] if calendar.spans[day] else minute


def _next_open(calendar: WorkingCalendar, tick: int) -> int:
    """Return the tick itself where somebody works (or just stopped working), else the next opening."""
    day, minute = divmod(tick, DAY)
    for start, end in calendar.spans[day]:
        if minute <= end:
            return day * DAY + max(start, minute)
    found = _row(calendar.next_working, day + 1)
    return found * DAY + calendar.opens[found]


@dataclass(frozen=True, slots=True)
class Hold:
    """
    One stretch in which the clock stands, in ticks, with what it does to a limit in days: rows [first,
    last].
    """

    started: int
    ended: int
    pause: Pause
    skip_first: int = 0
    skip_last: int = -1
    minutes: int = 0
    effective: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """
    How one limit runs through its pauses; what the due moment and its explanation are both read from.

    Ticks and rows of the calendar. `origin`: the first receipt; `received`: the receipt that counts (after
    the last restart); `day`, `minute`: from where it counts; `base`: due without pauses; `nominal`: end
    before it is placed.
    """

    origin: int
    received: int
    day: int
    minute: int
    base: int
    base_nominal: int
    nominal: int
    end: int
    holds: tuple[Hold, ...]
    restart: Hold | None

    @classmethod
    def of(
        cls,
        start: datetime,
        limit: Limit,
        policy: Policy,
        calendar: WorkingCalendar,
        pauses: Sequence[Pause] = (),
        as_of: datetime | None = None,
    ) -> Course:
        """Run the limit through its pauses. :raises ValueError, OutOfCalendar: as `due_at`."""
        origin = calendar.tick(start)
        stretches = _stretches(calendar, pauses, as_of)
        received, restart = origin, None
        if policy.restarts:
            for hold in stretches:
                if hold.pause.kind is PauseKind.RESTART and hold.ended >= received:
                    received, restart = hold.ended, hold
        try:
            day, minute = receive(calendar, policy, limit.unit, *divmod(received, DAY))
            base_nominal = _nominal(calendar, limit, policy, day, minute)
            hour = _hour(calendar, policy, day, minute)
            base = _place(calendar, limit, policy, base_nominal, hour)
            # What was over before counting began held nothing up.
            holds = tuple(hold for hold in stretches if hold.ended > day * DAY + minute)
            nominal, end, holds = _push(calendar, limit, policy, day, minute, hour, base_nominal, base, holds)
        except IndexError:
            raise OutOfCalendar(at=start.isoformat(), limit=str(limit.value)) from None
        return cls(origin, received, day, minute, base, base_nominal, nominal, end, holds, restart)


def _stretches(
    calendar: WorkingCalendar, pauses: Sequence[Pause], as_of: datetime | None
) -> tuple[Hold, ...]:
    """Return the pauses as ticks in order of time; one still open ends at `as_of`, or is left out."""
    found = []
    for pause in pauses:
        ended_at = pause.ended_at or as_of
        if ended_at is not None and ended_at >= pause.started_at:
            found.append(Hold(calendar.tick(pause.started_at), calendar.tick(ended_at), pause))
    return tuple(sorted(found, key=lambda hold: (hold.started, hold.ended)))


def _push(
    calendar: WorkingCalendar,
    limit: Limit,
    policy: Policy,
    day: int,
    minute: int,
    hour: int,
    nominal: int,
    end: int,
    stretches: Sequence[Hold],
) -> tuple[int, int, tuple[Hold, ...]]:
    """
    Push the end on by every pause that begins before it; return nominal end, due tick and what each pause
    did.
    """
    unit = limit.unit
    by_minute = unit in _BY_MINUTE or policy.pause_unit is PauseUnit.HOURS
    edge = day * DAY + minute  # where the clock has come to, in ticks
    row_edge = day + policy.first_shift - 1 if unit is not _SAME_DAY else day - 1  # and in days
    holds = []
    for hold in stretches:
        if hold.started >= end:
            break  # the limit had run out
        if by_minute:
            started = max(hold.started, edge)
            if hold.ended <= started:
                continue
            edge = hold.ended
            if unit is _ELAPSED_HOURS:
                minutes = hold.ended - started
                nominal = max(nominal, started) + minutes
                end = _place(calendar, limit, policy, nominal, hour)
            else:
                minutes = calendar.worked(hold.ended) - calendar.worked(started)
                end = calendar.forward(end, minutes)
                if (
                    end < hold.ended
                ):  # no working time was left between request and end: not due while it waits
                    end = _next_open(calendar, hold.ended) if policy.roll_rest_day else hold.ended
                nominal = end
            holds.append(replace(hold, started=started, minutes=minutes, effective=minutes > 0))
            continue
        first = max(hold.started // DAY, row_edge)
        last, ended_minute = divmod(hold.ended, DAY)
        if not calendar.working[last] or ended_minute >= calendar.closes[last]:
            last = _row(calendar.next_working, last + 1 if calendar.working[last] else last)
        if last <= first:
            continue
        row_edge = last
        # Requested on the due day itself: that day is not over, so the day of completion makes it up.
        on_due_day = first == end // DAY
        if unit is _WORKING_DAYS or unit is _SAME_DAY:
            rank = calendar.working_before[nominal]
            nominal = calendar.working_index[
                rank + calendar.working_before[last + 1] - calendar.working_before[first + 1]
            ]
        else:
            nominal = max(nominal, first) + last - first
        end = _place(calendar, limit, policy, nominal, hour)
        shift = 0 if on_due_day else 1
        holds.append(replace(hold, skip_first=first + shift, skip_last=last - 1 + shift, effective=True))
    return nominal, end, tuple(holds)
