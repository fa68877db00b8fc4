"""Reorganisation day and changes of the calendar over HTTP: from the draft to what everybody then reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from motcua.dossiers import operations
from motcua.dossiers.campaigning import Stage
from motcua.dossiers.models import Campaign
from motcua.dossiers.operations import campaign
from motcua.dossiers.rules import Act
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    KINH_MON,
    RECOGNITION,
    TAN_DAN,
    Case,
    citizen,
    counter,
    land_transfer,
    moment,
    unit,
)
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, Succession
from motcua.platform import clock
from motcua.territory import queries as territory
from motcua.territory.models import DayMark
from motcua.territory.rules import LayerKind
from motcua.web.desk.tests.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province", "fresh")]
JUNE, JULY = moment("2025-06-20"), moment("2025-07-01", "07:45")
MOVES, DAYS = "/can-bo/sap-xep/", "/can-bo/lich-lam-viec/"
DECISION = {
    "so": "1669/NQ-UBTVQH15", "ngay-ban-hanh": "16/06/2025", "trich-yeu": "Sắp xếp các đơn vị hành chính cấp xã",
}  # fmt: skip


@pytest.fixture
def fresh() -> Iterator[None]:
    """Read agencies and calendars anew before and after: what a test changed goes with its transaction."""
    for forget in (territory.forget_calendars, organisation.forget_tree):
        forget()
    yield
    for forget in (territory.forget_calendars, organisation.forget_tree):
        forget()


def kstt(at: datetime) -> Client:
    duty = Duty.objects.filter(role=Role.KSTT, valid_from__lte=at.date()).exclude(valid_to__lt=at.date())
    return signed_in(organisation.actor_of(duty.select_related("staff")[0].staff.account_id, at))


def post(client: Client, url: str, **values: Any) -> Any:
    return client.post(url, {"_key": keys.new(), **values})


def text(client: Client, url: str, **asked: Any) -> str:
    answer = client.get(url, asked)
    assert answer.status_code == 200, url
    return re.sub(r"\s+", " ", answer.content.decode())


def work() -> None:
    territory.forget_calendars()
    number = Campaign.objects.get(state=Stage.RUNNING).pk
    while campaign.carry_out_next(campaign=number, at=clock.now()):
        pass


def test_a_reorganisation_is_drafted_before_the_day_and_carried_out_on_it() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    old = organisation.full_name(unit(TAN_DAN))
    new = organisation.full_name(unit("HP.10714.MC"))
    with clock.at(moment("2025-06-25")):
        client = kstt(clock.now())
        assert f'href="{MOVES}"' in text(client, "/can-bo/")  # from the menu
        assert f"{MOVES}?ngay=2025-07-01#du-thao" in text(client, MOVES)
        wrong = post(client, MOVES, ngay="31/02/2025", so="1", trich_yeu="")
        assert wrong.status_code == 422
        assert "Ghi ngày sắp xếp" in wrong.content.decode()
        made = post(client, MOVES, ngay="01/07/2025", **DECISION)
        assert made.status_code == 302
        page = text(client, made.url)
        assert old in page
        assert new in page
        assert "Thực hiện được từ 0 giờ ngày 01/07/2025" in page
        assert 'id="bat-dau"' not in page
        post(client, f"{made.url}viec/", viec="bat-dau")
        assert "Chưa đến ngày sắp xếp" in text(client, made.url)
        assert case.dossier.receiving_unit_id == unit(TAN_DAN).id
    with clock.at(JULY):
        client = kstt(JULY)
        assert 'id="bat-dau"' in text(client, made.url)
        assert post(client, f"{made.url}viec/", viec="bat-dau").status_code == 302
        running = text(client, made.url)
        assert f'hx-get="{made.url}tien-do/"' in running
        assert 'id="dung"' in running
        work()
        assert "Đã xong" in text(client, made.url)
        assert "1 đã làm" in text(client, f"{made.url}tien-do/")
        officer = signed_in(counter("HP.10714.MC", JULY))
        page = text(officer, f"/can-bo/ho-so/{case.code}/")
        assert "Chuyển giao khi sắp xếp tổ chức" in page
        assert f"{old} → {new}" in page
        assert DECISION["so"] in page
        book = {"tu": "2025-06-01", "den": "2025-06-30"}
        closed = text(officer, "/can-bo/so-theo-doi/", **{"don-vi": unit(TAN_DAN).id}, **book)
        assert "Sổ đã khóa" in closed
        assert case.code in closed
        assert f"huyển giao cho {new}" in closed
        assert case.code not in text(
            officer, "/can-bo/so-theo-doi/", **{"don-vi": unit("HP.10714.MC").id}, **book
        )


def test_the_preview_sums_up_by_agency_and_finds_dossiers_by_code_and_unit() -> None:
    one, other = Case.taken_in(RECOGNITION, JUNE), land_transfer(JUNE)
    old, elsewhere = unit(TAN_DAN), unit(KINH_MON)
    with clock.at(JUNE):
        client = kstt(JUNE)
        made = post(client, MOVES, ngay="01/07/2025", **DECISION).url
        page = text(client, made)
        groups, listed = page.split('id="ho-so"')
        assert '<details class="fold"><summary>' in listed, "dossier by dossier only when asked"
        for left in (old, elsewhere):
            assert organisation.full_name(organisation.root_of(left.id)) in groups
            assert f"?tu={left.id}#ho-so" in groups
        of_unit = text(client, made, tu=old.id).split('id="ho-so"')[1]
        assert '<details class="fold" open>' in of_unit
        assert one.code in of_unit and other.code not in of_unit
        found = text(client, made, q=other.code)
        assert other.code in found and one.code not in found.split('id="ho-so"')[1]
        by_name = text(client, made, q=old.name).split('id="ho-so"')[1]
        assert one.code in by_name and other.code not in by_name
        assert "Không có hồ sơ nào khớp" in text(client, made, q="không có đơn vị này")


def test_the_applicant_reads_who_has_it_now() -> None:
    owner = citizen()
    case = Case.filed(RECOGNITION, JUNE, actor=owner)
    case.act(
        operations.transfer, actor=organisation.actor_of(kstt_account(), JULY), at=JULY, on=date(2025, 7, 1),
        decision_no="1669/NQ-UBTVQH15", decided_on=date(2025, 6, 16),
    )  # fmt: skip
    with clock.at(JULY):
        page = text(signed_in(owner), f"/ho-so-cua-toi/{case.code}/")
    assert "Chuyển cho đơn vị kế tục do sắp xếp tổ chức" in page
    assert organisation.full_name(unit("HP.10714.MC")) in page


def kstt_account() -> int:
    duty = Duty.objects.filter(role=Role.KSTT, valid_to=None).select_related("staff")[0]
    return int(duty.staff.account_id)


def test_what_nobody_takes_is_shown_and_mended_on_the_page() -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    land = land_transfer(JUNE)
    Succession.objects.filter(origin__code__startswith="HD.KM.10699").delete()
    organisation.forget_tree()
    with clock.at(JULY):
        client = kstt(JULY)
        made = post(client, MOVES, ngay="01/07/2025", **DECISION).url
        page = text(client, made)
        assert "Có hồ sơ chưa có nơi nhận" in page
        assert 'id="bat-dau"' not in page
        assert case.code in text(client, made, loc="khong-noi-nhan")
        assert land.code not in text(client, made, loc="khong-noi-nhan")
        assert post(client, f"{made}chon/", tu="", den="").status_code == 422
        assert post(client, f"{made}chon/", tu=unit(TAN_DAN).id, den=unit(TAN_DAN).id).status_code == 422
        for origin, to in ((TAN_DAN, "HP.10675.MC"), ("HD.KM.10699", "HP.10675")):
            assert post(client, f"{made}chon/", tu=unit(origin).id, den=unit(to).id).status_code == 302
        assert 'id="bat-dau"' in text(client, made)
        post(client, f"{made}chon/", tu=unit(TAN_DAN).id, den=unit("HP.10675.MC").id, bo="1")
        assert 'id="bat-dau"' not in text(client, made)
        post(client, f"{made}chon/", tu=unit(TAN_DAN).id, den=unit("HP.10675.MC").id)
        post(
            client,
            f"{made}chon/",
            tu=unit(KINH_MON).id,
            den=unit("HP.10714.MC").id,
            **{"linh-vuc": "dat_dai"},
        )
        post(client, f"{made}viec/", viec="bat-dau")
        work()
    assert case.dossier.receiving_unit_id == unit("HP.10675.MC").id


def test_a_draft_is_made_anew_dropped_and_only_of_whom_it_concerns() -> None:
    with clock.at(JULY):
        client = kstt(JULY)
        made = post(client, MOVES, ngay="01/07/2025", **DECISION).url
        case = Case.taken_in(RECOGNITION, JUNE)
        assert case.code not in text(client, made)
        post(client, f"{made}viec/", viec="xem-lai")
        assert case.code in text(client, made)
        other = signed_in(counter("HP.10714.MC", JULY))
        for url in (MOVES, made, DAYS):
            assert other.get(url).status_code == 404
        assert post(other, f"{made}viec/", viec="bat-dau").status_code == 404
        assert client.get(made.replace(MOVES, DAYS)).status_code == 404
        assert post(client, f"{made}viec/", viec="bo").url == MOVES
        assert "Chưa có đợt nào" in text(client, MOVES)


def test_a_change_of_the_calendar_is_previewed_applied_and_told_on_the_dossier() -> None:
    case = Case.taken_in(RECOGNITION, moment("2023-10-02"))
    layer = next(row.code for row in territory.layers() if row.kind == LayerKind.PROVINCE)
    decision = {
        **DECISION,
        "so": "2501/QĐ-UBND",
        "ngay-ban-hanh": "02/10/2023",
        "trich-yeu": "Nghỉ chống bão số 4",
    }
    typed = {"lich": layer, "loai": "closure", "tu-ngay": "04/10/2023", "ten": "Nghỉ chống bão", **decision}
    with clock.at(moment("2023-10-02", "10:00")):
        client = kstt(clock.now())
        for wrong, words in (
            ({"loai": ""}, "Chọn loại thay đổi."),
            ({"tu-ngay": "30/02/2023"}, "Ghi ngày, ví dụ"),
            ({"den-ngay": "01/10/2023"}, "Ngày cuối phải từ ngày đầu"),
            ({"loai": "hoan-doi"}, "Ghi ngày làm bù"),
            ({"ten": ""}, "Ghi tên ngày"),
            ({"so": ""}, "Ghi số, ký hiệu"),
        ):
            answer = post(client, DAYS, **{**typed, **wrong})
            assert answer.status_code == 422
            assert words in answer.content.decode()
        made = post(client, DAYS, **typed).url
        page = text(client, made)
        assert "17:00 05/10/2023" in page
        assert "17:00 06/10/2023" in page
        assert "Ngày hẹn lùi lại" in page
        assert case.code not in text(client, made, loc="thanh-tre")
        assert not DayMark.objects.filter(on=date(2023, 10, 4)).exists()
        post(client, f"{made}viec/", viec="bat-dau")
        work()
        assert "Đã xong" in text(client, made)
        assert "2501/QĐ-UBND ngày 02/10/2023" in text(client, DAYS, nam="2023")
        officer = text(signed_in(case.counter()), f"/can-bo/ho-so/{case.code}/")
        assert "Ngày hẹn đã qua các lần" in officer
        assert "Tính lại ngày hẹn theo lịch làm việc: Nghỉ chống bão số 4" in officer
        assert "2501/QĐ-UBND" in officer


def test_a_swap_is_two_days_and_an_announced_day_may_be_ordinary_again() -> None:
    layer = next(row.code for row in territory.layers() if row.kind == LayerKind.PROVINCE)
    with clock.at(moment("2023-10-02", "10:00")):
        client = kstt(clock.now())
        swap = {
            "lich": layer, "loai": "hoan-doi", "tu-ngay": "13/10/2023", "ngay-lam-bu": "07/10/2023",
            "ten": "Nghỉ hoán đổi", "som-hon": "1", **DECISION,
        }  # fmt: skip
        made = post(client, DAYS, **swap).url
        assert "Làm bù" in text(client, made)
        post(client, f"{made}viec/", viec="bat-dau")
        work()
        assert territory.calendar(layer).is_working(date(2023, 10, 7))
        assert not territory.calendar(layer).is_working(date(2023, 10, 13))
        again = {"lich": layer, "loai": "ngay-thuong", "tu-ngay": "13/10/2023", **DECISION}
        post(client, f"{post(client, DAYS, **again).url}viec/", viec="bat-dau")
        work()
        assert territory.calendar(layer).is_working(date(2023, 10, 13))


def test_the_command_previews_and_carries_out(capsys: pytest.CaptureFixture[str]) -> None:
    case = Case.taken_in(RECOGNITION, JUNE)
    with clock.at(moment("2025-06-25")):
        call_command("reorganise", day=date(2025, 7, 1), preview=True)
        said = capsys.readouterr().out
        assert "HP.10714.MC" in said
        assert "1 hồ sơ" in said
        assert not Campaign.objects.exists()
        with pytest.raises(CommandError, match="số, ký hiệu"):
            call_command("reorganise", day=date(2025, 7, 1))
        decided: dict[str, Any] = {"decision": "1669/NQ-UBTVQH15", "decided": date(2025, 6, 16)}
        with pytest.raises(CommandError, match="Chưa đến ngày"):
            call_command("reorganise", day=date(2025, 7, 1), **decided)
        assert not Campaign.objects.exclude(state=Stage.DROPPED).exists()
    with clock.at(JULY):
        call_command("reorganise", day=date(2025, 7, 1), **decided)
    assert "1 trên 1 hồ sơ đã chuyển" in capsys.readouterr().out
    assert traces.last(case.subject).act == Act.TRANSFER
