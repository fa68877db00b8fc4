"""A look-up through dispatcher, worker and source, with the source away and back again, seen on the desk."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from motcua.platform.installation import ROOT
from tests.browser.chromium import findings, needs_chromium, sign_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


def behave(instance: Instance, mode: str) -> None:
    """Let the source of data answer like this."""
    body = json.dumps({"mode": mode}).encode()
    address = f"{instance.environment['MOTCUA_LOOKUP_URL']}/control"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def until(page: Page, words: str) -> None:
    """Wait until the page, asked for again and again, says something."""
    for _ in range(120):
        page.reload()
        if words in page.content():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the page never says “{words}”")


def test_a_look_up_fails_is_listed_tried_again_and_done_once(instance: Instance, browser: Browser) -> None:
    behave(instance, "down")
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.lookup_case"], cwd=ROOT, env=dict(instance.environment),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    case = json.loads(made.stdout)
    with visit(browser, instance.base_url) as page:
        sign_in(page, case["username"])
        page.goto(f"/can-bo/ho-so/{case['code']}/")
        until(page, "lỗi 1 lần")
        assert not findings(page)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto("/can-bo/buoc-tu-dong/")
            expect(page.locator("tbody")).to_contain_text(case["code"])
            assert not findings(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"/can-bo/ho-so/{case['code']}/#tu-dong")
        page.get_by_role("link", name="Làm thay").click()
        assert not findings(page)
        behave(instance, "ok")
        page.goto("/can-bo/buoc-tu-dong/")
        page.get_by_role("button", name=f"Làm lại ngay hồ sơ {case['code']}").click()
        page.goto(f"/can-bo/ho-so/{case['code']}/")
        until(page, "thông tin khớp")
        told = page.locator("#dien-bien li", has_text="Hệ thống tự làm một bước")
        expect(told).to_have_count(1)
