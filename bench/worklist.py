"""
Reading at size: work lists, lists, search, a dossier, at 100,000 or a million dossiers.

    ./run bench worklist [--dossiers 100000] [--clients 1,16,50] [--seconds 5] [--only TEXT] [--timers]

A private instance is filled by COPY (`generate_dossiers`), sealed, counted and analysed. Then callers in a process of
their own read as ordinary officers of many units and as people who see the whole province, by the API and by the pages;
users, pages and questions rotate, nothing is cached between requests. Closed loop first; then 60 % of what 16 callers
reached, open loop with arrivals at random moments, where a request's time counts from its arrival.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg

from bench._measure import Machine, Meter, percentile, statements
from motcua.kernel.actor import Role
from motcua.setup.caller import Caller
from motcua.setup.journey import drained, ledger_verdict, password
from motcua.setup.private_instance import Instance, private_instance

ROWS = 50
OPEN_SHARE = 0.6
OPEN_CALLERS = 64
WARM_SECONDS = 1.0
OFFICERS = 40
PROVINCE_ROLES = (Role.KSTT, Role.PROVINCE_LEADER)

UNITS = """
SELECT u.code, t.role, count(*) FROM workflow_task t JOIN organisation_unit u ON u.id = t.unit_id
WHERE t.state = 'open' GROUP BY 1, 2 HAVING count(*) >= 5 ORDER BY md5(u.code || t.role) LIMIT %s
"""
SAMPLE = """
SELECT d.code, d.code_tail, d.owner_name, d.owner_phone, u.code FROM dossiers_dossier d TABLESAMPLE SYSTEM (%s)
JOIN organisation_unit u ON u.id = d.receiving_unit_id LIMIT 2000
"""
SIZES = """
SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY 2 DESC LIMIT 14
"""
PARTS = """
SELECT sum(pg_total_relation_size(inhrelid)), sum(c.reltuples)::bigint FROM pg_inherits
JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = %s::regclass
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user with the dossiers that a question may ask for."""

    cookies: dict[str, str]
    token: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class World:
    """Who reads what; handed to the process of the callers as it is."""

    base_url: str
    officers: list[Person]
    province: list[Person]
    tails: list[str]
    names: list[str]
    phones: list[str]


Ask = Callable[[random.Random, World, dict[str, str]], tuple[Person, str]]


def _list(who: str, path: str) -> Ask:
    """Ask for a page of a list: the first one, or that after the page this caller saw last."""

    def ask(dice: random.Random, world: World, marks: dict[str, str]) -> tuple[Person, str]:
        people = world.officers if who == "officer" else world.province
        number = dice.randrange(len(people))
        mark = marks.get(f"{who} {number}", "") if path.startswith("/api/") and dice.random() < 0.5 else ""
        marks["last"] = f"{who} {number}"
        return people[number], path + (f"&after={mark}" if mark else "")

    return ask


def _search(who: str, kind: str, path: str) -> Ask:
    def ask(dice: random.Random, world: World, marks: dict[str, str]) -> tuple[Person, str]:
        people = world.officers if who == "officer" else world.province
        words = {"tail": world.tails, "name": world.names, "phone": world.phones}[kind]
        marks["last"] = ""
        return dice.choice(people), path + quote(dice.choice(words))

    return ask


def _one(who: str, path: str) -> Ask:
    def ask(dice: random.Random, world: World, marks: dict[str, str]) -> tuple[Person, str]:
        person = dice.choice(world.officers if who == "officer" else world.province)
        marks["last"] = ""
        return person, path.format(quote(dice.choice(person.codes)))

    return ask


READS: dict[str, Ask] = {
    "officer: tasks": _list("officer", f"/api/v1/tasks?range=unit&size={ROWS}"),
    "province: tasks": _list("province", f"/api/v1/tasks?range=unit&size={ROWS}"),
    "officer: dossiers": _list("officer", f"/api/v1/dossiers?size={ROWS}"),
    "province: dossiers": _list("province", f"/api/v1/dossiers?size={ROWS}"),
    "officer: search by tail": _search("officer", "tail", "/api/v1/dossiers/search?q="),
    "province: search by tail": _search("province", "tail", "/api/v1/dossiers/search?q="),
    "officer: search by name": _search("officer", "name", "/api/v1/dossiers/search?q="),
    "province: search by name": _search("province", "name", "/api/v1/dossiers/search?q="),
    "officer: search by phone": _search("officer", "phone", "/api/v1/dossiers/search?q="),
    "province: search by phone": _search("province", "phone", "/api/v1/dossiers/search?q="),
    "officer: dossier read": _one("officer", "/api/v1/dossiers/{}"),
    "province: dossier read": _one("province", "/api/v1/dossiers/{}"),
    "officer: work list page": _list("officer", "/can-bo/viec/?"),
    "province: work list page": _list("province", "/can-bo/viec/?"),
    "officer: dossiers page": _list("officer", "/can-bo/ho-so/?"),
    "officer: search page": _search("officer", "name", "/can-bo/tim/?q="),
    "officer: dossier page": _one("officer", "/can-bo/ho-so/{}/"),
    "province: dossier page": _one("province", "/can-bo/ho-so/{}/"),
}


class Reader:
    """One caller that asks one question over and over."""

    def __init__(self, world: World, name: str, number: int) -> None:
        self.world, self.ask = world, READS[name]
        self.dice = random.Random(f"{name} {number}")
        self.caller = Caller(world.base_url, "staff")
        self.marks: dict[str, str] = {}
        self.took: list[tuple[float, float]] = []
        self.faults: Counter[int] = Counter()

    def close(self) -> None:
        """Hang up."""
        self.caller.close()

    def once(self, since: float | None = None) -> None:
        """Ask and note when the answer was there and how long it took, counted from `since` if given."""
        person, path = self.ask(self.dice, self.world, self.marks)
        self.caller.cookies, self.caller.token = person.cookies, person.token
        began = time.perf_counter() if since is None else since
        status, body = self.caller.exchange("GET", path)
        ended = time.perf_counter()
        if status != 200:
            self.faults[status] += 1
            return
        self.took.append((ended, (ended - began) * 1000))
        if self.marks.get("last"):
            self.marks[self.marks["last"]] = _mark(body)


def _mark(body: bytes) -> str:
    """Return the mark of the next page without reading the whole answer."""
    found = body.rfind(b'"next":"')
    return body[found + 8 : body.find(b'"', found + 8)].decode() if found >= 0 else ""


def _closed(world: World, name: str, clients: int, seconds: float, gate: Any, answers: Any) -> None:
    readers = [Reader(world, name, number) for number in range(clients)]
    ending = [float("inf")]

    def loop(reader: Reader) -> None:
        while time.perf_counter() < ending[0]:
            reader.once()

    threads = [threading.Thread(target=loop, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    time.sleep(WARM_SECONDS)
    gate.wait()
    began, cpu = time.perf_counter(), time.process_time()
    ending[0] = began + seconds
    for thread in threads:
        thread.join()
    _report(readers, began, began + seconds, time.process_time() - cpu, answers)
    for reader in readers:
        reader.close()
    gate.wait()


def _open(world: World, name: str, rate: float, seconds: float, gate: Any, answers: Any) -> None:
    dice = random.Random(f"{name} {rate}")
    readers = [Reader(world, name, number) for number in range(OPEN_CALLERS)]
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()

    def loop(reader: Reader) -> None:
        while (since := due.get()) is not None:
            reader.once(since)

    threads = [threading.Thread(target=loop, args=(reader,)) for reader in readers]
    for reader in readers[:8]:
        reader.once()
        reader.took.clear()
    for thread in threads:
        thread.start()
    gate.wait()
    began, cpu = time.perf_counter(), time.process_time()
    at = began
    while (at := at + dice.expovariate(rate)) < began + seconds:
        if (wait := at - time.perf_counter()) > 0:
            time.sleep(wait)
        due.put(at)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    _report(readers, began, float("inf"), time.process_time() - cpu, answers)
    for reader in readers:
        reader.close()
    gate.wait()


def _report(readers: Sequence[Reader], began: float, ended: float, cpu: float, answers: Any) -> None:
    took = [ms for reader in readers for at, ms in reader.took if began <= at < ended]
    faults = sum((reader.faults for reader in readers), Counter[int]())
    answers.put({"took": took, "faults": dict(faults), "cpu_ms": cpu * 1000})


def measure(
    world: World, meter: Meter, name: str, seconds: float, *, clients: int = 0, rate: float = 0.0
) -> dict[str, Any]:
    """Run one load, closed with `clients` or open at `rate`; return its figures."""
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    body, load = (_closed, clients) if clients else (_open, rate)
    process = context.Process(target=body, args=(world, name, load, seconds, gate, answers))
    process.start()
    gate.wait()
    machine, before = Machine(), meter.read()
    seen = answers.get(timeout=seconds + 120)
    after = meter.read()
    gate.wait()
    process.join()
    ours = {key: after[key] - before.get(key, 0.0) for key in after}
    took, count = seen["took"], max(len(seen["took"]), 1)
    whole = sum(ours[key] for key in ("web", "dispatch", "worker", "stream", "database"))
    figures = {
        "requests_per_second": round(len(took) / seconds, 1),
        "p50_ms": round(percentile(took, 0.5), 1),
        "p95_ms": round(percentile(took, 0.95), 1),
        "web_cpu_ms": round(ours["web"] / count, 2),
        "database_cpu_ms": round(ours["database"] / count, 2),
        "client_cpu_ms": round(seen["cpu_ms"] / count, 2),
        "refused": seen["faults"],
        **machine.result(whole + seen["cpu_ms"]),
    }
    return {"clients": clients, **figures} if clients else {"offered_per_second": round(rate, 1), **figures}


def prepare(instance: Instance, dossiers: int) -> World:
    """Find users and questions, and sign the users in."""
    base_url = instance.base_url
    with psycopg.connect(instance.owner_database_url, autocommit=True) as link:
        units = link.execute(UNITS, [OFFICERS]).fetchall()
        sample = link.execute(SAMPLE, [min(100.0, 100.0 * 4000 / dossiers)]).fetchall()
    reader = Caller(base_url)
    officers: dict[str, Person] = {}
    for unit, role, _ in units:
        path = f"/api/v1/demo/holders?unit={quote(unit)}&role={role}"
        for row in reader.get(path)["rows"][:1]:
            if row["username"] not in officers:
                officers[row["username"]] = _signed_in(base_url, row["username"])
    province: dict[str, Person] = {}
    for role in PROVINCE_ROLES:
        for row in reader.get(f"/api/v1/demo/holders?role={role.value}")["rows"]:
            person = _signed_in(base_url, row["username"], tuple(code for code, *_ in sample[:500]))
            if person.codes:
                province.setdefault(row["username"], person)
    reader.close()
    return World(
        base_url,
        [person for person in officers.values() if person.codes],
        list(province.values()),
        [row[1] for row in sample],
        [row[2] for row in sample],
        [row[3] for row in sample if row[3]],
    )


def _signed_in(base_url: str, username: str, codes: tuple[str, ...] = ()) -> Person:
    caller = Caller(base_url, "staff")
    me = caller.sign_in(username, password())
    if codes and not me["province_wide"]:
        codes = ()
    elif not codes:
        codes = tuple(row["code"] for row in caller.get("/api/v1/dossiers?size=100")["rows"])
    caller.close()
    return Person(dict(caller.cookies), caller.token, codes)


def fill(instance: Instance, dossiers: int, *, timers: bool = False) -> dict[str, Any]:
    """Generate the dossiers, with `timers` set theirs, let seals and figures catch up; return what there is."""
    began = time.monotonic()
    said = instance.manage("generate_dossiers", str(dossiers))
    made = json.loads(said.strip().splitlines()[-1])
    armed = instance.manage("timers", "--arm").strip().splitlines()[0] if timers else "none set"
    generated = time.monotonic()
    with psycopg.connect(instance.owner_database_url, autocommit=True) as link:
        link.execute("VACUUM (ANALYZE)")
    quiet, _, left = drained(instance.base_url, 3600)
    with psycopg.connect(instance.owner_database_url, autocommit=True) as link:
        sizes: dict[str, dict[str, int]] = {}
        for name, size, rows in link.execute(SIZES).fetchall():
            parts = link.execute(PARTS, [name]).fetchone() or (None, None)
            sizes[name] = {"megabytes": int(parts[0] or size) // 2**20, "rows": int(parts[1] or rows)}
        found = link.execute("SELECT pg_database_size(current_database())").fetchone()
    rows = made["rows"]
    return {
        "dossiers": rows["dossiers_dossier"],
        "entries_per_dossier": round(rows["platform_ledgerentry"] / rows["dossiers_dossier"], 2),
        "tasks_per_dossier": round(rows["workflow_task"] / rows["dossiers_dossier"], 2),
        "papers_per_dossier": round(rows["dossiers_component"] / rows["dossiers_dossier"], 2),
        "owners": made["owners"],
        "timers": armed,
        "generate_seconds": round(generated - began),
        "settle_seconds": round(time.monotonic() - generated),
        "settled": quiet or left,
        "database_megabytes": int(found[0]) // 2**20 if found else 0,
        "tables": dict(sorted(sizes.items(), key=lambda item: -item[1]["megabytes"])),
    }


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Fill, measure, and return the figures."""
    parser = argparse.ArgumentParser("./run bench worklist", description=__doc__)
    parser.add_argument("--dossiers", type=int, default=100_000)
    parser.add_argument("--clients", default="1,16,50")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--only", default="", help="measure only reads whose name has this in it")
    parser.add_argument(
        "--timers", action="store_true", help="set the timers of all open dossiers and let them fire"
    )
    parser.add_argument("--no-verify", action="store_true", help="do not prove the ledger at the end")
    chosen = parser.parse_args(argv)
    clients = [int(text) for text in chosen.clients.split(",")]
    reads: dict[str, Any] = {}
    with private_instance(data="province", own_cluster=True) as instance:
        filled = fill(instance, chosen.dossiers, timers=chosen.timers)
        _say(f"filled: {json.dumps(filled)}")
        meter, world = Meter(instance), prepare(instance, chosen.dossiers)
        for name in [name for name in READS if chosen.only in name]:
            with closing(Reader(world, name, -1)) as probe:
                for _ in range(12):
                    probe.once()
                if probe.faults:
                    reads[name] = {"skipped": f"answers {dict(probe.faults)}"}
                    continue
                counts = []
                for _ in range(3):
                    with statements(instance) as counted:
                        probe.once()
                    counts.append(sum(counted.values()))
            closed = [measure(world, meter, name, chosen.seconds, clients=number) for number in clients]
            usual = next((each for each in closed if each["clients"] == 16), closed[-1])
            rate = max(1.0, usual["requests_per_second"] * OPEN_SHARE)
            opened = measure(world, meter, name, chosen.seconds, rate=rate)
            reads[name] = {"statements": min(counts), "closed": closed, "open_at_60_percent": opened}
            _say(f"{name}: {json.dumps(reads[name])}")
        verdict = (True, "not asked for") if chosen.no_verify else ledger_verdict(instance)
    refused = [
        name for name, read in reads.items() if any(each["refused"] for each in read.get("closed", []))
    ]
    return {
        "bench": "worklist",
        "ok": verdict[0] and not refused,
        "refused": refused,
        "filled": filled,
        "rows_per_list": ROWS,
        "officers": len(world.officers),
        "province_wide": len(world.province),
        "reads": reads,
        "statements_from": "the server's log of one warm request (the least of three), transaction control counted",
        "ledger_ok": verdict[0],
        "ledger": verdict[1],
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
