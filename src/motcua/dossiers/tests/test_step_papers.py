"""Papers that a step prints: made in the act that does it, once, told in its entry; what may be named at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import PrintTemplate
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document
from motcua.dossiers import operations, steppapers
from motcua.dossiers.models import Dossier
from motcua.dossiers.operations import automatic
from motcua.dossiers.rules import NotAllowedNow
from motcua.dossiers.tests import drawn, traces
from motcua.dossiers.tests.drawn import GUARDIANSHIP, approved, base, handling
from motcua.dossiers.tests.factories import MONDAY, WORDS, Case, citizen, key
from motcua.dossiers.tests.test_automatic import YES, answering, waiting
from motcua.dossiers.tests.test_statements import statements
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import Stale
from motcua.kernel.process import Flow, Graph
from motcua.platform import clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
PRINTS = ("control_slip", "to_trinh", "slip", "apology")


def printing(graph: Graph, prints: tuple[str, ...] = PRINTS, node: str = "") -> Graph:
    """Return the process whose step of handling (or a named one) prints papers."""
    chosen = node or handling(graph).id
    return replace(
        graph, nodes=tuple(replace(one, prints=prints) if one.id == chosen else one for one in graph.nodes)
    )


def at_handling(graph: Graph) -> Case:
    """Return a dossier that stands at the step of handling of an approved process."""
    approved(graph)
    me = citizen()
    case = Case.taken_in(GUARDIANSHIP, owner_id=me.party_id, submitter_id=me.party_id)
    case.forward()
    return case


def made(case: Case, kind: str) -> list[Document]:
    return list(Document.objects.filter(subject=case.subject, kind=kind).order_by("id"))


def test_a_step_done_makes_its_papers_once_and_its_entry_tells_them() -> None:
    case = at_handling(printing(base()))
    task, doer = case.task, case.doer()
    assert made(case, "control_slip") == []
    sent = key()
    done = case.step(key=sent)
    (slip,), (draft,), (receipt,) = (made(case, kind) for kind in ("control_slip", "draft", "slip"))
    assert done.printed == {"control_slip": slip.pk, "to_trinh": draft.pk, "slip": receipt.pk}
    assert dict(done.papers) == dict(done.printed)
    assert (draft.title, slip.number, slip.frame["form_no"]) == ("Dự thảo: Tờ trình", "", "05")
    rows = slip.context["hand_overs"]
    assert rows[-1]["step"] == task.name and rows[-1]["giver_name"] == doer.name
    entry = traces.last(case.subject)
    assert entry.act == "complete_step"
    assert [(one["code"], one["document"]) for one in entry.payload["printed"]] == [
        ("control_slip", slip.pk), ("to_trinh", draft.pk), ("slip", receipt.pk),
    ]  # fmt: skip  # no letter of apology was signed: there is nothing to hand out
    assert documents.printed(actor=SYSTEM, document_id=slip.pk, at=case.at).pdf.startswith(b"%PDF")
    seen = {one.id for one in papers.documents_of(citizen(), case.subject)}
    assert receipt.pk in seen and not {slip.pk, draft.pk} & seen
    before = traces.everything()
    again = operations.complete_step(
        code=case.code,
        actor=doer,
        key=sent,
        at=case.at,
        task_id=task.id,
        outcome=task_outcome(case, task.node),
    )
    assert again.again and again.printed == {}
    assert traces.everything() == before


def task_outcome(case: Case, node: str) -> str:
    edges = case.bundle.graph.outgoing[node]
    return next(edge.outcome for edge in edges if edge.flow is Flow.FORWARD)


def test_what_is_refused_or_sent_back_prints_nothing_and_the_step_done_again_replaces_its_papers() -> None:
    case = at_handling(printing(base()))
    first = case.task
    before = traces.everything()
    with pytest.raises(Stale):
        case.step(seen=1)
    assert traces.everything() == before
    case.step()
    task = case.task
    back = next(edge for edge in case.bundle.graph.outgoing[task.node] if edge.flow is Flow.BACK)
    case.step(back.outcome, note=WORDS)
    assert "printed" not in traces.last(case.subject).payload
    assert case.task.node == first.node
    case.step()
    (old, new), drafts = made(case, "control_slip"), made(case, "draft")
    assert (new.replaces_id, drafts[1].replaces_id) == (old.pk, drafts[0].pk)
    assert len(made(case, "slip")) == 1
    shown = {row.id: row.superseded for row in papers.documents_of(SYSTEM, case.subject)}
    assert (shown[old.pk], shown[new.pk]) == (True, False)


def test_a_step_the_system_does_prints_once_whoever_was_killed() -> None:
    graph = drawn.replaced(printing(base(), ("control_slip",)))
    case = at_handling(graph)
    (row,) = waiting(case)
    with answering(YES):
        assert automatic.carry_out(row.pk, case.at + timedelta(minutes=1), clock.real_now())
        assert not automatic.carry_out(row.pk, case.at + timedelta(minutes=2), clock.real_now())
    (slip,) = made(case, "control_slip")
    entry = traces.last(case.subject)
    assert (entry.act, [one["document"] for one in entry.payload["printed"]]) == ("automatic_step", [slip.pk])


def test_a_form_no_longer_in_force_does_not_keep_the_step_from_being_done() -> None:
    case = at_handling(printing(base(), ("control_slip", "to_trinh")))
    PrintTemplate.objects.filter(code="control_slip").update(code="control_slip_gone")
    catalogue.forget()
    try:
        done = case.step()
    finally:
        PrintTemplate.objects.filter(code="control_slip_gone").update(code="control_slip")
        catalogue.forget()
    assert list(done.printed) == ["to_trinh"]
    told = traces.last(case.subject).payload["printed"]
    assert told[0] == {"code": "control_slip", "title": "control_slip", "document": None}


def test_refused_at_receipt_there_is_no_course_to_control() -> None:
    graph = base()
    assert graph.reception is not None
    approved(printing(graph, ("control_slip", "borrowed_originals"), graph.reception.id))
    refused = Case.filed(GUARDIANSHIP)
    refused.act(operations.refuse, reason=WORDS)
    assert made(refused, "control_slip") == []
    taken = Case.filed(GUARDIANSHIP)
    done = taken.accept()
    assert done.printed == {"control_slip": made(taken, "control_slip")[0].pk}


def test_a_printing_step_stays_within_the_statements_of_an_act() -> None:
    approved(printing(base(), ("control_slip",)))
    counts = []
    for _ in range(2):
        case = Case.taken_in(GUARDIANSHIP)
        case.forward()
        task, doer = case.task, case.doer()
        outcome = case.usual()
        counts.append(
            len(
                statements(
                    lambda case=case, task=task, doer=doer, outcome=outcome: case.act(  # type: ignore[misc]
                        operations.complete_step, actor=doer, task_id=task.id, outcome=outcome
                    )
                )
            )
        )
    assert counts[-1] <= 16


def test_the_last_step_prints_on_an_ended_dossier_and_a_closed_one_no_more() -> None:
    graph = base()
    assert graph.handover is not None
    approved(printing(graph, ("control_slip", "result"), graph.handover.id))
    case = Case.taken_in(GUARDIANSHIP)
    case.process()
    doer = case.doer()
    done = case.hand_over(actor=doer)
    assert set(done.printed) == {"control_slip", "result"}
    assert Dossier.objects.get(code=case.code).returned_at is not None
    with pytest.raises(NotAllowedNow):
        case.hand_over(actor=doer)
    assert len(made(case, "control_slip")) == 1


def test_what_may_be_named_is_the_forms_parts_and_the_papers_of_the_day() -> None:
    version = catalogue.current(GUARDIANSHIP, MONDAY.date()).id
    then, now = (steppapers.nameable(version, on) for on in (MONDAY.date(), date(2025, 10, 1)))
    assert then.parts["doi_tuong"] == "Đối tượng"
    assert then.papers["control_slip"].endswith("(mẫu 05)")
    assert now.papers["control_slip"].endswith("(mẫu 06)")
    assert then.papers["to_trinh"] == "Tờ trình (dự thảo)"
    assert "hand_over_list" not in then.papers  # a list of many dossiers, made on its own page
    assert steppapers.nameable(version, date(2010, 1, 1)).papers == {}
