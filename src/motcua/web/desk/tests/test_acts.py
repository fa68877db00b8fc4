"""Acts done through pages: the dossier, the ledger entry and the event; and refusals that leave nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.documents.tests.test_rules import PNG
from motcua.dossiers.models import Answers, Component, Dossier, ParkedIntake
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    BIRTH,
    MARITAL_STATUS,
    MONDAY,
    Case,
    at_state,
    counter,
    filing,
    person,
)
from motcua.kernel.codes import parse_card
from motcua.notifications.models import Message
from motcua.parties import operations as parties
from motcua.parties.models import Merge
from motcua.platform import clock
from motcua.web.desk.tests.people import fields, sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
REASON = "Giấy chứng sinh bị mờ, không đọc được số."


def do(client: Client, case: Case, slug: str, query: str = "", **typed: Any) -> Any:
    """Open the form of an act and send it."""
    url = f"/can-bo/ho-so/{case.code}/{slug}/{query}"
    with clock.at(case.at + timedelta(minutes=5)):
        page = client.get(url)
        assert page.status_code == 200, text(page)
        return client.post(url, sent(text(page), **typed))


def check(case: Case, act: Act, state: State) -> None:
    """Hold what an act must leave: the state, one entry, one event."""
    assert case.dossier.state == state
    assert traces.last(case.subject).act == act
    assert len(traces.events(case.subject)) == len(traces.entries(case.subject))


def test_accept_refuse_and_ask_online_filings() -> None:
    client = signed_in(counter())
    accepted, refused, asked = Case.filed(), Case.filed(), Case.filed()
    assert do(client, accepted, "tiep-nhan", checked="true").status_code == 302
    check(accepted, Act.ACCEPT, State.ACCEPTED)
    assert (
        do(client, refused, "tu-choi", reason="Hồ sơ không thuộc thẩm quyền của phường.").status_code == 302
    )
    check(refused, Act.REFUSE, State.NOT_ACCEPTED)
    assert (
        do(client, asked, "yeu-cau-bo-sung", content="Ghi đúng họ tên mẹ", reason=REASON).status_code == 302
    )
    check(asked, Act.REQUEST_SUPPLEMENT, State.SUBMITTED)


def test_forward_one_and_several() -> None:
    client = signed_in(counter())
    one, two, three = Case.taken_in(), Case.taken_in(), Case.taken_in()
    assert do(client, one, "chuyen", what="1 bộ").status_code == 302
    check(one, Act.FORWARD, State.IN_PROCESS)
    with clock.at(three.at + timedelta(minutes=9)):
        page = text(client.get("/can-bo/cho/chua-chuyen/"))
        chosen = [f"{case.code}|{case.dossier.seq}" for case in (two, three)] + [f"{one.code}|1"]
        answer = client.post("/can-bo/chuyen/", sent(page, chon=chosen), follow=True)
    check(two, Act.FORWARD, State.IN_PROCESS)
    check(three, Act.FORWARD, State.IN_PROCESS)
    assert "Đã chuyển 2 hồ sơ." in text(answer) and one.code in text(answer)


def test_a_whole_dossier_through_the_pages() -> None:
    case = Case.taken_in()
    assert do(signed_in(counter()), case, "chuyen").status_code == 302
    case.at += timedelta(minutes=10)
    while case.dossier.state != State.PROCESSED:
        task = case.task
        query = f"?viec={task.id}&cach={case.usual(task)}"
        assert do(signed_in(case.doer(task)), case, "hoan-thanh", query, note="").status_code == 302
        case.at += timedelta(minutes=10)
    answer = do(signed_in(case.doer()), case, "tra-ket-qua", how="direct", collector="Nguyễn Thị Lan")
    assert answer.status_code == 302
    check(case, Act.RETURN_RESULT, State.RETURNED)


def test_assign_by_the_head_and_take_from_the_pool() -> None:
    case = at_state(State.IN_PROCESS)
    officer = case.doer()
    client = signed_in(officer)
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get("/can-bo/viec/?pham-vi=chua-nhan"))
        client.post(
            "/can-bo/viec/nhan/", sent(page, code=case.code, task=str(case.task.id), back="/can-bo/viec/")
        )
    check(case, Act.ASSIGN, State.IN_PROCESS)
    assert case.dossier.holder_id == officer.staff_id


def test_supplement_at_the_counter_changes_what_was_declared() -> None:
    case = Case.taken_in()
    assert do(signed_in(counter()), case, "chuyen").status_code == 302
    case.at += timedelta(minutes=10)
    case.ask_as_before([{"name": "Bản sao hộ chiếu của con"}])
    before = Answers.objects.get(subject=case.subject)
    ways = {"giay": "BS-1-1", "_shown": "applicant_name"}
    wrong = do(signed_in(case.counter()), case, "bo-sung", "", **ways, applicant_name="")
    assert wrong.status_code == 422
    assert "Cần nhập" in text(wrong)
    assert Answers.objects.get(subject=case.subject).revision == before.revision
    answer = do(signed_in(case.counter()), case, "bo-sung", "", **ways, applicant_name="Tên Đã Sửa")
    assert answer.status_code == 302, text(answer)
    after = Answers.objects.get(subject=case.subject)
    assert (after.revision, after.answers["applicant_name"]) == (before.revision + 1, "Tên Đã Sửa")
    assert Component.objects.get(dossier_id=case.subject, paper="BS-1-1").state == "handed_in"


def test_a_task_taken_goes_back_into_the_pool() -> None:
    case = at_state(State.IN_PROCESS)
    client, task = signed_in(case.doer()), case.task
    assert do(client, case, "giao-viec", f"?viec={task.id}&cach=take").status_code == 302
    page = text(client.get(f"/can-bo/ho-so/{case.code}/"))
    assert f"/can-bo/ho-so/{case.code}/tra-viec/?viec={task.id}" in page
    short = do(client, case, "tra-viec", f"?viec={task.id}", reason="bận")
    assert short.status_code == 422 and "ít nhất 10 ký tự" in text(short)
    assert (
        do(client, case, "tra-viec", f"?viec={task.id}", reason="Nghỉ phép từ ngày mai.").status_code == 302
    )
    check(case, Act.RELEASE, State.IN_PROCESS)
    assert case.dossier.holder_id is None and case.task.assignee_id is None


def test_a_usual_reason_is_written_into_the_form_and_nothing_is_sent() -> None:
    case, client = Case.filed(), signed_in(counter())
    before = traces.everything()
    page = do(client, case, "tu-choi", _mau="tu-choi-tham-quyen", reason="Theo quy định:", guidance="")
    assert page.status_code == 200 and traces.everything() == before
    assert "Theo quy định: Hồ sơ không thuộc thẩm quyền tiếp nhận" in text(page)
    assert "field__error" not in text(page)


def test_an_online_filings_form_lies_open_until_it_is_accepted() -> None:
    case, client = Case.filed(), signed_in(counter())
    url = f"/can-bo/ho-so/{case.code}/"
    with clock.at(case.at):
        assert '<details class="fold" open>' in text(client.get(url))
        assert do(client, case, "tiep-nhan", checked="true").status_code == 302
        assert '<details class="fold" open>' not in text(client.get(url))


def test_supplement_at_the_counter_with_a_scan() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    paper = case.dossier.components.order_by("no")[0].paper
    scan = SimpleUploadedFile("quet.png", PNG, content_type="image/png")
    answer = do(signed_in(case.counter()), case, "bo-sung", "", _shown="", **{f"tep-{paper}": scan})
    assert answer.status_code == 302, text(answer)
    check(case, Act.SUPPLEMENT, State.IN_PROCESS)
    assert Component.objects.get(dossier_id=case.subject, paper=paper).file_id is not None


def test_scans_are_added_after_acceptance() -> None:
    case = Case.taken_in()
    paper = case.dossier.components.filter(digitise=True, state="handed_in").order_by("no")[0].paper
    scan = SimpleUploadedFile("quet.png", PNG, content_type="image/png")
    assert do(signed_in(counter()), case, "so-hoa", "", **{f"tep-{paper}": scan}).status_code == 302
    check(case, Act.DIGITISE, State.ACCEPTED)
    assert Component.objects.get(dossier_id=case.subject, paper=paper).file_id is not None


def test_withdraw_and_hand_the_papers_back() -> None:
    case, client = Case.taken_in(), signed_in(counter())
    assert do(client, case, "rut", reason="Người nộp đổi ý, xin rút hồ sơ.").status_code == 302
    check(case, Act.WITHDRAW, State.WITHDRAWN)
    assert do(client, case, "tra-giay-to", collector="Lê Văn An").status_code == 302
    check(case, Act.HAND_BACK, State.WITHDRAWN)


def test_correct_a_typing_error() -> None:
    case, client = Case.taken_in(), signed_in(counter())
    due, url = case.dossier.due_at, f"/can-bo/ho-so/{case.code}/dinh-chinh/"
    d = case.dossier
    head = {
        "owner_name": "Nguyễn Thị Đúng", "owner_phone": d.owner_phone, "return_channel": d.return_channel,
        "return_address": d.return_address, "sets": str(d.sets), "reason": "Cán bộ gõ nhầm tên chủ hồ sơ.",
    }  # fmt: skip
    with clock.at(MONDAY + timedelta(hours=1)):
        page = text(client.get(url))
        answer = client.post(url, {**sent(page), **head, "_shown": ""})
    assert answer.status_code == 302, text(answer)
    check(case, Act.CORRECT_INTAKE, State.ACCEPTED)
    assert case.dossier.owner_name == "Nguyễn Thị Đúng" and case.dossier.due_at == due


def failed_message(case: Case) -> Message:
    """Return an SMS about the dossier that reached nobody."""
    return Message.objects.create(
        event_id=uuid4(), subject=case.subject, dossier_code=case.code, unit_id=case.dossier.receiving_unit_id,
        party_id=case.dossier.owner_id, channel="sms", topic="dossiers.accepted.v1", text="Ho so da duoc tiep nhan.",
        address="0912345678", state="failed", at=MONDAY, queued_at=MONDAY, error="thuê bao không liên lạc được",
    )  # fmt: skip


def test_the_wrong_procedure_is_voided_and_taken_in_again() -> None:
    case, client = Case.taken_in(MARITAL_STATUS), signed_in(counter())
    with clock.at(MONDAY + timedelta(hours=1)):
        page = text(client.get(f"/can-bo/tiep-nhan/?thay={case.code}"))
        page = text(client.post("/can-bo/tiep-nhan/", sent(page, **{"tim-thu-tuc": BIRTH})))
        papers = [part.split('"')[0] for part in page.split('name="giay" value="')[1:]]
        answer = client.post(
            "/can-bo/tiep-nhan/",
            sent(page, giay=papers, _nhan="1", **{"ly-do": "Nhập nhầm thủ tục tại quầy."}, **filled()),
        )
    assert answer.status_code == 302, text(answer)
    check(case, Act.VOID, State.VOID)
    assert Dossier.objects.get(refiled_from=case.subject).procedure_code == BIRTH


def test_a_message_that_failed_is_called_in_or_sent_again() -> None:
    case, client = Case.taken_in(), signed_in(counter())
    rows = [failed_message(case), failed_message(case)]
    with clock.at(MONDAY + timedelta(hours=1)):
        page = text(client.get("/can-bo/tin-nhan/"))
        assert case.code in page and "0912345678" not in page
        assert "0912345678" in text(client.post(f"/can-bo/tin-nhan/{rows[0].pk}/so/", sent(page)))
        client.post(
            f"/can-bo/tin-nhan/{rows[0].pk}/da-goi/", sent(page, note="Đã báo chị Lan, hẹn chiều nay.")
        )
        client.post(f"/can-bo/tin-nhan/{rows[1].pk}/gui-lai/", {"_key": "gui-lai-1"})
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == ["by_phone", "queued"], [row.state for row in rows]


def test_a_page_made_before_somebody_acted_keeps_what_was_typed() -> None:
    case, client = Case.filed(), signed_in(counter())
    url = f"/can-bo/ho-so/{case.code}/tu-choi/"
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get(url))
        case.ask()
        before = traces.everything()
        answer = client.post(url, sent(page, reason="Không thuộc thẩm quyền của phường này."))
        assert answer.status_code == 409
        assert "Có người vừa xử lý hồ sơ này" in text(answer)
        assert "Không thuộc thẩm quyền của phường này." in text(answer)
        assert traces.everything() == before
        again = client.post(url, sent(text(answer), reason="Không thuộc thẩm quyền của phường này."))
    assert again.status_code == 302
    check(case, Act.REFUSE, State.NOT_ACCEPTED)


def test_a_form_sent_twice_is_done_once() -> None:
    case, client = Case.taken_in(), signed_in(counter())
    url = f"/can-bo/ho-so/{case.code}/chuyen/"
    with clock.at(case.at + timedelta(minutes=5)):
        form = sent(text(client.get(url)))
        assert client.post(url, form).status_code == 302
        assert client.post(url, form).status_code == 302
    assert [entry.act for entry in traces.entries(case.subject)].count("forward") == 1


@pytest.mark.parametrize(
    ("slug", "typed", "status"),
    [
        ("tu-choi", {"reason": "ngắn"}, 422),
        ("yeu-cau-bo-sung", {"reason": REASON}, 422),
        ("tiep-nhan", {}, 422),
    ],
)
def test_what_is_refused_leaves_nothing(slug: str, typed: dict[str, str], status: int) -> None:
    case, client = Case.filed(), signed_in(counter())
    url = f"/can-bo/ho-so/{case.code}/{slug}/"
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get(url))
        before = traces.everything()
        answer = client.post(url, sent(page, **typed))
        assert answer.status_code == status
        for value in typed.values():
            assert value in text(answer)
        assert traces.everything() == before


def test_an_act_without_the_duty_or_the_key_is_refused() -> None:
    case = at_state(State.IN_PROCESS)
    task = case.task
    clerk = signed_in(counter())
    url = f"/can-bo/ho-so/{case.code}/hoan-thanh/?viec={task.id}&cach={case.usual(task)}"
    with clock.at(case.at + timedelta(minutes=5)):
        assert clerk.get(url).status_code == 403
        before = traces.everything()
        assert clerk.post(url, {"_key": "k1", "note": ""}).status_code == 403
        assert signed_in(case.doer(task)).post(url, {"note": ""}).status_code == 422
        assert traces.everything() == before


# Intake -----------------------------------------------------------------------------------------------


def card(no: int = 0) -> str:
    """Return the QR text of a person's chip card."""
    found = person(no)
    born = found.birth_date
    assert born is not None
    return f"{found.id_number}||{found.display_name}|{born:%d%m%Y}|Nam|Tân Dân|01012021"


