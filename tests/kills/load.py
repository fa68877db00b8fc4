"""Clients that take dossiers from the counter to the end over HTTP and write down every acknowledgement."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from motcua.catalogue import rules as catalogue_rules
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Role
from motcua.kernel.calendar import LOCAL
from motcua.setup.caller import Caller, Refused
from motcua.setup.journey import password

UNITS = {"HD.KM.10699.MC": ("1.001022", "1.004873", "1.001193"), "HD.KM.10675.MC": ("1.004873", "1.001193")}
PATIENCE = 600.0  # seconds; a busy machine takes its time to start everything again
AGAIN_AFTER = 0.1


@dataclass(frozen=True, slots=True)
class Ack:
    """What the server said was done."""

    key: str
    username: str
    act: str
    code: str
    subject: int
    seq: int
    state: str
    again: bool


@dataclass(slots=True)
class World:
    """What all clients know before the first kill: who holds what, forms filled in, owners."""

    base_url: str
    fields: dict[str, str] = field(default_factory=dict)
    papers: dict[str, tuple[dict[str, Any], list[str]]] = field(default_factory=dict)
    owners: list[int] = field(default_factory=list)
    holders: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def learn(self) -> None:
        """Read forms, papers and owners."""
        caller = Caller(self.base_url)
        today = datetime.fromisoformat(caller.get("/api/v1/session")["at"]).astimezone(LOCAL).date()
        self.owners = [row["party_id"] for row in caller.get("/api/v1/demo/citizens?size=60")["rows"]]
        for procedure in sorted({code for codes in UNITS.values() for code in codes}):
            found = caller.get(f"/api/v1/procedures/{procedure}")
            answers = form_rules.sample_answers(found["record"]["eform"], {}, today)
            needs = [need.paper for need in catalogue_rules.papers_for(found["record"], answers)]
            self.fields[procedure], self.papers[procedure] = found["field"], (answers, needs)
        caller.close()

    def holder(self, caller: Caller, unit: str, role: str, procedure_field: str) -> str:
        """Return the user name of who holds a role."""
        known = self.holders.get((unit, role, procedure_field))
        if known is None:
            path = f"/api/v1/demo/holders?unit={quote(unit)}&role={role}&field={quote(procedure_field)}"
            known = str(caller.get(path)["rows"][0]["username"])
            self.holders[unit, role, procedure_field] = known
        return known


class Client(threading.Thread):
    """One closed loop; every write is sent again with its key until the server answers."""

    def __init__(self, world: World, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.world, self.ended = world, stop
        self.dice = random.Random(number)  # noqa: S311  (any order will do, the same each time)
        self.unit = sorted(UNITS)[number % len(UNITS)]
        self.callers: dict[str, Caller] = {}
        self.plain = Caller(world.base_url)
        self.acks: list[Ack] = []
        self.sent: dict[str, str] = {}
        self.troubles: Counter[str] = Counter()
        self.cycles = 0
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.ended.is_set():
                self.cycle()
        except BaseException as fault:  # told by the test, which sees no thread's exceptions
            self.broken = fault
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connections."""
        for caller in (self.plain, *self.callers.values()):
            caller.close()

    def until_answered(self, ask: Any) -> Any:
        """
        Ask until there is an answer that is no breakdown.

        :raises Refused: the server refused: that is an answer.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except Refused as refusal:
                if refusal.status < 500:
                    raise
                self.troubles[str(refusal.status)] += 1
            except (OSError, ValueError) as fault:
                self.troubles[type(fault).__name__] += 1
            if time.monotonic() > deadline:
                raise TimeoutError("the instance did not come back")
            time.sleep(AGAIN_AFTER)

    def as_holder(self, unit: str, role: str, procedure: str) -> tuple[str, Caller]:
        """Return the session of who holds a role."""
        name = self.until_answered(
            lambda: self.world.holder(self.plain, unit, role, self.world.fields[procedure])
        )
        if name not in self.callers:
            caller = Caller(self.world.base_url, "staff")
            self.until_answered(lambda: caller.sign_in(name, password()))
            self.callers[name] = caller
        return name, self.callers[name]

    def act(self, name: str, caller: Caller, act: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do one act and write its acknowledgement down."""
        key = secrets.token_urlsafe(12)
        self.sent[key] = act
        done: dict[str, Any] = self.until_answered(lambda: caller.post(path, body, key=key))
        self.acks.append(
            Ack(key, name, act, done["code"], done["subject"], done["seq"], done["state"], done["again"])
        )
        return done

    def take_in(self, procedure: str) -> tuple[str, Caller, dict[str, Any]]:
        """Take a dossier in at the counter; return who did, and the answer."""
        answers, needs = self.world.papers[procedure]
        owner = self.dice.choice(self.world.owners)
        name, officer = self.as_holder(self.unit, Role.ONE_STOP_OFFICER.value, procedure)
        body = {
            "procedure": procedure, "receiving_unit": self.unit, "channel": "direct", "owner_id": owner,
            "answers": answers, "papers": {paper: {"handed_in": True} for paper in needs}, "return_channel": "direct",
        }  # fmt: skip
        return name, officer, self.act(name, officer, "take_in", "/api/v1/dossiers/take-in", body)

    def ask_for_more(self) -> int:
        """Take a dossier in, hand it on and ask for a supplement that never comes; return its subject."""
        procedure = UNITS[self.unit][0]
        name, officer, done = self.take_in(procedure)
        path = f"/api/v1/dossiers/{quote(done['code'])}/"
        self.act(name, officer, "forward", path + "forward", {"what": ""})
        task = done["opened"][0]
        who, holder = self.as_holder(task["unit"], task["role"], procedure)
        asked = {
            "task_id": task["task_id"], "reason": "Giấy tờ nộp kèm bị mờ, không đọc được.",
            "items": [{"name": "Tờ khai", "what": "Cần bản rõ hơn"}],
        }  # fmt: skip
        self.act(who, holder, "request_supplement", path + "request-supplement", asked)
        return int(done["subject"])

    def cycle(self) -> None:
        """Take one dossier as far as answers tell what comes next; one that was interrupted is left."""
        procedure = self.dice.choice(UNITS[self.unit])
        name, officer, done = self.take_in(procedure)
        path = f"/api/v1/dossiers/{quote(done['code'])}/"
        if done["again"]:
            return
        opened = done["opened"]
        self.act(name, officer, "forward", path + "forward", {"what": ""})
        while opened:
            task = opened[0]
            who, holder = self.as_holder(task["unit"], task["role"], procedure)
            if task["handover"]:
                self.act(who, holder, "return_result", path + "return-result", {"collector": "Trần Thị Chín"})
                self.cycles += 1
                return
            step = {"task_id": task["task_id"], "outcome": task["main"]}
            done = self.act(who, holder, "complete_step", path + "complete-step", step)
            if done["again"]:
                return
            opened = done["opened"]


@contextmanager
def working(world: World, count: int) -> Iterator[list[Client]]:
    """Run clients for a block; they end with the answers to what they have sent."""
    stop = threading.Event()
    clients = [Client(world, number, stop) for number in range(count)]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        stop.set()
        for client in clients:
            client.join()


def acknowledged(clients: Sequence[Client]) -> list[Ack]:
    """Return everything acknowledged so far; a broken client's fault rises."""
    for client in clients:
        if client.broken is not None:
            raise client.broken
    return [ack for client in clients for ack in client.acks]
