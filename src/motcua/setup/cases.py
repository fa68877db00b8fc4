"""
Dossiers that stand where there is something to see on the morning of the demo: groups, payments, opinions, and so on.

What is done is data (`province/cases.yaml`): each line one act of the system at its moment, as whoever holds its duty.
The acts of all cases are done in the order of time by one process, after the history of `history.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.dossiers import definitions, facts, operations, opinions, paymentnotices, verifications
from motcua.dossiers.afteroutage import LateReceipt
from motcua.dossiers.docketing import DocketKind
from motcua.dossiers.dues import NoticeInput
from motcua.dossiers.models import Awaited, Dossier
from motcua.dossiers.operations import (
    Filing,
    PaperInput,
    automatic,
    campaign,
    docket,
    guidance,
    handover,
    parts,
)
from motcua.dossiers.rules import HandOverKind, State
from motcua.dossiers.verifying import Participant
from motcua.forms import rules as form_rules
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.process import Graph, happy_path
from motcua.kernel.text import slug
from motcua.organisation import queries as organisation
from motcua.parties import queries as parties
from motcua.parties.models import Account
from motcua.parties.rules import AccountKind
from motcua.platform import clock
from motcua.platform.models import IdempotencyKey
from motcua.setup import oversight
from motcua.setup.history import copy_of, duty_holder
from motcua.setup.oversight import moment, staff
from motcua.territory import queries as territory
from motcua.territory.rules import DayKind, LayerKind
from motcua.workflow import queries as workflow
from motcua.workflow.queries import TaskRow
from motcua.workflow.versions import operations as versions
from motcua.workflow.versions import queries as version_queries

PROVINCE = Path(__file__).parent / "province"
PACE: Final = timedelta(minutes=12)
"""From one step to the next where a line says to go on until something."""
FINISHED: Final = frozenset({State.PROCESSED, State.STOPPED})
KEYS: Final = "cases:"
TO_PAYMENT: Final = "chuyen_nghia_vu_tai_chinh"

Said = Mapping[str, Any]


@cache
def plan() -> Said:
    """Return the cases and what else is done (data)."""
    loaded: Said = yaml.safe_load((PROVINCE / "cases.yaml").read_text("utf-8"))
    return loaded


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the data at its moment; `case` is empty where it is of no single dossier."""

    at: datetime
    case: str
    said: Said


