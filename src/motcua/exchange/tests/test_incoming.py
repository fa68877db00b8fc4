"""Partners' systems at the door, over HTTP: tokens, scopes, what they tell of parts, told twice, late, wrong."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from motcua.catalogue import queries as catalogue
from motcua.dossiers.models import Component, MirrorMessage
from motcua.dossiers.rules import Act
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, PDF, Case
from motcua.dossiers.tests.test_parts import group, part, settle, states
from motcua.exchange import queries
from motcua.exchange.models import Message, Partner, Token
from motcua.exchange.operations import partners
from motcua.exchange.operations.partners import Terms
from motcua.exchange.queries import MessageFilters
from motcua.exchange.rules import MessageState, PartnerNotFound
from motcua.exchange.tests.connection import admin, connected, secret_of
from motcua.kernel.actor import ActorKind
from motcua.kernel.errors import Invalid
from motcua.platform import clock
from motcua.platform.models import OutboxEvent

pytestmark = [pytest.mark.usefixtures("province", "law_of_2026"), pytest.mark.django_db(transaction=True)]
NOON = MONDAY + timedelta(hours=4)
TOKEN, MESSAGES, FILES = "/api/v1/partner/token", "/api/v1/partner/messages", "/api/v1/partner/files"


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the rule of NĐ 301/2026 on the day the province of the demo stands at, and the clock at noon."""
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))
    with clock.at(NOON):
        yield


def token(row: Partner, secret: str, **more: str) -> Any:
    basic = base64.b64encode(f"{row.account.username}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    return Client().post(TOKEN, {"grant_type": "client_credentials", **more}, headers=headers)


def bearer(row: Partner, **more: str) -> dict[str, str]:
    said = token(row, secret_of(row), **more)
    assert said.status_code == 200, said.content
    return {"Authorization": f"Bearer {said.json()['access_token']}"}


def tell(
    headers: dict[str, str], case: Case, status: int, message: str, minutes: int = 10, **more: Any
) -> Any:
    said_at: datetime = MONDAY + timedelta(minutes=minutes)
    body = {
        "message_id": message,
        "dossier": case.code,
        "status": status,
        "said_at": said_at.isoformat(),
        **more,
    }
    return Client().post(MESSAGES, body, content_type="application/json", headers=headers)


def logged(message: str) -> list[Message]:
    return list(Message.objects.filter(message_id=message, direction="in").order_by("pk"))


def test_a_partner_takes_a_part_in_and_gives_its_result_which_the_next_part_gets() -> None:
    row, case = connected(), group()
    child = part(case, "khai_sinh")
    headers = bearer(row)
    first = tell(headers, child, 2, "BTP-1", 20)
    assert first.json() == {
        "message_id": "BTP-1", "outcome": "applied", "dossier": child.code, "state": "accepted", "again": False,
    }  # fmt: skip
    assert child.dossier.accepted_at == MONDAY + timedelta(minutes=20)
    entry = traces.last(child.subject)
    assert (entry.act, entry.actor_kind, entry.account_id) == (Act.MIRROR, ActorKind.PARTNER, row.account_id)
    sent = Client().post(FILES, {"file": SimpleUploadedFile("khai-sinh.pdf", PDF)}, headers=headers)
    kept = sent.json()
    assert sent.status_code == 201
    result = {"number": "125/2026", "file_id": kept["id"], "sha256": "0" * 64, "signed_by": "Trần Văn Minh"}
    before = traces.everything()
    wrong = tell(headers, child, 9, "BTP-2", 90, result=result)
    assert wrong.status_code == 422 and "result.sha256" in wrong.json()["errors"]
    assert traces.everything() == before, "a refusal leaves nothing behind but its line in the log"
    assert [(one.state, one.code) for one in logged("BTP-2")] == [("refused", "invalid")]
    good = tell(headers, child, 9, "BTP-2", 90, result={**result, "sha256": kept["sha256"]})
    assert good.json()["state"] == "processed"
    settle()
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "submitted", "the_bhyt": "submitted"}
    paper = Component.objects.get(dossier_id=part(case, "the_bhyt").subject, paper="GT-HT-01")
    assert paper.file is not None and paper.file.sha256 == kept["sha256"]
    assert Client().get(f"{FILES}/{kept['id']}", headers=headers).content == PDF


