"""The page of the stand-ins: its switches do what they say."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from motcua.notifications.standins.mail import MODES
from motcua.notifications.standins.sms import SmsStandIn
from motcua.notifications.tests.test_operations import free_port
from motcua.platform.standins.behaviour import Control, Mode


def press(url: str, of: str, mode: str) -> str:
    """Press a switch and return the page that follows."""
    body = urllib.parse.urlencode({"page": "1", "of": of, "mode": mode}).encode()
    with urllib.request.urlopen(f"{url}/control", body, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def send(url: str) -> int:
    """Hand a message over and return the status of the answer."""
    body = {"to": "0912345678", "from": "MOT CUA", "text": "Ho so da xong", "client_ref": "1"}
    headers = {"Authorization": "Bearer t", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/messages", json.dumps(body).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def test_each_switch_of_the_page_changes_how_the_gateway_answers() -> None:
    mail = Control(MODES)
    with SmsStandIn(free_port(), token="t", mail=mail) as sms:
        assert send(sms.url) == 202
        assert "value=busy aria-pressed=true" in press(sms.url, "sms", "busy")
        assert send(sms.url) == 503
        press(sms.url, "sms", "reject")
        assert send(sms.url) == 422
        press(sms.url, "sms", "down")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError, urllib.error.URLError)):
            send(sms.url)
        press(sms.url, "mail", "lost")
        assert mail.now.mode is Mode.LOST and sms.control.now.mode is Mode.DOWN
        press(sms.url, "sms", "ok")
        assert send(sms.url) == 202


def test_a_way_it_cannot_behave_is_refused_and_changes_nothing() -> None:
    with SmsStandIn(free_port(), token="t") as sms:
        for body in (
            {"mode": "unknown"},
            {"mode": "no such"},
            {"mode": "busy", "times": "many"},
            {"of": "mail"},
        ):
            request = urllib.request.Request(  # noqa: S310
                f"{sms.url}/control", json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            with pytest.raises(urllib.error.HTTPError) as refusal:
                urllib.request.urlopen(request, timeout=10)  # noqa: S310
            with refusal.value:
                assert refusal.value.code == 422
        assert sms.control.now.mode is Mode.OK
        assert send(sms.url) == 202
