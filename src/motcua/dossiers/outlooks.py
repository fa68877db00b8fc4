"""Reading of dossiers that are still in time and will probably be late: what is warned of before it is too late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from motcua.dossiers.concern import of_their_concern
from motcua.dossiers.queries import COLUMNS, ListRow
from motcua.kernel.actor import Actor
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class Likely:
    """A dossier that will probably be late: when it will be done, and since when that is seen."""

    expected_at: datetime
    since: datetime
    row: ListRow


_STANDS = "d.state IN ('accepted','in_process') AND d.due_at > %s"


def likely(
    actor: Actor, now: datetime, *, after: tuple[datetime, int] | None = None, size: int = 50
) -> list[Likely]:
    """Return those of the actor's concern, the ones due first on top, at most `size + 1`."""
    scope, values = of_their_concern(actor)
    page = "TRUE" if after is None else "(d.due_at, d.subject) > (%s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.expected_at, o.since, {COLUMNS} FROM dossiers_outlook o"  # noqa: S608  (texts of ours; values are parameters)
            f" JOIN dossiers_dossier d ON d.subject = o.subject WHERE {_STANDS} AND {scope} AND {page}"
            f" AND {access.visible('d.subject')} ORDER BY d.due_at, d.subject LIMIT %s",
            [now, *values, *(after or ()), *access.parameters(actor), size + 1],
        )
        return [Likely(expected_at, since, ListRow(*row)) for expected_at, since, *row in cursor.fetchall()]


def count(actor: Actor, now: datetime) -> int:
    """Return how many there are of the actor's concern."""
    scope, values = of_their_concern(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dossiers_outlook o JOIN dossiers_dossier d ON d.subject = o.subject"  # noqa: S608  (texts of ours; values are parameters)
            f" WHERE {_STANDS} AND {scope} AND {access.visible('d.subject')}",
            [now, *values, *access.parameters(actor)],
        )
        (found,) = cursor.fetchone()
    return int(found)
