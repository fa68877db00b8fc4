"""
Dossiers for tests, made by calling the operations as the right persons of the province do.

`Case` plays one dossier on its own clock; `at_state` brings one to any state. Needs the fixture `province`.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.dossiers import definitions, operations
from motcua.dossiers.models import Dossier, SupplementRequest
from motcua.dossiers.operations import Done, FeesTaken, Filing, PaperInput
from motcua.dossiers.rules import State
from motcua.dossiers.verifying import Participant
from motcua.forms import rules as form_rules
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.process import Graph, happy_path, to_json
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.organisation.tree import UnitRef
from motcua.parties import queries as parties
from motcua.parties.models import Account, Party
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessVersion
from motcua.workflow.queries import TaskRow

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = datetime(2023, 10, 2, 8, 30, tzinfo=LOCAL)

TAN_DAN, AN_LUU, KINH_MON = "HD.KM.10699.MC", "HD.KM.10675.MC", "HD.KM.MC"
TAN_DAN_POLICE = "TW.CAX.10699"

BIRTH = "1.001193"  # same day, after 15:00 the next
RECOGNITION = "1.001022"  # 3 working days, commune
MARITAL_STATUS = "1.004873"  # 3 working days, commune
FESTIVAL = "1.003622"  # 15 calendar days, opinions asked of several at once
RESIDENCE = "1.004222"  # 7 working days, police of the commune, outside verification
LAND_TRANSFER = "2.000889"  # waits for the taxes
EXTRACT = "2.000635"  # copy of a civil-status extract: on the list of what any unit may receive

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

WORDS = "Giấy tờ nộp kèm bị mờ, không đọc được đầy đủ."

_keys, _process = itertools.count(1), secrets.token_hex(4)  # programs of several tests may share a database


def key() -> str:
    """Return an idempotency key nobody has used."""
    return f"test-{_process}-{next(_keys)}"


def moment(day: str, hour: str = "08:30") -> datetime:
    """Return a local moment, such as ("2023-10-02", "15:01")."""
    return datetime.fromisoformat(f"{day}T{hour}:00").replace(tzinfo=LOCAL)


def unit(code: str) -> UnitRef:
    """Return a unit of the province by its code."""
    return organisation.unit_by_code(code)


def holder(
    unit_id: int, role: Role | str, at: datetime = MONDAY, procedure_field: str | None = None, no: int = 0
) -> Actor:
    """Return somebody who holds a role in a unit, as signed in at that moment."""
    held = organisation.duty_holders(unit_id, Role(role), at.astimezone(LOCAL).date(), procedure_field)
    return organisation.actor_of(held[no].account_id, at)


def counter(code: str = TAN_DAN, at: datetime = MONDAY, no: int = 0) -> Actor:
    """Return a one-stop officer of a unit."""
    return holder(unit(code).id, Role.ONE_STOP_OFFICER, at, no=no)


def citizen(no: int = 0) -> Actor:
    """Return one of the citizens who have an account."""
    account = Account.objects.filter(kind="citizen", party__isnull=False).order_by("id")[no]
    return organisation.actor_of(account.pk, MONDAY)


def person(no: int = 0) -> Party:
    """Return one of the living persons of the data."""
    return Party.objects.filter(kind="person", merged_into=None, person__deceased=False).order_by("id")[no]


def filing(
    procedure: str = BIRTH,
    at: datetime = MONDAY,
    *,
    receiving: str = TAN_DAN,
    channel: str = "direct",
    owner_id: int | None = None,
    submitter_id: int | None = None,
    place: str = "",
    **more: Any,
) -> Filing:
    """Return a filing with a form filled in and every paper handed in."""
    on = at.astimezone(LOCAL).date()
    where = unit(receiving)
    bundle = definitions.current(procedure, where.id, on)
    owner = owner_id if owner_id is not None else person().pk
    answers = more.pop("answers", None)
    if answers is None:
        answers = form_rules.sample_answers(bundle.form, parties.known(SYSTEM, owner), on)
    needs = catalogue_rules.papers_for(bundle.procedure.body, answers)
    papers: Mapping[str, PaperInput] = {need.paper: PaperInput(handed_in=True) for need in needs}
    return Filing(
        procedure_code=procedure,
        receiving_unit_id=where.id,
        channel=channel,
        owner_id=owner,
        submitter_id=submitter_id if submitter_id is not None else owner,
        answers=answers,
        papers=more.pop("papers", papers),
        return_channel=more.pop("return_channel", "direct"),
        place_unit_id=unit(place).id if place else None,
        **more,
    )


def scanned(filing: Filing, actor: Actor, at: datetime = MONDAY) -> Filing:
    """Return the filing as a citizen makes it: every paper that lay on the counter is a file they uploaded."""
    scan = documents.store_upload(actor=actor, name="ban-chup.pdf", data=PDF, at=at)
    papers = {
        code: PaperInput(file_id=scan.pk) if given.handed_in else given
        for code, given in filing.papers.items()
    }
    return replace(filing, papers=papers)


def reissued(
    procedure: str,
    steps: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    receiving: str = TAN_DAN,
    **more: Any,
) -> ProcessVersion:
    """
    Publish a procedure's process again with values of some steps changed; new dossiers run by it.

    `more` are columns of the version; with `graph` the process is that one.
    """
    bundle = definitions.current(procedure, unit(receiving).id, MONDAY.date())
    graph = more.pop("graph", None) or bundle.graph
    nodes = tuple(replace(node, **(steps or {}).get(node.id, {})) for node in graph.nodes)
    raw = to_json(replace(graph, nodes=nodes))
    row = ProcessVersion.objects.create(
        procedure_version_id=bundle.procedure.id, variant=bundle.process.variant, field=bundle.process.field,
        levels=list(bundle.process.levels), graph=raw, digest=secrets.token_hex(32), **more,
    )  # fmt: skip
    workflow.forget()
    return row


def kstt(at: datetime = MONDAY) -> Actor:
    """Return a procedure-control officer of the province."""
    held = Duty.objects.filter(role=Role.KSTT).select_related("staff").order_by("id")[0]
    return organisation.actor_of(held.staff.account_id, at)


def approved_version(case: Case, graph: Graph | None = None, **more: Any) -> ProcessVersion:
    """Approve a version of the process a dossier runs by, in force from the Monday; the dossier stays where it is."""
    process = case.bundle.process
    row = ProcessVersion.objects.create(
        procedure_version_id=process.procedure_version_id, variant=process.variant, field=process.field,
        levels=list(process.levels), graph=to_json(graph or process.graph), digest=secrets.token_hex(32),
        **{
            "decision_no": "15/QĐ-UBND", "decided_on": MONDAY.date(), "effective_on": MONDAY.date(),
            "approved_by_id": kstt().staff_id, **more,
        },
    )  # fmt: skip
    workflow.forget()
    return row


@dataclass
class Case:
    """A dossier under way and its moment; every method is one act, ten minutes after the one before."""

    code: str
    subject: int
    at: datetime
    done: list[Done] = field(default_factory=list)

    @classmethod
    def filed(cls, procedure: str = BIRTH, at: datetime = MONDAY, **more: Any) -> Case:
        """File online, as the citizen who owns it."""
        actor = more.pop("actor", None) or citizen()
        wish = filing(
            procedure, at, channel=more.pop("channel", "online"), submitter_id=actor.party_id,
            owner_id=more.pop("owner_id", actor.party_id), **more,
        )  # fmt: skip
        if actor.kind is ActorKind.CITIZEN:
            wish = scanned(wish, actor, at)
        done = operations.file(filing=wish, actor=actor, key=key(), at=at)
        return cls(done.code, done.subject, at, [done])

    @classmethod
    def taken_in(
        cls, procedure: str = BIRTH, at: datetime = MONDAY, fees: FeesTaken | None = None, **more: Any
    ) -> Case:
        """Take in at the counter; the person asks for the slip, unless told otherwise (`slip`)."""
        actor = more.pop("actor", None) or counter(more.get("receiving", TAN_DAN), at)
        slip = more.pop("slip", True)
        done = operations.take_in(
            filing=filing(procedure, at, **more), actor=actor, key=key(), at=at, fees=fees, slip=slip
        )
        return cls(done.code, done.subject, at, [done])

    @property
    def dossier(self) -> Dossier:
        """Return the row as it is now."""
        return Dossier.objects.get(code=self.code)

    @property
    def due(self) -> datetime:
        """Return the due moment of an accepted dossier."""
        due_at = self.dossier.due_at
        assert due_at is not None
        return due_at

    @property
    def bundle(self) -> definitions.Bundle:
        """Return the versions it runs by."""
        row = self.dossier
        return definitions.bundle(row.procedure_version_id, row.form_version_id, row.process_version_id)

    @property
    def tasks(self) -> list[TaskRow]:
        """Return the open tasks."""
        return [task for task in workflow.of_subject(SYSTEM, self.subject) if task.is_open]

    @property
    def task(self) -> TaskRow:
        """Return the first open task."""
        return self.tasks[0]

    def counter(self) -> Actor:
        """Return a one-stop officer of the receiving unit."""
        return holder(self.dossier.receiving_unit_id, Role.ONE_STOP_OFFICER, self.at)

    def head(self) -> Actor:
        """Return the competent person of the agency."""
        root = organisation.root_of_agency(self.dossier.agency_id)
        return holder(root.id, Role.AGENCY_HEAD, self.at)

    def doer(self, task: TaskRow | None = None, no: int = 0) -> Actor:
        """Return who does a task: its assignee, else a holder of its role."""
        task = task or self.task
        if task.assignee_id is not None:
            for found in organisation.duty_holders(task.unit_id, Role(task.role), self.at.date()):
                if found.staff_id == task.assignee_id:
                    return organisation.actor_of(found.account_id, self.at)
        return holder(task.unit_id, task.role, self.at, task.field or None, no)

    def usual(self, task: TaskRow | None = None) -> str:
        """Return the outcome of a task on the main path."""
        node = (task or self.task).node
        return next(step.outcome for step in happy_path(self.bundle.graph) if step.node == node)

    def act(self, operation: Callable[..., Done], *, actor: Actor | None = None, **arguments: Any) -> Done:
        """Do one act, by default as the counter, at the dossier's next moment."""
        self.at = arguments.pop("at", None) or self.at + timedelta(minutes=10)
        done = operation(
            code=self.code,
            actor=actor or self.counter(),
            key=arguments.pop("key", None) or key(),
            at=self.at,
            **arguments,
        )
        self.done.append(done)
        return done

    def accept(self, **more: Any) -> Done:
        """Accept."""
        return self.act(operations.accept, **more)

    def forward(self, **more: Any) -> Done:
        """Forward from the counter."""
        return self.act(operations.forward, **more)

    def confirm(self, **more: Any) -> Done:
        """Confirm receipt as an officer of the competent agency's unit."""
        where = organisation.unit(self.dossier.competent_unit_id or 0)
        return self.act(
            operations.confirm_receipt, actor=more.pop("actor", None) or counter(where.code), **more
        )

    def step(self, outcome: str = "", *, task: TaskRow | None = None, **more: Any) -> Done:
        """Complete the first open task, as usual or with an outcome."""
        task = task or self.task
        actor = more.pop("actor", None) or self.doer(task)
        if self.bundle.graph.by_id[task.node].on_site:
            self.record_visit(actor=actor)
        return self.act(
            operations.complete_step,
            actor=actor,
            task_id=task.id,
            outcome=outcome or self.usual(task),
            **more,
        )

    def until(self, outcome: str) -> None:
        """Do usual steps until one is open whose usual outcome is this one."""
        while self.usual() != outcome:
            self.step()

    def ask(self, *, restart: bool = True, **more: Any) -> Done:
        """Ask for a supplement: at receipt, or from the open task that may."""
        asked: dict[str, Any] = {
            "items": [{"name": self.dossier.components.order_by("no")[0].name, "what": "Nộp bản rõ hơn"}],
            "reason": WORDS,
            "restart": restart,
            **more,
        }
        if self.dossier.state == State.SUBMITTED:
            return self.act(operations.request_supplement, **asked)
        task = self.asking_task()
        return self.act(operations.request_supplement, actor=self.doer(task), task_id=task.id, **asked)

    def ask_as_before(self, items: list[dict[str, str]]) -> None:
        """Ask for what the record does not have, as a request of before the published list was enforced."""
        self.ask()
        SupplementRequest.objects.filter(dossier_id=self.subject, answered_at=None).update(items=items)

    def asking_task(self) -> TaskRow:
        """Return the first open task from which a supplement can be asked, doing usual steps until one is."""
        while True:
            for task in self.tasks:
                if any(edge.outcome == "yeu_cau_bo_sung" for edge in self.bundle.graph.outcomes(task.node)):
                    return task
            self.step()

    def suspend(self, **more: Any) -> Done:
        """Hold the clock for an outage, as who holds the dossier."""
        given = {"ground": "system_outage", "reason": WORDS, "reference": "Thông báo 12/TB-TTHC", **more}
        return self.act(operations.suspend, actor=given.pop("actor", None) or self.doer(), **given)

    def plan_visit(self, **more: Any) -> Done:
        """Plan a verification on site for the day after tomorrow, as who holds the dossier."""
        given = {
            "planned_at": self.at + timedelta(days=2), "place": "Nhà số 12, tổ dân phố Hạ Chiểu 1",
            "purpose": "Nơi cư trú thực tế của gia đình.", "visitors": "Công chức Tư pháp - Hộ tịch",
            "applicant_needed": True, **more,
        }  # fmt: skip
        return self.act(operations.plan_verification, actor=given.pop("actor", None) or self.doer(), **given)

    def record_visit(self, **more: Any) -> Done:
        """Record the minutes of a verification on site just made, as who holds the dossier."""
        given = {
            "began_at": self.at, "ended_at": self.at + timedelta(minutes=5),
            "place": "Nhà số 12, tổ dân phố Hạ Chiểu 1",
            "participants": [
                Participant("Đỗ Xuân Phong", "công chức Tư pháp - Hộ tịch"),
                Participant("Nguyễn Văn Hùng", "tổ trưởng tổ dân phố"),
            ],
            "findings": "Gia đình sống tại địa chỉ nêu trên từ năm 2016.",
            "conclusion": "Nội dung khai phù hợp với thực tế.", **more,
        }  # fmt: skip
        return self.act(
            operations.record_verification, actor=given.pop("actor", None) or self.doer(), **given
        )

    def supplement(self, **more: Any) -> Done:
        """Bring the first paper again: to the counter, or as a file where a citizen does it."""
        first, actor = self.dossier.components.order_by("no")[0], more.get("actor")
        file_id = None
        if actor is not None and actor.kind is ActorKind.CITIZEN:
            file_id = documents.store_upload(actor=actor, name="ban-ro.pdf", data=PDF, at=self.at).pk
        return self.act(operations.supplement, papers_added={first.paper: file_id}, **more)

    def process(self) -> None:
        """Do every usual step until the result waits at the counter."""
        while self.dossier.state not in (State.PROCESSED, State.STOPPED):
            self.step()

    def hand_over(self, **more: Any) -> Done:
        """Hand the result over at the counter."""
        return self.act(
            operations.return_result,
            actor=more.pop("actor", None) or self.doer(),
            collector=more.pop("collector", "Nguyễn Thị Lan"),
            **more,
        )

    def refuse_request(self) -> None:
        """Refuse the request after appraisal, down to the document that waits at the counter."""
        self.until("dong_y")
        self.step("khong_giai_quyet", note="Không đủ điều kiện theo quy định của pháp luật.")
        self.process()

    def wait_for_payment(self) -> None:
        """Go on until the taxes are asked for."""
        wanted = "chuyen_nghia_vu_tai_chinh"
        while True:
            edges = self.bundle.graph.outcomes(self.task.node)
            if any(edge.outcome == wanted for edge in edges):
                self.step(wanted)
                return
            self.step()


