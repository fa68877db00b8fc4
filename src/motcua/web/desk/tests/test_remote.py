"""Signing at a remote service, over HTTP: there and back, what it leaves, and everything that ends it before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection
from django.test import Client

from motcua.documents import fiction
from motcua.documents import operations as documents
from motcua.documents import queries as papers
from motcua.documents.csc import Bearer
from motcua.documents.models import Document, RemoteSession, SigningService
from motcua.documents.rules import SignatureField
from motcua.dossiers.rules import State
from motcua.dossiers.tests import remote, traces
from motcua.dossiers.tests.factories import Case, at_state
from motcua.dossiers.tests.remote import Service
from motcua.dossiers.tests.signers import Signers, clerk, newest, signatory
from motcua.dossiers.tests.test_docket import LATER, Desk
from motcua.kernel.actor import SYSTEM, Actor
from motcua.platform import clock
from motcua.platform.standins.behaviour import Mode
from motcua.web.desk import signing
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@dataclass
class Scene:
    """A result that waits for its signatory, whose key lies with a service."""

    case: Case
    signers: Signers
    service: Service
    document: Document
    head: Actor
    browser: Client
    certificate: int

    @property
    def page(self) -> str:
        return f"/can-bo/ho-so/{self.case.code}/giay/{self.document.pk}/ky-so/"

    def begin(self) -> str:
        return remote.begin(self.browser, self.page, self.certificate)

    def signed(self) -> list[str]:
        return [row.signer for row in papers.signatures(SYSTEM, self.document.pk)]


@pytest.fixture
def scene() -> Iterator[Scene]:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    head = signatory(case, document)
    documents.printed(actor=SYSTEM, document_id=document.pk, at=case.at)
    with clock.at(case.at), remote.service(signers) as service:
        yield Scene(
            case, signers, service, document, head, signed_in(head), service.keep(signers.person(head))
        )


def kept() -> dict[str, tuple[int, str]]:
    """Return what lies in every table but that of signatures under way."""
    return {name: rows for name, rows in traces.everything().items() if name != "documents_remotesession"}


def test_the_head_signs_and_the_clerk_seals_by_a_service(scene: Scene) -> None:
    page = text(scene.browser.get(scene.page))
    assert "Ký bằng dịch vụ ký số từ xa" in page
    assert "Dịch vụ ký số thử" in page
    answer = remote.hand_in(scene.browser, scene.service.answer(scene.begin()))
    assert (answer.status_code, answer["Location"]) == (302, scene.page)
    page = text(scene.browser.get(scene.page))
    assert "Đã nhận bản ký số" in page
    assert f"Đã ký số bởi <strong>{scene.head.name}</strong>" in page
    entry = traces.last(scene.case.subject)
    assert (entry.act, entry.payload["field"]) == ("sign_paper", "NguoiKy")
    assert entry.officer_id == scene.head.staff_id
    assert traces.events(scene.case.subject)[-1].topic == "dossiers.paper_signed.v1"
    keeper = clerk(scene.case, scene.document)
    seal = scene.service.keep(scene.signers.agency(scene.document.unit_id))
    theirs = signed_in(keeper)
    answer = remote.hand_in(
        theirs, scene.service.answer(remote.begin(theirs, scene.page, seal, SignatureField.AGENCY))
    )
    assert answer.status_code == 302
    assert papers.signatures(SYSTEM, scene.document.pk)[-1].complete
    assert "Ký bằng dịch vụ ký số từ xa" not in text(theirs.get(scene.page))
    assert [one.became for one in scene.service.standin.asked] == ["Đã ký", "Đã ký"]
    scene.case.hand_over()
    told = text(
        Client().post("/tra-cuu/", {"code": scene.case.code, "check_value": scene.case.dossier.check_value})
    )
    assert f"Đã ký số bởi <strong>{scene.head.name}</strong>" in told


def test_a_service_that_knows_the_confirmation_alone_and_a_key_of_rsa(scene: Scene) -> None:
    remote.enter(scene.service.standin, Bearer.SAME)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = fiction.identity(scene.signers.authority, scene.head.name, "Cơ quan", key=key)
    documents.enter_certificate(data=who.der, staff_id=scene.head.staff_id, unit_id=None, at=clock.real_now())
    url = remote.begin(scene.browser, scene.page, scene.service.keep(who))
    assert remote.hand_in(scene.browser, scene.service.answer(url)).status_code == 302
    assert scene.signed() == [scene.head.name]


def test_a_list_of_no_dossier_is_signed_by_giver_and_receiver() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make()
    paper = Document.objects.get(subject=number)
    page = signing.sign_url(paper.pk)
    with clock.at(LATER), remote.service(signers) as service:
        giver, taker = (service.keep(signers.person(who)) for who in (desk.giver, desk.taker))
        mine, theirs = signed_in(desk.giver), signed_in(desk.taker)
        answer = remote.hand_in(mine, service.answer(remote.begin(mine, page, giver)))
        assert (answer.status_code, answer["Location"]) == (302, page)
        field = SignatureField.RECEIVER
        early = theirs.post(page, {"viec": "dich-vu", "chung-thu": taker, "o": str(field)})
        assert early.status_code == 422  # nothing is received yet
        desk.receive(number)
        remote.hand_in(theirs, service.answer(remote.begin(theirs, page, taker, field)))
    first, second = papers.signatures(SYSTEM, paper.pk)
    assert (first.signer, second.signer, second.field) == (desk.giver.name, desk.taker.name, field)


def test_the_seal_waits_for_the_person(scene: Scene) -> None:
    seal = scene.service.keep(scene.signers.agency(scene.document.unit_id))
    theirs = signed_in(clerk(scene.case, scene.document))
    assert "Ký bằng dịch vụ ký số từ xa" not in text(theirs.get(scene.page))
    answer = theirs.post(scene.page, {"viec": "dich-vu", "chung-thu": seal, "o": "CoQuan"})
    assert (answer.status_code, RemoteSession.objects.count()) == (422, 0)


def refused(scene: Scene, back: str, words: str) -> None:
    """What comes back is refused in these words, and leaves nothing but the session, used up."""
    before = kept()
    answer = remote.hand_in(scene.browser, back)
    assert answer.status_code == 422
    page = text(answer)
    assert words in page
    assert "Gửi tệp đã ký" in page  # the other way stays
    assert kept() == before
    assert scene.signed() == []


def test_not_confirmed(scene: Scene) -> None:
    refused(scene, scene.service.answer(scene.begin(), yes=False), "Bạn đã không xác nhận")
    assert remote.hand_in(scene.browser, scene.service.answer(scene.begin())).status_code == 302


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.DOWN, "Không kết nối được Dịch vụ ký số thử"),
        (Mode.BUSY, "đang có sự cố (mã 503)"),
        (Mode.REJECT, "không nhận yêu cầu ký (mã 422: refused)"),
        (Mode.BROKEN, "trả lời không đọc được"),
        (Mode.UNKNOWN, "khác với chứng thư đã đăng ký"),
        (Mode.LOST, "không khớp với văn bản này"),
    ],
)
def test_the_service_fails_after_the_confirmation(scene: Scene, mode: Mode, words: str) -> None:
    back = scene.service.answer(scene.begin())
    scene.service.standin.behave(mode)
    refused(scene, back, words)
    scene.service.standin.behave(Mode.OK)
    refused(scene, back, "Lượt xác nhận này đã dùng")
    assert remote.hand_in(scene.browser, scene.service.answer(scene.begin())).status_code == 302


def test_a_service_that_is_late(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    back = scene.service.answer(scene.begin())
    monkeypatch.setattr("motcua.documents.csc.TIMEOUT_SECONDS", 0.05)
    scene.service.standin.behave(Mode.SLOW, delay_seconds=1.0)
    refused(scene, back, "không trả lời kịp")


def test_a_service_that_is_down_is_told_before_anybody_is_sent_there(scene: Scene) -> None:
    scene.service.standin.behave(Mode.DOWN)
    before = kept()
    answer = scene.browser.post(
        scene.page, {"viec": "dich-vu", "chung-thu": scene.certificate, "o": "NguoiKy"}
    )
    assert answer.status_code == 422
    assert "Không kết nối được Dịch vụ ký số thử" in text(answer)
    assert kept() == before
    assert RemoteSession.objects.count() == 0


def test_what_came_back_is_used_once(scene: Scene) -> None:
    back = scene.service.answer(scene.begin())
    assert remote.hand_in(scene.browser, back).status_code == 302
    before = kept()
    answer = remote.hand_in(scene.browser, back)
    assert (answer.status_code, "Lượt xác nhận này đã dùng" in text(answer)) == (422, True)
    assert kept() == before
    assert scene.signed() == [scene.head.name]


def test_what_came_back_is_nobody_elses_and_no_other_papers(scene: Scene) -> None:
    back = scene.service.answer(scene.begin())
    other = signed_in(clerk(scene.case, scene.document))
    assert other.get(back).status_code == 404
    forged = back.replace("state=", "state=x")
    assert scene.browser.get(forged).status_code == 404
    assert "Không tìm thấy lượt ký số này" in text(scene.browser.get(forged))
    state, code = remote.newest().state, back.split("code=")[1].split("&")[0]
    told = {"viec": "dich-vu-xong", "_key": "k-1", "state": state, "code": code}
    answer = other.post(scene.page, told)
    assert (answer.status_code, "Không tìm thấy lượt ký này" in text(answer)) == (422, True)
    second = at_state(State.PROCESSED)
    elsewhere = f"/can-bo/ho-so/{second.code}/giay/{newest(second).pk}/ky-so/"
    documents.printed(actor=SYSTEM, document_id=newest(second).pk, at=second.at)
    before = kept()
    assert signed_in(scene.head).post(elsewhere, told).status_code in (404, 422)
    assert remote.newest().used_at is None
    assert traces.last(scene.case.subject).act != "sign_paper"
    assert kept() == before
    assert remote.hand_in(scene.browser, back).status_code == 302


def test_a_code_of_another_confirmation_signs_nothing(scene: Scene) -> None:
    first, second = scene.service.answer(scene.begin()), scene.service.answer(scene.begin())
    mixed = first.split("?")[0] + "?" + second.split("&")[0].split("?")[1] + "&" + first.split("&")[1]
    refused(scene, mixed, "không nhận yêu cầu ký (mã 400: code_verifier)")


def test_two_tabs_give_one_signature(scene: Scene) -> None:
    first, second = scene.service.answer(scene.begin()), scene.service.answer(scene.begin())
    assert remote.hand_in(scene.browser, first).status_code == 302
    before = kept()
    answer = remote.hand_in(scene.browser, second)
    assert (answer.status_code, "vừa có chữ ký khác" in text(answer)) == (422, True)
    assert kept() == before
    assert scene.signed() == [scene.head.name]


def test_the_same_answer_sent_twice_at_once(scene: Scene) -> None:
    back = scene.service.answer(scene.begin())
    answers: list[int] = []

    def send() -> None:
        try:
            with clock.at(scene.case.at):
                answers.append(remote.hand_in(signed_in(scene.head), back).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 422]
    assert scene.signed() == [scene.head.name]


def test_a_version_that_came_in_meanwhile(scene: Scene) -> None:
    back = scene.service.answer(scene.begin())
    scene.signers.by_person(scene.case, scene.document)
    before = kept()
    answer = remote.hand_in(scene.browser, back)
    assert (answer.status_code, "vừa có chữ ký khác" in text(answer)) == (422, True)
    assert kept() == before


def test_a_session_lasts_minutes_and_is_cleared_away(scene: Scene) -> None:
    url = scene.begin()
    back = scene.service.answer(url)
    old = remote.newest()
    RemoteSession.objects.filter(pk=old.pk).update(expires_at=old.created_at - timedelta(minutes=1))
    refused(scene, back, "đã quá 10 phút")
    assert scene.browser.get(f"/can-bo/ky-so-tu-xa/{old.pk}/").status_code == 302
    scene.begin()
    assert not RemoteSession.objects.filter(pk=old.pk).exists()
    assert scene.browser.get(back).status_code == 404


def test_a_key_that_is_withdrawn_or_a_service_that_ended_is_not_offered(scene: Scene) -> None:
    SigningService.objects.update(valid_to=date(2021, 1, 1))
    assert "Ký bằng dịch vụ ký số từ xa" not in text(scene.browser.get(scene.page))
    answer = scene.browser.post(
        scene.page, {"viec": "dich-vu", "chung-thu": scene.certificate, "o": "NguoiKy"}
    )
    assert (answer.status_code, RemoteSession.objects.count()) == (422, 0)


def test_another_persons_certificate_is_not_ones_own_way(scene: Scene) -> None:
    keeper = clerk(scene.case, scene.document)
    theirs = scene.service.keep(scene.signers.person(keeper))
    answer = scene.browser.post(scene.page, {"viec": "dich-vu", "chung-thu": theirs, "o": "NguoiKy"})
    assert (answer.status_code, RemoteSession.objects.count()) == (422, 0)


def test_nothing_is_asked_outside_in_a_transaction(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ = httpx.post
    inside: list[bool] = []

    def watched(*given: object, **more: object) -> object:
        inside.append(connection.in_atomic_block)
        return open_(*given, **more)  # type: ignore[arg-type]

    url = scene.begin()
    back = scene.service.answer(url)
    monkeypatch.setattr("motcua.documents.csc.httpx.post", watched)
    remote.hand_in(scene.browser, back)
    assert inside == [False] * 4
