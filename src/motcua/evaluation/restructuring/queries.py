"""Reads of the register: for procedure-control officers, and for leaders who look into real ways."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.catalogue.rules import papers_for
from motcua.evaluation.mining import queries as mining
from motcua.evaluation.restructuring.models import Restructuring
from motcua.evaluation.restructuring.rules import Measure, RestructuringNotFound, Stage, spans
from motcua.forms.rules import sample_answers
from motcua.kernel.actor import Actor, ActorKind, DutyRef, Role
from motcua.kernel.process import NodeKind
from motcua.workflow import queries as workflow
from motcua.workflow.versions import queries as versions


@dataclass(frozen=True, slots=True)
class View:
    """A restructuring as it stands; `effect` is what was measured when it was judged."""

    number: int
    procedure_code: str
    field: str
    what: str
    legal_changes: str
    before: Mapping[Measure, Decimal]
    after: Mapping[Measure, Decimal]
    stage: Stage
    proposed_by_id: int | None
    proposed_at: datetime
    decision_no: str
    decided_on: date | None
    live_on: date | None
    effect: Mapping[str, Any]
    words: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What dossiers came to in spans before and since; None where none ended there."""

    first: tuple[date, date]
    then: tuple[date, date]
    before: mining.SpanFigures | None
    after: mining.SpanFigures | None


def may_look(actor: Actor) -> bool:
    """Tell whether the register is the actor's to read."""
    return actor.kind is ActorKind.SYSTEM or mining.may_look(actor)


def keeps(actor: Actor, field: str) -> DutyRef | None:
    """Return the duty under which the actor keeps the register for a field, if any."""
    return actor.duty(Role.KSTT, procedure_field=field)


def restructurings(
    actor: Actor, stages: Collection[Stage] = (), *, after: int = 0, size: int = 50
) -> list[View]:
    """Return restructurings, the newest first, at most `size + 1`, below the number `after`; none for others."""
    if not may_look(actor):
        return []
    rows = Restructuring.objects.order_by("-subject")
    if stages:
        rows = rows.filter(stage__in=[stage.value for stage in stages])
    if after:
        rows = rows.filter(subject__lt=after)
    return [_view(row) for row in rows[: size + 1]]


def restructuring(actor: Actor, number: int) -> View:
    """
    Return a restructuring.

    :raises RestructuringNotFound: it is not there, or not for the actor.
    """
    row = Restructuring.objects.filter(pk=number).first() if may_look(actor) else None
    if row is None:
        raise RestructuringNotFound
    return _view(row)


def _view(row: Restructuring) -> View:
    return View(
        row.subject, row.procedure_code, row.field, row.what, row.legal_changes, _measures(row.before),
        _measures(row.after), Stage(row.stage), row.proposed_by_id, row.proposed_at, row.decision_no, row.decided_on,
        row.live_on, row.effect, row.words, row.ended_at,
    )  # fmt: skip


def _measures(stored: Mapping[str, str]) -> dict[Measure, Decimal]:
    return {one: Decimal(stored[one.value]) for one in Measure}


def known_today(procedure_code: str, on: date) -> dict[Measure, Decimal]:
    """
    Return what the system itself knows of a procedure on a day: steps and hours of its process, papers it asks for.

    The process with the most hours stands for the procedure; visits and cost are the officer's to say.

    :raises NotFound: there is no such procedure.
    """
    of = catalogue.current(procedure_code, on)
    needs = papers_for(of.body, sample_answers(of.body["eform"], {}, on))
    found = {Measure.PAPERS: Decimal(len(needs))}
    tasks = [
        [node for node in process.graph.nodes if node.kind is NodeKind.USER_TASK]
        for process in workflow.processes_of(of.id)
    ]
    if tasks:
        longest = max(tasks, key=lambda nodes: sum(node.hours for node in nodes))
        found[Measure.STEPS] = Decimal(len(longest))
        found[Measure.HOURS] = sum((node.hours for node in longest), Decimal(0))
    return found


def measured(
    actor: Actor, live_on: date | None, procedure_code: str, today: date, days: int
) -> Effect | None:
    """
    Return what dossiers of the procedure came to before and since, over at most `days` days each.

    None until a day is over since it runs the new way.

    :raises NotAMiner: real ways are not the actor's.
    """
    if live_on is None:
        return None
    span = spans(live_on, today, days)
    if span is None:
        return None
    processes = versions.process_ids(catalogue.version_ids(procedure_code))
    before, after = (
        mining.figures(actor, processes, mining.Span(*days)) for days in (span.before, span.after)
    )
    return Effect(span.before, span.after, before, after)
