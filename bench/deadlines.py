"""
How many due dates one core works out in a second.

    python -m bench.deadlines [--seconds 2] [--inputs 20000]

Prints one JSON object. The load is a day's truth in small: 60 % working days, 15 % same day, 15 %
calendar days, 10 % working hours; receipts spread over three years and the office day, given in UTC as
the database hands them over, three in ten under the 15:00 cut-off, one dossier in twenty paused once.
Every receipt is different and no answer is kept: only the day tables of the calendar exist beforehand.
`plain_per_second` leaves the pauses out. The run is cut into short rounds; the middle one counts,
because the machine is shared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time as real_time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from motcua.kernel.calendar import LOCAL, DayMark, Layer, SessionRule, WorkingCalendar
from motcua.kernel.deadline import Ground, Limit, Pause, Policy, TimeUnit, due, due_at, explain

MIX = {
    TimeUnit.WORKING_DAYS: 0.60,
    TimeUnit.SAME_DAY: 0.15,
    TimeUnit.DAYS: 0.15,
    TimeUnit.WORKING_HOURS: 0.10,
}
VALUES = {
    TimeUnit.WORKING_DAYS: (1, 2, 3, 3, 5, 5, 5, 7, 10, 15, 15, 20, 25),
    TimeUnit.SAME_DAY: (1,),
    TimeUnit.DAYS: (10, 15, 15, 20, 30, 60),
    TimeUnit.WORKING_HOURS: (2, 4, 8, 16, 24),
}
ROUND_SECONDS = 0.1

Case = tuple[datetime, Limit, Policy, Sequence[Pause]]


def calendar() -> WorkingCalendar:
    """Lay out the province's calendar from its data files."""
    path = Path(__file__).parents[1] / "src" / "motcua" / "setup" / "province" / "fees_holidays.yaml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    marks = tuple(DayMark.from_data(record) for record in data["holidays"] if record.get("apply", True))
    hours = tuple(
        SessionRule.from_data(record, counts=record["code"] == "default")
        for record in data["office_hours"]
        if record["code"] in ("default", "one_stop_saturday")
    )
    return WorkingCalendar.build([Layer("nation", days=marks), Layer("province", sessions=hours)])


def cases(count: int, seed: int = 1) -> list[Case]:
    """Draw the load."""
    chance = random.Random(seed)
    first = datetime(2022, 1, 1, tzinfo=LOCAL)
    plain, cutoff = Policy(), Policy(cutoff=time(15))
    drawn: list[Case] = []
    for _ in range(count):
        unit = chance.choices(list(MIX), list(MIX.values()))[0]
        minutes = chance.randrange(3 * 365) * 1440 + chance.randrange(7 * 60 + 30, 17 * 60)
        start = (first + timedelta(minutes=minutes, seconds=chance.randrange(60))).astimezone(UTC)
        pauses: tuple[Pause, ...] = ()
        if chance.random() < 0.05:
            begun = start + timedelta(minutes=chance.randrange(3 * 1440))
            ended = begun + timedelta(minutes=chance.randrange(60, 10 * 1440))
            pauses = (Pause(begun, ended, Ground.SUPPLEMENT),)
        limit = Limit(chance.choice(VALUES[unit]), unit)
        policy = cutoff if unit is TimeUnit.SAME_DAY or chance.random() < 0.18 else plain
        drawn.append((start, limit, policy, pauses))
    return drawn


def rate(
    work: Callable[[], int], seconds: float, clock: Callable[[], float] = real_time.process_time
) -> float:
    """Return the middle rate of many short rounds, per second of CPU time (or another clock)."""
    rates: list[float] = []
    stop = real_time.perf_counter() + seconds
    while real_time.perf_counter() < stop or len(rates) < 3:
        done, began = 0, clock()
        while (spent := clock() - began) < ROUND_SECONDS:
            done += work()
        rates.append(done / spent)
    return statistics.median(rates)


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Measure and return the figures; takes about five times `--seconds`."""
    parser = argparse.ArgumentParser(prog="bench deadlines", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    parser.add_argument("--inputs", type=int, default=20_000, help="different receipts")
    options = parser.parse_args(argv)
    began = real_time.process_time()
    table = calendar()
    build_ms = (real_time.process_time() - began) * 1000
    load = cases(max(options.inputs, 100))
    plain = [(start, limit, policy) for start, limit, policy, pauses in load if not pauses]

    def all_due() -> int:
        for start, limit, policy, pauses in load:
            due_at(start, limit, policy, table, pauses)
        return len(load)

    def plain_due() -> int:
        for start, limit, policy in plain:
            due_at(start, limit, policy, table)
        return len(plain)

    some = load[:500]

    def explained() -> int:
        for start, limit, policy, pauses in some:
            explain(due(start, limit, policy, table, pauses))
        return len(some)

    def paused() -> int:
        for start, limit, policy, pauses in load:
            if pauses:
                due_at(start, limit, policy, table, pauses)
        return held

    held = len(load) - len(plain)
    return {
        "bench": "deadlines",
        "ok": all(  # the quick answer is the explained one
            due_at(start, limit, policy, table, pauses) == due(start, limit, policy, table, pauses).at
            for start, limit, policy, pauses in some
        ),
        "due_per_second": round(rate(all_due, options.seconds)),
        "due_per_wall_second": round(rate(all_due, options.seconds, real_time.perf_counter)),
        "plain_per_second": round(rate(plain_due, options.seconds)),
        "paused_per_second": round(rate(paused, options.seconds)) if held else None,
        "explain_per_second": round(rate(explained, options.seconds)),
        "target_per_second": 150_000,
        "per": "one core, CPU time, middle of short rounds",
        "mix": {unit.value: share for unit, share in MIX.items()},
        "inputs": len(load),
        "paused_share": round(held / len(load), 3),
        "calendar_build_ms": round(build_ms, 1),
        "calendar_days": table.size,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1:]), ensure_ascii=False) + "\n")
