"""Rules of notices by tables and properties."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from motcua.kernel.retry import Failure, Retry
from motcua.notifications import rules
from motcua.notifications.rules import Channel, Contact, State, Target

DATA = yaml.safe_load(
    (Path(__file__).parents[2] / "setup" / "province" / "notification_templates.yaml").read_text("utf-8")
)
SMS_BODIES = [record["sms"] for record in DATA["templates"] if "sms" in record]
NOW = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0912 345 678", "0912345678"),
        ("+84 912.345.678", "0912345678"),
        ("84912345678", "0912345678"),
        ("0000000001", "0000000001"),
        ("912345678", ""),
        ("", ""),
        ("không có", ""),
        ("091234567٣", ""),
    ],
)
def test_phone(text: str, expected: str) -> None:
    assert rules.phone(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(" An.Nguyen@Example.com ", "an.nguyen@example.com"), ("an@", ""), ("a@b.vn\nBcc: x@y", ""), ("", "")],
)
def test_email(text: str, expected: str) -> None:
    assert rules.email(text) == expected


def test_channels_follow_what_is_known() -> None:
    everything = Contact(1, True, "0912345678", "a@example.com")
    assert rules.targets([everything], Channel) == [
        Target(1, Channel.PORTAL),
        Target(1, Channel.SMS, "0912345678"),
        Target(1, Channel.EMAIL, "a@example.com"),
    ]
    assert rules.targets([Contact(1, False, "0912345678")], Channel) == [Target(1, Channel.SMS, "0912345678")]
    assert rules.targets([Contact(1, False)], Channel) == []
    assert rules.targets([everything], [Channel.PORTAL]) == [Target(1, Channel.PORTAL)]


def test_a_shared_telephone_rings_once() -> None:
    son = Contact(1, True, "0912345678", "")
    mother = Contact(2, True, "+84912345678", "")
    assert rules.targets([son, mother], Channel) == [
        Target(1, Channel.PORTAL),
        Target(1, Channel.SMS, "0912345678"),
        Target(2, Channel.PORTAL),
    ]


contacts = st.builds(
    Contact,
    st.integers(1, 5),
    st.booleans(),
    st.sampled_from(["", "0912345678", "0912 345 678", "0987654321", "x"]),
    st.sampled_from(["", "a@example.com", "A@example.com", "b@example.com", "x"]),
)


@given(st.lists(contacts, max_size=6), st.sets(st.sampled_from(list(Channel))))
def test_nothing_is_sent_twice(found: list[Contact], offered: set[Channel]) -> None:
    chosen = rules.targets(found, offered)
    reached = [(target.channel, target.address or target.party_id) for target in chosen]
    assert len(set(reached)) == len(reached)
    assert {target.channel for target in chosen} <= offered
    assert all(target.address for target in chosen if target.channel is not Channel.PORTAL)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hồ sơ đã được tiếp nhận", "Ho so da duoc tiep nhan"),
        ("Đường Nguyễn Huệ – số “5”", 'Duong Nguyen Hue - so "5"'),
        ("một\u00a0hai\tba", "mot hai ba"),
        ("{€}", ""),
        ("漢字 ok", "ok"),
    ],
)
def test_gsm(text: str, expected: str) -> None:
    assert rules.gsm(text) == expected


field_values = st.dictionaries(st.sampled_from(list(rules.SMS_FIELDS)), st.text(max_size=200))


@given(st.sampled_from(SMS_BODIES), field_values)
def test_an_sms_is_one_part_whatever_the_values(body: str, values: dict[str, str]) -> None:
    text = rules.render_sms(body, values)
    assert len(text) <= rules.SMS_LENGTH
    assert text.isascii() or set(text) <= set(rules._GSM)
    assert rules.gsm(text) == text


@given(st.sampled_from(SMS_BODIES))
def test_an_sms_names_nobody_and_nothing(body: str) -> None:
    """
    Real values of a dossier leave only code, time and where to ask; no ID number, no person, no procedure.
    """
    values = {
        "code": "000.00.19.H23-231002-0001", "due": "17:00 05/10/2023", "hotline": "1022",
        "site": "dichvucong.haiduong.gov.vn", "procedure": "Cấp Phiếu lý lịch tư pháp", "unit": "Sở Tư pháp",
        "name": "Nguyễn Thị Liên", "personal_id": "030170995247",
    }  # fmt: skip
    text = rules.render_sms(body, values)
    assert "000.00.19.H23-231002-0001" in text
    assert not re.search(r"(?<!\d)(\d{9}|\d{12})(?!\d)", text)
    assert not any(rules.gsm(values[key]) in text for key in ("procedure", "unit", "name", "personal_id"))


@given(st.sampled_from(DATA["templates"]), st.text(max_size=100))
def test_letters_are_nfc_and_titles_one_line(record: dict[str, str], value: str) -> None:
    values = dict.fromkeys(rules.TEXT_FIELDS, value)
    text = rules.render_text(record["portal"], values)
    assert unicodedata.normalize("NFC", text) == text
    assert len(rules.subject_line(record["title"], values).splitlines()) == 1


@pytest.mark.parametrize(
    ("channel", "body", "word"),
    [
        (Channel.SMS, "Hồ sơ {code} về {procedure}", "procedure"),
        (Channel.SMS, "Ông bà {name}: hồ sơ {code}", "name"),
        (Channel.SMS, "Hồ sơ {code} " + "rất dài " * 20, "ký tự"),
        (Channel.EMAIL, "Hồ sơ {code.__class__}", "trường"),
        (Channel.EMAIL, "Hồ sơ {code!r}", "trường"),
        (Channel.EMAIL, "Hồ sơ {code:>9}", "trường"),
        (Channel.EMAIL, "Hồ sơ {0}", "trường"),
        (Channel.EMAIL, "Hồ sơ {code", "ngoặc"),
        (Channel.EMAIL, "  ", "nội dung"),
        (Channel.EMAIL, "Số 030170995247", "định danh"),
        (Channel.EMAIL, unicodedata.normalize("NFD", "Hồ sơ"), "NFC"),
    ],
)
def test_a_template_that_cannot_be_sent_is_refused(channel: Channel, body: str, word: str) -> None:
    with pytest.raises(rules.TemplateInvalid) as refusal:
        rules.check_template(channel, "Thông báo", body)
    assert word.casefold() in refusal.value.message.casefold()


def test_sensitive_procedures_are_not_named() -> None:
    hidden = rules.Sensitivity(frozenset({"LV-X"}), ("HIV", "lý lịch tư pháp"))
    assert hidden.hides("LV-X", "gì cũng được")
    assert hidden.hides("LV-Y", "Cấp Phiếu Lý lịch tư pháp số 1")
    assert not hidden.hides("LV-Y", "Đăng ký khai sinh")


# -- when again --


@pytest.mark.parametrize(
    ("failure", "attempts", "waited", "expected"),
    [
        (Failure.TRANSIENT, 1, timedelta(), timedelta(seconds=20)),
        (Failure.TRANSIENT, 2, timedelta(), timedelta(seconds=40)),
        (Failure.TRANSIENT, 5, timedelta(), timedelta(seconds=320)),
        (Failure.TRANSIENT, 6, timedelta(), None),
        (Failure.PERMANENT, 1, timedelta(), None),
        (Failure.OUTAGE, 0, timedelta(hours=5), timedelta(seconds=15)),
        (Failure.OUTAGE, 0, timedelta(hours=24), None),
    ],
)
def test_when_again(failure: Failure, attempts: int, waited: timedelta, expected: timedelta | None) -> None:
    again = Retry().next(failure, attempts=attempts, queued_at=NOW - waited, at=NOW)
    assert again == (None if expected is None else NOW + expected)


@given(st.integers(1, 1000), st.sampled_from(list(Failure)))
def test_trying_again_lies_ahead_and_ends(attempts: int, failure: Failure) -> None:
    again = Retry(limit=2000).next(failure, attempts=attempts, queued_at=NOW, at=NOW)
    assert again is None or NOW < again <= NOW + timedelta(hours=1)
    assert Retry().next(failure, attempts=attempts, queued_at=NOW - timedelta(days=2), at=NOW) is None


@pytest.mark.parametrize(
    ("state", "delivered", "expected"),
    [
        (State.SENT, True, State.DELIVERED),
        (State.SENT, False, State.FAILED),
        (State.DELIVERED, False, State.DELIVERED),
        (State.BY_PHONE, False, State.BY_PHONE),
        (State.FAILED, True, State.DELIVERED),
    ],
)
def test_receipts(state: State, delivered: bool, expected: State) -> None:
    assert rules.after_receipt(state, delivered) is expected
