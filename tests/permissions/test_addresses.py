"""Every address of the resolver times every kind of person: what each is answered (R-002, law 7)."""

from __future__ import annotations

import pytest
from django.test import Client

from motcua.dossiers.tests.factories import MONDAY
from motcua.kernel.actor import Actor
from motcua.parties.models import Account
from motcua.platform import clock
from tests.permissions.addresses import Scene, routes
from tests.permissions.expected import EXPECTED, PEOPLE, answers, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]
METHODS = ("GET", "POST")
TELLS = """
These addresses have no entry in tests/permissions/expected.py. Check that each person is answered what they ought to be
(404 hides, 403 refuses what one sees, `in` sends to sign in), change the code where they are not, then add:

"""


def test_every_address_has_an_expectation() -> None:
    gone = sorted(set(EXPECTED) - set(routes()))
    assert gone == [], "strike these entries out of tests/permissions/expected.py: no such address any more"
    fresh = sorted(set(routes()) - set(EXPECTED))
    if fresh:
        with clock.at(MONDAY.replace(hour=10)):
            scene = Scene()
            drafts = [draft(scene, route) for route in fresh]
        pytest.fail(TELLS + "\n".join(drafts), pytrace=False)


def draft(scene: Scene, route: str) -> str:
    """Return an entry that says what the address answers now."""
    try:
        address = scene.address(route)
    except KeyError as missing:
        return (
            f"    # {route}: give `Scene.values` in tests/permissions/addresses.py a real value for {missing}"
        )
    rows = [
        row_of({person: asked(scene, signed_in(scene.people[person]), method, address) for person in PEOPLE})
        for method in METHODS
    ]
    return f'    "{route}": (\n' + "".join(f'        "{row}",\n' for row in rows) + "    ),"


@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_expectations_name_everybody_once(route: str) -> None:
    for row in EXPECTED[route]:
        assert answers(row_of(answers(row))) == answers(row)


def signed_in(actor: Actor) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client(raise_request_exception=False)
    if actor.account_id:
        client.force_login(Account.objects.get(pk=actor.account_id))
    return client


def asked(scene: Scene, signed: Client, method: str, address: str) -> str:
    """Ask; `in` is the way to the sign-in page, `!` an act done by nothing sent."""
    response = scene.undone(
        signed, lambda client: client.get(address) if method == "GET" else client.post(address)
    )
    acted = "!" if response.acted else ""
    if response.status_code == 302 and "dang-nhap" in response.headers["Location"]:
        return "in"
    return f"{response.status_code}{acted}"


@pytest.mark.parametrize("person", PEOPLE)
def test_who_is_answered_what(person: str) -> None:
    wrong = []
    with clock.at(MONDAY.replace(hour=10)):
        scene = Scene()
        client = signed_in(scene.people[person])
        known = set(routes())  # one too many is told by the test above
        for route, rows in EXPECTED.items():
            if route not in known:
                continue
            address = scene.address(route)
            for method, row in zip(METHODS, rows, strict=True):
                found = asked(scene, client, method, address)
                if found != answers(row)[person]:
                    wrong.append(f"{method} {address}: {found}, expected {answers(row)[person]}")
    assert wrong == [], "\n".join(wrong)


def test_an_unknown_address_is_not_found() -> None:
    client = Client()
    for address in ("/khong-co/", "/can-bo/khong-co/", "/api/v1/khong-co", "/ho-so-cua-toi/khong/co/gi/"):
        assert client.get(address).status_code == 404, address
