"""The head's day through pages: load, moving work, handing over, lending a duty."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.models import HandOver
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import BulkAct
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, RECOGNITION, TAN_DAN, Case, counter, unit
from motcua.dossiers.tests.test_absence import own_head
from motcua.dossiers.tests.test_handover import Desk, second
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db]
LATER = MONDAY + timedelta(hours=3)


def work(url: str) -> None:
    run = int(url.rstrip("/").rsplit("/", 1)[-1])
    while bulk.carry_out_next(run=run, at=LATER):
        pass


@pytest.fixture
def desk() -> Desk:
    cases = [Case.taken_in(RECOGNITION) for _ in range(2)]
    for case in cases:
        case.forward()
    task, giver = cases[0].task, cases[0].doer()
    head = own_head(organisation.root_of(unit(TAN_DAN).id).id)
    return Desk(cases, giver, second(task.role, task.unit_id), head)


def test_the_head_gives_work_out_and_moves_it(desk: Desk) -> None:
    client, where = signed_in(desk.head), desk.cases[0].task.unit_id
    marks = [f"{case.code}|{case.dossier.seq}|{case.task.id}" for case in desk.cases]
    with clock.at(LATER):
        page = text(client.get(f"/can-bo/don-vi/?don-vi={where}&nguoi=chua-nhan"))
        assert all(mark in page for mark in marks) and "Chưa ai nhận" in page
        answer = client.post(
            "/can-bo/don-vi/chuyen/", sent(page, chon=marks, staff_id=str(desk.giver.staff_id))
        )
        work(answer["Location"])
        assert desk.holders() == [desk.giver.staff_id] * 2
        page = text(client.get(f"/can-bo/don-vi/?don-vi={where}&nguoi={desk.giver.staff_id}"))
        assert all(case.code in page for case in desk.cases)
        answer = client.post(
            "/can-bo/don-vi/chuyen/",
            sent(page, chon=marks, staff_id=str(desk.taker.staff_id), note="Chia lại việc trong phòng"),
        )
        work(answer["Location"])
        assert desk.holders() == [desk.taker.staff_id] * 2
        nobody = client.post("/can-bo/don-vi/chuyen/", sent(page, chon=marks), follow=True)
        assert "Chọn người nhận việc." in text(nobody)


def test_the_page_is_for_heads_only(desk: Desk) -> None:
    with clock.at(LATER):
        assert signed_in(counter(AN_LUU)).get("/can-bo/don-vi/").status_code == 404
        assert "/can-bo/don-vi/" not in text(signed_in(counter()).get("/can-bo/"))
        assert "/can-bo/don-vi/" in text(signed_in(desk.head).get("/can-bo/"))


def test_handing_over_from_proposal_to_confirmation(desk: Desk) -> None:
    giver, taker = signed_in(desk.giver), signed_in(desk.taker)
    targets = [bulk.Target(case.code, case.task.id) for case in desk.cases]
    with clock.at(LATER):
        run = bulk.start(act=BulkAct.TAKE, targets=targets, actor=desk.giver, key="t", at=LATER)
        work(f"/{run}/")
        page = text(giver.get("/can-bo/ban-giao/lap/"))
        assert all(case.code in page for case in desk.cases)
        short = giver.post(
            "/can-bo/ban-giao/lap/", sent(page, to=str(desk.taker.staff_id), kind="leave", reason="x")
        )
        assert short.status_code == 422
        said = {"to": str(desk.taker.staff_id), "kind": "leave", "reason": "Nghỉ phép đến hết tuần này."}
        answer = giver.post("/can-bo/ban-giao/lap/", sent(page, viec=desk.task_ids, **said))
        assert answer.status_code == 302
        assert "Có bàn giao chờ bạn xác nhận" in text(taker.get("/can-bo/viec/"))
        page = text(taker.get(answer["Location"]))
        assert "Xác nhận nhận 2 việc" in page and "giờ" in page
        assert signed_in(counter(AN_LUU)).get(answer["Location"]).status_code == 404
        unclear = giver.post(f"{answer['Location']}tra-loi/", sent(page, **{"tra-loi": "", "_key": "k0"}))
        assert unclear.status_code == 422 and "Chọn nhận, từ chối hoặc hủy" in text(unclear)
        refused = taker.post(
            f"{answer['Location']}tra-loi/", sent(page, **{"tra-loi": "tu-choi", "reason": "bận"})
        )
        assert refused.status_code == 422
        done = taker.post(f"{answer['Location']}tra-loi/", sent(page, **{"tra-loi": "nhan"}))
        work(done["Location"])
        assert desk.holders() == [desk.taker.staff_id] * 2
        assert "Đã nhận" in text(giver.get("/can-bo/ban-giao/"))
        again = taker.post(
            f"{answer['Location']}tra-loi/", sent(page, **{"tra-loi": "nhan", "_key": "k2"}), follow=True
        )
        assert "đã được trả lời" in text(again)
    assert HandOver.objects.count() == 1


def test_a_head_hands_over_for_an_officer_who_has_left(desk: Desk) -> None:
    targets = [bulk.Target(case.code, case.task.id) for case in desk.cases]
    with clock.at(LATER):
        run = bulk.start(act=BulkAct.TAKE, targets=targets, actor=desk.giver, key="t", at=LATER)
        work(f"/{run}/")
        page = text(signed_in(desk.head).get(f"/can-bo/ban-giao/lap/?tu={desk.giver.staff_id}"))
        assert desk.giver.name in page and desk.cases[0].code in page
        nothing = text(signed_in(counter(AN_LUU)).get(f"/can-bo/ban-giao/lap/?tu={desk.giver.staff_id}"))
        assert desk.cases[0].code not in nothing and desk.giver.name not in nothing


def test_lending_a_duty_and_ending_it(desk: Desk) -> None:
    client = signed_in(desk.head)
    with clock.at(LATER):
        page = text(client.get("/can-bo/uy-quyen/"))
        wrong = client.post("/can-bo/uy-quyen/", sent(page, valid_from="mai"))
        assert wrong.status_code == 422 and "Nhập ngày bắt đầu" in text(wrong)
        own = next(duty for duty in desk.head.duties if duty.role is Role.AGENCY_HEAD)
        typed = {
            "duty": str(own.id),
            "to": str(desk.taker.staff_id),
            "valid_from": "02/10/2023",
            "valid_to": "06/10/2023",
            "reason": "Đi công tác",
        }
        assert client.post("/can-bo/uy-quyen/", sent(page, **typed)).status_code == 302
        page = text(client.get("/can-bo/uy-quyen/"))
        lent = Duty.objects.get(delegated_by_id=own.id)
        assert desk.taker.name in page and f"/can-bo/uy-quyen/{lent.pk}/ket-thuc/" in page
        case = desk.cases[0]
        case.until("dong_y")
        case.step(actor=organisation.actor_of(desk.taker.account_id, case.at))
        assert f"theo ủy quyền của {desk.head.name}" in text(client.get(f"/can-bo/ho-so/{case.code}/"))
        assert (
            signed_in(counter(AN_LUU)).post(f"/can-bo/uy-quyen/{lent.pk}/ket-thuc/", sent(page)).status_code
            == 404
        )
        assert client.post(f"/can-bo/uy-quyen/{lent.pk}/ket-thuc/", sent(page)).status_code == 302
        assert Duty.objects.get(pk=lent.pk).valid_to == LATER.date()
