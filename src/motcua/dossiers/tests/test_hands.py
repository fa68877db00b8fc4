"""Separation of duties and named signers through the acts: taking, giving, doing, returning, in absence, on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from motcua.documents.models import Document
from motcua.dossiers import operations
from motcua.dossiers.operations import tasks
from motcua.dossiers.operations.common import opened
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, WORDS, Case, key, reissued
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.process import Mark, Node, Signer
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Staff
from motcua.organisation.operations import absence
from motcua.platform.models import LedgerEntry
from motcua.workflow import hands
from motcua.workflow import queries as workflow
from motcua.workflow.rules import NotTheSigner, SameHands, SignerNamed

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _forget(province: None) -> Iterator[None]:
    """Let no later test run by a version that has gone with this one."""
    yield
    workflow.forget()


def decision(case: Case) -> Node:
    node = case.bundle.graph.decision
    assert node is not None
    return node


def before_decision(case: Case) -> Node:
    """Return the step that the decision follows on the main path."""
    steps = [node for node, _ in case.bundle.steps]
    return case.bundle.graph.by_id[steps[steps.index(decision(case).id) - 1]]


def apart(**more: Any) -> Case:
    """Return a dossier whose signer may not be who did the step before."""
    sample = Case.taken_in(RECOGNITION)
    step = before_decision(sample).id
    reissued(RECOGNITION, {decision(sample).id: {"not_by": (step,), **more}})
    case = Case.taken_in(RECOGNITION)
    while case.task.node != step:
        case.step()
    return case


def lent(case: Case, giver: Actor, taker: Actor, role: Role) -> Actor:
    """Lend a duty and return the taker as they are then."""
    duty_id = next(duty.id for duty in giver.duties if duty.role is role)
    absence.lend(
        actor=giver, duty_id=duty_id, to_staff_id=taker.staff_id or 0, valid_from=case.at.date(),
        valid_to=case.at.date() + timedelta(days=5), reason="Nghỉ phép năm", key=key(), at=case.at,
    )  # fmt: skip
    return organisation.actor_of(taker.account_id, case.at + timedelta(minutes=1))


def both(case: Case) -> Actor:
    """Return who holds the step in hand, given the duty of the decision for themselves too."""
    officer, signing = case.doer(), decision(case)
    row = case.task
    unit = tasks.resolve(opened(case.dossier, SYSTEM, case.at))(signing.unit_kind)
    Duty.objects.create(
        staff_id=officer.staff_id or 0, unit_id=unit.id, role=signing.role, scope="unit", fields=[],
        valid_from=date(2021, 1, 1),
    )  # fmt: skip
    assert row.node != signing.id
    return organisation.actor_of(officer.account_id, case.at)


def refused(do: Callable[[], Any], kind: type[Exception]) -> str:
    """Return the words of a refusal that leaves nothing behind."""
    before = traces.everything()
    with pytest.raises(kind) as refusal:
        do()
    assert traces.everything() == before
    return str(refusal.value)


def test_who_did_a_step_does_not_do_the_one_kept_apart() -> None:
    case = apart()
    head, officer = case.head(), both(case)
    name = case.task.name
    case.step(actor=officer)
    task = case.task
    assert task.node == decision(case).id
    for act in (
        lambda: case.act(operations.assign, actor=officer, task_id=task.id),
        lambda: case.step(actor=officer),
        lambda: case.act(
            operations.return_step,
            actor=officer,
            task_id=task.id,
            node=before_decision(case).id,
            reason=WORDS,
        ),
    ):
        assert f"Bạn đã làm bước “{name}”" in refused(act, SameHands)
    told = refused(
        lambda: case.act(operations.assign, actor=head, task_id=task.id, staff_id=officer.staff_id), SameHands
    )
    assert told.startswith("Người được chọn")
    assert officer.staff_id not in {one.staff_id for one in hands.candidates(head, task.id, case.at.date())}
    case.step(actor=head)
    assert case.dossier.decision == "approved"


def test_the_person_counts_in_absence_too() -> None:
    case = apart()
    officer = case.doer()
    head = case.head()
    case.step(actor=officer)
    stand_in = lent(case, head, officer, Role.AGENCY_HEAD)
    assert "Bạn đã làm bước" in refused(lambda: case.step(actor=stand_in), SameHands)


def test_after_a_return_the_step_goes_to_who_did_it_and_both_count() -> None:
    case = apart()
    head, officer = case.head(), both(case)
    case.step(actor=officer)
    case.act(
        operations.return_step, actor=head, task_id=case.task.id, node=before_decision(case).id, reason=WORDS
    )
    assert case.task.assignee_id == officer.staff_id
    case.step(actor=organisation.actor_of(officer.account_id, case.at))
    refused(lambda: case.act(operations.assign, actor=officer, task_id=case.task.id), SameHands)


# Named signers ------------------------------------------------------------------------------------------


def deputy(case: Case) -> Actor:
    """Return a deputy of the agency's head: the same role, a position of their own."""
    head = case.head()
    duty = next(duty for duty in head.duties if duty.role is Role.AGENCY_HEAD)
    other = next(
        one
        for one in Staff.objects.exclude(pk=head.staff_id or 0).order_by("pk")
        if one.duties.filter(unit__agency_id=duty.agency_id, role=Role.PROCESSING_OFFICER).exists()
    )
    other.position = "Phó Chủ tịch UBND phường Tân Dân"
    other.save(update_fields=["position"])
    Duty.objects.create(
        staff=other, unit_id=duty.unit_id, role=Role.AGENCY_HEAD, scope="unit", fields=[],
        valid_from=date(2021, 1, 1),
    )  # fmt: skip
    return organisation.actor_of(other.account_id, case.at)


