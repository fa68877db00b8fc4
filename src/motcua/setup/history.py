"""
The demo's past: dossiers played through the real operations with the clock moved, so that lists and figures look alive.

Arrivals, fates and paces come from `province/history.yaml` and a fixed seed: the same history every time. Each
unit is played in the order of time, so codes and numbers of a unit run as they would have; units are independent
and may be played by several processes at once. What the moment of the demo has not reached yet stays open.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import structlog
import yaml
from django.contrib.auth.hashers import make_password
from weasyprint import HTML

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.dossiers import definitions, operations, published
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations import Filing, PaperInput
from motcua.dossiers.verifying import Participant
from motcua.forms import rules as form_rules
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError
from motcua.kernel.process import happy_path
from motcua.kernel.text import fold, slug
from motcua.organisation import queries as organisation
from motcua.organisation.rules import bare_name
from motcua.organisation.tree import UnitRef
from motcua.parties import operations as party_operations
from motcua.parties import queries as parties
from motcua.parties.models import Account, Party
from motcua.platform import clock
from motcua.setup import onsite
from motcua.setup.journey import plan
from motcua.workflow import queries as workflow

log = structlog.get_logger(__name__)
RECENT = {"waiting_at_receipt": 3, "waiting_forward": 3, "waiting_supplement": 14, "overdue": 25}
"""How many days back a fate may begin that is meant to be seen as it is today."""
REFUSED = "refused acts"
OF_A_CHILD = "population.child_"
"""How forms that a parent fills in for a child name what they are filled in with."""
PARENTS = (20, 43)
"""Between which ages people register children."""
SCANNED = 0.6
"""Which share of the papers taken in at the counter were scanned at once."""
STAFF = Path(__file__).parent / "province" / "demo_staff.yaml"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One dossier to come: when, where, what, how, and what becomes of it."""

    at: datetime
    unit: UnitRef
    procedure: str
    channel: str
    fate: str
    pace: float
    number: int


@dataclass(order=True, slots=True)
class _Turn:
    at: datetime
    number: int
    act: Callable[[datetime], tuple[datetime, Callable[..., Any]] | None] = field(compare=False)


def settle() -> None:
    """
    Bring the residents of the plan: couples with accounts nobody signs in with, the same every time.

    Without them a few people would have registered a dozen births each.
    """
    names = _names()
    data, dice = plan(), random.Random("residents")  # noqa: S311  (a repeatable history, no secret)
    persons: list[dict[str, Any]] = []
    for place, couples in data["residents"].items():
        seat = bare_name(organisation.unit_by_code(place).name)
        for _ in range(couples):
            number, year = len(persons), dice.randrange(1962, 2003)
            address = f"Số {dice.randrange(1, 240)}, {dice.choice(data['streets'])}, {seat}"
            for turn, kind in enumerate(("male", "female")):
                born = date(
                    year + dice.randrange(0, 5) * turn - turn, dice.randrange(1, 13), dice.randrange(1, 29)
                )
                name = " ".join(dice.choice(names[part]) for part in ("family", f"middle_{kind}", kind))
                digit = turn + 2 * (born.year >= 2000)
                persons.append(
                    {
                        "code": f"L{number + turn + 1:04d}",
                        "personal_id": f"030{digit}{born.year % 100:02d}98{number + turn + 1:04d}",
                        "full_name": name,
                        "folded": fold(name),
                        "birth_date": born,
                        "gender": "nu" if turn else "nam",
                        "ethnicity": "Kinh",
                        "religion": "không",
                        "nationality": "VN",
                        "origin_code": place,
                        "place_code": place,
                        "address": address,
                        "marital_status": "dang_co_vo_chong",
                        "spouse_id": f"L{number + 2 - turn:04d}",
                        "father_id": None,
                        "mother_id": None,
                        "household_id": None,
                        "relation_to_head": "vo" if turn else "chu_ho",
                        "occupation": dice.choice(data["jobs"]),
                        "level2_identity": True,
                        "fictitious": True,
                    }
                )
    contacts = {row["code"]: (f"00001{number:05d}", "") for number, row in enumerate(persons, 1)}
    party_operations.set_people([], persons, [], contacts)
    party_operations.set_accounts(
        [
            {"username": row["code"], "kind": "citizen", "number": row["personal_id"],
             "display_name": row["full_name"], "is_active": True, "demo": False}
            for row in persons
        ],
        make_password(None),
    )  # fmt: skip