def test_told_twice_late_or_otherwise() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    headers = bearer(row)
    assert tell(headers, child, 4, "M-2", 60).json()["outcome"] == "applied"
    entries = traces.everything()
    again = tell(headers, child, 4, "M-2", 60)
    assert (again.status_code, again.json()["again"]) == (200, True) and traces.everything() == entries
    assert [one.times for one in logged("M-2")] == [2]
    other = tell(headers, child, 8, "M-2", 60)
    assert (other.status_code, other.json()["code"]) == (409, "message_changed")
    assert traces.everything() == entries
    late = tell(headers, child, 5, "M-1", 30)  # told before, came after
    assert late.json() == {
        "message_id": "M-1", "outcome": "kept", "dossier": child.code, "state": "in_process", "again": False,
    }  # fmt: skip
    assert [one.state for one in logged("M-1")] == [MessageState.KEPT]


def test_that_it_has_the_part_ends_the_alarm_and_nothing_else() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    headers = bearer(row)
    assert child.dossier.answer_by is not None
    assert tell(headers, child, 1, "R-1", 5).json()["state"] == "submitted"
    after = child.dossier
    assert (after.answer_by, after.accepted_at, after.state) == (None, None, "submitted")
    assert tell(headers, child, 2, "R-2", 4).json()["outcome"] == "applied", "its own clock said it earlier"
    assert tell(headers, child, 1, "R-3", 9).json()["outcome"] == "kept"


