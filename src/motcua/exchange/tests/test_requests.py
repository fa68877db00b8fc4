"""What is asked about a part goes to the ministry's system, in order and once in effect, and is answered over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from motcua.documents import operations as documents
from motcua.dossiers import operations, passings
from motcua.dossiers.models import MirrorMessage
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, PDF, WORDS, Case, counter
from motcua.dossiers.tests.test_parts import settle
from motcua.exchange import queries, tasks
from motcua.exchange.models import Message
from motcua.exchange.rules import MessageState
from motcua.exchange.standins.ministry import MinistryStandIn
from motcua.exchange.tests.connection import admin
from motcua.exchange.tests.test_outgoing import (
    NOON,
    dispatch,
    later,
    law_of_2026,
    ministry,
    opened,
    ours,
)
from motcua.kernel.actor import SYSTEM
from motcua.platform import clock
from motcua.platform.standins.behaviour import Mode

__all__ = ["law_of_2026", "ministry"]
pytestmark = [pytest.mark.usefixtures("province", "law_of_2026"), pytest.mark.django_db(transaction=True)]


def ask(child: Case, kind: str, *files: int) -> None:
    child.act(
        operations.ask_system, actor=counter(), kind=kind, words=WORDS, file_ids=files, at=NOON,
    )  # fmt: skip
    dispatch()


def kinds(child: Case) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in ours(child)]


def test_requests_follow_the_part_in_order_and_each_is_acknowledged(ministry: MinistryStandIn) -> None:
    _, child = opened()
    ask(child, "withdrawal")
    assert kinds(child) == [("opened", "queued"), ("withdrawal", "queued")]
    ministry.behave(Mode.DOWN, times=1)
    assert later(0).postponed == 1 and kinds(child)[1] == ("withdrawal", "queued")
    assert later(1).sent == 1, "what comes after waits for what comes before"
    (row,) = passings.of_dossier(SYSTEM, child.dossier)
    assert row.acknowledged_at is None, "the receipt of the part is none of the request"
    assert later(2).sent == 1
    (row,) = passings.of_dossier(SYSTEM, child.dossier)
    assert row.acknowledged_at == NOON and row.settled_at is None
    entry = traces.last(child.subject)
    assert (entry.act, entry.payload["acknowledges"], entry.payload["applied"]) == ("mirror", 1, True)
    told = ministry.cases[-1]
    assert (told.kind, told.dossier) == ("withdrawal", child.code)
    dispatch()  # handed over again
    assert len(ours(child)) == 2


def test_sent_again_after_a_killed_sender_it_counts_once(ministry: MinistryStandIn) -> None:
    _, child = opened()
    ask(child, "withdrawal")
    assert later(0).sent == 1 and later(1).sent == 1
    row = ours(child)[1]
    Message.objects.filter(pk=row.pk).update(state="queued", next_attempt_at=clock.real_now())
    before = len(traces.entries(child.subject))
    assert later(2).sent == 1 and ministry.cases[-1].times == 2
    assert len(traces.entries(child.subject)) == before


def test_a_supplement_a_result_and_its_correction(ministry: MinistryStandIn) -> None:
    ministry.answer_cases(Mode.BUSY)
    _, child = opened()
    assert tasks.drain() == 1
    ministry.rest()
    assert child.dossier.state == "supplement_requested", ministry.cases[-1].told
    officer = counter()
    kept = documents.store_upload(actor=officer, name="ro-hon.pdf", data=PDF, at=MONDAY)
    ask(child, "supplement", kept.pk)
    with clock.at(NOON + timedelta(hours=1)):  # the stand-in's clock goes on from that of the message
        assert tasks.drain() == 1
    ministry.rest()
    assert child.dossier.state == "processed", ministry.cases[-1].told
    assert ministry.cases[-1].fetched == 1, "the files of a request are fetched like papers"
    assert passings.of_dossier(SYSTEM, child.dossier)[0].settled_at is not None
    settle()
    ask(child, "correction")
    with clock.at(NOON + timedelta(hours=2)):
        assert tasks.drain() == 1
    ministry.rest()
    assert ministry.cases[-1].told == ["Trạng thái 9: đã ghi nhận"]
    corrected = MirrorMessage.objects.get(dossier_id=child.subject, replaces__isnull=False)
    assert corrected.number.endswith("/ĐC") and child.dossier.state == "processed"
    assert all(one.settled_at for one in passings.of_dossier(SYSTEM, child.dossier))


def test_a_withdrawal_is_done_by_the_ministry(ministry: MinistryStandIn) -> None:
    case, child = opened()
    assert tasks.drain() == 1
    ministry.answer_cases(Mode.OK)
    case.act(operations.withdraw, actor=case.counter(), reason=WORDS, at=NOON)
    dispatch()
    with clock.at(NOON + timedelta(hours=1)):
        assert tasks.drain() == 1
    ministry.rest()
    assert child.dossier.state == "withdrawn"
    settle()
    assert case.dossier.state == "withdrawn"
    found = queries.messages(admin(), queries.MessageFilters(text=child.code))
    assert [one.state for one in found] == [MessageState.APPLIED, MessageState.SENT, MessageState.SENT]


def test_what_waits_too_long_is_an_alarm(ministry: MinistryStandIn) -> None:
    ministry.behave(Mode.DOWN, times=1)
    _, child = opened()
    assert later(0).postponed == 1
    row = ours(child)[0]

    def health(after: timedelta) -> queries.Health:
        real_at = row.created_at + after
        return queries.health(admin(), at=NOON, real_at=real_at)[row.partner_id]

    assert health(timedelta(minutes=9)).trouble == "none"
    assert health(timedelta(minutes=11)).trouble == "interrupted"
    assert health(timedelta(hours=25)).trouble == "unrepaired"
    assert queries.troubled(admin(), at=NOON, real_at=row.created_at + timedelta(hours=1)) == 1
    assert queries.troubled(counter(), at=NOON, real_at=row.created_at + timedelta(hours=1)) == 0
    assert later(30).sent == 1
    after = health(timedelta(hours=1))
    assert (after.trouble, after.waits_since, after.sent, after.in_time, after.share) == (
        "none",
        None,
        1,
        0,
        0,
    )
