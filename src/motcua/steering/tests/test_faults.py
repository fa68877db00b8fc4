"""Reports of faults: owned at once, answered in time or late, closed or taken up again by who reported them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from motcua.dossiers.tests.factories import AN_LUU, MONDAY, PDF, TAN_DAN, citizen, counter, key, kstt, unit
from motcua.kernel.actor import Actor, Role
from motcua.kernel.errors import DomainError, Invalid
from motcua.kernel.tests.calendars import office
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.steering.faults import operations, queries, rules
from motcua.steering.faults.models import Fault
from motcua.steering.faults.queries import FaultFilters, NotAWatcher
from motcua.steering.faults.rules import (
    FaultElsewhere,
    FaultNotFound,
    FaultState,
    NotAKeeper,
    Seriousness,
    System,
)

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
LIMITS = {
    kind.value: {"value": hours, "unit": "working_hours"}
    for kind, hours in zip(Seriousness, (4, 16, 40), strict=True)
}


def admin(no: int = 0) -> Actor:
    duty = Duty.objects.filter(role=Role.ADMIN).order_by("id")[no]
    return organisation.actor_of(duty.staff.account_id, MONDAY)


@pytest.fixture
def helper() -> Iterator[Actor]:
    """Let another member of staff look after the systems as well."""
    first, other = Duty.objects.filter(role=Role.ADMIN).order_by("id")[0], kstt()
    lent = Duty.objects.create(
        staff_id=other.staff_id or 0, unit_id=first.unit_id, role=Role.ADMIN, scope="unit", fields=[],
        valid_from=MONDAY.date() - timedelta(days=30),
    )  # fmt: skip
    yield organisation.actor_of(other.account_id, MONDAY)
    lent.delete()


def reported(actor: Actor | None = None, at: datetime = MONDAY, **more: Any) -> int:
    values: dict[str, Any] = {
        "system": System.SIGNATURE, "seriousness": Seriousness.BLOCKING, "where": "/can-bo/viec/",
        "what": "Bấm ký thì báo không tìm thấy chứng thư.", "file_ids": [], "actor": actor or counter(), "key": key(),
        "at": at, **more,
    }  # fmt: skip
    return operations.report(**values)


def refused(refusal: type[DomainError], act: Any, **arguments: Any) -> None:
    before = LedgerEntry.objects.count(), OutboxEvent.objects.count(), Fault.objects.count()
    with pytest.raises(refusal):
        act(key=key(), **arguments)
    assert (LedgerEntry.objects.count(), OutboxEvent.objects.count(), Fault.objects.count()) == before


@settings(deadline=None)
@given(st.sampled_from(Seriousness), st.integers(0, 1_000_000))
def test_the_more_serious_the_sooner_and_never_before_the_report(kind: Seriousness, minutes: int) -> None:
    at = MONDAY - timedelta(minutes=minutes)
    due = {one: rules.due_at(LIMITS, one, at, office()) for one in Seriousness}
    assert at < due[Seriousness.BLOCKING] < due[Seriousness.SERIOUS] < due[Seriousness.MINOR]
    assert office().minutes_between(at, due[kind]) == LIMITS[kind.value]["value"] * 60  # type: ignore[operator]


def test_from_the_report_to_its_end_and_back() -> None:
    number, reporter, keeper = reported(), counter(), admin()
    row = Fault.objects.get(pk=number)
    assert (row.owner_id, row.unit_id) == (keeper.staff_id, unit(TAN_DAN).id)
    assert row.due_at == MONDAY.replace(hour=14, minute=0)  # four working hours, the lunch break left out
    acting: dict[str, Any] = {"fault": number, "at": MONDAY + timedelta(hours=1)}
    refused(NotAKeeper, operations.answer, text="Người báo tự trả lời mình.", actor=reporter, **acting)
    refused(FaultElsewhere, operations.close, actor=reporter, **acting)
    refused(Invalid, operations.answer, text="ok", actor=keeper, **acting)
    once = key()
    operations.answer(text="Đã gia hạn chứng thư, thử lại giúp.", actor=keeper, key=once, **acting)
    operations.answer(text="Đã gia hạn chứng thư, thử lại giúp.", actor=keeper, key=once, **acting)
    assert [one.subject for one in queries.answers_to_read(reporter)] == [number]
    refused(NotAKeeper, operations.close, actor=keeper, **acting)
    later = {**acting, "at": MONDAY + timedelta(days=1)}
    operations.reopen(why="Vẫn báo như cũ, đã thử hai lần.", actor=reporter, key=key(), **later)
    row.refresh_from_db()
    assert (row.state, row.answered_at, row.due_at.day) == ("open", None, MONDAY.day + 1)
    operations.answer(text="Đã cài lại phần mềm ký.", actor=keeper, key=key(), **later)
    operations.close(actor=reporter, key=key(), **later)
    _, turns, _ = queries.fault(reporter, number)
    assert [turn.turn.value for turn in turns] == ["reported", "answered", "reopened", "answered", "closed"]
    acts = LedgerEntry.objects.filter(subject=number).order_by("seq").values_list("act", flat=True)
    assert list(acts) == [f"fault_{turn.turn.value}" for turn in turns]
    assert OutboxEvent.objects.filter(subject=number, topic="steering.fault.v1").count() == 5


def test_the_least_busy_gets_it_and_it_can_be_given_on(helper: Actor) -> None:
    other = helper
    first = Fault.objects.get(pk=reported())
    second = Fault.objects.get(pk=reported())
    assert {first.owner_id, second.owner_id} == {admin().staff_id, other.staff_id}
    given_on: dict[str, Any] = {"fault": first.pk, "note": "Việc của nhóm chữ ký số", "at": MONDAY}
    refused(Invalid, operations.reassign, to_staff_id=first.owner_id, actor=other, **given_on)
    refused(Invalid, operations.reassign, to_staff_id=counter().staff_id or 0, actor=other, **given_on)
    refused(NotAKeeper, operations.reassign, to_staff_id=second.owner_id, actor=counter(), **given_on)
    operations.reassign(to_staff_id=second.owner_id, actor=other, key=key(), **given_on)
    first.refresh_from_db()
    assert first.owner_id == second.owner_id


def test_who_sees_what() -> None:
    number = reported()
    for stranger in (counter(AN_LUU), citizen()):
        with pytest.raises(FaultNotFound):
            queries.fault(stranger, number)
    with pytest.raises(NotAWatcher):
        queries.all_faults(counter(), FaultFilters())
    assert [one.subject for one in queries.own_faults(counter())] == [number]
    assert queries.own_faults(counter(AN_LUU)) == []
    assert [one.subject for one in queries.all_faults(kstt(), FaultFilters())] == [number]
    refused(
        NotAKeeper, operations.answer, fault=number, text="Không phải việc của tôi.", actor=kstt(), at=MONDAY
    )
    late = FaultFilters(late_at=MONDAY + timedelta(days=1))
    assert len(queries.all_faults(admin(), late)) == 1
    assert queries.all_faults(admin(), FaultFilters(late_at=MONDAY)) == []
    assert queries.fault_counts(admin(), FaultFilters())[FaultState.OPEN] == 1


def test_open_reports_stand_first_page_by_page() -> None:
    done, answered, late, new = reported(), reported(), reported(), reported(at=MONDAY + timedelta(hours=2))
    for number in (done, answered):
        operations.answer(fault=number, text="Đã sửa xong lỗi này.", actor=admin(), key=key(), at=MONDAY)
    operations.close(fault=done, actor=counter(), key=key(), at=MONDAY)
    after, found = None, []
    for _ in range(4):
        row = queries.all_faults(kstt(), FaultFilters(), after=after, size=1)[0]
        found.append(row.subject)
        after = (row.due_at, row.subject)
    assert found == [late, new, answered, done]
    assert queries.all_faults(kstt(), FaultFilters(), after=after) == []


def test_statistics_count_answers_in_time_and_late_ones() -> None:
    in_time, late, left = reported(), reported(), reported(counter(AN_LUU), system=System.MAIL)
    operations.answer(
        fault=in_time, text="Đã sửa xong lỗi này.", actor=admin(), key=key(), at=MONDAY + timedelta(hours=1)
    )
    operations.answer(
        fault=late, text="Đã sửa xong lỗi này.", actor=admin(), key=key(), at=MONDAY + timedelta(days=2)
    )
    assert left
    start, end, now = MONDAY - timedelta(days=1), MONDAY + timedelta(days=3), MONDAY + timedelta(days=2)
    systems, units = queries.fault_totals(admin(), start, end, now)
    assert [(one.key, one.every, one.open, one.in_time, one.late) for one in systems] == [
        ("signature", 2, 0, 1, 1), ("mail", 1, 1, 0, 1),
    ]  # fmt: skip
    assert {one.key: one.every for one in units} == {str(unit(TAN_DAN).id): 2, str(unit(AN_LUU).id): 1}


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def test_the_pages_from_any_desk_page_to_the_answer() -> None:
    officer, keeper = browser(counter()), browser(admin())
    with clock.at(MONDAY):
        start = officer.get("/can-bo/viec/").content.decode()
        assert "/can-bo/bao-loi/gui/?trang=/can-bo/viec/" in start
        form = officer.get("/can-bo/bao-loi/gui/?trang=/can-bo/viec/").content.decode()
        assert 'value="/can-bo/viec/"' in form
        told = {
            "_key": "l-1", "system": "one_stop", "seriousness": "serious", "what": "ngắn", "where": "/can-bo/viec/",
        }  # fmt: skip
        assert officer.post("/can-bo/bao-loi/gui/", told).status_code == 422
        shot = SimpleUploadedFile("man-hinh.pdf", PDF, "application/pdf")
        sent = officer.post(
            "/can-bo/bao-loi/gui/", {**told, "what": "Danh sách việc không mở được.", "tep": shot}
        )
        assert sent.status_code == 302
        url = sent.headers["Location"]
        shown = keeper.get(url).content.decode()
        assert "Danh sách việc không mở được." in shown and "man-hinh.pdf" in shown
        file_url = shown.split('<ul class="plain"><li><a href="')[1].split('"')[0]
        assert keeper.get(file_url).headers["Content-Type"] == "application/pdf"
        assert browser(counter(AN_LUU)).get(file_url).status_code == 404
        assert (
            keeper.post(f"{url}tra-loi/", {"_key": "l-2", "reason": "Đã khởi động lại máy chủ."}).status_code
            == 302
        )
        assert url in officer.get("/can-bo/bao-tin/").content.decode()
        assert officer.post(f"{url}xong/", {"_key": "l-3"}).status_code == 302
        assert url not in officer.get("/can-bo/bao-tin/").content.decode()
        table = keeper.get("/can-bo/bao-loi/thong-ke/?dang=csv")
        assert "Hệ thống một cửa,1,0,1,0,100" in b"".join(table).decode()
        assert officer.get("/can-bo/bao-loi/thong-ke/").status_code == 403
