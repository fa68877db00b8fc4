"""Between receipt and result: steps, opinions asked at once, signature, refusal, waits, return, hand-over."""

from __future__ import annotations

import itertools

import pytest

from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.models import Document
from motcua.dossiers import operations
from motcua.dossiers.operations import DecisionTaken, NoDuty, NotAllowedNow, ReasonMissing
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    FESTIVAL,
    LOCAL,
    RECOGNITION,
    RESIDENCE,
    TAN_DAN,
    TAN_DAN_POLICE,
    WORDS,
    Case,
    at_state,
    citizen,
    holder,
    key,
    land_transfer,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.errors import Forbidden, Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.repository.models import Holding
from motcua.workflow import operations as workflow
from motcua.workflow import queries as tasks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def test_forwarding_says_from_where_to_where() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward(what="Hồ sơ giấy 1 bộ")
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_before, entry.state_after) == ("forward", "accepted", "in_process")
    assert (entry.payload["from_unit"], entry.payload["to_unit"]) == (unit(TAN_DAN).id, case.task.unit_id)
    assert traces.personal(case.subject, 3) == {"what": "Hồ sơ giấy 1 bộ"}
    event = traces.events(case.subject)[-1]
    assert (event.topic, event.payload["act"]) == ("dossiers.step_completed.v1", "forward")
    assert case.dossier.due_at == case.done[0].due_at


def test_taking_and_handing_over_a_task() -> None:
    case = Case.taken_in(RECOGNITION)
    officer = case.doer()
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    row = case.dossier
    assert (row.state, row.holder_id, row.holder_name) == (State.IN_PROCESS, officer.staff_id, officer.name)
    entry = traces.last(case.subject)
    assert (entry.act, entry.officer_id, entry.payload["from"]) == ("assign", officer.staff_id, None)
    before = traces.everything()
    with pytest.raises(workflow.AlreadyTaken):
        case.act(operations.assign, actor=officer, task_id=case.task.id)
    with pytest.raises(workflow.NotACandidate):  # the clerk is none for this role
        case.act(
            operations.assign,
            actor=officer,
            task_id=case.task.id,
            staff_id=_clerk().staff_id,
            note="Nghỉ phép.",
        )
    assert traces.everything() == before


def test_putting_a_task_back_into_the_pool() -> None:
    case = Case.taken_in(RECOGNITION)
    officer = case.doer()
    with pytest.raises(workflow.NotTaken):
        case.act(operations.release, actor=officer, task_id=case.task.id, reason="Nghỉ phép từ mai.")
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    planned, before = case.task.due_at, traces.everything()
    with pytest.raises(ReasonMissing):
        case.act(operations.release, actor=officer, task_id=case.task.id, reason="bận")
    with pytest.raises((Forbidden, NotFound)):
        case.act(operations.release, actor=_clerk(), task_id=case.task.id, reason="Nghỉ phép từ mai.")
    assert traces.everything() == before
    done = case.act(operations.release, actor=officer, task_id=case.task.id, reason="Nghỉ phép từ mai.")
    row = case.dossier
    assert (done.state, row.holder_id, row.holder_name) == (State.IN_PROCESS, None, "")
    assert (case.task.assignee_id, case.task.due_at) == (None, planned)
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["from"]) == ("release", officer.staff_id)
    assert traces.personal(case.subject, entry.seq) == {"reason": "Nghỉ phép từ mai."}
    assert traces.events(case.subject)[-1].payload["act"] == "release"
    case.act(operations.assign, actor=officer, task_id=case.task.id)
    assert case.dossier.holder_id == officer.staff_id


def _clerk() -> Actor:
    return holder(unit(f"{TAN_DAN.removesuffix('.MC')}.VPTK").id, Role.CLERK)


def test_a_head_assigns_under_the_head_s_own_duty() -> None:
    case = Case.taken_in(RECOGNITION)
    head = holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)
    officer = case.doer()
    case.act(operations.assign, actor=head, task_id=case.task.id, staff_id=officer.staff_id)
    entry = traces.last(case.subject)
    assert entry.duty_id in {duty.id for duty in head.duties}
    assert (entry.officer_id, case.dossier.holder_name) == (officer.staff_id, officer.name)


