"""Steps of the system on the desk: in words on the dossier, listed when they fail, tried again, done by hand."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from motcua.dossiers.lookups import LookupFailed
from motcua.dossiers.rules import Act
from motcua.dossiers.tests import drawn, traces
from motcua.dossiers.tests.factories import WORDS, counter, holder, unit
from motcua.dossiers.tests.test_automatic import YES, answering, at_handling, do, waiting
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.kernel.process import NodeKind
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LIST = "/can-bo/buoc-tu-dong/"


def test_a_look_up_is_told_in_words_while_it_waits_when_it_fails_and_when_it_is_done() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    doer = case.doer()
    case.step(actor=doer)
    (row,) = waiting(case)
    client = signed_in(doer)
    url = f"/can-bo/ho-so/{case.code}/"
    with clock.at(case.at + timedelta(minutes=5)):
        assert "Hệ thống tự tra cứu" in text(client.get(url))
        assert "đang chờ kết quả" in text(client.get(url))
        assert "Mọi bước tự động đều chạy được" in text(client.get(LIST))
        with answering(LookupFailed("Nguồn dữ liệu không trả lời kịp")):
            do(row)
        page = text(client.get(url))
        assert "lỗi 1 lần: Nguồn dữ liệu không trả lời kịp" in page and "Làm thay" in page
        listed = text(client.get(f"{LIST}?loai=lookup&nguon=csdl_dan_cu"))
        assert case.code in listed and "Đã thử 1 lần" in listed
        assert "Không có bước nào khớp bộ lọc" in text(client.get(f"{LIST}?loai=notify"))
        answer = client.post(f"{LIST}{row.pk}/chay-lai/", sent(listed), follow=True)
        assert "đang làm lại" in text(answer)
        with answering(YES):
            do(row)
        page = text(client.get(url))
        assert "xong lúc" in page and "thông tin khớp" in page and "Kết quả đã lưu làm bằng chứng" in page
        assert "Nguyễn Văn An" not in page
        assert "Nguyễn Văn An" in text(client.post(f"{url}hien/", sent(page)))
        answer = client.post(f"{LIST}{row.pk}/chay-lai/", sent(listed), follow=True)
        assert "không còn trong danh sách" in text(answer)


def test_a_person_does_it_with_a_reason_and_nobody_without_the_duty() -> None:
    case = at_handling(drawn.with_lookup(drawn.base()))
    doer = case.doer()
    case.step(actor=doer)
    (row,) = waiting(case)
    with answering(LookupFailed("Không kết nối được")):
        do(row)
    client, url = signed_in(doer), f"{LIST}{row.pk}/lam-thay/"
    with clock.at(case.at + timedelta(minutes=5)):
        page = text(client.get(url))
        before = traces.everything()
        assert "Ghi rõ lý do" in text(client.post(url, sent(page, outcome="dat", reason="x")))
        assert "Chọn kết quả" in text(client.post(url, sent(page, reason=WORDS)))
        stranger = signed_in(holder(unit("HD.KM.10675.MC").id, Role.ONE_STOP_OFFICER))
        assert stranger.get(url).status_code == 404
        refused = signed_in(counter()).post(url, sent(page, outcome="dat", reason=WORDS))
        assert refused.status_code == 404  # the counter does not see the step
        assert traces.everything() == before
        done = client.post(url, sent(page, outcome="dat", reason=WORDS), follow=True)
        assert "Đã làm thay bước" in text(done) and WORDS in text(done)
        assert client.get(url).status_code == 404
    assert traces.last(case.subject).act == Act.TAKE_OVER_STEP


def test_an_officer_says_that_a_message_has_come_and_so_does_the_interface_once() -> None:
    graph = drawn.one(drawn.base(), NodeKind.RECEIVE_TASK, ref="thue_da_nop", name="Chờ cơ quan thuế")
    case = at_handling(graph)
    case.step()
    (row,) = waiting(case)
    officer = case.counter()
    client = signed_in(officer)
    with clock.at(case.at + timedelta(minutes=5)):
        assert "Ghi nhận thông điệp" in text(client.get(f"/can-bo/ho-so/{case.code}/"))
        url = f"{LIST}{row.pk}/thong-diep/"
        page = text(client.get(url))
        assert "Ghi mã thông điệp" in text(client.post(url, sent(page, content="Đã nộp")))
        done = client.post(url, sent(page, message_id="T-1", content="Đã nộp"), follow=True)
        assert "Đã ghi nhận thông điệp" in text(done)
    case = at_handling(graph)
    case.step()
    body = json.dumps({"name": "thue_da_nop", "message_id": "T-2", "content": {"so_tien": 5}})
    with clock.at(case.at + timedelta(minutes=5)):
        for _ in range(2):
            answer = client.post(
                f"/api/v1/dossiers/{case.code}/messages", body, content_type="application/json",
                headers={"Idempotency-Key": keys.new()},
            )  # fmt: skip
            assert answer.status_code == 200, answer.content
        late = json.dumps({"name": "thue_da_nop", "message_id": "T-3"})
        refused = client.post(
            f"/api/v1/dossiers/{case.code}/messages", late, content_type="application/json",
            headers={"Idempotency-Key": keys.new()},
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (409, "not_awaited")
    assert sum(entry.act == Act.RECEIVE_MESSAGE for entry in traces.entries(case.subject)) == 1
