"""Callers of the API in a test: Django's client with CSRF enforced, signed in by account, JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from motcua.dossiers.tests.factories import key
from motcua.kernel.actor import Actor
from motcua.parties.models import Account
from motcua.platform import clock

API = "/api/v1"


class Person:
    """A signed-in caller, or nobody."""

    def __init__(self, actor: Actor | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.audience = {"X-Motcua-Audience": actor.kind.value} if actor is not None else {}
        if actor is not None:
            self.client.force_login(Account.objects.get(pk=actor.account_id))
        self.token: str = self.get("/session")[1]["csrf_token"]

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        """Return status and JSON of a reading."""
        return self._told(self.client.get(API + path, query, headers=self.audience))

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        idempotency: str | None = None,
        csrf: bool = True,
        raw: bytes = b"",
    ) -> tuple[int, Any]:
        """Return status and JSON of a write; `idempotency` empty sends no key."""
        headers = dict(self.audience)
        if csrf:
            headers["X-CSRFToken"] = self.token
        if idempotency != "":
            headers["Idempotency-Key"] = idempotency or key()
        data = raw or json.dumps(body if body is not None else {})
        return self._told(
            self.client.post(API + path, data, content_type="application/json", headers=headers)
        )

    def act(self, code: str, act: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Return status and JSON of an act on a dossier."""
        return self.post(f"/dossiers/{quote(code)}/{act}", body, **more)

    @staticmethod
    def _told(response: Any) -> tuple[int, Any]:
        kind = response.headers.get("Content-Type", "")
        return response.status_code, response.json() if kind.startswith(
            "application/json"
        ) else response.content


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the clock show a moment."""
    with clock.at(moment):
        yield


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that are sent inside, transaction control included."""
    sent: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield sent
    sent.extend(query["sql"] for query in captured)
