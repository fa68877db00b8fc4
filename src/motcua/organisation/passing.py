"""
Duties at units that end: to which units they pass, and who will hold what there.

Pure. Source: R-316; facts-legal.md 1.3 (unit tree with validity periods and successors). One person holds one duty of a
role in a unit: what meets in one unit after a merger becomes one duty that reaches as far as both did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from motcua.kernel.actor import DutyScope

_WIDTH = (DutyScope.UNIT, DutyScope.SUBTREE, DutyScope.PROVINCE)


@dataclass(frozen=True, slots=True)
class Post:
    """A duty as it stands: `fields` empty means every field; `lent_by` is the duty it was lent of."""

    id: int
    staff_id: int
    unit_id: int
    role: str
    scope: DutyScope
    fields: frozenset[str]
    valid_from: date
    valid_to: date | None
    lent_by: int | None = None


@dataclass(frozen=True, slots=True)
class NewPost:
    """A duty to be at a successor, made of the duties `of`; `lent_by` is still the number of the old duty."""

    staff_id: int
    unit_id: int
    role: str
    scope: DutyScope
    fields: frozenset[str]
    valid_to: date | None
    lent_by: int | None
    of: tuple[int, ...]


def passed(posts: Iterable[Post], heirs: Mapping[int, int], held: Iterable[Post]) -> list[NewPost]:
    """
    Return the duties that `posts`, whose units end, become at the successors in `heirs` (unit by unit).

    A post whose unit has no successor passes nowhere. What a person holds at the successor anyway (`held`), as far as
    it reaches, is not given again. Lent duties stay apart from one's own.
    """
    merged: dict[tuple[int, int, str, int | None], list[Post]] = defaultdict(list)
    for post in posts:
        heir = heirs.get(post.unit_id)
        if heir is not None:
            merged[post.staff_id, heir, post.role, post.lent_by].append(post)
    already: dict[tuple[int, int, str], list[Post]] = defaultdict(list)
    for post in held:
        already[post.staff_id, post.unit_id, post.role].append(post)
    found = []
    for (staff_id, unit_id, role, lent_by), group in merged.items():
        fields = union(post.fields for post in group)
        if any(reaches(post.fields, fields) for post in already.get((staff_id, unit_id, role), ())):
            continue
        ends = [post.valid_to for post in group]
        found.append(
            NewPost(
                staff_id=staff_id,
                unit_id=unit_id,
                role=role,
                scope=max((post.scope for post in group), key=_WIDTH.index),
                fields=fields,
                valid_to=None if None in ends else max(end for end in ends if end is not None),
                lent_by=lent_by,
                of=tuple(sorted(post.id for post in group)),
            )
        )
    return found


def union(fields: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the fields that several duties reach together; an empty set means every field and takes in all."""
    every = list(fields)
    return frozenset() if any(not one for one in every) else frozenset().union(*every)


def reaches(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Tell whether a duty for the fields `wide` covers those of `narrow`; empty means every field."""
    return not wide or (bool(narrow) and narrow <= wide)
