"""
A second, slow reading of the counting rules: it walks from minute to minute and shares no code.

It takes the sessions of a day from a plain function and knows nothing of tables, bisection or running totals.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MINUTE = timedelta(minutes=1)
Sessions = Callable[[date], Sequence[tuple[time, time]]]


@dataclass(frozen=True)
class Rules:
    """The policy in plain values."""

    count_first_day: bool
    same_time: bool
    roll: bool
    cutoff: time | None
    pause_in_days: bool


@dataclass(frozen=True)
class Walker:
    """Walks on the naive wall clock; `counting` and `receiving` give the sessions of a day."""

    counting: Sessions
    receiving: Sessions

    def works(self, moment: datetime) -> bool:
        return any(a <= moment.time() < b for a, b in self.counting(moment.date()))

    def rest(self, day: date) -> bool:
        return not self.counting(day)

    def closing(self, day: date) -> datetime:
        while self.rest(day):
            day -= timedelta(days=1)
        return datetime.combine(day, self.counting(day)[-1][1])

    def opening_after(self, moment: datetime) -> datetime:
        """Return the first working minute of a later day."""
        moment = datetime.combine(moment.date() + timedelta(days=1), time())
        while not self.works(moment):
            moment += MINUTE
        return moment

    def received(self, start: datetime, unit: str, rules: Rules) -> datetime:
        """Return the moment from which the receipt counts."""
        day = start.date()
        in_hours = unit in ("working_hours", "elapsed_hours")
        if rules.cutoff is not None:
            if self.rest(day) or start.time() > rules.cutoff:
                return self.opening_after(start)
            if in_hours:
                start = max(start, datetime.combine(day, self.counting(day)[0][0]))
        elif not in_hours and not self.receiving(day):
            while not self.receiving(start.date()):
                start = datetime.combine(start.date() + timedelta(days=1), time())
            start = datetime.combine(start.date(), self.receiving(start.date())[0][0])
            day = start.date()
        if unit == "same_day" and (self.rest(day) or start >= self.closing(day)):
            return self.opening_after(start)
        if not in_hours and rules.count_first_day:
            shut = datetime.combine(day, self.closing(day).time())
            if start >= shut:
                following = day + timedelta(1)
                while rules.cutoff is None and not self.receiving(following):
                    following += timedelta(1)
                if rules.cutoff is None and self.rest(following):
                    return datetime.combine(following, self.receiving(following)[0][0])
                return self.opening_after(start)
        return start

    def due(
        self,
        start: datetime,
        unit: str,
        value: int,
        rules: Rules,
        pauses: Sequence[tuple[datetime, datetime]] = (),
    ) -> datetime:
        """Return the due moment; `value` in minutes for hours; pauses in order, may overlap."""
        begin = self.received(start, unit, rules)
        pauses = [(started, ended) for started, ended in pauses if ended > begin]
        if unit == "elapsed_hours":
            return self._elapsed(begin, value, rules, pauses)
        if unit == "working_hours":
            return self._work_off(begin, begin, value, False, pauses)
        if rules.pause_in_days:
            return self._days(begin, unit, value, rules, pauses)
        return self._work_off(begin, self._days(begin, unit, value, rules, ()), 0, rules.roll, pauses)

    def _elapsed(
        self, now: datetime, left: int, rules: Rules, pauses: Sequence[tuple[datetime, datetime]]
    ) -> datetime:
        while True:
            inside = any(a < now < b for a, b in pauses)
            if left == 0 and not inside and (not rules.roll or self._open(now)):
                return now
            if left and not any(a <= now < b for a, b in pauses):
                left -= 1
            now += MINUTE

    def _work_off(
        self,
        now: datetime,
        base: datetime,
        left: int,
        roll: bool,
        pauses: Sequence[tuple[datetime, datetime]],
    ) -> datetime:
        """Walk to `base`, then work off `left` minutes and every working minute that was paused before it."""
        while now < base or left or any(a < now < b for a, b in pauses if a < base):
            if self.works(now):
                if any(a <= now < b for a, b in pauses):
                    left += now < base
                elif now >= base:
                    left -= 1
            now += MINUTE
        while roll and now > base and not self._open(now):
            now += MINUTE
        return now

    def _days(
        self,
        begin: datetime,
        unit: str,
        value: int,
        rules: Rules,
        pauses: Sequence[tuple[datetime, datetime]],
    ) -> datetime:
        """Count day by day on the fingers; a pause strikes out days, then everything is counted anew."""
        plain = unit in ("days", "months")
        first = begin.date() + timedelta(0 if rules.count_first_day or unit == "same_day" else 1)
        if unit == "months":
            total = begin.month - 1 + value
            year, month = begin.year + total // 12, total % 12 + 1
            last = date(year, month, min(begin.day, gregorian.monthrange(year, month)[1]))
            value = (last - begin.date()).days
        struck: set[date] = set()
        edge = first - timedelta(1)
        for started, ended in pauses:
            last, due = self._count(first, value, plain, struck, begin, unit, rules)
            if started >= due:
                break
            resumed, day = self._resumed(ended), max(started.date(), edge)
            if resumed <= day:
                continue
            edge = resumed
            # A request on the last day takes that day back; the day of completion stands in for it.
            day, until = (day + timedelta(1), resumed) if day < last else (last, resumed - timedelta(1))
            while day <= until:
                struck.add(day)
                day += timedelta(1)
        return self._count(first, value, plain, struck, begin, unit, rules)[1]

    def _count(
        self,
        day: date,
        left: int,
        plain: bool,
        struck: set[date],
        begin: datetime,
        unit: str,
        rules: Rules,
    ) -> tuple[date, datetime]:
        """Return the last counted day and the due moment."""
        while True:
            if day not in struck and (plain or not self.rest(day)):
                left -= 1
                if left == 0:
                    break
            day += timedelta(1)
        last = day
        while rules.roll and self.rest(day):
            day += timedelta(1)
        due = datetime.combine(day, self.closing(day).time())
        if rules.same_time and unit != "same_day":
            hour = self.closing(begin.date()).time() if self.rest(begin.date()) else begin.time()
            now = datetime.combine(day, hour)
            while not self.rest(day) and now < due and not self._open(now):
                now += MINUTE
            due = now if self.rest(day) else min(now, due)
        return last, due

    def _resumed(self, ended: datetime) -> date:
        """Return the day on which a completion is taken up."""
        day = ended.date()
        return day if not self.rest(day) and ended < self.closing(day) else self.opening_after(ended).date()

    def _open(self, moment: datetime) -> bool:
        """Tell whether somebody works at this moment or has just stopped."""
        return self.works(moment) or any(moment.time() == b for _, b in self.counting(moment.date()))