def turns(until: datetime) -> list[Turn]:
    """Return the lines before a moment in the order of time."""
    found = [Turn(moment(one["at"]), "", one) for one in plan()["other"]]
    for case in plan()["cases"]:
        found.append(Turn(moment(case["at"]), case["key"], case))
        found += [Turn(moment(one["at"]), case["key"], one) for one in case.get("acts", ())]
    return sorted((turn for turn in found if turn.at < until), key=lambda turn: turn.at)


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: how many lines of each kind, and the code of the dossier of each case."""

    done: Mapping[str, int]
    codes: Mapping[str, str]


def play(until: datetime) -> Played:
    """
    Do all lines before a moment; nothing where they were done before.

    A line that is refused stops everything: the data are wrong then, and the demo would not show what it says.

    :raises DomainError: as the act that was refused.
    """
    if IdempotencyKey.objects.filter(key__startswith=KEYS).exists():
        return Played({}, {})
    player = _Player()
    for turn in turns(until):
        with clock.at(turn.at):
            player.do(turn)
    return Played(player.done, {key: case.code for key, case in player.cases.items()})


@dataclass(slots=True)
class _Case:
    """A dossier or a part of one: its code, and when something was done on it last."""

    code: str
    at: datetime

    @property
    def dossier(self) -> Dossier:
        return Dossier.objects.get(code=self.code)

    @property
    def tasks(self) -> list[TaskRow]:
        return [task for task in workflow.of_subject(SYSTEM, self.dossier.subject) if task.is_open]

    @property
    def graph(self) -> Graph:
        return workflow.definition(self.dossier.process_version_id).graph


@dataclass(slots=True)
class _Player:
    """Who does the lines, and what has come of them so far."""

    cases: dict[str, _Case] = field(default_factory=dict)
    dockets: list[int] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    acts: int = 0

    def do(self, turn: Turn) -> None:
        """Do one line."""
        said = turn.said
        name = said.get("do", "file")
        if not turn.case and name in OTHER:
            OTHER[name](self, said, turn.at)
        elif not turn.case:
            self.oversee(name, said, turn.at)
        elif name == "file":
            self.cases[turn.case] = _Case(self.file(said, turn.at), turn.at)
        else:
            case = self.of(turn.case, said.get("part", ""))
            case.at = turn.at
            ACTS[name](self, case, said)
            if "part" in said:
                self.followed(self.cases[turn.case].dossier.subject, case.at)
        self.done[name] += 1

    def oversee(self, name: str, said: Said, at: datetime) -> None:
        """Do a line that is of no dossier at all; what comes of it is kept by the name the line gives it."""
        of = self.named[said["of"]] if "of" in said else 0
        line = oversight.Line(said, staff(said["as"], at), self.key(), at, of)
        if name in oversight.STARTING:
            self.named[said["name"]] = oversight.STARTING[name](line)
        else:
            oversight.FOLLOWING[name](line)

    def of(self, key: str, part: str) -> _Case:
        """Return a case, or one of its parts."""
        whole = self.cases[key]
        if not part:
            return whole
        child = next(row.child for row in parts.rows_of(whole.dossier.subject) if row.key == part)
        if child is None:
            raise LookupError(f"{key}: the part {part} has not been opened")
        return _Case(child.code, whole.at)

    def followed(self, group: int, at: datetime) -> None:
        """Let a group follow its parts as a worker does after each act."""
        for document in parts.unprinted_results(group):
            documents.printed(actor=SYSTEM, document_id=document, at=at)
        parts.follow(group=group, key=self.key(), at=at)

    def key(self) -> str:
        """Return the key of the next act; the same in every play."""
        self.acts += 1
        return f"{KEYS}{self.acts}"

    def act(self, case: _Case, operation: Callable[..., Any], actor: Actor, **values: Any) -> None:
        """Do one act on a dossier."""
        operation(code=case.code, actor=actor, key=self.key(), at=case.at, **values)

    def file(self, said: Said, at: datetime) -> str:
        """File online, or take in at the counter, with a form that validates; return the code."""
        unit = organisation.unit_by_code(said["unit"])
        bundle = definitions.current(said["procedure"], unit.id, at.date())
        account = Account.objects.get(kind=AccountKind.CITIZEN.value, username=said["owner"])
        party = account.party_id or 0
        online = said.get("channel") == "online"
        answers = form_rules.sample_answers(bundle.form, parties.known(SYSTEM, party), at.date())
        answers |= said.get("answers", {})
        filer = organisation.actor_of(account.pk, at)
        filing = Filing(
            procedure_code=said["procedure"],
            receiving_unit_id=unit.id,
            channel="online" if online else "direct",
            owner_id=party,
            submitter_id=party,
            answers=answers,
            papers={
                need.paper: _paper(need.name, filer if online else None, at)
                for need in catalogue_rules.papers_for(bundle.procedure.body, answers)
            },
            return_channel="account" if online else "direct",
            place_unit_id=organisation.unit_by_code(said["place"]).id if "place" in said else None,
            competent_unit_id=organisation.unit_by_code(said["competent"]).id
            if "competent" in said
            else None,
        )
        if online:
            return operations.file(filing=filing, actor=filer, key=self.key(), at=at).code
        officer = duty_holder(unit.id, Role.ONE_STOP_OFFICER, bundle.procedure.field, at)
        late = (
            LateReceipt(moment(said["received"]), self.named[said["outage"]]) if "received" in said else None
        )
        return operations.take_in(
            filing=filing,
            actor=officer,
            key=self.key(),
            at=at,
            fees=operations.FeesTaken(paid=True),
            late=late,
        ).code

    # Who does it

    def counter(self, case: _Case) -> Actor:
        """Return who takes in at the unit that received the dossier."""
        dossier = case.dossier
        return duty_holder(dossier.receiving_unit_id, Role.ONE_STOP_OFFICER, dossier.field_code, case.at)

    def competent(self, case: _Case) -> Actor:
        """Return who takes in at the unit of the agency that decides."""
        dossier = case.dossier
        return duty_holder(dossier.competent_unit_id or 0, Role.ONE_STOP_OFFICER, dossier.field_code, case.at)

    def head(self, case: _Case) -> Actor:
        """Return the head of the agency that decides."""
        root = organisation.root_of_agency(case.dossier.agency_id)
        return duty_holder(root.id, Role.AGENCY_HEAD, None, case.at)

    def doer(self, case: _Case, said: Said) -> Actor:
        """Return who does the first open task, or whom the line names."""
        if "as" in said:
            return staff(said["as"], case.at)
        task = case.tasks[0]
        return duty_holder(task.unit_id, Role(task.role), case.dossier.field_code, case.at, task.assignee_id)

    # Acts on a dossier

    def accept(self, case: _Case, said: Said) -> None:
        self.act(case, operations.accept, self.counter(case), fees=operations.FeesTaken(paid=True))

    def forward(self, case: _Case, said: Said) -> None:
        self.act(
            case, operations.forward, self.counter(case), what=said.get("what", ""),
            paper=said.get("paper", False),
        )  # fmt: skip

    def step(self, case: _Case, said: Said) -> None:
        """Do the first open task, by the outcome the line names or the usual one."""
        task = case.tasks[0]
        usual = next(one.outcome for one in happy_path(case.graph) if one.node == task.node)
        self.act(
            case, operations.complete_step, self.doer(case, said), task_id=task.id,
            outcome=said.get("outcome", usual),
        )  # fmt: skip

    def process(self, case: _Case, said: Said) -> None:
        """Do usual steps until the result is there."""
        while case.dossier.state not in FINISHED:
            self.step(case, {})
            case.at += PACE

    def until_payment(self, case: _Case, said: Said) -> None:
        """Do usual steps until one may send the applicant to pay."""
        while all(edge.outcome != TO_PAYMENT for edge in case.graph.outcomes(case.tasks[0].node)):
            self.step(case, {})
            case.at += PACE

    def take(self, case: _Case, said: Said) -> None:
        self.act(case, operations.assign, self.doer(case, said), task_id=case.tasks[0].id)

    def ask(self, case: _Case, said: Said) -> None:
        """Ask for the first paper anew, from the step that may."""
        first = case.dossier.components.order_by("no")[0]
        self.act(
            case, operations.request_supplement, self.doer(case, said), task_id=case.tasks[0].id,
            items=[{"name": first.name, "what": said["what"]}], reason=said["reason"],
        )  # fmt: skip

    def hand_over(self, case: _Case, said: Said) -> None:
        dossier = case.dossier
        self.act(
            case, operations.return_result, self.doer(case, said), how=dossier.return_channel,
            collector=dossier.owner_name,
        )  # fmt: skip

    def confirm(self, case: _Case, said: Said) -> None:
        self.act(case, operations.confirm_receipt, self.competent(case))

    def send_back(self, case: _Case, said: Said) -> None:
        self.act(case, operations.send_back, self.competent(case), why=said["why"], reason=said["reason"])

    def payment(self, case: _Case, said: Said) -> None:
        notices = [NoticeInput(**one) for one in said["notices"]]
        self.act(case, operations.request_payment, self.doer(case, said), notices=notices)

    def paid(self, case: _Case, said: Said) -> None:
        """Confirm the notices the line counts from one."""
        known = paymentnotices.of_subject(SYSTEM, case.dossier.subject)
        chosen = [known[number - 1].id for number in said["notices"]]
        self.act(
            case, operations.confirm_payment, self.counter(case), notice_ids=chosen, evidence=said["evidence"]
        )

    def ask_opinions(self, case: _Case, said: Said) -> None:
        self.act(
            case, operations.ask_opinion, self.doer(case, said), content=said["content"],
            units=[organisation.unit_by_code(code).id for code in said["units"]], due_at=moment(said["due"]),
        )  # fmt: skip

    def give_opinion(self, case: _Case, said: Said) -> None:
        unit = organisation.unit_by_code(said["unit"])
        actor = duty_holder(unit.id, Role.PROCESSING_OFFICER, None, case.at)
        asked = opinions.of_dossier(actor, case.dossier.subject)
        self.act(
            case, operations.give_opinion, actor,
            opinion_id=next(row.id for row in asked if row.unit_id == unit.id), stance=said["stance"],
            text=said["text"],
        )  # fmt: skip

    def explain(self, case: _Case, said: Said) -> None:
        self.act(
            case, operations.explain, self.doer(case, said), cause=said["cause"], reason=said["reason"],
            remedy=said.get("remedy", ""),
        )  # fmt: skip

    def return_explanation(self, case: _Case, said: Said) -> None:
        self.act(case, operations.return_explanation, self.head(case), reason=said["reason"])

    def plan_visit(self, case: _Case, said: Said) -> None:
        self.act(
            case, operations.plan_verification, self.doer(case, said), planned_at=moment(said["on"]),
            place=said["place"], purpose=said["purpose"], visitors=said["visitors"], applicant_needed=True,
        )  # fmt: skip

    def record_visit(self, case: _Case, said: Said) -> None:
        """Write the minutes of the first visit planned."""
        visit = verifications.of_dossier(self.doer(case, said), case.dossier.subject)[0]
        self.act(
            case, operations.record_verification, self.doer(case, said), verification_id=visit.id,
            began_at=moment(said["began"]), ended_at=moment(said["ended"]), place=visit.place,
            participants=[Participant(**one) for one in said["participants"]], findings=said["findings"],
            conclusion=said["conclusion"],
        )  # fmt: skip

    def ask_correction(self, case: _Case, said: Said) -> None:
        """Say as the owner, on the portal, what is wrong with the result."""
        owner = Account.objects.get(kind=AccountKind.CITIZEN.value, party_id=case.dossier.owner_id)
        self.act(case, operations.ask_correction, organisation.actor_of(owner.pk, case.at), what=said["what"])

    def fail(self, case: _Case, said: Said) -> None:
        """Note that a source would not answer however often it was asked: the step waits for a person."""
        waits = Awaited.objects.get(subject=case.dossier.subject, state="waiting")
        automatic.failed(awaited_id=waits.pk, error=said["error"], real=clock.real_now(), permanent=True)

    # What is of no single dossier

    def process_version(self, said: Said, at: datetime) -> None:
        """Draft, draw, check and approve a process of a procedure."""
        actor = staff(said["as"], at)
        definition = catalogue.current(said["procedure"], at.date())
        draft = versions.start(
            procedure_version_id=definition.id, variant=said["variant"], actor=actor, key=self.key(), at=at
        )
        revision = versions.save(
            draft_id=draft, revision=version_queries.draft(actor, draft).revision,
            drawing=(PROVINCE / "processes" / said["drawing"]).read_bytes(), actor=actor, key=self.key(), at=at,
        )  # fmt: skip
        versions.mark_checked(
            draft_id=draft, revision=revision, actor=actor, key=self.key(), at=at,
            known=facts.known(definition.id),
        )  # fmt: skip
        versions.approve(
            draft_id=draft, revision=revision, decision_no=said["decision_no"], actor=actor, key=self.key(), at=at,
            decided_on=date.fromisoformat(said["decided_on"]),
            effective_on=date.fromisoformat(said["effective_on"]),
        )  # fmt: skip

    def docket(self, said: Said, at: datetime) -> None:
        """Hand papers of forwarded dossiers over by list to where the first of them lies."""
        chosen = [self.cases[key] for key in said["cases"]]
        where = chosen[0].tasks[0].unit_id
        self.dockets.append(
            docket.make(
                codes=[case.code for case in chosen], from_unit_id=chosen[0].dossier.receiving_unit_id,
                kind=DocketKind.UNIT, to_unit_id=where, to_name="", remark=said["remark"],
                actor=self.counter(_Case(chosen[0].code, at)), key=self.key(), at=at,
            )
        )  # fmt: skip

    def docket_received(self, said: Said, at: datetime) -> None:
        found = [self.cases[key].code for key in said["found"]]
        first = self.cases[said["found"][0]]
        docket.receive(
            docket=self.dockets[said["docket"] - 1], found=found, note="", receiver_name="",
            remarks={self.cases[key].code: words for key, words in said["remarks"].items()},
            actor=self.doer(_Case(first.code, at), {}), key=self.key(), at=at,
        )  # fmt: skip

    def guide(self, said: Said, at: datetime) -> None:
        person = Account.objects.get(kind=AccountKind.CITIZEN.value, username=said["person"])
        guidance.guide(
            party_id=person.party_id or 0, procedure_code=said["procedure"],
            unit_id=organisation.unit_by_code(said["unit"]).id, where=said["where"],
            items=said["items"], actor=staff(said["as"], at), key=self.key(), at=at,
        )  # fmt: skip

    def hand_over_work(self, said: Said, at: datetime) -> None:
        """Propose that somebody takes one's tasks over."""
        actor, to = staff(said["as"], at), staff(said["to"], at)
        handover.propose(
            from_staff_id=actor.staff_id or 0, to_staff_id=to.staff_id or 0,
            task_ids=[self.cases[key].tasks[0].id for key in said["cases"]],
            kind=HandOverKind(said["kind"]), reason=said["reason"], actor=actor, key=self.key(), at=at,
        )  # fmt: skip

    def calendar(self, said: Said, at: datetime) -> None:
        """Draft days on which the whole province is closed."""
        layer = next(row.code for row in territory.layers() if row.kind == LayerKind.PROVINCE)
        campaign.draft_calendar(
            days=[
                territory.NewDay(layer, date.fromisoformat(day["day"]), DayKind.CLOSURE, day["name"])
                for day in said["days"]
            ],
            **_decision(said), actor=staff(said["as"], at), key=self.key(), at=at,
        )  # fmt: skip

    def reorganise(self, said: Said, at: datetime) -> None:
        campaign.draft_reorganisation(
            on=date.fromisoformat(said["day"]), **_decision(said), actor=staff(said["as"], at), key=self.key(),
            at=at,
        )  # fmt: skip


