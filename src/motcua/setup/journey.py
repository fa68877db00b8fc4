"""
`./run journey`: a dossier from filing to result over HTTP, as the right persons, on a private instance.

    ./run journey [--procedure CODE] [--channel online|counter] [--path PATH] [--at YYYY-MM-DD]
    ./run journey --all [--workers N]

PATH is main, supplement, refusal, extension, withdrawal or elsewhere. Every person signs in with a session of their
own. One journey prints the dossier with its course; `--all` plays each procedure once at the counter and, where it is
offered, online, then each in the other paths at the counter, and says which fail and why. On the path `elsewhere`, of
the procedures on the list, another agency's unit receives.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import quote

import yaml

from motcua.catalogue import rules as catalogue_rules
from motcua.dossiers.published import CONTENT
from motcua.forms import rules as form_rules
from motcua.kernel.actor import Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.process import Outcome
from motcua.setup import onsite
from motcua.setup.caller import Caller, Refused
from motcua.setup.private_instance import Instance, private_instance
from motcua.setup.scan import sample_file

PROVINCE = FilePath(__file__).parent / "province"
MOST_TURNS = 80
DRAIN_SECONDS = 60.0


class Path(StrEnum):
    """Which way a dossier takes."""

    MAIN = "main"
    SUPPLEMENT = "supplement"
    REFUSAL = "refusal"
    EXTENSION = "extension"
    WITHDRAWAL = "withdrawal"
    ELSEWHERE = "elsewhere"


ENDS: Mapping[Path, str] = {
    Path.MAIN: "returned",
    Path.SUPPLEMENT: "returned",
    Path.REFUSAL: "not_accepted",
    Path.EXTENSION: "returned",
    Path.WITHDRAWAL: "withdrawn",
    Path.ELSEWHERE: "returned",
}
MOST_DAYS = 30


class Failed(Exception):
    """A journey does not reach its end; the text says why."""


@dataclass(slots=True)
class World:
    """An instance with the sessions that have been started on it, each used by one journey at a time."""

    base_url: str
    idle: dict[tuple[str, str], list[Caller]] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, audience: str, username: str) -> Caller:
        """Return a session of the account that nobody else uses just now."""
        with self.lock:
            free = self.idle.setdefault((audience, username), [])
            if free:
                return free.pop()
        caller = Caller(self.base_url, audience)
        caller.sign_in(username, password())
        return caller

    def give_back(self, audience: str, username: str, caller: Caller) -> None:
        """Let the next journey use the session."""
        with self.lock:
            self.idle[audience, username].append(caller)

    def read(self, path: str) -> Any:
        """Return a public answer, asked for once."""
        if path not in self.known:
            caller = Caller(self.base_url)
            try:
                self.known[path] = caller.get(path)
            finally:
                caller.close()
        return self.known[path]

    def close(self) -> None:
        """Hang up everywhere."""
        for callers in self.idle.values():
            for caller in callers:
                caller.close()


@cache
def password() -> str:
    """Return the one password of the demo's accounts."""
    return str(yaml.safe_load((PROVINCE / "demo_staff.yaml").read_text("utf-8"))["password"])


@cache
def plan() -> Mapping[str, Any]:
    """Return the plan of the demo's history: the units and places it plays in (data)."""
    loaded: Mapping[str, Any] = yaml.safe_load((PROVINCE / "history.yaml").read_text("utf-8"))
    return loaded


