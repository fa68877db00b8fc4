"""
Processes drawn for tests: the commune's process of a procedure with something put behind its step of handling.

Versions stay in the tests' database for good; the procedure is one that no other test takes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from motcua.catalogue import queries as catalogue
from motcua.dossiers import facts
from motcua.dossiers.tests.factories import MONDAY, key
from motcua.kernel.actor import Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.process import AutoKind, Edge, Flow, Graph, Node, NodeKind
from motcua.kernel.process.bpmn import read, write
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow
from motcua.workflow.versions import operations, queries

GUARDIANSHIP = "1.004837"  # 3 working days, commune
VARIANT = "cap_xa"
_numbers = itertools.count(1)


def _day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()


def kstt(at: datetime = MONDAY) -> Actor:
    """Return an officer who keeps the processes of the province."""
    for unit_id in organisation.tree().nodes:
        found = organisation.duty_holders(unit_id, Role.KSTT, _day(at))
        for holder in found:
            actor = organisation.actor_of(holder.account_id, at)
            duty = actor.duty(Role.KSTT)
            if duty is not None and not duty.fields:
                return actor
    raise AssertionError("nobody keeps processes")


def base(procedure: str = GUARDIANSHIP, variant: str = VARIANT, at: datetime = MONDAY) -> Graph:
    """Return the process of the data, whatever was approved since, with room for more within the limit."""
    definition = catalogue.current(procedure, _day(at))
    rows = queries.versions(definition.id, variant, _day(at))
    graph = workflow.definition(min(row.id for row in rows)).graph
    quick = tuple(replace(node, hours=min(node.hours, Decimal("0.5"))) for node in graph.nodes)
    return replace(graph, nodes=quick)


def handling(graph: Graph) -> Node:
    """Return the step of the officer who handles the dossier."""
    return next(node for node in graph.nodes if node.role == Role.PROCESSING_OFFICER)


def behind(graph: Graph, nodes: Sequence[Node], edges: Sequence[Edge], *, first: str, last: str) -> Graph:
    """Return the process with some elements between handling and what followed its main way."""
    step = handling(graph)
    main = next(edge for edge in graph.edges if edge.source == step.id and edge.flow is Flow.FORWARD)
    ways = [replace(edge, target=first) if edge is main else edge for edge in graph.edges]
    return replace(
        graph,
        nodes=(*graph.nodes, *nodes),
        edges=(*ways, *edges, Edge(f"{last}>on", last, main.target)),
    )


def lookup(**more: Any) -> Node:
    """Return an automatic look-up of the owner."""
    values = {"ref": "csdl_dan_cu", "asks": (facts.OWNER_NUMBER, facts.OWNER_NAME), **more}
    return Node("tra_cuu", NodeKind.SERVICE_TASK, "Tra cứu dân cư", auto=AutoKind.LOOKUP, **values)


def with_lookup(graph: Graph) -> Graph:
    """Return the process with a look-up; not confirmed, the officer checks by hand."""
    step = handling(graph)
    person = Node(
        "kiem_tra",
        NodeKind.USER_TASK,
        "Kiểm tra thủ công",
        unit_kind=step.unit_kind,
        role=step.role,
        hours=Decimal(1),
    )
    return behind(
        graph,
        [lookup(), person, Node("gop", NodeKind.EXCLUSIVE)],
        [
            Edge("tra_cuu>dat", "tra_cuu", "gop", "dat", "Khớp"),
            Edge("tra_cuu>khong", "tra_cuu", "kiem_tra", "khong_dat", "Không khớp"),
            Edge("kiem_tra>gop", "kiem_tra", "gop", "hoan_thanh", "Đã kiểm tra"),
        ],
        first="tra_cuu",
        last="gop",
    )


def replaced(graph: Graph) -> Graph:
    """Return the process whose step of handling a look-up may do (R-045)."""
    step = handling(graph)
    main = next(edge for edge in graph.edges if edge.source == step.id and edge.flow is Flow.FORWARD)
    fresh = replace(
        step, auto=AutoKind.LOOKUP, ref="csdl_dan_cu", asks=(facts.OWNER_NUMBER,), answer=main.outcome
    )
    return replace(graph, nodes=tuple(fresh if node is step else node for node in graph.nodes))


def one(graph: Graph, kind: NodeKind, **values: Any) -> Graph:
    """Return the process with one element behind handling."""
    node = Node("them", kind, values.pop("name", "Bước thêm"), **values)
    return behind(graph, [node], [], first="them", last="them")


def approved(
    graph: Graph, procedure: str = GUARDIANSHIP, at: datetime = MONDAY, actor: Actor | None = None
) -> int:
    """Draw, check and approve a process, in force from that day on; return the version's number."""
    actor = actor or kstt(at)
    definition = catalogue.current(procedure, _day(at))
    draft = operations.start(
        procedure_version_id=definition.id, variant=graph.name, actor=actor, key=key(), at=at
    )
    row = queries.draft(actor, draft)
    revision = operations.save(
        draft_id=draft, revision=row.revision, drawing=write(graph), actor=actor, key=key(), at=at
    )
    found = operations.mark_checked(
        draft_id=draft, revision=revision, actor=actor, key=key(), at=at, known=facts.known(definition.id)
    )
    wrong = [problem.message for problem in found if not problem.warning]
    assert wrong == [], wrong
    assert read(write(graph)).graph == graph
    version = operations.approve(
        draft_id=draft, revision=revision, decision_no=f"{next(_numbers)}/QĐ-UBND", decided_on=_day(at),
        effective_on=_day(at), actor=actor, key=key(), at=at,
    )  # fmt: skip
    workflow.forget()
    return version
