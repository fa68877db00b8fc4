"""
Thirty kills -9 at random moments under load: no acknowledged act is lost, none is half done.

Web workers, dispatcher, sender, job worker, backends of PostgreSQL and its postmaster are killed in an order from a
fixed seed, while clients work and write down what the server acknowledged. Then what fires the timers is killed while
it fires them: each fires once.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from motcua.platform.cluster import Cluster
from motcua.setup.journey import drained
from motcua.setup.private_instance import Instance, private_instance
from tests.kills.load import Ack, Client, World, acknowledged, working

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]

SEED = 20231002
CLIENTS = 4
KILLS = {"web": 9, "dispatch": 6, "deliver": 3, "worker": 3, "backend": 5, "postmaster": 4}
RECOVERY_SECONDS = 600.0  # a busy machine takes its time to start everything again


def backends(instance: Instance) -> list[int]:
    """Return the server processes that serve somebody."""
    with psycopg.connect(instance.owner_database_url, autocommit=True, connect_timeout=5) as link:
        rows = link.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return [int(pid) for (pid,) in rows]


class Killer:
    """Kills by plan and waits until what was killed is back."""

    def __init__(self, instance: Instance, clients: list[Client]) -> None:
        assert instance.cluster is not None
        self.instance, self.clients, self.cluster = instance, clients, instance.cluster
        self.dice = random.Random(SEED)  # noqa: S311  (any order will do, the same each time)
        self.done: Counter[str] = Counter()

    def victim(self, what: str) -> int:
        """Return the process to be killed next."""
        if what == "postmaster":
            return self.postmaster(self.cluster)
        if what == "backend":
            return self.dice.choice(backends(self.instance))
        running = self.instance.processes(what)
        return self.dice.choice(running)

    @staticmethod
    def postmaster(cluster: Cluster) -> int:
        found = cluster.postmaster()
        assert found is not None
        return found

    def kill(self, what: str) -> None:
        """Kill one process and let the load go on until it has been served again."""
        victim = wait_for(lambda: self.victim(what))
        before = len(self.acks())
        os.kill(victim, signal.SIGKILL)
        self.done[what] += 1
        wait_for(lambda: len(self.acks()) > before or None)
        if what in ("dispatch", "deliver", "worker"):
            wait_for(lambda: self.instance.pid(what) not in (None, victim) or None)

    def acks(self) -> list[Ack]:
        """Return everything acknowledged so far; a broken client ends the test."""
        return acknowledged(self.clients)

    def run(self) -> None:
        """Kill what the plan says, in its order, at moments nobody chose."""
        plan = [what for what, times in KILLS.items() for _ in range(times)]
        self.dice.shuffle(plan)
        for what in plan:
            time.sleep(self.dice.uniform(0.1, 1.2))
            self.kill(what)


def wait_for(look: Callable[[], Any]) -> Any:
    """Return what `look` finds as soon as it finds something; while a server recovers looking may fail."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    fault: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if (found := look()) is not None:
                return found
        except (psycopg.Error, ProcessLookupError, IndexError, AssertionError) as refusal:
            fault = refusal
        time.sleep(0.05)
    raise TimeoutError("not back in time") from fault


@pytest.fixture
def killed() -> Iterator[Instance]:
    """A running instance with a PostgreSQL of its own, for one test alone: all that is in it is that test's."""
    with private_instance(
        data="province", own_cluster=True, settings={"MOTCUA_WEB_WORKERS": "2", "MOTCUA_WEB_THREADS": "3"}
    ) as instance:
        yield instance


@pytest.fixture
def world(killed: Instance) -> World:
    """What the clients know before the first kill."""
    found = World(killed.base_url)
    found.learn()
    return found


def test_thirty_kills_under_load(killed: Instance, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    with working(world, CLIENTS) as clients:
        killer = Killer(killed, clients)
        wait_for(lambda: len(killer.acks()) > 20 or None)
        killer.run()
        more = len(killer.acks()) + 20
        wait_for(lambda: len(killer.acks()) > more or None)
    assert [client.broken for client in clients if client.broken] == []
    acks = killer.acks()
    working_seconds = time.monotonic() - began
    told = delivered(killed)
    with psycopg.connect(killed.owner_database_url, autocommit=True) as database:
        check_acknowledged(database, clients)
        check_whole(database)
        check_delivered(database, told)
    said = killed.manage("ledger", "verify")
    assert killed.manage("tallies", "check")
    rebuilt = killed.manage("tallies", "rebuild")
    troubles = sum((client.troubles for client in clients), Counter[str]())
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{sum(killer.done.values())} kills ({', '.join(f'{n} {w}' for w, n in sorted(killer.done.items()))}),"
            f" {len(acks)} acknowledged acts of {sum(len(client.sent) for client in clients)} sent,"
            f" {sum(ack.again for ack in acks)} answered at a second asking, {sum(c.cycles for c in clients)} whole"
            f" dossiers, breakdowns seen {dict(troubles)}; {working_seconds:.0f} s of load,"
            f" drained in {told[1]:.1f} s, {time.monotonic() - began:.0f} s in all"
        )
    assert sum(killer.done.values()) == 30
    assert said
    assert rebuilt.strip().endswith("số dòng khác trước: 0"), rebuilt


