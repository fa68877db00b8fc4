"""
A year of a province's dossiers, made quickly: prototypes through the real operations, then copies of them by COPY.

Every prototype is a dossier that was really filed and brought to some stage, with all its rows. A copy has its own
subject, code, owner and days, stands in another commune or district with the people who hold the same duties there, and
has its own ledger chain with real hashes. Documents are copied without their content, personal values of the ledger
are left out, and papers are filled up to four; nothing else differs from what the operations write.
"""

from __future__ import annotations

import json
import random
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import structlog
from django.db import connection, transaction

from motcua.catalogue import queries as catalogue
from motcua.catalogue import rules as catalogue_rules
from motcua.documents import operations as documents
from motcua.dossiers import definitions, operations, published
from motcua.dossiers.operations import Filing, PaperInput
from motcua.forms import rules as form_rules
from motcua.kernel import codes
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError
from motcua.kernel.process import Outcome, happy_path
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.parties.models import Account
from motcua.platform import canonical, clock, ledger
from motcua.setup.history import plan, record_minutes
from motcua.setup.scan import sample_file
from motcua.workflow import queries as workflow

log = structlog.get_logger(__name__)

BATCH = 1000
PAPERS, TASKS = 4, 6
WEEKS = 52
# Where a province's dossiers of a year stand on a morning: nearly all are done.
STAGES: Mapping[str, float] = {
    "returned": 88.0, "withdrawn": 1.2, "refused": 0.8, "processed": 1.6, "submitted": 0.9, "accepted": 0.6,
    "in_process": 5.7, "supplement": 1.2,
}  # fmt: skip
OPEN_STAGES = frozenset({"submitted", "accepted", "in_process", "supplement", "processed"})
OPEN_WEEKS, OPEN_SHARES = (0, 1, 2, 3), (60.0, 20.0, 12.0, 8.0)
LEVELS: Mapping[str, float] = {"commune": 49.0, "district": 29.0, "province": 20.0, "central": 2.0}
TABLES = (
    ("dossiers_dossier", "subject"),
    ("dossiers_answers", "subject"),
    ("dossiers_component", "dossier_id"),
    ("dossiers_supplementrequest", "dossier_id"),
    ("workflow_task", "subject"),
    ("documents_document", "subject"),
    ("platform_access", "subject"),
)
ENTRY = "platform_ledgerentry"
NUMBERED = frozenset(name for name, _ in TABLES[2:])  # tables whose `id` the database gives
UNITS = frozenset({"receiving_unit_id", "place_unit_id", "holder_unit_id", "unit_id"})
STAFF = frozenset({"holder_id", "assignee_id", "done_by_id", "officer_id"})
OWNER = {
    "owner_id": "owner", "submitter_id": "owner", "owner_name": "name", "owner_folded": "folded",
    "owner_number": "number", "owner_phone": "phone", "code": "code", "code_tail": "tail",
    "check_value": "check",
}  # fmt: skip
WITHOUT_CONTENT: Mapping[str, Any] = {
    "no": None, "frame": {}, "context": {}, "file_id": None, "state": "frozen", "replaces_id": None,
    "copy_of_id": None,
}  # fmt: skip


@dataclass(slots=True)
class Prototype:
    """
    A dossier at a stage as texts with named gaps: COPY lines by table, what each entry's hash covers, and the
    entries.

    Gaps: subject, owner and code; `u7` unit 7, `a7` agency, `s7` staff, `c7` account, `d7` duty, `n7` name of staff;
    `x2023-10-02` a day; `h2` the hash of the second entry.
    """

    level: str
    stage: str
    unit_id: int
    filed_on: date
    blocks: dict[str, str]
    hashed: list[str]
    entries: list[str]
    gaps: frozenset[str]
    days: tuple[date, ...]
    counts: Counter[str]


@dataclass(frozen=True, slots=True)
class Owner:
    """A made-up person who owns dossiers."""

    id: int
    name: str
    folded: str
    number: str
    phone: str


