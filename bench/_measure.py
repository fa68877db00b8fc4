"""What the benches share: CPU of process trees, statements from the server's log, percentiles."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from motcua.platform.cluster import Cluster
from motcua.setup.private_instance import Instance

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
SERVICES = ("web", "dispatch", "worker", "stream")


def cpu_ms(pid: int, *, children: bool = False) -> float:
    """Return the CPU time a process has used, in ms; with `children` also that of those it has waited for."""
    try:
        parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(value) for value in parts[11 : 15 if children else 13]) * TICK_MS


def postmaster(cluster: Cluster) -> int:
    """Return the process id of the server."""
    return int((cluster.place.data / "postmaster.pid").read_text().split()[0])


def family(parent: int) -> list[int]:
    """Return the children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parts = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parts[1]) == parent:
                found.append(int(entry.name))
    return found


class Meter:
    """CPU of an instance: each service, the database as a whole and by who is connected."""

    def __init__(self, instance: Instance) -> None:
        if instance.cluster is None:
            raise ValueError("the database's CPU can be measured only of a server of our own")
        self.instance, self.server = instance, postmaster(instance.cluster)

    def read(self) -> dict[str, float]:
        """Return CPU ms used so far."""
        used = {name: sum(cpu_ms(pid) for pid in self.instance.processes(name)) for name in SERVICES}
        children = family(self.server)
        each = {pid: cpu_ms(pid) for pid in children}
        used["database"] = cpu_ms(self.server, children=True) + sum(each.values())
        with psycopg.connect(self.instance.owner_database_url, autocommit=True) as link:
            rows = link.execute("SELECT pid, application_name FROM pg_stat_activity").fetchall()
        for pid, name in rows:
            key = f"database for {str(name).removeprefix('motcua ')}"
            used[key] = used.get(key, 0.0) + each.get(int(pid), 0.0)
        return used


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which the share of the sorted values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@contextmanager
def statements(instance: Instance) -> Iterator[Counter[str]]:
    """
    Count every statement that the web processes send, transaction control included, from the server's own log.

    The counter is filled when the block ends. Nobody else should use the instance meanwhile.
    """
    cluster = instance.cluster
    if cluster is None:
        raise ValueError("statements are read from the log of a server of our own")
    counts: Counter[str] = Counter()
    with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as link:
        started = cluster.place.log.stat().st_size
        link.execute("ALTER SYSTEM SET log_statement = 'all'")
        _reload(cluster, link, "all")
        try:
            yield counts
        finally:
            link.execute("ALTER SYSTEM RESET log_statement")
            _reload(cluster, link, "none")
            with cluster.place.log.open("rb") as log:
                log.seek(started)
                for line in log.read().decode("utf-8", "replace").splitlines():
                    found = re.search(r"\] motcua web LOG:  (?:statement|execute [^:]*): (.*)", line)
                    if found:
                        counts[found[1][:60]] += 1


def _reload(cluster: Cluster, link: psycopg.Connection[Any], wanted: str) -> None:
    """
    Let the server read its settings again; return when every process has been told.

    A connection made by now shows the new value only after the postmaster has read it and signalled all others.
    """
    link.execute("SELECT pg_reload_conf()")
    while True:
        with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as fresh:
            if fresh.execute("SHOW log_statement").fetchone() == (wanted,):
                return
        time.sleep(0.05)


class Machine:
    """How busy the whole machine is from now on, so that a figure taken on a busy machine says so."""

    def __init__(self) -> None:
        self.first = self._read()

    @staticmethod
    def _read() -> tuple[int, int]:
        parts = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return sum(parts), parts[3] + parts[4]

    def result(self, ours_ms: float) -> dict[str, Any]:
        """Return how busy the machine was, and how much of it was others' work."""
        total, idle = self._read()
        span = (total - self.first[0]) * TICK_MS
        busy = span - (idle - self.first[1]) * TICK_MS
        cores = os.cpu_count() or 1
        return {
            "busy_share": round(busy / span, 3) if span else 0.0,
            "cores_used_by_others": round(max(busy - ours_ms, 0.0) / span * cores, 2) if span else 0.0,
        }
