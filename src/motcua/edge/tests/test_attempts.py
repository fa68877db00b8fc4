"""Guessing stops: per code whoever asks, per client whatever is asked, and only failures count."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import RequestFactory, override_settings

from motcua.edge.attempts import Guard, TooMany, client, guarded
from motcua.kernel.errors import NotFound
from motcua.platform import attempts, clock
from motcua.platform.models import Attempt

GUARD = Guard("test", per_client=5, per_target=3, window=timedelta(minutes=10))


def asked(address: str = "192.0.2.1", **headers: str) -> HttpRequest:
    request: HttpRequest = RequestFactory().get("/", headers=headers, REMOTE_ADDR=address)
    return request


def fail(request: HttpRequest, target: str) -> None:
    with pytest.raises(NotFound), guarded(request, GUARD, target, (NotFound,)):
        raise NotFound


@pytest.mark.django_db
def test_a_code_is_closed_for_everybody_after_its_failures() -> None:
    for number in range(3):
        fail(asked(f"192.0.2.{number}"), "H1")
    with pytest.raises(TooMany), guarded(asked("198.51.100.9"), GUARD, " h1 ", (NotFound,)):
        raise AssertionError("the attempt is not made")
    fail(asked("198.51.100.9"), "H2")


@pytest.mark.django_db
def test_a_client_is_stopped_whatever_it_asks_for() -> None:
    for number in range(5):
        fail(asked(), f"H{number}")
    with pytest.raises(TooMany), guarded(asked(), GUARD, "H99", (NotFound,)):
        pass
    with guarded(asked("192.0.2.2"), GUARD, "H99", (NotFound,)):
        pass


@pytest.mark.django_db
def test_what_succeeds_counts_nothing_and_the_window_ends() -> None:
    for _ in range(20):
        with guarded(asked(), GUARD, "H1", (NotFound,)):
            pass
    assert not Attempt.objects.exists()
    for _ in range(3):
        fail(asked(), "H1")
    later = clock.real_now() + timedelta(minutes=11)
    counted = GUARD.counted(asked(), "H1")
    assert attempts.exhausted(counted, clock.real_now())
    assert not attempts.exhausted(counted, later)
    attempts.failed(counted, later)
    assert set(Attempt.objects.values_list("failures", flat=True)) == {1}
    assert attempts.forget_old(later + timedelta(hours=1)) == 2


def test_only_our_own_proxies_vouch_for_an_address() -> None:
    claimed = {"X-Forwarded-For": "203.0.113.7, 198.51.100.1"}
    assert client(asked("192.0.2.1", **claimed)) == "192.0.2.1"
    with override_settings(PROXIES=1):
        assert client(asked("192.0.2.1", **claimed)) == "198.51.100.1"
    with override_settings(PROXIES=2):
        assert client(asked("192.0.2.1", **claimed)) == "203.0.113.7"
        assert client(asked("192.0.2.1")) == "192.0.2.1"
    assert client(asked("2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"