def arrivals(until: datetime) -> dict[str, list[Arrival]]:
    """Return the arrivals before a moment by unit code, each list in the order of time; the same every time."""
    found: dict[str, list[Arrival]] = {}
    for turn, stream in enumerate(plan()["streams"]):
        dice = random.Random(f"{stream['unit']} {stream['from']}")  # noqa: S311  (a repeatable history, no secret)
        unit = organisation.unit_by_code(stream["unit"])
        calendar = organisation.calendar(unit.id)
        day = date.fromisoformat(str(stream["from"]))
        last = min(date.fromisoformat(str(stream["to"])), until.astimezone(LOCAL).date())
        number = turn * 100_000  # no two dossiers of a unit share one
        while day <= last:
            if calendar.is_working(day):
                today = int(stream["per_day"]) + (dice.random() < float(stream["per_day"]) % 1)
                for _ in range(today):
                    number += 1
                    at = datetime.combine(day, datetime.min.time(), LOCAL) + timedelta(
                        minutes=dice.choice((*range(455, 715), *range(812, 1010)))
                    )
                    procedure = _weighted(dice, stream["procedures"])
                    fate = _weighted(dice, stream["fates"])
                    if (until.astimezone(LOCAL).date() - day).days > RECENT.get(fate, 10_000):
                        fate = "early"  # what waits today came lately
                    channel = "online" if dice.random() < float(stream["online"]) else "direct"
                    if not catalogue.current(procedure, day).offers(channel):
                        channel = "direct"
                    if fate in ("refused_at_receipt", "waiting_at_receipt"):
                        channel = "online" if catalogue.current(procedure, day).offers("online") else channel
                    arrival = Arrival(at, unit, procedure, channel, fate, dice.uniform(0.25, 0.95), number)
                    if at < until:
                        found.setdefault(unit.code, []).append(arrival)
            day += timedelta(days=1)
    for unit_arrivals in found.values():
        unit_arrivals.sort(key=lambda arrival: (arrival.at, arrival.number))
    return found