def _decision(said: Said) -> dict[str, Any]:
    return {
        "decision_no": said["decision_no"],
        "decided_on": date.fromisoformat(said["decided_on"]),
        "title": said["title"],
    }


def _paper(name: str, filer: Actor | None, at: datetime) -> PaperInput:
    """Return a paper as a file of who files online, else as what lies on the counter."""
    if filer is None:
        return PaperInput(handed_in=True)
    file = documents.store_upload(actor=filer, name=f"{slug(name)[:60]}.pdf", data=copy_of(name), at=at)
    return PaperInput(file_id=file.pk)


ACTS: Final[Mapping[str, Callable[[_Player, _Case, Said], None]]] = {
    "accept": _Player.accept,
    "ask": _Player.ask,
    "ask_correction": _Player.ask_correction,
    "confirm": _Player.confirm,
    "explain": _Player.explain,
    "fail": _Player.fail,
    "forward": _Player.forward,
    "hand_over": _Player.hand_over,
    "opinion": _Player.give_opinion,
    "opinions": _Player.ask_opinions,
    "paid": _Player.paid,
    "payment": _Player.payment,
    "plan_visit": _Player.plan_visit,
    "process": _Player.process,
    "record_visit": _Player.record_visit,
    "return_explanation": _Player.return_explanation,
    "send_back": _Player.send_back,
    "step": _Player.step,
    "take": _Player.take,
    "until_payment": _Player.until_payment,
}
OTHER: Final[Mapping[str, Callable[[_Player, Said, datetime], None]]] = {
    "calendar": _Player.calendar,
    "docket": _Player.docket,
    "docket_received": _Player.docket_received,
    "guide": _Player.guide,
    "hand_over_work": _Player.hand_over_work,
    "process_version": _Player.process_version,
    "reorganise": _Player.reorganise,
}
