"""Interlinked groups: parts opened, results passed on, one failed, all together; what a worker killed leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from motcua.catalogue import queries as catalogue
from motcua.documents import operations as documents
from motcua.documents.models import Document, File
from motcua.dossiers import events, linked, operations, queries
from motcua.dossiers.clockwork import Clock
from motcua.dossiers.models import Answers, Component, Dossier, Part, Verification
from motcua.dossiers.operations import parts, timers
from motcua.dossiers.parts import PartState
from motcua.dossiers.rules import (
    Act,
    ComponentState,
    DecisionTaken,
    DossierNotFound,
    NoDuty,
    NotAllowedNow,
    State,
)
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    MONDAY,
    PDF,
    WORDS,
    Case,
    citizen,
    counter,
    filing,
    holder,
    key,
    moment,
    unit,
)
from motcua.kernel.actor import SYSTEM, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.deadline import limit_vi
from motcua.kernel.errors import Invalid
from motcua.platform import jobs, outbox

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]

BIRTH_GROUP, DEATH_GROUP, PAPER_GROUP = "2.002621", "2.002622", "2.000986"


def settle() -> int:
    """Let the dispatcher and the worker do what they do: hand events over, run the jobs once each."""
    while outbox.drain("dossiers") or outbox.waiting(
        "dossiers"
    ):  # another test's transaction may hold them back
        pass
    waiting = list(jobs.app.job_manager.list_jobs(task="dossiers.parts", status="todo"))
    for job in waiting:
        jobs.app.tasks["dossiers.parts"](**json.loads(str(job.task_kwargs)))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job.id])
    return len(waiting)


def group(procedure: str = BIRTH_GROUP, at: Any = MONDAY, **more: Any) -> Case:
    return Case.taken_in(procedure, at, **more)


def rows(case: Case) -> dict[str, Part]:
    return {row.key: row for row in parts.rows_of(case.subject)}


def part(case: Case, name: str) -> Case:
    child = rows(case)[name].child
    assert child is not None
    return Case(child.code, child.subject, case.at)


def decide(case: Case) -> None:
    """Let the part's agency take it in, decide it and have the result ready."""
    case.accept()
    case.process()


def states(case: Case) -> dict[str, str]:
    return {name: row.child.state if row.child else row.state for name, row in rows(case).items()}


def answers(death: str = "khong") -> dict[str, Any]:
    wish = filing(DEATH_GROUP)
    found = {**wish.answers, "regime": death}
    if death != "khong":
        found["funeral_organiser"] = "Nguyễn Văn Bình"
    return found


def test_accepting_a_group_opens_what_can_begin_and_says_what_follows() -> None:
    case = group()
    assert states(case) == {"khai_sinh": "submitted", "thuong_tru": "waiting", "the_bhyt": "waiting"}
    row, child = case.dossier, part(case, "khai_sinh").dossier
    assert (row.state, row.parent_id, child.parent_id, child.part) == (
        "in_process",
        None,
        case.subject,
        "khai_sinh",
    )
    assert child.answer_by is not None and child.code != case.code
    assert (child.owner_id, child.submitter_id, child.channel) == (
        row.owner_id,
        row.submitter_id,
        row.channel,
    )
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["parts"]) == (Act.ACCEPT, ["khai_sinh", "thuong_tru", "the_bhyt"])
    opened = traces.last(child.subject)
    assert (opened.act, opened.actor_kind, opened.payload["group"]) == (Act.FILE, "system", case.code)
    assert [event.topic for event in traces.events(child.subject)] == [events.PartOpened.NAME]
    slip = Document.objects.get(subject=case.subject, kind="slip")
    assert [
        line
        for line in slip.context["notes"]
        if line.startswith("Phần 2. Đăng ký thường trú cho trẻ: Công an")
    ]


