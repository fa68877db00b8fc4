"""The live page in a real browser: figures arrive, a lost connection is told, the keyboard stays where it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from motcua.kernel.actor import DutyScope, Role
from motcua.web.lead.tests import people
from motcua.web.lead.tests.test_stream import served

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("motcua.web.lead.tests.urls"),
    pytest.mark.ignore_template_errors,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


def test_the_live_page(
    tmp_path: Path, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in this thread
    one, other = people.unit("T.1", "Phường Một"), people.unit("T.2", "Phường Hai")
    leader = people.member("leader", one, Role.PROVINCE_LEADER, DutyScope.PROVINCE)
    people.received(1, one)
    people.count_now()
    policy = configured.RESPONSE_HEADERS["Content-Security-Policy"]
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
            for name, value in people.cookie(leader).items():
                context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
            page = context.new_page()
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            lost = page.locator("[data-lost]")
            with served(tmp_path, MOTCUA_BASE_URL=live_server.url) as address:
                stream = address.replace(
                    "127.0.0.1", "localhost"
                )  # one site with the page: its cookie goes along
                allowed = policy.replace(settings.STREAM_URL, stream)
                monkeypatch.setitem(configured.RESPONSE_HEADERS, "Content-Security-Policy", allowed)
                settings.STREAM_URL = stream
                page.goto(f"{live_server.url}/lanh-dao/?xep=name&chieu=tang")
                expect(page.locator("tbody tr")).to_have_count(1)
                link = page.get_by_role("link", name="Phường Một")
                link.focus()
                people.received(2, other)
                people.count_now()
                expect(page.locator("tbody tr")).to_have_count(2, timeout=8000)
                expect(page.locator(".figure").first).to_contain_text("2")
                expect(link).to_be_focused()
                expect(lost).to_be_hidden()
                assert faults == []
            expect(lost).to_be_visible(timeout=8000)
            browser.close()
        finally:
            connections.close_all()  # inside Playwright's loop Django opened one of its own
