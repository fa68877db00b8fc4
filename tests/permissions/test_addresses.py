"""Every address of the resolver times every kind of person: what each is answered (R-002, law 7)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY
from motcua.parties.models import Account
from motcua.platform import clock
from tests.permissions.addresses import Scene, routes
from tests.permissions.expected import EXPECTED, PEOPLE, answers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]


def test_every_address_has_an_expectation() -> None:
    assert set(routes()) == set(EXPECTED), "new addresses say who may ask them; gone ones are struck out"


@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_expectations_name_everybody_once(route: str) -> None:
    for row in EXPECTED[route]:
        answers(row)


def told(response: Any) -> str:
    """Return the status, with the way to the sign-in page told apart from other redirects."""
    if response.status_code == 302 and "dang-nhap" in response.headers["Location"]:
        return "in"
    return str(response.status_code)


@pytest.mark.parametrize("person", PEOPLE)
def test_who_is_answered_what(person: str) -> None:
    wrong = []
    with clock.at(MONDAY.replace(hour=10)):
        scene = Scene()
        actor = scene.people[person]
        signed_in = Client()
        if actor.account_id:
            signed_in.force_login(Account.objects.get(pk=actor.account_id))
        acts = (len(traces.entries(scene.case.subject)), scene.case.dossier.seq)
        for route, rows in EXPECTED.items():
            address = scene.address(route)
            for method, row in zip(("GET", "POST"), rows, strict=True):
                client = Client(raise_request_exception=False)
                client.cookies.update(signed_in.cookies)
                kept = transaction.savepoint()
                response = client.get(address) if method == "GET" else client.post(address)
                found = told(response)
                unchanged = (len(traces.entries(scene.case.subject)), scene.case.dossier.seq) == acts
                transaction.savepoint_rollback(kept)
                if found != answers(row)[person]:
                    wrong.append(f"{method} {address}: {found}, expected {answers(row)[person]}")
                if not unchanged:
                    wrong.append(f"{method} {address}: an empty body did an act")
    assert wrong == []


def test_an_unknown_address_is_not_found() -> None:
    client = Client()
    for address in ("/khong-co/", "/can-bo/khong-co/", "/api/v1/khong-co", "/ho-so-cua-toi/khong/co/gi/"):
        assert client.get(address).status_code == 404, address