# Prototypes -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Player:
    """Plays one dossier to a stage; the moments run on by working minutes of the receiving unit."""

    unit_id: int
    procedure: str
    number: int
    run: str
    at: datetime
    code: str = ""
    acts: int = 0

    def play(self, stage: str, done_steps: int) -> int | None:
        """Return the subject, or None where the procedure has no such stage."""
        bundle = definitions.current(self.procedure, self.unit_id, self.at.astimezone(LOCAL).date())
        online = stage in ("submitted", "refused")
        if online and not bundle.procedure.offers("online"):
            return None
        account = Account.objects.filter(kind="citizen", party__isnull=False).order_by("id")[
            self.number % 200
        ]
        officer = self._holder(self.unit_id, Role.ONE_STOP_OFFICER, bundle.procedure.field)
        filing = self._filing(bundle, account, online)
        if online:
            done = operations.file(filing=filing, actor=self._citizen(account), key=self._key(), at=self.at)
            self.code = done.code
            if stage == "refused":
                self._later(60)
                operations.refuse(
                    code=self.code, actor=officer, key=self._key(), at=self.at,
                    reason="Hồ sơ nộp không đúng cơ quan có thẩm quyền giải quyết.",
                )  # fmt: skip
            return done.subject
        done = operations.take_in(filing=filing, actor=officer, key=self._key(), at=self.at)
        self.code = done.code
        if stage == "accepted":
            return done.subject
        self._later(20)
        operations.forward(code=self.code, actor=officer, key=self._key(), at=self.at)
        if stage == "withdrawn":
            self._later(200)
            operations.withdraw(
                code=self.code, actor=officer, key=self._key(), at=self.at,
                reason="Người nộp đề nghị rút hồ sơ để chuẩn bị lại giấy tờ.",
            )  # fmt: skip
            return done.subject
        return self._steps(bundle, done.subject, stage, done_steps)

    def _steps(self, bundle: definitions.Bundle, subject: int, stage: str, done_steps: int) -> int | None:
        graph = bundle.graph
        main = {step.node: step.outcome for step in reversed(happy_path(graph))}
        sent_back = False
        for turn in range(60):
            tasks = workflow.of_subject(SYSTEM, subject)
            task = next((item for item in tasks if item.is_open), None)
            self._later(25)
            if task is None:
                officer = self._holder(self.unit_id, Role.ONE_STOP_OFFICER, bundle.procedure.field)
                operations.resume(
                    code=self.code,
                    actor=officer,
                    key=self._key(),
                    at=self.at,
                    proof="Đã nhận văn bản trả lời",
                )
                continue
            holder = self._holder(task.unit_id, Role(task.role), bundle.procedure.field)
            if graph.handover is not None and task.node == graph.handover.id:
                if stage == "processed":
                    return subject
                if stage != "returned":
                    return None
                operations.return_result(
                    code=self.code, actor=holder, key=self._key(), at=self.at, collector="Người nhận"
                )
                return subject
            if stage == "in_process" and turn >= done_steps:
                return subject
            if task.assignee_id is None:
                operations.assign(code=self.code, task_id=task.id, actor=holder, key=self._key(), at=self.at)
                self._later(15)
            outcomes = {edge.outcome for edge in graph.outcomes(task.node)}
            if stage == "supplement" and Outcome.SUPPLEMENT in outcomes:
                operations.request_supplement(
                    code=self.code, actor=holder, key=self._key(), at=self.at, task_id=task.id,
                    items=[
                        {"name": next(iter(published.names(bundle.procedure.body)), published.CONTENT),
                         "what": "Cần bản rõ hơn"}
                    ],
                    reason="Bản sao kèm theo hồ sơ không đọc được.",
                )  # fmt: skip
                return subject
            back = [row for row in tasks if row.state == "done" and row.node != task.node][1:]
            if stage == "returned" and back and not sent_back and len(main) < TASKS:
                sent_back = True
                operations.return_step(
                    code=self.code, task_id=task.id, node=back[-1].node, actor=holder, key=self._key(),
                    at=self.at, reason="Dự thảo còn sai sót, đề nghị sửa lại.",
                )  # fmt: skip
                continue
            if graph.by_id[task.node].on_site:
                record_minutes(code=self.code, actor=holder, key=self._key(), at=self.at)
            operations.complete_step(
                code=self.code, task_id=task.id, outcome=main[task.node], actor=holder, key=self._key(),
                at=self.at,
            )  # fmt: skip
        return None

    def _filing(self, bundle: definitions.Bundle, account: Account, online: bool) -> Filing:
        on = self.at.astimezone(LOCAL).date()
        answers = form_rules.sample_answers(bundle.form, {}, on, pick=self.number % 5)
        kinds = [node.unit_kind for node in bundle.graph.net_nodes if node.unit_kind]
        place = None
        if organisation.missing_place(kinds, self.unit_id, on, procedure_field=bundle.procedure.field):
            place = organisation.unit_by_code(plan()["places"][0]).id
        given = PaperInput(handed_in=True)
        if online:
            scan = documents.store_upload(
                actor=self._citizen(account), name="ban-chup.pdf", data=sample_file(), at=self.at
            )
            given = PaperInput(file_id=scan.pk)
        return Filing(
            procedure_code=self.procedure,
            receiving_unit_id=self.unit_id,
            channel="online" if online else "direct",
            owner_id=account.party_id or 0,
            submitter_id=account.party_id or 0,
            answers=answers,
            papers={need.paper: given for need in catalogue_rules.papers_for(bundle.procedure.body, answers)},
            return_channel="account" if online else "direct",
            place_unit_id=place,
        )

    def _citizen(self, account: Account) -> Actor:
        return Actor(kind=ActorKind.CITIZEN, account_id=account.pk, party_id=account.party_id)

    def _holder(self, unit_id: int, role: Role, procedure_field: str) -> Actor:
        held = organisation.duty_holders(unit_id, role, self.at.astimezone(LOCAL).date(), procedure_field)
        return organisation.actor_of(held[0].account_id, self.at)

    def _later(self, minutes: int) -> None:
        self.at = organisation.calendar(self.unit_id).add_minutes(self.at, minutes)

    def _key(self) -> str:
        self.acts += 1
        return f"prototype:{self.run}:{self.number}:{self.acts}"