def test_a_clock_a_little_ahead_is_taken_for_now_and_far_ahead_refused() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    headers = bearer(row)
    ahead = int((NOON - MONDAY).total_seconds() // 60) + 3
    assert tell(headers, child, 2, "A-1", ahead).status_code == 200
    assert child.dossier.accepted_at == NOON
    assert tell(headers, child, 4, "A-2", ahead + 60).status_code == 422


def test_wrong_state_wrong_dossier_and_what_another_system_decides() -> None:
    row, case = connected(), group()
    child, headers = part(case, "khai_sinh"), bearer(row)
    theirs = bearer(connected(new="Hệ thống của một bộ khác"))
    before = traces.everything()
    assert tell(headers, child, 6, "W-1").json()["errors"]["status"]
    assert tell(headers, case, 4, "W-2").status_code == 404, "the group itself is not the partner's"
    assert tell(theirs, child, 2, "W-3").status_code == 404
    assert Client().get(f"/api/v1/partner/parts/{child.code}", headers=theirs).status_code == 404
    assert traces.everything() == before and not MirrorMessage.objects.exists()
    assert [one.state for one in Message.objects.order_by("pk")] == ["refused"] * 3


def test_scopes_say_what_a_token_is_for() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    reading = bearer(row, scope="parts:read")
    said = tell(reading, child, 2, "S-1")
    assert (said.status_code, said.json()["code"]) == (403, "scope_missing")
    assert not Message.objects.filter(message_id="S-1").exists()
    told = Client().get(f"/api/v1/partner/parts/{child.code}", headers=reading).json()
    assert told["owner"]["name"] == child.dossier.owner_name and told["state"] == "submitted"
    papers = [one["file"]["file_id"] for one in told["papers"] if one["file"]]
    reporting = bearer(row, scope="parts:report")
    for number in papers:
        assert Client().get(f"{FILES}/{number}", headers=reading).status_code == 200
        assert Client().get(f"{FILES}/{number}", headers=reporting).status_code == 403
    assert token(row, secret_of(row), scope="everything").json()["error"] == "invalid_scope"


def test_tokens_end_with_time_with_the_secret_and_with_the_connection() -> None:
    row, child = connected(new="Hệ thống sắp dừng"), part(group(), "khai_sinh")
    headers = bearer(row)
    Token.objects.update(expires_at=clock.real_now())
    assert tell(headers, child, 2, "T-1").status_code == 401
    headers = bearer(row)
    fresh = partners.renew_secret(partner=row.pk, actor=admin(), key="t-renew", at=NOON)
    assert fresh and tell(headers, child, 2, "T-2").status_code == 401
    assert token(row, secret_of(row)).status_code == 401
    headers = {"Authorization": f"Bearer {token(row, fresh).json()['access_token']}"}
    partners.switch_off(partner=row.pk, reason="Bộ dừng hệ thống cũ.", actor=admin(), key="t-off", at=NOON)
    assert tell(headers, child, 2, "T-3").status_code == 401 and token(row, fresh).status_code == 401
    assert Client().post(MESSAGES, {}, content_type="application/json").status_code == 401
    acts = [entry.act for entry in traces.entries(row.pk)]
    assert acts == [
        "partner_add",
        "partner_secret",
        "partner_secret",
        "partner_sign_in_refused",
        "partner_off",
    ]
    told = OutboxEvent.objects.filter(subject=row.pk, topic="exchange.partner.v1").order_by("seq")
    assert [event.payload["act"] for event in told] == acts


def test_guessing_the_secret_is_stopped_and_stands_in_the_ledger() -> None:
    row = connected(new="Hệ thống bị dò khóa")
    for _ in range(10):
        wrong = token(row, "sai")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert wrong.headers["WWW-Authenticate"]
    assert token(row, secret_of(row)).status_code == 429
    refused = [entry for entry in traces.entries(row.pk) if entry.act == "partner_sign_in_refused"]
    assert len(refused) == 10 and refused[0].payload == {}


def test_what_is_no_request_for_a_token() -> None:
    assert Client().post(TOKEN).json()["error"] == "unsupported_grant_type"
    assert Client().post(TOKEN, {"grant_type": "password"}).status_code == 400
    assert Client().post(TOKEN, {"grant_type": "client_credentials"}).status_code == 401


def test_operators_find_a_message_masked_where_they_do_not_see_the_dossier() -> None:
    row, child = connected(), part(group(), "khai_sinh")
    tell(bearer(row), child, 2, "L-1", note="Bà Nguyễn Thị Hoa đã nộp")
    found = queries.messages(admin(), MessageFilters(text="L-1"))
    assert [one.state for one in found] == [MessageState.APPLIED]
    masked = queries.message(admin(), found[0].id, NOON)
    assert masked.content["note"] == "•••" and masked.content["message_id"] == "L-1" and not masked.open
    assert queries.messages(child.counter(), MessageFilters()) == []


def test_terms_are_checked() -> None:
    good = Terms(["parts:read"], "dvcqg", "https://btp.example.vn/nhan", date(2023, 1, 1))
    assert good.checked()["scopes"] == ["parts:read"]
    for wrong, field in (
        (replace(good, scopes=["parts:all"]), "scopes"),
        (replace(good, statuses="khong_co"), "statuses"),
        (replace(good, address="http://btp.example.vn"), "address"),
        (replace(good, address="https://a:b@btp.example.vn"), "address"),
        (replace(good, valid_to=date(2022, 1, 1)), "valid_to"),
    ):
        with pytest.raises(Invalid) as refusal:
            wrong.checked()
        assert field in refusal.value.errors


def test_only_who_looks_after_the_systems_changes_connections() -> None:
    row = connected()
    officer = part(group(), "khai_sinh").counter()
    before = traces.everything()
    for act in (
        lambda: partners.renew_secret(partner=row.pk, actor=officer, key="n-1", at=NOON),
        lambda: partners.switch_off(
            partner=row.pk, reason="Thử dừng kết nối.", actor=officer, key="n-2", at=NOON
        ),
    ):
        with pytest.raises(PartnerNotFound):
            act()
    assert traces.everything() == before
