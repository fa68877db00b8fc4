"""Slips scanned one after the other with a keyboard wedge, handed over at once; results waiting and corrected, seen."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from motcua.platform.installation import ROOT
from tests.browser.chromium import findings, needs_chromium, sign_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


def looked_at(page: Page, path: str) -> None:
    """Open a page wide and narrow: nothing serious for axe, nothing to scroll sideways."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        assert not findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.set_viewport_size({"width": 1440, "height": 900})


def test_slips_are_scanned_and_results_handed_over(instance: Instance, browser: Browser) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.waiting_case"], cwd=ROOT, env=dict(instance.environment),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    case = json.loads(made.stdout)
    with visit(browser, instance.base_url) as page:
        sign_in(page, case["head"])
        looked_at(page, "/can-bo/dinh-chinh-ket-qua/?xem=tat-ca")
        looked_at(page, f"/can-bo/ho-so/{case['wrong']}/dinh-chinh-ket-qua/")
    with visit(browser, instance.base_url) as page:
        sign_in(page, case["counter"])
        looked_at(page, "/can-bo/ket-qua-chua-nhan/?qua=7")
        expect(page.locator("tbody")).to_contain_text(case["codes"][0])
        page.get_by_label(f"Chọn {case['codes'][1]}").check()
        page.get_by_role("button", name="Nhắc các hồ sơ đã chọn").click()
        expect(page.locator("main")).to_contain_text("Đã nhắc 1 hồ sơ.")
        page.goto("/can-bo/tra-ket-qua/")
        assert page.evaluate("document.activeElement.id") == "ma"
        for code in (case["codes"][0], case["codes"][1], case["codes"][0], "KHONG-CO-1"):
            page.keyboard.type(f"http://mot-cua.example/tra-cuu/{code}", delay=1)  # as a wedge does
            page.keyboard.press("Enter")
        assert page.url.endswith("/can-bo/tra-ket-qua/")  # Enter of the wedge sends nothing
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Trả 2 kết quả")).to_be_visible()
        expect(page.locator("main")).to_contain_text("KHONG-CO-1")
        assert not findings(page)
        assert page.evaluate("document.activeElement.id") == "ma"  # one more slip can be scanned at once
        with page.expect_navigation():
            page.get_by_role("button", name="Trả 2 kết quả").click()
        for _ in range(120):
            page.reload()
            if page.locator("main").inner_text().count("Đã trả kết quả") >= 2:
                break
            page.wait_for_timeout(500)
        for code in case["codes"]:
            page.goto(f"/can-bo/ho-so/{code}/")
            expect(page.locator("h1 + p")).to_contain_text("Đã trả kết quả")
        page.goto(f"/can-bo/ket-qua-chua-nhan/?tim={case['codes'][0]}")
        expect(page.locator("main")).to_contain_text("Không có kết quả nào khớp")
