"""The leader's page without scripts."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from motcua.evaluation.queries import By, Sort
from motcua.kernel.actor import DutyScope, Role
from motcua.organisation import queries as organisation
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.web.lead.figures import View, listed
from motcua.web.lead.tests import people

# The frame around the page takes values with defaults; what the page itself names is always given.
pytestmark = [pytest.mark.urls("motcua.web.lead.tests.urls"), pytest.mark.ignore_template_errors]


def signed_in(account: Account) -> Client:
    client = Client()
    for name, value in people.cookie(account).items():
        client.cookies[name] = value
    return client


def page(account: Account, address: str = "/lanh-dao/") -> tuple[int, str]:
    response = signed_in(account).get(address)
    return response.status_code, response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_leader_sees_all_units_a_head_their_own_an_officer_none() -> None:
    one, other = people.unit("T.1", "Phường Một"), people.unit("T.2", "Phường Hai")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    head = people.member("head", other, Role.AGENCY_HEAD)
    officer = people.member("officer", other, Role.ONE_STOP_OFFICER)
    people.received(1, one)
    people.received(2, other, due=clock.now() - timedelta(hours=1))
    people.count_now()
    status, text = page(leader)
    assert status == 200
    assert "Phường Một" in text
    assert "Phường Hai" in text
    status, text = page(head)
    assert "Phường Một" not in text
    assert 'href="/can-bo/ho-so/?unit=T.2&amp;state=overdue"' in text
    assert 'class="is-late"' in text
    assert page(officer)[0] == 404


@pytest.mark.django_db(transaction=True)
def test_units_of_one_name_are_told_apart() -> None:
    one, other = people.unit("T.1", "Bộ phận Một cửa"), people.unit("T.2", "Bộ phận Một cửa")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    people.received(1, one)
    people.received(2, other)
    people.count_now()
    names = re.findall(r'scope="row"><a[^>]*>([^<]+)</a>', page(leader)[1])
    assert len(names) == 2 and len(set(names)) == 2


@pytest.mark.django_db
def test_nobody_is_sent_to_sign_in() -> None:
    response = Client().get("/lanh-dao/?theo=agency")
    assert response.status_code == 302
    assert response["Location"] == "/can-bo/dang-nhap/?tiep=/lanh-dao/%3Ftheo%3Dagency"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["", "?theo=agency&xep=name", "?theo=x&xep=%00&chieu=%FF", "?xep=late&chieu=tang"]
)
def test_every_order_is_shown_and_nonsense_is_the_default(query: str) -> None:
    one = people.unit("T.1", "Phường Một")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    status, text = page(leader, f"/lanh-dao/{query}")
    assert status in (200, 422)
    if status == 200:
        assert text.count("aria-sort") == 1
        assert "chưa có hồ sơ nào" in text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text


@pytest.mark.django_db(transaction=True)
def test_the_page_costs_the_same_for_one_unit_and_twenty(django_assert_max_num_queries: Any) -> None:
    one = people.unit("T.1", "Phường Một")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    counts = []
    for extra in (1, 20):
        for no in range(extra):
            people.received(100 * extra + no, people.unit(f"T.{extra}.{no}", f"Đơn vị {extra}.{no}"))
        people.count_now()
        client = signed_in(leader)
        organisation.forget_tree()
        organisation.tree()
        clock.now()  # reads the demo's clock again, which a process does every few seconds
        with django_assert_max_num_queries(5) as captured:
            assert client.get("/lanh-dao/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_pressing_a_head_sorts_by_it_and_again_turns_it_round() -> None:
    view = View()
    assert view.sorted_by(Sort.OVERDUE) == View(descending=False)
    assert view.sorted_by(Sort.LATE) == View(sort=Sort.LATE)
    assert view.sorted_by(Sort.NAME) == View(sort=Sort.NAME, descending=False)


@pytest.mark.parametrize("by", list(By))
@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("descending", [True, False])
def test_a_view_survives_its_address(by: By, sort: Sort, descending: bool) -> None:
    view = View(by, sort, descending)
    pairs = dict(pair.split("=") for pair in view.query().split("&"))
    assert View.read(pairs) == view


def test_figures_of_the_day_lead_to_the_lists_of_the_day() -> None:
    day = date(2023, 10, 2)
    assert listed(By.UNIT, "HD.1", "late", day) == "/can-bo/ho-so/?unit=HD.1&state=late&day=2023-10-02"
    assert listed(By.AGENCY, "HD.1", "overdue", day) == "/can-bo/ho-so/?agency=HD.1&state=overdue"
    assert listed(By.UNIT, "", "open", day) == "/can-bo/ho-so/?state=open"
