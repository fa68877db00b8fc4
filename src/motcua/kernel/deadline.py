"""
Deadlines that explain themselves, and what follows from them: time left, early or late, forwarding, planning.

`due` answers with a `Deadline`: the moment, and (worked out when first asked for) one row per day from
receipt to due day, counted or skipped with the reason. `explain` turns the rows into sentences for the
citizen. The deadline is stored with its dossier by `to_json`: a later notice of holidays does not rewrite
what was promised (`revise`).

The counting itself is in `kernel.counting`; its names are offered here too, so that callers need one module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from motcua.kernel.calendar import DAY, LOCAL, DayKind, Period, WorkingCalendar, local, periods_of
from motcua.kernel.counting import (
    Course,
    DatedPolicy,
    DueTime,
    Ground,
    Limit,
    Pause,
    PauseKind,
    PauseUnit,
    Policy,
    TimeUnit,
    due_at,
    policy_on,
)
from motcua.kernel.wording import (
    capital,
    clock_vi,
    day_vi,
    length_vi,
    list_vi,
    minutes_vi,
    moment_vi,
    number_vi,
)

__all__ = [
    "GROUNDS_VI",
    "DatedPolicy",
    "DayRow",
    "Deadline",
    "DueTime",
    "Finish",
    "Ground",
    "Limit",
    "Pause",
    "PauseKind",
    "PauseUnit",
    "Policy",
    "Reason",
    "Remaining",
    "Revision",
    "Standing",
    "TimeUnit",
    "before",
    "classify",
    "due",
    "due_at",
    "explain",
    "forward_by",
    "latest_apology_on",
    "policy_on",
    "postponed",
    "remaining",
    "revise",
    "scale_steps",
    "standing",
]

_UNITS_VI: Final = {
    TimeUnit.ELAPSED_HOURS: "giờ, tính liên tục cả ngày đêm",
    TimeUnit.WORKING_HOURS: "giờ làm việc",
    TimeUnit.WORKING_DAYS: "ngày làm việc",
    TimeUnit.DAYS: "ngày, tính cả ngày nghỉ",
    TimeUnit.MONTHS: "tháng, tính cả ngày nghỉ",
}
GROUNDS_VI: Final = {
    Ground.SUPPLEMENT: "chờ bổ sung hồ sơ",
    Ground.RETURNED_AT_APPRAISAL: "trả lại để hoàn thiện hồ sơ",
    Ground.FINANCIAL_OBLIGATION: "chờ thực hiện nghĩa vụ tài chính",
    Ground.STOPPED: "dừng xử lý",
    Ground.APPLICANT_CONFIRMATION: "chờ người nộp hồ sơ xác nhận",
    Ground.SYSTEM_OUTAGE: "hệ thống gặp sự cố",
    Ground.EXTERNAL_APPRAISAL: "chờ cơ quan khác thẩm định",
}
"""Why a clock is held, in words for the middle of a sentence."""
_BY_MINUTE: Final = (TimeUnit.ELAPSED_HOURS, TimeUnit.WORKING_HOURS)
_MANY: Final = 3
"""From this many weekly rests on, they are told in one sentence."""
_FEW: Final = 5
"""Up to this many counted days are named one by one."""


class Reason(StrEnum):
    """Why a day was counted or skipped."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    WORKING_TIME = "working_time"
    RECEIVED = "received"
    AFTER_CUTOFF = "after_cutoff"
    OUTSIDE_HOURS = "outside_hours"
    WEEKLY_REST = "weekly_rest"
    HOLIDAY = "holiday"
    COMPENSATORY = "compensatory"
    SWAPPED_OFF = "swapped_off"
    CLOSURE = "closure"
    PAUSED = "paused"
    BEFORE_RESTART = "before_restart"
    PAUSE_MADE_UP = "pause_made_up"
    ROLLED = "rolled"


_REST: Final = {
    DayKind.HOLIDAY: Reason.HOLIDAY,
    DayKind.COMPENSATORY: Reason.COMPENSATORY,
    DayKind.SWAPPED_OFF: Reason.SWAPPED_OFF,
    DayKind.CLOSURE: Reason.CLOSURE,
}
_REST_REASONS: Final = frozenset((*_REST.values(), Reason.WEEKLY_REST))


