"""Every act from every state: allowed or refused as facts-lifecycle.md 2.10 says, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction

from motcua.dossiers import corrections, operations
from motcua.dossiers.consulting import NothingLate, OpinionNotFound
from motcua.dossiers.dues import NoSuchNotice, NoticeInput
from motcua.dossiers.lateness import NotExplained, NotLate
from motcua.dossiers.models import Component
from motcua.dossiers.operations import Done, NoDuty, NotAllowedNow, NotAwaited
from motcua.dossiers.rules import SlipThere, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MARITAL_STATUS,
    WORDS,
    Case,
    approved_version,
    at_state,
    filing,
    key,
    kstt,
    moment,
    unit,
)
from motcua.dossiers.verifying import VerificationNotFound
from motcua.kernel.actor import SYSTEM
from motcua.kernel.errors import NotFound
from motcua.payments.rules import NoRefund
from motcua.workflow import operations as workflow
from motcua.workflow.models import ProcessVersion

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

S = State
LIVE = (S.ACCEPTED, S.IN_PROCESS, S.SUPPLEMENT_REQUESTED, S.PAYMENT_REQUESTED, S.SUSPENDED)


def _complete(case: Case) -> Done:
    open_tasks = case.tasks
    if open_tasks:
        return case.step(task=open_tasks[0])
    return case.act(operations.complete_step, task_id=1, outcome="dong_y")


def _return_step(case: Case) -> Done:
    open_tasks = case.tasks
    return case.act(
        operations.return_step,
        actor=case.doer(open_tasks[0]) if open_tasks else None,
        task_id=open_tasks[0].id if open_tasks else 1,
        node=case.bundle.steps[0][0],
        reason="Cần thẩm tra lại nội dung hồ sơ.",
    )


def _assign(case: Case) -> Done:
    open_tasks = case.tasks
    return case.act(
        operations.assign,
        actor=case.doer(open_tasks[0]) if open_tasks else None,
        task_id=open_tasks[0].id if open_tasks else 1,
    )


def _release(case: Case) -> Done:
    open_tasks = case.tasks
    return case.act(
        operations.release,
        actor=case.doer(open_tasks[0]) if open_tasks else None,
        task_id=open_tasks[0].id if open_tasks else 1,
        reason="Nghỉ phép từ ngày mai.",
    )


def _digitise(case: Case) -> Done:
    from motcua.documents import operations as documents

    actor = case.counter()
    paper = Component.objects.filter(dossier_id=case.subject, state="handed_in").order_by("no")[0].paper
    upload = documents.store_upload(actor=actor, name="a.pdf", data=PDF, at=case.at)
    return case.act(operations.digitise, actor=actor, files={paper: upload.pk})


def newer(case: Case) -> int:
    """Return the version approved for the process a dossier runs by."""
    process = case.bundle.process
    return ProcessVersion.objects.get(
        procedure_version_id=process.procedure_version_id, variant=process.variant, decision_no="15/QĐ-UBND"
    ).pk


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

ACTS: dict[str, Callable[[Case], Done]] = {
    "accept": lambda case: case.accept(),
    "refuse": lambda case: case.act(operations.refuse, reason=WORDS),
    "request_supplement": lambda case: (
        case.ask() if case.tasks and case.dossier.state in ("submitted", "accepted", "in_process") else
        case.act(operations.request_supplement, items=[{"name": "Tờ khai"}], reason=WORDS)
    ),
    "allow_supplement": lambda case: case.act(
        operations.allow_supplement, actor=case.head(), reason=WORDS
    ),
    "supplement": lambda case: case.supplement(),
    "forward": lambda case: case.forward(),
    "assign": _assign,
    "release": _release,
    "complete_step": _complete,
    "return_step": _return_step,
    "resume": lambda case: case.act(operations.resume, proof="Chứng từ nộp tiền số 0012345"),
    "return_result": lambda case: (
        case.hand_over() if case.tasks else case.hand_over(actor=case.counter())
    ),
    "hand_back": lambda case: case.act(operations.hand_back, collector="Nguyễn Thị Lan"),
    "withdraw": lambda case: case.act(operations.withdraw, reason="Người nộp đề nghị rút hồ sơ."),
    "suspend": lambda case: case.suspend(actor=case.doer() if case.tasks else case.head()),
    "stop": lambda case: case.act(
        operations.stop, actor=case.head(), reason="Người nộp đề nghị dừng giải quyết.", asked_by="applicant"
    ),
    "propose_extension": lambda case: case.act(
        operations.propose_extension, actor=case.doer() if case.tasks else case.head(), cause="complex",
        reason=WORDS, new_due_on=date(2023, 11, 1),
    ),
    "extend": lambda case: case.act(
        operations.extend, actor=case.head(), cause="complex", reason=WORDS, new_due_on=date(2023, 11, 1)
    ),
    "draft_extension": lambda case: case.act(
        operations.draft_extension, actor=SYSTEM, at=case.dossier.due_at or case.at
    ),
    "lapse": lambda case: case.act(operations.lapse, actor=SYSTEM, at=case.dossier.supplement_due_at),
    "correct_intake": lambda case: case.act(
        operations.correct_intake, reason="Gõ nhầm số điện thoại.", head={"owner_phone": "0911222333"}, answers={}
    ),
    "void_and_refile": lambda case: case.act(
        operations.void_and_refile, filing=filing(MARITAL_STATUS, case.at), reason="Chọn nhầm thủ tục."
    ),
    "request_payment": lambda case: case.act(
        operations.request_payment, actor=case.doer() if case.tasks else case.head(),
        notices=[NoticeInput("tax", "Thuế", 1000, "TB 1", "Chi cục Thuế")],
    ),
    "confirm_payment": lambda case: case.act(
        operations.confirm_payment, notice_ids=[1], evidence="Giấy nộp tiền 12/KBNN"
    ),
    "cancel_payment": lambda case: case.act(
        operations.cancel_payment, actor=case.doer() if case.tasks else case.head(), notice_ids=[1], reason=WORDS
    ),
    "explain": lambda case: case.act(
        operations.explain, actor=case.doer() if case.tasks else case.head(), cause="complex", reason=WORDS
    ),
    "accept_explanation": lambda case: case.act(operations.accept_explanation, actor=case.head()),
    "return_explanation": lambda case: case.act(
        operations.return_explanation, actor=case.head(), reason=WORDS
    ),
    "automatic_step": lambda case: case.act(operations.automatic_step, actor=SYSTEM, awaited_id=1),
    "take_over_step": lambda case: case.act(operations.take_over_step, awaited_id=1, reason=WORDS),
    "fire_timer": lambda case: case.act(operations.fire_timer, actor=SYSTEM, awaited_id=1),
    "receive_message": lambda case: operations.receive_message(
        code=case.code, actor=case.counter(), at=case.at, name="tin", message=key(), content={}
    ),
    "move_version": lambda case: case.act(
        operations.move_version, actor=kstt(case.at), version_id=newer(case), reason=WORDS
    ),
    "confirm_receipt": lambda case: case.act(operations.confirm_receipt),
    "send_back": lambda case: case.act(operations.send_back, why="incomplete", reason=WORDS),
    "transfer": lambda case: case.act(
        operations.transfer, actor=SYSTEM, at=moment("2025-07-01"), on=date(2025, 7, 1),
        decision_no="1669/NQ-UBTVQH15", decided_on=date(2025, 6, 16),
    ),
    "recompute_due": lambda case: case.act(
        operations.recompute_due, actor=SYSTEM, decision_no="12/QĐ-UBND", decided_on=date(2023, 10, 1),
        title="Nghỉ bù ngày làm việc",
    ),
    "mirror": lambda case: case.act(
        operations.mirror, actor=SYSTEM, state="accepted", message_id=key(), said_at=case.at, evidence="Tin của bộ"
    ),
    "ask_system": lambda case: case.act(operations.ask_system, kind="withdrawal", words=WORDS),
    "system_refused": lambda case: case.act(
        operations.system_refused, request=1, reason=WORDS, paper="Công văn 12/HTQTCT"
    ),
    "issue_slip": lambda case: case.act(operations.issue_slip),
    "ask_opinion": lambda case: case.act(
        operations.ask_opinion, actor=case.doer() if case.tasks else case.head(),
        units=[unit(AN_LUU).id], content=WORDS, due_at=case.at + timedelta(days=2),
    ),
    "give_opinion": lambda case: case.act(operations.give_opinion, opinion_id=1, stance="agree", text=""),
    "recall_opinion": lambda case: case.act(operations.recall_opinion, opinion_id=1, reason=WORDS),
    "late_opinion": lambda case: case.act(operations.late_opinion, actor=SYSTEM),
    "ask_correction": lambda case: case.act(operations.ask_correction, what=WORDS),
    "refuse_correction": lambda case: case.act(operations.refuse_correction, actor=case.head(), reason=WORDS),
    "order_correction": lambda case: case.act(
        operations.order_correction, actor=case.head(), ground="agency_error", reason=WORDS,
        staff_id=next(iter(corrections.candidates(SYSTEM, case.dossier, case.at.date())), 0),
    ),
    "draft_correction": lambda case: case.act(operations.draft_correction, actor=case.head(), answers={}),
    "sign_correction": lambda case: case.act(operations.sign_correction, actor=case.head()),
    "return_correction": lambda case: case.act(operations.return_correction, old_original="none", collector="Lan"),
    "plan_verification": lambda case: case.plan_visit(actor=case.doer() if case.tasks else case.head()),
    "move_verification": lambda case: case.act(
        operations.move_verification, verification_id=1, planned_at=case.at + timedelta(days=2), place="Nhà số 12",
        visitors="Tổ công tác", applicant_needed=False, reason=WORDS,
    ),
    "call_off_verification": lambda case: case.act(
        operations.call_off_verification, verification_id=1, reason=WORDS
    ),
    "record_verification": lambda case: case.record_visit(actor=case.doer() if case.tasks else case.head()),
    "decide_refund": lambda case: case.act(operations.decide_refund, amount=0, ground=WORDS),
    "pay_refund": lambda case: case.act(operations.pay_refund, reference="Phiếu chi 12"),
    "remind_collection": lambda case: case.act(operations.remind_collection),
    "archive_result": lambda case: case.act(
        operations.archive_result, place="Tủ lưu số 2", at=case.at + timedelta(days=200)
    ),
    "close_control_slip": lambda case: case.act(operations.close_control_slip),
    "sign_paper": lambda case: case.act(
        operations.sign_paper, document_id=0, data=PDF, real_at=case.at
    ),  # with a paper and a signature: test_signing
    "digitise": _digitise,  # the last one: an upload that was refused its place stays
}  # fmt: skip

# Act -> state before -> state after. What is not here is refused.
LEADS: dict[str, dict[State, State]] = {
    "accept": {S.SUBMITTED: S.ACCEPTED},
    "refuse": {S.SUBMITTED: S.NOT_ACCEPTED},
    "request_supplement": {
        S.SUBMITTED: S.SUBMITTED,
        S.ACCEPTED: S.SUPPLEMENT_REQUESTED,
        S.IN_PROCESS: S.SUPPLEMENT_REQUESTED,
    },
    "confirm_receipt": {},  # of a dossier received for another agency only: test_nonterritorial
    "send_back": {},
    "allow_supplement": {},  # below: one must have been asked for and answered
    "supplement": {S.SUPPLEMENT_REQUESTED: S.IN_PROCESS},
    "forward": {S.ACCEPTED: S.IN_PROCESS},
    "assign": {
        S.SUBMITTED: S.SUBMITTED,
        S.ACCEPTED: S.IN_PROCESS,
        S.IN_PROCESS: S.IN_PROCESS,
        S.PROCESSED: S.PROCESSED,
        S.STOPPED: S.STOPPED,
    },
    "release": {},  # below: somebody must have taken the task
    "complete_step": {S.ACCEPTED: S.IN_PROCESS, S.IN_PROCESS: S.IN_PROCESS},
    "return_step": {},  # below: it needs an earlier step that was done
    "resume": {S.PAYMENT_REQUESTED: S.IN_PROCESS, S.SUSPENDED: S.IN_PROCESS},
    "suspend": {S.ACCEPTED: S.SUSPENDED, S.IN_PROCESS: S.SUSPENDED},
    "return_result": {S.PROCESSED: S.RETURNED, S.STOPPED: S.RETURNED},
    "hand_back": {S.WITHDRAWN: S.WITHDRAWN, S.STOPPED: S.STOPPED, S.NOT_ACCEPTED: S.NOT_ACCEPTED},
    "withdraw": dict.fromkeys(
        (S.SUBMITTED, *LIVE), S.WITHDRAWN
    ),
    "stop": dict.fromkeys(LIVE, S.STOPPED),
    "propose_extension": {S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS},
    "extend": {S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS},
    "draft_extension": {S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS},
    "lapse": {S.SUPPLEMENT_REQUESTED: S.STOPPED},
    "correct_intake": {
        state: state for state in LIVE
    },
    "void_and_refile": dict.fromkeys(LIVE, S.VOID),
    "digitise": {
        state: state
        for state in (
            *LIVE, S.PROCESSED, S.RETURNED
        )
    },
    "request_payment": {S.ACCEPTED: S.PAYMENT_REQUESTED, S.IN_PROCESS: S.PAYMENT_REQUESTED},  # 6: see its tests
    "confirm_payment": {},
    "cancel_payment": {},
    "explain": {},  # a late dossier's only: test_explanation.py
    "accept_explanation": {},
    "return_explanation": {},
    "automatic_step": {},  # these four in test_automatic: the process must wait for them
    "take_over_step": {},
    "fire_timer": {},
    "receive_message": {},
    "move_version": {state: state for state in (S.SUBMITTED, *LIVE)},
    "transfer": {
        state: state
        for state in (S.SUBMITTED, *LIVE, S.PROCESSED, S.STOPPED, S.WITHDRAWN, S.NOT_ACCEPTED)
    },
    "recompute_due": {},  # the calendar must have changed: tests of their own
    "mirror": {},  # these three only of parts that a central system decides
    "ask_system": {},
    "system_refused": {},
    "issue_slip": {},  # only where the receipt made none: test_slips
    "ask_opinion": {S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS},
    "give_opinion": {},  # these three in test_opinions: something must have been asked
    "recall_opinion": {},
    "late_opinion": {},
    "ask_correction": {S.PROCESSED: S.PROCESSED, S.RETURNED: S.RETURNED, S.STOPPED: S.STOPPED},
    "refuse_correction": {},  # these in test_result_correction: something must have been asked, ordered, drafted
    "order_correction": {S.PROCESSED: S.PROCESSED, S.RETURNED: S.RETURNED, S.STOPPED: S.STOPPED},
    "draft_correction": {},
    "sign_correction": {},
    "return_correction": {},
    "plan_verification": {S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS},
    "move_verification": {},  # these two in test_verification: one must have been planned
    "call_off_verification": {},
    "record_verification": {
        S.ACCEPTED: S.ACCEPTED, S.IN_PROCESS: S.IN_PROCESS, S.SUSPENDED: S.SUSPENDED,
    },  # while the applicant or a payment is waited for nobody holds a step: test_verification
    "decide_refund": {},  # these two in test_refunds: fees must have been paid
    "pay_refund": {},
    "remind_collection": {S.PROCESSED: S.PROCESSED},
    "archive_result": {S.PROCESSED: S.PROCESSED},
    "close_control_slip": {
        S.WITHDRAWN: S.WITHDRAWN, S.STOPPED: S.STOPPED, S.RETURNED: S.RETURNED,
    },
    "sign_paper": {},
}  # fmt: skip


# The state alone does not decide: an earlier step must have been done, or something outside be waited for.
LATER = (
    "request_payment", "confirm_payment", "cancel_payment",
    "return_step", "release", "resume", "explain", "accept_explanation", "return_explanation", "automatic_step",
    "take_over_step", "fire_timer", "receive_message", "recompute_due", "mirror", "ask_system",
    "system_refused",
    "issue_slip",
    "give_opinion", "recall_opinion", "late_opinion",
    "refuse_correction", "draft_correction", "sign_correction", "return_correction",
    "move_verification", "call_off_verification", "record_verification", "decide_refund", "pay_refund",
    "sign_paper",
)  # fmt: skip


def test_the_table_names_every_act() -> None:
    others = {"file", "take_in", "park", "unpark", "declare_outage", "end_outage"}
    verbs = {name for name in operations.__all__ if name[0].islower()} - others
    assert verbs == set(ACTS) == set(LEADS)


@pytest.mark.parametrize("state", list(State))
def test_acts_from(state: State) -> None:
    case = at_state(state)
    approved_version(case)
    before, began = traces.everything(), case.at
    for act, do in ACTS.items():
        case.at = began
        expected = LEADS[act].get(state)
        if expected is None:
            with pytest.raises(
                (
                    NotAllowedNow,
                    workflow.IllegalStep,
                    workflow.NotTaken,
                    NotLate,
                    NotExplained,
                    NotAwaited,
                    NoDuty,
                    NoSuchNotice,
                    OpinionNotFound,
                    VerificationNotFound,
                    NoRefund,
                    NothingLate,
                    SlipThere,
                    NotFound,
                )
            ) as refusal:
                do(case)
            if act not in LATER:
                assert refusal.type is NotAllowedNow, act
            if act == "digitise":
                continue  # its upload stays; checked with its own tests
            assert traces.everything() == before, f"{act} refused in {state} left something behind"
            continue
        kept = transaction.savepoint()  # acts open the outermost block themselves
        do(case)
        assert case.dossier.state == expected, act
        transaction.savepoint_rollback(kept)