class Journey:
    """One dossier on its way."""

    def __init__(self, world: World, procedure: str, channel: str, number: int = 0) -> None:
        self.world, self.procedure, self.channel, self.number = world, procedure, channel, number
        self.people: dict[tuple[str, str], Caller] = {}
        self.code = ""
        self.field = ""
        self.acts = 0

    def play(self, way: Path = Path.MAIN) -> dict[str, Any]:
        """
        File, accept, go every step to the end of the path; return the dossier as it is then. On the path `supplement`
        one is asked for at appraisal, where the process knows it.

        :raises Failed: the way ends somewhere else.
        """
        try:
            officer = self._begin(way)
            if way in (Path.REFUSAL, Path.WITHDRAWAL):
                dossier = self._broken_off(officer, way)
            else:
                if self._look(officer)["parts"]:
                    self._play_parts(officer, way)
                elif way is Path.EXTENSION:
                    self._extend(officer)
                dossier = self._go_on(officer, way is Path.SUPPLEMENT)
            if dossier["state"] != ENDS[way]:
                raise Failed(f"the path {way} ends in {dossier['state']}")
            return dossier
        except Refused as refusal:
            raise Failed(str(refusal)) from refusal
        finally:
            for (audience, username), caller in self.people.items():
                self.world.give_back(audience, username, caller)
            self.people.clear()

    def act(self, caller: Caller, act: str, **body: Any) -> dict[str, Any]:
        """Do one act on the dossier."""
        self.acts += 1
        done: dict[str, Any] = caller.post(f"/api/v1/dossiers/{quote(self.code)}/{act}", body)
        return done

    def _person(self, audience: str, username: str) -> Caller:
        if (audience, username) not in self.people:
            self.people[audience, username] = self.world.take(audience, username)
        return self.people[audience, username]

    def _holder(self, unit: str, role: str) -> Caller:
        path = f"/api/v1/demo/holders?unit={quote(unit)}&role={role}&field={quote(self.field)}"
        rows = self.world.read(path)["rows"]
        if not rows:
            raise Failed(f"nobody holds {role} in {unit}")
        return self._person("staff", rows[self.number % len(rows)]["username"])

    # Filing

    def _begin(self, way: Path) -> Caller:
        """File the dossier and get it accepted, unless the path refuses it; return the officer at the counter."""
        found = self.world.read(f"/api/v1/procedures/{self.procedure}")
        record, self.field = found["record"], found["field"]
        citizens = self.world.read("/api/v1/demo/citizens?size=200")["rows"]
        citizen = citizens[self.number % len(citizens)]
        competent = self._receiving_unit()
        unit = self._receiver(competent) if way is Path.ELSEWHERE else competent
        officer = self._holder(unit, Role.ONE_STOP_OFFICER.value)
        online = self.channel == "online"
        filer = self._person("citizen", citizen["username"]) if online else officer
        path = "/api/v1/known" if online else f"/api/v1/parties/{citizen['party_id']}/known"
        today = datetime.fromisoformat(filer.get("/api/v1/session")["at"]).astimezone(LOCAL).date()
        answers = form_rules.sample_answers(record["eform"], filer.get(path)["values"], today)
        needs = catalogue_rules.papers_for(record, answers)
        file_id = filer.upload("ban-chup.pdf", sample_file()) if online and needs else None
        paper = {"file_id": file_id} if online else {"handed_in": True}
        body: dict[str, Any] = {
            "procedure": self.procedure,
            "receiving_unit": unit,
            "channel": "online" if online else "direct",
            "answers": answers,
            "papers": {need.paper: paper for need in needs},
            "return_channel": "account" if online else "direct",
        }
        if way is Path.ELSEWHERE:
            body["competent_unit"] = competent
        if not online:
            body["owner_id"] = citizen["party_id"]
        taken_in = not online and way is not Path.REFUSAL
        self.code = self._file(filer, "/api/v1/dossiers" + ("/take-in" if taken_in else ""), body)["code"]
        if way is Path.REFUSAL:
            return officer
        if online:
            self._supplement_at_receipt(officer, filer, needs)
            self.act(officer, "accept")
        if not self._look(officer)["parts"]:
            self.act(officer, "forward", what="Toàn bộ hồ sơ")
        if way is Path.ELSEWHERE:
            self._confirmed(officer, competent)
        return officer

    def _confirmed(self, officer: Caller, competent: str) -> None:
        """The competent agency's counter sends the dossier back once, then confirms its receipt."""
        there = self._holder(competent, Role.ONE_STOP_OFFICER.value)
        self.act(there, "send-back", why="incomplete", reason="Bản số hóa thiếu một trang, đề nghị quét lại.")
        self.act(officer, "forward", what="Đã quét lại đủ trang")
        self.act(there, "confirm-receipt")
        dossier = self._look(officer)
        if dossier["handing"] != "confirmed" or not dossier["deadline"]:
            raise Failed("the competent agency's receipt did not start the clock")

    def _receiver(self, competent: str) -> str:
        """Return a unit of another agency that may receive the procedure and has an officer."""
        rows = self.world.read(f"/api/v1/procedures/{self.procedure}/receivers")["rows"]
        for row in rows[self.number % max(len(rows), 1) :] + rows:
            path = f"/api/v1/demo/holders?unit={quote(row['code'])}&role={Role.ONE_STOP_OFFICER.value}"
            if row["code"] != competent and self.world.read(f"{path}&field={quote(self.field)}")["rows"]:
                return str(row["code"])
        raise Failed("no unit may receive this procedure for another agency")

    def _file(self, filer: Caller, path: str, body: dict[str, Any]) -> Any:
        self.acts += 1
        try:
            return filer.post(path, body)
        except Refused as refusal:
            if "place_unit" not in refusal.errors:
                raise
        for place in plan()["places"]:
            try:
                return filer.post(path, {**body, "place_unit": place})
            except Refused as refusal:
                last = refusal
        raise last

    def _receiving_unit(self) -> str:
        """Return where to file: a unit of the demo's history, else the first one."""
        codes: list[str] = []
        after = ""
        while True:
            page = self.world.read(f"/api/v1/procedures/{self.procedure}/units?after={quote(after)}")
            codes += [row["code"] for row in page["rows"]]
            after = page["next"]
            if not after:
                break
        if not codes:
            raise Failed("no unit receives this procedure")
        busy = [stream["unit"] for stream in plan()["streams"] if stream["unit"] in codes]
        return busy[self.number % len(busy)] if busy else codes[0]

    def _supplement_at_receipt(
        self, officer: Caller, filer: Caller, papers: Sequence[catalogue_rules.PaperNeed]
    ) -> None:
        """The counter asks once, the filer brings it; a dossier without papers has nothing to ask for."""
        if not papers:
            return
        self.act(
            officer,
            "request-supplement",
            items=[{"name": papers[0].name, "what": "Bản chụp bị mờ, cần bản rõ hơn"}],
            reason="Bản chụp kèm theo hồ sơ không đọc được.",
        )
        again = filer.upload("ban-chup-ro.pdf", sample_file())
        self.act(filer, "supplement", papers={papers[0].paper: again})

    def _broken_off(self, officer: Caller, way: Path) -> dict[str, Any]:
        """Refuse at receipt, or withdraw on the way; the papers go back to their owner."""
        if way is Path.REFUSAL:
            self.act(officer, "refuse", reason="Hồ sơ không thuộc thẩm quyền giải quyết của cơ quan này.")
        else:
            self.act(officer, "withdraw", reason="Người nộp đề nghị rút hồ sơ để làm lại.")
        dossier = self._look(officer)
        self.act(officer, "hand-back", collector=dossier["owner_name"])
        return self._look(officer)

    def _extend(self, officer: Caller) -> None:
        """The head of the agency signs an apology with the first new date that is a working day."""
        dossier = self._look(officer)
        head = self._holder(dossier["agency"], Role.AGENCY_HEAD.value)
        now = datetime.fromisoformat(head.get("/api/v1/session")["at"])
        last = max(datetime.fromisoformat(dossier["deadline"]["due_at"]), now).astimezone(LOCAL).date()
        for days in range(1, MOST_DAYS):
            day = last + timedelta(days=days)
            try:
                self.act(
                    head,
                    "extend",
                    cause="complex",
                    reason="Phải thẩm tra thêm nguồn gốc giấy tờ trong hồ sơ.",
                    new_due_on=day.isoformat(),
                )
            except Refused as refusal:
                if "new_due_on" not in refusal.errors:
                    raise
                continue
            return
        raise Failed(f"no new date within {MOST_DAYS} days was taken")

    def _look(self, officer: Caller) -> dict[str, Any]:
        dossier: dict[str, Any] = officer.get(f"/api/v1/dossiers/{quote(self.code)}")
        return dossier

    # Parts of a group of interlinked procedures

    def _play_parts(self, officer: Caller, way: Path) -> None:
        """Let every part be taken in, decided and handed over by its agency, as it opens, until the group has ended."""
        began = time.monotonic()
        played: set[str] = set()
        while self._look(officer)["state"] not in ("processed", "stopped"):
            fresh = [one for one in self._look(officer)["parts"] if one["code"] and one["code"] not in played]
            for one in fresh:
                self._play_part(officer, one, way if not played else Path.MAIN)
                played.add(one["code"])
            if not fresh:  # the worker opens what follows, and ends the group
                if time.monotonic() - began > DRAIN_SECONDS * 5:
                    raise Failed("the group does not follow its parts")
                time.sleep(0.1)

    def _play_part(self, officer: Caller, part: Mapping[str, Any], way: Path) -> None:
        child = Journey(self.world, part["procedure"], self.channel, self.number)
        child.people, child.code = self.people, part["code"]
        child.field = self.world.read(f"/api/v1/procedures/{part['procedure']}")["field"]
        if part["mirrored"]:  # it goes over the connection, and its result comes back
            self._await_ministry(child, officer)
            if way is Path.MAIN:
                self._correct_elsewhere(child, officer)
            return
        counter = child._holder(child._look(officer)["receiving_unit"], Role.ONE_STOP_OFFICER.value)
        child.act(counter, "accept")
        child.act(counter, "forward", what="Toàn bộ hồ sơ")
        if way is Path.EXTENSION:
            child._extend(counter)
        child._go_on(counter, way is Path.SUPPLEMENT)
        self.acts += child.acts

    def _await_ministry(self, child: Journey, officer: Caller) -> None:
        """Wait until the ministry's system has taken the part in and given its result."""
        began = time.monotonic()
        while child._look(officer)["state"] != "processed":
            if time.monotonic() - began > DRAIN_SECONDS * 5:
                raise Failed(f"the ministry's system has not decided {child.code}")
            time.sleep(0.2)

    def _correct_elsewhere(self, child: Journey, officer: Caller) -> None:
        """Ask the ministry's system to correct its result: it says that it has the request, then gives a new result."""
        child.act(
            officer, "ask-system", kind="correction", words="Ngày sinh ghi chưa đúng với giấy chứng sinh."
        )
        self.acts += child.acts
        asked, began = child._look(officer)["seq"], time.monotonic()
        while child._look(officer)["seq"] < asked + len(("received", "corrected")):
            if time.monotonic() - began > DRAIN_SECONDS * 5:
                raise Failed(f"the ministry's system has not corrected the result of {child.code}")
            time.sleep(0.2)

    # Steps

    def _go_on(self, officer: Caller, detour: bool) -> dict[str, Any]:
        for _ in range(MOST_TURNS):
            dossier = self._look(officer)
            if dossier["returned_at"]:
                return dossier
            step = next((step for step in dossier["steps"] if step["state"] == "open"), None)
            if step is None:
                self.act(officer, "resume", proof="Đã nhận được chứng từ, văn bản trả lời")
                continue
            holder = self._holder(step["unit"], step["role"])
            if step["handover"]:
                self.act(holder, "return-result", how="direct", collector=dossier["owner_name"])
                continue
            if step["assignee_id"] is None:
                self.act(holder, "assign", task_id=step["task_id"])
            if detour and any(way["outcome"] == Outcome.SUPPLEMENT for way in step["outcomes"]):
                detour = False
                self._supplement_at_appraisal(holder, officer, dossier, step["task_id"])
                continue
            main = next((way["outcome"] for way in step["outcomes"] if way["main"]), None)
            if main is None:
                raise Failed(f"step {step['name']} has no outcome on the main way")
            if step["on_site"]:
                made = onsite.minutes(dossier["accepted_at"])
                people = [{"name": name, "role": role} for name, role in onsite.PEOPLE]
                self.act(holder, "record-verification", participants=people, **made)
            self.act(holder, "complete-step", task_id=step["task_id"], outcome=main)
        raise Failed(f"no end after {MOST_TURNS} turns")

    def _supplement_at_appraisal(
        self, holder: Caller, officer: Caller, dossier: Mapping[str, Any], task_id: int
    ) -> None:
        name = dossier["components"][0]["name"] if dossier["components"] else CONTENT
        self.act(
            holder,
            "request-supplement",
            task_id=task_id,
            items=[{"name": name, "what": "Cần bản còn giá trị sử dụng"}],
            reason="Giấy tờ kèm theo đã hết giá trị sử dụng.",
        )
        papers = [item["paper"] for item in dossier["components"]]
        answers = None if papers else dossier["answers"]
        self.act(officer, "supplement", papers={papers[0]: None} if papers else {}, answers=answers)

    def papers(self, documents: Sequence[Mapping[str, Any]], caller: Caller) -> list[dict[str, Any]]:
        """Open every paper of the dossier; return what came."""
        made = []
        for document in documents:
            pdf = caller.ask("GET", f"/api/v1/documents/{document['id']}/pdf")
            if not pdf.startswith(b"%PDF-"):
                raise Failed(f"document {document['number']} is no PDF")
            made.append(
                {
                    "kind": document["kind"],
                    "number": document["number"],
                    "title": document["title"],
                    "bytes": len(pdf),
                }
            )
        return made