def make_prototypes(until: datetime, each: int = 6) -> list[Prototype]:
    """Play the prototypes: `each` procedures of a commune, a district and the province, at every stage."""
    found: list[Prototype] = []
    streams: dict[str, Mapping[str, Any]] = {}
    for stream in plan()["streams"]:
        tier = organisation.unit_by_code(stream["unit"]).tier
        streams.setdefault(tier, stream)
    number, run = 0, secrets.token_hex(4)
    for tier, stream in streams.items():
        unit = organisation.unit_by_code(stream["unit"])
        calendar = organisation.calendar(unit.id)
        recent = calendar.add_minutes(until - timedelta(days=6), 30)
        for procedure in sorted(stream["procedures"], key=lambda code: -stream["procedures"][code])[:each]:
            for stage in STAGES:
                for done_steps in (0, 1, 2, 3) if stage == "in_process" else (0,):
                    number += 1
                    begun = recent if stage in OPEN_STAGES else recent - timedelta(days=21)
                    player = _Player(
                        unit.id, procedure, number, run, calendar.add_minutes(begun, 7 * number % 300)
                    )
                    try:
                        with clock.at(player.at):
                            subject = player.play(stage, done_steps)
                    except DomainError as refusal:
                        log.warning("prototype_refused", procedure=procedure, stage=stage, code=refusal.code)
                        continue
                    if subject is not None:
                        found.append(_captured(subject, tier, stage))
    return found


