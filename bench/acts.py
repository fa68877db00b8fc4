"""
Full cycles over the HTTP API, with web, dispatcher, worker, stand-ins and database on this machine.

    ./run bench acts [--clients 1,8,16] [--seconds 20] [--online 0.25]

Closed loop: each client takes the next dossier from filing to the returned result, act by act, as the officers who
hold the duties, with real sign-in sessions (cookies, CSRF header, idempotency keys). Units, procedures, officers and
citizens rotate over the demo's plan. One request is one act (the counter's file-and-accept counts once); uploads of
online filings are made but not counted. The callers run in a process of their own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bench._measure import Machine, Meter, percentile, statements
from motcua.catalogue import rules as catalogue_rules
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Role
from motcua.kernel.calendar import LOCAL
from motcua.setup import onsite
from motcua.setup.caller import Caller, Refused
from motcua.setup.journey import drained, ledger_verdict, password, plan
from motcua.setup.private_instance import private_instance
from motcua.setup.scan import sample_file

TARGET = 100
WARM_SECONDS = 3.0
PEOPLE = 200


@dataclass(slots=True)
class Session:
    """A signed-in person: several connections may carry it."""

    audience: str
    cookies: dict[str, str]
    token: str
    party_id: int | None


@dataclass(frozen=True, slots=True)
class Story:
    """What is filed where: ready-made bodies for the counter and, where it is offered, online."""

    procedure: str
    unit: str
    field: str
    place: str
    online: bool


@dataclass(slots=True)
class Crowd:
    """Everybody who takes part, signed in before the clock starts."""

    base_url: str
    holders: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    citizens: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[tuple[str, int], tuple[dict[str, Any], list[str]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def session(self, audience: str, username: str) -> Session:
        """Return the session of an account, signing in at the first time."""
        with self.lock:
            known = self.sessions.get(username)
        if known is None:
            caller = Caller(self.base_url, audience)
            me = caller.sign_in(username, password())
            caller.close()
            known = Session(audience, dict(caller.cookies), caller.token, me["party_id"])
            with self.lock:
                known = self.sessions.setdefault(username, known)
        return known

    def holder(self, unit: str, role: str, procedure_field: str, number: int) -> Session:
        """Return who holds a role in a unit, in turn."""
        key = unit, role, procedure_field
        if key not in self.holders:
            caller = Caller(self.base_url)
            path = f"/api/v1/demo/holders?unit={quote(unit)}&role={role}&field={quote(procedure_field)}"
            names = [row["username"] for row in caller.get(path)["rows"]]
            caller.close()
            self.holders[key] = names
        names = self.holders[key]
        return self.session("staff", names[number % len(names)])


class Client:
    """One closed loop."""

    def __init__(
        self, crowd: Crowd, stories: Sequence[tuple[Story, float]], number: int, online: float
    ) -> None:
        self.crowd, self.number, self.online = crowd, number, online
        self.stories = [story for story, _ in stories]
        self.weights = [weight for _, weight in stories]
        self.dice = random.Random(number)
        self.caller = Caller(crowd.base_url)
        self.acts: list[tuple[float, str, float]] = []
        self.cycles: list[float] = []
        self.faults: Counter[str] = Counter()

    def close(self) -> None:
        """Hang up."""
        self.caller.close()

    def _as(self, session: Session) -> Caller:
        self.caller.audience, self.caller.cookies = session.audience, session.cookies
        self.caller.token = session.token
        return self.caller

    def _act(self, session: Session, name: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        caller = self._as(session)
        began = time.perf_counter()
        done: dict[str, Any] = caller.post(path, body)
        self.acts.append((time.monotonic(), name, (time.perf_counter() - began) * 1000))
        return done

    def loop(self, until: Callable[[], bool]) -> None:
        """Take dossiers from beginning to end until told to stop; the last one is broken off."""
        while not until():
            began = time.perf_counter()
            try:
                if self.cycle(until):
                    self.cycles.append(time.perf_counter() - began)
            except Refused as refusal:
                self.faults[f"{refusal.status} {refusal.code}"] += 1

    def cycle(self, until: Callable[[], bool] = lambda: False, story: Story | None = None) -> bool:
        """Play one dossier; tell whether it came to its end."""
        story = story or self.dice.choices(self.stories, self.weights)[0]
        turn = self.dice.randrange(1000)
        officer = self.crowd.holder(story.unit, Role.ONE_STOP_OFFICER.value, story.field, turn)
        citizen = self.dice.choice(self.crowd.citizens)
        answers, needs = self.crowd.answers[story.procedure, citizen["turn"]]
        online = story.online and self.dice.random() < self.online
        body: dict[str, Any] = {
            "procedure": story.procedure,
            "receiving_unit": story.unit,
            "channel": "online" if online else "direct",
            "answers": answers,
            "return_channel": "account" if online else "direct",
        }
        if story.place:
            body["place_unit"] = story.place
        if online:
            filer = self.crowd.session("citizen", citizen["username"])
            file_id = self._as(filer).upload("ban-chup.pdf", sample_file()) if needs else None
            body["papers"] = {paper: {"file_id": file_id} for paper in needs}
            done = self._act(filer, "file", "/api/v1/dossiers", body)
            path = f"/api/v1/dossiers/{quote(done['code'])}/"
            done = self._act(officer, "accept", path + "accept", {})
        else:
            body["papers"] = {paper: {"handed_in": True} for paper in needs}
            body["owner_id"] = citizen["party_id"]
            done = self._act(officer, "file and accept", "/api/v1/dossiers/take-in", body)
            path = f"/api/v1/dossiers/{quote(done['code'])}/"
        opened = done["opened"]
        self._act(officer, "forward", path + "forward", {"what": "Toàn bộ hồ sơ"})
        while opened and not until():
            task, *opened = opened
            holder = self.crowd.holder(task["unit"], task["role"], story.field, turn)
            if task["handover"]:
                self._act(holder, "return", path + "return-result", {"collector": citizen["name"]})
                return True
            if task["assignee_id"] is None:
                self._act(holder, "take", path + "assign", {"task_id": task["task_id"]})
            name = "decide" if self._decides(task) else "step"
            body = {"task_id": task["task_id"], "outcome": task["main"]}
            try:
                done = self._act(holder, name, path + "complete-step", body)
            except Refused as refusal:
                if refusal.code != "minutes_missing":
                    raise
                seen = self._as(holder).get(path.rstrip("/"))["accepted_at"]
                people = [{"name": who, "role": role} for who, role in onsite.PEOPLE]
                minutes = {**onsite.minutes(seen), "participants": people}
                self._act(holder, "record minutes", path + "record-verification", minutes)
                done = self._act(holder, name, path + "complete-step", body)
            opened += done["opened"]
            if not opened and done["state"] != "returned":
                done = self._act(
                    officer, "resume", path + "resume", {"proof": "Đã nhận được văn bản trả lời"}
                )
                opened += done["opened"]
        return False

    @staticmethod
    def _decides(task: Mapping[str, Any]) -> bool:
        return bool(task["role"] in (Role.AGENCY_HEAD, Role.DIVISION_HEAD))


Wanted = tuple[str, str, float]
"""A unit, a procedure filed there, and how often beside others."""


def usual() -> list[Wanted]:
    """Return what the demo's plan files most, unit by unit."""
    return [
        (stream["unit"], procedure, weight * stream["per_day"])
        for stream in plan()["streams"]
        for procedure, weight in sorted(stream["procedures"].items(), key=lambda item: -item[1])[:6]
    ]