def answers(case_answers: dict[str, Any]) -> dict[str, Any]:
    """Return answers as they are typed."""
    return {name: "true" if value is True else value for name, value in case_answers.items()}


def begin(client: Client, **typed: Any) -> str:
    """Scan the card and choose the procedure; return the page with its form."""
    page = text(client.get("/can-bo/tiep-nhan/"))
    page = text(client.post("/can-bo/tiep-nhan/", sent(page, **{"tim-nguoi": card()})))
    assert "1. Người nộp" in page and person().display_name in page
    return text(client.post("/can-bo/tiep-nhan/", sent(page, **{"tim-thu-tuc": BIRTH, **typed})))


def filled() -> dict[str, Any]:
    """Return the answers of a birth registration."""
    return answers(dict(filing().answers))


def test_intake_from_card_to_slip() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = begin(client)
        assert "Đăng ký khai sinh" in page and "Hẹn trả dự kiến" in page
        assert 'autocomplete="off"' in page and 'autocomplete="name"' not in page
        papers = [part.split('"')[0] for part in page.split('name="giay" value="')[1:]]
        answer = client.post(
            "/can-bo/tiep-nhan/",
            sent(page, giay=papers, giu=papers[:1], _nhan="1", **filled()),
        )
        assert answer.status_code == 302, text(answer)
        case = Case(answer["Location"].rstrip("/").rsplit("/", 1)[-1], 0, MONDAY)
        d = case.dossier
        shown = text(client.get(answer["Location"]))
        kept = client.get(f"/can-bo/ho-so/{d.code}/bien-nhan-ban-goc.pdf")
        asked = client.post(f"/can-bo/ho-so/{d.code}/lap-giay-tiep-nhan/", sent(shown))
        assert asked.status_code == 302
        slip = text(client.get(asked.headers["Location"]))
    assert d.state == State.ACCEPTED and d.owner_id == person().pk
    assert [entry.act for entry in traces.entries(d.subject)] == ["file", "accept", "issue_slip"]
    assert len(traces.events(d.subject)) == 3
    assert d.components.filter(borrowed_original=True).count() == 1
    assert "trừ khi người dân yêu cầu" in shown and "In giấy tiếp nhận" not in shown
    assert "In giấy tiếp nhận" in slip and kept.content.startswith(b"%PDF-")


