"""Signing in as staff: guessing is stopped, and who has been away is asked again, at the desk and on leaders' pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from motcua.dossiers.tests.factories import MONDAY, counter
from motcua.kernel.actor import Role
from motcua.organisation.models import Duty
from motcua.parties.models import Account
from motcua.platform import clock
from motcua.web.desk import lock
from motcua.web.lead import stream

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
SIGN_IN, LEADERS = "/can-bo/dang-nhap/", "/lanh-dao/"
PASSWORD = "Mat-khau-dung-1"


@pytest.fixture
def leader() -> Account:
    """A provincial leader who signs in with a password."""
    duty = Duty.objects.filter(role=Role.PROVINCE_LEADER, valid_to=None).order_by("id")[0]
    account = Account.objects.get(pk=duty.staff.account_id)
    account.set_password(PASSWORD)
    account.save(update_fields=["password"])
    return account


def sign_in(client: Client, account: Account, password: str = PASSWORD) -> Any:
    return client.post(SIGN_IN, {"username": account.username, "password": password, "next": LEADERS})


def test_guessing_a_password_is_stopped(leader: Account, settings: Any) -> None:
    client = Client()
    codes = [sign_in(client, leader, f"sai-{number}").status_code for number in range(11)]
    assert codes == [422] * 10 + [429]
    refused = sign_in(client, leader)
    assert refused.status_code == 429, "not even the right one lets anybody in now"
    assert "quá nhiều lần" in refused.content.decode()
    assert settings.STAFF_SESSION_COOKIE_NAME not in refused.cookies
    api = client.get("/api/v1/session", headers={"X-Motcua-Audience": "staff"})
    told = client.post(
        "/api/v1/session",
        {"audience": "staff", "username": leader.username, "password": PASSWORD},
        content_type="application/json",
        headers={"X-Motcua-Audience": "staff", "X-CSRFToken": api.json()["csrf_token"]},
    )
    assert told.status_code == 429, "one count for the page and the interface"
    other = Account.objects.get(pk=counter().account_id)
    other.set_password(PASSWORD)
    other.save(update_fields=["password"])
    assert sign_in(client, other).status_code == 302


def test_guessing_names_in_the_demo_is_stopped(settings: Any) -> None:
    settings.DEMO = True
    client = Client()
    codes = [client.post(SIGN_IN, {"username": "khong.co.ai"}).status_code for _ in range(11)]
    assert codes == [404] * 10 + [429]


@pytest.mark.parametrize("address", [LEADERS, "/can-bo/"])
def test_who_has_been_away_is_asked_again(leader: Account, settings: Any, address: str) -> None:
    client = Client()
    assert sign_in(client, leader).status_code == 302
    with clock.at(MONDAY):
        assert client.get(address).status_code == 200
        settings.DESK_IDLE_MINUTES = 0
        away = client.get(address)
        assert away.status_code == 401
        assert "no-store" in away.headers["Cache-Control"]
        wrong = client.post(address, {"_unlock": "1", "_wanted": "1", "password": "sai"})
        assert wrong.status_code == 401
        back = client.post(address, {"_unlock": "1", "_wanted": "1", "password": PASSWORD})
        assert (back.status_code, back.headers["Location"]) == (303, address)
        settings.DESK_IDLE_MINUTES = 15
        assert client.get(address).status_code == 200


def test_the_lock_is_no_place_to_guess(leader: Account, settings: Any) -> None:
    client = Client()
    sign_in(client, leader)
    settings.DESK_IDLE_MINUTES = 0
    body = {"_unlock": "1", "_wanted": "1", "password": "sai"}
    codes = [client.post(LEADERS, body).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]


def test_throwing_the_stamp_away_opens_nothing(leader: Account) -> None:
    client = Client()
    sign_in(client, leader)
    del client.cookies[lock.COOKIE]
    with clock.at(MONDAY):
        assert client.get(LEADERS).status_code == 401


def test_the_event_stream_is_under_the_lock_too(leader: Account, settings: Any) -> None:
    client = Client()
    sign_in(client, leader)
    key = client.cookies[settings.STAFF_SESSION_COOKIE_NAME].value
    seen = client.cookies[lock.COOKIE].value
    with clock.at(MONDAY):
        listener = stream._listener(key, seen)
        assert listener is not None and listener.account_id == leader.pk
        assert stream._listener(key, "") is None
        assert stream._listener(key, seen + "x") is None
        settings.DESK_IDLE_MINUTES = 0
        assert stream._listener(key, seen) is None


def test_a_session_not_begun_at_the_page_is_not_watched(leader: Account) -> None:
    """The interface's clients have no page that could be left open."""
    client = Client()
    client.force_login(leader)
    assert not SessionStore(client.session.session_key).get(lock.MARK)
    with clock.at(MONDAY):
        assert client.get(LEADERS).status_code == 200
