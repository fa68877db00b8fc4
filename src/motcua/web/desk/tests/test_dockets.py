"""Pages of hand-over lists over HTTP: from papers that wait, to the printed list, to the confirmation by scanning."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from motcua.dossiers import dockets
from motcua.dossiers.models import Docket
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, TAN_DAN, Case, counter, unit
from motcua.platform import clock
from motcua.web.desk.dockets import URL
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture
def case() -> Case:
    found = Case.taken_in(RECOGNITION)
    found.forward(paper=True)
    return found


def bare(words: str) -> str:
    """Return the letters alone, in one case: a line of a paper breaks where it must."""
    return "".join(words.replace("\N{WORD JOINER}", "").split()).lower()


def test_made_printed_and_confirmed(case: Case) -> None:
    giver, taker = signed_in(counter()), signed_in(case.doer())
    to, ours = case.task.unit_id, unit(TAN_DAN).id
    with clock.at(MONDAY + timedelta(hours=1)):
        page = text(giver.get(URL))
        assert f"{URL}lap/?don-vi={ours}&amp;den={to}" in page
        form = text(giver.get(f"{URL}lap/", {"don-vi": ours, "den": to}))
        assert case.code in form
        typed = {"don-vi": str(ours), "kind": "unit", "to_unit": str(to), "ma": case.code}
        answer = giver.post(f"{URL}lap/", sent(form, **{**typed, "ma": "SAI-MA"}))
        assert answer.status_code == 422
        assert "Không tìm thấy hồ sơ SAI-MA" in text(answer)
        answer = giver.post(f"{URL}lap/", sent(form, **typed))
        assert answer.status_code == 302
        number = Docket.objects.get().subject
        paper = giver.get(f"{URL}{number}/phieu.pdf")
        assert paper.headers["Content-Type"] == "application/pdf"
        assert paper.content.startswith(b"%PDF")
        page = text(taker.get(f"{URL}{number}/"))
        assert "Xác nhận đã nhận" in page
        assert "Xác nhận đã nhận" not in text(giver.get(f"{URL}{number}/"))
        looked = text(taker.post(f"{URL}{number}/", sent(page, ma=f"{case.code}\nLA-1")))
        assert "Có 1 trên 1 hồ sơ" in looked
        assert "Mã không nằm trong phiếu" in looked
        refused = taker.post(f"{URL}{number}/nhan/", sent(page, ma=""))
        assert refused.status_code == 422
        assert "Ghi rõ vì sao chưa nhận được" in text(refused)
        assert taker.post(f"{URL}{number}/nhan/", sent(page, co=case.code)).status_code == 302
        assert dockets.one_list(counter(), number)[0].state == "received"
        assert "Đã nhận đủ" in text(giver.get(URL))


def test_the_paper_says_what_is_handed_over(case: Case) -> None:
    giver = signed_in(counter())
    with clock.at(MONDAY + timedelta(hours=1)):
        form = text(giver.get(f"{URL}lap/"))
        giver.post(
            f"{URL}lap/",
            sent(form, kind="post", to_name="Bưu điện Kinh Môn", ma=case.code, **{"don-vi": str(unit(TAN_DAN).id)}),
        )  # fmt: skip
        number = Docket.objects.get().subject

        words = " ".join(
            page.extract_text()
            for page in PdfReader(io.BytesIO(giver.get(f"{URL}{number}/phieu.pdf").content)).pages
        )
        for part in ("01/PBG", "Bưu điện Kinh Môn", case.code, "Bên nhận", "Chênh lệch"):
            assert bare(part) in bare(words)
        page = text(giver.get(f"{URL}{number}/"))
        assert giver.post(f"{URL}{number}/nhan/", sent(page, co=case.code)).status_code == 422
        answer = giver.post(f"{URL}{number}/nhan/", sent(page, co=case.code, receiver_name="Lê Văn Bưu"))
        assert answer.status_code == 302
        assert "Lê Văn Bưu" in text(giver.get(f"{URL}{number}/"))


def test_the_forward_asks_whether_papers_go_along() -> None:
    found = Case.taken_in(RECOGNITION)
    with clock.at(MONDAY + timedelta(hours=1)):
        client = signed_in(counter())
        page = text(client.get(f"/can-bo/ho-so/{found.code}/chuyen/"))
        assert "Có giấy tờ chuyển tay kèm theo" in page
        assert client.post(f"/can-bo/ho-so/{found.code}/chuyen/", sent(page, paper="true")).status_code == 302
        assert [one.codes for one in dockets.trips(counter(), unit(TAN_DAN).id)] == [(found.code,)]
