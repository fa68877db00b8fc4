"""Books of a unit closed for a period: what they say at that moment is frozen and numbered; replaced, never changed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from motcua.documents import operations as documents
from motcua.documents import papers
from motcua.documents import queries as document_queries
from motcua.dossiers import bookpapers, closing, closings, daybook, events, rules
from motcua.dossiers.closing import (
    BOOK_NAMES,
    MOST_LINES,
    SERIES,
    AlreadyClosed,
    Book,
    ChangedMeanwhile,
    Closed,
    ClosingNotFound,
    NotHandedToYou,
    NothingNew,
    NotYourBook,
    Span,
    TooLong,
)
from motcua.dossiers.models import Closing
from motcua.kernel.actor import SYSTEM, Actor, DutyRef, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import Invalid
from motcua.organisation import queries as organisation
from motcua.organisation.tree import UnitRef
from motcua.platform import access, constraints, idempotency, ledger
from motcua.platform.ledger import Facts


def close(
    *,
    book: Book,
    unit_id: int,
    span: Span,
    on: date,
    actor: Actor,
    key: str,
    at: datetime,
    reason: str = "",
    receiver_id: int | None = None,
    shown: int | None = None,
) -> int:
    """
    Close a book of a unit for the day, month or year that `on` lies in, as who keeps it; return the closing's number.

    Where the period was closed before, the new paper replaces the old one and says which and why (`reason`); both stay.
    `shown` is how many lines the page told; `receiver_id` who takes a list of the day over. The whole book is closed,
    whatever of it the keeper may see.

    :raises NotYourBook: the actor does not receive at the unit.
    :raises PeriodNotOver, TooLong, ChangedMeanwhile, NothingNew, AlreadyClosed, ReasonMissing:
    :raises Invalid: the book is not closed for such a period, or is handed over to nobody of the unit.
    :raises Replayed, MissingKey:
    """
    period = Closed.of(span, on)
    body = [book.value, unit_id, span.value, period.first.isoformat(), reason, receiver_id, shown]
    try:
        with constraints.kept("closing_one_current", AlreadyClosed), transaction.atomic(durable=True):
            number = idempotency.take(actor, key, "dossiers.close_book", body, at=at)
            duty = _keeper(actor, unit_id)
            closing.check(book, period, at.astimezone(LOCAL).date())
            unit = organisation.unit(unit_id)
            before = (
                Closing.objects.select_for_update(no_key=True)
                .filter(unit=unit_id, book=book, first=period.first, last=period.last, current=True)
                .first()
            )
            words = rules.reason(reason) if before is not None else ""
            receiver = _receiver(actor, book, unit_id, receiver_id, period.last)
            paper = _paper(book, unit, period, actor.name, receiver, _replacing(before, words), at)
            lines = len(paper.rows) if isinstance(paper, papers.Register) else paper.received
            if shown is not None and shown != lines:
                raise ChangedMeanwhile
            if before is not None:
                old = document_queries.content(SYSTEM, before.document_id)
                if closing.same(papers.to_json(old), papers.to_json(paper)):
                    raise NothingNew
                before.current = False
                before.save(update_fields=["current"])
            access.grant(number, units=[unit_id], scope="book")
            series, symbol = SERIES[book]
            document = documents.freeze(
                subject=number, paper=paper, unit_id=unit_id, at=at, series=series, symbol=symbol,
                title=f"{BOOK_NAMES[book]}, {period.words}", signatory_id=actor.staff_id,
                replaces_id=before.document_id if before is not None else None,
            )  # fmt: skip
            row = Closing.objects.create(
                subject=number, book=book, span=span, unit_id=unit_id, first=period.first, last=period.last,
                lines=lines, number=document.number, document=document, closed_by_id=actor.staff_id or 0,
                closed_at=at, reason=words, replaces=before, receiver_id=receiver_id,
            )  # fmt: skip
            _note(row, "book_closed", actor, duty, at, words)
            return number
    except idempotency.AlreadyDone as done:
        return done.subject


def take_over(*, number: int, actor: Actor, key: str, at: datetime) -> None:
    """
    Say as its receiver that a list of the day was handed over, with what it lists.

    :raises ClosingNotFound: it is not there, or not for the actor.
    :raises NotHandedToYou, Replayed, MissingKey:
    """
    try:
        with transaction.atomic(durable=True):
            idempotency.take(actor, key, "dossiers.take_over_day", [number], at=at, subject=number)
            row = Closing.objects.select_for_update(no_key=True).filter(subject=number).first()
            if row is None or not access.sees(actor, number):
                raise ClosingNotFound
            if actor.staff_id is None or row.receiver_id != actor.staff_id or row.received_at is not None:
                raise NotHandedToYou
            row.received_at = max(at, row.closed_at)
            row.save(update_fields=["received_at"])
            _note(row, "day_taken_over", actor, next(iter(actor.duties), None), at)
    except idempotency.AlreadyDone:
        return


def _keeper(actor: Actor, unit_id: int) -> DutyRef:
    """Return the duty under which the actor keeps a unit's books: at the unit, or the one that took it over."""
    held = next(
        (
            duty
            for duty in actor.duties
            if duty.role is Role.ONE_STOP_OFFICER and unit_id in organisation.reach(duty.unit_id)
        ),
        None,
    )
    if held is None or actor.staff_id is None:
        raise NotYourBook
    return held


