"""
Bringing rows of a table to what a data file says: make the new, change the differing, leave the rest untouched.

For the `operations` of rooms that load reference data; a second run with the same data writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a run made, changed and found as they should be."""

    made: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.made + other.made, self.changed + other.changed, self.same + other.same)

    @property
    def total(self) -> int:
        """Return the number of rows the data holds."""
        return self.made + self.changed + self.same

    @property
    def written(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.made or self.changed)


def bring(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str] = ("code",),
    own: Sequence[str] = (),
    once: Sequence[str] = (),
) -> Counts:
    """
    Make or change rows so that each of `rows` (column values by attribute name, all with the same names) is there.

    `key` names the columns that tell rows apart. `own` names foreign keys to the same table (`parent_id`) whose
    values are given as the key value of the other row (one key column then). Rows not named are left alone.
    `once` names columns that are given to new rows only, since people change them afterwards.
    """
    if not rows:
        return Counts()
    manager = model._default_manager
    names = list(rows[0])
    there = {
        tuple(row[name] for name in key): row
        for row in manager.values("pk", *names).iterator(chunk_size=BATCH)
    }
    fresh = [row for row in rows if tuple(row[name] for name in key) not in there]
    made = manager.bulk_create(
        [model(**{name: value for name, value in row.items() if name not in own}) for row in fresh],
        batch_size=BATCH,
    )
    numbers = {_key(identity): row["pk"] for identity, row in there.items()}
    numbers.update({_key(tuple(getattr(item, name) for name in key)): item.pk for item in made})

    def resolved(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: numbers[value] if name in own and value is not None else value
            for name, value in row.items()
        }

    if own and fresh:
        for item, row in zip(made, fresh, strict=True):
            for name in own:
                setattr(item, name, resolved(row)[name])
        manager.bulk_update(made, [_field(model, name) for name in own], batch_size=BATCH)
    changed: list[models.Model] = []
    differing: set[str] = set()
    for row in rows:
        before = there.get(tuple(row[name] for name in key))
        if before is None:
            continue
        wanted = resolved(row)
        different = {name for name in names if name not in once and before[name] != wanted[name]}
        if different:
            changed.append(model(pk=before["pk"], **wanted))
            differing |= different
    if changed:
        manager.bulk_update(changed, [_field(model, name) for name in sorted(differing)], batch_size=BATCH)
    return Counts(len(made), len(changed), len(rows) - len(made) - len(changed))


def _key(identity: tuple[Any, ...]) -> Any:
    return identity[0] if len(identity) == 1 else identity


def _field(model: type[models.Model], attribute: str) -> str:
    return next(field.name for field in model._meta.concrete_fields if field.attname == attribute)