def _captured(subject: int, tier: str, stage: str) -> Prototype:
    """Read a dossier's rows and turn them into texts with gaps."""
    with connection.cursor() as cursor:
        rows = {name: _rows(cursor, name, key, subject) for name, key in TABLES}
        entries = _rows(cursor, ENTRY, "subject", subject)
    dossier = rows["dossiers_dossier"][0]
    papers = rows["dossiers_component"]
    while papers and len(papers) < PAPERS:
        papers.append({**papers[-1], "no": papers[-1]["no"] + 1})
    code = dossier["code"]
    blocks: dict[str, str] = {}
    for name, _ in TABLES:
        lines: list[str] = []
        for row in rows[name]:
            if name == "documents_document":
                row |= WITHOUT_CONTENT
            if name == "dossiers_component":
                row["file_id"] = None  # a file belongs to one dossier
            cells = _marked(row, name == "dossiers_dossier")
            lines.append("\t".join(_cell(cells[column]) for column in _columns(name, row)) + "\n")
        blocks[name] = _template("".join(lines), code, days=name != "dossiers_answers")
    hashed, written = [], []
    for number, row in enumerate(sorted(entries, key=lambda row: row["seq"]), 1):
        row["personal_digest"] = None
        shown = _marked(row, False) | {"recorded_at": "⟪recorded⟫"}
        covered = canonical.dumps({column: shown[column] for column in ledger.HASHED})
        hashed.append(_template(covered, code, days=True))
        shown |= {"prev": f"\\x⟪h{number - 1}⟫", "hash": f"\\x⟪h{number}⟫"}
        line = "\t".join(_cell(shown[column]) for column in ledger.COLUMNS) + "\n"
        written.append(_template(line, code, days=True))
    texts = "".join((*blocks.values(), *hashed, *written))
    gaps = frozenset(re.findall(r"%\(([^)]*)\)s", texts))
    counts = Counter({name: len(found) for name, found in {**rows, ENTRY: entries}.items()})
    return Prototype(
        level=tier,
        stage=stage,
        unit_id=dossier["receiving_unit_id"],
        filed_on=dossier["filed_at"].astimezone(LOCAL).date(),
        blocks=blocks,
        hashed=hashed,
        entries=written,
        gaps=gaps,
        days=tuple(date.fromisoformat(gap[1:]) for gap in sorted(gaps) if gap.startswith("x")),
        counts=counts,
    )


def _rows(cursor: Any, table: str, key: str, value: Any) -> list[dict[str, Any]]:
    cursor.execute(f"SELECT * FROM {table} WHERE {key} = %s", [value])  # noqa: S608  (names of our own)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _columns(table: str, row: Mapping[str, Any]) -> list[str]:
    """Return the columns that COPY is given: all but those that the database fills."""
    return [column for column in row if not (column == "id" and table in NUMBERED)]


def _marked(row: Mapping[str, Any], is_dossier: bool) -> dict[str, Any]:
    """Return the row with marks where copies differ: ⟦number⟧ and ⟪text⟫."""
    marked: dict[str, Any] = {}
    for column, value in row.items():
        if value is None:
            marked[column] = None
        elif column in ("subject", "dossier_id"):
            marked[column] = "⟦subject⟧"
        elif column in UNITS:
            marked[column] = f"⟦u{value}⟧"
        elif column == "agency_id":
            marked[column] = f"⟦a{value}⟧"
        elif column in STAFF:
            marked[column] = f"⟦s{value}⟧"
        elif column == "duty_id":
            marked[column] = f"⟦d{value}⟧"
        elif column == "account_id":
            marked[column] = f"⟦c{value}⟧"
        elif column == "party_id":
            marked[column] = "⟦owner⟧"
        elif is_dossier and column in OWNER:
            marked[column] = f"⟪{OWNER[column]}⟫"
        elif is_dossier and column == "head":
            marked[column] = "⟪head⟫"
        elif is_dossier and column == "holder_name" and row["holder_id"]:
            marked[column] = f"⟪n{row['holder_id']}⟫"
        elif column == "payload":
            marked[column] = {
                key: f"⟦u{item}⟧" if key in ("receiving_unit", "from_unit", "to_unit") and item else item
                for key, item in _loaded(value).items()
            }
        else:
            marked[column] = _loaded(value) if column in ("clock", "answers", "items", "frame") else value
    return marked