def elsewhere(
    at: datetime = MONDAY, *, competent: str = AN_LUU, procedure: str = EXTRACT, **more: Any
) -> Case:
    """Take in at Tân Dân what An Lưu decides."""
    return Case.taken_in(procedure, at, competent_unit_id=unit(competent).id, **more)


def other_commune() -> UnitRef:
    """Return the counter of a third commune that has an officer."""
    known = {unit(TAN_DAN).id, unit(AN_LUU).id}
    rows = organisation.receiving_units([unit(AN_LUU).kind], MONDAY.date(), limit=200)
    return next(
        row
        for row in rows
        if row.id not in known and organisation.duty_holders(row.id, Role.ONE_STOP_OFFICER, MONDAY.date())
    )


def land_transfer(at: datetime = MONDAY) -> Case:
    """Take in a transfer of land at the district's counter."""
    return Case.taken_in(LAND_TRANSFER, at, receiving=KINH_MON, place="HD.KM.10699")


def at_state(state: State, at: datetime = MONDAY) -> Case:
    """Bring a dossier to a state by acts alone."""
    if state is State.PAYMENT_REQUESTED:
        case = land_transfer(at)
        case.wait_for_payment()
        return case
    if state in (State.SUBMITTED, State.NOT_ACCEPTED):
        case = Case.filed(RECOGNITION, at)
        if state is State.NOT_ACCEPTED:
            case.act(operations.refuse, reason="Hồ sơ nộp không đúng cơ quan có thẩm quyền.")
        return case
    case = Case.taken_in(RECOGNITION, at)
    match state:
        case State.ACCEPTED:
            pass
        case State.IN_PROCESS:
            case.forward()
        case State.SUPPLEMENT_REQUESTED:
            case.forward()
            case.ask()
        case State.SUSPENDED:
            case.forward()
            case.suspend()
        case State.WITHDRAWN:
            case.act(operations.withdraw, reason="Người nộp đề nghị rút hồ sơ.")
        case State.STOPPED:
            case.refuse_request()
        case State.PROCESSED:
            case.process()
        case State.RETURNED:
            case.process()
            case.hand_over()
        case State.VOID:
            case.act(
                operations.void_and_refile,
                filing=filing(MARITAL_STATUS, case.at),
                reason="Cán bộ tiếp nhận chọn nhầm thủ tục.",
            )
    assert case.dossier.state == state
    return case
