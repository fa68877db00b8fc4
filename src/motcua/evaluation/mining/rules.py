"""One dossier's way through its process as stays at steps: values in, values out (R-049)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

Minutes = Callable[[int, datetime, datetime], int]
"""Working minutes between two moments, by the calendar of a unit."""
SUPPLEMENT: Final = "yeu_cau_bo_sung"
BETWEEN: Final = ">"
"""What stands between the steps of a path."""


@dataclass(frozen=True, slots=True)
class Row:
    """A task that is over, as the process left it; `hours` are the working hours it was given."""

    id: int
    node: str
    state: str
    outcome: str
    unit_id: int
    hours: Decimal
    opened_at: datetime
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """
    One stay of a dossier at a step, in working minutes.

    `waiting` runs from the opening to the moment somebody took the step, None where nobody's taking was recorded
    (the work then begins with the opening); `outside` tells that the step waited for somebody outside the office:
    its time stands in `working`. `again` is rework: the dossier had been at the step before, and came back for
    another reason than the end of a wait. `asked` tells that a supplement was asked for from here.
    """

    node: str
    waiting: int | None
    working: int
    planned: int
    outside: bool = False
    again: bool = False
    asked: bool = False


def step_of(node: str) -> str:
    """Return the step of the definition that a place of the running net stands for (opinions asked of several)."""
    return node.split(".", 1)[0]


def stays(
    rows: Sequence[Row],
    taken: Mapping[int, datetime],
    pauses: Sequence[tuple[datetime, datetime | None]],
    outside: Collection[str],
    minutes: Minutes,
) -> list[Stay]:
    """
    Return the stays of a dossier in the order of its tasks.

    `taken` is when each task was first taken; `pauses` the times its clock stood, which count for no step of the
    office; `outside` the nodes that wait for somebody outside. A branch that only kept an earlier answer (nothing
    was done, it lasted no time) is no stay.
    """
    found: list[Stay] = []
    seen: set[str] = set()
    waited: set[str] = set()
    last = ""
    for row in rows:
        step = step_of(row.node)
        if row.opened_at == row.done_at and not row.outcome and row.id not in taken and step in seen:
            continue
        if row.node in outside:
            spent = minutes(row.unit_id, row.opened_at, row.done_at)
            found.append(Stay(step, None, spent, _planned(row), outside=True))
            waited.add(last)
            continue
        began = min(max(taken[row.id], row.opened_at), row.done_at) if row.id in taken else None
        again = step in seen and step not in waited and not _beside(found, step)
        waited.discard(step)
        found.append(
            Stay(
                step,
                None if began is None else _net(row.unit_id, row.opened_at, began, pauses, minutes),
                _net(row.unit_id, began or row.opened_at, row.done_at, pauses, minutes),
                _planned(row),
                again=again,
                asked=row.outcome == SUPPLEMENT,
            )
        )
        seen.add(step)
        last = step
    return found


def _beside(found: Sequence[Stay], step: str) -> bool:
    """Tell whether the stay just before is at the same step: opinions asked of several, side by side."""
    return bool(found) and found[-1].node == step


def _planned(row: Row) -> int:
    return int(row.hours * 60)


def _net(
    unit_id: int,
    start: datetime,
    end: datetime,
    pauses: Iterable[tuple[datetime, datetime | None]],
    minutes: Minutes,
) -> int:
    total = minutes(unit_id, start, end)
    for began, over in pauses:
        a, b = max(began, start), min(over or end, end)
        if a < b:
            total -= minutes(unit_id, a, b)
    return max(0, total)


def path(found: Iterable[Stay]) -> str:
    """Return the steps in order as one text; the same step twice in a row stands once."""
    names: list[str] = []
    for stay in found:
        if not names or names[-1] != stay.node:
            names.append(stay.node)
    return BETWEEN.join(names)
