"""Debian's Chromium for tests: pages that fail on script errors, and axe-core's serious findings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).resolve().parents[1] / "vendor" / "axe.min.js").read_text("utf-8")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser for a block. It keeps an event loop in this thread: no database of Django's beside it."""
    with sync_playwright() as playwright:
        browser = started(playwright)
        yield browser
        browser.close()


def started(playwright: Playwright) -> Browser:
    """Return a running browser."""
    assert CHROMIUM is not None
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@contextmanager
def visit(
    browser: Browser, base_url: str, *, scripts: bool = True, narrow: bool = False, touch: bool = False
) -> Iterator[Page]:
    """A visitor of their own; an error in a script or a refused resource fails the test."""
    context = browser.new_context(
        base_url=base_url,
        java_script_enabled=scripts,
        viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
        has_touch=touch,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console",
        lambda said: (
            faults.append(said.text)
            if said.type == "error"
            and "status of 4" not in said.text  # a refused form is an answer, not a fault
            else None
        ),
    )
    yield page
    context.close()
    assert not faults, faults


def sign_in(page: Page, user: str) -> None:
    """Sign a person of the demo in, at the desk or on the portal."""
    desk = "" if user.startswith("P0") else "/can-bo"
    page.goto(f"{desk}/dang-nhap/?q={user.replace('.', ' ')}")
    page.locator(f"form[method=post]:has(input[value='{user}']) button").first.click()
    page.wait_for_url(lambda url: "dang-nhap" not in url)


@contextmanager
def signed_in(
    browser: Browser,
    base_url: str,
    user: str,
    *,
    scripts: bool = True,
    narrow: bool = False,
    touch: bool = False,
) -> Iterator[Page]:
    """A visitor who has signed in."""
    with visit(browser, base_url, scripts=scripts, narrow=narrow, touch=touch) as page:
        sign_in(page, user)
        yield page


def findings(page: Page) -> list[str]:
    """Return axe-core's serious and critical findings on a page, one line each."""
    page.evaluate(AXE + "; undefined")
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa',"
        " 'wcag22aa', 'best-practice']})"
    )
    return [
        f"{page.url}: {one['impact']} {one['id']}: {one['help']}: {one['nodes'][0]['html'][:160]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