def test_papers_and_answers_are_asked_once() -> None:
    case = group()
    child = part(case, "khai_sinh")
    given = Answers.objects.get(subject=case.subject).answers
    kept = Answers.objects.get(subject=child.subject).answers
    assert kept["child_name"] == given["child_name"] and kept["birth_evidence"] == "giay_chung_sinh"
    papers = {row.paper: row for row in Component.objects.filter(dossier_id=child.subject)}
    assert papers["GT-HT-02"].state == ComponentState.SHARED
    assert not [row.name for row in papers.values() if row.required and row.state == ComponentState.MISSING]


def test_the_same_file_is_lent_not_copied_from_the_filer() -> None:
    actor = citizen()
    case = Case.filed(BIRTH_GROUP, actor=actor)
    case.accept()
    own = Component.objects.get(dossier_id=case.subject, paper="GT-HT-02")
    lent = Component.objects.get(dossier_id=part(case, "khai_sinh").subject, paper="GT-HT-02")
    assert own.file is not None and lent.file is not None and own.file_id != lent.file_id
    assert own.file.sha256 == lent.file.sha256
    assert lent.file.subject == lent.dossier_id


def test_a_result_becomes_the_paper_of_the_next_parts_which_open_by_themselves() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    assert settle()
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "submitted", "the_bhyt": "submitted"}
    entry = traces.last(case.subject)
    assert (entry.act, entry.actor_kind) == (Act.FOLLOW_PARTS, "system")
    assert entry.payload["opened"] == ["thuong_tru", "the_bhyt"]
    printed = Document.objects.get(subject=part(case, "khai_sinh").subject, kind="result")
    assert printed.file is not None
    for name, paper in (("thuong_tru", "GT-ND-09"), ("the_bhyt", "GT-HT-01")):
        row = Component.objects.get(dossier_id=part(case, name).subject, paper=paper)
        assert row.state == ComponentState.SHARED and row.file is not None
        assert row.file.sha256 == printed.file.sha256
    assert part(case, "thuong_tru").dossier.receiving_unit_id == unit("TW.CAX.10699").id


def test_each_part_runs_by_its_own_clock_and_the_group_by_one() -> None:
    case = group()
    child = part(case, "khai_sinh")
    assert child.dossier.due_at is None
    child.accept()
    assert child.dossier.clock["deadline"]["limit"] == {"unit": "working_days", "value": "1"}
    assert case.dossier.clock["deadline"]["limit"] == {"unit": "working_days", "value": "4"}
    assert case.due > child.due


def test_the_group_ends_with_its_last_part_and_hands_over() -> None:
    case = group()
    for name in ("khai_sinh", "thuong_tru", "the_bhyt"):
        decide(part(case, name))
        settle()
    row = case.dossier
    assert (row.state, row.decision, row.processed_at) == (State.PROCESSED, "approved", row.ended_at)
    assert traces.events(case.subject)[-1].topic == events.Processed.NAME
    for name in ("khai_sinh", "thuong_tru", "the_bhyt"):
        part(case, name).hand_over()
    case.hand_over()
    assert case.dossier.state == State.RETURNED
    assert settle() == 0  # nothing follows


def test_a_refused_part_does_not_lose_the_others() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    home = part(case, "thuong_tru")
    home.accept()
    home.refuse_request()
    settle()
    assert case.dossier.state == State.IN_PROCESS
    decide(part(case, "the_bhyt"))
    settle()
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "stopped", "the_bhyt": "processed"}
    assert (case.dossier.state, case.dossier.decision) == (State.PROCESSED, "approved")


def test_what_needs_a_result_that_never_comes_is_said_to_be_impossible() -> None:
    case = group()
    first = part(case, "khai_sinh")
    first.act(operations.refuse, reason="Giấy chứng sinh không phải của trẻ này.")
    settle()
    assert states(case) == {"khai_sinh": "not_accepted", "thuong_tru": "impossible", "the_bhyt": "impossible"}
    assert "Đăng ký khai sinh" in rows(case)["the_bhyt"].reason
    assert (case.dossier.state, case.dossier.decision) == (State.STOPPED, "refused")
    entry = traces.last(case.subject)
    assert entry.payload["impossible"] == {"thuong_tru": "khai_sinh", "the_bhyt": "khai_sinh"}