def _loaded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _cell(value: Any) -> str:
    """Return a value as COPY's text format has it."""
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case bytes() | memoryview():
            return "\\\\x" + bytes(value).hex()
        case dict() | list():
            text = canonical.dumps(value)
        case _:
            text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _template(text: str, code: str, *, days: bool) -> str:
    """Return a text with marks as a template for `%`; days become gaps of their own."""
    text = text.replace("%", "%%").replace(code, "⟪code⟫")
    if days:
        text = re.sub(r"(?<![\d-])(20\d\d-\d\d-\d\d)(?=T|\"|\t)", r"⟪x\1⟫", text)
    text = re.sub(r'"⟦([^⟧]*)⟧"', r"%(\1)s", text)
    return re.sub(r"[⟦⟪]([^⟧⟫]*)[⟧⟫]", r"%(\1)s", text)


# Where copies stand ------------------------------------------------------------------------------------------


class Places:
    """Maps a prototype's units, agencies and people to those of another commune or district."""

    def __init__(self, on: date) -> None:
        self.on, self.tree = on, organisation.tree()
        self.held: dict[tuple[int, str], list[tuple[int, int, int, str]]] = {}
        self.duty: dict[int, tuple[int, str]] = {}
        self.staff: dict[int, tuple[int, str]] = {}
        self.account: dict[int, int] = {}
        rows = (
            Duty.objects.filter(valid_from__lte=on)
            .exclude(valid_to__lt=on)
            .order_by("id")
            .values_list("id", "unit_id", "role", "staff_id", "staff__account_id", "staff__full_name")
        )
        for duty_id, unit_id, role, staff_id, account_id, name in rows:
            self.held.setdefault((unit_id, role), []).append((duty_id, staff_id, account_id, name))
            self.duty[duty_id] = unit_id, role
            self.staff.setdefault(staff_id, (unit_id, role))
            self.account[account_id] = staff_id
        self._maps: dict[tuple[int, int], dict[str, str] | None] = {}

    def targets(self, prototype: Prototype) -> list[int]:
        """Return the receiving units that can stand in for the prototype's, itself among them."""
        kind = self.tree.nodes[prototype.unit_id].ref.kind
        return [
            node.ref.id
            for node in self.tree.units_of_kind(kind, self.on)
            if self._map(prototype, node.ref.id) is not None
        ]

    def gaps(self, prototype: Prototype, unit_id: int) -> Mapping[str, str]:
        """Return what fills the gaps of units, agencies and people at a receiving unit."""
        found = self._map(prototype, unit_id)
        assert found is not None  # noqa: S101  (asked only for a target)
        return found

    def _map(self, prototype: Prototype, unit_id: int) -> dict[str, str] | None:
        key = id(prototype), unit_id
        if key not in self._maps:
            self._maps[key] = self._filled(prototype, self._renamed(prototype.unit_id, unit_id))
        return self._maps[key]

    def _renamed(self, source: int, target: int) -> dict[str, str]:
        """Return by which parts the codes of two units differ."""
        one, other = (self.tree.nodes[unit].ref.code.split(".") for unit in (source, target))
        if len(one) != len(other):
            return {}
        return {a: b for a, b in zip(one, other, strict=True) if a != b}

    def _unit(self, unit_id: int, names: Mapping[str, str]) -> int | None:
        code = ".".join(names.get(part, part) for part in self.tree.nodes[unit_id].ref.code.split("."))
        node = self.tree.by_code.get(code)
        return node.ref.id if node is not None and node.in_force(self.on) else None

    def _filled(self, prototype: Prototype, names: Mapping[str, str]) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for gap in prototype.gaps:
            kind, number = gap[0], gap[1:]
            if not number.isdecimal() or kind not in "uascdn":
                continue
            value = self._value(kind, int(number), names)
            if value is None:
                return None
            found[gap] = value
        return found

    def _value(self, kind: str, number: int, names: Mapping[str, str]) -> str | None:
        if kind == "u":
            unit = self._unit(number, names)
            return str(unit) if unit is not None else None
        if kind == "a":
            unit = self._unit(self.tree.roots[number], names)
            return str(self.tree.nodes[unit].ref.agency_id) if unit is not None else None
        if kind == "c" and number not in self.account:
            return str(number)  # a citizen's
        staff_id = self.account.get(number) if kind == "c" else number
        home = self.duty.get(number) if kind == "d" else self.staff.get(staff_id or 0)
        unit = self._unit(home[0], names) if home else None
        held = self.held.get((unit, home[1])) if unit is not None and home else None
        if not held:
            return None
        duty_id, staff, account, name = held[0]
        return {"d": str(duty_id), "s": str(staff), "c": str(account), "n": name}[kind]


