"""
What a dossier waits for in time: which timers it needs as it stands, and when each is due.

Pure. The timers follow from the dossier's row alone, so an act never has to remember to set or clear one.
Sources: facts-lifecycle.md 2.3 (8 working hours, supplement not delivered), R-051, R-062.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from motcua.dossiers.rules import RUNNING, State
from motcua.kernel.calendar import OutOfCalendar, WorkingCalendar
from motcua.kernel.deadline import Limit, TimeUnit, before, latest_apology_on


class Timer(StrEnum):
    """What happens at a moment: a warning that is shown (`MARKS`), or an act the system does (`ACTS`)."""

    UNANSWERED = "unanswered"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    LAPSE = "lapse"
    APOLOGY = "apology"
    LATE_OPINION = "late_opinion"
    UNFORWARDED = "unforwarded"
    UNCONFIRMED = "unconfirmed"
    UNACKNOWLEDGED = "unacknowledged"
    NO_ANSWER = "no_answer"


TIMER_NAMES = MappingProxyType(
    {
        Timer.UNANSWERED: "Quá thời hạn trả lời hồ sơ trực tuyến",
        Timer.DUE_SOON: "Sắp đến hạn trả kết quả",
        Timer.OVERDUE: "Quá hạn trả kết quả",
        Timer.LAPSE: "Dừng giải quyết do không bổ sung",
        Timer.APOLOGY: "Dự thảo văn bản xin lỗi",
        Timer.LATE_OPINION: "Đơn vị phối hợp cho ý kiến chậm",
        Timer.UNFORWARDED: "Chậm chuyển hồ sơ nhận thay cơ quan khác",
        Timer.UNCONFIRMED: "Cơ quan có thẩm quyền chậm xác nhận tiếp nhận",
        Timer.UNACKNOWLEDGED: "Hệ thống của bộ, ngành chậm nhận đề nghị",
        Timer.NO_ANSWER: "Bộ, ngành chậm trả lời đề nghị",
    }
)
MARKS = frozenset(
    {
        Timer.UNANSWERED,
        Timer.DUE_SOON,
        Timer.OVERDUE,
        Timer.UNFORWARDED,
        Timer.UNCONFIRMED,
        Timer.UNACKNOWLEDGED,
        Timer.NO_ANSWER,
    }
)
ACTS = frozenset({Timer.LAPSE, Timer.APOLOGY, Timer.LATE_OPINION})
SHOWN = MARKS | {Timer.LATE_OPINION}
"""What stands on the list of alarms once it has fired: the late opinion too, until it is given or recalled."""
OF_OPINIONS = frozenset({Timer.LATE_OPINION})
"""Timers that follow from what was asked of others, not from the dossier's row: they go with the question."""
OF_REQUESTS = frozenset({Timer.UNACKNOWLEDGED, Timer.NO_ANSWER})
"""The same of what was asked of a central system: whatever becomes of the part, the question stands."""
RETRY = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
"""How long a timer that failed waits, by how often it has; the last one for ever after."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The part of a dossier that its timers hang on; every running state is one and the same here."""

    state: str
    answer_by: datetime | None
    supplement_due_at: datetime | None
    due_at: datetime | None
    pass_by: datetime | None = None
    forwarded: bool = False

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Watched:
        """Read it from the columns of a dossier; what is not there yet is None."""
        moments = {
            name: value if isinstance(value := values.get(name), datetime) else None
            for name in ("answer_by", "supplement_due_at", "due_at", "pass_by")
        }
        state = str(values.get("state") or "")
        forwarded = moments["pass_by"] is not None and values.get("forwarded_at") is not None
        return cls(State.IN_PROCESS.value if state in RUNNING else state, **moments, forwarded=forwarded)


def timers(
    watched: Watched, warn_before: Iterable[Limit], apology_lead: Limit, calendar: WorkingCalendar
) -> list[tuple[Timer, datetime]]:
    """
    Return the timers of a dossier with their moments, in order of time.

    `warn_before` are the set points before the due moment, in working time, `apology_lead` the days before the due
    day by which an apology must be sent (dated settings).
    """
    found: list[tuple[Timer, datetime]] = []
    state = watched.state
    if state == State.SUBMITTED and watched.answer_by and watched.supplement_due_at is None:
        found.append((Timer.UNANSWERED, watched.answer_by))
    elif state == State.SUPPLEMENT_REQUESTED and watched.supplement_due_at is not None:
        found.append((Timer.LAPSE, watched.supplement_due_at))
    elif state in RUNNING and watched.pass_by is not None:
        found.append((Timer.UNCONFIRMED if watched.forwarded else Timer.UNFORWARDED, watched.pass_by))
    elif state in RUNNING and watched.due_at is not None:
        for lead in warn_before:
            try:
                found.append((Timer.DUE_SOON, before(watched.due_at, lead, calendar)))
            except OutOfCalendar:
                continue  # nobody is warned before the calendar begins
        found.append((Timer.OVERDUE, watched.due_at))
        # a letter is drafted on its last day where the work cannot be done in time, and at the latest when it is due
        found.append((Timer.APOLOGY, watched.due_at))
        with suppress(OutOfCalendar):
            found.append(
                (Timer.APOLOGY, calendar.start_of_day(apology_on(watched.due_at, apology_lead, calendar)))
            )
    return sorted(set(found), key=lambda one: (one[1], one[0]))


def apology_on(due_at: datetime, lead: Limit, calendar: WorkingCalendar) -> date:
    """Return the last local day for the apology (NĐ 61/2018 Art. 19.9). :raises OutOfCalendar:"""
    return latest_apology_on(
        due_at, calendar, lead_days=int(lead.value), working=lead.unit is TimeUnit.WORKING_DAYS
    )


def pause_after(attempts: int, waits: Sequence[timedelta] = RETRY) -> timedelta:
    """Return how long a timer waits after it has failed `attempts` times (from 1)."""
    return waits[min(max(attempts, 1), len(waits)) - 1]