def test_the_main_path_leaves_one_entry_an_act() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.process()
    case.hand_over()
    entries = traces.entries(case.subject)
    assert [entry.act for entry in entries] == [
        "file", "accept", "forward", "complete_step", "decide", "complete_step", "return_result",
    ]  # fmt: skip
    assert [entry.seq for entry in entries] == list(range(1, 8))
    assert all(bytes(b.prev) == bytes(a.hash) for a, b in itertools.pairwise(entries))
    assert [event.topic.split(".")[1] for event in traces.events(case.subject)] == [
        "filed", "accepted", "step_completed", "step_completed", "decided", "processed", "returned",
    ]  # fmt: skip
    assert all(entry.duty_id for entry in entries)
    row = case.dossier
    assert (row.state, row.decision, row.processed_at == row.ended_at) == (State.RETURNED, "approved", True)
    assert (row.step_name, row.holder_unit_id) == ("", None)


def test_the_signature_makes_the_result_and_the_hand_over_fills_the_repository() -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    assert not Document.objects.filter(subject=case.subject, kind="result").exists()
    case.step()
    result = Document.objects.get(subject=case.subject, kind="result")
    assert (result.number, result.state, case.done[-1].papers) == ("01/KQ", "frozen", {"result": result.pk})
    case.process()
    processed = traces.events(case.subject)[-1]
    assert (processed.topic, processed.payload["negative"]) == ("dossiers.processed.v1", False)
    assert not Holding.objects.filter(source_subject=case.subject).exists()
    case.hand_over()
    holding = Holding.objects.get(source_subject=case.subject)
    assert (holding.number, holding.owner_id) == (result.number, case.dossier.owner_id)


def test_a_refusal_after_appraisal_is_an_official_document_of_its_own_act() -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("dong_y")
    before = traces.everything()
    with pytest.raises(ReasonMissing):
        case.step("khong_giai_quyet")
    assert traces.everything() == before
    case.step("khong_giai_quyet", note="Không đủ căn cứ xác nhận quan hệ cha con.")
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["decision"]) == ("refuse_request", "refused")
    assert "căn cứ" not in str(entry.payload)
    letter = Document.objects.get(subject=case.subject, kind="refusal_decision")
    assert letter.number == "01/TB"
    case.process()
    assert case.dossier.state == State.STOPPED
    case.hand_over()
    assert case.dossier.state == State.RETURNED
    assert not Holding.objects.filter(source_subject=case.subject).exists()  # nothing was granted


def test_sent_back_with_a_reason_and_done_again_by_the_same_person() -> None:
    case = Case.taken_in(RECOGNITION)
    first = case.doer()
    case.step()
    head = case.doer()
    with pytest.raises(ReasonMissing):
        case.step("tra_lai", actor=head)
    case.step("tra_lai", actor=head, note="Bổ sung căn cứ vào dự thảo.")
    entry = traces.last(case.subject)
    assert (entry.act, traces.personal(case.subject, entry.seq)["note"]) == (
        "return_step", "Bổ sung căn cứ vào dự thảo.",
    )  # fmt: skip
    assert case.task.assignee_id == first.staff_id
    case.process()
    assert case.dossier.decision == "approved"


def test_returned_to_a_named_step_after_the_signature_the_decision_is_open_again() -> None:
    case = Case.taken_in(RECOGNITION)
    case.until("ban_hanh")
    assert case.dossier.decision == "approved"
    case.act(
        operations.return_step,
        actor=case.doer(),
        task_id=case.task.id,
        node="s2",
        reason="Sai tên trong trích lục.",
    )
    assert (case.dossier.decision, case.task.node) == ("", "s2")
    case.process()
    results = Document.objects.filter(subject=case.subject, kind="result").order_by("id")
    assert [result.number for result in results] == ["01/KQ", "02/KQ"]
    assert [result.withheld for result in results] == [True, False], "what was taken back is never issued"
    me = party_of(case)
    assert [row.number for row in papers.documents_of(me, case.subject) if row.kind == "result"] == ["02/KQ"]


def party_of(case: Case) -> Actor:
    """Return the owner of a dossier as a citizen without an account of their own."""
    return Actor(kind=ActorKind.CITIZEN, account_id=-1, party_id=case.dossier.owner_id)