def drained(base_url: str, seconds: float = DRAIN_SECONDS) -> tuple[bool, float, dict[str, Any]]:
    """Wait until every event is delivered, every entry counted and every message sent; tell how long it took."""
    began = time.monotonic()
    caller = Caller(base_url)
    try:
        while True:
            left: dict[str, Any] = caller.get("/api/v1/demo/deliveries")
            waited = time.monotonic() - began
            done = not any(left["events"].values()) and not left["entries"] and not left["messages"]
            if done or waited > seconds:
                return done, waited, left
            time.sleep(0.1)
    finally:
        caller.close()


def ledger_verdict(instance: Instance) -> tuple[bool, str]:
    """Let the instance prove its ledger; return the verdict and what it said."""
    try:
        return True, instance.manage("ledger", "verify").strip()
    except RuntimeError as failure:
        return False, str(failure)[-2000:]


def one(instance: Instance, procedure: str, channel: str, way: Path | None = None) -> dict[str, Any]:
    """Play one dossier and return its course with everything it left behind."""
    world = World(instance.base_url)
    journey = Journey(world, procedure, channel)
    chosen = way or (Path.SUPPLEMENT if channel == "counter" else Path.MAIN)
    try:
        dossier = journey.play(chosen)
        path = (
            f"/api/v1/demo/holders?unit={quote(dossier['receiving_unit'])}&role={Role.ONE_STOP_OFFICER.value}"
        )
        officer = world.take("staff", world.read(path)["rows"][0]["username"])
        made = journey.papers(dossier["documents"], officer)
        delivered, _, left = drained(instance.base_url)
        whole = officer.get(f"/api/v1/dossiers/{quote(journey.code)}?ledger=true&notices=true")
        officer.close()
    except Failed as failure:
        return {
            "ok": False,
            "procedure": procedure,
            "channel": channel,
            "dossier": journey.code,
            "why": str(failure),
        }
    finally:
        world.close()
    ledger_ok, said = ledger_verdict(instance)
    notices = Counter(f"{notice['channel']}: {notice['state']}" for notice in whole["notices"])
    return {
        "ok": delivered and ledger_ok and whole["state"] == ENDS[chosen],
        "path": chosen.value,
        "dossier": whole["code"],
        "procedure": whole["procedure"],
        "procedure_name": whole["procedure_name"],
        "channel": channel,
        "receiving_unit": whole["receiving_unit"],
        "state": whole["state"],
        "statuses": [
            {
                "state": entry["state_after"],
                "act": entry["act"],
                "at": datetime.fromisoformat(entry["at"]).astimezone(LOCAL).isoformat(timespec="seconds"),
            }
            for entry in whole["ledger"]
        ],
        "due_at": datetime.fromisoformat(whole["deadline"]["due_at"]).astimezone(LOCAL).isoformat()
        if whole["deadline"]
        else None,
        "due_explained": whole["deadline"]["explanation"] if whole["deadline"] else [],
        "pdfs": made,
        "ledger_ok": ledger_ok,
        "ledger": said,
        "events": len(whole["ledger"]),
        "events_delivered": delivered,
        "not_delivered": None if delivered else left,
        "messages": dict(notices),
    }


