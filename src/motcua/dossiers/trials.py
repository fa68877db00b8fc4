"""Reading of trials: whose they are, how far each is, what came out, dossier by dossier, and two held side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from motcua.dossiers.models import Trial, TrialLine
from motcua.dossiers.replays import Wanted
from motcua.dossiers.trialfigures import Report, Tally
from motcua.dossiers.trialling import TrialNotFound, TrialState
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.kernel.text import fold
from motcua.platform import access

BATCH: Final = 2000


class Only(StrEnum):
    """Which dossiers of a trial are read."""

    ALL = "all"
    NEWLY_LATE = "newly"
    OPEN = "open"
    NO_LONGER = "no_longer"


_ONLY: Final = {
    Only.ALL: Q(),
    Only.NEWLY_LATE: Q(late_after=True, late_before=False),
    Only.OPEN: Q(open=True, late_after=True),
    Only.NO_LONGER: Q(late_after=False),
}


@dataclass(frozen=True, slots=True)
class View:
    """A trial as lists show it; `own`: the actor began it. `total` is not known before a worker has looked."""

    number: int
    title: str
    begun_by: str
    own: bool
    state: TrialState
    message: str
    looked: int
    total: int | None
    started_at: datetime
    ended_at: datetime | None
    late_before: int
    late_after: int


@dataclass(frozen=True, slots=True)
class Told:
    """A trial with what was tried and what came out so far."""

    view: View
    wanted: Wanted
    report: Report


def _mine(actor: Actor) -> QuerySet[Trial]:
    """Return the trials an actor may read: their own, those of the units where they control procedures."""
    units = {duty.unit_id for duty in actor.duties if duty.role is Role.KSTT}
    if actor.kind is not ActorKind.STAFF or not units:
        return Trial.objects.none()
    return Trial.objects.filter(Q(account_id=actor.account_id) | Q(unit_id__in=units))


def listing(actor: Actor, *, text: str = "", before: int | None = None, size: int = 50) -> list[View]:
    """Return the newest trials that hold the words, at most `size + 1`, those begun before a number."""
    rows = _mine(actor)
    for word in fold(text).split():
        rows = rows.filter(folded__contains=word)
    if before is not None:
        rows = rows.filter(subject__lt=before)
    return [_view(actor, row) for row in rows.defer("wanted", "tally").order_by("-subject")[: size + 1]]


def one(actor: Actor, number: int) -> Told:
    """
    Return a trial.

    :raises TrialNotFound: it is not there, cleared, or not for the actor.
    """
    row = _mine(actor).filter(subject=number).first()
    if row is None:
        raise TrialNotFound
    wanted = Wanted.from_json(row.wanted)
    return Told(_view(actor, row), wanted, Tally.of(wanted.change, row.tally).report())


def lines(
    actor: Actor,
    number: int,
    *,
    only: Only = Only.ALL,
    text: str = "",
    after: tuple[int, int] | None = None,
    size: int = 50,
) -> list[TrialLine]:
    """
    Return dossiers of a trial that are late before or after, the latest first, at most `size + 1`; `after` is the
    lateness and number of the last row before.

    Only those the actor may still see.

    :raises TrialNotFound:
    """
    rows = _lines(actor, number).filter(_ONLY[only])
    if text:
        rows = rows.filter(code__icontains=text)
    if after is not None:
        minutes, dossier = after
        rows = rows.filter(Q(late_minutes__lt=minutes) | Q(late_minutes=minutes, dossier__gt=dossier))
    return list(rows.order_by("-late_minutes", "dossier")[: size + 1])


def every_line(actor: Actor, number: int) -> Iterator[TrialLine]:
    """
    Yield all of them, read bit by bit.

    :raises TrialNotFound:
    """
    after: tuple[int, int] | None = None
    while found := lines(actor, number, after=after, size=BATCH):
        page = found[:BATCH]
        yield from page
        if len(found) <= BATCH:
            return
        after = page[-1].late_minutes, page[-1].dossier


def _lines(actor: Actor, number: int) -> QuerySet[TrialLine]:
    if not _mine(actor).filter(subject=number).exists():
        raise TrialNotFound
    return TrialLine.objects.filter(trial_id=number).extra(  # noqa: S610  (a text of ours; values are parameters)
        where=[access.visible("dossiers_trialline.dossier")], params=access.parameters(actor)
    )


@dataclass(frozen=True, slots=True)
class Overlap:
    """Of two trials: how many dossiers are late by both, by the first alone, by the second alone."""

    both: int
    first: int
    second: int


def overlap(actor: Actor, first: int, second: int) -> Overlap:
    """
    Hold two trials against each other dossier by dossier (one statement).

    :raises TrialNotFound: either is not there, or not for the actor.
    """
    if _mine(actor).filter(subject__in=[first, second]).count() < len({first, second}):
        raise TrialNotFound
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE a.dossier IS NOT NULL AND b.dossier IS NOT NULL),"
            " count(*) FILTER (WHERE b.dossier IS NULL), count(*) FILTER (WHERE a.dossier IS NULL)"
            " FROM (SELECT dossier FROM dossiers_trialline WHERE trial_id = %s AND late_after) a"
            " FULL JOIN (SELECT dossier FROM dossiers_trialline WHERE trial_id = %s AND late_after) b"
            " ON b.dossier = a.dossier",
            [first, second],
        )
        return Overlap(*cursor.fetchone())


def _view(actor: Actor, row: Trial) -> View:
    return View(
        number=row.subject,
        title=row.title,
        begun_by=row.begun_by,
        own=row.account_id == actor.account_id,
        state=TrialState(row.state),
        message=row.message,
        looked=row.looked,
        total=row.total,
        started_at=row.started_at,
        ended_at=row.ended_at,
        late_before=row.late_before,
        late_after=row.late_after,
    )
