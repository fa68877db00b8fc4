"""Warnings on pages, what the system could not do, and stopping a dossier by its form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from motcua.dossiers.operations import timers
from motcua.dossiers.operations.outlook import look_ahead
from motcua.dossiers.rules import Act, State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, at_state, counter
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.desk.tests.test_acts import check, do

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


def test_a_warning_is_listed_under_its_kind_until_the_work_is_done() -> None:
    case = Case.filed(RECOGNITION)
    late = case.dossier.answer_by
    assert late is not None
    timers.fire_due(late, late)
    client = signed_in(counter())
    with clock.at(late + timedelta(minutes=1)):
        for url in ("/can-bo/canh-bao/", "/can-bo/canh-bao/tra-loi/"):
            page = text(client.get(url))
            assert case.code in page and "Quá thời hạn trả lời hồ sơ trực tuyến" in page
        assert case.code not in text(client.get("/can-bo/canh-bao/qua-han/"))
        assert client.get("/can-bo/canh-bao/khac/").status_code == 404
        assert client.get("/can-bo/canh-bao/?sau=x").status_code == 422
        case.at = late
        case.accept()
        assert case.code not in text(client.get("/can-bo/canh-bao/"))


def test_who_will_be_late_is_listed_and_told_on_the_dossier() -> None:
    case = at_state(State.IN_PROCESS)
    now = case.dossier.due_at
    assert now is not None
    now -= timedelta(minutes=30)  # the plan of the steps that are left no longer fits
    client = signed_in(case.doer())
    with clock.at(now):
        empty = text(client.get("/can-bo/canh-bao/nguy-co/"))
        assert "Không có hồ sơ nào có nguy cơ trễ hẹn" in empty
        look_ahead(now)
        page = text(client.get("/can-bo/canh-bao/nguy-co/"))
        assert case.code in page and "Có nguy cơ trễ hẹn (1)" in page
        assert "Có nguy cơ trễ hẹn" in text(client.get(f"/can-bo/ho-so/{case.code}/"))
        assert client.get("/can-bo/canh-bao/nguy-co/?sau=x").status_code == 422


def test_who_keeps_the_system_sees_what_failed_and_has_it_tried_again() -> None:
    case = at_state(State.SUPPLEMENT_REQUESTED)
    until = case.dossier.supplement_due_at
    assert until is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_dossier SET supplement_due_at = %s WHERE subject = %s",
            [until + timedelta(days=9), case.subject],
        )
    with clock.at(until):
        timers.fire_due(until, clock.real_now())
        assert signed_in(counter()).get("/can-bo/hen-gio/").status_code == 403
        kstt = Duty.objects.filter(role=Role.KSTT, scope="province")[0].staff.account_id
        client = signed_in(organisation.actor_of(kstt, MONDAY))
        page = text(client.get("/can-bo/hen-gio/"))
        assert case.code in page and "Chạy lại" in page
        (failed,) = _failed(case)
        answer = client.post(f"/can-bo/hen-gio/{failed}/chay-lai/", sent(page), follow=True)
        assert "sẽ được chạy lại" in text(answer)


def _failed(case: Case) -> list[int]:
    from motcua.dossiers.models import Timer

    return list(Timer.objects.filter(subject=case.subject, attempts__gt=0).values_list("id", flat=True))


def test_the_competent_person_stops_a_dossier_and_nobody_else_is_offered_it() -> None:
    case = at_state(State.IN_PROCESS)
    assert signed_in(counter()).get(f"/can-bo/ho-so/{case.code}/dung/").status_code in (403, 409)
    client = signed_in(case.head())
    before = traces.everything()
    answer = do(client, case, "dung", asked_by="agency", reason="ngắn", ground="")
    assert answer.status_code == 422
    assert traces.everything() == before
    answer = do(
        client, case, "dung", asked_by="applicant", reason="Người nộp đề nghị dừng giải quyết hồ sơ.",
        ground="Thông tư 03/2025/TT-VPCP",
    )  # fmt: skip
    assert answer.status_code == 302, text(answer)
    check(case, Act.STOP, State.STOPPED)
    with clock.at(case.at + timedelta(minutes=10)):
        page = text(client.get(f"/can-bo/ho-so/{case.code}/"))
        assert "Thông báo dừng giải quyết hồ sơ" in page
        assert "Trả lại giấy tờ" in text(signed_in(counter()).get(f"/can-bo/ho-so/{case.code}/"))


def test_the_letter_of_apology_is_drafted_signed_and_shown() -> None:
    case = at_state(State.IN_PROCESS)
    due = case.due
    holder = signed_in(case.doer())
    answer = do(
        holder,
        case,
        "du-thao-xin-loi",
        cause="complex",
        reason="Phải xác minh thêm giấy tờ.",
        new_due_on="09/10/2023",
    )
    assert answer.status_code == 302, text(answer)
    check(case, Act.PROPOSE_EXTENSION, State.IN_PROCESS)
    head = signed_in(case.head())
    with clock.at(case.at + timedelta(minutes=9)):
        assert holder.get(f"/can-bo/ho-so/{case.code}/gia-han/").status_code in (403, 409)
        assert case.code in text(head.get("/can-bo/canh-bao/xin-loi/"))
        form = text(head.get(f"/can-bo/ho-so/{case.code}/gia-han/"))
        assert "Phải xác minh thêm giấy tờ." in form and "09/10/2023" in form
        before = traces.everything()
        wrong = {"cause": "complex", "reason": "Phải xác minh thêm giấy tờ.", "new_due_on": "07/10/2023"}
        refused = head.post(f"/can-bo/ho-so/{case.code}/gia-han/", sent(form, **wrong))
        assert refused.status_code == 422 and "ngày làm việc" in text(refused)
        assert traces.everything() == before
    answer = do(
        head, case, "gia-han", cause="complex", reason="Phải xác minh thêm giấy tờ.", new_due_on="10/10/2023"
    )
    assert answer.status_code == 302, text(answer)
    check(case, Act.EXTEND, State.IN_PROCESS)
    assert case.due > due == case.dossier.original_due_at
    with clock.at(case.at + timedelta(minutes=10)):
        page = text(head.get(f"/can-bo/ho-so/{case.code}/"))
        for words in ("Ngày hẹn đã qua các lần", "Ngày hẹn ban đầu", "Được gia hạn một lần"):
            assert words in page, words
        assert case.code not in text(head.get("/can-bo/canh-bao/xin-loi/"))


def test_the_holder_holds_the_clock_and_lets_it_go_on() -> None:
    case = at_state(State.IN_PROCESS)
    client = signed_in(case.doer())
    with clock.at(case.at + timedelta(minutes=3)):
        form = text(client.get(f"/can-bo/ho-so/{case.code}/tam-dung/"))
        assert "Hệ thống gặp sự cố" in form and "ngoài tỉnh thẩm định" not in form
    answer = do(
        client, case, "tam-dung", ground="system_outage", reference="Thông báo 12/TB-TTHC",
        reason="Hệ thống dân cư không kết nối được.",
    )  # fmt: skip
    assert answer.status_code == 302, text(answer)
    check(case, Act.SUSPEND, State.SUSPENDED)
    case.at += timedelta(minutes=6)
    answer = do(client, case, "tiep-tuc", proof="Hệ thống hoạt động lại lúc 10 giờ.")
    assert answer.status_code == 302, text(answer)
    check(case, Act.RESUME, State.IN_PROCESS)
