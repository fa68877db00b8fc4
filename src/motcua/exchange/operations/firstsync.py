"""
The first synchronisation with a portal: what was there before the connection, told dossier by dossier (R-063).

An administrator begins it as an act. The process that sends goes on with it, a bounded batch at a time and never more
than so many messages ahead of the sending, so that what happens meanwhile is not held up; killed, it goes on behind
the last dossier it queued.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from motcua.dossiers.models import Dossier
from motcua.dossiers.rules import LIVE, State
from motcua.exchange import queries
from motcua.exchange.models import Counterpart, FirstSync, Message, Partner
from motcua.exchange.operations import partners, reconciling
from motcua.exchange.rules import Direction, FirstSyncRunning, FirstSyncState, MessageState, NotAPortal, Scope
from motcua.kernel.actor import Actor
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.platform import idempotency

BATCH = 50
AHEAD = 200
"""So many messages of a partner may wait at most when another batch is queued."""


def begin(
    *, partner: int, since: date | None, until: date | None, actor: Actor, key: str, at: datetime
) -> int:
    """
    Begin to tell every dossier that is open, and those that ended from `since` to `until` (both or none).

    Dossiers the portal was told of already are left out. Returns how many there are to tell.

    :raises PartnerNotFound, NotTheKeeper, SwitchedOff, NotAPortal, FirstSyncRunning, Invalid, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            body = {"since": since, "until": until}
            idempotency.take(actor, key, "exchange.first_sync", [partner, body], at=at, subject=partner)
            row, duty = partners.kept(partner, actor)
            if (since is None) != (until is None):
                raise Invalid(errors={"until": "Ghi cả hai ngày, hoặc để trống cả hai."})
            if since is not None and until is not None and until < since:
                raise Invalid(errors={"until": "Ngày cuối phải sau ngày đầu."})
            spoken = queries.spoken(row.code, at.astimezone(LOCAL).date())
            if spoken is None or Scope.STATES.value not in row.scopes:
                raise NotAPortal
            if FirstSync.objects.filter(partner=row, state=FirstSyncState.RUNNING.value).exists():
                raise FirstSyncRunning
            made = FirstSync(
                partner=row, since=since, until=until, started_by=actor.name, started_at=at,
                state=FirstSyncState.RUNNING.value, total=0,
            )  # fmt: skip
            made.total = _wanted(made).count()
            made.save()
            told = {"since": since, "until": until, "total": made.total}
            partners.note(row.pk, "partner_first_sync", actor, duty, at, told)
            return made.total
    except idempotency.AlreadyDone:
        return 0


def _wanted(run: FirstSync) -> QuerySet[Dossier]:
    """Return the dossiers of a run that are still to be told."""
    which = Q(state__in=[str(state) for state in LIVE])
    if run.since is not None and run.until is not None:
        first = datetime.combine(run.since, time(), LOCAL)
        which |= Q(
            ended_at__gte=first, ended_at__lt=datetime.combine(run.until, time(), LOCAL) + timedelta(days=1)
        )
    known = Counterpart.objects.filter(partner_id=run.partner_id, told_at__isnull=False)
    return (
        Dossier.objects.filter(which, subject__gt=run.after)
        .exclude(state=State.VOID.value)
        .exclude(subject__in=known.values("subject"))
    )


def advance(*, at: datetime, real_at: datetime, batch: int = BATCH) -> int:
    """Queue the next dossiers of every run that has room ahead; return how many. Can be killed and run twice."""
    numbers = FirstSync.objects.filter(
        state=FirstSyncState.RUNNING.value, partner__in=Partner.objects.filter(queries.in_force(at))
    ).values_list("pk", flat=True)
    return sum(_batch(number, at, real_at, batch) for number in list(numbers))


@transaction.atomic
def _batch(number: int, at: datetime, real_at: datetime, batch: int) -> int:
    run = (
        FirstSync.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("partner")
        .filter(pk=number, state=FirstSyncState.RUNNING.value)
        .first()
    )
    if run is None:
        return 0
    waiting = Message.objects.filter(
        partner=run.partner, direction=Direction.OUT.value, state=MessageState.QUEUED.value
    )
    room = min(batch, AHEAD - waiting[:AHEAD].count())
    if room <= 0:
        return 0
    subjects = list(_wanted(run).order_by("subject").values_list("subject", flat=True)[:room])
    for subject in subjects:
        reconciling.whole(
            run.partner, subject, message_id=f"lan-dau-{run.pk}-{subject}", at=at, real_at=real_at
        )
    run.done += len(subjects)
    if subjects:
        run.after = subjects[-1]
    else:
        run.state, run.ended_at = FirstSyncState.DONE.value, at
    run.save(update_fields=["done", "after", "state", "ended_at"])
    return len(subjects)
