"""Reading of campaigns: what each is about, how far it is, its dossiers page by page, who goes where in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, Sum

from motcua.dossiers import affected, itemcounts
from motcua.dossiers.campaigning import CampaignNotFound, Effect, Kind, Stage
from motcua.dossiers.models import Campaign, CampaignItem, ParkedIntake
from motcua.dossiers.reorganising import Choice
from motcua.dossiers.rules import ItemState
from motcua.kernel.actor import Actor, ActorKind, Role
from motcua.organisation import successions
from motcua.organisation.tree import UnitRef
from motcua.territory.queries import NewDay
from motcua.territory.rules import DayKind


@dataclass(frozen=True, slots=True)
class View:
    """A campaign with its counts; those of items add up to `total`."""

    number: int
    kind: Kind
    state: Stage
    on: date
    decision_no: str
    decided_on: date
    title: str
    drafted_at: datetime
    prepared_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    choices: tuple[Choice, ...]
    days: tuple[NewDay, ...]
    earlier: bool
    total: int
    done: int
    refused: int
    skipped: int
    waiting: int
    blocked: int


_COUNTS = {**itemcounts.COUNTS, "blocked": Count("items", filter=Q(items__effect=Effect.BLOCKED.value))}


def may_see(actor: Actor) -> bool:
    """Tell whether campaigns are the actor's: a procedure-control officer of the province, or the system."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    return actor.duty(Role.KSTT) is not None and affected.everywhere(actor)


def listing(actor: Actor, kind: Kind, limit: int = 50) -> list[View]:
    """Return the newest campaigns of a kind, for whom they are; others get none."""
    if not may_see(actor):
        return []
    rows = Campaign.objects.filter(kind=kind.value).exclude(state=Stage.DROPPED.value).annotate(**_COUNTS)
    return [_view(row) for row in rows.order_by("-subject")[:limit]]


def one(actor: Actor, number: int, kind: Kind | None = None) -> View:
    """
    Return a campaign.

    :raises CampaignNotFound: it is not there, of another kind, or not for the actor.
    """
    found = None
    if may_see(actor):
        rows = Campaign.objects.filter(subject=number)
        found = (rows.filter(kind=kind.value) if kind else rows).annotate(**_COUNTS).first()
    if found is None:
        raise CampaignNotFound
    return _view(found)


def _view(row: Campaign) -> View:
    counts = {name: int(getattr(row, name)) for name in _COUNTS}
    return View(
        number=row.subject,
        kind=Kind(row.kind),
        state=Stage(row.state),
        on=row.on,
        decision_no=row.decision_no,
        decided_on=row.decided_on,
        title=row.title,
        drafted_at=row.drafted_at,
        prepared_at=row.prepared_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        choices=tuple(Choice.from_json(one) for one in row.values.get("choices", ())),
        days=tuple(days(row)),
        earlier=bool(row.values.get("earlier")),
        **counts,
    )


def days(row: Campaign) -> list[NewDay]:
    """Return the days of a change of the calendar; none of a reorganisation."""
    return [
        NewDay(
            layer=day["layer"],
            on=date.fromisoformat(day["on"]),
            kind=DayKind(day["kind"]) if day["kind"] else None,
            name=day["name"],
            swap_with=date.fromisoformat(day["swap_with"]) if day["swap_with"] else None,
        )
        for day in row.values.get("days", ())
    ]


@dataclass(frozen=True, slots=True)
class Item:
    """One dossier of a campaign."""

    no: int
    code: str
    effect: Effect
    agency_id: int
    from_unit_id: int
    to_unit_id: int | None
    to_agency_id: int | None
    tasks: int
    pooled: int
    unmanned: str
    uncollected: bool
    due_before: datetime | None
    due_after: datetime | None
    state: ItemState
    message: str
    done_at: datetime | None


