"""Which dossiers a campaign reaches and what it would do to each: the rows of its preview, read page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from motcua.dossiers import counted, definitions, successors
from motcua.dossiers.campaigning import Effect
from motcua.dossiers.models import Component, Dossier, SupplementRequest
from motcua.dossiers.recounting import effect, recounted, window
from motcua.dossiers.reorganising import Choice, Map, Plan, chosen, plan
from motcua.dossiers.rules import LIVE, OPEN, RUNNING, State
from motcua.kernel.actor import Actor, ActorKind
from motcua.kernel.calendar import OutOfCalendar, WorkingCalendar
from motcua.organisation import queries as organisation
from motcua.organisation import successions
from motcua.organisation.passing import reaches
from motcua.territory import queries as territory
from motcua.territory.queries import NewDay
from motcua.workflow import team
from motcua.workflow.queries import TaskRow

BATCH: Final = 1000
LAG: Final = timedelta(minutes=2)
"""Longer than any process trusts the calendars it holds (`territory.queries.CHECK_SECONDS`)."""
LEFT_OVER: Final = (State.STOPPED, State.WITHDRAWN, State.NOT_ACCEPTED)
"""States in which only papers are still to be handed back."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a campaign would do to one dossier; fields as those of `CampaignItem`."""

    dossier: int
    code: str
    effect: Effect
    agency_id: int
    from_unit_id: int
    uncollected: bool = False
    to_unit_id: int | None = None
    to_agency_id: int | None = None
    tasks: int = 0
    pooled: int = 0
    unmanned: str = ""
    due_before: datetime | None = None
    due_after: datetime | None = None
    message: str = ""


def everywhere(actor: Actor) -> bool:
    """Tell whether the actor sees every dossier of the province: what a campaign needs."""
    return actor.kind is ActorKind.SYSTEM or (actor.kind is ActorKind.STAFF and actor.province_wide)


def passing(on: date, choices: Sequence[Choice]) -> dict[int, int]:
    """Return the successor of each unit that has ended by a day, for its duties and intakes; none where nobody is."""
    found: dict[int, int] = {}
    for number, ending in successions.endings(on).items():
        by_hand = chosen([one for one in choices if not one.field and one.place_id is None], number, "", None)
        if by_hand is not None:
            found[number] = by_hand
        elif ending.heirs:
            found[number] = ending.heirs[0].id
    return found


def reorganised(actor: Actor, on: date, choices: Sequence[Choice]) -> Iterator[Found]:
    """
    Yield the dossiers that are still to be worked on, or handed out, where something has ended by a day.

    For who sees the province; others get nothing.
    """
    if not everywhere(actor):
        return
    ended = list(successions.endings(on))
    working = team.at_units(actor, ended)
    kept = Component.objects.filter(
        dossier_id=OuterRef("subject"), borrowed_original=True, handed_back_at__isnull=True
    )
    rows = Dossier.objects.filter(
        Q(receiving_unit_id__in=ended) | Q(agency_id__in=successions.ended_roots(on)) | Q(subject__in=working)
    ).filter(
        Q(state__in=[state.value for state in LIVE])
        | Q(state__in=[state.value for state in LEFT_OVER])
        & Q(handed_back_at__isnull=True)
        & (Q(subject__in=working) | Exists(kept))
    )
    where, posts = successors.map_on(on), successions.holders_after(actor, passing(on, choices), on)
    for page in _pages(rows.defer("clock", "head")):
        live: dict[int, list[TaskRow]] = {}
        for task in team.live(actor, [row.subject for row in page]):
            live.setdefault(task.subject, []).append(task)
        for row in page:
            found = _goes(row, live.get(row.subject, []), choices, where, posts)
            if found is not None:
                yield found


Posts = Mapping[tuple[int, str], Mapping[int, frozenset[str]]]


def _goes(
    row: Dossier, rows: Sequence[TaskRow], choices: Sequence[Choice], where: Map, posts: Posts
) -> Found | None:
    bundle = definitions.bundle(row.procedure_version_id, row.form_version_id, row.process_version_id)
    standing = successors.standing(row, bundle)
    goes = plan(standing, successors.held(bundle.process, rows, row.receiving_unit_id), choices, where)
    if not goes.changes(standing) and not goes.missing:
        return None
    moving = [task for task in rows if task.id in goes.tasks]
    return Found(
        dossier=row.subject,
        code=row.code,
        effect=Effect.BLOCKED if goes.missing else Effect.MOVES,
        agency_id=row.agency_id,
        from_unit_id=row.receiving_unit_id if not goes.missing else goes.missing[0],
        to_unit_id=None if goes.missing else goes.receiving_id,
        to_agency_id=None if goes.missing else goes.agency_id,
        uncollected=State(row.state) not in OPEN,
        tasks=len(moving),
        pooled=sum(not _keeps(task, goes, posts) for task in moving),
        unmanned="; ".join(
            dict.fromkeys(_unmanned(task, goes) for task in moving if not _manned(task, goes, posts))
        )[:300],
        due_before=row.due_at,
        due_after=row.due_at,
        message="; ".join(organisation.full_name(organisation.unit(number)) for number in goes.missing),
    )


