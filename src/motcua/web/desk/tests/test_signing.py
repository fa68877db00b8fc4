"""Signing a paper on the pages: downloaded, signed, sent back; what the public is told; whom is trusted."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from motcua.documents import fiction
from motcua.documents.csc import Bearer
from motcua.documents.models import Document, SigningCertificate, SigningService, TrustAnchor
from motcua.documents.operations.services import Terms
from motcua.documents.rules import SignatureField, check_value
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, at_state
from motcua.dossiers.tests.signers import Signers, clerk, newest, signatory
from motcua.dossiers.tests.test_docket import LATER, Desk
from motcua.dossiers.tests.test_signing import keeper
from motcua.edge import keys
from motcua.env import Mode
from motcua.kernel.errors import Invalid
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.platform.models import LedgerEntry
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
TRUST = "/can-bo/chung-thu-so/"


def file(data: bytes, name: str = "ket-qua.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def test_downloaded_signed_sent_back_and_shown_to_everybody_who_may_know() -> None:
    case, signers = at_state(State.PROCESSED), Signers.trusted()
    document = newest(case)
    head, seal = signatory(case, document), clerk(case, document)
    paper = f"/can-bo/ho-so/{case.code}/giay/{document.pk}/"
    with clock.at(case.at):
        client = signed_in(head)
        page = text(client.get(f"{paper}ky-so/"))
        assert "Văn bản chưa có chữ ký số" in page
        assert "Gửi tệp đã ký" in page
        assert f"(ô “NguoiKy”): {head.name}" in page
        unsigned = client.get(paper).content
        assert client.post(f"{paper}ky-so/", sent(page)).status_code == 422
        wrong = client.post(f"{paper}ky-so/", sent(page, tep=file(unsigned)))
        assert wrong.status_code == 422
        assert "chưa có chữ ký số" in text(wrong)
        signed = fiction.sign(
            unsigned, signers.person(head), SignatureField.SIGNATORY, chain=signers.authority
        )
        page = text(client.post(f"{paper}ky-so/", sent(page, tep=file(signed)), follow=True))
        assert f"Đã ký số bởi <strong>{head.name}</strong>" in page
        assert "chữ ký còn nguyên vẹn" in page
        assert "chưa kiểm tra việc thu hồi" in page
        assert "Gửi tệp đã ký" not in page  # the other field is the clerk's
        assert client.get(paper).content == signed
        theirs = signed_in(seal)
        page = text(theirs.get(f"{paper}ky-so/"))
        both = fiction.sign(
            signed, signers.agency(document.unit_id), SignatureField.AGENCY, chain=signers.authority
        )
        page = text(theirs.post(f"{paper}ky-so/", sent(page, tep=file(both)), follow=True))
        assert "Còn ô ký trống" not in page
        course = text(client.get(f"/can-bo/ho-so/{case.code}/"))
        assert "đã ký số" in course
        assert "Ký số văn bản" in course
        assert "Chữ ký số của cơ quan" in course
        case.hand_over()
        told = text(Client().post("/tra-cuu/", {"code": case.code, "check_value": case.dossier.check_value}))
        assert "Chữ ký số trên kết quả" in told
        assert f"Đã ký số bởi <strong>{head.name}</strong>" in told


def test_a_hand_over_list_is_signed_on_the_same_page_and_checked_by_its_qr() -> None:
    desk, signers = Desk(), Signers.trusted()
    number = desk.make()
    paper = Document.objects.get(subject=number)
    with clock.at(LATER):
        client = signed_in(desk.giver)
        at_hand = f"/can-bo/giay/{paper.pk}/"
        assert f"{at_hand}ky-so/" in text(client.get(f"/can-bo/phieu-ban-giao/{number}/"))
        page = text(client.get(f"{at_hand}ky-so/"))
        assert f"(ô “NguoiKy”): {desk.giver.name}" in page
        assert "người nhận, sau khi xác nhận đã nhận đủ" in page
        assert f'href="/can-bo/phieu-ban-giao/{number}/"' in page
        unsigned = client.get(at_hand).content
        signed = fiction.sign(
            unsigned, signers.person(desk.giver), SignatureField.SIGNATORY, chain=signers.authority
        )
        page = text(client.post(f"{at_hand}ky-so/", sent(page, tep=file(signed)), follow=True))
        assert f"Đã ký số bởi <strong>{desk.giver.name}</strong>" in page
        assert client.get(at_hand).content == signed
        check = f"/kiem-tra/{paper.pk}/{check_value(paper.digest)}/"
        told = text(Client().get(check))
        assert "đang còn giá trị" in told
        assert f"Đã ký số bởi <strong>{desk.giver.name}</strong>" in told
        assert not any(code in told for code in desk.codes)
        assert Client().get(f"/kiem-tra/{paper.pk}/0000-0000-0000-0000/").status_code == 404


def test_who_runs_the_system_keeps_authorities_and_certificates() -> None:
    admin, case = keeper(), at_state(State.ACCEPTED)
    authority = fiction.authority("CA trên trang")
    head = case.head()
    person = fiction.identity(authority, head.name, "Cơ quan")
    with clock.at(MONDAY):
        assert signed_in(head).get(TRUST).status_code == 403
        client = signed_in(admin)
        page = text(client.get(TRUST))
        assert "Chứng thư đã đăng ký" in page
        before = traces.everything()
        typed = {"_key": "tin-1", "viec": "tin-cay", "nguon": "Trang của tổ chức", "tu-ngay": "01/01/2024"}
        answer = client.post(TRUST, typed)
        assert (answer.status_code, "Chọn tệp chứng thư số" in text(answer)) == (422, True)
        answer = client.post(TRUST, {**typed, "tep-to-chuc": file(b"x", "ca.cer")})
        assert "không phải chứng thư số" in text(answer)
        answer = client.post(TRUST, {**typed, "den-ngay": "x", "tep-to-chuc": file(authority.der, "ca.cer")})
        assert answer.status_code == 422
        assert traces.everything() == before
        page = text(client.post(TRUST, {**typed, "tep-to-chuc": file(authority.der, "ca.cer")}, follow=True))
        assert "Đã ghi tổ chức chứng thực." in page
        assert "CA trên trang" in page
        assert TrustAnchor.objects.get(name="CA trên trang").valid_to is None
        typed = {"_key": "dk-1", "viec": "dang-ky", "ten-dang-nhap": "khong-co-ai"}
        answer = client.post(TRUST, {**typed, "tep-chung-thu": file(person.der, "a.cer")})
        assert "Không có cán bộ nào" in text(answer)
        answer = client.post(TRUST, {**typed, "ma-don-vi": "x", "tep-chung-thu": file(person.der, "a.cer")})
        assert "chỉ một trong hai" in text(answer)
        typed["ten-dang-nhap"] = username(head.account_id)
        page = text(client.post(TRUST, {**typed, "tep-chung-thu": file(person.der, "a.cer")}, follow=True))
        assert "Đã đăng ký chứng thư số." in page
        row = SigningCertificate.objects.get(staff_id=head.staff_id or 0)
        page = text(client.post(TRUST, {"_key": "th-1", "viec": "thu-hoi", "so": row.pk}, follow=True))
        assert "đã ngừng dùng" in page
        assert client.post(TRUST, {"_key": "th-2", "viec": "thu-hoi", "so": row.pk}).status_code == 404


def username(account_id: int) -> str:
    return Account.objects.get(pk=account_id).username


def test_who_runs_the_system_keeps_signing_services_and_where_keys_lie() -> None:
    admin, case = keeper(), at_state(State.ACCEPTED)
    head = case.head()
    Signers.trusted().person(head)
    held = SigningCertificate.objects.get(staff_id=head.staff_id or 0)
    typed = {
        "viec": "dich-vu", "ten-dich-vu": "Dịch vụ ký số của tỉnh", "ma-dich-vu": "tinh", "cach-vao": "client",
        "dia-chi": "https://ky.example.vn/csc/v1", "ma-ung-dung": "motcua", "dv-tu-ngay": "01/01/2024",
    }  # fmt: skip
    with clock.at(MONDAY):
        client = signed_in(admin)
        assert "Chưa có dịch vụ nào" in text(client.get(TRUST))
        before = traces.everything()
        for wrong, words in (
            ({"ma-dich-vu": "Tỉnh"}, "chữ thường không dấu"),
            ({"dia-chi": "http://ky.example.vn/csc/v1"}, "Địa chỉ phải có dạng https"),
            ({"dia-chi-xac-nhan": "https://x@ky.example.vn"}, "Địa chỉ phải có dạng https"),
            ({"ma-ung-dung": ""}, "Ghi mã ứng dụng"),
            ({"dv-den-ngay": "01/01/2023"}, "phải sau ngày bắt đầu"),
            ({"dv-tu-ngay": "x"}, "Ghi ngày bắt đầu"),
            ({"cach-vao": "x"}, "Chọn cách vào"),
        ):
            answer = client.post(TRUST, {**typed, **wrong, "_key": keys.new()})
            assert (answer.status_code, words in text(answer)) == (422, True)
        assert signed_in(head).post(TRUST, {**typed, "_key": keys.new()}).status_code == 403
        assert traces.everything() == before
        page = text(client.post(TRUST, {**typed, "_key": "dv-1"}, follow=True))
        assert "Đã ghi dịch vụ ký số từ xa." in page
        assert "https://ky.example.vn/csc/v1" in page
        row = SigningService.objects.get(code="tinh")
        assert (row.valid_to, row.bearer) == (None, "client")
        change = {**typed, "dv-den-ngay": "31/12/2030", "_key": "dv-2"}
        assert "31/12/2030" in text(client.post(TRUST, change, follow=True))
        assert SigningService.objects.count() == 1
        place = {"viec": "noi-giu-khoa", "chung-thu": held.pk, "dich-vu-giu": "tinh", "ma-khoa": "khoa 1"}
        assert client.post(TRUST, {**place, "_key": "k-1"}).status_code == 422
        assert client.post(TRUST, {**place, "chung-thu": "", "_key": "k-2"}).status_code == 422
        assert client.post(TRUST, {**place, "dich-vu-giu": "khac", "_key": "k-3"}).status_code == 422
        page = text(client.post(TRUST, {**place, "ma-khoa": "khoa-1", "_key": "k-4"}, follow=True))
        assert "Khóa ở Dịch vụ ký số của tỉnh / khoa-1" in page
        held.refresh_from_db()
        assert (held.service_id, held.credential) == (row.pk, "khoa-1")
        acts = [entry.act for entry in LedgerEntry.objects.order_by("pk")][-3:]
        assert acts == ["signing_service", "signing_service", "place_key"]
        page = text(client.post(TRUST, {**place, "dich-vu-giu": "", "_key": "k-5"}, follow=True))
        assert "Đã ghi: khóa không còn ở dịch vụ ký số từ xa." in page
        held.refresh_from_db()
        assert (held.service_id, held.credential) == (None, "")


def test_a_real_system_reaches_no_service_without_encryption(settings: Settings) -> None:
    terms = Terms(
        name="Giả lập", address="http://127.0.0.1:1/csc/v1", sign_in="", client_id="motcua",
        bearer=Bearer.CLIENT, valid_from=MONDAY.date(),
    )  # fmt: skip
    terms.check()
    settings.MODE = Mode.PRODUCTION
    with pytest.raises(Invalid, match="https"):
        terms.check()
