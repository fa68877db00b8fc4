"""
Whatever is sent to whatever address: a clear refusal, no breakdown, no ledger entry, no event.

The addresses come from the resolver, so a new one is tried without a line being added here. Who asks is somebody
who may use the address: the counter's officer and the dossier's owner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from motcua.dossiers.tests.factories import MONDAY
from motcua.platform import clock
from tests.permissions.addresses import Scene, routes
from tests.permissions.test_addresses import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province")]

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NAMES = [
    "_key",
    "_seen",
    "seen",
    "reason",
    "code",
    "check_value",
    "username",
    "password",
    "next",
    "q",
    "owner",
    "task",
    "task_id",
    "node",
    "outcome",
    "chon",
    "paper",
    "papers",
    "staff",
    "staff_id",
    "unit",
    "unit_id",
    "place",
    "title",
    "name",
    "sets",
    "file",
    "answers",
    "key",
    "filter",
    "trang-thai",
    "xep",
    "after",
    "sau",
    "size",
    "year",
    "ngay",
    "tu",
    "den",
    "_reload",
    "viec",
    "to",
    "kind",
    "tra-loi",
    "duty",
    "valid_from",
    "valid_to",
    "ma",
    "ai",
    "how",
    "collector",
    "don-vi",
    "nguoi",
    "thu",
    "thu-tuc",
    "han",
    "don-vi-tinh",
    "nghi",
    "buoc",
    "linh-vuc",
    "tinh-trang",
    "loai",
    "co-quan",
    "cause",
    "remedy",
]


def urlencoded(values: list[tuple[str, str]]) -> bytes:
    query = QueryDict(mutable=True)
    for name, value in values:
        query.appendlist(name, value)
    return query.urlencode().encode()


FORMS: dict[str, bytes] = {
    "wrong values": urlencoded([(name, "-1; DROP TABLE x; --") for name in NAMES]),
    "repeated fields": urlencoded([(name, value) for name in NAMES for value in ("1", "2", "x")]),
    "numbers that no column holds": urlencoded([(name, str(2**70)) for name in NAMES]),
    "numbers that are none": urlencoded([(name, "NaN") for name in NAMES]),
    "numbers without end": urlencoded([(name, "1e999999") for name in NAMES]),
    "long values": urlencoded([(name, "ư" * 1_000) for name in NAMES]),
    # no text: read as a row of replacement characters
    "a lone surrogate": b"&".join(f"{name}=%ED%A0%80".encode() for name in NAMES),
    "broken UTF-8": b"&".join(f"{name}=%FF%FE".encode() for name in NAMES),
    "unknown fields": urlencoded([(f"khong-co-{number}", "x") for number in range(300)]),
}
UNREADABLE_FORMS: dict[str, bytes] = {
    "NUL": b"reason=" + b"x%00" * 20,
    "too many fields": b"&".join(b"a%d=1" % number for number in range(20_000)),
}
BODIES: dict[str, bytes] = {
    "wrong values": json.dumps({name: {"x": [None, 1.5]} for name in NAMES}).encode(),
    "numbers that no column holds": json.dumps(dict.fromkeys(NAMES, 2**70)).encode(),
    "a list": b"[1, 2]",
    "no JSON": b"{",
    "nothing": b"",
    "NUL": b'{"reason": "\\u0000 mot hai ba bon nam sau"}',
    "a lone surrogate": b'{"reason": "\\ud800 mot hai ba bon nam sau"}',
}


# acts that need nothing but a key, which may be any text
BY_KEY_ALONE = {
    "can-bo/hang-loat/<int:number>/dung/",
    "can-bo/hang-loat/<int:number>/lam-lai/",
    "can-bo/thu-truoc/lan/<int:number>/dung/",
    "can-bo/ky-cuong/nhac-nho/<int:number>/da-xem/",
    # their one field is a reason or an answer in free words
    "can-bo/ky-cuong/nhac-nho/<int:number>/tra-loi/",
    "can-bo/phieu-ban-giao/<int:number>/huy/",
    "can-bo/bao-loi/<int:number>/tra-loi/",
    "can-bo/ngoai-phan-mem/<int:number>/tra-loi/",
    "can-bo/ket-noi/<int:number>/khoa/",
    "can-bo/ki-ot/<int:number>/ma/",
    "can-bo/ki-ot/<int:number>/ngung/",
    "can-bo/ket-noi/<int:number>/ngung/",
    "can-bo/ket-noi/tin/<int:number>/gui-lai/",
}

# pages that the counter's officer is not shown, or where another has more to say
ALSO = {
    "can-bo/ban-giao/": "processing",
    "can-bo/bao-loi/": "admin",
    "can-bo/chung-thu-so/": "admin",
    "can-bo/don-vi/": "head",
    "can-bo/ket-noi/": "admin",
    "can-bo/ki-ot/": "admin",
    "can-bo/ngoai-danh-muc/": "kstt",
    "can-bo/ngoai-phan-mem/": "head",
    "can-bo/tam-dung/": "kstt",
    "can-bo/ky-cuong/": "head",
    "can-bo/lich-lam-viec/": "kstt",
    "can-bo/sap-xep/": "kstt",
    "can-bo/thu-truoc/": "kstt",
    "can-bo/thu-truoc/lan/": "kstt",
    "can-bo/uy-quyen/": "processing",
}


@pytest.fixture
def scene(province: None) -> Iterator[Scene]:
    with clock.at(MONDAY.replace(hour=10)):
        yield Scene()


def askers(scene: Scene, route: str) -> list[tuple[str, Client]]:
    """Return who may use the address, each in their browser."""
    names = ["owner", "counter"]
    if not route.startswith("api/"):
        names = ["counter"] if route.startswith(("can-bo/", "lanh-dao/", "quan-tri/")) else ["owner"]
    names += [who for place, who in ALSO.items() if route.startswith(place)]
    return [(name, signed_in(scene.people[name])) for name in names]


def tried(
    scene: Scene, client: Client, method: str, address: str, body: bytes = b"", kind: str = FORM
) -> Any:
    """Send it and return the answer."""
    return scene.undone(client, lambda browser: browser.generic(method, address, body, content_type=kind))


def faults(scene: Scene, method: str, bodies: dict[str, bytes], kind: str, *, api: bool) -> str:
    """Send every body to every address; return what was not refused as it ought to be."""
    wrong = []
    for route in routes():
        if route.startswith("api/") is not api:
            continue
        address = scene.address(route)
        for who, client in askers(scene, route):
            for name, body in bodies.items():
                told = tried(scene, client, method, address, body, kind)
                what = f"{method} {address} by {who}, {name}: {told.status_code}"
                if told.status_code >= 500:
                    wrong.append(what)
                if told.acted and route not in BY_KEY_ALONE:
                    wrong.append(f"{what}: an act was done")
                if told.status_code >= 400 and not told.content.strip() and told.status_code != 405:
                    wrong.append(f"{what}: without a word")
                if api and 400 <= told.status_code < 500 and told.status_code != 405:
                    if not told.headers["Content-Type"].startswith(JSON):
                        wrong.append(f"{what}: {told.content[:80]!r}")
                        continue
                    said = told.json()
                    if not (said.get("code") and said.get("message")):
                        wrong.append(f"{what}: {said}")
    return "\n".join(wrong)


def test_forms_with_wrong_fields(scene: Scene) -> None:
    assert faults(scene, "POST", FORMS, FORM, api=False) == ""


def test_forms_that_cannot_be_read(scene: Scene) -> None:
    assert faults(scene, "POST", UNREADABLE_FORMS, FORM, api=False) == ""
    for route in routes():
        if route.startswith("api/") or route in ("healthz", "bao-nhan/sms"):
            continue
        for who, client in askers(scene, route):
            for name, body in UNREADABLE_FORMS.items():
                told = tried(scene, client, "POST", scene.address(route), body)
                assert 400 <= told.status_code < 500, f"{route} by {who}, {name}: {told.status_code}"


def test_bodies_that_are_none(scene: Scene) -> None:
    assert faults(scene, "POST", BODIES, JSON, api=True) == ""
    assert faults(scene, "POST", {"a form": FORMS["wrong values"]}, FORM, api=True) == ""


def test_questions_with_wrong_values(scene: Scene) -> None:
    wrong = []
    for route in routes():
        for who, client in askers(scene, route):
            for name, query in {**FORMS, **UNREADABLE_FORMS}.items():
                if len(query) > 20_000:  # longer than the server lets an address be
                    continue
                told = tried(scene, client, "GET", f"{scene.address(route)}?{query.decode()}")
                if told.status_code >= 500 or told.acted:
                    wrong.append(f"GET {route} by {who}, {name}: {told.status_code}")
    assert "\n".join(wrong) == ""


WRONG_PATHS = {
    "code": ("000.00.00.H23-231002-9999", "x" * 250, "..%2F..", "%00", "đơn"),
    "slug": ("khong-co",),
}
ANY_NAME = {
    "tra-cuu/<str:code>": "the name is what stands in the form to be sent; it is looked up only with its check value"
}
WRONG_NUMBERS = ("0", "999999999", str(2**63), str(2**70))


def test_addresses_with_wrong_names_in_them(scene: Scene) -> None:
    wrong = []
    for route in sorted(set(routes()) - set(ANY_NAME)):
        for found in re.finditer(r"<(?:(\w+):)?(\w+)>", route):
            kind, name = found[1], found[2]
            number = kind == "int" or name.endswith("_id")
            for value in WRONG_NUMBERS if number else WRONG_PATHS.get(name, WRONG_PATHS["code"]):
                bad = route.replace(found[0], "\x07", 1)
                address = scene.address(bad).replace("\x07", value)
                for who, client in askers(scene, route):
                    for method in ("GET", "POST"):
                        told = tried(scene, client, method, address)
                        if not 400 <= told.status_code < 500 or told.acted:
                            wrong.append(f"{method} {address} by {who}: {told.status_code}")
    assert "\n".join(wrong) == ""