def test_intake_says_what_is_missing_and_writes_nothing() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = begin(client)
        before = traces.everything()
        answer = client.post("/can-bo/tiep-nhan/", sent(page, _nhan="1"))
        assert answer.status_code == 422
        assert "nội dung cần sửa" in text(answer) and "Còn thiếu:" in text(answer)
        assert traces.everything() == before
    assert not Dossier.objects.exists()


def test_intake_is_parked_and_resumed_with_everything_typed() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = begin(client)
        client.post("/can-bo/tiep-nhan/", sent(page, child_name="Nguyễn Thị Bé", **{"_tam-giu": "1"}))
        parked = ParkedIntake.objects.get()
        assert person().display_name in parked.title
        again = text(client.get(f"/can-bo/tiep-nhan/?giu={parked.pk}"))
        assert 'value="Nguyễn Thị Bé"' in again and "Đăng ký khai sinh" in again
        other = signed_in(counter("HD.CL.10603.MC"))
        assert other.get(f"/can-bo/tiep-nhan/?giu={parked.pk}").status_code == 404


def test_a_card_of_nobody_known_makes_a_person() -> None:
    client = signed_in(counter())
    scanned = "030199001234||Phạm Thị Mới|05091999|Nữ|Phường Tân Dân|01012021"
    assert parse_card(scanned) is not None
    with clock.at(MONDAY):
        page = text(client.get("/can-bo/tiep-nhan/"))
        page = text(client.post("/can-bo/tiep-nhan/", sent(page, **{"tim-nguoi": scanned})))
        assert 'value="Phạm Thị Mới"' in page and "Ghi nhận người này" in page
        made = client.post(
            "/can-bo/tiep-nhan/",
            sent(page, **{
                "_tao": "1", "moi-full_name": "Phạm Thị Mới", "moi-personal_id": "030199001234",
                "moi-birth_date": "05/09/1999", "moi-gender": "nu", "moi-address": "Phường Tân Dân", "moi-phone": "",
            }),
        )  # fmt: skip
    assert fields(text(made))["nguoi-nop"]
    assert "Phạm Thị Mới" in text(made)


