"""Events reach every consumer once, in the order of their subject; what fails waits, is retried and seen."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction

from motcua.kernel.actor import SYSTEM, Actor, ActorKind
from motcua.kernel.errors import Replayed
from motcua.platform import clock, idempotency, outbox
from motcua.platform.models import IdempotencyKey, OutboxFailure

AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rang:
    NAME: ClassVar[str] = "tests.rang.v1"
    number: int


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr(outbox, "CONSUMERS", {})
    outbox.consumer(
        "ear",
        topics={Rang.NAME},
        handle=lambda message: taken.append((message.subject, message.payload["number"])),
    )
    return taken


def drained(*, left: int = 0, limit: int = 200) -> None:
    """Hand over all but `left` events; what other tests have open in the same cluster may hold them back a while."""
    while outbox.drain("ear", limit=limit) or outbox.waiting("ear") > left:
        pass


@pytest.mark.django_db(transaction=True)
class TestDrain:
    def test_events_come_once_and_in_order(self, heard: list[tuple[int, int]]) -> None:
        for number in range(5):
            outbox.publish(Rang(number), subject=7)
        assert outbox.waiting("ear") == 5
        drained(limit=2)
        assert heard == [(7, number) for number in range(5)]
        assert outbox.waiting("ear") == 0

    def test_an_open_transaction_is_waited_for_and_never_skipped(self, heard: list[tuple[int, int]]) -> None:
        begun, go = threading.Event(), threading.Event()

        def late() -> None:
            with transaction.atomic():
                outbox.publish(Rang(1), subject=1)
                begun.set()
                go.wait(10)
            connection.close()

        thread = threading.Thread(target=late)
        thread.start()
        assert begun.wait(10)
        outbox.publish(Rang(2), subject=2)
        outbox.drain("ear")
        assert heard == []
        go.set()
        thread.join()
        drained()
        assert heard == [(1, 1), (2, 2)]

    def test_a_rolled_back_act_tells_nothing(self, heard: list[tuple[int, int]]) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            outbox.publish(Rang(1), subject=1)
            raise ZeroDivisionError
        outbox.drain("ear")
        assert heard == []

    def test_a_failure_holds_back_its_own_subject_only(
        self, heard: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = {1}

        def handle(message: outbox.Message) -> None:
            if message.subject in broken:
                raise RuntimeError("gateway away")
            heard.append((message.subject, message.payload["number"]))

        outbox.consumer("ear", topics={Rang.NAME}, handle=handle)
        for subject, number in ((1, 1), (2, 1), (1, 2), (2, 2)):
            outbox.publish(Rang(number), subject=subject)
        drained(left=2)
        assert heard == [(2, 1), (2, 2)]
        assert outbox.waiting("ear") == 2
        assert OutboxFailure.objects.order_by("event_id")[0].error == "RuntimeError: gateway away"
        broken.clear()
        monkeypatch.setattr(clock, "real_now", lambda: datetime.now(UTC) + timedelta(hours=2))
        drained()
        assert heard[2:] == [(1, 1), (1, 2)]
        assert outbox.waiting("ear") == 0

    def test_sent_again_by_hand(self, heard: list[tuple[int, int]]) -> None:
        outbox.publish(Rang(1), subject=1)
        drained()
        with connection.cursor() as cursor:
            cursor.execute("SELECT event_id FROM platform_outboxevent")
            (event_id,) = cursor.fetchone()
        assert outbox.resend("ear", event_id)
        assert not outbox.resend("ear", event_id + 1000)
        drained()
        assert heard == [(1, 1), (1, 1)]


CITIZEN = Actor(kind=ActorKind.CITIZEN, account_id=5)


@pytest.mark.django_db
class TestIdempotency:
    def test_same_key_same_body_answers_with_the_first_subject(self) -> None:
        first = idempotency.take(CITIZEN, "k", "file", {"a": 1}, at=AT)
        with pytest.raises(idempotency.AlreadyDone) as again:
            idempotency.take(CITIZEN, "k", "file", {"a": 1}, at=AT)
        assert again.value.subject == first

    @pytest.mark.parametrize(("operation", "body"), [("file", {"a": 2}), ("accept", {"a": 1})])
    def test_same_key_other_write_is_refused(self, operation: str, body: dict[str, int]) -> None:
        idempotency.take(CITIZEN, "k", "file", {"a": 1}, at=AT)
        with pytest.raises(Replayed):
            idempotency.take(CITIZEN, "k", operation, body, at=AT)
        assert IdempotencyKey.objects.count() == 1

    def test_keys_are_each_actor_s_own(self) -> None:
        assert idempotency.take(CITIZEN, "k", "file", {}, at=AT) != idempotency.take(
            SYSTEM, "k", "file", {}, at=AT
        )

    @pytest.mark.parametrize("key", ["", "x" * 201])
    def test_a_write_without_a_fit_key_is_refused(self, key: str) -> None:
        with pytest.raises(idempotency.MissingKey):
            idempotency.take(CITIZEN, key, "file", {}, at=AT)
