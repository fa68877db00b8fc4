"""What conditions of gateways see of a dossier: the form's answers and a few facts of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from motcua.dossiers import definitions, facts
from motcua.dossiers.tests.factories import RECOGNITION, Case
from motcua.kernel.process import Edge, Graph
from motcua.kernel.process.condition import FactKind, check, parse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def asking(graph: Graph, text: str) -> Graph:
    """Return the process with a condition on its last way (what it does to the course does not matter here)."""
    last: Edge = graph.edges[-1]
    return replace(graph, edges=(*graph.edges[:-1], replace(last, condition=parse(text))))


def test_a_process_without_conditions_asks_for_nothing() -> None:
    case = Case.filed(RECOGNITION)
    dossier = case.dossier
    graph = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    ).graph
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert facts.of(dossier, graph) == {}
    assert len(asked) == 0


def test_answers_and_own_facts_are_read_by_name_in_one_statement() -> None:
    case = Case.filed(RECOGNITION)
    dossier = case.dossier
    bundle = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    )
    own = f'{facts.CHANNEL} = "online" hoặc {facts.SUPPLEMENTS} > 1 hoặc {facts.BY_ANOTHER}'
    with CaptureQueriesContext(connection) as asked:
        found = facts.of(dossier, asking(bundle.graph, own))
    assert len(asked) == 0
    assert found[facts.CHANNEL] == dossier.channel
    assert found[facts.SUPPLEMENTS] == 0
    assert found[facts.BY_ANOTHER] is (dossier.submitter_id != dossier.owner_id)
    graph = asking(bundle.graph, f'applicant_name và {facts.CHANNEL} = "direct"')
    with CaptureQueriesContext(connection) as asked:
        found = facts.of(dossier, graph)
    assert len(asked) == 1
    assert set(found) == {"applicant_name", facts.CHANNEL}
    assert facts.of(dossier, graph, {"applicant_name": "A"})["applicant_name"] == "A"


def test_the_names_a_condition_may_use() -> None:
    case = Case.filed(RECOGNITION)
    known = facts.known(case.dossier.procedure_version_id)
    assert known["applicant_birth_date"].kind is FactKind.DATE
    assert "online" in known[facts.CHANNEL].choices
    assert check(parse('ho_so.kenh_nop = "online" và applicant_name'), known) == []
    assert check(parse("khong_co_ten_nay"), known) != []
