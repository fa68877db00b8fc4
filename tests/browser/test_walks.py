"""Pages as their users meet them: each role's way through, at a desk and on a phone, by click, drag and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import NARROW, WIDE, chromium, findings, needs_chromium, signed_in

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]
HEAD, OFFICER, COUNTER = "tandan.lanhdao", "tandan-tp.thuly", "tandan.motcua"


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    """An instance of this module's own: the demo's cases would stand in the lists that other tests look through."""
    from motcua.setup.private_instance import private_instance

    with private_instance(data="province") as running:
        yield running


@pytest.fixture(scope="module")
def cases(instance: Instance) -> Mapping[str, str]:
    """Codes of the demo's dossiers by what they show; played once."""
    told = instance.manage("play_history", "--cases").splitlines()[1:]
    return dict(line.split() for line in told)


@pytest.fixture(scope="module")
def browser(cases: Mapping[str, str]) -> Iterator[Browser]:
    """One browser for the module, after the cases are there."""
    with chromium() as running:
        yield running


def looked_at(page: Page, addresses: list[str]) -> None:
    """Open pages wide and narrow: each answers, axe finds nothing serious, nothing is wider than the screen."""
    wrong: list[str] = []
    for address in addresses:
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, f"{address}: {answer.status}"
        wrong += findings(page)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            wrong.append(f"{address}: {over} px too wide on a phone")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    assert not wrong, "\n".join(wrong)


WALKS = {
    "P0318": ["/ho-so-cua-toi/", "/ho-so-cua-toi/{sinh_dang_lam}/", "/ho-so-cua-toi/{cho_nop_thue}/"],
    "P0304": ["/ho-so-cua-toi/{tu_cho_bo_sung}/"],
    COUNTER: [
        "/can-bo/", "/can-bo/phi-dia-gioi/", "/can-bo/phieu-ban-giao/", "/can-bo/phieu-ban-giao/lap/",
        "/can-bo/huong-dan/", "/can-bo/bao-tin/", "/can-bo/ho-so/{sinh_dang_lam}/", "/can-bo/ho-so/{cho_xac_nhan}/",
        "/can-bo/ho-so/{tra_ve_tan_dan}/", "/can-bo/tra-ket-qua/", "/can-bo/ket-qua-chua-nhan/",
        "/can-bo/dinh-chinh-ket-qua/", "/can-bo/hoan-phi/", "/can-bo/su-co/", "/can-bo/nhap-sau-su-co/",
        "/can-bo/ho-so/{phi_dia_gioi_xong}/dinh-chinh-ket-qua/",
    ],
    OFFICER: [
        "/can-bo/viec/", "/can-bo/ban-giao/", "/can-bo/ban-giao/lap/", "/can-bo/giai-trinh/",
        "/can-bo/buoc-tu-dong/", "/can-bo/y-kien/", "/can-bo/ho-so/{hoi_y_kien}/y-kien/",
        "/can-bo/ho-so/{giai_trinh_bi_tra}/", "/can-bo/ho-so/{tu_dong_loi}/", "/can-bo/phieu-ban-giao/",
        "/can-bo/canh-bao/nguy-co/", "/can-bo/xac-minh/", "/can-bo/ho-so/{hoi_y_kien}/xac-minh/",
    ],
    HEAD: [
        "/can-bo/", "/can-bo/don-vi/", "/can-bo/giai-trinh/", "/can-bo/y-kien/", "/can-bo/uy-quyen/",
        "/can-bo/canh-bao/", "/can-bo/ho-so/{giai_trinh_cho_duyet}/", "/can-bo/dinh-chinh-ket-qua/",
    ],
    "kinhmon-dd.thuly": ["/can-bo/", "/can-bo/ho-so/{da_nop_thue}/", "/can-bo/ho-so/{cho_nop_thue}/"],
    "lanhdao.tinh": ["/lanh-dao/lien-thong/", "/can-bo/tam-dung/"],
    "kstt": [
        "/can-bo/quy-trinh/", "/can-bo/quy-trinh/thuc-te/", "/can-bo/quy-trinh/luan-chuyen/",
        "/can-bo/quy-trinh/tiet-giam/", "/can-bo/quy-trinh/phi-dia-gioi/", "/can-bo/quy-trinh/phi-dia-gioi/danh-gia/",
        "/can-bo/quy-trinh/phi-dia-gioi/ket-qua/", "/can-bo/quy-trinh/pham-vi-phuc-vu/", "/can-bo/sap-xep/",
        "/can-bo/lich-lam-viec/", "/can-bo/thu-truoc/", "/can-bo/tam-dung/", "/can-bo/ngoai-danh-muc/",
        "/can-bo/buoc-tu-dong/", "/can-bo/ky-cuong/", "/can-bo/quy-trinh/tai-cau-truc/",
        "/can-bo/quy-trinh/tai-cau-truc/de-xuat/", "/can-bo/quy-trinh/tai-cau-truc/de-xuat/?thu-tuc=1.001022",
    ],
    "quantri": ["/can-bo/", "/can-bo/tin-nhan/", "/can-bo/hen-gio/", "/can-bo/su-co/"],
}  # fmt: skip


