"""The reader on a real ledger: counted once, nothing skipped, equal to plain SQL and to a rebuild."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from motcua.dossiers.rules import Act, State
from motcua.evaluation import operations, queries
from motcua.evaluation.models import Reading, Stock, Tally
from motcua.evaluation.queries import Sort
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, DutyRef, DutyScope, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import NotFound
from motcua.organisation import queries as organisation
from motcua.platform import dispatcher, ledger, outbox

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime(2023, 10, 2, 8, 0, tzinfo=LOCAL)
DUE = datetime(2023, 10, 5, 17, 0, tzinfo=LOCAL)
LEADER = Actor(
    ActorKind.STAFF,
    1,
    duties=(DutyRef(1, 1, 1, Role.PROVINCE_LEADER, DutyScope.PROVINCE),),
    province_wide=True,
)


def head_of(*units: int) -> Actor:
    return Actor(
        ActorKind.STAFF, 2, duties=(DutyRef(2, units[0], 1, Role.AGENCY_HEAD),), unit_ids=frozenset(units)
    )


class Life:
    """One subject's chain, written entry by entry."""

    def __init__(
        self, subject: int, unit: int = 11, procedure: str = "TT-1", channel: str = "online"
    ) -> None:
        self.subject, self.unit, self.procedure, self.channel = subject, unit, procedure, channel
        self.head = ledger.Entry(0, ledger.START)
        self.state: str | None = None
        self.due: datetime | None = None

    def go(self, state: str | None, at: datetime, *, act: str = "x", due: datetime | None = None) -> None:
        due = due or self.due
        moved = state is not None
        facts = ledger.Facts(
            agency_id=1, unit_id=self.unit, officer_id=5, procedure_code=self.procedure, channel=self.channel,
            state_before=self.state if moved else None, state_after=state,
            due_before=self.due if moved else None, due_after=due if moved else None,
        )  # fmt: skip
        self.head = ledger.append(
            subject=self.subject, seq=self.head.seq, prev=self.head.hash, act=act, actor=SYSTEM, duty=None,
            at=at, facts=facts, payload={},
        )  # fmt: skip
        if moved:
            self.state, self.due = state, due


def tallied() -> dict[str, int]:
    total: dict[str, int] = {}
    for measure, value in Tally.objects.values_list("measure", "value"):
        total[measure] = total.get(measure, 0) + value
    return total


def catch_up(limit: int = 1000) -> int:
    """Read everything; an open transaction anywhere on the server holds the reader up for a while."""
    total, end = 0, time.monotonic() + 60
    while queries.behind():
        total += operations.catch_up(limit)
        assert time.monotonic() < end, "the figures stay behind"
    return total


@contextmanager
def second_connection() -> Iterator[psycopg.Connection[Any]]:
    settings = connection.settings_dict
    other = psycopg.connect(
        dbname=settings["NAME"], user=settings["USER"], host=settings["HOST"], port=settings["PORT"] or None,
        password=settings["PASSWORD"] or None,
    )  # fmt: skip
    try:
        yield other
    finally:
        other.close()


def test_a_whole_life_is_counted_once() -> None:
    life = Life(1)
    life.go(State.SUBMITTED, MONDAY, act=Act.FILE)
    life.go(State.ACCEPTED, MONDAY + timedelta(hours=1), act=Act.ACCEPT, due=DUE)
    life.go(State.IN_PROCESS, MONDAY + timedelta(hours=2), act=Act.FORWARD)
    life.go(None, MONDAY + timedelta(hours=3), act="reprint")
    life.go(State.PROCESSED, MONDAY + timedelta(days=1), act=Act.DECIDE)
    life.go(State.RETURNED, MONDAY + timedelta(days=2), act=Act.RETURN_RESULT)
    assert catch_up(limit=2) == 6
    assert operations.catch_up() == 0
    assert tallied() == {
        "filed": 1, "received": 1, "handled_early": 1, "results_ready": 1, "returned": 1,
        "forwarded_electronically": 1,
    }  # fmt: skip
    assert not Stock.objects.exists()
    assert Tally.objects.get(measure="handled_early").day == date(2023, 10, 3)
    assert queries.differences() == []