def test_the_citizens_screen_shows_what_is_entered_and_nothing_from_inside() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = begin(client)
        client.post("/can-bo/tiep-nhan/", sent(page, child_name="Nguyễn Thị Bé", _reload="1"))
        screen = text(client.get("/can-bo/man-hinh-cong-dan/?phan=1"))
        other = text(signed_in(counter("HD.CL.10603.MC")).get("/can-bo/man-hinh-cong-dan/?phan=1"))
    assert "Nguyễn Thị Bé" in screen and "Đăng ký khai sinh" in screen
    assert "Bước" not in screen and "Nguyễn Thị Bé" not in other


SCREEN = "/can-bo/man-hinh-cong-dan/?phan=1"


def test_the_citizens_screen_masks_numbers_and_forgets_who_is_gone() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        number = card().split("|")[0]
        page = begin(client)
        shown = text(client.get(SCREEN))
        assert "Đăng ký khai sinh" in shown and number not in shown
        leaving = sent(page) | {"_chi-man-hinh": "1", "_roi-trang": "1"}
        assert client.post("/can-bo/tiep-nhan/", leaving).status_code == 204
        assert "Kính chào quý khách" in text(client.get(SCREEN))
        page = begin(client)
        client.post("/can-bo/tiep-nhan/", sent(page, **{"_tam-giu": "1"}))
        assert "Kính chào quý khách" in text(client.get(SCREEN))