# Owners ------------------------------------------------------------------------------------------------------

FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Ngô",
    "Dương",
    "Đoàn",
    "Phan",
    "Hồ",
)
MIDDLE = (
    "Văn",
    "Thị",
    "Đức",
    "Minh",
    "Quang",
    "Hữu",
    "Thanh",
    "Thu",
    "Ngọc",
    "Phương",
    "Xuân",
    "Mạnh",
    "Kim",
)
GIVEN = (
    "An", "Bình", "Cường", "Dũng", "Hải", "Hùng", "Khánh", "Long", "Nam", "Phong", "Quân", "Sơn", "Thắng", "Tuấn",
    "Việt", "Anh", "Chi", "Dung", "Giang", "Hà", "Hoa", "Hương", "Lan", "Linh", "Mai", "Nga", "Oanh", "Thảo", "Trang",
    "Yến", "Tâm", "Thủy", "Đạt", "Huy", "Kiên", "Lâm", "Nhung", "Phúc", "Quyên", "Tùng",
)  # fmt: skip


def make_owners(count: int, dice: random.Random) -> list[Owner]:
    """Write made-up persons with their parties by COPY; return them."""
    owners: list[Owner] = []
    with transaction.atomic(), connection.cursor() as cursor:
        person = _rows(cursor, "parties_person", "fictitious", True)[0]
        party = _rows(cursor, "parties_party", "kind", "person")[0]
        numbers = {
            name: _numbers(cursor, f"pg_get_serial_sequence('{name}', 'id')", count)
            for name in ("parties_person", "parties_party")
        }
        people, bodies = [], []
        for number in range(count):
            name = f"{dice.choice(FAMILY)} {dice.choice(MIDDLE)} {dice.choice(GIVEN)}"
            folded, serial = fold(name), numbers["parties_person"][number]
            phone = f"09{dice.randrange(10**8):08d}"
            owner = Owner(numbers["parties_party"][number], name, folded, f"{serial:012d}", phone)
            owners.append(owner)
            people.append(
                person
                | {"id": serial, "code": None, "personal_id": f"{serial:012d}", "full_name": name, "folded": folded,
                   "spouse_id": None, "father_id": None, "mother_id": None, "household_id": None,
                   "old_id_number": "", "social_insurance_no": ""}
            )  # fmt: skip
            bodies.append(
                party
                | {"id": owner.id, "person_id": serial, "display_name": name, "folded": folded,
                   "id_number": f"{serial:012d}", "phone": owner.phone, "email": ""}
            )  # fmt: skip
        for table, rows in (("parties_person", people), ("parties_party", bodies)):
            names = list(rows[0])
            with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write("\t".join(_cell(_loaded_json(row[name])) for name in names) + "\n")
    return owners


def _loaded_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] == "[" else value


def _numbers(cursor: Any, sequence: str, count: int) -> list[int]:
    """Take numbers of a sequence, `sequence` being SQL for its name."""
    cursor.execute(f"SELECT nextval(({sequence})::regclass) FROM generate_series(1, %s)", [count])  # noqa: S608  (texts of ours; values are parameters)
    return [number for (number,) in cursor.fetchall()]


# Copies ------------------------------------------------------------------------------------------------------


