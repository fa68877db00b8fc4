"""
Take the pictures of the documents again, from a running system.

    ./run demo                                             in one window, then in another
    .venv/bin/python docs/pictures/take.py [--base URL] [NAME …]

It files, takes in and signs a few dossiers on the way, as the guides tell, so the demo is not quite the same
afterwards. Needs what `./run test` installs (Chromium, pdftoppm). Pictures are quantised to stay small.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --lang=vi"
)
WIDE, PHONE = (1440, 900), (390, 844)
BIRTH, COPY = "1.001193", "2.000635"
CITIZEN, CITIZEN_NUMBER = "P0318", "030087999407"
MOST_BYTES = 140_000


class Taker:
    """One round: who is signed in, what was made on the way, which pictures are wanted."""

    def __init__(self, browser: Browser, base: str, wanted: set[str]) -> None:
        self.browser, self.base, self.wanted = browser, base.rstrip("/"), wanted

    @contextmanager
    def page(self, user: str = "", size: tuple[int, int] = WIDE) -> Iterator[Page]:
        """Open a browser of a person; staff have a dot in their names or are listed at the desk."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh"
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        if user:
            staff = not user.startswith("P0")
            page.goto(f"{self.base}{'/can-bo' if staff else ''}/dang-nhap/?q={self.asked(user)}")
            page.locator(f'form[method=post]:has(input[value="{user}"]) button').first.click()
            page.wait_for_load_state()
        yield page
        context.close()

    @staticmethod
    def asked(user: str) -> str:
        """Return what finds an account on the sign-in page."""
        return user.replace(".", " ")

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """Take one picture."""
        if self.wanted and name not in self.wanted:
            return
        page.wait_for_timeout(300)
        save(Image.open(io.BytesIO(page.screenshot(full_page=whole))), name)

    def go(self, page: Page, path: str) -> None:
        """Open a page."""
        answer = page.goto(self.base + path)
        if answer is None or not answer.ok:
            raise RuntimeError(f"{path}: {answer and answer.status}")


def save(image: Image.Image, name: str) -> None:
    """Write a picture with as many colours as stay below the limit."""
    for colours in (256, 128, 64, 32):
        body = io.BytesIO()
        image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(body, "PNG", optimize=True)
        if body.tell() <= MOST_BYTES:
            break
    (HERE / f"{name}.png").write_bytes(body.getvalue())
    print(f"{name}.png: {body.tell() // 1000} kB, {colours} colours")  # noqa: T201  (what the script says)


def portal(taker: Taker) -> str:
    """Search, read, file a birth registration; return the code of the dossier."""
    with taker.page() as page:
        taker.go(page, "/")
        taker.take(page, "trang-chu")
    with taker.page(size=PHONE) as page:
        taker.go(page, f"/thu-tuc/{BIRTH}/")
        taker.take(page, "thu-tuc-dien-thoai")
    with taker.page(CITIZEN) as page:
        taker.go(page, f"/nop-ho-so/{BIRTH}/")
        page.get_by_role("button", name="Bắt đầu khai").click()
        onwards(page)
        page.fill("[name=tim]", "tan dan")
        page.press("[name=tim]", "Enter")
        page.get_by_label("thị xã Kinh Môn").first.check()
        onwards(page)
        birth_form(page)
        page.evaluate("window.scrollTo(0, 0)")
        taker.take(page, "to-khai")
        onwards(page)
        onwards(page)
        page.locator("form input[type=checkbox]").first.check()
        page.click("button[name=_submit]")
        taker.take(page, "da-nop")
        return page.url.split("/ho-so-cua-toi/")[1].split("/")[0]


def onwards(page: Page) -> None:
    """Go to the next step of a filing."""
    page.click("button.btn[name=_next]")
    page.wait_for_load_state()


def birth_form(page: Page) -> None:
    """Fill in what a birth registration asks; the parents stand in the database."""
    for name, value in (("submit_as", "self"), ("child_gender", "nam"), ("child_nationality", "VN")):
        page.check(f"[name={name}][value={value}]")
        page.wait_for_timeout(600)
    page.select_option("[name=child_case]", "thong_thuong")
    page.wait_for_timeout(800)
    page.check("[name=birth_evidence][value=giay_chung_sinh]")
    page.wait_for_timeout(800)
    page.check("[name=receive_method][value=electronic]")
    page.wait_for_timeout(800)
    typed = {
        "relation_to_child": "Cha",
        "child_name": "Nguyễn Minh Khôi",
        "child_birth_date": "25/09/2023",
        "child_birth_place": "Trung tâm Y tế thị xã Kinh Môn",
        "child_origin": "Phường Tân Dân, thị xã Kinh Môn, tỉnh Hải Dương",
        "birth_evidence_no": "GCS 0123/2023",
        "mother_address": "Số 173, đường Bạch Đằng, phường Tân Dân",
        "father_address": "Số 173, đường Bạch Đằng, phường Tân Dân",
    }
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)
    page.wait_for_timeout(1500)


