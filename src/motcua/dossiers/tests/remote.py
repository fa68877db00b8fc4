"""A remote signing service for tests: the stand-in over HTTP, with the keys of a case's people in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
from django.conf import settings
from django.test import Client as Browser

from motcua.documents import csc
from motcua.documents import operations as documents
from motcua.documents.csc import Bearer
from motcua.documents.fiction import Identity
from motcua.documents.models import RemoteSession, SigningCertificate
from motcua.documents.operations.services import Terms
from motcua.documents.rules import SignatureField
from motcua.documents.signing import certificate
from motcua.documents.standins.signing import Client, SigningStandIn
from motcua.dossiers.tests.signers import Signers
from motcua.platform import clock
from motcua.platform.installation import free_ports

CODE = "ky_thu"
BACK = f"{settings.BASE_URL}{csc.BACK}"


@dataclass
class Service:
    """The stand-in, and whose keys lie with it."""

    standin: SigningStandIn
    keys: dict[str, Identity]

    def keep(self, who: Identity) -> int:
        """Put the key of a registered certificate there; return the number of the certificate."""
        row = SigningCertificate.objects.get(sha256=certificate(who.der).sha256)
        credential = f"khoa-{row.pk}"
        self.keys[credential] = who
        documents.enter_place(certificate_id=row.pk, code=CODE, credential=credential)
        return row.pk

    def answer(self, url: str, *, yes: bool = True) -> str:
        """Open the service's page and answer; return where the person is sent back to, without the host."""
        asked = httpx.get(url, trust_env=False)
        assert asked.status_code == 200, asked.text
        form = dict(re.findall(r"name=(\w+) value='([^']*)'", asked.text))
        sent = {name: html.unescape(value) for name, value in form.items()}
        answer = httpx.post(
            f"{self.standin.url}/oauth2/authorize",
            data={**sent, "decision": "yes" if yes else "no"},
            trust_env=False,
        )
        assert answer.status_code == 303
        location = answer.headers["Location"]
        assert location.startswith(f"{BACK}?")
        return str(location.removeprefix(settings.BASE_URL))


@contextmanager
def service(signers: Signers, bearer: Bearer = Bearer.CLIENT) -> Iterator[Service]:
    """Run a service that is entered as data and used since 2020."""
    keys: dict[str, Identity] = {}
    client = Client("motcua", settings.SIGNING_SECRETS["*"], BACK)
    with SigningStandIn(free_ports(1), client=client, keys=keys.get, chain=signers.authority) as standin:
        enter(standin, bearer)
        yield Service(standin, keys)


def enter(standin: SigningStandIn, bearer: Bearer = Bearer.CLIENT) -> None:
    """Enter the stand-in as data."""
    terms = Terms(
        name="Dịch vụ ký số thử", address=f"{standin.url}/csc/v1", sign_in=standin.url, client_id="motcua",
        bearer=bearer, valid_from=date(2020, 1, 1),
    )  # fmt: skip
    documents.enter_service(code=CODE, terms=terms, at=clock.real_now())


def begin(
    browser: Browser, page: str, certificate_id: int, field: SignatureField = SignatureField.SIGNATORY
) -> str:
    """Press «Ký bằng dịch vụ ký số từ xa»; return the address of the service the person is sent to."""
    answer = browser.post(page, {"viec": "dich-vu", "chung-thu": certificate_id, "o": str(field)})
    assert answer.status_code == 302, answer.content.decode()
    going = browser.get(answer["Location"]).content.decode()
    (url,) = re.findall(r'http-equiv="refresh" content="0;url=([^"]+)"', going)
    return html.unescape(url)


def hand_in(browser: Browser, back: str) -> Any:
    """Come back from the service and let the page send what came along; return its answer."""
    page = browser.get(back).content.decode()
    (action,) = re.findall(r'<form method="post" action="([^"]+)" data-once data-go>', page)
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.split("data-go>")[1]))
    return browser.post(action, {name: html.unescape(value) for name, value in sent.items()})


def newest() -> RemoteSession:
    """Return the signature that was begun last."""
    return RemoteSession.objects.order_by("-pk")[0]