def plan_of(prototypes: Sequence[Prototype]) -> list[tuple[Prototype, float]]:
    """Return the prototypes with their weights, by level and stage."""
    groups = Counter((prototype.level, prototype.stage) for prototype in prototypes)
    return [(one, LEVELS[one.level] * STAGES[one.stage] / groups[one.level, one.stage]) for one in prototypes]


def write_copies(
    prototypes: Sequence[Prototype], owners: Sequence[Owner], count: int, part: int, seed: int
) -> Counter[str]:
    """
    Write `count` copies; return how many rows each table got. `part` numbers writers that run side by side.

    Batches are transactions of their own, so sealing and counting follow while it writes.
    """
    dice = random.Random(f"{seed} {part}")  # noqa: S311  (made-up data)
    places = Places(clock.now().astimezone(LOCAL).date())
    weighted = plan_of(prototypes)
    targets = {id(one): places.targets(one) for one, _ in weighted}
    checks = [codes.check_value(dice.randbytes(codes.CHECK_ENTROPY_BYTES)) for _ in range(5000)]
    recorded = clock.real_now().isoformat(timespec="microseconds")
    numbers: Counter[str] = Counter()
    total: Counter[str] = Counter()
    series = cache(_series)
    columns = _copied_columns()
    while total["dossiers_dossier"] < count:
        size = min(BATCH, count - total["dossiers_dossier"])
        chosen = dice.choices([one for one, _ in weighted], [weight for _, weight in weighted], k=size)
        texts: dict[str, list[str]] = {name: [] for name in columns}
        with transaction.atomic(), connection.cursor() as cursor:
            subjects = _numbers(cursor, "'platform_subject_seq'", size)
            for subject, one in zip(subjects, chosen, strict=True):
                unit_id = dice.choice(targets[id(one)])
                weeks = (
                    dice.choices(OPEN_WEEKS, OPEN_SHARES)[0]
                    if one.stage in OPEN_STAGES
                    else dice.randrange(WEEKS)
                )
                day = one.filed_on - timedelta(weeks=weeks)
                prefix = series(unit_id, day)
                numbers[prefix] += 1
                number = str(20_000 * (part + 1) + numbers[prefix])
                owner = dice.choice(owners)
                gaps: dict[str, Any] = {
                    **places.gaps(one, unit_id),
                    **{f"x{old}": str(old - timedelta(weeks=weeks)) for old in one.days},
                    "subject": subject, "owner": owner.id, "name": owner.name, "folded": owner.folded,
                    "number": owner.number, "phone": owner.phone, "code": prefix + number, "tail": number,
                    "check": dice.choice(checks), "recorded": recorded, "h0": "",
                }  # fmt: skip
                last = b""
                for seq, covered in enumerate(one.hashed, 1):
                    last = canonical.digest(last, (covered % gaps).encode())
                    gaps[f"h{seq}"] = last.hex()
                gaps["head"] = f"\\\\x{last.hex()}"
                for name, block in one.blocks.items():
                    if block:
                        texts[name].append(block % gaps)
                texts[ENTRY] += [entry % gaps for entry in one.entries]
                total += one.counts
            for name, parts in texts.items():
                if parts:
                    with cursor.copy(f"COPY {name} ({columns[name]}) FROM STDIN") as copy:
                        copy.write("".join(parts))
    return total


def _series(unit_id: int, day: date) -> str:
    """Return a dossier code without its number."""
    prefix, shape = organisation.code_prefix(unit_id), catalogue.code_shape(day)
    made = shape.make(id=prefix.id, legacy_id=prefix.legacy_id, day=day, number=1)
    return made.rsplit(shape.pattern.separator, 1)[0] + shape.pattern.separator


def _copied_columns() -> dict[str, str]:
    """Return the columns of every table in the order of its COPY lines."""
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        for name, _ in TABLES:
            cursor.execute(f"SELECT * FROM {name} LIMIT 0")  # noqa: S608  (names of our own)
            row = {column.name: None for column in cursor.description}
            found[name] = ", ".join(_columns(name, row))
    found[ENTRY] = ", ".join(ledger.COLUMNS)
    return found
