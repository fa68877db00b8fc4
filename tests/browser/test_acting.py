"""Acts beside the drawn process, clicked through to what comes of them: reminders, registers, outages, visits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from motcua.platform.installation import ROOT
from tests.browser.chromium import findings, needs_chromium, signed_in
from tests.browser.test_desk import choose, take_in

if TYPE_CHECKING:
    from motcua.setup.private_instance import Instance

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def case(instance: Instance) -> dict[str, str]:
    """Two dossiers of their own: one in an officer's hands, one returned to a citizen."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.acting_case"], cwd=ROOT, env=dict(instance.environment),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    said: dict[str, str] = json.loads(made.stdout)
    return said


def test_an_officer_is_reminded_and_a_case_is_followed_up(instance: Instance, browser: Browser) -> None:
    def of(page: Page, words: str) -> None:
        page.goto("/can-bo/ky-cuong/")
        unit = page.locator("#f-don-vi option", has_text="Tư pháp - Hộ tịch phường An Lưu").first
        page.locator("#f-don-vi").select_option(unit.get_attribute("value"))
        page.get_by_role("button", name=words, exact=True).click()
        page.locator("#f-nguoi").select_option(index=1 if words == "Nhắc nhở" else 0)

    with signed_in(browser, instance.base_url, "anluu.lanhdao") as page:
        of(page, "Nhắc nhở")
        page.locator("#f-text").fill("Đề nghị nhận việc trong buổi, không để hồ sơ chờ qua ngày.")
        page.get_by_role("button", name="Ban hành").click()
        expect(page.get_by_text("Đã ban hành.")).to_be_visible()
        letter = re.sub(r"\?.*", "", page.url)
        assert page.request.get(f"{letter}van-ban.pdf").headers["content-type"] == "application/pdf"
    with signed_in(browser, instance.base_url, "anluu-tp.thuly") as page:
        page.goto("/can-bo/bao-tin/")
        page.locator(f"a[href='{letter.removeprefix(instance.base_url)}']").first.click()
        page.get_by_text("Trả lời", exact=True).click()
        form = page.locator("form[action$='/tra-loi/']")
        form.locator("textarea").fill("Tôi đã nhận và sẽ rút kinh nghiệm.")
        form.get_by_role("button").click()
        expect(page.locator(".timeline")).to_contain_text("Tôi đã nhận và sẽ rút kinh nghiệm.")
        page.goto("/can-bo/ky-cuong/")  # who is reminded stands over nobody
        expect(page.locator("#f-don-vi")).to_have_count(0)
    with signed_in(browser, instance.base_url, "kstt") as page:
        page.goto(letter)
        page.get_by_role("link", name="Mở vụ việc").click()
        page.get_by_label("Để chậm, muộn nhiều lần").check()
        page.locator("#f-what").fill("Đã nhắc bằng văn bản, hồ sơ vẫn chờ nhiều ngày.")
        page.locator("#f-proposal").fill("Đề nghị kiểm điểm trước cơ quan.")
        assert not findings(page)
        page.get_by_role("button", name="Mở vụ việc").click()
        expect(page.get_by_text("Đã mở vụ việc.")).to_be_visible()
        matter = page.url
        expect(page.locator("form[action$='/quyet-dinh/']")).to_have_count(0)  # who proposes does not decide
    with signed_in(browser, instance.base_url, "anluu.lanhdao") as page:
        page.goto(matter)
        form = page.locator("form[action$='/quyet-dinh/']")
        form.locator("textarea").fill("Kiểm điểm trước cơ quan trong tuần này.")
        form.locator("input[name=ngay]").fill("01/10/2023")  # not a day to come
        form.get_by_role("button").click()
        expect(page.locator(".error-summary")).to_be_visible()
        form.locator("input[name=ngay]").fill("30/12/2030")
        form.get_by_role("button").click()
        form = page.locator("form[action$='/theo-doi/']")
        form.locator("textarea").fill("Đã kiểm điểm; hồ sơ được nhận trong ngày.")
        form.locator("input[name=ngay]").fill("31/12/2030")
        form.get_by_role("button").click()
        expect(page.locator(".timeline")).to_contain_text("Đã kiểm điểm; hồ sơ được nhận trong ngày.")
        expect(page.locator(".dl")).to_contain_text("31/12/2030")
        assert not findings(page)
        page.goto("/can-bo/ky-cuong/")
        row = page.locator(f"tr:has(a[href='{matter.removeprefix(instance.base_url)}'])")
        expect(row).to_contain_text("kiểm tra lại 31/12/2030")


