"""A leader signs a result on a phone: to the service and back; the seal without scripts; the public told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from motcua.platform.installation import ROOT
from tests.browser.chromium import findings, needs_chromium, signed_in, visit

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]
PATIENT = 60_000
"""Milliseconds: the first paper of a fresh process is made, drawn into and checked on a busy machine."""
SIGN, CONFIRM = "Ký bằng dịch vụ ký số từ xa", "Xác nhận ký"


def prepared(instance: Instance, *arguments: str) -> dict[str, str]:
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.signing_case", *arguments], cwd=ROOT,
        env=dict(instance.environment), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    said: dict[str, str] = json.loads(made.stdout)
    return said


def fits(page: Page) -> bool:
    """Tell whether nothing of a page stands out at the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_leader_signs_on_a_phone_and_the_clerk_seals(instance: Instance, browser: Browser) -> None:
    case = prepared(instance)
    with signed_in(browser, instance.base_url, case["head"], narrow=True, touch=True) as page:
        page.set_default_timeout(PATIENT)
        page.goto("/can-bo/cho-ky-so/")
        expect(page.get_by_role("heading", name="Văn bản chờ ký số")).to_be_visible()
        assert fits(page)
        assert not findings(page)
        page.goto(case["page"])
        assert fits(page)
        assert not findings(page)
        page.get_by_role("button", name=SIGN).tap()
        page.get_by_role("button", name="Không ký").tap()
        page.get_by_text("Bạn đã không xác nhận ở dịch vụ ký số").wait_for()
        assert page.url == f"{instance.base_url}{case['page']}"
        page.get_by_role("button", name=SIGN).tap()
        page.get_by_role("button", name=CONFIRM).wait_for()
        assert fits(page)
        page.get_by_role("button", name=CONFIRM).tap()
        page.get_by_text("Đã nhận bản ký số").wait_for()
        assert page.url == f"{instance.base_url}{case['page']}"
        expect(page.get_by_text("chữ ký còn nguyên vẹn")).to_be_visible()
        expect(page.get_by_role("button", name=SIGN)).to_have_count(0)
    with signed_in(browser, instance.base_url, case["seal"], scripts=False) as page:
        page.set_default_timeout(PATIENT)
        page.goto(case["page"])
        page.get_by_role("button", name=SIGN).click()
        page.get_by_role("button", name=CONFIRM).click()
        page.get_by_role("button", name="Hoàn tất ký").click()
        page.get_by_text("Đã nhận bản ký số").wait_for()
        expect(page.get_by_text("Còn ô ký trống")).to_have_count(0)
    check = prepared(instance, case["code"])["check"]
    with visit(browser, instance.base_url, narrow=True) as page:
        page.goto("/tra-cuu/")
        page.locator("[name=code]").fill(case["code"])
        page.locator("[name=check_value]").fill(check)
        page.locator("[name=check_value]").press("Enter")
        expect(page.get_by_text("Chữ ký số trên kết quả")).to_be_visible()
        expect(page.get_by_text("Đã ký số bởi")).to_have_count(2)