def test_the_stock_follows_the_dossier_and_falls_overdue_without_an_entry() -> None:
    running, waiting = Life(1, unit=11), Life(2, unit=12)
    for life in (running, waiting):
        life.go(State.ACCEPTED, MONDAY, due=DUE)
    waiting.go(State.SUPPLEMENT_REQUESTED, MONDAY + timedelta(hours=1), act=Act.REQUEST_SUPPLEMENT)
    running.unit = 13  # somebody of another unit acts: the dossier still counts where it was received
    running.go(State.IN_PROCESS, MONDAY + timedelta(hours=2), act=Act.FORWARD)
    catch_up()
    before = queries.figures(LEADER, day=MONDAY.date(), at=DUE)
    after = queries.figures(LEADER, day=MONDAY.date(), at=DUE + timedelta(seconds=1))
    assert (before.total.open, before.total.overdue, before.total.waiting) == (2, 0, 1)
    assert (after.total.open, after.total.overdue, after.total.waiting) == (2, 1, 1)
    assert {row.id: row.counts.open for row in after.rows} == {11: 1, 12: 1}
    assert queries.differences() == []


def test_withdrawn_while_waiting_is_measured_at_the_start_of_the_pause() -> None:
    life = Life(1)
    life.go(State.ACCEPTED, MONDAY, due=DUE)
    life.go(State.SUPPLEMENT_REQUESTED, DUE - timedelta(hours=1), act=Act.REQUEST_SUPPLEMENT)
    life.go(State.WITHDRAWN, DUE + timedelta(days=9), act=Act.WITHDRAW)
    catch_up()
    assert tallied()["handled_on_time"] == 1
    assert queries.differences() == []


def test_a_late_commit_is_not_skipped() -> None:
    """The first transaction takes the lower number and commits last."""
    early = Life(1)
    with second_connection() as other:
        other.execute("SELECT pg_current_xact_id()")  # holds the lower transaction open
        late_row = (
            "INSERT INTO platform_ledgerentry (subject, seq, act, schema, actor_kind, account_id, unit_id,"
            " state_after, due_after, occurred_at, at, recorded_at, payload, prev, hash)"
            " VALUES (2, 1, 'accept', 1, 'system', 0, 11, 'accepted', %s, %s, %s, now(), '{}', '', '')"
        )
        other.execute(late_row, [DUE, MONDAY, MONDAY])
        early.go(State.ACCEPTED, MONDAY, due=DUE)  # higher transaction, committed at once
        assert operations.catch_up() == 0, "nothing beyond an open transaction is read"
        other.commit()
        assert catch_up() == 2
    assert tallied()["received"] == 2
    assert queries.differences() == []


def test_a_rolled_back_batch_counts_nothing_and_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    Life(1).go(State.ACCEPTED, MONDAY, due=DUE)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(operations, "_add_stock", broken)
        with pytest.raises(RuntimeError):
            operations.catch_up()
    assert not Tally.objects.exists()
    assert catch_up() == 1
    assert tallied()["received"] == 1