def test_a_restructuring_is_proposed_approved_and_runs(instance: Instance, browser: Browser) -> None:
    with signed_in(browser, instance.base_url, "kstt") as page:
        page.goto("/can-bo/quy-trinh/tai-cau-truc/")
        expect(page.locator(".side a[aria-current]")).to_have_text("Tái cấu trúc quy trình")
        page.get_by_role("link", name="Đề xuất phương án").click()
        page.locator("#f-thu-tuc").select_option("1.004837")
        page.get_by_role("button", name="Tiếp tục").click()
        page.locator("#f-what").fill("Gộp bước trình với bước thẩm định; không đòi bản sao.")
        for side, values in (("before", "6 8 4 2 50000"), ("after", "4 8 3 1 20000")):
            for name, value in zip(
                ("steps", "hours", "papers", "visits", "cost"), values.split(), strict=True
            ):
                page.locator(f"[name={side}_{name}]").fill(value)
        assert not findings(page)
        page.get_by_role("button", name="Ghi đề xuất").click()
        expect(page.locator("tr", has_text="Số bước")).to_contain_text("33")  # percent less
        page.locator("[name=decision_no]").fill("2301/QĐ-UBND")
        page.locator("[name=decided_on]").fill("02/10/2023")
        page.locator("section:has([name=decision_no]) button[type=submit]").click()
        expect(page.locator(".tag", has_text="Đã phê duyệt")).to_be_visible()
        page.locator("[name='on']").fill("02/10/2023")
        page.locator("section:has([name='on']) button[type=submit]").click()
        expect(page.locator(".tag", has_text="Đang áp dụng")).to_be_visible()
        assert not findings(page)
        number = page.url.split("#")[0].split("?")[0].removeprefix(instance.base_url)
        page.goto("/can-bo/quy-trinh/tai-cau-truc/?tinh-trang=live")
        expect(page.locator(f"tr:has(a[href='{number}'])")).to_contain_text("Đang áp dụng")


def test_what_was_taken_during_an_outage_is_entered_after_it(instance: Instance, browser: Browser) -> None:
    with signed_in(browser, instance.base_url, "quantri") as page:
        page.goto("/can-bo/su-co/")
        page.locator("#o-su_co").fill("Mất đường truyền phường An Lưu")
        page.locator("#o-co_quan").select_option(label="Ủy ban nhân dân phường An Lưu, thị xã Kinh Môn")
        page.locator("#o-bat_dau").fill("29/09/2023 14:00")
        page.locator("#o-ket_thuc").fill("29/09/2023 16:30")
        assert not findings(page)
        page.get_by_role("button", name="Ghi nhận sự cố").click()
        expect(page.locator("tr", has_text="Mất đường truyền phường An Lưu").first).to_contain_text(
            "2 giờ 30"
        )
    with signed_in(browser, instance.base_url, "anluu.motcua") as page:
        page.goto("/can-bo/nhap-sau-su-co/")
        page.get_by_role("link", name="Nhập hồ sơ đã nhận giấy").first.click()
        choose(page, "xác nhận tình trạng hôn nhân")
        page.locator("#f-nhan-luc").fill("29/09/2023 15:10")
        outage = page.locator("#f-su-co option", has_text="Mất đường truyền phường An Lưu").first
        page.locator("#f-su-co").select_option(outage.get_attribute("value"))
        assert not findings(page)
        take_in(page)
        code = page.locator(".receipt__code").inner_text().split()[0]
        page.goto(f"/can-bo/ho-so/{code}/")
        expect(page.locator("#dien-bien")).to_contain_text("Nhận giấy tờ lúc 15:10 29/09/2023")
        page.goto("/can-bo/nhap-sau-su-co/")
        expect(page.locator("tr", has_text=code)).to_contain_text("15:10")
        assert not findings(page)


