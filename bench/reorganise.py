"""
The day on which agencies give way to others, at size: how long it takes, and whether people can work meanwhile.

    ./run bench reorganise [--dossiers 110000] [--day 2025-07-01] [--clients 2] [--seconds 10] [--most 0]

A private instance is filled by COPY on the eve (`generate_dossiers`); a fifth of the dossiers is still to be worked on
where something ends. The decision is drafted and begun from midnight of the day by the command `reorganise`, which then
does one dossier after another, each in an act of its own. When a part is done the command is killed and called again:
it goes on where it was. Before and meanwhile callers in a process of their own read as people who see the province.
At the end nothing may be left at what has ended, each dossier was moved once, and the ledger is proved. `--most` ends
the measurement after so many dossiers; then what is left is not asked.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import psycopg

from bench._measure import Meter
from bench.worklist import World, fill, measure, prepare
from motcua.platform.installation import ROOT
from motcua.setup.journey import ledger_verdict
from motcua.setup.private_instance import Instance, private_instance

READS = ("province: work list page", "province: dossier page")
DECISION = ("--decision", "1669/NQ-UBTVQH15", "--decided", "2025-06-16")
PATIENCE = 3600.0

PROGRESS = """
SELECT count(*), count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state NOT IN ('done', 'waiting'))
FROM dossiers_campaignitem
"""
STAGES = """
SELECT extract(epoch FROM max(recorded_at) FILTER (WHERE act = 'campaign_start')
                          - min(recorded_at) FILTER (WHERE act = 'campaign_draft'))::float
FROM platform_ledgerentry WHERE act IN ('campaign_draft', 'campaign_start')
"""
LEFT = """
SELECT count(*) FROM workflow_task t JOIN organisation_unit u ON u.id = t.unit_id
WHERE t.state IN ('open', 'waiting') AND u.valid_to < %s
"""
TWICE = """
SELECT count(*) FROM (SELECT FROM platform_ledgerentry WHERE act = 'transfer' GROUP BY subject HAVING count(*) > 1) x
"""
LOCKS = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.datname = current_database()
"""


def asked(instance: Instance, query: str, *values: Any) -> tuple[Any, ...]:
    """Return the one row that a question has for an answer."""
    with psycopg.connect(instance.owner_database_url, autocommit=True) as link:
        row = link.execute(query.encode(), values).fetchone()
    return row or ()


def begin(instance: Instance, day: date) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "django", "reorganise", "--day", day.isoformat(), *DECISION],
        env=dict(instance.environment), cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def until(instance: Instance, command: subprocess.Popen[str], wanted: int) -> tuple[float, int]:
    """Wait until so many dossiers are done or the command has ended; return when, and how many are done then."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        _, done, _ = asked(instance, PROGRESS)
        if done >= wanted or command.poll() is not None:
            return time.monotonic(), int(done)
        time.sleep(0.05)
    raise TimeoutError("the reorganisation does not come to an end")


def reads(world: World, meter: Meter, seconds: float, clients: int) -> dict[str, Any]:
    """Measure the pages that are read."""
    return {name: measure(world, meter, name, seconds, clients=clients) for name in READS}


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Fill, reorganise, and return the figures."""
    parser = argparse.ArgumentParser("./run bench reorganise", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=110_000)
    parser.add_argument("--day", type=date.fromisoformat, default=date(2025, 7, 1))
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--most", type=int, default=0, help="end after so many dossiers; 0: all")
    chosen = parser.parse_args(argv)
    with private_instance(data="province", own_cluster=True) as instance:
        instance.manage("demo_clock", "--at", (chosen.day - timedelta(days=1)).isoformat())
        filled = fill(instance, chosen.dossiers)
        instance.manage("demo_clock", "--at", chosen.day.isoformat())
        began = time.monotonic()
        instance.manage("reorganise", "--day", chosen.day.isoformat(), "--preview")
        previewed = time.monotonic() - began
        meter, world = Meter(instance), prepare(instance, chosen.dossiers)
        before = reads(world, meter, chosen.seconds, chosen.clients)
        first = begin(instance, chosen.day)
        started, already = until(instance, first, 1)
        meanwhile = reads(world, meter, chosen.seconds, chosen.clients)
        waiting = asked(instance, LOCKS)[0]
        total, _, _ = asked(instance, PROGRESS)
        most = min(chosen.most or total, total)
        paused, reached = until(instance, first, most // 3)
        first.kill()
        first.communicate()
        used, resumed = meter.read(), time.monotonic()
        last = begin(instance, chosen.day)
        alone, at_resumption = until(instance, last, reached + 2)
        ended, at_end = until(instance, last, most)
        after = meter.read()
        if most < total:
            last.kill()
        said, _ = last.communicate()
        _, done, refused = asked(instance, PROGRESS)
        (preparing,) = asked(instance, STAGES)
        (stranded,), (twice,) = asked(instance, LEFT, chosen.day), asked(instance, TWICE)
        ledger_ok, proved = ledger_verdict(instance)
    whole, moved_alone = most == total, max(at_end - at_resumption, 1)
    return {
        "bench": "reorganise",
        "ok": ledger_ok
        and not (twice or refused)
        and (not whole or (last.returncode == 0 and not stranded and done == total)),
        "day": chosen.day.isoformat(),
        "filled": filled["dossiers"],
        "reached": total,
        "moved": done,
        "refused": refused,
        "preview_seconds": round(previewed, 1),
        "draft_to_begun_seconds": round(float(preparing or 0.0), 1),
        "per_second_beside_readers": round((reached - already) / max(paused - started, 0.001), 1),
        "per_second_alone": round(moved_alone / (ended - alone), 1),
        "goes_on_after_seconds": round(alone - resumed, 1),
        "database_cpu_ms_per_dossier": round((after["database"] - used["database"]) / moved_alone, 2),
        "pages_before": before,
        "pages_meanwhile": meanwhile,
        "waiting_for_locks_meanwhile": waiting,
        "live_tasks_left_at_what_ended": stranded if whole else "not asked",
        "moved_twice": twice,
        "said": said.strip().splitlines()[-3:],
        "ledger_ok": ledger_ok,
        "ledger": proved,
    }