def test_the_group_is_held_while_every_part_waits_and_goes_on_with_the_first() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    home, card = part(case, "thuong_tru"), part(case, "the_bhyt")
    for one in (home, card):
        one.accept()
    home.ask(restart=False)
    settle()
    assert case.dossier.state == State.IN_PROCESS
    card.at = home.at + timedelta(hours=1)
    card.ask(restart=False)
    settle()
    held = case.dossier
    assert held.state == State.SUSPENDED
    assert held.clock["deadline"]["pauses"][-1]["started_at"] == card.at.isoformat()
    before = held.due_at
    home.at += timedelta(days=2)
    home.supplement()
    settle()
    assert case.dossier.state == State.IN_PROCESS
    assert before is not None and case.due > before


def test_a_supplement_lapsed_stops_the_part_and_not_the_group() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    home = part(case, "thuong_tru")
    home.accept()
    home.ask(restart=False)
    until = home.dossier.supplement_due_at
    assert until is not None
    operations.lapse(code=home.code, actor=SYSTEM, key=key(), at=until)
    settle()
    assert states(case)["thuong_tru"] == "stopped"
    assert case.dossier.state == State.IN_PROCESS


def test_some_parts_are_taken_back_and_the_others_go_on() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    case.at = part(case, "khai_sinh").at + timedelta(days=1)
    case.act(operations.withdraw, reason="Gia đình đã có thẻ bảo hiểm cho trẻ.", keys=["the_bhyt"])
    assert traces.last(case.subject).act == Act.WITHDRAW_PARTS
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "submitted", "the_bhyt": "withdrawn"}
    case.act(operations.withdraw, reason="Gia đình không đề nghị phần còn lại nữa.")
    assert states(case)["thuong_tru"] == "withdrawn"
    assert (case.dossier.state, case.dossier.decision) == (State.PROCESSED, "approved")


def test_all_taken_back_withdraws_the_group_and_every_part() -> None:
    case = group()
    case.act(operations.withdraw, reason="Gia đình đề nghị rút toàn bộ hồ sơ.")
    assert states(case) == {"khai_sinh": "withdrawn", "thuong_tru": "withdrawn", "the_bhyt": "withdrawn"}
    assert case.dossier.state == State.WITHDRAWN
    child = traces.last(part(case, "khai_sinh").subject)
    assert (child.act, child.actor_kind) == (Act.WITHDRAW, "staff")


def test_what_has_its_result_cannot_be_taken_back_and_a_refusal_leaves_nothing() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    before = traces.everything()
    for keys in (["khai_sinh"], ["khong_co"]):
        with pytest.raises((NotAllowedNow, DecisionTaken, Invalid)):
            case.act(operations.withdraw, reason="Gia đình đề nghị rút phần này.", keys=keys)
    assert traces.everything() == before


@pytest.mark.parametrize("act", ["stop", "void", "suspend", "resume"])
def test_a_group_that_waits_is_not_handled_in_place_of_its_parts(act: str) -> None:
    case = group()
    before = traces.everything()
    with pytest.raises(NotAllowedNow):
        if act == "stop":
            case.act(operations.stop, actor=case.head(), reason=WORDS)
        elif act == "void":
            case.act(operations.void_and_refile, reason=WORDS, filing=filing())
        elif act == "suspend":
            case.act(operations.suspend, ground="system_outage", reason=WORDS, reference="12/TB")
        else:
            case.act(operations.resume, proof="Đã nhận được văn bản trả lời")
    assert traces.everything() == before


def test_before_the_rule_and_outside_of_it_the_old_process_holds() -> None:
    old = group(at=moment("2023-07-07"))
    assert not rows(old) and old.task.name.startswith("Đăng ký khai sinh")
    other = group(DEATH_GROUP, answers=answers("bhxh") | {"social_insurance_no": "0123456789"})
    assert not rows(other)


def test_parts_of_paper_groups_follow_one_another() -> None:
    case = group(PAPER_GROUP)
    decide(part(case, "khai_sinh"))
    settle()
    assert states(case)["the_bhyt"] == "waiting"
    decide(part(case, "thuong_tru"))
    settle()
    assert states(case)["the_bhyt"] == "submitted"


