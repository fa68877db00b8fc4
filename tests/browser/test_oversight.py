"""Signs of handling on paper and fault reports in a real browser: by click, wide and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import findings, needs_chromium, sign_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


def well(page: Page) -> None:
    """Nothing serious for axe-core, nothing cut off."""
    assert not findings(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("narrow", [False, True])
def test_a_book_is_compared_and_the_unit_is_asked(instance: Instance, browser: Browser, narrow: bool) -> None:
    with visit(browser, instance.base_url, narrow=narrow) as page:
        sign_in(page, "kstt")
        page.goto("/can-bo/ngoai-phan-mem/")
        well(page)
        page.get_by_role("link", name="Đối chiếu sổ văn thư").first.click()
        page.locator("#f-don-vi").select_option(index=2 if narrow else 1)  # a unit is asked once
        page.locator("#f-so").fill("998/GXN; Xác nhận tình trạng hôn nhân\n999/GXN; Xác nhận nơi cư trú")
        well(page)
        page.get_by_role("button", name="Đối chiếu").click()
        expect(page.get_by_role("heading", name="Văn bản không có hồ sơ")).to_be_visible()
        form = page.locator("form[action$='/hoi/']")
        form.locator("textarea").fill("Hồ sơ của hai văn bản này ở đâu?")
        form.locator("input[name=han]").fill("31/12/2030")
        well(page)
        form.get_by_role("button", name="Gửi yêu cầu").click()
        expect(page.get_by_text("Chờ đơn vị giải trình").first).to_be_visible()
        page.goto("/can-bo/ngoai-phan-mem/")
        well(page)


@pytest.mark.parametrize("narrow", [False, True])
def test_a_fault_is_reported_from_a_page_and_answered(
    instance: Instance, browser: Browser, narrow: bool
) -> None:
    with visit(browser, instance.base_url, narrow=narrow) as page:
        sign_in(page, "tandan.motcua")
        page.get_by_role("link", name="Báo lỗi, góp ý về trang này").click()
        expect(page.locator("#f-where")).to_have_value("/can-bo/")
        page.locator("#f-what").fill("Bấm in giấy hẹn thì máy in không nhận lệnh.")
        well(page)
        page.get_by_role("button", name="Gửi", exact=True).click()
        expect(page.get_by_text("Đang xử lý").first).to_be_visible()
        well(page)
        address = page.url
    with visit(browser, instance.base_url, narrow=narrow) as page:
        sign_in(page, "quantri")
        page.goto("/can-bo/bao-loi/")
        well(page)
        page.goto(address)
        page.locator("form[action$='/tra-loi/'] textarea").fill("Đã cài lại trình điều khiển máy in.")
        page.get_by_role("button", name="Gửi trả lời").click()
        expect(page.get_by_text("Đã trả lời").first).to_be_visible()
        page.goto("/can-bo/bao-loi/thong-ke/")
        well(page)