def prepare(base_url: str, wanted: Sequence[Wanted]) -> tuple[Crowd, list[tuple[Story, float]]]:
    """Sign citizens' data up and fill forms for what is filed where; all before anything is measured."""
    crowd = Crowd(base_url)
    caller = Caller(base_url)
    today = datetime.fromisoformat(caller.get("/api/v1/session")["at"]).astimezone(LOCAL).date()
    rows = caller.get(f"/api/v1/demo/citizens?size={PEOPLE}")["rows"]
    crowd.citizens = [{**row, "turn": number % 5} for number, row in enumerate(rows)]
    stories: list[tuple[Story, float]] = []
    for unit, procedure, weight in wanted:
        found = caller.get(f"/api/v1/procedures/{procedure}")
        record = found["record"]
        for turn in range(5):
            if (procedure, turn) not in crowd.answers:
                answers = form_rules.sample_answers(record["eform"], {}, today, pick=turn)
                needs = [need.paper for need in catalogue_rules.papers_for(record, answers)]
                crowd.answers[procedure, turn] = answers, needs
        online = any(entry["channel"] == "online" for entry in record["channels"])
        stories.append((Story(procedure, unit, found["field"], plan()["places"][0], online), weight))
    caller.close()
    return crowd, stories


def _load(base_url: str, *more: Any) -> None:
    """Run the clients in this process of their own; what breaks here is not waited for on the other side."""
    try:
        _run(base_url, *more)
    except BaseException:
        more[-2].abort()
        raise


def _run(
    base_url: str,
    wanted: Sequence[Wanted],
    clients: int,
    seconds: float,
    online: float,
    gate: Any,
    answers: Any,
) -> None:
    """Run the clients of one measurement; send back what they saw."""
    crowd, stories = prepare(base_url, wanted)
    warm = Client(crowd, stories, 1_000_000 + clients, online)
    for story, _ in stories:  # every account signs in, every cache of the server fills
        for _ in range(2):
            warm.cycle(story=story)
    callers = [Client(crowd, stories, number, online) for number in range(clients)]
    ending = [float("inf")]
    threads = [
        threading.Thread(target=client.loop, args=(lambda: time.monotonic() >= ending[0],))
        for client in callers
    ]
    for thread in threads:
        thread.start()
    time.sleep(WARM_SECONDS)
    gate.wait()  # the meter is read on the other side
    began, cpu = time.monotonic(), time.process_time()
    ending[0] = began + seconds
    for thread in threads:
        thread.join()
    spent = time.process_time() - cpu
    acts = [(name, took) for at, name, took in (act for client in callers for act in client.acts)
            if began <= at < began + seconds]  # fmt: skip
    faults = sum((client.faults for client in callers), Counter[str]())
    cycles = sum(len(client.cycles) for client in callers)
    for client in (warm, *callers):
        client.close()
    answers.put({"acts": acts, "cycles": cycles, "faults": dict(faults), "client_cpu_ms": spent * 1000})
    gate.wait()