def test_the_citizens_screen_shows_a_receipt_and_nothing_else_after_acceptance() -> None:
    client = signed_in(counter())
    with clock.at(MONDAY):
        page = begin(client)
        papers = [part.split('"')[0] for part in page.split('name="giay" value="')[1:]]
        answer = client.post("/can-bo/tiep-nhan/", sent(page, giay=papers, _nhan="1", **filled()))
        code = answer["Location"].rstrip("/").rsplit("/", 1)[-1]
        shown = text(client.get(SCREEN))
        session = client.session
        session["quay"] = {**session["quay"], "until": 0}
        session.save()
        assert "Kính chào quý khách" in text(client.get(SCREEN))  # five minutes without a word
    assert code in shown and "<dl" not in shown and "Chủ hồ sơ" not in shown


def test_two_records_of_one_person_are_merged_and_parted_again() -> None:
    actor, kept = counter(), person()
    double = parties.register_person(actor=actor, full_name=kept.display_name, birth_date=kept.birth_date)
    client = signed_in(actor)
    with clock.at(MONDAY):
        page = text(client.get(f"/can-bo/nguoi/{kept.pk}/"))
        assert "có thể trùng" in page
        client.post(
            f"/can-bo/nguoi/{kept.pk}/gop/", sent(page, drop=str(double.pk), reason="Nhập hai lần tại quầy.")
        )
        merge = Merge.objects.get()
        client.post(f"/can-bo/nguoi/{kept.pk}/gop/{merge.pk}/hoan-tac/", sent(page))
    merge.refresh_from_db()
    assert merge.undone_at is not None
