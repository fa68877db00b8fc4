"""The desk in a real browser: an intake by keyboard, counted; and the main path with and without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import findings, needs_chromium, signed_in

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]
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
        """Press a key that stays on the page."""
        self.pressed += 1
        self.page.keyboard.press(key)

    def send(self) -> None:
        """Press Enter where it sends the page."""
        self.pressed += 1
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")


def test_a_birth_registration_takes_at_most_25_keys(instance: Instance, browser: Browser) -> None:
    with signed_in(browser, instance.base_url, "tandan.motcua") as page:
        page.goto("/can-bo/tiep-nhan/")
        keyboard = Keyboard(page)
        assert keyboard.at() == "f-tim-nguoi"
        keyboard.type(FATHER)
        keyboard.send()
        assert keyboard.at() == "f-tim-thu-tuc"
        keyboard.type("khai sinh")
        keyboard.send()
        assert keyboard.at() == "thu-tuc-0"
        assert page.locator("#thu-tuc-0 strong").inner_text() == "Đăng ký khai sinh"
        keyboard.send()
        assert not findings(page)
        while (here := keyboard.at()) != "nhan":
            assert keyboard.pressed < MOST_KEYS, here
            if here.startswith("giay-"):
                keyboard.press("Alt+g")
            elif here in TYPED:
                keyboard.type(TYPED[here])
                if "|" in TYPED[here]:
                    keyboard.send()
                else:
                    keyboard.press("Enter")
            else:  # a choice: the first one, then on
                keyboard.press("Space")
                keyboard.press("Enter")
        keyboard.send()
        page.wait_for_url("**/can-bo/tiep-nhan/xong/*/")
        assert keyboard.pressed <= MOST_KEYS, keyboard.pressed
        assert keyboard.at() == "tiep-theo"
        assert page.locator(".receipt__code").inner_text().startswith("000.07.23.H23-")


def answer(name: str) -> str:
    """Return something to type into a field, by its name."""
    for part, text in (
        ("date", "01/10/2023"),
        ("_id", "030170995247"),
        ("phone", "0912345678"),
        ("count", "1"),
    ):
        if part in name:
            return text
    return "Theo giấy tờ xuất trình"


def choose(page: Page, procedure: str) -> None:
    """Say at the counter who files (the father of the data) and for which procedure."""
    page.fill("#f-tim-nguoi", FATHER)
    page.press("#f-tim-nguoi", "Enter")
    page.fill("#f-tim-thu-tuc", procedure)
    page.press("#f-tim-thu-tuc", "Enter")
    if page.locator("#thu-tuc-0").count():
        page.click("#thu-tuc-0")


def take_in(page: Page) -> None:
    """Fill in what is still empty, with every paper there, and take in; what was typed shows further fields."""
    for _ in range(3):
        page.click("button[name=_du]")
        for field in page.locator(".eform [aria-required=true]:visible").all():
            if field.input_value() == "":
                field.fill(answer(field.get_attribute("name") or ""))
        for name in {one.get_attribute("name") for one in page.locator(".eform [type=radio]:visible").all()}:
            if not page.locator(f"input[name='{name}']:checked").count():
                page.locator(f"input[name='{name}']").first.check()
        page.click("#nhan")
        if "/xong/" in page.url:
            return
    raise AssertionError(page.locator(".error-summary").inner_text())


def test_the_main_path_works_without_scripts(instance: Instance, browser: Browser) -> None:
    with signed_in(browser, instance.base_url, "tandan.motcua", scripts=False) as page:
        page.goto("/can-bo/tiep-nhan/")
        choose(page, "xác nhận tình trạng hôn nhân")
        take_in(page)
        page.click("text=Chuyển hồ sơ ngay")
        assert page.locator(".tag", has_text="Đang xử lý").count()


PAGES = (
    "", "viec/?pham-vi=don-vi", "ho-so/", "cho/cho-tra-loi/", "tiep-nhan/", "cuoi-ngay/", "so-theo-doi/", "tin-nhan/",
    "tim/?q=nguyen", "dang-nhap/",
)  # fmt: skip


@pytest.mark.parametrize("narrow", [False, True])
def test_pages_fit_the_screen_and_have_no_serious_finding(
    instance: Instance, browser: Browser, narrow: bool
) -> None:
    found: list[str] = []
    with signed_in(browser, instance.base_url, "tandan.motcua", narrow=narrow) as page:
        for path in PAGES:
            page.goto(f"/can-bo/{path}")
            found += findings(page)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{path}: wider than the screen")
    assert not found, found