def signed_by(*signers: Signer) -> Case:
    sample = Case.taken_in(RECOGNITION)
    reissued(RECOGNITION, {decision(sample).id: {"signers": signers}})
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    return case


def test_the_position_named_signs_and_the_paper_says_so() -> None:
    case = signed_by(Signer("phó chủ tịch UBND phường Tân Dân"))
    head, vice = case.head(), deputy(case)
    told = refused(lambda: case.step(actor=head), NotTheSigner)
    assert "do phó chủ tịch UBND phường Tân Dân ký" in told
    case.step(actor=vice)
    paper = Document.objects.get(subject=case.subject, kind="result")
    assert paper.context["signer"]["prefixes"] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"]
    assert paper.context["signer"]["position"] == "PHÓ CHỦ TỊCH"
    entry = LedgerEntry.objects.filter(subject=case.subject).order_by("-seq")[0]
    assert (entry.act, entry.payload["signed_level"]) == (
        "decide",
        hands.level_of(case.bundle.graph, decision(case).id),
    )


def test_only_the_head_names_another_signer() -> None:
    case = signed_by(Signer("Phó Chủ tịch UBND phường Tân Dân"))
    head, vice, task = case.head(), deputy(case), case.task
    case.act(operations.assign, actor=vice, task_id=task.id)
    assert [one.staff_id for one in hands.candidates(vice, task.id, case.at.date())] in (
        [head.staff_id, vice.staff_id], [vice.staff_id, head.staff_id], [vice.staff_id],
    )  # fmt: skip
    case.act(operations.assign, actor=head, task_id=task.id, staff_id=head.staff_id, note="Tôi trực tiếp ký.")
    case.step(actor=head)
    assert case.dossier.decision == "approved"


def test_a_signer_named_for_a_time_does_not_sign_outside_it() -> None:
    case = signed_by(Signer(username="khong-ai", valid_to=MONDAY.date() - timedelta(days=1)))
    told = refused(lambda: case.step(), NotTheSigner)
    assert "chưa có ai được nêu tên" in told


def test_a_named_person_signs_and_may_not_pass_it_on() -> None:
    sample = Case.taken_in(RECOGNITION)
    head = sample.head()
    username = organisation.appointed({head.staff_id or 0})[head.staff_id or 0].username
    signing = before_decision(sample)
    reissued(RECOGNITION, {signing.id: {"signers": (Signer(username="khong-ai"),)}})
    case = Case.taken_in(RECOGNITION)
    while case.task.node != signing.id:
        case.step()
    officer, task = case.doer(), case.task
    refused(lambda: case.act(operations.assign, actor=officer, task_id=task.id), NotTheSigner)
    case.act(operations.assign, actor=head, task_id=task.id, staff_id=officer.staff_id)
    other = next(
        (one for one in organisation.duty_holders(task.unit_id, Role(task.role), case.at.date())
         if one.staff_id != officer.staff_id), None,
    )  # fmt: skip
    if other is not None:
        refused(
            lambda: case.act(
                operations.assign, actor=officer, task_id=task.id, staff_id=other.staff_id, note="Bận họp"
            ),
            SignerNamed,
        )
    case.step(actor=officer)
    assert username


def test_the_levels_stand_on_control_slip_and_result() -> None:
    sample = Case.taken_in(RECOGNITION)
    step = before_decision(sample)
    head = sample.doer(sample.task)
    person = organisation.appointed({head.staff_id or 0})[head.staff_id or 0]
    reissued(RECOGNITION, {step.id: {"signers": (Signer(person.position),)}})
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    case.step()
    paper = Document.objects.get(subject=case.subject, kind="result")
    levels = [(row["level"], row["name"]) for row in paper.context["signatures"]]
    done = next(row for row in workflow.of_subject(SYSTEM, case.subject) if row.node == step.id)
    assert levels == [(1, organisation.staff_names({done.done_by_id or 0})[done.done_by_id or 0])]
    acts = LedgerEntry.objects.filter(subject=case.subject, payload__has_key="signed_level").order_by("seq")
    assert [entry.payload["signed_level"] for entry in acts] == [1, 2]
    assert Mark.DECISION in decision(case).marks
