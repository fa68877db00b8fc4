"""Reading of what ends on a day: units with their successors, and the duties there. Agencies and units are public."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from motcua.kernel.actor import Actor, ActorKind, DutyScope
from motcua.organisation import queries
from motcua.organisation.models import Duty
from motcua.organisation.passing import Post, passed
from motcua.organisation.tree import UnitRef


@dataclass(frozen=True, slots=True)
class Ending:
    """A unit that no longer exists on a day, since when, and the units that hold its work, the first takes over."""

    unit: UnitRef
    last_day: date
    heirs: tuple[UnitRef, ...]


def endings(on: date) -> dict[int, Ending]:
    """Return the units that no longer exist on a day, by number (no SQL while the tree is fresh)."""
    held = queries.tree()
    return {
        node.ref.id: Ending(node.ref, node.valid_to, tuple(heir.ref for heir in held.heirs(node.ref.id, on)))
        for node in held.ended(on)
    }


def in_force(unit_id: int, on: date) -> bool:
    """Tell whether a unit exists on a day."""
    node = queries.tree().nodes.get(unit_id)
    return node is not None and node.in_force(on)


def heirs(unit_id: int, on: date) -> tuple[UnitRef, ...]:
    """Return the units that hold the work of a unit on a day, who takes running work over first."""
    return tuple(node.ref for node in queries.tree().heirs(unit_id, on))


def ended_roots(on: date) -> frozenset[int]:
    """Return the agencies whose root unit no longer exists on a day."""
    held = queries.tree()
    return frozenset(node.ref.agency_id for node in held.ended(on) if node.is_root)


def current_units(on: date) -> list[UnitRef]:
    """Return the units that exist on a day, by name."""
    held = queries.tree()
    return sorted(
        (node.ref for node in held.nodes.values() if node.in_force(on)),
        key=lambda unit: (unit.name, unit.code),
    )


def posts(actor: Actor, unit_ids: Iterable[int], on: date, *, active: bool = False) -> list[Post]:
    """
    Return the duties at units that are in force on a day, by number, for who sees the province; others get none.

    `active`: without those of people whose account is closed.
    """
    if not _sees_all(actor):
        return []
    rows = Duty.objects.filter(unit_id__in=list(unit_ids), valid_from__lte=on).filter(
        Q(valid_to=None) | Q(valid_to__gte=on)
    )
    if active:
        rows = rows.filter(staff__account__is_active=True)
    return [post_of(row) for row in rows.order_by("id")]


def duties_left(actor: Actor, unit_ids: Iterable[int], on: date) -> dict[int, int]:
    """Return how many duties begun before a day reach into it, by unit, for who sees the province; others get none."""
    if not _sees_all(actor):
        return {}
    rows = Duty.objects.filter(unit_id__in=list(unit_ids), valid_from__lt=on).filter(
        Q(valid_to=None) | Q(valid_to__gte=on)
    )
    return dict(rows.values_list("unit_id").annotate(count=Count("pk")))


def _sees_all(actor: Actor) -> bool:
    return actor.kind is ActorKind.SYSTEM or actor.province_wide


def post_of(row: Duty) -> Post:
    """Return a duty's row as the rules of passing see it."""
    return Post(
        row.pk, row.staff_id, row.unit_id, row.role, DutyScope(row.scope), frozenset(row.fields),
        row.valid_from, row.valid_to, row.delegated_by_id,
    )  # fmt: skip


def holders_after(
    actor: Actor, passing: Mapping[int, int], on: date
) -> dict[tuple[int, str], dict[int, frozenset[str]]]:
    """
    Return who will hold which role where once the duties of ended units have passed: unit and role → person → fields.

    `passing` gives the successor of each unit that ended.
    """
    there = posts(actor, set(passing.values()), on)
    moving = posts(actor, passing, on)
    found: dict[tuple[int, str], dict[int, frozenset[str]]] = defaultdict(dict)
    for post in there:
        found[post.unit_id, post.role][post.staff_id] = post.fields
    for new in passed(moving, passing, there):
        found[new.unit_id, new.role][new.staff_id] = new.fields
    return found