def items(
    actor: Actor,
    number: int,
    *,
    states: Iterable[ItemState] = (),
    effects: Iterable[Effect] = (),
    unmanned: bool = False,
    text: str = "",
    units: Iterable[int] | None = None,
    after: int = 0,
    size: int = 50,
) -> list[Item]:
    """
    Return dossiers of a campaign in their order, at most `size + 1`, after a place.

    With `text` those whose code holds it, with `units` those that go from or to one of them; with both, either.

    :raises CampaignNotFound:
    """
    one(actor, number)
    rows = CampaignItem.objects.filter(campaign_id=number, no__gt=after)
    if wanted := [state.value for state in states]:
        rows = rows.filter(state__in=wanted)
    if kinds := [effect.value for effect in effects]:
        rows = rows.filter(effect__in=kinds)
    if unmanned:
        rows = rows.exclude(unmanned="")
    if text or units is not None:
        among = list(units or ())
        there = Q(from_unit_id__in=among) | Q(to_unit_id__in=among)
        rows = rows.filter(there | Q(code__icontains=text) if text else there)
    return [
        Item(
            row.no, row.code, Effect(row.effect), row.agency_id, row.from_unit_id, row.to_unit_id,
            row.to_agency_id, row.tasks, row.pooled, row.unmanned, row.uncollected, row.due_before,
            row.due_after, ItemState(row.state), row.message, row.done_at,
        )
        for row in rows.order_by("no")[: size + 1]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """How many dossiers go from one receiving unit to another; `to_unit_id` None: nobody takes them."""

    from_unit_id: int
    to_unit_id: int | None
    open: int
    uncollected: int
    tasks: int
    pooled: int
    unmanned: int


def routes(actor: Actor, number: int) -> list[Route]:
    """
    Return how many dossiers go from where to where, those without a place first.

    :raises CampaignNotFound:
    """
    one(actor, number)
    rows = (
        CampaignItem.objects.filter(campaign_id=number)
        .values_list("from_unit_id", "to_unit_id")
        .annotate(
            at_work=Count("pk", filter=Q(uncollected=False)),
            to_collect=Count("pk", filter=Q(uncollected=True)),
            moving=Sum("tasks"),
            to_pool=Sum("pooled"),
            nobody=Count("pk", filter=~Q(unmanned="")),
        )
    )
    found = [Route(*row) for row in rows]
    return sorted(found, key=lambda route: (route.to_unit_id is not None, -route.open, route.from_unit_id))


def by_agency(actor: Actor, number: int) -> list[tuple[int, dict[Effect, int]]]:
    """
    Return how many dossiers of each agency have which effect, the most first.

    :raises CampaignNotFound:
    """
    one(actor, number)
    found: dict[int, dict[Effect, int]] = {}
    rows = CampaignItem.objects.filter(campaign_id=number).values_list("agency_id", "effect")
    for agency_id, kind, count in rows.annotate(count=Count("pk")):
        found.setdefault(agency_id, {})[Effect(kind)] = count
    return sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))


def effects(actor: Actor, number: int) -> dict[Effect, int]:
    """
    Return how many dossiers have which effect.

    :raises CampaignNotFound:
    """
    one(actor, number)
    rows = CampaignItem.objects.filter(campaign_id=number).values_list("effect").annotate(count=Count("pk"))
    return {Effect(kind): count for kind, count in rows}


@dataclass(frozen=True, slots=True)
class EndingUnit:
    """A unit that ends, its successors (the first takes over), and what else than dossiers it has."""

    unit: UnitRef
    last_day: date
    heirs: tuple[UnitRef, ...]
    duties: int
    parked: int


def ending(actor: Actor, on: date) -> list[EndingUnit]:
    """
    Return the units that end with the day before, and those that ended earlier and still have duties or intakes.

    By name; for whom campaigns are, others get none.
    """
    if not may_see(actor):
        return []
    found = successions.endings(on)
    duties = successions.duties_left(actor, found, on)
    rows = ParkedIntake.objects.filter(unit_id__in=found).values_list("unit_id").annotate(count=Count("pk"))
    parked = dict(rows)
    last = date.fromordinal(on.toordinal() - 1)
    return sorted(
        (
            EndingUnit(one.unit, one.last_day, one.heirs, duties.get(number, 0), parked.get(number, 0))
            for number, one in found.items()
            if one.last_day == last or duties.get(number) or parked.get(number)
        ),
        key=lambda one: (bool(one.heirs), one.unit.name, one.unit.code),
    )
