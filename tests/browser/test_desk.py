"""The desk in a real browser: an intake by keyboard, counted; and the main path with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = pytest.mark.browser
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
FATHER = "030071994853||Nguyễn Quang Điệp|19121971|Nam|Số 197, đường Bạch Đằng, phường Tân Dân|01012021"
MOTHER = "030170995247||Nguyễn Thị Liên|20121970|Nữ|Số 197, đường Bạch Đằng, phường Tân Dân|01012021"
MOST_KEYS = 25

# What a counter officer types or scans into each field of a birth registration, by the field's id.
TYPED = {
    "f-relation_to_child": "Cha đẻ",
    "f-child_name": "Nguyễn Quang Minh",
    "f-child_birth_date": "28092023",
    "f-child_birth_place": "Bệnh viện Đa khoa tỉnh Hải Dương",
    "f-child_origin": "Phường Tân Dân, thị xã Kinh Môn",
    "f-birth_evidence_no": "CS 123/2023",
    "f-mother_name": MOTHER,
    "f-mother_id": MOTHER,
    "f-father_name": FATHER,
    "f-father_id": FATHER,
    "f-mother_address": "Số 197, đường Bạch Đằng, phường Tân Dân",
    "f-father_address": "Số 197, đường Bạch Đằng, phường Tân Dân",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as player:
        chromium = player.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


def signed_in(browser: Browser, base: str, username: str, **settings: Any) -> Page:
    """Return a page of a browser in which an officer has signed in."""
    page = browser.new_context(**settings).new_page()
    page.goto(f"{base}/can-bo/dang-nhap/?q={username.replace('.', ' ')}")
    page.locator(f"form:has(input[value='{username}']) button").first.click()
    page.wait_for_url(f"{base}/can-bo/")
    return page


class Keyboard:
    """A keyboard that counts: text typed or scanned is free, every other key is one."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def at(self) -> str:
        """Return the id of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id"))

    def type(self, text: str) -> None:
        """Type or scan."""
        self.page.keyboard.insert_text(text)

    def press(self, key: str) -> None:
        """Press a key and wait until the page it may have sent is there."""
        self.pressed += 1
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(100)
        self.page.wait_for_load_state("load")


def test_a_birth_registration_takes_at_most_25_keys(instance: Instance, browser: Browser) -> None:
    page = signed_in(browser, instance.base_url, "tandan.motcua")
    page.goto(f"{instance.base_url}/can-bo/tiep-nhan/")
    keyboard = Keyboard(page)
    assert keyboard.at() == "f-tim-nguoi"
    keyboard.type(FATHER)
    keyboard.press("Enter")
    assert keyboard.at() == "f-tim-thu-tuc"
    keyboard.type("khai sinh")
    keyboard.press("Enter")
    assert keyboard.at() == "thu-tuc-0" and "Đăng ký khai sinh" in page.locator("#thu-tuc-0").inner_text()
    keyboard.press("Enter")
    while keyboard.at() != "nhan":
        assert keyboard.pressed < MOST_KEYS, keyboard.at()
        here = keyboard.at()
        if here in TYPED:
            keyboard.type(TYPED[here])
            keyboard.press("Enter")
        elif here.startswith("giay-"):
            keyboard.press("Alt+g")
        else:  # a choice: the first one, then on
            keyboard.press("Space")
            keyboard.press("Enter")
    keyboard.press("Enter")
    page.wait_for_url("**/can-bo/tiep-nhan/xong/*/")
    assert keyboard.pressed <= MOST_KEYS, keyboard.pressed
    assert keyboard.at() == "tiep-theo"
    assert page.locator(".receipt__code").inner_text().startswith("000.07.23.H23-")


def test_the_main_path_works_without_scripts(instance: Instance, browser: Browser) -> None:
    page = signed_in(browser, instance.base_url, "tandan.motcua", java_script_enabled=False)
    page.goto(f"{instance.base_url}/can-bo/tiep-nhan/")
    page.fill("#f-tim-nguoi", FATHER)
    page.press("#f-tim-nguoi", "Enter")
    page.fill("#f-tim-thu-tuc", "xác nhận tình trạng hôn nhân")
    page.press("#f-tim-thu-tuc", "Enter")
    if page.locator("#thu-tuc-0").count():
        page.click("#thu-tuc-0")
    for _ in range(3):
        page.click("button[name=_du]")
        for field in page.locator(".eform [aria-required=true]:visible").all():
            if field.input_value() == "":
                field.fill("01/10/2023" if "date" in (field.get_attribute("name") or "") else "Theo giấy tờ")
        for name in {
            one.get_attribute("name") for one in page.locator(".eform input[type=radio]:visible").all()
        }:
            if not page.locator(f"input[name='{name}']:checked").count():
                page.locator(f"input[name='{name}']").first.check()
        page.click("#nhan")
        if "/xong/" in page.url:
            break
    assert "/can-bo/tiep-nhan/xong/" in page.url, page.locator(".error-summary").inner_text()
    page.click("text=Chuyển hồ sơ ngay")
    assert page.locator("text=Đang xử lý").count()


def test_no_page_is_wider_than_a_phone(instance: Instance, browser: Browser) -> None:
    page = signed_in(browser, instance.base_url, "tandan.motcua", viewport={"width": 390, "height": 844})
    for path in (
        "",
        "viec/",
        "ho-so/",
        "tiep-nhan/",
        "cuoi-ngay/",
        "so-theo-doi/",
        "tin-nhan/",
        "tim/?q=nguyen",
    ):
        page.goto(f"{instance.base_url}/can-bo/{path}")
        wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wider, path