def _keeps(task: TaskRow, goes: Plan, posts: Posts) -> bool:
    """Tell whether who holds a task holds its role at the successor, too; a task nobody holds loses nothing."""
    if task.assignee_id is None:
        return True
    fields = posts.get((goes.tasks[task.id], task.role), {}).get(task.assignee_id)
    return fields is not None and (not task.field or reaches(fields, frozenset({task.field})))


def _manned(task: TaskRow, goes: Plan, posts: Posts) -> bool:
    held = posts.get((goes.tasks[task.id], task.role), {}).values()
    return any(not task.field or reaches(fields, frozenset({task.field})) for fields in held)


def _unmanned(task: TaskRow, goes: Plan) -> str:
    return f"{task.name}, {organisation.full_name(organisation.unit(goes.tasks[task.id]))}"


def recalculated(
    actor: Actor, days: Sequence[NewDay], at: datetime, *, earlier: bool, since: datetime | None = None
) -> Iterator[Found]:
    """
    Yield the open dossiers whose dates the new days move, compared with the calendars as they are.

    With `since` the days are entered already: those filed or accepted from then on, whose dates a process that still
    held the old calendar may have counted. For who sees the province; others get nothing.
    """
    if not everywhere(actor) or not days:
        return
    first, last = window(day.on for day in days)
    touched = frozenset().union(*(territory.covered_by(layer) for layer in {day.layer for day in days}))
    held = organisation.tree()
    agencies = [agency for agency, root in held.roots.items() if organisation.layer_of(root) in touched]
    rows = Dossier.objects.filter(state__in=[state.value for state in OPEN], agency_id__in=agencies).filter(
        Q(filed_at__lte=last)
        & (
            Q(due_at__gte=first)
            | Q(supplement_due_at__gte=first)
            | Q(state=State.SUBMITTED.value, answer_by__gte=first)
        )
    )
    if since is not None:
        rows = rows.filter(Q(accepted_at__gte=since) | Q(filed_at__gte=since))
    calendars: dict[str | None, tuple[WorkingCalendar, WorkingCalendar]] = {}
    for page in _pages(rows):
        asked = {
            row["dossier_id"]: row
            for row in SupplementRequest.objects.filter(dossier_id__in=[row.subject for row in page])
            .values("dossier_id")
            .annotate(
                waits=Max("requested_at", filter=Q(answered_at__isnull=True)), answered=Max("answered_at")
            )
        }
        for row in page:
            root = held.roots[row.agency_id]
            layer = organisation.layer_of(root)
            if layer not in calendars:
                calendars[layer] = (organisation.calendar(root), organisation.calendar_as(root, days))
            found = _moves(row, asked.get(row.subject, {}), *calendars[layer], at, earlier, since is not None)
            if found is not None:
                yield found


def _moves(
    row: Dossier,
    asked: Mapping[str, Any],
    now: WorkingCalendar,
    new: WorkingCalendar,
    at: datetime,
    earlier: bool,
    entered: bool,
) -> Found | None:
    bundle = definitions.bundle(row.procedure_version_id, row.form_version_id, row.process_version_id)
    dates = counted.dates(row, bundle, requested_at=asked.get("waits"), answered_at=asked.get("answered"))
    try:
        after = recounted(dates, bundle.steps, new, earlier=earlier)
        if not after.changed:
            return None
        if not entered:
            before = recounted(dates, bundle.steps, now, earlier=True)
            same = (
                (before.clock.due_at if before.clock else None)
                == (after.clock.due_at if after.clock else None)
                and before.answer_by == after.answer_by
                and before.supplement_due_at == after.supplement_due_at
            )
            if same:  # the calendar has moved on since the date was promised; this change is not why
                return None
    except OutOfCalendar as refusal:
        return Found(
            row.subject, row.code, Effect.BLOCKED, row.agency_id, row.receiving_unit_id,
            due_before=row.due_at, message=refusal.message,
        )  # fmt: skip
    due_after = after.clock.due_at if after.clock else row.due_at
    return Found(
        dossier=row.subject,
        code=row.code,
        effect=effect(row.due_at, due_after, at, runs=State(row.state) in RUNNING),
        agency_id=row.agency_id,
        from_unit_id=row.receiving_unit_id,
        due_before=row.due_at,
        due_after=due_after,
    )


def _pages(rows: QuerySet[Dossier]) -> Iterator[list[Dossier]]:
    """Yield rows a thousand at a time, by subject."""
    after = 0
    while page := list(rows.filter(subject__gt=after).order_by("subject")[:BATCH]):
        yield page
        after = page[-1].subject


def a_little_before(moment: datetime) -> datetime:
    """Return from when on a process may have counted by calendars that had just been changed."""
    return moment - LAG