@pytest.mark.parametrize("refusing", [False, True])
def test_what_was_decided_is_the_agency_s_own_until_it_is_issued(refusing: bool) -> None:
    me, stranger = citizen(), citizen(1)
    case = Case.filed(RECOGNITION, actor=me)
    case.accept()
    case.until("dong_y")
    head = case.doer()
    done = case.step("khong_giai_quyet", note=WORDS) if refusing else case.step()
    (paper,) = (number for kind, number in done.papers.items() if kind in ("result", "refusal_decision"))
    assert case.dossier.state == State.IN_PROCESS, "a step follows the signature"
    assert paper in [row.id for row in papers.documents_of(head, case.subject)]
    documents.printed(actor=head, document_id=paper, at=case.at)
    file = Document.objects.values_list("file_id", flat=True).get(pk=paper)
    assert file is not None
    assert paper not in [row.id for row in papers.documents_of(me, case.subject)]
    assert file not in [row.id for row in papers.everything_of(me, case.subject)[1]]
    for actor in (me, stranger):
        with pytest.raises(NotFound):
            documents.printed(actor=actor, document_id=paper, at=case.at)
        with pytest.raises(NotFound):
            papers.file(actor, file)
    while case.dossier.state == State.IN_PROCESS:
        case.step()
    assert case.dossier.state == (State.STOPPED if refusing else State.PROCESSED)
    assert paper in [row.id for row in papers.documents_of(me, case.subject)]
    assert documents.printed(actor=me, document_id=paper, at=case.at).pdf.startswith(b"%PDF-")
    with pytest.raises(NotFound):
        documents.printed(actor=stranger, document_id=paper, at=case.at)


def test_opinions_are_asked_at_once_and_the_last_one_goes_on() -> None:
    case = Case.taken_in(FESTIVAL)
    asked = case.tasks
    assert len({task.unit_id for task in asked}) == len(asked) == 2
    assert {("unit", task.unit_id) for task in asked} < traces.seen_by(case.subject)
    assert set(traces.events(case.subject)[-1].payload["unit_ids"]) == {task.unit_id for task in asked}
    case.step(task=asked[0])
    assert [task.id for task in case.tasks] == [asked[1].id]
    case.step(task=asked[1])
    assert [task.node for task in case.tasks] == ["s3"]


def test_a_wait_for_the_taxes_stops_the_clock() -> None:
    case = land_transfer()
    promised = case.due
    case.wait_for_payment()
    row = case.dossier
    assert (row.state, case.tasks) == (State.PAYMENT_REQUESTED, [])
    assert traces.last(case.subject).pauses_after == 1
    case.act(
        operations.resume, proof="Chứng từ nộp tiền 0012345 ngày 09/10", at=moment("2023-10-09", "09:00")
    )
    row = case.dossier
    assert row.state == State.IN_PROCESS
    assert case.due > promised
    assert row.original_due_at == promised
    entry = traces.last(case.subject)
    assert (entry.act, entry.due_before, entry.due_after) == ("resume", promised, row.due_at)


def test_an_outside_verification_does_not_stop_the_clock() -> None:
    case = Case.taken_in(RESIDENCE, receiving=TAN_DAN_POLICE)
    promised = case.dossier.due_at
    case.step("gui_xac_minh")
    assert (case.dossier.state, case.tasks) == (State.IN_PROCESS, [])
    case.act(operations.resume, proof="Công văn trả lời số 15/CAP")
    assert (case.dossier.due_at, len(case.tasks)) == (promised, 1)


def test_a_supplement_or_an_apology_is_not_done_as_a_step() -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    for outcome in ("yeu_cau_bo_sung", "xin_loi_hen_lai"):
        with pytest.raises(NotAllowedNow):
            case.step(outcome)
    with pytest.raises(workflow.IllegalStep):
        case.step("khong_co_ket_qua_nay")
    assert traces.everything() == before


def test_a_step_is_for_who_holds_it() -> None:
    case = Case.taken_in(RECOGNITION)
    before = traces.everything()
    clerk = _clerk()
    head = holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)
    for actor in (case.counter(), clerk):
        with pytest.raises((workflow.NotYourTask, workflow.TaskNotFound, operations.DossierNotFound)):
            case.step(actor=actor)
    with pytest.raises((workflow.NotYourTask, workflow.TaskNotFound)):
        case.step(actor=head)
    with pytest.raises(workflow.TaskNotFound):
        case.act(operations.complete_step, actor=case.doer(), task_id=10**9, outcome="trinh_duyet")
    assert traces.everything() == before


def test_a_finished_task_is_not_finished_twice() -> None:
    case = Case.taken_in(RECOGNITION)
    task, doer = case.task, case.doer()
    case.step()
    before = traces.everything()
    with pytest.raises(workflow.TaskGone):
        case.act(operations.complete_step, actor=doer, task_id=task.id, outcome="trinh_duyet")
    assert traces.everything() == before


