"""
How often something was tried in vain, by whom and at what, across all processes: guessing is stopped by counting.

A count holds for a window that begins with its first failure. Neither addresses nor codes are kept, only keyed
digests of them. Time here is real time, since this is about machines and not about acts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac


@dataclass(frozen=True, slots=True)
class Tried:
    """Who or what is counted: `scope` names the kind of attempt, `who` an address, a code or a user name."""

    scope: str
    who: str
    most: int
    window: timedelta

    @property
    def digest(self) -> bytes:
        """Return what is stored in place of `who`."""
        return salted_hmac(f"motcua.attempts.{self.scope}", self.who, algorithm="sha256").digest()


def exhausted(counted: Iterable[Tried], at: datetime) -> bool:
    """Tell whether one of them has failed too often in its window (one statement)."""
    rows = list(counted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM unnest(%s::text[], %s::bytea[], %s::int[])"
            " AS asked(scope, who, most) JOIN platform_attempt held"
            " ON held.scope = asked.scope AND held.who = asked.who"
            " AND held.until > %s AND held.failures >= asked.most)",
            [[row.scope for row in rows], [row.digest for row in rows], [row.most for row in rows], at],
        )
        (found,) = cursor.fetchone()
    return bool(found)


def failed(counted: Iterable[Tried], at: datetime) -> None:
    """Count one more failure of each (one statement; always in the same order, so that two never block)."""
    rows = sorted(counted, key=lambda row: (row.scope, row.digest))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_attempt AS held (scope, who, failures, since, until)"
            " SELECT scope, who, 1, %s, until FROM unnest(%s::text[], %s::bytea[], %s::timestamptz[])"
            " AS asked(scope, who, until)"
            " ON CONFLICT (scope, who) DO UPDATE SET"
            " failures = CASE WHEN held.until > excluded.since THEN held.failures + 1 ELSE 1 END,"
            " since = CASE WHEN held.until > excluded.since THEN held.since ELSE excluded.since END,"
            " until = CASE WHEN held.until > excluded.since THEN held.until ELSE excluded.until END",
            [
                at,
                [row.scope for row in rows],
                [row.digest for row in rows],
                [at + row.window for row in rows],
            ],
        )


def forget_old(at: datetime) -> int:
    """Drop counts whose window is over; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM platform_attempt WHERE until < %s", [at])
        return int(cursor.rowcount)