WAITING, FIRING_KILLS = 40, 3
MONTHS_LATER = "2023-12-04"


def test_the_dispatcher_killed_while_timers_fire(killed: Instance, world: World) -> None:
    client = Client(world, 0, threading.Event())
    waiting = [client.ask_for_more() for _ in range(WAITING)]
    client.close()
    kills = 0
    with psycopg.connect(killed.owner_database_url, autocommit=True) as database:
        query = "SELECT count(*) FROM platform_ledgerentry WHERE subject = ANY(%s) AND act = 'stop'"

        def stopped() -> int:
            return int(rows(database, query, waiting)[0][0])

        def more(before: int) -> bool | None:
            return stopped() > before or None

        def another(victim: int) -> bool | None:
            return killed.pid("dispatch") not in (None, victim) or None

        assert stopped() == 0
        killed.manage("demo_clock", "--at", MONTHS_LATER)
        while (before := stopped()) < WAITING:
            victim = wait_for(partial(killed.pid, "dispatch"))
            wait_for(partial(more, before))
            if kills < FIRING_KILLS and stopped() < WAITING:
                os.kill(victim, signal.SIGKILL)
                kills += 1
                wait_for(partial(another, victim))
        assert kills, "all timers had fired before anything could be killed"
        told = delivered(killed)
        check_delivered(database, told)
        for what, asked in ONCE.items():
            assert rows(database, asked, waiting) == [], what
    assert killed.manage("ledger", "verify")


ONCE = {
    "a dossier not stopped, or stopped twice": """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN platform_ledgerentry e ON e.subject = d.subject AND e.act = 'stop'
        LEFT JOIN platform_outboxevent o ON o.subject = e.subject AND o.seq = e.seq
        WHERE d.subject = ANY(%s)
        GROUP BY d.code, d.state HAVING d.state <> 'stopped' OR count(e.seq) <> 1 OR count(o.event_id) <> 1""",
    "a stop without its one notice": """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN documents_document p ON p.subject = d.subject AND p.kind = 'stop_notice'
        WHERE d.subject = ANY(%s) GROUP BY d.code HAVING count(p.id) <> 1""",
    "work left open": """
        SELECT t.id FROM workflow_task t WHERE t.subject = ANY(%s) AND t.state = 'open'""",
    "a timer that waits": """
        SELECT t.id FROM dossiers_timer t WHERE t.subject = ANY(%s) AND t.fired_at IS NULL AND t.kind = 'lapse'""",
}


def delivered(instance: Instance) -> tuple[bool, float, dict[str, Any]]:
    """
    Wait until everything is delivered.

    A sender that was killed leaves the messages it had claimed; they are free when the claim runs out (minutes), which
    is brought about here once nobody else has anything to do.
    """
    told = drained(instance.base_url, 30.0)
    if not told[0] and not any(told[2]["events"].values()):
        with psycopg.connect(instance.owner_database_url, autocommit=True) as owner:
            owner.execute(
                "UPDATE notifications_message SET claimed_until = now() WHERE claimed_until > now()"
            )
        told = drained(instance.base_url, RECOVERY_SECONDS)
    return told


def rows(database: psycopg.Connection[tuple[Any, ...]], query: str, *values: Any) -> list[tuple[Any, ...]]:
    return database.execute(query.encode(), values).fetchall()


ACTS = {"take_in": {"accept"}, "complete_step": {"complete_step", "decide"}}


def check_acknowledged(database: psycopg.Connection[tuple[Any, ...]], clients: list[Client]) -> None:
    """Every acknowledged act is in the ledger where the answer said, once; nothing is there that nobody sent."""
    ledger = {(subject, seq): act for subject, seq, act in rows(
        database, "SELECT subject, seq, act FROM platform_ledgerentry"
        " WHERE subject NOT IN (SELECT subject FROM exchange_partner)")}  # the stand-in's secret  # fmt: skip
    codes = dict(rows(database, "SELECT code, subject FROM dossiers_dossier"))
    keys = {key for (key,) in rows(database, "SELECT key FROM platform_idempotencykey")}
    sent = {key: act for client in clients for key, act in client.sent.items()}
    by_clock = {key for key in keys if key.startswith("timer:")}  # moments of the law fire by themselves
    assert keys - by_clock <= set(sent), "a key in the database that no client made"
    for client in clients:
        for ack in client.acks:
            assert ack.key in keys, f"{ack} is lost"
            assert codes.get(ack.code) == ack.subject, f"{ack}: its dossier is lost"
            wanted = ACTS.get(ack.act, {ack.act})
            if not ack.again:
                assert ledger.get((ack.subject, ack.seq)) in wanted, f"{ack} is not in the ledger"
    made = Counter("take_in" if sent.get(key) == "take_in" else "step" for key in keys)
    assert len(ledger) == 2 * made["take_in"] + made["step"], "an act was done twice, or in part"
    assert len(codes) == made["take_in"]


