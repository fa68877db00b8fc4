"""Delivery reports: signed, bounded, taken once."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import RequestFactory

from motcua.notifications.gateways import signature
from motcua.notifications.models import Message
from motcua.platform import clock
from motcua.web import receipts


def report(body: bytes, signed_with: str | None = None) -> tuple[int, dict[str, Any]]:
    mark = signature(settings.SMS_TOKEN if signed_with is None else signed_with, body)
    request = RequestFactory().post("/", body, content_type="application/json", headers={"X-Signature": mark})
    response = receipts.sms(request)
    return response.status_code, json.loads(response.content)


@pytest.mark.django_db
def test_a_report_is_taken_once() -> None:
    now = clock.real_now()
    row = Message.objects.create(
        event_id=uuid.uuid4(), subject=1, dossier_code="X", party_id=1, channel="sms", topic="t", text="t",
        address="0912345678", state="sent", at=now, queued_at=now, provider_id="m1",
    )  # fmt: skip
    body = b'{"message_id": "m1", "status": "failed", "error": "m\\u00e1y t\\u1eaft"}'
    assert report(body) == (200, {"known": True})
    assert report(body) == (200, {"known": False})
    row.refresh_from_db()
    assert (row.state, row.error) == ("failed", "máy tắt")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b'{"message_id": "x"}', 422),
        (b'{"message_id": 7, "status": "delivered"}', 422),
        (b'{"message_id": "a\\u0000", "status": "delivered"}', 422),
        (b'{"message_id": "x", "status": "read"}', 422),
        (b'{"message_id": "x", "status": "delivered"}' + b" " * 10_000, 413),
    ],
)
def test_bad_reports_are_refused(body: bytes, status: int) -> None:
    assert report(body)[0] == status


@pytest.mark.django_db
def test_an_unsigned_report_is_refused() -> None:
    assert report(b'{"message_id": "x", "status": "delivered"}', "wrong")[0] == 403
