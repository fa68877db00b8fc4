"""Reminders and cases: on frozen figures, seen by few, answered by whom they concern, decided by another head."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import queries as papers
from motcua.documents.fiction import Identity
from motcua.documents.models import Document
from motcua.documents.rules import SignatureField
from motcua.dossiers import homes
from motcua.dossiers import operations as dossiers
from motcua.dossiers.models import Component, HardshipSign
from motcua.dossiers.operations import unlisted
from motcua.dossiers.published import Demand
from motcua.dossiers.tests.factories import (
    AN_LUU,
    BIRTH,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    citizen,
    counter,
    holder,
    key,
    kstt,
    unit,
)
from motcua.dossiers.tests.factories import Case as Case_
from motcua.dossiers.tests.signers import Signers
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.steering.discipline import operations, queries, rules
from motcua.steering.discipline.models import Case, LookedAt, Reminder
from motcua.steering.discipline.queries import NotAnOverseer
from motcua.steering.discipline.rules import (
    CaseOpen,
    DoneAlready,
    Figures,
    Ground,
    NotTheHead,
    NotToBeSeen,
    Period,
    PeriodKind,
    ReminderKind,
    Thresholds,
)

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
DAY = MONDAY.date()
WEEK = Period(DAY, DAY + timedelta(days=6))
LIMITS = Thresholds(90, 3, 10, 3, 5)
counts = st.integers(0, 30)


def head(code: str = TAN_DAN) -> Actor:
    return holder(organisation.root_of(unit(code).id).id, Role.AGENCY_HEAD)


def leader() -> Actor:
    return organisation.actor_of(Duty.objects.filter(role=Role.PROVINCE_LEADER)[0].staff.account_id, MONDAY)


def demanded(times: int, officer: Actor, at: datetime = MONDAY) -> None:
    """Let an officer ask for papers beside the record so many times."""
    where = unit(TAN_DAN)
    for no in range(times):
        demand = Demand(
            names=(f"Giấy tờ tự đặt {no}",), act="request_supplement", subject=None, code="", procedure_code=BIRTH,
            agency_id=where.agency_id, unit_id=where.id,
        )  # fmt: skip
        unlisted.report(demand, actor=officer, at=at)


def reminded(**more: Any) -> int:
    values: dict[str, Any] = {
        "kind": ReminderKind.REMIND, "unit_id": unit(TAN_DAN).id, "staff_id": counter().staff_id, "days": WEEK,
        "text": "Nhắc giải quyết hồ sơ đúng hẹn.", "actor": head(), "key": key(), "at": MONDAY, **more,
    }  # fmt: skip
    return operations.remind(**values)


def opened(**more: Any) -> int:
    values: dict[str, Any] = {
        "ground": Ground.OWN_PROCEDURE, "unit_id": unit(TAN_DAN).id, "staff_id": counter().staff_id or 0, "days": WEEK,
        "what": "Ba lần yêu cầu giấy tờ ngoài danh mục.", "proposal": "Phê bình trước cơ quan.", "actor": head(),
        "key": key(), "at": MONDAY, **more,
    }  # fmt: skip
    return operations.open_case(**values)


def refused(refusal: type[DomainError], act: Any, **arguments: Any) -> None:
    tables = (LedgerEntry, OutboxEvent, Document, Reminder, Case)
    before = [table._default_manager.count() for table in tables]
    with pytest.raises(refusal):
        act(**arguments)
    assert [table._default_manager.count() for table in tables] == before


# -- rules ---------------------------------------------------------------------------------------------------


@given(st.dates(date(2021, 1, 1), date(2030, 12, 31)), st.sampled_from(PeriodKind))
def test_periods_are_whole_weeks_and_months(today: date, kind: PeriodKind) -> None:
    found = rules.period(kind, today)
    if kind in (PeriodKind.THIS_WEEK, PeriodKind.LAST_WEEK):
        assert found.first.weekday() == 0 and (found.last - found.first).days == 6
    else:
        assert found.first.day == 1 and (found.last + timedelta(days=1)).day == 1
    now = kind in (PeriodKind.THIS_WEEK, PeriodKind.THIS_MONTH)
    assert (found.first <= today <= found.last) is now
    assert now or found.last < today


@given(st.builds(Figures, *[counts] * 6), counts)
def test_more_on_record_never_suggests_less(figures: Figures, reminders: int) -> None:
    more = Figures(*(value + 1 for value in figures.to_json().values()))
    assert set(rules.suggested(figures, reminders, LIMITS)) <= set(
        rules.suggested(more, reminders + 1, LIMITS)
    )
    assert rules.suggested(Figures(), 0, LIMITS) == {}


@given(st.builds(Figures, *[counts] * 6), st.sampled_from(ReminderKind))
def test_the_text_that_writes_itself_holds_every_figure(figures: Figures, kind: ReminderKind) -> None:
    text = rules.draft(kind, "ông/bà A", figures, WEEK)
    assert all(line in text for line in rules.figure_words(figures))
    assert rules.REMINDER_KINDS[kind] in text and WEEK.words in text


# -- reminders -----------------------------------------------------------------------------------------------


def test_a_reminder_from_the_figures_to_the_answer() -> None:
    officer = counter()
    demanded(2, officer)
    (line,) = queries.conduct_of_officers(head(), WEEK, MONDAY)
    assert (line.officer_id, line.figures) == (officer.staff_id, Figures(demands=2))
    number = reminded()
    row = Reminder.objects.get(pk=number)
    assert row.figures == Figures(demands=2).to_json()
    demanded(3, officer, MONDAY + timedelta(days=1))
    row.refresh_from_db()
    assert row.figures["demands"] == 2  # frozen
    paper = Document.objects.get(pk=row.document_id)
    assert (paper.kind, paper.number) == ("reminder", "01/NNPB")
    later: dict[str, Any] = {"reminder": number, "at": MONDAY + timedelta(hours=1)}
    refused(NotTheHead, operations.answer, text="Tôi trả lời thay.", actor=head(), key=key(), **later)
    operations.see(actor=officer, key=key(), **later)
    refused(DoneAlready, operations.see, actor=officer, key=key(), **later)
    refused(Invalid, operations.answer, text="vâng", actor=officer, key=key(), **later)
    operations.answer(text="Tôi rút kinh nghiệm, không lặp lại.", actor=officer, key=key(), **later)
    refused(DoneAlready, operations.answer, text="Nói thêm một lần nữa.", actor=officer, key=key(), **later)
    acts = LedgerEntry.objects.filter(subject=number).order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["discipline_issued", "discipline_seen", "discipline_answered"]
    assert OutboxEvent.objects.filter(subject=number, topic="steering.discipline.v1").count() == 3


def test_who_may_remind_whom() -> None:
    refused(NotTheHead, reminded, actor=counter())
    refused(NotTheHead, reminded, actor=head(AN_LUU))
    refused(NotTheHead, reminded, actor=kstt())
    root = organisation.root_of(unit(TAN_DAN).id).id
    refused(NotTheHead, reminded, unit_id=root, staff_id=head().staff_id)
    refused(Invalid, reminded, staff_id=counter(AN_LUU).staff_id)
    refused(Invalid, reminded, text="")
    assert reminded(staff_id=None, kind=ReminderKind.CRITICISE)


def test_who_sees_a_reminder() -> None:
    number, officer = reminded(), counter()
    for one in (officer, head(), kstt(), leader()):
        assert queries.reminder(one, number).subject == number
        assert queries.discipline_course(one, number)
    for stranger in (
        counter(AN_LUU),
        head(AN_LUU),
        citizen(),
        holder(unit(TAN_DAN).id, Role.RETURN_OFFICER, no=0),
    ):
        if stranger.staff_id == officer.staff_id:
            continue
        with pytest.raises(NotToBeSeen):
            queries.reminder(stranger, number)
    assert [one.subject for one in queries.own_reminders(officer)] == [number]
    assert queries.own_reminders(head()) == []
    assert queries.reminders(head(AN_LUU)) == []
    with pytest.raises(NotAnOverseer):
        queries.reminders(officer)


# -- cases ---------------------------------------------------------------------------------------------------


def test_a_case_is_suggested_by_the_thresholds_and_opened_by_a_person() -> None:
    officer = counter()
    demanded(3, officer)
    for _ in range(3):
        reminded()
    found = {one.ground: one.why for one in queries.suggestions(head(), MONDAY)}
    assert set(found) == {Ground.OWN_PROCEDURE, Ground.LATENESS}
    assert found[Ground.LATENESS] == "3 lần nhắc nhở, phê bình trong 90 ngày"
    assert Case.objects.count() == 0
    number = opened()
    assert {one.ground for one in queries.suggestions(head(), MONDAY)} == {Ground.LATENESS}
    refused(CaseOpen, opened, actor=kstt())
    row = Case.objects.get(pk=number)
    assert (row.figures["demands"], len(row.reminders), row.number) == (3, 3, "01/TTr-VV")


def test_a_paper_is_of_the_agency_of_who_signs_it() -> None:
    for number, actor in ((opened(actor=kstt()), kstt()), (reminded(actor=leader()), leader())):
        own = organisation.root_of(actor.duties[0].unit_id)
        paper = Document.objects.get(subject=number)
        assert paper.unit_id == own.id
        assert paper.context["head"]["agency"] == own.name


def test_a_case_is_decided_by_another_head_followed_and_closed() -> None:
    number = opened()
    on: dict[str, Any] = {"case": number, "at": MONDAY + timedelta(days=1)}
    day = DAY + timedelta(days=30)
    refused(
        NotTheHead,
        operations.decide,
        decision="Tự mình quyết định.",
        follow_up_on=day,
        actor=head(),
        key=key(),
        **on,
    )
    refused(
        NotTheHead,
        operations.decide,
        decision="Không phải thủ trưởng.",
        follow_up_on=day,
        actor=kstt(),
        key=key(),
        **on,
    )
    refused(
        NotToBeSeen,
        operations.decide,
        decision="Tự xử mình.",
        follow_up_on=day,
        actor=counter(),
        key=key(),
        **on,
    )
    refused(
        Invalid,
        operations.decide,
        decision="Phê bình trước cơ quan.",
        follow_up_on=DAY,
        actor=leader(),
        key=key(),
        **on,
    )
    refused(DoneAlready, operations.close, outcome="Chưa quyết định mà đóng.", actor=head(), key=key(), **on)
    operations.decide(decision="Phê bình trước cơ quan.", follow_up_on=day, actor=leader(), key=key(), **on)
    operations.follow(
        found="Đã phê bình tại cuộc họp.",
        follow_up_on=day + timedelta(days=30),
        actor=head(),
        key=key(),
        **on,
    )
    refused(NotTheHead, operations.close, outcome="Đã xong, không lặp lại.", actor=kstt(), key=key(), **on)
    operations.close(outcome="Đã xong, không lặp lại.", actor=head(), key=key(), **on)
    turns = [one.turn for one in queries.discipline_course(head(), number)]
    assert turns == ["proposed", "decided", "followed", "closed"]
    assert LedgerEntry.objects.filter(subject=number).count() == 4
    with pytest.raises(NotToBeSeen):
        queries.case(counter(), number)  # who is concerned sees no case
    assert queries.cases(head(AN_LUU)) == []


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_the_pages_from_the_figures_to_the_answer_and_the_case() -> None:
    demanded(3, counter())
    boss, officer = browser(head()), browser(counter())
    with clock.at(MONDAY + timedelta(hours=2)):
        page = boss.get("/can-bo/ky-cuong/?ky=tuan-nay").content.decode()
        assert (
            "Nên xem xét mở vụ việc" in page and "3 lần yêu cầu giấy tờ ngoài danh mục trong 90 ngày" in page
        )
        assert officer.get("/can-bo/ky-cuong/").status_code == 403
        about: dict[str, Any] = {
            "don-vi": unit(TAN_DAN).id,
            "nguoi": counter().staff_id or 0,
            "ky": "tuan-nay",
        }
        form = boss.get("/can-bo/ky-cuong/nhac-nho/moi/", about).content.decode()
        assert "có 3 lần yêu cầu giấy tờ ngoài danh mục" in form
        told = {
            **about,
            "_key": "n-1",
            "kind": "remind",
            "text": "Nhắc không yêu cầu giấy tờ ngoài danh mục.",
        }
        assert boss.post("/can-bo/ky-cuong/nhac-nho/moi/", {**told, "text": ""}).status_code == 422
        url = boss.post("/can-bo/ky-cuong/nhac-nho/moi/", told).headers["Location"]
        assert url in officer.get("/can-bo/bao-tin/").content.decode()
        assert officer.post(f"{url}da-xem/", {"_key": "n-2"}).status_code == 302
        assert (
            officer.post(f"{url}tra-loi/", {"_key": "n-3", "reason": "Tôi đã rõ và sẽ sửa."}).status_code
            == 302
        )
        letter = officer.get(f"{url}van-ban.pdf")
        assert (letter.headers["Content-Type"], letter.content[:5]) == ("application/pdf", b"%PDF-")
        assert browser(counter(AN_LUU)).get(f"{url}van-ban.pdf").status_code == 404
        case = {
            **about, "_key": "n-4", "noi-dung": "own_procedure", "what": "Ba lần trong một tuần.",
            "proposal": "Phê bình trước cơ quan.",
        }  # fmt: skip
        opened_at = boss.post("/can-bo/ky-cuong/vu-viec/moi/", case).headers["Location"]
        assert officer.get(opened_at).status_code == 404
        assert boss.get(f"{opened_at}to-trinh.pdf").content[:5] == b"%PDF-"
        decider = browser(leader())
        wrong = decider.post(
            f"{opened_at}quyet-dinh/", {"_key": "n-5", "reason": "Phê bình trước cơ quan.", "ngay": ""}
        )
        assert wrong.status_code == 422 and "Ghi ngày kiểm tra lại" in wrong.content.decode()
        right = {"_key": "n-6", "reason": "Phê bình trước cơ quan.", "ngay": "02/11/2023"}
        assert decider.post(f"{opened_at}quyet-dinh/", right).status_code == 302
        assert "Đang theo dõi thực hiện" in boss.get("/can-bo/ky-cuong/").content.decode()


# -- what may have cost applicants a way too many ------------------------------------------------------------


def refused_at_receipt(times: int) -> list[Case_]:
    """Refuse so many online dossiers that had every paper, at the counter of Tân Dân."""
    made = [Case_.filed(RECOGNITION) for _ in range(times)]
    for one in made:
        one.act(dossiers.refuse, reason="Chưa tiếp nhận được trong hôm nay.", actor=counter())
    return made


def test_refusals_of_complete_dossiers_suggest_a_case_with_what_it_rests_on() -> None:
    officer, where = counter(), unit(TAN_DAN).id
    made = refused_at_receipt(4)
    assert queries.suggestions(head(), MONDAY) == []
    made += refused_at_receipt(1)
    (one,) = queries.suggestions(head(), MONDAY)
    assert (one.officer_id, one.ground, one.figures.hardships) == (officer.staff_id, Ground.HARASSMENT, 5)
    assert "có thể" in one.why  # no finding
    rows = queries.behind(head(), where, officer.staff_id or 0, Ground.HARASSMENT, MONDAY)
    assert {row.code for row in rows} == {case.code for case in made}
    assert {row.what for row in rows} == {"refused_complete"}
    assert queries.behind(head(), where, officer.staff_id or 0, Ground.OWN_PROCEDURE, MONDAY) == []
    for other in (head(AN_LUU), officer):  # another agency's, and who is concerned
        try:
            assert queries.behind(other, where, officer.staff_id or 0, Ground.HARASSMENT, MONDAY) == []
        except NotAnOverseer:
            assert other is officer


def test_demands_beside_the_record_count_too_but_alone_are_their_own_ground() -> None:
    demanded(5, counter())
    assert {one.ground for one in queries.suggestions(head(), MONDAY)} == {Ground.OWN_PROCEDURE}
    refused_at_receipt(1)
    assert {one.ground for one in queries.suggestions(head(), MONDAY)} == {
        Ground.OWN_PROCEDURE,
        Ground.HARASSMENT,
    }


def test_a_refusal_for_a_paper_that_lacks_and_a_first_supplement_are_no_signs() -> None:
    lacking = Case_.filed(RECOGNITION)
    Component.objects.filter(dossier_id=lacking.subject, no=1).update(state="missing")
    lacking.act(dossiers.refuse, reason="Thiếu giấy tờ bắt buộc theo danh mục.")
    asked = Case_.taken_in(RECOGNITION)
    asked.ask()
    assert not HardshipSign.objects.exists()
    asked.supplement()
    asked.act(dossiers.allow_supplement, actor=asked.head(), reason="Phát hiện thêm nội dung khai chưa khớp.")
    asked.ask()
    (sign,) = HardshipSign.objects.all()
    assert (sign.kind, sign.code) == ("asked_again", asked.code)


def left(**more: Any) -> int:
    values: dict[str, Any] = {
        "ground": Ground.HARASSMENT, "unit_id": unit(TAN_DAN).id, "staff_id": counter().staff_id or 0,
        "reason": "Đã xem từng hồ sơ: cổng gửi trùng, từ chối là đúng.", "actor": head(), "key": key(), "at": MONDAY,
        **more,
    }  # fmt: skip
    return operations.leave(**values)


def test_a_suggestion_is_left_with_its_reason_and_comes_back_only_by_what_is_new() -> None:
    refused(rules.NotSuggested, left)
    refused_at_receipt(5)
    refused(Invalid, left, reason=" ")
    refused(NotTheHead, left, actor=head(AN_LUU))
    refused(NotTheHead, left, actor=counter())
    once = key()
    assert left(key=once) == left(key=once)
    row = LookedAt.objects.get()
    assert (row.figures["hardships"], row.reason[:6]) == (5, "Đã xem")
    entry = LedgerEntry.objects.get(subject=row.subject)
    assert (entry.act, entry.payload["ground"], entry.payload["hardships"]) == (
        "discipline_left", "harassment", 5,
    )  # fmt: skip
    assert "cổng gửi trùng" not in str(entry.payload)
    assert OutboxEvent.objects.filter(subject=row.subject, topic="steering.discipline.v1").count() == 1
    assert queries.suggestions(head(), MONDAY) == []
    refused(rules.NotSuggested, left)
    refused_at_receipt(4)
    assert queries.suggestions(head(), MONDAY) == []
    refused_at_receipt(1)
    (again,) = queries.suggestions(head(), MONDAY)
    assert again.figures.hardships == 10


@given(st.builds(Figures, *[counts] * 6), st.builds(Figures, *[counts] * 6))
def test_what_was_looked_at_never_suggests_by_itself(now: Figures, before: Figures) -> None:
    assert rules.suggested(now.beyond(now.to_json()), 0, LIMITS) == {}
    new = now.beyond(before.to_json())
    assert all(0 <= value <= now.to_json()[name] for name, value in new.to_json().items())


def test_the_page_shows_what_a_suggestion_rests_on_and_takes_the_reason() -> None:
    made = refused_at_receipt(5)
    with clock.at(MONDAY + timedelta(hours=2)):
        client = Client()
        client.force_login(Account.objects.get(pk=head().account_id))
        page = client.get("/can-bo/ky-cuong/").content.decode()
        assert "chưa kết luận ai có lỗi" in page
        where = f"/can-bo/ky-cuong/goi-y/?don-vi={unit(TAN_DAN).id}&nguoi={counter().staff_id}&noi-dung=harassment"
        assert where.replace("&", "&amp;") in page
        shown = client.get(where).content.decode()
        assert all(case.code in shown for case in made)
        assert "Từ chối tiếp nhận hồ sơ đã có đủ giấy tờ" in shown
        given = {"don-vi": unit(TAN_DAN).id, "nguoi": counter().staff_id, "noi-dung": "harassment"}
        assert client.post("/can-bo/ky-cuong/goi-y/", {**given, "_key": key()}).status_code == 422
        sent = {**given, "reason": "Đã hỏi, từ chối là đúng.", "_key": key()}
        assert client.post("/can-bo/ky-cuong/goi-y/", sent).status_code == 302
        assert "Nên xem xét mở vụ việc" not in client.get("/can-bo/ky-cuong/").content.decode()
        assert "Hiện không có gợi ý" in client.get(where).content.decode()


def test_a_letter_is_signed_by_its_head_then_sealed_by_the_clerk_who_sees_it_only_then() -> None:
    signers, number = Signers.trusted(), reminded()
    paper = Document.objects.get(subject=number)
    clerk = holder(unit("HD.KM.10699.VPTK").id, Role.CLERK)

    def sign(actor: Actor, who: Identity, field: SignatureField) -> None:
        data = signers.signed(paper.pk, who, field, MONDAY)
        dossiers.sign_paper(
            document_id=paper.pk, data=data, actor=actor, key=key(), at=MONDAY, real_at=clock.real_now()
        )

    with pytest.raises(NotToBeSeen):
        homes.of(clerk, paper.pk)
    with pytest.raises(NotToBeSeen):
        homes.of(counter(AN_LUU), paper.pk)
    sign(head(), signers.person(head()), SignatureField.SIGNATORY)
    assert homes.of(clerk, paper.pk)[1].subject == number
    sign(clerk, signers.agency(paper.unit_id), SignatureField.AGENCY)
    assert [one.complete for one in papers.signatures(SYSTEM, paper.pk)] == [False, True]
    acts = LedgerEntry.objects.filter(subject=number).order_by("seq").values_list("act", flat=True)
    assert list(acts) == ["discipline_issued", "sign_paper", "sign_paper"]
    proposal = opened()
    with pytest.raises(NotToBeSeen):
        homes.of(clerk, Document.objects.get(subject=proposal).pk)
