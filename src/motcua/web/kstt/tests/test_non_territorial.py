"""Assessing, listing by decision, ending, concluding a pilot, service areas: through the officer's pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.catalogue.models import NonTerritorialAssessment, NonTerritorialEntry, Term
from motcua.catalogue.nonterritorial import queries
from motcua.dossiers.tests.factories import (
    AN_LUU,
    EXTRACT,
    MONDAY,
    RECOGNITION,
    TAN_DAN,
    counter,
    elsewhere,
    unit,
)
from motcua.edge import keys
from motcua.kernel.actor import Role
from motcua.kernel.calendar import LOCAL
from motcua.organisation import areas
from motcua.organisation import queries as organisation
from motcua.organisation.models import Duty, ServiceArea
from motcua.platform import clock
from motcua.platform.models import LedgerEntry, OutboxEvent
from motcua.web.desk.tests.people import sent, signed_in, text
from motcua.web.kstt.areas import URL as AREAS
from motcua.web.kstt.nonterritorial import URL
from motcua.workflow import queries as workflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("province")]


@pytest.fixture(autouse=True)
def _as_it_was(province: None) -> Iterator[None]:
    """Take back what a test adds to the lists of the data, and what the process kept of it."""
    before = set(NonTerritorialEntry.objects.values_list("pk", flat=True))
    assessed = set(NonTerritorialAssessment.objects.values_list("pk", flat=True))
    given = set(ServiceArea.objects.values_list("pk", flat=True))
    savings = list(Term.objects.filter(scheme=queries.SAVINGS))
    yield
    Term.objects.filter(scheme=queries.SAVINGS).delete()
    Term.objects.bulk_create(savings)
    ServiceArea.objects.exclude(pk__in=given).delete()
    NonTerritorialEntry.objects.exclude(pk__in=before).delete()
    NonTerritorialAssessment.objects.exclude(pk__in=assessed).delete()
    catalogue.forget_brief()
    areas.forget()


@pytest.fixture
def client() -> Client:
    duty = Duty.objects.filter(role=Role.KSTT).select_related("staff").order_by("id")[0]
    return signed_in(organisation.actor_of(duty.staff.account_id, clock.now()))


def assess(client: Client, procedure: str, **answers: str) -> Any:
    page = text(client.get(f"{URL}danh-gia/{procedure}/"))
    good = {one.code: "khong" if one.excludes else "co" for one in queries.criteria()}
    return client.post(f"{URL}danh-gia/{procedure}/", sent(page, **{**good, **answers}, note="Đã rà soát."))


def enter(client: Client, procedure: str, **typed: Any) -> Any:
    today = f"{clock.today():%d/%m/%Y}"
    good = {
        "_key": keys.new(),
        "kind": "approved",
        "decision_no": "77/QĐ-UBND",
        "decision_on": today,
        "issuer": "Chủ tịch Ủy ban nhân dân tỉnh",
        "valid_from": today,
        "valid_to": "",
        "unit_kinds": ["one_stop_commune"],
        "units": "",
    }
    return client.post(f"{URL}them/{procedure}/", {**good, **typed})


def entries_of(act: str) -> int:
    return LedgerEntry.objects.filter(act=act).count()


def test_only_for_procedure_control_officers() -> None:
    clerk = signed_in(counter())
    for url in (URL, f"{URL}danh-gia/", f"{URL}ket-qua/", f"{URL}them/{RECOGNITION}/", AREAS):
        assert clerk.get(url).status_code == 403
    assert enter(clerk, RECOGNITION).status_code == 403
    assert not NonTerritorialEntry.objects.filter(procedure_code=RECOGNITION).exists()


def test_the_first_list_comes_from_the_data(client: Client) -> None:
    page = text(client.get(URL))
    assert EXTRACT in page and "Đang áp dụng" in page and "cần đối chiếu" in page
    assert EXTRACT in text(client.get(f"{URL}danh-gia/?loc=suitable"))
    assert "Không có thủ tục nào khớp" in text(client.get(f"{URL}danh-gia/?q=khong-co-dau"))


def test_assessed_then_listed_then_ended(client: Client) -> None:
    refused = enter(client, RECOGNITION)
    assert refused.status_code == 409 and "Đánh giá theo tiêu chí trước" in text(refused)
    page = text(client.get(f"{URL}danh-gia/{RECOGNITION}/"))
    missing = client.post(f"{URL}danh-gia/{RECOGNITION}/", sent(page))
    assert missing.status_code == 422 and "Chọn Có hoặc Không" in text(missing)
    assert assess(client, RECOGNITION, on_site="co").status_code == 302
    assert enter(client, RECOGNITION).status_code == 409  # on-site inspection keeps it off the list
    assert assess(client, RECOGNITION).status_code == 302
    for wrong in ({"decision_no": ""}, {"valid_from": "01/01/2020"}, {"units": "KHONG-CO"}):
        assert enter(client, RECOGNITION, **wrong).status_code == 422
    answer = enter(client, RECOGNITION)
    assert answer.status_code == 302, text(answer)
    row = NonTerritorialEntry.objects.get(procedure_code=RECOGNITION)
    assert enter(client, RECOGNITION).status_code == 409  # two entries on one day
    assert (entries_of("non_territorial_assess"), entries_of("non_territorial_enter")) == (2, 1)
    assert OutboxEvent.objects.filter(topic="catalogue.non_territorial_list.v1").count() == 1
    here = f"{URL}{row.pk}/"
    page = text(client.get(here))
    form = {"viec": "ket-thuc", "kt-decision_no": "78/QĐ-UBND", "kt-reason": "Đã có quy định mới của bộ."}
    late = client.post(here, sent(page, **form, **{"kt-last_day": "01/01/2020"}))
    assert late.status_code == 422
    last = clock.today() + timedelta(days=3)
    done = client.post(here, sent(page, **form, **{"kt-last_day": f"{last:%d/%m/%Y}"}))
    assert done.status_code == 302, text(done)
    row.refresh_from_db()
    assert (row.valid_to, row.end_decision) == (last, "78/QĐ-UBND")
    assert entries_of("non_territorial_end") == 1


def test_a_pilot_ends_and_a_conclusion_is_drawn(client: Client) -> None:
    assert assess(client, RECOGNITION).status_code == 302
    assert enter(client, RECOGNITION, kind="pilot").status_code == 422  # a pilot has an end
    last = clock.today() + timedelta(days=30)
    assert enter(client, RECOGNITION, kind="pilot", valid_to=f"{last:%d/%m/%Y}").status_code == 302
    row = NonTerritorialEntry.objects.get(procedure_code=RECOGNITION)
    here = f"{URL}{row.pk}/"
    page = text(client.get(here))
    assert "Kết luận thí điểm" in page and "Chưa có hồ sơ nào được nhận" in page
    form = {"viec": "ket-luan", "kl-outcome": "continued", "kl-decision_no": "90/QĐ-UBND", "kl-until": ""}
    assert client.post(here, sent(page, **form, **{"kl-note": "ngắn"})).status_code == 422
    told = {"kl-note": "Người dân bớt đi lại, mọi hồ sơ đúng hạn."}
    assert client.post(here, sent(page, **form, **told)).status_code == 302
    row.refresh_from_db()
    assert (row.outcome, row.valid_to) == ("continued", None)
    again = client.post(here, sent(page, _key=keys.new(), **form, **told))
    assert again.status_code == 409


def test_an_inspection_on_site_in_the_process_cannot_be_answered_away(client: Client) -> None:
    code = next(
        one.code
        for one in catalogue.definitions(clock.today())
        if any(node.on_site for process in workflow.processes_of(one.id) for node in process.graph.nodes)
    )
    answer = assess(client, code)
    assert answer.status_code == 422
    assert "Quy trình có bước kiểm tra thực địa" in text(answer)
    assert not NonTerritorialAssessment.objects.filter(procedure_code=code, note="Đã rà soát.").exists()
    assert assess(client, code, on_site="co").status_code == 302


def test_what_came_of_it_is_measured(client: Client) -> None:
    case = elsewhere()
    case.forward()
    case.confirm()
    case.process()
    case.hand_over(actor=counter(TAN_DAN, case.at))
    span = {"tu": "01/10/2023", "den": "31/10/2023"}
    page = text(client.get(f"{URL}ket-qua/", span))
    assert EXTRACT in page and "2 lượt" in page and "3 giờ, 20 km" in page
    assert "Trong thời gian này chưa có" in text(
        client.get(f"{URL}ket-qua/", {"tu": "01/01/2022", "den": "02/01/2022"})
    )


def test_each_dossier_counts_by_the_parameters_of_its_own_day(client: Client) -> None:
    case = elsewhere()
    case.forward()
    on = case.dossier.accepted_at
    assert on is not None
    term = Term.objects.get(scheme=queries.SAVINGS, extra__tier="commune")
    last = on.astimezone(LOCAL).date()
    Term.objects.filter(pk=term.pk).update(extra={**term.extra, "valid_to": last.isoformat()})
    later = {**term.extra, "valid_from": (last + timedelta(days=1)).isoformat(), "hours": 9, "kilometres": 90}
    Term.objects.create(scheme=queries.SAVINGS, code="sau", name="Khảo sát", position=99, extra=later)
    catalogue.forget_brief()
    page = text(client.get(f"{URL}ket-qua/", {"tu": "01/10/2023", "den": "31/10/2023"}))
    assert "1,5 giờ, 10 km" in page and "9 giờ, 90 km" not in page
    of_one = text(signed_in(counter(TAN_DAN, case.at)).get(f"/can-bo/ho-so/{case.code}/"))
    assert "1 lượt đi, 1,5 giờ, 10 km" in of_one


def test_service_areas_are_given_and_ended(client: Client) -> None:
    page = text(client.get(AREAS))
    assert "Hai phường liền kề dùng chung một quầy" in page
    given = ServiceArea.objects.count()
    today = clock.today()
    live = organisation.receiving_units(queries.one_stop_kinds(), today, limit=2)
    communes = organisation.receiving_units(("one_stop_commune",), today, limit=5)
    roots = [organisation.root_of(one.id) for one in communes]
    agency = next(root for root in roots if root.agency_id != live[0].agency_id)
    form = {
        "unit": live[0].code,
        "agency": agency.code,
        "decision_no": "12/QĐ-UBND",
        "valid_from": f"{today:%d/%m/%Y}",
        "valid_to": "",
        "note": "",
    }
    assert client.post(AREAS, sent(page, **{**form, "decision_no": ""})).status_code == 422
    answer = client.post(AREAS, sent(page, **form))
    assert answer.status_code == 302, text(answer)
    row = ServiceArea.objects.get(decision_no="12/QĐ-UBND")
    assert ServiceArea.objects.count() == given + 1
    assert client.post(AREAS, sent(page, _key=keys.new(), **form)).status_code == 409
    end = f"{AREAS}{row.pk}/ket-thuc/"
    wrong = client.post(end, {"_key": keys.new(), "last_day": "01/01/2020", "decision_no": "13/QĐ-UBND"})
    assert wrong.status_code == 422
    good = {"_key": keys.new(), "last_day": f"{today:%d/%m/%Y}", "decision_no": "13/QĐ-UBND"}
    assert client.post(end, good).status_code == 302
    row.refresh_from_db()
    assert row.valid_to == today
    assert (entries_of("service_area_give"), entries_of("service_area_end")) == (1, 1)


def test_a_listed_unit_near_is_offered_for_handing_in() -> None:
    of = catalogue.current(EXTRACT, MONDAY.date())
    rows = queries.receivers(of, MONDAY.date(), "Tân Dân")
    assert unit(TAN_DAN) in rows
    assert unit(AN_LUU) not in rows
    assert queries.receivers(catalogue.current(RECOGNITION, MONDAY.date()), MONDAY.date()) == []
