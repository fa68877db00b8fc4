"""From event to message to delivery, on real PostgreSQL and over real HTTP and SMTP."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from motcua.dossiers import events
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, Role
from motcua.kernel.errors import NotFound, Replayed
from motcua.kernel.retry import Failure, NotSent, Sent
from motcua.notifications import handlers, operations, queries, rules
from motcua.notifications.gateways import Gateways, signature, signed
from motcua.notifications.models import Message, Template
from motcua.notifications.rules import Channel, State
from motcua.notifications.standins.mail import MailStandIn
from motcua.notifications.standins.sms import SmsStandIn
from motcua.parties.models import Account, Party, Person
from motcua.platform import access, dispatcher, ledger, outbox
from motcua.platform.standins.behaviour import Mode

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).parents[2] / "setup" / "province" / "notification_templates.yaml"
AT = datetime(2023, 10, 2, 2, 0, tzinfo=UTC)
DUE = datetime(2023, 10, 5, 10, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
CODE = "000.00.19.H23-231002-0001"
TOKEN = "test-token"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    queries.forget()


@pytest.fixture
def templates() -> None:
    operations.load_templates(TEMPLATES)


@pytest.fixture
def sms() -> Iterator[SmsStandIn]:
    with SmsStandIn(free_port(), token=TOKEN) as standin:
        yield standin


@pytest.fixture
def mail() -> Iterator[MailStandIn]:
    with MailStandIn(free_port()) as standin:
        yield standin


@pytest.fixture
def ways(sms: SmsStandIn, mail: MailStandIn) -> Iterator[Gateways]:
    gateways = Gateways(sms_url=sms.url, sms_token=TOKEN, smtp_url=mail.url)
    yield gateways
    gateways.close()


def party(phone: str = "", email: str = "", *, account: bool = False, name: str = "Nguyễn Thị Liên") -> Party:
    person = Person.objects.create(full_name=name, folded=name.lower())
    made = Party.objects.create(
        kind="person", person=person, display_name=name, folded=name.lower(), phone=phone, email=email
    )
    if account:
        Account.objects.create(username=f"c{made.pk}", kind="citizen", party=made, password="!")
    return made


def notice(*parties: Party, topic: str = "dossiers.accepted.v1", unit: int = 11) -> operations.Notice:
    return operations.Notice(
        event_id=uuid.uuid4(), topic=topic, subject=501, code=CODE, at=AT, due_at=DUE,
        party_ids=tuple(one.pk for one in parties), unit_id=unit,
    )  # fmt: skip


def officer(*units: int) -> Actor:
    return Actor(
        ActorKind.STAFF,
        9,
        duties=(DutyRef(1, units[0], 1, Role.ONE_STOP_OFFICER),),
        unit_ids=frozenset(units),
    )


def citizen(of: Party) -> Actor:
    return Actor(ActorKind.CITIZEN, 8, party_id=of.pk)


def only(channel: Channel) -> Message:
    return Message.objects.get(channel=channel)


# -- templates --


def test_templates_load_and_load_again() -> None:
    count = operations.load_templates(TEMPLATES)
    assert operations.load_templates(TEMPLATES) == count == Template.objects.count()


def test_every_event_that_is_listened_to_has_words() -> None:
    operations.load_templates(TEMPLATES)
    assert set(Template.objects.values_list("topic", flat=True)) == handlers.TOPICS


def test_a_bad_file_loads_nothing_and_names_every_fault(tmp_path: Path) -> None:
    bad = tmp_path / "mau.yaml"
    text = TEMPLATES.read_text("utf-8")
    text = text.replace("Hồ sơ {code} đã rút theo yêu cầu.", "Hồ sơ {code} {procedure} đã rút theo yêu cầu.")
    bad.write_text(text.replace("sms_name: MOTCUA-HD", "sms_name: ''"), "utf-8")
    with pytest.raises(rules.TemplateInvalid) as refusal:
        operations.load_templates(bad)
    assert not Template.objects.exists()
    assert any("sms_name" in where for where in refusal.value.errors)
    assert any("procedure" in fault for fault in refusal.value.errors.values())


# -- enqueue --


@pytest.mark.usefixtures("templates")
def test_an_event_makes_one_message_a_channel_however_often_it_comes() -> None:
    said = notice(party("0000000001", "lien@example.com", account=True))
    assert operations.enqueue(said, NOW) == 3
    assert operations.enqueue(said, NOW) == 0
    assert {row.channel: row.state for row in Message.objects.all()} == {
        "portal": "delivered", "sms": "queued", "email": "queued",
    }  # fmt: skip
    text = only(Channel.SMS).text
    assert text.startswith(f"Ho so {CODE} da duoc tiep nhan. Hen tra ket qua: 17:00 05/10/2023.")
    assert len(text) <= 160
    assert "đã tiếp nhận hồ sơ" in only(Channel.EMAIL).text


@pytest.mark.usefixtures("templates")
def test_without_telephone_account_or_template_nothing_is_made() -> None:
    assert operations.enqueue(notice(party()), NOW) == 0
    assert operations.enqueue(notice(party("0000000001"), topic="dossiers.decided.v1"), NOW) == 0


@pytest.mark.usefixtures("templates")
def test_a_merged_party_is_told_through_the_one_that_was_kept() -> None:
    kept, dropped = party("0000000002"), party("0000000001")
    dropped.merged_into = kept
    dropped.save()
    operations.enqueue(notice(dropped, kept), NOW)
    assert list(Message.objects.values_list("party_id", "address")) == [(kept.pk, "0000000002")]


@pytest.mark.django_db(transaction=True)
def test_the_dispatcher_brings_the_event() -> None:
    operations.load_templates(TEMPLATES)
    owner = party("0000000001")
    event = events.Accepted(
        code=CODE, subject=501, at=AT, procedure_version_id=0, owner_party_id=owner.pk,
        submitter_party_id=owner.pk, receiving_unit_id=11, agency_id=1, channel="online", state="accepted",
        due_at=DUE, unit_ids=(11,),
    )  # fmt: skip
    ledger.append(
        subject=501, seq=0, prev=ledger.START, act="accept", actor=SYSTEM, duty=None, at=AT,
        facts=ledger.Facts(unit_id=11), payload={}, event=event,
    )  # fmt: skip
    while dispatcher.turn() or outbox.waiting("notifications"):
        pass  # an open transaction anywhere on the server holds events up for a while
    assert only(Channel.SMS).text.endswith("Hoi: 00000000000")
    assert only(Channel.SMS).unit_id == 11


# -- out of the house --


@pytest.mark.usefixtures("templates")
def test_sent_and_delivered(ways: Gateways, sms: SmsStandIn, mail: MailStandIn) -> None:
    operations.enqueue(notice(party("0000000001", "lien@example.com")), NOW)
    assert operations.send_due(NOW, ways) == Sent(sent=2)
    assert operations.send_due(NOW, ways) == Sent()
    assert [message.to for message in sms.messages] == ["0000000001"]
    letter = mail.letters[0]
    assert letter.title == f"Hồ sơ {CODE} đã được tiếp nhận"
    assert letter.text.startswith("Kính gửi ông/bà,")
    assert operations.poll_receipts(NOW, ways) == 0, "the gateway is given a moment to report by itself"
    assert operations.poll_receipts(NOW + timedelta(minutes=1), ways) == 1
    assert only(Channel.SMS).state == State.DELIVERED
    assert only(Channel.EMAIL).state == State.SENT


@pytest.mark.usefixtures("templates")
def test_refused_for_now_is_tried_again_and_given_up_at_the_limit(ways: Gateways, sms: SmsStandIn) -> None:
    operations.enqueue(notice(party("0000000001")), NOW)
    sms.behave(Mode.BUSY)
    at = NOW
    for attempt in range(1, operations.RETRY.limit + 1):
        result = operations.send_due(at, ways)
        row = only(Channel.SMS)
        assert row.attempts == attempt
        if attempt < operations.RETRY.limit:
            assert result.postponed == 1
            assert operations.send_due(at, ways).total == 0
            at = row.next_attempt_at or at
    assert row.state == State.FAILED
    assert "503" in row.error
    assert not sms.messages


@pytest.mark.usefixtures("templates")
def test_refused_for_good_fails_at_once(ways: Gateways, sms: SmsStandIn, mail: MailStandIn) -> None:
    sms.behave(Mode.REJECT)
    mail.behave(Mode.REJECT)
    operations.enqueue(notice(party("0000000001", "lien@example.com")), NOW)
    assert operations.send_due(NOW, ways) == Sent(failed=2)
    assert set(Message.objects.values_list("state", flat=True)) == {State.FAILED}


@pytest.mark.usefixtures("templates")
def test_an_outage_costs_no_attempt_and_nothing_is_lost() -> None:
    port, mail_port = free_port(), free_port()
    ways = Gateways(
        sms_url=f"http://127.0.0.1:{port}", sms_token=TOKEN, smtp_url=f"smtp://127.0.0.1:{mail_port}"
    )
    operations.enqueue(notice(party("0000000001", "lien@example.com")), NOW)
    for minute in range(20):
        assert operations.send_due(NOW + timedelta(minutes=minute), ways).postponed == 2
    assert set(Message.objects.values_list("attempts", flat=True)) == {0}
    with SmsStandIn(port, token=TOKEN) as sms, MailStandIn(mail_port) as mail:
        assert operations.send_due(NOW + timedelta(minutes=30), ways).sent == 2
        assert len(sms.messages) == len(mail.letters) == 1
    ways.close()


@pytest.mark.usefixtures("templates")
def test_a_day_of_outage_ends_on_the_desk() -> None:
    ways = Gateways()
    operations.enqueue(notice(party("0000000001")), NOW)
    assert operations.send_due(NOW + timedelta(hours=24), ways).failed == 1
    assert [shown.error for shown in queries.failed(officer(11))] == ["Kênh gửi chưa được cấu hình"]


@pytest.mark.usefixtures("templates")
def test_a_slow_gateway_is_waited_for(ways: Gateways, sms: SmsStandIn) -> None:
    sms.behave(Mode.SLOW, delay_seconds=0.3)
    operations.enqueue(notice(party("0000000001")), NOW)
    assert operations.send_due(NOW, ways).sent == 1


@pytest.mark.usefixtures("templates")
def test_a_killed_sender_does_not_send_twice(ways: Gateways, sms: SmsStandIn) -> None:
    """The process dies after the gateway took the message and before that was written down."""
    operations.enqueue(notice(party("0000000001")), NOW)
    ((envelope, _),) = operations._claim(NOW, 10)
    ways.send(envelope)
    assert operations.send_due(NOW + timedelta(minutes=1), ways).total == 0, "still claimed"
    assert operations.send_due(NOW + timedelta(minutes=4), ways).sent == 1
    assert len(sms.messages) == 1


@pytest.mark.usefixtures("templates")
def test_a_lost_claim_writes_nothing(ways: Gateways) -> None:
    operations.enqueue(notice(party("0000000001")), NOW)
    ((_, stale),) = operations._claim(NOW, 10)
    assert operations.send_due(NOW + timedelta(minutes=4), ways).sent == 1
    operations._record(stale, NotSent(Failure.PERMANENT, "late news"), NOW)
    assert only(Channel.SMS).state == State.SENT


@pytest.mark.usefixtures("templates")
def test_played_history_is_never_sent(ways: Gateways, sms: SmsStandIn) -> None:
    operations.enqueue(notice(party("0000000001", "lien@example.com")), NOW, settled=True)
    assert only(Channel.SMS).state == State.DELIVERED
    assert only(Channel.EMAIL).state == State.SENT
    assert operations.send_due(NOW, ways).total == 0
    assert not sms.messages


@pytest.mark.usefixtures("templates")
def test_an_event_costs_the_same_few_statements(django_assert_max_num_queries: Any) -> None:
    owner = party("0000000001", "lien@example.com", account=True)
    operations.enqueue(notice(owner), NOW)
    with django_assert_max_num_queries(7):
        operations.enqueue(notice(owner), NOW)


# -- what became of it --


@pytest.mark.usefixtures("templates")
def test_a_number_that_is_not_reached_comes_to_the_desk_and_is_called(
    ways: Gateways, sms: SmsStandIn
) -> None:
    sms.behave(Mode.LOST)
    operations.enqueue(notice(party("0000000001")), NOW)
    operations.send_due(NOW, ways)
    operations.poll_receipts(NOW + timedelta(minutes=1), ways)
    (shown,) = queries.failed(officer(11))
    assert (shown.error, shown.address) == ("Thuê bao không liên lạc được", "000•••••01")
    assert queries.failed(officer(12)) == []
    access.grant(501, units=[11], scope="receive")
    assert queries.address(shown.id, officer(11), AT) == "0000000001"
    with pytest.raises(NotFound):
        queries.address(shown.id, officer(12), AT)

    def call(actor: Actor, key: str, note: str = "Đã báo chị Liên") -> Message:
        return operations.record_phone_call(message_id=shown.id, actor=actor, key=key, at=AT, note=note)

    with pytest.raises(NotFound):
        call(officer(12), "k1")
    assert call(officer(11), "k1").state == State.BY_PHONE
    assert call(officer(11), "k1").state == State.BY_PHONE, "a double click is one call"
    with pytest.raises(Replayed):
        call(officer(11), "k1", "khác")
    with pytest.raises(rules.NotPhoneable):
        call(officer(11), "k2")
    assert queries.failed(officer(11)) == []


@pytest.mark.usefixtures("templates")
def test_sending_again(ways: Gateways, sms: SmsStandIn) -> None:
    access.grant(501, units=[11], scope="receive")
    sms.behave(Mode.REJECT, times=1)
    operations.enqueue(notice(party("0000000001")), NOW)
    operations.send_due(NOW, ways)
    row = only(Channel.SMS)
    operations.resend(message_id=row.id, actor=officer(11), key="k", at=NOW)
    assert operations.send_due(NOW, ways).sent == 1
    with pytest.raises(rules.NotResendable):
        operations.resend(message_id=row.id, actor=officer(11), key="k2", at=NOW)


@pytest.mark.usefixtures("templates")
def test_receipts_are_taken_once(ways: Gateways) -> None:
    operations.enqueue(notice(party("0000000001")), NOW)
    operations.send_due(NOW, ways)
    provider = only(Channel.SMS).provider_id
    assert operations.record_receipt(provider, delivered=True, error="", at=NOW)
    assert not operations.record_receipt(provider, delivered=False, error="late", at=NOW)
    assert not operations.record_receipt("", delivered=True, error="", at=NOW)
    assert only(Channel.SMS).state == State.DELIVERED


def test_reports_are_signed() -> None:
    body = b'{"message_id":"x"}'
    assert signed(TOKEN, body, signature(TOKEN, body))
    assert not signed(TOKEN, body + b" ", signature(TOKEN, body))
    assert not signed("", body, signature("", body))


# -- who sees what --


@pytest.mark.usefixtures("templates")
def test_citizens_see_their_own_messages_and_nobody_without_duty_any(django_assert_num_queries: Any) -> None:
    mine, other = party("0000000001", account=True), party("0000000002", account=True)
    operations.enqueue(notice(mine), NOW)
    operations.enqueue(notice(other), NOW)
    with django_assert_num_queries(1):
        (shown,) = queries.own(citizen(mine))
    assert queries.unread_count(citizen(mine)) == 1
    operations.mark_read(message_id=shown.id, actor=citizen(mine), at=AT)
    assert queries.unread_count(citizen(mine)) == 0
    with pytest.raises(NotFound):
        operations.mark_read(message_id=shown.id, actor=citizen(other), at=AT)
    nobody = Actor(ActorKind.STAFF, 7)
    for actor in (nobody, Actor(ActorKind.ANONYMOUS, 0), Actor(ActorKind.CITIZEN, 6)):
        assert queries.of_subject(actor, 501) == queries.failed(actor) == queries.own(actor) == []
        assert queries.failed_count(actor) == queries.unread_count(actor) == 0
    access.grant(501, units=[11], scope="receive")
    assert len(queries.of_subject(officer(11), 501)) == 4