@pytest.mark.parametrize("username", list(WALKS))
def test_the_pages_of_a_role_are_whole_at_the_desk_and_on_a_phone(
    instance: Instance, browser: Browser, cases: Mapping[str, str], username: str
) -> None:
    with signed_in(browser, instance.base_url, username) as page:
        looked_at(page, [address.format(**cases) for address in WALKS[username]])


JUSTICE = "Phạm Thị Minh Nguyệt"
"""The second officer of the ward's justice unit."""


def unit_of_justice(page: Page) -> None:
    """Go from the menu to the work of the ward's justice unit."""
    page.get_by_role("navigation", name="Chính").get_by_role("link", name="Việc của đơn vị").click()
    option = page.get_by_label("Đơn vị").locator("option", has_text="Tư pháp").first
    page.get_by_label("Đơn vị").select_option(value=option.get_attribute("value"))
    page.get_by_role("button", name="Xem", exact=True).click()


def moved(page: Page, code: str) -> None:
    """Wait until the move has been done, and see on the dossier who holds it now."""
    expect(page.locator("main")).to_contain_text("1 đã làm")
    page.goto(f"/can-bo/ho-so/{code}/")
    expect(page.locator("main")).to_contain_text(JUSTICE)


def dragged(page: Page, what: Locator, onto: Locator) -> None:
    """Take hold of something with the mouse, move it in small steps as a hand does, and let it go."""
    page.set_viewport_size({"width": 1440, "height": 2400})  # both in sight
    here, there = what.bounding_box(), onto.bounding_box()
    assert here is not None
    assert there is not None
    page.mouse.move(here["x"] + 20, here["y"] + 5)
    page.mouse.down()
    page.mouse.move(here["x"] + 30, here["y"], steps=3)
    page.mouse.move(there["x"] + 60, there["y"] + 10, steps=8)
    page.mouse.move(there["x"] + 70, there["y"] + 14, steps=3)
    page.mouse.up()


def test_a_head_drags_a_task_onto_an_officer(
    instance: Instance, browser: Browser, cases: Mapping[str, str]
) -> None:
    code = cases["giao_giay_1"]
    with signed_in(browser, instance.base_url, HEAD) as page:
        unit_of_justice(page)
        task = page.locator("tr", has=page.locator(f"input[name=chon][value^='{code}|']"))
        officer = page.locator("tr[data-drop]", has_text=JUSTICE)
        dragged(page, task.locator("a.code"), officer)  # by a link as well as by any other place of its row
        expect(task.get_by_role("checkbox")).to_be_checked()
        expect(page.locator("#nguoi-nhan option:checked")).to_have_text(JUSTICE)
        expect(page.locator("#ly-do")).to_be_focused()
        told = page.get_by_role("status").filter(has_text="việc")
        expect(told).to_contain_text(f"Đã chọn 1 việc, chuyển cho {JUSTICE}")
        page.keyboard.press("Escape")  # thought better of it
        expect(task.get_by_role("checkbox")).not_to_be_checked()
        expect(task.get_by_role("checkbox")).to_be_focused()
        expect(told).to_contain_text("Đã bỏ việc vừa kéo")
        dragged(page, task.locator("td[data-label=Việc]"), officer)
        page.keyboard.insert_text("Chia lại việc trong bộ phận")
        page.keyboard.press("Enter")
        moved(page, code)


