"""
What a change of the working calendar does to the dates of one dossier.

Pure. A date that was promised is never silently rewritten: this says what it would be, an act writes it. What an
applicant must do by a moment (a supplement) is never asked for earlier; a due date moves earlier only where the
decision says so (facts-documents-calendar.md 12.3: never to the citizen's disadvantage, the printed date is kept and
both shown).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from motcua.dossiers import clockwork
from motcua.dossiers.campaigning import Effect
from motcua.dossiers.clockwork import Clock
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.counting import Limit, Policy, due_at


@dataclass(frozen=True, slots=True)
class Awaited:
    """A time limit counted once from a moment (an answer, a supplement), as the settings of its day counted it."""

    since: datetime
    within: Limit
    policy: Policy
    until: datetime

    def recounted(self, calendar: WorkingCalendar) -> datetime:
        """Return until when it runs by another calendar."""
        return due_at(self.since, self.within, self.policy, calendar)


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates of a dossier that hang on the calendar; None where it has none."""

    clock: Clock | None = None
    answer: Awaited | None = None
    supplement: Awaited | None = None

    @property
    def due_at(self) -> datetime | None:
        """Return the due moment."""
        return self.clock.due_at if self.clock else None


@dataclass(frozen=True, slots=True)
class Recounted:
    """What the calendar makes of the dates; `changed` tells whether any of them moves."""

    clock: Clock | None
    answer_by: datetime | None
    supplement_due_at: datetime | None
    changed: bool


def recounted(
    dates: Dates, steps: Sequence[tuple[str, Decimal]], calendar: WorkingCalendar, *, earlier: bool
) -> Recounted:
    """
    Return the dates as a calendar counts them; without `earlier` no due date comes before the one promised.

    :raises OutOfCalendar: one of them lies outside it.
    """
    clock = dates.clock
    if clock is not None:
        found = clockwork.recount(clock, steps, calendar)
        if found.due_at > clock.due_at or (earlier and found.due_at < clock.due_at):
            clock = found
    answer = dates.answer.recounted(calendar) if dates.answer else None
    supplement = None
    if dates.supplement is not None:
        supplement = max(dates.supplement.until, dates.supplement.recounted(calendar))
    return Recounted(
        clock,
        answer,
        supplement,
        clock is not dates.clock
        or (dates.answer is not None and answer != dates.answer.until)
        or (dates.supplement is not None and supplement != dates.supplement.until),
    )


def effect(before: datetime | None, after: datetime | None, at: datetime, *, runs: bool) -> Effect:
    """
    Return what a changed due date means at a moment; of a clock that stands none is late.

    A dossier that becomes late, or is no longer, is told as that; the others as later or earlier.
    """
    if before is None or after is None or before == after:
        return Effect.INNER
    if runs and (before < at) != (after < at):
        return Effect.LATE if after < at else Effect.IN_TIME
    return Effect.LATER if after > before else Effect.EARLIER


def window(days: Iterable[date]) -> tuple[datetime, datetime]:
    """
    Return from when to when a changed calendar may matter: the local moments around its days.

    A time limit that was over a week before the first of them, or began after the last, cannot move.
    """
    known = sorted(days)
    first = datetime.combine(known[0], datetime.min.time(), LOCAL)
    last = datetime.combine(known[-1], datetime.max.time(), LOCAL)
    return first - timedelta(days=7), last
