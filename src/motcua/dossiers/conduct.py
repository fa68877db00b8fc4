"""What is on record about how officers handled dossiers in a period: the basis of reminders (R-190)."""

from __future__ import annotations

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
    beside the published record, striking pauses.
    """

    unit_id: int
    officer_id: int
    late: int
    unexplained: int
    returned: int
    demands: int
    pauses: int


_CONDUCT = """
SELECT unit_id, officer_id, sum(late)::int, sum(unexplained)::int, sum(returned)::int, sum(demands)::int,
       sum(pauses)::int
FROM (
  SELECT unit_id, holder_id AS officer_id, count(*) AS late,
         count(*) FILTER (WHERE state IN ('owed', 'returned') AND answer_by < %(now)s) AS unexplained,
         count(*) FILTER (WHERE state = 'returned') AS returned, 0 AS demands, 0 AS pauses
  FROM dossiers_explanation WHERE due_at >= %(since)s AND due_at < %(until)s GROUP BY 1, 2
  UNION ALL
  SELECT unit_id, officer_id, 0, 0, 0, count(*), 0
  FROM dossiers_unlisteddemand WHERE at >= %(since)s AND at < %(until)s GROUP BY 1, 2
  UNION ALL
  SELECT unit_id, officer_id, 0, 0, 0, 0, count(*)
  FROM dossiers_pauserecord WHERE started_at >= %(since)s AND started_at < %(until)s AND kinds <> '{}' GROUP BY 1, 2
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
