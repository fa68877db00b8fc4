"""The procedure-control officer's pages in a real browser: draw, set a property, see the fault, save."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chromium import findings, needs_chromium, sign_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.mark.parametrize("narrow", [False, True])
def test_a_process_is_drawn_checked_and_saved(instance: Instance, browser: Browser, narrow: bool) -> None:
    with visit(browser, instance.base_url, narrow=narrow) as page:
        sign_in(page, "kstt")
        page.goto("/can-bo/quy-trinh/?q=khai+sinh")
        assert not findings(page)
        page.locator("tbody a").first.click()
        expect(page.locator("[data-ready]")).to_be_visible()
        assert not findings(page)
        page.get_by_role("button", name="Soạn bản mới").or_(
            page.get_by_role("link", name="Mở bản đang soạn")
        ).click()
        expect(page.locator("#bien-soan[data-ready]")).to_be_visible()
        expect(page.locator("#loi .finding--ok")).to_be_visible()
        page.locator(".djs-element[data-element-id=s2]").first.click(force=True)
        page.get_by_label("Vai trò").select_option("")
        expect(page.locator("#loi")).to_contain_text("Chưa chọn đơn vị hoặc vai trò")
        expect(page.locator(".djs-element.has-fault[data-element-id=s2]")).to_be_visible()
        page.get_by_label("Vai trò").select_option("can_bo_thu_ly")
        expect(page.locator("#loi .finding--ok")).to_be_visible(timeout=10_000)
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.locator("#tinh-trang")).to_have_text("Đã lưu.")
        assert not findings(page)
        draft = page.url
        for part in ("bang/", "chay-thu/", "duyet/"):
            page.goto(draft + part)
            assert not findings(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_step_is_marked_on_site_and_another_drafts_a_paper(instance: Instance, browser: Browser) -> None:
    with visit(browser, instance.base_url) as page:
        sign_in(page, "kstt")
        page.goto("/can-bo/quy-trinh/?q=1.000656")  # no other test draws this one
        page.locator("tbody a").first.click()
        page.get_by_role("button", name="Soạn bản mới").click()
        expect(page.locator("#bien-soan[data-ready]")).to_be_visible()

        def chosen(step: str) -> None:
            page.locator(f".djs-element[data-element-id={step}]").first.click(force=True)

        chosen("s2")
        page.get_by_label("Là bước xác minh thực địa").check()
        page.get_by_label("Nhận kết quả", exact=True).check()  # a part of this procedure's form
        page.get_by_label("Tờ trình (dự thảo)", exact=True).check()
        page.locator(".djs-context-pad .entry[data-action=replace]").click()
        kinds = page.locator(".djs-popup .entry[data-id^=replace]")
        expect(kinds).to_have_text(
            ["Bước", "Bước tự động", "Bước gửi tin", "Bước nhận tin", "Gọi quy trình khác"]
        )
        page.keyboard.press("Escape")
        chosen("s4")
        page.locator(".djs-context-pad .entry[data-action=replace]").click()
        page.locator(".djs-popup .entry[data-id=replace-with-service-task]").click()
        page.get_by_label("Hệ thống làm gì").select_option(label="Lập văn bản dự thảo")
        page.get_by_label("Mẫu văn bản").select_option(index=1)
        template = page.get_by_label("Mẫu văn bản").input_value()
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.locator("#tinh-trang")).to_have_text("Đã lưu.")
        page.reload()
        expect(page.locator("#bien-soan[data-ready]")).to_be_visible()
        chosen("s2")
        expect(page.get_by_label("Là bước xác minh thực địa")).to_be_checked()
        expect(page.get_by_label("Nhận kết quả", exact=True)).to_be_checked()
        expect(page.get_by_label("Tờ trình (dự thảo)", exact=True)).to_be_checked()
        page.get_by_label("Tờ trình (dự thảo)", exact=True).uncheck()
        page.get_by_role("button", name="Lưu", exact=True).click()
        expect(page.locator("#tinh-trang")).to_have_text("Đã lưu.")
        chosen("s4")
        expect(page.get_by_label("Hệ thống làm gì")).to_have_value("document")
        expect(page.get_by_label("Mẫu văn bản")).to_have_value(template)
        page.goto(page.url + "bang/")
        told = page.locator("summary", has_text="Phần tờ khai, giấy tờ: kiểm tra Nhận kết quả")
        expect(told).to_have_count(1)
        told.click()
        assert not findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
