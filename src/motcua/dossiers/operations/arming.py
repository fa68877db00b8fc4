"""Setting and clearing a dossier's timers: two writes that go along with the act's ledger entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from motcua.dossiers.consulting import AWAITING
from motcua.dossiers.timing import OF_OPINIONS, OF_REQUESTS, Timer, Watched, timers
from motcua.kernel.calendar import WorkingCalendar
from motcua.kernel.counting import Limit

_WANTED = "unnest(%s::text[], %s::timestamptz[]) wanted(kind, due_at)"
_CLEAR = (
    "DELETE FROM dossiers_timer t WHERE t.subject = %s AND NOT EXISTS"  # noqa: S608  (texts of ours; values are parameters)
    f" (SELECT 1 FROM {_WANTED} WHERE wanted.kind = t.kind AND wanted.due_at = t.due_at)"
    " AND t.kind <> ALL(%s)"
)
_SET = (
    "INSERT INTO dossiers_timer (subject, kind, due_at, attempts, error)"  # noqa: S608  (texts of ours; values are parameters)
    f" SELECT %s, wanted.kind, wanted.due_at, 0, '' FROM {_WANTED} ON CONFLICT DO NOTHING"
)
Write = tuple[str, Sequence[Any]]


def ask_until(subject: int, due_at: datetime) -> Write:
    """Return what sets the timer of an opinion that is due at a moment."""
    return _SET, [subject, [str(Timer.LATE_OPINION)], [due_at]]


def answered(subject: int) -> Write:
    """Return what clears the timers of a dossier's opinions that are awaited no more."""
    return (
        "DELETE FROM dossiers_timer t WHERE t.subject = %s AND t.kind = %s AND NOT EXISTS (SELECT 1"
        " FROM dossiers_opinion o JOIN dossiers_opinionrequest r ON r.id = o.request_id"
        " WHERE r.dossier_id = t.subject AND o.state = 'open' AND r.due_at = t.due_at)",
        [subject, str(Timer.LATE_OPINION)],
    )


def request_until(subject: int, acknowledged_by: datetime, answered_by: datetime | None) -> Write:
    """Return what sets the timers of a request: a central system is to acknowledge it, then to answer it."""
    wanted = [(Timer.UNACKNOWLEDGED, acknowledged_by)]
    if answered_by is not None:
        wanted.append((Timer.NO_ANSWER, answered_by))
    return _SET, [subject, [str(kind) for kind, _ in wanted], [moment for _, moment in wanted]]


def requests_stand(subject: int) -> Write:
    """Return what clears the timers of requests that need no acknowledgement, or no answer, any more."""
    return (
        "DELETE FROM dossiers_timer t WHERE t.subject = %s AND t.kind IN (%s, %s) AND NOT EXISTS (SELECT 1"
        " FROM dossiers_passedon p WHERE p.dossier_id = t.subject AND p.settled_at IS NULL"
        " AND CASE WHEN t.kind = %s THEN p.answered_by = t.due_at"
        " ELSE p.acknowledged_at IS NULL AND p.answer_by = t.due_at END)",
        [subject, str(Timer.UNACKNOWLEDGED), str(Timer.NO_ANSWER), str(Timer.NO_ANSWER)],
    )


def writes(
    subject: int,
    *,
    before: Watched,
    after: Watched,
    warn_before: Sequence[Limit],
    apology_lead: Limit,
    calendar: WorkingCalendar,
) -> list[Write]:
    """
    Return what sets the timers a dossier needs now and clears the others.

    A timer that has fired stays as it is while its moment stands: it never fires twice.
    """
    wanted = timers(after, warn_before, apology_lead, calendar)
    columns = [[str(kind) for kind, _ in wanted], [moment for _, moment in wanted]]
    found: list[Write] = [(_SET, [subject, *columns])] if wanted else []
    if before.state:  # a new dossier has none yet
        kept = sorted(OF_REQUESTS | OF_OPINIONS if after.state in AWAITING else OF_REQUESTS)
        found.insert(0, (_CLEAR, [subject, *columns, kept]))
    return found
