"""Reorganisation day and the calendar in a real browser: drafted by click and key, wide and narrow, nothing cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import findings, needs_chromium, sign_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_decision_is_drafted_and_previewed(instance: Instance, browser: Browser, narrow: bool) -> None:
    with visit(browser, instance.base_url, narrow=narrow) as page:
        sign_in(page, "kstt")
        page.goto("/can-bo/sap-xep/")
        assert not findings(page)
        page.get_by_role("link", name="01/07/2025").first.click()
        expect(page.locator("#f-ngay")).to_have_value("01/07/2025")
        page.locator("#f-so").fill("1669/NQ-UBTVQH15")
        page.locator("#f-ngay-ban-hanh").fill("16/06/2025")
        page.locator("#f-trich-yeu").fill("Sắp xếp các đơn vị hành chính cấp xã")
        page.get_by_role("button", name="Xem trước").click()
        expect(page.get_by_role("heading", name="Từ đâu đến đâu")).to_be_visible()
        assert not findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Bỏ dự thảo").click()
        page.goto("/can-bo/lich-lam-viec/")
        assert not findings(page)
        page.locator("#f-lich").select_option(index=1)
        page.get_by_label("Đóng cửa đột xuất").check()
        page.locator("#f-tu-ngay").fill("04/10/2023")
        page.locator("#f-ten").fill("Nghỉ chống bão")
        page.get_by_role("button", name="Xem trước").click()
        expect(page.locator(".error-summary")).to_be_visible()  # no decision yet
        page.locator("#f-so").fill("2501/QĐ-UBND")
        page.locator("#f-ngay-ban-hanh").fill("02/10/2023")
        page.locator("#f-trich-yeu").fill("Cho cán bộ nghỉ để chống bão số 4")
        page.get_by_role("button", name="Xem trước").click()
        page.get_by_text("Từng hồ sơ (").click()
        expect(page.locator("#ho-so details")).to_have_attribute("open", "")
        assert not findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Bỏ dự thảo").click()
        expect(page.get_by_role("heading", name="Lịch làm việc")).to_be_visible()
