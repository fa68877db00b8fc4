"""
The three clocks of a dossier side by side, each told in words (facts-lifecycle.md 2.4, 2.8; R-061).

Pure. The statutory one is promised on the slip and rules alarms and apology; the measured one is how QĐ 766/QĐ-TTg
counts: a pause is only subtracted, nothing starts again, and more than one request for supplement is late whatever
the date; the step clock is the internal plan of who works now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from motcua.dossiers.clockwork import Clock, explained
from motcua.kernel import deadline
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.deadline import Finish, Standing, classify, remaining, standing
from motcua.kernel.wording import moment_vi, number_vi
from motcua.workflow.queries import TaskRow


class ClockKind(StrEnum):
    """Which of the clocks."""

    STATUTORY = "statutory"
    MEASURED = "measured"
    STEP = "step"


CLOCK_NAMES = {
    ClockKind.STATUTORY: "Thời hạn theo quy định",
    ClockKind.MEASURED: "Đo theo Bộ chỉ số 766",
    ClockKind.STEP: "Kế hoạch của bước",
}
_DONE = {Finish.EARLY: "trước hạn", Finish.ON_TIME: "đúng hạn", Finish.LATE: "quá hạn"}


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock: until when, how it stands (`late`, `left` in words), and how that came about, in sentences."""

    kind: ClockKind
    name: str
    due_at: datetime
    late: bool
    paused: bool
    left: str
    lines: tuple[str, ...]


def clocks(
    clock: Clock,
    tasks: Iterable[TaskRow],
    *,
    now: datetime,
    done_at: datetime | None,
    paused: bool,
    asked: int,
    calendar: WorkingCalendar,
) -> list[ClockView]:
    """
    Return the clocks of an accepted dossier: statutory, measured, and one for each step being worked on.

    `done_at` is when the result existed; `asked` how often a supplement was asked for during handling.

    :raises OutOfCalendar: a moment lies outside the calendar.
    """
    found = [
        _view(ClockKind.STATUTORY, "", clock.due_at, explained(clock), now, done_at, paused, calendar),
        _measured(clock, now, done_at, paused, asked, calendar),
    ]
    if done_at is None:
        found += [
            _step(task, now, paused, calendar) for task in tasks if task.is_open and task.due_at is not None
        ]
    return found


def _measured(
    clock: Clock,
    now: datetime,
    done_at: datetime | None,
    paused: bool,
    asked: int,
    calendar: WorkingCalendar,
) -> ClockView:
    kept = clock.deadline
    counted = deadline.due(kept.start, kept.limit, kept.policy.measured(), calendar, kept.pauses)
    lines = ["Chỉ trừ thời gian chờ bổ sung, tạm dừng; trả lại để hoàn thiện không được tính lại từ đầu."]
    lines += deadline.explain(counted)
    if clock.promise is not None:
        lines.append("Ngày hẹn lại trong văn bản xin lỗi không làm thay đổi cách đo này.")
    view = _view(ClockKind.MEASURED, "", counted.at, lines, now, done_at, paused, calendar)
    if asked < 2:
        return view
    told = f"Đã yêu cầu bổ sung {asked} lần khi giải quyết; quá một lần thì hồ sơ bị tính là quá hạn."
    return ClockView(view.kind, view.name, view.due_at, True, paused, "Tính là quá hạn", (*view.lines, told))


def _step(task: TaskRow, now: datetime, paused: bool, calendar: WorkingCalendar) -> ClockView:
    assert task.due_at is not None  # noqa: S101  (asked before)
    lines = [
        f"Nhận việc lúc {moment_vi(task.opened_at)}.",
        f"Quy trình dành cho bước này {number_vi(task.hours)} giờ làm việc;"
        " giờ các bước được chia theo hạn trả của hồ sơ.",
        f"Cần xong trước {moment_vi(task.due_at)}.",
    ]
    return _view(ClockKind.STEP, task.name, task.due_at, lines, now, None, paused, calendar)


def _view(
    kind: ClockKind,
    about: str,
    due_at: datetime,
    lines: Sequence[str],
    now: datetime,
    done_at: datetime | None,
    paused: bool,
    calendar: WorkingCalendar,
) -> ClockView:
    name = f"{CLOCK_NAMES[kind]}: {about}" if about else CLOCK_NAMES[kind]
    if done_at is not None:
        finish = classify(done_at, due_at)
        return ClockView(
            kind, name, due_at, finish is Finish.LATE, False, f"Xong {_DONE[finish]}", tuple(lines)
        )
    stands = standing(now, due_at, calendar, soon_minutes=0, paused=paused)
    left = "Đang dừng tính" if paused else str(remaining(now, due_at, calendar)).capitalize()
    return ClockView(kind, name, due_at, stands is Standing.OVERDUE, paused, left, tuple(lines))
