"""Reading of closed books: the list of a unit's, one with its versions, months that nobody has closed yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from motcua.documents import queries as papers
from motcua.documents.queries import DocumentRow
from motcua.documents.rules import Signed
from motcua.dossiers import daybook
from motcua.dossiers.bookpapers import span
from motcua.dossiers.closing import MOST_LINES, Book, Closed, ClosingNotFound, Span
from motcua.dossiers.homes import Home
from motcua.dossiers.models import Closing
from motcua.kernel.actor import SYSTEM, Actor, ActorKind, Role
from motcua.kernel.calendar import add_months
from motcua.organisation import queries as organisation
from motcua.platform import access


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """
    A closed book; `signed` tells how far its paper is signed digitally.

    `by` and `receiver` are names, `replaces` the number of the closing it takes the place of; not `current`: a later
    one has taken its place.
    """

    number: int
    book: Book
    period: Closed
    unit_id: int
    name: str
    document_id: int
    lines: int
    by: str
    at: datetime
    reason: str
    replaces: int | None
    current: bool
    receiver_id: int | None
    receiver: str
    received_at: datetime | None
    signed: Signed


@dataclass(frozen=True, slots=True)
class ClosingFilters:
    """What a list of closed books is narrowed to; `text` is how its number begins."""

    unit_id: int | None = None
    book: Book | None = None
    span: Span | None = None
    first: date | None = None
    last: date | None = None
    text: str = ""
    signed: Signed | None = None
    only_current: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A month of a unit whose register is not closed (`closed` None), or has other than the closed number of lines."""

    unit_id: int
    first: date
    lines: int
    closed: int | None


def _seen(actor: Actor) -> QuerySet[Closing]:
    rows = Closing.objects.select_related("closed_by", "receiver")
    if access.sees_everything(actor):
        return rows
    if actor.kind is not ActorKind.STAFF or not actor.duties:
        return rows.none()
    return rows.filter(unit__in=sorted(actor.unit_ids))


def _rows(found: Collection[Closing]) -> list[ClosingRow]:
    states = papers.signed_states([row.document_id for row in found]) if found else {}
    return [
        ClosingRow(
            row.subject, Book(row.book), Closed(Span(row.span), row.first, row.last), row.unit_id, row.number,
            row.document_id, row.lines, row.closed_by.full_name, row.closed_at, row.reason, row.replaces_id,
            row.current, row.receiver_id, row.receiver.full_name if row.receiver is not None else "",
            row.received_at, states[row.document_id],
        )
        for row in found
    ]  # fmt: skip


def listing(
    actor: Actor, wanted: ClosingFilters, *, before: int | None = None, size: int = 50
) -> list[ClosingRow]:
    """Return the closed books of the actor's units, newest first, at most `size + 1`, before a number."""
    rows = _seen(actor)
    given = {
        "unit": wanted.unit_id, "book": wanted.book, "span": wanted.span, "last__gte": wanted.first,
        "first__lte": wanted.last, "number__istartswith": wanted.text, "subject__lt": before,
        "current": wanted.only_current,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in given.items() if value})
    rows = rows.filter(papers.signed_as("document_id", wanted.signed)) if wanted.signed else rows
    return _rows(rows.order_by("-subject")[: size + 1])


def one_closing(actor: Actor, number: int) -> tuple[ClosingRow, list[ClosingRow]]:
    """
    Return a closed book, and every closing of the same period, newest first.

    :raises ClosingNotFound: it is not there, or none of the actor's units.
    """
    row = _seen(actor).filter(subject=number).first()
    if row is None:
        raise ClosingNotFound
    same = _seen(actor).filter(unit=row.unit_id, book=row.book, first=row.first, last=row.last)
    versions = _rows(same.order_by("-subject"))
    return next(one for one in versions if one.number == number), versions


def current(actor: Actor, book: Book, unit_id: int, period: Closed) -> ClosingRow | None:
    """Return the closing of a unit's book for a period that counts, if there is one."""
    rows = _seen(actor).filter(unit=unit_id, book=book, first=period.first, last=period.last, current=True)
    return next(iter(_rows(rows[:1])), None)


def book_lines(actor: Actor, book: Book, unit_id: int, period: Closed) -> int:
    """
    Return how many lines a closing would have now, for who may see the unit: of the register at most one too many.

    The whole book is counted, whatever of it the actor may see: so it is closed.
    """
    if not _at_home(actor, unit_id):
        return 0
    since, until = span(period.first, period.last)
    if book is Book.END_OF_DAY:
        return daybook.day_counts(SYSTEM, unit_id, since, until).received
    return len(daybook.register(SYSTEM, unit_id, since, until, size=MOST_LINES))


def receivers(actor: Actor, unit_id: int, on: date) -> dict[int, str]:
    """Return to whom the actor may hand a day of a unit over, by name: others of it, and who heads its agency."""
    if not _at_home(actor, unit_id):
        return {}
    heads = organisation.duty_holders(organisation.root_of(unit_id).id, Role.AGENCY_HEAD, on)
    found = [*organisation.colleagues(actor, unit_id, on), *heads]
    return {one.staff_id: one.full_name for one in found if one.staff_id != actor.staff_id}


def _at_home(actor: Actor, unit_id: int) -> bool:
    return access.sees_everything(actor) or (actor.kind is ActorKind.STAFF and unit_id in actor.unit_ids)


def home(actor: Actor, row: DocumentRow) -> Home:
    """
    Return the closing a paper is, with who signs it: who closed the book, and who took the list of the day over.

    :raises ClosingNotFound: it is the paper of none, or of no unit of the actor.
    """
    found = _seen(actor).filter(document=row.id).first()
    if found is None:
        raise ClosingNotFound
    return Home(found.subject, found.closed_by_id, found.receiver_id if found.received_at else None)


_MISSING = """
SELECT book.unit_id, book.month, book.lines, c.lines FROM (
  SELECT coalesce(d.registered_unit_id, d.receiving_unit_id) AS unit_id,
         date_trunc('month', d.accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS month, count(*) AS lines
  FROM dossiers_dossier d
  WHERE (d.registered_unit_id = ANY(%(units)s)
         OR (d.receiving_unit_id = ANY(%(units)s) AND d.registered_unit_id IS NULL))
    AND d.accepted_at >= %(since)s AND d.accepted_at < %(until)s
  GROUP BY 1, 2) book
LEFT JOIN dossiers_closing c ON c.unit_id = book.unit_id AND c.book = 'register' AND c.current AND c.first = book.month
  AND c.span = 'month'
WHERE c.lines IS NULL OR c.lines <> book.lines
ORDER BY book.month, book.unit_id
"""


def missing(actor: Actor, unit_ids: Collection[int], today: date, *, months: int = 6) -> list[Missing]:
    """
    Return the months that are over and not closed, or have other lines than were closed, of the registers of the
    actor's units (one statement over what they accepted in the last `months`).
    """
    mine = [one for one in unit_ids if _at_home(actor, one)]
    until = today.replace(day=1)
    first = add_months(until, -months)
    if not mine:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _MISSING,
            {"units": sorted(mine), "since": span(first, first)[0], "until": span(until, until)[0]},
        )
        return [Missing(*row) for row in cursor.fetchall()]
