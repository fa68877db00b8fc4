"""One's own dossiers in every state: what the course says, what it does not, what to do next; statements counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader, PdfWriter

from motcua.catalogue import queries as catalogue
from motcua.documents.models import Document
from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import State
from motcua.dossiers.tests.factories import (
    BIRTH,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    Case,
    at_state,
    citizen,
    unit,
)
from motcua.dossiers.tests.test_reuse import kept
from motcua.forms import rules as form_rules
from motcua.forms.models import Draft
from motcua.kernel.actor import Actor
from motcua.notifications.models import Message
from motcua.parties.models import Account
from motcua.platform import access, clock
from motcua.repository.models import Holding, HoldingUse

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
MOST_STATEMENTS = 12


def visitor(actor: Actor) -> Client:
    """Return a client signed in as a citizen."""
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def owner_of(case: Case) -> Actor:
    """Let one of the citizens with an account own and see a dossier, whoever filed it."""
    actor = citizen()
    access.grant(case.subject, parties=[actor.party_id or 0], scope="work")
    return actor


@pytest.mark.parametrize("state", list(State))
def test_every_state_says_what_to_do_next(state: State) -> None:
    case = at_state(state)
    client = visitor(owner_of(case))
    with clock.at(case.at + timedelta(minutes=5)):
        answer = client.get(f"/ho-so-cua-toi/{case.code}/")
    assert answer.status_code == 200
    page = answer.content.decode()
    told = {
        State.SUBMITTED: "Cơ quan trả lời hồ sơ trước",
        State.ACCEPTED: "Hẹn trả kết quả",
        State.IN_PROCESS: "Hẹn trả kết quả",
        State.SUPPLEMENT_REQUESTED: "Bổ sung hồ sơ",
        State.PAYMENT_REQUESTED: "Có khoản phải nộp",
        State.SUSPENDED: "Hồ sơ tạm dừng giải quyết",
        State.PROCESSED: "Đã có kết quả",
        State.RETURNED: "Đã trả kết quả",
        State.NOT_ACCEPTED: "Xem thủ tục và nộp hồ sơ mới",
        State.WITHDRAWN: "Hồ sơ đã rút",
        State.STOPPED: "quyền khiếu nại",
        State.VOID: "Xem hồ sơ thay thế",
    }[state]
    assert told in page
    assert ("Rút hồ sơ</a>" in page) == (state in {
        State.SUBMITTED, State.ACCEPTED, State.IN_PROCESS, State.SUPPLEMENT_REQUESTED, State.PAYMENT_REQUESTED,
        State.SUSPENDED,
    })  # fmt: skip
    if state is State.VOID:
        assert Dossier.objects.get(refiled_from=case.subject).code in page


def test_the_course_tells_every_act_and_no_inner_note() -> None:
    case = at_state(State.IN_PROCESS)
    case.step(note="Nội bộ: gọi lại hỏi đồng chí trưởng phòng.")
    case.process()
    case.hand_over()
    client = visitor(owner_of(case))
    with clock.at(case.at + timedelta(minutes=5)):
        answer = client.get(f"/ho-so-cua-toi/{case.code}/")
    items = answer.context["items"]
    assert [item.state for item in items] == ["done"] * len(items)
    assert (items[0].what, items[-1].what) == ("Nộp hồ sơ", "Trả kết quả")
    assert [item.at for item in items] == sorted(item.at for item in items)
    officers = set(Account.objects.filter(kind="staff").values_list("display_name", flat=True))
    assert any(item.who.split(",")[0] in officers for item in items), "the filer sees who handled it"
    assert "Nội bộ" not in answer.content.decode()


def test_what_is_ahead_stands_in_the_order_of_the_process() -> None:
    case = at_state(State.ACCEPTED)
    client = visitor(owner_of(case))
    with clock.at(case.at + timedelta(minutes=5)):
        items = client.get(f"/ho-so-cua-toi/{case.code}/").context["items"]
    states = [item.state for item in items]
    assert states == sorted(states, key=["done", "now", "next"].index)
    assert states.count("now") == 1
    assert (items[-1].what, items[-1].at) == ("Trả kết quả", case.dossier.due_at)


def test_a_page_costs_few_statements_whatever_happened() -> None:
    counts = []
    for case in (at_state(State.SUBMITTED), at_state(State.RETURNED)):
        client = visitor(owner_of(case))
        with clock.at(case.at + timedelta(minutes=5)):
            client.get(f"/ho-so-cua-toi/{case.code}/")
            with CaptureQueriesContext(connection) as caught:
                client.get(f"/ho-so-cua-toi/{case.code}/")
        counts.append(len(caught))
    assert max(counts) <= MOST_STATEMENTS, counts


@pytest.mark.parametrize(
    ("address", "most"),
    [("/ho-so-cua-toi/", 6), ("/tin-nhan/", 5), ("/kho-giay-to/", 6)],
)
def test_lists_cost_the_same_for_few_and_many(address: str, most: int) -> None:
    actor = citizen()
    client = visitor(actor)
    counts = []
    for _ in range(2):
        case = Case.taken_in(BIRTH, owner_id=actor.party_id)
        case.forward()
        case.process()
        case.hand_over()
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        counts.append(len(caught))
    assert counts[0] == counts[1] <= most, counts


def test_the_papers_of_a_dossier_are_pdfs_for_its_people_alone() -> None:
    actor = citizen()
    case = Case.taken_in(BIRTH, owner_id=actor.party_id)
    case.forward()
    case.process()
    case.hand_over()
    client, other = visitor(actor), visitor(citizen(1))
    page = client.get(f"/ho-so-cua-toi/{case.code}/").content.decode()
    papers = re.findall(rf'href="(/ho-so-cua-toi/{re.escape(case.code)}/tai-lieu/\d+/)"', page)
    assert len(papers) == 2  # slip and result
    for address in papers:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert "inline" in answer.headers["Content-Disposition"]
        assert PdfReader(BytesIO(answer.content)).pages
        assert other.get(address).status_code == 404
    inner = Document.objects.filter(subject=case.subject, kind="control_slip").first()
    assert inner is None or client.get(f"/ho-so-cua-toi/{case.code}/tai-lieu/{inner.pk}/").status_code == 404
    holding = Holding.objects.get(source_subject=case.subject)
    assert client.get(f"/kho-giay-to/{holding.pk}/").content.startswith(b"%PDF")
    assert other.get(f"/kho-giay-to/{holding.pk}/").status_code == 404
    assert "Còn giá trị" in client.get("/kho-giay-to/").content.decode()
    assert "chưa có giấy tờ nào" in other.get("/kho-giay-to/").content.decode()


def test_the_slip_says_where_to_ask() -> None:
    case = Case.taken_in(BIRTH)
    slip = Document.objects.get(subject=case.subject, kind="slip").context
    assert slip["lookup_url"].endswith(f"/tra-cuu/{case.code}")
    assert slip["office"]["phone"] and slip["office"]["website"]
    assert slip["through_other"] is False
    posted = Case.taken_in(BIRTH, return_channel="post", return_address="Số 1, đường Trần Phú")
    assert Document.objects.get(subject=posted.subject, kind="slip").context["through_other"] is True
    page = Client().get(f"/tra-cuu/{case.code}")
    assert case.code in page.content.decode()


def message(actor: Actor, number: int) -> Message:
    return Message.objects.create(
        event_id=f"00000000-0000-0000-0000-{number:012d}", subject=1, dossier_code="H-1",
        party_id=actor.party_id or 0, channel="portal", topic="dossiers.accepted.v1", title="Đã tiếp nhận",
        text="Hồ sơ đã được tiếp nhận.", state="delivered", at=MONDAY, queued_at=MONDAY,
    )  # fmt: skip


def test_messages_are_read_by_opening_and_only_by_their_reader() -> None:
    actor, other = citizen(), citizen(1)
    first, second = message(actor, 1), message(actor, 2)
    client = visitor(actor)
    assert client.get("/tin-nhan/").content.decode().count("Chưa đọc") == 2
    assert visitor(other).post(f"/tin-nhan/{first.pk}/").status_code == 404
    answer = client.post(f"/tin-nhan/{first.pk}/", {"code": "H-1"})
    assert answer.headers["Location"] == "/ho-so-cua-toi/H-1/"
    assert client.get(f"/tin-nhan/{second.pk}/").status_code == 405
    assert client.get("/tin-nhan/").content.decode().count("Chưa đọc") == 1
    client.post("/tin-nhan/da-doc/")
    assert "Chưa đọc" not in client.get("/tin-nhan/").content.decode()
    assert "Chưa có tin nhắn nào" in visitor(other).get("/tin-nhan/").content.decode()


def test_guessing_check_values_is_stopped() -> None:
    case, other = Case.filed(), Case.filed(actor=citizen(1))
    client = Client()
    wrong = {"code": case.code, "check_value": "----"}
    codes = [client.post("/tra-cuu/", wrong).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]
    right = {"code": case.code, "check_value": case.dossier.check_value}
    assert client.post("/tra-cuu/", right).status_code == 429, "not even the right value tells anything now"
    good = {"code": other.code, "check_value": other.dossier.check_value}
    assert client.post("/tra-cuu/", good).status_code == 200
    assert client.get("/api/v1/track", {"code": case.code, "check_value": "----"}).status_code == 429


def test_several_files_answer_a_supplement_as_one() -> None:
    actor = citizen()
    case = Case.filed(actor=actor)
    first = case.dossier.components.order_by("no")[0]
    case.ask(items=[{"name": first.name, "what": "Bản rõ hơn"}])
    client = visitor(actor)
    where = f"/ho-so-cua-toi/{case.code}/bo-sung/"
    with clock.at(case.at + timedelta(minutes=5)):
        page = client.get(where)
        shown = {"_key": page.context["key"], "_seen": case.dossier.seq, "_shown": ""}
        field = page.context["papers"][0].input
        bad = [SimpleUploadedFile("a.pdf", b"MZ"), SimpleUploadedFile("b.pdf", b"MZ")]
        refused = client.post(where, {**shown, field: bad})
        assert refused.status_code == 422
        assert "Chỉ nhận tệp" in refused.content.decode()
        pages = [SimpleUploadedFile(f"{n}.pdf", blank(), "application/pdf") for n in range(2)]
        assert client.post(where, {**shown, field: pages}).status_code == 302
    first.refresh_from_db()
    assert first.file is not None
    answer = client.get(f"/ho-so-cua-toi/{case.code}/giay-to/{first.pk}/")
    assert len(PdfReader(BytesIO(answer.content)).pages) == 2
    assert visitor(citizen(1)).get(f"/ho-so-cua-toi/{case.code}/giay-to/{first.pk}/").status_code == 404


def blank() -> bytes:
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "address",
    ["/ho-so-cua-toi/", "/ho-so-cua-toi/H-1/", "/tin-nhan/", "/kho-giay-to/", "/kho-giay-to/1/"],
)
def test_who_is_not_signed_in_is_asked_to(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/dang-nhap/?tiep=")


@pytest.fixture
def _monday() -> Iterator[None]:
    with clock.at(MONDAY):
        yield


@pytest.mark.usefixtures("_monday")
def test_a_paper_of_ones_repository_is_offered_and_used() -> None:
    actor = citizen()
    client = visitor(actor)
    client.post(f"/nop-ho-so/{RECOGNITION}/")
    draft = Draft.objects.latest("id")
    where = f"/nop-ho-so/{RECOGNITION}/{draft.pk}"
    client.post(f"{where}/nguoi-nop/", {"owner": "self", "_next": "1"})
    client.post(f"{where}/noi-nhan/", {"unit": unit(TAN_DAN).id, "return_channel": "account", "_next": "1"})
    definition = catalogue.current(RECOGNITION, clock.today())
    Draft.objects.filter(pk=draft.pk).update(
        answers=form_rules.sample_answers(definition.body["eform"], {}, clock.today())
    )
    wanted = [paper for paper in client.get(f"{where}/giay-to/").context["papers"] if paper.required]
    held, *others = wanted
    holding = kept(actor, held.code)
    page = client.get(f"{where}/giay-to/")
    assert "Đã có trong kho của bạn" in page.content.decode()
    files = {
        paper.input: [SimpleUploadedFile(f"{n}.pdf", blank(), "application/pdf") for n in range(2)]
        for paper in others
    }
    assert client.post(f"{where}/giay-to/", {"_next": "1", **files}).status_code == 302
    review = client.get(f"{where}/kiem-tra/")
    assert "Dùng lại từ kho của bạn" in review.content.decode()
    sent = {"_key": review.context["key"], "_submit": "1", "consent": "on"}
    answer = client.post(f"{where}/kiem-tra/", sent)
    assert answer.status_code == 302, (answer.context["general"], answer.context["errors"])
    dossier = Dossier.objects.get()
    states = dict(dossier.components.values_list("paper", "state"))
    assert states[held.code] == "reused"
    assert all(states[paper.code] == "handed_in" for paper in others)
    use = HoldingUse.objects.get()
    assert (use.holding_id, use.subject) == (holding.pk, dossier.subject)
    shown = client.get(f"/ho-so-cua-toi/{dossier.code}/").content.decode()
    assert "Dùng lại từ kho" in shown
