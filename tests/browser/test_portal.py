"""The portal as people use it: with scripts and without, from the search to the slip, on a phone; axe on each page."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect
from pypdf import PdfReader

from motcua.catalogue import rules as catalogue_rules
from motcua.forms import rules as form_rules
from motcua.kernel.calendar import LOCAL
from motcua.setup.journey import World
from motcua.setup.private_instance import Instance
from motcua.setup.scan import sample_file
from tests.browser.chromium import findings, needs_chromium, visit

pytestmark = [pytest.mark.browser, needs_chromium]

BIRTH, RECOGNITION = "1.001193", "1.001022"
COUNTER, OFFICER = "HD.KM.10699.MC", "tandan.motcua"
MARRIED = {"population.child_mother_name", "population.child_father_name"}
WARD = "phường Tân Dân, thị xã Kinh Môn"


@pytest.fixture(scope="module")
def world(instance: Instance) -> Iterator[World]:
    """Officers and citizens over the API, for what happens beside the browser."""
    people = World(instance.base_url)
    yield people
    people.close()


@pytest.fixture(scope="module")
def people(world: World) -> list[str]:
    """User names of citizens; the first one is married, and the databases know to whom."""
    names = [row["username"] for row in world.read("/api/v1/demo/citizens?size=30")["rows"]]
    married = next(name for name in names if set(known(world, name)) >= MARRIED)
    return [married, *(name for name in names if name != married)]


def known(world: World, username: str) -> Mapping[str, Any]:
    """Return what the databases know of a citizen."""
    caller = world.take("citizen", username)
    values: Mapping[str, Any] = caller.get("/api/v1/known")["values"]
    world.give_back("citizen", username, caller)
    return values


# What tests do again and again --------------------------------------------------------------------------------


def sign_in(page: Page, username: str) -> None:
    """Sign in as a citizen of the demo, from the page that asks for it."""
    row = page.locator(f'form:has(input[name=username][value="{username}"])')
    row.get_by_role("button").click()


def enter(page: Page, username: str) -> None:
    """Sign in and stand before one's own dossiers."""
    page.goto("/dang-nhap/")
    sign_in(page, username)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hồ sơ của tôi")


