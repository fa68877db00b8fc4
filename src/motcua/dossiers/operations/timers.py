"""
Firing timers: warnings are marked, acts are done by the system under the dossier's lock, each once.

Two workers may try at the same time and one may be killed in the middle: the act takes an idempotency key made of the
timer itself, so it is done once or not at all. What fails is kept with its reason and tried again later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from django.db import connection, transaction

from motcua.dossiers import queries, timing
from motcua.dossiers.consulting import NothingLate
from motcua.dossiers.models import Dossier
from motcua.dossiers.models import Timer as TimerRow
from motcua.dossiers.operations import arming, automatic
from motcua.dossiers.operations.common import Done, opened, set_points
from motcua.dossiers.operations.ending import lapse
from motcua.dossiers.operations.extension import draft_extension
from motcua.dossiers.operations.opinions import late_opinion
from motcua.dossiers.rules import OPEN, AlreadyExtended, NotAllowedNow
from motcua.dossiers.timing import Timer
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.errors import Forbidden, NotFound

log = structlog.get_logger(__name__)
LIMIT: Final = 500
FIRE: Final[Mapping[Timer, Callable[..., Done]]] = {
    Timer.LAPSE: lapse,
    Timer.APOLOGY: draft_extension,
    Timer.LATE_OPINION: late_opinion,
}
NOT_NEEDED: Final = (NotAllowedNow, AlreadyExtended, NothingLate)
"""What a timer finds when nothing is wanted: work in time, a draft that is there, a new date, opinions given."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What one round did: warnings shown, acts done, timers that failed."""

    marked: int = 0
    done: int = 0
    failed: int = 0


def fire_due(at: datetime, real: datetime, limit: int = LIMIT) -> Fired:
    """
    Fire what is due: `at` is the clock of the law, `real` the clock of retries.

    Each act is a transaction of its own; one that fails does not hold up the others. The moments that processes
    themselves wait for come after those of the law.
    """
    marked = mark(at)
    done = failed = 0
    for waiting in queries.due_timers(at, real, limit):
        try:
            fire(waiting, at)
            done += 1
        except Exception as fault:  # any failure of an act is kept, shown and tried again
            log.exception("timer_failed", subject=waiting.subject, kind=waiting.kind)
            _failed(waiting, f"{type(fault).__name__}: {fault}", real)
            failed += 1
    came, wrong = automatic.fire_moments(at, real, limit)
    return Fired(marked, done + came, failed + wrong)


def mark(at: datetime) -> int:
    """Show the warnings that are due (one statement): each once, whoever else tries."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_timer SET fired_at = %s WHERE fired_at IS NULL AND due_at <= %s AND kind = ANY(%s)",
            [at, at, sorted(timing.MARKS)],
        )
        return int(cursor.rowcount)


def fire(waiting: queries.DueTimer, at: datetime) -> None:
    """
    Do the act a timer stands for, and mark the timer where its moment stands on after the act.

    A worker killed in between finds the act done by its key and marks the timer then.

    :raises DomainError: the act refuses.
    """
    kind = Timer(waiting.kind)
    try:
        FIRE[kind](code=waiting.code, actor=SYSTEM, key=waiting.key, at=at)
    except NOT_NEEDED:
        if kind is Timer.LAPSE:
            raise
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE dossiers_timer SET fired_at = %s, attempts = 0, next_at = NULL, error = ''"
            " WHERE id = %s AND fired_at IS NULL",
            [at, waiting.id],
        )


def _failed(waiting: queries.DueTimer, error: str, real: datetime) -> None:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT attempts FROM dossiers_timer WHERE id = %s FOR UPDATE", [waiting.id])
        row = cursor.fetchone()
        if row is not None:
            cursor.execute(
                "UPDATE dossiers_timer SET attempts = %s, next_at = %s, error = %s WHERE id = %s",
                [row[0] + 1, real + timing.pause_after(row[0] + 1), error[:500], waiting.id],
            )


def arm(at: datetime, *, after: int = 0, limit: int = LIMIT) -> tuple[int, int]:
    """
    Set the timers of open dossiers that have none: rows from before there were timers, or from elsewhere.

    Returns how many were set in this batch and the last subject looked at (0: none is left). Can run twice.
    """
    with transaction.atomic(durable=True):
        found = list(
            Dossier.objects.filter(state__in=sorted(OPEN), subject__gt=after)
            .exclude(subject__in=TimerRow.objects.values("subject"))
            .select_for_update(no_key=True)
            .order_by("subject")[:limit]
        )
        count = 0
        for dossier in found:
            work = opened(dossier, SYSTEM, at)
            writes = arming.writes(
                dossier.subject,
                before=timing.Watched.of({}),
                after=timing.Watched.of(vars(dossier)),
                calendar=work.calendar,
                **set_points(work),
            )
            with connection.cursor() as cursor:
                for sql, values in writes:
                    cursor.execute(sql, values)
                    count += int(cursor.rowcount)
    return count, found[-1].subject if found else 0


def retry(*, timer_id: int, actor: Actor, real: datetime) -> None:
    """
    Let a timer that failed be tried again at the next round.

    :raises Forbidden: the actor keeps neither procedures nor the system.
    :raises NotFound: it has not failed, has succeeded meanwhile, or is not for this actor.
    """
    if actor.duty(Role.KSTT, Role.ADMIN) is None:
        raise Forbidden
    if all(row.id != timer_id for row in queries.failed_timers(actor)):
        raise NotFound("Việc hẹn giờ này không còn trong danh sách.")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_timer SET next_at = %s WHERE id = %s", [real, timer_id])
