"""Following the ledger: the way of each dossier that ended, and making all of them anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from motcua.dossiers import ended
from motcua.dossiers.ended import Ended
from motcua.evaluation import queries as figures
from motcua.evaluation.mining import queries, rules
from motcua.evaluation.mining.models import Trace, TraceReading
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL
from motcua.kernel.process import Mark, NodeKind
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow
from motcua.workflow import stays as workflow_stays
from motcua.workflow.stays import Past

OUTSIDE = frozenset({NodeKind.RECEIVE_TASK, NodeKind.MESSAGE, NodeKind.TIMER})
COLUMNS = tuple(field.attname for field in Trace._meta.concrete_fields if field.attname != "subject")


def catch_up(limit: int = 2000) -> int:
    """
    Write the ways of dossiers that ended in the next ledger entries, at most `limit`, with the cursor in one
    transaction; return how many entries were read.

    What a dossier's rows say counts, not the entry: reading an entry twice changes nothing.
    """
    with transaction.atomic():
        reading = _reading()
        below, _ = figures.horizon()
        entries = queries.moved_after(reading.xid, reading.entry_id, below=below, limit=limit)
        if not entries:
            return 0
        concerned = sorted({subject for _, _, subject, ends in entries if ends})
        if concerned:
            found = ended.of(SYSTEM, concerned)
            gone = set(concerned) - {one.subject for one in found}
            Trace.objects.filter(subject__in=gone).delete()
            _write(_traces(found))
        reading.xid, reading.entry_id = entries[-1][0], entries[-1][1]
        reading.save(update_fields=["xid", "entry_id"])
        return len(entries)


def rebuild(batch: int = 1000) -> tuple[int, int]:
    """
    Make the ways of all ended dossiers anew, in place and in batches; return how many there are and how many differed.

    A calendar corrected since changes the working minutes: such ways differ, and are right afterwards.
    """
    total, differing, last = 0, 0, 0
    while True:
        with transaction.atomic():
            found = ended.after(SYSTEM, last, batch)
            ahead = found[-1].subject if len(found) == batch else None
            fresh = {trace.subject: trace for trace in _traces(found)}
            stale = Trace.objects.filter(subject__gt=last)
            if ahead is not None:
                stale = stale.filter(subject__lte=ahead)
            kept = {trace.subject: trace for trace in stale}
            gone = set(kept) - set(fresh)
            changed = [
                trace
                for trace in fresh.values()
                if trace.subject not in kept or not _equal(trace, kept[trace.subject])
            ]
            Trace.objects.filter(subject__in=gone).delete()
            _write(changed)
        total, differing = total + len(fresh), differing + len(changed) + len(gone)
        if ahead is None:
            return total, differing
        last = ahead


def _equal(one: Trace, other: Trace) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in COLUMNS)


def _reading() -> TraceReading:
    TraceReading.objects.bulk_create([TraceReading(id=1)], ignore_conflicts=True)
    return TraceReading.objects.select_for_update(no_key=True).get(id=1)


def _write(traces: Sequence[Trace]) -> None:
    if traces:
        Trace.objects.bulk_create(
            traces, update_conflicts=True, unique_fields=["subject"], update_fields=list(COLUMNS)
        )


def _traces(found: Sequence[Ended]) -> list[Trace]:
    subjects = [one.subject for one in found]
    if not subjects:
        return []
    taken = queries.taken(subjects)
    tasks: dict[int, list[Past]] = defaultdict(list)
    for task in workflow_stays.past(SYSTEM, subjects):
        tasks[task.subject].append(task)
    return [_trace(one, tasks[one.subject], taken) for one in found]


def _trace(one: Ended, tasks: Sequence[Past], taken: dict[int, datetime]) -> Trace:
    stays = rules.stays(
        [rules.Row(*task[1:]) for task in tasks], taken, one.pauses, outside(one.process_version_id), _minutes
    )
    inside = [stay for stay in stays if not stay.outside]
    waited = sum(stay.waiting or 0 for stay in inside)
    return Trace(
        subject=one.subject,
        process_id=one.process_version_id,
        agency_id=one.agency_id,
        ended_on=one.ended_at.astimezone(LOCAL).date(),
        late=one.due_at is not None and one.ended_at > one.due_at,
        path=rules.path(stays),
        nodes=[stay.node for stay in stays],
        waiting=[stay.waiting for stay in stays],
        working=[stay.working for stay in stays],
        planned=[stay.planned for stay in stays],
        again=[stay.again for stay in stays],
        asked=[stay.asked for stay in stays],
        spent=waited + sum(stay.working for stay in inside),
        waited=waited,
        outside=sum(stay.working for stay in stays if stay.outside),
        reworks=sum(stay.again for stay in stays),
        supplements=sum(stay.asked for stay in stays),
    )


_outside_of: dict[int, frozenset[str]] = {}


def outside(process_id: int) -> frozenset[str]:
    """Return the steps of a process that wait for somebody outside the office; a ready result waits for its owner."""
    held = _outside_of.get(process_id)
    if held is None:
        graph = workflow.definition(process_id).graph
        held = _outside_of[process_id] = frozenset(
            node.id for node in graph.nodes if node.kind in OUTSIDE or Mark.HANDOVER in node.marks
        )
    return held


def _minutes(unit_id: int, start: datetime, end: datetime) -> int:
    calendar: Any = organisation.calendar(unit_id)
    return int(calendar.minutes_between(start, end))
