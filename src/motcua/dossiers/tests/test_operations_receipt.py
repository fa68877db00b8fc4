"""Filing, taking in, accepting, refusing at receipt, supplements: clock, ledger, event, papers, tasks, sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from motcua.documents import operations as documents
from motcua.documents.models import Document, File
from motcua.dossiers import operations
from motcua.dossiers.models import Answers, Component, Dossier, SupplementRequest
from motcua.dossiers.operations import NoDuty, NotAcceptable, NotAllowedNow, PaperInput, ReasonMissing
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    FESTIVAL,
    KINH_MON,
    LOCAL,
    MARITAL_STATUS,
    MONDAY,
    PDF,
    RECOGNITION,
    RESIDENCE,
    TAN_DAN,
    TAN_DAN_POLICE,
    WORDS,
    Case,
    citizen,
    counter,
    filing,
    key,
    moment,
    person,
    scanned,
    unit,
)
from motcua.kernel.actor import ANONYMOUS, SYSTEM
from motcua.kernel.errors import Invalid, NotFound
from motcua.organisation import queries as organisation
from motcua.parties.models import Account, Party
from motcua.payments.models import Obligation, Receipt
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def due(case: Case) -> str:
    return f"{case.due.astimezone(LOCAL):%Y-%m-%d %H:%M}"


# Filing ------------------------------------------------------------------------------------------------------


def test_a_filing_waits_for_its_answer() -> None:
    case = Case.filed(RECOGNITION, moment("2023-12-29", "16:20"))
    row = case.dossier
    assert (row.state, row.due_at, row.accepted_at, row.clock) == (State.SUBMITTED, None, None, {})
    # Worked case 10: answered within 8 working hours; 1 January is off.
    assert row.answer_by == moment("2024-01-02", "16:20")
    assert [(task.role, task.unit_id) for task in case.tasks] == [("can_bo_tiep_nhan", unit(TAN_DAN).id)]
    assert case.task.due_at == row.answer_by
    assert not Document.objects.filter(subject=case.subject).exists()
    root = organisation.root_of_agency(row.agency_id).id  # its head is warned of what waits
    assert traces.seen_by(case.subject) == {
        ("unit", unit(TAN_DAN).id), ("unit", root), ("party", row.owner_id),
    }  # fmt: skip


def test_a_filing_s_entry_and_event_say_what_happened_without_a_name() -> None:
    case = Case.filed(RECOGNITION)
    row, entry = case.dossier, traces.last(case.subject)
    assert (entry.seq, entry.act, entry.state_before, entry.state_after) == (1, "file", None, "submitted")
    assert (entry.actor_kind, entry.account_id, entry.duty_id) == ("citizen", citizen().account_id, None)
    assert (entry.procedure_code, entry.channel) == (RECOGNITION, "online")
    assert (entry.agency_id, entry.unit_id) == (row.agency_id, unit(TAN_DAN).id)
    assert bytes(entry.hash) == bytes(row.head)
    values = traces.personal(case.subject, 1)
    assert values["owner"] == row.owner_name
    said = str(entry.payload)
    assert row.owner_name not in said
    assert row.owner_number not in said
    (event,) = traces.events(case.subject)
    assert (event.topic, event.seq) == ("dossiers.filed.v1", 1)
    assert event.payload["submitter_party_id"] == row.submitter_id
    assert event.payload["unit_ids"] == [unit(TAN_DAN).id]
    assert row.owner_name not in str(event.payload)


def test_applicant_and_submitter_are_two_and_one_may_file_for_many() -> None:
    helper = citizen()
    owners = [person(no).pk for no in (4, 5, 6)]
    cases = [Case.taken_in(RECOGNITION, owner_id=owner, submitter_id=helper.party_id) for owner in owners]
    for case, owner in zip(cases, owners, strict=True):
        row = case.dossier
        assert (row.owner_id, row.submitter_id) == (owner, helper.party_id)
        assert row.submitter_name
        assert {("party", owner), ("party", helper.party_id)} < traces.seen_by(case.subject)
    assert len({case.code for case in cases}) == 3


def test_a_citizen_files_under_their_own_name_only() -> None:
    wish = filing(RECOGNITION, channel="online", submitter_id=person(7).pk)
    before = traces.everything()
    with pytest.raises(NoDuty):
        operations.file(filing=wish, actor=citizen(), key=key(), at=MONDAY)
    with pytest.raises(NoDuty):
        operations.file(
            filing=filing(RECOGNITION), actor=citizen(), key=key(), at=MONDAY
        )  # not at the counter
    with pytest.raises(NoDuty):
        operations.file(filing=wish, actor=ANONYMOUS, key=key(), at=MONDAY)
    mine = filing(RECOGNITION, channel="online", owner_id=person(7).pk, submitter_id=citizen().party_id)
    with pytest.raises(NoDuty, match="tổ chức bạn đại diện"):
        operations.file(filing=mine, actor=citizen(), key=key(), at=MONDAY)
    assert traces.everything() == before


def test_who_stands_for_a_firm_files_for_it() -> None:
    firm = Party.objects.filter(
        kind="organisation",
        merged_into=None,
        organisation__legal_representative__in=Account.objects.filter(kind="citizen").values("party__person"),
    ).order_by("id")[0]
    assert firm.organisation is not None
    head = Account.objects.get(kind="citizen", party__person=firm.organisation.legal_representative_id)
    actor = organisation.actor_of(head.pk, MONDAY)
    case = Case.filed(RECOGNITION, owner_id=firm.pk, actor=actor)
    assert (case.dossier.owner_id, case.dossier.submitter_id) == (firm.pk, head.party_id)


def test_a_citizen_hands_in_files_not_paper() -> None:
    me = citizen()
    wish = filing(RECOGNITION, channel="online", owner_id=me.party_id, submitter_id=me.party_id)
    borrowed = {code: PaperInput(borrowed_original=True) for code in wish.papers}
    before = traces.everything()
    for told in (wish, replace(wish, papers=borrowed)):
        with pytest.raises(Invalid) as refused:
            operations.file(filing=told, actor=me, key=key(), at=MONDAY)
        assert set(refused.value.errors) == {f"papers.{code}" for code in wish.papers}
    assert traces.everything() == before
    case = Case.filed(RECOGNITION)
    case.ask()
    before = traces.everything()
    with pytest.raises(Invalid) as refused:
        case.act(operations.supplement, actor=me, papers_added={next(iter(wish.papers)): None})
    assert set(refused.value.errors) == {"papers"}
    assert traces.everything() == before


def test_an_officer_of_another_unit_takes_nothing_in_here() -> None:
    before = traces.everything()
    with pytest.raises(NoDuty):
        operations.take_in(filing=filing(RECOGNITION), actor=counter(AN_LUU), key=key(), at=MONDAY)
    assert traces.everything() == before


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"channel": "pigeon"}, "channel"),
    ({"return_channel": "pigeon"}, "channel"),
    ({"sets": 0}, "sets"),
    ({"sets": 100}, "sets"),
    ({"answers": {}}, ""),
    ({"papers": {"GT-NONE": PaperInput(handed_in=True)}}, "papers"),
    ({"procedure": FESTIVAL, "receiving": KINH_MON}, "receiving_unit"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=[str(change) for change, _ in WRONG])
def test_a_wrong_filing_is_refused_by_field(change: dict[str, Any], named: str) -> None:
    given = dict(change)
    procedure = given.pop("procedure", RECOGNITION)
    wish = (
        filing(procedure, **given) if procedure == RECOGNITION else _elsewhere(procedure, given["receiving"])
    )
    before = traces.everything()
    with pytest.raises(Invalid) as refusal:
        operations.take_in(filing=wish, actor=counter(given.get("receiving", TAN_DAN)), key=key(), at=MONDAY)
    assert refusal.value.errors
    if named:
        assert named in refusal.value.errors
    assert traces.everything() == before


def _elsewhere(procedure: str, receiving: str) -> operations.Filing:
    from dataclasses import replace

    return replace(filing(procedure), receiving_unit_id=unit(receiving).id)


def test_a_missing_paper_is_named_and_nothing_is_kept() -> None:
    wish = filing(MARITAL_STATUS, papers={})
    before = traces.everything()
    with pytest.raises(NotAcceptable) as refusal:
        operations.take_in(filing=wish, actor=counter(), key=key(), at=MONDAY)
    assert refusal.value.data["missing"]
    assert traces.everything() == before


def test_a_file_of_somebody_else_is_not_taken() -> None:
    upload = documents.store_upload(actor=citizen(1), name="a.pdf", data=PDF, at=MONDAY)
    wish = filing(RECOGNITION, channel="online", owner_id=citizen().party_id, submitter_id=citizen().party_id)
    paper = next(iter(wish.papers))
    wish = scanned(wish, citizen())
    papers = {**wish.papers, paper: PaperInput(file_id=upload.pk)}
    before = traces.everything()
    with pytest.raises(NotFound):
        operations.file(filing=replace(wish, papers=papers), actor=citizen(), key=key(), at=MONDAY)
    assert traces.everything() == before
    assert File.objects.get(pk=upload.pk).subject is None


def test_the_versions_of_the_day_are_frozen_on_the_dossier() -> None:
    case = Case.taken_in(RECOGNITION)
    row, bundle = case.dossier, case.bundle
    assert row.procedure_version_id == bundle.procedure.id
    assert row.form_version_id == bundle.form_version_id
    assert {task.process_id for task in workflow.of_subject(SYSTEM, case.subject)} == {row.process_version_id}


# Accepting ---------------------------------------------------------------------------------------------------

DUE = [
    pytest.param(RECOGNITION, "2023-09-28", "15:40", "2023-10-03 17:00", id="case 1: three working days"),
    pytest.param(BIRTH, "2023-10-02", "15:00", "2023-10-02 17:00", id="case 2: same day until 15:00"),
    pytest.param(BIRTH, "2023-10-02", "15:01", "2023-10-03 17:00", id="case 2: after 15:00 the next day"),
    pytest.param(RECOGNITION, "2023-01-18", "09:00", "2023-01-30 17:00", id="case 3: across Tết"),
    pytest.param(RECOGNITION, "2024-04-26", "09:00", "2024-05-04 17:00", id="case 6: a worked Saturday"),
    pytest.param(FESTIVAL, "2023-08-18", "10:00", "2023-09-05 17:00", id="case 7: calendar days, roll"),
]


@pytest.mark.parametrize(("procedure", "day", "hour", "wanted"), DUE)
def test_worked_cases_through_the_counter(procedure: str, day: str, hour: str, wanted: str) -> None:
    case = Case.taken_in(procedure, moment(day, hour))
    assert due(case) == wanted
    row = case.dossier
    assert row.due_at == row.original_due_at
    assert (
        max(case.bundle.steps and datetime.fromisoformat(end) for end in row.clock["plan"].values())
        == row.due_at
    )


def test_accepting_starts_the_clock_and_makes_the_slip() -> None:
    case = Case.filed(RECOGNITION)
    done = case.accept()
    row = case.dossier
    assert (done.state, done.seq, done.due_at) == (State.ACCEPTED, 2, row.due_at)
    assert row.accepted_at == row.clock_started_at == case.at
    assert due(case) == "2023-10-05 17:00"
    slip = Document.objects.get(subject=case.subject)
    assert (slip.kind, slip.number, slip.state) == ("slip", "01/TNHS", "frozen")
    assert done.papers == {"slip": slip.pk}
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_before, entry.state_after) == ("accept", "submitted", "accepted")
    assert (entry.due_before, entry.due_after) == (None, row.due_at)
    assert (entry.pauses_before, entry.pauses_after) == (0, 0)
    officer = counter()
    assert (entry.actor_kind, entry.account_id, entry.officer_id) == (
        "staff",
        officer.account_id,
        officer.staff_id,
    )
    assert entry.duty_id in {duty.id for duty in officer.duties}
    event = traces.events(case.subject)[-1]
    assert (event.topic, event.payload["document_id"]) == ("dossiers.accepted.v1", slip.pk)
    assert event.payload["due_at"].startswith("2023-10-05T10:00")
    (task,) = case.tasks
    assert event.payload["unit_ids"] == [task.unit_id]
    assert ("unit", task.unit_id) in traces.seen_by(case.subject)
    assert (row.step_name, row.holder_unit_id, row.holder_id) == (task.name, task.unit_id, None)


def test_taking_in_is_two_acts_at_once() -> None:
    case = Case.taken_in(RECOGNITION)
    first, second = traces.entries(case.subject)
    assert [(e.act, e.state_before, e.state_after) for e in (first, second)] == [
        ("file", None, "submitted"), ("accept", "submitted", "accepted"),
    ]  # fmt: skip
    assert bytes(second.prev) == bytes(first.hash)
    assert bytes(second.hash) == bytes(case.dossier.head)
    assert [event.topic for event in traces.events(case.subject)] == [
        "dossiers.filed.v1", "dossiers.accepted.v1",
    ]  # fmt: skip
    assert first.duty_id == second.duty_id is not None
    done, *_ = (task for task in workflow.of_subject(SYSTEM, case.subject) if not task.is_open)
    assert (done.outcome, done.done_by_id) == ("tiep_nhan", counter().staff_id)


def test_fees_are_owed_or_taken_at_once() -> None:
    owed = Case.taken_in(RECOGNITION)
    assert not Receipt.objects.filter(subject=owed.subject).exists()
    paid = Case.taken_in(RECOGNITION, fees=operations.FeesTaken(paid=True))
    total = sum(row.amount for row in Obligation.objects.filter(subject=paid.subject))
    assert sum(row.total for row in Receipt.objects.filter(subject=paid.subject)) == total
    with pytest.raises(Invalid):
        Case.taken_in(RECOGNITION, fees=operations.FeesTaken(due={"NO-SUCH": 1}))


def test_codes_follow_each_other_by_unit_and_day() -> None:
    monday = [Case.taken_in(RECOGNITION).code for _ in range(3)]
    assert [code[-4:] for code in monday] == ["0001", "0002", "0003"]
    assert {code[:-5] for code in monday} == {"000.07.23.H23-231002"}
    assert Case.taken_in(RECOGNITION, receiving=AN_LUU).code.endswith("-231002-0001")
    assert Case.taken_in(RECOGNITION, moment("2023-10-03")).code.endswith("-231003-0001")


def test_a_tail_typed_by_people_and_a_check_value_are_kept() -> None:
    row = Case.taken_in(RECOGNITION).dossier
    assert row.code_tail == "1"
    assert len(row.check_value) >= 4


def test_the_police_of_the_commune_receive_for_themselves() -> None:
    case = Case.taken_in(RESIDENCE, receiving=TAN_DAN_POLICE)
    assert case.dossier.receiving_unit_id == unit(TAN_DAN_POLICE).id
    assert due(case) == "2023-10-11 17:00"


# Refusing at receipt -----------------------------------------------------------------------------------------


def test_a_refusal_has_its_form_and_ends_the_matter() -> None:
    case = Case.filed(RECOGNITION)
    done = case.act(
        operations.refuse, reason="Không thuộc thẩm quyền của UBND phường.", guidance="Nộp tại huyện."
    )
    row = case.dossier
    assert (row.state, row.ended_at, row.due_at, row.holder_unit_id) == (
        State.NOT_ACCEPTED,
        case.at,
        None,
        None,
    )
    form = Document.objects.get(subject=case.subject)
    assert (form.kind, form.number, done.papers) == ("refusal", "01/TCHS", {"refusal": form.pk})
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_after, entry.payload["form"]) == ("refuse", "not_accepted", "01/TCHS")
    assert "thẩm quyền" not in str(entry.payload)
    assert traces.personal(case.subject, 2)["reason"].startswith("Không thuộc thẩm quyền")
    assert [event.topic for event in traces.events(case.subject)][-1] == "dossiers.refused.v1"
    assert case.tasks == []


@pytest.mark.parametrize("reason", ["", "   ", "ngắn quá"])
def test_a_refusal_without_a_ground_is_refused_itself(reason: str) -> None:
    case = Case.filed(RECOGNITION)
    before = traces.everything()
    with pytest.raises(ReasonMissing):
        case.act(operations.refuse, reason=reason)
    assert traces.everything() == before


# Supplements -------------------------------------------------------------------------------------------------


def test_a_supplement_asked_at_receipt_has_no_clock() -> None:
    case = Case.filed(RECOGNITION)
    case.ask()
    row = case.dossier
    assert (row.state, row.clock, row.supplement_count) == (State.SUBMITTED, {}, 1)
    asked = SupplementRequest.objects.get(dossier=row)
    assert (asked.stage, asked.clock_effect) == ("receipt", "none")
    form = Document.objects.get(subject=case.subject)
    assert (form.kind, form.number) == ("supplement_request", "01/HDHS")
    entry = traces.last(case.subject)
    assert entry.payload["clock"] == "not_started"
    assert WORDS not in str(entry.payload)
    assert traces.events(case.subject)[-1].payload["stage"] == "receipt"
    with pytest.raises(NotAllowedNow):
        Case.filed(RECOGNITION).supplement()  # nothing was asked of that one
    case.supplement(actor=citizen())
    assert case.dossier.state == State.SUBMITTED
    assert SupplementRequest.objects.get(dossier=row).answered_at == case.at
    case.accept()
    assert due(case) == "2023-10-05 17:00"


def test_one_request_at_a_time() -> None:
    case = Case.filed(RECOGNITION)
    case.ask()
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        case.ask()
    assert traces.everything() == before


def test_accepting_all_the_same_closes_the_request_so_that_appraisal_may_ask_again() -> None:
    case = Case.filed(RECOGNITION)
    case.ask()
    case.accept()
    assert not SupplementRequest.objects.filter(dossier_id=case.subject, answered_at__isnull=True).exists()
    assert case.dossier.supplement_due_at is None
    case.ask()
    assert (case.dossier.state, case.dossier.supplement_count) == (State.SUPPLEMENT_REQUESTED, 2)


SEVEN_DAYS = [
    pytest.param(True, "2023-11-01 17:00", "restart", id="case 9: returned at appraisal, counted again"),
    pytest.param(False, "2023-10-27 17:00", "pause", id="case 9: the pause only"),
]


@pytest.mark.parametrize(("restart", "wanted", "effect"), SEVEN_DAYS)
def test_worked_case_nine_end_to_end(restart: bool, wanted: str, effect: str) -> None:
    case = Case.taken_in(RESIDENCE, moment("2023-10-09", "09:00"), receiving=TAN_DAN_POLICE)
    assert due(case) == "2023-10-18 17:00"
    case.forward()
    case.ask(restart=restart, at=moment("2023-10-12", "10:00"))
    row = case.dossier
    assert (row.state, row.supplement_count) == (State.SUPPLEMENT_REQUESTED, 1)
    assert SupplementRequest.objects.get(dossier=row).clock_effect == effect
    entry = traces.last(case.subject)
    assert (entry.pauses_before, entry.pauses_after) == (0, 1)
    assert case.tasks == []
    case.supplement(at=moment("2023-10-23", "09:00"))
    row = case.dossier
    assert (row.state, due(case)) == (State.IN_PROCESS, wanted)
    assert row.original_due_at == moment("2023-10-18", "17:00")  # never lost
    entry = traces.last(case.subject)
    assert (entry.act, entry.state_after) == ("supplement", "in_process")
    assert (entry.due_before, entry.due_after) == (moment("2023-10-18", "17:00"), row.due_at)
    assert len(case.tasks) == 1
    assert (case.task.due_at or MONDAY) <= case.due
    case.at = moment("2023-10-31", "09:00")
    case.process()
    processed_at = case.dossier.processed_at or MONDAY
    assert (processed_at < case.due) == restart
    assert processed_at > moment("2023-10-27", "17:00")  # late by the measure that only pauses


def test_a_supplement_asked_from_the_wrong_step_or_by_the_wrong_person_leaves_nothing() -> None:
    case = Case.taken_in(RECOGNITION)
    case.forward()
    before = traces.everything()
    ask: dict[str, Any] = {"items": [{"name": "Tờ khai"}], "reason": WORDS}
    with pytest.raises(Invalid):
        case.act(operations.request_supplement, **ask)  # no step named
    with pytest.raises(NotFound):
        case.act(operations.request_supplement, task_id=case.task.id, **ask)  # the counter does not hold it
    with pytest.raises(Invalid):
        case.act(
            operations.request_supplement,
            actor=case.doer(),
            task_id=case.task.id,
            items=[{"name": " "}],
            reason=WORDS,
        )
    with pytest.raises(ReasonMissing):
        case.act(
            operations.request_supplement, actor=case.doer(), task_id=case.task.id, **{**ask, "reason": "x"}
        )
    assert traces.everything() == before


def test_a_supplement_brings_files_and_answers_into_the_dossier() -> None:
    case = Case.filed(RECOGNITION)
    case.ask()
    me = citizen()
    upload = documents.store_upload(actor=me, name="chung-sinh.pdf", data=PDF, at=case.at)
    paper = Component.objects.filter(dossier_id=case.subject).order_by("no")[0].paper
    answers = Answers.objects.get(subject=case.subject).answers
    case.act(operations.supplement, actor=me, papers_added={paper: upload.pk}, answers=answers)
    assert Component.objects.get(dossier_id=case.subject, paper=paper).file_id == upload.pk
    assert File.objects.get(pk=upload.pk).subject == case.subject
    assert Answers.objects.get(subject=case.subject).revision == 2


def test_a_supplement_of_nothing_or_of_a_foreign_file_leaves_nothing() -> None:
    case = Case.filed(RECOGNITION)
    case.ask()
    foreign = documents.store_upload(actor=citizen(1), name="a.pdf", data=PDF, at=case.at)
    paper = Component.objects.filter(dossier_id=case.subject).order_by("no")[0].paper
    before = traces.everything()
    me = citizen()
    for arguments, refusal in (
        ({"papers_added": {}}, Invalid),
        ({"papers_added": {"GT-NONE": None}}, Invalid),
        ({"papers_added": {paper: foreign.pk}}, NotFound),
        ({"papers_added": {}, "answers": {"applicant_name": ""}}, Invalid),
    ):
        with pytest.raises(refusal):
            case.act(operations.supplement, actor=me, **arguments)
    assert traces.everything() == before


def test_the_dossier_is_there_once() -> None:
    assert Dossier.objects.filter(code=Case.taken_in(RECOGNITION).code).count() == 1
