"""
The dossiers of past months for a trial: clocks as kept, steps as they were done, of what the actor may see.

A trial is one `Run`, whoever asks for it: the command lets it run through, a job a batch at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from motcua.catalogue import queries as catalogue
from motcua.dossiers import facts
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.models import Answers, Dossier
from motcua.dossiers.replay import Case, Change, Outcome, Stay
from motcua.dossiers.trialfigures import Report, Tally
from motcua.dossiers.usual import usual
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL, WorkingCalendar
from motcua.kernel.errors import Invalid, NotFound
from motcua.kernel.process import Graph, bpmn, flatten
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.workflow import queries as workflow
from motcua.workflow import team
from motcua.workflow.versions import operations as drafts

BATCH: Final = 1000
SETTING: Final = "trials"
"""The dated setting of the province: how many dossiers one trial takes at most, how many days it is kept."""


class VariantNeeded(Invalid):
    """The procedure has several variants of its process, and it was not said which one is tried."""

    code = "replay_variant_needed"

    def __init__(self, variants: str) -> None:
        super().__init__(f"Thủ tục này có nhiều phương án quy trình ({variants}). Chọn một phương án.")


class TooMany(Invalid):
    """The period holds more dossiers than one trial takes, by the province's setting."""

    code = "replay_too_many"

    def __init__(self, most: int) -> None:
        super().__init__(f"Kỳ này có hơn {most} hồ sơ. Chọn một thủ tục hoặc kỳ ngắn hơn.", most=most)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that is tried, calls put in place, and the variant of the procedure it would be."""

    graph: Graph
    variant: str

    @property
    def hours(self) -> dict[str, Decimal]:
        """Return the working hours its steps declare."""
        return {node.id: node.hours for node in self.graph.nodes if node.hours}


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What is tried, on which dossiers, as of which moment.

    Those accepted from `since` to before `until`; with a `variant` only those that ran this variant of the procedure's
    process.
    """

    since: datetime
    until: datetime
    at: datetime
    change: Change
    procedure_code: str = ""
    variant: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "at": self.at.isoformat(),
            "change": self.change.to_json(),
            "procedure": self.procedure_code,
            "variant": self.variant,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Wanted:
        """Return what was kept as JSON values."""
        return cls(
            since=datetime.fromisoformat(data["since"]),
            until=datetime.fromisoformat(data["until"]),
            at=datetime.fromisoformat(data["at"]),
            change=Change.from_json(data["change"]),
            procedure_code=data["procedure"],
            variant=data["variant"],
        )


def most(on: date) -> int | None:
    """Return how many dossiers a trial takes at most by the setting of a day; None: as many as there are."""
    setting = catalogue.setting(SETTING, on)
    return None if setting is None else int(setting["most"])


def processes(procedure_code: str, on: date) -> dict[str, Graph]:
    """
    Return the processes by which dossiers of a procedure run that are received on a day, by variant.

    :raises NotFound: there is no such procedure.
    """
    version = catalogue.current(procedure_code, on).id
    return {
        found.variant: workflow.process_of(version, found.variant, on).graph
        for found in workflow.processes_of(version)
    }


def drawn(content: bytes | Graph, procedure_code: str, variant: str, on: date) -> Process:
    """
    Return a process drawn in a file, or a draft's, as it would run for a procedure; nothing is kept.

    Without a variant, that of the procedure if it has only one.

    :raises Invalid: it cannot be read, a call of it leads nowhere, or the procedure has several variants.
    :raises NotFound: there is no such procedure or variant.
    """
    variants = processes(procedure_code, on)
    if not variant and len(variants) > 1:
        raise VariantNeeded(", ".join(variants))
    chosen = variant or next(iter(variants), "")
    if chosen not in variants:
        raise NotFound(f"Thủ tục {procedure_code} không có phương án quy trình “{chosen}”.")
    graph = content if isinstance(content, Graph) else bpmn.read(content).graph
    resolve, own = drafts.called_from(catalogue.current(procedure_code, on).id, chosen, on)
    flat, problems = flatten(graph, resolve, own)
    if problems:
        raise Invalid(problems[0].message)
    return Process(flat, chosen)


