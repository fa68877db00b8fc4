"""Parts handed over to a ministry's system over HTTP: by themselves, with retries, in both directions."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings
from tests.permissions.addresses import somebody

from motcua.catalogue import queries as catalogue
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import MONDAY, Case, key
from motcua.dossiers.tests.test_parts import group, part, settle, states
from motcua.exchange import connectors, queries, tasks
from motcua.exchange.models import Message
from motcua.exchange.operations import partners, sending
from motcua.exchange.rules import MessageNotFound, MessageState, NotResendable, NotTheKeeper
from motcua.exchange.standins.ministry import Access, MinistryStandIn
from motcua.exchange.tests.connection import PDF_RESULT, admin, connected, secret_of
from motcua.kernel.actor import Actor, Role
from motcua.kernel.retry import Sent
from motcua.platform import clock, outbox
from motcua.platform.standins.behaviour import Mode

pytestmark = [pytest.mark.usefixtures("province", "law_of_2026"), pytest.mark.django_db(transaction=True)]
NOON = MONDAY + timedelta(hours=4)


@pytest.fixture
def law_of_2026(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the rule of NĐ 301/2026 on the day the province of the demo stands at, and the clock at noon."""
    usual = catalogue.interlinked
    monkeypatch.setattr(catalogue, "interlinked", lambda code, on: usual(code, date(2026, 10, 1)))
    with clock.at(NOON):
        yield


@pytest.fixture
def ministry(live_server: Any) -> Iterator[MinistryStandIn]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    row = connected(address=f"http://127.0.0.1:{port}")
    access = Access(live_server.url, lambda: {row.code: (row.account.username, secret_of(row))})
    token = settings.PARTNER_TOKENS["*"]
    with MinistryStandIn(port, token=token, access=access, write=lambda _: PDF_RESULT, pause=0) as standin:
        standin.answer_cases(Mode.LOST)
        yield standin


def dispatch() -> None:
    while outbox.drain("exchange") or outbox.waiting("exchange"):
        pass


def ours(case: Case) -> list[Message]:
    return list(Message.objects.filter(subject=case.subject, direction="out").order_by("pk"))


def opened() -> tuple[Case, Case]:
    case = group()
    dispatch()
    return case, part(case, "khai_sinh")


def later(minutes: int) -> Sent:
    return sending.send_due(
        at=NOON,
        real_at=clock.real_now() + timedelta(minutes=minutes),
        send=connectors.send,
        line_of=tasks.line_of,
    )


def test_a_part_goes_over_and_the_answer_is_its_acknowledgement(ministry: MinistryStandIn) -> None:
    _, child = opened()
    assert [one.state for one in ours(child)] == ["queued"] and child.dossier.answer_by is not None
    dispatch()  # handed over again
    assert len(ours(child)) == 1
    assert tasks.drain() == 1 and tasks.drain() == 0
    (row,) = ours(child)
    assert (row.state, row.receipt) == ("sent", f"TN-{row.message_id}")
    case = ministry.cases[-1]
    assert (case.dossier, case.owner) == (child.code, child.dossier.owner_name)
    assert child.dossier.answer_by is None and child.dossier.state == "submitted"
    entry = traces.last(child.subject)
    assert (entry.act, entry.actor_kind, entry.payload["said"]) == ("mirror", "partner", "submitted")


def test_down_then_up_and_nothing_is_sent_twice(ministry: MinistryStandIn) -> None:
    _, child = opened()
    ministry.behave(Mode.DOWN, times=2)
    assert later(0).postponed == 1 and later(1).postponed == 1
    (row,) = ours(child)
    assert (row.attempts, row.state) == (0, "queued") and "kết nối" in row.reason
    contact = queries.contact(child.counter(), child.dossier, NOON)
    assert contact is not None and contact.waits_since is not None and not contact.failed
    assert later(2).sent == 1 and ministry.cases[-1].times == 1
    Message.objects.filter(pk=row.pk).update(state="queued", next_attempt_at=clock.real_now())
    before = len(traces.entries(child.subject))  # died after the answer, before it was noted
    assert later(3).sent == 1 and ministry.cases[-1].times == 2
    assert len(traces.entries(child.subject)) == before


def test_refused_for_good_is_shown_and_sent_again_by_hand(ministry: MinistryStandIn) -> None:
    _, child = opened()
    ministry.behave(Mode.REJECT, times=1)
    assert later(0).failed == 1
    (row,) = ours(child)
    contact = queries.contact(child.counter(), child.dossier, NOON)
    assert contact is not None and contact.failed

    def again(actor: Actor, by: str) -> None:
        sending.resend(message=row.pk, actor=actor, key=by, at=NOON, real_at=clock.real_now())

    before = traces.everything()
    with pytest.raises(MessageNotFound):
        again(child.counter(), key())
    with pytest.raises(NotTheKeeper):
        again(somebody(Role.KSTT), key())
    assert traces.everything() == before
    again(admin(), "again")
    again(admin(), "again")
    assert traces.last(row.partner_id).act == "partner_resend"
    with pytest.raises(NotResendable):
        again(admin(), key())
    assert later(1).sent == 1


@pytest.mark.parametrize("mode", [Mode.BUSY, Mode.BROKEN])
def test_an_error_costs_an_attempt(ministry: MinistryStandIn, mode: Mode) -> None:
    _, child = opened()
    ministry.behave(mode, times=1)
    assert later(0).postponed == 1
    assert [(one.attempts, one.state) for one in ours(child)] == [(1, "queued")]
    assert later(1).sent == 1


def test_without_an_address_or_switched_off_nothing_is_queued() -> None:
    connected(address="")
    row = queries.deciding(part(group(), "khai_sinh").dossier.mirrored, NOON)
    assert row is not None
    terms = partners.Terms(row.scopes, row.statuses, "", row.valid_from)
    partners.change(partner=row.pk, terms=terms, actor=admin(), key=key(), at=NOON)
    _, child = opened()
    assert ours(child) == []


def test_the_ministry_fetches_the_papers_takes_the_part_in_and_gives_its_result(
    ministry: MinistryStandIn,
) -> None:
    ministry.answer_cases(Mode.OK)
    case, child = opened()
    assert tasks.drain() == 1
    ministry.__exit__(None, None, None)  # its worker ends when what it has is done
    told = ministry.cases[-1]
    assert told.fetched == len(told.papers) and [line.split(":")[0] for line in told.told] == [
        "Trạng thái 2", "Trạng thái 9",
    ], told.told  # fmt: skip
    assert child.dossier.state == "processed"
    settle()
    assert states(case) == {"khai_sinh": "processed", "thuong_tru": "submitted", "the_bhyt": "submitted"}
    found = queries.messages(admin(), queries.MessageFilters(text=child.code))
    assert [one.state for one in found] == [MessageState.APPLIED, MessageState.APPLIED, MessageState.SENT]