def random_lives(seed: int, count: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    endings = [State.PROCESSED, State.WITHDRAWN, State.STOPPED, State.VOID]
    for subject in range(1, count + 1):
        life = Life(
            subject, chance.randint(1, 4), f"TT-{chance.randint(1, 3)}", chance.choice(["online", "direct"])
        )
        at = MONDAY + timedelta(minutes=chance.randint(0, 20_000))
        states: list[State | None] = [State.SUBMITTED] if chance.random() < 0.5 else []
        taken = chance.random() < 0.9
        states.append(State.ACCEPTED if taken else State.NOT_ACCEPTED)
        if taken:
            for _ in range(chance.randint(0, 3)):
                states += [State.IN_PROCESS, State.SUPPLEMENT_REQUESTED, None]
            if chance.random() < 0.6:
                ending = chance.choice(endings)
                states.append(ending)
                if ending is State.PROCESSED:
                    states += chance.choice([[], [State.RETURNED], [State.RETURNED, State.IN_PROCESS]])
        for state in states:
            act = Act.REQUEST_SUPPLEMENT if state is State.SUPPLEMENT_REQUESTED else "x"
            if chance.random() < 0.1:
                life.unit = chance.randint(1, 4)
            due = at + timedelta(hours=chance.randint(1, 90)) if state is State.ACCEPTED else None
            life.go(state, at, act=act, due=due)
            at += timedelta(minutes=chance.randint(1, 4000))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_equals_plain_sql_and_rebuild(seed: int) -> None:
    with transaction.atomic():
        random_lives(seed, 60)
    catch_up(limit=7)
    assert queries.differences() == []
    before = sorted(Tally.objects.values_list("day", "unit_id", "measure", "value"))
    version = queries.version()
    done = operations.rebuild(batch=11)
    assert done.differing == 0
    assert done.entries == Reading.objects.get(live=True).entries
    assert sorted(Tally.objects.values_list("day", "unit_id", "measure", "value")) == before
    assert queries.differences() == []
    assert queries.version() != version
    assert Reading.objects.count() == 1


def test_a_rebuild_repairs_what_was_spoilt() -> None:
    random_lives(9, 10)
    catch_up()
    Tally.objects.update(value=7)
    assert queries.differences()
    assert operations.rebuild().differing > 0
    assert queries.differences() == []


def test_data_of_another_cluster_are_refused() -> None:
    random_lives(9, 2)
    catch_up()
    Reading.objects.update(xid=2**60)
    with pytest.raises(operations.OtherCluster):
        operations.catch_up()


def test_a_leader_sees_all_a_head_their_own_an_officer_nothing() -> None:
    for subject, unit in enumerate((11, 12, 13), 1):
        Life(subject, unit).go(State.ACCEPTED, MONDAY, due=DUE)
    catch_up()

    def units(actor: Actor) -> set[int]:
        return {row.id for row in queries.figures(actor, day=MONDAY.date(), at=MONDAY).rows}

    assert units(LEADER) == {11, 12, 13}
    assert units(head_of(12)) == {12}
    officer = Actor(
        ActorKind.STAFF, 3, duties=(DutyRef(3, 11, 1, Role.ONE_STOP_OFFICER),), unit_ids=frozenset({11})
    )
    for nobody in (officer, Actor(ActorKind.CITIZEN, 4, party_id=1), SYSTEM):
        with pytest.raises(NotFound):
            units(nobody)


def test_the_number_of_statements_does_not_grow(django_assert_num_queries: Any) -> None:
    Life(1, 11).go(State.ACCEPTED, MONDAY, due=DUE)
    catch_up()
    organisation.tree()
    with django_assert_num_queries(3):
        queries.figures(LEADER, day=MONDAY.date(), at=MONDAY)
    for subject in range(2, 22):
        Life(subject, subject + 10).go(State.ACCEPTED, MONDAY, due=DUE)
    catch_up()
    with django_assert_num_queries(3):
        assert len(queries.figures(LEADER, day=MONDAY.date(), at=MONDAY).rows) == 21


def test_sorting_by_every_column() -> None:
    random_lives(4, 40)
    catch_up()
    found = queries.figures(LEADER, day=MONDAY.date() + timedelta(days=2), at=DUE)
    for column in Sort:
        rows = found.sorted(column, descending=True).rows
        if column is not Sort.NAME:
            values = [getattr(row.counts, column.value) for row in rows]
            assert all(one >= other for one, other in pairwise(values))
        assert sorted(row.id for row in rows) == sorted(row.id for row in found.rows)


def test_the_dispatcher_reads_and_announces() -> None:
    with second_connection() as other:
        other.autocommit = True
        other.execute(f"LISTEN {operations.NOTICE}")
        Life(1).go(State.ACCEPTED, MONDAY, due=DUE)
        assert "evaluation" in dispatcher.READERS
        assert "stream" in outbox.CONSUMERS
        while dispatcher.turn() or queries.behind():
            pass
        notices = list(other.notifies(timeout=2, stop_after=1))
    assert [notice.payload for notice in notices] == [queries.version()]