def _weighted(dice: random.Random, weights: Mapping[str, float]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def play(units: Sequence[Sequence[Arrival]], until: datetime) -> Counter[str]:
    """Play the arrivals of some units up to a moment; return how many stand in which state, and refused acts."""
    counts: Counter[str] = Counter()
    for unit_arrivals in units:
        counts[REFUSED] += _Unit(until).play(unit_arrivals)
        counts.update(
            Dossier.objects.filter(receiving_unit_id=unit_arrivals[0].unit.id).values_list("state", flat=True)
        )
    return counts


class _Unit:
    """One unit's dossiers, acted on in the order of time."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self.turns: list[_Turn] = []
        self.count = 0
        self.asked: Counter[int] = Counter()
        self.parents: set[int] = set()

    def play(self, unit_arrivals: Sequence[Arrival]) -> int:
        """Take arrivals and what follows, earliest first, until the moment is reached; return what was refused."""
        refused = 0
        for arrival in unit_arrivals:
            self._later(arrival.at, _Story(self, arrival).begin)
        while self.turns:
            turn = heapq.heappop(self.turns)
            if turn.at >= self.until:
                break
            with clock.at(turn.at):
                try:
                    turn.act(turn.at)
                except DomainError as refusal:
                    log.warning("history_refused", code=refusal.code, message=refusal.message)
                    refused += 1
        return refused

    def _later(self, at: datetime, act: Callable[[datetime], Any]) -> None:
        self.count += 1
        heapq.heappush(self.turns, _Turn(at, self.count, act))


class _Story:
    """What happens to one dossier: each method does one act and says when the next one comes."""

    def __init__(self, unit: _Unit, arrival: Arrival) -> None:
        self.unit, self.arrival = unit, arrival
        self.dice = random.Random(f"{arrival.unit.code} {arrival.at} {arrival.number}")  # noqa: S311
        self.code = ""
        self.field = ""
        self.acts = 0
        self.supplemented = False

    def _key(self) -> str:
        self.acts += 1
        return (
            f"history:{self.arrival.unit.code}:{self.arrival.at:%Y%m%d%H%M}:{self.arrival.number}:{self.acts}"
        )

    def begin(self, at: datetime) -> None:
        """File: online by the citizen, or taken in at the counter."""
        arrival = self.arrival
        bundle = definitions.current(arrival.procedure, arrival.unit.id, at.astimezone(LOCAL).date())
        self.field = bundle.procedure.field
        party, account = self._citizen(bundle)
        answers = form_rules.sample_answers(
            bundle.form,
            parties.known(SYSTEM, party.pk),
            at.astimezone(LOCAL).date(),
            pick=self.dice.randrange(6),
        )
        answers = self._named(answers)
        needs = catalogue_rules.papers_for(bundle.procedure.body, answers)
        filing = Filing(
            procedure_code=arrival.procedure,
            receiving_unit_id=arrival.unit.id,
            channel=arrival.channel,
            owner_id=party.pk,
            submitter_id=_submitter(account, party) if arrival.channel == "online" else party.pk,
            answers=answers,
            papers={need.paper: self._paper(need, account, at) for need in needs},
            return_channel=self.dice.choice(("account", "direct", "direct", "post")),
            place_unit_id=_place(self.dice, bundle, arrival, at),
        )
        if arrival.channel == "online":
            citizen = acting(account.pk, at)
            self.code = operations.file(filing=filing, actor=citizen, key=self._key(), at=at).code
            if arrival.fate != "waiting_at_receipt":
                self._next(at, self.dice.randint(20, 400), self.answer)
            return
        officer = duty_holder(arrival.unit.id, Role.ONE_STOP_OFFICER, self.field, at)
        done = operations.take_in(
            filing=filing, actor=officer, key=self._key(), at=at, fees=operations.FeesTaken(paid=True)
        )
        self.code = done.code
        if arrival.fate != "waiting_forward":
            self._next(at, self.dice.randint(10, 120), self.forward)

    def _citizen(self, bundle: definitions.Bundle) -> tuple[Party, Account]:
        """
        Return an owner fit for the procedure, and the account that files online for them.

        Of a few by chance the one who has come least; for a child of their own a parent of an age for it, once.
        """
        people = _people(organisation.root_of(self.arrival.unit.id).code)
        asked = self.unit.asked
        mine = any(str(item.get("prefill", "")).startswith(OF_A_CHILD) for item in bundle.form["fields"])
        if mine:
            parents = [
                one
                for one in people
                if _may_be_a_parent(one, self.arrival.at) and one.pk not in self.unit.parents
            ]
            people = tuple(parents) or people
        account = min(self.dice.sample(people, min(6, len(people))), key=lambda one: asked[one.pk])
        asked[account.pk] += 1
        assert account.party is not None  # noqa: S101  (chosen for having one)
        if mine:
            spouse = account.party.person.spouse_id if account.party.person else None
            self.unit.parents |= {
                one.pk
                for one in people
                if one.pk == account.pk or (spouse and one.party and one.party.person_id == spouse)
            }
        if {"citizen", "household", "overseas_vietnamese"} & set(bundle.procedure.body["applicants"]):
            return account.party, account
        firms = _organisations()
        if self.arrival.channel == "online":  # only who stands for it by law files for it
            firms = tuple((firm, head) for firm, head in firms if head is not None)
        firm, head = self.dice.choice(firms)
        return firm, head or account

    def _named(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers with a name of its own for a child."""
        if "child_name" not in answers:
            return dict(answers)
        parent = str(answers.get("father_name") or answers.get("mother_name") or answers["child_name"])
        return {**answers, "child_name": f"{parent.split()[0]} {self.dice.choice(_given_names())}"}

    def _paper(self, need: catalogue_rules.PaperNeed, account: Account, at: datetime) -> PaperInput:
        """Return a paper as it came: a file where it was filed online, at the counter often a scan beside it."""
        scanned = need.digitise and not need.present_only and need.form_file is None
        online = self.arrival.channel == "online"
        if online:
            actor = acting(account.pk, at)
        elif scanned and self.dice.random() < SCANNED:
            actor = duty_holder(self.arrival.unit.id, Role.ONE_STOP_OFFICER, self.field, at)
        else:
            return PaperInput(handed_in=True)
        file = documents.store_upload(
            actor=actor, name=f"{slug(need.name)[:60]}.pdf", data=copy_of(need.name), at=at
        )
        return PaperInput(file_id=file.pk, handed_in=not online)

    def answer(self, at: datetime) -> None:
        """Answer an online filing: accept, or refuse with a reason."""
        officer = self._officer(at)
        if self.arrival.fate == "refused_at_receipt":
            operations.refuse(
                code=self.code, actor=officer, key=self._key(), at=at,
                reason="Hồ sơ nộp không đúng cơ quan có thẩm quyền giải quyết.",
                guidance="Đề nghị nộp tại Bộ phận Một cửa nơi thường trú.",
            )  # fmt: skip
            return
        operations.accept(
            code=self.code, actor=officer, key=self._key(), at=at, fees=operations.FeesTaken(paid=True)
        )
        if self.arrival.fate != "waiting_forward":
            self._next(at, self.dice.randint(10, 90), self.forward)

    def forward(self, at: datetime) -> None:
        """Hand the dossier over to the unit that works on it, before the day ends."""
        operations.forward(code=self.code, actor=self._officer(at), key=self._key(), at=at)
        if self.arrival.fate == "withdrawn":
            self._next(at, self.dice.randint(120, 600), self.withdraw)
            return
        self._work(at)

    def withdraw(self, at: datetime) -> None:
        """Withdraw at the applicant's request, if nothing was decided yet."""
        operations.withdraw(
            code=self.code, actor=self._officer(at), key=self._key(), at=at,
            reason="Người nộp đề nghị rút hồ sơ để chuẩn bị lại giấy tờ.",
        )  # fmt: skip

    def _work(self, at: datetime) -> None:
        """Set the time of the next step: its share of the limit by the pace of this dossier."""
        dossier = Dossier.objects.only("due_at", "clock_started_at", "subject").get(code=self.code)
        tasks = [task for task in workflow.of_subject(SYSTEM, dossier.subject) if task.is_open]
        if not tasks:
            return
        task = tasks[0]
        calendar = organisation.calendar(self.arrival.unit.id)
        planned = task.due_at or dossier.due_at or at
        left = max(calendar.minutes_between(at, planned), 15)
        slow = {"late": 1.5, "overdue": 4.0}.get(self.arrival.fate, 1.0)
        minutes = int(left * self.arrival.pace * slow) + self.dice.randint(1, 20)
        if task.hours == 0:
            minutes = self.dice.randint(15, 900)
        self._next(at, minutes, self.step)

    def step(self, at: datetime) -> None:
        """Do the next open step as somebody who holds its duty."""
        dossier = Dossier.objects.get(code=self.code)
        bundle = definitions.bundle(
            dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
        )
        graph = bundle.graph
        task = next((task for task in workflow.of_subject(SYSTEM, dossier.subject) if task.is_open), None)
        if task is None:
            return
        officer = duty_holder(task.unit_id, Role(task.role), dossier.field_code, at, task.assignee_id)
        fate = self.arrival.fate
        if graph.handover is not None and task.node == graph.handover.id:
            operations.return_result(
                code=self.code, actor=officer, key=self._key(), at=at,
                how=dossier.return_channel, collector=dossier.owner_name,
                proof=f"VN{self.dice.randrange(10**9):09d}",
            )  # fmt: skip
            return
        outcomes = {edge.outcome for edge in graph.outcomes(task.node)}
        supplement, refusal = "yeu_cau_bo_sung", "khong_giai_quyet"
        if fate in ("supplement", "waiting_supplement") and supplement in outcomes and not self.supplemented:
            self.supplemented = True
            operations.request_supplement(
                code=self.code, actor=officer, key=self._key(), at=at, task_id=task.id,
                items=[
                    {
                        "name": next(iter(published.names(bundle.procedure.body)), published.CONTENT),
                        "what": "Bản nộp bị mờ, cần bản rõ hơn",
                    }
                ],
                reason="Bản sao kèm theo hồ sơ không đọc được đầy đủ nội dung.",
                restart=self.dice.random() < 0.5,
            )  # fmt: skip
            if fate == "supplement":
                self._next(at, self.dice.randint(300, 2400), self.supplement)
            return
        outcome = next(step.outcome for step in happy_path(graph) if step.node == task.node)
        note = ""
        decision = graph.decision
        if fate == "refused" and decision is not None and task.node == decision.id and refusal in outcomes:
            outcome, note = refusal, "Nội dung đề nghị không đủ điều kiện theo quy định của pháp luật."
        if graph.by_id[task.node].on_site:
            record_minutes(code=self.code, actor=officer, key=self._key(), at=at)
        operations.complete_step(
            code=self.code, task_id=task.id, outcome=outcome, actor=officer, key=self._key(), at=at, note=note
        )
        self._work(at)

    def supplement(self, at: datetime) -> None:
        """Bring what was asked for to the counter."""
        first = Dossier.objects.get(code=self.code).components.order_by("no").first()
        operations.supplement(
            code=self.code, actor=self._officer(at), key=self._key(), at=at,
            papers_added={first.paper: None} if first else {},
        )  # fmt: skip
        self._work(at)

    def _officer(self, at: datetime) -> Actor:
        return duty_holder(self.arrival.unit.id, Role.ONE_STOP_OFFICER, self.field, at)

    def _next(self, at: datetime, minutes: int, act: Callable[[datetime], Any]) -> None:
        """Put the act off by working minutes of the receiving unit."""
        moment = organisation.calendar(self.arrival.unit.id).add_minutes(at, minutes)
        self.unit._later(max(moment, at + timedelta(minutes=1)), act)


@cache
def _actor_in(account_id: int, month: date) -> Actor:
    return organisation.actor_of(account_id, datetime.combine(month, datetime.min.time(), LOCAL))


def acting(account_id: int, at: datetime) -> Actor:
    return _actor_in(account_id, at.astimezone(LOCAL).date().replace(day=1))


@cache
def _holders(unit_id: int, role: Role, procedure_field: str | None, month: date) -> tuple[Any, ...]:
    return tuple(organisation.duty_holders(unit_id, role, month, procedure_field))


def record_minutes(*, code: str, actor: Actor, key: str, at: datetime) -> None:
    """Record that a step's verification on site was made just now."""
    operations.record_verification(
        code=code, actor=actor, key=key, at=at, participants=[Participant(*one) for one in onsite.PEOPLE],
        **onsite.minutes(at),
    )  # fmt: skip


def duty_holder(
    unit_id: int, role: Role, procedure_field: str | None, at: datetime, staff_id: int | None = None
) -> Actor:
    held = _holders(unit_id, role, procedure_field, at.astimezone(LOCAL).date().replace(day=1))
    if not held:
        raise LookupError(f"nobody holds {role} in {organisation.unit(unit_id).code} on {at:%Y-%m-%d}")
    one = next((holder for holder in held if holder.staff_id == staff_id), held[0])
    return acting(one.account_id, at)


@cache
def _people(agency_code: str) -> tuple[Account, ...]:
    """Return the accounts of the people of a place, or of everywhere where it has none."""
    accounts = Account.objects.filter(kind="citizen", party__isnull=False).select_related("party__person")
    everyone = tuple(accounts.order_by("id"))
    near = tuple(
        a for a in everyone if a.party and a.party.person and a.party.person.place_code == agency_code
    )
    return near or everyone


@cache
def _organisations() -> tuple[tuple[Party, Account | None], ...]:
    """Return firms, each with the account of who stands for it by law."""
    heads = {
        account.party.person_id: account
        for account in Account.objects.filter(kind="citizen", party__person__isnull=False).select_related(
            "party__person"
        )
        if account.party
    }
    firms = Party.objects.filter(kind="organisation", merged_into=None).select_related("organisation")
    return tuple(
        (firm, heads.get(firm.organisation.legal_representative_id))
        for firm in firms.order_by("id")
        if firm.organisation
    )


def _may_be_a_parent(account: Account, at: datetime) -> bool:
    person = account.party.person if account.party else None
    if person is None or person.birth_date is None:
        return False
    return PARENTS[0] <= (at.date() - person.birth_date).days // 365 <= PARENTS[1]


@cache
def _names() -> Mapping[str, list[str]]:
    """Return family, middle and given names to make people of (data)."""
    names: Mapping[str, list[str]] = yaml.safe_load(STAFF.read_text(encoding="utf-8"))["names"]
    return names


@cache
def _given_names() -> tuple[str, ...]:
    """Return middle and given names for children."""
    names = _names()
    return tuple(
        f"{middle} {given}"
        for kind in ("male", "female")
        for middle in names[f"middle_{kind}"]
        for given in names[kind]
    )


@cache
def copy_of(paper: str) -> bytes:
    """Return the stand-in for a photographed paper: one page that says which paper it stands for."""
    page = (
        f"<html lang='vi'><title>{escape(paper)}</title><style>@page{{size:148mm 210mm;margin:20mm}}"
        "body{font:14pt 'Liberation Serif'}p{color:#555;font-size:10pt}</style>"
        f"<h1 style='font-size:18pt'>{escape(paper)}</h1>"
        "<p>Bản chụp hư cấu của bản trình diễn: không phải giấy tờ thật.</p></html>"
    )
    made: bytes = HTML(string=page).write_pdf()
    return made


def _submitter(account: Account, owner: Party) -> int:
    return account.party_id if account.party_id is not None else owner.pk


def _place(dice: random.Random, bundle: definitions.Bundle, arrival: Arrival, at: datetime) -> int | None:
    """Return a commune's unit for a procedure that needs one at this counter."""
    on = at.astimezone(LOCAL).date()
    kinds = [node.unit_kind for node in bundle.graph.net_nodes if node.unit_kind]
    if not organisation.missing_place(kinds, arrival.unit.id, on, procedure_field=bundle.procedure.field):
        return None
    return organisation.unit_by_code(dice.choice(plan()["places"])).id


def parts(until: datetime, count: int) -> Iterator[list[list[Arrival]]]:
    """Share the units out to `count` players, the busiest first to the least loaded."""
    loads: list[list[list[Arrival]]] = [[] for _ in range(count)]
    for unit_arrivals in sorted(arrivals(until).values(), key=len, reverse=True):
        min(loads, key=lambda load: sum(map(len, load))).append(unit_arrivals)
    yield from loads


__all__ = ["REFUSED", "Arrival", "arrivals", "parts", "plan", "play", "settle"]