def test_a_visit_is_planned_and_recorded(instance: Instance, browser: Browser, case: dict[str, str]) -> None:
    here = f"/can-bo/ho-so/{case['code']}/xac-minh/"
    with signed_in(browser, instance.base_url, case["officer"]) as page:
        page.goto(f"/can-bo/ho-so/{case['code']}/")
        page.locator(f"a[href='{here}']").first.click()
        page.locator("#o-noi_dung").fill("Nơi cư trú thực tế của gia đình.")
        page.locator("#o-luc").fill("31/12/2030 08:30")
        page.locator("#o-noi").fill("Nhà số 12, tổ dân phố Hạ Chiểu 1")
        page.locator("#o-nguoi_di").fill("Công chức Tư pháp - Hộ tịch")
        page.locator("#o-moi").check()
        assert not findings(page)
        page.locator("button[name=viec][value=hen]").click()
        expect(page.locator("h2", has_text="Hẹn lúc")).to_contain_text("31/12/2030")
        page.goto("/can-bo/xac-minh/")
        expect(page.locator("tr", has_text=case["code"])).to_contain_text("Hạ Chiểu 1")
        page.goto(here)
        page.get_by_text("Lập biên bản", exact=True).first.click()
        form = page.locator("form:has(button[value=bien-ban])").first
        form.locator("[name=bat_dau]").fill("29/09/2023 08:30")
        form.locator("[name=ket_thuc]").fill("29/09/2023 09:15")
        form.locator("[name=nguoi]").fill("Đỗ Xuân Phong, công chức Tư pháp\nNguyễn Văn Hùng, tổ trưởng")
        form.locator("[name=ket_qua]").fill("Gia đình sống tại địa chỉ này từ năm 2016.")
        form.locator("[name=ket_luan]").fill("Nội dung khai phù hợp với thực tế.")
        assert not findings(page)
        form.get_by_role("button", name="Lập biên bản").click()
        expect(page.locator("h2", has_text="Biên bản ngày 29/09/2023")).to_be_visible()
        paper = page.get_by_role("link", name="Xem, in biên bản").get_attribute("href")
        assert page.request.get(f"{paper}").body().startswith(b"%PDF")
    with signed_in(browser, instance.base_url, case["citizen"]) as page:
        page.goto(f"/ho-so-cua-toi/{case['code']}/")
        expect(page.locator("main")).to_contain_text("Cơ quan đã xác minh thực địa")


def test_a_citizen_asks_for_a_correction_and_it_is_ordered(
    instance: Instance, browser: Browser, case: dict[str, str]
) -> None:
    mine = f"/ho-so-cua-toi/{case['returned']}/"
    with signed_in(browser, instance.base_url, case["citizen"]) as page:
        page.goto(mine)
        page.get_by_role("link", name="Kết quả có sai sót? Đề nghị đính chính").click()
        assert not findings(page)
        page.get_by_role("button", name="Gửi đề nghị").click()
        expect(page.locator(".error-summary")).to_be_visible()  # nothing said yet
        page.locator("textarea").fill("Ngày sinh ghi 12/3/1990, đúng là 21/3/1990.")
        page.get_by_role("button", name="Gửi đề nghị").click()
        expect(page.locator("#dinh-chinh")).to_be_visible()
    with signed_in(browser, instance.base_url, case["head"]) as page:
        page.goto("/can-bo/dinh-chinh-ket-qua/")
        page.locator("tr", has_text=case["returned"]).get_by_role("link").first.click()
        form = page.locator("form:has(input[value=quyet-dinh])")
        expect(form.locator("[name=reason]")).to_have_value("Ngày sinh ghi 12/3/1990, đúng là 21/3/1990.")
        form.locator("[name=ground]").first.check()
        form.locator("[name=staff_id]").select_option(index=1)
        assert not findings(page)
        form.get_by_role("button", name="Ký thông báo, cho đính chính").click()
        expect(page.locator(".panel", has_text="Lần 1")).to_contain_text("Hạn có kết quả mới")
    with signed_in(browser, instance.base_url, case["citizen"]) as page:
        page.goto(mine)
        expect(page.locator("#dinh-chinh")).to_contain_text("Kết quả mới có chậm nhất")
        expect(page.get_by_role("link", name="Kết quả có sai sót? Đề nghị đính chính")).to_have_count(0)