def test_planned_ends_are_in_order_and_end_at_the_due_moment() -> None:
    case = Case.taken_in(RECOGNITION)
    case.process()
    planned = [t.due_at for t in tasks.of_subject(SYSTEM, case.subject) if t.due_at and t.node != "s1"]
    assert planned == sorted(planned)
    *work, collection = planned  # a result may wait to be collected beyond the due moment
    assert work[-1] == case.dossier.due_at
    assert collection > work[-1]


# Endings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "wrong"),
    [({"collector": " "}, "collector"), ({"how": "post"}, "proof"), ({"how": "pigeon"}, "how")],
)
def test_a_hand_over_to_nobody_is_refused(how: dict[str, str], wrong: str) -> None:
    case = at_state(State.PROCESSED)
    before = traces.everything()
    with pytest.raises(Invalid) as refusal:
        case.hand_over(**{"collector": "", **how})
    assert list(refusal.value.errors) == [wrong]
    assert traces.everything() == before


def test_a_hand_over_keeps_who_came_apart() -> None:
    case = at_state(State.PROCESSED)
    ended = case.dossier.ended_at
    case.hand_over(collector="Trần Thị Chín")
    entry = traces.last(case.subject)
    assert "Chín" not in str(entry.payload)
    assert traces.personal(case.subject, entry.seq)["collector"] == "Trần Thị Chín"
    row = case.dossier
    assert (row.returned_at, row.ended_at) == (case.at, ended)  # the end stays when the result was ready


def test_withdrawn_by_the_owner_before_a_decision_only() -> None:
    case = at_state(State.IN_PROCESS)
    me = citizen()
    own = Case.filed(RECOGNITION, actor=me)
    own.act(operations.withdraw, actor=me, reason="Tôi nộp nhầm, xin rút hồ sơ.")
    assert (own.dossier.state, own.tasks) == (State.WITHDRAWN, [])
    assert traces.events(own.subject)[-1].topic == "dossiers.withdrawn.v1"
    assert {t.state for t in tasks.of_subject(SYSTEM, own.subject)} == {"cancelled"}
    case.until("ban_hanh")
    before = traces.everything()
    with pytest.raises(DecisionTaken):
        case.act(operations.withdraw, reason="Người nộp đề nghị rút hồ sơ.")
    with pytest.raises(ReasonMissing):
        own_two = at_state(State.IN_PROCESS)
        before = traces.everything()
        own_two.act(operations.withdraw, reason="")
    assert traces.everything() == before


def test_papers_are_handed_back_once() -> None:
    case = at_state(State.WITHDRAWN)
    case.act(operations.hand_back, collector="Nguyễn Thị Lan")
    assert case.dossier.handed_back_at == case.at
    assert traces.last(case.subject).payload["papers"] == case.dossier.components.count()
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        case.act(operations.hand_back, collector="Nguyễn Thị Lan")
    with pytest.raises(NoDuty):
        case.act(operations.hand_back, actor=case_head(), collector="Nguyễn Thị Lan")
    assert traces.everything() == before


def case_head() -> Actor:
    """Return the province's procedure-control officer, who sees everything and receives nothing."""
    duty = Duty.objects.filter(role=Role.KSTT, scope="province")[0]
    return organisation.actor_of(duty.staff.account_id, moment("2023-10-02"))


def test_scans_are_added_after_acceptance_and_may_be_replaced() -> None:
    from motcua.documents import operations as documents

    case = at_state(State.IN_PROCESS)
    actor = case.counter()
    paper = case.dossier.components.order_by("no")[0].paper
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    one = documents.store_upload(actor=actor, name="quet.pdf", data=pdf, at=case.at).pk
    two = documents.store_upload(actor=actor, name="quet-lai.pdf", data=pdf, at=case.at).pk
    due = case.dossier.due_at
    case.act(operations.digitise, files={paper: one})
    case.act(operations.digitise, files={paper: two})
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_before, entry.state_after) == ("digitise", "in_process", "in_process")
    assert (entry.payload["papers"], entry.payload["replaced"]) == ({paper: two}, {paper: one})
    assert case.dossier.due_at == due
    before = traces.everything()
    for files, refusal in (({}, Invalid), ({"GT-NONE": two}, Invalid)):
        with pytest.raises(refusal):
            operations.digitise(code=case.code, actor=actor, key=key(), at=case.at, files=files)
    assert traces.everything() == before


def test_times_are_those_of_the_act() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-02", "09:00"))
    entry = traces.last(case.subject)
    assert entry.at == entry.occurred_at == moment("2023-10-02", "09:00")
    assert entry.recorded_at > entry.at  # real time orders the ledger
    assert entry.at.astimezone(LOCAL).hour == 9
