"""What is on record about how officers handled dossiers in a period: the basis of reminders (R-190)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from motcua.dossiers.pauserecords import looks_into
from motcua.kernel.actor import Actor
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Conduct:
    """
    An officer of a unit in a period: dossiers late by them, explanations not written in time and returned, demands
    beside the published record, striking pauses, what may have cost applicants a way too many.
    """

    unit_id: int
    officer_id: int
    late: int
    unexplained: int
    returned: int
    demands: int
    pauses: int
    hardships: int


_CONDUCT = """
SELECT unit_id, officer_id, sum(late)::int, sum(unexplained)::int, sum(returned)::int, sum(demands)::int,
       sum(pauses)::int, sum(hardships)::int
FROM (
  SELECT unit_id, holder_id AS officer_id, count(*) AS late,
         count(*) FILTER (WHERE state IN ('owed', 'returned') AND answer_by < %(now)s) AS unexplained,
         count(*) FILTER (WHERE state = 'returned') AS returned, 0 AS demands, 0 AS pauses,
         0 AS hardships
  FROM dossiers_explanation WHERE due_at >= %(since)s AND due_at < %(until)s GROUP BY 1, 2
  UNION ALL
  SELECT unit_id, officer_id, 0, 0, 0, count(*), 0, 0
  FROM dossiers_unlisteddemand WHERE at >= %(since)s AND at < %(until)s GROUP BY 1, 2
  UNION ALL
  SELECT unit_id, officer_id, 0, 0, 0, 0, count(*), 0
  FROM dossiers_pauserecord WHERE started_at >= %(since)s AND started_at < %(until)s AND kinds <> '{}' GROUP BY 1, 2
  UNION ALL
  SELECT unit_id, officer_id, 0, 0, 0, 0, 0, count(*)
  FROM dossiers_hardshipsign WHERE at >= %(since)s AND at < %(until)s GROUP BY 1, 2
) told
WHERE unit_id IS NOT NULL AND officer_id IS NOT NULL AND (%(all)s OR unit_id = ANY(%(units)s))
GROUP BY 1, 2 ORDER BY 3 DESC, 6 DESC, 1, 2 LIMIT 500
"""


def conduct(actor: Actor, since: datetime, until: datetime, now: datetime) -> list[Conduct]:
    """Return what is on record of a period by officer, the most late dossiers first (one statement)."""
    if not looks_into(actor):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _CONDUCT,
            {
                "since": since, "until": until, "now": now, "all": access.sees_everything(actor),
                "units": sorted(actor.unit_ids),
            },
        )  # fmt: skip
        return [Conduct(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class OnRecord:
    """One thing on record about an officer: `what` is late, demand or a kind of hardship, `name` the paper demanded."""

    what: str
    code: str
    procedure_code: str
    name: str
    at: datetime


_ON_RECORD = """
SELECT what, code, procedure_code, name, at FROM (
  SELECT 'late' AS what, d.code, d.procedure_code, '' AS name, e.due_at AS at
  FROM dossiers_explanation e JOIN dossiers_dossier d ON d.subject = e.dossier_id
  WHERE e.due_at >= %(since)s AND e.due_at < %(until)s AND e.unit_id = %(unit)s AND e.holder_id = %(officer)s
  UNION ALL
  SELECT 'demand', code, procedure_code, name, at FROM dossiers_unlisteddemand
  WHERE at >= %(since)s AND at < %(until)s AND unit_id = %(unit)s AND officer_id = %(officer)s
  UNION ALL
  SELECT kind, code, procedure_code, '', at FROM dossiers_hardshipsign
  WHERE at >= %(since)s AND at < %(until)s AND unit_id = %(unit)s AND officer_id = %(officer)s
) told WHERE what = ANY(%(kinds)s) ORDER BY at DESC, code LIMIT 200
"""


def on_record(
    actor: Actor, unit_id: int, officer_id: int, kinds: Collection[str], since: datetime, until: datetime
) -> list[OnRecord]:
    """Return what figures of an officer of a unit rest on, the newest first, at most 200 (one statement)."""
    if not looks_into(actor) or not (access.sees_everything(actor) or unit_id in actor.unit_ids):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _ON_RECORD,
            {"since": since, "until": until, "unit": unit_id, "officer": officer_id, "kinds": sorted(kinds)},
        )
        return [OnRecord(*row) for row in cursor.fetchall()]
