"""Books closed for a period: what was shown is frozen; a later closing replaces it; handed over, signed, missed."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from motcua.documents import operations as documents
from motcua.documents import papers
from motcua.documents import queries as document_queries
from motcua.documents.models import Document
from motcua.documents.rules import SignatureField, Signed, check_value
from motcua.dossiers import closing, closings, handlers
from motcua.dossiers.closing import (
    AlreadyClosed,
    Book,
    ChangedMeanwhile,
    Closed,
    ClosingNotFound,
    NotHandedToYou,
    NothingNew,
    NotYourBook,
    PeriodNotOver,
    Span,
    TooLong,
)
from motcua.dossiers.closings import ClosingFilters
from motcua.dossiers.models import Closing
from motcua.dossiers.operations import closing as operations
from motcua.dossiers.rules import NoDuty, ReasonMissing
from motcua.dossiers.tests import traces
from motcua.dossiers.tests.factories import (
    AN_LUU,
    MONDAY,
    TAN_DAN,
    Case,
    citizen,
    counter,
    holder,
    key,
    unit,
)
from motcua.dossiers.tests.signers import Signers
from motcua.dossiers.tests.test_signing_matters import sign
from motcua.kernel.actor import SYSTEM, Actor, Role
from motcua.kernel.calendar import LOCAL
from motcua.kernel.errors import DomainError, Invalid, NotFound, Replayed
from motcua.organisation import queries as organisation
from motcua.platform import outbox

pytestmark = [pytest.mark.usefixtures("province"), pytest.mark.django_db(transaction=True)]
DAY = MONDAY.date()
EVENING = MONDAY.replace(hour=17)
NEXT_MONTH = datetime(2023, 11, 1, 8, tzinfo=LOCAL)


def close(**more: Any) -> int:
    """Close the register of the month, on the first day of the next one."""
    given: dict[str, Any] = {
        "book": Book.REGISTER, "unit_id": unit(TAN_DAN).id, "span": Span.MONTH, "on": DAY, "actor": counter(),
        "key": key(), "at": NEXT_MONTH, **more,
    }  # fmt: skip
    return operations.close(**given)


def refused(refusal: type[DomainError], **more: Any) -> None:
    before = traces.everything()
    with pytest.raises(refusal):
        close(**more)
    assert traces.everything() == before


def head() -> Actor:
    """Return the head of the agency of the counter."""
    return holder(organisation.root_of(unit(TAN_DAN).id).id, Role.AGENCY_HEAD)


def content(number: int) -> Any:
    return document_queries.content(SYSTEM, Closing.objects.get(subject=number).document_id)


def test_what_was_shown_is_frozen_and_no_later_act_changes_it() -> None:
    cases = [Case.taken_in(), Case.taken_in()]
    number, same = close(key="chot-1"), close(key="chot-1")
    assert number == same
    with pytest.raises(Replayed):
        close(key="chot-1", span=Span.YEAR)
    row = Closing.objects.get(subject=number)
    paper = Document.objects.get(pk=row.document_id)
    assert (row.lines, row.number, row.current, paper.number) == (2, "01/STD", True, "01/STD")
    assert (paper.subject, paper.signatory_id, paper.title) == (
        number, counter().staff_id, "Sổ theo dõi hồ sơ, tháng 10/2023",
    )  # fmt: skip
    said = content(number)
    assert isinstance(said, papers.Register)
    assert [line.dossier_code for line in said.rows] == [case.code for case in cases]
    assert (said.closed, said.first_day, said.last_day) == (True, date(2023, 10, 1), date(2023, 10, 31))
    entry = traces.last(number)
    assert (entry.act, entry.payload["lines"], entry.payload["digest"]) == ("book_closed", 2, paper.digest)
    event = traces.events(number)[-1]
    assert (event.topic, event.payload["book"]) == ("dossiers.book.v1", "register")
    pdf = documents.printed(actor=counter(), document_id=paper.pk, at=NEXT_MONTH).pdf
    cases[0].process()
    cases[0].hand_over()
    assert content(number) == said
    assert documents.printed(actor=counter(), document_id=paper.pk, at=NEXT_MONTH).pdf == pdf
    assert Document.objects.get(pk=paper.pk).digest == paper.digest


def test_a_later_closing_replaces_the_first_and_says_which_and_why() -> None:
    case = Case.taken_in()
    first = close()
    refused(ReasonMissing)
    refused(NothingNew, reason="Chốt lại sau khi đối chiếu.")
    case.process()
    refused(ChangedMeanwhile, reason="Bổ sung kết quả đã có.", shown=2)
    second = close(reason="Bổ sung kết quả đã có.", shown=1)
    one, versions = closings.one_closing(counter(), second)
    assert (one.replaces, one.current, [row.current for row in versions]) == (first, True, [True, False])
    assert content(second).replaces == (
        "Thay bản chốt số 01/STD ngày 01/11/2023. Lý do: Bổ sung kết quả đã có."
    )
    old = Closing.objects.get(subject=first).document
    told = document_queries.checked(old.pk, check_value(old.digest))
    assert told.newer is not None
    assert told.newer.number == "02/STD"
    assert traces.personal(second, 1)["words"] == "Bổ sung kết quả đã có."
    assert traces.last(second).payload["replaces"] == first


def test_who_closes_what_and_when() -> None:
    Case.taken_in()
    refused(NotYourBook, actor=counter(AN_LUU))
    refused(NotYourBook, actor=head())
    refused(NotYourBook, actor=citizen())
    refused(PeriodNotOver, at=datetime(2023, 10, 30, 17, tzinfo=LOCAL))
    refused(PeriodNotOver, span=Span.YEAR)
    refused(Invalid, book=Book.END_OF_DAY)  # for a month
    refused(Invalid, receiver_id=head().staff_id)  # a register is handed to nobody
    assert close(span=Span.DAY, at=EVENING)


def test_more_lines_than_a_paper_takes_are_closed_in_shorter_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    Case.taken_in()
    Case.taken_in()
    monkeypatch.setattr(operations, "MOST_LINES", 1)
    refused(TooLong)


def test_two_at_once_are_one_closing() -> None:
    Case.taken_in()
    close()
    Closing.objects.update(current=False)
    row = Closing.objects.get()
    row.subject, row.current, row._state.adding = row.subject + 1_000_000, True, True
    row.save()
    row.refresh_from_db()

    before = traces.everything()
    real = Closing.objects.select_for_update
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(Closing.objects), "select_for_update", lambda self, **how: real(**how).none())
        with pytest.raises(AlreadyClosed):
            close()
    assert traces.everything() == before


def test_the_list_of_a_day_is_handed_over_and_signed_by_both() -> None:
    Case.taken_in()
    officer, other, signers = counter(), head(), Signers.trusted()
    common: dict[str, Any] = {"book": Book.END_OF_DAY, "span": Span.DAY, "at": EVENING}
    refused(Invalid, **common, receiver_id=officer.staff_id)
    refused(Invalid, **common, receiver_id=counter(AN_LUU).staff_id)
    number = close(**common, receiver_id=other.staff_id)
    paper = Closing.objects.get(subject=number).document
    said = content(number)
    assert (paper.number, said.received, said.receiver_name) == ("01/DSCN", 1, other.name)
    mine = signers.signed(paper.pk, signers.person(officer), SignatureField.SIGNATORY, EVENING)
    sign(paper.pk, officer, mine, at=EVENING)
    theirs = signers.signed(paper.pk, signers.person(other), SignatureField.RECEIVER, EVENING)
    with pytest.raises(NoDuty):  # not taken over yet
        sign(paper.pk, other, theirs, at=EVENING)
    before = traces.everything()
    for who, refusal in ((officer, NotHandedToYou), (counter(AN_LUU), ClosingNotFound)):
        with pytest.raises(refusal):
            operations.take_over(number=number, actor=who, key=key(), at=EVENING)
    assert traces.everything() == before
    same = key()
    operations.take_over(number=number, actor=other, key=same, at=EVENING)
    operations.take_over(number=number, actor=other, key=same, at=EVENING)
    with pytest.raises(NotHandedToYou):
        operations.take_over(number=number, actor=other, key=key(), at=EVENING)
    sign(paper.pk, other, theirs, at=EVENING)
    assert [entry.act for entry in traces.entries(number)] == [
        "book_closed", "sign_paper", "day_taken_over", "sign_paper",
    ]  # fmt: skip
    one, _ = closings.one_closing(officer, number)
    assert (one.signed, one.received_at, one.receiver) == (Signed.WHOLLY, EVENING, other.name)


def test_the_list_of_closed_books() -> None:
    Case.taken_in()
    numbers = [close(span=Span.DAY), close()]
    officer = counter()

    def found(**wanted: Any) -> list[int]:
        return [row.number for row in closings.listing(officer, ClosingFilters(**wanted))]

    assert found() == list(reversed(numbers))
    assert found(span=Span.DAY) == numbers[:1]
    assert found(text="02") == numbers[1:]
    assert found(signed=Signed.NOT) == list(reversed(numbers))
    assert found(signed=Signed.WHOLLY) == found(signed=Signed.PARTLY) == []
    assert found(book=Book.END_OF_DAY) == found(unit_id=unit(AN_LUU).id) == []
    assert found(first=date(2023, 10, 3)) == numbers[1:]
    assert found(last=date(2023, 10, 1)) == numbers[1:]
    assert [row.number for row in closings.listing(officer, ClosingFilters(), before=numbers[1])] == numbers[
        :1
    ]
    assert len(closings.listing(officer, ClosingFilters(), size=1)) == 2
    assert closings.listing(counter(AN_LUU), ClosingFilters()) == []
    with pytest.raises(ClosingNotFound):
        closings.one_closing(counter(AN_LUU), numbers[0])
    with CaptureQueriesContext(connection) as asked:
        found()
    assert len(asked) == 2  # rows, signatures


def test_the_head_sees_the_months_nobody_closed_or_that_changed_since() -> None:
    Case.taken_in()
    here, over, today = unit(TAN_DAN), head(), NEXT_MONTH.date()

    def missing(actor: Actor = over) -> list[tuple[date, int, int | None]]:
        return [(one.first, one.lines, one.closed) for one in closings.missing(actor, [here.id], today)]

    october = date(2023, 10, 1)
    assert missing() == [(october, 1, None)]
    assert missing(counter(AN_LUU)) == missing(citizen()) == []
    close(span=Span.DAY)
    assert missing() == [(october, 1, None)], "a day is no month"
    close()
    assert missing() == []
    Case.taken_in(at=MONDAY + timedelta(days=1))
    assert missing() == [(october, 2, 1)]
    assert closings.book_lines(over, Book.REGISTER, here.id, Closed.of(Span.MONTH, DAY)) == 2
    assert closings.book_lines(counter(AN_LUU), Book.REGISTER, here.id, Closed.of(Span.MONTH, DAY)) == 0
    close(reason="Hồ sơ nhập sau sự cố.")
    assert missing() == []


def test_a_long_register_is_printed_by_a_worker() -> None:
    Case.taken_in()
    number = close()
    row = traces.events(number)[-1]
    before = _jobs()
    handlers.on_event(
        outbox.Message(
            row.event_id, row.message_id, row.topic, row.subject, row.seq, row.payload, row.created_at
        )
    )
    assert _jobs() == [*before, {"document_id": Closing.objects.get().document_id}]


def _jobs() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'documents.make_pdf' ORDER BY id"
        )
        return [json.loads(row[0]) for row in cursor.fetchall()]


def test_strangers_neither_see_nor_sign_a_closed_book() -> None:
    Case.taken_in()
    number, signers, officer = close(), Signers.trusted(), counter()
    paper = Closing.objects.get(subject=number).document
    data = signers.signed(paper.pk, signers.person(officer), SignatureField.SIGNATORY, NEXT_MONTH)
    for stranger in (counter(AN_LUU), citizen()):
        with pytest.raises(NotFound):
            sign(paper.pk, stranger, data, at=NEXT_MONTH)
    sign(paper.pk, officer, data, at=NEXT_MONTH)
    seal = signers.signed(paper.pk, signers.agency(paper.unit_id), SignatureField.AGENCY, NEXT_MONTH)
    sign(paper.pk, officer, seal, at=NEXT_MONTH)  # who receives keeps the seal, by the settings
    assert document_queries.signed_states([paper.pk]) == {paper.pk: Signed.WHOLLY}


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(Span))
def test_every_day_lies_in_its_period_and_periods_meet(on: date, span: Span) -> None:
    period = Closed.of(span, on)
    assert period.first <= on <= period.last
    assert Closed.of(span, period.first) == Closed.of(span, period.last) == period
    assert Closed.of(span, period.last + timedelta(days=1)).first == period.last + timedelta(days=1)
    closing.check(Book.REGISTER, period, period.last)
    with pytest.raises(PeriodNotOver):
        closing.check(Book.REGISTER, period, period.last - timedelta(days=1))
