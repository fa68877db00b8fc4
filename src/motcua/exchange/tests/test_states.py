"""The state of every dossier told to a system that follows them all, over HTTP: in order, once, in its own numbers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings

from motcua.catalogue import queries as catalogue
from motcua.dossiers import events, operations
from motcua.dossiers.tests.factories import MONDAY, RECOGNITION, WORDS, Case, counter, key
from motcua.exchange import connectors, handlers, queries, tasks
from motcua.exchange.models import Message, Partner
from motcua.exchange.operations import partners, sending
from motcua.exchange.operations.partners import Terms
from motcua.exchange.standins.ministry import Access, MinistryStandIn
from motcua.exchange.tests.connection import admin
from motcua.organisation import queries as organisation
from motcua.platform import clock, outbox
from motcua.platform.models import OutboxEvent
from motcua.platform.standins.behaviour import Mode

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def portal() -> Iterator[tuple[Partner, MinistryStandIn]]:
    """A system that follows all dossiers, and where its messages go."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    code = key().replace("-", "_")
    terms = Terms(["states:follow"], "dvcqg", f"http://127.0.0.1:{port}", date(2023, 1, 1))
    number = partners.add(
        code=code, name=f"Cổng theo dõi {code}", terms=terms, actor=admin(), key=key(), at=MONDAY
    )
    access = Access("http://127.0.0.1:1", dict)
    standin = MinistryStandIn(
        port, token=settings.PARTNER_TOKENS["*"], access=access, write=lambda _: b"", pause=0
    )
    with clock.at(MONDAY), standin:
        yield Partner.objects.get(pk=number), standin
    partners.switch_off(partner=number, reason="Kiểm thử đã xong.", actor=admin(), key=key(), at=MONDAY)


def dispatch() -> None:
    while outbox.drain("exchange") or outbox.waiting("exchange"):
        pass


def told(case: Case) -> list[Message]:
    return list(Message.objects.filter(subject=case.subject, kind="state").order_by("pk"))


def numbers(case: Case) -> list[int]:
    return [row.content["status"] for row in told(case)]


def send(minutes: int = 0) -> int:
    real = clock.real_now() + timedelta(minutes=minutes)
    return sending.send_due(at=MONDAY, real_at=real, send=connectors.send, line_of=tasks.line_of).total


def test_each_change_is_told_once_in_order_in_the_numbers_of_that_system(
    portal: tuple[Partner, MinistryStandIn],
) -> None:
    partner, standin = portal
    case = Case.taken_in(RECOGNITION)
    case.forward()
    case.process()
    case.hand_over()
    dispatch()
    for message in outbox_of(case):
        handlers.on_event(message)  # handed over again
    known = {state: number for state, (number, _) in catalogue.status_map("dvcqg", MONDAY.date()).items()}
    states = ["submitted", "accepted", "in_process", "processed", "returned"]
    assert numbers(case) == list(dict.fromkeys(known[state] for state in states))
    rows = told(case)
    assert rows[-1].content["due_at"] == rows[1].content["due_at"] is not None
    assert {row.content["agency"] for row in rows} == {
        organisation.root_of_agency(case.dossier.agency_id).code
    }
    personal = {case.dossier.owner_name, case.dossier.owner_number, case.dossier.owner_phone} - {""}
    assert not any(value in str(row.content) for row in rows for value in personal)
    while send():
        pass
    assert [row.state for row in told(case)] == ["sent"] * len(rows)
    standin.rest()
    assert [one.procedure for one in standin.cases] == [row.content["status_name"] for row in rows]
    assert {one.times for one in standin.cases} == {1}
    (found,) = queries.in_step(admin(), partner.pk, MONDAY)
    assert (found.told, found.in_step, found.share) == (1, 1, 100)
    assert found.agency == organisation.root_of_agency(case.dossier.agency_id).code


def outbox_of(case: Case) -> list[outbox.Message]:
    return [
        outbox.Message(
            row.event_id, row.message_id, row.topic, row.subject, row.seq, row.payload, row.created_at
        )
        for row in OutboxEvent.objects.filter(subject=case.subject).order_by("seq")
    ]


def test_what_is_not_through_holds_the_next_and_is_seen(portal: tuple[Partner, MinistryStandIn]) -> None:
    partner, standin = portal
    case = Case.taken_in(RECOGNITION)
    dispatch()
    standin.behave(Mode.DOWN, times=1)
    assert send() == 1
    case.act(operations.withdraw, reason=WORDS)
    dispatch()
    states = [row.state for row in told(case)]
    assert set(states) == {"queued"} and len(states) >= 2
    (found,) = queries.in_step(admin(), partner.pk, MONDAY)
    assert (found.told, found.in_step) == (1, 0)
    for minute in range(5, 10):
        send(minute)
    assert [row.state for row in told(case)] == ["sent"] * len(states)
    assert [one.procedure for one in standin.cases] == [row.content["status_name"] for row in told(case)]
    assert [one.share for one in queries.in_step(admin(), partner.pk, MONDAY)] == [100]


def test_only_who_looks_after_connections_sees_how_far_it_is(portal: tuple[Partner, MinistryStandIn]) -> None:
    Case.taken_in(RECOGNITION)
    dispatch()
    assert queries.in_step(counter(), portal[0].pk, MONDAY) == []


def test_nothing_is_told_to_a_system_without_the_right_or_no_longer_in_force() -> None:
    case = Case.taken_in(RECOGNITION)
    dispatch()
    assert told(case) == []
    national = Partner.objects.get(code="dvcqg")
    assert national.valid_from > MONDAY.date() and national.scopes == ["states:follow"]


def test_every_event_of_a_dossier_is_listened_to() -> None:
    def below(kind: type[Any]) -> set[type[Any]]:
        return {found for one in kind.__subclasses__() for found in (one, *below(one))}

    names = {kind.NAME for kind in below(events.DossierEvent)}
    assert names <= handlers.TOPICS


def test_who_follows_is_asked_once_for_a_batch_and_again_when_a_connection_changes(
    django_assert_max_num_queries: Any,
) -> None:
    queries.forget_followers()
    with django_assert_max_num_queries(1):
        for _ in range(50):
            known = queries.followers(MONDAY)
    code = key().replace("-", "_")
    terms = Terms(["states:follow"], "dvcqg", "https://cong.example.vn/nhan", date(2023, 1, 1))
    number = partners.add(code=code, name=f"Cổng {code}", terms=terms, actor=admin(), key=key(), at=MONDAY)
    assert number in {row.pk for row in queries.followers(MONDAY)} - {row.pk for row in known}
    partners.switch_off(partner=number, reason="Kiểm thử đã xong.", actor=admin(), key=key(), at=MONDAY)
    assert number not in {row.pk for row in queries.followers(MONDAY)}
    handlers.after_batch([])
    with django_assert_max_num_queries(1):
        queries.followers(MONDAY)