def test_a_head_chooses_by_touch_on_a_phone(
    instance: Instance, browser: Browser, cases: Mapping[str, str]
) -> None:
    with signed_in(browser, instance.base_url, HEAD, narrow=True, touch=True) as page:
        page.goto(f"{instance.base_url}/can-bo/don-vi/")
        unit = page.get_by_label("Đơn vị").locator("option", has_text="Tư pháp").first.get_attribute("value")
        page.goto(f"{instance.base_url}/can-bo/don-vi/?don-vi={unit}")
        told = page.locator("#da-chon")
        row = page.locator("tr", has=page.locator(f"input[name=chon][value^='{cases['giao_giay_1']}|']"))
        row.get_by_role("checkbox").tap()
        expect(told).to_contain_text("Đã chọn 1 việc")
        bar = told.bounding_box()
        assert bar is not None
        height = page.evaluate("window.innerHeight")
        assert round(bar["y"] + bar["height"]) == height, "at the foot of the screen, wherever the row is"
        told.get_by_role("link", name="Chọn người nhận").tap()
        expect(page.locator("#nguoi-nhan")).to_be_in_viewport()
        page.locator("#nguoi-nhan").select_option(label=JUSTICE)
        expect(told).to_contain_text(f"chuyển cho {JUSTICE}")
        expect(page.get_by_role("button", name="Chuyển việc")).to_be_in_viewport()


def test_a_head_moves_a_task_by_keyboard_alone(
    instance: Instance, browser: Browser, cases: Mapping[str, str]
) -> None:
    code = cases["giao_giay_2"]
    with signed_in(browser, instance.base_url, HEAD) as page:
        unit_of_justice(page)
        keys = page.keyboard
        page.get_by_role("link", name="Xem mọi việc").or_(page.locator("#nguoi-nhan")).first.focus()
        for _ in range(200):
            keys.press("Tab")
            if str(page.evaluate("document.activeElement.value || ''")).startswith(f"{code}|"):
                break
        keys.press("Space")
        told = page.get_by_role("status").filter(has_text="việc")
        expect(told).to_contain_text("Đã chọn 1 việc")
        for _ in range(200):
            keys.press("Shift+Tab")
            if page.evaluate("document.activeElement.id") == "nguoi-nhan":
                break
        keys.type(JUSTICE)
        expect(told).to_contain_text(f"chuyển cho {JUSTICE}")
        keys.press("Tab")
        keys.insert_text("Chia lại việc trong bộ phận")
        keys.press("Alt+c")
        moved(page, code)


def test_work_is_taken_over_before_a_leave(
    instance: Instance, browser: Browser, cases: Mapping[str, str]
) -> None:
    with signed_in(browser, instance.base_url, OFFICER) as page:
        page.get_by_role("navigation", name="Chính").get_by_role("link", name="Bàn giao việc").click()
        page.get_by_role("link", name="Trả lời").first.click()
        expect(page.locator("main")).to_contain_text(cases["nghi_phep_1"])
        assert not findings(page)
        page.get_by_role("button", name="Xác nhận nhận 2 việc").click()
        expect(page.locator("main")).to_contain_text("2 đã làm")
        page.goto(f"/can-bo/ho-so/{cases['nghi_phep_1']}/")
        assert not findings(page)
