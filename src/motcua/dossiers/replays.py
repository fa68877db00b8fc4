"""The dossiers of past months for a trial: clocks as kept, steps as they were done, of what the actor may see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from motcua.dossiers.clockwork import Clock
from motcua.dossiers.replay import Case, Change, Report, Stay, replay
from motcua.kernel.actor import Actor
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.platform import access
from motcua.workflow import team

MOST: Final = 20_000
BATCH: Final = 1000


class TooMany(Invalid):
    """The period holds more dossiers than one trial looks at."""

    code = "replay_too_many"
    message = f"Kỳ này có hơn {MOST} hồ sơ. Chọn một thủ tục hoặc kỳ ngắn hơn."


def cases(actor: Actor, since: datetime, until: datetime, *, procedure_code: str = "") -> Iterator[Case]:
    """
    Yield the dossiers accepted in a period, void ones left out, a thousand at a time.

    :raises TooMany: more than 20,000.
    """
    after, count = 0, 0
    while True:
        found = _page(actor, since, until, procedure_code, after)
        count += len(found)
        if count > MOST:
            raise TooMany
        stays: dict[int, list[Stay]] = {}
        for task in team.history(actor, [row[0] for row in found]):
            stays.setdefault(task.subject, []).append(
                Stay(task.node, task.name, task.unit_id, task.hours, task.opened_at, task.done_at)
            )
        for subject, code, procedure, agency_id, clock, ended_at in found:
            kept = Clock.from_json(json.loads(clock) if isinstance(clock, str) else clock)
            held = tuple(stays.get(subject, ()))
            yield Case(code, procedure, agency_id, kept.deadline, ended_at, held)
        if len(found) < BATCH:
            return
        after = found[-1][0]


def _page(
    actor: Actor, since: datetime, until: datetime, procedure_code: str, after: int
) -> Sequence[tuple[Any, ...]]:
    where, values = "", list[Any]()
    if procedure_code:
        where, values = " AND d.procedure_code = %s", [procedure_code]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.subject, d.code, d.procedure_code, d.agency_id, d.clock, d.ended_at"  # noqa: S608  (texts of ours; values are parameters)
            " FROM dossiers_dossier d WHERE d.accepted_at >= %s AND d.accepted_at < %s AND d.subject > %s"
            f" AND d.state <> 'void' AND d.clock ? 'deadline'{where} AND {access.visible('d.subject')}"
            " ORDER BY d.subject LIMIT %s",
            [since, until, after, *values, *access.parameters(actor), BATCH],
        )
        return list(cursor.fetchall())


def tried(
    actor: Actor,
    since: datetime,
    until: datetime,
    change: Change,
    at: datetime,
    *,
    procedure_code: str = "",
) -> Report:
    """
    Return what a change would have made of the dossiers accepted in a period.

    :raises TooMany:
    """
    kept: dict[int, Any] = {}

    def calendar(agency_id: int) -> Any:
        if agency_id not in kept:
            unit = organisation.root_of_agency(agency_id).id
            kept[agency_id] = _calendar(unit, change.days_off)
        return kept[agency_id]

    return replay(cases(actor, since, until, procedure_code=procedure_code), change, calendar, at)


def _calendar(unit_id: int, days_off: Sequence[date]) -> Any:
    if not days_off:
        return organisation.calendar(unit_id)
    return organisation.calendar_with(unit_id, days_off)
