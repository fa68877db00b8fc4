"""Pages of what is asked of a central system, of refusals corrected, and of connections out of step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from motcua.catalogue import queries as catalogue
from motcua.documents.models import Document
from motcua.dossiers import corrections, passings
from motcua.dossiers.tests.factories import MONDAY, PDF, RECOGNITION, WORDS, Case, citizen, counter
from motcua.dossiers.tests.test_parts import group, part, say
from motcua.exchange.models import Message, Partner
from motcua.exchange.tests.connection import admin, connected
from motcua.kernel.actor import SYSTEM
from motcua.organisation import queries as organisation
from motcua.organisation.models import Staff
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]
LATER = MONDAY + timedelta(hours=7)


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the rule of NĐ 301/2026 on the day the province of the demo stands at, and the clock in the afternoon."""
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))
    with clock.at(LATER):
        yield


@pytest.mark.usefixtures("law_of_2026")
def test_the_citizen_and_the_counter_ask_the_system_that_decides() -> None:
    me = citizen()
    case = group(owner_id=me.party_id, submitter_id=me.party_id)
    child = part(case, "khai_sinh")
    owner, desk = signed_in(me), signed_in(counter())
    mine, here = (
        f"/ho-so-cua-toi/{child.code}/de-nghi-bo-nganh/",
        f"/can-bo/ho-so/{child.code}/de-nghi-bo-nganh/",
    )
    say(child, "accepted", "1", 10)
    say(child, "supplement_requested", "2", 20)
    assert mine in text(owner.get(f"/ho-so-cua-toi/{case.code}/")), "the part's supplement goes there"
    assert mine in text(owner.get(f"/ho-so-cua-toi/{child.code}/"))
    assert here in text(desk.get(f"/can-bo/ho-so/{child.code}/"))
    page = text(owner.get(mine))
    short = owner.post(mine, sent(page, kind="supplement", reason="ngắn"))
    assert short.status_code == 422 and "Ghi rõ lý do" in text(short)
    typed = sent(page, kind="supplement", reason=WORDS)
    files = {"files": SimpleUploadedFile("ro-hon.pdf", PDF, "application/pdf")}
    assert owner.post(mine, {**typed, **files}).status_code == 302
    assert "ro-hon.pdf" in text(owner.get(mine)) and "Đang chuyển" in text(owner.get(mine))
    page = text(desk.get(here))
    assert "ro-hon.pdf" in page
    form = page.partition("<h2>Gửi đề nghị</h2>")[2]
    twice = sent(form, kind="withdrawal", reason=WORDS)
    assert desk.post(here, twice).status_code == 302
    assert desk.post(here, twice).status_code == 302, "a double click"
    form = text(desk.get(here)).partition("<h2>Gửi đề nghị</h2>")[2]
    again = desk.post(here, sent(form, kind="withdrawal", reason=WORDS))
    assert again.status_code == 409 and "đang chờ" in text(again)
    assert [one.kind for one in passings.of_dossier(SYSTEM, child.dossier)] == ["withdrawal", "supplement"]
    assert desk.get(f"/can-bo/ho-so/{case.code}/de-nghi-bo-nganh/").status_code == 404


@pytest.mark.usefixtures("law_of_2026")
def test_a_connection_out_of_step_is_shown_to_who_looks_after_it() -> None:
    row = connected()
    keeper = signed_in(admin())
    assert "Quá hạn khắc phục" not in text(keeper.get("/can-bo/ket-noi/"))
    now = clock.real_now()
    Message.objects.create(
        partner=Partner.objects.get(pk=row.pk), direction="out", kind="opened", message_id="tre", content={},
        digest="", state="queued", at=LATER, created_at=now - timedelta(hours=30),
    )  # fmt: skip
    Message.objects.create(
        partner=Partner.objects.get(pk=row.pk), direction="out", kind="opened", message_id="kip", content={},
        digest="", state="sent", at=LATER, created_at=now, ended_at=now,
    )  # fmt: skip
    shown = text(keeper.get("/can-bo/ket-noi/"))
    assert "Quá hạn khắc phục" in shown and "100% tin đến kịp" in shown
    assert "1/1 tin trong 30 ngày qua đến trong 10 phút" in text(keeper.get(f"/can-bo/ket-noi/{row.pk}/"))
    assert "Kết nối gián đoạn" in text(keeper.get("/can-bo/"))
    assert "Kết nối gián đoạn" not in text(signed_in(counter()).get("/can-bo/"))


def test_the_words_of_a_refusal_are_corrected_from_the_citizen_to_the_new_paper() -> None:
    me = citizen()
    case = Case.taken_in(RECOGNITION, owner_id=me.party_id, submitter_id=me.party_id)
    case.refuse_request()
    case.hand_over()
    d = case.dossier
    mine, here = f"/ho-so-cua-toi/{case.code}/", f"/can-bo/ho-so/{case.code}/dinh-chinh-ket-qua/"
    owner, head = signed_in(me), signed_in(case.head())
    named = next(iter(corrections.candidates(SYSTEM, d, MONDAY.date())))
    officer = signed_in(organisation.actor_of(Staff.objects.get(pk=named).account_id, MONDAY))
    with clock.at(MONDAY + timedelta(days=1)):
        form = text(owner.get(f"{mine}dinh-chinh/"))
        assert "không thay đổi" in form
        assert owner.post(f"{mine}dinh-chinh/", sent(form, reason=WORDS)).status_code == 302
        order = {"viec": "quyet-dinh", "ground": "agency_error", "reason": WORDS, "staff_id": str(named)}
        assert head.post(here, sent(text(head.get(here)), **order)).status_code == 302
        page = text(officer.get(here))
        assert "Lý do không giải quyết" in page and "Tờ khai" not in page
        old = corrections.of_dossier(SYSTEM, d.subject)[0].old_document_id
        was = Document.objects.get(pk=old).context
        words = {
            "owner_name": was["owner"]["name"], "owner_number": was["owner"]["id_number"],
            "owner_address": was["owner"]["address"], "grounds": "\n".join(was["grounds"]),
        }  # fmt: skip
        same = officer.post(here, sent(page, viec="soan", reason="\n".join(was["reasons"]), **words))
        assert same.status_code == 422 and "chưa có câu chữ nào thay đổi" in text(same)
        right = {**words, "reason": "Không đủ căn cứ theo khoản 2 Điều 25 Luật Hộ tịch."}
        assert officer.post(here, sent(page, viec="soan", **right)).status_code == 302
        assert "khoản 2 Điều 25" in text(head.get(here))
        signing = {"viec": "ky", "_key": "ky-tu-choi", "_seen": str(case.dossier.seq)}
        assert head.post(here, signing).status_code == 302
        assert "không giải quyết hồ sơ không thay đổi" in text(owner.get(mine))
