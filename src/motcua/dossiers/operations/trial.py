"""
Trials as jobs: begun by an officer who controls procedures, worked out by a worker a batch at a time.

What a batch comes to is written with the place it came to in one transaction, so a worker that is killed goes on there
and counts nobody twice. No dossier is touched.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, transaction

from motcua.catalogue import queries as catalogue
from motcua.dossiers import events, replays
from motcua.dossiers.models import Trial, TrialLine
from motcua.dossiers.replay import Outcome
from motcua.dossiers.replays import Run, Wanted
from motcua.dossiers.trialfigures import Tally
from motcua.dossiers.trialling import FAULT, TrialNotFound, TrialOver, TrialState
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, Forbidden
from motcua.kernel.text import fold
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts

__all__ = ["TrialNotFound", "TrialOver", "carry_out", "clear", "start", "stop"]

log = structlog.get_logger(__name__)
BATCHES: Final = 10
"""So many batches a worker does before other jobs have their turn."""
CLEARED_AT_ONCE: Final = 20


def start(*, wanted: Wanted, title: str, about: str, actor: Actor, key: str, at: datetime) -> int:
    """
    Begin a trial and return its number; `title` says in words what is tried, `about` is what else it is found by.

    :raises Forbidden: the actor does not control procedures.
    :raises Replayed, MissingKey:
    """
    duty = actor.duty(Role.KSTT)
    if duty is None:
        raise Forbidden
    kept = wanted.to_json()
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.trial_start", {**kept, "at": None}, at=at)
            row = Trial.objects.create(
                subject=number, account_id=actor.account_id, unit_id=duty.unit_id,
                begun_by=actor.name[:200], title=title[:1000],
                folded=fold(f"{title} {about} {actor.name}"), wanted=kept, state=TrialState.RUNNING.value,
                started_at=at,
            )  # fmt: skip
            _note(row, "trial_start", actor, at)
            return number
    except idempotency.AlreadyDone as known:
        return known.subject


def stop(*, trial: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Stop a trial that one began; what was counted so far stays to be read.

    :raises TrialNotFound: it is not there, or somebody else's.
    :raises TrialOver, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.trial_stop", {"trial": trial}, at=at, subject=trial)
            rows = Trial.objects.select_for_update(no_key=True)
            row = rows.filter(subject=trial, account_id=actor.account_id).first()
            if row is None or actor.duty(Role.KSTT) is None:
                raise TrialNotFound
            if row.state != TrialState.RUNNING:
                raise TrialOver
            _end(row, TrialState.STOPPED, actor, at)
    except idempotency.AlreadyDone:
        return


def carry_out(*, trial: int, at: datetime, batches: int = BATCHES, size: int = replays.BATCH) -> bool:
    """
    Go on with a trial where it stands, for some batches; tell whether there is more to do.

    Dossiers are looked at as the person who began it, with the duties of this moment. What cannot be tried ends the
    trial with the reason.

    :raises OperationalError, InterfaceError: the database does not answer; the trial is taken up again here.
    """
    row = Trial.objects.filter(subject=trial, state=TrialState.RUNNING.value).first()
    if row is None:
        return False
    try:
        run = _run(row, at, size)
        if row.total is None:
            row.total = run.total()
        for _ in range(batches):
            if not run.more or not _take(row, run, at):
                return False
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        if not isinstance(fault, DomainError):
            log.exception("trial_failed", trial=trial)
        _fail(trial, fault.message if isinstance(fault, DomainError) else FAULT, at)
        return False
    return run.more


def clear(*, at: datetime) -> int:
    """Throw away trials begun longer ago than the dated setting allows, some at a time; return how many went."""
    setting = catalogue.setting(replays.SETTING, at.astimezone(LOCAL).date())
    if setting is None:
        return 0
    old = Trial.objects.filter(started_at__lt=at - timedelta(days=setting["kept_days"])).exclude(
        state=TrialState.RUNNING.value
    )
    with transaction.atomic():
        numbers = list(old.order_by("subject").values_list("subject", flat=True)[:CLEARED_AT_ONCE])
        TrialLine.objects.filter(trial_id__in=numbers).delete()
        Trial.objects.filter(subject__in=numbers).delete()
    if numbers:
        log.info("trials_cleared", trials=len(numbers))
    return len(numbers)


def _run(row: Trial, at: datetime, size: int) -> Run:
    wanted = Wanted.from_json(row.wanted)
    actor = organisation.actor_of(row.account_id, at)
    if actor.duty(Role.KSTT) is None:
        raise Forbidden
    return Run(actor, wanted, Tally.of(wanted.change, row.tally), after=row.after, size=size)


def _take(row: Trial, run: Run, at: datetime) -> bool:
    """Look at one batch and write what it comes to; tell whether it was written, not stopped or done elsewhere."""
    before = run.after
    looked, late = run.next()
    with transaction.atomic():
        held = _held(row.subject)
        if held is None or held.after != before:
            return False
        held.total, held.looked, held.after = row.total, held.looked + looked, run.after
        held.tally, report = run.tally.kept(), run.tally.report()
        held.late_before, held.late_after = report.late_before, report.late_after
        TrialLine.objects.bulk_create(_line(held, one) for one in late)
        held.save(update_fields=["total", "looked", "after", "tally", "late_before", "late_after"])
        if not run.more:
            _end(held, TrialState.FINISHED, SYSTEM, at)
    return True


def _line(trial: Trial, one: Outcome) -> TrialLine:
    return TrialLine(
        trial=trial, dossier=one.subject, code=one.code, procedure_code=one.procedure_code,
        due_before=one.due_before, due_after=one.due_after, end=one.end, open=one.open,
        late_before=one.late_before, late_after=one.late_after, minutes_before=one.minutes_before,
        late_minutes=one.late_minutes, shift=one.shift, step=one.step, unit_id=one.unit_id,
    )  # fmt: skip


def _fail(trial: int, message: str, at: datetime) -> None:
    with transaction.atomic():
        row = _held(trial)
        if row is not None:
            row.message = message
            _end(row, TrialState.FAILED, SYSTEM, at)


def _held(trial: int) -> Trial | None:
    """Lock a trial that is running."""
    rows = Trial.objects.select_for_update(no_key=True)
    return rows.filter(subject=trial, state=TrialState.RUNNING.value).first()


def _end(row: Trial, state: TrialState, actor: Actor, at: datetime) -> None:
    row.state, row.ended_at = state.value, at
    row.save(update_fields=["state", "ended_at", "message"])
    _note(row, "trial_stop" if state is TrialState.STOPPED else "trial_end", actor, at)


def _note(row: Trial, act: str, actor: Actor, at: datetime) -> None:
    duty = next(iter(actor.duties), None)
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={"title": row.title, "state": row.state, "looked": row.looked},
        event=events.TrialMoved(
            trial=row.subject, at=at, account_id=row.account_id, state=row.state, looked=row.looked
        ),
    )