@dataclass(frozen=True, slots=True)
class DayRow:
    """
    One day of an explanation. `note` is Vietnamese (name of a holiday or swap); `minutes` are those counted
    (hours).

    `sessions` are the working sessions of the day, none on a rest day.
    """

    day: date
    counted: bool
    reason: Reason
    note: str = ""
    sessions: tuple[Period, ...] = ()
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Deadline:
    """
    A due moment with all it was made of. Moments are aware, Asia/Ho_Chi_Minh.

    - `start`: the receipt as it happened; `counted_from`: where counting began (after cut-off, restart)
    - `base_at`: due without pauses; `at`: due
    - `paused_minutes`: how long the clock stood, where that is measured in hours (0 where it is in days)
    """

    start: datetime
    limit: Limit
    policy: Policy
    pauses: tuple[Pause, ...]
    counted_from: datetime
    base_at: datetime
    at: datetime
    paused_minutes: int = 0
    as_of: datetime | None = None
    _calendar: WorkingCalendar | None = field(default=None, repr=False, compare=False)
    _steps: tuple[DayRow, ...] | None = field(default=None, repr=False, compare=False)

    @property
    def steps(self) -> tuple[DayRow, ...]:
        """Return one row per day from receipt to due day; worked out once, when first asked for."""
        if self._steps is None:
            if self._calendar is None:
                raise ValueError("a deadline without calendar must carry its rows")
            course = Course.of(self.start, self.limit, self.policy, self._calendar, self.pauses, self.as_of)
            object.__setattr__(self, "_steps", _rows(course, self.limit, self.policy, self._calendar))
        assert self._steps is not None  # noqa: S101
        return self._steps

    @property
    def suspended(self) -> bool:
        """Tell whether a pause is still open: the due moment will move."""
        return any(pause.ended_at is None for pause in self.pauses)

    @property
    def restarted(self) -> bool:
        """Tell whether the limit was counted again from zero."""
        return self.policy.restarts and any(
            pause.kind is PauseKind.RESTART and (pause.ended_at or self.as_of) for pause in self.pauses
        )

    def to_json(self) -> dict[str, Any]:
        """
        Return the deadline with its rows as JSON values; sessions are listed once and referred to by number.
        """
        shapes: list[tuple[Period, ...]] = []
        rows = []
        for row in self.steps:
            if row.sessions not in shapes:
                shapes.append(row.sessions)
            rows.append(
                [
                    row.day.isoformat(),
                    int(row.counted),
                    row.reason.value,
                    row.note,
                    shapes.index(row.sessions),
                    row.minutes,
                ]
            )
        return {
            "start": self.start.isoformat(),
            "limit": self.limit.to_json(),
            "policy": self.policy.to_json(),
            "pauses": [pause.to_json() for pause in self.pauses],
            "counted_from": self.counted_from.isoformat(),
            "base_at": self.base_at.isoformat(),
            "at": self.at.isoformat(),
            "paused_minutes": self.paused_minutes,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "sessions": [[[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in shape] for shape in shapes],
            "steps": rows,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Deadline:
        """Read what `to_json` wrote; needs no calendar. :raises ValueError, KeyError: not what it wrote."""
        shapes = [
            tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in shape)
            for shape in data["sessions"]
        ]
        return cls(
            start=_moment(data["start"]),
            limit=Limit.from_json(data["limit"]),
            policy=Policy.from_json(data["policy"]),
            pauses=tuple(Pause.from_json(pause) for pause in data["pauses"]),
            counted_from=_moment(data["counted_from"]),
            base_at=_moment(data["base_at"]),
            at=_moment(data["at"]),
            paused_minutes=int(data["paused_minutes"]),
            as_of=_moment(data["as_of"]) if data["as_of"] else None,
            _steps=tuple(
                DayRow(date.fromisoformat(day), bool(counted), Reason(reason), note, shapes[shape], minutes)
                for day, counted, reason, note, shape, minutes in data["steps"]
            ),
        )


def due(
    start: datetime,
    limit: Limit,
    policy: Policy,
    calendar: WorkingCalendar,
    pauses: Sequence[Pause] = (),
    as_of: datetime | None = None,
) -> Deadline:
    """
    Return the deadline of a dossier received at `start`, ready to explain itself. Source: facts-lifecycle
    2.4, 2.5.

    A pause still open counts up to `as_of`, and not at all without it. Where only the moment matters:
    `due_at`.

    :raises ValueError: a naive datetime.
    :raises OutOfCalendar: receipt or end lies outside the calendar.
    """
    course = Course.of(start, limit, policy, calendar, pauses, as_of)
    return Deadline(
        start=local(start),
        limit=limit,
        policy=policy,
        pauses=tuple(pauses),
        counted_from=calendar.moment(course.day * DAY + course.minute),
        base_at=calendar.moment(course.base),
        at=calendar.moment(course.end),
        paused_minutes=sum(hold.minutes for hold in course.holds),
        as_of=local(as_of) if as_of else None,
        _calendar=calendar,
    )


# Rows ------------------------------------------------------------------------------------------------


def _rows(course: Course, limit: Limit, policy: Policy, calendar: WorkingCalendar) -> tuple[DayRow, ...]:
    """Return one row for each day from the first receipt to the due day."""
    rows = list(_rows_before(course, limit, policy, calendar))
    if limit.unit in _BY_MINUTE:
        rows.extend(_rows_by_minute(course, limit, calendar))
    else:
        rows.extend(_rows_by_day(course, limit, policy, calendar))
    return tuple(rows)


def _skipped(calendar: WorkingCalendar, index: int, reason: Reason, note: str = "") -> DayRow:
    """Return the row of a day that is not counted; a rest day keeps its own reason."""
    day = calendar.day(index)
    if not calendar.working[index] and reason in (
        Reason.PAUSED,
        Reason.BEFORE_RESTART,
        Reason.PAUSE_MADE_UP,
        Reason.ROLLED,
        Reason.WORKING_TIME,
        Reason.WORKING_DAY,
    ):
        mark = calendar.marks.get(index)
        rest = _REST.get(mark.kind, Reason.WEEKLY_REST) if mark else Reason.WEEKLY_REST
        return DayRow(day, False, rest, calendar.reason_off(day) or "")
    return DayRow(day, False, reason, note, periods_of(calendar.spans[index]))


def _counted(calendar: WorkingCalendar, index: int, reason: Reason, minutes: int) -> DayRow:
    """Return the row of a day that is counted; a worked swap or a holiday in it is named."""
    day = calendar.day(index)
    mark = calendar.marks.get(index)
    note = mark.name if mark else (calendar.reason_off(day) or "")
    return DayRow(day, True, reason, note, periods_of(calendar.spans[index]), minutes)


def _rows_before(course: Course, limit: Limit, policy: Policy, calendar: WorkingCalendar) -> Iterator[DayRow]:
    """
    Yield the days from the first receipt to where counting begins: restarts, cut-off, closed days, receipt.
    """
    received_day = course.received // DAY
    if course.restart is not None:
        paused_from = max(course.restart.started, course.origin) // DAY
        for index in range(course.origin // DAY, received_day):
            reason = Reason.PAUSED if index > paused_from else Reason.BEFORE_RESTART
            yield _skipped(calendar, index, reason)
    for index in range(received_day, course.day):
        if index > received_day:
            yield _skipped(calendar, index, Reason.WORKING_DAY)
        elif calendar.working[index] and course.received % DAY > policy.cutoff_minute:
            yield _skipped(calendar, index, Reason.AFTER_CUTOFF)
        else:
            note = calendar.reason_off(calendar.day(index)) or ""
            yield _skipped(calendar, index, Reason.OUTSIDE_HOURS, note)
    if policy.first_shift and limit.unit not in (*_BY_MINUTE, TimeUnit.SAME_DAY):
        yield _skipped(calendar, course.day, Reason.RECEIVED)


def _rows_by_day(course: Course, limit: Limit, policy: Policy, calendar: WorkingCalendar) -> Iterator[DayRow]:
    """Yield the days of a limit in days or months, from the first that may count to the due day."""
    unit = limit.unit
    calendar_days = unit in (TimeUnit.DAYS, TimeUnit.MONTHS)
    first = course.day if unit is TimeUnit.SAME_DAY else course.day + policy.first_shift
    in_days = policy.pause_unit is PauseUnit.DAYS
    if unit is TimeUnit.WORKING_DAYS or unit is TimeUnit.SAME_DAY:
        left = int(limit.value)
    else:
        left = course.base_nominal - first + 1
    for index in range(first, course.end // DAY + 1):
        paused = in_days and any(hold.skip_first <= index <= hold.skip_last for hold in course.holds)
        if paused:
            yield _skipped(calendar, index, Reason.PAUSED)
        elif left and (calendar_days or calendar.working[index]):
            left -= 1
            reason = Reason.CALENDAR_DAY if calendar_days else Reason.WORKING_DAY
            start, end = calendar.minutes_before[index], calendar.minutes_before[index + 1]
            yield _counted(calendar, index, reason, end - start)
        elif left:
            yield _skipped(calendar, index, Reason.WORKING_DAY)
        elif not in_days and index * DAY >= course.base // DAY * DAY + DAY:
            yield _skipped(calendar, index, Reason.PAUSE_MADE_UP)
        else:
            yield _skipped(calendar, index, Reason.ROLLED)


def _rows_by_minute(course: Course, limit: Limit, calendar: WorkingCalendar) -> Iterator[DayRow]:
    """Yield the days of a limit in hours with the minutes that each contributed."""
    elapsed = limit.unit is TimeUnit.ELAPSED_HOURS
    start = course.day * DAY + course.minute
    stop = min(course.nominal, course.end) if elapsed else course.end
    left = limit.minutes  # a pause may begin while an end outside the sessions is being passed on

    def measure(a: int, b: int) -> int:
        if b <= a:
            return 0
        return b - a if elapsed else calendar.worked(b) - calendar.worked(a)

    for index in range(course.day, course.end // DAY + 1):
        low, high = max(index * DAY, start), min(index * DAY + DAY - (not elapsed), stop)
        whole = measure(low, high)
        held = sum(measure(max(low, hold.started), min(high, hold.ended)) for hold in course.holds)
        minutes = min(whole - held, left)
        left -= minutes
        if minutes > 0:
            yield _counted(calendar, index, Reason.CALENDAR_DAY if elapsed else Reason.WORKING_TIME, minutes)
        elif held:
            yield _skipped(calendar, index, Reason.PAUSED)
        elif index == course.day:
            note = calendar.reason_off(calendar.day(index)) or ""
            yield _skipped(calendar, index, Reason.OUTSIDE_HOURS, note)
        else:
            yield _skipped(calendar, index, Reason.ROLLED if elapsed else Reason.WORKING_TIME)


# Words -----------------------------------------------------------------------------------------------


def explain(deadline: Deadline) -> list[str]:
    """
    Tell in Vietnamese sentences how the due moment came about, for someone who has never heard of a policy.

    The order is that of time: receipt, limit, what was skipped and why, pauses, due moment.
    """
    rows = deadline.steps
    lines = [f"Nhận hồ sơ lúc {moment_vi(deadline.start)}.", _limit_line(deadline)]
    if deadline.restarted:
        lines.extend(_restart_lines(deadline))
    lines.extend(_start_lines(deadline, rows))
    lines.extend(_pause_lines(deadline))
    lines.extend(_rest_lines(deadline, rows))
    lines.extend(_swap_lines(rows))
    counted = [row for row in rows if row.counted]
    if deadline.limit.unit is TimeUnit.WORKING_DAYS and counted:
        lines.append(_counted_line(counted))
    elif deadline.limit.unit is TimeUnit.WORKING_HOURS and 1 < len(counted) <= _FEW:
        parts = [f"{day_vi(row.day)} {minutes_vi(row.minutes)}" for row in counted]
        lines.append(f"Giờ làm việc được tính: {list_vi(parts)}.")
    lines.extend(_end_lines(deadline, rows, counted))
    lines.append(f"Hạn trả: {moment_vi(deadline.at)}.")
    if deadline.suspended:
        lines.append("Hồ sơ đang tạm dừng tính thời hạn; hạn trả sẽ được tính lại khi hết tạm dừng.")
    return lines


def _limit_line(deadline: Deadline) -> str:
    if deadline.limit.unit is TimeUnit.SAME_DAY:
        return f"Thời hạn: trả kết quả {limit_vi(deadline.limit)}."
    return f"Thời hạn: {limit_vi(deadline.limit)}."


def limit_vi(limit: Limit) -> str:
    """Return a limit in words: "3 ngày làm việc", "ngay trong ngày làm việc"."""
    if limit.unit is TimeUnit.SAME_DAY:
        return "ngay trong ngày làm việc"
    return f"{number_vi(limit.value)} {_UNITS_VI[limit.unit]}"


def _restart_lines(deadline: Deadline) -> Iterator[str]:
    ends = [
        (pause.ended_at or deadline.as_of, pause)
        for pause in deadline.pauses
        if pause.kind is PauseKind.RESTART
    ]
    done = [(ended, pause) for ended, pause in ends if ended is not None]
    ended, pause = max(done, key=lambda pair: pair[0])
    paper = f" (văn bản số {pause.reference})" if pause.reference else ""
    yield f"Hồ sơ được {GROUNDS_VI[pause.ground]} từ {moment_vi(pause.started_at)}{paper}."
    yield f"Nhận lại hồ sơ đầy đủ lúc {moment_vi(ended)}; thời hạn được tính lại từ đầu."


def _start_lines(deadline: Deadline, rows: Sequence[DayRow]) -> Iterator[str]:
    """Say what became of the day of receipt."""
    moved = next((r for r in rows if r.reason in (Reason.AFTER_CUTOFF, Reason.OUTSIDE_HOURS)), None)
    what = "nhận lại hồ sơ" if deadline.restarted else "nhận hồ sơ"
    start = deadline.counted_from.date()
    if moved is not None and moved.day != start:
        if moved.reason is Reason.AFTER_CUTOFF and deadline.policy.cutoff is not None:
            hour = clock_vi(datetime.combine(moved.day, deadline.policy.cutoff, LOCAL))
            yield f"{capital(what)} sau {hour} nên được coi là nhận vào {day_vi(start)}."
        elif moved.note:
            rest = f"{capital(day_vi(moved.day))} là ngày nghỉ ({_lower(moved.note)})"
            yield f"{rest}, hồ sơ được coi là nhận vào {day_vi(start)}."
        else:
            yield f"{capital(what)} khi đã hết giờ làm việc nên được coi là nhận vào {day_vi(start)}."
    if any(row.reason is Reason.RECEIVED for row in rows):
        yield f"Ngày {what} không tính."
    elif deadline.policy.count_first_day and deadline.limit.unit not in (*_BY_MINUTE, TimeUnit.SAME_DAY):
        yield f"Tính cả ngày {what}."


def _pause_lines(deadline: Deadline) -> Iterator[str]:
    """Say when the clock stood and how long that was by the policy."""
    restarted_at = deadline.counted_from if deadline.restarted else None
    for pause in sorted(deadline.pauses, key=lambda one: one.started_at):
        if pause.kind is PauseKind.RESTART and deadline.policy.restarts:
            continue
        if restarted_at and pause.ended_at and pause.ended_at <= restarted_at:
            continue
        ground = GROUNDS_VI[pause.ground]
        if pause.ended_at is None:
            yield f"Tạm dừng ({ground}) từ {moment_vi(pause.started_at)}, đến nay chưa hết tạm dừng."
        elif pause.started_at >= deadline.at:
            begun = moment_vi(pause.started_at)
            yield f"Tạm dừng ({ground}) từ {begun} không làm thay đổi hạn vì lúc đó đã hết hạn."
        else:
            yield (
                f"Tạm dừng ({ground}) từ {moment_vi(pause.started_at)} đến {moment_vi(pause.ended_at)}; "
                "thời gian tạm dừng không tính."
            )
    if deadline.at > deadline.base_at:
        yield f"Nếu không tạm dừng, hạn trả là {moment_vi(deadline.base_at)}."
    paused = [row for row in deadline.steps if row.reason is Reason.PAUSED and row.sessions]
    if paused and not deadline.restarted:
        yield f"{_days_vi([row.day for row in paused])} không tính (tạm dừng)."


def _swap_lines(rows: Sequence[DayRow]) -> Iterator[str]:
    for row in rows:
        if row.counted and row.note and row.reason is not Reason.CALENDAR_DAY and row.day.weekday() > 4:
            yield f"{capital(day_vi(row.day))} là ngày làm việc, có tính ({_lower(row.note)})."


def _rest_lines(deadline: Deadline, rows: Sequence[DayRow]) -> Iterator[str]:
    """Name the rest days that were passed over: neighbours together, many plain weekends in one sentence."""
    if deadline.limit.unit in (TimeUnit.DAYS, TimeUnit.MONTHS, TimeUnit.ELAPSED_HOURS):
        return
    begin = deadline.counted_from.date()
    groups: list[list[DayRow]] = []
    for row in rows:
        if row.reason not in _REST_REASONS or row.day < begin:
            continue
        if groups and groups[-1][-1].day + timedelta(days=1) == row.day:
            groups[-1].append(row)
        else:
            groups.append([row])
    weekends = [group for group in groups if all(row.reason is Reason.WEEKLY_REST for row in group)]
    told_together = len(weekends) >= _MANY
    for group in groups:
        if group in weekends and told_together:
            if group is weekends[0]:
                spans = [_short_span([row.day for row in weekend]) for weekend in weekends]
                yield f"Các ngày nghỉ hằng tuần không tính: {list_vi(spans)}."
            continue
        notes = dict.fromkeys(_lower(row.note) for row in group if row.note)
        yield f"{_days_vi([row.day for row in group])} không tính ({', '.join(notes)})."


def _counted_line(counted: Sequence[DayRow]) -> str:
    days = [row.day for row in counted]
    if len(days) <= _FEW:
        return f"Tính {len(days)} ngày làm việc: {list_vi([day_vi(day) for day in days])}."
    return f"Tính {len(days)} ngày làm việc, từ {day_vi(days[0])} đến {day_vi(days[-1])}."


def _end_lines(deadline: Deadline, rows: Sequence[DayRow], counted: Sequence[DayRow]) -> Iterator[str]:
    """Say how the last day was found: made-up pause, or a rest day that passes the end on."""
    made_up = [row for row in rows if row.reason is Reason.PAUSE_MADE_UP]
    if made_up:
        held = minutes_vi(deadline.paused_minutes)
        yield f"{held} tạm dừng trong giờ làm việc được cộng tiếp sau {moment_vi(deadline.base_at)}."
    rolls = any(row.reason is Reason.ROLLED for row in rows)
    if (
        not rolls
        or not counted
        or deadline.limit.unit
        not in (
            TimeUnit.DAYS,
            TimeUnit.MONTHS,
            TimeUnit.ELAPSED_HOURS,
        )
    ):
        return
    last = counted[-1]
    why = f" ({_lower(last.note)})" if last.note and not last.sessions else ""
    off = [row for row in rows if row.day > last.day and row.reason in _REST_REASONS]
    if not last.sessions:
        yield f"Thời hạn kết thúc vào {day_vi(last.day, year=True)} là ngày nghỉ{why}."
    else:
        yield f"Thời hạn kết thúc vào {day_vi(last.day, year=True)}, ngoài giờ làm việc."
    if off:
        notes = dict.fromkeys(_lower(row.note) for row in off if row.note)
        yield f"{_days_vi([row.day for row in off])} cũng là ngày nghỉ ({', '.join(notes)})."
    yield f"Vì vậy hạn chuyển sang ngày làm việc tiếp theo, {day_vi(deadline.at.date())}."


def _days_vi(days: Sequence[date]) -> str:
    """Name days: two neighbours with "và", a longer run "Từ … đến …", several runs in a list; capitalised."""
    runs: list[list[date]] = []
    for day in days:
        if runs and runs[-1][-1] + timedelta(days=1) == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    named: list[str] = []
    for run in runs:
        if len(run) <= 2:
            named.extend(day_vi(day) for day in run)
        else:
            named.append(f"từ {day_vi(run[0])} đến {day_vi(run[-1])}")
    return capital(list_vi(named))


def _short_span(days: Sequence[date]) -> str:
    first, last = days[0], days[-1]
    if first == last:
        return f"{first:%d/%m}"
    return f"{first:%d}–{last:%d/%m}" if first.month == last.month else f"{first:%d/%m}–{last:%d/%m}"


def _lower(text: str) -> str:
    """Return a note for the middle of a sentence: only the words that open a phrase lose their capital."""
    for opening in ("Nghỉ ", "Làm "):
        if text.startswith(opening):
            return text[0].lower() + text[1:]
    return text


def _moment(text: str) -> datetime:
    return local(datetime.fromisoformat(text))


# What follows from a due moment ----------------------------------------------------------------------


class Finish(StrEnum):
    """How a finished dossier stands to its due moment (facts-lifecycle 2.7)."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


class Standing(StrEnum):
    """How an open dossier stands to its due moment (R-061)."""

    IN_TIME = "in_time"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


def classify(done_at: datetime, due_at: datetime) -> Finish:
    """
    Class a finished dossier; early = done on a local date before the due date.

    :raises ValueError: naive.
    """
    done, end = local(done_at), local(due_at)
    if done > end:
        return Finish.LATE
    return Finish.EARLY if done.date() < end.date() else Finish.ON_TIME


def standing(
    now: datetime,
    due_at: datetime,
    calendar: WorkingCalendar,
    *,
    soon_minutes: int,
    paused: bool = False,
) -> Standing:
    """
    Class an open dossier; due soon = at most `soon_minutes` working minutes are left. A paused one is in
    time.

    :raises ValueError: a naive datetime. :raises OutOfCalendar:
    """
    if paused:
        return Standing.IN_TIME
    if local(now) > local(due_at):
        return Standing.OVERDUE
    soon = calendar.minutes_between(now, due_at) <= soon_minutes
    return Standing.DUE_SOON if soon else Standing.IN_TIME


@dataclass(frozen=True, slots=True)
class Remaining:
    """
    Working time left until the due moment, or passed since; never negative, `overdue` tells which.

    `working_minutes` in all = `days` usual working days of the calendar + `hours` + `minutes`.
    """

    overdue: bool
    working_minutes: int
    days: int
    hours: int
    minutes: int
    text: str

    def __str__(self) -> str:
        return self.text


def remaining(now: datetime, due_at: datetime, calendar: WorkingCalendar) -> Remaining:
    """
    Measure the working time left or overrun: "còn 2 ngày 3 giờ làm việc", "quá hạn 1 ngày".

    :raises ValueError: a naive datetime. :raises OutOfCalendar:
    """
    here, end = local(now), local(due_at)
    overdue = here > end
    total = abs(calendar.minutes_between(here, end))
    days, rest = divmod(total, calendar.day_minutes)
    length = length_vi(total, calendar.day_minutes)
    if overdue:
        text = f"quá hạn {length}" if total else "vừa quá hạn"
    elif total:
        text = f"còn {length} làm việc"
    else:
        clock_minutes = int((end - here).total_seconds()) // 60
        text = (
            f"còn {length_vi(clock_minutes)} ngoài giờ làm việc" if clock_minutes else "đến hạn ngay bây giờ"
        )
    return Remaining(overdue, total, days, *divmod(rest, 60), text)


def forward_by(accepted_at: datetime, calendar: WorkingCalendar, *, cutoff: time) -> datetime:
    """
    Return when an accepted dossier must have been forwarded: the same working day, or, when it was accepted
    after the cut-off, after closing or on a rest day, the start of the next working day (NĐ 309/2026 Art.
    9).

    :raises ValueError: a naive datetime. :raises OutOfCalendar:
    """
    here = local(accepted_at)
    day, hour = here.date(), here.time().replace(second=0, microsecond=0)
    closing = calendar.end_of_day(day)
    if calendar.is_working(day) and hour <= cutoff and here < closing:
        return closing
    return calendar.start_of_day(calendar.next_working_day(day))


def postponed(moment: datetime, pause: Pause, policy: Policy, calendar: WorkingCalendar) -> datetime:
    """
    Return a promised moment pushed on by a pause that has ended, measured as the policy measures pauses.

    In days: the working days after the day of the request up to the day of completion. In hours: the working
    time in between.

    :raises ValueError: the pause is still open, or a naive datetime. :raises OutOfCalendar:
    """
    if pause.ended_at is None:
        raise ValueError("an open pause has no length")
    here, begun, ended = local(moment), local(pause.started_at), local(pause.ended_at)
    if policy.pause_unit is PauseUnit.HOURS:
        return calendar.add_minutes(here, calendar.minutes_between(begun, ended))
    days = calendar.working_days_between(begun.date(), ended.date())
    if not days:
        return here
    day = calendar.add_working_days(here.date(), days)
    return min(datetime.combine(day, here.time(), LOCAL), calendar.end_of_day(day))


def before(moment: datetime, lead: Limit, calendar: WorkingCalendar) -> datetime:
    """
    Return the moment that lies `lead` of working time before another: a set point for a warning.

    Working hours go back by the minute; working days to the same hour of that earlier day, or its closing.

    :raises ValueError: a naive datetime, or a lead that is not working time. :raises OutOfCalendar:
    """
    here = local(moment)
    if lead.unit is TimeUnit.WORKING_HOURS:
        return calendar.add_minutes(here, -lead.minutes)
    if lead.unit is not TimeUnit.WORKING_DAYS:
        raise ValueError("a warning is set in working hours or working days")
    day = calendar.add_working_days(here.date(), -int(lead.value))
    return min(datetime.combine(day, here.time(), LOCAL), calendar.end_of_day(day))


def latest_apology_on(due_at: datetime, calendar: WorkingCalendar, *, lead_days: int, working: bool) -> date:
    """
    Return the last day for the apology with a new date, `lead_days` before the due day (61/2018 Art. 19.9).

    `working` counts the lead in working days, else in calendar days: a dated setting.

    :raises ValueError: a naive datetime. :raises OutOfCalendar:
    """
    day = local(due_at).date()
    return calendar.add_working_days(day, -lead_days) if working else day - timedelta(days=lead_days)


def scale_steps(
    start: datetime, due_at: datetime, hours: Sequence[Decimal | int], calendar: WorkingCalendar
) -> list[datetime]:
    """
    Return the planned end of each step: the working time between start and due moment, shared out by `hours`.

    The last step ends at the due moment itself; ends never go back. Without any working time in between (a
    limit of elapsed hours over a night) clock time is shared out; without any hours everything is planned
    for the due moment.

    :raises ValueError: naive datetimes, a due moment before the start, or negative hours. :raises
    OutOfCalendar:
    """
    begin, end = calendar.tick(start), calendar.tick(due_at)
    if end < begin:
        raise ValueError("steps cannot be planned backwards")
    if any(share < 0 for share in hours):
        raise ValueError("a step takes no negative time")
    total, last = Decimal(sum(hours)), local(due_at)
    minutes = calendar.worked(end) - calendar.worked(begin)
    plan, done = [], Decimal(0)
    for share in hours:
        done += share
        if done == total:
            plan.append(last)
        elif minutes:
            plan.append(calendar.moment(calendar.forward(begin, int(minutes * done / total))))
        else:
            plan.append(calendar.moment(begin + int((end - begin) * done / total)))
    return plan


@dataclass(frozen=True, slots=True)
class Revision:
    """
    What a changed calendar does to a promise: the printed date stands, the recomputed one is shown beside it.

    `closed`: nobody works on the printed due day any more, so the result is handed over on `hand_over_on`.
    """

    printed_at: datetime
    recomputed_at: datetime
    closed: bool
    hand_over_on: date

    @property
    def changed(self) -> bool:
        """Tell whether the recomputed moment differs from the printed one."""
        return self.printed_at != self.recomputed_at


def revise(deadline: Deadline, calendar: WorkingCalendar) -> Revision:
    """
    Recompute a stored deadline by another calendar (a notice published later, a unit that moved), keeping
    the promise.

    Source: facts-documents-calendar 12.3 (never to the citizen's disadvantage). :raises OutOfCalendar:
    """
    day = deadline.at.date()
    moment = due_at(
        deadline.start, deadline.limit, deadline.policy, calendar, deadline.pauses, deadline.as_of
    )
    return Revision(
        printed_at=deadline.at,
        recomputed_at=moment,
        closed=not calendar.is_working(day),
        hand_over_on=calendar.next_working_day(day, inclusive=True),
    )