@pytest.mark.parametrize(("regime", "name"), [("bao_tro", "mai_tang_bao_tro"), ("ncc", "mai_tang_ncc")])
def test_a_part_is_there_only_in_its_case_and_its_form_has_the_number_of_the_result(
    regime: str, name: str
) -> None:
    case = group(DEATH_GROUP, answers=answers(regime))
    assert set(rows(case)) == {"khai_tu", "xoa_thuong_tru", name}
    decide(part(case, "khai_tu"))
    settle()
    number = Document.objects.get(subject=part(case, "khai_tu").subject, kind="result").number
    assert Answers.objects.get(subject=part(case, "xoa_thuong_tru").subject).answers["death_no"] == number
    for other in ("xoa_thuong_tru", name):
        child = part(case, other)
        lacking = Component.objects.filter(
            dossier_id=child.subject, state=ComponentState.MISSING, required=True
        )
        assert not list(lacking)
        decide(child)
        settle()
    assert case.dossier.state == State.PROCESSED


# Moments that meet, and workers that die


def together(acts: Iterable[Any]) -> list[Any]:
    todo = list(acts)
    line = threading.Barrier(len(todo))

    def run(act: Any) -> Any:
        try:
            connection.ensure_connection()
            line.wait(10)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(todo)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in todo]]


def test_two_parts_ending_together_end_the_group_once() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    for name in ("thuong_tru", "the_bhyt"):
        decide(part(case, name))
    at = part(case, "khai_sinh").at + timedelta(days=3)
    done = together(
        [
            lambda name=name: parts.follow(group=case.subject, key=f"t:{name}", at=at)
            for name in ("a", "b", "c")
        ]
    )
    assert sum(one is not None for one in done) == 1
    assert [
        entry.payload["ended"] for entry in traces.entries(case.subject) if entry.act == Act.FOLLOW_PARTS
    ] == [
        False,
        True,
    ]
    assert case.dossier.state == State.PROCESSED


def test_a_worker_killed_on_the_way_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    event = next(
        one for one in traces.events(part(case, "khai_sinh").subject) if one.topic == events.Processed.NAME
    )
    job = {"group": case.subject, "message": str(event.message_id), "at": event.payload["at"]}

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patched:  # in the middle of the act: nothing of it stays
        patched.setattr(parts, "finish", die)
        with pytest.raises(Killed):
            jobs.app.tasks["dossiers.parts"](**job)
    assert states(case)["thuong_tru"] == "waiting"
    jobs.app.tasks["dossiers.parts"](**job)
    jobs.app.tasks["dossiers.parts"](**job)  # after the act, before the job was noted as done
    assert Dossier.objects.filter(parent_id=case.subject).count() == 3
    assert sum(entry.act == Act.FOLLOW_PARTS for entry in traces.entries(case.subject)) == 1


