"""One act on many dossiers: begun by a person, done by a worker one dossier at a time, each an act of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from motcua.dossiers import events, itemcounts, rules
from motcua.dossiers.models import BulkItem, BulkRun, Dossier
from motcua.dossiers.operations import onebyone
from motcua.dossiers.operations.common import Done
from motcua.dossiers.operations.ending import return_result
from motcua.dossiers.operations.moving import move_version
from motcua.dossiers.operations.receiving import receive
from motcua.dossiers.operations.steps import assign, complete_step, forward
from motcua.dossiers.rules import (
    AGAIN,
    BulkAct,
    BulkNotFound,
    BulkState,
    ItemState,
    NothingToRepeat,
    NotRunning,
)
from motcua.kernel.actor import SYSTEM, Actor, ActorKind
from motcua.kernel.errors import Forbidden
from motcua.organisation import queries as organisation
from motcua.platform import idempotency, ledger
from motcua.platform.ledger import Facts

__all__ = [
    "AGAIN",
    "BulkNotFound",
    "NotRunning",
    "NothingToRepeat",
    "Target",
    "begin",
    "carry_out_next",
    "repeat",
    "start",
    "stop",
]


@dataclass(frozen=True, slots=True)
class Target:
    """A dossier ticked in a list: its code, the open task the act is about, the `seq` the list showed."""

    code: str
    task_id: int | None = None
    seen: int | None = None


def start(
    *,
    act: BulkAct,
    targets: Sequence[Target],
    actor: Actor,
    key: str,
    at: datetime,
    staff_id: int | None = None,
    outcome: str = "",
    note: str = "",
    how: str = "",
    collector: str = "",
) -> int:
    """
    Begin a run and return its number; a worker takes it up. Rights are asked dossier by dossier.

    A dossier named twice for the same task counts once. Results are handed over at the counter to `collector`, without
    one to each dossier's own submitter.

    :raises Forbidden: the actor is no member of staff.
    :raises Invalid: none or more than 500 dossiers, or what the act needs is missing.
    :raises Replayed, MissingKey:
    """
    if actor.kind is not ActorKind.STAFF or not actor.duties:
        raise Forbidden
    chosen = list({(target.code, target.task_id): target for target in targets}.values())
    values = rules.bulk_values(
        act, len(chosen), staff_id=staff_id, outcome=outcome, note=note, how=how, collector=collector,
        tasks=all(target.task_id is not None for target in chosen),
    )  # fmt: skip
    body = {
        "act": act.value,
        "values": values,
        "targets": [[target.code, target.task_id, target.seen] for target in chosen],
    }
    try:
        with transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.bulk_start", body, at=at)
            begin(number=number, act=act, targets=chosen, values=values, actor=actor, at=at)
            return number
    except idempotency.AlreadyDone as known:
        return known.subject


def begin(
    *,
    number: int,
    act: BulkAct,
    targets: Sequence[Target],
    values: Mapping[str, Any],
    actor: Actor,
    at: datetime,
) -> BulkRun:
    """Write a run with its dossiers, inside the transaction of the act that begins it."""
    run = BulkRun.objects.create(
        subject=number, account_id=actor.account_id, act=act.value, values=dict(values),
        state=BulkState.RUNNING.value, started_at=at,
    )  # fmt: skip
    BulkItem.objects.bulk_create(
        BulkItem(
            run=run, no=no, code=target.code, task_id=target.task_id, seen=target.seen,
            state=ItemState.WAITING.value,
        )
        for no, target in enumerate(targets, start=1)
    )  # fmt: skip
    _note(run, "bulk_start", actor, at, {"total": len(targets)}, _started(run, at, len(targets)))
    return run


def stop(*, run: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Stop a run: the dossier in hand is finished, those whose turn has not come are left as they are.

    :raises BulkNotFound: it is not there, or somebody else's.
    :raises NotRunning, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.bulk_stop", {"run": run}, at=at, subject=run)
            found = _lock(run, actor)
            if found.state != BulkState.RUNNING:
                raise NotRunning
            onebyone.leave_out(found.items)
            _end(found, BulkState.STOPPED, actor, at)
    except idempotency.AlreadyDone:
        return


def repeat(*, run: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Take up again what was refused, failed or left out; what is done stays done.

    Each is taken as it is now, since the person has read why it was refused.

    :raises BulkNotFound: it is not there, or somebody else's.
    :raises NothingToRepeat, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.bulk_repeat", {"run": run}, at=at, subject=run)
            found = _lock(run, actor)
            if found.state == BulkState.RUNNING:
                raise NothingToRepeat
            count = onebyone.take_up(found.items, seen=None)
            found.state, found.ended_at = BulkState.RUNNING.value, None
            found.save(update_fields=["state", "ended_at"])
            _note(found, "bulk_start", actor, at, {"total": count}, _started(found, at, count))
    except idempotency.AlreadyDone:
        return


def carry_out_next(*, run: int, at: datetime) -> bool:
    """
    Do the act on the next dossier of a run, or end it; tell whether there may be more.

    The act is done as the person who began the run, with the duties of this moment.

    :raises OperationalError, InterfaceError: the database does not answer; the run is taken up again here.
    """
    item = BulkItem.objects.select_related("run").filter(
        run_id=run, run__state=BulkState.RUNNING.value, state=ItemState.WAITING.value
    ).order_by("no").first()  # fmt: skip
    if item is None:
        _finish(run, at)
        return False
    key = f"bulk-{run}-{item.no}-{item.attempt}"

    def act() -> dict[str, str]:
        actor = organisation.actor_of(item.run.account_id, at)
        common = {"code": item.code, "actor": actor, "key": key, "at": at}
        return {"state_after": PERFORM[BulkAct(item.run.act)](item, item.run.values, common).state}

    onebyone.perform(item, act, at=at)
    return True


Perform = Callable[[BulkItem, Mapping[str, Any], dict[str, Any]], Done]
PERFORM: Final[Mapping[BulkAct, Perform]] = {
    BulkAct.FORWARD: lambda item, values, common: forward(**common, seen=item.seen, what=values["what"]),
    BulkAct.TAKE: lambda item, values, common: assign(**common, task_id=item.task_id or 0),
    BulkAct.ASSIGN: lambda item, values, common: assign(
        **common, task_id=item.task_id or 0, staff_id=values["staff_id"], note=values["note"]
    ),
    BulkAct.COMPLETE: lambda item, values, common: complete_step(
        **common, task_id=item.task_id or 0, outcome=values["outcome"], note=values["note"]
    ),
    BulkAct.RETURN: lambda item, values, common: return_result(
        **common,
        seen=item.seen,
        how=values["how"],
        collector=values["collector"] or _own_collector(item.code),
    ),
    BulkAct.RECEIVE: lambda item, values, common: receive(
        **common, task_id=item.task_id or 0, handover=values["handover"]
    ),
    BulkAct.MOVE: lambda item, values, common: move_version(
        **common,
        seen=item.seen,
        version_id=values["version"],
        mapping=values["mapping"],
        reason=values["note"],
    ),
}


def _own_collector(code: str) -> str:
    """Return who handed the dossier in, else its owner."""
    names = Dossier.objects.filter(code=code).values_list("submitter_name", "owner_name").first()
    return next((name for name in names or () if name), "")


def _lock(run: int, actor: Actor) -> BulkRun:
    found = (
        BulkRun.objects.select_for_update(no_key=True)
        .filter(subject=run, account_id=actor.account_id)
        .first()
    )
    if found is None or actor.kind is not ActorKind.STAFF:
        raise BulkNotFound
    return found


def _finish(run: int, at: datetime) -> None:
    with transaction.atomic():
        found = BulkRun.objects.select_for_update(no_key=True).filter(subject=run).first()
        if found is None or found.state != BulkState.RUNNING:
            return
        if not found.items.filter(state=ItemState.WAITING.value).exists():
            _end(found, BulkState.FINISHED, SYSTEM, at)


def _end(run: BulkRun, state: BulkState, actor: Actor, at: datetime) -> None:
    run.state, run.ended_at = state.value, at
    run.save(update_fields=["state", "ended_at"])
    counts = itemcounts.ended(run.items)
    ended = events.BulkEnded(
        run=run.subject, at=at, act=run.act, account_id=run.account_id, state=state.value, **counts
    )
    _note(run, f"bulk_{'stop' if state is BulkState.STOPPED else 'end'}", actor, at, counts, ended)


def _started(run: BulkRun, at: datetime, waiting: int) -> events.BulkStarted:
    return events.BulkStarted(run=run.subject, at=at, act=run.act, account_id=run.account_id, waiting=waiting)


def _note(
    run: BulkRun, act: str, actor: Actor, at: datetime, payload: Mapping[str, Any], event: events.BulkEvent
) -> None:
    duty = next(iter(actor.duties), None)
    words = run.values.get("note") or run.values.get("what")
    ledger.append_unheaded(
        run.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts.under(duty),
        payload={"act": run.act, **payload},
        personal={"note": words} if words and act == "bulk_start" else None,
        event=event,
    )