def check_whole(database: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Each dossier agrees with its ledger, tasks, papers, code and events."""
    broken = rows(
        database,
        """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN LATERAL (SELECT count(*) n, max(seq) top FROM platform_ledgerentry e
                           WHERE e.subject = d.subject) l ON true
        LEFT JOIN platform_ledgerentry last ON last.subject = d.subject AND last.seq = d.seq
        WHERE l.n <> d.seq OR l.top <> d.seq OR last.hash <> d.head OR last.state_after <> d.state
           OR last.due_after IS DISTINCT FROM d.due_at
        """,
    )
    assert broken == [], "heads and ledgers differ"
    for what, query in WHOLE.items():
        assert rows(database, query) == [], what
    numbers = rows(database, "SELECT code, code_tail::int FROM dossiers_dossier")
    by_series: dict[str, list[int]] = {}
    for code, number in numbers:
        by_series.setdefault(code.rpartition("-")[0], []).append(number)
    for series, found in by_series.items():
        assert sorted(found) == list(range(1, len(found) + 1)), f"codes of {series} have a gap"


WHOLE = {
    "an entry without its event": """
        SELECT e.subject, e.seq FROM platform_ledgerentry e
        LEFT JOIN platform_outboxevent o ON o.subject = e.subject AND o.seq = e.seq
        GROUP BY 1, 2 HAVING count(o.event_id) <> 1""",
    "tasks that do not fit the state": """
        SELECT d.code, d.state FROM dossiers_dossier d
        LEFT JOIN workflow_task t ON t.subject = d.subject AND t.state = 'open'
        GROUP BY d.code, d.state HAVING count(t.id) <> CASE WHEN d.state = 'returned' THEN 0 ELSE 1 END""",
    "a dossier without its slip, or with one nobody asked for": """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN documents_document p ON p.subject = d.subject AND p.kind = 'slip'
        GROUP BY d.code, d.slip_on_request HAVING count(p.id) <> CASE WHEN d.slip_on_request THEN 0 ELSE 1 END""",
    "a decided dossier without its result": """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN documents_document p ON p.subject = d.subject AND p.kind = 'result'
        GROUP BY d.code, d.decision HAVING count(p.id) <> CASE WHEN d.decision = 'approved' THEN 1 ELSE 0 END""",
    "a returned dossier without its holding": """
        SELECT d.code FROM dossiers_dossier d
        LEFT JOIN repository_holding h ON h.source_subject = d.subject
        GROUP BY d.code, d.state HAVING count(h.id) <> CASE WHEN d.state = 'returned' THEN 1 ELSE 0 END""",
    "papers of no dossier": """
        SELECT p.id FROM documents_document p LEFT JOIN dossiers_dossier d ON d.subject = p.subject
        WHERE d.subject IS NULL""",
    "tasks of no dossier": """
        SELECT t.id FROM workflow_task t LEFT JOIN dossiers_dossier d ON d.subject = t.subject
        WHERE d.subject IS NULL""",
    "numbers of papers with a gap": """
        SELECT unit_id, series FROM documents_document GROUP BY unit_id, series, year
        HAVING count(*) <> max(no) OR count(*) <> count(DISTINCT no)""",
}


def check_delivered(
    database: psycopg.Connection[tuple[Any, ...]], told: tuple[bool, float, dict[str, Any]]
) -> None:
    """Every event was handed to every consumer, every message sent once."""
    drained_in_time, _, left = told
    assert drained_in_time, f"still waiting: {left}"
    assert rows(database, "SELECT consumer, event_id, error FROM platform_outboxfailure") == []
    twice = rows(
        database,
        "SELECT event_id, party_id, channel FROM notifications_message GROUP BY 1, 2, 3 HAVING count(*) > 1",
    )
    assert twice == []
    told_of = rows(
        database,
        "SELECT o.event_id FROM platform_outboxevent o WHERE o.topic = 'dossiers.accepted.v1' AND NOT EXISTS"
        " (SELECT FROM notifications_message m WHERE m.event_id = o.message_id)",
    )
    assert told_of == [], "somebody was not told that the dossier was accepted"


def test_the_plan_is_thirty_kills_of_every_part() -> None:
    assert sum(KILLS.values()) == 30
    assert {"web", "dispatch", "worker", "backend", "postmaster"} <= set(KILLS)
