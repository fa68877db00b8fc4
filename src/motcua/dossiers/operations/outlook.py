"""
Looking ahead over all running dossiers: which will probably be late by the usual times of the steps that are left.

What is found is a warning, no act: the rows can be thrown away and made again. Each batch is one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import transaction

from motcua.dossiers import definitions, foresight
from motcua.dossiers.models import Dossier, Outlook
from motcua.dossiers.rules import RUNNING
from motcua.dossiers.usual import usual
from motcua.kernel.actor import SYSTEM
from motcua.kernel.calendar import LOCAL, OutOfCalendar
from motcua.organisation import queries as organisation
from motcua.workflow import queries as workflow
from motcua.workflow.queries import TaskRow

BATCH = 1000
_COLUMNS = (
    "subject", "agency_id", "procedure_version_id", "form_version_id", "process_version_id", "due_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look ahead came to: running dossiers looked at, and those that will probably be late."""

    dossiers: int
    likely: int


def look_ahead(at: datetime, batch: int = BATCH) -> Seen:
    """
    Renew the list of dossiers that are in time at a moment and will probably be late (R-062).

    A dossier that was on the list keeps since when; one that is no more likely late, paused or over leaves it.
    """
    looked = likely = last = 0
    on = at.astimezone(LOCAL).date()

    @cache
    def minutes(process_version_id: int) -> Mapping[str, int]:
        return usual(process_version_id, on)

    while True:
        with transaction.atomic(durable=True):
            found = list(
                Dossier.objects.filter(state__in=sorted(RUNNING), due_at__gt=at, subject__gt=last)
                .order_by("subject")
                .only(*_COLUMNS)[:batch]
            )
            more = len(found) == batch
            tasks = workflow.open_of_subjects(SYSTEM, [one.subject for one in found])
            late = [
                Outlook(subject=one.subject, expected_at=expected, since=at)
                for one in found
                if one.due_at is not None
                and (expected := _expected(one, tasks.get(one.subject, ()), minutes, at)) is not None
                and expected > one.due_at
            ]
            gone = Outlook.objects.filter(subject__gt=last).exclude(subject__in=[row.subject for row in late])
            if more:
                gone = gone.filter(subject__lte=found[-1].subject)
            gone.delete()
            Outlook.objects.bulk_create(
                late, update_conflicts=True, unique_fields=["subject"], update_fields=["expected_at"]
            )
        looked, likely = looked + len(found), likely + len(late)
        if not more:
            return Seen(looked, likely)
        last = found[-1].subject


def _expected(
    dossier: Dossier, tasks: Sequence[TaskRow], minutes: Callable[[int], Mapping[str, int]], at: datetime
) -> datetime | None:
    """Return when the dossier will be done; None where nothing of it is in hand, or beyond the calendar."""
    if not tasks:
        return None
    bundle = definitions.bundle(
        dossier.procedure_version_id, dossier.form_version_id, dossier.process_version_id
    )
    calendar = organisation.calendar(organisation.root_of_agency(dossier.agency_id).id)
    in_hand = [foresight.InHand(task.node, task.opened_at) for task in tasks]
    try:
        left = foresight.minutes_left(in_hand, bundle.steps, at, calendar, minutes(bundle.process.id))
        return foresight.expected(at, left, calendar)
    except OutOfCalendar:
        return None