def measure(
    base_url: str,
    meter: Meter,
    clients: int,
    seconds: float,
    online: float,
    wanted: Sequence[Wanted] | None = None,
) -> dict[str, Any]:
    """Run one load, by default what is usual, and return its figures."""
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(2), context.Queue()
    load = base_url, wanted or usual(), clients, seconds, online, gate, answers
    process = context.Process(target=_load, args=load)
    process.start()
    gate.wait()
    machine, before, began = Machine(), meter.read(), time.monotonic()
    seen = answers.get(timeout=seconds + 120)
    spent, after = time.monotonic() - began, meter.read()
    ours = {name: after[name] - before.get(name, 0.0) for name in after}
    gate.wait()
    process.join()
    quiet, drain, left = drained(base_url)
    took = [ms for _, ms in seen["acts"]]
    count = max(len(took), 1)
    by_act: dict[str, list[float]] = defaultdict(list)
    for name, ms in seen["acts"]:
        by_act[name].append(ms)
    whole = sum(ours[name] for name in ("web", "dispatch", "worker", "stream", "database"))
    return {
        "clients": clients,
        "acts": len(took),
        "acts_per_second": round(len(took) / seconds, 1),
        "cycles_per_second": round(seen["cycles"] / (seconds + WARM_SECONDS), 2),
        "p50_ms": round(percentile(took, 0.5), 1),
        "p95_ms": round(percentile(took, 0.95), 1),
        "cpu_ms_per_act": {
            name: round(ours[name] / count, 2) for name in sorted(ours) if ours[name] >= count * 0.01
        },
        "client_cpu_ms_per_act": round(seen["client_cpu_ms"] / count, 2),
        "by_act": {
            name: {
                "acts": len(values),
                "p50_ms": round(percentile(values, 0.5), 1),
                "p95_ms": round(percentile(values, 0.95), 1),
            }
            for name, values in sorted(by_act.items())
        },
        "refused": seen["faults"],
        "machine": machine.result(whole + seen["client_cpu_ms"]),
        "measured_seconds": round(spent, 1),
        "drained": quiet,
        "drain_seconds": round(drain, 2),
        "not_drained": None if quiet else left,
    }


def count_statements(instance: Any, online: float) -> dict[str, Any]:
    """Return the statements of each act of one warm cycle, read from the server's log act by act."""
    crowd, stories = prepare(instance.base_url, usual())
    story = stories[0][0]
    found: dict[str, int] = {}
    with closing(Client(crowd, [(story, 1.0)], 7, online)) as client:
        for _ in range(6):  # every web process has met the story
            client.cycle(story=story)
    act = Client._act

    def counted(
        self: Client, session: Session, name: str, path: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        with statements(instance) as counts:
            done = act(self, session, name, path, body)
        found[name] = min(found.get(name, 1000), sum(counts.values()))
        return done

    for share in (0.0, 1.0):
        with closing(Client(crowd, [(story, 1.0)], 8, share)) as watched:
            watched._act = counted.__get__(watched)  # type: ignore[method-assign]  # this client's acts are counted
            watched.cycle(story=story)
    return found


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Measure and return the figures."""
    parser = argparse.ArgumentParser("./run bench acts", description=__doc__)
    parser.add_argument("--clients", default="1,8,16", help="closed-loop clients, one measurement each")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each measurement")
    parser.add_argument("--online", type=float, default=0.25, help="share of online filings where offered")
    parser.add_argument("--no-statements", action="store_true", help="do not count statements from the log")
    chosen = parser.parse_args(argv)
    sizes = [int(text) for text in chosen.clients.split(",")]
    with private_instance(data="province", own_cluster=True) as instance:
        meter = Meter(instance)
        results = [measure(instance.base_url, meter, size, chosen.seconds, chosen.online) for size in sizes]
        counted = {} if chosen.no_statements else count_statements(instance, chosen.online)
        ledger_ok, said = ledger_verdict(instance)
    reached = max((r["acts_per_second"] for r in results if r["clients"] == 8), default=None)
    return {
        "bench": "acts",
        "ok": ledger_ok and all(r["drained"] and not r["refused"] for r in results),
        "target_acts_per_second_at_8": TARGET,
        "reached_at_8": reached,
        "results": results,
        "statements_per_act": counted,
        "statements_from": "the server's log (log_statement=all) of one warm act, transaction control counted",
        "ledger_ok": ledger_ok,
        "ledger": said,
        "conditions": "fsync and synchronous_commit on; dispatcher, worker and event stream running",
    }
