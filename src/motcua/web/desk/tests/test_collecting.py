"""Results handed over many at once, by slips that are scanned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.dossiers.models import BulkRun
from motcua.dossiers.operations import bulk
from motcua.dossiers.rules import State
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import AN_LUU, MONDAY, TAN_DAN, Case, at_state, counter, holder, unit
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(days=1)
URL = "/can-bo/tra-ket-qua/"


def work() -> None:
    run = BulkRun.objects.order_by("-subject")[0].subject
    while bulk.carry_out_next(run=run, at=LATER):
        pass


def waiting(count: int = 2) -> list[Case]:
    return [at_state(State.PROCESSED) for _ in range(count)]


def test_slips_are_scanned_looked_at_and_handed_over() -> None:
    one, two = waiting()
    running = at_state(State.IN_PROCESS)
    client = signed_in(counter())
    scans = f"https://mot-cua.example/tra-cuu/{one.code}?m=ABCD\n{two.code.lower()}\n{running.code}\nKHONG-CO-1\n{one.code}"
    with clock.at(LATER):
        page = text(client.post(URL, sent(text(client.get(URL)), ma=scans, xem="1")))
        assert "Trả 2 kết quả" in page and "Đã quét 3 hồ sơ" in page and "KHONG-CO-1" in page
        before = traces.everything()
        short = client.post(URL, sent(page, ma=scans, how="direct", ai="mot", collector=" "))
        assert short.status_code == 422 and "Ghi họ tên người nhận." in text(short)
        assert traces.everything() == before
        answer = client.post(URL, sent(page, ma=scans, how="direct", ai="mot", collector="Trần Văn Bưu"))
        assert answer.status_code == 302
        work()
    assert [case.dossier.state for case in (one, two, running)] == ["returned", "returned", "in_process"]
    entry = traces.last(one.subject)
    assert traces.personal(one.subject, entry.seq)["collector"] == "Trần Văn Bưu"


def test_each_is_handed_to_its_own_submitter_where_nobody_else_is_named() -> None:
    case = waiting(1)[0]
    client = signed_in(counter())
    with clock.at(LATER):
        page = text(client.post(URL, sent(text(client.get(URL)), ma=case.code, xem="1")))
        client.post(URL, sent(page, ma=case.code, how="direct", ai="tung"))
        work()
    entry = traces.last(case.subject)
    row = case.dossier
    assert traces.personal(case.subject, entry.seq)["collector"] == (row.submitter_name or row.owner_name)


def test_another_counter_finds_nothing_and_officers_without_one_have_no_page() -> None:
    case = waiting(1)[0]
    stranger = signed_in(counter(AN_LUU))
    with clock.at(LATER):
        page = text(stranger.post(URL, sent(text(stranger.get(URL)), ma=case.code, xem="1")))
        assert "Không tìm thấy 1 mã" in page
        assert stranger.post(URL, sent(page, ma=case.code, how="direct", ai="tung")).status_code == 422
        head = holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)
        assert signed_in(head).get(URL).status_code == 404
    assert case.dossier.state == State.PROCESSED
