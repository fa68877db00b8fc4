"""The log of messages after its time: contents are masked first, later the rows go and only their counts stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import connection, transaction

from motcua.catalogue import queries as catalogue
from motcua.exchange import rules
from motcua.exchange.models import Message
from motcua.exchange.rules import MessageState
from motcua.kernel.calendar import LOCAL

log = structlog.get_logger(__name__)
BATCH = 500
_OVER = [str(one) for one in MessageState if one not in rules.UNFINISHED]
_COUNTED = """
WITH gone AS (
  DELETE FROM exchange_message WHERE id IN (
    SELECT id FROM exchange_message
    WHERE cleared_at IS NOT NULL AND state = ANY(%s) AND created_at < %s ORDER BY id LIMIT %s)
  RETURNING partner_id, (created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day, direction, kind, state
), kept AS (
  INSERT INTO exchange_messagecount (partner_id, day, direction, kind, state, count)
  SELECT partner_id, day, direction, kind, state, count(*) FROM gone GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (partner_id, day, direction, kind, state)
  DO UPDATE SET count = exchange_messagecount.count + EXCLUDED.count RETURNING 1
)
SELECT count(*) FROM gone
"""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many messages lost their personal values, and how many rows became counts."""

    masked: int = 0
    counted: int = 0


def tidy(*, real_at: datetime, batch: int = BATCH) -> Tidied:
    """
    Clear what is older than the dated setting `partner_log` allows, at most `batch` rows of each kind at a time.

    What has not come to its end (waits, failed, is being taken in) stays. Can run twice, and killed in between.
    """
    kept = rules.retention(catalogue.setting("partner_log", real_at.astimezone(LOCAL).date()))
    if kept is None:
        return Tidied()
    done = Tidied(_masked(real_at - kept.content, real_at, batch), _counted(real_at - kept.rows, batch))
    if done.masked or done.counted:
        log.info("partner_log_tidied", masked=done.masked, counted=done.counted)
    return done


@transaction.atomic
def _masked(before: datetime, real_at: datetime, batch: int) -> int:
    rows = list(
        Message.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(cleared_at__isnull=True, state__in=_OVER, created_at__lt=before)
        .order_by("id")[:batch]
    )
    for row in rows:
        row.content, row.wire, row.cleared_at = rules.masked(row.content), rules.masked(row.wire), real_at
    Message.objects.bulk_update(rows, ["content", "wire", "cleared_at"])
    return len(rows)


@transaction.atomic
def _counted(before: datetime, batch: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [_OVER, before, batch])
        return int(cursor.fetchone()[0])
