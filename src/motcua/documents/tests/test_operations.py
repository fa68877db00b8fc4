"""Freezing, numbering, printing and uploading on a real server, also at the same moment."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from motcua.documents import operations, press, queries
from motcua.documents.models import Document, File, NumberSeries
from motcua.documents.operations import UploadRefused
from motcua.documents.rules import DocumentKind, DocumentState, FileKind
from motcua.documents.tests import factories, samples
from motcua.documents.tests.test_rules import PDF, PNG
from motcua.kernel.actor import ANONYMOUS, SYSTEM, Actor, ActorKind
from motcua.kernel.errors import NotFound
from motcua.organisation.models import Unit
from motcua.organisation.tests import someone
from motcua.platform import access, subjects

T = TypeVar("T")
AT = datetime(2023, 10, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def _templates() -> None:
    factories.print_templates()


@pytest.fixture
def unit() -> Unit:
    return someone.unit()


@pytest.fixture
def officer(unit: Unit) -> Actor:
    return someone.officer(unit)


def slip(unit: Unit, *, at: datetime = AT) -> tuple[int, Document]:
    """Return a new subject that the unit may see, with its slip."""
    subject = subjects.new()
    access.grant(subject, units=[unit.pk], scope="handling")
    document = operations.freeze(
        subject=subject, paper=samples.SHORT_SLIP, unit_id=unit.pk, at=at, series="slip", symbol="TNHS"
    )
    return subject, document


def in_threads(count: int, work: Callable[[int], T]) -> list[T]:
    """Run the work in so many threads that start together, each with its own connection."""
    start = threading.Barrier(count)

    def run(index: int) -> T:
        try:
            start.wait()
            return work(index)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db
@pytest.mark.usefixtures("_templates")
class TestFreeze:
    def test_a_slip_is_frozen_with_number_template_and_digest(self, unit: Unit) -> None:
        subject, document = slip(unit)
        document.refresh_from_db()
        assert document.number == "01/TNHS"
        assert document.template == "slip/tt01_2018"
        assert document.frame["form_no"] == "01"
        assert document.state == DocumentState.FROZEN
        assert (document.subject, document.year, document.created_at) == (subject, 2023, AT)
        assert len(document.digest) == 64
        assert document.file_id is None

    def test_it_takes_two_statements(self, unit: Unit) -> None:
        slip(unit)
        with CaptureQueriesContext(connection) as statements:
            operations.freeze(
                subject=1, paper=samples.SLIP, unit_id=unit.pk, at=AT, series="slip", symbol="TNHS"
            )
        assert len(statements) == 2
        with CaptureQueriesContext(connection) as statements:
            operations.freeze(subject=1, paper=samples.SLIP, unit_id=unit.pk, at=AT)
        assert len(statements) == 1

    def test_series_count_by_unit_series_and_local_year(self, unit: Unit) -> None:
        other = someone.unit()
        new_year = datetime(2023, 12, 31, 17, 0, tzinfo=UTC)  # 00:00 on 1 January in Vietnam
        given = [
            operations.next_number(unit.pk, "slip", 2023),
            operations.next_number(unit.pk, "slip", 2023),
            operations.next_number(unit.pk, "refusal", 2023),
            operations.next_number(other.pk, "slip", 2023),
        ]
        assert given == [1, 2, 1, 1]
        _, document = slip(unit, at=new_year)
        assert (document.year, document.number) == (2024, "01/TNHS")

    def test_the_day_of_the_act_chooses_the_regime(self, unit: Unit) -> None:
        def frozen(at: datetime) -> Document:
            return operations.freeze(subject=1, paper=samples.CONTROL, unit_id=unit.pk, at=at)

        assert frozen(datetime(2025, 6, 30, tzinfo=UTC)).frame["form_no"] == "05"
        assert frozen(datetime(2025, 12, 1, tzinfo=UTC)).frame["form_no"] == "06"

    def test_no_template_in_force_no_paper(self, unit: Unit) -> None:
        with pytest.raises(NotFound, match="Chưa có mẫu in"):
            slip(unit, at=datetime(2001, 1, 1, tzinfo=UTC))
        assert not Document.objects.exists()
        assert not NumberSeries.objects.exists()

    def test_a_number_given_elsewhere_is_kept(self, unit: Unit) -> None:
        document = operations.freeze(
            subject=1, paper=samples.RESULT, unit_id=unit.pk, at=AT, number="HD-117", title="Giấy phép"
        )
        assert (document.number, document.no, document.title) == ("HD-117", None, "Giấy phép")

    def test_a_number_cannot_be_given_twice(self, unit: Unit) -> None:
        slip(unit)
        NumberSeries.objects.update(last=0)
        with pytest.raises(IntegrityError), transaction.atomic():
            slip(unit)

    def test_the_corrected_slip_takes_the_place_of_the_first(self, unit: Unit, officer: Actor) -> None:
        subject, first = slip(unit)
        second = operations.freeze(
            subject=subject,
            paper=replace(samples.SHORT_SLIP, replaces_number=first.number),
            unit_id=unit.pk,
            at=AT,
            series="slip",
            symbol="TNHS",
            replaces_id=first.pk,
        )
        rows = queries.documents_of(officer, subject)
        assert [(row.id, row.superseded) for row in rows] == [(first.pk, True), (second.pk, False)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_templates")
class TestNumbersUnderLoad:
    def test_eight_at_once_and_roll_backs_leave_no_gap(self, unit: Unit) -> None:
        class Undone(Exception):
            pass

        def work(index: int) -> list[int]:
            got = []
            for round_ in range(25):
                try:
                    with transaction.atomic():
                        number = operations.next_number(unit.pk, "slip", 2023)
                        if (index + round_) % 5 == 0:
                            raise Undone
                except Undone:
                    continue
                got.append(number)
            return got

        numbers = sorted(number for got in in_threads(8, work) for number in got)
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) == 160

    def test_two_who_open_a_paper_at_once_keep_one_file(self, unit: Unit, officer: Actor) -> None:
        _, document = slip(unit)
        made = in_threads(4, lambda _: operations.printed(actor=officer, document_id=document.pk, at=AT).pdf)
        assert len(set(made)) == 1
        assert File.objects.count() == 1

    def test_reprints_at_once_are_numbered_apart(self, unit: Unit, officer: Actor) -> None:
        _, document = slip(unit)
        in_threads(4, lambda _: operations.reprint(actor=officer, document_id=document.pk, at=AT))
        copies = sorted(Document.objects.values_list("copy_no", flat=True))
        assert copies == [1, 2, 3, 4, 5]

    def test_a_paper_is_never_made_inside_an_act(self, unit: Unit, officer: Actor) -> None:
        _, document = slip(unit)
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            operations.printed(actor=officer, document_id=document.pk, at=AT)

    def test_a_changed_paper_is_not_printed(
        self, unit: Unit, officer: Actor, as_owner: Callable[[], AbstractContextManager[None]]
    ) -> None:
        _, document = slip(unit)
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE documents_document SET context = jsonb_set(context, '{limit_text}', '\"1 giờ\"')"
            )
        with pytest.raises(operations.FrozenChanged):
            operations.printed(actor=officer, document_id=document.pk, at=AT)
        assert not File.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("_templates")
class TestPrint:
    def test_first_opening_makes_the_pdf_and_the_second_reads_it(
        self, unit: Unit, officer: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, document = slip(unit)
        first = operations.printed(actor=officer, document_id=document.pk, at=AT)
        assert first.name == "Giấy tiếp nhận hồ sơ và hẹn trả kết quả 01-TNHS.pdf"
        assert "VŨ ĐỨC ĐẠI" in PdfReader(io.BytesIO(first.pdf)).pages[0].extract_text()
        document.refresh_from_db()
        assert document.state == DocumentState.RENDERED
        monkeypatch.setattr(press, "pdf", None)
        second = operations.printed(actor=officer, document_id=document.pk, at=AT)
        assert (second.pdf, second.name) == (first.pdf, first.name)

    def test_a_reprint_says_which_copy_it_is(self, unit: Unit, officer: Actor) -> None:
        subject, document = slip(unit)
        operations.reprint(actor=officer, document_id=document.pk, at=AT)
        third = operations.reprint(actor=officer, document_id=document.pk, at=AT)
        made = operations.printed(actor=officer, document_id=third.pk, at=AT)
        assert "Bản in lần 3" in PdfReader(io.BytesIO(made.pdf)).pages[0].extract_text()
        assert [row.copy_no for row in queries.documents_of(officer, subject)] == [1, 2, 3]
        fourth = operations.reprint(actor=officer, document_id=third.pk, at=AT)
        assert (fourth.copy_no, fourth.copy_of_id) == (4, document.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("_templates")
class TestRights:
    def test_who_sees_a_paper(self, unit: Unit, officer: Actor) -> None:
        party = someone.party()
        subject, document = slip(unit)
        control = operations.freeze(subject=subject, paper=samples.CONTROL, unit_id=unit.pk, at=AT)
        access.grant(subject, parties=[party.pk], scope="owner")
        inside = [document.pk, control.pk]
        everybody: list[tuple[Actor, list[int]]] = [
            (officer, inside),
            (SYSTEM, inside),
            (Actor(kind=ActorKind.STAFF, account_id=7, province_wide=True), inside),
            (someone.citizen(party), [document.pk]),
            (someone.citizen(someone.party()), []),
            (someone.citizen(), []),
            (someone.officer(someone.unit()), []),
            (someone.IDLE, []),
            (ANONYMOUS, []),
        ]
        for actor, seen in everybody:
            assert [row.id for row in queries.documents_of(actor, subject)] == seen, actor
            for document_id in inside:
                if document_id in seen:
                    assert queries.document(actor, document_id).id == document_id
                else:
                    with pytest.raises(NotFound):
                        operations.printed(actor=actor, document_id=document_id, at=AT)
                    with pytest.raises(NotFound):
                        operations.reprint(actor=actor, document_id=document_id, at=AT)

    def test_a_units_register_is_for_the_unit(self, unit: Unit, officer: Actor) -> None:
        register = operations.freeze(subject=None, paper=samples.REGISTER, unit_id=unit.pk, at=AT)
        found = queries.documents_of_unit(officer, unit.pk, DocumentKind.REGISTER, 2023)
        assert [row.id for row in found] == [register.pk]
        for actor in (someone.officer(someone.unit()), someone.citizen(), someone.IDLE, ANONYMOUS):
            assert queries.documents_of_unit(actor, unit.pk, DocumentKind.REGISTER, 2023) == []

    def test_lists_take_one_statement_however_long(self, unit: Unit, officer: Actor) -> None:
        subject, _ = slip(unit)
        for _ in range(20):
            operations.freeze(subject=subject, paper=samples.SHORT_SLIP, unit_id=unit.pk, at=AT)
        with CaptureQueriesContext(connection) as statements:
            assert len(queries.documents_of(officer, subject)) == 21
        assert len(statements) == 1


@pytest.mark.django_db
class TestUpload:
    def test_a_draft_upload_waits_for_its_subject(self, unit: Unit, officer: Actor) -> None:
        party = someone.party()
        filer = someone.citizen(party)
        file = operations.store_upload(actor=filer, name="Giấy chứng sinh.pdf", data=PDF, at=AT)
        assert (file.subject, file.mime, file.size) == (None, "application/pdf", len(PDF))
        assert queries.file(filer, file.pk).name == "Giấy chứng sinh.pdf"
        with pytest.raises(NotFound):
            queries.file(officer, file.pk)
        subject = subjects.new()
        access.grant(subject, units=[unit.pk], parties=[party.pk], scope="owner")
        operations.attach(actor=filer, file_ids=[file.pk], subject=subject)
        operations.attach(actor=filer, file_ids=[file.pk], subject=subject)
        assert [row.id for row in queries.everything_of(officer, subject)[1]] == [file.pk]

    def test_nobody_takes_the_upload_of_another(self) -> None:
        file = operations.store_upload(actor=someone.citizen(), name="a.pdf", data=PDF, at=AT)
        with pytest.raises(NotFound), transaction.atomic():
            operations.attach(actor=someone.citizen(), file_ids=[file.pk], subject=1)
        file.refresh_from_db()
        assert file.subject is None

    def test_an_upload_does_not_move_to_another_subject(self) -> None:
        filer = someone.citizen()
        file = operations.store_upload(actor=filer, name="a.pdf", data=PDF, at=AT)
        operations.attach(actor=filer, file_ids=[file.pk], subject=1)
        with pytest.raises(NotFound), transaction.atomic():
            operations.attach(actor=filer, file_ids=[file.pk], subject=2)

    def test_a_foreign_subject_takes_no_file(self, unit: Unit) -> None:
        subject = subjects.new()
        access.grant(subject, units=[unit.pk], scope="handling")
        for actor in (someone.citizen(), someone.officer(someone.unit()), ANONYMOUS):
            with pytest.raises(NotFound):
                operations.store_upload(actor=actor, name="a.pdf", data=PDF, at=AT, subject=subject)
        assert not File.objects.exists()

    def test_a_refused_upload_leaves_nothing(self, officer: Actor) -> None:
        with pytest.raises(UploadRefused):
            operations.store_upload(actor=officer, name="a.pdf", data=PNG, at=AT)
        assert not File.objects.exists()

    def test_what_the_agency_keeps_to_itself_is_not_shown(self, unit: Unit, officer: Actor) -> None:
        party, subject = someone.party(), subjects.new()
        access.grant(subject, units=[unit.pk], parties=[party.pk], scope="owner")
        for kind in (FileKind.COMPONENT, FileKind.INTERNAL):
            operations.store_upload(actor=officer, name="a.pdf", data=PDF, at=AT, subject=subject, kind=kind)
        assert len(queries.everything_of(officer, subject)[1]) == 2
        assert [row.kind for row in queries.everything_of(someone.citizen(party), subject)[1]] == [
            FileKind.COMPONENT
        ]
        assert queries.everything_of(ANONYMOUS, subject) == ([], [])