def counter(taker: Taker, online: str) -> None:
    """Work through a morning: answer what came online, take one in at the counter."""
    with taker.page("tandan.motcua") as page:
        taker.go(page, "/can-bo/")
        taker.take(page, "viec-hom-nay")
        taker.go(page, f"/can-bo/ho-so/{online}/tiep-nhan/")
        page.check("[name=checked]")
        page.click("form.form--act button[type=submit]")
        taker.take(page, "da-tiep-nhan")
        link = page.locator('a:has-text("In giấy tiếp nhận")').first.get_attribute("href")
        if not taker.wanted or "giay-hen" in taker.wanted:
            save_slip(page.request.get(f"{taker.base}{link}").body(), "giay-hen")
        page.get_by_role("button", name="Chuyển hồ sơ ngay").click()
        taker.go(page, "/can-bo/tiep-nhan/")
        search(page, "tim-nguoi", CITIZEN_NUMBER)
        search(page, "tim-thu-tuc", "trich luc")
        if page.locator(".pick").count():
            page.locator(f".pick[value='{COPY}']").click()
            page.wait_for_load_state()
        page.evaluate("window.scrollTo(0, 0)")
        taker.take(page, "tiep-nhan")
        complete(page)


def search(page: Page, name: str, text: str) -> None:
    """Type into one of the two search boxes of the intake and press Enter."""
    page.fill(f"[name={name}]", text)
    page.press(f"[name={name}]", "Enter")
    page.wait_for_load_state()


def complete(page: Page) -> None:
    """Fill what is still missing with plain values, tick the papers, take it in."""
    for field in page.locator("form.intake [aria-required=true]:visible").all():
        if field.input_value() == "":
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(index=1)
            else:
                field.fill(
                    "1"
                    if field.get_attribute("inputmode") in ("numeric", "decimal")
                    else "UBND phường Tân Dân"
                )
    for group in page.locator("form.intake fieldset.field:visible").all():
        if group.locator(":checked").count() == 0 and group.locator("input[type=radio]").count():
            group.locator("input[type=radio]").first.check()
            page.wait_for_timeout(600)
    page.locator("[data-tick-needed]").click()
    page.click("#nhan")
    page.wait_for_url("**/tiep-nhan/xong/**")
    page.get_by_role("button", name="Chuyển hồ sơ ngay").click()


def inside(taker: Taker, online: str) -> None:
    """Work on the dossiers behind the counter: justice officer, chair, citizen, leader."""
    with taker.page("tandan-tp.thuly") as page:
        taker.go(page, "/can-bo/viec/")
        taker.take(page, "viec-cua-toi")
        taker.go(page, f"/can-bo/ho-so/{online}/")
        page.fill("textarea[name=note]", "Đã đối chiếu giấy chứng sinh, giấy chứng nhận kết hôn.")
        page.get_by_role("button", name="Trình duyệt").click()
    with taker.page("tandan-vx.thuly") as page:
        taker.go(page, "/can-bo/viec/")
        found = page.locator("main a.code").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        for address in found[:12]:
            taker.go(page, address)
            if page.locator(".deadline li").count() >= 8:
                break
        page.locator(".deadline summary").click()
        taker.take(page, "ho-so")
    with taker.page("tandan.lanhdao") as page:
        taker.go(page, f"/can-bo/ho-so/{online}/")
        taker.take(page, "ky")
    with taker.page(CITIZEN) as page:
        taker.go(page, f"/ho-so-cua-toi/{online}/")
        taker.take(page, "ho-so-cua-toi")
    with taker.page("tandan.motcua") as page:
        taker.go(page, "/can-bo/cuoi-ngay/")
        taker.take(page, "cuoi-ngay")
    with taker.page("lanhdao.tinh") as page:
        taker.go(page, "/lanh-dao/")
        page.wait_for_timeout(2500)
        taker.take(page, "so-lieu")


def around(taker: Taker, gateway: str) -> None:
    """Show what an administrator sees."""
    with taker.page() as page:
        taker.go(page, "/can-bo/dang-nhap/")
        taker.take(page, "dang-nhap-can-bo")
        page.goto(gateway)
        taker.take(page, "tin-nhan-gia-lap")


def save_slip(body: bytes, name: str) -> None:
    """Draw the first page of a paper as a picture."""
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder) / "paper.pdf"
        paper.write_bytes(body)
        subprocess.run(["pdftoppm", "-r", "96", "-f", "1", "-l", "1", "-png", paper, paper], check=True)
        save(Image.open(next(Path(folder).glob("*.png"))), name)


def main() -> None:
    """Take all pictures, or those named; the way to them is always the whole way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args()
    address, port = chosen.base.rstrip("/").rsplit(":", 1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        taker = Taker(browser, chosen.base, set(chosen.names))
        online = portal(taker)
        counter(taker, online)
        inside(taker, online)
        around(taker, f"{address}:{int(port) + 2}/")
        browser.close()


if __name__ == "__main__":
    main()
