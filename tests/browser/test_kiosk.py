"""A kiosk as people meet it: put up and paired, big on the screen, left alone, and nothing open to the next person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import findings, needs_chromium, sign_in, signed_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]
CITIZEN = "P0001"


@pytest.fixture(scope="module")
def code(instance: Instance, browser: Browser) -> str:
    """The pairing code of a new kiosk, put up by the administrator."""
    with signed_in(browser, instance.base_url, "quantri") as page:
        page.goto("/can-bo/")
        page.get_by_role("link", name="Ki-ốt", exact=True).click()
        page.locator("#f-unit").select_option(index=3)
        page.locator("#f-name").fill("Ki-ốt sảnh")
        page.get_by_role("button", name="Lập và tạo mã ghép").click()
        assert findings(page) == []
        said: str = page.locator(".receipt__code").inner_text()
    assert re.fullmatch(r"[A-Z0-9]{5} [A-Z0-9]{5}", said)
    return said


def test_paired_used_left_and_closed_by_itself(instance: Instance, browser: Browser, code: str) -> None:
    with visit(browser, instance.base_url) as page:
        page.clock.install()
        page.goto("/ki-ot/")
        page.get_by_label("Mã ghép").fill(code)
        page.get_by_role("button", name="Ghép máy").click()
        expect(page.get_by_role("heading", name="Bạn muốn làm gì?")).to_be_visible()
        assert findings(page) == []
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "21px"
        page.clock.fast_forward("10:00")
        expect(page.locator("#con-o-day")).to_be_hidden()  # nobody is there to be asked
        sign_in(page, CITIZEN)
        page.goto("/ki-ot/")
        page.get_by_role("link", name=re.compile("Hồ sơ của tôi")).first.click()
        expect(page.locator(".who__name")).to_be_visible()
        page.clock.fast_forward("02:01")
        asked = page.get_by_role("dialog", name="Bạn còn ở đây không?")
        expect(asked).to_be_visible()
        assert findings(page) == []
        page.get_by_role("button", name="Tôi còn ở đây").click()
        expect(asked).to_be_hidden()
        page.clock.fast_forward("02:01")
        expect(asked).to_be_visible()
        page.clock.fast_forward("00:31")
        page.wait_for_url("**/ki-ot/")
        expect(page.locator(".who__name")).to_have_count(0)
        page.goto("/ho-so-cua-toi/")
        assert "dang-nhap" in page.url, "signed out on the server too"
        assert page.get_by_role("link", name="Dành cho cán bộ").count() == 0