def sample(world: World, code: str, username: str, **wanted: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return a procedure's record and good answers for a citizen, with the choices that are wanted."""
    record = world.read(f"/api/v1/procedures/{code}")["record"]
    values = known(world, username)
    filer = world.take("citizen", username)
    today = datetime.fromisoformat(filer.get("/api/v1/session")["at"]).astimezone(LOCAL).date()
    world.give_back("citizen", username, filer)
    for pick in range(100):
        answers = form_rules.sample_answers(record["eform"], values, today, pick=pick)
        if wanted.items() <= answers.items():
            return record, answers
    raise AssertionError(f"no sample of {code} with {wanted}")


def onwards(page: Page) -> None:
    page.get_by_role("button", name="Tiếp tục", exact=True).last.click()


def choose_ward(page: Page) -> None:
    """Find the ward's counter by typing without diacritics, choose it, go on."""
    search = page.get_by_label("Tìm nơi nhận")
    if search.count():
        search.fill("tan dan")
        page.get_by_role("button", name="Tìm", exact=True).click()
    page.locator(".choice", has_text=WARD).get_by_role("radio").first.check()
    direct = page.get_by_label("Tại nơi nộp hồ sơ")
    if direct.count():
        direct.check()
    onwards(page)


def write(page: Page, record: Mapping[str, Any], answers: Mapping[str, Any], scripts: bool) -> None:
    """Fill in the form as far as it shows; what appears by a choice is filled in when it is there."""
    form = record["eform"]
    for item in form_rules.visible(form, answers):
        value, kind = answers.get(item["key"]), item["type"]
        field = page.locator(f'[name="{item["key"]}"]')
        if value is None or kind in ("file", "table"):
            continue
        if scripts:
            expect(field.first).to_be_visible()
        elif field.count() == 0:
            continue  # without scripts it comes with the next answer of the server
        if "name" in item["key"] and field.first.input_value():
            continue  # filled in beforehand
        if field.first.get_attribute("type") in ("radio", "checkbox"):
            chosen = "true" if value is True else str(value)
            page.locator(f'[name="{item["key"]}"][value="{chosen}"]').check()
        elif kind in ("select", "radio"):
            field.select_option(str(value))
        elif kind == "date":
            field.fill(datetime.fromisoformat(value).strftime("%d/%m/%Y"))
        else:
            field.fill(str(value))


def fill_in(page: Page, record: Mapping[str, Any], answers: Mapping[str, Any], scripts: bool) -> None:
    """Fill in the form, step after step of what the server shows, until the papers are asked for."""
    for _ in range(4):
        write(page, record, answers, scripts)
        if scripts:
            expect(page.locator("#luu")).to_contain_text("Đã lưu nháp")
        onwards(page)
        heading = page.locator("[aria-current=step]")
        if "Giấy tờ" in heading.inner_text():
            return
    raise AssertionError(page.locator("#bieu-mau").inner_text()[:600])


def filed_over_api(world: World, code: str, username: str) -> tuple[str, list[str]]:
    """File online over the API; return the code and the papers."""
    record, answers = sample(world, code, username)
    needs = [need.paper for need in catalogue_rules.papers_for(record, answers)]
    filer = world.take("citizen", username)
    file_id = filer.upload("ban-chup.pdf", sample_file()) if needs else None
    body = {
        "procedure": code,
        "receiving_unit": COUNTER,
        "channel": "online",
        "answers": answers,
        "papers": {paper: {"file_id": file_id} for paper in needs},
        "return_channel": "account",
    }
    found = filer.post("/api/v1/dossiers", body)["code"]
    world.give_back("citizen", username, filer)
    return str(found), needs


def officer_does(world: World, code: str, act: str, **body: Any) -> None:
    officer = world.take("staff", OFFICER)
    officer.post(f"/api/v1/dossiers/{quote(code)}/{act}", body)
    world.give_back("staff", OFFICER, officer)


def payload(name: str, mime: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": data}


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "JPEG")
    return out.getvalue()


def text_of(page: Page, address: str) -> str:
    """Open a paper as the browser does and return what its PDF says."""
    answer = page.request.get(address)
    assert answer.status == 200, (address, answer.status)
    assert answer.headers["content-type"] == "application/pdf"
    return " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)


# Journeys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_search_to_the_slip(
    instance: Instance, browser: Browser, world: World, people: list[str], scripts: bool
) -> None:
    parents = people[0]
    record, answers = sample(
        world, BIRTH, parents, child_case="thong_thuong", birth_evidence="giay_chung_sinh"
    )
    with visit(browser, instance.base_url, scripts=scripts, narrow=not scripts) as page:
        page.goto("/")
        page.get_by_role("searchbox").fill("dang ky khai sinh")
        page.get_by_role("button", name="Tìm thủ tục").click()
        page.get_by_role("link", name="Đăng ký khai sinh", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Đăng ký khai sinh")
        page.get_by_role("link", name="Nộp hồ sơ trực tuyến").click()
        sign_in(page, parents)
        page.get_by_role("button", name="Bắt đầu khai").click()
        onwards(page)
        choose_ward(page)
        fill_in(page, record, answers, scripts)
        onwards(page)
        expect(page.get_by_text("Hãy đọc lại lần cuối")).to_be_visible()
        for parent in sorted(MARRIED):
            expect(page.locator("dl").get_by_text(known(world, parents)[parent]).first).to_be_visible()
        page.get_by_label("Tôi cam đoan").check()
        page.get_by_role("button", name="Nộp hồ sơ", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Đã nộp hồ sơ")
        code = page.locator(".receipt__code").inner_text().strip()
        check = page.locator(".receipt__check").inner_text().strip()

        page.get_by_role("link", name="Tra cứu hồ sơ").first.click()
        page.get_by_label("Mã hồ sơ").fill(code.lower())
        page.get_by_label("Mã tra cứu").fill("0000" if check != "0000" else "1111")
        page.get_by_role("button", name="Tra cứu", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Không có hồ sơ nào khớp")
        page.get_by_label("Mã tra cứu").fill(check)
        page.get_by_role("button", name="Tra cứu", exact=True).click()
        expect(page.get_by_role("status").filter(has_text=code)).to_contain_text("10%")

        officer_does(world, code, "accept")
        page.get_by_role("link", name="Hồ sơ của tôi").first.click()
        page.locator("tr", has_text=code).get_by_role("link").first.click()
        expect(page.locator(".timeline .is-done", has_text="Tiếp nhận hồ sơ")).to_contain_text(
            WARD.split(",")[0]
        )
        expect(page.locator(".timeline .is-now").first).to_be_visible()
        slip = page.get_by_role("link", name=re.compile("Giấy tiếp nhận hồ sơ"))
        address = slip.get_attribute("href") or ""
        said = text_of(page, address)
        for part in (code, check, f"/tra-cuu/{code}", "Đường dây nóng"):
            assert part in re.sub(r"\s+", " ", said) or part in re.sub(r"\s+", "", said), (part, said)


def test_front_and_back_of_a_card_become_one_file(
    instance: Instance, browser: Browser, world: World, people: list[str]
) -> None:
    filer = people[1]
    record, answers = sample(world, RECOGNITION, filer)
    needs = catalogue_rules.papers_for(record, answers)
    with visit(browser, instance.base_url) as page:
        page.goto(f"/nop-ho-so/{RECOGNITION}/")
        sign_in(page, filer)
        page.get_by_role("button", name="Bắt đầu khai").click()
        onwards(page)
        choose_ward(page)
        fill_in(page, record, answers, scripts=True)
        boxes = page.locator("section.panel:has(input[type=file])")
        expect(boxes.first).to_be_visible()
        wanted = page.locator("section.panel:has(.req):has(input[type=file])")
        for number in range(wanted.count()):
            box = wanted.nth(number)
            box.locator("input[type=file]").set_input_files(
                FilePayload(name="mat-truoc.jpg", mimeType="image/jpeg", buffer=photo("white"))
            )
            expect(box.locator("[data-picked]")).to_have_text("mat-truoc.jpg")
            box.get_by_role("button", name="Tải lên").click()
            expect(wanted.nth(number).locator(".files li")).to_have_count(1)
        first = wanted.first
        first.locator("input[type=file]").set_input_files(
            [
                FilePayload(name="mat-sau.jpg", mimeType="image/jpeg", buffer=photo("gray")),
                FilePayload(name="nham.pdf", mimeType="application/pdf", buffer=sample_file()),
            ]
        )
        first.get_by_role("button", name="Tải lên").click()
        expect(wanted.first.locator(".files li")).to_have_count(3)
        wanted.first.locator(".files li", has_text="nham.pdf").get_by_role("button").click()
        expect(wanted.first.locator(".files li")).to_have_count(2)
        wanted.first.locator("input[type=file]").set_input_files(
            FilePayload(name="la.exe", mimeType="application/pdf", buffer=b"MZ")
        )
        onwards(page)
        expect(page.get_by_role("alert")).to_contain_text("Chỉ nhận tệp")
        assert not findings(page)
        onwards(page)
        page.get_by_label("Tôi cam đoan").check()
        page.get_by_role("button", name="Nộp hồ sơ", exact=True).click()
        page.get_by_role("link", name="Xem hồ sơ").click()
        expect(page.get_by_role("heading", name="Giấy tờ trong hồ sơ")).to_be_visible()
        papers = page.locator("table:has(caption:text('Giấy tờ trong hồ sơ'))").get_by_role(
            "link", name="Xem"
        )
        files = [page.request.get(papers.nth(n).get_attribute("href") or "") for n in range(papers.count())]
        assert all(answer.status == 200 for answer in files)
        assert sorted(
            len(PdfReader(io.BytesIO(answer.body())).pages)
            for answer in files
            if answer.headers["content-type"] == "application/pdf"
        ) == [2], needs


def test_a_supplement_is_answered(
    instance: Instance, browser: Browser, world: World, people: list[str]
) -> None:
    filer = people[1]
    code, papers = filed_over_api(world, RECOGNITION, filer)
    name = next(
        paper["name"]
        for case in world.read(f"/api/v1/procedures/{RECOGNITION}")["record"]["required_papers"]
        for paper in case["papers"]
        if paper["paper"] == papers[0]
    )
    officer_does(
        world, code, "request-supplement", items=[{"name": name, "what": "Bản chụp bị mờ"}],
        reason="Bản chụp kèm theo hồ sơ không đọc được.",
    )  # fmt: skip
    with visit(browser, instance.base_url, narrow=True) as page:
        enter(page, filer)
        row = page.locator("tr", has_text=code)
        expect(row).to_contain_text("Bổ sung ngay")
        row.get_by_role("link").first.click()
        request = page.get_by_role("link", name=re.compile("Phiếu yêu cầu bổ sung")).get_attribute("href")
        assert "không đọc được" in re.sub(r"\s+", " ", text_of(page, request or ""))
        page.get_by_role("link", name="Bổ sung hồ sơ").click()
        assert not findings(page)
        page.get_by_role("button", name="Gửi bổ sung").click()
        expect(page.get_by_role("alert")).to_contain_text("Hãy chọn tệp")
        page.locator("input[type=file]").first.set_input_files(
            [
                FilePayload(name=f"trang-{n}.jpg", mimeType="image/jpeg", buffer=photo("white"))
                for n in range(2)
            ]
        )
        expect(page.locator("[data-picked]").first).to_contain_text("2 tệp")
        page.get_by_role("button", name="Gửi bổ sung").click()
        expect(page.get_by_text("Đã gửi bổ sung")).to_be_visible()
        expect(page.locator(".timeline .is-done", has_text="Đã bổ sung hồ sơ")).to_be_visible()


def test_a_dossier_is_withdrawn(
    instance: Instance, browser: Browser, world: World, people: list[str]
) -> None:
    filer = people[2]
    code, _ = filed_over_api(world, RECOGNITION, filer)
    with visit(browser, instance.base_url, scripts=False) as page:
        enter(page, filer)
        page.locator("tr", has_text=code).get_by_role("link").first.click()
        page.get_by_role("link", name="Rút hồ sơ").click()
        page.get_by_role("button", name="Rút hồ sơ").click()
        expect(page.get_by_role("alert")).to_contain_text("lý do")
        page.get_by_label("Lý do rút hồ sơ").fill("Gia đình chuyển đi nơi khác sinh sống.")
        page.get_by_label("Tôi hiểu rằng").check()
        page.get_by_role("button", name="Rút hồ sơ").click()
        expect(page.locator(".notice__title", has_text="Hồ sơ đã rút")).to_be_visible()
        expect(page.locator(".timeline li").last).to_contain_text("Rút hồ sơ")
        expect(page.get_by_role("link", name="Rút hồ sơ")).to_have_count(0)


def test_messages_are_marked_until_they_are_opened(
    instance: Instance, browser: Browser, world: World, people: list[str]
) -> None:
    filer = people[3]
    code, _ = filed_over_api(world, RECOGNITION, filer)
    with visit(browser, instance.base_url) as page:
        enter(page, filer)
        message = page.locator(".mail li", has_text=code)
        page.goto("/tin-nhan/")
        patience = time.monotonic() + 20  # the dispatcher brings it within a moment
        while not message.count() and time.monotonic() < patience:
            page.reload()
        expect(message.first).to_contain_text("Chưa đọc")
        assert not findings(page)
        message.first.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.goto("/tin-nhan/")
        expect(message.first).not_to_contain_text("Chưa đọc")


def test_no_page_has_a_serious_finding(
    instance: Instance, browser: Browser, world: World, people: list[str]
) -> None:
    filer = people[4]
    code, _ = filed_over_api(world, RECOGNITION, filer)
    officer_does(world, code, "accept")
    with visit(browser, instance.base_url) as page:
        found: list[str] = []
        for address in (
            "/", "/thu-tuc/", "/thu-tuc/?q=khai+sinh", "/thu-tuc/?q=zzzz", f"/thu-tuc/{BIRTH}/", "/tra-cuu/",
            f"/tra-cuu/{code}", "/dang-nhap/", "/khong-co-trang-nay/",
        ):  # fmt: skip
            page.goto(address)
            found += findings(page)
        enter(page, filer)
        page.goto(f"/nop-ho-so/{BIRTH}/")
        found += findings(page)
        page.get_by_role("button", name="Bắt đầu khai").click()
        draft = page.url.rsplit("/", 2)[0]
        for step in ("nguoi-nop", "noi-nhan", "to-khai", "giay-to", "kiem-tra"):
            page.goto(f"{draft}/{step}/")
            found += findings(page)
        for address in (
            "/ho-so-cua-toi/", "/ho-so-cua-toi/?nhom=da-dung", f"/ho-so-cua-toi/{code}/",
            f"/ho-so-cua-toi/{code}/da-nop/", f"/ho-so-cua-toi/{code}/rut/", "/tin-nhan/", "/kho-giay-to/",
        ):  # fmt: skip
            page.goto(address)
            found += findings(page)
        assert not found, "\n".join(found)


def test_the_keyboard_reaches_and_shows_the_file_button(
    instance: Instance, browser: Browser, people: list[str]
) -> None:
    with visit(browser, instance.base_url) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Đến nội dung chính")).to_be_focused()
        page.goto("/dang-nhap/")
        sign_in(page, people[5])
        page.goto(f"/nop-ho-so/{RECOGNITION}/")
        page.get_by_role("button", name="Bắt đầu khai").click()
        page.goto(page.url.rsplit("/", 2)[0] + "/giay-to/")
        folded = page.locator("details:not([open]):has(.picker__input) > summary")
        while folded.count():  # a paper that need not be sent has its upload folded
            folded.first.click()
        control = page.locator(".picker__input").first
        control.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(control).to_be_focused()
        outline = page.locator(".picker__input:focus-visible + .btn").first.evaluate(
            "e => getComputedStyle(e).outlineStyle"
        )
        assert outline == "solid"
