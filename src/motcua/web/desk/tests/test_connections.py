"""The pages of connections: put in, secret shown once, switched off; the log of messages; the mirrored part's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
from tests.permissions.addresses import somebody

from motcua.catalogue import queries as catalogue
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, TAN_DAN, key, unit
from motcua.dossiers.tests.test_parts import group, part
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations import partners, sending
from motcua.exchange.rules import Kind
from motcua.exchange.tasks import line_of
from motcua.exchange.tests.connection import admin, connected
from motcua.kernel.actor import Role
from motcua.kernel.retry import Failure, NotSent
from motcua.platform import clock
from motcua.web.desk.tests.people import sent, signed_in, text

pytestmark = [pytest.mark.usefixtures("province", "law_of_2026"), pytest.mark.django_db(transaction=True)]
URL = "/can-bo/ket-noi/"


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))
    with clock.at(MONDAY.replace(hour=12)):
        yield


def typed(code: str, **more: str) -> dict[str, str]:
    return {
        "name": f"Hệ thống thử nghiệm {code}", "code": code, "scopes": "bao", "statuses": "dvcqg",
        "address": "https://bo.example.vn/nhan", "valid_from": "01/09/2023", **more,
    }  # fmt: skip


def test_the_administrator_puts_a_connection_in_gives_it_a_secret_and_ends_it() -> None:
    client, code = signed_in(admin()), key().replace("-", "_")
    page = text(client.get(f"{URL}them/"))
    wrong = client.post(
        f"{URL}them/", sent(page, **typed(code, address="http://bo.example.vn", valid_to="mai"))
    )
    assert wrong.status_code == 422 and "Ghi ngày kết thúc" in text(wrong)
    wrong = client.post(f"{URL}them/", sent(page, **typed(code, address="http://bo.example.vn")))
    assert (
        wrong.status_code == 422
        and "https://máy-chủ" in text(wrong)
        and not Partner.objects.filter(code=code)
    )
    made = client.post(f"{URL}them/", sent(page, **typed(code)))
    row = Partner.objects.get(code=code)
    assert made.headers["Location"] == f"{URL}{row.pk}/" and row.scopes == ["parts:report"]
    page = text(client.get(made.headers["Location"]))
    assert "chưa đăng nhập được" in page
    keyed = {"_key": key()}
    shown = client.post(f"{URL}{row.pk}/khoa/", keyed)
    found = re.search(r"client_secret\)</dt><dd><span class=\"code\">([^<]+)<", shown.content.decode())
    row.account.refresh_from_db()
    assert found and row.account.check_password(found[1])
    assert found[1] not in text(client.get(f"{URL}{row.pk}/"))
    assert client.post(f"{URL}{row.pk}/khoa/", keyed).status_code == 302, "the same press shows nothing again"
    changed = client.post(f"{URL}{row.pk}/sua/", {"_key": key(), **typed(code, scopes="ca-hai")})
    assert changed.status_code == 302
    row.refresh_from_db()
    assert row.scopes == ["parts:report", "parts:read"]
    short = client.post(f"{URL}{row.pk}/ngung/", {"_key": key(), "reason": "ngắn"})
    assert short.status_code == 422 and "Ghi lý do" in text(short)
    assert (
        client.post(f"{URL}{row.pk}/ngung/", {"_key": key(), "reason": "Bộ đã dừng hệ thống."}).status_code
        == 302
    )
    page = text(client.get(f"{URL}{row.pk}/"))
    assert "Đã ngừng" in page and "Tạo khóa mới" in page and "Ngừng kết nối</button>" not in page
    acts = [entry.act for entry in traces.entries(row.pk)]
    assert acts == ["partner_add", "partner_secret", "partner_change", "partner_off"]


def test_procedure_control_looks_and_does_not_touch_and_others_see_nothing() -> None:
    row = connected()
    client, officer = signed_in(somebody(Role.KSTT)), signed_in(group().counter())
    page = text(client.get(f"{URL}{row.pk}/"))
    assert row.name in page and "/khoa/" not in page and "/ngung/" not in page
    before = traces.everything()
    assert client.post(f"{URL}{row.pk}/khoa/", {"_key": key()}).status_code == 403
    for path in ("", "tin/", f"{row.pk}/", "them/"):
        assert officer.get(f"{URL}{path}").status_code == 403, path
    assert traces.everything() == before


def test_the_log_shows_what_failed_masked_and_it_is_sent_again() -> None:
    connected(address="https://bo.example.vn/nhan")
    child = part(group(), "khai_sinh")
    event = traces.events(child.subject)[0]
    assert sending.enqueue(
        event_id=event.message_id,
        kind=Kind.OPENED,
        subject=child.subject,
        at=MONDAY,
        real_at=clock.real_now(),
    )

    def refuse(*_: object) -> str:
        raise NotSent(Failure.PERMANENT, "Hệ thống kia từ chối tin (422)")

    sending.send_due(at=MONDAY, real_at=clock.real_now(), send=refuse, line_of=line_of)
    row = Message.objects.get(subject=child.subject)
    client = signed_in(admin())
    page = text(client.get(f"{URL}tin/?q={child.code}&tinh-trang=failed"))
    assert child.code in page and "Không gửi được" in page
    assert "Không có tin nào khớp" in text(client.get(f"{URL}tin/?q={child.code}&tinh-trang=sent"))
    one = text(client.get(f"{URL}tin/{row.pk}/"))
    assert "từ chối tin (422)" in one and child.dossier.owner_name not in one and "•••" in one
    officer = text(signed_in(child.counter()).get(f"/can-bo/ho-so/{child.code}/"))
    assert "không tự gửi lại nữa" in officer and "ghi nhận bằng tay" in officer
    assert client.post(f"{URL}tin/{row.pk}/gui-lai/", {"_key": key()}).status_code == 302
    row.refresh_from_db()
    assert row.state == "queued"
    assert client.post(f"{URL}tin/{row.pk}/gui-lai/", {"_key": key()}).status_code == 409
    assert "Hồ sơ đang chờ gửi" in text(signed_in(child.counter()).get(f"/can-bo/ho-so/{child.code}/"))
    seen = text(signed_in(somebody(Role.KSTT)).get(f"{URL}tin/{row.pk}/"))
    assert child.dossier.owner_name in seen, "procedure control sees the whole province"


def test_a_system_that_follows_all_dossiers_shows_how_many_it_has() -> None:
    client, code = signed_in(admin()), key().replace("-", "_")
    client.post(f"{URL}them/", sent(text(client.get(f"{URL}them/")), **typed(code, scopes="tinh-trang")))
    row = Partner.objects.get(code=code)
    assert row.scopes == ["states:follow"]
    assert "Chưa báo hồ sơ nào" in text(client.get(f"{URL}{row.pk}/"))
    agency = unit(TAN_DAN).code
    for subject, states in ((1, ["sent", "sent"]), (2, ["sent", "queued"])):
        for state in states:
            Message.objects.create(
                partner=row, direction="out", kind="state", message_id=key(), subject=subject, state=state,
                content={"agency": agency}, at=MONDAY, created_at=MONDAY,
            )  # fmt: skip
    page = text(client.get(f"{URL}{row.pk}/"))
    assert "Hồ sơ đã đồng bộ tình trạng" in page and "50%" in page
    partners.switch_off(partner=row.pk, reason="Kiểm thử đã xong.", actor=admin(), key=key(), at=MONDAY)
