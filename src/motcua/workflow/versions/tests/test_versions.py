"""Drafts and versions: the acts with entry and event, what is refused, what can never change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError
from motcua.kernel.process import Graph, from_json
from motcua.kernel.process.bpmn import BpmnInvalid, read, write
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.workflow import queries as workflow
from motcua.workflow.models import ProcessDraft, ProcessVersion
from motcua.workflow.tests.factories import MONDAY_8AM, World, officer, world
from motcua.workflow.versions import operations, queries, rules
from motcua.workflow.versions.operations import (
    AlreadyDrafted,
    ApprovalInvalid,
    DraftChanged,
    DraftClosed,
    DraftNotFound,
    NotAllowed,
    NotChecked,
)
from motcua.workflow.versions.queries import Standing
from motcua.workflow.versions.rules import DraftState

pytestmark = pytest.mark.django_db
MONDAY = MONDAY_8AM.date()


@pytest.fixture
def ward() -> World:
    return world()


@pytest.fixture
def kstt(ward: World) -> Actor:
    return officer(ward.units["leader"], Role.KSTT, scope="province")


def begun(ward: World, kstt: Actor, key: str = "1") -> int:
    return operations.start(
        procedure_version_id=ward.process.procedure_version_id, variant="cap_xa", actor=kstt, key=key,
        at=MONDAY_8AM,
    )  # fmt: skip


def slower(graph: Graph) -> Graph:
    """Return the process with one more hour for its third step."""
    return replace(
        graph,
        nodes=tuple(
            replace(node, hours=node.hours + Decimal(1)) if node.id == "s3" else node for node in graph.nodes
        ),
    )


def naming(graph: Graph, node: str = "s3", **named: Any) -> Graph:
    """Return the process with what a step names."""
    return replace(
        graph, nodes=tuple(replace(one, **named) if one.id == node else one for one in graph.nodes)
    )


def saved(ward: World, kstt: Actor, draft: int, revision: int = 1, key: str = "2") -> int:
    drawing = write(slower(ward.process.graph), queries.draft(kstt, draft).drawing.encode())
    return operations.save(
        draft_id=draft, revision=revision, drawing=drawing, actor=kstt, key=key, at=MONDAY_8AM
    )


def checked(kstt: Actor, draft: int, revision: int = 2, key: str = "3") -> list[Any]:
    return operations.mark_checked(draft_id=draft, revision=revision, actor=kstt, key=key, at=MONDAY_8AM)


def approved(kstt: Actor, draft: int, revision: int = 2, **more: Any) -> int:
    values: dict[str, Any] = {
        "decision_no": "12/QĐ-UBND", "decided_on": MONDAY, "effective_on": MONDAY + timedelta(days=7), "key": "4",
    }  # fmt: skip
    return operations.approve(draft_id=draft, revision=revision, actor=kstt, at=MONDAY_8AM, **(values | more))


def trace(subject: int) -> tuple[list[str], list[str]]:
    return (
        list(LedgerEntry.objects.filter(subject=subject).order_by("seq").values_list("act", flat=True)),
        list(OutboxEvent.objects.filter(subject=subject).order_by("seq").values_list("topic", flat=True)),
    )


def test_a_draft_becomes_the_version_of_its_day(ward: World, kstt: Actor) -> None:
    before = ward.process
    draft = begun(ward, kstt)
    assert begun(ward, kstt) == draft
    assert queries.draft(kstt, draft).graph == before.graph
    assert read(queries.draft(kstt, draft).drawing.encode()).graph == before.graph
    assert saved(ward, kstt, draft) == 2
    assert saved(ward, kstt, draft) == 2
    assert queries.draft(kstt, draft).graph == slower(before.graph)
    assert checked(kstt, draft) == []
    assert queries.draft(kstt, draft).state is DraftState.CHECKED
    made = approved(kstt, draft)
    assert approved(kstt, draft) == made
    workflow.forget()
    version = workflow.definition(made)
    assert version.graph == slower(before.graph)
    pv = before.procedure_version_id
    assert workflow.process_of(pv, "cap_xa", MONDAY).id == before.id
    assert workflow.process_of(pv, "cap_xa", MONDAY + timedelta(days=6)).id == before.id
    assert workflow.process_of(pv, "cap_xa", MONDAY + timedelta(days=7)).id == made
    assert [row.standing for row in queries.versions(pv, "cap_xa", MONDAY)] == [
        Standing.COMING,
        Standing.IN_FORCE,
    ]
    later = queries.versions(pv, "cap_xa", MONDAY + timedelta(days=8))
    assert [(row.id, row.standing) for row in later] == [
        (made, Standing.IN_FORCE),
        (before.id, Standing.SUPERSEDED),
    ]
    assert (later[0].decision_no, later[0].decided_on) == ("12/QĐ-UBND", MONDAY)
    assert later[0].approved_by
    subject = ProcessDraft.objects.get(pk=draft).subject
    acts, topics = trace(subject)
    assert acts == ["process_draft", "process_save", "process_check", "process_approve"]
    assert topics == [
        "workflow.process_drafted.v1",
        "workflow.process_saved.v1",
        "workflow.process_checked.v1",
        "workflow.process_approved.v1",
    ]
    entry = LedgerEntry.objects.get(subject=subject, act="process_approve")
    assert entry.officer_id == kstt.staff_id
    assert entry.payload["version"] == made
    assert read(queries.drawing(made)).graph == version.graph
    assert read(queries.drawing(before.id)).graph == before.graph


def test_what_is_approved_never_changes(ward: World, kstt: Actor) -> None:
    draft = begun(ward, kstt)
    checked(kstt, draft, revision=1)
    made = approved(kstt, draft, revision=1)
    for change in (
        lambda: ProcessVersion.objects.filter(pk=made).update(variant="khac"),
        lambda: ProcessVersion.objects.filter(pk=made)._raw_delete("default"),
        lambda: ProcessDraft.objects.filter(pk=draft).update(drawing=""),
    ):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()  # type: ignore[no-untyped-call]
    for refused in (
        lambda: saved(ward, kstt, draft, key="9"),
        lambda: approved(kstt, draft, revision=1, key="10"),
        lambda: operations.discard(draft_id=draft, revision=1, actor=kstt, key="11", at=MONDAY_8AM),
    ):
        with pytest.raises(DraftClosed):
            refused()


def test_running_subjects_keep_their_version(ward: World, kstt: Actor) -> None:
    subject, moved = ward.start()
    draft = begun(ward, kstt)
    saved(ward, kstt, draft)
    checked(kstt, draft)
    approved(kstt, draft, effective_on=MONDAY)
    workflow.forget()
    assert workflow.process_of(ward.process.procedure_version_id, "cap_xa", MONDAY).id != ward.process.id
    after = ward.complete(subject, moved.opened[0].id, "cho_y_kien", ward.asked[0])
    assert after.closed is not None
    assert after.closed.process_id == ward.process.id


def test_only_procedure_control_officers(ward: World, kstt: Actor) -> None:
    draft = begun(ward, kstt)
    entries = LedgerEntry.objects.count()
    for actor in (ward.counter, ward.head):
        for act in (
            lambda actor=actor: operations.start(
                procedure_version_id=ward.process.procedure_version_id, variant="khac", actor=actor, key="5",
                at=MONDAY_8AM,
            ),
            lambda actor=actor: operations.save(
                draft_id=draft, revision=1, drawing=write(ward.process.graph), actor=actor, key="6", at=MONDAY_8AM
            ),
            lambda actor=actor: checked(actor, draft, 1, "7"),
            lambda actor=actor: approved(actor, draft, 1, key="8"),
            lambda actor=actor: operations.discard(draft_id=draft, revision=1, actor=actor, key="9", at=MONDAY_8AM),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                act()
        with pytest.raises(DraftNotFound):
            queries.draft(actor, draft)
        assert queries.kept(actor, MONDAY) == {}
        assert queries.open_draft(actor, ward.process.procedure_version_id, "cap_xa") is None
    assert LedgerEntry.objects.count() == entries
    assert queries.open_draft(kstt, ward.process.procedure_version_id, "cap_xa") == draft


def test_refusals_leave_nothing_behind(ward: World, kstt: Actor) -> None:
    draft = begun(ward, kstt)
    entries = LedgerEntry.objects.count()

    def refused(kind: type[DomainError], act: Any) -> DomainError:
        with pytest.raises(kind) as refusal:
            act()
        assert LedgerEntry.objects.count() == entries
        row = ProcessDraft.objects.get(pk=draft)
        assert (row.state, row.revision) == ("draft", 1)
        return refusal.value

    refused(AlreadyDrafted, lambda: begun(ward, kstt, key="other"))
    refused(DraftChanged, lambda: saved(ward, kstt, draft, revision=7))
    refused(NotChecked, lambda: approved(kstt, draft, 1))
    refused(
        BpmnInvalid,
        lambda: operations.save(
            draft_id=draft, revision=1, drawing=b"<x/>", actor=kstt, key="5", at=MONDAY_8AM
        ),
    )
    other = write(replace(ward.process.graph, name="cap_tinh"))
    refused(
        BpmnInvalid,
        lambda: operations.save(
            draft_id=draft, revision=1, drawing=other, actor=kstt, key="6", at=MONDAY_8AM
        ),
    )
    nowhere = write(naming(ward.process.graph, form_parts=("khong_co",), prints=("hand_over_list",)))
    told = refused(
        BpmnInvalid,
        lambda: operations.save(
            draft_id=draft, revision=1, drawing=nowhere, actor=kstt, key="9", at=MONDAY_8AM
        ),
    )
    assert [fault.element for fault in told.faults] == ["s3", "s3"]  # type: ignore[attr-defined]
    assert "không có phần “khong_co”" in told.message and "mã “hand_over_list”" in told.message
    refused(
        DraftNotFound, lambda: operations.discard(draft_id=0, revision=1, actor=kstt, key="7", at=MONDAY_8AM)
    )


def test_a_draft_with_faults_cannot_be_approved(ward: World, kstt: Actor) -> None:
    draft = operations.start(
        procedure_version_id=ward.process.procedure_version_id, variant="moi", actor=kstt, key="1", at=MONDAY_8AM,
        levels=("commune",),
    )  # fmt: skip
    codes = {problem.code for problem in checked(kstt, draft, 1)}
    assert codes == {"no_reception", "no_decision", "no_handover"}
    with pytest.raises(NotChecked):
        approved(kstt, draft, 1)
    operations.discard(draft_id=draft, revision=1, actor=kstt, key="8", at=MONDAY_8AM)
    assert queries.kept(kstt, MONDAY)[ward.process.procedure_version_id].drafts == {}
    assert ProcessVersion.objects.count() == 1


def test_a_save_after_the_check_asks_for_a_new_check(ward: World, kstt: Actor) -> None:
    draft = begun(ward, kstt)
    checked(kstt, draft, 1)
    saved(ward, kstt, draft, 1, key="9")
    assert queries.draft(kstt, draft).state is DraftState.DRAFT
    with pytest.raises(NotChecked):
        approved(kstt, draft, 2)


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"decision_no": " "}, {"decision_no"}),
        ({"decided_on": None, "effective_on": None}, {"decided_on", "effective_on"}),
        ({"decided_on": MONDAY + timedelta(days=1)}, {"decided_on"}),
        ({"effective_on": MONDAY - timedelta(days=1)}, {"effective_on"}),
        ({"decision_no": "x" * 61}, {"decision_no"}),
    ],
)
def test_the_decision_is_checked(
    ward: World, kstt: Actor, values: dict[str, date | str | None], fields: set[str]
) -> None:
    draft = begun(ward, kstt)
    checked(kstt, draft, 1)
    with pytest.raises(ApprovalInvalid) as refusal:
        approved(kstt, draft, 1, **values)
    assert set(refusal.value.errors) == fields
    assert ProcessVersion.objects.count() == 1


def test_hours_over_the_record_are_a_fault() -> None:
    assert rules.limit_hours({"time_limit": {"hours": 8}}) == 8
    assert rules.limit_hours({}) is None


def test_the_same_steps_may_be_decided_upon_again(ward: World, kstt: Actor) -> None:
    for number in (1, 2):
        draft = begun(ward, kstt, key=f"a{number}")
        checked(kstt, draft, 1, key=f"b{number}")
        approved(kstt, draft, 1, key=f"c{number}", decision_no=f"{number}/QĐ-UBND")
    assert ProcessVersion.objects.count() == 3
    draft = begun(ward, kstt, key="a3")
    checked(kstt, draft, 1, key="b3")
    with pytest.raises(ApprovalInvalid):
        approved(kstt, draft, 1, key="c3", decision_no="2/QĐ-UBND")
    row = ProcessVersion.objects.latest("id")
    assert from_json(row.graph) == ward.process.graph


def test_parts_are_for_people_and_papers_for_steps(ward: World) -> None:
    may = rules.Nameable({"con": "Thông tin con"}, {"control_slip": "Phiếu kiểm soát"})
    graph = ward.process.graph
    assert rules.misnamed(naming(graph, form_parts=("con",), prints=("control_slip",)), may) == []
    gone = naming(graph, graph.start.id, form_parts=("con",), prints=("control_slip",))
    found = rules.misnamed(gone, may)
    assert [(one.code, one.node) for one in found] == [
        ("form_part_by_people", graph.start.id),
        ("print_by_step", graph.start.id),
    ]
    assert operations.problems(gone, limit_hours=None, may=may)[0].warning is False