# Central systems


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the rule of NĐ 301/2026 on the day the province of the demo stands at."""
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))


def mirrored() -> tuple[Case, Case]:
    case = group()
    return case, part(case, "khai_sinh")


def say(child: Case, state: str, message: str, minutes: int, **more: Any) -> operations.Done:
    return child.act(
        operations.mirror,
        actor=more.pop("actor", None) or counter(),
        state=state,
        message_id=message,
        said_at=MONDAY + timedelta(minutes=minutes),
        evidence="Thông báo trên hệ thống của Bộ Tư pháp",
        at=MONDAY + timedelta(hours=6),
        **more,
    )


@pytest.mark.usefixtures("law_of_2026")
def test_a_mirrored_part_is_not_decided_here() -> None:
    _, child = mirrored()
    assert child.dossier.mirrored and not child.tasks
    before = traces.everything()
    for operation, arguments in (
        (operations.accept, {}),
        (operations.refuse, {"reason": WORDS}),
        (operations.withdraw, {"reason": WORDS}),
    ):
        with pytest.raises(NotAllowedNow):
            child.act(operation, actor=counter(), **arguments)
    assert traces.everything() == before


@pytest.mark.usefixtures("law_of_2026")
def test_what_the_central_system_says_is_followed_and_its_result_passed_on() -> None:
    case, child = mirrored()
    officer = counter()
    say(child, "accepted", "BTP-1", 20)
    row = child.dossier
    assert (row.state, row.accepted_at) == ("accepted", MONDAY + timedelta(minutes=20))
    assert row.due_at == MONDAY + timedelta(days=1, minutes=20)
    scan = documents.store_upload(actor=officer, name="giay-khai-sinh.pdf", data=PDF, at=MONDAY)
    say(child, "processed", "BTP-2", 90, number="125/2026", file_id=scan.pk, actor=officer)
    row = child.dossier
    assert (row.state, row.decision, row.ended_at) == (
        "processed",
        "approved",
        MONDAY + timedelta(minutes=90),
    )
    entry = traces.last(child.subject)
    assert (entry.act, entry.payload["number"], entry.payload["applied"]) == (Act.MIRROR, "125/2026", True)
    settle()
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "submitted", "the_bhyt": "submitted"}
    paper = Component.objects.get(dossier_id=part(case, "the_bhyt").subject, paper="GT-HT-01")
    assert paper.file is not None and paper.file.sha256 == File.objects.get(pk=scan.pk).sha256


@pytest.mark.usefixtures("law_of_2026")
def test_messages_told_twice_or_late_are_harmless() -> None:
    _, child = mirrored()
    say(child, "in_process", "BTP-2", 60)
    entries = len(traces.entries(child.subject))
    assert say(child, "in_process", "BTP-2", 60).again
    assert len(traces.entries(child.subject)) == entries
    say(child, "supplement_requested", "BTP-1", 30)  # told before, came after
    assert child.dossier.state == "in_process"
    assert traces.last(child.subject).payload["applied"] is False
    before = traces.everything()
    with pytest.raises(Invalid):
        say(child, "stopped", "BTP-2", 60)
    assert traces.everything() == before


@pytest.mark.usefixtures("law_of_2026")
def test_a_pause_told_by_the_central_system_holds_the_part_and_the_group() -> None:
    case, child = mirrored()
    say(child, "accepted", "1", 10)
    say(child, "supplement_requested", "2", 20)
    settle()
    assert case.dossier.state == State.SUSPENDED
    say(child, "in_process", "3", 200)
    settle()
    assert case.dossier.state == State.IN_PROCESS


@pytest.mark.usefixtures("law_of_2026")
def test_only_counters_concerned_may_tell_and_only_of_mirrored_parts() -> None:
    case, child = mirrored()
    other = counter("HD.KM.10675.MC")
    with pytest.raises((NoDuty, DossierNotFound)):
        say(child, "accepted", "1", 10, actor=other)
    with pytest.raises(Invalid):
        say(child, "accepted", "1", 600)  # in the future
    with pytest.raises(NotAllowedNow):
        say(case, "accepted", "1", 10)


@pytest.mark.usefixtures("law_of_2026")
def test_acknowledgement_is_due_in_two_working_hours_since_the_rule_and_both_sides_are_alarmed() -> None:
    case, child = mirrored()
    assert child.dossier.answer_by == MONDAY + timedelta(hours=2)
    say(child, "processed", "1", 30, number="1/2026")
    settle()
    home = part(case, "thuong_tru").dossier
    answer_by = home.answer_by
    assert answer_by is not None and answer_by - home.filed_at <= timedelta(hours=4)
    timers.mark(answer_by + timedelta(minutes=1))
    police = holder(unit("TW.CAX.10699").id, Role.ONE_STOP_OFFICER)
    for actor in (counter(), police):
        found = queries.alarms(actor, ["unanswered"])
        assert home.code in [alarm.row.code for alarm in found], actor.name
        assert queries.alarm_counts(actor)["unanswered"] == len(found)


@pytest.mark.usefixtures("law_of_2026")
def test_verification_on_site_gives_a_part_and_its_group_the_longer_limit_and_calling_it_off_the_usual_one() -> (
    None
):
    case, child = mirrored()
    say(child, "processed", "BTP-1", 90, number="125/2026")
    settle()
    home = part(case, "thuong_tru")
    home.at = child.at
    home.accept()
    home.forward()
    settle()
    usual = (home.due, case.due)
    home.plan_visit()
    assert home.due > usual[0]
    entry = traces.last(home.subject)
    assert (entry.act, entry.payload["limit"]["value"], entry.payload["limit_before"]["value"]) == (
        "plan_verification", "5", "2",
    )  # fmt: skip
    assert (entry.due_before, entry.due_after) == (usual[0], home.due)
    assert home.dossier.original_due_at == usual[0]
    settle()
    entry = traces.last(case.subject)
    assert (entry.act, entry.payload["limit"]["value"], entry.due_before, entry.due_after) == (
        "follow_parts", "5", usual[1], case.due,
    )  # fmt: skip
    assert case.due > usual[1]
    visit = Verification.objects.get()
    home.act(operations.call_off_verification, actor=home.doer(), verification_id=visit.pk, reason=WORDS)
    settle()
    assert (home.due, case.due) == usual
    home.record_visit()
    settle()
    assert home.due > usual[0] and case.due > usual[1]
    before = traces.everything()
    assert settle() == 0 or traces.everything() == before


@pytest.mark.usefixtures("law_of_2026")
def test_a_central_system_that_verifies_gives_a_death_registration_its_longer_limit() -> None:
    case = group(DEATH_GROUP, answers=answers())
    child = part(case, "khai_tu")
    say(child, "accepted", "BTP-1", 20)
    usual, whole = child.due, case.due
    say(child, "in_process", "BTP-2", 40, verifying=True)
    assert child.due > usual
    assert traces.last(child.subject).payload["limit"] == {"value": "3", "unit": "working_days"}
    settle()
    assert case.due > whole
    assert traces.last(case.subject).act == Act.FOLLOW_PARTS


def test_parts_are_not_listed_apart_for_their_owner() -> None:
    actor = citizen()
    case = Case.filed(BIRTH_GROUP, actor=actor)
    case.accept()
    listed = {row.code for row in queries.own(actor, queries.Filters())}
    assert case.code in listed and part(case, "khai_sinh").code not in listed
    assert rows(case)["khai_sinh"].state == PartState.OPENED


def test_a_part_states_its_own_limit_and_comes_back_to_where_the_group_was_received() -> None:
    case = group()
    decide(part(case, "khai_sinh"))
    settle()
    child = part(case, "thuong_tru")
    child.accept()
    slip = Document.objects.filter(subject=child.subject, kind="slip").latest("pk")
    limit = Clock.from_json(child.dossier.clock).deadline.limit
    assert slip.context["limit_text"] == limit_vi(limit)
    assert child.dossier.agency_id != case.dossier.agency_id
    child.process()
    assert child.task.unit_id == case.dossier.receiving_unit_id
    child.hand_over(actor=case.counter())
    assert child.dossier.state == "returned"
    other = group()
    whole = Document.objects.filter(subject=other.subject, kind="slip").latest("pk")
    assert whole.context["limit_text"] == limit_vi(Clock.from_json(other.dossier.clock).deadline.limit)


def test_a_part_extended_beyond_the_group_is_said_to_be_later() -> None:
    case = group()
    child = part(case, "khai_sinh")
    child.accept()
    due = case.due
    family = linked.family(case.counter(), case.dossier)
    assert family is not None and not any(one.due_after(due) for one in family.members)
    on = (due + timedelta(days=14)).astimezone(LOCAL).date()
    on += timedelta(days=(7 - on.weekday()) % 7)
    child.act(operations.extend, actor=child.head(), cause="complex", reason=WORDS, new_due_on=on)
    family = linked.family(case.counter(), case.dossier)
    assert family is not None
    assert [one.key for one in family.members if one.due_after(due)] == ["khai_sinh"]
    assert case.due == due