def every(instance: Instance, workers: int, pdfs: bool) -> dict[str, Any]:
    """Play every procedure at the counter and, where offered, online; then in every other path at the counter."""
    world = World(instance.base_url)
    began = time.monotonic()
    rows, after = [], ""
    while True:
        page = world.read(f"/api/v1/procedures?size=200&after={quote(after)}")
        rows += [row["code"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break
    ways: list[tuple[str, str, Path]] = []
    for code in rows:
        listed = bool(world.read(f"/api/v1/procedures/{code}/receivers")["rows"])
        ways += [(code, "counter", way) for way in Path if way is not Path.ELSEWHERE or listed]
        offered = world.read(f"/api/v1/procedures/{code}")["record"]["channels"]
        if any(entry["channel"] == "online" for entry in offered):
            ways.append((code, "online", Path.MAIN))

    def play(item: tuple[int, tuple[str, str, Path]]) -> dict[str, Any]:
        number, (code, channel, way) = item
        journey = Journey(world, code, channel, number)
        try:
            dossier = journey.play(way)
            made = []
            if pdfs:
                unit = quote(dossier["receiving_unit"])
                held = world.read(f"/api/v1/demo/holders?unit={unit}&role={Role.ONE_STOP_OFFICER.value}")[
                    "rows"
                ][0]["username"]
                officer = world.take("staff", held)
                made = journey.papers(dossier["documents"], officer)
                world.give_back("staff", held, officer)
            return {
                "procedure": code,
                "channel": channel,
                "path": way.value,
                "ok": True,
                "acts": journey.acts,
                "pdfs": len(made),
            }
        except (Failed, Refused, form_rules.NoSample) as failure:
            return {
                "procedure": code, "channel": channel, "path": way.value, "ok": False, "dossier": journey.code,
                "why": str(failure)[:600],
            }  # fmt: skip

    with ThreadPoolExecutor(workers) as pool:
        played = list(pool.map(play, enumerate(ways)))
    world.close()
    delivered, drain, left = drained(instance.base_url)
    ledger_ok, said = ledger_verdict(instance)
    failed = [result for result in played if not result["ok"]]
    return {
        "ok": not failed and delivered and ledger_ok,
        "procedures": len(rows),
        "played": {
            channel: sum(result["channel"] == channel for result in played)
            for channel in ("counter", "online")
        },
        "paths": {way.value: sum(result["path"] == way for result in played) for way in Path},
        "ended_well": sum(result["ok"] for result in played),
        "failed": failed,
        "acts": sum(result.get("acts", 0) for result in played),
        "pdfs": sum(result.get("pdfs", 0) for result in played),
        "ledger_ok": ledger_ok,
        "ledger": said,
        "events_delivered": delivered,
        "drain_seconds": round(drain, 1),
        "not_delivered": None if delivered else left,
        "seconds": round(time.monotonic() - began, 1),
    }


def usual_procedure() -> str:
    """Return the procedure that the busiest unit of the demo's history sees most."""
    stream = plan()["streams"][0]
    weights: Mapping[str, float] = stream["procedures"]
    return max(weights, key=lambda code: weights[code])


def run(argv: Sequence[str]) -> dict[str, Any]:
    """Play what the arguments ask for, on an instance of its own."""
    parser = argparse.ArgumentParser("./run journey", description=__doc__)
    parser.add_argument("--procedure", default=None, help="code of a procedure")
    parser.add_argument("--channel", choices=("online", "counter"), default="counter")
    parser.add_argument("--path", type=Path, choices=list(Path), default=None, help="which way it takes")
    parser.add_argument("--all", action="store_true", help="every procedure, at the counter and online")
    parser.add_argument("--workers", type=int, default=4, help="journeys at the same time, with --all")
    parser.add_argument(
        "--at", type=date.fromisoformat, default=None, help="move the clock to this day first"
    )
    parser.add_argument("--no-pdfs", action="store_true", help="with --all: do not open the papers")
    chosen = parser.parse_args(argv)
    with private_instance(data="province") as instance:
        if chosen.at is not None:
            instance.manage("demo_clock", "--at", chosen.at.isoformat())
        if chosen.all:
            return every(instance, chosen.workers, not chosen.no_pdfs)
        return one(instance, chosen.procedure or usual_procedure(), chosen.channel, chosen.path)
