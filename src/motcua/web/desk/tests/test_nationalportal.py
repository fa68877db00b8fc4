"""The page of reconciliation with the national portal: differences told again, the first synchronisation, the calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.permissions.addresses import somebody

from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, Case, key
from motcua.exchange.models import Counterpart, FirstSync, Message, Partner
from motcua.exchange.tests.connection import admin
from motcua.kernel.actor import Role
from motcua.organisation import queries as organisation
from motcua.platform import clock
from motcua.web.desk.tests.people import signed_in, text

pytestmark = [pytest.mark.usefixtures("province", "noon"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def noon() -> Iterator[None]:
    with clock.at(MONDAY.replace(hour=12)):
        yield


def differing() -> tuple[Partner, Case, Counterpart]:
    """Return the national portal, and a dossier of which it has another state."""
    partner, case = Partner.objects.get(code="dvcqg"), Case.taken_in(RECOGNITION)
    agency = organisation.root_of_agency(case.dossier.agency_id).code
    row = Counterpart.objects.create(
        partner=partner, subject=case.subject, dossier_code=case.code, agency=agency,
        told_at=clock.real_now(), checked_at=clock.real_now(), has_status=1,
        differences=[{"what": "status", "ours": "2", "theirs": "1"}],
    )  # fmt: skip
    return partner, case, row


def test_a_difference_is_shown_and_told_again_by_the_administrator_only() -> None:
    partner, case, row = differing()
    here, again = f"/can-bo/ket-noi/{partner.pk}/doi-soat/", f"/can-bo/ket-noi/doi-soat/{row.pk}/gui-lai/"
    watching = text(signed_in(somebody(Role.KSTT)).get(here))
    assert case.code in watching and "Người quản trị báo lại" in watching and again not in watching
    assert signed_in(somebody(Role.KSTT)).post(again, {"_key": key()}).status_code == 403
    client = signed_in(admin())
    page = text(client.get(here))
    assert again in page and "thế hệ 2" in page and "Trạng thái" in page
    assert client.post(again, {"_key": key()}).headers["Location"] == here
    message = Message.objects.get(partner=partner, subject=case.subject)
    assert message.content["steps"] is None and message.state == "queued"
    assert "Đang báo lại" in text(client.get(here))


def test_the_first_synchronisation_needs_a_choice_and_both_days_and_runs_once() -> None:
    partner, _, _ = differing()
    here = f"/can-bo/ket-noi/{partner.pk}/doi-soat/"
    client = signed_in(admin())
    for typed, words in (
        ({}, "Chọn những hồ sơ được báo"),
        ({"which": "ca-da-ket-thuc", "since": "01/09/2023"}, "Ghi ngày như"),
        ({"which": "ca-da-ket-thuc", "since": "02/09/2023", "until": "01/09/2023"}, "Ngày cuối phải sau"),
    ):
        refused = client.post(f"{here}dong-bo-lan-dau/", {"_key": key(), **typed})
        assert refused.status_code == 422 and words in text(refused)
    assert not FirstSync.objects.filter(partner=partner).exists()
    begun = client.post(f"{here}dong-bo-lan-dau/", {"_key": key(), "which": "chua-ket-thuc"})
    assert begun.headers["Location"] == here
    run = FirstSync.objects.get(partner=partner)
    page = text(client.get(here))
    assert "Đang chạy" in page and "Bắt đầu đồng bộ" not in page
    assert (
        client.post(f"{here}dong-bo-lan-dau/", {"_key": key(), "which": "chua-ket-thuc"}).status_code == 409
    )
    FirstSync.objects.filter(pk=run.pk).delete()


def test_the_calls_of_the_last_try_are_shown_masked_to_who_does_not_see_the_dossier() -> None:
    partner, case, _ = differing()
    name = case.dossier.owner_name
    call = {
        "service": "DongBoHoSoMC", "request": {"data": [{"MaHoSo": case.code, "ChuHoSo": name}]},
        "outcome": {"error_code": "-1", "message": name},
    }  # fmt: skip
    row = Message.objects.create(
        partner=partner, direction="out", kind="state", message_id=key(), subject=case.subject,
        dossier_code=case.code, content={"dossier": case.code}, wire=[call], state="failed", at=MONDAY,
        created_at=clock.real_now(),
    )  # fmt: skip
    page = text(signed_in(admin()).get(f"/can-bo/ket-noi/tin/{row.pk}/"))
    assert "DongBoHoSoMC" in page and case.code in page and "-1" in page and name not in page


def test_a_connection_that_is_no_portal_has_no_such_page() -> None:
    other = Partner.objects.get(code="botuphap")
    assert signed_in(admin()).get(f"/can-bo/ket-noi/{other.pk}/doi-soat/").status_code == 409
