"""The ledger cannot be changed by the run-time role, and what is changed behind its back is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from motcua.kernel.actor import SYSTEM
from motcua.platform import ledger, seals, subjects
from motcua.platform.models import LedgerEntry, LedgerPersonal

AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)
Owner = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> dict[int, ledger.Head]:
    known: dict[int, ledger.Head] = {}

    def source() -> Iterator[ledger.Head]:
        yield from known.values()

    monkeypatch.setattr(ledger, "HEAD_SOURCES", {"tests": source})
    return known


def chain(length: int, heads: dict[int, ledger.Head], **extra: object) -> int:
    subject, head = subjects.new(), ledger.Entry(0, ledger.START)
    for number in range(length):
        head = ledger.append(
            subject=subject, seq=head.seq, prev=head.hash, act=f"act{number}", actor=SYSTEM, duty=None, at=AT,
            facts=ledger.Facts(state_after="accepted", due_after=AT), payload={"số": number, **extra},
            personal={"tên": "Nguyễn Thị Ánh"} if number == 0 else None,
        )  # fmt: skip
    heads[subject] = ledger.Head(subject, head.seq, head.hash, f"hồ sơ {subject}")
    return subject


def problems() -> list[tuple[str, int | None, int | None]]:
    return [(p.kind, p.subject, p.seq) for p in seals.verify()]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {column} = {column}",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
@pytest.mark.parametrize(
    "table",
    [
        "platform_ledgerentry", "platform_ledgerentry_default", "platform_ledgerpersonal", "platform_sealedleaf",
        "platform_seal", "platform_outboxevent", "platform_accessnote",
    ],
)  # fmt: skip
def test_run_time_role_can_neither_change_nor_remove(table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied|must be owner"), transaction.atomic():
        connection.cursor().execute(
            statement.format(table, column="no" if table == "platform_seal" else "subject")
        )


@pytest.mark.django_db
def test_partitions_of_every_month_refuse_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT platform_ensure_partitions(30)")
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN"
                       " ('platform_ledgerentry'::regclass, 'platform_outboxevent'::regclass)")  # fmt: skip
        tables = [row[0] for row in cursor.fetchall()]
        assert len(tables) > 60
        for table in tables:
            cursor.execute(
                "SELECT has_table_privilege('motcua_app', %s, 'UPDATE, DELETE, TRUNCATE')", [table]
            )
            assert cursor.fetchone() == (False,), table


@pytest.mark.django_db
def test_entries_chain_and_keep_personal_values_apart(heads: dict[int, ledger.Head]) -> None:
    subject = chain(3, heads)
    entries = list(LedgerEntry.objects.filter(subject=subject).order_by("seq"))
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert bytes(entries[0].prev) == ledger.START
    assert [bytes(e.prev) for e in entries[1:]] == [bytes(e.hash) for e in entries[:2]]
    assert "Ánh" not in str(entries[0].payload)
    side = LedgerPersonal.objects.get(subject=subject, seq=1)
    assert side.values == {"tên": "Nguyễn Thị Ánh"}
    assert ledger.personal_digest(bytes(side.salt), side.values) == bytes(entries[0].personal_digest or b"")
    assert problems() == []


@pytest.mark.django_db(transaction=True)
class TestVerify:
    def test_a_whole_ledger_is_whole(self, heads: dict[int, ledger.Head]) -> None:
        chain(4, heads)
        assert seals.seal() == 4
        chain(2, heads)
        assert seals.seal() == 2
        chain(1, heads)
        assert problems() == []
        call_command("ledger", "verify")

    def test_it_is_read_a_few_rows_at_a_time(
        self, heads: dict[int, ledger.Head], as_owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A first seal over a loaded province has millions of leaves: none of its walks may end at a batch."""
        monkeypatch.setattr(seals, "BATCH", 2)
        subject = chain(5, heads)
        assert seals.seal() == 5
        chain(2, heads)
        assert seals.seal() == 2
        assert problems() == []
        with as_owner():
            behind("DELETE FROM platform_sealedleaf WHERE leaf_no = 3", table="platform_sealedleaf")
        assert ("inserted", subject, 4) in problems()
        assert ("seal", None, 1) in problems()

    @pytest.mark.parametrize("sealed", [True, False])
    def test_a_changed_entry_is_named(
        self, heads: dict[int, ledger.Head], as_owner: Owner, *, sealed: bool
    ) -> None:
        subject, other = chain(3, heads), chain(2, heads)
        if sealed:
            seals.seal()
        with as_owner():
            behind(
                "UPDATE platform_ledgerentry SET state_after = 'returned' WHERE subject = %s AND seq = 2",
                subject,
            )
        assert ("changed", subject, 2) in problems()
        assert other not in {found[1] for found in problems()}
        with pytest.raises(CommandError):
            call_command("ledger", "verify")

    def test_a_changed_and_rehashed_entry_is_named(
        self, heads: dict[int, ledger.Head], as_owner: Owner
    ) -> None:
        subject = chain(1, heads)
        seals.seal()
        entry = LedgerEntry.objects.filter(subject=subject).values(*ledger.HASHED).get()
        entry["act"] = "forged"
        entry["personal_digest"] = bytes(entry["personal_digest"])
        forged = ledger.chain_hash(ledger.START, entry)
        with as_owner():
            behind(
                "UPDATE platform_ledgerentry SET act = 'forged', hash = %s WHERE subject = %s",
                forged,
                subject,
            )
        heads[subject] = ledger.Head(subject, 1, forged, "x")
        assert problems() == [("changed", subject, 1)]

    @pytest.mark.parametrize("sealed", [True, False])
    @pytest.mark.parametrize("seq", [1, 2, 3])
    def test_a_removed_entry_is_named(
        self, heads: dict[int, ledger.Head], as_owner: Owner, seq: int, *, sealed: bool
    ) -> None:
        subject = chain(3, heads)
        if sealed:
            seals.seal()
        with as_owner():
            behind("DELETE FROM platform_ledgerentry WHERE subject = %s AND seq = %s", subject, seq)
        assert ("removed", subject, seq) in problems()

    @pytest.mark.parametrize("head_kept", [True, False])
    def test_a_removed_dossier_is_named(
        self, heads: dict[int, ledger.Head], as_owner: Owner, *, head_kept: bool
    ) -> None:
        subject = chain(2, heads)
        seals.seal()
        with as_owner():
            behind("DELETE FROM platform_ledgerentry WHERE subject = %s", subject)
        if not head_kept:
            del heads[subject]
        found = problems()
        assert {("removed", subject, 1), ("removed", subject, 2)} <= set(found)

    def test_an_inserted_entry_is_named(self, heads: dict[int, ledger.Head], as_owner: Owner) -> None:
        subject = chain(1, heads)
        seals.seal()
        with as_owner():
            behind(
                "INSERT INTO platform_ledgerentry (subject, seq, act, schema, actor_kind, account_id, occurred_at, at,"
                " recorded_at, payload, prev, hash, xid) SELECT subject, 2, 'forged', 1, 'staff', 1, at, at,"
                " recorded_at, '{}', hash, 'x', xid FROM platform_ledgerentry WHERE subject = %s",
                subject,
            )
        found = problems()
        assert ("inserted", subject, 2) in found

    def test_a_forged_seal_is_named(self, heads: dict[int, ledger.Head], as_owner: Owner) -> None:
        chain(1, heads)
        seals.seal()
        with as_owner():
            behind("UPDATE platform_seal SET signature = 'x'", table="platform_seal")
        assert [found[0] for found in problems()] == ["seal"]


def behind(statement: str, *parameters: Any, table: str = "platform_ledgerentry") -> None:
    """Do as somebody with the owner's password would: switch the guard off, forge, switch it on."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, list(parameters))
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