@dataclass(slots=True)
class Run:
    """
    A trial under way for an actor: what is tried, the dossier it has come to, what was counted.

    Begun with the `after` and the tally of an earlier one it goes on where that one stood.
    """

    actor: Actor
    wanted: Wanted
    tally: Tally
    after: int = 0
    more: bool = True
    size: int = BATCH
    _calendars: dict[int, WorkingCalendar] = field(default_factory=dict)
    _usually: dict[int, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def begun(cls, actor: Actor, wanted: Wanted) -> Run:
        """Return one at its beginning."""
        return cls(actor, wanted, Tally(wanted.change))

    def total(self) -> int:
        """
        Return how many dossiers there are to be looked at.

        :raises TooMany: more than one trial takes.
        """
        where, values = self._where(0)
        limit = most(self.wanted.at.astimezone(LOCAL).date())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM dossiers_dossier d WHERE {where} LIMIT %s) found",  # noqa: S608  (texts of ours; values are parameters)
                [*values, None if limit is None else limit + 1],
            )
            count = int(cursor.fetchone()[0])
        if limit is not None and count > limit:
            raise TooMany(limit)
        return count

    def next(self) -> tuple[int, list[Outcome]]:
        """Try the next dossiers; return how many were looked at, and those late before or after."""
        found = self._page()
        late = []
        for case in self._cases(found):
            one = self.tally.add(case, self._calendar(case.agency_id), self.wanted.at)
            if one.late_before or one.late_after:
                late.append(one)
        self.more = len(found) == self.size
        self.after = found[-1][0] if found else self.after
        return len(found), late

    def _cases(self, rows: Sequence[tuple[Any, ...]]) -> list[Case]:
        """Return the rows with their stays; where ends may move, or are still to come, with processes and facts."""
        wanted, moves = self.wanted, self.wanted.change.moves_ends
        mine = [row for row in rows if not wanted.variant or _variant(row[6]) == wanted.variant]
        stays: dict[int, list[Stay]] = {}
        for task in team.history(self.actor, [row[0] for row in mine]):
            stays.setdefault(task.subject, []).append(
                Stay(
                    task.node, task.name, task.unit_id, task.hours, task.opened_at, task.done_at, task.outcome
                )
            )
        led = [row for row in mine if moves or row[5] is None]
        graphs = {row[6]: workflow.definition(row[6]).graph for row in led}
        for version in graphs.keys() - self._usually.keys():
            self._usually[version] = usual(version, wanted.at.astimezone(LOCAL).date())
        known = _facts([(row[0], row[6]) for row in led], graphs, wanted.change.process)
        return [
            Case(
                subject,
                code,
                procedure,
                agency_id,
                Clock.from_json(json.loads(clock) if isinstance(clock, str) else clock).deadline,
                ended_at,
                tuple(stays.get(subject, ())),
                graphs.get(version),
                known.get(subject, {}),
                self._usually.get(version, {}),
            )
            for subject, code, procedure, agency_id, clock, ended_at, version in mine
        ]

    def _page(self) -> list[tuple[Any, ...]]:
        where, values = self._where(self.after)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.subject, d.code, d.procedure_code, d.agency_id, d.clock, d.ended_at, d.process_version_id"  # noqa: S608  (texts of ours; values are parameters)
                f" FROM dossiers_dossier d WHERE {where} ORDER BY d.subject LIMIT %s",
                [*values, self.size],
            )
            return list(cursor.fetchall())

    def _where(self, after: int) -> tuple[str, list[Any]]:
        """Return the condition of the dossiers still to be looked at, void ones left out, and its values."""
        wanted = self.wanted
        narrow = " AND d.procedure_code = %s" if wanted.procedure_code else ""
        return (
            "d.accepted_at >= %s AND d.accepted_at < %s AND d.subject > %s AND d.state <> 'void'"
            f" AND d.clock ? 'deadline'{narrow} AND {access.visible('d.subject')}",
            [
                wanted.since, wanted.until, after, *([wanted.procedure_code] if narrow else []),
                *access.parameters(self.actor),
            ],
        )  # fmt: skip

    def _calendar(self, agency_id: int) -> WorkingCalendar:
        """Return the calendar of an agency after the change."""
        change = self.wanted.change
        if agency_id not in self._calendars:
            unit = organisation.root_of_agency(agency_id).id
            self._calendars[agency_id] = (
                organisation.calendar_with(unit, change.days_off, change.days_on)
                if change.days_off or change.days_on
                else organisation.calendar(unit)
            )
        return self._calendars[agency_id]


def _variant(process_version_id: int) -> str:
    return workflow.definition(process_version_id).variant


def _facts(
    rows: Sequence[tuple[int, int]], graphs: Mapping[int, Graph], tried: Graph | None
) -> dict[int, dict[str, Any]]:
    """Return what gateways read, by subject, of dossiers given with their processes (two statements at most)."""
    read = {version: facts.wanted(graph) for version, graph in graphs.items()}
    more = facts.wanted(tried) if tried else frozenset()
    wanted = {subject: read[version] | more for subject, version in rows if graphs and read[version] | more}
    if not wanted:
        return {}
    answers = dict(Answers.objects.filter(subject__in=wanted).values_list("subject", "answers"))
    return {
        dossier.subject: facts.some(dossier, wanted[dossier.subject], answers.get(dossier.subject))
        for dossier in Dossier.objects.filter(subject__in=wanted)
    }


def tried(actor: Actor, wanted: Wanted, late: Callable[[Outcome], object] | None = None) -> Report:
    """
    Return what a change would make of the dossiers, all in one go; `late` is told each that is late before or after.

    :raises TooMany:
    """
    run = Run.begun(actor, wanted)
    run.total()
    while run.more:
        for one in run.next()[1]:
            if late is not None:
                late(one)
    return run.tally.report()