def _receiver(actor: Actor, book: Book, unit_id: int, staff_id: int | None, on: date) -> str:
    """Return the name of who takes a list of the day over, nothing where it is handed over to nobody."""
    if staff_id is None:
        return ""
    found = closings.receivers(actor, unit_id, on)
    if book is not Book.END_OF_DAY or staff_id not in found:
        raise Invalid(
            errors={"nguoi-nhan": "Chọn người nhận là người khác trong đơn vị hoặc người đứng đầu cơ quan."}
        )
    return found[staff_id]


def _replacing(before: Closing | None, words: str) -> str:
    if before is None:
        return ""
    on = before.closed_at.astimezone(LOCAL)
    return f"Thay bản chốt số {before.number} ngày {on:%d/%m/%Y}. Lý do: {words.rstrip('.')}."


def _paper(
    book: Book, unit: UnitRef, period: Closed, keeper: str, receiver: str, replaces: str, at: datetime
) -> papers.Register | papers.EndOfDay:
    if book is Book.END_OF_DAY:
        day = bookpapers.counter_day(SYSTEM, unit.id, period.first)
        return bookpapers.end_of_day(
            unit, period.first, day, at, officer_name=keeper, receiver_name=receiver, replaces=replaces
        )
    since, until = bookpapers.span(period.first, period.last)
    found = daybook.register(SYSTEM, unit.id, since, until, size=MOST_LINES)
    if len(found) > MOST_LINES:
        raise TooLong(errors={"ky": TooLong.message})
    return bookpapers.register(
        SYSTEM, unit, found, period.first, period.last, "Tất cả lĩnh vực", at, keeper_name=keeper, closed=True,
        replaces=replaces,
    )  # fmt: skip


def _note(row: Closing, act: str, actor: Actor, duty: DutyRef | None, at: datetime, words: str = "") -> None:
    ledger.append_unheaded(
        row.subject,
        act=act,
        actor=actor,
        duty=duty,
        at=at,
        facts=Facts(agency_id=organisation.unit(row.unit_id).agency_id, unit_id=row.unit_id),
        payload={
            "number": row.number, "book": row.book, "first": row.first.isoformat(), "last": row.last.isoformat(),
            "lines": row.lines, "document": row.document_id, "digest": row.document.digest,
            "replaces": row.replaces_id,
        },
        personal={"words": words} if words else None,
        event=events.BookMoved(
            closing=row.subject, at=at, act=act, book=row.book, unit=row.unit_id, document_id=row.document_id,
            lines=row.lines,
        ),
    )  # fmt: skip
